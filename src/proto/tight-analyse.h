/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What is in a piece of a picture: decides how Tight sends it. Pixels are B G R X; X is ignored.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum tight_content {
	TIGHT_SOLID,   /* one colour */
	TIGHT_DRAWING, /* text, lines, flat areas: must stay sharp */
	TIGHT_PHOTO,   /* many colours, few equal neighbours */
};

/* *ret_colour is set for TIGHT_SOLID: 0x00RRGGBB. */
enum tight_content tight_analyse(const uint8_t *pixels, uint32_t stride, unsigned w, unsigned h,
		uint32_t *ret_colour);

enum { TIGHT_PALETTE_MAX = 256, TIGHT_PALETTE_SLOTS = 1024 };

struct tight_palette {
	unsigned n;
	uint32_t colours[TIGHT_PALETTE_MAX]; /* 0x00RRGGBB in order of appearance */
	uint32_t generation;
	uint32_t keys[TIGHT_PALETTE_SLOTS];
	uint32_t used[TIGHT_PALETTE_SLOTS]; /* generation in which the slot was filled */
	uint8_t values[TIGHT_PALETTE_SLOTS];
};

/*
 * Fill the palette with the colours of the piece and index (w * h bytes) with their numbers. False:
 * more than max colours.
 */
bool tight_palette_fill(struct tight_palette *p, const uint8_t *pixels, uint32_t stride, unsigned w,
		unsigned h, unsigned max, uint8_t *index);
