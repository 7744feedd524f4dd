/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Seats: each a station-seat that tells which screens and input devices there are and is told what
 * is shown where. What was told last counts for a moment after the seat's connection has ended: it
 * is started again by itself.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <systemd/sd-event.h>

#include "base/list.h"
#include "hostd/seat-map.h"
#include "hostd/station-local.h"
#include "ipc/varlink.h"

struct host;

enum {
	SEATS_MAX = 32,
	SEAT_OUTPUTS_MAX = 64,
	SEAT_GRACE_MS = 5000, /* a seat that was killed is back within two seconds */
};

struct seat_output {
	const char *id;
	int width, height;
};

/* What there is; strings are borrowed from json. */
struct seat_report {
	struct seat_output outputs[SEAT_OUTPUTS_MAX];
	size_t n_outputs;
	struct seat_device devices[SEAT_DEVICES_MAX];
	size_t n_devices;
	json_t *json; /* keeps the strings; owned by the seat once it was taken */
};

/* The older caller of this seat is refused. -EDQUOT: too many seats. */
int seat_serve(struct host *h, const char *name, struct varlink_call *call);
/* Takes over what is in report. The error is that of the store; what was told holds in any case. */
int seat_report(struct host *h, const char *name, const struct seat_report *report);
int seat_press(struct host *h, const char *name, const char *device, bool keyboard);
/* Stored stations are taken to be as they were until their seats have had time to come. */
void seats_start(struct host *h);

/* Local stations have changed: who asks, what is missing, and places follow from that. */
void seats_update(struct host *h);
/* A station-seat drives its screens now. */
bool seat_is_served(struct host *h, const char *name);
bool seat_is_name(const char *name);
void seat_free_all(struct host *h);
