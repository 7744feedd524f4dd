/* SPDX-License-Identifier: GPL-3.0-or-later */
/* org.stationmaster.Projections, and the relay's part of a screen that a dashboard sends. */
#include "base/str.h"
#include "hostd/api.h"
#include "hostd/choice.h"
#include "hostd/host.h"
#include "hostd/projection.h"
#include "hostd/rights.h"
#include "hostd/server.h"

/* A call of Start. */
struct start_call {
	struct choice choice; /* first */
	char source[SESSION_ID_MAX];
	bool screen;
	bool window;
};

void api_projections_list(struct request *r)
{
	json_t *projections;
	struct list *l;

	if (!api_args_done(r))
		return;
	projections = json_array();
	list_for_each (l, &r->host->projections) {
		struct projection *p = list_entry(l, struct projection, link);

		if (projection_is_visible(p, r->caller))
			json_array_append_new(projections, projection_build_json(p, r->caller));
	}
	varlink_reply(r->call, json_pack("{s:o}", "projections", projections));
}

/* --- Start --- */

/* false: an error was answered. */
static bool source_find(struct request *r, const struct start_call *call, struct session **ret)
{
	struct session *s = call->screen ? NULL : session_find(r->host, call->source);
	_cleanup_free_ char *reason = NULL;

	*ret = s;
	if (call->screen)
		return true;
	if (!s) {
		api_not_found(r, call->source, "There is no such session.");
		return false;
	}
	if (!rights_may(r->host, r->caller, s, ACT_PROJECT, false, &reason)) {
		api_audit(r, s->id, "refused");
		api_refused(r, reason ? reason : "");
		return false;
	}
	if (s->opening || s->closing) {
		api_failed(r,
				s->opening ? "The session is just starting."
					   : "The session is just ending.",
				"");
		return false;
	}
	return true;
}

static int targets_take(const struct choice *c, struct projection_targets *ret)
{
	ret->uids = calloc(c->n + 1, sizeof(*ret->uids));
	ret->stations = calloc(c->n + 1, sizeof(*ret->stations));
	if (!ret->uids || !ret->stations)
		return -ENOMEM;
	for (size_t i = 0; i < c->n; i++) {
		const struct chosen *t = &c->list[i];

		if (t->state != CHOICE_DONE)
			continue;
		if (t->is_station)
			str_copy(ret->stations[ret->n_stations++], STATION_ID_MAX, t->station);
		else
			ret->uids[ret->n_uids++] = t->uid;
	}
	return 0;
}

/* Who shows the own picture is left out: refused where it was named, not meant by "all". The first
 * reason why nobody is left, or NULL. */
static const char *leave_out_source(struct choice *c, const struct session *source)
{
	const char *reason = NULL;

	for (size_t i = c->n; i-- > 0;) {
		struct chosen *t = &c->list[i];

		if (!source || t->state != CHOICE_DONE || !streq(t->session, source->id))
			continue;
		if (c->all)
			choice_drop(c, t);
		else
			choice_refuse(t, "This is the desktop that is shown.");
	}
	for (size_t i = 0; i < c->n; i++) {
		if (c->list[i].state == CHOICE_DONE)
			return NULL;
		if (!reason && c->list[i].state == CHOICE_REFUSED)
			reason = c->list[i].reason;
	}
	return c->all ? NULL : reason ? reason : "There is nobody to show it to.";
}

static void start(struct choice *c, struct session *source)
{
	struct start_call *call = (struct start_call *)c;
	struct projection_targets targets = { 0 };
	struct projection_order order = { .by = &c->caller,
		.source = source,
		.targets = &targets,
		.all = c->all,
		.window = call->window };
	struct projection *p;
	int r = 0;

	store_begin(c->request.host->store);
	if (!c->all)
		r = targets_take(c, &targets);
	if (r == 0)
		r = projection_start(c->request.host, &order, &p);
	projection_targets_done(&targets);
	choice_audit(c, call->screen ? "screen:" : call->source);
	store_commit(c->request.host->store);
	if (r < 0)
		api_error(&c->request, "Limit",
				json_pack("{s:s}", "reason",
						r == -EDQUOT ? "There are too many projections already."
							     : "The system is out of memory."));
	else
		varlink_reply(c->request.call, json_pack("{s:s, s:o}", "projection", p->id,
							       "targets", choice_build_json(c)));
}

static void do_start(struct choice *c)
{
	struct start_call *call = (struct start_call *)c;
	struct session *source;
	const char *reason;

	if (source_find(&c->request, call, &source)) {
		reason = leave_out_source(c, source);
		if (reason) {
			choice_audit(c, call->source);
			api_refused(&c->request, reason);
		} else {
			start(c, source);
		}
	}
	choice_free(c);
}

void api_projections_start(struct request *r)
{
	struct start_call *call = calloc(1, sizeof(*call));
	struct session *source;
	const char *id;

	if (!call) {
		api_error(r, "Limit", json_pack("{s:s}", "reason", "The system is out of memory."));
		return;
	}
	id = arg_string(&r->args, "source", ARG_OPTIONAL, SESSION_ID_MAX - 1);
	call->window = arg_bool(&r->args, "window", ARG_OPTIONAL, false);
	call->screen = !id;
	str_copy(call->source, sizeof(call->source), id ? id : "");
	if (choice_read(&call->choice, r) && source_find(r, call, &source))
		choice_resolve(&call->choice, do_start);
	else
		choice_free(&call->choice);
}

/* --- Stop --- */

static bool may_stop(const struct request *r, const struct projection *p)
{
	return projection_may_stop(p, r->caller);
}

static void stop_one(struct request *r, const char *id, json_t *stopped)
{
	struct projection *p = projection_find(r->host, id);

	if (!p) {
		api_not_found(r, id, "There is no such projection; it may have ended.");
		return;
	}
	api_audit(r, id, may_stop(r, p) ? "ok" : "refused");
	if (!may_stop(r, p)) {
		api_refused(r, p->by.role == ROLE_ADMINISTRATOR
						? "Only an administrator can stop what an administrator "
						  "shows."
						: "Your rights are bound to rooms: you can stop only what you "
						  "show yourself.");
		return;
	}
	json_array_append_new(stopped, json_string(id));
	projection_end(p, "stopped");
	varlink_reply(r->call, json_pack("{s:O}", "projections", stopped));
}

static void stop_all(struct request *r, json_t *stopped)
{
	struct list *l, *next;

	store_begin(r->host->store);
	list_for_each_safe (l, next, &r->host->projections) {
		struct projection *p = list_entry(l, struct projection, link);

		if (!may_stop(r, p))
			continue;
		json_array_append_new(stopped, json_string(p->id));
		projection_end(p, "stopped");
	}
	api_audit(r, "all", "ok");
	store_commit(r->host->store);
	varlink_reply(r->call, json_pack("{s:O}", "projections", stopped));
}

void api_projections_stop(struct request *r)
{
	const char *id = arg_string(&r->args, "projection", ARG_OPTIONAL, 64);
	bool all = arg_bool(&r->args, "all", ARG_OPTIONAL, false);
	_cleanup_json_ json_t *stopped = json_array();

	if (!api_args_done(r))
		return;
	if (all == (id != NULL))
		varlink_error_parameter(r->call, id ? "all" : "projection");
	else if (all)
		stop_all(r, stopped);
	else
		stop_one(r, id, stopped);
}

/* --- the relay's part --- */

/* NULL: an error was answered. */
static struct projection *screen_find(struct request *r)
{
	const char *id = arg_string(&r->args, "projection", ARG_REQUIRED, 64);
	struct projection *p;

	if (!api_args_done(r))
		return NULL;
	p = projection_find(r->host, id);
	if (p && !*p->session)
		return p;
	api_not_found(r, id, "There is no such projection of a screen; it may have ended.");
	return NULL;
}

void api_relay_screen_open(struct request *r)
{
	struct projection *p = screen_find(r);

	if (!p)
		return;
	if (!r->has_token || r->caller->uid != p->by.uid) {
		api_refused(r, "Only who has started this projection can send the screen.");
		return;
	}
	projection_screen_open(p, r->peer);
	varlink_reply(r->call, NULL);
}

void api_relay_screen_close(struct request *r)
{
	struct projection *p = screen_find(r);

	if (!p)
		return;
	projection_screen_close(p, r->peer);
	varlink_reply(r->call, NULL);
}
