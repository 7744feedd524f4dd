/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A local viewer from inside:
 *   viewer-local.c        life, the connection, input, which picture is looked at
 *   viewer-local-frame.c  the shared memory and what is drawn into it
 */
#pragma once

#include <uv.h>

#include "proto/seat.h"
#include "relay/letterbox.h"
#include "relay/scaled.h"
#include "relay/viewer-internal.h"
#include "relay/viewer-local.h"

struct viewer_local {
	struct viewer base;
	uv_loop_t *loop;
	uv_poll_t poll;
	uv_timer_t kick; /* "from the loop": the end is reported there, sizes are followed */
	unsigned n_handles;
	int fd; /* -EBADF: ended */
	bool reported;
	char reason[120], description[48];
	uint16_t w, h;

	/* A packet that the socket had no room for; nothing is built before it is gone. */
	uint8_t out[SEAT_MESSAGE_MAX];
	size_t out_len;
	int out_fd;

	/* What is looked at: the picture, or scaled to our size. */
	struct picture *watched;               /* base.picture; NULL: none */
	struct picture_watcher watcher;        /* of it */
	struct picture_watcher scaled_watcher; /* of what is scaled */
	struct scaled *scaled;                 /* NULL: the picture has our size */
	struct letterbox letterbox;            /* with scaled */
	bool attach_due;                       /* the picture has another size */

	/* What the seat has. */
	uint8_t *memory; /* NULL: none yet */
	size_t memory_size;
	uint32_t stride;
	bool buffer_due, cursor_due;
	int leds; /* sent last; -1: none */
	pixman_region32_t pending;
	uint32_t serial; /* of the last frame */
	bool in_flight;  /* it is not DONE */
};

static inline struct viewer_local *viewer_local_of(struct viewer *v)
{
	return list_entry(v, struct viewer_local, base);
}

/* --- viewer-local.c --- */
/* Ends the connection; handle_gone comes from the loop. */
void viewer_local_fail(struct viewer_local *v, const char *reason);
/* Takes fd (-EBADF: none). False: failed. */
bool viewer_local_write(struct viewer_local *v, const struct seat_message *m, int fd);
/* In our size; NULL: none. */
struct picture *viewer_local_seen(struct viewer_local *v);

/* --- viewer-local-frame.c --- */
/* What is due, if the seat can take it. */
void viewer_local_send(struct viewer_local *v);
/* All of the memory, of a new size, is due. */
void viewer_local_begin(struct viewer_local *v);
void viewer_local_handle_done(struct viewer_local *v, uint32_t serial);
void viewer_local_frame_done(struct viewer_local *v);
