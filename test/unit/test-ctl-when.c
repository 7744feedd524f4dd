/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Times and durations as people type them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>
#include <time.h>

#include "base/str.h"
#include "ctl/when.h"

enum { MINUTE = 60 * 1000, HOUR = 60 * MINUTE, DAY = 24 * HOUR };

/* 2026-11-22T10:30:00 in Berlin. */
static const int64_t NOW = 1795339800000;

static void durations(void **state)
{
	static const struct {
		const char *text;
		int64_t ms;
	} good[] = {
		{ "90s", 90 * 1000 },
		{ "30m", 30 * MINUTE },
		{ "5min", 5 * MINUTE },
		{ "1h30m", 90 * MINUTE },
		{ "2d", 2 * DAY },
		{ "0s", 0 },
		{ "3660d", 3660LL * DAY },
	};
	static const char *const bad[] = { "", "30", "m", "+30m", "-5m", "1.5h", "1h 30m", "5M",
		"5minutes", "h1", "30m5" };
	static const char *const far[] = { "3661d", "99999999999999999999999s", "3660d1s",
		"3660d3660d3660d", "9223372036854775807d" };
	int64_t ms = -1;

	for (size_t i = 0; i < ELEMENTSOF(good); i++) {
		assert_int_equal(when_parse_duration(good[i].text, &ms), 0);
		assert_int_equal(ms, good[i].ms);
	}
	for (size_t i = 0; i < ELEMENTSOF(bad); i++)
		assert_int_equal(when_parse_duration(bad[i], &ms), -EINVAL);
	for (size_t i = 0; i < ELEMENTSOF(far); i++)
		assert_int_equal(when_parse_duration(far[i], &ms), -ERANGE);
}

static void points_in_time(void **state)
{
	static const struct {
		const char *text;
		int64_t after; /* now */
	} good[] = {
		{ "+30m", 30 * MINUTE },
		{ "+1s", 1000 },
		{ "10:45", 15 * MINUTE },
		{ "10:31", 1 * MINUTE },
		{ "10:30", DAY },
		{ "10:29", DAY - MINUTE },
		{ "9:05", 22 * HOUR + 35 * MINUTE },
		{ "00:00", 13 * HOUR + 30 * MINUTE },
		{ "23:59", 13 * HOUR + 29 * MINUTE },
		{ "2026-11-22T10:45:00+01:00", 15 * MINUTE },
		{ "2026-11-22T09:45:00Z", 15 * MINUTE },
		{ "2026-11-22t09:45:00.25z", 15 * MINUTE },
		{ "2026-11-22 04:15:00-05:30", 15 * MINUTE },
		{ "2027-11-22T09:30:00Z", 365LL * DAY },
	};
	static const char *const bad[] = { "", "10", "1045", "10.45", "24:00", "10:60", "10:5",
		"1:5", ":30", "now", "30m", "+", "+30", "2026-11-22", "2026-11-22T10:45",
		"2026-11-22T10:45:00", "2026-11-22T10:45:00+1", "2026-11-22T10:45:00+01:0x",
		"2026-11-22T10:45:00.Z", "2026-11-22T10:45:00ZZ", "2026-13-22T10:45:00Z",
		"2027-02-30T10:45:00Z", "2026-00-10T10:45:00Z", "2026-11-22T25:00:00Z",
		"tomorrow" };
	static const char *const out[] = { "+0s", "2026-11-22T10:30:00+01:00",
		"2026-11-22T09:29:59Z", "1969-01-01T00:00:00Z", "2046-11-22T10:45:00Z",
		"9999-12-31T23:59:59Z" };
	int64_t ms;

	for (size_t i = 0; i < ELEMENTSOF(good); i++) {
		assert_int_equal(when_parse(good[i].text, NOW, &ms), 0);
		assert_int_equal(ms - NOW, good[i].after);
	}
	for (size_t i = 0; i < ELEMENTSOF(bad); i++)
		assert_int_equal(when_parse(bad[i], NOW, &ms), -EINVAL);
	for (size_t i = 0; i < ELEMENTSOF(out); i++)
		assert_int_equal(when_parse(out[i], NOW, &ms), -ERANGE);
}

/* The night to 2026-03-29 has 23 hours in Berlin, the one to 2026-10-25 has 25. */
static void summer_time(void **state)
{
	int64_t ms, evening;

	evening = 1774728000000; /* 2026-03-28T21:00:00+01:00 */
	assert_int_equal(when_parse("8:00", evening, &ms), 0);
	assert_int_equal(ms - evening, 10 * HOUR);
	evening = 1792868400000; /* 2026-10-24T21:00:00+02:00 */
	assert_int_equal(when_parse("8:00", evening, &ms), 0);
	assert_int_equal(ms - evening, 12 * HOUR);
}

static void shown(void **state)
{
	static const struct {
		int64_t after;
		const char *text;
	} cases[] = {
		{ 15 * MINUTE, "10:45" },
		{ 13 * HOUR + 29 * MINUTE, "23:59" },
		{ 13 * HOUR + 30 * MINUTE, "tomorrow 00:00" },
		{ 37 * HOUR + 29 * MINUTE, "tomorrow 23:59" },
		{ 37 * HOUR + 30 * MINUTE, "2026-11-24 00:00" },
		{ 40LL * DAY, "2027-01-01 10:30" },
		{ -11LL * HOUR, "2026-11-21 23:30" },
	};
	_cleanup_free_ char *over = NULL;

	for (size_t i = 0; i < ELEMENTSOF(cases); i++) {
		_cleanup_free_ char *text = when_format(NOW + cases[i].after, NOW);

		assert_string_equal(text, cases[i].text);
	}
	/* From the last evening of a year. */
	over = when_format(1798756200000 + 2 * HOUR, 1798756200000); /* 2026-12-31T23:30:00+01:00 */
	assert_string_equal(over, "tomorrow 01:30");
}

static void logged(void **state)
{
	static const struct {
		int64_t after;
		const char *text;
	} cases[] = {
		{ -1000, "10:29:59" },
		{ -10 * HOUR - 30 * MINUTE, "00:00:00" },
		{ -10 * HOUR - 30 * MINUTE - 1, "2026-11-21 23:59:59" },
		{ -365LL * DAY, "2025-11-22 10:30:00" },
	};

	for (size_t i = 0; i < ELEMENTSOF(cases); i++) {
		_cleanup_free_ char *text = when_format_log(NOW + cases[i].after, NOW);

		assert_string_equal(text, cases[i].text);
	}
}

static void in_the_past(void **state)
{
	static const struct {
		const char *text;
		int64_t ms;
	} cases[] = {
		{ "7d", NOW - 7 * DAY },
		{ "1h30m", NOW - 90 * MINUTE },
		{ "10:00", NOW - 30 * MINUTE },
		{ "2026-11-21", NOW - 34 * HOUR - 30 * MINUTE },
		{ "2026-10-01", NOW - 52LL * DAY - 9 * HOUR - 30 * MINUTE - 2 * HOUR }, /* summer */
		{ "2026-11-22T09:30:00Z", NOW },
		{ "3000d", NOW - 3000LL * DAY },
	};
	static const char *const wrong[] = { "", "7", "yesterday", "25:00", "2026-02-30",
		"2026-11-22T09:30:00", "-7d" };
	int64_t ms;

	for (size_t i = 0; i < ELEMENTSOF(cases); i++) {
		assert_int_equal(when_parse_past(cases[i].text, NOW, &ms), 0);
		assert_int_equal(ms, cases[i].ms);
	}
	for (size_t i = 0; i < ELEMENTSOF(wrong); i++)
		assert_int_equal(when_parse_past(wrong[i], NOW, &ms), -EINVAL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(durations),
		cmocka_unit_test(points_in_time),
		cmocka_unit_test(summer_time),
		cmocka_unit_test(shown),
		cmocka_unit_test(logged),
		cmocka_unit_test(in_the_past),
	};

	/* As tzdata says, without needing it. */
	setenv("TZ", "CET-1CEST,M3.5.0,M10.5.0/3", 1);
	tzset();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
