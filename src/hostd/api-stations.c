/* SPDX-License-Identifier: GPL-3.0-or-later */
/* org.stationmaster.Stations. */
#include "base/str.h"
#include "hostd/api.h"
#include "hostd/host.h"
#include "hostd/rights.h"
#include "hostd/station.h"

enum { MAP_MAX = 200 };

struct station *api_find_station(struct request *r, const char *id)
{
	struct station *st = station_find(r->host, id);

	if (!st)
		api_not_found(r, id, "There is no such station.");
	return st;
}

void api_stations_list(struct request *r)
{
	json_t *stations;
	struct list *l;

	if (!api_args_done(r))
		return;
	stations = json_array();
	list_for_each (l, &r->host->stations) {
		struct station *st = list_entry(l, struct station, link);

		if (rights_may_see_station(r->caller, st))
			json_array_append_new(stations, station_build_json(st, r->caller));
	}
	varlink_reply(r->call, json_pack("{s:o}", "stations", stations));
}

/* A station that the caller may see; NULL: answered. */
static struct station *find_own(struct request *r, const char *id)
{
	struct station *st = station_find(r->host, id);

	if (st && rights_may_see_station(r->caller, st))
		return st;
	api_not_found(r, id, "There is no such station.");
	return NULL;
}

void api_stations_get(struct request *r)
{
	const char *id = arg_string(&r->args, "station", ARG_REQUIRED, 64);
	struct station *st;

	if (!api_args_done(r))
		return;
	st = find_own(r, id);
	if (st)
		varlink_reply(r->call,
				json_pack("{s:o}", "station", station_build_json(st, r->caller)));
}

const char *api_read_place(struct request *r, const char *key)
{
	const char *text = arg_string(&r->args, key, ARG_OPTIONAL, PLACE_MAX - 1);

	if (text && !station_place_is_valid(text) && !r->args.bad)
		r->args.bad = key;
	return text;
}

/* Who could move stations would widen their own rights. */
static bool may_set(const struct request *r, const char *id, const char *room)
{
	_cleanup_free_ char *stands = NULL;

	if (!rights_are_bound(r->host, r->caller))
		return true;
	stands = station_find_room(r->host, id);
	return !room && stands && rights_have_room(r->host, r->caller, stands);
}

/* false: answered. */
static bool turn(struct request *r, const char *id, enum orientation orientation)
{
	struct station *st = api_find_station(r, id);

	if (!st)
		return false;
	if (!st->local)
		api_refused(r, "Only a local station has an orientation that can be set here.");
	else if (st->local->orientation != orientation && station_local_turn(st, orientation) < 0)
		api_not_stored(r);
	else
		return true;
	return false;
}

void api_stations_set(struct request *r)
{
	const char *id = arg_string(&r->args, "station", ARG_REQUIRED, 64);
	const char *name = api_read_place(r, "name"), *room = api_read_place(r, "room");
	const char *way = arg_string(&r->args, "orientation", ARG_OPTIONAL, 32);
	int orientation = ORIENTATION_LANDSCAPE;
	_cleanup_free_ char *what = NULL;
	json_t *station;
	int k;

	if (way)
		orientation = orientation_from_string(way);
	if (orientation < 0 && !r->args.bad)
		r->args.bad = "orientation";
	if (!api_args_done(r))
		return;
	if (!may_set(r, id, room)) {
		api_audit(r, id, "refused");
		api_refused(r, "Your rights are bound to rooms: you can name stations of these, and move "
			       "none.");
		return;
	}
	if (way && !turn(r, id, (enum orientation)orientation))
		return;
	k = station_set_place(r->host, id, name, room, &station);
	if (k == -ENOENT) {
		api_not_found(r, id, "There is no such station.");
		return;
	}
	if (k < 0) {
		api_not_stored(r);
		return;
	}
	what = str_format("%s%s%s%s%s%s%s", id, name ? " name=" : "", name ? name : "",
			room ? " room=" : "", room ? room : "", way ? " orientation=" : "",
			way ? way : "");
	api_audit(r, what ? what : id, "ok");
	station_add_may(r->host, r->caller, station);
	varlink_reply(r->call, json_pack("{s:o}", "station", station));
}

/* --- local stations --- */

static struct station *find_local(struct request *r, const char *id)
{
	struct station *st = find_own(r, id);

	if (!st || st->local)
		return st;
	api_refused(r, "This is no local station: it has no screen, keyboard and pointer at this "
		       "system.");
	return NULL;
}

/* "local-1,local-2"; malloc'ed. */
static char *join_ids(const json_t *ids)
{
	_cleanup_free_ char *text = strdup("");
	json_t *id;
	size_t i;

	json_array_foreach (ids, i, id) {
		char *longer = str_format("%s%s%s", text ? text : "", i > 0 ? "," : "",
				json_string_value(id));

		free(text);
		text = longer;
	}
	return take_ptr(text);
}

void api_stations_map(struct request *r)
{
	json_t *ids = arg_strings(&r->args, "stations", ARG_REQUIRED, MAP_MAX, 64), *id, *stations;
	_cleanup_free_ char *what = NULL;
	size_t i;

	if (ids && json_array_size(ids) == 0 && !r->args.bad)
		r->args.bad = "stations";
	if (!api_args_done(r))
		return;
	json_array_foreach (ids, i, id)
		if (!find_local(r, json_string_value(id)))
			return;
	if (station_local_map(r->host, ids) < 0) {
		api_not_stored(r);
		return;
	}
	stations = json_array();
	json_array_foreach (ids, i, id)
		json_array_append_new(stations,
				station_build_json(station_find(r->host, json_string_value(id)),
						r->caller));
	what = join_ids(ids);
	api_audit(r, what ? what : "", "ok");
	varlink_reply(r->call, json_pack("{s:o}", "stations", stations));
}

void api_stations_identify(struct request *r)
{
	json_t *ids = arg_strings(&r->args, "stations", ARG_OPTIONAL, STATIONS_MAX, 64), *id;
	bool show = arg_bool(&r->args, "show", ARG_REQUIRED, false);
	_cleanup_free_ char *what = NULL;
	struct list *l;
	size_t i;
	int k = 0;

	if (!api_args_done(r))
		return;
	json_array_foreach (ids, i, id)
		if (!find_own(r, json_string_value(id)))
			return;
	json_array_foreach (ids, i, id)
		k = MIN(k, station_identify(station_find(r->host, json_string_value(id)), show));
	list_for_each (l, &r->host->stations) {
		struct station *st = list_entry(l, struct station, link);

		if (!ids && rights_may_see_station(r->caller, st))
			k = MIN(k, station_identify(st, show));
	}
	if (k < 0) {
		api_failed(r, "The system is out of memory.", "");
		return;
	}
	what = ids ? join_ids(ids) : strdup("all");
	api_audit(r, what ? what : "", show ? "shown" : "taken back");
	varlink_reply(r->call, NULL);
}

void api_stations_split(struct request *r)
{
	const char *id = arg_string(&r->args, "station", ARG_REQUIRED, 64);
	const char *way = arg_string(&r->args, "direction", ARG_REQUIRED, 16), *reason;
	bool left_right = way && streq(way, "left_right");
	struct station *st, *second;
	int k;

	if (way && !left_right && !streq(way, "top_bottom") && !r->args.bad)
		r->args.bad = "direction";
	if (!api_args_done(r))
		return;
	st = find_local(r, id);
	if (!st)
		return;
	reason = station_local_refuses_split(st, left_right);
	if (reason) {
		api_audit(r, id, "refused");
		api_refused(r, reason);
		return;
	}
	k = station_local_split(st, left_right, &second);
	if (k == -EDQUOT) {
		api_refused(r, "There are too many stations already.");
		return;
	}
	if (k < 0) {
		api_not_stored(r);
		return;
	}
	api_audit(r, id, "ok");
	varlink_reply(r->call,
			json_pack("{s:[o, o]}", "stations", station_build_json(st, r->caller),
					station_build_json(second, r->caller)));
}

void api_stations_join(struct request *r)
{
	const char *id = arg_string(&r->args, "station", ARG_REQUIRED, 64);
	struct station *st, *first;

	if (!api_args_done(r))
		return;
	st = find_local(r, id);
	if (!st)
		return;
	if (st->local->area == AREA_WHOLE) {
		api_refused(r, "This station is no half: it has the whole screen.");
		return;
	}
	first = station_local_find_half(st);
	if (first && !rights_may_see_station(r->caller, first)) {
		api_audit(r, id, "refused");
		api_refused(r, "The other half is in a room that is not yours.");
		return;
	}
	if (station_local_join(st, &first) < 0) {
		api_not_stored(r);
		return;
	}
	host_save(r->host);
	api_audit(r, first->id, "ok");
	varlink_reply(r->call, json_pack("{s:o}", "station", station_build_json(first, r->caller)));
}

void api_stations_forget(struct request *r)
{
	const char *id = arg_string(&r->args, "station", ARG_REQUIRED, 64);
	const char *reason = NULL;
	struct station *st;

	if (!api_args_done(r))
		return;
	st = find_local(r, id);
	if (!st)
		return;
	if (st->local->screen)
		reason = "Its screen is connected. To get rid of a station, unplug its screen first.";
	else if (st->local->area != AREA_WHOLE)
		reason = "This is one half of a screen. Join the halves first.";
	if (reason) {
		api_audit(r, id, "refused");
		api_refused(r, reason);
		return;
	}
	if (station_local_forget(st) < 0) {
		api_not_stored(r);
		return;
	}
	host_save(r->host);
	api_audit(r, id, "ok");
	varlink_reply(r->call, NULL);
}

void api_stations_rooms(struct request *r)
{
	json_t *rooms;

	if (!api_args_done(r))
		return;
	rooms = json_array();
	station_add_rooms(r->host, rooms);
	for (size_t i = json_array_size(rooms); i-- > 0;)
		if (!rights_have_room(r->host, r->caller,
				    json_string_value(json_array_get(rooms, i))))
			json_array_remove(rooms, i);
	varlink_reply(r->call, json_pack("{s:o}", "rooms", rooms));
}
