/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Local stations: their rows in the store, what the API says of them, and what people order.
 *
 * Secrets: made once and stored as they are, since the seat has to be told. So a screen goes on
 * over restarts of stationd and of the computer with what it shows already, and no time is left in
 * which the seat knows other secrets than stationd. Who can read the data base is root, and who can
 * reach a socket that takes such a secret is the seat or the relay: it tells stations apart, it is
 * no password.
 *
 * Changes go to the store first; what cannot be stored does not happen.
 */
#include "hostd/station-local.h"

#include <stdlib.h>

#include "base/log.h"
#include "hostd/events.h"
#include "hostd/hash.h"
#include "hostd/host.h"
#include "hostd/seat.h"
#include "hostd/session.h"
#include "hostd/station-scene.h"
#include "hostd/station.h"
#include "hostd/storage.h"

/* --- JSON --- */

/* Of the station's own picture; 0 x 0 without a screen. */
static void get_size(const struct station_local *l, int *ret_width, int *ret_height)
{
	const struct spot spot = { .rect = area_get_rect(l->area, l->screen ? l->width : 0,
						   l->screen ? l->height : 0),
		.orientation = l->orientation };

	spot_get_size(&spot, ret_width, ret_height);
}

static json_t *build_missing(const struct station_local *l)
{
	json_t *missing = json_array();

	if (l && !l->screen)
		json_array_append_new(missing, json_string("screen"));
	if (l && !l->keyboard)
		json_array_append_new(missing, json_string("keyboard"));
	if (l && !l->pointer)
		json_array_append_new(missing, json_string("pointer"));
	return missing;
}

void station_local_add_json(const struct station *st, json_t *station)
{
	const struct station_local *l = st ? st->local : NULL;
	static const struct station_local none;
	int width, height;

	get_size(l ? l : &none, &width, &height);
	json_object_set_new(station, "missing", build_missing(l));
	if (!l)
		l = &none;
	json_object_set_new(station, "mapping", json_string(seat_mapping_to_string(l->mapping)));
	json_object_set_new(station, "output", json_string(l->output));
	json_object_set_new(station, "area", json_string(area_to_string(l->area)));
	json_object_set_new(
			station, "orientation", json_string(orientation_to_string(l->orientation)));
	json_object_set_new(station, "width", json_integer(width));
	json_object_set_new(station, "height", json_integer(height));
	json_object_set_new(station, "storage_blocked", json_boolean(l->storage_blocked));
	json_object_set_new(station, "storage", storage_build_json(st));
}

void station_local_add_scene(const struct station *st, json_t *scene)
{
	bool asks = st->local && st->local->mapping != SEAT_MAPPING_DONE;

	json_object_set_new(scene, "mapping",
			asks ? json_string(seat_mapping_to_string(st->local->mapping))
			     : json_null());
	json_object_set_new(scene, "identify",
			st->identify ? json_pack("{s:s, s:s}", "name", st->name, "system",
						       st->host->system_name)
				     : json_null());
}

static json_t *build_hubs(const struct station_local *l)
{
	json_t *hubs = json_array();

	for (size_t i = 0; i < l->n_hubs; i++)
		json_array_append_new(hubs, json_string(l->hubs[i]));
	return hubs;
}

json_t *station_local_build_place(const struct station *st)
{
	const struct station_local *l = st->local;

	return json_pack("{s:s, s:s, s:s, s:o, s:s, s:s}", "station", st->id, "output", l->output,
			"area", area_to_string(l->area), "hubs", build_hubs(l), "orientation",
			orientation_to_string(l->orientation), "secret", l->secret);
}

/* --- store --- */

static int store_local(struct host *h, const char *id, const struct station_local *l)
{
	_cleanup_json_ json_t *hubs = build_hubs(l);
	_cleanup_free_ char *text = json_dumps(hubs, JSON_COMPACT);

	if (!text)
		return -ENOMEM;
	return store_exec(h->store,
			"INSERT OR REPLACE INTO local_stations (station, seat, output, area, "
			"orientation, second, hubs, wants_pointer, secret, storage_blocked) VALUES "
			"(?,?,?,?,?,?,?,?,?,?)",
			"sssssisisi", id, l->seat, l->output, area_to_string(l->area),
			orientation_to_string(l->orientation), (int64_t)l->second, text,
			(int64_t)l->wants_pointer, l->secret, (int64_t)l->storage_blocked);
}

int station_local_save(const struct station *st)
{
	return store_local(st->host, st->id, st->local);
}

int station_local_change(struct station *st, const struct station_local *next)
{
	int r = store_local(st->host, st->id, next);

	if (r < 0)
		return r;
	*st->local = *next;
	station_touch(st);
	return 0;
}

static void read_hubs(const char *text, struct station_local *l)
{
	_cleanup_json_ json_t *hubs = json_loads(text, 0, NULL);
	json_t *hub;
	size_t i;

	json_array_foreach (hubs, i, hub)
		if (l->n_hubs < SEAT_HUBS_MAX && json_is_string(hub) &&
				str_copy(l->hubs[l->n_hubs], USB_PATH_MAX, json_string_value(hub)))
			l->n_hubs++;
}

static int read_row(struct store_row *row, void *userdata)
{
	int area = area_from_string(store_row_text(row, 2));
	int orientation = orientation_from_string(store_row_text(row, 3));
	struct station_local *l = userdata;

	str_copy(l->seat, sizeof(l->seat), store_row_text(row, 0));
	str_copy(l->output, sizeof(l->output), store_row_text(row, 1));
	if (area >= 0)
		l->area = (enum area)area;
	if (orientation >= 0)
		l->orientation = (enum orientation)orientation;
	l->second = store_row_int(row, 4) != 0;
	read_hubs(store_row_text(row, 5), l);
	l->wants_pointer = store_row_int(row, 6) != 0;
	str_copy(l->secret, sizeof(l->secret), store_row_text(row, 7));
	l->storage_blocked = store_row_int(row, 8) != 0;
	return 0;
}

int station_local_load(struct station *st)
{
	st->local = calloc(1, sizeof(*st->local));
	if (!st->local)
		return -ENOMEM;
	st->local->screen = st->local->keyboard = st->local->pointer = true;
	store_query(st->host->store, read_row, st->local,
			"SELECT seat, output, area, orientation, second, hubs, wants_pointer, "
			"secret, storage_blocked FROM local_stations WHERE station = ?",
			"s", st->id);
	return *st->local->output ? 0 : -ENOENT;
}

void station_local_done(struct station *st)
{
	free(st->local);
	st->local = NULL;
}

/* --- life --- */

static int add_station(struct host *h, const struct station_local *like, struct station **ret)
{
	struct station *st;
	int r;

	r = station_new_local(h, &st);
	if (r < 0)
		return r;
	st->local = malloc(sizeof(*st->local));
	if (!st->local) {
		station_free(st);
		return -ENOMEM;
	}
	*st->local = *like;
	enrol_load(st);
	r = str_random_token(st->local->secret);
	if (r == 0)
		r = hash_secret(st->local->secret, st->secret);
	if (r < 0) {
		station_free(st);
		return r;
	}
	*ret = st;
	return 0;
}

int station_local_new(struct host *h, const char *seat, const char *output, struct station **ret)
{
	struct station_local local = { .screen = true, .passed = station_local_get_turn(h) };
	struct station *st;
	int r;

	if (!str_copy(local.seat, sizeof(local.seat), seat) ||
			!str_copy(local.output, sizeof(local.output), output))
		return -ENAMETOOLONG;
	r = add_station(h, &local, &st);
	if (r < 0)
		return r;
	store_begin(h->store);
	station_save(st);
	store_local(h, st->id, st->local);
	r = store_commit(h->store);
	log_info("new station=%s output=%s", st->id, output);
	station_touch(st);
	*ret = st;
	return r;
}

static void delete_rows(const struct station *st)
{
	store_exec(st->host->store, "DELETE FROM local_stations WHERE station = ?", "s", st->id);
	store_exec(st->host->store, "DELETE FROM auto_logons WHERE station = ?", "s", st->id);
	store_exec(st->host->store, "DELETE FROM stations WHERE id = ?", "s", st->id);
}

/* Out of the list; its rows have gone. Frees. */
static void leave(struct station *st)
{
	struct host *h = st->host;

	if (st->session)
		station_detach(st, "");
	log_info("forgotten station=%s", st->id);
	events_send_station_gone(st);
	orders_send_station_gone(st);
	station_free(st);
	storage_update(h->storage);
}

/* --- orders --- */

unsigned station_local_get_turn(const struct host *h)
{
	unsigned last = 0;
	struct list *l;

	list_for_each (l, &h->stations) {
		const struct station *st = list_entry(l, struct station, link);

		if (st->local)
			last = MAX(last, st->local->passed);
	}
	return last + 1;
}

int station_local_map(struct host *h, json_t *ids)
{
	unsigned turn = station_local_get_turn(h);
	struct station_local next;
	struct station *st;
	json_t *id;
	size_t i;
	int r;

	store_begin(h->store);
	json_array_foreach (ids, i, id) {
		st = station_find(h, json_string_value(id));
		next = *st->local;
		next.n_hubs = 0;
		next.wants_pointer = false;
		store_local(h, st->id, &next);
	}
	r = store_commit(h->store);
	if (r < 0)
		return r;
	json_array_foreach (ids, i, id) {
		st = station_find(h, json_string_value(id));
		st->local->n_hubs = 0;
		st->local->wants_pointer = false;
		st->local->passed = turn;
		station_touch(st);
	}
	seats_update(h);
	return 0;
}

int station_local_block_storage(struct station *st, bool blocked)
{
	struct station_local next = *st->local;

	next.storage_blocked = blocked;
	return station_local_change(st, &next);
}

int station_local_turn(struct station *st, enum orientation orientation)
{
	struct station_local next = *st->local;
	int r;

	next.orientation = orientation;
	r = station_local_change(st, &next);
	if (r == 0)
		seats_update(st->host);
	return r;
}

const char *station_local_refuses_split(const struct station *st, bool left_right)
{
	const struct station_local *l = st->local;

	if (l->area != AREA_WHOLE)
		return "This station is one half of a screen already.";
	if (!l->screen)
		return "Its screen is not connected.";
	if (left_right && l->width < STATION_SPLIT_WIDTH_MIN)
		return "This screen is too small: to be split left and right it needs 1024 pixels of "
		       "width.";
	if (!left_right && l->height < STATION_SPLIT_HEIGHT_MIN)
		return "This screen is too small: to be split top and bottom it needs 768 pixels of "
		       "height.";
	return NULL;
}

int station_local_split(struct station *st, bool left_right, struct station **ret_second)
{
	struct station_local first = *st->local, other = *st->local;
	struct host *h = st->host;
	struct station *second;
	int r;

	first.area = left_right ? AREA_LEFT : AREA_TOP;
	other.area = left_right ? AREA_RIGHT : AREA_BOTTOM;
	other.second = true;
	other.n_hubs = 0;
	other.storage_blocked = false; /* a place of its own, with a hub of its own */
	other.wants_pointer = other.keyboard = other.pointer = false;
	r = add_station(h, &other, &second);
	if (r < 0)
		return r;
	str_copy(second->room, sizeof(second->room), st->room);
	store_begin(h->store);
	station_save(second);
	store_local(h, second->id, second->local);
	store_local(h, st->id, &first);
	r = store_commit(h->store);
	if (r < 0) {
		station_free(second);
		return r;
	}
	*st->local = first;
	station_touch(st);
	station_touch(second);
	seats_update(h);
	*ret_second = second;
	return 0;
}

struct station *station_local_find_half(const struct station *st)
{
	struct list *l;

	if (st->local->area == AREA_WHOLE)
		return NULL;
	list_for_each (l, &st->host->stations) {
		struct station *other = list_entry(l, struct station, link);

		if (other != st && other->local && streq(other->local->output, st->local->output))
			return other;
	}
	return NULL;
}

int station_local_join(struct station *st, struct station **ret)
{
	struct station *other = station_local_find_half(st);
	struct station *first = other && st->local->second ? other : st;
	struct station *second = first == st ? other : st;
	struct station_local next = *first->local;
	struct host *h = st->host;
	int r;

	next.area = AREA_WHOLE;
	next.second = false;
	store_begin(h->store);
	store_local(h, first->id, &next);
	if (second)
		delete_rows(second);
	r = store_commit(h->store);
	if (r < 0)
		return r;
	if (second)
		leave(second);
	*first->local = next;
	station_touch(first);
	seats_update(h);
	*ret = first;
	return 0;
}

int station_local_forget(struct station *st)
{
	struct host *h = st->host;
	int r;

	store_begin(h->store);
	delete_rows(st);
	r = store_commit(h->store);
	if (r < 0)
		return r;
	leave(st);
	seats_update(h);
	return 0;
}
