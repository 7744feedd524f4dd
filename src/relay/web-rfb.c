/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The stream of a browser's viewer. Chunks wait here by reference until the WebSocket takes the
 * next message, which gathers as many of them as fit. Bytes of that message count as pending until
 * the kernel has them (the next call of handle_writable or handle_drained), so a viewer's
 * latest-wins sees the whole way.
 *
 * The stream is freed by the socket's end or by stream_close(), whichever comes first. A stream
 * that is closed by its owner drops what is pending: the socket says so by its close frame.
 */
#include "relay/web-rfb.h"

#include <string.h>

#include "base/cleanup.h"
#include "base/list.h"
#include "base/str.h"
#include "relay/web-socket.h"

enum { QUEUE_ITEMS_MAX = 64 * 1024 };

struct item {
	struct list link;
	struct chunk *chunk;
	size_t sent;
};

struct web_rfb {
	struct stream stream;
	struct web_socket *socket;
	const struct socket_end *end; /* NULL: a plain good-bye */
	struct list queue;
	size_t n_items;
	size_t queued;
	size_t in_flight; /* in libwebsockets' hands */
	bool ended;
};

static struct web_rfb *self(const struct stream *s)
{
	return (struct web_rfb *)s;
}

static void item_drop(struct web_rfb *w, struct item *i)
{
	list_remove(&i->link);
	w->n_items--;
	chunk_unref(i->chunk);
	free(i);
}

static void rfb_free(struct web_rfb *w)
{
	while (!list_is_empty(&w->queue))
		item_drop(w, list_entry(w->queue.next, struct item, link));
	free(w);
}

static int rfb_write(struct stream *s, struct chunk *const *chunks, size_t n)
{
	struct web_rfb *w = self(s);

	if (w->ended)
		return -EPIPE;
	for (size_t i = 0; i < n; i++) {
		struct item *item;

		if (chunks[i]->len == 0)
			continue;
		item = w->n_items < QUEUE_ITEMS_MAX && chunks[i]->len <= STREAM_PENDING_MAX -
											 w->queued
				       ? malloc(sizeof(*item))
				       : NULL;
		if (!item) {
			/* A part of a message is of no use: end it; the owner hears of it later. */
			w->ended = true;
			web_socket_close(w->socket, SOCKET_CLOSE_TOO_BIG);
			return -ENOBUFS;
		}
		item->chunk = chunk_ref(chunks[i]);
		item->sent = 0;
		list_add_tail(&w->queue, &item->link);
		w->n_items++;
		w->queued += chunks[i]->len;
	}
	web_socket_want_write(w->socket);
	return 0;
}

static size_t rfb_pending(const struct stream *s)
{
	return self(s)->queued + self(s)->in_flight;
}

static void rfb_close(struct stream *s)
{
	struct web_rfb *w = self(s);

	if (!w->socket)
		return; /* handle_closed is being told: freed there */
	if (w->end)
		web_socket_close_reason(w->socket, w->end->code, w->end->reason);
	web_socket_leave(w->socket, SOCKET_CLOSE_NORMAL);
	rfb_free(w);
}

static const struct stream_ops rfb_ops = {
	.write = rfb_write,
	.pending = rfb_pending,
	.close = rfb_close,
};

/* --- from the socket --- */

static void handle_binary(
		struct web_socket *socket, const uint8_t *data, size_t len, void *userdata)
{
	struct web_rfb *w = userdata;

	(void)socket;
	if (!w->ended)
		w->stream.events->handle_data(&w->stream, data, len, w->stream.userdata);
}

static size_t handle_writable(
		struct web_socket *socket, uint8_t *buffer, size_t size, void *userdata)
{
	struct web_rfb *w = userdata;
	size_t n = 0;

	(void)socket;
	w->in_flight = 0;
	while (n < size && !list_is_empty(&w->queue)) {
		struct item *i = list_entry(w->queue.next, struct item, link);
		size_t step = MIN(size - n, i->chunk->len - i->sent);

		memcpy(buffer + n, i->chunk->data + i->sent, step);
		n += step;
		i->sent += step;
		if (i->sent == i->chunk->len)
			item_drop(w, i);
	}
	w->queued -= n;
	w->in_flight = n;
	return n;
}

static void handle_drained(struct web_socket *socket, void *userdata)
{
	struct web_rfb *w = userdata;

	(void)socket;
	w->in_flight = 0;
	if (!w->ended)
		w->stream.events->handle_drained(&w->stream, w->stream.userdata);
}

static void handle_closed(struct web_socket *socket, void *userdata)
{
	struct web_rfb *w = userdata;

	(void)socket;
	w->socket = NULL;
	w->stream.events->handle_closed(&w->stream, w->ended ? "does not read" : "closed by peer",
			w->stream.userdata);
	rfb_free(w);
}

static const struct socket_handler rfb_handler = {
	.handle_binary = handle_binary,
	.handle_writable = handle_writable,
	.handle_drained = handle_drained,
	.handle_closed = handle_closed,
};

int web_rfb_new(struct web_socket *socket, struct stream **ret)
{
	struct web_rfb *w = calloc(1, sizeof(*w));

	if (!w)
		return -ENOMEM;
	w->stream.ops = &rfb_ops;
	w->socket = socket;
	list_init(&w->queue);
	str_copy(w->stream.peer, sizeof(w->stream.peer), web_socket_address(socket));
	web_socket_set_handler(socket, &rfb_handler, w);
	*ret = &w->stream;
	return 0;
}

void web_rfb_set_end(struct stream *s, const struct socket_end *end)
{
	self(s)->end = end;
}
