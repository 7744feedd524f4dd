/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One RDP client as a station: its pictures go to xrdp's VNC module. */
#pragma once

#include <stdint.h>

struct relay;
struct stream;

/* All of it is copied. */
struct rdp_station_client {
	uint64_t guest; /* its connection ends with the station: rdp_end_guest() */
	const char *secret, *address;
	const char *name;            /* proposed; may be empty */
	const char *user, *password; /* NULL: none were given */
	uint16_t width, height;      /* of the client's screen; 0: not said */
};

/* Takes the stream, on which ClientInit of RFB comes next, on success. The station ends with it. */
int rdp_station_new(struct relay *relay, struct stream *stream,
		const struct rdp_station_client *client);
