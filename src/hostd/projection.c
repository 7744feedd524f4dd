/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The projection object and its copy in the store, which lasts until the computer is restarted.
 *
 * The source is kept by its id: after a restart of stationd the session may be found a little
 * later. A screen is sent by a dashboard through the relay; while nobody sends it a timer runs, so
 * a dashboard that is loaded again, or a relay that is restarted, goes on with it.
 *
 * Which stations show it is what they were told (station->projection), kept by station-scene.c.
 */
#include "hostd/projection.h"

#include <stdio.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/str.h"
#include "hostd/events.h"
#include "hostd/host.h"
#include "hostd/rights.h"
#include "hostd/station-scene.h"

struct projection *projection_find(struct host *h, const char *id)
{
	struct list *l;

	list_for_each (l, &h->projections) {
		struct projection *p = list_entry(l, struct projection, link);

		if (streq(p->id, id))
			return p;
	}
	return NULL;
}

static bool names_user(const struct projection *p, uid_t uid)
{
	for (size_t i = 0; i < p->targets.n_uids; i++)
		if (p->targets.uids[i] == uid)
			return true;
	return false;
}

static bool names_station(const struct projection *p, const struct station *st)
{
	for (size_t i = 0; i < p->targets.n_stations; i++)
		if (streq(p->targets.stations[i], st->id))
			return true;
	return false;
}

/* Whoever ordered it sees no projection of their own, and nobody beyond their rights does. */
static bool may_reach(const struct projection *p, const struct session *s)
{
	return rights_may(p->host, &p->by, s, ACT_BLOCK, true, NULL);
}

static bool names_person(const struct projection *p, const struct session *s)
{
	return (p->all && s->person.role == ROLE_STANDARD) || names_user(p, s->person.uid);
}

bool projection_reaches(const struct projection *p, const struct station *st)
{
	if (!st->session)
		return names_station(p, st);
	return may_reach(p, st->session) && (names_person(p, st->session) || names_station(p, st));
}

bool projection_reaches_session(struct session *s)
{
	struct list *l, *k;

	list_for_each (l, &s->host->projections) {
		const struct projection *p = list_entry(l, struct projection, link);

		if (streq(p->session, s->id) || !may_reach(p, s))
			continue;
		if (names_person(p, s))
			return true;
		list_for_each (k, &s->stations)
			if (names_station(p, list_entry(k, struct station, shown)))
				return true;
	}
	return false;
}

static bool is_shown(const struct projection *p)
{
	struct list *l;

	list_for_each (l, &p->host->stations)
		if (list_entry(l, struct station, link)->projection == p->number)
			return true;
	return false;
}

bool projection_has_source(struct host *h, const struct session *s, bool shown)
{
	struct list *l;

	list_for_each (l, &h->projections) {
		const struct projection *p = list_entry(l, struct projection, link);

		if (streq(p->session, s->id) && (!shown || is_shown(p)))
			return true;
	}
	return false;
}

void projection_touch(struct host *h, uint64_t number)
{
	struct list *l;

	list_for_each (l, &h->projections) {
		struct projection *p = list_entry(l, struct projection, link);

		if (number && p->number == number) {
			p->dirty = true;
			host_touch(h);
		}
	}
}

/* --- the object --- */

void projection_targets_done(struct projection_targets *t)
{
	free(t->uids);
	free(t->stations);
	*t = (struct projection_targets){ 0 };
}

void projection_free(struct projection *p)
{
	if (!p)
		return;
	list_remove(&p->link);
	p->host->n_projections--;
	sd_event_source_disable_unref(p->absence);
	projection_targets_done(&p->targets);
	free(p);
}

static int projection_new(struct host *h, uint64_t number, struct projection **ret)
{
	struct projection *p;

	if (h->n_projections >= PROJECTIONS_MAX)
		return -EDQUOT;
	p = calloc(1, sizeof(*p));
	if (!p)
		return -ENOMEM;
	p->host = h;
	p->number = number;
	snprintf(p->id, sizeof(p->id), "p%llu", (unsigned long long)number);
	list_add_tail(&h->projections, &p->link);
	h->n_projections++;
	*ret = p;
	return 0;
}

static int handle_absence(sd_event_source *source, uint64_t usec, void *userdata)
{
	projection_end(userdata, "nobody sends the screen");
	return 0;
}

static void absence_start(struct projection *p)
{
	if (host_arm_timer(p->host, &p->absence, PROJECTION_SCREEN_MS, handle_absence, p) < 0)
		log_error("out of memory");
}

static char *build_targets(const struct projection *p)
{
	_cleanup_json_ json_t *targets = NULL;
	json_t *uids = json_array(), *stations = json_array();

	for (size_t i = 0; i < p->targets.n_uids; i++)
		json_array_append_new(uids, json_integer(p->targets.uids[i]));
	for (size_t i = 0; i < p->targets.n_stations; i++)
		json_array_append_new(stations, json_string(p->targets.stations[i]));
	targets = json_pack("{s:o, s:o}", "uids", uids, "stations", stations);
	return targets ? json_dumps(targets, JSON_COMPACT) : NULL;
}

static void save(const struct projection *p)
{
	_cleanup_free_ char *targets = build_targets(p);
	struct store *st = p->host->store;

	store_begin(st);
	store_exec(st, "INSERT OR REPLACE INTO counters (name, value) VALUES ('projection', ?)",
			"i", (int64_t)p->number);
	store_exec(st,
			"INSERT OR REPLACE INTO projections (number, boot, session, user, full_name, "
			"by_user, by_uid, by_name, by_role, since_s, everybody, window, targets, "
			"by_token) VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?)",
			"isssssissiiisi", (int64_t)p->number, p->host->boot, p->session, p->user,
			p->full_name, p->by.user, (int64_t)p->by.uid, p->by.full_name,
			role_to_string(p->by.role), p->since_s, (int64_t)p->all, (int64_t)p->window,
			targets ? targets : "{}", p->by.token);
	store_commit(st);
}

int projection_start(struct host *h, const struct projection_order *order, struct projection **ret)
{
	const struct person *whose = order->source ? &order->source->person : NULL;
	struct projection *p;
	int r;

	r = projection_new(h, h->last_projection + 1, &p);
	if (r < 0)
		return r;
	h->last_projection++;
	p->by = *order->by;
	p->since_s = clock_real_ms() / 1000;
	p->all = order->all;
	p->window = order->window;
	p->targets = *order->targets;
	*order->targets = (struct projection_targets){ 0 };
	str_copy(p->user, sizeof(p->user), whose ? whose->user : p->by.user);
	str_copy(p->full_name, sizeof(p->full_name), whose ? whose->full_name : p->by.full_name);
	if (order->source)
		str_copy(p->session, sizeof(p->session), order->source->id);
	else
		absence_start(p);
	save(p);
	log_info("projection started projection=%s by=%s source=%s", p->id, p->by.user,
			*p->session ? p->session : "screen");
	projection_touch(h, p->number);
	scenes_refresh(h);
	*ret = p;
	return 0;
}

void projection_end(struct projection *p, const char *why)
{
	struct host *h = p->host;
	char id[SESSION_ID_MAX];

	str_copy(id, sizeof(id), p->id);
	log_info("projection ended: %s projection=%s", why, id);
	store_exec(h->store, "DELETE FROM projections WHERE number = ?", "i", (int64_t)p->number);
	projection_free(p);
	/* First the scenes, so that nobody shows what has gone. */
	scenes_refresh(h);
	orders_send_projection_gone(h, id);
	events_send_projection_gone(h, id);
}

void projection_handle_session_end(struct host *h, const char *session)
{
	struct list *l, *next;

	list_for_each_safe (l, next, &h->projections) {
		struct projection *p = list_entry(l, struct projection, link);

		if (streq(p->session, session))
			projection_end(p, "its source has ended");
	}
}

/* --- screens --- */

void projection_screen_open(struct projection *p, struct peer *peer)
{
	if (p->peer != peer)
		p->n_screens = 0;
	p->peer = peer;
	p->n_screens++;
	p->absence = sd_event_source_disable_unref(p->absence);
}

void projection_screen_close(struct projection *p, struct peer *peer)
{
	if (p->peer != peer || p->n_screens == 0 || --p->n_screens > 0)
		return;
	p->peer = NULL;
	absence_start(p);
}

void projection_peer_gone(struct host *h, struct peer *peer)
{
	struct list *l;

	list_for_each (l, &h->projections) {
		struct projection *p = list_entry(l, struct projection, link);

		if (p->peer != peer)
			continue;
		p->peer = NULL;
		p->n_screens = 0;
		absence_start(p);
	}
}

/* --- JSON --- */

bool projection_may_stop(const struct projection *p, const struct caller *caller)
{
	return rights_may_stop(p->host, caller, &p->by);
}

bool projection_is_visible(const struct projection *p, const struct caller *caller)
{
	struct session *s = *p->session ? session_find(p->host, p->session) : NULL;
	struct list *l;

	if (caller->role == ROLE_STANDARD)
		return false;
	if (caller->uid == p->by.uid || (s && rights_may_see(caller, s)))
		return true;
	list_for_each (l, &p->host->stations) {
		const struct station *st = list_entry(l, struct station, link);

		if (st->projection == p->number && rights_may_see_station(caller, st))
			return true;
	}
	return !rights_are_bound(p->host, caller);
}

json_t *projection_build_json(const struct projection *p, const struct caller *caller)
{
	json_t *stations = json_array(), *may = json_array();
	char since[CLOCK_RFC3339_LEN + 1];
	struct list *l;

	list_for_each (l, &p->host->stations) {
		const struct station *st = list_entry(l, struct station, link);

		if (st->projection == p->number)
			json_array_append_new(stations, json_string(st->id));
	}
	if (projection_may_stop(p, caller))
		json_array_append_new(may, json_string("stop"));
	clock_format_rfc3339(p->since_s, since);
	return json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:b, s:b, s:o, s:o}", "id",
			p->id, "source", *p->session ? "session" : "screen", "session", p->session,
			"user", p->user, "full_name", p->full_name, "by", p->by.user, "by_name",
			p->by.full_name, "since", since, "all", p->all, "window", p->window,
			"stations", stations, "may", may);
}

/* --- after a restart --- */

static int targets_parse(const char *text, struct projection_targets *ret)
{
	_cleanup_json_ json_t *object = NULL;
	json_t *uids, *stations, *value;
	size_t i;
	int r;

	r = json_parse_object(text, strlen(text), &object);
	if (r < 0)
		return r;
	uids = json_object_get(object, "uids");
	stations = json_object_get(object, "stations");
	ret->uids = calloc(json_array_size(uids) + 1, sizeof(*ret->uids));
	ret->stations = calloc(json_array_size(stations) + 1, sizeof(*ret->stations));
	if (!ret->uids || !ret->stations)
		return -ENOMEM;
	json_array_foreach (uids, i, value)
		ret->uids[ret->n_uids++] = (uid_t)json_integer_value(value);
	json_array_foreach (stations, i, value)
		if (json_is_string(value))
			str_copy(ret->stations[ret->n_stations++], STATION_ID_MAX,
					json_string_value(value));
	return 0;
}

static int load_row(struct store_row *row, void *userdata)
{
	struct host *h = userdata;
	struct projection *p;
	int r;

	r = projection_new(h, (uint64_t)store_row_int(row, 0), &p);
	if (r < 0)
		return r;
	str_copy(p->session, sizeof(p->session), store_row_text(row, 1));
	str_copy(p->user, sizeof(p->user), store_row_text(row, 2));
	str_copy(p->full_name, sizeof(p->full_name), store_row_text(row, 3));
	str_copy(p->by.user, sizeof(p->by.user), store_row_text(row, 4));
	p->by.uid = (uid_t)store_row_int(row, 5);
	str_copy(p->by.full_name, sizeof(p->by.full_name), store_row_text(row, 6));
	role_parse(store_row_text(row, 7), &p->by.role);
	p->since_s = store_row_int(row, 8);
	p->all = store_row_int(row, 9);
	p->window = store_row_int(row, 10);
	p->by.token = store_row_int(row, 12);
	r = targets_parse(store_row_text(row, 11), &p->targets);
	if (r < 0) {
		projection_free(p);
		return r;
	}
	if (!*p->session)
		absence_start(p);
	return 0;
}

static int load_counter(struct store_row *row, void *userdata)
{
	((struct host *)userdata)->last_projection = (uint64_t)store_row_int(row, 0);
	return 0;
}

int projection_load_all(struct host *h)
{
	store_exec(h->store, "DELETE FROM projections WHERE boot <> ?", "s", h->boot);
	store_query(h->store, load_counter, h,
			"SELECT value FROM counters WHERE name = 'projection'", "");
	return store_query(h->store, load_row, h,
			"SELECT number, session, user, full_name, by_user, by_uid, by_name, by_role, "
			"since_s, everybody, window, targets, by_token FROM projections ORDER BY number",
			"");
}

void projection_resume_all(struct host *h)
{
	struct list *l, *next;

	list_for_each_safe (l, next, &h->projections) {
		struct projection *p = list_entry(l, struct projection, link);

		if (*p->session && !session_find(h, p->session) && !session_is_running(p->session))
			projection_end(p, "its source has ended");
	}
}
