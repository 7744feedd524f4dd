/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * One station, what browser and VNC stations have in common: its place at stationd, its scene, and
 * the pictures of the session and the projection in it. Private to station*.c and screen*.c.
 */
#pragma once

#include "base/list.h"
#include "base/str.h"
#include "io/address.h"
#include "relay/card.h"
#include "relay/chat.h"
#include "relay/host.h"
#include "relay/projection.h"
#include "relay/relay.h"
#include "relay/scene.h"
#include "relay/sources.h"
#include "relay/stations.h"

struct station;
struct station_call;

struct station_ops {
	const char *kind; /* "browser", "vnc", "rdp" */
	/* A connection that ends is the end of the station (else it may come back). */
	bool close_now;
	/* known, scene, chat, window or a picture may have changed. When one became NULL, let go of
	 * the old one now. */
	void (*handle_changed)(struct station *s);
	/* stationd has dropped the station: free it. */
	void (*handle_gone)(struct station *s);
	/* The relay ends: free it. */
	void (*handle_stop)(struct station *s);
	void (*handle_cut_text)(struct station *s, const char *utf8);
};

struct station {
	struct list link;
	struct stations *stations;
	const struct station_ops *ops;
	char secret[STR_TOKEN_LEN + 1];
	char proposed[64]; /* name until a supervisor gives one; empty: stationd's choice */
	bool weak;         /* others can have the secret: no session comes with it */
	char address[ADDRESS_TEXT_MAX];
	bool registered;
	bool enrolled;             /* the secret is a ticket: no station without one */
	struct station_call *call; /* StationOpen is under way */
	char *id;
	char *name;
	bool known; /* id, name and scene were told (and hold while stationd is away) */
	struct scene scene;
	struct chat chat; /* of the session of the scene */
	struct source_user source;
	struct projection_user projection;
	char projection_id[PROJECTION_ID_MAX + 1];     /* that is used; empty: none */
	bool is_source_leaving, is_projection_leaving; /* their pictures are let go of */
	struct window *window; /* session and projection in one; NULL: not wanted or not there */
	struct picture *window_base, *window_inset;
};

struct stations {
	struct relay *relay;
	struct host_watcher watcher;
	struct list stations;
	size_t n;
	struct cards cards;
	json_t *activity; /* sessions used since the last report; NULL: none */
	uv_timer_t *activity_timer;
	struct station_call *calls;
};

/* -EMFILE: too many stations, or too many of this address. stationd is not told yet. */
int station_init(struct station *s, struct stations *all, const struct station_ops *ops,
		const char *secret, const char *address);
/* Tell stationd, now and whenever it comes back. No callback from within. */
void station_register(struct station *s);
/* Let go of the picture before. */
void station_done(struct station *s);
struct station *stations_find(struct stations *all, const char *secret);
/* Of the session, of the projection; NULL: there is none now. */
struct picture *station_picture(const struct station *s);
struct picture *station_projection(const struct station *s);
/*
 * Ask stationd: suspend, lock, logoff, more_time, hand_up, hand_down. What the scene has no place
 * for is dropped (0), else 1, and fn (of host_call(); NULL: the answer does not matter) asks
 * station_refusal(). -ENOTCONN: stationd is away, -EBUSY: too many calls.
 */
int station_act(struct station *s, const char *act, varlink_reply_fn fn, void *userdata);
/* The person here writes to the supervisors; as station_act(). */
int station_chat(struct station *s, const char *text, varlink_reply_fn fn, void *userdata);
/* A key was pressed at the greeter: auto log-on waits. As station_act(). */
int station_hold(struct station *s, varlink_reply_fn fn, void *userdata);
/* The person here wants it enrolled: with this ticket (NULL: with a PIN), or not any more. As
 * station_act(). */
int station_enrol(struct station *s, const char *ticket, bool cancel, varlink_reply_fn fn,
		void *userdata);
/* Why stationd has refused, for the person here; NULL: it has not. Borrowed. */
const char *station_refusal(const struct station *s, const char *error, json_t *parameters);
/* Keys or pointer were used in the session here. */
void station_note_activity(struct station *s);
