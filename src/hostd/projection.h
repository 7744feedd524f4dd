/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Projections: one desktop shown in place of others, or in a window over them. Whom one reaches is
 * asked anew whenever a scene is decided, so new log-ins join by themselves.
 */
#pragma once

#include <stdint.h>
#include <systemd/sd-event.h>

#include "base/list.h"
#include "hostd/role.h"
#include "hostd/session.h"
#include "hostd/station.h"

struct host;
struct peer;

enum {
	PROJECTIONS_MAX = 64,
	PROJECTION_SCREEN_MS = 10000, /* a screen that nobody sends ends after this */
};

/* Users and stations that were named. */
struct projection_targets {
	uid_t *uids;
	size_t n_uids;
	char (*stations)[STATION_ID_MAX];
	size_t n_stations;
};

struct projection {
	struct list link; /* in host, oldest first */
	struct host *host;
	uint64_t number;
	char id[SESSION_ID_MAX];
	char session[SESSION_ID_MAX]; /* the source; empty: a screen that a dashboard sends */
	char user[CALLER_USER_MAX];   /* whose desktop it is */
	char full_name[CALLER_NAME_MAX];
	struct caller by;
	int64_t since_s;
	bool all;
	bool window;
	struct projection_targets targets;
	unsigned n_screens; /* sockets that send it, through this peer */
	struct peer *peer;
	sd_event_source *absence; /* of a screen */
	bool dirty;
};

struct projection_order {
	const struct caller *by;
	const struct session *source;       /* NULL: the caller's screen */
	struct projection_targets *targets; /* taken */
	bool all, window;
};

/* Stored and in force when it returns. -EDQUOT: too many; -ENOMEM. */
int projection_start(struct host *h, const struct projection_order *order, struct projection **ret);
/* It is shown nowhere any more. Frees. */
void projection_end(struct projection *p, const char *why);
struct projection *projection_find(struct host *h, const char *id);
/* Does it reach this station, or whoever sits there? Also where it is the station's own picture. */
bool projection_reaches(const struct projection *p, const struct station *st);
/* Is one in force for this session, wherever it is shown? */
bool projection_reaches_session(struct session *s);
/* Is this session the source of one? shown: of one that a station shows now. */
bool projection_has_source(struct host *h, const struct session *s, bool shown);
/* The stations that show it have become other ones. number 0: none. */
void projection_touch(struct host *h, uint64_t number);

/* A dashboard sends the pictures now, through this relay; or does so no longer. */
void projection_screen_open(struct projection *p, struct peer *peer);
void projection_screen_close(struct projection *p, struct peer *peer);
void projection_peer_gone(struct host *h, struct peer *peer);
void projection_handle_session_end(struct host *h, const char *session);

/* Standard users see none; who is bound to rooms sees own ones and those that concern the rooms. */
bool projection_is_visible(const struct projection *p, const struct caller *caller);
bool projection_may_stop(const struct projection *p, const struct caller *caller);
json_t *projection_build_json(const struct projection *p, const struct caller *caller);
void projection_targets_done(struct projection_targets *t);
int projection_load_all(struct host *h);
/* All running sessions have been found: end what has no source any more. */
void projection_resume_all(struct host *h);
void projection_free(struct projection *p);
