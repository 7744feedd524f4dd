/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Connections of station-seat. Only its user and root are listened to: whoever is a local station
 * sees its session without a log-in. Until a connection has said HELLO it is here, for a short
 * time; then it is a station.
 */
#include "relay/seat-listener.h"

#include <errno.h>
#include <pwd.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <uv.h>

#include "base/cleanup.h"
#include "base/fd.h"
#include "base/list.h"
#include "base/log.h"
#include "base/str.h"
#include "relay/notify.h"
#include "relay/relay.h"
#include "relay/station-local.h"

#define SEAT_USER "station-seat"

enum {
	CONNECTIONS_MAX = 128, /* screens of one computer, and what comes again meanwhile */
	HELLO_MS = 5000,
	BACKLOG = 64,
};

struct seat_listener {
	struct relay *relay;
	int fd;
	uv_poll_t *poll;
	struct list waiting; /* for HELLO */
	unsigned n;          /* connections, also those that are stations */
};

struct seat_conn {
	struct list link;
	struct seat_listener *listener;
	int fd; /* -EBADF: a station has it */
	uv_poll_t poll;
	uv_timer_t limit;
	unsigned n_handles;
};

static void handle_conn_closed(uv_handle_t *h)
{
	struct seat_conn *c = h->data;

	if (--c->n_handles > 0)
		return;
	if (c->fd >= 0)
		close(c->fd);
	free(c);
}

/* The connection is a station, or ends. */
static void conn_leave(struct seat_conn *c)
{
	list_remove(&c->link);
	uv_close((uv_handle_t *)&c->poll, handle_conn_closed);
	uv_close((uv_handle_t *)&c->limit, handle_conn_closed);
}

static void conn_end(struct seat_conn *c, const char *reason)
{
	log_notice("connection of a seat ended: %s", reason);
	c->listener->n--;
	shutdown(c->fd, SHUT_RDWR);
	conn_leave(c);
}

static void handle_station_gone(void *userdata)
{
	struct seat_listener *l = userdata;

	l->n--;
}

static const struct local_station_events station_events = { .handle_gone = handle_station_gone };

/* --- HELLO --- */

static void handle_limit(uv_timer_t *t)
{
	conn_end(t->data, "it did not say in time which screen it is");
}

static void take_hello(struct seat_conn *c, struct seat_message *hello)
{
	struct seat_listener *l = c->listener;
	int fd = c->fd, r;

	if (hello->hello.version != SEAT_VERSION) {
		conn_end(c, "it is of another version; restart station-seat and station-relay");
		return;
	}
	/* libuv wants one handle for a descriptor. */
	uv_poll_stop(&c->poll);
	r = local_station_new(l->relay, fd, hello, &station_events, l);
	if (r < 0) {
		conn_end(c, strerror(-r));
		return;
	}
	c->fd = -EBADF;
	conn_leave(c);
}

static void handle_conn(uv_poll_t *p, int status, int events)
{
	struct seat_conn *c = p->data;
	uint8_t data[SEAT_MESSAGE_MAX];
	struct seat_message m = { 0 };
	ssize_t n;

	(void)events;
	n = status < 0 ? 0 : recv(c->fd, data, sizeof(data), MSG_TRUNC | MSG_DONTWAIT);
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n <= 0)
		conn_end(c, "it has left");
	else if ((size_t)n > sizeof(data) ||
			seat_message_parse(data, (size_t)n, SEAT_SENDER_SEAT, &m) < 0 ||
			m.type != SEAT_HELLO)
		conn_end(c, "its greeting is none");
	else
		take_hello(c, &m);
	explicit_bzero(data, sizeof(data));
	explicit_bzero(&m, sizeof(m));
}

/* --- accept --- */

static bool is_allowed(int fd)
{
	struct passwd entry, *found = NULL;
	struct ucred peer;
	char strings[1024];

	if (fd_peer_cred(fd, &peer) < 0)
		return false;
	if (peer.uid == 0)
		return true;
	if (getpwnam_r(SEAT_USER, &entry, strings, sizeof(strings), &found) != 0 || !found)
		return false;
	return peer.uid == found->pw_uid;
}

static void handle_accept(uv_poll_t *p, int status, int events)
{
	struct seat_listener *l = p->data;
	struct seat_conn *c;
	int fd;

	(void)events;
	fd = status < 0 ? -1 : accept4(l->fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
	if (fd < 0)
		return;
	if (!is_allowed(fd)) {
		log_warning("connection to the seats' socket refused: neither root nor " SEAT_USER);
		close(fd);
		return;
	}
	c = l->n < CONNECTIONS_MAX ? calloc(1, sizeof(*c)) : NULL;
	if (!c || uv_poll_init(l->relay->loop, &c->poll, fd) < 0) {
		log_warning("connection of a seat refused: too many, or no memory");
		free(c);
		close(fd);
		return;
	}
	uv_timer_init(l->relay->loop, &c->limit);
	c->poll.data = c->limit.data = c;
	c->n_handles = 2;
	c->listener = l;
	c->fd = fd;
	l->n++;
	list_add_tail(&l->waiting, &c->link);
	uv_poll_start(&c->poll, UV_READABLE, handle_conn);
	uv_timer_start(&c->limit, handle_limit, HELLO_MS, 0);
}

static int listen_at(const char *path, char **ret_error)
{
	struct sockaddr_un sun = { .sun_family = AF_UNIX };
	_cleanup_close_ int fd = -EBADF;

	if (!str_copy(sun.sun_path, sizeof(sun.sun_path), path))
		return -ENAMETOOLONG;
	fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return -errno;
	(void)unlink(path);
	if (bind(fd, (struct sockaddr *)&sun, sizeof(sun)) < 0 || listen(fd, BACKLOG) < 0) {
		int r = -errno;

		*ret_error = str_format("cannot listen at %s: %s", path, strerror(-r));
		return r;
	}
	return take_fd(&fd);
}

int seat_listener_new(
		struct relay *relay, const char *path, struct seat_listener **ret, char **ret_error)
{
	struct seat_listener *l;
	int fd, r;

	*ret = NULL;
	fd = path ? listen_at(path, ret_error) : notify_take_socket("seat");
	if (fd == -ENOENT && !path)
		return 0;
	if (fd < 0)
		return fd;
	l = calloc(1, sizeof(*l));
	if (l)
		l->poll = calloc(1, sizeof(*l->poll));
	r = l && l->poll ? uv_poll_init(relay->loop, l->poll, fd) : -ENOMEM;
	if (r < 0) {
		close(fd);
		if (l)
			free(l->poll);
		free(l);
		return r;
	}
	l->relay = relay;
	l->fd = fd;
	l->poll->data = l;
	list_init(&l->waiting);
	uv_poll_start(l->poll, UV_READABLE, handle_accept);
	log_info("listening for local stations");
	*ret = l;
	return 0;
}

static void handle_poll_closed(uv_handle_t *h)
{
	free(h);
}

void seat_listener_stop(struct seat_listener *l)
{
	if (!l || !l->poll)
		return;
	uv_close((uv_handle_t *)l->poll, handle_poll_closed);
	l->poll = NULL;
	close(l->fd);
	while (!list_is_empty(&l->waiting))
		conn_end(list_entry(l->waiting.next, struct seat_conn, link), "the relay stops");
}

struct seat_listener *seat_listener_free(struct seat_listener *l)
{
	if (!l)
		return NULL;
	seat_listener_stop(l);
	free(l);
	return NULL;
}
