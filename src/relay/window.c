/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A picture composed of two: base as it is, and over one corner a frame with the inset, scaled down
 * by a picture of its own (relay/scaled.h). All is copied on the loop: there is nothing to
 * calculate.
 *
 * The screen has three parts, by where their pixels come from. dirty is what is out of date; a part
 * of it waits while its pixels are being written in the pool, all of it while somebody reads ours.
 * The end of each is told by a callback. base may have another size already before ours can follow.
 * An inset that changes its size keeps its frame, letter-boxed, until the next layout.
 *
 * A press that begins on the frame is taken until it is released; one that begins beside it goes on
 * across it.
 */
#include <assert.h>
#include <string.h>

#include "base/cleanup.h"
#include "relay/projection.h"
#include "relay/scaled.h"

enum {
	EDGE = 4,    /* pixels */
	MARGIN = 12, /* to the edges of the screen */
	INSET_MIN = 16,
	EDGE_COLOUR = 0x0b6b66,
	BUTTONS_PRESS = 7, /* no wheel */
};

enum corner { BOTTOM_RIGHT, BOTTOM_LEFT, TOP_LEFT, TOP_RIGHT, _CORNER_MAX };

enum part { PART_BASE, PART_EDGE, PART_INSET, _PART_MAX };

struct window {
	uv_loop_t *loop;
	struct picture picture;
	struct picture *base; /* NULL: it went away */
	struct picture *inset;
	struct scaled *scaled; /* of the inset; NULL: no room for it */
	struct picture_watcher base_watcher, scaled_watcher;
	bool watching;
	bool resize_due;
	enum corner corner;
	pixman_box32_t outer, inner; /* the frame with and without its edge */
	pixman_region32_t parts[_PART_MAX];
	pixman_region32_t dirty;
	bool grabbed;    /* the press belongs to the frame */
	uint8_t buttons; /* held in base */
};

/* --- layout --- */

/* Largest size of the inset's aspect within a quarter of the screen, never larger than it is;
 * false: there is no room. */
static bool inset_size(const struct window *w, int *ret_w, int *ret_h)
{
	int iw = MIN(w->picture.w / 2 - MARGIN - 2 * EDGE, (int)w->inset->w);
	int ih = MIN(w->picture.h / 2 - MARGIN - 2 * EDGE, (int)w->inset->h);

	if ((int64_t)w->inset->w * ih > (int64_t)w->inset->h * iw)
		ih = (int)((int64_t)w->inset->h * iw / w->inset->w);
	else
		iw = (int)((int64_t)w->inset->w * ih / w->inset->h);
	*ret_w = iw;
	*ret_h = ih;
	return iw >= INSET_MIN && ih >= INSET_MIN;
}

static void place_frame(struct window *w, int iw, int ih)
{
	bool right = w->corner == BOTTOM_RIGHT || w->corner == TOP_RIGHT;
	bool bottom = w->corner == BOTTOM_RIGHT || w->corner == BOTTOM_LEFT;
	int x = right ? w->picture.w - MARGIN - 2 * EDGE - iw : MARGIN;
	int y = bottom ? w->picture.h - MARGIN - 2 * EDGE - ih : MARGIN;

	w->outer = (pixman_box32_t){ x, y, x + iw + 2 * EDGE, y + ih + 2 * EDGE };
	w->inner = (pixman_box32_t){ x + EDGE, y + EDGE, x + EDGE + iw, y + EDGE + ih };
}

static void place_parts(struct window *w)
{
	pixman_region32_t outer;

	for (size_t i = 0; i < _PART_MAX; i++)
		pixman_region32_fini(&w->parts[i]);
	pixman_region32_init_with_extents(&outer, &w->outer);
	pixman_region32_init_rect(&w->parts[PART_BASE], 0, 0, w->picture.w, w->picture.h);
	pixman_region32_subtract(&w->parts[PART_BASE], &w->parts[PART_BASE], &outer);
	pixman_region32_init_with_extents(&w->parts[PART_INSET], &w->inner);
	pixman_region32_init(&w->parts[PART_EDGE]);
	pixman_region32_subtract(&w->parts[PART_EDGE], &outer, &w->parts[PART_INSET]);
	pixman_region32_fini(&outer);
}

static void dirty_frame(struct window *w)
{
	pixman_region32_t outer;

	pixman_region32_init_with_extents(&outer, &w->outer);
	pixman_region32_union(&w->dirty, &w->dirty, &outer);
	pixman_region32_fini(&outer);
}

/* For the sizes and the corner that there are now. */
static void layout(struct window *w)
{
	struct picture *now = w->scaled ? scaled_picture(w->scaled) : NULL;
	int iw, ih;

	dirty_frame(w);
	w->outer = w->inner = (pixman_box32_t){ 0 };
	if (!inset_size(w, &iw, &ih)) {
		w->scaled = scaled_free(w->scaled);
	} else if (!now || now->w != iw || now->h != ih) {
		w->scaled = scaled_free(w->scaled);
		(void)scaled_new(w->loop, w->inset, (uint16_t)iw, (uint16_t)ih, &w->scaled);
		if (w->scaled && w->watching)
			picture_watch(scaled_picture(w->scaled), &w->scaled_watcher);
	}
	if (w->scaled)
		place_frame(w, iw, ih);
	place_parts(w);
	dirty_frame(w);
}

/* --- composing --- */

/* What the pixels of a part are copied from; NULL: of one colour. */
static struct picture *part_picture(const struct window *w, enum part part)
{
	return part == PART_BASE ? w->base : part == PART_INSET ? scaled_picture(w->scaled) : NULL;
}

static void copy_box(struct window *w, enum part part, const pixman_box32_t *b)
{
	const struct picture *from = part_picture(w, part);
	int x = part == PART_INSET ? w->inner.x1 : 0, y = part == PART_INSET ? w->inner.y1 : 0;
	size_t n = (size_t)(b->x2 - b->x1) * 4;

	if (!from) {
		pixman_fill((uint32_t *)(void *)w->picture.pixels, (int)(w->picture.stride / 4), 32,
				b->x1, b->y1, b->x2 - b->x1, b->y2 - b->y1, EDGE_COLOUR);
		return;
	}
	for (int row = b->y1; row < b->y2; row++)
		memcpy(w->picture.pixels + (size_t)row * w->picture.stride + (size_t)b->x1 * 4,
				from->pixels + (size_t)(row - y) * from->stride +
						(size_t)(b->x1 - x) * 4,
				n);
}

static void compose_part(struct window *w, enum part part, pixman_region32_t *done)
{
	const struct picture *from;
	pixman_region32_t region;
	pixman_box32_t *b;
	int n;

	if (!pixman_region32_not_empty(&w->parts[part]))
		return;
	from = part_picture(w, part);
	if (from && (from->blank || !picture_can_lock(from)))
		return; /* handle_damage, handle_lockable */
	pixman_region32_init(&region);
	pixman_region32_intersect(&region, &w->dirty, &w->parts[part]);
	pixman_region32_subtract(&w->dirty, &w->dirty, &region);
	b = pixman_region32_rectangles(&region, &n);
	for (int i = 0; i < n; i++)
		copy_box(w, part, &b[i]);
	pixman_region32_union(done, done, &region);
	pixman_region32_fini(&region);
}

static bool resize(struct window *w)
{
	if (!w->resize_due)
		return true;
	if (picture_resize(&w->picture, w->base->w, w->base->h) < 0)
		return false; /* the next change tries again */
	w->resize_due = false;
	layout(w);
	pixman_region32_union_rect(&w->dirty, &w->dirty, 0, 0, w->picture.w, w->picture.h);
	return true;
}

static void compose(struct window *w)
{
	pixman_region32_t done;

	if (!w->watching || !w->base || w->base->blank || picture_is_locked(&w->picture))
		return;
	if (!resize(w))
		return;
	pixman_region32_init(&done);
	for (enum part p = 0; p < _PART_MAX; p++)
		compose_part(w, p, &done);
	if (pixman_region32_not_empty(&done))
		picture_damage(&w->picture, &done);
	pixman_region32_fini(&done);
}

/* --- what we watch --- */

static struct window *of_base(struct picture_watcher *p)
{
	return list_entry(p, struct window, base_watcher);
}

static struct window *of_scaled(struct picture_watcher *p)
{
	return list_entry(p, struct window, scaled_watcher);
}

static void base_damage(struct picture_watcher *p, const pixman_region32_t *damage)
{
	struct window *w = of_base(p);

	pixman_region32_union(&w->dirty, &w->dirty, (pixman_region32_t *)damage);
	picture_region_limit(&w->dirty);
	compose(w);
}

static void base_resized(struct picture_watcher *p)
{
	of_base(p)->resize_due = true;
}

static void read_cursor(struct window *w)
{
	struct cursor c = w->base->cursor;
	size_t n = (size_t)c.w * c.h * sizeof(*c.argb);

	if (c.argb) {
		c.argb = malloc(MAX(n, (size_t)1));
		if (!c.argb)
			return;
		memcpy(c.argb, w->base->cursor.argb, n);
	}
	if (picture_set_cursor(&w->picture, &c) < 0)
		free(c.argb);
}

static void base_cursor(struct picture_watcher *p)
{
	read_cursor(of_base(p));
}

static void base_leds(struct picture_watcher *p)
{
	struct window *w = of_base(p);

	picture_set_leds(&w->picture, w->base->leds);
}

static void base_lockable(struct picture_watcher *p)
{
	compose(of_base(p));
}

static void base_gone(struct picture_watcher *p)
{
	of_base(p)->base = NULL;
}

/* Not a new layout, which may free the very picture that tells us. */
static void scaled_lockable(struct picture_watcher *p)
{
	struct window *w = of_scaled(p);

	if (!w->resize_due)
		compose(w);
}

static void scaled_damage(struct picture_watcher *p, const pixman_region32_t *damage)
{
	struct window *w = of_scaled(p);
	pixman_region32_t moved;

	pixman_region32_init(&moved);
	pixman_region32_copy(&moved, (pixman_region32_t *)damage);
	pixman_region32_translate(&moved, w->inner.x1, w->inner.y1);
	pixman_region32_union(&w->dirty, &w->dirty, &moved);
	pixman_region32_fini(&moved);
	picture_region_limit(&w->dirty);
	scaled_lockable(p);
}

static void scaled_resized(struct picture_watcher *p)
{
	assert(!"it never does");
}

static void scaled_gone(struct picture_watcher *p)
{
	/* layout() frees it. */
}

/* --- who watches us --- */

static void watch(struct window *w, unsigned interval_ms)
{
	w->watching = true;
	w->picture.blank = true;
	w->resize_due = w->picture.w != w->base->w || w->picture.h != w->base->h;
	pixman_region32_union_rect(&w->dirty, &w->dirty, 0, 0, w->picture.w, w->picture.h);
	w->base_watcher.interval_ms = w->scaled_watcher.interval_ms = interval_ms;
	read_cursor(w);
	picture_set_leds(&w->picture, w->base->leds);
	picture_watch(w->base, &w->base_watcher);
	layout(w);
	compose(w);
}

static void unwatch(struct window *w)
{
	w->watching = false;
	if (w->base)
		picture_unwatch(w->base, &w->base_watcher);
	w->scaled = scaled_free(w->scaled);
}

static void set_interval(struct window *w, unsigned interval_ms)
{
	if (w->base_watcher.interval_ms == interval_ms)
		return;
	w->base_watcher.interval_ms = w->scaled_watcher.interval_ms = interval_ms;
	picture_watchers_changed(w->base);
	if (w->scaled)
		picture_watchers_changed(scaled_picture(w->scaled));
}

static void owner_watchers(void *userdata)
{
	struct window *w = userdata;
	int interval = picture_get_interval(&w->picture);

	if (interval < 0 && w->watching)
		unwatch(w);
	else if (interval >= 0 && w->base && !w->watching)
		watch(w, (unsigned)interval);
	else if (interval >= 0 && w->base)
		set_interval(w, (unsigned)interval);
}

static void owner_unlocked(void *userdata)
{
	struct window *w = userdata;

	compose(w);
	picture_turn_done(&w->picture);
}

static const struct picture_owner owner = {
	.handle_watchers = owner_watchers,
	.handle_unlocked = owner_unlocked,
};

/* --- input --- */

static void input_key(void *userdata, uint32_t keysym, uint32_t keycode, bool down)
{
	struct window *w = userdata;

	if (w->base && w->base->input && w->base->input->key)
		w->base->input->key(w->base->input_userdata, keysym, keycode, down);
}

/* True: the frame has taken it. */
static bool frame_pointer(struct window *w, uint8_t buttons, int x, int y)
{
	bool inside = x >= w->outer.x1 && x < w->outer.x2 && y >= w->outer.y1 && y < w->outer.y2;

	if (w->grabbed) {
		w->grabbed = buttons != 0;
		return true;
	}
	if (w->buttons != 0 || !inside)
		return false;
	if (buttons & BUTTONS_PRESS) {
		w->corner = (w->corner + 1) % _CORNER_MAX;
		layout(w);
		compose(w);
	}
	w->grabbed = buttons != 0;
	return true;
}

static void input_pointer(void *userdata, uint8_t buttons, uint16_t x, uint16_t y)
{
	struct window *w = userdata;

	if (frame_pointer(w, buttons, x, y))
		return;
	w->buttons = buttons;
	if (w->base && w->base->input && w->base->input->pointer)
		w->base->input->pointer(w->base->input_userdata, buttons, x, y);
}

static void input_cut_text(void *userdata, const char *utf8)
{
	struct window *w = userdata;

	if (w->base && w->base->input && w->base->input->cut_text)
		w->base->input->cut_text(w->base->input_userdata, utf8);
}

static void input_resize(void *userdata, uint16_t width, uint16_t height)
{
	struct window *w = userdata;

	if (w->base && w->base->input && w->base->input->resize)
		w->base->input->resize(w->base->input_userdata, width, height);
}

static const struct picture_input input = {
	.key = input_key,
	.pointer = input_pointer,
	.cut_text = input_cut_text,
	.resize = input_resize,
};

/* --- life --- */

int window_new(uv_loop_t *loop, struct picture *base, struct picture *inset, struct window **ret)
{
	struct window *w;
	int r;

	if (base == inset)
		return -EINVAL;
	w = calloc(1, sizeof(*w));
	if (!w)
		return -ENOMEM;
	r = picture_init(&w->picture, base->w, base->h);
	if (r < 0) {
		free(w);
		return r;
	}
	w->loop = loop;
	w->base = base;
	w->inset = inset;
	pixman_region32_init(&w->dirty);
	for (size_t i = 0; i < _PART_MAX; i++)
		pixman_region32_init(&w->parts[i]);
	w->base_watcher = (struct picture_watcher){
		.handle_damage = base_damage,
		.handle_resized = base_resized,
		.handle_cursor = base_cursor,
		.handle_leds = base_leds,
		.handle_lockable = base_lockable,
		.handle_gone = base_gone,
	};
	w->scaled_watcher = (struct picture_watcher){
		.handle_damage = scaled_damage,
		.handle_resized = scaled_resized,
		.handle_lockable = scaled_lockable,
		.handle_gone = scaled_gone,
	};
	list_init(&w->base_watcher.link);
	list_init(&w->scaled_watcher.link);
	w->picture.owner = &owner;
	w->picture.owner_userdata = w;
	w->picture.input = &input;
	w->picture.input_userdata = w;
	*ret = w;
	return 0;
}

struct window *window_free(struct window *w)
{
	if (!w)
		return NULL;
	if (w->watching)
		unwatch(w);
	picture_done(&w->picture);
	scaled_free(w->scaled);
	for (size_t i = 0; i < _PART_MAX; i++)
		pixman_region32_fini(&w->parts[i]);
	pixman_region32_fini(&w->dirty);
	free(w);
	return NULL;
}

struct picture *window_picture(struct window *w)
{
	return &w->picture;
}
