/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Auto log-on: an account that is logged on at a station by itself whenever its greeter is there.
 * Stored by the station's id; only enrolled and local stations have it.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <systemd/sd-event.h>

#include "hostd/role.h"
#include "ipc/json.h"

struct host;
struct station;

enum {
	AUTO_DESKTOP_MAX = 101,
	AUTO_FAILURE_MAX = 600,
	AUTO_HOLD_MS = 120 * 1000, /* somebody is at the greeter */
	AUTO_RETRY_MS = 60 * 1000, /* after it did not work */
};

/* Part of a station. */
struct station_auto {
	char user[CALLER_USER_MAX]; /* empty: none */
	char full_name[CALLER_NAME_MAX];
	char desktop[AUTO_DESKTOP_MAX]; /* empty: the default */
	bool privileged;                /* operators and administrators too */
	char failure[AUTO_FAILURE_MAX]; /* of the last try; empty: none */
	int64_t at_ms;                  /* CLOCK_REALTIME: when it begins; 0: it does not wait */
	bool running;                   /* the log-in is under way */
	bool held;                      /* somebody uses the greeter */
	bool again;                     /* the station has had a session since it connected */
	sd_event_source *timer;
};

/* What SetAutoLogOn orders. user empty: none. */
struct auto_order {
	const char *user, *full_name, *desktop; /* never NULL */
	bool privileged;
	const struct caller *by;
};

/* From the store, for a station that comes into the list. */
void station_auto_load(struct station *st);
void station_auto_done(struct station *st);
/* In the store when it returns, or its error. The station may be away. */
int station_auto_set(struct host *h, const char *id, const struct auto_order *order);
/* Whether it counts down follows from what the station shows: to be called after each change. */
void station_auto_update(struct station *st);
/* Its connection has ended. */
void station_auto_stop(struct station *st);
/* Somebody uses the greeter. */
void station_auto_hold(struct station *st);
/* The next countdown is that after a session. */
void station_auto_note_session(struct station *st);
/* The type AutoLogOn, or null; owned. */
json_t *station_auto_build_scene(const struct station *st);
/* Members auto_user, auto_failure and enrolment of the type Station, also of one that is away. */
void station_auto_add_json(struct host *h, const char *id, json_t *station);
