/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The libwebsockets context and its callbacks. We listen and accept ourselves (a port that is in
 * use gets a clear sentence, and limits hold from the first byte) and hand the sockets over.
 *
 * The opaque pointer of each struct lws is its web_conn, from adoption to WSI_DESTROY. Only
 * HTTP/1.1 is offered: no ALPN for h2, and its clear-text upgrade is refused.
 */
#include "relay/web.h"

#include <fcntl.h>
#include <openssl/ssl.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/clock.h"
#include "base/log.h"
#include "io/listener.h"
#include "relay/forwarded.h"
#include "relay/tls.h"
#include "relay/web-conn.h"

enum {
	CONNECTIONS_MAX = 4096,
	CONNECTIONS_PER_ADDRESS_MAX = 1024, /* a whole room may be behind one router */
	HALF_OPEN_PER_ADDRESS_MAX = 200,
	HEADER_MAX = 8192,
	HANDSHAKE_S = 10, /* TLS, and the headers of a request */
	KEEPALIVE_S = 30,
	CLOCK_MS = 250,
	RX_BUFFER = 16 * 1024,
	RX_BUFFER_SCREEN = 64 * 1024,
	TX_PACKET = 1024 * 1024,
	/*
	 * A whole TLS record (RFC 8446 5.1) in one go: libwebsockets forgets about what is left of
	 * one inside OpenSSL when it belongs to the body of a request.
	 */
	READ_BUFFER = 17 * 1024,
};

static const struct {
	const char *path;
	const char *protocol;
	const char *queries[WEB_QUERIES]; /* parameters of the address, with "=" */
} sockets[_WEB_KIND_MAX] = {
	[WEB_DASHBOARD] = { "/ws/dashboard", "stationmaster.dashboard.v1" },
	[WEB_STATION] = { "/ws/station", "stationmaster.station.v1" },
	[WEB_RFB] = { "/ws/station/rfb", "binary" },
	[WEB_VIEW] = { "/ws/view", "binary", { "session=", "mode=" } },
	[WEB_PROJECT] = { "/ws/project", "stationmaster.screen.v1", { "projection=" } },
};

static int handle_lws(struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in,
		size_t len);

static const struct lws_protocols protocols[] = {
	{ .name = "http",
			.callback = handle_lws,
			.rx_buffer_size = RX_BUFFER,
			.tx_packet_size = TX_PACKET },
	{ .name = "stationmaster.dashboard.v1",
			.callback = handle_lws,
			.rx_buffer_size = RX_BUFFER,
			.tx_packet_size = TX_PACKET },
	{ .name = "stationmaster.station.v1",
			.callback = handle_lws,
			.rx_buffer_size = RX_BUFFER,
			.tx_packet_size = TX_PACKET },
	{ .name = "binary",
			.callback = handle_lws,
			.rx_buffer_size = RX_BUFFER,
			.tx_packet_size = TX_PACKET },
	{ .name = "stationmaster.screen.v1",
			.callback = handle_lws,
			.rx_buffer_size = RX_BUFFER_SCREEN,
			.tx_packet_size = TX_PACKET },
	{ 0 },
};

/* --- connections --- */

/* Without a good-bye, on the next turn: a peer that was too slow would be too slow for that, too.
 */
static void conn_kill(struct web_conn *c)
{
	list_remove(&c->deadline_link);
	if (!c->wsi)
		return;
	lws_set_timeout(c->wsi, PENDING_TIMEOUT_USER_OK, LWS_TO_KILL_ASYNC);
	lws_cancel_service(c->web->context); /* else it looks at its timers when it pleases */
}

static void handle_clock(uv_timer_t *t)
{
	struct web *web = t->data;
	int64_t now = clock_mono_ms();
	struct list *l, *next;

	list_for_each_safe (l, next, &web->deadlines) {
		struct web_conn *c = list_entry(l, struct web_conn, deadline_link);

		if (now < c->deadline_ms && !web_http_is_stuck(c))
			continue;
		log_debug("too slow peer=%s", c->address);
		conn_kill(c);
	}
	if (list_is_empty(&web->deadlines))
		uv_timer_stop(t);
}

void web_conn_set_deadline(struct web_conn *c, unsigned ms)
{
	struct web *web = c->web;

	list_remove(&c->deadline_link);
	if (ms == 0)
		return;
	c->deadline_ms = clock_mono_ms() + ms;
	list_add_tail(&web->deadlines, &c->deadline_link);
	if (!web->stopping && !uv_is_active((uv_handle_t *)web->clock))
		uv_timer_start(web->clock, handle_clock, CLOCK_MS, CLOCK_MS);
}

static void conn_free(struct web_conn *c)
{
	list_remove(&c->link);
	list_remove(&c->deadline_link);
	web_socket_closed(c);
	web_api_drop(c);
	web_http_done(c);
	peers_remove(&c->peer);
	explicit_bzero(c->station, sizeof(c->station));
	free(c);
}

static void handle_drop(struct peer_conn *p)
{
	struct web_conn *c = (struct web_conn *)((char *)p - offsetof(struct web_conn, peer));

	conn_kill(c);
}

static void conn_open(struct web *web, int fd, const struct sockaddr *peer, bool secure)
{
	struct lws_adopt_desc adopt = { .vh = web->vhosts[secure ? 0 : 1],
		.type = LWS_ADOPT_SOCKET | LWS_ADOPT_HTTP | (secure ? LWS_ADOPT_ALLOW_SSL : 0),
		.fd.sockfd = fd };
	struct web_conn *c = calloc(1, sizeof(*c));

	if (!c) {
		close(fd);
		return;
	}
	c->web = web;
	c->secure = secure;
	list_init(&c->deadline_link);
	c->peer.handle_drop = handle_drop;
	address_format(peer, c->address);
	buf_init(&c->body, WEB_BODY_MAX);
	list_init(&c->socket.queue);
	/* Behind a proxy is a whole school; it counts and limits for itself. */
	c->proxied = proxies_has(web->proxies, peer);
	if (!c->proxied && peers_add(web->peers, peer, &c->peer) < 0) {
		log_debug("connection refused, too many peer=%s", c->address);
		close(fd);
		free(c);
		return;
	}
	list_add_tail(&web->conns, &c->link);
	adopt.opaque = c;
	web->adopting = c;
	c->wsi = lws_adopt_descriptor_vhost_via_info(&adopt); /* closes fd if it fails */
	if (c->wsi)
		web_conn_set_deadline(c, HANDSHAKE_S * 1000);
	else if (web->adopting)
		conn_free(c);
	/* else: it failed at once (the first bytes were no TLS), its WSI_DESTROY comes later */
	web->adopting = NULL;
}

static void handle_accept_tls(int fd, const struct sockaddr *peer, void *userdata)
{
	conn_open(userdata, fd, peer, true);
}

static void handle_accept_clear(int fd, const struct sockaddr *peer, void *userdata)
{
	conn_open(userdata, fd, peer, false);
}

/* --- WebSocket upgrade: decided while it still is HTTP, so that a refusal has a status --- */

static bool protocol_is_asked(struct lws *wsi, const char *protocol)
{
	char list[128];
	size_t n = strlen(protocol);

	if (lws_hdr_copy(wsi, list, sizeof(list), WSI_TOKEN_PROTOCOL) <= 0)
		return false;
	for (const char *p = list; *p;) {
		p += strspn(p, ", \t");
		if (strncmp(p, protocol, n) == 0 && strchr(", \t", p[n]))
			return true;
		p += strcspn(p, ",");
	}
	return false;
}

static int upgrade_refuse(struct web_conn *c, int status, const char *text)
{
	char answer[LWS_PRE + 512];
	int n;

	n = snprintf(answer + LWS_PRE, sizeof(answer) - LWS_PRE,
			"HTTP/1.1 %d %s\r\nContent-Length: 0\r\nConnection: close\r\n\r\n", status,
			text);
	lws_write(c->wsi, (unsigned char *)answer + LWS_PRE, (size_t)n, LWS_WRITE_HTTP_HEADERS);
	return -1;
}

static void queries_read(struct web_conn *c)
{
	char buf[WEB_QUERY_MAX + 16];

	for (size_t i = 0; i < WEB_QUERIES; i++) {
		const char *name = sockets[c->kind].queries[i], *value = NULL;

		/* One that is too long is none that we know. */
		if (name)
			value = lws_get_urlarg_by_name(c->wsi, name, buf, sizeof(buf));
		str_copy(c->query[i], sizeof(c->query[i]), value ? value : "");
	}
}

/* 0: go on; -1: hang up. */
static int handle_upgrade(struct web_conn *c, const char *to)
{
	enum web_kind kind = WEB_HTTP;
	char *uri;
	int uri_len;

	peers_establish(&c->peer);
	if (strcasecmp(to, "websocket") != 0)
		return upgrade_refuse(c, 400, "Bad Request");
	if (lws_http_get_uri_and_method(c->wsi, &uri, &uri_len) != LWSHUMETH_GET)
		return upgrade_refuse(c, 405, "Method Not Allowed");
	for (enum web_kind k = WEB_DASHBOARD; k < _WEB_KIND_MAX; k++)
		if ((size_t)uri_len == strlen(sockets[k].path) &&
				memcmp(uri, sockets[k].path, (size_t)uri_len) == 0)
			kind = k;
	if (kind == WEB_HTTP)
		return upgrade_refuse(c, 404, "Not Found");
	if (!protocol_is_asked(c->wsi, sockets[kind].protocol))
		return upgrade_refuse(c, 400, "Bad Request");
	if (!web_http_origin_is_ours(c)) {
		log_notice("WebSocket of a foreign page refused peer=%s", c->address);
		return upgrade_refuse(c, 403, "Forbidden");
	}
	web_http_read_cookies(c);
	c->kind = kind;
	queries_read(c);
	return 0;
}

/* --- callbacks --- */

static int handle_http(struct web_conn *c, enum lws_callback_reasons reason, void *in, size_t len)
{
	switch (reason) {
	case LWS_CALLBACK_HTTP:
		return web_http_request(c, in);
	case LWS_CALLBACK_HTTP_BODY:
		return len > 0 ? web_http_body(c, in, len) : 0;
	case LWS_CALLBACK_HTTP_BODY_COMPLETION:
		return web_http_body_done(c);
	case LWS_CALLBACK_HTTP_WRITEABLE:
		return web_http_writable(c);
	case LWS_CALLBACK_HTTP_CONFIRM_UPGRADE:
		return handle_upgrade(c, in);
	default:
		return 0;
	}
}

static int handle_socket(struct web_conn *c, enum lws_callback_reasons reason, void *in, size_t len)
{
	switch (reason) {
	case LWS_CALLBACK_FILTER_PROTOCOL_CONNECTION:
		/* libwebsockets chose among the protocols of the peer's list. */
		return c->kind == WEB_HTTP ||
		       !streq(lws_get_protocol(c->wsi)->name, sockets[c->kind].protocol);
	case LWS_CALLBACK_ESTABLISHED:
		return web_socket_established(c);
	case LWS_CALLBACK_RECEIVE:
		return web_socket_receive(c, in, len);
	case LWS_CALLBACK_SERVER_WRITEABLE:
		return web_socket_writable(c);
	case LWS_CALLBACK_CLOSED:
		web_socket_closed(c);
		return 0;
	default:
		return 0;
	}
}

static int handle_lws(
		struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in, size_t len)
{
	struct web_conn *c = wsi ? lws_get_opaque_user_data(wsi) : NULL;

	if (reason == LWS_CALLBACK_OPENSSL_LOAD_EXTRA_SERVER_VERIFY_CERTS) {
		struct web *web = lws_context_user(lws_get_context(wsi));

		tls_adopt_context(web->relay->tls, user);
		return 0;
	}
	if (reason == LWS_CALLBACK_WSI_CREATE) {
		/* From now on WSI_DESTROY will come for it, whatever adoption says. */
		struct web *web = lws_context_user(lws_get_context(wsi));

		if (web->adopting)
			lws_set_opaque_user_data(wsi, take_ptr(web->adopting));
		return 0;
	}
	if (!c)
		return 0; /* libwebsockets' own */
	switch (reason) {
	case LWS_CALLBACK_WSI_DESTROY:
		lws_set_opaque_user_data(wsi, NULL);
		conn_free(c);
		return 0;
	case LWS_CALLBACK_CLOSED_HTTP:
		web_api_drop(c);
		return 0;
	case LWS_CALLBACK_RAW_ADOPT: /* what was left of HTTP when somebody sent CONNECT */
	case LWS_CALLBACK_RAW_RX:
		return -1;
	case LWS_CALLBACK_HTTP:
	case LWS_CALLBACK_HTTP_BODY:
	case LWS_CALLBACK_HTTP_BODY_COMPLETION:
	case LWS_CALLBACK_HTTP_WRITEABLE:
	case LWS_CALLBACK_HTTP_CONFIRM_UPGRADE:
		c->wsi = wsi;
		return handle_http(c, reason, in, len);
	default:
		c->wsi = wsi;
		return handle_socket(c, reason, in, len);
	}
}

/* --- start and end --- */

static void handle_log(int level, const char *line)
{
	log_debug("libwebsockets (%d): %s", level, line);
}

static int context_open(struct web *web, char **ret_error)
{
	void *loops[] = { web->relay->loop };
	struct lws_context_creation_info info = {
		.options = LWS_SERVER_OPTION_LIBUV | LWS_SERVER_OPTION_EXPLICIT_VHOSTS |
			   LWS_SERVER_OPTION_DO_SSL_GLOBAL_INIT,
		.foreign_loops = loops,
		.pcontext = &web->context,
		.user = web,
		.max_http_header_data = HEADER_MAX,
		.pt_serv_buf_size = READ_BUFFER,
		.timeout_secs = HANDSHAKE_S,
		.timeout_secs_ah_idle = HANDSHAKE_S,
		.server_string = "stationmaster",
		.port = CONTEXT_PORT_NO_LISTEN,
	};

	lws_set_log_level(LLL_ERR | LLL_WARN, handle_log);
	web->context = lws_create_context(&info);
	if (web->context)
		return 0;
	*ret_error = str_format(
			"cannot start the web service: libwebsockets has no plug-in for libuv; "
			"install the package libwebsockets-evlib-uv");
	return -EIO;
}

static int vhost_open(struct web *web, bool secure, char **ret_error)
{
	struct lws_context_creation_info info = {
		.options = 0,
		.port = CONTEXT_PORT_NO_LISTEN_SERVER,
		.vhost_name = secure ? "https" : "http",
		.protocols = protocols,
		.alpn = "http/1.1",
		.keepalive_timeout = KEEPALIVE_S,
		.server_string = "stationmaster",
		.timeout_secs = HANDSHAKE_S,
	};

	if (secure) {
		info.options = LWS_SERVER_OPTION_DO_SSL_GLOBAL_INIT;
		info.ssl_cert_filepath = tls_certificate_path(web->relay->tls);
		info.ssl_private_key_filepath = tls_key_path(web->relay->tls);
		info.ssl_options_set =
				(long)(SSL_OP_NO_SSLv3 | SSL_OP_NO_TLSv1 | SSL_OP_NO_TLSv1_1 |
						SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION);
	}
	web->vhosts[secure ? 0 : 1] = lws_create_vhost(web->context, &info);
	if (web->vhosts[secure ? 0 : 1])
		return 0;
	*ret_error = str_format(
			"cannot start %s: libwebsockets refuses the certificate %s or its key",
			secure ? "HTTPS" : "HTTP", secure ? info.ssl_cert_filepath : "");
	return -EIO;
}

static int listener_open(struct web *web, bool secure, const char *listen, char **ret_error)
{
	_cleanup_free_ char *host = NULL;
	struct listener_options options = { .what = secure ? "HTTPS" : "HTTP without encryption",
		.listen = listen,
		.loopback_only = !secure };
	int r;

	if (str_is_empty(listen))
		return 0;
	r = conf_parse_listen(listen, &host, &options.port);
	if (r < 0) {
		*ret_error = str_format(
				"cannot listen for %s on '%s': this must be a numeric address "
				"and a port, as in 0.0.0.0:8443",
				options.what, listen);
		return r;
	}
	options.host = host;
	r = vhost_open(web, secure, ret_error);
	if (r < 0)
		return r;
	r = listener_new(web->relay->loop, &options,
			secure ? handle_accept_tls : handle_accept_clear, web,
			&web->listeners[secure ? 0 : 1], ret_error);
	if (r == 0)
		log_info("listening for %s on %s", options.what, listen);
	return r;
}

static void files_open(struct web *web)
{
	const char *root = web->relay->conf->web_root;
	int r;

	r = web_files_new(root, &web->files);
	if (r < 0)
		log_warning("the pages cannot be read from %s (%s); the addresses / and /station say "
			    "so until they are installed and station-relay is restarted",
				root, strerror(-r));
}

int web_new(struct relay *relay, struct web **ret, char **ret_error)
{
	static const struct peers_limits limits = { .total = CONNECTIONS_MAX,
		.per_address = CONNECTIONS_PER_ADDRESS_MAX,
		.half_open_per_address = HALF_OPEN_PER_ADDRESS_MAX };
	struct web *web = calloc(1, sizeof(*web));
	int r;

	*ret_error = NULL;
	if (!web)
		return -ENOMEM;
	web->relay = relay;
	list_init(&web->conns);
	list_init(&web->deadlines);
	web->clock = calloc(1, sizeof(*web->clock));
	if (!web->clock) {
		free(web);
		return -ENOMEM;
	}
	uv_timer_init(relay->loop, web->clock);
	web->clock->data = web;
	*ret = web; /* also after an error: web_stop() and web_free() release what there is */
	web->scratch = malloc(LWS_PRE + WEB_SCRATCH);
	if (!web->scratch)
		return -ENOMEM;
	r = peers_new(&limits, &web->peers);
	if (r < 0)
		return r;
	r = proxies_new(relay->conf->web_proxy, &web->proxies, ret_error);
	if (r < 0)
		return r;
	files_open(web);
	r = context_open(web, ret_error);
	if (r == 0)
		r = listener_open(web, true, relay->conf->web_listen, ret_error);
	if (r == 0)
		r = listener_open(web, false, relay->conf->web_clear_listen, ret_error);
	return r;
}

static void handle_clock_closed(uv_handle_t *t)
{
	free(t);
}

void web_stop(struct web *web)
{
	if (!web || web->stopping)
		return;
	web->stopping = true;
	uv_close((uv_handle_t *)web->clock, handle_clock_closed);
	for (size_t i = 0; i < ELEMENTSOF(web->listeners); i++)
		web->listeners[i] = listener_free(web->listeners[i]);
	if (web->context)
		lws_context_destroy(web->context);
}

struct web *web_free(struct web *web)
{
	if (!web)
		return NULL;
	if (web->context)
		lws_context_destroy(web->context); /* the second half, once libuv has let go */
	web_files_free(web->files);
	peers_free(web->peers);
	proxies_free(web->proxies);
	free(web->scratch);
	free(web);
	return NULL;
}
