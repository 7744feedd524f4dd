/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A stream for tests: what is written is collected, the test plays peer and kernel. Freed by the
 * test, so that it can look at it after the owner has closed it.
 */
#pragma once

#include <string.h>

#include "base/buf.h"
#include "io/stream.h"

enum { FAKE_CHUNKS_MAX = 4096 };

struct fake_stream {
	struct stream s;
	struct buf out;
	bool holds; /* the kernel takes nothing: what is written stays pending */
	size_t pending;
	bool tls_begun;
	bool closed;
	unsigned n_writes;
	size_t n_chunks; /* of the last write */
	struct chunk *chunks[FAKE_CHUNKS_MAX];
};

static int fake_write(struct stream *s, struct chunk *const *chunks, size_t n)
{
	struct fake_stream *f = (struct fake_stream *)s;

	if (f->closed)
		return -EPIPE;
	f->n_writes++;
	f->n_chunks = MIN(n, (size_t)FAKE_CHUNKS_MAX);
	for (size_t i = 0; i < n; i++) {
		if (i < FAKE_CHUNKS_MAX)
			f->chunks[i] = chunks[i];
		if (buf_append(&f->out, chunks[i]->data, chunks[i]->len) < 0)
			return -ENOBUFS;
		if (f->holds)
			f->pending += chunks[i]->len;
	}
	return 0;
}

static size_t fake_pending(const struct stream *s)
{
	return ((const struct fake_stream *)s)->pending;
}

static int fake_start_tls(struct stream *s)
{
	((struct fake_stream *)s)->tls_begun = true;
	return 0;
}

static void fake_close(struct stream *s)
{
	((struct fake_stream *)s)->closed = true;
}

static const struct stream_ops fake_ops = {
	.write = fake_write,
	.pending = fake_pending,
	.start_tls = fake_start_tls,
	.close = fake_close,
};

static inline void fake_stream_init(struct fake_stream *f)
{
	*f = (struct fake_stream){ .s = { .ops = &fake_ops, .peer = "192.0.2.1" } };
	buf_init(&f->out, 64 << 20);
}

static inline void fake_stream_done(struct fake_stream *f)
{
	buf_done(&f->out);
}

/* Bytes of the peer. */
static inline void fake_stream_feed(struct fake_stream *f, const void *data, size_t len)
{
	if (!f->closed)
		f->s.events->handle_data(&f->s, data, len, f->s.userdata);
}

/* The kernel has taken everything. */
static inline void fake_stream_drain(struct fake_stream *f)
{
	f->holds = false;
	f->pending = 0;
	if (!f->closed)
		f->s.events->handle_drained(&f->s, f->s.userdata);
}

static inline void fake_stream_forget(struct fake_stream *f)
{
	buf_consume(&f->out, buf_len(&f->out), 0);
	f->n_writes = 0;
}
