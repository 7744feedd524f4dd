/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What stationctl shows: times, widths, tables. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "base/clock.h"
#include "base/str.h"
#include "ctl/table.h"

static void durations(void **state)
{
	static const struct {
		int64_t ms;
		const char *text;
	} cases[] = {
		{ -5000, "now" },
		{ 0, "now" },
		{ 999, "now" },
		{ 1000, "1 s" },
		{ 59999, "59 s" },
		{ 60000, "1 min" },
		{ 3599000, "59 min" },
		{ 3600000, "1 h" },
		{ 3660000, "1 h 1 min" },
		{ 47LL * 3600000, "47 h" },
		{ 48LL * 3600000, "2 days" },
	};

	for (size_t i = 0; i < ELEMENTSOF(cases); i++) {
		_cleanup_free_ char *text = text_duration(cases[i].ms);

		assert_string_equal(text, cases[i].text);
	}
}

static void times(void **state)
{
	_cleanup_free_ char *since = NULL, *bad = NULL, *future = NULL;
	char text[CLOCK_RFC3339_LEN + 1];
	int64_t s = 0;

	assert_int_equal(text_parse_time("2026-11-22T14:20:00Z", &s), 0);
	assert_int_equal(s, 1795357200);
	assert_int_equal(text_parse_time("2026-11-22T14:20:00", &s), -EINVAL);
	assert_int_equal(text_parse_time("2026-11-22T14:20:00Zx", &s), -EINVAL);
	assert_int_equal(text_parse_time("yesterday", &s), -EINVAL);
	clock_format_rfc3339(clock_real_ms() / 1000 - 7260, text);
	since = text_since(text);
	assert_string_equal(since, "2 h 1 min ago");
	bad = text_since("yesterday");
	assert_string_equal(bad, "?");
	clock_format_rfc3339(clock_real_ms() / 1000 + 100, text);
	future = text_since(text);
	assert_string_equal(future, "now");
}

static void widths(void **state)
{
	size_t width;

	assert_int_equal(text_width("abc"), 3);
	assert_int_equal(text_width("ä本"), 3);
	assert_int_equal(text_width("a\xcc\x88"), 1);
	assert_int_equal(text_cut("本本本", 5, &width), 6);
	assert_int_equal(width, 4);
	assert_int_equal(text_cut("abc", 0, &width), 0);
}

static char *print(struct table *t, unsigned columns)
{
	char *text = NULL;
	size_t size;
	FILE *f = open_memstream(&text, &size);

	assert_int_equal(table_print(t, f, columns, false), 0);
	fclose(f);
	return text;
}

static void tables(void **state)
{
	static const struct column columns[] = { { "ID" }, { "NAME", .cut = true },
		{ "N", .right = true } };
	_cleanup_free_ char *wide = NULL, *narrow = NULL;
	struct table t;

	table_init(&t, columns, ELEMENTSOF(columns));
	table_add(&t, "s1", TEXT_PLAIN);
	table_add(&t, "Jürgen\n\033[1m the Long", TEXT_RED);
	table_add_consume(&t, strdup("5"));
	table_add(&t, "s22", TEXT_PLAIN);
	table_add(&t, "", TEXT_PLAIN);
	table_add(&t, NULL, TEXT_PLAIN);
	wide = print(&t, 0);
	assert_string_equal(wide, "ID   NAME                N\n"
				  "s1   Jürgen[1m the Long  5\n"
				  "s22  -                   -\n");
	narrow = print(&t, 18);
	assert_string_equal(narrow, "ID   NAME        N\n"
				    "s1   Jürgen[1m…  5\n"
				    "s22  -           -\n");
	table_done(&t);
}

static void optional_columns(void **state)
{
	static const struct column columns[] = { { "ID" }, { "FLAGS", .optional = true }, { "N" } };
	_cleanup_free_ char *without = NULL, *with = NULL;
	struct table t;

	table_init(&t, columns, ELEMENTSOF(columns));
	for (size_t i = 0; i < 2; i++) {
		table_add(&t, "s1", TEXT_PLAIN);
		table_add(&t, "", TEXT_PLAIN);
		table_add(&t, "5", TEXT_PLAIN);
	}
	without = print(&t, 0);
	assert_string_equal(without, "ID  N\ns1  5\ns1  5\n");
	table_add(&t, "s1", TEXT_PLAIN);
	table_add(&t, "blocked", TEXT_PLAIN);
	table_add(&t, "5", TEXT_PLAIN);
	with = print(&t, 0);
	assert_string_equal(
			with, "ID  FLAGS    N\ns1  -        5\ns1  -        5\ns1  blocked  5\n");
	table_done(&t);
}

static void use(void **state)
{
	static const struct {
		char *(*format)(int64_t);
		int64_t value;
		const char *text;
	} cases[] = {
		{ text_permille, 0, "0.0 %" },
		{ text_permille, 425, "42.5 %" },
		{ text_permille, 16000, "1600.0 %" },
		{ text_memory, 0, "0 KiB" },
		{ text_memory, 1023, "1023 KiB" },
		{ text_memory, 1024, "1 MiB" },
		{ text_memory, 1024 * 1024 - 1, "1023 MiB" },
		{ text_memory, 1536 * 1024, "1.5 GiB" },
	};

	for (size_t i = 0; i < ELEMENTSOF(cases); i++) {
		_cleanup_free_ char *text = cases[i].format(cases[i].value);

		assert_string_equal(text, cases[i].text);
	}
}

static void language(void **state)
{
	setenv("LC_ALL", "", 1);
	unsetenv("LC_MESSAGES");
	setenv("LANG", "de_AT.UTF-8", 1);
	assert_string_equal(text_language(), "de");
	setenv("LC_MESSAGES", "fr", 1);
	assert_string_equal(text_language(), "fr");
	for (const char *const *none = (const char *const[]){ "C", "C.UTF-8", "POSIX", "deu_DE",
			     "d", NULL };
			*none; none++) {
		setenv("LC_ALL", *none, 1);
		assert_null(text_language());
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(durations),
		cmocka_unit_test(times),
		cmocka_unit_test(widths),
		cmocka_unit_test(tables),
		cmocka_unit_test(optional_columns),
		cmocka_unit_test(use),
		cmocka_unit_test(language),
	};

	text_init();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
