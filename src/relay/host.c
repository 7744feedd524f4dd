/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Connection to stationd: connect, Serve, orders, reconnect.
 *
 * "Up" begins with the order "ready", the first reply of Serve: before it stationd might not know
 * its sessions yet. While it is away a timer tries every RETRY_MS; there is no timer otherwise.
 * Loss and return are logged once each, not per attempt.
 *
 * Calls of one kind need more than that connection: Varlink has no way to take a call back, so a
 * dashboard that leaves would leave its Watch behind. Each has a connection of its own.
 */
#include "relay/host.h"

#include <assert.h>
#include <string.h>

#include "base/fd.h"
#include "base/log.h"
#include "base/str.h"
#include "relay/varlink-uv.h"

enum { RETRY_MS = 100 };

struct host {
	uv_loop_t *loop;
	const char *path;
	uv_timer_t *retry;
	struct varlink *conn;
	struct varlink_uv *glue;
	struct list watchers;
	bool up;
	int order_fd; /* of the order that is being told */
	int logged;   /* last error that was told */
};

static void host_connect(struct host *h);

static void handle_retry(uv_timer_t *t)
{
	host_connect(t->data);
}

static void host_tell(struct host *h, bool up)
{
	struct list *l, *next;

	if (h->up == up)
		return;
	h->up = up;
	list_for_each_safe (l, next, &h->watchers) {
		struct host_watcher *w = list_entry(l, struct host_watcher, link);

		if (up && w->handle_up)
			w->handle_up(w);
		else if (!up && w->handle_down)
			w->handle_down(w);
	}
}

static void host_log(struct host *h, int error)
{
	if (error == h->logged)
		return;
	h->logged = error;
	if (error == 0)
		log_info("connected to stationd");
	else
		log_warning("stationd cannot be reached at %s (%s); trying again until it can",
				h->path, strerror(-error));
}

static void host_disconnect(struct host *h, int error)
{
	h->glue = varlink_uv_free(h->glue);
	h->conn = varlink_free(h->conn);
	host_log(h, error);
	host_tell(h, false);
	uv_timer_start(h->retry, handle_retry, RETRY_MS, 0);
}

static void handle_closed(struct varlink *v, int error, void *userdata)
{
	(void)v;
	host_disconnect(userdata, error);
}

static void handle_wants(struct varlink *v, void *userdata)
{
	struct host *h = userdata;

	(void)v;
	varlink_uv_update(h->glue);
}

static const struct varlink_ops conn_ops = {
	.handle_closed = handle_closed,
	.handle_wants = handle_wants,
};

static void handle_order(struct varlink *v, const char *error, json_t *parameters, bool continues,
		int fd, void *userdata)
{
	struct host *h = userdata;
	struct list *l, *next;
	const char *order;

	(void)v;
	if (!parameters)
		return; /* the connection ends: handle_closed tells */
	order = json_string_value(json_object_get(parameters, "order"));
	if (error || !continues || !order) {
		/* Wrong uid, or not a stationd that we know: as good as none. */
		log_warning("stationd does not serve this relay: %s", error ? error : "no order");
		host_disconnect(h, -EPROTO);
		return;
	}
	if (streq(order, "ready")) {
		host_log(h, 0);
		host_tell(h, true);
		return;
	}
	h->order_fd = fd;
	list_for_each_safe (l, next, &h->watchers) {
		struct host_watcher *w = list_entry(l, struct host_watcher, link);

		if (w->handle_order)
			w->handle_order(w, order, parameters);
	}
	h->order_fd = -EBADF;
}

static const struct varlink_options conn_options = {
	.in_max = VARLINK_REPLY_MAX,
	.accept_fd = true,
};

static int host_open(struct host *h)
{
	struct varlink_request serve = { .method = "org.stationmaster.Relay.Serve",
		.flags = VARLINK_MORE | VARLINK_WITH_ID };
	_cleanup_close_ int fd = -EBADF;
	int r;

	fd = fd_unix_connect(h->path);
	if (fd < 0)
		return fd;
	r = varlink_new(fd, &conn_options, &conn_ops, h, &h->conn);
	if (r < 0)
		return r;
	take_fd(&fd);
	r = varlink_uv_new(h->loop, h->conn, &h->glue);
	if (r < 0)
		return r;
	return varlink_call(h->conn, &serve, handle_order, h);
}

static void host_connect(struct host *h)
{
	int r;

	r = host_open(h);
	if (r < 0)
		host_disconnect(h, r);
}

int host_new(uv_loop_t *loop, const char *path, struct host **ret)
{
	struct host *h = calloc(1, sizeof(*h));

	if (!h)
		return -ENOMEM;
	h->retry = calloc(1, sizeof(*h->retry));
	if (!h->retry) {
		free(h);
		return -ENOMEM;
	}
	h->loop = loop;
	h->path = path;
	h->order_fd = -EBADF;
	list_init(&h->watchers);
	uv_timer_init(loop, h->retry);
	h->retry->data = h;
	host_connect(h);
	*ret = h;
	return 0;
}

static void handle_timer_closed(uv_handle_t *t)
{
	free(t);
}

struct host *host_free(struct host *h)
{
	if (!h)
		return NULL;
	assert(list_is_empty(&h->watchers));
	h->glue = varlink_uv_free(h->glue);
	h->conn = varlink_free(h->conn);
	uv_close((uv_handle_t *)h->retry, handle_timer_closed);
	free(h);
	return NULL;
}

bool host_is_up(const struct host *h)
{
	return h->up;
}

int host_order_fd(const struct host *h)
{
	return h->order_fd;
}

void host_watch(struct host *h, struct host_watcher *w)
{
	list_add_tail(&h->watchers, &w->link);
}

void host_unwatch(struct host_watcher *w)
{
	list_remove(&w->link);
}

int host_call(struct host *h, const struct varlink_request *request, varlink_reply_fn fn,
		void *userdata)
{
	struct varlink_request with_id = *request;

	if (!h->up) {
		json_decref(request->parameters);
		return -ENOTCONN;
	}
	with_id.flags |= VARLINK_WITH_ID;
	return varlink_call(h->conn, &with_id, fn, userdata);
}

void host_forget(struct host *h, void *userdata)
{
	if (h->conn)
		varlink_forget(h->conn, userdata);
}

/* --- streams --- */

struct host_stream {
	struct varlink *conn;
	struct varlink_uv *glue;
	varlink_reply_fn fn;
	void *userdata;
};

static void handle_stream_wants(struct varlink *v, void *userdata)
{
	struct host_stream *s = userdata;

	(void)v;
	varlink_uv_update(s->glue);
}

static void handle_stream_reply(struct varlink *v, const char *error, json_t *parameters,
		bool continues, int fd, void *userdata)
{
	struct host_stream *s = userdata;

	s->fn(v, error, parameters, continues, fd, s->userdata);
}

/* The open call is told the end; who has none (answered for the last time) needs nothing. */
static void handle_stream_closed(struct varlink *v, int error, void *userdata)
{
	struct host_stream *s = userdata;

	(void)v, (void)error;
	s->glue = varlink_uv_free(s->glue);
}

static const struct varlink_ops stream_ops = {
	.handle_closed = handle_stream_closed,
	.handle_wants = handle_stream_wants,
};

static int stream_open(struct host *h, struct host_stream *s, const struct varlink_request *request)
{
	_cleanup_close_ int fd = -EBADF;
	struct varlink_request copy = *request;
	int r;

	fd = h->up ? fd_unix_connect(h->path) : -ENOTCONN;
	r = fd < 0 ? fd : varlink_new(fd, &conn_options, &stream_ops, s, &s->conn);
	if (r == 0) {
		take_fd(&fd);
		r = varlink_uv_new(h->loop, s->conn, &s->glue);
	}
	if (r < 0) {
		json_decref(copy.parameters);
		return r;
	}
	copy.flags |= VARLINK_WITH_ID | VARLINK_MORE;
	return varlink_call(s->conn, &copy, handle_stream_reply, s);
}

int host_stream_new(struct host *h, const struct varlink_request *request, varlink_reply_fn fn,
		void *userdata, struct host_stream **ret)
{
	struct host_stream *s = calloc(1, sizeof(*s));
	int r;

	if (!s) {
		json_decref(request->parameters);
		return -ENOMEM;
	}
	s->fn = fn;
	s->userdata = userdata;
	r = stream_open(h, s, request);
	if (r < 0) {
		host_stream_free(s);
		return r;
	}
	*ret = s;
	return 0;
}

struct host_stream *host_stream_free(struct host_stream *s)
{
	if (!s)
		return NULL;
	if (s->conn)
		varlink_forget(s->conn, s);
	s->glue = varlink_uv_free(s->glue);
	s->conn = varlink_free(s->conn);
	free(s);
	return NULL;
}
