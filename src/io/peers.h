/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * How many connections each address may have. A connection is half open until it has shown that it
 * speaks the protocol; where one address has too many of those, the oldest is dropped for the new
 * one, so that somebody who means it gets through beside a flood from the same address.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <sys/socket.h>

#include "base/list.h"

struct peers;
struct peer;

struct peers_limits {
	unsigned total;
	unsigned per_address;
	unsigned half_open_per_address;
};

/* Embedded in the owner's connection. */
struct peer_conn {
	struct list link; /* of the peer's half-open ones */
	struct peers *peers;
	struct peer *peer; /* NULL: not counted */
	/* Drop this half-open connection; peers_remove() may come at once or later. */
	void (*handle_drop)(struct peer_conn *c);
};

int peers_new(const struct peers_limits *limits, struct peers **ret);
/* Every connection must have been removed. NULL is fine. */
struct peers *peers_free(struct peers *p);
/* Counts c as half open. -EDQUOT: too many of this address; -EMFILE: too many in all; -ENOMEM. */
int peers_add(struct peers *p, const struct sockaddr *address, struct peer_conn *c);
/* c is no longer half open. */
void peers_establish(struct peer_conn *c);
void peers_remove(struct peer_conn *c);
size_t peers_count(const struct peers *p);
