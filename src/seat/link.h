/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * One station's connection to the relay (proto/seat.h). A connection ends at the first packet that
 * is not as it should be; its owner makes another one.
 */
#pragma once

#include <stdbool.h>
#include <sys/types.h>
#include <systemd/sd-event.h>

#include "proto/seat.h"
#include "seat/picture.h"

struct link;

struct link_ops {
	/* The picture of this size is there, in whole; it is the link's. */
	void (*picture)(struct link *l, void *userdata);
	/* These parts of it have changed: paint them at once, the relay may write afterwards. */
	void (*frame)(struct link *l, const struct seat_message *frame, void *userdata);
	void (*leds)(struct link *l, uint32_t leds, void *userdata);
	/* It has ended, with -errno; call link_close(), but later, not in here. */
	void (*closed)(struct link *l, int error, void *userdata);
};

struct link_options {
	sd_event *event;
	const char *path;
	uid_t relay_uid; /* besides root and our own */
	const char *secret;
	int width, height;
};

/* Connects and says HELLO. -ECONNREFUSED, -ENOENT...: no relay; -EPERM: it is somebody else. */
int link_open(const struct link_options *o, const struct link_ops *ops, void *userdata,
		struct link **ret);
/* NULL is fine; gives NULL. */
struct link *link_close(struct link *l);

/* Queued while the relay does not read; it ends where that is for long. */
void link_send(struct link *l, const struct seat_message *m);
/* What is shown, NULL before the first frame. Lives as long as the link or until it is taken. */
const struct picture *link_get_picture(const struct link *l);
/* For who goes on showing it after link_close(). */
struct picture *link_take_picture(struct link *l);
