/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Listening and accepting. Anybody on the system may connect to api.sock, so everything is bounded:
 * connections in all and per uid, bytes queued (PEER_OUT_PAUSE), accepts per turn. When descriptors
 * run out a spare one is given up to take and close the connection; otherwise the socket would stay
 * readable and the loop would spin.
 *
 * On relay.sock only the account of the relay (or root) is served, on seat.sock that of
 * station-seat, whatever the file's mode says.
 */
#include "hostd/server.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <systemd/sd-daemon.h>

#include "base/fd.h"
#include "base/log.h"
#include "base/str.h"
#include "hostd/api.h"
#include "hostd/host.h"
#include "hostd/login.h"
#include "hostd/names.h"
#include "hostd/projection.h"
#include "hostd/station.h"
#include "hostd/view.h"
#include "ipc/varlink-event.h"

enum { ACCEPTS_PER_TURN = 16 };

enum door { DOOR_API, DOOR_RELAY, DOOR_SEAT };

static const struct {
	const char *name, *path;
	mode_t mode;
} doors[] = {
	[DOOR_API] = { "api", HOST_RUN_PATH "/api.sock", 0666 },
	[DOOR_RELAY] = { "relay", HOST_RUN_PATH "/relay.sock", 0660 },
	[DOOR_SEAT] = { "seat", HOST_RUN_PATH "/seat.sock", 0660 },
};

struct listener {
	struct server *server;
	int fd;
	enum door door;
	sd_event_source *source;
};

struct server {
	struct host *host;
	struct listener listeners[ELEMENTSOF(doors)];
	struct list peers;
	unsigned n_peers;
	int spare_fd;
};

static void peer_free(struct peer *p)
{
	struct server *s = p->host->server;

	list_remove(&p->link);
	s->n_peers--;
	names_forget(p->host->names, p);
	varlink_event_done(&p->source);
	varlink_free(p->conn);
	free(p);
}

static void handle_closed(struct varlink *v, int error, void *userdata)
{
	struct peer *p = userdata;
	struct host *h = p->host;

	if (error != -ECONNRESET && error != -EPIPE)
		log_info("connection ended: %s user=%s", strerror(-error), p->caller.user);
	login_peer_gone(h, p);
	station_peer_gone(h, p);
	projection_peer_gone(h, p);
	view_peer_gone(h, p);
	if (p->relay)
		log_info("the relay's connection ended");
	if (p->seat)
		log_info("the connection of a station-seat ended");
	peer_free(p);
}

static void handle_wants(struct varlink *v, void *userdata)
{
	struct peer *p = userdata;

	varlink_event_update(v, p->source);
}

static void handle_call(struct varlink *v, struct varlink_call *call, void *userdata)
{
	api_handle_call(userdata, call);
}

static const struct varlink_ops ops = {
	.handle_call = handle_call, .handle_closed = handle_closed, .handle_wants = handle_wants
};

static void handle_name(const char *user, const char *full_name, void *userdata)
{
	struct peer *p = userdata;

	str_copy(p->caller.user, sizeof(p->caller.user), user);
	str_copy(p->caller.full_name, sizeof(p->caller.full_name), full_name);
	if (varlink_event_add(p->host->event, p->conn, &p->source) < 0) {
		log_error("out of memory");
		peer_free(p);
	}
}

static unsigned count_uid(struct server *s, uid_t uid)
{
	struct list *l;
	unsigned n = 0;

	list_for_each (l, &s->peers) {
		struct peer *p = list_entry(l, struct peer, link);

		n += !p->relay && !p->seat && p->caller.uid == uid;
	}
	return n;
}

static bool limits_allow(struct server *s, uid_t uid)
{
	if (uid == 0)
		return s->n_peers < PEERS_MAX;
	return s->n_peers < PEERS_MAX - PEERS_RESERVED && count_uid(s, uid) < PEERS_PER_UID_MAX;
}

static int peer_identify(struct host *h, int fd, enum door door, struct caller *ret)
{
	_cleanup_free_ gid_t *groups = NULL;
	struct ucred cred;
	size_t n = 0;
	int r;

	r = fd_peer_cred(fd, &cred);
	if (r < 0)
		return r;
	if (door == DOOR_RELAY && cred.uid != 0 && cred.uid != h->relay_uid)
		return -EACCES;
	if (door == DOOR_SEAT && cred.uid != 0 && cred.uid != h->seat_uid)
		return -EACCES;
	if (door == DOOR_API) {
		r = fd_peer_groups(fd, &groups, &n);
		if (r < 0)
			return r;
	}
	*ret = (struct caller){ .uid = cred.uid,
		.role = door != DOOR_API
					? ROLE_STANDARD
					: role_of_peer(&h->groups, cred.uid, cred.gid, groups, n) };
	str_copy(ret->from, sizeof(ret->from), door == DOOR_API ? "local" : doors[door].name);
	return 0;
}

/* Takes fd. */
static int peer_new_consume(struct server *s, int fd, enum door door)
{
	const bool relay = door == DOOR_RELAY;
	const struct varlink_options options = { .in_max = VARLINK_MESSAGE_MAX,
		.accept_token = relay,
		.accept_id = true,
		.out_pause = door == DOOR_API ? PEER_OUT_PAUSE : 0 };
	_cleanup_close_ int owned = fd;
	struct caller caller;
	struct peer *p;
	int r;

	r = peer_identify(s->host, owned, door, &caller);
	if (r < 0)
		return r;
	if (!limits_allow(s, caller.uid))
		return -EDQUOT;
	p = calloc(1, sizeof(*p));
	if (!p)
		return -ENOMEM;
	p->host = s->host;
	p->relay = relay;
	p->seat = door == DOOR_SEAT;
	p->caller = caller;
	r = varlink_new(owned, &options, &ops, p, &p->conn);
	if (r < 0) {
		free(p);
		return r;
	}
	take_fd(&owned);
	list_add_tail(&s->peers, &p->link);
	s->n_peers++;
	if (door != DOOR_API) {
		const char *name = relay ? HOST_RELAY_USER : HOST_SEAT_USER;

		log_info("%s has connected uid=%u", name, (unsigned)caller.uid);
		handle_name(name, name, p);
		return 0;
	}
	r = names_find(s->host->names, caller.uid, handle_name, p);
	if (r < 0)
		peer_free(p);
	return r;
}

/* No descriptor is free: take the connection with the spare one and end it. */
static void refuse_one(struct server *s, int listen_fd)
{
	int fd;

	s->spare_fd = safe_close(s->spare_fd);
	fd = accept4(listen_fd, NULL, NULL, SOCK_CLOEXEC);
	safe_close(fd);
	s->spare_fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
	log_error("out of file descriptors: a connection was refused");
}

static int handle_accept(sd_event_source *source, int fd, uint32_t revents, void *userdata)
{
	struct listener *l = userdata;

	for (int i = 0; i < ACCEPTS_PER_TURN; i++) {
		int conn = accept4(fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK), r;

		if (conn < 0) {
			if (errno == EMFILE || errno == ENFILE)
				refuse_one(l->server, fd);
			break;
		}
		r = peer_new_consume(l->server, conn, l->door);
		if (r == -EACCES)
			log_warning("a stranger tried %s.sock", doors[l->door].name);
		else if (r == -EDQUOT)
			log_debug("too many connections, one was refused");
		else if (r < 0)
			log_warning_errno(r, "a connection was refused");
	}
	return 0;
}

static int listener_start(struct server *s, struct listener *l)
{
	const char *path = doors[l->door].path;
	gid_t gid = l->door == DOOR_RELAY  ? s->host->relay_gid
		    : l->door == DOOR_SEAT ? s->host->seat_gid
					   : (gid_t)-1;
	int r;

	if (l->fd < 0) {
		l->fd = fd_unix_listen(path, doors[l->door].mode);
		if (l->fd < 0)
			return log_error_errno(l->fd, "cannot listen on %s", path);
		if (gid != (gid_t)-1 && chown(path, 0, gid) < 0)
			log_warning_errno(-errno, "cannot give %s to its group", path);
	}
	r = fcntl(l->fd, F_GETFL);
	if (r < 0 || fcntl(l->fd, F_SETFL, r | O_NONBLOCK) < 0)
		return -errno;
	return sd_event_add_io(s->host->event, &l->source, l->fd, EPOLLIN, handle_accept, l);
}

static struct listener *find_listener(struct server *s, const char *name)
{
	for (size_t i = 0; i < ELEMENTSOF(doors); i++)
		if (streq(doors[i].name, name) && s->listeners[i].fd < 0)
			return &s->listeners[i];
	return NULL;
}

static int take_systemd_sockets(struct server *s)
{
	char **names = NULL;
	int n, r = 0;

	n = sd_listen_fds_with_names(1, &names);
	for (int i = 0; i < n; i++) {
		int fd = SD_LISTEN_FDS_START + i;
		struct listener *l = find_listener(s, names[i]);

		if (l)
			l->fd = fd;
		else
			r = -EINVAL;
		if (sd_is_socket_unix(fd, SOCK_STREAM, 1, NULL, 0) <= 0)
			r = -EINVAL;
	}
	for (int i = 0; i < n; i++)
		free(names[i]);
	free(names);
	if (n < 0)
		return n;
	return r < 0 ? log_error_errno(r, "systemd passed sockets that are not \"api\", "
					  "\"relay\" and \"seat\"; see stationd.socket")
		     : 0;
}

int server_new(struct host *h, struct server **ret)
{
	struct server *s = calloc(1, sizeof(*s));
	int r;

	if (!s)
		return -ENOMEM;
	s->host = h;
	for (size_t i = 0; i < ELEMENTSOF(doors); i++)
		s->listeners[i] = (struct listener){
			.server = s, .fd = -EBADF, .door = (enum door)i
		};
	list_init(&s->peers);
	s->spare_fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
	r = take_systemd_sockets(s);
	for (size_t i = 0; r >= 0 && i < ELEMENTSOF(doors); i++)
		r = listener_start(s, &s->listeners[i]);
	if (r < 0) {
		server_free(s);
		return r;
	}
	*ret = s;
	return 0;
}

static void listener_done(struct listener *l)
{
	sd_event_source_disable_unref(l->source);
	safe_close(l->fd);
}

struct server *server_free(struct server *s)
{
	struct list *l, *next;

	if (!s)
		return NULL;
	for (size_t i = 0; i < ELEMENTSOF(doors); i++)
		listener_done(&s->listeners[i]);
	list_for_each_safe (l, next, &s->peers)
		peer_free(list_entry(l, struct peer, link));
	safe_close(s->spare_fd);
	free(s);
	return NULL;
}
