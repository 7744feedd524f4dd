/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * People whom a supervisor logs on at stations: one order, a few log-ins at a time, a result for
 * each.
 */
#pragma once

#include <stdbool.h>

#include "base/list.h"
#include "hostd/api.h"
#include "hostd/session.h"
#include "hostd/station.h"

enum {
	LOGONS_MAX = 200,   /* people of one order */
	LOGONS_AT_ONCE = 6, /* desktops that start at the same time */
	LOGON_ORDERS_MAX = 16
};

enum logon_state { LOGON_WAITING, LOGON_RUNNING, LOGON_DONE, LOGON_REFUSED, LOGON_FAILED };

/* One person at one station. */
struct logon_place {
	char station[STATION_ID_MAX];
	char user[CALLER_USER_MAX];
	char *password; /* NULL: without, or it was passed on */
	bool plainly;   /* without */
	char replaces[SESSION_ID_MAX];
	enum logon_state state;
	char session[SESSION_ID_MAX]; /* LOGON_DONE */
	char *reason;                 /* NULL: none */
};

struct logon {
	struct list link; /* in host */
	struct request request;
	struct caller caller;
	char *desktop; /* NULL: the default */
	bool moves, privileged;
	struct logon_place *places;
	size_t n, n_running;
	bool turning; /* run() is on the stack */
};

/* Keeps the call; places are to be filled in. NULL: no memory, or too many orders. */
struct logon *logon_new(struct request *r, size_t n);
/* Not this one; reason is copied. */
void logon_refuse(struct logon_place *p, enum logon_state state, const char *reason);
/* Does it, answers the call when all are through, and frees. */
void logon_run(struct logon *o);
void logon_free(struct logon *o);
void logon_free_all(struct host *h);
/* The type StationResult; owned. user, session, reason may be empty. */
json_t *station_result_build(struct host *h, const char *station, const char *user,
		const char *session, const char *state, const char *reason);
