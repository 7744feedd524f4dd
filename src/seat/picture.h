/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A station's picture, as the relay shares it, and its way onto the screen: one copy of what
 * changed, turned and with the pointer on the way.
 */
#pragma once

#include <stdint.h>

#include "base/cleanup.h"
#include "proto/area.h"
#include "proto/seat.h"

struct picture {
	const uint8_t *map; /* read only */
	size_t size;
	uint32_t width, height, stride;
};

/*
 * Maps the memfd of a BUFFER; fd stays the caller's. -EPERM: not sealed as the protocol wants it,
 * -EBADMSG: size.
 */
int picture_new(int fd, const struct seat_message *buffer, struct picture **ret);
struct picture *picture_free(struct picture *p);
DEFINE_CLEANUP(struct picture, picture_free);

/* The pointer: its picture is the seat's own copy, so it can be drawn at any time. */
struct cursor {
	uint32_t *pixels; /* premultiplied ARGB, w * h; NULL: none yet */
	int w, h;         /* 0: not shown */
	int hot_x, hot_y;
	int x, y; /* of the hot spot, in the station's picture */
};

/* Take the shape of a FRAME; gives whether it is another one than before. */
int cursor_set_shape(struct cursor *c, const struct picture *p, const struct seat_message *frame);
/* What the pointer covers, not clipped. */
struct rect cursor_get_rect(const struct cursor *c);
void cursor_done(struct cursor *c);

/* Where a station's pixels go. */
struct canvas {
	uint8_t *pixels; /* of the whole output */
	size_t stride;
	struct spot spot;
};

/*
 * Paint a rectangle of the station (clipped to it): the picture, black where it has none, and the
 * pointer where it is. picture NULL: all black, without pointer; cursor may be NULL. Gives the
 * rectangle of the output that was written.
 */
struct rect picture_paint(const struct picture *p, const struct cursor *cursor,
		const struct canvas *canvas, struct rect what);
