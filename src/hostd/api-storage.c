/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * org.stationmaster.Stations.SetStorage. The order: who is meant and may be, the disk, station-usb,
 * the answer. What is stored and could not be done is told as failed, and tried again for as long
 * as it holds.
 */
#include "base/log.h"
#include "base/str.h"
#include "hostd/api.h"
#include "hostd/host.h"
#include "hostd/logon.h"
#include "hostd/rights.h"
#include "hostd/station.h"
#include "hostd/storage.h"

#define NO_STATION "There is no such station."
#define NOT_LOCAL  "This is no local station: it has no USB here."

/* A call that waits for station-usb. */
struct storage_call {
	struct list link; /* in host */
	struct request request;
	json_t *results; /* array of StationResult */
};

static void call_free(struct storage_call *c)
{
	storage_forget(c->request.host->storage, c);
	list_remove(&c->link);
	varlink_call_unref(c->request.call);
	json_decref(c->results);
	free(c);
}

void api_storage_free_all(struct host *h)
{
	while (!list_is_empty(&h->storage_calls))
		call_free(list_entry(h->storage_calls.next, struct storage_call, link));
}

static void add_result(struct request *r, json_t *results, const char *id, const char *state,
		const char *reason)
{
	const struct station *st = station_find(r->host, id);
	const struct session *s = st ? st->session : NULL;

	json_array_append_new(results, station_result_build(r->host, id, s ? s->person.user : "",
						       s ? s->id : "", state, reason));
}

static bool is_done(json_t *result)
{
	return streq(json_string_value(json_object_get(result, "state")), "done");
}

static void fail(json_t *result, const char *reason)
{
	json_object_set_new(result, "state", json_string("failed"));
	json_object_set_new(result, "reason", json_string(reason));
}

/* --- who is meant --- */

static void add_named(struct request *r, json_t *results, const char *id, bool bulk)
{
	const struct station *st = station_find(r->host, id);
	_cleanup_free_ char *reason = NULL;

	if (!st || !rights_may_see_station(r->caller, st))
		json_array_append_new(results,
				station_result_build(r->host, id, "", "", "failed", NO_STATION));
	else if (!st->local)
		add_result(r, results, id, "refused", NOT_LOCAL);
	else if (!storage_may(r->caller, st, bulk, &reason))
		add_result(r, results, id, "refused", reason ? reason : "");
	else
		add_result(r, results, id, "done", "");
}

static void add_all(struct request *r, json_t *results)
{
	struct list *l;

	list_for_each (l, &r->host->stations) {
		const struct station *st = list_entry(l, struct station, link);

		if (st->local && rights_may_see_station(r->caller, st) &&
				storage_may(r->caller, st, true, NULL))
			add_result(r, results, st->id, "done", "");
	}
}

/* --- the order --- */

static struct station *find_meant(struct host *h, json_t *result)
{
	return station_find(h, json_string_value(json_object_get(result, "station")));
}

/* What cannot be stored does not happen. */
static int store_each(struct host *h, json_t *results, bool blocked)
{
	_cleanup_json_ json_t *changed = json_array();
	json_t *result;
	size_t i;
	int r;

	store_begin(h->store);
	json_array_foreach (results, i, result) {
		struct station *st = is_done(result) ? find_meant(h, result) : NULL;

		if (!st || st->local->storage_blocked == blocked)
			continue;
		station_local_block_storage(st, blocked);
		json_array_append(changed, result);
	}
	r = store_commit(h->store);
	if (r == 0)
		return 0;
	json_array_foreach (changed, i, result)
		find_meant(h, result)->local->storage_blocked = !blocked;
	json_array_foreach (results, i, result)
		if (is_done(result))
			fail(result, API_NOT_STORED);
	return r;
}

/* "local-1 local-2 blocked"; refused ones have a row of their own. */
static void audit(struct request *r, json_t *results, bool blocked)
{
	const char *word = blocked ? "blocked" : "not blocked";
	_cleanup_free_ char *done = strdup("");
	json_t *result;
	size_t i;

	json_array_foreach (results, i, result) {
		const char *id = json_string_value(json_object_get(result, "station"));
		const char *state = json_string_value(json_object_get(result, "state"));
		char *longer;

		if (streq(state, "refused"))
			api_audit(r, id, "refused");
		if (!streq(state, "done"))
			continue;
		longer = str_format("%s%s ", done ? done : "", id);
		free(done);
		done = longer;
	}
	if (done && *done) {
		_cleanup_free_ char *what = str_format("%s%s", done, word);

		api_audit(r, what ? what : "", "ok");
	}
}

static void answer(struct storage_call *c)
{
	varlink_reply(c->request.call, json_pack("{s:O}", "results", c->results));
	call_free(c);
}

/* Is something plugged in there that might still be used? */
static bool has_storage(struct host *h, json_t *result)
{
	const struct station *st =
			station_find(h, json_string_value(json_object_get(result, "station")));
	_cleanup_json_ json_t *disks = storage_build_json(st);

	return json_array_size(disks) > 0;
}

static void handle_held(const char *reason, bool unguarded, void *userdata)
{
	struct storage_call *c = userdata;
	json_t *result;
	size_t i;

	json_array_foreach (c->results, i, result)
		if (reason && is_done(result) &&
				(unguarded || has_storage(c->request.host, result)))
			fail(result, reason);
	answer(c);
}

static struct storage_call *call_new(struct request *r)
{
	struct storage_call *c = calloc(1, sizeof(*c));

	if (!c)
		return NULL;
	c->request = (struct request){
		.host = r->host, .peer = r->peer, .call = varlink_call_ref(r->call)
	};
	c->results = json_array();
	list_add_tail(&r->host->storage_calls, &c->link);
	return c;
}

/* false: answered. */
static bool may_at_all(struct request *r)
{
	if (rights_have_act(r->host, r->caller, ACT_STORAGE))
		return true;
	api_audit(r, "", "refused");
	api_refused(r, "Your rights do not name this act (storage). Administrators can change them.");
	return false;
}

void api_stations_set_storage(struct request *r)
{
	json_t *ids = arg_strings(&r->args, "stations", ARG_OPTIONAL, STATIONS_MAX,
			       STATION_ID_MAX - 1),
	       *id;
	bool blocked = arg_bool(&r->args, "blocked", ARG_REQUIRED, false);
	struct storage_call *c;
	size_t i;

	if (ids && json_array_size(ids) == 0 && !r->args.bad)
		r->args.bad = "stations";
	if (!api_args_done(r) || !may_at_all(r))
		return;
	c = call_new(r);
	if (!c) {
		api_failed(r, "The system is out of memory.", "");
		return;
	}
	json_array_foreach (ids, i, id)
		add_named(r, c->results, json_string_value(id), json_array_size(ids) > 1);
	if (!ids)
		add_all(r, c->results);
	if (store_each(r->host, c->results, blocked) < 0) {
		answer(c);
		return;
	}
	audit(r, c->results, blocked);
	if (storage_wait(r->host->storage, handle_held, c) < 0) {
		log_error("out of memory");
		answer(c);
	}
}
