/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One screen of this computer as a station: the greeter, its scene, layers. */
#pragma once

#include "proto/seat.h"

struct relay;
struct local_station;

struct local_station_events {
	/* The station is gone. */
	void (*handle_gone)(void *userdata);
};

/* Takes the connection on success; hello: SEAT_HELLO that came on it. One with the same secret is
 * ended: this one takes its place. -EBADMSG: not a secret of ours. */
int local_station_new(struct relay *relay, int fd, const struct seat_message *hello,
		const struct local_station_events *events, void *userdata);
