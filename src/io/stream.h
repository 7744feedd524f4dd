/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A byte stream to one peer over TCP, TLS or a WebSocket, on the relay's libuv loop. What is
 * written is a list of reference-counted chunks, so that bytes which were encoded once can go to
 * many peers without a copy.
 *
 * Back-pressure: stream_pending() tells what the peer has not taken yet; a producer looks at it
 * before it makes the next frame (latest wins) and is told by handle_drained when it becomes 0.
 * Above STREAM_PENDING_MAX the stream fails.
 *
 * Lifetime: one owner. handle_closed is called at most once, never from within stream_write() or
 * stream_close(); after it, or after stream_close(), no callback comes any more and the stream
 * frees itself.
 */
#pragma once

#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "base/chunk.h"
#include "base/cleanup.h"

enum { STREAM_PENDING_MAX = 64 * 1024 * 1024 };

struct stream;

struct stream_events {
	/* Bytes from the peer; valid during the call. */
	void (*handle_data)(struct stream *s, const uint8_t *data, size_t len, void *userdata);
	/* Everything written has been taken by the kernel. */
	void (*handle_drained)(struct stream *s, void *userdata);
	/* The TLS handshake that stream_start_tls() began is done. */
	void (*handle_tls)(struct stream *s, void *userdata);
	/* Ended: reason for the log ("closed by peer", "TLS: ..."). */
	void (*handle_closed)(struct stream *s, const char *reason, void *userdata);
};

/* Implementations: stream-tcp.c (with TLS by OpenSSL), the relay's WebSocket in relay/web-rfb.c. */
struct stream_ops {
	int (*write)(struct stream *s, struct chunk *const *chunks, size_t n);
	size_t (*pending)(const struct stream *s);
	int (*start_tls)(struct stream *s); /* NULL: not possible */
	void (*close)(struct stream *s); /* flushes what is pending for at most 1 s, then closes */
};

struct stream {
	const struct stream_ops *ops;
	const struct stream_events *events;
	void *userdata;
	char peer[64]; /* numeric address without port, for logs */
};

static inline void stream_set_events(
		struct stream *s, const struct stream_events *e, void *userdata)
{
	s->events = e;
	s->userdata = userdata;
}

/* Takes a reference of each chunk on success; one write to the kernel where it takes all. -EPIPE
 * after the end. */
static inline int stream_write(struct stream *s, struct chunk *const *chunks, size_t n)
{
	return s->ops->write(s, chunks, n);
}

/* Writes a copy of these bytes; also -ENOMEM. */
static inline int stream_write_bytes(struct stream *s, const void *data, size_t len)
{
	_cleanup_(chunk_unrefp) struct chunk *c = chunk_new(len);

	if (!c)
		return -ENOMEM;
	memcpy(c->data, data, len);
	c->len = len;
	return stream_write(s, &c, 1);
}

static inline size_t stream_pending(const struct stream *s)
{
	return s->ops->pending(s);
}

static inline void stream_close(struct stream *s)
{
	s->ops->close(s);
}
