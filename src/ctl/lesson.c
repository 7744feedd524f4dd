/* SPDX-License-Identifier: GPL-3.0-or-later */
/* lesson list, preview, start, extend, change, end, recent. */
#include <stdio.h>

#include "base/clock.h"
#include "base/str.h"
#include "ctl/command.h"
#include "ctl/list.h"
#include "ctl/target.h"
#include "ctl/when.h"

#define LIST    "org.stationmaster.Lessons.List"
#define PREVIEW "org.stationmaster.Lessons.Preview"
#define START   "org.stationmaster.Lessons.Start"
#define EXTEND  "org.stationmaster.Lessons.Extend"
#define CHANGE  "org.stationmaster.Lessons.Change"
#define END     "org.stationmaster.Lessons.End"
#define PRESETS "org.stationmaster.Lessons.Presets"

enum { LESSON_MS = 45 * 60 * 1000 };

/* --- list --- */

static char *whom_text(json_t *lesson)
{
	json_t *users = json_object_get(lesson, "users"), *rooms = json_object_get(lesson, "rooms"),
	       *user, *names;
	char *text;
	size_t i;

	if (json_is_true(json_object_get(lesson, "all")))
		return strdup("everybody");
	if (json_array_size(rooms) > 0)
		return text_array(rooms);
	names = json_array();
	json_array_foreach (users, i, user)
		json_array_append(names, json_object_get(user, "user"));
	text = text_array(names);
	json_decref(names);
	return text;
}

/* "blocked, xterm, firefox-esr https://example.org" */
static char *brings_text(json_t *lesson)
{
	bool block = json_is_true(json_object_get(lesson, "block")),
	     web = json_is_object(json_object_get(lesson, "web"));
	json_t *programs = json_object_get(lesson, "programs"), *program;
	char *text = str_format("%s%s%s", block ? "blocked" : "", block && web ? ", " : "",
			web ? "web limited" : "");
	size_t i;

	json_array_foreach (programs, i, program) {
		_cleanup_free_ char *before = text, *id = text_member(program, "program"),
				    *open = text_member(program, "open");

		text = str_format("%s%s%s%s%s", before, str_is_empty(before) ? "" : ", ", id,
				str_is_empty(id) || str_is_empty(open) ? "" : " ", open);
	}
	return text;
}

static void row_add(struct table *t, json_t *lesson)
{
	int64_t ends_ms = json_integer_value(json_object_get(lesson, "ends_ms"));
	int64_t now = clock_real_ms();

	table_add_consume(t, text_member(lesson, "id"));
	table_add_consume(t, text_member(lesson, "name"));
	table_add_consume(t, text_member(lesson, "by_name"));
	table_add_consume(t, when_format(ends_ms, now));
	table_add_consume(t, text_duration(MAX(ends_ms - now, (int64_t)0)));
	table_add_consume(t, whom_text(lesson));
	table_add_consume(t, brings_text(lesson));
	table_add_consume(t, text_member(lesson, "message"));
}

int lesson_list_run(struct ctl *c, int argc, char **argv)
{
	static const struct column columns[] = {
		{ "LESSON" },
		{ "NAME", .cut = true },
		{ "BY", .cut = true },
		{ "ENDS" },
		{ "LEFT", .right = true },
		{ "WHOM", .cut = true },
		{ "BRINGS", .cut = true },
		{ "MESSAGE", .cut = true },
	};
	static const struct list_info list = { LIST, "lessons", "No lessons.", columns,
		ELEMENTSOF(columns), row_add };

	(void)argc, (void)argv;
	return list_run(c, &list);
}

static void recent_add(struct table *t, json_t *preset)
{
	table_add_consume(t, text_member(preset, "name"));
	table_add_consume(
			t, text_duration(json_integer_value(json_object_get(preset, "length_ms"))));
	table_add_consume(t, whom_text(preset));
	table_add_consume(t, brings_text(preset));
	table_add_consume(t, text_member(preset, "message"));
}

int lesson_recent_run(struct ctl *c, int argc, char **argv)
{
	static const struct column columns[] = {
		{ "NAME", .cut = true },
		{ "LENGTH", .right = true },
		{ "WHOM", .cut = true },
		{ "BRINGS", .cut = true },
		{ "MESSAGE", .cut = true },
	};
	static const struct list_info list = { PRESETS, "presets",
		"You have started no lesson yet.", columns, ELEMENTSOF(columns), recent_add };

	(void)argc, (void)argv;
	return list_run(c, &list);
}

/* --- preview, start --- */

/* Of --only or --except. */
static json_t *web_parameters(const struct ctl *c)
{
	return json_pack("{s:s, s:O}", "mode", c->only ? "allow" : "deny", "domains",
			c->only ? c->only : c->except);
}

/* An exit code. */
static int start_parameters(struct ctl *c, json_t *parameters, int argc, char **argv)
{
	int r;

	if (c->only && c->except)
		return ctl_usage(c, "Either --only or --except, not both.");
	r = target_set_names(c, parameters, argc, argv);
	if (r)
		return r;
	/* Not as sessions: who comes later is meant, too. */
	if (c->rooms)
		json_object_set(parameters, "rooms", c->rooms);
	if (c->name)
		json_object_set_new(parameters, "name", json_string(c->name));
	if (c->message)
		json_object_set_new(parameters, "message", json_string(c->message));
	if (c->block)
		json_object_set_new(parameters, "block", json_true());
	if (c->programs)
		json_object_set(parameters, "programs", c->programs);
	if (c->only || c->except)
		json_object_set_new(parameters, "web", web_parameters(c));
	if (c->until_ms >= 0)
		json_object_set_new(parameters, "ends_ms", json_integer(c->until_ms));
	else
		json_object_set_new(parameters, "length_ms", json_integer(LESSON_MS));
	return CTL_DONE;
}

static bool flag(json_t *change, const char *key)
{
	return json_is_true(json_object_get(change, key));
}

static const char *block_words(json_t *change)
{
	bool before = flag(change, "blocked_before"), after = flag(change, "blocked_after");

	if (!flag(change, "blocked"))
		return "not blocked";
	if (!before)
		return "becomes blocked until its end";
	return after ? "is blocked already, and stays so" : "is blocked already";
}

static const char *web_words(const struct ctl *c, json_t *change)
{
	if (!flag(change, "web"))
		return "";
	if (flag(change, "web_before"))
		return ", has a limit of the web already";
	return c->except ? ", reaches all but those sites" : ", reaches only those sites";
}

static void change_print(const struct ctl *c, json_t *change)
{
	_cleanup_free_ char *state = text_member(change, "state"), *words = NULL, *other = NULL;
	int64_t programs = json_integer_value(json_object_get(change, "programs"));

	if (!state || !streq(state, "done")) {
		target_print(c, change, "");
		return;
	}
	other = text_member(change, "lesson");
	words = str_format("%s%s%s%s%s%s", block_words(change), web_words(c, change),
			programs ? ", gets programs" : "",
			flag(change, "message") ? ", gets the message" : "",
			str_is_empty(other) ? "" : ", is in the lesson ", other);
	target_print(c, change, words ? words : "?");
}

int lesson_preview_run(struct ctl *c, int argc, char **argv)
{
	_cleanup_json_ json_t *reply = NULL, *parameters = json_object();
	json_t *changes, *change;
	size_t i;
	int r;

	r = start_parameters(c, parameters, argc, argv);
	if (r)
		return r;
	r = ctl_call(c, PREVIEW, take_ptr(parameters), CTL_ANSWER_MS, &reply);
	if (r)
		return r;
	changes = json_object_get(reply, "changes");
	if (!json_is_array(changes))
		return ctl_bad_reply(c, PREVIEW);
	if (c->json) {
		text_print_json(stdout, changes, JSON_INDENT(2), c->out_tty);
		return target_exit_code(changes);
	}
	json_array_foreach (changes, i, change)
		change_print(c, change);
	if (c->all)
		puts("Everybody, who logs in later too.");
	else if (c->rooms)
		puts("Whoever comes there while it runs, too.");
	return target_exit_code(changes);
}

int lesson_start_run(struct ctl *c, int argc, char **argv)
{
	_cleanup_json_ json_t *reply = NULL, *parameters = json_object();
	_cleanup_free_ char *id = NULL, *clean = NULL;
	int r;

	r = start_parameters(c, parameters, argc, argv);
	if (r)
		return r;
	r = target_call(c, START, take_ptr(parameters), CTL_ANSWER_MS, &reply);
	if (r)
		return r;
	id = text_member(reply, "lesson");
	clean = id ? text_clean(id) : NULL;
	r = target_report(c, reply, "in the lesson", NULL);
	if (!c->json && !str_is_empty(clean))
		printf("Lesson %s runs%s. End it: stationctl lesson end %s\n", clean,
				c->all     ? ", for everybody, who logs in later too"
				: c->rooms ? ", for whoever comes there later, too"
					   : "",
				clean);
	return r;
}

/* --- one that runs --- */

/* Calls a method that answers with a lesson; an exit code. Takes parameters. */
static int lesson_call(struct ctl *c, const char *method, json_t *parameters)
{
	_cleanup_json_ json_t *reply = NULL;
	_cleanup_free_ char *id = NULL, *ends = NULL;
	json_t *lesson;
	int r;

	r = ctl_call(c, method, parameters, CTL_ANSWER_MS, &reply);
	if (r)
		return r;
	lesson = json_object_get(reply, "lesson");
	id = text_member(lesson, "id");
	if (str_is_empty(id))
		return ctl_bad_reply(c, method);
	if (c->json) {
		text_print_json(stdout, lesson, JSON_INDENT(2), c->out_tty);
		return CTL_DONE;
	}
	ends = when_format(json_integer_value(json_object_get(lesson, "ends_ms")), clock_real_ms());
	printf("Lesson %s ends %s%s.\n", id, ends ? ends : "?",
			flag(lesson, "block") ? "; its people are blocked" : "");
	return CTL_DONE;
}

int lesson_extend_run(struct ctl *c, int argc, char **argv)
{
	(void)argc;
	return lesson_call(c, EXTEND,
			json_pack("{s:s, s:I}", "lesson", argv[0], "add_ms",
					(json_int_t)(c->by_ms < 0 ? CTL_EXTEND_MS : c->by_ms)));
}

int lesson_change_run(struct ctl *c, int argc, char **argv)
{
	json_t *parameters;

	(void)argc;
	if (c->block && c->no_block)
		return ctl_usage(c, "Either --block or --no-block, not both.");
	if (c->only && c->except)
		return ctl_usage(c, "Either --only or --except, not both.");
	if (!c->block && !c->no_block && !c->name && !c->message && !c->only && !c->except &&
			!c->free_web)
		return ctl_usage(c, "What? Give --block, --no-block, --only, --except, --free-web, "
				    "--message or --name.");
	parameters = json_pack("{s:s}", "lesson", argv[0]);
	if (c->block || c->no_block)
		json_object_set_new(parameters, "block", json_boolean(c->block));
	if (c->only || c->except)
		json_object_set_new(parameters, "web", web_parameters(c));
	else if (c->free_web)
		json_object_set_new(parameters, "web",
				json_pack("{s:s, s:[]}", "mode", "allow", "domains"));
	if (c->name)
		json_object_set_new(parameters, "name", json_string(c->name));
	if (c->message)
		json_object_set_new(parameters, "message", json_string(c->message));
	return lesson_call(c, CHANGE, parameters);
}

int lesson_end_run(struct ctl *c, int argc, char **argv)
{
	_cleanup_json_ json_t *reply = NULL;
	int r;

	(void)argc;
	r = ctl_call(c, END, json_pack("{s:s}", "lesson", argv[0]), CTL_ANSWER_MS, &reply);
	if (r)
		return r;
	if (c->json)
		text_print_json(stdout, reply, JSON_INDENT(2), c->out_tty);
	else
		printf("Lesson %s has ended; what it brought is gone.\n", argv[0]);
	return CTL_DONE;
}
