/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Points in time and durations as people write them on a command line. */
#pragma once

#include <stdint.h>

/* Ten years: what lies further ahead is a mistake. */
#define WHEN_AHEAD_MAX_MS (10LL * 366 * 24 * 3600 * 1000)

/*
 * "90s", "30m", "1h30m", "2d": numbers with units (s, m or min, h, d), no spaces. -EINVAL; -ERANGE
 * above WHEN_AHEAD_MAX_MS.
 */
int when_parse_duration(const char *s, int64_t *ret_ms);

/*
 * "+30m" (from now on), "10:45" (local time, today or, where that is over, tomorrow), or RFC 3339
 * ("2026-11-22T10:45:00+01:00"). ms since 1970. -EINVAL; -ERANGE: over already, or too far ahead.
 */
int when_parse(const char *s, int64_t now_ms, int64_t *ret_ms);

/*
 * "7d" (so long ago), "10:45" (local time, today), "2026-11-01" (its local midnight), or RFC 3339.
 * ms since 1970, at least 0. -EINVAL.
 */
int when_parse_past(const char *s, int64_t now_ms, int64_t *ret_ms);

/* "10:45:09", "2026-11-25 10:45:09": local time of something that has happened. Fresh memory. */
char *when_format_log(int64_t ms, int64_t now_ms);

/* "10:45", "tomorrow 10:45", "2026-11-25 10:45": local time. Fresh memory; NULL: none. */
char *when_format(int64_t ms, int64_t now_ms);
