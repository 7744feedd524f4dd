/* SPDX-License-Identifier: GPL-3.0-or-later */
/* station list, show. */
#include <stdio.h>

#include "base/str.h"
#include "ctl/command.h"
#include "ctl/table.h"

#define LIST "org.stationmaster.Stations.List"
#define GET  "org.stationmaster.Stations.Get"

/* "s12", "greeter". */
static char *shows_text(json_t *station)
{
	_cleanup_free_ char *scene = text_member(station, "scene");

	if (scene && streq(scene, "session"))
		return text_member(station, "session");
	return take_ptr(scene);
}

static bool is_connected(json_t *station)
{
	return json_is_true(json_object_get(station, "connected"));
}

int station_list_run(struct ctl *c, int argc, char **argv)
{
	static const struct column columns[] = {
		{ "STATION" },
		{ "NAME", .cut = true },
		{ "ADDRESS" },
		{ "STATE" },
		{ "SHOWS" },
		{ "SINCE", .right = true },
	};
	_cleanup_json_ json_t *reply = NULL;
	json_t *stations, *station;
	struct table t;
	size_t i;
	int r;

	(void)argc, (void)argv;
	r = ctl_call(c, LIST, NULL, CTL_ANSWER_MS, &reply);
	if (r)
		return r;
	stations = json_object_get(reply, "stations");
	if (!json_is_array(stations))
		return ctl_bad_reply(c, LIST);
	if (c->json) {
		text_print_json(stdout, stations, JSON_INDENT(2), c->out_tty);
		return CTL_DONE;
	}
	if (json_array_size(stations) == 0) {
		puts("No stations.");
		return CTL_DONE;
	}
	table_init(&t, columns, ELEMENTSOF(columns));
	json_array_foreach (stations, i, station) {
		_cleanup_free_ char *since = text_member(station, "since");

		table_add_consume(&t, text_member(station, "id"));
		table_add_consume(&t, text_member(station, "name"));
		table_add_consume(&t, text_member(station, "address"));
		table_add(&t, is_connected(station) ? "connected" : "away",
				is_connected(station) ? TEXT_GREEN : TEXT_YELLOW);
		table_add_consume(&t, shows_text(station));
		table_add_consume(&t, since ? text_since(since) : NULL);
	}
	r = table_print(&t, stdout, c->columns, c->out_tty);
	table_done(&t);
	return r < 0 ? ctl_fail(c, CTL_PARTLY, "org.stationmaster.ctl.Memory", "Out of memory.")
		     : CTL_DONE;
}

int station_show_run(struct ctl *c, int argc, char **argv)
{
	static const struct {
		const char *title, *key;
	} fields[] = {
		{ "Station", "id" },
		{ "Name", "name" },
		{ "Kind", "kind" },
		{ "Address", "address" },
		{ "Connected", "connected" },
		{ "Shows", "scene" },
		{ "Session", "session" },
		{ "Since", "since" },
	};
	_cleanup_json_ json_t *reply = NULL;
	json_t *station;
	int r;

	(void)argc;
	r = ctl_call(c, GET, json_pack("{s:s}", "station", argv[0]), CTL_ANSWER_MS, &reply);
	if (r)
		return r;
	station = json_object_get(reply, "station");
	if (!json_is_object(station))
		return ctl_bad_reply(c, GET);
	if (c->json) {
		text_print_json(stdout, station, JSON_INDENT(2), c->out_tty);
		return CTL_DONE;
	}
	for (size_t i = 0; i < ELEMENTSOF(fields); i++) {
		_cleanup_free_ char *value = text_member(station, fields[i].key);

		text_print_field(stdout, fields[i].title, value);
	}
	return CTL_DONE;
}
