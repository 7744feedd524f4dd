/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What is in force: the last order, the filters that run for it, who was let go a moment ago. */
#pragma once

#include <stdint.h>

#include "limits/order.h"
#include "limits/rules.h"

enum { SLOTS_MAX = 96, RELEASED_MS = 90000 };

struct limits {
	const char *table;   /* name of the table of nftables */
	struct order *order; /* in force; NULL: nothing was ordered yet */
	struct released released;
	int64_t released_until_ms; /* CLOCK_MONOTONIC */
};

/*
 * Puts the order into force in place of the one before; waits until it is. Takes the order always.
 * An error: *ret_reason (malloc'ed) is a sentence for people. What is ordered is closed all the
 * same where the rules can be set, only the way to the open sites is missing.
 */
int limits_set(struct limits *l, struct order *order, char **ret_reason);
/* Milliseconds until limits_settle() has something to do; -1: nothing. */
int limits_get_timeout(const struct limits *l);
/* Those who were let go need the way out no more. */
void limits_settle(struct limits *l);
/* Nothing is in force and nothing is left. */
bool limits_are_idle(const struct limits *l);
void limits_done(struct limits *l);
