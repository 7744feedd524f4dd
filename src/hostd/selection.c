/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A selection (ids, users, all) is resolved to targets first, each with the decision of role.c;
 * only then is anything done, so that a call either has its whole result or none. Sessions that the
 * caller may not know of are as unknown as those that do not exist.
 */
#include "hostd/selection.h"

#include <stdio.h>

#include "base/str.h"
#include "hostd/audit.h"
#include "hostd/host.h"
#include "hostd/rights.h"

bool request_is_own(const struct request *r, const struct session *s)
{
	return r->caller->uid == s->person.uid;
}

bool request_may_see(const struct request *r, const struct session *s)
{
	return rights_may_see(r->caller, s);
}

bool request_may_name(const struct request *r, const struct session *s)
{
	return r->caller->role != ROLE_STANDARD || request_is_own(r, s);
}

void selection_done(struct selection *sel)
{
	json_decref(sel->unknown);
	targets_done(&sel->targets);
}

bool selection_read(struct request *r, struct selection *sel)
{
	*sel = (struct selection){ 0 };
	sel->sessions = arg_strings(&r->args, "sessions", ARG_OPTIONAL, SELECTION_NAMES_MAX, 64);
	sel->users = arg_strings(&r->args, "users", ARG_OPTIONAL, SELECTION_NAMES_MAX, 256);
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

void selection_add(struct selection *sel, const struct session *s)
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

		if (s && request_may_name(r, s))
			selection_add(sel, s);
		else
			add_unknown(sel, json_string_value(name), NULL);
	}
	json_array_foreach (sel->users, i, name) {
		bool found = false;

		list_for_each (l, &r->host->sessions) {
			struct session *s = list_entry(l, struct session, link);

			if (!streq(s->person.user, json_string_value(name)) ||
					!request_may_name(r, s))
				continue;
			found = true;
			selection_add(sel, s);
		}
		if (!found)
			add_unknown(sel, NULL, json_string_value(name));
	}
	list_for_each (l, &r->host->sessions) {
		struct session *s = list_entry(l, struct session, link);

		if (sel->all && request_may_see(r, s))
			selection_add(sel, s);
	}
}

/* Who may not be touched is refused, with the reason. */
static void decide_targets(struct request *r, struct selection *sel, enum act act)
{
	bool bulk = sel->all || sel->targets.n > 1;

	for (size_t i = 0; i < sel->targets.n; i++) {
		struct target *t = &sel->targets.list[i];
		struct session *s = session_find(r->host, t->session);

		if (!s || target_is_final(t->state))
			continue;
		if (!rights_may(r->host, r->caller, s, act, bulk, &t->reason))
			t->state = TARGET_REFUSED;
	}
}

bool selection_resolve(struct request *r, struct selection *sel, enum act act)
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

static const char *audit_word(enum target_state state)
{
	switch (state) {
	case TARGET_REFUSED:
		return "=refused";
	case TARGET_FAILED:
		return "=failed";
	case TARGET_FORCED:
		return "=forced";
	case TARGET_ASKING:
		return "=asking";
	default:
		return "";
	}
}

/* "partly failed: The session has just ended."; malloc'ed. */
static char *audit_result(const struct targets *t)
{
	size_t refused = 0, failed = 0;
	const char *reason = "";

	for (size_t i = 0; i < t->n; i++) {
		const struct target *one = &t->list[i];

		refused += one->state == TARGET_REFUSED;
		if (one->state == TARGET_FAILED && failed++ == 0)
			reason = one->reason ? one->reason : "";
	}
	if (refused > 0)
		return strdup(refused == t->n ? "refused" : "partly refused");
	if (failed == 0)
		return strdup("ok");
	return str_format("%s%s%s", failed == t->n ? "failed" : "partly failed",
			*reason ? ": " : "", reason);
}

void targets_audit(struct host *h, const struct targets_order *order, const struct targets *t)
{
	_cleanup_free_ char *result = audit_result(t);
	char text[AUDIT_TEXT_MAX] = "";
	size_t used = (size_t)MAX(snprintf(text, sizeof(text), "%s", order->what), 0);

	for (size_t i = 0; i < t->n && used < sizeof(text) - 1; i++) {
		int k = snprintf(text + used, sizeof(text) - used, "%s%s(%s)%s", used ? " " : "",
				t->list[i].session, t->list[i].user, audit_word(t->list[i].state));

		used += (size_t)MAX(k, 0);
	}
	audit_add(h, order->by, order->method, text, result ? result : "ok");
}

void selection_audit(struct request *r, const struct selection *sel, const char *what)
{
	targets_audit(r->host,
			&(struct targets_order){ .by = r->caller,
					.method = api_method_name(r),
					.what = what },
			&sel->targets);
}
