/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A view of a dashboard waits for stationd's word (ViewOpen) before anything is opened; one of a
 * local caller comes with that word, as an order with a stream. Then both are a viewer and a use of
 * the session's source, in the name of the person or, for a local one, of stationd.
 *
 * stationd going away ends local views, which it does not know any more when it is back. Those of
 * dashboards go on as they are; when it is back they are opened again, each under a new id, and end
 * if that is refused. A picture that is away for a moment (the display server restarts) leaves the
 * last frame; the end of the session is told by orders.
 *
 * ViewOpen is a call object of its own, because the view may end before the answer: then the answer
 * is followed by ViewClose at once.
 */
#include "relay/view.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/list.h"
#include "base/log.h"
#include "base/str.h"
#include "io/stream-tcp.h"
#include "relay/host.h"
#include "relay/relay.h"
#include "relay/sources.h"
#include "relay/viewer-rfb.h"
#include "relay/web-rfb.h"
#include "relay/web-socket.h"

#define RELAY "org.stationmaster.Relay."

enum {
	VIEWS_MAX = 256,
	VIEW_ID_MAX = 24,
	ACTIVITY_MS = 5000,
};

struct view_call {
	struct list link;
	struct views *all;
	struct view *view; /* NULL: it has ended */
};

struct view {
	struct list link;
	struct views *all;
	bool local;
	char token[STR_TOKEN_LEN + 1]; /* of a dashboard's person */
	char session[SOURCE_SESSION_MAX + 1];
	const char *mode;
	bool input;
	char id[VIEW_ID_MAX + 1]; /* empty: stationd does not know it */
	struct view_call *call;
	struct web_socket *socket; /* until the viewer has it */
	struct socket_end end;     /* what the peer is told */
	struct viewer *viewer;
	struct source_user source;
	int64_t activity_ms; /* told last */
};

struct views {
	struct relay *relay;
	struct host_watcher watcher;
	struct list views;
	struct list calls;
	unsigned n;
};

/* --- the end --- */

static void close_tell(struct views *all, const char *id)
{
	struct varlink_request request = { .method = RELAY "ViewClose",
		.parameters = json_pack("{s:s}", "view", id) };

	(void)host_call(all->relay->host, &request, NULL, NULL);
}

static void view_free(struct view *v)
{
	if (v->call)
		v->call->view = NULL;
	if (*v->id)
		close_tell(v->all, v->id);
	v->viewer = viewer_free(v->viewer);
	if (v->socket) {
		web_socket_close_reason(v->socket, v->end.code, v->end.reason);
		web_socket_leave(v->socket, v->end.code);
	}
	sources_release(&v->source);
	list_remove(&v->link);
	v->all->n--;
	explicit_bzero(v->token, sizeof(v->token));
	free(v);
}

static void view_end(struct view *v, enum socket_close code, const char *reason)
{
	log_info("view ended session=%s mode=%s code=%d", v->session, v->mode, code);
	v->end.code = code;
	str_copy(v->end.reason, sizeof(v->end.reason), reason ? reason : "");
	view_free(v);
}

/* --- the viewer --- */

static bool clipboard_has(const struct view *v, const char *way)
{
	const char *policy = v->all->relay->conf->clipboard;

	return v->input && (streq(policy, "both") || streq(policy, way));
}

static bool filter_cut_text(void *userdata)
{
	return !clipboard_has(userdata, "in");
}

/* Who looks does not change the desktop of who works. */
static bool filter_resize(void *userdata)
{
	(void)userdata;
	return true;
}

static const struct viewer_filter filter = {
	.cut_text = filter_cut_text,
	.resize = filter_resize,
};

static void handle_activity(struct viewer *viewer, void *userdata)
{
	struct varlink_request request = { .method = RELAY "Activity" };
	struct view *v = userdata;
	int64_t now = clock_mono_ms();

	(void)viewer;
	if (!v->input || (v->activity_ms != 0 && now - v->activity_ms < ACTIVITY_MS))
		return;
	v->activity_ms = now;
	request.parameters = json_pack("{s:[s]}", "sessions", v->session);
	(void)host_call(v->all->relay->host, &request, NULL, NULL);
}

static void handle_ready(struct viewer *viewer, bool credentials_given, void *userdata)
{
	struct view *v = userdata;

	(void)credentials_given;
	log_debug("view: %s session=%s mode=%s", viewer_describe(viewer), v->session, v->mode);
}

static void handle_gone(struct viewer *viewer, const char *reason, void *userdata)
{
	struct view *v = userdata;

	(void)viewer;
	log_info("view ended: %s session=%s mode=%s", reason, v->session, v->mode);
	view_free(v);
}

static const struct viewer_events viewer_events = {
	.handle_ready = handle_ready,
	.handle_activity = handle_activity,
	.handle_gone = handle_gone,
};

static void handle_source(struct source_user *u)
{
	struct view *v = list_entry(u, struct view, source);

	if (v->viewer)
		viewer_set_picture(v->viewer, source_user_picture(u), v->input);
}

static void handle_cut_text(struct source_user *u, const char *utf8)
{
	struct view *v = list_entry(u, struct view, source);

	if (v->viewer && clipboard_has(v, "out"))
		viewer_send_cut_text(v->viewer, utf8);
}

/* Takes the stream. */
static int view_start(struct view *v, struct stream *stream)
{
	struct relay *relay = v->all->relay;
	int r;

	r = viewer_rfb_new(
			relay->loop, stream, VIEWER_SECURITY_NONE, &viewer_events, v, &v->viewer);
	if (r < 0) {
		stream_close(stream);
		return r;
	}
	viewer_set_filter(v->viewer, &filter, v);
	v->source.handle_source = handle_source;
	v->source.handle_cut_text = handle_cut_text;
	v->source.token = v->local ? NULL : v->token;
	return sources_use(relay->sources, v->session, &v->source);
}

static int view_new(struct views *all, const char *session, const char *mode, struct view **ret)
{
	struct view *v = all->n < VIEWS_MAX ? calloc(1, sizeof(*v)) : NULL;

	if (!v)
		return -EMFILE;
	v->all = all;
	str_copy(v->session, sizeof(v->session), session);
	v->mode = mode;
	v->input = !streq(mode, "view");
	v->end.code = SOCKET_CLOSE_NORMAL;
	list_add_tail(&all->views, &v->link);
	all->n++;
	*ret = v;
	return 0;
}

/* --- of a dashboard --- */

static int view_let_in(struct view *v)
{
	struct stream *stream;
	int r;

	r = web_rfb_new(v->socket, &stream);
	if (r < 0)
		return r;
	v->socket = NULL;
	web_rfb_set_end(stream, &v->end);
	return view_start(v, stream);
}

static void view_refused(struct view *v, const char *error, json_t *parameters)
{
	enum socket_close code = web_socket_code_of(error);

	view_end(v, code,
			json_string_value(json_object_get(
					parameters, code == SOCKET_CLOSE_BUSY ? "by" : "reason")));
}

static void call_free(struct view_call *c)
{
	list_remove(&c->link);
	if (c->view)
		c->view->call = NULL;
	free(c);
}

static void handle_opened(struct varlink *varlink, const char *error, json_t *parameters,
		bool continues, int fd, void *userdata)
{
	const char *id = json_string_value(json_object_get(parameters, "view"));
	struct view_call *c = userdata;
	struct views *all = c->all;
	struct view *v = c->view;

	(void)varlink, (void)continues, (void)fd;
	call_free(c);
	if (!v) {
		if (!error && id)
			close_tell(all, id);
	} else if (error) {
		view_refused(v, error, parameters);
	} else if (!parameters) {
		/* stationd has gone: who looks already goes on. */
		if (!v->viewer)
			view_end(v, SOCKET_CLOSE_UNAVAILABLE, NULL);
	} else if (!id || !str_copy(v->id, sizeof(v->id), id)) {
		v->id[0] = 0;
		view_end(v, SOCKET_CLOSE_ERROR, NULL);
	} else if (!v->viewer && view_let_in(v) < 0) {
		view_end(v, SOCKET_CLOSE_ERROR, NULL);
	}
}

static void view_open(struct view *v)
{
	struct varlink_request request = { .method = RELAY "ViewOpen", .token = v->token };
	struct view_call *c;

	if (v->call)
		return;
	c = calloc(1, sizeof(*c));
	if (!c) {
		view_end(v, SOCKET_CLOSE_ERROR, NULL);
		return;
	}
	c->all = v->all;
	c->view = v;
	list_add_tail(&v->all->calls, &c->link);
	v->call = c;
	request.parameters = json_pack("{s:s, s:s}", "session", v->session, "mode", v->mode);
	if (host_call(v->all->relay->host, &request, handle_opened, c) < 0) {
		call_free(c);
		view_end(v, SOCKET_CLOSE_UNAVAILABLE, NULL);
	}
}

/* RFB: the server speaks first. */
static void handle_early(struct web_socket *socket, const uint8_t *data, size_t len, void *userdata)
{
	(void)socket, (void)data, (void)len;
	view_end(userdata, SOCKET_CLOSE_UNSUPPORTED, NULL);
}

static void handle_closed(struct web_socket *socket, void *userdata)
{
	struct view *v = userdata;

	(void)socket;
	v->socket = NULL;
	view_free(v);
}

static const struct socket_handler waiting_handler = {
	.handle_binary = handle_early,
	.handle_closed = handle_closed,
};

/* The mode as one of our own strings; NULL: none. */
static const char *mode_find(const char *mode)
{
	static const char *const modes[] = { "view", "control", "exclusive" };

	for (size_t i = 0; i < ELEMENTSOF(modes); i++)
		if (streq(mode, modes[i]))
			return modes[i];
	return NULL;
}

void views_open(struct views *all, struct web_socket *socket, const char *token,
		const char *session, const char *mode)
{
	struct view *v;

	mode = mode_find(mode);
	if (!*token) {
		web_socket_close(socket, SOCKET_CLOSE_SIGN_IN);
	} else if (!*session || strlen(session) > SOURCE_SESSION_MAX) {
		web_socket_close(socket, SOCKET_CLOSE_NO_SESSION);
	} else if (!mode) {
		web_socket_close_reason(socket, SOCKET_CLOSE_NOT_ALLOWED, "there is no such mode");
	} else if (!host_is_up(all->relay->host)) {
		web_socket_close(socket, SOCKET_CLOSE_UNAVAILABLE);
	} else if (view_new(all, session, mode, &v) < 0) {
		web_socket_close(socket, SOCKET_CLOSE_TOO_MANY);
	} else {
		str_copy(v->token, sizeof(v->token), token);
		v->socket = socket;
		web_socket_set_handler(socket, &waiting_handler, v);
		view_open(v);
	}
}

/* --- of a local caller --- */

static void open_local(struct views *all, json_t *parameters, int fd)
{
	const char *session = json_string_value(json_object_get(parameters, "session"));
	const char *id = json_string_value(json_object_get(parameters, "view"));
	bool input = json_is_true(json_object_get(parameters, "input"));
	_cleanup_close_ int copy = -EBADF;
	struct stream *stream;
	struct view *v;

	if (fd < 0 || str_is_empty(session) || str_is_empty(id) || strlen(id) > VIEW_ID_MAX ||
			strlen(session) > SOURCE_SESSION_MAX) {
		log_warning("stationd sent a view that is none");
		return;
	}
	copy = fcntl(fd, F_DUPFD_CLOEXEC, 3);
	if (copy < 0 || stream_tcp_new(all->relay->loop, copy, NULL, &stream) < 0) {
		close_tell(all, id);
		return;
	}
	take_fd(&copy);
	if (view_new(all, session, input ? "control" : "view", &v) < 0) {
		stream_close(stream);
		close_tell(all, id);
		return;
	}
	v->local = true;
	str_copy(v->id, sizeof(v->id), id);
	if (view_start(v, stream) < 0)
		view_free(v);
}

/* --- stationd --- */

static struct views *of_watcher(struct host_watcher *w)
{
	return list_entry(w, struct views, watcher);
}

static void handle_view_gone(struct views *all, const char *id, const char *reason)
{
	struct list *l;

	list_for_each (l, &all->views) {
		struct view *v = list_entry(l, struct view, link);

		if (!streq(v->id, id))
			continue;
		v->id[0] = 0; /* stationd knows */
		view_end(v, SOCKET_CLOSE_NOT_ALLOWED, reason);
		return;
	}
}

static void handle_source_gone(struct views *all, const char *session)
{
	struct list *l, *next;

	list_for_each_safe (l, next, &all->views) {
		struct view *v = list_entry(l, struct view, link);

		if (streq(v->session, session))
			view_end(v, SOCKET_CLOSE_NO_SESSION, NULL);
	}
}

static void handle_signed_out(struct views *all, const char *token)
{
	struct list *l, *next;

	if (strlen(token) != STR_TOKEN_LEN)
		return;
	list_for_each_safe (l, next, &all->views) {
		struct view *v = list_entry(l, struct view, link);

		if (!v->local && str_eq_secret(v->token, token))
			view_end(v, SOCKET_CLOSE_SIGN_IN, NULL);
	}
}

static void handle_order(struct host_watcher *w, const char *order, json_t *parameters)
{
	const char *reason = json_string_value(json_object_get(parameters, "reason"));
	const char *session = json_string_value(json_object_get(parameters, "session"));
	const char *token = json_string_value(json_object_get(parameters, "token"));
	const char *id = json_string_value(json_object_get(parameters, "view"));
	struct views *all = of_watcher(w);

	if (streq(order, "view"))
		open_local(all, parameters, host_order_fd(all->relay->host));
	else if (streq(order, "view_gone") && !str_is_empty(id))
		handle_view_gone(all, id, reason);
	else if (streq(order, "source_gone") && session)
		handle_source_gone(all, session);
	else if (streq(order, "signed_out") && token)
		handle_signed_out(all, token);
}

static void handle_up(struct host_watcher *w)
{
	struct views *all = of_watcher(w);
	struct list *l, *next;

	list_for_each_safe (l, next, &all->views)
		view_open(list_entry(l, struct view, link));
}

static void handle_down(struct host_watcher *w)
{
	struct views *all = of_watcher(w);
	struct list *l, *next;

	list_for_each_safe (l, next, &all->views) {
		struct view *v = list_entry(l, struct view, link);

		v->id[0] = 0;
		if (v->local)
			view_end(v, SOCKET_CLOSE_UNAVAILABLE, NULL);
	}
}

/* --- start and end --- */

int views_new(struct relay *relay, struct views **ret)
{
	struct views *all = calloc(1, sizeof(*all));

	if (!all)
		return -ENOMEM;
	all->relay = relay;
	list_init(&all->views);
	list_init(&all->calls);
	all->watcher.handle_up = handle_up;
	all->watcher.handle_down = handle_down;
	all->watcher.handle_order = handle_order;
	host_watch(relay->host, &all->watcher);
	*ret = all;
	return 0;
}

struct views *views_free(struct views *all)
{
	if (!all)
		return NULL;
	while (!list_is_empty(&all->views))
		view_end(list_entry(all->views.next, struct view, link), SOCKET_CLOSE_GOING_AWAY,
				NULL);
	while (!list_is_empty(&all->calls)) {
		struct view_call *c = list_entry(all->calls.next, struct view_call, link);

		host_forget(all->relay->host, c);
		call_free(c);
	}
	host_unwatch(&all->watcher);
	free(all);
	return NULL;
}
