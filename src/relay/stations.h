/* SPDX-License-Identifier: GPL-3.0-or-later */
/* All stations of the relay. */
#pragma once

#include <stdbool.h>

struct relay;
struct stations;
struct web_socket;
struct stream;

enum {
	STATIONS_MAX = 2048,
	STATIONS_PER_ADDRESS_MAX = 256, /* a room behind one router; each is kept by stationd */
	STATION_SOCKETS_MAX = 8,        /* pages, and screens, of one browser station */
};

int stations_new(struct relay *relay, struct stations **ret);
/* Sockets and viewers are closed, not waited for. NULL is fine; gives NULL. */
struct stations *stations_free(struct stations *s);

/* --- browser stations; secret is the cookie, "" = none --- */
void stations_open_browser(struct stations *s, struct web_socket *socket, const char *secret);
void stations_open_rfb(struct stations *s, struct web_socket *socket, const char *secret);
/* The station's id, or NULL where stationd does not know it (yet). Valid until the loop runs. */
const char *stations_find_id(struct stations *s, const char *secret);
