/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * org.stationmaster.Relay. The relay speaks for stations here, not for people: what a person may do
 * from a station follows from the session that this station shows.
 */
#include "base/clock.h"
#include "base/log.h"
#include "base/str.h"
#include "hostd/api.h"
#include "hostd/audit.h"
#include "hostd/chat.h"
#include "hostd/events.h"
#include "hostd/host.h"
#include "hostd/job.h"
#include "hostd/projection.h"
#include "hostd/rights.h"
#include "hostd/server.h"
#include "hostd/session.h"
#include "hostd/station-scene.h"
#include "hostd/station.h"
#include "hostd/view.h"

enum {
	ACTIVITY_MAX = 5000,
	IDLE_TOLD_MS = 60000,
	TEXT_BYTES_MAX = 32 * 1024, /* what is too long is refused in words */
};

void api_relay_serve(struct request *r)
{
	if (!api_args_done(r))
		return;
	if (!r->call->more) {
		varlink_error_parameter(r->call, "more");
		return;
	}
	if (orders_serve(r->host, r->call, r->peer) < 0)
		api_failed(r, "The system is out of memory.", "");
}

void api_relay_station_open(struct request *r)
{
	struct station_open request = { 0 };
	struct station *st;
	const char *kind;
	int k;

	kind = arg_string(&r->args, "kind", ARG_REQUIRED, 16);
	request.secret = arg_string(&r->args, "secret", ARG_REQUIRED, STR_TOKEN_LEN);
	request.address = arg_string(&r->args, "address", ARG_REQUIRED, CALLER_FROM_MAX - 1);
	request.name = arg_string(&r->args, "name", ARG_OPTIONAL, 256);
	request.enrolled = arg_bool(&r->args, "enrolled", ARG_OPTIONAL, false);
	request.stranger = arg_bool(&r->args, "stranger", ARG_OPTIONAL, false);
	if (!api_args_done(r))
		return;
	if (station_kind_from_string(kind, &request.kind) < 0) {
		varlink_error_parameter(r->call, "kind");
		return;
	}
	if (strlen(request.secret) != STR_TOKEN_LEN) {
		varlink_error_parameter(r->call, "secret");
		return;
	}
	k = station_open(r->host, &request, r->peer, &st);
	if (k == -EDQUOT)
		api_refused(r, "There are too many stations already.");
	else if (k == -ENOENT)
		api_not_found(r, "",
				"There is no local station with this secret, and no enrolled one with this ticket.");
	else if (k < 0)
		api_failed(r, strerror(-k), "");
	else
		varlink_reply(r->call, json_pack("{s:s, s:s, s:o, s:o}", "station", st->id, "name",
						       st->name, "scene", station_build_scene(st),
						       "chat", chat_build_station(st)));
}

void api_relay_station_close(struct request *r)
{
	const char *id = arg_string(&r->args, "station", ARG_REQUIRED, 64);
	bool now = arg_bool(&r->args, "now", ARG_REQUIRED, false);
	struct station *st;

	if (!api_args_done(r))
		return;
	st = api_find_station(r, id);
	if (!st)
		return;
	/* It may have come back by a new relay already. */
	if (st->peer == r->peer)
		station_close(st, now);
	varlink_reply(r->call, NULL);
}

static bool act_logoff(struct request *r, struct session *s, const struct caller *person,
		const char **ret_reason)
{
	struct target t = {
		.user = s->person.user, .full_name = s->person.full_name, .state = TARGET_WAITING
	};
	struct targets targets = { 0 };
	struct job_order order = { .by = person,
		.targets = &targets,
		.timeout_ms = r->host->conf->timeout_ms,
		.message = "" };
	struct job *j;

	str_copy(t.session, sizeof(t.session), s->id);
	if (targets_add(&targets, &t) < 0 || job_start(r->host, &order, &j) < 0)
		session_log_off(s, person, r->host->conf->ask_ms, r->host->conf->timeout_ms);
	targets_done(&targets);
	return true;
}

/* What a person at a station may do. */
struct station_act {
	const char *name;
	const char *audit;
	/* Not while a block or a projection stands above the session. */
	bool below;
	/* Not by whoever stands in front of a lock. */
	bool unlocked;
	/* false: refused, with the reason. */
	bool (*act)(struct request *r, struct session *s, const struct caller *person,
			const char **ret_reason);
};

static bool act_suspend(struct request *r, struct session *s, const struct caller *person,
		const char **ret_reason)
{
	while (!list_is_empty(&s->stations))
		station_detach(list_entry(s->stations.next, struct station, shown), "");
	host_save(r->host);
	return true;
}

static bool act_lock(struct request *r, struct session *s, const struct caller *person,
		const char **ret_reason)
{
	session_lock(s);
	return true;
}

static bool act_more_time(struct request *r, struct session *s, const struct caller *person,
		const char **ret_reason)
{
	*ret_reason = "Nobody has announced the end of this session.";
	return job_ask_more_time(s);
}

static bool act_hand(struct request *r, struct session *s, bool up, const char **ret_reason)
{
	int k;

	if (!rate_take(&r->host->rate, s->person.uid, clock_mono_ms())) {
		*ret_reason = "Too often in a short time. Wait a few seconds, then try again.";
		return false;
	}
	k = hand_set(s, up);
	*ret_reason = k == -EACCES ? "Raising hands is switched off."
				   : "Your hand could not be raised: the system can store nothing "
				     "just now. Tell a supervisor.";
	return k == 0;
}

static bool act_hand_up(struct request *r, struct session *s, const struct caller *person,
		const char **ret_reason)
{
	return act_hand(r, s, true, ret_reason);
}

static bool act_hand_down(struct request *r, struct session *s, const struct caller *person,
		const char **ret_reason)
{
	return act_hand(r, s, false, ret_reason);
}

static const struct station_act station_acts[] = {
	{ "hand_up", "Station.hand_up", true, true, act_hand_up },
	{ "hand_down", "Station.hand_down", true, true, act_hand_down },
	{ "suspend", "Station.suspend", true, false, act_suspend },
	{ "logoff", "Station.logoff", true, true, act_logoff },
	{ "lock", "Station.lock", true, false, act_lock },
	{ "more_time", "Station.more_time", false, false, act_more_time },
};

static const struct station_act *act_find(const char *name)
{
	for (size_t i = 0; i < ELEMENTSOF(station_acts); i++)
		if (streq(station_acts[i].name, name))
			return &station_acts[i];
	return NULL;
}

/* NULL: allowed. */
static const char *act_refusal(const struct station *st, const struct station_act *act)
{
	switch (station_get_scene_kind(st)) {
	case SCENE_MAPPING:
		return "This station is just getting its keyboard and pointer.";
	case SCENE_BLOCK:
		return act->below ? "This station is blocked." : NULL;
	case SCENE_PROJECTION:
		return act->below ? "A projection is shown here; wait until it ends." : NULL;
	case SCENE_LOCK:
		return act->unlocked ? "This session is locked; unlock it first." : NULL;
	case SCENE_SESSION:
	case SCENE_GREETER:
		break;
	}
	return NULL;
}

static void station_person(const struct station *st, struct caller *ret)
{
	const struct person *p = &st->session->person;

	*ret = (struct caller){ .uid = p->uid, .role = p->role };
	str_copy(ret->user, sizeof(ret->user), p->user);
	str_copy(ret->full_name, sizeof(ret->full_name), p->full_name);
	str_copy(ret->from, sizeof(ret->from), st->address);
}

void api_relay_station_act(struct request *r)
{
	const char *id = arg_string(&r->args, "station", ARG_REQUIRED, 64);
	const char *name = arg_string(&r->args, "act", ARG_REQUIRED, 16);
	const struct station_act *act;
	const char *reason = NULL;
	struct caller person;
	struct station *st;
	char session[SESSION_ID_MAX];

	if (!api_args_done(r))
		return;
	act = act_find(name);
	if (!act) {
		varlink_error_parameter(r->call, "act");
		return;
	}
	st = api_find_station(r, id);
	if (!st)
		return;
	if (!st->session) {
		api_refused(r, "This station shows no session.");
		return;
	}
	station_person(st, &person);
	str_copy(session, sizeof(session), st->session->id);
	reason = act_refusal(st, act);
	if (reason || !act->act(r, st->session, &person, &reason)) {
		api_refused(r, reason);
		return;
	}
	audit_add(r->host, &person, act->audit, session, "ok");
	varlink_reply(r->call, NULL);
}

void api_relay_station_chat(struct request *r)
{
	const char *id = arg_string(&r->args, "station", ARG_REQUIRED, 64);
	const char *raw = arg_string(&r->args, "text", ARG_REQUIRED, TEXT_BYTES_MAX);
	_cleanup_free_ char *text = NULL;
	struct station *st;
	int k;

	if (!api_args_done(r))
		return;
	st = api_find_station(r, id);
	if (!st)
		return;
	text = str_clean(raw, TEXT_BYTES_MAX);
	if (!st->session || station_get_scene_kind(st) != SCENE_SESSION) {
		api_refused(r, "This station shows no session just now.");
		return;
	}
	if (!text || !*text) {
		varlink_error_parameter(r->call, "text");
		return;
	}
	if (str_count_chars(text) > CHAT_CHARS_MAX) {
		api_refused(r, "A message has at most 1000 characters. Shorten it, or write two.");
		return;
	}
	if (!rate_take(&r->host->rate, st->session->person.uid, clock_mono_ms())) {
		api_refused(r, "Too many messages in a short time. Wait a few seconds, then try again.");
		return;
	}
	k = chat_write(st->session, text);
	if (k == -EACCES)
		api_refused(r, "Writing messages is switched off.");
	else if (k < 0)
		api_failed(r, "The message could not be stored.", "");
	else
		varlink_reply(r->call, NULL);
}

void api_relay_activity(struct request *r)
{
	json_t *ids = arg_strings(&r->args, "sessions", ARG_REQUIRED, ACTIVITY_MAX, 64), *id;
	int64_t now = clock_mono_ms();
	size_t i;

	if (!api_args_done(r))
		return;
	json_array_foreach (ids, i, id) {
		struct session *s = session_find(r->host, json_string_value(id));

		if (!s)
			continue;
		/* Watchers count on from the last idle_ms; now and then they hear of its end. */
		s->used_ms = now;
		timeout_handle_use(s);
		if (now - s->used_told_ms > IDLE_TOLD_MS) {
			s->used_told_ms = now;
			session_touch(s);
		}
	}
	varlink_reply(r->call, NULL);
}

/* --- OpenSource --- */

static void handle_source(struct varlink *v, const char *error, json_t *parameters, bool continues,
		int fd, void *userdata)
{
	_cleanup_(varlink_call_unrefp) struct varlink_call *call = userdata;
	const char *reason;

	if (parameters && !error && fd >= 0) {
		varlink_reply_fd(call, NULL, fd);
		return;
	}
	reason = parameters ? json_string_value(json_object_get(parameters, "reason")) : NULL;
	varlink_error(call, "org.stationmaster.Relay.Failed",
			json_pack("{s:s, s:s}", "reason",
					reason ? reason : "The session is just ending.", "output",
					""));
}

static bool may_open(const struct request *r, const struct session *s)
{
	struct view_flags view;

	view_get_flags(s, &view);
	if (!r->has_token) /* a view of a local caller has none either */
		return !list_is_empty(&s->stations) || view.viewed ||
		       projection_has_source(r->host, s, true);
	/* The relay's one connection to a display serves tiles and views. */
	return view.viewed || rights_may(r->host, r->caller, s, ACT_TILE, false, NULL);
}

void api_relay_open_source(struct request *r)
{
	const char *id = arg_string(&r->args, "session", ARG_REQUIRED, 64);
	struct session *s;

	if (!api_args_done(r))
		return;
	s = session_find(r->host, id);
	if (!s) {
		api_not_found(r, id, "There is no such session.");
		return;
	}
	if (!may_open(r, s)) {
		api_refused(r, r->has_token ? "You may not see this session."
					    : "No station, view or projection shows this session.");
		return;
	}
	if (s->opening || !s->worker) {
		api_failed(r, "The session is just starting.", "");
		return;
	}
	varlink_call_ref(r->call);
	if (worker_call(s->worker, "OpenSource", NULL, false, handle_source, r->call) < 0) {
		varlink_call_unref(r->call);
		api_failed(r, "The session's helper cannot be reached.", "");
	}
}
