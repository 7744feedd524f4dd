/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * org.stationmaster.Rights. The account is looked for before anything is stored, so that a mistyped
 * name binds nobody silently; the answer of the name service comes later.
 */
#include "base/str.h"
#include "hostd/api.h"
#include "hostd/host.h"
#include "hostd/names.h"
#include "hostd/rights.h"
#include "hostd/station.h"

/* A call of Set that waits for the name service. */
struct set_call {
	struct list link; /* in host */
	struct request request;
	struct caller caller;
	struct grant grant;
};

static void set_free(struct set_call *s)
{
	names_forget(s->request.host->names, s);
	list_remove(&s->link);
	json_decref(s->grant.rooms);
	varlink_call_unref(s->request.call);
	free(s);
}

void api_rights_free_all(struct host *h)
{
	while (!list_is_empty(&h->rights_calls))
		set_free(list_entry(h->rights_calls.next, struct set_call, link));
}

void api_rights_list(struct request *r)
{
	json_t *grants;
	struct list *l;

	if (!api_args_done(r))
		return;
	grants = json_array();
	list_for_each (l, &r->host->grants)
		json_array_append_new(grants, grant_build_json(list_entry(l, struct grant, link)));
	varlink_reply(r->call, json_pack("{s:o, s:o}", "grants", grants, "operator_acts",
					       acts_build_json(r->host->operator_acts)));
}

static void answer_unknown(struct request *r, const char *user, const char *reason)
{
	api_error(r, "UnknownUser", json_pack("{s:s, s:s}", "user", user, "reason", reason));
}

static void answer_not_stored(struct request *r, int error)
{
	if (error == -EDQUOT)
		api_error(r, "Limit", json_pack("{s:s}", "reason", "There are too many already."));
	else
		api_not_stored(r);
}

static void audit_grant(struct request *r, const struct grant *g)
{
	_cleanup_json_ json_t *names = g->has_acts ? acts_build_json(g->acts) : NULL;
	_cleanup_free_ char *rooms = g->rooms ? json_dumps(g->rooms, JSON_COMPACT) : NULL;
	_cleanup_free_ char *acts =
			names ? json_dumps(names, JSON_COMPACT | JSON_ENCODE_ANY) : NULL;
	_cleanup_free_ char *what = str_format("%s rooms=%s acts=%s", g->user,
			rooms ? rooms : "all", acts ? acts : "default");

	api_audit(r, what ? what : g->user, "ok");
}

static void handle_account(const struct names_account *a, void *userdata)
{
	struct set_call *s = userdata;
	int r;

	if (!a->found) {
		answer_unknown(&s->request, s->grant.user,
				a->no_answer ? "The service that knows the accounts does not answer. Try "
					       "again."
					     : "There is no account of this name.");
		set_free(s);
		return;
	}
	s->grant.uid = a->uid;
	str_copy(s->grant.user, sizeof(s->grant.user), a->user);
	str_copy(s->grant.full_name, sizeof(s->grant.full_name), a->full_name);
	r = grant_set(s->request.host, &s->grant);
	if (r < 0) {
		answer_not_stored(&s->request, r);
	} else {
		audit_grant(&s->request, &s->grant);
		varlink_reply(s->request.call,
				json_pack("{s:o}", "grant", grant_build_json(&s->grant)));
	}
	set_free(s);
}

json_t *api_read_rooms(struct request *r)
{
	json_t *rooms = arg_strings(
			&r->args, "rooms", ARG_OPTIONAL, GRANT_ROOMS_MAX, PLACE_MAX - 1);
	json_t *room;
	size_t i;

	json_array_foreach (rooms, i, room)
		if ((!*json_string_value(room) ||
				    !station_place_is_valid(json_string_value(room))) &&
				!r->args.bad)
			r->args.bad = "rooms";
	return json_array_size(rooms) > 0 ? rooms : NULL;
}

bool api_read_acts(struct request *r, uint32_t *ret)
{
	json_t *names = arg_any(&r->args, "acts", ARG_OPTIONAL);

	if (!acts_read_json(names, ret) && !r->args.bad)
		r->args.bad = "acts";
	return json_is_array(names);
}

void api_rights_set(struct request *r)
{
	const char *user = arg_string(&r->args, "user", ARG_REQUIRED, CALLER_USER_MAX - 1);
	json_t *rooms = api_read_rooms(r);
	struct grant grant = { 0 };
	struct set_call *s;

	grant.has_acts = api_read_acts(r, &grant.acts);
	if (!api_args_done(r))
		return;
	if (!str_is_account_name(user)) {
		answer_unknown(r, user, "This cannot be the name of an account.");
		return;
	}
	s = calloc(1, sizeof(*s));
	if (!s) {
		answer_not_stored(r, -ENOMEM);
		return;
	}
	s->caller = *r->caller;
	s->request = (struct request){ .host = r->host,
		.peer = r->peer,
		.call = varlink_call_ref(r->call),
		.caller = &s->caller };
	s->grant = grant;
	s->grant.rooms = json_incref(rooms);
	str_copy(s->grant.user, sizeof(s->grant.user), user);
	list_add_tail(&r->host->rights_calls, &s->link);
	if (names_find_account(r->host->names, user, &r->host->groups, handle_account, s) < 0) {
		answer_unknown(r, user,
				"The service that knows the accounts does not answer. Try again.");
		set_free(s);
	}
}

void api_rights_clear(struct request *r)
{
	const char *user = arg_string(&r->args, "user", ARG_REQUIRED, CALLER_USER_MAX - 1);
	struct list *l;
	int k;

	if (!api_args_done(r))
		return;
	list_for_each (l, &r->host->grants) {
		struct grant *g = list_entry(l, struct grant, link);

		if (!streq(g->user, user))
			continue;
		k = grant_clear(r->host, g);
		if (k < 0) {
			answer_not_stored(r, k);
			return;
		}
		api_audit(r, user, "ok");
		varlink_reply(r->call, NULL);
		return;
	}
	api_not_found(r, user,
			"This person has no rights of its own; those of every operator hold.");
}
