/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * RDP connections. What the protocol is full of (channels, caches, codecs) is xrdp's work, in a
 * unit without a network. Here is what has to be known to make the client a station, and what must
 * not be left to xrdp:
 *
 *   request ─► TLS ─► client ─► info ─► open
 *
 *   TLS     ends here, with the certificate of the system; TLS is a must.
 *   client  name of the computer, size of its screen. Only now xrdp is asked.
 *   info    user and password go to PAM, never to xrdp. It gets a password for this one time, with
 *           which its VNC module asks for the pictures (rdp-pixels.c), and the order to do that at
 *           once, without a log-in window of its own.
 *   open    bytes are passed on, as fast as the slower side takes them.
 *
 * A connection and its station are two objects. The end of the connection makes xrdp end the
 * station; the end of the station has to end the connection (rdp_end_guest()), because xrdp, while
 * it begins to ask for pictures, would show a log-in window of its own instead.
 */
#include "relay/rdp.h"

#include <string.h>

#include "base/buf.h"
#include "base/fd.h"
#include "base/log.h"
#include "base/str.h"
#include "io/listener.h"
#include "io/stream-tcp.h"
#include "relay/notify.h"
#include "relay/relay.h"
#include "relay/tls.h"

enum {
	CONNECTIONS_MAX = 512,
	CONNECTIONS_PER_ADDRESS_MAX = 128,
	HALF_OPEN_PER_ADDRESS_MAX = 32,
	HANDSHAKE_MS = 30 * 1000,
	PENDING_HIGH = 512 * 1024, /* bytes that one side may be behind */
	PACKETS_MAX = 128,         /* before the Client Info: one for each channel, and some */
	RETRY_MS = 10 * 1000,      /* for a port that is in use */
};

struct rdp {
	struct relay *relay;
	const char *xrdp_socket;
	struct listener_options listen;
	char *host;
	struct listener *listener; /* NULL: the port is in use */
	bool was_told;             /* that it is */
	uv_timer_t *retry;
	struct peers *peers;
	struct rdp_pixels *pixels;
	struct list conns;
	uint64_t last_id;
};

enum state { STATE_REQUEST, STATE_TLS, STATE_CLIENT, STATE_INFO, STATE_OPEN };

struct conn {
	struct list link;
	struct peer_conn peer;
	struct rdp *rdp;
	struct stream *client, *xrdp; /* NULL: not yet, or gone */
	uv_timer_t deadline;
	enum state state;
	struct buf in, from_xrdp; /* until packets are not looked at any more */
	uint32_t protocols;
	unsigned n_packets;
	bool confirmed; /* xrdp's answer to the request was taken */
	uint64_t id;
	struct rdp_guest *guest; /* NULL: a station has it */
};

struct rdp_guest *rdp_guest_free(struct rdp_guest *g)
{
	if (!g)
		return NULL;
	str_wipe_free(g->log_in_password);
	free(g->user);
	explicit_bzero(g, sizeof(*g));
	free(g);
	return NULL;
}

static void handle_deadline_closed(uv_handle_t *h)
{
	free(h->data);
}

static void conn_free(struct conn *c)
{
	if (c->client)
		stream_close(c->client);
	if (c->xrdp)
		stream_close(c->xrdp);
	c->client = c->xrdp = NULL;
	peers_remove(&c->peer);
	list_remove(&c->link);
	buf_done(&c->in);
	buf_done(&c->from_xrdp);
	c->guest = rdp_guest_free(c->guest);
	uv_close((uv_handle_t *)&c->deadline, handle_deadline_closed);
}

static void conn_fail(struct conn *c, const char *why)
{
	log_info("RDP connection ended: %s peer=%s", why, c->client ? c->client->peer : "?");
	conn_free(c);
}

/* --- bytes --- */

/* from is not read while to has enough to do. */
static void pass(struct stream *from, struct stream *to, const uint8_t *data, size_t len)
{
	/* An error is told by the stream itself. */
	(void)stream_write_bytes(to, data, len);
	if (stream_pending(to) > PENDING_HIGH)
		stream_tcp_pause(from, true);
}

static void handle_client_drained(struct stream *s, void *userdata)
{
	struct conn *c = userdata;

	(void)s;
	if (c->xrdp)
		stream_tcp_pause(c->xrdp, false);
}

static void handle_xrdp_drained(struct stream *s, void *userdata)
{
	struct conn *c = userdata;

	(void)s;
	if (c->client)
		stream_tcp_pause(c->client, false);
}

/* --- xrdp --- */

static void handle_xrdp_closed(struct stream *s, const char *reason, void *userdata)
{
	struct conn *c = userdata;

	(void)s;
	c->xrdp = NULL;
	if (c->state == STATE_OPEN && c->confirmed)
		conn_free(c);
	else
		conn_fail(c, reason);
}

/* The answer to our request is for us: the client has had one. */
static void handle_xrdp_data(struct stream *s, const uint8_t *data, size_t len, void *userdata)
{
	struct conn *c = userdata;
	int n;

	if (c->confirmed) {
		pass(s, c->client, data, len);
		return;
	}
	if (buf_append(&c->from_xrdp, data, len) < 0) {
		conn_fail(c, "xrdp's answer is too long");
		return;
	}
	n = rdp_packet_measure(buf_head(&c->from_xrdp), buf_len(&c->from_xrdp));
	if (n < 0 || (n > 0 && buf_len(&c->from_xrdp) >= (size_t)n &&
				     !rdp_is_confirm(buf_head(&c->from_xrdp), (size_t)n))) {
		conn_fail(c, "xrdp gave no answer that makes sense");
		return;
	}
	if (n == 0 || buf_len(&c->from_xrdp) < (size_t)n)
		return;
	c->confirmed = true;
	buf_consume(&c->from_xrdp, (size_t)n, 0);
	if (buf_len(&c->from_xrdp) > 0)
		pass(s, c->client, buf_head(&c->from_xrdp), buf_len(&c->from_xrdp));
	buf_done(&c->from_xrdp);
}

static const struct stream_events xrdp_events = {
	.handle_data = handle_xrdp_data,
	.handle_drained = handle_xrdp_drained,
	.handle_closed = handle_xrdp_closed,
};

static int xrdp_connect(struct conn *c)
{
	uint8_t request[RDP_NEGOTIATION_LEN];
	_cleanup_close_ int fd = fd_unix_connect(c->rdp->xrdp_socket);
	int r;

	if (fd < 0)
		return fd;
	r = stream_tcp_new(c->rdp->relay->loop, fd, NULL, &c->xrdp);
	if (r < 0)
		return r;
	take_fd(&fd);
	stream_set_events(c->xrdp, &xrdp_events, c);
	rdp_request_build(request, c->protocols);
	return stream_write_bytes(c->xrdp, request, sizeof(request));
}

/* --- first packets; each returns false where the connection is gone --- */

static bool take_request(struct conn *c, const uint8_t *data, size_t len)
{
	uint8_t answer[RDP_NEGOTIATION_LEN];

	if (rdp_request_parse(data, len, &c->protocols) < 0) {
		conn_fail(c, "not an RDP client");
		return false;
	}
	if (!(c->protocols & RDP_PROTOCOL_TLS)) {
		rdp_refusal_build(answer, RDP_FAILURE_TLS_REQUIRED);
		(void)stream_write_bytes(c->client, answer, sizeof(answer));
		conn_fail(c, "the client does not offer TLS");
		return false;
	}
	/* What comes before TLS would be read as if it had come inside. */
	if (buf_len(&c->in) > len) {
		conn_fail(c, "the client sent data before the encryption was up");
		return false;
	}
	rdp_confirm_build(answer, RDP_PROTOCOL_TLS);
	c->state = STATE_TLS;
	if (stream_write_bytes(c->client, answer, sizeof(answer)) < 0 ||
			c->client->ops->start_tls(c->client) < 0) {
		conn_fail(c, "no memory for TLS");
		return false;
	}
	return true;
}

static bool take_client(struct conn *c, const uint8_t *data, size_t len)
{
	int r;

	if (rdp_client_parse(data, len, &c->guest->client) < 0) {
		conn_fail(c, "the client does not say what it is");
		return false;
	}
	r = xrdp_connect(c);
	if (r < 0) {
		log_warning_errno(r, "xrdp cannot be reached (%s); is station-rdp.service running?",
				c->rdp->xrdp_socket);
		conn_fail(c, "xrdp cannot be reached");
		return false;
	}
	c->state = STATE_INFO;
	(void)stream_write_bytes(c->xrdp, data, len);
	return true;
}

static int credentials_take(struct rdp_guest *g, const struct rdp_info *info)
{
	if (!info->wants_log_in || !*info->user)
		return 0;
	g->user = strdup(info->user);
	g->log_in_password = strdup(info->password);
	return g->user && g->log_in_password ? 0 : -ENOMEM;
}

static int info_take(struct conn *c, const uint8_t *data, size_t len, const struct rdp_info *info)
{
	_cleanup_free_ uint8_t *changed = malloc(len + 256);
	char token[STR_TOKEN_LEN + 1];
	int r;

	if (!changed || credentials_take(c->guest, info) < 0)
		return -ENOMEM;
	r = str_random_token(token);
	if (r < 0)
		return r;
	token[RDP_PASSWORD_LEN] = '\0';
	str_copy(c->guest->password, sizeof(c->guest->password), token);
	explicit_bzero(token, sizeof(token));
	return stream_write_bytes(c->xrdp, changed,
			rdp_info_build(data, len, info, c->guest->password, changed));
}

static bool take_info(struct conn *c, const uint8_t *data, size_t len)
{
	struct rdp_info info;
	int r = rdp_info_parse(data, len, &info);

	if (r < 0 || ++c->n_packets > PACKETS_MAX) {
		conn_fail(c, "the client's first packets make no sense");
		return false;
	}
	if (r == 0) {
		(void)stream_write_bytes(c->xrdp, data, len);
		return true;
	}
	r = info_take(c, data, len, &info);
	explicit_bzero(&info, sizeof(info));
	if (r < 0) {
		conn_fail(c, "no memory");
		return false;
	}
	c->state = STATE_OPEN;
	return true;
}

static bool take_packet(struct conn *c, const uint8_t *data, size_t len)
{
	switch (c->state) {
	case STATE_REQUEST:
		return take_request(c, data, len);
	case STATE_CLIENT:
		return take_client(c, data, len);
	case STATE_INFO:
		return take_info(c, data, len);
	case STATE_TLS:
	case STATE_OPEN:
	default:
		conn_fail(c, "data at the wrong time");
		return false;
	}
}

static void handle_client_data(struct stream *s, const uint8_t *data, size_t len, void *userdata)
{
	struct conn *c = userdata;

	if (c->state == STATE_OPEN) {
		pass(s, c->xrdp, data, len);
		return;
	}
	if (buf_append(&c->in, data, len) < 0) {
		conn_fail(c, "too much at once");
		return;
	}
	while (c->state != STATE_OPEN && buf_len(&c->in) > 0) {
		int n = rdp_packet_measure(buf_head(&c->in), buf_len(&c->in));

		if (n < 0) {
			conn_fail(c, "not an RDP client");
			return;
		}
		if (n == 0 || buf_len(&c->in) < (size_t)n)
			return;
		if (!take_packet(c, buf_head(&c->in), (size_t)n))
			return;
		buf_consume(&c->in, (size_t)n, 1);
	}
	if (c->state == STATE_OPEN && buf_len(&c->in) > 0)
		pass(s, c->xrdp, buf_head(&c->in), buf_len(&c->in));
	if (c->state == STATE_OPEN)
		buf_done(&c->in);
}

static void handle_client_tls(struct stream *s, void *userdata)
{
	struct conn *c = userdata;

	(void)s;
	c->state = STATE_CLIENT;
}

static void handle_client_closed(struct stream *s, const char *reason, void *userdata)
{
	struct conn *c = userdata;

	(void)s;
	log_debug("RDP client left: %s", reason);
	c->client = NULL;
	conn_free(c);
}

static const struct stream_events client_events = {
	.handle_data = handle_client_data,
	.handle_drained = handle_client_drained,
	.handle_tls = handle_client_tls,
	.handle_closed = handle_client_closed,
};

/* --- pictures are asked for --- */

struct rdp_guest *rdp_take_guest(struct rdp *rdp, const uint8_t challenge[RDP_CHALLENGE_LEN],
		const uint8_t response[RDP_CHALLENGE_LEN])
{
	struct list *l;

	list_for_each (l, &rdp->conns) {
		struct conn *c = list_entry(l, struct conn, link);

		if (c->state != STATE_OPEN || !c->guest ||
				!rdp_answers(c->guest->password, challenge, response))
			continue;
		peers_establish(&c->peer);
		uv_timer_stop(&c->deadline);
		return take_ptr(c->guest);
	}
	return NULL;
}

void rdp_end_guest(struct rdp *rdp, uint64_t id)
{
	struct list *l;

	list_for_each (l, &rdp->conns) {
		struct conn *c = list_entry(l, struct conn, link);

		if (c->id == id) {
			conn_free(c);
			return;
		}
	}
}

/* --- accept --- */

static void handle_deadline(uv_timer_t *t)
{
	conn_fail(t->data, "the connection was not up in time");
}

static void handle_drop(struct peer_conn *p)
{
	conn_fail((struct conn *)((char *)p - offsetof(struct conn, peer)),
			"too many connections of this address are half open");
}

static struct conn *conn_new(struct rdp *rdp)
{
	struct conn *c = calloc(1, sizeof(*c));

	if (!c)
		return NULL;
	c->guest = calloc(1, sizeof(*c->guest));
	if (!c->guest) {
		free(c);
		return NULL;
	}
	c->rdp = rdp;
	c->id = c->guest->id = ++rdp->last_id;
	c->peer.handle_drop = handle_drop;
	buf_init(&c->in, 2 * RDP_PACKET_MAX + 64 * 1024);
	buf_init(&c->from_xrdp, 2 * RDP_PACKET_MAX + 64 * 1024);
	list_add_tail(&rdp->conns, &c->link);
	uv_timer_init(rdp->relay->loop, &c->deadline);
	c->deadline.data = c;
	uv_timer_start(&c->deadline, handle_deadline, HANDSHAKE_MS, 0);
	return c;
}

static void handle_accept(int fd, const struct sockaddr *peer, void *userdata)
{
	struct rdp *rdp = userdata;
	struct conn *c = conn_new(rdp);
	int r;

	if (!c) {
		close(fd);
		return;
	}
	r = peers_add(rdp->peers, peer, &c->peer);
	if (r == 0)
		r = stream_tcp_new(rdp->relay->loop, fd, tls_context(rdp->relay->tls), &c->client);
	if (r < 0) {
		log_debug("RDP connection refused: %s", strerror(-r));
		close(fd);
		conn_free(c);
		return;
	}
	str_copy(c->guest->address, sizeof(c->guest->address), c->client->peer);
	stream_set_events(c->client, &client_events, c);
}

/* --- all of it --- */

static void listen_try(struct rdp *rdp);

static void handle_retry(uv_timer_t *t)
{
	listen_try(t->data);
}

/* Another program may have the port, xrdp's own service most likely: that is no reason for browsers
 * and VNC viewers to wait. */
static void listen_try(struct rdp *rdp)
{
	_cleanup_free_ char *error = NULL;

	if (listener_new(rdp->relay->loop, &rdp->listen, handle_accept, rdp, &rdp->listener,
			    &error) == 0) {
		log_info("listening for RDP on %s", rdp->listen.listen);
		return;
	}
	if (!rdp->was_told)
		log_error("%s; until then there are no RDP stations",
				error ? error : "no memory to listen for RDP");
	rdp->was_told = true;
	uv_timer_start(rdp->retry, handle_retry, RETRY_MS, 0);
}

static int rdp_open(struct rdp *rdp, int fd)
{
	static const struct peers_limits limits = { .total = CONNECTIONS_MAX,
		.per_address = CONNECTIONS_PER_ADDRESS_MAX,
		.half_open_per_address = HALF_OPEN_PER_ADDRESS_MAX };
	int r;

	r = peers_new(&limits, &rdp->peers);
	if (r < 0)
		return r;
	rdp->retry = calloc(1, sizeof(*rdp->retry));
	if (!rdp->retry)
		return -ENOMEM;
	uv_timer_init(rdp->relay->loop, rdp->retry);
	rdp->retry->data = rdp;
	return rdp_pixels_new(rdp->relay, rdp, fd, &rdp->pixels);
}

int rdp_new(struct relay *relay, const char *xrdp_socket, struct rdp **ret, char **ret_error)
{
	const char *listen = relay->conf->rdp_listen;
	struct rdp *rdp;
	int fd, r;

	*ret_error = NULL;
	*ret = NULL;
	if (str_is_empty(listen))
		return 0;
	fd = notify_take_socket(RDP_PIXELS_SOCKET);
	if (fd < 0) {
		log_error("there are no RDP stations: the relay was started without its socket "
			  "for xrdp (station-relay-rdp.socket)");
		return 0;
	}
	rdp = calloc(1, sizeof(*rdp));
	if (!rdp) {
		close(fd);
		return -ENOMEM;
	}
	list_init(&rdp->conns);
	rdp->relay = relay;
	rdp->xrdp_socket = xrdp_socket;
	rdp->listen = (struct listener_options){ .what = "RDP", .listen = listen };
	r = conf_parse_listen(listen, &rdp->host, &rdp->listen.port);
	rdp->listen.host = rdp->host;
	if (r == 0)
		r = rdp_open(rdp, fd);
	else
		close(fd);
	if (r < 0) {
		rdp_free(rdp);
		return r;
	}
	listen_try(rdp);
	*ret = rdp;
	return 0;
}

static void handle_retry_closed(uv_handle_t *h)
{
	free(h);
}

void rdp_stop(struct rdp *rdp)
{
	if (!rdp)
		return;
	rdp->listener = listener_free(rdp->listener);
	if (rdp->retry)
		uv_close((uv_handle_t *)take_ptr(rdp->retry), handle_retry_closed);
	while (!list_is_empty(&rdp->conns))
		conn_free(list_entry(rdp->conns.next, struct conn, link));
	rdp->pixels = rdp_pixels_free(rdp->pixels);
}

struct rdp *rdp_free(struct rdp *rdp)
{
	if (!rdp)
		return NULL;
	rdp_stop(rdp);
	peers_free(rdp->peers);
	free(rdp->host);
	free(rdp);
	return NULL;
}
