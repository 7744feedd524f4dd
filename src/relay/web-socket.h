/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A WebSocket as its owner (dashboard, browser station, RFB stream) sees it: messages out by a
 * bounded queue, complete text messages or raw binary in, a close code. Knows libwebsockets only
 * behind web-socket.c.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/uio.h>

#include "base/buf.h"
#include "base/list.h"

enum {
	SOCKET_MESSAGE_MAX = 64 * 1024,     /* text from the peer */
	SOCKET_QUEUE_MAX = 8 * 1024 * 1024, /* text to a peer that does not read */
	SOCKET_WRITE_MAX = 256 * 1024,      /* bytes of one binary message to the peer */
	SOCKET_REASON_MAX = 123,            /* bytes of a close reason, RFC 6455 5.5 */
};

enum socket_close {
	SOCKET_CLOSE_NORMAL = 1000,
	SOCKET_CLOSE_GOING_AWAY = 1001,
	SOCKET_CLOSE_UNSUPPORTED = 1003,
	SOCKET_CLOSE_TOO_BIG = 1009,
	SOCKET_CLOSE_ERROR = 1011,
	SOCKET_CLOSE_SIGN_IN = 4401,
	SOCKET_CLOSE_NOT_ALLOWED = 4403,
	SOCKET_CLOSE_NO_SESSION = 4404,
	SOCKET_CLOSE_BUSY = 4409,
	SOCKET_CLOSE_TOO_MANY = 4429,
	SOCKET_CLOSE_UNAVAILABLE = 4503,
};

struct web_socket;

/* How a socket ends, and words for the person there. */
struct socket_end {
	enum socket_close code;
	char reason[SOCKET_REASON_MAX + 1];
};

struct socket_handler {
	/* A whole text message. NULL: text is refused. */
	void (*handle_text)(struct web_socket *s, const char *data, size_t len, void *userdata);
	/* Some binary bytes (messages are not told apart). */
	void (*handle_binary)(
			struct web_socket *s, const uint8_t *data, size_t len, void *userdata);
	/* Else: a whole binary message of at most message_max bytes. Both NULL: binary is refused.
	 */
	void (*handle_message)(
			struct web_socket *s, const uint8_t *data, size_t len, void *userdata);
	size_t message_max;
	/*
	 * The peer takes more and no text waits: fill buffer with one binary message of at most
	 * size bytes and give its length; 0: nothing to send. Called again only after
	 * web_socket_want_write(), or after a message was given. May be NULL.
	 */
	size_t (*handle_writable)(
			struct web_socket *s, uint8_t *buffer, size_t size, void *userdata);
	/* Everything given was taken by the kernel. May be NULL. */
	void (*handle_drained)(struct web_socket *s, void *userdata);
	/* The socket has ended; no call on it after this. Not called after web_socket_leave(). */
	void (*handle_closed)(struct web_socket *s, void *userdata);
};

struct web_socket {
	const struct socket_handler *handler; /* NULL: nobody is interested */
	void *userdata;
	struct list queue; /* text */
	size_t queued;
	struct buf in;
	int close_code;
	char close_reason[SOCKET_REASON_MAX + 1];
	bool close_sent;
	bool open;
	bool in_binary;
	bool undrained;
};

void web_socket_set_handler(
		struct web_socket *s, const struct socket_handler *handler, void *userdata);
/* A peer that has SOCKET_QUEUE_MAX unread is closed. */
void web_socket_send_text(struct web_socket *s, const char *text, size_t len);
/* handle_writable will be called. */
void web_socket_want_write(struct web_socket *s);
/* Close with this code once what is queued was sent; the handler is told handle_closed. */
void web_socket_close(struct web_socket *s, enum socket_close code);
/* With words for the person there, cut where a close frame ends. */
void web_socket_close_reason(struct web_socket *s, enum socket_close code, const char *reason);
/* As web_socket_close(), but the handler hears nothing any more. */
void web_socket_leave(struct web_socket *s, enum socket_close code);
/* What a socket is closed with when stationd answers this error. */
enum socket_close web_socket_code_of(const char *error);
/* Numeric address of the peer. */
const char *web_socket_address(const struct web_socket *s);
