/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * VNC connections: accept, limits, and a station for each. A connection is half open until its
 * viewer has finished RFB's handshake (station-vnc.c gives it a time for that).
 */
#include "relay/vnc.h"

#include <string.h>

#include "base/log.h"
#include "base/str.h"
#include "io/listener.h"
#include "io/peers.h"
#include "io/stream-tcp.h"
#include "relay/relay.h"
#include "relay/station-vnc.h"
#include "relay/tls.h"

enum {
	CONNECTIONS_MAX = 1024,
	CONNECTIONS_PER_ADDRESS_MAX = 256, /* thin clients behind one terminal server or router */
	HALF_OPEN_PER_ADDRESS_MAX = 64,
};

struct vnc {
	struct relay *relay;
	struct listener *listener;
	struct peers *peers;
};

struct vnc_conn {
	struct peer_conn peer;
	struct vnc_station *station;
};

static void conn_free(struct vnc_conn *c)
{
	peers_remove(&c->peer);
	free(c);
}

static void handle_established(void *userdata)
{
	struct vnc_conn *c = userdata;

	peers_establish(&c->peer);
}

static void handle_gone(void *userdata)
{
	conn_free(userdata);
}

static const struct vnc_station_events station_events = {
	.handle_established = handle_established,
	.handle_gone = handle_gone,
};

/* Comes from the accept of another connection, never from within this one. */
static void handle_drop(struct peer_conn *p)
{
	struct vnc_conn *c = (struct vnc_conn *)((char *)p - offsetof(struct vnc_conn, peer));

	vnc_station_free(c->station);
}

static void handle_accept(int fd, const struct sockaddr *peer, void *userdata)
{
	struct vnc *vnc = userdata;
	struct stream *stream = NULL;
	struct vnc_conn *c;
	int r;

	c = calloc(1, sizeof(*c));
	if (!c) {
		close(fd);
		return;
	}
	c->peer.handle_drop = handle_drop;
	r = peers_add(vnc->peers, peer, &c->peer);
	if (r == 0)
		r = stream_tcp_new(vnc->relay->loop, fd, tls_context(vnc->relay->tls), &stream);
	if (r < 0) {
		log_debug("VNC connection refused: %s", strerror(-r));
		close(fd);
		conn_free(c);
		return;
	}
	r = vnc_station_new(vnc->relay, stream, &station_events, c, &c->station);
	if (r < 0) {
		log_warning_errno(r, "VNC connection not accepted");
		stream_close(stream);
		conn_free(c);
	}
}

int vnc_new(struct relay *relay, struct vnc **ret, char **ret_error)
{
	static const struct peers_limits limits = { .total = CONNECTIONS_MAX,
		.per_address = CONNECTIONS_PER_ADDRESS_MAX,
		.half_open_per_address = HALF_OPEN_PER_ADDRESS_MAX };
	struct listener_options options = { .what = "VNC", .listen = relay->conf->vnc_listen };
	_cleanup_free_ char *host = NULL;
	struct vnc *vnc;
	int r;

	*ret_error = NULL;
	*ret = NULL;
	if (str_is_empty(options.listen))
		return 0;
	r = conf_parse_listen(options.listen, &host, &options.port);
	if (r < 0) {
		*ret_error = str_format(
				"cannot listen for VNC on '%s': this must be a numeric address "
				"and a port, as in 0.0.0.0:5900",
				options.listen);
		return r;
	}
	options.host = host;
	vnc = calloc(1, sizeof(*vnc));
	if (!vnc)
		return -ENOMEM;
	vnc->relay = relay;
	r = peers_new(&limits, &vnc->peers);
	if (r == 0)
		r = listener_new(relay->loop, &options, handle_accept, vnc, &vnc->listener,
				ret_error);
	if (r < 0) {
		vnc_free(vnc);
		return r;
	}
	log_info("listening for VNC on %s", options.listen);
	*ret = vnc;
	return 0;
}

void vnc_stop(struct vnc *vnc)
{
	if (vnc)
		vnc->listener = listener_free(vnc->listener);
}

struct vnc *vnc_free(struct vnc *vnc)
{
	if (!vnc)
		return NULL;
	vnc_stop(vnc);
	peers_free(vnc->peers);
	free(vnc);
	return NULL;
}
