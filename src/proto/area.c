/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Rectangles and quarter turns. Pure. */
#include "proto/area.h"

#include <errno.h>
#include <stddef.h>

#include "base/str.h"

static const char *const area_names[_AREA_MAX] = {
	[AREA_WHOLE] = "whole",
	[AREA_LEFT] = "left",
	[AREA_RIGHT] = "right",
	[AREA_TOP] = "top",
	[AREA_BOTTOM] = "bottom",
};

static const char *const orientation_names[_ORIENTATION_MAX] = {
	[ORIENTATION_LANDSCAPE] = "landscape",
	[ORIENTATION_PORTRAIT] = "portrait",
	[ORIENTATION_LANDSCAPE_FLIPPED] = "landscape_flipped",
	[ORIENTATION_PORTRAIT_FLIPPED] = "portrait_flipped",
};

static int find(const char *const *names, int n, const char *s)
{
	for (int i = 0; i < n; i++)
		if (streq(names[i], s))
			return i;
	return -EINVAL;
}

int area_from_string(const char *s)
{
	return find(area_names, _AREA_MAX, s);
}

int orientation_from_string(const char *s)
{
	return find(orientation_names, _ORIENTATION_MAX, s);
}

const char *area_to_string(enum area area)
{
	return area_names[area];
}

const char *orientation_to_string(enum orientation orientation)
{
	return orientation_names[orientation];
}

struct rect area_get_rect(enum area area, int width, int height)
{
	switch (area) {
	case AREA_LEFT:
		return (struct rect){ 0, 0, width / 2, height };
	case AREA_RIGHT:
		return (struct rect){ width / 2, 0, width - width / 2, height };
	case AREA_TOP:
		return (struct rect){ 0, 0, width, height / 2 };
	case AREA_BOTTOM:
		return (struct rect){ 0, height / 2, width, height - height / 2 };
	default:
		return (struct rect){ 0, 0, width, height };
	}
}

void spot_get_size(const struct spot *s, int *ret_width, int *ret_height)
{
	bool upright = s->orientation == ORIENTATION_LANDSCAPE ||
		       s->orientation == ORIENTATION_LANDSCAPE_FLIPPED;

	*ret_width = upright ? s->rect.w : s->rect.h;
	*ret_height = upright ? s->rect.h : s->rect.w;
}

struct rect spot_to_output(const struct spot *s, struct rect r)
{
	struct rect o;

	switch (s->orientation) {
	case ORIENTATION_PORTRAIT:
		o = (struct rect){ s->rect.w - r.y - r.h, r.x, r.h, r.w };
		break;
	case ORIENTATION_LANDSCAPE_FLIPPED:
		o = (struct rect){ s->rect.w - r.x - r.w, s->rect.h - r.y - r.h, r.w, r.h };
		break;
	case ORIENTATION_PORTRAIT_FLIPPED:
		o = (struct rect){ r.y, s->rect.h - r.x - r.w, r.h, r.w };
		break;
	default:
		o = r;
		break;
	}
	o.x += s->rect.x;
	o.y += s->rect.y;
	return o;
}

void spot_to_station(const struct spot *s, int x, int y, int *ret_x, int *ret_y)
{
	x -= s->rect.x;
	y -= s->rect.y;
	switch (s->orientation) {
	case ORIENTATION_PORTRAIT:
		*ret_x = y;
		*ret_y = s->rect.w - 1 - x;
		break;
	case ORIENTATION_LANDSCAPE_FLIPPED:
		*ret_x = s->rect.w - 1 - x;
		*ret_y = s->rect.h - 1 - y;
		break;
	case ORIENTATION_PORTRAIT_FLIPPED:
		*ret_x = s->rect.h - 1 - y;
		*ret_y = x;
		break;
	default:
		*ret_x = x;
		*ret_y = y;
		break;
	}
}

void spot_get_step(const struct spot *s, int *ret_dx, int *ret_dy)
{
	static const int steps[_ORIENTATION_MAX][2] = {
		[ORIENTATION_LANDSCAPE] = { 1, 0 },
		[ORIENTATION_PORTRAIT] = { 0, -1 },
		[ORIENTATION_LANDSCAPE_FLIPPED] = { -1, 0 },
		[ORIENTATION_PORTRAIT_FLIPPED] = { 0, 1 },
	};

	*ret_dx = steps[s->orientation][0];
	*ret_dy = steps[s->orientation][1];
}

struct rect rect_intersect(struct rect a, struct rect b)
{
	int x = MAX(a.x, b.x), y = MAX(a.y, b.y);

	return (struct rect){ x, y, MIN(a.x + a.w, b.x + b.w) - x, MIN(a.y + a.h, b.y + b.h) - y };
}
