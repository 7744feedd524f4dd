/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Configuration: defaults, files and their order, and errors that name file, line and reason. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/fd.h"
#include "base/str.h"
#include "ipc/conf.h"

static char folder[] = "/tmp/stationmaster-test-XXXXXX";
static char path[64], conf_d[64], early[128], late[128], ignored[128];

static int setup(void **state)
{
	if (!mkdtemp(folder))
		return -1;
	snprintf(path, sizeof(path), "%s/stationmaster.conf", folder);
	snprintf(conf_d, sizeof(conf_d), "%s/conf.d", folder);
	snprintf(early, sizeof(early), "%s/10-early.conf", conf_d);
	snprintf(late, sizeof(late), "%s/20-late.conf", conf_d);
	snprintf(ignored, sizeof(ignored), "%s/30-ignored.conf.bak", conf_d);
	return mkdir(conf_d, 0700);
}

static int clear(void **state)
{
	unlink(path);
	unlink(early);
	unlink(late);
	unlink(ignored);
	return 0;
}

static int teardown(void **state)
{
	rmdir(conf_d);
	return rmdir(folder);
}

static void put(const char *file, const char *text)
{
	assert_int_equal(fd_write_file(file, text, strlen(text), 0600), 0);
}

static void check_error(const char *file, const char *text, int line, const char *reason)
{
	struct conf *c = NULL;
	_cleanup_free_ char *error = NULL, *expected = str_format("%s:%d: %s", file, line, reason);

	put(file, text);
	assert_int_equal(conf_load(path, &c, &error), -EINVAL);
	assert_null(c);
	assert_non_null(error);
	assert_string_equal(error, expected);
	unlink(file);
}

static void defaults_without_a_file(void **state)
{
	_cleanup_(conf_freep) struct conf *c = NULL;
	char *error = NULL;

	assert_int_equal(conf_load(path, &c, &error), 0);
	assert_null(error);
	assert_string_equal(c->system_name, "");
	assert_string_equal(c->admin_group, "station-admin");
	assert_string_equal(c->operator_group, "station-operator");
	assert_int_equal(c->width, 1280);
	assert_int_equal(c->height, 720);
	assert_true(c->glx);
	assert_int_equal(c->ask_ms, 3000);
	assert_int_equal(c->timeout_ms, 10000);
	assert_int_equal(c->return_ms, 10000);
	assert_int_equal(c->seats_keep_ms, 300000);
	assert_string_equal(c->limit_memory, "auto");
	assert_string_equal(c->limit_memory_high, "none");
	assert_int_equal(c->limit_tasks, 2048);
	assert_int_equal(c->limit_cpu_weight, 100);
	assert_int_equal(c->limit_cpu_quota, 0);
	assert_int_equal(c->idle_ms, 0);
	assert_string_equal(c->idle_act, "suspend");
	assert_int_equal(c->suspended_ms, 0);
	assert_int_equal(c->warn_ms, 60000);
	assert_string_equal(c->web_listen, "0.0.0.0:8443");
	assert_string_equal(c->web_clear_listen, "");
	assert_int_equal(c->per_user_max, 1);
	assert_string_equal(c->sign, "view");
	assert_string_equal(c->clipboard, "both");
	assert_string_equal(c->block_message, "");
}

static void choices(void **state)
{
	static const char *const signs[] = { "view", "control", "none" };
	static const char *const clipboards[] = { "both", "in", "out", "none" };
	char *error = NULL;

	for (size_t i = 0; i < 12; i++) {
		_cleanup_(conf_freep) struct conf *c = NULL;
		_cleanup_free_ char *text = str_format("[station]\nsign = %s\nclipboard=%s\n",
				signs[i % 3], clipboards[i % 4]);

		put(path, text);
		assert_int_equal(conf_load(path, &c, &error), 0);
		assert_string_equal(c->sign, signs[i % 3]);
		assert_string_equal(c->clipboard, clipboards[i % 4]);
	}
	check_error(path, "[station]\nsign = yes\n", 2,
			"sign must be view, control or none, not 'yes'");
	check_error(path, "[station]\nsign = vie\n", 2,
			"sign must be view, control or none, not 'vie'");
	check_error(path, "[station]\n\nclipboard =\n", 3,
			"clipboard must be both, in, out or none, not ''");
	check_error(path, "[station]\nclipboard = in out\n", 2,
			"clipboard must be both, in, out or none, not 'in out'");
}

static void texts_go_on_in_the_next_line(void **state)
{
	_cleanup_(conf_freep) struct conf *c = NULL;
	_cleanup_free_ char *most = NULL, *more = NULL;
	char line[150 * 2 + 1], *error = NULL;

	put(path, "[block]\n message = Test until 10:45.\n  Please look\n\tto the front. ; note\n"
		  "[system]\n  name = Room 5\n");
	assert_int_equal(conf_load(path, &c, &error), 0);
	assert_string_equal(c->block_message, "Test until 10:45. Please look to the front.");
	assert_string_equal(c->system_name, "Room 5");
	c = conf_free(c);

	/* 500 characters are not 500 bytes: 5 x 83 and 4 spaces, and 81 more with their space. */
	for (size_t i = 0; i < 83; i++)
		memcpy(line + 2 * i, "ä", 3);
	most = str_format("[block]\nmessage = %s\n %s\n %s\n %s\n %s\n %.160s\n", line, line, line,
			line, line, line);
	put(path, most);
	assert_int_equal(conf_load(path, &c, &error), 0);
	assert_int_equal(str_count_chars(c->block_message), 500);
	more = str_format("%s x\n", most);
	check_error(path, more, 8, "message must be UTF-8 text of at most 500 characters");

	check_error(path, "[block]\nmessage = \xff\n", 2,
			"message must be UTF-8 text of at most 500 characters");
	check_error(path, "[session]\nwidth = 800\n  height = 600\n", 3,
			"this line begins with a space and would go on with width, which has one "
			"line only");
}

static void long_lines(void **state)
{
	_cleanup_(conf_freep) struct conf *c = NULL;
	char text[256], *error = NULL;

	snprintf(text, sizeof(text), "[block]\nmessage = %0189d\n", 1);
	check_error(path, text, 2, "a line has at most 199 bytes");
	snprintf(text, sizeof(text), "[block]\nmessage = %0188d\n", 1);
	put(path, text);
	assert_int_equal(conf_load(path, &c, &error), 0);
	assert_int_equal(strlen(c->block_message), 188);
}

static void later_files_win(void **state)
{
	_cleanup_(conf_freep) struct conf *c = NULL;
	char *error = NULL;

	put(path, "# a comment\n[system]\nname = Room 5 ; upper floor\n[session]\nwidth=1024\nheight = 768\n");
	put(late, "[session]\nwidth = 1600\n");
	put(early, "[session]\nwidth = 1400\nheight = 1050\nglx = off\n");
	put(ignored, "[session]\nwidth = broken\n");
	assert_int_equal(conf_load(path, &c, &error), 0);
	assert_string_equal(c->system_name, "Room 5");
	assert_int_equal(c->width, 1600);
	assert_int_equal(c->height, 1050);
	assert_false(c->glx);
}

static void errors_say_file_line_and_reason(void **state)
{
	check_error(path, "[session]\n\nwidth = 100\n", 3,
			"width must be a number from 640 to 7680, not '100'");
	check_error(path, "[session]\nwidth = wide\n", 2,
			"width must be a number from 640 to 7680, not 'wide'");
	check_error(path, "[session]\nglx = maybe\n", 2, "glx must be yes or no, not 'maybe'");
	check_error(path, "[session]\nwidht = 800\n", 2,
			"there is no setting 'widht' in section [session]");
	check_error(path, "[sessions]\nwidth = 800\n", 2, "there is no section [sessions]");
	check_error(path, "[session]\nwidth\n", 2, "this is neither 'key = value' nor a [section]");
	check_error(path, "[session]\nwidth\nheight = 1\n", 2,
			"this is neither 'key = value' nor a [section]");
	check_error(path, "name = x\n", 1, "there is no section []");
	check_error(path, "[system]\nname = \xff\n", 2,
			"name must be UTF-8 text of at most 255 bytes");
	put(path, "[session]\nwidth = 800\n");
	check_error(late, "[web]\nlisten = 127.0.0.1:\n", 2,
			"listen must be a numeric address and a port, as in 0.0.0.0:8443 or "
			"[::]:8443, not '127.0.0.1:'");
	check_error(late, "[web]\nlisten = [::1]:8443\nport = 5\n", 3,
			"there is no setting 'port' in section [web]");
}

static void what_cannot_be_read_is_an_error(void **state)
{
	struct conf *c = NULL;
	char *error = NULL;

	assert_int_equal(mkdir(path, 0700), 0);
	assert_true(conf_load(path, &c, &error) < 0);
	assert_null(c);
	free(error);
	rmdir(path);
}

static void addresses(void **state)
{
	static const struct {
		const char *text, *host;
		int port;
	} good[] = {
		{ "0.0.0.0:8443", "0.0.0.0", 8443 },
		{ ":5900", "::", 5900 },
		{ "[::1]:1", "::1", 1 },
		{ "localhost:65535", "localhost", 65535 },
	};
	static const char *const bad[] = { "", "8443", "a:", "a:0", "a:65536", "a:x", "::1:80",
		"a:-1" };
	uint16_t port;

	for (size_t i = 0; i < ELEMENTSOF(good); i++) {
		_cleanup_free_ char *host = NULL;

		assert_int_equal(conf_parse_listen(good[i].text, &host, &port), 0);
		assert_string_equal(host, good[i].host);
		assert_int_equal(port, good[i].port);
	}
	for (size_t i = 0; i < ELEMENTSOF(bad); i++) {
		char *host = NULL;

		assert_int_equal(conf_parse_listen(bad[i], &host, &port), -EINVAL);
		assert_null(host);
	}
}

static void amounts_of_memory(void **state)
{
	static const struct {
		const char *text;
		int64_t total, kib;
	} good[] = {
		{ "none", 8 << 20, 0 },
		{ "25%", 8 << 20, 2 << 20 },
		{ "100%", 8 << 20, 8 << 20 },
		{ "1500M", 0, 1500 << 10 },
		{ "4G", 0, 4 << 20 },
		{ "1T", 0, 1 << 30 },
		{ "64K", 0, 64 },
		/* A quarter, but 2 GiB at least, but half at most. */
		{ "auto", 64 << 20, 16 << 20 },
		{ "auto", 8 << 20, 2 << 20 },
		{ "auto", 5 << 20, 2 << 20 },
		{ "auto", 2 << 20, 1 << 20 },
	};
	static const char *const bad[] = { "", "1", "%", "0%", "101%", "G", "0G", "-1G", "1.5G",
		"4 G", "4GB", "4g", "Auto", "1073741824T" };
	int64_t kib;

	for (size_t i = 0; i < ELEMENTSOF(good); i++) {
		kib = -1;
		assert_int_equal(conf_parse_amount(good[i].text, good[i].total, &kib), 0);
		assert_true(llabs(kib - good[i].kib) < 100); /* percents are rounded down */
	}
	for (size_t i = 0; i < ELEMENTSOF(bad); i++)
		assert_int_equal(conf_parse_amount(bad[i], 1 << 20, &kib), -EINVAL);
	check_error(path, "[limits]\nmemory = much\n", 2,
			"memory must be auto, none, a share as in 25%, or a size as in 1500M or 4G, "
			"not 'much'");
	check_error(path, "[limits]\ncpu-weight = 0\n", 2,
			"cpu-weight must be a number from 1 to 10000, not '0'");
	check_error(path, "[limits]\nidle-act = kill\n", 2,
			"idle-act must be suspend, logoff or lock, not 'kill'");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(defaults_without_a_file, clear),
		cmocka_unit_test_teardown(later_files_win, clear),
		cmocka_unit_test_teardown(errors_say_file_line_and_reason, clear),
		cmocka_unit_test_teardown(choices, clear),
		cmocka_unit_test_teardown(texts_go_on_in_the_next_line, clear),
		cmocka_unit_test_teardown(long_lines, clear),
		cmocka_unit_test_teardown(what_cannot_be_read_is_an_error, clear),
		cmocka_unit_test(addresses),
		cmocka_unit_test_teardown(amounts_of_memory, clear),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
