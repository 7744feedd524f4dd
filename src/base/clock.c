/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Thin wrappers of clock_gettime(2); the two clocks cannot fail on Linux. */
#include "base/clock.h"

#include <time.h>

static int64_t read_ms(clockid_t id)
{
	struct timespec ts;

	clock_gettime(id, &ts);
	return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

int64_t clock_mono_ms(void)
{
	return read_ms(CLOCK_MONOTONIC);
}

int64_t clock_real_ms(void)
{
	return read_ms(CLOCK_REALTIME);
}

void clock_format_rfc3339(int64_t real_s, char ret[static CLOCK_RFC3339_LEN + 1])
{
	time_t t = real_s;
	struct tm tm;

	if (!gmtime_r(&t, &tm) ||
			strftime(ret, CLOCK_RFC3339_LEN + 1, "%Y-%m-%dT%H:%M:%SZ", &tm) == 0)
		ret[0] = 0;
}
