/* SPDX-License-Identifier: GPL-3.0-or-later */
/* station map, identify, split, join, forget, storage: what concerns screens, keyboards, pointers
 * and storage on USB. */
#include <stdio.h>

#include "base/str.h"
#include "ctl/command.h"
#include "ctl/list.h"
#include "ctl/stations.h"

#define MAP      "org.stationmaster.Stations.Map"
#define IDENTIFY "org.stationmaster.Stations.Identify"
#define SPLIT    "org.stationmaster.Stations.Split"
#define JOIN     "org.stationmaster.Stations.Join"
#define FORGET   "org.stationmaster.Stations.Forget"
#define STORAGE  "org.stationmaster.Stations.SetStorage"

/* What is mounted may have to be written out first. */
enum { STORAGE_ANSWER_MS = 60 * 1000 };

/* What a station asks for now, in words. */
static const char *mapping_text(json_t *station)
{
	const char *mapping = json_string_value(json_object_get(station, "mapping"));

	if (!mapping || streq(mapping, "done"))
		return "has its devices";
	if (streq(mapping, "keyboard"))
		return "asks for any key on the keyboard in front of it";
	if (streq(mapping, "pointer"))
		return "asks for its pointer to be moved";
	return "waits until another station has its devices";
}

static int print_stations(struct ctl *c, const char *method, json_t *stations)
{
	json_t *station;
	size_t i;

	if (!json_is_array(stations))
		return ctl_bad_reply(c, method);
	if (c->json) {
		text_print_json(stdout, stations, JSON_INDENT(2), c->out_tty);
		return CTL_DONE;
	}
	json_array_foreach (stations, i, station) {
		_cleanup_free_ char *id = text_member(station, "id"),
				    *area = text_member(station, "area");

		printf("%s (%s): %s\n", id, area, mapping_text(station));
	}
	return CTL_DONE;
}

int station_map_run(struct ctl *c, int argc, char **argv)
{
	_cleanup_json_ json_t *reply = NULL, *ids = NULL;
	int r;

	r = stations_resolve(c, argc, argv, &ids);
	if (r)
		return r;
	r = ctl_call(c, MAP, json_pack("{s:O}", "stations", ids), CTL_ANSWER_MS, &reply);
	return r ? r : print_stations(c, MAP, json_object_get(reply, "stations"));
}

int station_identify_run(struct ctl *c, int argc, char **argv)
{
	_cleanup_json_ json_t *reply = NULL, *ids = NULL;
	int r;

	if (c->all)
		ids = json_null();
	r = ids ? CTL_DONE : stations_resolve(c, argc, argv, &ids);
	if (r)
		return r;
	r = ctl_call(c, IDENTIFY, json_pack("{s:O, s:b}", "stations", ids, "show", !c->off),
			CTL_ANSWER_MS, &reply);
	if (r)
		return r;
	if (c->json)
		text_print_json(stdout, reply, JSON_INDENT(2), c->out_tty);
	else
		puts(c->off ? "The names are taken back."
			    : "The names are shown for a minute. Take them back: --off.");
	return CTL_DONE;
}

int station_split_run(struct ctl *c, int argc, char **argv)
{
	_cleanup_json_ json_t *reply = NULL, *ids = NULL;
	int r;

	r = stations_resolve(c, argc, argv, &ids);
	if (r)
		return r;
	r = ctl_call(c, SPLIT,
			json_pack("{s:O, s:s}", "station", json_array_get(ids, 0), "direction",
					c->top_bottom ? "top_bottom" : "left_right"),
			CTL_ANSWER_MS, &reply);
	return r ? r : print_stations(c, SPLIT, json_object_get(reply, "stations"));
}

int station_join_run(struct ctl *c, int argc, char **argv)
{
	_cleanup_json_ json_t *reply = NULL, *stations = NULL, *ids = NULL;
	int r;

	r = stations_resolve(c, argc, argv, &ids);
	if (r)
		return r;
	r = ctl_call(c, JOIN, json_pack("{s:O}", "station", json_array_get(ids, 0)), CTL_ANSWER_MS,
			&reply);
	if (r)
		return r;
	stations = json_pack("[O]", json_object_get(reply, "station"));
	return print_stations(c, JOIN, stations);
}

int station_forget_run(struct ctl *c, int argc, char **argv)
{
	_cleanup_json_ json_t *reply = NULL, *ids = NULL;
	int r;

	r = stations_resolve(c, argc, argv, &ids);
	if (r)
		return r;
	r = ctl_call(c, FORGET, json_pack("{s:O}", "station", json_array_get(ids, 0)),
			CTL_ANSWER_MS, &reply);
	if (r)
		return r;
	if (c->json)
		text_print_json(stdout, reply, JSON_INDENT(2), c->out_tty);
	else
		printf("%s is forgotten.\n", argv[0]);
	return CTL_DONE;
}

int station_storage_run(struct ctl *c, int argc, char **argv)
{
	_cleanup_json_ json_t *reply = NULL, *ids = NULL;
	bool block = argc > 0 && streq(argv[0], "block");
	int r = CTL_DONE;

	if (argc == 0 || (!block && !streq(argv[0], "unblock")))
		return ctl_usage(c,
				"What about storage? Say \"block\" or \"unblock\", then which stations.");
	/* All that may be: stationd knows; the names of others are not asked for. */
	if (c->all && argc == 1 && !c->rooms)
		ids = json_null();
	else
		r = stations_choose(c, argc - 1, argv + 1, &ids);
	if (!ids)
		return r;
	r = ctl_call(c, STORAGE, json_pack("{s:O, s:b}", "stations", ids, "blocked", block),
			STORAGE_ANSWER_MS, &reply);
	return r ? r
		 : stations_report(c, STORAGE, reply,
				   block ? "storage blocked" : "storage not blocked");
}
