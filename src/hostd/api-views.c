/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * org.stationmaster.Views, and the relay's part of a view at a dashboard. A local caller gets one
 * end of a socket pair, the relay the other; not a byte of it is read here.
 */
#include <sys/socket.h>

#include "base/fd.h"
#include "base/str.h"
#include "hostd/api.h"
#include "hostd/events.h"
#include "hostd/host.h"
#include "hostd/rights.h"
#include "hostd/server.h"
#include "hostd/view.h"

void api_views_list(struct request *r)
{
	json_t *views;
	struct list *l;

	if (!api_args_done(r))
		return;
	views = json_array();
	list_for_each (l, &r->host->views) {
		struct view *v = list_entry(l, struct view, link);

		if (v->by.uid == r->caller->uid || rights_may_see(r->caller, v->session))
			json_array_append_new(views, view_build_json(v));
	}
	varlink_reply(r->call, json_pack("{s:o}", "views", views));
}

/* false: an error was answered. */
static bool session_is_fit(struct request *r, const char *id, const struct view_order *order)
{
	enum act act = order->mode == VIEW_SEE ? ACT_VIEW : ACT_CONTROL;
	const struct session *s = order->session;
	_cleanup_free_ char *reason = NULL;

	if (!s) {
		api_not_found(r, id, "There is no such session.");
		return false;
	}
	if (!rights_may(r->host, r->caller, s, act, false, &reason)) {
		api_audit(r, s->id, "refused");
		api_refused(r, reason ? reason : "");
		return false;
	}
	if (s->opening || !s->worker) {
		api_refused(r, "The session is just starting.");
		return false;
	}
	return true;
}

static bool order_read(struct request *r, struct view_order *order)
{
	const char *id = arg_string(&r->args, "session", ARG_REQUIRED, 64);
	const char *mode = arg_string(&r->args, "mode", ARG_REQUIRED, 16);

	if (!api_args_done(r))
		return false;
	if (!view_mode_parse(mode, &order->mode)) {
		varlink_error_parameter(r->call, "mode");
		return false;
	}
	order->session = session_find(r->host, id);
	order->by = r->caller;
	order->token = r->has_token ? r->token : NULL;
	return session_is_fit(r, id, order);
}

/* NULL: an error was answered. */
static struct view *open_view(struct request *r, const struct view_order *order)
{
	const struct view *rival = NULL;
	struct view *v;
	int k;

	k = view_open(r->host, order, &v, &rival);
	if (k == -EBUSY) {
		_cleanup_free_ char *reason = str_format("%s controls this session%s.",
				rival->by.full_name,
				rival->mode == VIEW_EXCLUSIVE ? " exclusively" : "");

		api_error(r, "Busy",
				json_pack("{s:s, s:s}", "by", rival->by.full_name, "reason",
						reason ? reason : ""));
	} else if (k < 0) {
		api_refused(r, k == -EDQUOT ? "There are too many views already; close some."
					    : "The system is out of memory.");
	}
	return k == 0 ? v : NULL;
}

static void answer_no_relay(struct request *r)
{
	api_failed(r,
			"The relay is not connected, and it is what shows desktops. See \"systemctl "
			"status station-relay\".",
			"");
}

void api_views_open(struct request *r)
{
	_cleanup_close_ int theirs = -EBADF, relays = -EBADF;
	struct view_order order = { 0 };
	struct view *v;
	int fds[2];

	if (!order_read(r, &order))
		return;
	if (r->peer->relay) {
		api_refused(r, "A dashboard looks at a session through /ws/view.");
		return;
	}
	order.peer = orders_get_peer(r->host);
	if (!order.peer) {
		answer_no_relay(r);
		return;
	}
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, fds) < 0) {
		api_failed(r, strerror(errno), "");
		return;
	}
	theirs = fds[0];
	relays = fds[1];
	v = open_view(r, &order);
	if (!v)
		return;
	orders_send_view(v, relays);
	varlink_reply_fd(r->call, json_pack("{s:s}", "view", v->id), theirs);
}

void api_views_close(struct request *r)
{
	const char *id = arg_string(&r->args, "view", ARG_REQUIRED, 64);
	_cleanup_free_ char *reason = NULL;
	struct view *v;

	if (!api_args_done(r))
		return;
	v = view_find(r->host, id);
	if (!v) {
		api_not_found(r, id, "There is no such view.");
		return;
	}
	if (v->by.uid != r->caller->uid && r->caller->role != ROLE_ADMINISTRATOR) {
		api_audit(r, id, "refused");
		api_refused(r, "Only administrators may end the view of somebody else.");
		return;
	}
	if (v->by.uid != r->caller->uid) {
		api_audit(r, id, "ok");
		reason = str_format("%s has ended your view.", r->caller->full_name);
	}
	view_close(v, reason ? reason : "The view was closed.");
	varlink_reply(r->call, NULL);
}

/* --- the relay's part --- */

void api_relay_view_open(struct request *r)
{
	struct view_order order = { .peer = r->peer };
	struct view *v;

	if (!r->has_token) {
		varlink_error(r->call, "org.stationmaster.Unauthenticated",
				json_pack("{s:s}", "reason", "Sign in first."));
		return;
	}
	if (!order_read(r, &order))
		return;
	v = open_view(r, &order);
	if (v)
		varlink_reply(r->call, json_pack("{s:s}", "view", v->id));
}

void api_relay_view_close(struct request *r)
{
	const char *id = arg_string(&r->args, "view", ARG_REQUIRED, 64);
	struct view *v;

	if (!api_args_done(r))
		return;
	v = view_find(r->host, id);
	if (!v || v->peer != r->peer) {
		api_not_found(r, id, "There is no such view.");
		return;
	}
	view_close(v, NULL);
	varlink_reply(r->call, NULL);
}
