/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Enrolment: a station whose identity is fixed, because somebody who may has said that it is the
 * one that stands there. A browser's identity is its cookie, a viewer's the ticket that it came
 * with. Local stations need none.
 */
#pragma once

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>
#include <systemd/sd-event.h>

#include "base/str.h"
#include "hostd/hash.h"
#include "hostd/role.h"

struct host;
struct station;

enum {
	PIN_LENGTH = 6,
	PIN_TRIES_MAX = 5,
	PIN_LIFE_MS = 10 * 60 * 1000,
	PINS_MAX = 100, /* stations that ask at once */
	PINS_PER_ADDRESS_MAX = 8,
	INVITATIONS_MAX = 1000,
	TICKET_LIFE_MIN_MS = 60 * 1000,
	TICKET_LIFE_MS = 24 * 3600 * 1000,
	TICKET_LIFE_MAX_MS = 7 * 24 * 3600 * 1000,
};

/* Part of a station. */
struct station_enrol {
	bool enrolled;
	char pin[PIN_LENGTH + 1]; /* empty: it does not ask */
	unsigned wrong;
	sd_event_source *timer; /* the PIN's end */
};

/* From the store, for a station that comes into the list. */
void enrol_load(struct station *st);
void enrol_done(struct station *st);
/* Also of stations that are away; local ones always are. */
bool enrol_is_enrolled(struct host *h, const char *id);

/* The person there wants it. -EBUSY: too many ask; -EALREADY: it is enrolled. */
int enrol_ask(struct station *st);
void enrol_cancel(struct station *st);
/* *ret_left: tries that are left. -ESRCH: it does not ask; -EACCES: wrong. */
int enrol_check_pin(struct station *st, const char *pin, unsigned *ret_left);
/* In the store when it returns, or its error. */
int enrol_accept(struct station *st, const char *by_name);

struct invitation {
	const char *kind, *name, *room, *by_name; /* NULL name, room: none */
	int64_t expires_ms;
};
/* A new ticket, in the store when this returns. -EDQUOT */
int enrol_invite(
		struct host *h, const struct invitation *order, char ret[static STR_TOKEN_LEN + 1]);
/* The station brings a ticket; name and room are given to it. -ENOENT: no such ticket, or it was
 * used or has expired. */
int enrol_take_ticket(struct station *st, const char *ticket);
/* Is there an invitation of this kind for the ticket? */
bool enrol_is_invited(struct host *h, const char *kind, const uint8_t hash[static HASH_SIZE]);

/* Take it back, with all that hangs on it: the station leaves. -ENOENT, also for a local
 * one. */
int enrol_revoke(struct host *h, const char *id);
