/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Time for --until, --since and --by. Clock times are those of the person who types: the local
 * zone, and the next time the clock shows it, also over a change to or from summer time. Durations
 * have a unit, because "30" means minutes to a teacher and seconds to a script.
 */
#include "ctl/when.h"

#include <ctype.h>
#include <string.h>
#include <time.h>

#include "base/str.h"

static int64_t unit_ms(const char *s, size_t n)
{
	static const struct {
		const char *unit;
		int64_t ms;
	} units[] = { { "s", 1000 }, { "m", 60000 }, { "min", 60000 }, { "h", 3600000 },
		{ "d", 86400000 } };

	for (size_t i = 0; i < ELEMENTSOF(units); i++)
		if (strlen(units[i].unit) == n && strncmp(units[i].unit, s, n) == 0)
			return units[i].ms;
	return 0;
}

int when_parse_duration(const char *s, int64_t *ret_ms)
{
	int64_t all = 0;

	if (!*s)
		return -EINVAL;
	while (*s) {
		int64_t n = 0, unit;
		size_t len;

		if (!isdigit((unsigned char)*s))
			return -EINVAL;
		for (; isdigit((unsigned char)*s); s++)
			n = MIN(n * 10 + (*s - '0'), WHEN_AHEAD_MAX_MS);
		for (len = 0; islower((unsigned char)s[len]); len++)
			;
		unit = unit_ms(s, len);
		if (unit == 0)
			return -EINVAL;
		s += len;
		all = n > WHEN_AHEAD_MAX_MS / unit ? WHEN_AHEAD_MAX_MS + 1 : all + n * unit;
		all = MIN(all, WHEN_AHEAD_MAX_MS + 1);
	}
	if (all > WHEN_AHEAD_MAX_MS)
		return -ERANGE;
	*ret_ms = all;
	return 0;
}

/* Two digits in lo..hi. */
static bool two_digits(const char *s, int hi, int *ret)
{
	if (!isdigit((unsigned char)s[0]) || !isdigit((unsigned char)s[1]))
		return false;
	*ret = (s[0] - '0') * 10 + s[1] - '0';
	return *ret <= hi;
}

static int parse_clock(const char *s, int64_t now_ms, int64_t *ret_ms)
{
	time_t now = (time_t)(now_ms / 1000);
	_cleanup_free_ char *padded = strlen(s) == 4 ? str_format("0%s", s) : strdup(s);
	int hour, minute;

	if (!padded)
		return -ENOMEM;
	if (strlen(padded) != 5 || padded[2] != ':' || !two_digits(padded, 23, &hour) ||
			!two_digits(padded + 3, 59, &minute))
		return -EINVAL;
	for (int day = 0; day < 2; day++) {
		struct tm tm;
		time_t t;

		localtime_r(&now, &tm);
		tm.tm_mday += day;
		tm.tm_hour = hour;
		tm.tm_min = minute;
		tm.tm_sec = 0;
		tm.tm_isdst = -1;
		t = mktime(&tm);
		if (t <= now)
			continue;
		*ret_ms = (int64_t)t * 1000;
		return 0;
	}
	return -ERANGE;
}

/* "Z", "z", "+01:00", "-05:30"; seconds east of UTC. */
static int parse_zone(const char *s, int64_t *ret_s)
{
	int hours, minutes;

	if (streq(s, "Z") || streq(s, "z")) {
		*ret_s = 0;
		return 0;
	}
	if ((s[0] != '+' && s[0] != '-') || strlen(s) != 6 || s[3] != ':' ||
			!two_digits(s + 1, 23, &hours) || !two_digits(s + 4, 59, &minutes))
		return -EINVAL;
	*ret_s = (s[0] == '-' ? -1 : 1) * (hours * 3600 + minutes * 60);
	return 0;
}

/* RFC 3339 section 5.6; the fraction of a second is dropped. */
static int parse_rfc3339(const char *s, int64_t *ret_ms)
{
	static const char shape[] = "dddd-dd-ddTdd:dd:dd";
	struct tm tm = { 0 };
	int64_t zone;
	time_t t;

	for (size_t i = 0; shape[i]; i++)
		if (shape[i] == 'd'               ? !isdigit((unsigned char)s[i])
				: shape[i] == 'T' ? s[i] != 'T' && s[i] != 't' && s[i] != ' '
						  : s[i] != shape[i])
			return -EINVAL;
	tm.tm_year = (int)strtol(s, NULL, 10) - 1900;
	if (!two_digits(s + 5, 12, &tm.tm_mon) || !two_digits(s + 8, 31, &tm.tm_mday) ||
			!two_digits(s + 11, 23, &tm.tm_hour) ||
			!two_digits(s + 14, 59, &tm.tm_min) || !two_digits(s + 17, 60, &tm.tm_sec))
		return -EINVAL;
	tm.tm_mon--;
	t = timegm(&(struct tm){
			.tm_year = tm.tm_year, .tm_mon = tm.tm_mon, .tm_mday = tm.tm_mday });
	/* February 30th and month 0 come back as another day. */
	if (tm.tm_mon < 0 || gmtime(&t)->tm_mday != tm.tm_mday)
		return -EINVAL;
	s += strlen(shape);
	if (*s == '.') {
		size_t n = strspn(s + 1, "0123456789");

		if (n == 0)
			return -EINVAL;
		s += 1 + n;
	}
	if (parse_zone(s, &zone) < 0)
		return -EINVAL;
	*ret_ms = ((int64_t)timegm(&tm) - zone) * 1000;
	return 0;
}

int when_parse(const char *s, int64_t now_ms, int64_t *ret_ms)
{
	int64_t ms;
	int r;

	if (s[0] == '+') {
		r = when_parse_duration(s + 1, &ms);
		if (r == 0)
			ms += now_ms;
	} else if (strlen(s) <= 5) {
		r = parse_clock(s, now_ms, &ms);
	} else {
		r = parse_rfc3339(s, &ms);
	}
	if (r < 0)
		return r;
	if (ms <= now_ms || ms - now_ms > WHEN_AHEAD_MAX_MS)
		return -ERANGE;
	*ret_ms = ms;
	return 0;
}

/* Local time of the day of base, or of the day that base says. */
static int64_t local_ms(struct tm tm, int hour, int minute)
{
	tm.tm_hour = hour;
	tm.tm_min = minute;
	tm.tm_sec = 0;
	tm.tm_isdst = -1;
	return (int64_t)mktime(&tm) * 1000;
}

static int parse_date(const char *s, int64_t *ret_ms)
{
	_cleanup_free_ char *full = str_format("%sT00:00:00Z", s);
	struct tm tm;
	int64_t utc;
	time_t t;
	int r;

	if (!full)
		return -ENOMEM;
	r = strlen(s) == 10 ? parse_rfc3339(full, &utc) : -EINVAL;
	if (r < 0)
		return r;
	t = (time_t)(utc / 1000);
	gmtime_r(&t, &tm);
	*ret_ms = local_ms(tm, 0, 0);
	return 0;
}

int when_parse_past(const char *s, int64_t now_ms, int64_t *ret_ms)
{
	time_t now = (time_t)(now_ms / 1000);
	int hour, minute, r;
	struct tm today;
	int64_t ms;

	r = when_parse_duration(s, &ms);
	if (r == 0) {
		ms = now_ms - ms;
	} else if (strlen(s) == 5 && s[2] == ':' && two_digits(s, 23, &hour) &&
			two_digits(s + 3, 59, &minute)) {
		localtime_r(&now, &today);
		ms = local_ms(today, hour, minute);
		r = 0;
	} else {
		r = parse_date(s, &ms);
		if (r < 0)
			r = parse_rfc3339(s, &ms);
	}
	if (r < 0)
		return r;
	*ret_ms = MAX(ms, (int64_t)0);
	return 0;
}

char *when_format(int64_t ms, int64_t now_ms)
{
	time_t t = (time_t)(ms / 1000), now = (time_t)(now_ms / 1000);
	struct tm tm, today, tomorrow;
	char text[64];

	localtime_r(&t, &tm);
	localtime_r(&now, &today);
	tomorrow = today;
	tomorrow.tm_mday++;
	tomorrow.tm_hour = 12; /* there is always a noon */
	tomorrow.tm_isdst = -1;
	mktime(&tomorrow);
	if (tm.tm_year == today.tm_year && tm.tm_yday == today.tm_yday)
		strftime(text, sizeof(text), "%H:%M", &tm);
	else if (tm.tm_year == tomorrow.tm_year && tm.tm_yday == tomorrow.tm_yday)
		strftime(text, sizeof(text), "tomorrow %H:%M", &tm);
	else
		strftime(text, sizeof(text), "%Y-%m-%d %H:%M", &tm);
	return strdup(text);
}

char *when_format_log(int64_t ms, int64_t now_ms)
{
	time_t t = (time_t)(ms / 1000), now = (time_t)(now_ms / 1000);
	struct tm tm, today;
	char text[64];

	localtime_r(&t, &tm);
	localtime_r(&now, &today);
	strftime(text, sizeof(text),
			tm.tm_year == today.tm_year && tm.tm_yday == today.tm_yday
					? "%H:%M:%S"
					: "%Y-%m-%d %H:%M:%S",
			&tm);
	return strdup(text);
}
