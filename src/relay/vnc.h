/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The VNC listener; each viewer that connects is a station. */
#pragma once

struct relay;
struct vnc;

/* Nothing to listen on: 0 and *ret NULL. On error *ret_error is a sentence (malloc'ed). */
int vnc_new(struct relay *relay, struct vnc **ret, char **ret_error);
/* No new connections. */
void vnc_stop(struct vnc *vnc);
/* Its stations must have gone. NULL is fine; gives NULL. */
struct vnc *vnc_free(struct vnc *vnc);
