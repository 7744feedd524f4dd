/* SPDX-License-Identifier: GPL-3.0-or-later */
/* org.stationmaster.Stations. */
#include "base/str.h"
#include "hostd/api.h"
#include "hostd/host.h"
#include "hostd/rights.h"
#include "hostd/station.h"

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
			json_array_append_new(stations, station_build_json(st));
	}
	varlink_reply(r->call, json_pack("{s:o}", "stations", stations));
}

void api_stations_get(struct request *r)
{
	const char *id = arg_string(&r->args, "station", ARG_REQUIRED, 64);
	struct station *st;

	if (!api_args_done(r))
		return;
	st = station_find(r->host, id);
	if (st && rights_may_see_station(r->caller, st))
		varlink_reply(r->call, json_pack("{s:o}", "station", station_build_json(st)));
	else
		api_not_found(r, id, "There is no such station.");
}

static const char *read_place(struct request *r, const char *key)
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

void api_stations_set(struct request *r)
{
	const char *id = arg_string(&r->args, "station", ARG_REQUIRED, 64);
	const char *name = read_place(r, "name"), *room = read_place(r, "room");
	_cleanup_free_ char *what = NULL;
	json_t *station;
	int k;

	if (!api_args_done(r))
		return;
	if (!may_set(r, id, room)) {
		api_audit(r, id, "refused");
		api_refused(r, "Your rights are bound to rooms: you can name stations of these, and move "
			       "none.");
		return;
	}
	k = station_set_place(r->host, id, name, room, &station);
	if (k == -ENOENT) {
		api_not_found(r, id, "There is no such station.");
		return;
	}
	if (k < 0) {
		api_failed(r, "This could not be written to the disk. Free disk space, then try again.",
				"");
		return;
	}
	what = str_format("%s%s%s%s%s", id, name ? " name=" : "", name ? name : "",
			room ? " room=" : "", room ? room : "");
	api_audit(r, what ? what : id, "ok");
	varlink_reply(r->call, json_pack("{s:o}", "station", station));
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
