/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * One connection of the web part, shared by web*.c only. It begins as HTTP and may become one of
 * the WebSockets; it lives as long as its struct lws (LWS_CALLBACK_WSI_DESTROY frees it).
 */
#pragma once

#include <libwebsockets.h>
#include <stdbool.h>

#include "base/buf.h"
#include "base/list.h"
#include "base/str.h"
#include "io/address.h"
#include "io/peers.h"
#include "ipc/varlink.h"
#include "relay/relay.h"
#include "relay/web-files.h"
#include "relay/web-socket.h"

enum {
	WEB_BODY_MAX = 64 * 1024,      /* of POST /api */
	WEB_DISCARD_MAX = 1024 * 1024, /* of a body that was refused */
	WEB_HEADERS_MAX = 2048,        /* of an answer */
	WEB_REQUEST_MS = 20 * 1000,    /* from the first byte of a request to its last */
	WEB_ANSWER_MS = 60 * 1000,     /* for the peer to take an answer */
	WEB_METHOD_MAX = 128,
	WEB_CALLS_MAX = 200,            /* open calls to stationd in all */
	WEB_CALLS_ANONYMOUS_MAX = 64,   /* of those, without a token */
	WEB_SCRATCH = SOCKET_WRITE_MAX, /* bytes per lws_write() */
	WEB_QUERY_MAX = 64,             /* of one parameter in the address of a WebSocket */
	WEB_QUERIES = 2,
};

enum web_kind {
	WEB_HTTP,
	WEB_DASHBOARD,
	WEB_STATION,
	WEB_RFB,
	WEB_VIEW,
	WEB_PROJECT,
	_WEB_KIND_MAX
};

struct api_call;

struct web {
	struct relay *relay;
	struct lws_context *context;
	struct lws_vhost *vhosts[2]; /* HTTPS, HTTP */
	struct listener *listeners[2];
	struct peers *peers;
	struct proxies *proxies;
	struct web_files *files; /* NULL: not installed */
	struct list conns;
	struct list deadlines; /* conns that have one */
	uv_timer_t *clock;     /* runs while there are any */
	struct web_conn *adopting;
	unsigned n_calls;
	unsigned n_calls_anonymous;
	bool stopping;
	uint8_t *scratch; /* LWS_PRE + WEB_SCRATCH, for one write */
};

/* What is sent back for the request. */
struct web_answer {
	bool pending; /* to be written */
	bool close;   /* after it */
	char headers[WEB_HEADERS_MAX];
	size_t headers_len;
	char *owned;         /* body to be freed, or NULL */
	const uint8_t *body; /* owned, or of a web_file */
	size_t body_len;
	size_t sent; /* of headers and body */
};

struct web_conn {
	struct list link;
	struct list deadline_link;
	int64_t deadline_ms; /* CLOCK_MONOTONIC */
	struct peer_conn peer;
	struct web *web;
	struct lws *wsi;
	bool secure;  /* TLS */
	bool proxied; /* what X-Forwarded-For says is believed */
	enum web_kind kind;
	char address[ADDRESS_TEXT_MAX];
	/* Cookies of the request; empty: none or malformed. */
	char token[STR_TOKEN_LEN + 1];
	char station[STR_TOKEN_LEN + 1];
	/* API token of the header Authorization. With such a header cookies count for nothing. */
	char bearer[STR_API_TOKEN_LEN + 1];
	bool has_authorization;
	bool keep_alive;
	/* POST */
	char method[WEB_METHOD_MAX];
	int refused; /* status to answer once the body was read */
	struct buf body;
	bool body_done;
	struct api_call *call; /* in stationd's hands */
	struct web_answer answer;
	/* WebSocket */
	char query[WEB_QUERIES][WEB_QUERY_MAX + 1]; /* as web.c lists them; empty: not given */
	struct web_socket socket;
};

/* --- web.c --- */
/* The connection is cut off after so many ms, unless this is called again; 0: never. */
void web_conn_set_deadline(struct web_conn *c, unsigned ms);

/* --- web-http.c --- */
int web_http_request(struct web_conn *c, const char *path);
int web_http_body(struct web_conn *c, void *data, size_t len);
int web_http_body_done(struct web_conn *c);
int web_http_writable(struct web_conn *c);
/* Input waits that nobody reads while an answer is on its way. */
bool web_http_is_stuck(const struct web_conn *c);
void web_http_done(struct web_conn *c);
/* The cookies of the request into c, and whom the proxy speaks for. */
void web_http_read_cookies(struct web_conn *c);
/* Before the name of a cookie: over TLS browsers hold it to this host and to TLS. */
const char *web_http_cookie_prefix(const struct web_conn *c);
/* The request's Origin is our own page's. */
bool web_http_origin_is_ours(struct web_conn *c);
/* Answer; type NULL: no body. body is taken (malloc'ed) and may be NULL; extra: header lines or "".
 */
void web_http_answer(struct web_conn *c, int status, const char *type, char *body, size_t len,
		const char *extra);
/* {"error": ..., "parameters": ...}; parameters are taken. */
void web_http_answer_error(struct web_conn *c, int status, const char *error, json_t *parameters);

/* --- web-kiosk.c --- */

/* GET /kiosk.json */
void web_kiosk_answer(struct web_conn *c, bool head);

/* --- web-api.c --- */
/* The body is complete: answer now or later. */
void web_api_call(struct web_conn *c);
/* The connection goes; its call has nobody to answer to. */
void web_api_drop(struct web_conn *c);

/* --- web-socket.c --- */
int web_socket_established(struct web_conn *c);
int web_socket_receive(struct web_conn *c, const void *data, size_t len);
int web_socket_writable(struct web_conn *c);
void web_socket_closed(struct web_conn *c);
