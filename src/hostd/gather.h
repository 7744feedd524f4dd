/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * One call of a person that is one call to the helpers of several sessions: all are asked at once,
 * and the answer is given when the last one has replied, or when the time is over.
 */
#pragma once

#include "hostd/selection.h"

enum { GATHERS_MAX = 200 };

struct gather;

/* A helper's reply about one target: set its state and reason. parameters NULL: it has gone. */
typedef void (*gather_reply_fn)(struct target *t, const char *error, json_t *parameters);

struct gather_order {
	const char *method; /* of org.stationmaster.Worker */
	json_t *parameters; /* the same for all; taken always */
	int64_t timeout_ms;
	gather_reply_fn handle_reply;
	const char *what; /* before the targets in the audit */
};

/* Asks for each target of sel that is not final; takes its targets. The call is answered with
 * "targets" (session, user, full_name, state, reason), perhaps at once; before it stands
 * in the audit what became of each. */
void gather_start(struct request *r, struct selection *sel, const struct gather_order *order);
/* Fewer than GATHERS_MAX in host->gathers or host->listings. */
bool gather_has_room(const struct list *under_way);
void gather_free_all(struct host *h);

/* Calls of Programs.List under way (api-programs.c). */
void listings_free_all(struct host *h);
