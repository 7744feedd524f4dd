/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * An order of Stations.LogOn. Each person is a log-in of its own (login.c) with the same rules as
 * at a greeter: PAM decides, wrong passwords are counted, sessions are resumed, moved or opened. A
 * password is here until its log-in begins, and wiped then. A caller that goes away has ordered
 * nevertheless.
 */
#include "hostd/logon.h"

#include "base/str.h"
#include "hostd/host.h"
#include "hostd/login.h"

static const char *const state_names[] = {
	[LOGON_WAITING] = "failed",
	[LOGON_RUNNING] = "failed",
	[LOGON_DONE] = "done",
	[LOGON_REFUSED] = "refused",
	[LOGON_FAILED] = "failed",
};

json_t *station_result_build(struct host *h, const char *station, const char *user,
		const char *session, const char *state, const char *reason)
{
	const struct station *st = station_find(h, station);

	return json_pack("{s:s, s:s, s:s, s:s, s:s, s:s}", "station", station, "name",
			st ? st->name : station, "user", user, "session", session, "state", state,
			"reason", reason);
}

struct logon *logon_new(struct request *r, size_t n)
{
	struct logon *o;
	struct list *l;
	unsigned orders = 0;

	list_for_each (l, &r->host->logons)
		orders++;
	if (orders >= LOGON_ORDERS_MAX)
		return NULL;
	o = calloc(1, sizeof(*o));
	if (!o)
		return NULL;
	o->places = calloc(n, sizeof(*o->places));
	if (!o->places) {
		free(o);
		return NULL;
	}
	o->n = n;
	o->caller = *r->caller;
	o->request = (struct request){ .host = r->host,
		.peer = r->peer,
		.call = varlink_call_ref(r->call),
		.caller = &o->caller };
	list_add_tail(&r->host->logons, &o->link);
	return o;
}

void logon_free(struct logon *o)
{
	login_forget(o->request.host, o);
	list_remove(&o->link);
	for (size_t i = 0; i < o->n; i++) {
		str_wipe_free(o->places[i].password);
		free(o->places[i].reason);
	}
	free(o->places);
	free(o->desktop);
	varlink_call_unref(o->request.call);
	free(o);
}

void logon_free_all(struct host *h)
{
	while (!list_is_empty(&h->logons))
		logon_free(list_entry(h->logons.next, struct logon, link));
}

void logon_refuse(struct logon_place *p, enum logon_state state, const char *reason)
{
	free(p->reason);
	p->reason = strdup(reason);
	p->state = state;
}

static void answer(struct logon *o)
{
	json_t *results = json_array();

	for (size_t i = 0; i < o->n; i++) {
		const struct logon_place *p = &o->places[i];

		json_array_append_new(
				results, station_result_build(o->request.host, p->station, p->user,
							 p->session, state_names[p->state],
							 p->reason ? p->reason : ""));
	}
	varlink_reply(o->request.call, json_pack("{s:o}", "results", results));
}

static void run(struct logon *o);

static void handle_end(struct host *h, const char *station, struct session *s, const char *reason,
		void *userdata)
{
	struct logon *o = userdata;

	for (size_t i = 0; i < o->n; i++) {
		struct logon_place *p = &o->places[i];

		if (p->state != LOGON_RUNNING || !streq(p->station, station))
			continue;
		o->n_running--;
		p->state = LOGON_DONE;
		if (s)
			str_copy(p->session, sizeof(p->session), s->id);
		else
			logon_refuse(p, LOGON_FAILED, reason);
		break;
	}
	run(o);
}

static void start(struct logon *o, struct logon_place *p)
{
	char *password = take_ptr(p->password);
	struct login_request request = {
		.purpose = p->plainly ? LOGIN_PLACED_PLAINLY : LOGIN_PLACED,
		.station = p->station,
		.user = p->user,
		.desktop = o->desktop,
		.address = o->caller.from,
		.caller = &o->caller,
		.done = handle_end,
		.userdata = o,
		.password = password,
		.privileged = o->privileged,
		.moves = o->moves,
		.replaces = p->replaces,
	};

	p->state = LOGON_RUNNING;
	o->n_running++;
	login_start(o->request.host, NULL, NULL, &request);
	str_wipe_free(password);
}

/* Starts what may be started. A log-in may end at once, and come back here. */
static void run(struct logon *o)
{
	if (o->turning)
		return;
	o->turning = true;
	for (size_t i = 0; i < o->n && o->n_running < LOGONS_AT_ONCE; i++)
		if (o->places[i].state == LOGON_WAITING)
			start(o, &o->places[i]);
	o->turning = false;
	if (o->n_running > 0)
		return;
	answer(o);
	logon_free(o);
}

void logon_run(struct logon *o)
{
	run(o);
}
