/* SPDX-License-Identifier: GPL-3.0-or-later */
/* org.stationmaster.Stations. */
#include "base/str.h"
#include "hostd/api.h"
#include "hostd/host.h"
#include "hostd/station.h"

void api_stations_list(struct request *r)
{
	json_t *stations;
	struct list *l;

	if (!api_args_done(r))
		return;
	stations = json_array();
	list_for_each (l, &r->host->stations)
		json_array_append_new(
				stations, station_build_json(list_entry(l, struct station, link)));
	varlink_reply(r->call, json_pack("{s:o}", "stations", stations));
}

void api_stations_get(struct request *r)
{
	const char *id = arg_string(&r->args, "station", ARG_REQUIRED, 64);
	struct station *st;

	if (!api_args_done(r))
		return;
	st = station_find(r->host, id);
	if (st)
		varlink_reply(r->call, json_pack("{s:o}", "station", station_build_json(st)));
	else
		api_not_found(r, id, "There is no such station.");
}
