/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One VNC viewer as a station: log-in, scene, notice. */
#pragma once

struct relay;
struct stream;

struct vnc_station_events {
	/* The viewer has shown that it speaks RFB over TLS. */
	void (*handle_established)(void *userdata);
	/* The station is gone. */
	void (*handle_gone)(void *userdata);
};

struct vnc_station;

/* Takes the stream on success. */
int vnc_station_new(struct relay *relay, struct stream *stream,
		const struct vnc_station_events *events, void *userdata, struct vnc_station **ret);
struct vnc_station *vnc_station_free(struct vnc_station *s);
