/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The station object, its binding to a session, and its row in the store.
 *
 * In the list are stations that are connected or may still come back (return window), and all local
 * ones (station-local.c). An
 * attached session is written before anybody is told, so a station keeps what it shows over
 * a crash; a session that has ended is not found again, so that can be written later. Rows: a VNC
 * station's goes with the station; a browser's stays, so that the same browser is the same station
 * tomorrow; the least used go above STATIONS_KNOWN_MAX.
 *
 * Invariants: session != NULL <=> shown is in session->stations; peer == NULL => window is armed
 * (but for stations that were never lost, and local ones that have lost their session).
 */
#include "hostd/station.h"

#include <stdio.h>
#include <sys/random.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/str.h"
#include "hostd/block.h"
#include "hostd/events.h"
#include "hostd/hash.h"
#include "hostd/host.h"
#include "hostd/projection.h"
#include "hostd/rights.h"
#include "hostd/seat.h"
#include "hostd/session.h"
#include "hostd/station-scene.h"
#include "hostd/storage.h"

static const char *const kind_names[] = {
	[STATION_BROWSER] = "browser",
	[STATION_VNC] = "vnc",
	[STATION_RDP] = "rdp",
	[STATION_LOCAL] = "local",
};

const char *station_kind_to_string(enum station_kind kind)
{
	return kind_names[kind];
}

int station_kind_from_string(const char *s, enum station_kind *ret)
{
	for (size_t i = 0; i < ELEMENTSOF(kind_names); i++) {
		if (streq(kind_names[i], s)) {
			*ret = (enum station_kind)i;
			return 0;
		}
	}
	return -EINVAL;
}

struct station *station_find(struct host *h, const char *id)
{
	struct list *l;

	list_for_each (l, &h->stations) {
		struct station *st = list_entry(l, struct station, link);

		if (streq(st->id, id))
			return st;
	}
	return NULL;
}

static struct station *find_by_secret(struct host *h, const uint8_t *secret)
{
	struct list *l;

	list_for_each (l, &h->stations) {
		struct station *st = list_entry(l, struct station, link);

		if (memcmp(st->secret, secret, HASH_SIZE) == 0)
			return st;
	}
	return NULL;
}

void station_touch(struct station *st)
{
	st->dirty = true;
	host_touch(st->host);
}

static void touch_with_session(struct station *st)
{
	station_touch(st);
	if (st->session)
		session_touch(st->session);
}

void station_add_may(struct host *h, const struct caller *caller, json_t *station)
{
	const char *room = json_string_value(json_object_get(station, "room")),
		   *id = json_string_value(json_object_get(station, "session"));
	const struct session *s = id ? session_find(h, id) : NULL;
	const struct station *st =
			station_find(h, json_string_value(json_object_get(station, "id")));
	json_t *may = json_array();

	if (!station)
		return;
	if (s ? rights_may(h, caller, s, ACT_BLOCK, false, NULL)
	      : rights_have_room(h, caller, room) && rights_have_act(h, caller, ACT_BLOCK))
		json_array_append_new(may, json_string("block"));
	if (rights_have_room(h, caller, room)) {
		json_array_append_new(may, json_string("name"));
		/* Who could move stations would widen their own rights. */
		if (!rights_are_bound(h, caller))
			json_array_append_new(may, json_string("move"));
	}
	if (st && st->local && storage_may(caller, st, false, NULL))
		json_array_append_new(may, json_string("storage"));
	json_object_set_new(station, "may", may);
}

json_t *station_build_json(const struct station *st, const struct caller *caller)
{
	char since[CLOCK_RFC3339_LEN + 1];
	json_t *out;

	clock_format_rfc3339(st->since_s, since);
	out = json_pack("{s:s, s:s, s:s, s:s, s:s, s:b, s:s, s:s, s:b, s:s}", "id", st->id, "name",
			st->name, "room", st->room, "kind", station_kind_to_string(st->kind),
			"address", st->address, "connected", st->peer != NULL, "scene",
			scene_kind_to_string(station_get_scene_kind(st)), "session",
			st->session ? st->session->id : "", "blocked", station_is_blocked(st),
			"since", since);
	if (out) {
		station_auto_add_json(st->host, st->id, out);
		station_local_add_json(st, out);
	}
	if (out && caller)
		station_add_may(st->host, caller, out);
	return out;
}

/* --- store --- */

void station_save(struct station *st)
{
	struct host *h = st->host;

	st->unsaved = false;

	store_exec(h->store,
			"INSERT OR REPLACE INTO stations (id, kind, number, secret, name, address, "
			"since_s, used_s, boot, session, named, room) VALUES (?,?,?,?,?,?,?,?,?,?,?,?)",
			"ssibssiissis", st->id, station_kind_to_string(st->kind),
			(int64_t)strtoll(strrchr(st->id, '-') + 1, NULL, 10), st->secret, st->name,
			st->address, st->since_s, clock_real_ms() / 1000, h->boot,
			st->session ? st->session->id : st->awaited, (int64_t)st->named, st->room);
}

void station_save_all(struct host *h)
{
	struct list *l;

	list_for_each (l, &h->stations) {
		struct station *st = list_entry(l, struct station, link);

		if (st->unsaved)
			station_save(st);
	}
}

static void save_soon(struct station *st)
{
	st->unsaved = true;
	host_save_soon(st->host);
}

/* A VNC station that has a place waits for the next viewer of its address. */
static void forget(struct station *st)
{
	if (st->kind == STATION_VNC && (st->named || *st->room || st->enrol.enrolled))
		store_exec(st->host->store,
				"UPDATE stations SET boot = '', session = '' WHERE id = ?", "s",
				st->id);
	else if (st->kind == STATION_VNC)
		store_exec(st->host->store, "DELETE FROM stations WHERE id = ?", "s", st->id);
	else
		station_save(st);
}

static int take_number(struct store_row *row, void *userdata)
{
	*(int64_t *)userdata = store_row_int(row, 0);
	return 0;
}

static bool is_stored(struct host *h, const char *id)
{
	int64_t n = 0;

	store_query(h->store, take_number, &n, "SELECT 1 FROM stations WHERE id = ?", "s", id);
	return n > 0;
}

/* Browsers count up for ever (a name on a sticker stays good); VNC stations take the lowest free
 * one, but none that is blocked or has a place: that waits for the viewer that left it. */
static int64_t next_number(struct host *h, enum station_kind kind)
{
	int64_t n = 0;

	if (kind != STATION_VNC) {
		store_query(h->store, take_number, &n,
				"SELECT ifnull(max(number), 0) FROM stations WHERE kind = ?", "s",
				station_kind_to_string(kind));
		n++;
	}
	for (n = MAX(n, (int64_t)1);; n++) {
		char id[STATION_ID_MAX];

		snprintf(id, sizeof(id), "%s-%lld", station_kind_to_string(kind), (long long)n);
		if (!station_find(h, id) && !block_find(h, BLOCK_STATION, id) && !is_stored(h, id))
			return n;
	}
}

/* --- life --- */

static int station_new(struct host *h, const char *id, enum station_kind kind, struct station **ret)
{
	struct station *st = calloc(1, sizeof(*st));

	if (!st)
		return -ENOMEM;
	list_init(&st->shown);
	st->host = h;
	st->kind = kind;
	str_copy(st->id, sizeof(st->id), id);
	st->text = strdup("");
	st->name = strdup("");
	st->since_s = clock_real_ms() / 1000;
	list_add_tail(&h->stations, &st->link);
	h->n_stations++;
	if (!st->text || !st->name) {
		station_free(st);
		return -ENOMEM;
	}
	*ret = st;
	return 0;
}

void station_free(struct station *st)
{
	if (!st)
		return;
	list_remove(&st->link);
	list_remove(&st->shown);
	st->host->n_stations--;
	projection_touch(st->host, st->projection);
	sd_event_source_disable_unref(st->window);
	enrol_done(st);
	station_auto_done(st);
	sd_event_source_disable_unref(st->identify);
	station_local_done(st);
	json_decref(st->scene);
	free(st->name);
	free(st->text);
	free(st);
}

static void text_set(struct station *st, const char *text)
{
	char *copy = strdup(text);

	if (!copy)
		return;
	if (strlen(copy) > STATION_TEXT_MAX) {
		char *clean = str_clean(copy, STATION_TEXT_MAX / 4);

		free(copy);
		copy = clean ? clean : strdup("");
	}
	free(st->text);
	st->text = copy;
}

void station_attach(struct station *st, struct session *s)
{
	struct list *l, *next;

	if (st->session == s)
		return;
	store_begin(st->host->store);
	if (st->session)
		station_detach(st, "");
	list_for_each_safe (l, next, &s->stations)
		station_detach(list_entry(l, struct station, shown),
				"Your session is shown at another station now.");
	st->session = s;
	st->awaited[0] = 0;
	station_auto_note_session(st);
	list_add_tail(&s->stations, &st->shown);
	s->used_ms = clock_mono_ms();
	text_set(st, "");
	station_save(st);
	station_tell_room(st);
	store_commit(st->host->store);
	log_info("attached session=%s user=%s station=%s", s->id, s->person.user, st->id);
	touch_with_session(st);
	station_refresh(st);
	orders_send_chat(st);
}

void station_detach(struct station *st, const char *text)
{
	struct session *s = st->session;

	st->session = NULL;
	st->awaited[0] = 0;
	list_remove(&st->shown);
	text_set(st, text);
	save_soon(st);
	station_touch(st);
	station_refresh(st);
	if (s)
		session_touch(s);
}

static void station_leave(struct station *st)
{
	if (st->session || (st->local && *st->awaited))
		station_detach(st, "");
	if (st->local) { /* it stays, and its screen comes back */
		st->window = sd_event_source_disable_unref(st->window);
		station_touch(st);
		return;
	}
	forget(st);
	log_info("left station=%s address=%s", st->id, st->address);
	events_send_station_gone(st);
	orders_send_station_gone(st);
	station_free(st);
}

void station_drop(struct station *st)
{
	/* Nobody has this one. */
	if (getrandom(st->secret, sizeof(st->secret), 0) != sizeof(st->secret))
		memset(st->secret, 0, sizeof(st->secret));
	st->enrol.enrolled = st->named = false;
	st->room[0] = 0;
	station_leave(st);
}

static int handle_window(sd_event_source *source, uint64_t usec, void *userdata)
{
	station_leave(userdata);
	return 0;
}

static int64_t relay_window_ms(struct host *h)
{
	return MAX(h->conf->return_ms, (int64_t)STATION_WINDOW_MIN);
}

/* Where nothing drives the screen nobody can look at it or take the place over, and it takes an
 * upgrade or a repair to come back. */
static int64_t local_window_ms(const struct station *st)
{
	int64_t ms = relay_window_ms(st->host);

	return seat_is_served(st->host, st->local->seat) ? ms
							 : MAX(ms, st->host->conf->seats_keep_ms);
}

static void window_start(struct station *st, int64_t ms)
{
	if (host_arm_timer(st->host, &st->window, ms, handle_window, st) < 0)
		log_error("out of memory");
}

void station_close(struct station *st, bool now)
{
	st->peer = NULL;
	station_auto_stop(st);
	enrol_cancel(st);
	if (!st->local && (now || st->host->conf->return_ms == 0)) {
		station_leave(st);
		return;
	}
	/* What shows a local station is started again when it ends, as the relay is. */
	window_start(st, st->local ? local_window_ms(st) : st->host->conf->return_ms);
	touch_with_session(st);
}

void station_handle_seat(struct station *st)
{
	if (st->window)
		window_start(st, local_window_ms(st));
}

void station_peer_gone(struct host *h, struct peer *peer)
{
	struct list *l;

	list_for_each (l, &h->stations) {
		struct station *st = list_entry(l, struct station, link);

		if (st->peer != peer)
			continue;
		st->peer = NULL;
		station_auto_stop(st);
		window_start(st, st->local ? local_window_ms(st) : relay_window_ms(h));
		touch_with_session(st);
	}
}

struct known {
	struct host *host;
	char id[STATION_ID_MAX];
	char name[400];
	char room[PLACE_MAX];
	bool named;
	bool found;
};

static int take_known(struct store_row *row, void *userdata)
{
	struct known *k = userdata;

	if (k->found || station_find(k->host, store_row_text(row, 0)))
		return 0;
	k->found = str_copy(k->id, sizeof(k->id), store_row_text(row, 0));
	str_copy(k->name, sizeof(k->name), store_row_text(row, 1));
	k->named = store_row_int(row, 2) != 0;
	str_copy(k->room, sizeof(k->room), store_row_text(row, 3));
	return 0;
}

/* The identity of a station that is not in the list: a browser and an RDP client have a secret; a
 * VNC viewer comes back to a place of its address that nobody sits at. Where a station of that
 * address is blocked, another viewer or another name of the client does not lead around it. */
static void find_known(struct host *h, const struct station_open *request, const uint8_t *secret,
		struct known *ret)
{
	/* An enrolled one is never that of another viewer from the same address. */
	const char *kept = request->kind == STATION_BROWSER
					   ? NULL
					   : block_find_kept_station(
							     h, request->kind, request->address);

	*ret = (struct known){ .host = h };
	if (kept && enrol_is_enrolled(h, kept))
		kept = NULL;
	if (request->enrolled)
		store_query(h->store, take_known, ret,
				"SELECT id, name, named, room FROM stations WHERE secret = ? AND kind = ? "
				"AND id IN (SELECT station FROM enrolments)",
				"bs", secret, station_kind_to_string(request->kind));
	else if (request->kind != STATION_VNC)
		store_query(h->store, take_known, ret,
				"SELECT id, name, named, room FROM stations WHERE secret = ? AND kind = ?",
				"bs", secret, station_kind_to_string(request->kind));
	if (ret->found || request->enrolled || request->kind == STATION_BROWSER)
		return;
	if (kept)
		store_query(h->store, take_known, ret,
				"SELECT id, name, named, room FROM stations WHERE id = ?", "s",
				kept);
	else if (request->kind == STATION_VNC)
		store_query(h->store, take_known, ret,
				"SELECT id, name, named, room FROM stations WHERE kind = 'vnc' AND "
				"address = ? AND (named OR room <> '') AND id NOT IN (SELECT station "
				"FROM enrolments) ORDER BY number",
				"s", request->address);
	if (kept && !ret->found && !request->enrolled)
		str_copy(ret->id, sizeof(ret->id), kept);
}

static void drop_least_used(struct host *h, enum station_kind kind)
{
	store_exec(h->store,
			"DELETE FROM stations WHERE kind <> 'vnc' AND session = '' AND NOT named AND "
			"room = '' AND id NOT IN (SELECT station FROM enrolments) AND id IN (SELECT "
			"id FROM stations WHERE kind = ? ORDER BY used_s DESC LIMIT -1 OFFSET ?)",
			"si", station_kind_to_string(kind), (int64_t)STATIONS_KNOWN_MAX);
}

int station_new_local(struct host *h, struct station **ret)
{
	char id[STATION_ID_MAX];
	struct station *st;
	int r;

	if (h->n_stations >= STATIONS_MAX)
		return -EDQUOT;
	snprintf(id, sizeof(id), "local-%lld", (long long)next_number(h, STATION_LOCAL));
	r = station_new(h, id, STATION_LOCAL, &st);
	if (r < 0)
		return r;
	free(st->name);
	st->name = strdup(id);
	if (!st->name) {
		station_free(st);
		return -ENOMEM;
	}
	*ret = st;
	return 0;
}

/* A station that is not in the list: a browser seen before, or a new one. */
static int station_enter(struct host *h, const struct station_open *request, const uint8_t *secret,
		struct station **ret)
{
	struct station *st;
	struct known known;
	int r;

	if (h->n_stations >= STATIONS_MAX)
		return -EDQUOT;
	find_known(h, request, secret, &known);
	if (!known.found && request->enrolled &&
			!enrol_is_invited(h, station_kind_to_string(request->kind), secret))
		return -ENOENT;
	if (!*known.id) {
		snprintf(known.id, sizeof(known.id), "%s-%lld",
				station_kind_to_string(request->kind),
				(long long)next_number(h, request->kind));
		drop_least_used(h, request->kind);
	}
	r = station_new(h, known.id, request->kind, &st);
	if (r < 0)
		return r;
	memcpy(st->secret, secret, HASH_SIZE);
	free(st->name);
	st->name = strdup(known.name[0] ? known.name : known.id);
	st->named = known.named;
	str_copy(st->room, sizeof(st->room), known.room);
	enrol_load(st);
	station_auto_load(st);
	if (!st->name) {
		station_free(st);
		return -ENOMEM;
	}
	*ret = st;
	return 0;
}

/*
 * A viewer that lost its connection, or whose relay was restarted, is there again without its
 * secret before its station has left. Where that is blocked, it is that station; but a session is
 * shown again only to who logs in.
 */
static struct station *take_lost_blocked(
		struct host *h, const struct station_open *request, const uint8_t *secret)
{
	struct list *l;

	list_for_each (l, &h->stations) {
		struct station *st = list_entry(l, struct station, link);

		if (request->kind == STATION_BROWSER || st->kind != request->kind || st->peer ||
				request->enrolled || st->enrol.enrolled ||
				!streq(st->address, request->address) ||
				!block_find(h, BLOCK_STATION, st->id))
			continue;
		station_detach(st, "");
		memcpy(st->secret, secret, HASH_SIZE);
		return st;
	}
	return NULL;
}

int station_open(struct host *h, const struct station_open *request, struct peer *peer,
		struct station **ret)
{
	uint8_t secret[HASH_SIZE];
	struct station *st;
	bool is_new = false;
	int r;

	r = hash_secret(request->secret, secret);
	if (r < 0)
		return r;
	st = find_by_secret(h, secret);
	if (st && request->enrolled && (st->kind != request->kind || !st->enrol.enrolled))
		return -ENOENT;
	if ((request->kind == STATION_LOCAL) != (st && st->local))
		return -ENOENT;
	if (st && request->stranger)
		station_detach(st, "");
	if (!st)
		st = take_lost_blocked(h, request, secret);
	if (!st) {
		r = station_enter(h, request, secret, &st);
		if (r < 0)
			return r;
		is_new = true;
	}
	if (!st->named && !str_is_empty(request->name)) {
		char *clean = str_clean(request->name, 60);

		if (clean && *clean) {
			free(st->name);
			st->name = clean;
		} else {
			free(clean);
		}
	}
	str_copy(st->address, sizeof(st->address), request->address);
	st->peer = peer;
	st->window = sd_event_source_disable_unref(st->window);
	if (request->enrolled && !st->enrol.enrolled) {
		r = enrol_take_ticket(st, request->secret);
		if (r < 0) {
			station_drop(st);
			return r;
		}
	}
	block_handle_station(st);
	/* Losing a station that shows nothing costs a new number; strangers who load the page must
	 * not keep the disk busy. */
	save_soon(st);
	if (is_new)
		log_info("new station=%s address=%s", st->id, st->address);
	touch_with_session(st);
	*ret = st;
	return 0;
}

/* --- after a restart --- */

static int load_row(struct store_row *row, void *userdata)
{
	enum station_kind kind;
	const uint8_t *secret = store_row_bytes(row, 2);
	struct host *h = userdata;
	struct station *st;
	int r;

	if (!secret || h->n_stations >= STATIONS_MAX ||
			station_kind_from_string(store_row_text(row, 1), &kind) < 0)
		return 0;
	r = station_new(h, store_row_text(row, 0), kind, &st);
	if (r < 0)
		return r;
	memcpy(st->secret, secret, HASH_SIZE);
	free(st->name);
	st->name = strdup(store_row_text(row, 3));
	str_copy(st->address, sizeof(st->address), store_row_text(row, 4));
	st->since_s = store_row_int(row, 5);
	str_copy(st->awaited, sizeof(st->awaited), store_row_text(row, 6));
	st->named = store_row_int(row, 7) != 0;
	str_copy(st->room, sizeof(st->room), store_row_text(row, 8));
	enrol_load(st);
	station_auto_load(st);
	r = kind == STATION_LOCAL ? station_local_load(st) : 0;
	if (!st->name || r < 0) {
		station_free(st);
		return r == -ENOENT ? 0 : -ENOMEM;
	}
	window_start(st, st->local ? local_window_ms(st) : relay_window_ms(h));
	return 0;
}

int station_load_all(struct host *h)
{
	/* Numbers of sessions mean nothing after the system has restarted. */
	store_begin(h->store);
	store_exec(h->store,
			"DELETE FROM stations WHERE kind = 'vnc' AND boot <> ? AND NOT named AND room = '' "
			"AND id NOT IN (SELECT station FROM enrolments)",
			"s", h->boot);
	store_exec(h->store, "UPDATE stations SET session = '' WHERE boot <> ?", "s", h->boot);
	store_commit(h->store);
	return store_query(h->store, load_row, h,
			"SELECT id, kind, secret, name, address, since_s, session, named, room FROM "
			"stations WHERE (kind = 'vnc' AND boot = ?) OR kind = 'local' OR session <> '' ORDER BY number",
			"s", h->boot);
}

void station_handle_missed_end(struct host *h, const char *session, const char *text)
{
	struct list *l;

	list_for_each (l, &h->stations) {
		struct station *st = list_entry(l, struct station, link);

		if (streq(st->awaited, session) && !st->session)
			station_detach(st, text);
	}
}

void station_handle_adopted(struct host *h, struct session *s)
{
	struct list *l;

	list_for_each (l, &h->stations) {
		struct station *st = list_entry(l, struct station, link);

		if (!streq(st->awaited, s->id) || st->session)
			continue;
		st->awaited[0] = 0;
		st->session = s;
		list_add_tail(&s->stations, &st->shown);
		station_tell_room(st);
		touch_with_session(st);
		station_refresh(st);
		orders_send_chat(st);
	}
}

/* --- identify --- */

static int handle_identified(sd_event_source *source, uint64_t usec, void *userdata)
{
	struct station *st = userdata;

	st->identify = sd_event_source_disable_unref(st->identify);
	station_refresh(st);
	return 0;
}

int station_identify(struct station *st, bool show)
{
	int r = 0;

	if (show)
		r = host_arm_timer(st->host, &st->identify, STATION_IDENTIFY_MS, handle_identified,
				st);
	else
		st->identify = sd_event_source_disable_unref(st->identify);
	station_refresh(st);
	return r < 0 ? r : 0;
}
