/* SPDX-License-Identifier: GPL-3.0-or-later */
/* project start, stop, list. */
#include <stdio.h>

#include "base/str.h"
#include "ctl/command.h"
#include "ctl/find.h"
#include "ctl/list.h"
#include "ctl/target.h"

#define START "org.stationmaster.Projections.Start"
#define STOP  "org.stationmaster.Projections.Stop"
#define LIST  "org.stationmaster.Projections.List"

int project_start_run(struct ctl *c, int argc, char **argv)
{
	_cleanup_json_ json_t *reply = NULL, *parameters = json_object();
	_cleanup_free_ char *source = NULL, *id = NULL, *clean = NULL;
	int r;

	r = target_set_parameters(c, parameters, argc, argv);
	if (r)
		return r;
	/* A projection without a source is the screen of a dashboard; here is none. */
	r = c->from ? find_id(c, c->from, &source) : find_own(c, &source);
	if (r)
		return r;
	json_object_set_new(parameters, "source", json_string(source));
	if (c->window)
		json_object_set_new(parameters, "window", json_true());
	r = target_call(c, START, take_ptr(parameters), CTL_ANSWER_MS, &reply);
	if (r)
		return r;
	id = text_member(reply, "projection");
	clean = id ? text_clean(id) : NULL;
	if (str_is_empty(clean))
		return ctl_bad_reply(c, START);
	r = target_report(c, reply, "included", NULL);
	if (!c->json)
		printf("Projection %s shows %s%s%s. Stop: stationctl project stop %s\n", clean,
				source, c->window ? " in a window" : "",
				c->all ? " to everybody, who logs in later too" : "", clean);
	return r;
}

int project_stop_run(struct ctl *c, int argc, char **argv)
{
	_cleanup_json_ json_t *reply = NULL, *parameters = json_object();
	_cleanup_free_ char *ids = NULL, *clean = NULL;
	int r;

	if (c->all)
		json_object_set_new(parameters, "all", json_true());
	else if (argc > 0)
		json_object_set_new(parameters, "projection", json_string(argv[0]));
	r = ctl_call(c, STOP, take_ptr(parameters), CTL_ANSWER_MS, &reply);
	if (r)
		return r;
	if (!json_is_array(json_object_get(reply, "projections")))
		return ctl_bad_reply(c, STOP);
	if (c->json) {
		text_print_json(stdout, reply, JSON_INDENT(2), c->out_tty);
		return CTL_DONE;
	}
	ids = text_member(reply, "projections");
	clean = ids ? text_clean(ids) : NULL;
	if (str_is_empty(clean))
		puts("No projections: nothing to do.");
	else
		printf("Stopped: %s.\n", clean);
	return CTL_DONE;
}

static void row_add(struct table *t, json_t *projection)
{
	_cleanup_free_ char *since = text_member(projection, "since");
	_cleanup_free_ char *source = text_member(projection, "session");
	_cleanup_free_ char *name = text_member(projection, "full_name");

	table_add_consume(t, text_member(projection, "id"));
	table_add(t, str_is_empty(source) ? "screen" : source, TEXT_PLAIN);
	table_add(t, name, TEXT_PLAIN);
	table_add_consume(t, text_member(projection, "by_name"));
	table_add_consume(t, since ? text_since(since) : NULL);
	table_add(t, json_is_true(json_object_get(projection, "all")) ? "everybody" : "chosen",
			TEXT_PLAIN);
	table_add(t,
			json_is_true(json_object_get(projection, "window")) ? "in a window"
									    : "whole screen",
			TEXT_PLAIN);
	table_add_consume(t, text_member(projection, "stations"));
}

int project_list_run(struct ctl *c, int argc, char **argv)
{
	static const struct column columns[] = {
		{ "PROJECTION" },
		{ "SHOWS" },
		{ "NAME", .cut = true },
		{ "BY", .cut = true },
		{ "SINCE", .right = true },
		{ "TO" },
		{ "HOW" },
		{ "STATIONS", .cut = true },
	};
	static const struct list_info list = { LIST, "projections", "No projections.", columns,
		ELEMENTSOF(columns), row_add };

	(void)argc, (void)argv;
	return list_run(c, &list);
}
