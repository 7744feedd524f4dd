/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The worker pool of the encoder. A context (deflate and JPEG state, scratch memory, about half a
 * megabyte) is lent to each running job and kept for the next one; there are as many as jobs ever
 * ran at once, at most JOBS_MAX and one for the loop itself.
 *
 * The pool is the one piece of the relay that is shared by everything in the process, as libuv's
 * own pool is; it is touched by the loop's thread only. A worker sees its job and nothing else.
 */
#include "relay/encode-pool.h"

#include <assert.h>
#include <string.h>

#include "proto/zrle.h"

enum {
	JOBS_MAX = 4,
	CONTEXT_OUT_MAX = 4 * 1024 * 1024, /* one piece, raw or worst case */
};

struct encode_context {
	struct list link;
	struct tight_encoder *tight;
	struct zrle_encoder *zrle; /* NULL: not needed yet */
	struct buf out;
};

static struct {
	struct list idle; /* contexts */
	struct list waiting;
	unsigned running;
	uv_loop_t *loop;
	bool is_set_up;
} pool;

static void set_up(void)
{
	if (pool.is_set_up)
		return;
	list_init(&pool.idle);
	list_init(&pool.waiting);
	pool.is_set_up = true;
}

static void context_free(struct encode_context *c)
{
	tight_encoder_free(c->tight);
	zrle_encoder_free(c->zrle);
	buf_done(&c->out);
	free(c);
}

static struct encode_context *context_take(void)
{
	struct encode_context *c;

	if (!list_is_empty(&pool.idle)) {
		c = list_entry(pool.idle.next, struct encode_context, link);
		list_remove(&c->link);
		return c;
	}
	c = calloc(1, sizeof(*c));
	if (!c)
		return NULL;
	buf_init(&c->out, CONTEXT_OUT_MAX);
	if (tight_encoder_new(&c->tight) < 0) {
		free(c);
		return NULL;
	}
	return c;
}

static void context_give(struct encode_context *c)
{
	if (c)
		list_add_head(&pool.idle, &c->link);
}

static int encode(struct encode_job *j)
{
	struct encode_context *c = j->context;
	int r;

	switch (j->format.kind) {
	case ENCODE_TIGHT:
		r = tight_encode(c->tight, &j->format.params, &j->piece, &c->out, &j->n_rects);
		j->is_lossy = tight_encoder_lossy(c->tight) > 0;
		return r;
	case ENCODE_ZRLE:
		r = c->zrle ? 0 : zrle_encoder_new(&c->zrle);
		if (r < 0)
			return r;
		return zrle_encode(c->zrle, &j->format.params, &j->piece, &c->out, &j->n_rects);
	case ENCODE_RAW:
	default:
		return tight_encode_raw(&j->format.params.format, &j->piece, &c->out, &j->n_rects);
	}
}

/* On any thread. */
static void run(struct encode_job *j)
{
	struct buf *out = &j->context->out;

	out->start = out->end = 0;
	if (encode(j) < 0)
		return;
	j->chunk = chunk_new(buf_len(out));
	if (!j->chunk)
		return;
	memcpy(j->chunk->data, buf_head(out), buf_len(out));
	j->chunk->len = buf_len(out);
}

static void work(uv_work_t *w)
{
	run(w->data);
}

static void start_waiting(void);

static void handle_work(uv_work_t *w, int status)
{
	struct encode_job *j = w->data;

	pool.running--;
	context_give(j->context);
	j->context = NULL;
	start_waiting();
	j->handle_done(j);
}

static void start_waiting(void)
{
	struct encode_job *j;

	while (pool.running < JOBS_MAX && !list_is_empty(&pool.waiting)) {
		j = list_entry(pool.waiting.next, struct encode_job, link);
		j->context = context_take();
		if (!j->context && pool.running > 0)
			return; /* a running one will give its own back */
		list_remove(&j->link);
		j->work.data = j;
		pool.running++;
		if (!j->context || uv_queue_work(pool.loop, &j->work, work, handle_work) < 0)
			handle_work(&j->work, UV_ENOMEM);
	}
}

void encode_pool_submit(uv_loop_t *loop, struct encode_job *j)
{
	set_up();
	assert(pool.running == 0 || pool.loop == loop);
	pool.loop = loop;
	list_add_tail(&pool.waiting, &j->link);
	start_waiting();
}

bool encode_pool_cancel(struct encode_job *j)
{
	if (list_is_empty(&j->link))
		return false;
	list_remove(&j->link);
	return true;
}

int encode_pool_run(struct encode_job *j)
{
	set_up();
	j->context = context_take();
	if (!j->context)
		return -ENOMEM;
	run(j);
	context_give(j->context);
	j->context = NULL;
	return j->chunk ? 0 : -ENOMEM;
}

void encode_pool_done(void)
{
	set_up();
	assert(pool.running == 0);
	while (!list_is_empty(&pool.idle)) {
		struct encode_context *c = list_entry(pool.idle.next, struct encode_context, link);

		list_remove(&c->link);
		context_free(c);
	}
}
