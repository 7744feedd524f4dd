/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A station as it is shown: its link to the relay, the picture that came from there, the pointer
 * over it, and the way onto its output. One for each station of the core (station->io).
 */
#pragma once

#include <stdbool.h>
#include <sys/types.h>
#include <systemd/sd-event.h>

#include "seat/core.h"

struct shown;

struct shown_options {
	sd_event *event;
	const char *relay_path;
	uid_t relay_uid;
	struct core *core;
	const bool *is_active; /* the cards are ours; nothing is painted while they are not */
};

int shown_new(const struct shown_options *o, struct station *s, struct shown **ret);
struct shown *shown_free(struct shown *s);

/* Connect where it is not; 0 it is, or why not. */
int shown_connect(struct shown *s);
bool shown_is_connected(const struct shown *s);
void shown_send(struct shown *s, const struct seat_message *m);
/* All of it, at once. */
void shown_paint(struct shown *s);
/* The pointer has moved, or is to be seen or not: painted by shown_settle(). */
void shown_move(struct shown *s);
void shown_repeat(struct shown *s, bool on);
/* End of a turn of the loop. True: the connection has just ended. */
bool shown_settle(struct shown *s);
