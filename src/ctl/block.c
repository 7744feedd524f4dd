/* SPDX-License-Identifier: GPL-3.0-or-later */
/* session block, session unblock, block list, block texts. */
#include <stdio.h>

#include "base/clock.h"
#include "base/str.h"
#include "ctl/command.h"
#include "ctl/list.h"
#include "ctl/target.h"
#include "ctl/when.h"

#define BLOCK   "org.stationmaster.Blocks.Block"
#define UNBLOCK "org.stationmaster.Blocks.Unblock"
#define LIST    "org.stationmaster.Blocks.List"
#define TEXTS   "org.stationmaster.Blocks.Texts"

/* What was ordered holds for more than the sessions that were there: say how long, and how back. */
static void print_block_end(struct ctl *c, int argc, char **argv)
{
	_cleanup_free_ char *names = target_words(c, argc, argv), *until = NULL;

	if (c->until_ms >= 0)
		until = when_format(c->until_ms, clock_real_ms());
	printf("%s until %s%s stationctl session unblock %s\n",
			c->all ? "Everybody is blocked, who logs in later too,"
			       : "Blocked, also after a new log-in,",
			until ? until : "you take it back:", until ? ". Take back:" : "",
			names ? names : "--all");
}

int session_block_run(struct ctl *c, int argc, char **argv)
{
	_cleanup_json_ json_t *reply = NULL, *parameters = json_object();
	int r;

	r = target_set_parameters(c, parameters, argc, argv);
	if (r)
		return r;
	if (c->message)
		json_object_set_new(parameters, "message", json_string(c->message));
	if (c->until_ms >= 0)
		json_object_set_new(parameters, "until_ms", json_integer(c->until_ms));
	r = target_call(c, BLOCK, take_ptr(parameters), CTL_ANSWER_MS, &reply);
	if (r)
		return r;
	r = target_report(c, reply, "blocked", NULL);
	if (!c->json && (c->all || target_count(reply, "done") > 0))
		print_block_end(c, argc, argv);
	return r;
}

int session_unblock_run(struct ctl *c, int argc, char **argv)
{
	_cleanup_json_ json_t *reply = NULL, *parameters = json_object();
	int r;

	r = target_set_parameters(c, parameters, argc, argv);
	if (r)
		return r;
	r = target_call(c, UNBLOCK, take_ptr(parameters), CTL_ANSWER_MS, &reply);
	if (r)
		return r;
	return target_report(c, reply, "unblocked", "Nothing is blocked: nothing to do.");
}

static void row_add(struct table *t, json_t *block)
{
	_cleanup_free_ char *since = text_member(block, "since"),
			    *name = text_member(block, "name");
	_cleanup_free_ char *kind = text_member(block, "kind");
	int64_t until_ms = json_integer_value(json_object_get(block, "until_ms"));

	table_add(t, kind && streq(kind, "all") ? "everybody" : kind, TEXT_PLAIN);
	table_add(t, name, TEXT_PLAIN);
	table_add_consume(t, text_member(block, "full_name"));
	table_add_consume(t, text_member(block, "by"));
	table_add_consume(t, since ? text_since(since) : NULL);
	table_add_consume(t, until_ms > 0 ? when_format(until_ms, clock_real_ms())
					  : strdup("taken back"));
	table_add_consume(t, text_member(block, "message"));
}

int block_list_run(struct ctl *c, int argc, char **argv)
{
	static const struct column columns[] = {
		{ "BLOCKED" },
		{ "ID" },
		{ "NAME", .cut = true },
		{ "BY", .cut = true },
		{ "SINCE", .right = true },
		{ "UNTIL" },
		{ "MESSAGE", .cut = true },
	};
	static const struct list_info list = { LIST, "blocks", "Nothing is blocked.", columns,
		ELEMENTSOF(columns), row_add };

	(void)argc, (void)argv;
	return list_run(c, &list);
}

int block_texts_run(struct ctl *c, int argc, char **argv)
{
	_cleanup_json_ json_t *reply = NULL;
	_cleanup_free_ char *fallback = NULL;
	json_t *text;
	size_t i;
	int r;

	(void)argc, (void)argv;
	r = ctl_call(c, TEXTS, NULL, CTL_ANSWER_MS, &reply);
	if (r)
		return r;
	if (!json_is_array(json_object_get(reply, "texts")))
		return ctl_bad_reply(c, TEXTS);
	if (c->json) {
		text_print_json(stdout, reply, JSON_INDENT(2), c->out_tty);
		return CTL_DONE;
	}
	fallback = text_member(reply, "default_text");
	text_print_field(stdout, "Without --message",
			str_is_empty(fallback) ? "a text in the language of the station"
					       : fallback);
	json_array_foreach (json_object_get(reply, "texts"), i, text)
		text_print_field(stdout, i ? "" : "Used before", json_string_value(text));
	return CTL_DONE;
}
