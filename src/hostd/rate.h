/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * How often a standard user may order something: a burst, then a steady pace. Keeps one account
 * from filling the audit log or the disk's queue. No clock of its own: times are CLOCK_MONOTONIC
 * ms.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

enum {
	RATE_BURST = 30,
	RATE_REFILL_MS = 1000, /* one more order each */
	RATE_USERS_MAX = 512,  /* remembered; the one that has been quiet longest makes room */
};

struct rate_user {
	uid_t uid;
	unsigned left;
	int64_t filled_ms;
};

struct rate {
	struct rate_user list[RATE_USERS_MAX];
	unsigned n;
};

/* Takes one order from the user's allowance; false: there is none left. */
bool rate_take(struct rate *r, uid_t uid, int64_t now);
