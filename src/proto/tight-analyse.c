/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Content analysis. The inner loops have no branches in them, so that the compiler makes vectors of
 * them: a solid or a text cell of 64 x 64 takes about a microsecond. Photographs are told from text
 * by their neighbours: anti-aliased text on paper has many colours, too, but most pixels equal the
 * one beside them.
 */
#include "proto/tight-analyse.h"

#include <string.h>

enum {
	PHOTO_AREA_MIN = 1024,       /* a smaller piece is not worth the head of a JPEG */
	PHOTO_COLOURS_MIN = 96,      /* dithered drawings have fewer */
	DRAWING_EQUAL_PER_CENT = 35, /* of all neighbours, at least */
	COLOUR_SLOTS = 512,
};

static const uint32_t rgb_mask = 0x00ffffff;

static inline uint32_t pixel(const uint8_t *p)
{
	uint32_t v;

	memcpy(&v, p, 4);
	return v;
}

/* Four pixels at once; compilers make of it what the processor has. */
typedef uint32_t pixels_4 __attribute__((vector_size(16)));

static inline pixels_4 load_4(const uint8_t *p)
{
	pixels_4 v;

	memcpy(&v, p, sizeof(v));
	return v;
}

static bool row_is_solid(const uint8_t *p, unsigned w, uint32_t colour)
{
	pixels_4 diffs = { 0 };
	uint32_t diff = 0;
	unsigned x = 0;

	for (; x + 4 <= w; x += 4)
		diffs |= load_4(p + 4 * (size_t)x) ^ colour;
	for (; x < w; x++)
		diff |= pixel(p + 4 * (size_t)x) ^ colour;
	return ((diff | diffs[0] | diffs[1] | diffs[2] | diffs[3]) & rgb_mask) == 0;
}

static unsigned count_equal(const uint8_t *p, unsigned w)
{
	pixels_4 equals = { 0 };
	unsigned equal = 0, x = 1;

	/* A comparison gives -1 where it holds. */
	for (; x + 4 <= w; x += 4)
		equals -= (pixels_4)(((load_4(p + 4 * (size_t)x) ^ load_4(p + 4 * (size_t)x - 4)) &
						     rgb_mask) == 0);
	equal = equals[0] + equals[1] + equals[2] + equals[3];
	for (; x < w; x++)
		equal += ((pixel(p + 4 * (size_t)x) ^ pixel(p + 4 * (size_t)x - 4)) & rgb_mask) ==
			 0;
	return equal;
}

static inline uint32_t hash(uint32_t c)
{
	return (c * 0x9e3779b1u) >> 16;
}

static bool has_many_colours(const uint8_t *pixels, uint32_t stride, unsigned w, unsigned h)
{
	uint32_t slots[COLOUR_SLOTS];
	unsigned n = 0;

	memset(slots, 0xff, sizeof(slots));
	for (unsigned y = 0; y < h; y++) {
		const uint8_t *row = pixels + (size_t)y * stride;

		for (unsigned x = 0; x < w; x++) {
			uint32_t c = pixel(row + 4 * (size_t)x) & rgb_mask;
			uint32_t i = hash(c) % COLOUR_SLOTS;

			while (slots[i] != c && slots[i] != UINT32_MAX)
				i = (i + 1) % COLOUR_SLOTS;
			if (slots[i] == c)
				continue;
			if (++n > PHOTO_COLOURS_MIN)
				return true;
			slots[i] = c;
		}
	}
	return false;
}

enum tight_content tight_analyse(const uint8_t *pixels, uint32_t stride, unsigned w, unsigned h,
		uint32_t *ret_colour)
{
	uint32_t colour = pixel(pixels) & rgb_mask;
	size_t equal = 0, pairs = (size_t)(w - 1) * h;
	unsigned y = 0;

	while (y < h && row_is_solid(pixels + (size_t)y * stride, w, colour))
		y++;
	if (y == h) {
		*ret_colour = colour;
		return TIGHT_SOLID;
	}
	if ((size_t)w * h < PHOTO_AREA_MIN)
		return TIGHT_DRAWING;
	for (y = 0; y < h; y++)
		equal += count_equal(pixels + (size_t)y * stride, w);
	if (equal * 100 >= pairs * DRAWING_EQUAL_PER_CENT)
		return TIGHT_DRAWING;
	return has_many_colours(pixels, stride, w, h) ? TIGHT_PHOTO : TIGHT_DRAWING;
}

/* Number of the colour, or -1: the palette is full. */
static int palette_get(struct tight_palette *p, uint32_t colour, unsigned max)
{
	uint32_t i = hash(colour) % TIGHT_PALETTE_SLOTS;

	while (p->used[i] == p->generation) {
		if (p->keys[i] == colour)
			return p->values[i];
		i = (i + 1) % TIGHT_PALETTE_SLOTS;
	}
	if (p->n == max)
		return -1;
	p->used[i] = p->generation;
	p->keys[i] = colour;
	p->values[i] = (uint8_t)p->n;
	p->colours[p->n] = colour;
	return (int)p->n++;
}

bool tight_palette_fill(struct tight_palette *p, const uint8_t *pixels, uint32_t stride, unsigned w,
		unsigned h, unsigned max, uint8_t *index)
{
	uint32_t last, c;
	int number;

	if (++p->generation == 0) {
		memset(p->used, 0, sizeof(p->used));
		p->generation = 1;
	}
	p->n = 0;
	last = pixel(pixels) & rgb_mask;
	number = palette_get(p, last, max);
	for (unsigned y = 0; y < h; y++) {
		const uint8_t *row = pixels + (size_t)y * stride;

		for (unsigned x = 0; x < w; x++) {
			c = pixel(row + 4 * (size_t)x) & rgb_mask;
			if (c != last) {
				number = palette_get(p, c, max);
				if (number < 0)
					return false;
				last = c;
			}
			*index++ = (uint8_t)number;
		}
	}
	return true;
}
