/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * activity: who did what. stationd gives at most 500 entries an answer, so more of them are asked
 * for page by page. --follow reads what was before after it began to watch, as chat history does;
 * what is searched for is then looked for in new entries as stationd does it in old ones.
 */
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/str.h"
#include "ctl/command.h"
#include "ctl/follow.h"
#include "ctl/table.h"
#include "ctl/when.h"

#define LIST "org.stationmaster.Audit.List"

enum { PAGE_MAX = 500, FOLLOW_LIMIT = 10 };

/* Newest first, at most limit. */
static int entries_get(struct ctl *c, int64_t limit, json_t **ret_entries)
{
	_cleanup_json_ json_t *all = json_array();
	json_int_t before = 0;

	while ((int64_t)json_array_size(all) < limit) {
		int64_t left = limit - (int64_t)json_array_size(all),
			ask = MIN(left, (int64_t)PAGE_MAX);
		_cleanup_json_ json_t *reply = NULL;
		json_t *parameters = json_pack("{s:I}", "limit", (json_int_t)ask), *page;
		int r;

		if (before > 0)
			json_object_set_new(parameters, "before", json_integer(before));
		if (c->search)
			json_object_set_new(parameters, "text", json_string(c->search));
		r = ctl_call(c, LIST, parameters, CTL_ANSWER_MS, &reply);
		if (r)
			return r;
		page = json_object_get(reply, "entries");
		if (!json_is_array(page))
			return ctl_bad_reply(c, LIST);
		json_array_extend(all, page);
		if ((int64_t)json_array_size(page) < ask)
			break;
		before = json_integer_value(json_object_get(
				json_array_get(page, json_array_size(page) - 1), "number"));
	}
	*ret_entries = take_ptr(all);
	return CTL_DONE;
}

static char *when_text(json_t *entry)
{
	return when_format_log(
			json_integer_value(json_object_get(entry, "at_ms")), clock_real_ms());
}

static bool is_ok(json_t *entry)
{
	const char *result = json_string_value(json_object_get(entry, "result"));

	return result && streq(result, "ok");
}

static int entries_print(struct ctl *c, json_t *entries)
{
	static const struct column columns[] = {
		{ "WHEN" },
		{ "WHO" },
		{ "FROM" },
		{ "WHAT" },
		{ "RESULT", .cut = true },
		{ "ON WHOM", .cut = true },
	};
	struct table t;
	json_t *entry;
	size_t i;
	int r;

	if (json_array_size(entries) == 0) {
		puts("No entries.");
		return CTL_DONE;
	}
	table_init(&t, columns, ELEMENTSOF(columns));
	json_array_foreach (entries, i, entry) {
		_cleanup_free_ char *result = text_member(entry, "result");

		table_add_consume(&t, when_text(entry));
		table_add_consume(&t, text_member(entry, "user"));
		table_add_consume(&t, text_member(entry, "address"));
		table_add_consume(&t, text_member(entry, "method"));
		table_add(&t, result, is_ok(entry) ? TEXT_PLAIN : TEXT_YELLOW);
		table_add_consume(&t, text_member(entry, "targets"));
	}
	r = table_print(&t, stdout, c->columns, c->out_tty);
	table_done(&t);
	return r < 0 ? ctl_no_memory(c) : CTL_DONE;
}

static void entry_print(struct ctl *c, json_t *entry)
{
	_cleanup_free_ char *when = when_text(entry), *user = text_member(entry, "user");
	_cleanup_free_ char *from = text_member(entry, "address"),
			    *method = text_member(entry, "method");
	_cleanup_free_ char *targets = text_member(entry, "targets"),
			    *result = text_member(entry, "result"), *line = NULL, *clean = NULL;

	if (c->json) {
		text_print_json(stdout, entry, JSON_COMPACT, c->out_tty);
		fflush(stdout);
		return;
	}
	line = str_format("%s (%s) %s%s%s: %s", user, from, method,
			str_is_empty(targets) ? "" : " ", targets, result);
	clean = line ? text_clean(line) : NULL;
	printf("%s%s%s  %s\n", text_colour(TEXT_DIM, c->out_tty), when ? when : "?",
			text_colour(TEXT_PLAIN, c->out_tty), clean ? clean : "?");
	fflush(stdout);
}

/* As stationd compares: letters of ASCII in either case. */
static bool is_wanted(struct ctl *c, json_t *entry)
{
	static const char *const keys[] = { "user", "full_name", "method", "targets" };

	for (size_t i = 0; c->search && i < ELEMENTSOF(keys); i++) {
		const char *value = json_string_value(json_object_get(entry, keys[i]));

		if (value && strcasestr(value, c->search))
			return true;
	}
	return !c->search;
}

static void entry_show(struct ctl *c, json_t *entry, json_int_t *last)
{
	json_int_t number = json_integer_value(json_object_get(entry, "number"));

	if (number <= *last)
		return;
	*last = number;
	if (is_wanted(c, entry))
		entry_print(c, entry);
}

static int handle_event(struct ctl *c, json_t *event, void *userdata)
{
	const char *kind = json_string_value(json_object_get(event, "kind"));
	json_int_t *last = userdata;
	_cleanup_json_ json_t *entries = NULL;
	struct ctl aside;
	int64_t limit = *last ? PAGE_MAX : c->limit < 0 ? FOLLOW_LIMIT : c->limit;
	int r;

	if (kind && streq(kind, "audit"))
		entry_show(c, json_object_get(event, "entry"), last);
	if (!kind || !streq(kind, "snapshot"))
		return 0;
	ctl_init_aside(&aside, c);
	r = entries_get(&aside, limit, &entries);
	ctl_done(&aside);
	for (size_t i = json_array_size(entries); i-- > 0;)
		entry_show(c, json_array_get(entries, i), last);
	return r;
}

int activity_run(struct ctl *c, int argc, char **argv)
{
	_cleanup_json_ json_t *entries = NULL;
	json_int_t last = 0;
	int r;

	(void)argc, (void)argv;
	if (c->follow) {
		r = follow_events(c, handle_event, &last);
		return r == FOLLOW_TIMEOUT ? CTL_DONE : r;
	}
	r = entries_get(c, c->limit < 0 ? CTL_LIMIT : c->limit, &entries);
	if (r)
		return r;
	if (!c->json)
		return entries_print(c, entries);
	text_print_json(stdout, entries, JSON_INDENT(2), c->out_tty);
	return CTL_DONE;
}
