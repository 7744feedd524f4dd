/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A viewer that is a screen of this computer, behind station-seat (proto/seat.h): pictures go into
 * shared memory, in the screen's size. Pictures of other sizes are letter-boxed, and asked for the
 * screen's size where input passes to them.
 */
#pragma once

#include <uv.h>

#include "relay/viewer.h"

/* Takes fd (SOCK_SEQPACKET, NONBLOCK) on success, after HELLO was read; the size is valid. */
int viewer_local_new(uv_loop_t *loop, int fd, uint16_t w, uint16_t h,
		const struct viewer_events *events, void *userdata, struct viewer **ret);
