/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Listening sockets. A dead peer is found by the kernel (keep-alive and user time-out are set on
 * every connection), so that no timer of ours has to wake up for it.
 *
 * Where the process has no descriptor left, accept(2) fails and the socket stays readable: a spare
 * descriptor is given up for a moment to accept and drop the connection, else the loop would spin.
 */
#include "io/listener.h"

#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>

#include "base/str.h"
#include "io/address.h"

enum {
	ACCEPTS_PER_TURN = 16,
	KEEPALIVE_IDLE_S = 30,
	KEEPALIVE_INTERVAL_S = 5,
	KEEPALIVE_PROBES = 3,
	UNACKED_MS = 30 * 1000,
};

struct listener {
	uv_poll_t poll;
	int fd;
	int spare;
	listener_accept_fn fn;
	void *userdata;
};

static void connection_set_options(int fd)
{
	int one = 1, idle = KEEPALIVE_IDLE_S, interval = KEEPALIVE_INTERVAL_S,
	    probes = KEEPALIVE_PROBES, unacked = UNACKED_MS;

	setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &one, sizeof(one));
	setsockopt(fd, IPPROTO_TCP, TCP_KEEPIDLE, &idle, sizeof(idle));
	setsockopt(fd, IPPROTO_TCP, TCP_KEEPINTVL, &interval, sizeof(interval));
	setsockopt(fd, IPPROTO_TCP, TCP_KEEPCNT, &probes, sizeof(probes));
	setsockopt(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, &unacked, sizeof(unacked));
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
}

static int spare_open(void)
{
	return open("/dev/null", O_RDONLY | O_CLOEXEC);
}

/* 1: go on; 0: nobody waits, or no descriptor. */
static int listener_accept(struct listener *l)
{
	struct sockaddr_storage peer = { 0 };
	socklen_t len = sizeof(peer);
	int fd;

	fd = accept4(l->fd, (struct sockaddr *)&peer, &len, SOCK_CLOEXEC | SOCK_NONBLOCK);
	if (fd >= 0) {
		connection_set_options(fd);
		l->fn(fd, (struct sockaddr *)&peer, l->userdata);
		return 1;
	}
	if ((errno == EMFILE || errno == ENFILE) && l->spare >= 0) {
		l->spare = safe_close(l->spare);
		fd = accept4(l->fd, NULL, NULL, SOCK_CLOEXEC);
		safe_close(fd);
		l->spare = spare_open();
		return fd >= 0;
	}
	/* A connection that failed before it was accepted is no reason to stop. */
	return errno == ECONNABORTED || errno == EINTR || errno == EPROTO;
}

static void handle_poll(uv_poll_t *poll, int status, int events)
{
	struct listener *l = poll->data;

	(void)status, (void)events;
	for (int i = 0; i < ACCEPTS_PER_TURN && !uv_is_closing((uv_handle_t *)poll); i++)
		if (listener_accept(l) == 0)
			break;
}

static int socket_listen(const struct sockaddr_storage *ss, socklen_t len)
{
	_cleanup_close_ int fd = -EBADF;
	int one = 1, zero = 0;

	fd = socket(ss->ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return -errno;
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	if (ss->ss_family == AF_INET6)
		setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &zero, sizeof(zero));
	if (bind(fd, (const struct sockaddr *)ss, len) < 0 || listen(fd, SOMAXCONN) < 0)
		return -errno;
	return take_fd(&fd);
}

static char *listen_error(const struct listener_options *o, int error)
{
	if (error == -EADDRINUSE)
		return str_format("cannot listen for %s on %s: the port is in use by another "
				  "program; stop that program or choose another port in "
				  "stationmaster.conf",
				o->what, o->listen);
	if (error == -EACCES)
		return str_format("cannot listen for %s on %s: ports below 1024 need the "
				  "capability CAP_NET_BIND_SERVICE; choose a higher port in "
				  "stationmaster.conf",
				o->what, o->listen);
	if (error == -EADDRNOTAVAIL)
		return str_format("cannot listen for %s on %s: this computer does not have that "
				  "address",
				o->what, o->listen);
	return str_format("cannot listen for %s on %s: %s", o->what, o->listen, strerror(-error));
}

static int listen_parse(const struct listener_options *o, struct sockaddr_storage *ret,
		socklen_t *ret_len, char **ret_error)
{
	int r;

	r = address_parse(o->host, o->port, ret, ret_len);
	if (r < 0)
		*ret_error = str_format("cannot listen for %s on '%s': this must be a numeric "
					"address and a port, as in 0.0.0.0:8443 or [::1]:8443",
				o->what, o->listen);
	if (r < 0)
		return r;
	if (o->loopback_only && !address_is_loopback((struct sockaddr *)ret)) {
		*ret_error = str_format("refusing to listen for %s on %s: passwords would cross "
					"the network unencrypted; use a loopback address such as "
					"127.0.0.1, or [web] listen for HTTPS",
				o->what, o->listen);
		return -EINVAL;
	}
	return 0;
}

int listener_new(uv_loop_t *loop, const struct listener_options *options, listener_accept_fn fn,
		void *userdata, struct listener **ret, char **ret_error)
{
	struct sockaddr_storage ss;
	_cleanup_close_ int fd = -EBADF;
	struct listener *l;
	socklen_t len;
	int r;

	*ret_error = NULL;
	r = listen_parse(options, &ss, &len, ret_error);
	if (r < 0)
		return r;
	fd = socket_listen(&ss, len);
	/* ":port" on a computer without IPv6. */
	if (fd == -EAFNOSUPPORT && streq(options->host, "::") &&
			address_parse("0.0.0.0", options->port, &ss, &len) == 0)
		fd = socket_listen(&ss, len);
	if (fd < 0) {
		*ret_error = listen_error(options, fd);
		return fd;
	}
	l = calloc(1, sizeof(*l));
	if (!l)
		return -ENOMEM;
	r = uv_poll_init(loop, &l->poll, fd);
	if (r < 0) {
		free(l);
		return r;
	}
	l->poll.data = l;
	l->fd = take_fd(&fd);
	l->spare = spare_open();
	l->fn = fn;
	l->userdata = userdata;
	uv_poll_start(&l->poll, UV_READABLE, handle_poll);
	*ret = l;
	return 0;
}

static void handle_closed(uv_handle_t *h)
{
	struct listener *l = h->data;

	safe_close(l->fd);
	safe_close(l->spare);
	free(l);
}

struct listener *listener_free(struct listener *l)
{
	if (l)
		uv_close((uv_handle_t *)&l->poll, handle_closed);
	return NULL;
}
