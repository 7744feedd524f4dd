/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The connection to stationd (org.stationmaster.Seat): what is shown where comes from there; what
 * is connected, and what was pressed, goes there. Connects again by itself; nothing is lost by
 * that, since both sides always say everything.
 */
#pragma once

#include <jansson.h>
#include <stdbool.h>
#include <systemd/sd-event.h>

#include "seat/place.h"

#define HOST_SOCKET "/run/stationmaster/seat.sock"

struct host;

struct host_ops {
	/* All places there are; to be taken. */
	void (*places)(struct places *places, void *userdata);
	/* Parameters for Report, but for the seat; owned. NULL: not now. */
	json_t *(*report)(void *userdata);
};

int host_new(sd_event *event, const char *path, const char *seat, const struct host_ops *ops,
		void *userdata, struct host **ret);
struct host *host_free(struct host *h);

/* Something that Report tells has changed; several changes are told as one. */
void host_changed(struct host *h);
/* Somebody used this device: told at once, then at most 10 times a second. */
void host_press(struct host *h, const char *device, bool keyboard);
/* End of a turn of the loop: a connection that ended is given up here. */
void host_settle(struct host *h);
