/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The pointer of a client that knows none of the cursor encodings: the picture's shape, as the
 * topmost layer, where the client has moved it.
 */
#include <string.h>

#include "relay/viewer-rfb-internal.h"

static bool is_needed(const struct viewer_rfb *v)
{
	return v->base.picture && v->state == VIEWER_RFB_RUNNING && v->has_pointer &&
	       !v->knows_cursor && !v->knows_cursor_alpha && v->base.picture->cursor.w > 0 &&
	       v->base.picture->cursor.h > 0;
}

static bool take_shape(struct viewer_rfb *v)
{
	const struct cursor *c = &v->base.picture->cursor;
	size_t n = (size_t)c->w * c->h;

	if (v->pointer_argb)
		return true;
	v->pointer_argb = calloc(n, sizeof(*v->pointer_argb));
	if (v->pointer_argb)
		viewer_premultiply(v->pointer_argb, c->argb, n);
	return v->pointer_argb != NULL;
}

/* The part of the shape that lies on the screen. */
static void place(struct viewer_rfb *v)
{
	const struct cursor *c = &v->base.picture->cursor;
	int x = v->at_x - c->hot_x, y = v->at_y - c->hot_y;
	int left = MAX(-x, 0), top = MAX(-y, 0);

	v->pointer = (struct overlay){
		.x = (uint16_t)(x + left),
		.y = (uint16_t)(y + top),
		.w = (uint16_t)MAX(0, MIN(c->w - left, v->base.picture->w - x - left)),
		.h = (uint16_t)MAX(0, MIN(c->h - top, v->base.picture->h - y - top)),
		.stride = c->w * 4u,
		.argb = (const uint8_t *)(v->pointer_argb + (size_t)top * c->w + left),
	};
}

static void update(struct viewer_rfb *v)
{
	bool is_shown = is_needed(v) && take_shape(v);

	if (is_shown)
		place(v);
	else if (!v->base.overlays[VIEWER_LAYER_POINTER])
		return;
	viewer_set_overlay(&v->base, VIEWER_LAYER_POINTER, is_shown ? &v->pointer : NULL);
}

void viewer_rfb_pointer_reset(struct viewer_rfb *v)
{
	free(v->pointer_argb);
	v->pointer_argb = NULL;
	update(v);
}

void viewer_rfb_pointer_move(struct viewer_rfb *v, uint16_t x, uint16_t y)
{
	if (v->has_pointer && v->at_x == x && v->at_y == y)
		return;
	v->has_pointer = true;
	v->at_x = x;
	v->at_y = y;
	update(v);
}

void viewer_rfb_pointer_done(struct viewer_rfb *v)
{
	v->base.overlays[VIEWER_LAYER_POINTER] = NULL;
	free(v->pointer_argb);
	v->pointer_argb = NULL;
}
