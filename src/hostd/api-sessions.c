/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * org.stationmaster.Sessions. Whom a call means is found and decided first (selection.c); only then
 * is anything done.
 */
#include <stdio.h>

#include "base/str.h"
#include "hostd/api.h"
#include "hostd/host.h"
#include "hostd/job.h"
#include "hostd/login.h"
#include "hostd/selection.h"
#include "hostd/server.h"
#include "hostd/session.h"
#include "hostd/station.h"

enum {
	GRACE_MS_MAX = 3600000,
	TIMEOUT_MS_MAX = 600000,
};

void api_sessions_list(struct request *r)
{
	json_t *sessions;
	struct list *l;

	if (!api_args_done(r))
		return;
	sessions = json_array();
	list_for_each (l, &r->host->sessions) {
		struct session *s = list_entry(l, struct session, link);

		if (request_may_see(r, s))
			json_array_append_new(sessions, session_build_json(s, r->caller));
	}
	varlink_reply(r->call, json_pack("{s:o}", "sessions", sessions));
}

void api_sessions_get(struct request *r)
{
	const char *id = arg_string(&r->args, "session", ARG_REQUIRED, 64);
	struct session *s;

	if (!api_args_done(r))
		return;
	s = session_find(r->host, id);
	if (s && request_may_see(r, s))
		varlink_reply(r->call,
				json_pack("{s:o}", "session", session_build_json(s, r->caller)));
	else
		api_not_found(r, id, "There is no such session.");
}

void api_sessions_start(struct request *r)
{
	struct login_request request = {
		.purpose = LOGIN_START, .address = r->caller->from, .caller = r->caller
	};
	_cleanup_free_ char *reason = NULL;

	request.user = arg_string(&r->args, "user", ARG_REQUIRED, 256);
	request.desktop = arg_string(&r->args, "desktop", ARG_OPTIONAL, 100);
	request.width = (int)arg_int(&r->args, "width", ARG_OPTIONAL, 640, 7680, 0);
	request.height = (int)arg_int(&r->args, "height", ARG_OPTIONAL, 480, 4320, 0);
	if (!api_args_done(r))
		return;
	if (!str_is_account_name(request.user)) {
		reason = str_format("\"%s\" cannot be the name of an account.", request.user);
		api_error(r, "UnknownUser",
				json_pack("{s:s, s:s}", "user", request.user, "reason",
						reason ? reason : ""));
		return;
	}
	login_start(r->host, r->peer, r->call, &request);
}

void api_sessions_log_off(struct request *r)
{
	_cleanup_(selection_done) struct selection sel = { 0 };
	_cleanup_free_ char *message = NULL;
	struct job_order order = { .by = r->caller };
	const char *text;
	struct job *j;
	int k;

	order.grace_ms = arg_int(&r->args, "grace_ms", ARG_OPTIONAL, 0, GRACE_MS_MAX, 0);
	order.timeout_ms = arg_int(&r->args, "timeout_ms", ARG_OPTIONAL, 0, TIMEOUT_MS_MAX,
			r->host->conf->timeout_ms);
	text = arg_string(&r->args, "message", ARG_OPTIONAL, API_MESSAGE_CHARS_MAX * 4);
	if (!selection_read(r, &sel))
		return;
	message = api_message(r, text);
	if (!message || !selection_resolve(r, &sel, ACT_LOGOFF))
		return;
	order.message = message;
	order.targets = &sel.targets;
	store_begin(r->host->store);
	selection_audit(r, &sel, "");
	k = job_start(r->host, &order, &j);
	store_commit(r->host->store);
	if (k < 0)
		api_error(r, "Limit",
				json_pack("{s:s}", "reason",
						k == -EDQUOT ? "Too many log-offs are under way already."
							     : "The system is out of memory."));
	else
		varlink_reply(r->call,
				json_pack("{s:s, s:o}", "job", j->id, "targets",
						targets_build_json(j->targets, j->n_targets)));
}

/* Do this to each that may be touched, write down and answer. */
static void act_on_each(struct request *r, struct selection *sel,
		void (*act)(struct request *r, struct session *s))
{
	store_begin(r->host->store);
	for (size_t i = 0; i < sel->targets.n; i++) {
		struct target *t = &sel->targets.list[i];
		struct session *s = session_find(r->host, t->session);

		if (!s || target_is_final(t->state))
			continue;
		t->state = TARGET_DONE;
		act(r, s);
	}
	selection_audit(r, sel, "");
	host_save(r->host);
	store_commit(r->host->store);
	varlink_reply(r->call,
			json_pack("{s:o}", "targets",
					targets_build_json(sel->targets.list, sel->targets.n)));
}

static void suspend(struct request *r, struct session *s)
{
	char text[CALLER_NAME_MAX + 64] = "";

	if (!request_is_own(r, s))
		snprintf(text, sizeof(text),
				"%s has suspended your session. Log in to go on with it.",
				r->caller->full_name);
	while (!list_is_empty(&s->stations))
		station_detach(list_entry(s->stations.next, struct station, shown), text);
}

void api_sessions_suspend(struct request *r)
{
	_cleanup_(selection_done) struct selection sel = { 0 };

	if (selection_read(r, &sel) && selection_resolve(r, &sel, ACT_SUSPEND))
		act_on_each(r, &sel, suspend);
}

/* Without names: every own one that a station shows. */
static void select_own(struct request *r, struct selection *sel)
{
	struct list *l;

	sel->unknown = json_array();
	list_for_each (l, &r->host->sessions) {
		struct session *s = list_entry(l, struct session, link);

		if (request_is_own(r, s) && !list_is_empty(&s->stations))
			selection_add(sel, s);
	}
}

static void lock(struct request *r, struct session *s)
{
	/* Who goes on with a suspended one is asked for the password anyway. */
	if (!list_is_empty(&s->stations))
		session_lock(s);
}

void api_sessions_lock(struct request *r)
{
	_cleanup_(selection_done) struct selection sel = { 0 };

	sel.sessions = arg_strings(&r->args, "sessions", ARG_OPTIONAL, SELECTION_NAMES_MAX, 64);
	if (!api_args_done(r))
		return;
	if (!sel.sessions) {
		select_own(r, &sel);
	} else {
		sel.unknown = json_array();
		if (!selection_resolve(r, &sel, ACT_LOCK))
			return;
	}
	act_on_each(r, &sel, lock);
}

static void unlock(struct request *r, struct session *s)
{
	session_unlock(s);
}

void api_sessions_unlock(struct request *r)
{
	_cleanup_(selection_done) struct selection sel = { 0 };

	sel.sessions = arg_strings(&r->args, "sessions", ARG_REQUIRED, SELECTION_NAMES_MAX, 64);
	if (!api_args_done(r))
		return;
	sel.unknown = json_array();
	if (selection_resolve(r, &sel, ACT_UNLOCK))
		act_on_each(r, &sel, unlock);
}
