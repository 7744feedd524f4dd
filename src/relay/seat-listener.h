/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Where station-seat connects, one connection for each screen (proto/seat.h). */
#pragma once

struct relay;
struct seat_listener;

/*
 * path: listen there (tests); NULL: at the socket "seat" of the service manager; without one there
 * are no local stations. *ret is NULL then. ret_error: a sentence.
 */
int seat_listener_new(struct relay *relay, const char *path, struct seat_listener **ret,
		char **ret_error);
/* No new ones. NULL is fine. */
void seat_listener_stop(struct seat_listener *l);
/* After all stations have gone. NULL is fine; gives NULL. */
struct seat_listener *seat_listener_free(struct seat_listener *l);
