/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Encode once: hub, classes, items, frames.
 *
 * hub    one per picture with clients; watches it for all of them
 * class  clients of one encoding class
 * item   one piece of the picture in that class's encoding; valid while the piece is unchanged.
 *        Items are what is shared: a later client with the same damage finds them here
 * frame  the items that one client waits for
 *
 * Invariants: an item in class->items is what the picture shows now (damage removes it). While a
 * job runs the picture is locked, so nothing changes between the start of a frame and its
 * delivery. Items stay only while another client of the class may still want them; with one client
 * there is nothing to share and nothing is kept.
 *
 * What moves (a film) is sent with a lower JPEG quality than the class has, and once more with a
 * higher one when it has come to rest. If most clients of a class do not get their frames, the
 * quality of what moves goes down further for the class; one slow client among many just gets fewer
 * frames.
 *
 * What is small is encoded at once on the loop's thread: for a key press the way to a worker and
 * back would cost more than the work.
 */
#include "relay/encode.h"

#include <assert.h>
#include <string.h>

#include "base/clock.h"
#include "relay/encode-pool.h"
#include "relay/motion.h"

enum {
	ITEM_AREA = 128 * 1024,  /* pixels; two halves of a film keep two workers busy */
	INLINE_AREA = 64 * 1024, /* pixels of a frame that is not worth a worker */
	INLINE_AREA_RAW = 256 * 1024,
	BOXES_MAX = 64, /* of one frame; more are joined on a grid */
	GRID = 64,
	CACHE_MAX = 8 * 1024 * 1024, /* bytes of items of one class */

	/* Steps of Tight's quality. */
	QUALITY_MAX = 9,
	BLUR = 2,
	BLUR_MORE_MAX = 3,
	SHARPEN = 2,
	TICK_MS = 100, /* while something moves */
	ADAPT_TICKS = 10,
	CALM_MAX = 5, /* times that all was well, before more is tried */
};

_Static_assert((int)ITEM_AREA <= (int)TIGHT_AREA_MAX, "an item is one piece");

struct encode_item {
	struct list link; /* class->items; alone: not valid any more */
	unsigned refs;
	struct rfb_rect rect;
	struct chunk *chunk; /* NULL while encoding */
	unsigned n_rects;
	int quality;
	bool is_blurred;
	bool is_done;
};

struct encode_frame {
	struct list link; /* class->frames */
	struct encode_client *client;
	unsigned missing; /* items not done */
	size_t n;
	size_t size;
	struct encode_item **items;
};

struct encode_class {
	struct list link; /* hub->classes */
	struct encode_hub *hub;
	struct encode_format format;
	struct list clients;
	struct list items;
	struct list frames;
	struct list jobs;
	size_t cached;
	int blur_more;   /* 0..BLUR_MORE_MAX */
	unsigned n_calm; /* times in a row that every client has kept up */
	unsigned n_due;  /* frames that moved since the last look */
};

struct encode_hub {
	struct picture *picture;
	uv_loop_t *loop;
	struct picture_watcher watcher;
	struct list classes;
	struct motion *motion; /* NULL: no class uses JPEG */
	uv_timer_t *tick;      /* while something moves */
	unsigned n_ticks;
};

struct class_job {
	struct encode_job job;
	struct list link;           /* class->jobs */
	struct encode_class *class; /* NULL: it is gone */
	struct encode_item *item;
	struct picture_lock lock;
};

/* --- items --- */

static struct encode_item *item_new(struct encode_class *class, const struct rfb_rect *rect)
{
	struct encode_item *i;

	i = calloc(1, sizeof(*i));
	if (!i)
		return NULL;
	i->refs = 1; /* of the caller */
	i->rect = *rect;
	list_init(&i->link);
	return i;
}

static void item_unref(struct encode_item *i)
{
	if (--i->refs > 0)
		return;
	chunk_unref(i->chunk);
	free(i);
}

static void class_add_item(struct encode_class *class, struct encode_item *i)
{
	i->refs++;
	list_add_tail(&class->items, &i->link);
}

static void class_drop_item(struct encode_class *class, struct encode_item *i)
{
	if (i->chunk)
		class->cached -= i->chunk->len;
	list_remove(&i->link);
	item_unref(i);
}

static void class_drop_items(struct encode_class *class)
{
	while (!list_is_empty(&class->items))
		class_drop_item(class, list_entry(class->items.next, struct encode_item, link));
}

/* The item has its bytes now. */
static void class_item_done(struct encode_class *class, struct encode_item *i, bool is_lossy)
{
	if (i->is_blurred && is_lossy)
		motion_blurred(class->hub->motion, i->rect.x, i->rect.y, i->rect.w, i->rect.h);
	if (list_is_empty(&i->link))
		return;
	class->cached += i->chunk->len;
	while (class->cached > CACHE_MAX) {
		struct encode_item *oldest =
				list_entry(class->items.next, struct encode_item, link);

		class_drop_item(class, oldest);
	}
}

/* Nobody else will ask for these items: one client, or all have everything. */
static void class_trim(struct encode_class *class)
{
	struct list *pos;

	if (list_is_empty(&class->items) || !list_is_empty(&class->frames))
		return;
	if (class->clients.next != class->clients.prev) {
		list_for_each (pos, &class->clients) {
			struct encode_client *c = list_entry(pos, struct encode_client, link);

			if (pixman_region32_not_empty(&c->pending))
				return;
		}
	}
	class_drop_items(class);
}

/* --- frames --- */

static void frame_free(struct encode_frame *f)
{
	list_remove(&f->link);
	f->client->frame = NULL;
	for (size_t i = 0; i < f->n; i++)
		item_unref(f->items[i]);
	free(f->items);
	free(f);
}

/* Takes a reference of the item. */
static int frame_add(struct encode_frame *f, struct encode_item *i)
{
	struct encode_item **items;

	if (f->n == f->size) {
		f->size = f->size * 2 + 8;
		items = reallocarray(f->items, f->size, sizeof(*items));
		if (!items)
			return -ENOMEM;
		f->items = items;
	}
	i->refs++;
	f->items[f->n++] = i;
	return 0;
}

static void frame_deliver(struct encode_frame *f)
{
	_cleanup_free_ struct chunk **chunks = NULL;
	struct encode_client *client = f->client;
	struct encode_class *class = client->class;
	unsigned n_rects = 0;
	size_t n = f->n;

	chunks = calloc(n, sizeof(*chunks));
	for (size_t i = 0; chunks && i < n; i++) {
		chunks[i] = f->items[i]->chunk;
		n_rects += f->items[i]->n_rects;
		if (!chunks[i])
			n = 0; /* one failed: the frame is not whole */
	}
	if (!chunks)
		n = 0;
	for (size_t i = 0; i < n; i++)
		chunk_ref(chunks[i]);
	frame_free(f);
	class_trim(class);
	client->n_frames++;
	/* The client may leave in here: nothing of it is touched afterwards. */
	client->handle_frame(client, chunks, n, n_rects);
	for (size_t i = 0; i < n; i++)
		chunk_unref(chunks[i]);
}

static void class_job_free(struct class_job *cj)
{
	picture_unlock(&cj->lock);
	item_unref(cj->item);
	free(cj);
}

static void handle_job(struct encode_job *j)
{
	struct class_job *cj = list_entry(j, struct class_job, job);
	struct encode_class *class = cj->class;
	struct encode_item *item = cj->item;
	struct list ready = LIST_INIT(ready), *pos, *nxt;

	list_remove(&cj->link);
	item->is_done = true;
	item->chunk = j->chunk;
	item->n_rects = j->n_rects;
	if (class) {
		if (item->chunk)
			class_item_done(class, item, j->is_lossy);
		else if (!list_is_empty(&item->link))
			class_drop_item(class, item);
		list_for_each_safe (pos, nxt, &class->frames) {
			struct encode_frame *f = list_entry(pos, struct encode_frame, link);

			for (size_t i = 0; i < f->n; i++)
				if (f->items[i] == item && --f->missing == 0) {
					list_remove(&f->link);
					list_add_tail(&ready, &f->link);
				}
		}
	}
	while (!list_is_empty(&ready))
		frame_deliver(list_entry(ready.next, struct encode_frame, link));
	class_job_free(cj);
}

/* --- what to encode --- */

static struct tight_piece piece_of(const uint8_t *pixels, uint32_t stride, const struct rfb_rect *r)
{
	return (struct tight_piece){
		.pixels = pixels + (size_t)r->y * stride + (size_t)r->x * 4,
		.stride = stride,
		.rect = *r,
	};
}

/* Many small boxes cost more than the pixels between them. */
static void simplify(pixman_region32_t *region, uint16_t w, uint16_t h)
{
	pixman_region32_t grid;
	pixman_box32_t *b;
	int n;

	b = pixman_region32_rectangles(region, &n);
	if (n <= BOXES_MAX)
		return;
	pixman_region32_init(&grid);
	for (int i = 0; i < n; i++) {
		int x1 = b[i].x1 / GRID * GRID, y1 = b[i].y1 / GRID * GRID;
		int x2 = MIN((b[i].x2 + GRID - 1) / GRID * GRID, (int)w);
		int y2 = MIN((b[i].y2 + GRID - 1) / GRID * GRID, (int)h);

		pixman_region32_union_rect(
				&grid, &grid, x1, y1, (unsigned)(x2 - x1), (unsigned)(y2 - y1));
	}
	pixman_region32_copy(region, &grid);
	pixman_region32_fini(&grid);
}

/* New items like this one for the boxes of the region, cut to pieces; adds their pixels. */
static int add_items(struct encode_class *class, struct encode_frame *f, pixman_region32_t *region,
		const struct encode_item *like, size_t *area)
{
	pixman_box32_t *b;
	int n, r;

	b = pixman_region32_rectangles(region, &n);
	for (int i = 0; i < n; i++) {
		int w_max = MIN(b[i].x2 - b[i].x1, TIGHT_WIDTH_MAX);
		/* Whole cells, so that cuts do not tear what the encoder would join. */
		int h_max = MAX(ITEM_AREA / w_max / GRID * GRID, GRID);

		for (int y = b[i].y1; y < b[i].y2; y += h_max)
			for (int x = b[i].x1; x < b[i].x2; x += w_max) {
				struct rfb_rect rect = {
					.x = (uint16_t)x,
					.y = (uint16_t)y,
					.w = (uint16_t)MIN(w_max, b[i].x2 - x),
					.h = (uint16_t)MIN(h_max, b[i].y2 - y),
				};
				struct encode_item *item = item_new(class, &rect);

				if (!item)
					return -ENOMEM;
				item->quality = like->quality;
				item->is_blurred = like->is_blurred;
				r = frame_add(f, item);
				if (r >= 0)
					class_add_item(class, item);
				item_unref(item);
				if (r < 0)
					return r;
				*area += (size_t)rect.w * rect.h;
			}
	}
	return 0;
}

/* The same, each part with the quality for what happens there. */
static int add_region(struct encode_class *class, struct encode_frame *f, pixman_region32_t *region,
		size_t *area)
{
	int quality = class->format.params.quality, r;
	struct encode_item still = { .quality = quality };
	struct encode_item moving = { .quality = MAX(quality - BLUR - class->blur_more,
						      MIN(quality, 1)),
		.is_blurred = true };
	struct encode_item rested = { .quality = MIN(quality + SHARPEN, QUALITY_MAX) };
	pixman_region32_t moves, rests;

	if (!class->hub->motion || quality < 0)
		return add_items(class, f, region, &still, area);
	pixman_region32_init(&moves);
	pixman_region32_init(&rests);
	motion_split(class->hub->motion, region, &moves, &rests);
	pixman_region32_subtract(region, region, &moves);
	pixman_region32_subtract(region, region, &rests);
	r = add_items(class, f, &moves, &moving, area);
	if (r >= 0)
		r = add_items(class, f, &rests, &rested, area);
	if (r >= 0)
		r = add_items(class, f, region, &still, area);
	pixman_region32_fini(&moves);
	pixman_region32_fini(&rests);
	return r;
}

/* Items that are there already and lie within the region are taken out of it. */
static int take_items(struct encode_class *class, struct encode_frame *f, pixman_region32_t *region)
{
	struct list *pos;
	int r;

	list_for_each (pos, &class->items) {
		struct encode_item *i = list_entry(pos, struct encode_item, link);
		pixman_box32_t box = { i->rect.x, i->rect.y, i->rect.x + i->rect.w,
			i->rect.y + i->rect.h };
		pixman_region32_t one;

		if (i->is_done && !i->chunk)
			continue;
		if (pixman_region32_contains_rectangle(region, &box) != PIXMAN_REGION_IN)
			continue;
		r = frame_add(f, i);
		if (r < 0)
			return r;
		pixman_region32_init_with_extents(&one, &box);
		pixman_region32_subtract(region, region, &one);
		pixman_region32_fini(&one);
	}
	return 0;
}

static void encode_inline(struct encode_class *class, struct encode_item *i)
{
	struct picture *p = class->hub->picture;
	struct encode_job job = {
		.format = class->format,
		.piece = piece_of(p->pixels, p->stride, &i->rect),
	};

	job.format.params.quality = i->quality;
	i->is_done = true;
	if (encode_pool_run(&job) < 0) {
		class_drop_item(class, i);
		return;
	}
	i->chunk = job.chunk;
	i->n_rects = job.n_rects;
	class_item_done(class, i, job.is_lossy);
}

static int encode_on_pool(struct encode_class *class, struct encode_item *i)
{
	struct class_job *cj;

	cj = calloc(1, sizeof(*cj));
	if (!cj)
		return -ENOMEM;
	picture_lock(class->hub->picture, &cj->lock);
	cj->class = class;
	cj->item = i;
	i->refs++;
	cj->job.format = class->format;
	cj->job.format.params.quality = i->quality;
	cj->job.piece = piece_of(cj->lock.pixels, cj->lock.stride, &i->rect);
	cj->job.handle_done = handle_job;
	list_add_tail(&class->jobs, &cj->link);
	encode_pool_submit(class->hub->loop, &cj->job);
	return 0;
}

/* The items of the frame from the given one on are new. */
static void encode_items(
		struct encode_class *class, struct encode_frame *f, size_t first, size_t area)
{
	size_t inline_max = class->format.kind == ENCODE_RAW ? INLINE_AREA_RAW : INLINE_AREA;
	bool is_small = area <= inline_max;

	for (size_t i = first; i < f->n; i++)
		if (is_small || encode_on_pool(class, f->items[i]) < 0)
			encode_inline(class, f->items[i]);
	for (size_t i = 0; i < f->n; i++)
		f->missing += !f->items[i]->is_done;
}

int encode_start(struct encode_client *c, const pixman_region32_t *region)
{
	struct encode_class *class = c->class;
	struct encode_frame *f;
	pixman_region32_t rest;
	size_t first, area = 0;
	int r;

	assert(c->picture && !c->frame);
	f = calloc(1, sizeof(*f));
	if (!f)
		return -ENOMEM;
	f->client = c;
	list_add_tail(&class->frames, &f->link);
	pixman_region32_init(&rest);
	pixman_region32_intersect_rect(
			&rest, (pixman_region32_t *)region, 0, 0, c->picture->w, c->picture->h);
	pixman_region32_subtract(&c->pending, &c->pending, &rest);
	r = take_items(class, f, &rest);
	first = f->n;
	if (r >= 0) {
		simplify(&rest, c->picture->w, c->picture->h);
		r = add_region(class, f, &rest, &area);
	}
	pixman_region32_fini(&rest);
	c->frame = f;
	if (r < 0) {
		/* New items have no bytes and no job: nobody may find them. */
		for (size_t i = first; i < f->n; i++)
			class_drop_item(class, f->items[i]);
		pixman_region32_union(&c->pending, &c->pending, (pixman_region32_t *)region);
		frame_free(f);
		return r;
	}
	encode_items(class, f, first, area);
	if (f->missing == 0)
		frame_deliver(f);
	return 0;
}

int encode_piece(const struct encode_format *format, const struct tight_piece *piece,
		struct chunk **ret, unsigned *n_rects)
{
	struct encode_job job = { .format = *format, .piece = *piece };
	int r;

	r = encode_pool_run(&job);
	if (r < 0)
		return r;
	*ret = job.chunk;
	*n_rects += job.n_rects;
	return 0;
}

/* --- hub and classes --- */

static void class_free(struct encode_class *class)
{
	struct list *pos, *nxt;

	list_for_each_safe (pos, nxt, &class->jobs) {
		struct class_job *cj = list_entry(pos, struct class_job, link);

		list_remove(&cj->link);
		cj->class = NULL;
		if (encode_pool_cancel(&cj->job))
			class_job_free(cj);
	}
	class_drop_items(class);
	list_remove(&class->link);
	free(class);
}

/* Changed, or to be sent again. */
static void class_damage(struct encode_class *class, pixman_region32_t *damage)
{
	struct list *pos, *nxt;

	list_for_each_safe (pos, nxt, &class->items) {
		struct encode_item *i = list_entry(pos, struct encode_item, link);
		pixman_box32_t box = { i->rect.x, i->rect.y, i->rect.x + i->rect.w,
			i->rect.y + i->rect.h };

		if (pixman_region32_contains_rectangle(damage, &box) != PIXMAN_REGION_OUT)
			class_drop_item(class, i);
	}
	list_for_each (pos, &class->clients) {
		struct encode_client *c = list_entry(pos, struct encode_client, link);

		pixman_region32_union(&c->pending, &c->pending, damage);
		picture_region_limit(&c->pending);
	}
	/* Only now: a client that starts a frame must see every other one's pending. */
	list_for_each_safe (pos, nxt, &class->clients) {
		struct encode_client *c = list_entry(pos, struct encode_client, link);

		c->handle_damage(c);
	}
}

/* --- what moves --- */

static void class_adapt(struct encode_class *class)
{
	unsigned n = 0, n_slow = 0;
	struct list *pos;

	list_for_each (pos, &class->clients) {
		struct encode_client *c = list_entry(pos, struct encode_client, link);

		n++;
		n_slow += c->n_frames * 10 < class->n_due * 6;
		c->n_frames = 0;
	}
	class->n_due = 0;
	class->n_calm = n_slow == 0 ? class->n_calm + 1 : 0;
	if (2 * n_slow > n && class->blur_more < BLUR_MORE_MAX) {
		class->blur_more++;
	} else if (class->n_calm > CALM_MAX && class->blur_more > 0) {
		class->blur_more--;
		class->n_calm = 0;
	}
}

static void hub_handle_tick(uv_timer_t *t)
{
	struct encode_hub *hub = t->data;
	pixman_region32_t rested;
	struct list *pos, *nxt;

	pixman_region32_init(&rested);
	if (!motion_rest(hub->motion, clock_mono_ms(), &rested))
		uv_timer_stop(hub->tick);
	pixman_region32_intersect_rect(&rested, &rested, 0, 0, hub->picture->w, hub->picture->h);
	if (++hub->n_ticks % ADAPT_TICKS == 0)
		list_for_each (pos, &hub->classes)
			class_adapt(list_entry(pos, struct encode_class, link));
	if (pixman_region32_not_empty(&rested)) {
		list_for_each_safe (pos, nxt, &hub->classes) {
			struct encode_class *class = list_entry(pos, struct encode_class, link);

			if (class->format.kind == ENCODE_TIGHT && class->format.params.quality >= 0)
				class_damage(class, &rested);
		}
	}
	pixman_region32_fini(&rested);
}

static void hub_handle_timer_closed(uv_handle_t *h)
{
	free(h);
}

/* Without memory nothing moves. */
static void hub_watch_motion(struct encode_hub *hub)
{
	if (hub->motion)
		return;
	hub->tick = calloc(1, sizeof(*hub->tick));
	if (!hub->tick || motion_new(hub->picture->w, hub->picture->h, &hub->motion) < 0) {
		free(hub->tick);
		hub->tick = NULL;
		return;
	}
	uv_timer_init(hub->loop, hub->tick);
	hub->tick->data = hub;
}

static void hub_note_motion(struct encode_hub *hub, const pixman_region32_t *damage)
{
	struct list *pos;

	if (!hub->motion || !motion_note(hub->motion, damage, clock_mono_ms()))
		return;
	list_for_each (pos, &hub->classes)
		list_entry(pos, struct encode_class, link)->n_due++;
	if (!uv_is_active((uv_handle_t *)hub->tick))
		uv_timer_start(hub->tick, hub_handle_tick, TICK_MS, TICK_MS);
}

static void hub_free(struct encode_hub *hub)
{
	hub->picture->hub = NULL;
	if (hub->tick)
		uv_close((uv_handle_t *)hub->tick, hub_handle_timer_closed);
	motion_free(hub->motion);
	free(hub);
}

/* --- the picture --- */

static void hub_handle_damage(struct picture_watcher *w, const pixman_region32_t *damage)
{
	struct encode_hub *hub = list_entry(w, struct encode_hub, watcher);
	struct list *pos, *nxt;

	hub_note_motion(hub, damage);
	list_for_each_safe (pos, nxt, &hub->classes)
		class_damage(list_entry(pos, struct encode_class, link),
				(pixman_region32_t *)damage);
}

static void hub_handle_resized(struct picture_watcher *w)
{
	struct encode_hub *hub = list_entry(w, struct encode_hub, watcher);
	struct list *pos, *nxt, *pos2, *nxt2;

	if (hub->motion)
		motion_resize(hub->motion, hub->picture->w, hub->picture->h);
	list_for_each_safe (pos, nxt, &hub->classes) {
		struct encode_class *class = list_entry(pos, struct encode_class, link);

		class_drop_items(class);
		list_for_each_safe (pos2, nxt2, &class->clients) {
			struct encode_client *c = list_entry(pos2, struct encode_client, link);

			pixman_region32_fini(&c->pending);
			pixman_region32_init_rect(
					&c->pending, 0, 0, hub->picture->w, hub->picture->h);
			c->handle_resized(c);
		}
	}
}

/* A client may leave in its callback. */
static void hub_tell(struct picture_watcher *w, void (*tell)(struct encode_client *c))
{
	struct encode_hub *hub = list_entry(w, struct encode_hub, watcher);
	struct list *pos, *nxt, *pos2, *nxt2;

	list_for_each_safe (pos, nxt, &hub->classes) {
		struct encode_class *class = list_entry(pos, struct encode_class, link);

		list_for_each_safe (pos2, nxt2, &class->clients)
			tell(list_entry(pos2, struct encode_client, link));
	}
}

static void tell_damage(struct encode_client *c)
{
	c->handle_damage(c);
}

static void tell_cursor(struct encode_client *c)
{
	c->handle_cursor(c);
}

static void tell_leds(struct encode_client *c)
{
	c->handle_leds(c);
}

static void hub_handle_lockable(struct picture_watcher *w)
{
	hub_tell(w, tell_damage);
}

static void hub_handle_cursor(struct picture_watcher *w)
{
	hub_tell(w, tell_cursor);
}

static void hub_handle_leds(struct picture_watcher *w)
{
	hub_tell(w, tell_leds);
}

/* Without a word to the hub: it goes away by itself, or with the picture. */
static void client_detach(struct encode_client *c)
{
	if (c->frame)
		frame_free(c->frame);
	list_remove(&c->link);
	pixman_region32_fini(&c->pending);
	c->picture = NULL;
	c->class = NULL;
}

static void hub_handle_gone(struct picture_watcher *w)
{
	struct encode_hub *hub = list_entry(w, struct encode_hub, watcher);

	while (!list_is_empty(&hub->classes)) {
		struct encode_class *class =
				list_entry(hub->classes.next, struct encode_class, link);

		while (!list_is_empty(&class->clients)) {
			struct encode_client *c =
					list_entry(class->clients.next, struct encode_client, link);

			client_detach(c);
			c->handle_gone(c);
		}
		class_free(class);
	}
	hub_free(hub);
}

static int hub_get(uv_loop_t *loop, struct picture *p, struct encode_hub **ret)
{
	struct encode_hub *hub = p->hub;

	if (!hub) {
		hub = calloc(1, sizeof(*hub));
		if (!hub)
			return -ENOMEM;
		hub->picture = p;
		hub->loop = loop;
		list_init(&hub->classes);
		hub->watcher = (struct picture_watcher){
			.handle_damage = hub_handle_damage,
			.handle_resized = hub_handle_resized,
			.handle_cursor = hub_handle_cursor,
			.handle_leds = hub_handle_leds,
			.handle_lockable = hub_handle_lockable,
			.handle_gone = hub_handle_gone,
		};
		p->hub = hub;
		picture_watch(p, &hub->watcher);
	}
	*ret = hub;
	return 0;
}

static void hub_trim(struct encode_hub *hub)
{
	if (!list_is_empty(&hub->classes))
		return;
	picture_unwatch(hub->picture, &hub->watcher);
	hub_free(hub);
}

static bool format_eq(const struct encode_format *a, const struct encode_format *b)
{
	if (a->kind != b->kind)
		return false;
	if (a->kind != ENCODE_RAW && a->params.compress != b->params.compress)
		return false;
	if (a->kind == ENCODE_TIGHT) {
		if (a->params.quality != b->params.quality)
			return false;
		/* Three bytes a pixel, whatever order the client's own pixels have. */
		if (rfb_pixel_format_is_tpixel(&a->params.format) &&
				rfb_pixel_format_is_tpixel(&b->params.format))
			return true;
	}
	return rfb_pixel_format_eq(&a->params.format, &b->params.format);
}

static struct encode_class *class_get(struct encode_hub *hub, const struct encode_format *format)
{
	struct encode_class *class;
	struct list *pos;

	list_for_each (pos, &hub->classes) {
		class = list_entry(pos, struct encode_class, link);
		if (format_eq(&class->format, format))
			return class;
	}
	class = calloc(1, sizeof(*class));
	if (!class)
		return NULL;
	class->hub = hub;
	class->format = *format;
	list_init(&class->clients);
	list_init(&class->items);
	list_init(&class->frames);
	list_init(&class->jobs);
	list_add_tail(&hub->classes, &class->link);
	if (format->kind == ENCODE_TIGHT && format->params.quality >= 0)
		hub_watch_motion(hub);
	return class;
}

int encode_join(uv_loop_t *loop, struct picture *p, const struct encode_format *format,
		struct encode_client *c)
{
	struct encode_class *class;
	struct encode_hub *hub;
	int r;

	assert(!c->picture);
	r = hub_get(loop, p, &hub);
	if (r < 0)
		return r;
	class = class_get(hub, format);
	if (!class) {
		hub_trim(hub);
		return -ENOMEM;
	}
	c->picture = p;
	c->class = class;
	c->frame = NULL;
	c->n_frames = 0;
	pixman_region32_init_rect(&c->pending, 0, 0, p->w, p->h);
	list_add_tail(&class->clients, &c->link);
	return 0;
}

void encode_leave(struct encode_client *c)
{
	struct encode_class *class = c->class;
	struct encode_hub *hub;

	if (!c->picture)
		return;
	hub = class->hub;
	client_detach(c);
	if (!list_is_empty(&class->clients)) {
		class_trim(class);
		return;
	}
	class_free(class);
	hub_trim(hub);
}

void encode_done(void)
{
	encode_pool_done();
}
