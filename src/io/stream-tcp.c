/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A stream over a connected socket, by uv_poll: we read and write ourselves, so that a write is one
 * sendmsg(2) of all chunks and what the kernel did not take stays in a queue of references.
 *
 * TLS is between the queue and the socket: OpenSSL reads the bytes of one recv(2) through a BIO
 * that points at them and writes its records through a BIO that appends them to the queue. Small
 * chunks are gathered into full records. Order holds by itself: what was written before
 * stream_start_tls() is in front of the handshake.
 *
 * A write never reports to the owner: an error is noted, the socket is shut down, and the poll
 * callback of the next turn tells handle_closed. After that, or after stream_close(), done is set,
 * no callback comes any more, and the object frees itself once libuv has let go of both handles.
 * stream_close() sends what is queued, then waits for the peer's end, so that unread input does not
 * turn into a reset that takes the last bytes (a reason of refusal) with it; LINGER_MS at most.
 */
#include "io/stream-tcp.h"

#include <assert.h>
#include <netinet/tcp.h>
#include <openssl/bio.h>
#include <openssl/err.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include "base/list.h"
#include "io/address.h"

enum {
	LINGER_MS = 1000,
	READ_MAX = 64 * 1024,
	RECORD_MAX = 16 * 1024, /* plain bytes of a TLS record, RFC 8446 5.1 */
	IOV_COUNT_MAX = 64,
	QUEUE_ITEMS_MAX = 64 * 1024,
};

struct item {
	struct list link;
	struct chunk *chunk;
	size_t sent;
};

struct stream_tcp {
	struct stream stream;
	uv_poll_t poll;
	uv_timer_t timer; /* of stream_close() */
	unsigned handles; /* that libuv still knows */
	int fd;
	int events;
	struct list queue;
	size_t n_items;
	size_t queued; /* bytes */
	SSL_CTX *tls;
	SSL *ssl;
	const uint8_t *in; /* input that the BIO reads from, during tls_input() */
	size_t in_len;
	bool was_pending; /* handle_drained is due when the queue is empty */
	bool failed;
	bool paused;
	bool done;
	bool shut; /* our end was sent */
	char reason[160];
};

static struct stream_tcp *self(const struct stream *s)
{
	return (struct stream_tcp *)s;
}

/* --- life --- */

static void queue_drop(struct stream_tcp *s)
{
	while (!list_is_empty(&s->queue)) {
		struct item *i = list_entry(s->queue.next, struct item, link);

		list_remove(&i->link);
		chunk_unref(i->chunk);
		free(i);
	}
	s->n_items = 0;
	s->queued = 0;
}

static void handle_uv_closed(uv_handle_t *h)
{
	struct stream_tcp *s = h->data;

	if (--s->handles > 0)
		return;
	queue_drop(s);
	SSL_free(s->ssl);
	SSL_CTX_free(s->tls);
	safe_close(s->fd);
	free(s);
}

static void stream_release(struct stream_tcp *s)
{
	if (uv_is_closing((uv_handle_t *)&s->poll))
		return;
	uv_close((uv_handle_t *)&s->poll, handle_uv_closed);
	uv_close((uv_handle_t *)&s->timer, handle_uv_closed);
}

static void handle_poll(uv_poll_t *poll, int status, int events);

static void poll_update(struct stream_tcp *s)
{
	int events = s->paused && !s->done ? 0 : UV_READABLE;

	if (!list_is_empty(&s->queue) || s->failed)
		events |= UV_WRITABLE;
	if (events == s->events || uv_is_closing((uv_handle_t *)&s->poll))
		return;
	s->events = events;
	uv_poll_start(&s->poll, events, handle_poll);
}

/* To be told on the next turn. */
_printf_(2, 3) static void stream_fail(struct stream_tcp *s, const char *fmt, ...)
{
	va_list ap;

	if (s->failed)
		return;
	s->failed = true;
	va_start(ap, fmt);
	vsnprintf(s->reason, sizeof(s->reason), fmt, ap);
	va_end(ap);
	shutdown(s->fd, SHUT_RDWR);
	poll_update(s);
}

static void stream_end(struct stream_tcp *s)
{
	if (!s->done) {
		s->done = true;
		s->stream.events->handle_closed(&s->stream, s->reason, s->stream.userdata);
	}
	stream_release(s);
}

/* --- output --- */

static int queue_append(struct stream_tcp *s, struct chunk *chunk)
{
	struct item *i;

	if (s->n_items >= QUEUE_ITEMS_MAX || chunk->len > STREAM_PENDING_MAX - s->queued)
		return -ENOBUFS;
	i = malloc(sizeof(*i));
	if (!i)
		return -ENOMEM;
	i->chunk = chunk_ref(chunk);
	i->sent = 0;
	list_add_tail(&s->queue, &i->link);
	s->n_items++;
	s->queued += chunk->len;
	return 0;
}

static void queue_sent(struct stream_tcp *s, size_t n)
{
	s->queued -= n;
	while (!list_is_empty(&s->queue)) {
		struct item *i = list_entry(s->queue.next, struct item, link);
		size_t step = MIN(n, i->chunk->len - i->sent);

		i->sent += step;
		n -= step;
		if (i->sent < i->chunk->len)
			return;
		list_remove(&i->link);
		s->n_items--;
		chunk_unref(i->chunk);
		free(i);
	}
}

static int queue_flush(struct stream_tcp *s)
{
	while (!list_is_empty(&s->queue)) {
		struct iovec iov[IOV_COUNT_MAX];
		struct msghdr msg = { .msg_iov = iov };
		struct list *l;
		ssize_t n;

		list_for_each (l, &s->queue) {
			struct item *i = list_entry(l, struct item, link);

			if (msg.msg_iovlen == IOV_COUNT_MAX)
				break;
			iov[msg.msg_iovlen++] =
					(struct iovec){ .iov_base = i->chunk->data + i->sent,
						.iov_len = i->chunk->len - i->sent };
		}
		n = sendmsg(s->fd, &msg, MSG_NOSIGNAL | MSG_DONTWAIT);
		if (n < 0) {
			if (errno == EINTR)
				continue;
			return errno == EAGAIN ? 0 : -errno;
		}
		queue_sent(s, (size_t)n);
	}
	return 0;
}

/* Everything of the queue that goes; errors are told later. */
static void stream_flush(struct stream_tcp *s)
{
	int r;

	r = queue_flush(s);
	if (r < 0)
		stream_fail(s, "writing failed: %s", strerror(-r));
	s->was_pending = !list_is_empty(&s->queue);
	poll_update(s);
}

static int tcp_write_tls(struct stream_tcp *s, struct chunk *const *chunks, size_t n)
{
	static uint8_t record[RECORD_MAX];
	size_t len = 0;

	for (size_t i = 0; i < n; i++) {
		for (size_t at = 0; at < chunks[i]->len;) {
			size_t step = MIN(chunks[i]->len - at, sizeof(record) - len);

			memcpy(record + len, chunks[i]->data + at, step);
			at += step;
			len += step;
			if (len < sizeof(record) && (i + 1 < n || at < chunks[i]->len))
				continue;
			ERR_clear_error();
			if (SSL_write(s->ssl, record, (int)len) <= 0)
				return -EPIPE;
			len = 0;
		}
	}
	/* The last chunk was empty: what was gathered before it is still here. */
	if (len > 0 && SSL_write(s->ssl, record, (int)len) <= 0)
		return -EPIPE;
	return 0;
}

static int tcp_write(struct stream *stream, struct chunk *const *chunks, size_t n)
{
	struct stream_tcp *s = self(stream);
	int r = 0;

	if (s->done || s->failed)
		return -EPIPE;
	if (s->ssl) {
		if (!SSL_is_init_finished(s->ssl))
			return -EAGAIN;
		r = tcp_write_tls(s, chunks, n);
	} else {
		for (size_t i = 0; i < n && r == 0; i++)
			if (chunks[i]->len > 0)
				r = queue_append(s, chunks[i]);
	}
	if (r == 0)
		stream_flush(s);
	else if (r == -ENOBUFS)
		stream_fail(s, "does not read");
	else /* part of it may be queued: the stream is of no use any more */
		stream_fail(s, "writing failed: %s", strerror(-r));
	return r;
}

static size_t tcp_pending(const struct stream *stream)
{
	return self(stream)->queued;
}

/* --- TLS --- */

static int bio_write(BIO *b, const char *data, int len)
{
	struct stream_tcp *s = BIO_get_data(b);
	struct chunk *c;
	int r;

	BIO_clear_retry_flags(b);
	c = chunk_new((size_t)len);
	if (!c)
		return -1;
	memcpy(c->data, data, (size_t)len);
	c->len = (size_t)len;
	r = queue_append(s, c);
	chunk_unref(c);
	return r < 0 ? -1 : len;
}

static int bio_read(BIO *b, char *data, int len)
{
	struct stream_tcp *s = BIO_get_data(b);
	size_t n = MIN((size_t)len, s->in_len);

	BIO_clear_retry_flags(b);
	if (n == 0) {
		BIO_set_retry_read(b);
		return -1;
	}
	memcpy(data, s->in, n);
	s->in += n;
	s->in_len -= n;
	return (int)n;
}

static long bio_ctrl(BIO *b, int cmd, long num, void *ptr)
{
	(void)b, (void)num, (void)ptr;
	return cmd == BIO_CTRL_FLUSH;
}

static int bio_create(BIO *b)
{
	BIO_set_init(b, 1);
	return 1;
}

static const BIO_METHOD *bio_method(void)
{
	static BIO_METHOD *method;

	if (!method) {
		method = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "stream");
		if (method) {
			BIO_meth_set_write(method, bio_write);
			BIO_meth_set_read(method, bio_read);
			BIO_meth_set_ctrl(method, bio_ctrl);
			BIO_meth_set_create(method, bio_create);
		}
	}
	return method;
}

static int tcp_start_tls(struct stream *stream)
{
	struct stream_tcp *s = self(stream);
	BIO *b;

	if (s->done || s->failed)
		return -EPIPE;
	if (!s->tls || s->ssl)
		return -EOPNOTSUPP;
	b = bio_method() ? BIO_new(bio_method()) : NULL;
	s->ssl = SSL_new(s->tls);
	if (!b || !s->ssl) {
		BIO_free(b);
		SSL_free(s->ssl);
		s->ssl = NULL;
		return -ENOMEM;
	}
	/* A VNC viewer does not come back by ticket, and TigerVNC 1.12 waits for ever when one
	 * arrives in the same read as the first bytes. */
	SSL_set_num_tickets(s->ssl, 0);
	BIO_set_data(b, s);
	SSL_set_bio(s->ssl, b, b);
	SSL_set_accept_state(s->ssl);
	return 0;
}

static void tls_fail(struct stream_tcp *s, int ret)
{
	unsigned long code = ERR_peek_error();
	const char *text = code ? ERR_reason_error_string(code) : NULL;

	if (SSL_get_error(s->ssl, ret) == SSL_ERROR_ZERO_RETURN)
		stream_fail(s, "closed by peer");
	else
		stream_fail(s, "TLS: %s", text ? text : "broken off");
}

/* 1: done now or before, 0: goes on, < 0 failed. */
static int tls_handshake(struct stream_tcp *s)
{
	int n;

	if (SSL_is_init_finished(s->ssl))
		return 1;
	ERR_clear_error();
	n = SSL_do_handshake(s->ssl);
	if (n != 1 && SSL_get_error(s->ssl, n) != SSL_ERROR_WANT_READ) {
		queue_flush(s); /* the alert that tells the peer */
		tls_fail(s, n);
		return -EPROTO;
	}
	stream_flush(s);
	if (n == 1 && s->stream.events->handle_tls)
		s->stream.events->handle_tls(&s->stream, s->stream.userdata);
	return n == 1;
}

static void tls_input(struct stream_tcp *s, const uint8_t *data, size_t len)
{
	static uint8_t plain[RECORD_MAX];
	int n;

	s->in = data;
	s->in_len = len;
	while (!s->done && !s->failed) {
		if (tls_handshake(s) != 1 || s->done || s->failed)
			break;
		ERR_clear_error();
		n = SSL_read(s->ssl, plain, sizeof(plain));
		if (n <= 0) {
			if (SSL_get_error(s->ssl, n) != SSL_ERROR_WANT_READ)
				tls_fail(s, n);
			else if (!list_is_empty(&s->queue))
				stream_flush(s); /* an answer of OpenSSL's own (key update) */
			break;
		}
		s->stream.events->handle_data(&s->stream, plain, (size_t)n, s->stream.userdata);
		explicit_bzero(plain, (size_t)n);
	}
	s->in = NULL;
	s->in_len = 0;
}

/* --- input --- */

/* After stream_close(): wait for the peer's end. */
static void read_to_end(struct stream_tcp *s, uint8_t *buffer)
{
	ssize_t n;

	n = recv(s->fd, buffer, READ_MAX, MSG_DONTWAIT);
	if (n == 0 || (n < 0 && errno != EAGAIN && errno != EINTR))
		stream_release(s);
}

static void stream_read(struct stream_tcp *s)
{
	static uint8_t buffer[READ_MAX];
	ssize_t n;

	if (s->done) {
		read_to_end(s, buffer);
		return;
	}
	n = recv(s->fd, buffer, sizeof(buffer), MSG_DONTWAIT);
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n < 0)
		stream_fail(s, "reading failed: %s", strerror(errno));
	else if (n == 0)
		stream_fail(s, "closed by peer");
	else if (s->ssl)
		tls_input(s, buffer, (size_t)n);
	else
		s->stream.events->handle_data(&s->stream, buffer, (size_t)n, s->stream.userdata);
	/* X509Plain: a password may have passed through. */
	if (n > 0)
		explicit_bzero(buffer, (size_t)n);
}

static void linger_step(struct stream_tcp *s)
{
	if (s->failed) {
		stream_release(s);
	} else if (list_is_empty(&s->queue) && !s->shut) {
		s->shut = true;
		shutdown(s->fd, SHUT_WR);
	}
}

static void handle_poll(uv_poll_t *poll, int status, int events)
{
	struct stream_tcp *s = poll->data;

	if (status < 0)
		stream_fail(s, "%s", uv_strerror(status));
	if (!s->failed && (events & UV_WRITABLE)) {
		bool was_pending = s->was_pending;

		stream_flush(s);
		if (was_pending && !s->was_pending && !s->failed && !s->done)
			s->stream.events->handle_drained(&s->stream, s->stream.userdata);
	}
	if (!s->failed && (events & UV_READABLE))
		stream_read(s);
	if (s->done)
		linger_step(s);
	else if (s->failed)
		stream_end(s);
}

static void handle_linger_timer(uv_timer_t *t)
{
	stream_release(t->data);
}

static void tcp_close(struct stream *stream)
{
	struct stream_tcp *s = self(stream);

	if (s->done)
		return;
	s->done = true;
	if (s->failed) {
		stream_release(s);
		return;
	}
	if (s->ssl && SSL_is_init_finished(s->ssl)) {
		ERR_clear_error();
		SSL_shutdown(s->ssl);
	}
	stream_flush(s);
	linger_step(s);
	if (!uv_is_closing((uv_handle_t *)&s->poll))
		uv_timer_start(&s->timer, handle_linger_timer, LINGER_MS, 0);
}

void stream_tcp_pause(struct stream *stream, bool pause)
{
	struct stream_tcp *s = self(stream);

	s->paused = pause;
	poll_update(s);
}

static const struct stream_ops tcp_ops = {
	.write = tcp_write,
	.pending = tcp_pending,
	.start_tls = tcp_start_tls,
	.close = tcp_close,
};

int stream_tcp_new(uv_loop_t *loop, int fd, SSL_CTX *tls, struct stream **ret)
{
	struct stream_tcp *s;
	int one = 1, r;

	_Static_assert(sizeof(s->stream.peer) == ADDRESS_TEXT_MAX, "peer holds an address");
	s = calloc(1, sizeof(*s));
	if (!s)
		return -ENOMEM;
	list_init(&s->queue);
	r = uv_poll_init(loop, &s->poll, fd);
	if (r < 0) {
		free(s);
		return r; /* libuv's codes are -errno on Linux */
	}
	uv_timer_init(loop, &s->timer);
	s->handles = 2;
	s->poll.data = s->timer.data = s;
	s->fd = fd;
	if (tls) {
		SSL_CTX_up_ref(tls);
		s->tls = tls;
	}
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one)); /* a Unix socket has none */
	s->stream.ops = &tcp_ops;
	address_format_peer(fd, s->stream.peer);
	poll_update(s);
	*ret = &s->stream;
	return 0;
}
