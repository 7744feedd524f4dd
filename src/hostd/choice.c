/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Resolving a selection. First everything that stationd knows itself is filled in: sessions, users
 * that have one, stations, blocked users and stations where the call is about blocks. What is left
 * is asked for at the name service, one name after the other; if that lets us wait once, the other
 * names fail without being tried, so a call takes a bounded time. Then role.c decides about each,
 * and done() acts on those that are still to be done.
 *
 * A caller that goes away meanwhile has ordered nevertheless; the answer goes nowhere.
 */
#include "hostd/choice.h"

#include <stdio.h>

#include "base/log.h"
#include "base/str.h"
#include "hostd/block.h"
#include "hostd/host.h"
#include "hostd/names.h"
#include "hostd/rights.h"
#include "hostd/weblimit.h"

static const char *const state_names[] = {
	[CHOICE_ASKED] = "failed",
	[CHOICE_DONE] = "done",
	[CHOICE_REFUSED] = "refused",
	[CHOICE_FAILED] = "failed",
};

void choice_free(struct choice *c)
{
	if (c->forget)
		c->forget(c);
	names_forget(c->request.host->names, c);
	list_remove(&c->link);
	for (size_t i = 0; i < c->n; i++)
		free(c->list[i].reason);
	free(c->list);
	json_decref(c->rooms);
	varlink_call_unref(c->request.call);
	free(c);
}

void choice_free_all(struct host *h)
{
	while (!list_is_empty(&h->choices))
		choice_free(list_entry(h->choices.next, struct choice, link));
}

void choice_keep(struct choice *c, struct request *r)
{
	list_init(&c->link);
	c->caller = *r->caller;
	c->request = (struct request){
		.host = r->host, .call = varlink_call_ref(r->call), .caller = &c->caller
	};
}

bool choice_read(struct choice *c, struct request *r)
{
	size_t n;

	choice_keep(c, r);
	c->sessions = arg_strings(&r->args, "sessions", ARG_OPTIONAL, CHOICE_MAX, 64);
	c->users = arg_strings(&r->args, "users", ARG_OPTIONAL, CHOICE_MAX, CALLER_USER_MAX - 1);
	if (c->act == ACT_SEE) /* nothing was said */
		c->act = ACT_BLOCK;
	if (!c->of_people)
		c->stations = arg_strings(&r->args, "stations", ARG_OPTIONAL, CHOICE_MAX, 64);
	c->all = arg_bool(&r->args, "all", ARG_OPTIONAL, false);
	if (c->of_rooms)
		c->rooms = json_incref(arg_strings(
				&r->args, "rooms", ARG_OPTIONAL, GRANT_ROOMS_MAX, PLACE_MAX - 1));
	if (!api_args_done(r))
		return false;
	n = json_array_size(c->sessions) + json_array_size(c->users) +
	    json_array_size(c->stations) + json_array_size(c->rooms);
	if (c->all == (n > 0)) {
		varlink_error_parameter(r->call, c->all ? "all" : "sessions");
		return false;
	}
	return true;
}

/* --- the list --- */

static struct chosen *find(struct choice *c, bool is_station, const char *name)
{
	for (size_t i = 0; i < c->n; i++) {
		struct chosen *t = &c->list[i];

		if (t->is_station == is_station && streq(is_station ? t->station : t->user, name))
			return t;
	}
	return NULL;
}

/* NULL: no memory, or too many. */
static struct chosen *add(struct choice *c, enum choice_state state, const char *reason)
{
	struct chosen *t;

	if (c->n >= 2 * CHOICE_MAX)
		return NULL;
	if ((c->n & (c->n - 1)) == 0) { /* grows at powers of two */
		t = reallocarray(c->list, c->n ? c->n * 2 : 1, sizeof(*t));
		if (!t)
			return NULL;
		c->list = t;
	}
	t = &c->list[c->n++];
	*t = (struct chosen){ .uid = (uid_t)-1,
		.role = ROLE_STANDARD,
		.state = state,
		.reason = reason ? strdup(reason) : NULL };
	return t;
}

static void take_person(struct chosen *t, struct session *s)
{
	str_copy(t->session, sizeof(t->session), s->id);
	str_copy(t->user, sizeof(t->user), s->person.user);
	str_copy(t->full_name, sizeof(t->full_name), s->person.full_name);
	t->uid = s->person.uid;
	t->role = s->person.role;
	if (!t->is_station && !list_is_empty(&s->stations))
		str_copy(t->station, sizeof(t->station),
				list_entry(s->stations.next, struct station, shown)->id);
}

int choice_add_session(struct choice *c, struct session *s)
{
	struct chosen *t;

	/* Several sessions of one user are one person. */
	if (find(c, false, s->person.user))
		return 0;
	t = add(c, CHOICE_DONE, NULL);
	if (!t)
		return -ENOMEM;
	take_person(t, s);
	return 0;
}

int choice_add_user(struct choice *c, const char *user)
{
	struct host *h = c->request.host;
	struct web_limit *limit;
	struct block *b;
	struct chosen *t;
	struct list *l;

	list_for_each (l, &h->sessions) {
		struct session *s = list_entry(l, struct session, link);

		if (streq(s->person.user, user))
			return choice_add_session(c, s);
	}
	if (find(c, false, user))
		return 0;
	t = add(c, CHOICE_ASKED, NULL);
	if (!t)
		return -ENOMEM;
	str_copy(t->user, sizeof(t->user), user);
	b = c->of_blocks ? block_find(h, BLOCK_USER, user) : NULL;
	if (b) {
		str_copy(t->full_name, sizeof(t->full_name), b->full_name);
		t->uid = b->uid;
		t->role = b->role;
		t->state = CHOICE_DONE;
	}
	limit = c->of_limits ? web_limit_find(h, WEB_LIMIT_USER, user) : NULL;
	if (limit) {
		str_copy(t->full_name, sizeof(t->full_name), limit->full_name);
		t->uid = limit->uid;
		t->role = limit->role;
		t->state = CHOICE_DONE;
	}
	return 0;
}

int choice_add_station(struct choice *c, const char *id)
{
	struct station *st = station_find(c->request.host, id);
	struct block *b = c->of_blocks ? block_find(c->request.host, BLOCK_STATION, id) : NULL;
	struct chosen *t;

	if (find(c, true, id))
		return 0;
	t = st || b ? add(c, CHOICE_DONE, NULL)
		    : add(c, CHOICE_FAILED, "There is no such station.");
	if (!t)
		return -ENOMEM;
	t->is_station = true;
	str_copy(t->station, sizeof(t->station), id);
	if (st && st->session) {
		take_person(t, st->session);
	} else if (b) {
		t->uid = b->uid;
		t->role = b->role;
	}
	return 0;
}

static int add_all(struct choice *c)
{
	struct list *l;
	int r = 0;

	list_for_each (l, &c->request.host->sessions) {
		struct session *s = list_entry(l, struct session, link);

		if (s->person.role == ROLE_STANDARD && rights_may_see(&c->caller, s) && r == 0)
			r = choice_add_session(c, s);
	}
	if (!c->bound || c->of_people)
		return r;
	/* Who comes later is caught at the stations of the rooms. */
	list_for_each (l, &c->request.host->stations) {
		struct station *st = list_entry(l, struct station, link);

		if (rights_may_see_station(&c->caller, st) && r == 0)
			r = choice_add_station(c, st->id);
	}
	return r;
}

static bool is_in_rooms(const struct choice *c, const struct session *s)
{
	json_t *name;
	size_t i;

	json_array_foreach (c->rooms, i, name)
		if (*s->room && streq(json_string_value(name), s->room))
			return true;
	return false;
}

static int add_rooms(struct choice *c)
{
	struct list *l;
	int r = 0;

	if (json_array_size(c->rooms) == 0)
		return 0;
	list_for_each (l, &c->request.host->sessions) {
		struct session *s = list_entry(l, struct session, link);
		size_t n = c->n;

		if (s->person.role == ROLE_STANDARD && is_in_rooms(c, s) && r == 0)
			r = choice_add_session(c, s);
		if (c->n > n)
			c->list[n].by_room = true;
	}
	return r;
}

static bool is_in(json_t *names, json_t *name)
{
	json_t *one;
	size_t i;

	json_array_foreach (names, i, one)
		if (json_equal(one, name))
			return true;
	return false;
}

/* Are there such rooms, and are they the caller's? false: answered. */
static bool rooms_are_allowed(struct choice *c)
{
	_cleanup_json_ json_t *known = json_array();
	struct request *r = &c->request;
	json_t *name;
	size_t i;

	if (json_array_size(c->rooms) > 0)
		station_add_rooms(r->host, known);
	json_array_foreach (c->rooms, i, name) {
		if (!rights_have_room(r->host, r->caller, json_string_value(name))) {
			api_audit(r, json_string_value(name), "refused");
			api_refused(r, "Your rights do not name this room. Administrators can change "
				       "them.");
			return false;
		}
		if (!is_in(known, name)) {
			api_not_found(r, json_string_value(name),
					"No station stands in a room of this name.");
			return false;
		}
	}
	return true;
}

/* "All", or a room, of somebody who may do it to nobody. false: answered. */
static bool all_is_allowed(struct choice *c)
{
	_cleanup_free_ char *reason = NULL;

	if ((!c->all && json_array_size(c->rooms) == 0) ||
			rights_have_act(c->request.host, &c->caller, c->act))
		return true;
	reason = str_format(
			"Your rights do not name this act (%s). Administrators can change them.",
			act_to_string(c->act));
	api_audit(&c->request, c->all ? "all" : "rooms", "refused");
	api_refused(&c->request, reason ? reason : "");
	return false;
}

static int add_named(struct choice *c)
{
	json_t *name;
	size_t i;
	int r = 0;

	json_array_foreach (c->sessions, i, name) {
		struct session *s = session_find(c->request.host, json_string_value(name));
		struct chosen *t;

		if (s) {
			r = choice_add_session(c, s);
		} else {
			t = add(c, CHOICE_FAILED, "There is no such session.");
			if (t)
				str_copy(t->session, sizeof(t->session), json_string_value(name));
			r = t ? 0 : -ENOMEM;
		}
		if (r < 0)
			return r;
	}
	json_array_foreach (c->users, i, name) {
		r = choice_add_user(c, json_string_value(name));
		if (r < 0)
			return r;
	}
	json_array_foreach (c->stations, i, name) {
		r = choice_add_station(c, json_string_value(name));
		if (r < 0)
			return r;
	}
	return add_rooms(c);
}

/* --- deciding --- */

static void fail(struct chosen *t, const char *reason)
{
	free(t->reason);
	t->reason = strdup(reason);
	t->state = CHOICE_FAILED;
}

void choice_drop(struct choice *c, struct chosen *t)
{
	size_t i = (size_t)(t - c->list);

	free(t->reason);
	memmove(t, t + 1, (c->n - i - 1) * sizeof(*t));
	c->n--;
}

void choice_refuse(struct chosen *t, const char *reason)
{
	fail(t, reason);
	t->state = CHOICE_REFUSED;
}

const char *choice_state_to_string(enum choice_state state)
{
	return state_names[state];
}

void choice_note_failure(struct choice *c, const struct session *s, const char *reason)
{
	struct chosen *t = find(c, false, s->person.user);

	if (t && t->state == CHOICE_DONE)
		fail(t, reason);
}

void choice_fail(struct choice *c, const char *reason)
{
	for (size_t i = 0; i < c->n; i++)
		if (c->list[i].state == CHOICE_DONE)
			fail(&c->list[i], reason);
}

void choice_fail_unstored(struct choice *c)
{
	choice_fail(c, "Done, but it could not be written to the disk: a restart undoes it. Free "
		       "disk space, then order it again.");
}

/* Of a station where it stands, of a person where the session is; malloc'ed. */
static char *find_room(const struct choice *c, const struct chosen *t)
{
	struct session *s = *t->session ? session_find(c->request.host, t->session) : NULL;

	return t->is_station ? station_find_room(c->request.host, t->station)
			     : strdup(s ? s->room : "");
}

static void decide(struct choice *c)
{
	bool bulk = c->all || c->n > 1;

	for (size_t i = 0; i < c->n; i++) {
		struct chosen *t = &c->list[i];
		_cleanup_free_ char *room = NULL;

		if (t->state != CHOICE_DONE)
			continue;
		room = find_room(c, t);
		if (!rights_judge(c->request.host, &c->caller,
				    &(struct subject){ .role = t->role,
						    .uid = t->uid,
						    .room = room ? room : "",
						    .full_name = *t->full_name ? t->full_name
									       : t->station },
				    c->act, bulk, &t->reason))
			t->state = CHOICE_REFUSED;
	}
}

/* All that was named is unknown: the call as a whole fails. */
static bool answer_not_found(struct choice *c)
{
	json_t *names;
	bool users = true;

	for (size_t i = 0; i < c->n; i++) {
		if (c->list[i].state != CHOICE_FAILED)
			return false;
		users = users && *c->list[i].user;
	}
	if (c->n == 0 || json_array_size(c->rooms) > 0)
		return false;
	if (c->n == 1 && users &&
			(strstr(c->request.call->method, ".Blocks.") ||
					strstr(c->request.call->method, ".Limits."))) {
		api_error(&c->request, "UnknownUser",
				json_pack("{s:s, s:s}", "user", c->list[0].user, "reason",
						c->list[0].reason ? c->list[0].reason : ""));
		return true;
	}
	names = json_array();
	for (size_t i = 0; i < c->n; i++) {
		const struct chosen *t = &c->list[i];

		json_array_append_new(names, json_string(t->is_station  ? t->station
							     : *t->user ? t->user
									: t->session));
	}
	api_error(&c->request, "NotFound",
			json_pack("{s:o, s:s}", "names", names, "reason",
					"There is no such session, user or station."));
	return true;
}

static void ask_next(struct choice *c);

static void handle_account(const struct names_account *a, void *userdata)
{
	struct choice *c = userdata;
	struct chosen *t = &c->list[c->next];

	if (a->found) {
		str_copy(t->full_name, sizeof(t->full_name), a->full_name);
		t->uid = a->uid;
		t->role = a->role;
		t->state = CHOICE_DONE;
	} else if (a->no_answer) {
		fail(t, "The service that knows the accounts does not answer. Try again.");
		c->no_answer = true;
	} else {
		fail(t, "There is no account of this name.");
	}
	ask_next(c);
}

static void ask_next(struct choice *c)
{
	struct host *h = c->request.host;

	for (; c->next < c->n; c->next++) {
		struct chosen *t = &c->list[c->next];

		if (t->state != CHOICE_ASKED)
			continue;
		if (!str_is_account_name(t->user))
			fail(t, "This cannot be the name of an account.");
		else if (c->no_answer || names_find_account(h->names, t->user, &h->groups,
							 handle_account, c) < 0)
			fail(t, "The service that knows the accounts does not answer. Try again.");
		else
			return; /* handle_account() goes on */
	}
	decide(c);
	if (answer_not_found(c))
		choice_free(c);
	else
		c->done(c);
}

void choice_resolve(struct choice *c, choice_fn done)
{
	int r;

	c->done = done;
	list_add_tail(&c->request.host->choices, &c->link);
	if (!all_is_allowed(c) || !rooms_are_allowed(c)) {
		choice_free(c);
		return;
	}
	c->bound = rights_are_bound(c->request.host, &c->caller);
	if (c->all && c->of_rooms)
		c->rooms = rights_build_rooms(c->request.host, &c->caller);
	r = c->all ? add_all(c) : add_named(c);
	/* It holds for those rooms, not for everybody. */
	c->all = c->all && !c->bound;
	if (r < 0) {
		api_error(&c->request, "Limit",
				json_pack("{s:s}", "reason", "Too many names in one call."));
		choice_free(c);
		return;
	}
	ask_next(c);
}

/* --- answers --- */

json_t *choice_build_json(const struct choice *c)
{
	json_t *targets = json_array();

	for (size_t i = 0; targets && i < c->n; i++) {
		const struct chosen *t = &c->list[i];

		json_array_append_new(targets,
				json_pack("{s:s, s:s, s:s, s:s, s:s, s:s}", "session", t->session,
						"station", t->station, "user", t->user, "full_name",
						t->full_name, "state", state_names[t->state],
						"reason", t->reason ? t->reason : ""));
	}
	return targets;
}

void choice_audit(struct choice *c, const char *what)
{
	char text[4096] = "";
	size_t used = 0, refused = 0;

	used = (size_t)MAX(snprintf(text, sizeof(text), "%s%s%s", what, *what && c->all ? " " : "",
					   c->all ? "all" : ""),
			0);
	for (size_t i = 0; i < c->n; i++) {
		const struct chosen *t = &c->list[i];
		int k;

		refused += t->state == CHOICE_REFUSED;
		if (used >= sizeof(text) - 1)
			continue;
		k = snprintf(text + used, sizeof(text) - used, "%s%s%s", used ? " " : "",
				t->is_station ? t->station
				: *t->user    ? t->user
					      : t->session,
				t->state == CHOICE_REFUSED ? "=refused"
				: t->state == CHOICE_DONE  ? ""
							   : "=failed");
		used += (size_t)MAX(k, 0);
	}
	api_audit(&c->request, text,
			c->n > 0 && refused == c->n ? "refused"
			: refused                   ? "partly refused"
						    : "ok");
}
