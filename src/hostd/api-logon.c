/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * org.stationmaster.Stations: SetAutoLogOn and LogOn. Passwords of LogOn are taken from the call's
 * parameters, whose memory is wiped, and are in no answer and no audit.
 */
#include "base/str.h"
#include "hostd/api.h"
#include "hostd/host.h"
#include "hostd/login.h"
#include "hostd/logon.h"
#include "hostd/names.h"
#include "hostd/rights.h"
#include "hostd/station.h"

enum { STATIONS_NAMED_MAX = 2000 };

#define NO_STATION "There is no such station."
#define NOT_ENROLLED \
	"Auto log-on is for enrolled stations: enrol it first, so that nobody else can be taken for it."

/* --- SetAutoLogOn --- */

/* A call that waits for the name service. */
struct auto_call {
	struct list link; /* in host */
	struct request request;
	struct caller caller;
	json_t *stations; /* borrowed from the call */
	char user[CALLER_USER_MAX];
	char desktop[AUTO_DESKTOP_MAX];
	bool privileged;
};

static void auto_free(struct auto_call *a)
{
	names_forget(a->request.host->names, a);
	list_remove(&a->link);
	varlink_call_unref(a->request.call);
	free(a);
}

void api_logon_free_all(struct host *h)
{
	while (!list_is_empty(&h->auto_calls))
		auto_free(list_entry(h->auto_calls.next, struct auto_call, link));
	logon_free_all(h);
}

static json_t *set_one(struct auto_call *a, const char *id, const struct auto_order *order)
{
	struct host *h = a->request.host;
	const char *state = "done", *reason = "";
	_cleanup_free_ char *room = station_find_room(h, id);

	if (!room) {
		state = "failed";
		reason = NO_STATION;
	} else if (*order->user && !enrol_is_enrolled(h, id)) {
		state = "refused";
		reason = NOT_ENROLLED;
	} else if (station_auto_set(h, id, order) < 0) {
		state = "failed";
		reason = API_NOT_STORED;
	}
	return station_result_build(h, id, order->user, "", state, reason);
}

static void set_all(struct auto_call *a, const struct auto_order *order)
{
	_cleanup_free_ char *names = json_dumps(a->stations, JSON_COMPACT);
	_cleanup_free_ char *what = str_format("%s user=%s%s", names ? names : "",
			*order->user ? order->user : "nobody",
			order->privileged ? " privileged" : "");
	json_t *results = json_array(), *name;
	size_t i;

	json_array_foreach (a->stations, i, name)
		json_array_append_new(results, set_one(a, json_string_value(name), order));
	api_audit(&a->request, what ? what : "", "ok");
	varlink_reply(a->request.call, json_pack("{s:o}", "results", results));
}

static void handle_account(const struct names_account *account, void *userdata)
{
	struct auto_call *a = userdata;
	struct auto_order order = { .user = account->user,
		.full_name = account->full_name,
		.desktop = a->desktop,
		.privileged = a->privileged,
		.by = &a->caller };
	_cleanup_free_ char *reason = NULL;

	if (!account->found) {
		api_not_found(&a->request, a->user,
				account->no_answer ? "The service that knows the accounts does not "
						     "answer. Try again."
						   : "There is no account of this name.");
	} else if (account->role != ROLE_STANDARD && !a->privileged) {
		reason = str_format(
				"%s is an %s: whoever sits down there could do what that account "
				"can. Choose another account, or say that it is meant (privileged).",
				account->full_name, role_to_string(account->role));
		api_audit(&a->request, a->user, "refused");
		api_refused(&a->request, reason ? reason : "");
	} else {
		set_all(a, &order);
	}
	auto_free(a);
}

void api_stations_set_auto_log_on(struct request *r)
{
	json_t *stations = arg_strings(
			&r->args, "stations", ARG_REQUIRED, STATIONS_NAMED_MAX, STATION_ID_MAX - 1);
	const char *user = arg_string(&r->args, "user", ARG_OPTIONAL, CALLER_USER_MAX - 1);
	const char *desktop = arg_string(&r->args, "desktop", ARG_OPTIONAL, AUTO_DESKTOP_MAX - 1);
	bool privileged = arg_bool(&r->args, "privileged", ARG_OPTIONAL, false);
	struct auto_call *a;

	if (!api_args_done(r))
		return;
	if (json_array_size(stations) == 0) {
		varlink_error_parameter(r->call, "stations");
		return;
	}
	if (user && !str_is_account_name(user)) {
		api_not_found(r, user, "This cannot be the name of an account.");
		return;
	}
	a = calloc(1, sizeof(*a));
	if (!a) {
		api_failed(r, "The system is out of memory.", "");
		return;
	}
	a->caller = *r->caller;
	a->request = (struct request){ .host = r->host,
		.peer = r->peer,
		.call = varlink_call_ref(r->call),
		.caller = &a->caller };
	a->stations = stations;
	a->privileged = privileged;
	str_copy(a->user, sizeof(a->user), user ? user : "");
	str_copy(a->desktop, sizeof(a->desktop), desktop ? desktop : "");
	list_add_tail(&r->host->auto_calls, &a->link);
	if (!user) {
		set_all(a, &(struct auto_order){ .user = "",
					   .full_name = "",
					   .desktop = "",
					   .by = &a->caller });
		auto_free(a);
	} else if (names_find_account(r->host->names, user, &r->host->groups, handle_account, a) <
			0) {
		api_not_found(r, user,
				"The service that knows the accounts does not answer. Try again.");
		auto_free(a);
	}
}

/* --- LogOn --- */

static bool read_place(json_t *object, struct logon_place *ret)
{
	const char *station, *user, *password;
	struct args a;

	if (!json_is_object(object))
		return false;
	args_init(&a, object);
	station = arg_string(&a, "station", ARG_REQUIRED, STATION_ID_MAX - 1);
	user = arg_string(&a, "user", ARG_REQUIRED, CALLER_USER_MAX - 1);
	password = arg_string(&a, "password", ARG_OPTIONAL, LOGIN_ANSWER_MAX);
	if (args_done(&a))
		return false;
	str_copy(ret->station, sizeof(ret->station), station);
	str_copy(ret->user, sizeof(ret->user), user);
	ret->password = password ? strdup(password) : NULL;
	ret->plainly = !password;
	return !password || ret->password;
}

static bool is_twice(const struct logon *o, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (streq(o->places[i].station, o->places[n].station))
			return true;
	return false;
}

/* Somebody is logged on there. */
static void judge_shown(
		struct request *r, const struct logon *o, struct logon_place *p, struct session *s)
{
	_cleanup_free_ char *reason = NULL;

	if (streq(s->person.user, p->user)) {
		logon_refuse(p, LOGON_REFUSED, "This person is logged on there already.");
	} else if (!o->moves) {
		reason = str_format("%s is logged on there.", s->person.full_name);
		logon_refuse(p, LOGON_REFUSED, reason ? reason : "");
	} else if (!rights_may(r->host, r->caller, s, ACT_SUSPEND, o->n > 1, &reason)) {
		logon_refuse(p, LOGON_REFUSED, reason ? reason : "");
	} else {
		str_copy(p->replaces, sizeof(p->replaces), s->id);
	}
}

static void judge(struct request *r, const struct logon *o, struct logon_place *p)
{
	struct station *st = station_find(r->host, p->station);
	struct rights rights;

	rights_get(r->host, r->caller, &rights);
	if (!st || !rights_may_see_station(r->caller, st))
		logon_refuse(p, LOGON_FAILED, NO_STATION);
	else if (!st->peer)
		logon_refuse(p, LOGON_FAILED, "This station is not connected.");
	else if (!str_is_account_name(p->user))
		logon_refuse(p, LOGON_FAILED, "This cannot be the name of an account.");
	else if (p->plainly && rights.role != ROLE_ADMINISTRATOR)
		logon_refuse(p, LOGON_REFUSED,
				"Only administrators can log somebody on without the password.");
	else if (login_is_at(r->host, st->id))
		logon_refuse(p, LOGON_REFUSED, "Somebody is just logging on there.");
	else if (st->session)
		judge_shown(r, o, p, st->session);
}

static void audit_refused(struct request *r, const struct logon *o)
{
	for (size_t i = 0; i < o->n; i++) {
		const struct logon_place *p = &o->places[i];
		_cleanup_free_ char *what = NULL;

		if (p->state != LOGON_REFUSED)
			continue;
		what = str_format("%s at %s%s", p->user, p->station,
				p->plainly ? " without password" : "");
		api_audit(r, what ? what : p->station, "refused");
	}
}

/* false: answered. */
static bool may_log_on(struct request *r)
{
	if (rights_have_act(r->host, r->caller, ACT_LOGON))
		return true;
	api_audit(r, "", "refused");
	api_refused(r, "Your rights do not name this act (logon). Administrators can change them.");
	return false;
}

void api_stations_log_on(struct request *r)
{
	json_t *people = arg_any(&r->args, "people", ARG_REQUIRED), *object;
	const char *desktop = arg_string(&r->args, "desktop", ARG_OPTIONAL, AUTO_DESKTOP_MAX - 1);
	bool moves = arg_bool(&r->args, "switch", ARG_OPTIONAL, false);
	bool privileged = arg_bool(&r->args, "privileged", ARG_OPTIONAL, false);
	struct logon *o;
	size_t i;

	if (!api_args_done(r))
		return;
	if (!json_is_array(people) || json_array_size(people) == 0 ||
			json_array_size(people) > LOGONS_MAX) {
		varlink_error_parameter(r->call, "people");
		return;
	}
	if (!may_log_on(r))
		return;
	o = logon_new(r, json_array_size(people));
	if (!o) {
		api_refused(r, "There are too many orders of this kind at once. Try again in a moment.");
		return;
	}
	o->moves = moves;
	o->privileged = privileged;
	o->desktop = desktop ? strdup(desktop) : NULL;
	json_array_foreach (people, i, object) {
		if (!read_place(object, &o->places[i]) || is_twice(o, i)) {
			varlink_error_parameter(r->call, "people");
			logon_free(o);
			return;
		}
	}
	for (i = 0; i < o->n; i++)
		judge(r, o, &o->places[i]);
	audit_refused(r, o);
	logon_run(o);
}
