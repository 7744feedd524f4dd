/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * WebSockets over libwebsockets: one write per writable callback. Text waits in a queue that is
 * bounded; binary is not queued at all: its owner is asked for the next message when the peer can
 * take one, so a slow peer gets the latest and nothing old. A writable callback that finds nothing
 * to send means that the kernel took everything before: that is "drained".
 *
 * Closing is asked for by a code; it is sent when the text before it is out. A peer that does not
 * read is cut off by the timer.
 */
#include "relay/web-socket.h"

#include <string.h>

#include "base/log.h"
#include "relay/dashboard.h"
#include "relay/projection.h"
#include "relay/stations.h"
#include "relay/view.h"
#include "relay/web-conn.h"

enum { CLOSE_MS = 5000 };

struct message {
	struct list link;
	size_t len;
	uint8_t data[]; /* LWS_PRE, then the text */
};

static struct web_conn *conn_of(struct web_socket *s)
{
	return (struct web_conn *)((char *)s - offsetof(struct web_conn, socket));
}

const char *web_socket_address(const struct web_socket *s)
{
	return conn_of((struct web_socket *)s)->address;
}

void web_socket_set_handler(
		struct web_socket *s, const struct socket_handler *handler, void *userdata)
{
	s->handler = handler;
	s->userdata = userdata;
}

void web_socket_want_write(struct web_socket *s)
{
	if (s->open)
		lws_callback_on_writable(conn_of(s)->wsi);
}

static void queue_drop(struct web_socket *s)
{
	while (!list_is_empty(&s->queue)) {
		struct message *m = list_entry(s->queue.next, struct message, link);

		list_remove(&m->link);
		free(m);
	}
	s->queued = 0;
}

void web_socket_close(struct web_socket *s, enum socket_close code)
{
	if (!s->open || s->close_code)
		return;
	s->close_code = (int)code;
	web_conn_set_deadline(conn_of(s), CLOSE_MS);
	web_socket_want_write(s);
}

void web_socket_close_reason(struct web_socket *s, enum socket_close code, const char *reason)
{
	size_t n = strlen(reason);

	if (!s->open || s->close_code)
		return;
	if (n > SOCKET_REASON_MAX) {
		n = SOCKET_REASON_MAX;
		while (n > 0 && (reason[n] & 0xc0) == 0x80)
			n--; /* whole characters */
	}
	memcpy(s->close_reason, reason, n);
	s->close_reason[n] = 0;
	web_socket_close(s, code);
}

enum socket_close web_socket_code_of(const char *error)
{
	static const struct {
		const char *name;
		enum socket_close code;
	} table[] = {
		{ "Unauthenticated", SOCKET_CLOSE_SIGN_IN },
		{ "Refused", SOCKET_CLOSE_NOT_ALLOWED },
		{ "NotFound", SOCKET_CLOSE_NO_SESSION },
		{ "Busy", SOCKET_CLOSE_BUSY },
		{ "Limit", SOCKET_CLOSE_TOO_MANY },
	};
	const char *dot = strrchr(error, '.');

	for (size_t i = 0; i < ELEMENTSOF(table); i++)
		if (dot && streq(dot + 1, table[i].name))
			return table[i].code;
	return SOCKET_CLOSE_ERROR;
}

void web_socket_leave(struct web_socket *s, enum socket_close code)
{
	s->handler = NULL;
	web_socket_close(s, code);
}

void web_socket_send_text(struct web_socket *s, const char *text, size_t len)
{
	struct message *m;

	if (!s->open || s->close_code)
		return;
	m = len <= SOCKET_QUEUE_MAX - s->queued ? malloc(sizeof(*m) + LWS_PRE + len) : NULL;
	if (!m) {
		queue_drop(s);
		web_socket_close(s, SOCKET_CLOSE_TOO_BIG);
		return;
	}
	m->len = len;
	memcpy(m->data + LWS_PRE, text, len);
	list_add_tail(&s->queue, &m->link);
	s->queued += len;
	web_socket_want_write(s);
}

/* --- from libwebsockets --- */

int web_socket_established(struct web_conn *c)
{
	struct relay *relay = c->web->relay;
	struct web_socket *s = &c->socket;

	peers_establish(&c->peer);
	web_conn_set_deadline(c, 0);
	s->open = true;
	list_init(&s->queue);
	buf_init(&s->in, SOCKET_MESSAGE_MAX);
	switch (c->kind) {
	case WEB_DASHBOARD:
		dashboards_open(relay->dashboards, s, c->token);
		break;
	case WEB_STATION:
		stations_open_browser(relay->stations, s, c->station);
		break;
	case WEB_VIEW:
		views_open(relay->views, s, c->token, c->query[0], c->query[1]);
		break;
	case WEB_PROJECT:
		projections_open_screen(relay->projections, s, c->token, c->query[0]);
		break;
	default:
		stations_open_rfb(relay->stations, s, c->station);
	}
	explicit_bzero(c->token, sizeof(c->token));
	explicit_bzero(c->station, sizeof(c->station));
	return 0;
}

static void receive_text(struct web_conn *c, const void *data, size_t len, bool last)
{
	struct web_socket *s = &c->socket;

	if (!s->handler || !s->handler->handle_text) {
		web_socket_close(s, SOCKET_CLOSE_UNSUPPORTED);
		return;
	}
	if (buf_append(&s->in, data, len) < 0) {
		web_socket_close(s, SOCKET_CLOSE_TOO_BIG);
		return;
	}
	if (!last)
		return;
	if (buf_len(&s->in) > 0)
		s->handler->handle_text(s, (char *)buf_head(&s->in), buf_len(&s->in), s->userdata);
	buf_done(&s->in);
}

static void receive_message(struct web_conn *c, const void *data, size_t len, bool last)
{
	struct web_socket *s = &c->socket;

	s->in.max = s->handler->message_max;
	if (buf_append(&s->in, data, len) < 0) {
		web_socket_close(s, SOCKET_CLOSE_TOO_BIG);
		return;
	}
	if (!last)
		return;
	len = buf_len(&s->in);
	s->handler->handle_message(
			s, len > 0 ? buf_head(&s->in) : (const uint8_t *)"", len, s->userdata);
	buf_done(&s->in);
}

int web_socket_receive(struct web_conn *c, const void *data, size_t len)
{
	bool last = lws_is_final_fragment(c->wsi) && lws_remaining_packet_payload(c->wsi) == 0;
	struct web_socket *s = &c->socket;

	if (s->close_code)
		return 0; /* we said good-bye already */
	if (!lws_frame_is_binary(c->wsi))
		receive_text(c, data, len, last);
	else if (s->handler && s->handler->handle_binary)
		s->handler->handle_binary(s, data, len, s->userdata);
	else if (s->handler && s->handler->handle_message)
		receive_message(c, data, len, last);
	else
		web_socket_close(s, SOCKET_CLOSE_UNSUPPORTED);
	return 0;
}

static int write_text(struct web_conn *c)
{
	struct web_socket *s = &c->socket;
	struct message *m = list_entry(s->queue.next, struct message, link);
	int n;

	list_remove(&m->link);
	s->queued -= m->len;
	n = lws_write(c->wsi, m->data + LWS_PRE, m->len, LWS_WRITE_TEXT);
	free(m);
	if (n < 0)
		return -1;
	s->undrained = true;
	lws_callback_on_writable(c->wsi);
	return 0;
}

/*
 * Once: a second time libwebsockets would end the connection right here, and after this callback
 * read on from it and keep what it has freed. It does so, too, when the close frame cannot be
 * written; then web_socket_closed() was called meanwhile, and -1 makes it stop.
 */
static int say_goodbye(struct web_conn *c)
{
	struct web_socket *s = &c->socket;

	if (s->close_sent)
		return 0;
	s->close_sent = true;
	/* Returning -1 at once would hang up without the close frame. */
	lws_close_reason(c->wsi, (enum lws_close_status)s->close_code,
			(unsigned char *)s->close_reason, strlen(s->close_reason));
	lws_set_timeout(c->wsi, PENDING_TIMEOUT_USER_OK, LWS_TO_KILL_SYNC);
	return s->open ? 0 : -1;
}

int web_socket_writable(struct web_conn *c)
{
	struct web_socket *s = &c->socket;
	size_t n = 0;

	if (!s->open)
		return 0;
	if (!list_is_empty(&s->queue))
		return write_text(c);
	if (s->close_code)
		return say_goodbye(c);
	if (s->handler && s->handler->handle_writable)
		n = s->handler->handle_writable(
				s, c->web->scratch + LWS_PRE, WEB_SCRATCH, s->userdata);
	if (n > 0) {
		if (lws_write(c->wsi, c->web->scratch + LWS_PRE, n, LWS_WRITE_BINARY) < 0)
			return -1;
		s->undrained = true;
		lws_callback_on_writable(c->wsi);
	} else if (s->undrained && !s->close_code) {
		s->undrained = false;
		if (s->handler && s->handler->handle_drained)
			s->handler->handle_drained(s, s->userdata);
	}
	return 0;
}

void web_socket_closed(struct web_conn *c)
{
	struct web_socket *s = &c->socket;

	if (!s->open)
		return;
	s->open = false;
	queue_drop(s);
	buf_done(&s->in);
	if (s->handler)
		s->handler->handle_closed(s, s->userdata);
	s->handler = NULL;
}
