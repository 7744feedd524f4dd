/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Stations: end points where people sit, as told by the relay. A station that has lost its
 * connection keeps its session for the return window; after that it leaves the list (a browser's
 * identity stays in the store).
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <systemd/sd-event.h>

#include "base/list.h"
#include "hostd/enrol.h"
#include "hostd/role.h"
#include "hostd/session.h"
#include "hostd/station-auto.h"
#include "hostd/station-local.h"
#include "ipc/json.h"

struct host;
struct peer;

enum {
	STATION_ID_MAX = 32,
	STATIONS_MAX = 2000,       /* in the list */
	STATIONS_KNOWN_MAX = 5000, /* browsers whose identity is kept */
	STATION_TEXT_MAX = 2048,
	STATION_WINDOW_MIN = 10000, /* ms; the relay must be able to come back */
	STATION_IDENTIFY_MS = 60000,
};

enum station_kind { STATION_BROWSER, STATION_VNC, STATION_RDP, STATION_LOCAL };

struct station {
	struct list link;  /* in host */
	struct list shown; /* in session->stations */
	struct host *host;
	char id[STATION_ID_MAX];
	enum station_kind kind;
	uint8_t secret[32]; /* SHA-256 of the station's secret */
	char *name;
	bool named; /* by a supervisor */
	char room[PLACE_MAX];
	bool moved; /* to another room; watchers have not been told */
	char address[CALLER_FROM_MAX];
	int64_t since_s;
	struct session *session;
	char awaited[24];  /* id of a stored session that has not been found again yet */
	char *text;        /* for the greeter: why the last session ended here; never NULL */
	struct peer *peer; /* NULL: not connected */
	sd_event_source *window;
	struct station_enrol enrol;
	struct station_auto automatic;
	sd_event_source *identify;   /* until its name is taken from its screen; NULL: not shown */
	struct station_local *local; /* NULL: it is not local */
	json_t *scene;               /* as told to the relay last; NULL: never */
	bool blocked_told;           /* to watchers */
	uint64_t projection;         /* number of the one it shows; 0: none */
	bool dirty;
	bool unsaved;
};

struct station_open {
	enum station_kind kind;
	const char *secret;
	const char *address;
	const char *name; /* NULL: choose one */
	bool enrolled;    /* an enrolled or an invited one, or none */
	bool stranger;    /* others can have the secret: it brings no session */
};

struct station *station_find(struct host *h, const char *id);
/* -EDQUOT: too many stations; -ENOENT: not enrolled, or no such local one; else the station is
 * connected through peer then. */
int station_open(struct host *h, const struct station_open *request, struct peer *peer,
		struct station **ret);
/* The connection of the station has ended; now: detach at once. May free. */
void station_close(struct station *st, bool now);
/* Out of the list, and nobody can be this station any more. Frees. */
void station_drop(struct station *st);
/* The relay's connection has ended. */
void station_peer_gone(struct host *h, struct peer *peer);
/* Of a local one: its station-seat has come or gone. */
void station_handle_seat(struct station *st);

/* Show the session here, and only here. */
void station_attach(struct station *st, struct session *s);
/* Back to the greeter with this text. Not in the store before host_save(). */
void station_detach(struct station *st, const char *text);
/* A running session was found again: stations that showed it show it again. */
void station_handle_adopted(struct host *h, struct session *s);

/* A local station without what is local in it; on the caller to save. -EDQUOT. */
int station_new_local(struct host *h, struct station **ret);
/* Show its name on its screen for a while, or take it back. */
int station_identify(struct station *st, bool show);

/* For this caller; NULL: "may" is left out, see station_add_may(). */
json_t *station_build_json(const struct station *st, const struct caller *caller);
/* Puts in what the caller may do with a station, which need not be connected. */
void station_add_may(struct host *h, const struct caller *caller, json_t *station);
const char *station_kind_to_string(enum station_kind kind);
/* -EINVAL: no such kind. */
int station_kind_from_string(const char *s, enum station_kind *ret);
void station_touch(struct station *st);

/*
 * Its place, given by a supervisor: station-place.c. NULL: leave it. In the store when it returns,
 * or the error of the store. The station may be away: then only the store knows it; -ENOENT: not
 * even that. ret: type Station; owned.
 */
int station_set_place(
		struct host *h, const char *id, const char *name, const char *room, json_t **ret);
/* Fit for a name or a room? */
bool station_place_is_valid(const char *text);
/* Where it stands, also while it is away; malloc'ed, NULL: no such station. */
char *station_find_room(struct host *h, const char *id);
/* All rooms that stations have, connected or not, added to an array of strings in order. */
void station_add_rooms(struct host *h, json_t *rooms);
/* The session is in this room now. */
void station_place_session(struct session *s, const char *room);
/* The session is shown in this station's room now. */
void station_tell_room(struct station *st);
void station_load_room(struct session *s);
void station_forget_room(struct session *s);

void station_save(struct station *st);
/* Write changed stations to the store. */
void station_save_all(struct host *h);
/* A session ended while stationd was away: the stations that showed it tell why. */
void station_handle_missed_end(struct host *h, const char *session, const char *text);
/* Stored stations that were there when stationd ended. */
int station_load_all(struct host *h);
void station_free(struct station *st);
