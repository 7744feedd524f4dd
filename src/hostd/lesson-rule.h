/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Whom a lesson covers, and which of several lessons counts. Pure: no state, no I/O, no clock;
 * test/unit/test-hostd-lesson.c.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "hostd/role.h"

struct web_rule;

struct lesson_rule {
	uint64_t number; /* the newest has the highest */
	bool all;        /* every standard user */
	uid_t *uids;     /* of those named, in ascending order */
	size_t n_uids;
	uid_t by_uid;
	enum role by;
	int64_t ends_ms; /* CLOCK_REALTIME; over at this ms */
	bool block;
	const struct web_rule *web; /* NULL: the web is not limited */
};

/* Of the lessons that cover a person; NULL: none. */
struct lesson_choice {
	const struct lesson_rule *newest;
	const struct lesson_rule *block; /* the newest of those that block */
	const struct lesson_rule *web;   /* the newest of those that limit the web */
};

void lesson_rule_sort(struct lesson_rule *r);
/* Does it hold for this person now? */
bool lesson_rule_covers(const struct lesson_rule *r, uid_t uid, enum role role, int64_t now_ms);
/* Adds one more lesson to what was chosen of the others; in any order. */
void lesson_rule_choose(struct lesson_choice *c, const struct lesson_rule *r, uid_t uid,
		enum role role, int64_t now_ms);
