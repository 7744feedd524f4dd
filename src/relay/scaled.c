/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * dirty is what is out of date, in our own coordinates. Little of it is drawn at once on the loop,
 * much by one job of the pool. A job has both pictures: it locks the source as any reader does, and
 * it writes into ours in our turn, when no reader may begin; its own lock only keeps the pixels
 * there if the picture goes away. Whatever stands in the way (the source is being written, ours is
 * being read) is followed by a callback, which tries again.
 */
#include "relay/scaled.h"

#include <assert.h>
#include <string.h>

#include "base/chunk.h"
#include "relay/letterbox.h"

enum { INLINE_AREA = 256 * 1024 }; /* pixels: well under a millisecond */

struct scaled_job {
	uv_work_t work;
	struct scaled *scaled; /* NULL: freed meanwhile */
	struct picture_lock source;
	struct picture_lock own;
	struct letterbox letterbox;
	struct letterbox_pixels pixels;
	struct letterbox_pointer pointer;
	struct chunk *shape;
	pixman_region32_t region;
};

struct scaled {
	uv_loop_t *loop;
	struct picture picture;
	struct picture *source; /* NULL: it went away */
	struct picture_watcher watcher;
	bool watching;
	bool follows; /* has the size of the source */
	bool pointer_hidden;
	bool resize_due; /* to that of letterbox */
	struct letterbox letterbox;
	pixman_region32_t dirty;
	struct chunk *shape;              /* of the pointer, premultiplied; NULL: none */
	struct letterbox_pointer pointer; /* drawn last */
	struct scaled_job *job;
};

/* --- the pointer --- */

static struct chunk *shape_new(const struct cursor *c)
{
	struct chunk *shape;
	uint32_t *to;

	shape = chunk_new((size_t)c->w * c->h * 4);
	if (!shape)
		return NULL;
	to = (uint32_t *)(void *)shape->data;
	for (size_t i = 0; i < (size_t)c->w * c->h; i++) {
		uint32_t a = c->argb[i] >> 24, p = a << 24;

		for (unsigned shift = 0; shift < 24; shift += 8)
			p |= ((c->argb[i] >> shift & 0xff) * a + 127) / 255 << shift;
		to[i] = p;
	}
	return shape;
}

static void dirty_pointer(struct scaled *s)
{
	pixman_region32_t r;

	if (!s->pointer.argb)
		return;
	pixman_region32_init_rect(&r, s->pointer.x, s->pointer.y, s->pointer.w, s->pointer.h);
	letterbox_map(&s->letterbox, &r, &s->dirty);
	pixman_region32_fini(&r);
}

/* Where it was and where it is now. */
static void move_pointer(struct scaled *s)
{
	const struct picture *p = s->source;

	dirty_pointer(s);
	s->pointer = (struct letterbox_pointer){ 0 };
	if (s->shape && p->has_pointer && !s->pointer_hidden)
		s->pointer = (struct letterbox_pointer){
			.argb = (uint32_t *)(void *)s->shape->data,
			.w = p->cursor.w,
			.h = p->cursor.h,
			.x = p->pointer_x - p->cursor.hot_x,
			.y = p->pointer_y - p->cursor.hot_y,
		};
	dirty_pointer(s);
}

static void read_shape(struct scaled *s)
{
	const struct cursor *c = &s->source->cursor;
	struct chunk *old = s->shape;

	s->shape = c->argb && c->w > 0 && c->h > 0 ? shape_new(c) : NULL;
	move_pointer(s);
	chunk_unref(old);
}

/* --- drawing --- */

static void draw_now(struct scaled *s)
{
	struct letterbox_pixels pixels = { .src = s->source->pixels,
		.src_stride = s->source->stride,
		.dst = s->picture.pixels,
		.dst_stride = s->picture.stride };
	pixman_region32_t region = s->dirty;

	pixman_region32_init(&s->dirty);
	if (letterbox_draw(&s->letterbox, &pixels, &s->pointer, &region) >= 0)
		picture_damage(&s->picture, &region);
	pixman_region32_fini(&region);
}

static void run_job(uv_work_t *work)
{
	struct scaled_job *job = work->data;

	/* No memory: the next change draws it. */
	(void)letterbox_draw(&job->letterbox, &job->pixels, &job->pointer, &job->region);
}

static void try_draw(struct scaled *s, bool at_once);

static void handle_job(uv_work_t *work, int status)
{
	struct scaled_job *job = work->data;
	struct scaled *s = job->scaled;

	(void)status;
	picture_unlock(&job->source);
	picture_unlock(&job->own);
	if (s) {
		s->job = NULL;
		picture_damage(&s->picture, &job->region);
		picture_turn_done(&s->picture); /* readers first */
		try_draw(s, true);
	}
	chunk_unref(job->shape);
	pixman_region32_fini(&job->region);
	free(job);
}

static void start_job(struct scaled *s)
{
	struct scaled_job *job = calloc(1, sizeof(*job));

	if (!job)
		return; /* the next change tries again */
	picture_turn_begin(&s->picture);
	picture_lock(s->source, &job->source);
	picture_lock(&s->picture, &job->own);
	job->work.data = job;
	job->scaled = s;
	job->letterbox = s->letterbox;
	job->pixels = (struct letterbox_pixels){ .src = job->source.pixels,
		.src_stride = job->source.stride,
		.dst = s->picture.pixels,
		.dst_stride = s->picture.stride };
	job->pointer = s->pointer;
	job->shape = s->shape ? chunk_ref(s->shape) : NULL;
	job->region = s->dirty;
	pixman_region32_init(&s->dirty);
	s->job = job;
	if (uv_queue_work(s->loop, &job->work, run_job, handle_job) < 0) {
		run_job(&job->work);
		handle_job(&job->work, 0);
	}
}

static size_t area_of(pixman_region32_t *region)
{
	size_t area = 0;
	pixman_box32_t *b;
	int n;

	b = pixman_region32_rectangles(region, &n);
	for (int i = 0; i < n; i++)
		area += (size_t)(b[i].x2 - b[i].x1) * (size_t)(b[i].y2 - b[i].y1);
	return area;
}

static void dirty_all(struct scaled *s)
{
	pixman_region32_union_rect(&s->dirty, &s->dirty, 0, 0, s->letterbox.w, s->letterbox.h);
}

/* For the size that the source has now. */
static void set_letterbox(struct scaled *s)
{
	struct picture *to = s->follows ? s->source : &s->picture;

	letterbox_init(&s->letterbox, s->source->w, s->source->h, to->w, to->h);
	s->resize_due = to->w != s->picture.w || to->h != s->picture.h;
	dirty_all(s);
}

/* False: no memory; the next change tries again. */
static bool resize(struct scaled *s)
{
	if (!s->resize_due)
		return true;
	if (picture_resize(&s->picture, s->letterbox.w, s->letterbox.h) < 0)
		return false;
	s->resize_due = false;
	return true;
}

/* at_once: watchers may be told from within. */
static void try_draw(struct scaled *s, bool at_once)
{
	if (s->job || !s->watching || s->source->blank || !pixman_region32_not_empty(&s->dirty))
		return;
	if (!picture_can_lock(s->source) || picture_is_locked(&s->picture))
		return; /* handle_lockable, owner_unlocked */
	if (!resize(s))
		return;
	if (at_once && area_of(&s->dirty) <= INLINE_AREA)
		draw_now(s);
	else
		start_job(s);
}

/* --- the source --- */

static void handle_damage(struct picture_watcher *w, const pixman_region32_t *damage)
{
	struct scaled *s = list_entry(w, struct scaled, watcher);

	letterbox_map(&s->letterbox, damage, &s->dirty);
	picture_region_limit(&s->dirty);
	try_draw(s, true);
}

static void handle_resized(struct picture_watcher *w)
{
	struct scaled *s = list_entry(w, struct scaled, watcher);

	/* What is shown stays until the source has drawn its new size. */
	set_letterbox(s);
}

static void handle_cursor(struct picture_watcher *w)
{
	struct scaled *s = list_entry(w, struct scaled, watcher);

	read_shape(s);
	try_draw(s, true);
}

static void handle_pointer(struct picture_watcher *w)
{
	struct scaled *s = list_entry(w, struct scaled, watcher);

	move_pointer(s);
	picture_region_limit(&s->dirty);
	try_draw(s, true);
}

static void handle_lockable(struct picture_watcher *w)
{
	try_draw(list_entry(w, struct scaled, watcher), true);
}

static void handle_gone(struct picture_watcher *w)
{
	struct scaled *s = list_entry(w, struct scaled, watcher);

	s->source = NULL;
	s->watching = false;
}

/* --- our own watchers --- */

static void watch(struct scaled *s, unsigned interval_ms)
{
	s->watching = true;
	s->watcher.interval_ms = interval_ms;
	/* What changed while nobody looked is not known, and old pictures are not shown. */
	s->picture.blank = true;
	set_letterbox(s);
	read_shape(s);
	picture_watch(s->source, &s->watcher);
	try_draw(s, false);
}

static void owner_watchers(void *userdata)
{
	struct scaled *s = userdata;
	int interval = picture_get_interval(&s->picture);

	if (!s->source)
		return;
	if (interval < 0 && s->watching) {
		s->watching = false;
		picture_unwatch(s->source, &s->watcher);
	} else if (interval >= 0 && !s->watching) {
		watch(s, (unsigned)interval);
	} else if (interval >= 0 && s->watcher.interval_ms != (unsigned)interval) {
		s->watcher.interval_ms = (unsigned)interval;
		picture_watchers_changed(s->source);
	}
}

static void owner_unlocked(void *userdata)
{
	struct scaled *s = userdata;

	if (s->job)
		return; /* it is the job that ends */
	try_draw(s, true);
	if (!s->job)
		picture_turn_done(&s->picture);
}

static const struct picture_owner owner = {
	.handle_watchers = owner_watchers,
	.handle_unlocked = owner_unlocked,
};

/* --- life --- */

int scaled_new(uv_loop_t *loop, struct picture *source, uint16_t w, uint16_t h, struct scaled **ret)
{
	struct scaled *s = calloc(1, sizeof(*s));
	int r;

	if (!s)
		return -ENOMEM;
	s->follows = w == 0 && h == 0;
	r = picture_init(&s->picture, s->follows ? source->w : w, s->follows ? source->h : h);
	if (r < 0) {
		free(s);
		return r;
	}
	s->loop = loop;
	s->source = source;
	pixman_region32_init(&s->dirty);
	s->watcher = (struct picture_watcher){
		.handle_damage = handle_damage,
		.handle_resized = handle_resized,
		.handle_cursor = handle_cursor,
		.handle_pointer = handle_pointer,
		.handle_lockable = handle_lockable,
		.handle_gone = handle_gone,
	};
	s->picture.owner = &owner;
	s->picture.owner_userdata = s;
	*ret = s;
	return 0;
}

struct scaled *scaled_free(struct scaled *s)
{
	if (!s)
		return NULL;
	if (s->watching)
		picture_unwatch(s->source, &s->watcher);
	if (s->job)
		s->job->scaled = NULL;
	picture_done(&s->picture);
	chunk_unref(s->shape);
	pixman_region32_fini(&s->dirty);
	free(s);
	return NULL;
}

void scaled_hide_pointer(struct scaled *s)
{
	s->pointer_hidden = true;
}

struct picture *scaled_picture(struct scaled *s)
{
	return &s->picture;
}
