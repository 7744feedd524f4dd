/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A bucket for each user, filled as time passes. Users who are not in the table have a full one, so
 * forgetting the quietest never makes anybody worse off.
 */
#include "hostd/rate.h"

#include "base/cleanup.h"

static struct rate_user *find(struct rate *r, uid_t uid, int64_t now)
{
	struct rate_user *quietest = &r->list[0];

	for (unsigned i = 0; i < r->n; i++) {
		if (r->list[i].uid == uid)
			return &r->list[i];
		if (r->list[i].filled_ms < quietest->filled_ms)
			quietest = &r->list[i];
	}
	if (r->n < RATE_USERS_MAX)
		quietest = &r->list[r->n++];
	*quietest = (struct rate_user){ .uid = uid, .left = RATE_BURST, .filled_ms = now };
	return quietest;
}

bool rate_take(struct rate *r, uid_t uid, int64_t now)
{
	struct rate_user *u = find(r, uid, now);
	int64_t more = (now - u->filled_ms) / RATE_REFILL_MS;

	if (more > 0) {
		u->left = (unsigned)MIN((int64_t)u->left + more, (int64_t)RATE_BURST);
		u->filled_ms += more * RATE_REFILL_MS;
	}
	if (u->left == 0)
		return false;
	u->left--;
	return true;
}
