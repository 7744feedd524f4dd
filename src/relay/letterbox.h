/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * One picture inside another of a different size: where it lies, what a change of it changes, and
 * the drawing. Knows no pictures and no loop, so that it runs on the pool.
 */
#pragma once

#include <pixman.h>
#include <stdbool.h>
#include <stdint.h>

struct letterbox {
	uint16_t src_w, src_h;
	uint16_t w, h;
	pixman_box32_t box; /* of the source, aspect kept; black around it */
	unsigned halvings;  /* of the source before it is interpolated */
	bool is_whole;      /* every pixel becomes n x n pixels */
};

/* A pointer drawn over the source. */
struct letterbox_pointer {
	const uint32_t *argb; /* premultiplied; NULL: none */
	uint16_t w, h;
	int x, y; /* in the source */
};

struct letterbox_pixels {
	const uint8_t *src;
	uint32_t src_stride; /* bytes */
	uint8_t *dst;
	uint32_t dst_stride;
};

/* No size may be 0. */
void letterbox_init(struct letterbox *l, uint16_t src_w, uint16_t src_h, uint16_t w, uint16_t h);
/* Adds to ret what a change of this part of the source changes; it may reach out of the source. */
void letterbox_map(const struct letterbox *l, const pixman_region32_t *src, pixman_region32_t *ret);
/* Draw what lies in the region; drawn in parts or at once the result is the same. -ENOMEM. */
int letterbox_draw(const struct letterbox *l, const struct letterbox_pixels *p,
		const struct letterbox_pointer *pointer, const pixman_region32_t *region);
