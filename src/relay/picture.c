/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Pictures: memory, watchers, locks. The pixels lie in a store of their own with a reference count,
 * so that a job of the pool which reads them is not hurt when the picture goes away in the
 * meantime. References, watchers and locks belong to the loop's thread; a job sees only the bytes.
 *
 * Watchers may come and go in their own callbacks, but a watcher must not remove another one there:
 * the list is walked with the next element in hand.
 */
#include "relay/picture.h"

#include <assert.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/clock.h"

enum { LOCK_PERIOD_MS = 30 };

enum { PIXELS_ALIGN = 64 };

struct picture_store {
	unsigned refs;
	uint8_t *pixels; /* aligned, in data */
	uint8_t data[];
};

static struct picture_store *store_new(uint16_t w, uint16_t h, uint32_t *ret_stride)
{
	uint32_t stride = ((uint32_t)w * 4 + 63) & ~UINT32_C(63);
	struct picture_store *s;

	/* Zero pages of the kernel: a new size costs nothing until somebody draws. */
	s = calloc(1, sizeof(*s) + (size_t)stride * h + PIXELS_ALIGN);
	if (!s)
		return NULL;
	s->refs = 1;
	s->pixels = s->data + (PIXELS_ALIGN - (uintptr_t)s->data % PIXELS_ALIGN);
	*ret_stride = stride;
	return s;
}

static void store_unref(struct picture_store *s)
{
	if (s && --s->refs == 0)
		free(s);
}

static bool is_size(uint16_t w, uint16_t h)
{
	return w > 0 && h > 0 && w <= PICTURE_SIDE_MAX && h <= PICTURE_SIDE_MAX &&
	       (uint32_t)w * h <= PICTURE_PIXELS_MAX;
}

int picture_init(struct picture *p, uint16_t w, uint16_t h)
{
	struct picture_store *s;
	uint32_t stride;

	if (!is_size(w, h))
		return -ERANGE;
	s = store_new(w, h, &stride);
	if (!s)
		return -ENOMEM;
	*p = (struct picture){
		.w = w,
		.h = h,
		.stride = stride,
		.pixels = s->pixels,
		.store = s,
		.leds = -1,
		.serial = 1,
		.blank = true,
	};
	list_init(&p->watchers);
	list_init(&p->locks);
	return 0;
}

void picture_done(struct picture *p)
{
	struct picture_watcher *w;

	if (!p->store)
		return;
	p->owner = NULL;
	p->input = NULL;
	while (!list_is_empty(&p->locks)) {
		struct picture_lock *l = list_entry(p->locks.next, struct picture_lock, link);

		list_remove(&l->link);
		l->picture = NULL;
	}
	while (!list_is_empty(&p->watchers)) {
		w = list_entry(p->watchers.next, struct picture_watcher, link);
		list_remove(&w->link);
		w->handle_gone(w);
	}
	store_unref(p->store);
	p->store = NULL;
	p->pixels = NULL;
	free(p->cursor.argb);
	p->cursor.argb = NULL;
}

int picture_resize(struct picture *p, uint16_t w, uint16_t h)
{
	struct picture_store *s;
	struct list *pos, *nxt;
	uint32_t stride;

	assert(!picture_is_locked(p));
	if (!is_size(w, h))
		return -ERANGE;
	s = store_new(w, h, &stride);
	if (!s)
		return -ENOMEM;
	store_unref(p->store);
	p->store = s;
	p->pixels = s->pixels;
	p->stride = stride;
	p->w = w;
	p->h = h;
	p->serial++;
	p->blank = true;
	list_for_each_safe (pos, nxt, &p->watchers) {
		struct picture_watcher *watcher = list_entry(pos, struct picture_watcher, link);

		watcher->handle_resized(watcher);
	}
	return 0;
}

void picture_damage(struct picture *p, const pixman_region32_t *damage)
{
	pixman_region32_t cut;
	struct list *pos, *nxt;

	p->serial++;
	p->blank = false;
	pixman_region32_init(&cut);
	pixman_region32_intersect_rect(&cut, (pixman_region32_t *)damage, 0, 0, p->w, p->h);
	if (pixman_region32_not_empty(&cut)) {
		list_for_each_safe (pos, nxt, &p->watchers) {
			struct picture_watcher *w = list_entry(pos, struct picture_watcher, link);

			w->handle_damage(w, &cut);
		}
	}
	pixman_region32_fini(&cut);
}

int picture_set_cursor(struct picture *p, const struct cursor *c)
{
	struct list *pos, *nxt;

	if (c->w > PICTURE_CURSOR_MAX || c->h > PICTURE_CURSOR_MAX)
		return -ERANGE;
	free(p->cursor.argb);
	p->cursor = *c;
	list_for_each_safe (pos, nxt, &p->watchers) {
		struct picture_watcher *w = list_entry(pos, struct picture_watcher, link);

		if (w->handle_cursor)
			w->handle_cursor(w);
	}
	return 0;
}

void picture_set_leds(struct picture *p, int leds)
{
	struct list *pos, *nxt;

	if (p->leds == leds)
		return;
	p->leds = leds;
	list_for_each_safe (pos, nxt, &p->watchers) {
		struct picture_watcher *w = list_entry(pos, struct picture_watcher, link);

		if (w->handle_leds)
			w->handle_leds(w);
	}
}

void picture_set_pointer(struct picture *p, uint16_t x, uint16_t y)
{
	struct list *pos, *nxt;

	if (p->has_pointer && p->pointer_x == x && p->pointer_y == y)
		return;
	p->has_pointer = true;
	p->pointer_x = x;
	p->pointer_y = y;
	list_for_each_safe (pos, nxt, &p->watchers) {
		struct picture_watcher *w = list_entry(pos, struct picture_watcher, link);

		if (w->handle_pointer)
			w->handle_pointer(w);
	}
}

void picture_region_limit(pixman_region32_t *region)
{
	pixman_box32_t all;

	if (pixman_region32_n_rects(region) <= PICTURE_BOXES_MAX)
		return;
	all = *pixman_region32_extents(region);
	pixman_region32_fini(region);
	pixman_region32_init_with_extents(region, &all);
}

void picture_watch(struct picture *p, struct picture_watcher *w)
{
	list_add_tail(&p->watchers, &w->link);
	picture_watchers_changed(p);
}

void picture_unwatch(struct picture *p, struct picture_watcher *w)
{
	list_remove(&w->link);
	picture_watchers_changed(p);
}

void picture_watchers_changed(struct picture *p)
{
	if (p->owner && p->owner->handle_watchers)
		p->owner->handle_watchers(p->owner_userdata);
}

int picture_get_interval(const struct picture *p)
{
	int least = -1;
	struct list *pos;

	list_for_each (pos, &p->watchers) {
		struct picture_watcher *w = list_entry(pos, struct picture_watcher, link);

		if (least < 0 || (int)w->interval_ms < least)
			least = (int)w->interval_ms;
	}
	return least;
}

bool picture_can_lock(const struct picture *p)
{
	if (p->is_turn)
		return false;
	return !picture_is_locked(p) || clock_mono_ms() - p->locked_ms < LOCK_PERIOD_MS;
}

bool picture_turn_begin(struct picture *p)
{
	if (picture_is_locked(p))
		return false;
	p->is_turn = true;
	return true;
}

void picture_turn_done(struct picture *p)
{
	struct list *pos, *nxt;

	if (!p->is_turn || picture_is_locked(p))
		return;
	p->is_turn = false;
	list_for_each_safe (pos, nxt, &p->watchers) {
		struct picture_watcher *w = list_entry(pos, struct picture_watcher, link);

		if (w->handle_lockable)
			w->handle_lockable(w);
	}
}

void picture_lock(struct picture *p, struct picture_lock *ret)
{
	if (!picture_is_locked(p))
		p->locked_ms = clock_mono_ms();
	p->store->refs++;
	*ret = (struct picture_lock){
		.picture = p,
		.store = p->store,
		.pixels = p->pixels,
		.stride = p->stride,
		.w = p->w,
		.h = p->h,
	};
	list_add_tail(&p->locks, &ret->link);
}

void picture_unlock(struct picture_lock *l)
{
	struct picture *p = l->picture;

	store_unref(l->store);
	l->store = NULL;
	if (!p)
		return;
	list_remove(&l->link);
	l->picture = NULL;
	if (picture_is_locked(p))
		return;
	p->is_turn = true;
	if (p->owner && p->owner->handle_unlocked)
		p->owner->handle_unlocked(p->owner_userdata);
	else
		picture_turn_done(p);
}
