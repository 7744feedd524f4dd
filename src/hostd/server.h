/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The three sockets and their connections. A connection is read only once it is known who is at its
 * other end: by the kernel (credentials), its role from the groups, its name from the name service.
 */
#pragma once

#include <stdbool.h>
#include <systemd/sd-event.h>

#include "base/list.h"
#include "hostd/role.h"
#include "ipc/varlink.h"

struct host;
struct server;

enum {
	PEERS_MAX = 2048,
	PEERS_RESERVED = 64,    /* of these, for root */
	PEERS_PER_UID_MAX = 64, /* on api.sock; not for root */
	PEER_OUT_PAUSE = 256 * 1024,
};

struct peer {
	struct list link;
	struct host *host;
	struct varlink *conn;
	sd_event_source *source;
	bool relay; /* on relay.sock */
	bool seat;  /* on seat.sock */
	struct caller caller;
};

/* Takes the sockets from systemd (LISTEN_FDS, names "api", "relay" and "seat") or makes them. */
int server_new(struct host *h, struct server **ret);
struct server *server_free(struct server *s);
