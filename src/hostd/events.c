/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Who hears of changes. A watcher is a call with "more" that is never answered for the last time;
 * it gets what its caller may see, built for that caller (own, may). Changes are collected by dirty
 * flags and sent once per turn of the loop (host_touch()), so fifty sessions that end together cost
 * one job event and not fifty. A watcher that does not read is ended when too much is queued for
 * it.
 *
 * Orders are the same for the relay: Serve calls, of which there is one, or two while a new relay
 * takes over.
 */
#include "hostd/events.h"

#include "base/log.h"
#include "base/str.h"
#include "hostd/block.h"
#include "hostd/chat.h"
#include "hostd/hash.h"
#include "hostd/host.h"
#include "hostd/job.h"
#include "hostd/lesson.h"
#include "hostd/projection.h"
#include "hostd/rights.h"
#include "hostd/session.h"
#include "hostd/station.h"
#include "hostd/usage.h"
#include "hostd/view.h"

struct watcher {
	struct list link; /* in host->watchers or host->orders */
	struct host *host;
	struct varlink_call *call;
	struct peer *peer; /* of an order; it ends with the peer */
	struct caller caller;
	bool has_token;
	uint8_t token[HASH_SIZE];
};

static void watcher_free(struct watcher *w)
{
	struct host *h = w->host;

	list_remove(&w->link);
	usage_update(h);
	w->call->handle_gone = NULL;
	w->call->userdata = NULL;
	varlink_call_unref(w->call);
	free(w);
}

static void handle_gone(struct varlink_call *call)
{
	watcher_free(call->userdata);
}

static int watcher_new(
		struct host *h, struct list *head, struct varlink_call *call, struct watcher **ret)
{
	struct watcher *w = calloc(1, sizeof(*w));

	if (!w)
		return -ENOMEM;
	w->host = h;
	w->call = varlink_call_ref(call);
	call->userdata = w;
	call->handle_gone = handle_gone;
	list_add_tail(head, &w->link);
	*ret = w;
	return 0;
}

static bool may_see_session(const struct caller *c, const struct session *s)
{
	return rights_may_see(c, s);
}

static bool may_see_stations(const struct caller *c)
{
	return c->role != ROLE_STANDARD;
}

static json_t *build_snapshot(struct host *h, const struct caller *c)
{
	json_t *sessions = json_array(), *stations = json_array(), *jobs = json_array();
	json_t *projections = json_array(), *lessons = json_array();
	struct list *l;

	list_for_each (l, &h->sessions) {
		struct session *s = list_entry(l, struct session, link);

		if (may_see_session(c, s))
			json_array_append_new(sessions, session_build_json(s, c));
	}
	list_for_each (l, &h->stations) {
		struct station *st = list_entry(l, struct station, link);

		if (rights_may_see_station(c, st))
			json_array_append_new(stations, station_build_json(st, c));
	}
	list_for_each (l, &h->jobs) {
		struct job *j = list_entry(l, struct job, link);

		if (job_is_visible(j, c))
			json_array_append_new(jobs, job_build_json(j));
	}
	list_for_each (l, &h->projections) {
		struct projection *p = list_entry(l, struct projection, link);

		if (projection_is_visible(p, c))
			json_array_append_new(projections, projection_build_json(p, c));
	}
	list_for_each (l, &h->lessons) {
		const struct lesson *lesson = list_entry(l, struct lesson, link);

		if (may_see_stations(c) && lesson_is_visible(lesson, c))
			json_array_append_new(lessons, lesson_build_json(lesson, c));
	}
	return json_pack("{s:s, s:o, s:o, s:o, s:o, s:o, s:o, s:b}", "kind", "snapshot", "sessions",
			sessions, "stations", stations, "jobs", jobs, "projections", projections,
			"lessons", lessons, "block_all",
			may_see_stations(c) ? block_all_build_json(h) : json_null(), "enabled",
			chat_is_enabled(h));
}

int events_watch(struct host *h, struct varlink_call *call, const struct caller *caller,
		const uint8_t *token)
{
	struct watcher *w;
	struct list *l;
	unsigned n = 0, own = 0;
	int r;

	if (!call->more) {
		varlink_reply(call, build_snapshot(h, caller));
		return 0;
	}
	list_for_each (l, &h->watchers) {
		n++;
		own += list_entry(l, struct watcher, link)->caller.uid == caller->uid;
	}
	if (n >= WATCHERS_MAX || (caller->role == ROLE_STANDARD && own >= WATCHERS_STANDARD_MAX))
		return -EDQUOT;
	r = watcher_new(h, &h->watchers, call, &w);
	if (r < 0)
		return r;
	w->caller = *caller;
	w->has_token = token != NULL;
	if (token)
		memcpy(w->token, token, HASH_SIZE);
	varlink_reply_more(call, build_snapshot(h, caller));
	usage_update(h);
	return 0;
}

static void watcher_send(struct watcher *w, json_t *message);

void events_send_snapshots(struct host *h, uid_t uid)
{
	struct list *l, *next;

	list_for_each_safe (l, next, &h->watchers) {
		struct watcher *w = list_entry(l, struct watcher, link);

		if (uid == (uid_t)-1 || w->caller.uid == uid)
			watcher_send(w, build_snapshot(h, &w->caller));
	}
}

void events_set_role(struct host *h, uid_t uid, enum role role)
{
	struct list *l;

	list_for_each (l, &h->watchers) {
		struct watcher *w = list_entry(l, struct watcher, link);

		if (w->caller.uid == uid && w->has_token)
			w->caller.role = role;
	}
}

bool events_have_supervisor(struct host *h)
{
	struct list *l;

	list_for_each (l, &h->watchers)
		if (may_see_stations(&list_entry(l, struct watcher, link)->caller))
			return true;
	return false;
}

void events_end_token(struct host *h, const uint8_t *token)
{
	struct list *l, *next;

	list_for_each_safe (l, next, &h->watchers) {
		struct watcher *w = list_entry(l, struct watcher, link);

		if (!w->has_token || memcmp(w->token, token, HASH_SIZE) != 0)
			continue;
		w->call->handle_gone = NULL;
		varlink_error(w->call, "org.stationmaster.Unauthenticated",
				json_pack("{s:s}", "reason", "You have signed out."));
		watcher_free(w);
	}
}

/* Takes message. The queue of a watcher that does not read is bounded. */
static void watcher_send(struct watcher *w, json_t *message)
{
	struct varlink *v = w->call->conn;

	/* The relay's connection carries more than this watch and has a limit of its own. */
	if (v && !w->has_token && varlink_queued(v) > WATCHER_OUT_MAX) {
		log_warning("a watcher does not read, ending it user=%s from=%s", w->caller.user,
				w->caller.from);
		json_decref(message);
		w->call->handle_gone = NULL;
		varlink_abort(v);
		watcher_free(w);
		return;
	}
	varlink_reply_more(w->call, message);
}

void events_send_session(struct session *s)
{
	struct list *l, *next;

	list_for_each_safe (l, next, &s->host->watchers) {
		struct watcher *w = list_entry(l, struct watcher, link);

		if (may_see_session(&w->caller, s))
			watcher_send(w, json_pack("{s:s, s:o}", "kind", "session", "session",
							session_build_json(s, &w->caller)));
		else if (s->moved && may_see_stations(&w->caller))
			watcher_send(w, json_pack("{s:s, s:s, s:s}", "kind", "session_gone", "id",
							s->id, "reason", ""));
	}
	s->moved = false;
}

void events_send_session_gone(struct session *s, const char *reason)
{
	struct list *l, *next;

	list_for_each_safe (l, next, &s->host->watchers) {
		struct watcher *w = list_entry(l, struct watcher, link);

		if (may_see_session(&w->caller, s))
			watcher_send(w, json_pack("{s:s, s:s, s:s}", "kind", "session_gone", "id",
							s->id, "reason", reason));
	}
}

static void send_to_supervisors(struct host *h, json_t *message)
{
	_cleanup_json_ json_t *owned = message;
	struct list *l, *next;

	list_for_each_safe (l, next, &h->watchers) {
		struct watcher *w = list_entry(l, struct watcher, link);

		if (may_see_stations(&w->caller))
			watcher_send(w, json_incref(owned));
	}
}

static void send_about_station(struct station *st, bool gone)
{
	_cleanup_json_ json_t *left = json_pack("{s:s, s:s}", "kind", "station_gone", "id", st->id);
	struct list *l, *next;

	list_for_each_safe (l, next, &st->host->watchers) {
		struct watcher *w = list_entry(l, struct watcher, link);

		if (rights_may_see_station(&w->caller, st))
			watcher_send(w, gone ? json_incref(left)
					     : json_pack("{s:s, s:o}", "kind", "station", "station",
							       station_build_json(st, &w->caller)));
		else if (st->moved && may_see_stations(&w->caller))
			watcher_send(w, json_incref(left));
	}
	st->moved = false;
}

void events_send_station(struct station *st)
{
	send_about_station(st, false);
}

void events_send_station_gone(struct station *st)
{
	send_about_station(st, true);
}

static void send_about_job(struct job *j, json_t *message)
{
	_cleanup_json_ json_t *owned = message;
	struct list *l, *next;

	list_for_each_safe (l, next, &j->host->watchers) {
		struct watcher *w = list_entry(l, struct watcher, link);

		if (job_is_visible(j, &w->caller))
			watcher_send(w, json_incref(owned));
	}
}

void events_send_job(struct job *j)
{
	send_about_job(j, json_pack("{s:s, s:o}", "kind", "job", "job", job_build_json(j)));
}

void events_send_job_gone(struct job *j)
{
	send_about_job(j, json_pack("{s:s, s:s}", "kind", "job_gone", "id", j->id));
}

void events_send_projection(struct projection *p)
{
	struct list *l, *next;

	list_for_each_safe (l, next, &p->host->watchers) {
		struct watcher *w = list_entry(l, struct watcher, link);

		if (projection_is_visible(p, &w->caller))
			watcher_send(w, json_pack("{s:s, s:o}", "kind", "projection", "projection",
							projection_build_json(p, &w->caller)));
	}
}

void events_send_projection_gone(struct host *h, const char *id)
{
	send_to_supervisors(h, json_pack("{s:s, s:s}", "kind", "projection_gone", "id", id));
}

void events_send_lesson(struct lesson *l)
{
	struct list *i, *next;

	list_for_each_safe (i, next, &l->host->watchers) {
		struct watcher *w = list_entry(i, struct watcher, link);

		if (may_see_stations(&w->caller) && lesson_is_visible(l, &w->caller))
			watcher_send(w, json_pack("{s:s, s:o}", "kind", "lesson", "lesson",
							lesson_build_json(l, &w->caller)));
	}
}

void events_send_lesson_gone(struct lesson *l)
{
	send_to_supervisors(l->host, json_pack("{s:s, s:s}", "kind", "lesson_gone", "id", l->id));
}

void events_send_block_all(struct host *h)
{
	send_to_supervisors(h, json_pack("{s:s, s:o}", "kind", "block_all", "block_all",
					       block_all_build_json(h)));
}

void events_send_chat(struct session *s, json_t *message)
{
	_cleanup_json_ json_t *owned = message;
	struct list *l, *next;

	list_for_each_safe (l, next, &s->host->watchers) {
		struct watcher *w = list_entry(l, struct watcher, link);

		/* As History of org.stationmaster.Chat. */
		if (s->person.uid == w->caller.uid ||
				rights_may(s->host, &w->caller, s, ACT_CHAT, false, NULL))
			watcher_send(w, json_pack("{s:s, s:O}", "kind", "chat", "message", owned));
	}
}

void events_send_chat_cleared(struct host *h, const char *user)
{
	send_to_supervisors(h, json_pack("{s:s, s:s}", "kind", "chat_cleared", "id", user));
}

void events_send_chat_enabled(struct host *h, bool enabled)
{
	send_to_supervisors(h, json_pack("{s:s, s:b}", "kind", "chat_enabled", "enabled", enabled));
}

static bool may_see_audit(const struct watcher *w, const struct caller *by)
{
	if (w->caller.role != ROLE_OPERATOR)
		return w->caller.role == ROLE_ADMINISTRATOR;
	return by->uid == w->caller.uid ||
	       (by->role == ROLE_OPERATOR && !rights_are_bound(w->host, &w->caller));
}

void events_send_audit(struct host *h, const struct caller *by, json_t *entry)
{
	_cleanup_json_ json_t *owned = entry;
	struct list *l, *next;

	list_for_each_safe (l, next, &h->watchers) {
		struct watcher *w = list_entry(l, struct watcher, link);

		if (may_see_audit(w, by))
			watcher_send(w, json_pack("{s:s, s:O}", "kind", "audit", "entry", owned));
	}
}

/* --- orders --- */

int orders_serve(struct host *h, struct varlink_call *call, struct peer *peer)
{
	struct watcher *w;
	int r;

	r = watcher_new(h, &h->orders, call, &w);
	if (r < 0)
		return r;
	w->peer = peer;
	varlink_reply_more(call, json_pack("{s:s}", "order", "ready"));
	return 0;
}

bool orders_is_connected(struct host *h)
{
	return !list_is_empty(&h->orders);
}

struct peer *orders_get_peer(struct host *h)
{
	return orders_is_connected(h) ? list_entry(h->orders.prev, struct watcher, link)->peer
				      : NULL;
}

/* Takes message. */
static void send_order(struct host *h, json_t *message)
{
	_cleanup_json_ json_t *owned = message;
	struct list *l;

	list_for_each (l, &h->orders)
		varlink_reply_more(list_entry(l, struct watcher, link)->call, json_incref(owned));
}

void orders_send_scene(struct station *st)
{
	if (st->peer)
		send_order(st->host, json_pack("{s:s, s:s, s:o}", "order", "scene", "station",
						     st->id, "scene", json_incref(st->scene)));
}

void orders_send_chat(struct station *st)
{
	if (st->peer)
		send_order(st->host, json_pack("{s:s, s:s, s:o}", "order", "chat", "station",
						     st->id, "chat", chat_build_station(st)));
}

void orders_send_station_gone(struct station *st)
{
	send_order(st->host, json_pack("{s:s, s:s}", "order", "station_gone", "station", st->id));
}

void orders_send_source_gone(struct session *s)
{
	send_order(s->host, json_pack("{s:s, s:s}", "order", "source_gone", "session", s->id));
}

void orders_send_signed_out(struct host *h, const char *token)
{
	send_order(h, json_pack("{s:s, s:s}", "order", "signed_out", "token", token));
}

void orders_send_view(struct view *v, int fd)
{
	struct watcher *w;

	if (!orders_is_connected(v->host))
		return;
	w = list_entry(v->host->orders.prev, struct watcher, link);
	varlink_reply_more_fd(w->call,
			json_pack("{s:s, s:s, s:s, s:b}", "order", "view", "view", v->id, "session",
					v->session->id, "input", v->mode != VIEW_SEE),
			fd);
}

void orders_send_view_gone(struct host *h, const char *id, const char *reason)
{
	send_order(h, json_pack("{s:s, s:s, s:s}", "order", "view_gone", "view", id, "reason",
				      reason));
}

void orders_send_projection_gone(struct host *h, const char *id)
{
	send_order(h, json_pack("{s:s, s:s}", "order", "projection_gone", "projection", id));
}
