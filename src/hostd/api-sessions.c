/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * org.stationmaster.Sessions. A selection (ids, users, all) is resolved to targets first, each with
 * the decision of role.c; only then is anything done, so that a call either has its whole result or
 * none. Sessions that the caller may not know of are as unknown as those that do not exist.
 */
#include <stdio.h>

#include "base/str.h"
#include "hostd/api.h"
#include "hostd/host.h"
#include "hostd/job.h"
#include "hostd/login.h"
#include "hostd/server.h"
#include "hostd/session.h"
#include "hostd/station.h"

enum {
	NAMES_MAX = 5000,
	GRACE_MS_MAX = 3600000,
	TIMEOUT_MS_MAX = 600000,
};

static bool is_own(const struct request *r, const struct session *s)
{
	return r->caller->uid == s->person.uid;
}

static bool may_see(const struct request *r, const struct session *s)
{
	return role_may(r->caller->role, s->person.role, is_own(r, s), ACT_SEE, false);
}

void api_sessions_list(struct request *r)
{
	json_t *sessions;
	struct list *l;

	if (!api_args_done(r))
		return;
	sessions = json_array();
	list_for_each (l, &r->host->sessions) {
		struct session *s = list_entry(l, struct session, link);

		if (may_see(r, s))
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
	if (s && may_see(r, s))
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

/* --- selections --- */

struct selection {
	json_t *sessions;
	json_t *users;
	bool all;
	json_t *unknown; /* names that nothing was found for */
	struct targets targets;
	bool failed; /* no memory, too many */
};

static void selection_done(struct selection *sel)
{
	json_decref(sel->unknown);
	targets_done(&sel->targets);
}

/* false: InvalidParameter was answered. To be called after all other parameters were read. */
static bool selection_read(struct request *r, struct selection *sel)
{
	*sel = (struct selection){ 0 };
	sel->sessions = arg_strings(&r->args, "sessions", ARG_OPTIONAL, NAMES_MAX, 64);
	sel->users = arg_strings(&r->args, "users", ARG_OPTIONAL, NAMES_MAX, 256);
	sel->all = arg_bool(&r->args, "all", ARG_OPTIONAL, false);
	if (!api_args_done(r))
		return false;
	if (!sel->all && json_array_size(sel->sessions) + json_array_size(sel->users) == 0) {
		varlink_error_parameter(r->call, "sessions");
		return false;
	}
	if (sel->all && json_array_size(sel->sessions) + json_array_size(sel->users) > 0) {
		varlink_error_parameter(r->call, "all");
		return false;
	}
	sel->unknown = json_array();
	return true;
}

static void add_session(struct selection *sel, const struct session *s)
{
	struct target t = {
		.user = s->person.user, .full_name = s->person.full_name, .state = TARGET_WAITING
	};

	for (size_t i = 0; i < sel->targets.n; i++)
		if (streq(sel->targets.list[i].session, s->id))
			return; /* named twice */
	str_copy(t.session, sizeof(t.session), s->id);
	if (targets_add(&sel->targets, &t) < 0)
		sel->failed = true;
}

static void add_unknown(struct selection *sel, const char *session, const char *user)
{
	struct target t = { .user = (char *)(user ? user : ""),
		.full_name = (char *)"",
		.state = TARGET_FAILED,
		.reason = (char *)(user ? "This user has no session."
					: "There is no such session.") };

	/* An id is no longer than this where there is such a session. */
	str_copy(t.session, sizeof(t.session), session ? session : "");
	json_array_append_new(sel->unknown, json_string(session ? session : user));
	if (targets_add(&sel->targets, &t) < 0)
		sel->failed = true;
}

static void find_targets(struct request *r, struct selection *sel)
{
	struct list *l;
	json_t *name;
	size_t i;

	json_array_foreach (sel->sessions, i, name) {
		struct session *s = session_find(r->host, json_string_value(name));

		if (s && may_see(r, s))
			add_session(sel, s);
		else
			add_unknown(sel, json_string_value(name), NULL);
	}
	json_array_foreach (sel->users, i, name) {
		bool found = false;

		list_for_each (l, &r->host->sessions) {
			struct session *s = list_entry(l, struct session, link);

			if (!streq(s->person.user, json_string_value(name)) || !may_see(r, s))
				continue;
			found = true;
			add_session(sel, s);
		}
		if (!found)
			add_unknown(sel, NULL, json_string_value(name));
	}
	list_for_each (l, &r->host->sessions) {
		struct session *s = list_entry(l, struct session, link);

		if (sel->all && may_see(r, s))
			add_session(sel, s);
	}
}

/* Who may not be touched is refused, with the reason. */
static void decide_targets(struct request *r, struct selection *sel, enum act act)
{
	bool bulk = sel->all || sel->targets.n > 1;

	for (size_t i = 0; i < sel->targets.n; i++) {
		struct target *t = &sel->targets.list[i];
		struct session *s = session_find(r->host, t->session);
		bool own;

		if (!s || target_is_final(t->state))
			continue;
		own = is_own(r, s);
		if (role_may(r->caller->role, s->person.role, own, act, bulk))
			continue;
		t->state = TARGET_REFUSED;
		t->reason = role_refusal(s->person.role, own, act, s->person.full_name);
	}
}

/* false: an error was answered. */
static bool selection_resolve(struct request *r, struct selection *sel, enum act act)
{
	find_targets(r, sel);
	if (sel->failed) {
		api_error(r, "Limit", json_pack("{s:s}", "reason", "Too many names in one call."));
		return false;
	}
	if (!sel->all && json_array_size(sel->unknown) == sel->targets.n) {
		api_error(r, "NotFound",
				json_pack("{s:O, s:s}", "names", sel->unknown, "reason",
						"There is no such session or user with a session."));
		return false;
	}
	decide_targets(r, sel, act);
	return true;
}

static void audit_targets(struct request *r, const struct target *list, size_t n)
{
	char text[4096] = "";
	size_t used = 0, refused = 0;

	for (size_t i = 0; i < n; i++) {
		int k = snprintf(text + used, sizeof(text) - used, "%s%s(%s)%s", i ? " " : "",
				list[i].session, list[i].user,
				list[i].state == TARGET_REFUSED  ? "=refused"
				: list[i].state == TARGET_FAILED ? "=failed"
								 : "");

		used += (size_t)MAX(k, 0);
		refused += list[i].state == TARGET_REFUSED;
		if (used >= sizeof(text) - 1)
			break;
	}
	api_audit(r, text, n > 0 && refused == n ? "refused" : refused ? "partly refused" : "ok");
}

static void answer_targets(struct request *r, struct selection *sel)
{
	varlink_reply(r->call,
			json_pack("{s:o}", "targets",
					targets_build_json(sel->targets.list, sel->targets.n)));
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
	audit_targets(r, sel.targets.list, sel.targets.n);
	k = job_start_logoff(r->host, &order, &j);
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

void api_sessions_suspend(struct request *r)
{
	_cleanup_(selection_done) struct selection sel = { 0 };
	char text[CALLER_NAME_MAX + 64] = "";

	if (!selection_read(r, &sel) || !selection_resolve(r, &sel, ACT_SUSPEND))
		return;
	store_begin(r->host->store);
	for (size_t i = 0; i < sel.targets.n; i++) {
		struct target *t = &sel.targets.list[i];
		struct session *s = session_find(r->host, t->session);

		if (!s || target_is_final(t->state))
			continue;
		t->state = TARGET_DONE;
		if (!is_own(r, s))
			snprintf(text, sizeof(text),
					"%s has suspended your session. Log in to go on with it.",
					r->caller->full_name);
		while (!list_is_empty(&s->stations))
			station_detach(list_entry(s->stations.next, struct station, shown),
					is_own(r, s) ? "" : text);
	}
	audit_targets(r, sel.targets.list, sel.targets.n);
	host_save(r->host);
	store_commit(r->host->store);
	answer_targets(r, &sel);
}

/* Without names: every own one that a station shows. */
static void select_own(struct request *r, struct selection *sel)
{
	struct list *l;

	sel->unknown = json_array();
	list_for_each (l, &r->host->sessions) {
		struct session *s = list_entry(l, struct session, link);

		if (is_own(r, s) && !list_is_empty(&s->stations))
			add_session(sel, s);
	}
}

void api_sessions_lock(struct request *r)
{
	_cleanup_(selection_done) struct selection sel = { 0 };

	sel.sessions = arg_strings(&r->args, "sessions", ARG_OPTIONAL, NAMES_MAX, 64);
	if (!api_args_done(r))
		return;
	if (!sel.sessions) {
		select_own(r, &sel);
	} else {
		sel.unknown = json_array();
		if (!selection_resolve(r, &sel, ACT_LOCK))
			return;
	}
	store_begin(r->host->store);
	for (size_t i = 0; i < sel.targets.n; i++) {
		struct target *t = &sel.targets.list[i];
		struct session *s = session_find(r->host, t->session);

		if (!s || target_is_final(t->state))
			continue;
		t->state = TARGET_DONE;
		/* Who goes on with a suspended one is asked for the password anyway. */
		if (!list_is_empty(&s->stations))
			session_lock(s);
	}
	audit_targets(r, sel.targets.list, sel.targets.n);
	store_commit(r->host->store);
	answer_targets(r, &sel);
}

void api_sessions_unlock(struct request *r)
{
	_cleanup_(selection_done) struct selection sel = { 0 };

	sel.sessions = arg_strings(&r->args, "sessions", ARG_REQUIRED, NAMES_MAX, 64);
	if (!api_args_done(r))
		return;
	sel.unknown = json_array();
	if (!selection_resolve(r, &sel, ACT_UNLOCK))
		return;
	store_begin(r->host->store);
	for (size_t i = 0; i < sel.targets.n; i++) {
		struct target *t = &sel.targets.list[i];
		struct session *s = session_find(r->host, t->session);

		if (!s || target_is_final(t->state))
			continue;
		t->state = TARGET_DONE;
		session_unlock(s);
	}
	audit_targets(r, sel.targets.list, sel.targets.n);
	store_commit(r->host->store);
	answer_targets(r, &sel);
}
