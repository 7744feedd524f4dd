/* SPDX-License-Identifier: GPL-3.0-or-later */
/* web limit, web free, web list, web recent. */
#include <stdio.h>

#include "base/clock.h"
#include "base/str.h"
#include "ctl/command.h"
#include "ctl/list.h"
#include "ctl/target.h"
#include "ctl/when.h"

#define LIMIT  "org.stationmaster.Limits.Limit"
#define FREE   "org.stationmaster.Limits.Free"
#define LIST   "org.stationmaster.Limits.List"
#define RECENT "org.stationmaster.Limits.Recent"

/* stationd waits for the packet filter and the filter of the web. */
enum { ANSWER_MS = 60 * 1000 };

static void print_end(struct ctl *c, int argc, char **argv)
{
	_cleanup_free_ char *names = target_words(c, argc, argv), *until = NULL;

	if (c->until_ms >= 0)
		until = when_format(c->until_ms, clock_real_ms());
	printf("%s until %s%s stationctl web free %s\n",
			c->all ? "The web of everybody is limited, of those who log in later too,"
			       : "The web is limited, also after a new log-in,",
			until ? until : "you free it:", until ? ". Free:" : "",
			names ? names : "--all");
}

int web_limit_run(struct ctl *c, int argc, char **argv)
{
	_cleanup_json_ json_t *reply = NULL, *parameters = json_object();
	json_t *sites = c->only ? c->only : c->except;
	int r;

	if (!c->only == !c->except)
		return ctl_usage(c, "Give either --only with the sites that stay open, or --except "
				    "with those that are closed.");
	r = target_set_parameters(c, parameters, argc, argv);
	if (r)
		return r;
	json_object_set_new(parameters, "mode", json_string(c->only ? "allow" : "deny"));
	json_object_set(parameters, "domains", sites);
	if (c->until_ms >= 0)
		json_object_set_new(parameters, "until_ms", json_integer(c->until_ms));
	r = target_call(c, LIMIT, take_ptr(parameters), ANSWER_MS, &reply);
	if (r)
		return r;
	r = target_report(c, reply, "limited", NULL);
	if (!c->json && (c->all || target_count(reply, "done") > 0))
		print_end(c, argc, argv);
	return r;
}

int web_free_run(struct ctl *c, int argc, char **argv)
{
	_cleanup_json_ json_t *reply = NULL, *parameters = json_object();
	int r;

	r = target_set_parameters(c, parameters, argc, argv);
	if (r)
		return r;
	r = target_call(c, FREE, take_ptr(parameters), ANSWER_MS, &reply);
	if (r)
		return r;
	return target_report(c, reply, "freed", "Nobody's web is limited: nothing to do.");
}

static char *sites_of(json_t *object)
{
	_cleanup_free_ char *sites = text_array(json_object_get(object, "domains")),
			    *mode = text_member(object, "mode");

	return sites && mode ? str_format("%s %s", streq(mode, "deny") ? "all but" : "only", sites)
			     : NULL;
}

static void row_add(struct table *t, json_t *limit)
{
	_cleanup_free_ char *since = text_member(limit, "since"),
			    *kind = text_member(limit, "kind");
	int64_t until_ms = json_integer_value(json_object_get(limit, "until_ms"));

	table_add_consume(t, kind && streq(kind, "all") ? strdup("everybody")
							: text_member(limit, "name"));
	table_add_consume(t, text_member(limit, "full_name"));
	table_add_consume(t, text_member(limit, "by"));
	table_add_consume(t, since ? text_since(since) : NULL);
	table_add_consume(
			t, until_ms > 0 ? when_format(until_ms, clock_real_ms()) : strdup("freed"));
	table_add_consume(t, sites_of(limit));
}

int web_list_run(struct ctl *c, int argc, char **argv)
{
	static const struct column columns[] = {
		{ "LIMITED" },
		{ "NAME", .cut = true },
		{ "BY", .cut = true },
		{ "SINCE", .right = true },
		{ "UNTIL" },
		{ "SITES", .cut = true },
	};
	static const struct list_info list = { LIST, "limits", "Nobody's web is limited.", columns,
		ELEMENTSOF(columns), row_add };

	(void)argc, (void)argv;
	return list_run(c, &list);
}

static void recent_add(struct table *t, json_t *list)
{
	table_add_consume(t, sites_of(list));
}

int web_recent_run(struct ctl *c, int argc, char **argv)
{
	static const struct column columns[] = { { "SITES", .cut = true } };
	static const struct list_info list = { RECENT, "lists", "You have used no list yet.",
		columns, ELEMENTSOF(columns), recent_add };

	(void)argc, (void)argv;
	return list_run(c, &list);
}
