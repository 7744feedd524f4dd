/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A station's part of an output, and how its picture is turned there. Two frames of reference: the
 * output's pixels as it is built, and the station's own, upright for who sits in front of it.
 */
#pragma once

#include <stdbool.h>

struct rect {
	int x, y, w, h;
};

enum area { AREA_WHOLE, AREA_LEFT, AREA_RIGHT, AREA_TOP, AREA_BOTTOM, _AREA_MAX };

enum orientation {
	ORIENTATION_LANDSCAPE,
	ORIENTATION_PORTRAIT, /* the picture's top is at the area's right edge */
	ORIENTATION_LANDSCAPE_FLIPPED,
	ORIENTATION_PORTRAIT_FLIPPED, /* at its left edge */
	_ORIENTATION_MAX,
};

/* Words of the API; negative: none of them. */
int area_from_string(const char *s);
int orientation_from_string(const char *s);
const char *area_to_string(enum area area);
const char *orientation_to_string(enum orientation orientation);

/* The part of an output of this size; the two halves of an odd side differ by one. */
struct rect area_get_rect(enum area area, int width, int height);

/* Where a station is: its rectangle in the output and its orientation. */
struct spot {
	struct rect rect;
	enum orientation orientation;
};

/* Size of the station's own picture. */
void spot_get_size(const struct spot *s, int *ret_width, int *ret_height);
/* Where a rectangle of the station's picture is in the output. */
struct rect spot_to_output(const struct spot *s, struct rect r);
/* Station's pixel of an output's pixel within the spot. */
void spot_to_station(const struct spot *s, int x, int y, int *ret_x, int *ret_y);
/* One pixel to the right in the output is this step in the station's picture. */
void spot_get_step(const struct spot *s, int *ret_dx, int *ret_dy);

static inline bool rect_is_empty(struct rect r)
{
	return r.w <= 0 || r.h <= 0;
}

static inline bool rect_is_equal(struct rect a, struct rect b)
{
	return a.x == b.x && a.y == b.y && a.w == b.w && a.h == b.h;
}

/* w and h are 0 or less where they do not meet. */
struct rect rect_intersect(struct rect a, struct rect b);
