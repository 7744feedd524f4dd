/* SPDX-License-Identifier: GPL-3.0-or-later */
/* station list, show, set, rooms. */
#include <stdio.h>

#include "base/str.h"
#include "ctl/command.h"
#include "ctl/list.h"
#include "ctl/stations.h"

#define LIST  "org.stationmaster.Stations.List"
#define GET   "org.stationmaster.Stations.Get"
#define SET   "org.stationmaster.Stations.Set"
#define ROOMS "org.stationmaster.Stations.Rooms"

static const char *const station_flags[] = { "blocked", "storage_blocked", NULL };

/* "s12", "greeter", "block (s12)": what is shown, and the session below it. */
static char *shows_text(json_t *station)
{
	_cleanup_free_ char *scene = text_member(station, "scene"),
			    *session = text_member(station, "session");

	if (scene && streq(scene, "session"))
		return take_ptr(session);
	if (str_is_empty(session))
		return take_ptr(scene);
	return scene ? str_format("%s (%s)", scene, session) : NULL;
}

static bool is_connected(json_t *station)
{
	return json_is_true(json_object_get(station, "connected"));
}

/* Of a local station its connector: "HDMI-A-1", "HDMI-A-1 left". */
static char *address_text(json_t *station)
{
	const char *output = json_string_value(json_object_get(station, "output"));
	const char *area = json_string_value(json_object_get(station, "area"));
	const char *slash = output ? strrchr(output, '/') : NULL;
	_cleanup_free_ char *text = NULL;

	if (str_is_empty(output))
		return text_member(station, "address");
	text = str_format("%s%s%s", slash ? slash + 1 : output,
			!area || streq(area, "whole") ? "" : " ",
			!area || streq(area, "whole") ? "" : area);
	return text ? text_clean(text) : NULL;
}

static void row_add(struct table *t, json_t *station)
{
	_cleanup_free_ char *since = text_member(station, "since");
	_cleanup_free_ char *flags = text_flags(station, station_flags);
	_cleanup_free_ char *missing = text_member(station, "missing");

	table_add_consume(t, text_member(station, "id"));
	table_add_consume(t, text_member(station, "name"));
	table_add_consume(t, text_member(station, "room"));
	table_add_consume(t, address_text(station));
	table_add(t, is_connected(station) ? "connected" : "away",
			is_connected(station) ? TEXT_GREEN : TEXT_YELLOW);
	table_add(t, flags, TEXT_YELLOW);
	table_add(t, missing, TEXT_RED);
	table_add_consume(t, shows_text(station));
	table_add_consume(t, text_member(station, "kind"));
	table_add_consume(t, since ? text_since(since) : NULL);
}

int station_list_run(struct ctl *c, int argc, char **argv)
{
	static const struct column columns[] = {
		{ "STATION" },
		{ "NAME", .cut = true },
		{ "ROOM", .cut = true, .optional = true },
		{ "ADDRESS" },
		{ "STATE" },
		{ "FLAGS", .optional = true },
		{ "MISSING", .optional = true },
		{ "SHOWS" },
		{ "KIND" },
		{ "SINCE", .right = true },
	};
	static const struct list_info list = { LIST, "stations", "No stations.", columns,
		ELEMENTSOF(columns), row_add };

	(void)argc, (void)argv;
	return list_run(c, &list);
}

static bool is_local(json_t *station)
{
	return json_string_length(json_object_get(station, "output")) > 0;
}

/* "Holiday: open", "Old disk: failed: No file system that is read here." */
static void print_storage(json_t *station)
{
	json_t *disk;
	size_t i;

	text_print_field(stdout, "Storage",
			json_is_true(json_object_get(station, "storage_blocked")) ? "blocked"
										  : "not blocked");
	json_array_foreach (json_object_get(station, "storage"), i, disk) {
		_cleanup_free_ char *name = text_member(disk, "name"),
				    *state = text_member(disk, "state"),
				    *reason = text_member(disk, "reason");
		_cleanup_free_ char *line = str_format("%s: %s%s%s", name, state,
				str_is_empty(reason) ? "" : ": ", reason ? reason : "");

		text_print_field(stdout, "", line);
	}
}

int station_print(struct ctl *c, const char *method, json_t *reply)
{
	static const struct {
		const char *title, *key;
	} fields[] = {
		{ "Station", "id" },
		{ "Name", "name" },
		{ "Room", "room" },
		{ "Kind", "kind" },
		{ "Address", "address" },
		{ "Connected", "connected" },
		{ "Shows", "scene" },
		{ "Session", "session" },
		{ "Blocked", "blocked" },
		{ "Since", "since" },
		{ "Identity", "enrolment" },
		{ "Auto log-on", "auto_user" },
		{ "", "auto_failure" },
	};
	static const char *const local[][2] = { { "Output", "output" }, { "Area", "area" },
		{ "Orientation", "orientation" }, { "Mapping", "mapping" },
		{ "Missing", "missing" } };
	json_t *station = json_object_get(reply, "station");

	if (!json_is_object(station))
		return ctl_bad_reply(c, method);
	if (c->json) {
		text_print_json(stdout, station, JSON_INDENT(2), c->out_tty);
		return CTL_DONE;
	}
	for (size_t i = 0; i < ELEMENTSOF(fields); i++) {
		_cleanup_free_ char *value = text_member(station, fields[i].key);

		text_print_field(stdout, fields[i].title, value);
	}
	for (size_t i = 0; i < ELEMENTSOF(local) && is_local(station); i++) {
		_cleanup_free_ char *value = text_member(station, local[i][1]);

		text_print_field(stdout, local[i][0], value);
	}
	if (is_local(station))
		print_storage(station);
	return CTL_DONE;
}

int station_show_run(struct ctl *c, int argc, char **argv)
{
	_cleanup_json_ json_t *reply = NULL, *ids = NULL;
	int r;

	r = stations_resolve(c, argc, argv, &ids);
	if (r)
		return r;
	r = ctl_call(c, GET, json_pack("{s:O}", "station", json_array_get(ids, 0)), CTL_ANSWER_MS,
			&reply);
	return r ? r : station_print(c, GET, reply);
}

int station_set_run(struct ctl *c, int argc, char **argv)
{
	_cleanup_json_ json_t *reply = NULL, *ids = NULL, *parameters = json_object();
	int r;

	if (!c->name && !c->rooms && !c->orientation)
		return ctl_usage(c, "What should be set? Give --name, --room or --orientation.");
	if (json_array_size(c->rooms) > 1)
		return ctl_usage(c, "A station stands in one room: give --room once.");
	r = stations_resolve(c, argc, argv, &ids);
	if (r)
		return r;
	json_object_set(parameters, "station", json_array_get(ids, 0));
	if (c->name)
		json_object_set_new(parameters, "name", json_string(c->name));
	if (c->orientation)
		json_object_set_new(parameters, "orientation", json_string(c->orientation));
	if (c->rooms)
		json_object_set(parameters, "room", json_array_get(c->rooms, 0));
	r = ctl_call(c, SET, take_ptr(parameters), CTL_ANSWER_MS, &reply);
	return r ? r : station_print(c, SET, reply);
}

int station_rooms_run(struct ctl *c, int argc, char **argv)
{
	_cleanup_json_ json_t *reply = NULL;
	json_t *rooms, *room;
	size_t i;
	int r;

	(void)argc, (void)argv;
	r = ctl_call(c, ROOMS, NULL, CTL_ANSWER_MS, &reply);
	if (r)
		return r;
	rooms = json_object_get(reply, "rooms");
	if (!json_is_array(rooms))
		return ctl_bad_reply(c, ROOMS);
	if (c->json)
		text_print_json(stdout, rooms, JSON_INDENT(2), c->out_tty);
	else if (json_array_size(rooms) == 0)
		puts("No rooms.");
	json_array_foreach (rooms, i, room) {
		_cleanup_free_ char *clean = text_clean(json_string_value(room));

		if (!c->json && clean)
			puts(clean);
	}
	return CTL_DONE;
}
