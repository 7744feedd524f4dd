/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Texts of station-session: command lines, PAM results, output, environment, ids. */
#include <errno.h>
#include <security/pam_appl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/cleanup.h"
#include "base/str.h"
#include "session/auth-text.h"
#include "session/environ.h"
#include "session/exec-line.h"
#include "session/folder.h"
#include "session/output.h"
#include "session/probe.h"
#include "session/programs.h"

/* Arguments joined by "|", or the error. */
static void check_split(const char *line, const char *expected, int error)
{
	char joined[1024] = "";
	char **argv = NULL;
	int r = exec_line_split(line, &argv);

	assert_int_equal(r, error);
	if (r < 0)
		return;
	for (char **a = argv; *a; a++) {
		strcat(joined, a == argv ? "" : "|");
		strcat(joined, *a);
	}
	assert_string_equal(joined, expected);
	exec_line_free(argv);
}

static void test_exec_line(void **state)
{
	char many[600] = "";

	(void)state;
	check_split("startxfce4", "startxfce4", 0);
	check_split("  env A=1\tgnome-session  --x ", "env|A=1|gnome-session|--x", 0);
	check_split("\"/opt/my desktop/run\" \"a\\\"b\" \"\\$x\\`\\\\\"",
			"/opt/my desktop/run|a\"b|$x`\\", 0);
	check_split("run \"\" end", "run||end", 0);
	check_split("a;b $(c) `d` | e > f", "a;b|$(c)|`d`|||e|>|f", 0);
	check_split("", NULL, -EINVAL);
	check_split("   ", NULL, -EINVAL);
	check_split("\"\" x", NULL, -EINVAL);
	check_split("\"open", NULL, -EINVAL);
	check_split("\"open\\", NULL, -EINVAL);
	check_split("a\"b\"", NULL, -EINVAL);
	check_split("\"a\"b", NULL, -EINVAL);
	for (int i = 0; i <= EXEC_ARGS_MAX; i++)
		strcat(many, "x ");
	check_split(many, NULL, -E2BIG);
}

static void test_auth_text(void **state)
{
	const char *wrong = auth_text(AUTH_PROOF, PAM_AUTH_ERR);

	(void)state;
	/* No account may be told from none. */
	assert_string_equal(auth_text(AUTH_PROOF, PAM_USER_UNKNOWN), wrong);
	assert_string_equal(auth_text(AUTH_PROOF, PAM_ACCT_EXPIRED), wrong);
	assert_string_equal(auth_text(AUTH_ACCOUNT, PAM_USER_UNKNOWN), wrong);
	assert_true(auth_is_wrong_secret(AUTH_PROOF, PAM_AUTH_ERR));
	assert_false(auth_is_wrong_secret(AUTH_PROOF, PAM_MAXTRIES));
	assert_false(auth_is_wrong_secret(AUTH_ACCOUNT, PAM_ACCT_EXPIRED));
	assert_non_null(strstr(auth_text(AUTH_ACCOUNT, PAM_ACCT_EXPIRED), "expired"));
	/* Every result of every step has a sentence. */
	for (int step = AUTH_START; step <= AUTH_SESSION; step++)
		for (int code = 1; code < 32; code++) {
			const char *text = auth_text(step, code);

			assert_true(strlen(text) > 20 && text[strlen(text) - 1] == '.');
		}
}

static void check_output(const char *in, size_t len, const char *expected)
{
	char *text = output_clean(in, len);

	assert_string_equal(text, expected);
	free(text);
}

static void test_output(void **state)
{
	static char big[20000];
	char *text;

	(void)state;
	check_output("", 0, "");
	check_output("one\n\n\ntwo\n", 10, "one\ntwo");
	check_output("\033[31mred\033[0m\r\n", 14, "[31mred[0m");
	check_output("bad \xff byte", 10, "bad \xef\xbf\xbd byte");
	check_output("no end", 6, "no end");
	/* The end is kept, by whole lines. */
	for (size_t i = 0; i < sizeof(big); i += 10)
		memcpy(big + i, "012345678\n", 10);
	memcpy(big + sizeof(big) - 10, "the last!\n", 10);
	text = output_clean(big, sizeof(big));
	assert_true(strlen(text) <= OUTPUT_TEXT_MAX);
	assert_true(strlen(text) > OUTPUT_TEXT_MAX - 10);
	assert_string_equal(text + strlen(text) - 20, "\n012345678\nthe last!");
	assert_memory_equal(text, "012345678\n", 10);
	free(text);
}

static void test_environ(void **state)
{
	struct environ e = { 0 }, copy = { 0 };
	char name[32];

	(void)state;
	assert_int_equal(environ_set(&e, "A", "1"), 0);
	assert_int_equal(environ_set(&e, "AB", "2"), 0);
	assert_int_equal(environ_put(&e, "A=3=x"), 0);
	assert_int_equal(environ_put(&e, "no assignment"), 0);
	assert_int_equal(environ_put(&e, "=x"), 0);
	assert_int_equal(e.n, 2);
	assert_string_equal(environ_get(&e, "A"), "3=x");
	assert_int_equal(environ_default(&e, "A", "9"), 0);
	assert_string_equal(environ_get(&e, "A"), "3=x");
	assert_null(environ_get(&e, "B"));
	assert_int_equal(environ_copy(&e, &copy), 0);
	assert_int_equal(environ_set(&e, "A", NULL), 0);
	assert_null(environ_get(&e, "A"));
	assert_null(e.vars[1]);
	assert_string_equal(environ_get(&copy, "A"), "3=x");
	environ_done(&copy);
	for (int i = 0; i < ENVIRON_MAX - 1; i++) {
		snprintf(name, sizeof(name), "V%d", i);
		assert_int_equal(environ_set(&e, name, ""), 0);
	}
	assert_int_equal(environ_set(&e, "ONE_MORE", ""), -E2BIG);
	environ_done(&e);
}

static void test_ids(void **state)
{
	(void)state;
	assert_true(folder_is_id("s1"));
	assert_true(folder_is_id("s4294967296"));
	assert_false(folder_is_id(""));
	assert_false(folder_is_id("s"));
	assert_false(folder_is_id("1"));
	assert_false(folder_is_id("s1/.."));
	assert_false(folder_is_id("../s1"));
	assert_false(folder_is_id("s00000000000000000000"));
}

/* An X server's answer: vendor "abcde", one pixmap format, one screen with root 0x123. */
static void test_x_setup(void **state)
{
	uint8_t m[8 + 4 * 21] = { 1, 0, 11, 0, 0, 0, 21,
		0, [24] = 5, [28] = 1, [29] = 1, [40] = 'a', 'b', 'c', 'd', 'e', [56] = 0x23,
		0x01 };
	uint8_t bad[sizeof(m)];
	uint32_t root = 0;
	size_t len = 0;

	(void)state;
	assert_int_equal(probe_parse_setup(m, sizeof(m), &root, &len), 1);
	assert_int_equal(root, 0x123);
	assert_int_equal(len, sizeof(m));
	for (size_t i = 0; i < sizeof(m); i++)
		assert_int_equal(probe_parse_setup(m, i, &root, &len), 0);
	memcpy(bad, m, sizeof(m));
	bad[0] = 0; /* refused */
	assert_int_equal(probe_parse_setup(bad, sizeof(bad), &root, &len), -EACCES);
	memcpy(bad, m, sizeof(m));
	bad[28] = 0; /* no screen */
	assert_int_equal(probe_parse_setup(bad, sizeof(bad), &root, &len), -EBADMSG);
	memcpy(bad, m, sizeof(m));
	bad[25] = 1; /* the vendor's name is longer than all */
	assert_int_equal(probe_parse_setup(bad, sizeof(bad), &root, &len), -EBADMSG);
	memcpy(bad, m, sizeof(m));
	bad[29] = 255;
	assert_int_equal(probe_parse_setup(bad, sizeof(bad), &root, &len), -EBADMSG);
	memcpy(bad, m, sizeof(m));
	bad[6] = 3; /* shorter than its fixed part */
	assert_int_equal(probe_parse_setup(bad, sizeof(bad), &root, &len), -EBADMSG);
	bad[6] = bad[7] = 255; /* larger than what is taken */
	assert_int_equal(probe_parse_setup(bad, sizeof(bad), &root, &len), -EBADMSG);
	memcpy(bad, m, sizeof(m));
	bad[56] = bad[57] = 0;
	assert_int_equal(probe_parse_setup(bad, sizeof(bad), &root, &len), -EBADMSG);
}

static void test_stat(void **state)
{
	struct program_stat st;

	(void)state;
	assert_int_equal(programs_parse_stat(
					 "12 (a) b (c) S 1 12 12 0 -1 4194560 1 2 3 4 150 25 0 0 "
					 "20 0 1 0 987654321012 5000000 321 18446744073709551615",
					 &st),
			0);
	assert_string_equal(st.name, "a) b (c");
	assert_int_equal(st.state, 'S');
	assert_int_equal(st.utime, 150);
	assert_int_equal(st.stime, 25);
	assert_true(st.start == 987654321012);
	assert_int_equal(st.rss, 321);
	assert_int_equal(programs_parse_stat("", &st), -EBADMSG);
	assert_int_equal(programs_parse_stat("1 (x", &st), -EBADMSG);
	assert_int_equal(programs_parse_stat(")1 (x", &st), -EBADMSG);
	assert_int_equal(programs_parse_stat("1 (x) S 1 2 3", &st), -EBADMSG);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_exec_line),
		cmocka_unit_test(test_auth_text),
		cmocka_unit_test(test_output),
		cmocka_unit_test(test_environ),
		cmocka_unit_test(test_ids),
		cmocka_unit_test(test_x_setup),
		cmocka_unit_test(test_stat),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
