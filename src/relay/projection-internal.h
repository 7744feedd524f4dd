/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Projections from inside: projection.c owns the table and what users see, screen-socket.c the
 * dashboards that send a screen.
 */
#pragma once

#include "relay/host.h"
#include "relay/projection.h"
#include "relay/relay.h"
#include "relay/sources.h"

enum {
	PROJECTIONS_MAX = 256,
	/* Of all sizes of one projection: sixty different full HD screens. */
	PROJECTION_PIXELS_MAX = 128 * 1024 * 1024,
};

struct scaled;
struct screen;
struct screen_socket;

struct projection {
	struct list link;
	struct projections *all;
	char id[PROJECTION_ID_MAX + 1];
	bool gone;    /* stationd has ended it; users have not noticed yet */
	bool telling; /* users may come and go, it stays */
	struct list users;
	struct list sizes;
	size_t pixels;                /* of all sizes */
	struct picture *picture;      /* of the source; NULL: none yet */
	struct scaled *own;           /* a session's, as users see it: with its pointer, no input */
	struct source_user source;    /* of a session */
	struct screen *screen;        /* else */
	struct screen_socket *socket; /* that sends it; NULL: away */
};

struct projections {
	struct relay *relay;
	struct host_watcher watcher;
	struct list projections;
	size_t n;
	uv_timer_t *tell; /* those who have come new */
	struct list sockets;
	unsigned n_sockets;
};

/* --- projection.c --- */
struct projection *projection_find(struct projections *all, const char *id);
/* session: "" = a screen. -EINVAL: there is one of another source. */
int projection_get(struct projections *all, const char *id, const char *session,
		struct projection **ret);
/* Frees it where nobody uses or sends it any more. */
void projection_trim(struct projection *p);
