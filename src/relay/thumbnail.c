/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Thumbnails of one picture in up to three sizes.
 *
 * A size is "due" when it has subscribers, the picture has changed since its last JPEG (or there is
 * none yet), its last one is a second old, and no job of it is running. One job on the pool makes
 * all sizes that are due: it locks the picture, scales with a box filter and encodes. The last JPEG
 * of each size is kept while anybody subscribes, for those who come later and to leave out pictures
 * that have changed and come back.
 *
 * Nothing subscribed: not a watcher of the picture, no timer, no memory but the struct.
 */
#include "relay/thumbnail.h"

#include <assert.h>
#include <libyuv.h>
#include <string.h>
#include <turbojpeg.h>

#include "base/clock.h"

enum {
	INTERVAL_MS = 1000,
	INTERVAL_SLACK_MS = 40, /* the source's clock and ours tick apart */
	JPEG_QUALITY = 65,
	BLACK_MAX = 10, /* of 255, of each colour */
};

static const struct {
	uint16_t w, h;
} boxes[_THUMBNAIL_SIZE_MAX] = {
	[THUMBNAIL_SMALL] = { 160, 90 },
	[THUMBNAIL_MEDIUM] = { 320, 180 },
	[THUMBNAIL_LARGE] = { 480, 270 },
};

struct thumbnail_slot {
	struct list subscribers;
	struct chunk *jpeg;
	uint16_t w, h;
	int64_t taken_ms;
	int64_t sent_mono_ms; /* 0: never */
	bool changed;         /* the picture has, since jpeg was taken */
};

struct thumbnail_job {
	uv_work_t work;
	struct thumbnail *thumbnail; /* NULL: freed meanwhile */
	struct picture_lock lock;
	int64_t taken_ms;
	bool wanted[_THUMBNAIL_SIZE_MAX];
	bool done, black;
	uint16_t w[_THUMBNAIL_SIZE_MAX], h[_THUMBNAIL_SIZE_MAX];
	struct chunk *jpeg[_THUMBNAIL_SIZE_MAX]; /* NULL: failed */
};

struct thumbnail {
	uv_loop_t *loop;
	uv_timer_t timer;
	struct picture *picture; /* NULL: it went away */
	struct picture_watcher watcher;
	bool watching;
	uv_timer_t black_timer;
	unsigned n_handles;
	int64_t black_ms; /* since when it is black; 0: it is not */
	bool black_told;
	void (*handle_black)(void *userdata);
	void (*handle_demand)(void *userdata);
	void *userdata;
	struct thumbnail_job *job;
	struct thumbnail_slot slots[_THUMBNAIL_SIZE_MAX];
};

/* --- on the pool --- */

/* The largest size of the picture's aspect that fits the box; never larger than the picture. */
static void fit(uint16_t w, uint16_t h, enum thumbnail_size size, uint16_t *ret_w, uint16_t *ret_h)
{
	uint32_t bw = MIN(boxes[size].w, w), bh = MIN(boxes[size].h, h);

	if ((uint64_t)w * bh > (uint64_t)h * bw)
		bh = MAX((uint32_t)h * bw / w, 1u);
	else
		bw = MAX((uint32_t)w * bh / h, 1u);
	*ret_w = (uint16_t)bw;
	*ret_h = (uint16_t)bh;
}

static struct chunk *encode(tjhandle tj, const uint8_t *pixels, uint16_t w, uint16_t h)
{
	_cleanup_(chunk_unrefp) struct chunk *c = NULL;
	unsigned long len = tjBufSize(w, h, TJSAMP_420);
	struct chunk *fitted;
	uint8_t *out;

	c = chunk_new(len);
	if (!c)
		return NULL;
	out = c->data;
	if (tjCompress2(tj, pixels, w, 0, h, TJPF_BGRX, &out, &len, TJSAMP_420, JPEG_QUALITY,
			    TJFLAG_NOREALLOC | TJFLAG_FASTDCT) < 0)
		return NULL;
	/* The bound is many times what is used. */
	fitted = chunk_new(len);
	if (!fitted)
		return NULL;
	memcpy(fitted->data, c->data, len);
	fitted->len = len;
	return fitted;
}

/* Nothing in it can be seen. */
static bool is_black(const uint8_t *pixels, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if ((i & 3) != 3 && pixels[i] > BLACK_MAX)
			return false;
	return true;
}

static void run_job(uv_work_t *work)
{
	struct thumbnail_job *job = work->data;
	struct picture_lock *l = &job->lock;
	tjhandle tj = tjInitCompress();

	for (unsigned i = 0; tj && i < _THUMBNAIL_SIZE_MAX; i++) {
		_cleanup_free_ uint8_t *scaled = NULL;

		if (!job->wanted[i])
			continue;
		fit(l->w, l->h, i, &job->w[i], &job->h[i]);
		scaled = malloc((size_t)job->w[i] * job->h[i] * 4);
		if (!scaled || ARGBScale(l->pixels, (int)l->stride, l->w, l->h, scaled,
					       job->w[i] * 4, job->w[i], job->h[i], kFilterBox))
			continue;
		if (!job->done)
			job->black = is_black(scaled, (size_t)job->w[i] * job->h[i] * 4);
		job->done = true;
		job->jpeg[i] = encode(tj, scaled, job->w[i], job->h[i]);
	}
	if (tj)
		tjDestroy(tj);
}

/* --- on the loop --- */

static void schedule(struct thumbnail *t);

static void deliver(struct thumbnail_slot *slot)
{
	struct list *pos, *nxt;
	struct chunk *jpeg = chunk_ref(slot->jpeg);

	list_for_each_safe (pos, nxt, &slot->subscribers) {
		struct thumbnail_subscriber *s = list_entry(pos, struct thumbnail_subscriber, link);

		s->handle_thumbnail(s, jpeg, slot->w, slot->h, slot->taken_ms);
	}
	chunk_unref(jpeg);
}

static void take_result(
		struct thumbnail *t, const struct thumbnail_job *job, enum thumbnail_size size)
{
	struct thumbnail_slot *slot = &t->slots[size];
	struct chunk *jpeg = job->jpeg[size];

	slot->sent_mono_ms = clock_mono_ms();
	if (!jpeg || list_is_empty(&slot->subscribers))
		return;
	if (slot->jpeg && slot->w == job->w[size] && slot->h == job->h[size] &&
			slot->jpeg->len == jpeg->len &&
			memcmp(slot->jpeg->data, jpeg->data, jpeg->len) == 0)
		return;
	chunk_unref(slot->jpeg);
	slot->jpeg = chunk_ref(jpeg);
	slot->w = job->w[size];
	slot->h = job->h[size];
	slot->taken_ms = job->taken_ms;
	deliver(slot);
}

static void black_tell(struct thumbnail *t, bool black)
{
	if (t->black_told == black)
		return;
	t->black_told = black;
	if (t->handle_black)
		t->handle_black(t->userdata);
}

static void handle_black_timer(uv_timer_t *timer)
{
	black_tell(timer->data, true);
}

static void black_update(struct thumbnail *t, bool black, int64_t taken_ms)
{
	if (black == (t->black_ms != 0))
		return;
	t->black_ms = black ? taken_ms : 0;
	if (black) {
		uv_timer_start(&t->black_timer, handle_black_timer, THUMBNAIL_BLACK_MS, 0);
		return;
	}
	uv_timer_stop(&t->black_timer);
	black_tell(t, false);
}

static void handle_job(uv_work_t *work, int status)
{
	struct thumbnail_job *job = work->data;
	struct thumbnail *t = job->thumbnail;

	picture_unlock(&job->lock);
	if (t) {
		t->job = NULL;
		for (unsigned i = 0; i < _THUMBNAIL_SIZE_MAX; i++)
			if (job->wanted[i])
				take_result(t, job, i);
		if (job->done && t->watching)
			black_update(t, job->black, job->taken_ms);
		schedule(t);
	}
	for (unsigned i = 0; i < _THUMBNAIL_SIZE_MAX; i++)
		chunk_unref(job->jpeg[i]);
	free(job);
}

static void start_job(struct thumbnail *t, const bool wanted[static _THUMBNAIL_SIZE_MAX])
{
	struct thumbnail_job *job;

	job = calloc(1, sizeof(*job));
	if (!job)
		return; /* the next change tries again */
	job->work.data = job;
	job->thumbnail = t;
	job->taken_ms = clock_real_ms();
	memcpy(job->wanted, wanted, sizeof(job->wanted));
	for (unsigned i = 0; i < _THUMBNAIL_SIZE_MAX; i++)
		if (wanted[i])
			t->slots[i].changed = false;
	picture_lock(t->picture, &job->lock);
	t->job = job;
	if (uv_queue_work(t->loop, &job->work, run_job, handle_job) < 0) {
		picture_unlock(&job->lock);
		t->job = NULL;
		free(job);
	}
}

static void handle_timer(uv_timer_t *timer)
{
	schedule(timer->data);
}

/* Start what is due, or the timer for what will be. */
static void schedule(struct thumbnail *t)
{
	bool wanted[_THUMBNAIL_SIZE_MAX] = { false }, any = false;
	int64_t now = clock_mono_ms(), wait = -1, left;

	if (t->job || !t->picture || t->picture->blank)
		return;
	if (!picture_can_lock(t->picture))
		return; /* handle_lockable */
	for (unsigned i = 0; i < _THUMBNAIL_SIZE_MAX; i++) {
		struct thumbnail_slot *slot = &t->slots[i];

		if (!slot->changed || list_is_empty(&slot->subscribers))
			continue;
		left = slot->sent_mono_ms == 0
				       ? 0
				       : slot->sent_mono_ms + INTERVAL_MS - INTERVAL_SLACK_MS - now;
		if (left <= 0)
			any = wanted[i] = true;
		else if (wait < 0 || left < wait)
			wait = left;
	}
	if (any)
		start_job(t, wanted);
	else if (wait >= 0)
		uv_timer_start(&t->timer, handle_timer, (uint64_t)wait, 0);
	else
		uv_timer_stop(&t->timer);
}

static void changed(struct thumbnail *t)
{
	for (unsigned i = 0; i < _THUMBNAIL_SIZE_MAX; i++)
		t->slots[i].changed = true;
	schedule(t);
}

static void handle_damage(struct picture_watcher *w, const pixman_region32_t *damage)
{
	changed(list_entry(w, struct thumbnail, watcher));
}

static void handle_lockable(struct picture_watcher *w)
{
	schedule(list_entry(w, struct thumbnail, watcher));
}

static void handle_resized(struct picture_watcher *w)
{
	/* The new picture is not there yet; its damage will come. */
}

static void handle_gone(struct picture_watcher *w)
{
	struct thumbnail *t = list_entry(w, struct thumbnail, watcher);

	t->picture = NULL;
	t->watching = false;
	uv_timer_stop(&t->timer);
}

int thumbnail_new(uv_loop_t *loop, struct picture *p, void (*handle_demand)(void *userdata),
		void *userdata, struct thumbnail **ret)
{
	struct thumbnail *t;

	t = calloc(1, sizeof(*t));
	if (!t)
		return -ENOMEM;
	t->loop = loop;
	t->picture = p;
	t->handle_demand = handle_demand;
	t->userdata = userdata;
	t->watcher = (struct picture_watcher){
		.handle_damage = handle_damage,
		.handle_resized = handle_resized,
		.handle_lockable = handle_lockable,
		.handle_gone = handle_gone,
		.interval_ms = INTERVAL_MS,
	};
	list_init(&t->watcher.link);
	uv_timer_init(loop, &t->timer);
	uv_timer_init(loop, &t->black_timer);
	t->timer.data = t->black_timer.data = t;
	t->n_handles = 2;
	for (unsigned i = 0; i < _THUMBNAIL_SIZE_MAX; i++)
		list_init(&t->slots[i].subscribers);
	*ret = t;
	return 0;
}

static void handle_closed(uv_handle_t *h)
{
	struct thumbnail *t = h->data;

	if (--t->n_handles == 0)
		free(t);
}

void thumbnail_watch_black(struct thumbnail *t, void (*handle_black)(void *userdata))
{
	t->handle_black = handle_black;
}

int64_t thumbnail_get_black(const struct thumbnail *t)
{
	return t->black_told ? t->black_ms : 0;
}

struct thumbnail *thumbnail_free(struct thumbnail *t)
{
	if (!t)
		return NULL;
	if (t->watching)
		picture_unwatch(t->picture, &t->watcher);
	if (t->job)
		t->job->thumbnail = NULL;
	for (unsigned i = 0; i < _THUMBNAIL_SIZE_MAX; i++) {
		assert(list_is_empty(&t->slots[i].subscribers));
		t->slots[i].jpeg = chunk_unref(t->slots[i].jpeg);
	}
	uv_close((uv_handle_t *)&t->timer, handle_closed);
	uv_close((uv_handle_t *)&t->black_timer, handle_closed);
	return NULL;
}

static bool has_subscribers(const struct thumbnail *t)
{
	for (unsigned i = 0; i < _THUMBNAIL_SIZE_MAX; i++)
		if (!list_is_empty(&t->slots[i].subscribers))
			return true;
	return false;
}

void thumbnail_subscribe(struct thumbnail *t, struct thumbnail_subscriber *s)
{
	struct thumbnail_slot *slot = &t->slots[s->size];
	bool was_idle = !has_subscribers(t);

	list_add_tail(&slot->subscribers, &s->link);
	if (!t->picture)
		return;
	if (was_idle) {
		/* What changed while nobody looked is not known. */
		for (unsigned i = 0; i < _THUMBNAIL_SIZE_MAX; i++)
			t->slots[i].changed = true;
		t->watching = true;
		picture_watch(t->picture, &t->watcher);
		if (t->handle_demand)
			t->handle_demand(t->userdata);
	}
	if (!slot->jpeg)
		slot->changed = true;
	if (!slot->changed)
		s->handle_thumbnail(s, slot->jpeg, slot->w, slot->h, slot->taken_ms);
	schedule(t);
}

void thumbnail_unsubscribe(struct thumbnail *t, struct thumbnail_subscriber *s)
{
	list_remove(&s->link);
	if (has_subscribers(t) || !t->watching)
		return;
	t->watching = false;
	uv_timer_stop(&t->timer);
	black_update(t, false, 0);
	picture_unwatch(t->picture, &t->watcher);
	/* Nobody looks: no memory, and the next one who comes gets a fresh picture at once. */
	for (unsigned i = 0; i < _THUMBNAIL_SIZE_MAX; i++) {
		t->slots[i].jpeg = chunk_unref(t->slots[i].jpeg);
		t->slots[i].sent_mono_ms = 0;
	}
	if (t->handle_demand)
		t->handle_demand(t->userdata);
}
