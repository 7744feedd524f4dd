/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A lesson is never applied to anything: whether it covers somebody is asked anew each time a scene
 * is decided. That is why its end undoes exactly what it brought, and why a log-in, a restart or
 * another station change nothing about it.
 */
#include "hostd/lesson-rule.h"

#include <stdlib.h>

static int compare(const void *a, const void *b)
{
	uid_t x = *(const uid_t *)a, y = *(const uid_t *)b;

	return x < y ? -1 : x > y;
}

void lesson_rule_sort(struct lesson_rule *r)
{
	if (r->n_uids > 1)
		qsort(r->uids, r->n_uids, sizeof(*r->uids), compare);
}

bool lesson_rule_covers(const struct lesson_rule *r, uid_t uid, enum role role, int64_t now_ms)
{
	if (r->ends_ms <= now_ms || uid == r->by_uid)
		return false;
	if (role != ROLE_STANDARD && (r->all || r->by != ROLE_ADMINISTRATOR))
		return false;
	return r->all ||
	       (r->n_uids > 0 && bsearch(&uid, r->uids, r->n_uids, sizeof(*r->uids), compare));
}

static void take_newer(const struct lesson_rule **chosen, const struct lesson_rule *r)
{
	if (!*chosen || r->number > (*chosen)->number)
		*chosen = r;
}

void lesson_rule_choose(struct lesson_choice *c, const struct lesson_rule *r, uid_t uid,
		enum role role, int64_t now_ms)
{
	if (!lesson_rule_covers(r, uid, role, now_ms))
		return;
	take_newer(&c->newest, r);
	if (r->block)
		take_newer(&c->block, r);
	if (r->web)
		take_newer(&c->web, r);
}
