/* SPDX-License-Identifier: GPL-3.0-or-later */
/* session list, show, start. */
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/str.h"
#include "ctl/command.h"
#include "ctl/find.h"
#include "ctl/follow.h"
#include "ctl/list.h"
#include "ctl/target.h"

#define LIST  "org.stationmaster.Sessions.List"
#define GET   "org.stationmaster.Sessions.Get"
#define START "org.stationmaster.Sessions.Start"

/* stationd asks sessions what they use when somebody begins to watch, and again after a second. */
enum { LONG_MS = 1500 };

static enum text_colour state_colour(const char *state)
{
	if (streq(state, "active"))
		return TEXT_GREEN;
	if (streq(state, "suspended"))
		return TEXT_BLUE;
	return TEXT_YELLOW;
}

/* "ends", "is suspended", "is locked": what a notice is of. */
static const char *act_words(json_t *notice)
{
	const char *act = json_string_value(json_object_get(notice, "act"));

	return act && streq(act, "suspend") ? "is suspended"
	       : act && streq(act, "lock")  ? "is locked"
					    : "ends";
}

/* "active", or with a notice "active, ends in 45 s". */
static char *state_text(json_t *session)
{
	json_t *notice = json_object_get(session, "notice");
	_cleanup_free_ char *state = text_member(session, "state"), *left = NULL;

	if (!json_is_object(notice))
		return take_ptr(state);
	left = text_duration(
			json_integer_value(json_object_get(notice, "ends_ms")) - clock_real_ms());
	return state && left ? str_format("%s, %s in %s", state, act_words(notice), left) : NULL;
}

static void row_add(struct table *t, json_t *session)
{
	_cleanup_free_ char *name = text_member(session, "full_name"), *state = state_text(session);
	_cleanup_free_ char *plain = text_member(session, "state"), *since = NULL, *flags = NULL;
	bool own = json_is_true(json_object_get(session, "own"));

	table_add_consume(t, text_member(session, "id"));
	table_add_consume(t, text_member(session, "user"));
	table_add_consume(t, name && own ? str_format("%s (you)", name) : take_ptr(name));
	table_add_consume(t, text_member(session, "role"));
	table_add(t, state, plain ? state_colour(plain) : TEXT_PLAIN);
	flags = target_flags(session);
	table_add(t, flags, TEXT_YELLOW);
	table_add_consume(t, text_member(session, "stations"));
	table_add_consume(t, text_member(session, "desktop"));
	since = text_member(session, "since");
	table_add_consume(t, since ? text_since(since) : NULL);
	table_add_consume(
			t, text_duration(json_integer_value(json_object_get(session, "idle_ms"))));
}

static char *use_text(json_t *session, const char *key, char *(*format)(int64_t))
{
	/* What is not known is 0; memory of something that runs never is. */
	if (json_integer_value(json_object_get(session, "memory_kib")) <= 0)
		return strdup("");
	return format(json_integer_value(json_object_get(session, key)));
}

/* How long the hand has been up; "" where it is not. */
static char *hand_text(json_t *session)
{
	int64_t hand_ms = json_integer_value(json_object_get(session, "hand_ms"));

	return hand_ms > 0 ? text_duration(clock_real_ms() - hand_ms) : strdup("");
}

static void long_row_add(struct table *t, json_t *session)
{
	_cleanup_free_ char *state = state_text(session), *plain = text_member(session, "state");
	_cleanup_free_ char *flags = target_flags(session), *hand = hand_text(session);

	table_add_consume(t, text_member(session, "id"));
	table_add_consume(t, text_member(session, "user"));
	table_add_consume(t, text_member(session, "full_name"));
	table_add(t, state, plain ? state_colour(plain) : TEXT_PLAIN);
	table_add(t, flags, TEXT_YELLOW);
	table_add_consume(t, text_member(session, "stations"));
	table_add(t, hand, TEXT_YELLOW);
	table_add_consume(t, use_text(session, "cpu_permille", text_permille));
	table_add_consume(t, use_text(session, "memory_kib", text_memory));
	table_add_consume(
			t, text_duration(json_integer_value(json_object_get(session, "idle_ms"))));
	table_add_consume(t, text_member(session, "program"));
	table_add_consume(t, text_member(session, "window"));
}

/* Keeps an array of sessions as the events tell of them. */
static int handle_long_event(struct ctl *c, json_t *event, void *userdata)
{
	const char *kind = json_string_value(json_object_get(event, "kind"));
	json_t **sessions = userdata, *session = json_object_get(event, "session"), *item;
	json_t *id = json_object_get(session ? session : event, "id");
	size_t i;

	(void)c;
	if (kind && streq(kind, "snapshot")) {
		json_decref(*sessions);
		*sessions = json_incref(json_object_get(event, "sessions"));
	}
	if (!kind || (!streq(kind, "session") && !streq(kind, "session_gone")))
		return 0;
	json_array_foreach (*sessions, i, item)
		if (json_equal(json_object_get(item, "id"), id))
			break;
	if (!session)
		json_array_remove(*sessions, i);
	else if (i < json_array_size(*sessions))
		json_array_set(*sessions, i, session);
	else
		json_array_append(*sessions, session);
	return 0;
}

static int long_list_run(struct ctl *c)
{
	static const struct column columns[] = {
		{ "SESSION" },
		{ "USER" },
		{ "NAME", .cut = true },
		{ "STATE" },
		{ "FLAGS", .cut = true, .optional = true },
		{ "STATION", .cut = true },
		{ "HAND", .right = true, .optional = true },
		{ "CPU", .right = true },
		{ "MEMORY", .right = true },
		{ "IDLE", .right = true },
		{ "PROGRAM", .cut = true },
		{ "WINDOW", .cut = true },
	};
	static const struct list_info list = { LIST, "sessions", "No sessions.", columns,
		ELEMENTSOF(columns), long_row_add };
	_cleanup_json_ json_t *sessions = NULL;
	int64_t deadline = c->deadline;
	int r;

	c->deadline = clock_mono_ms() + MIN(ctl_time_left(c, LONG_MS), (int64_t)LONG_MS);
	r = follow_events(c, handle_long_event, &sessions);
	c->deadline = deadline;
	if (r != FOLLOW_TIMEOUT)
		return r;
	if (!json_is_array(sessions))
		return ctl_unreachable(c, -ETIMEDOUT);
	return list_print(c, &list, sessions);
}

int session_list_run(struct ctl *c, int argc, char **argv)
{
	static const struct column columns[] = {
		{ "SESSION" },
		{ "USER" },
		{ "NAME", .cut = true },
		{ "ROLE" },
		{ "STATE" },
		{ "FLAGS", .cut = true, .optional = true },
		{ "STATION", .cut = true },
		{ "DESKTOP", .cut = true },
		{ "SINCE", .right = true },
		{ "IDLE", .right = true },
	};
	static const struct list_info list = { LIST, "sessions", "No sessions.", columns,
		ELEMENTSOF(columns), row_add };

	(void)argc, (void)argv;
	return c->details ? long_list_run(c) : list_run(c, &list);
}

static int64_t limit_of(json_t *session, const char *key)
{
	return json_integer_value(json_object_get(json_object_get(session, "limits"), key));
}

/* "6.0 GiB memory, 2048 tasks, 150 % of a core"; "none". */
static char *limits_text(json_t *session)
{
	int64_t memory = limit_of(session, "memory_kib"), tasks = limit_of(session, "tasks");
	int64_t cpu = limit_of(session, "cpu_percent");
	_cleanup_free_ char *size = text_memory(memory);
	_cleanup_free_ char *a = memory > 0 ? str_format("%s memory", size) : strdup("");
	_cleanup_free_ char *b =
			tasks > 0 ? str_format("%lld tasks", (long long)tasks) : strdup("");
	_cleanup_free_ char *c =
			cpu > 0 ? str_format("%lld %% of a core", (long long)cpu) : strdup("");

	if (memory <= 0 && tasks <= 0 && cpu <= 0)
		return strdup("none");
	return a && b && c ? str_format("%s%s%s%s%s", a, *a && (*b || *c) ? ", " : "", b,
					     *b && *c ? ", " : "", c)
			   : NULL;
}

/* What happened, and how long ago; "" where nothing did. */
static char *limit_hit_text(json_t *session)
{
	const char *hit = json_string_value(json_object_get(session, "limit_hit"));
	int64_t at_ms = json_integer_value(json_object_get(session, "limit_hit_ms"));
	_cleanup_free_ char *ago = text_duration(clock_real_ms() - at_ms);

	if (!hit || streq(hit, "none"))
		return strdup("");
	return str_format("%s, %s ago",
			streq(hit, "memory") ? "out of memory, a program was ended"
					     : "too many programs, one could not start",
			ago ? ago : "?");
}

static void session_print(json_t *session)
{
	static const struct {
		const char *title, *key;
	} fields[] = {
		{ "Session", "id" },
		{ "User", "user" },
		{ "Name", "full_name" },
		{ "Role", "role" },
		{ "State", NULL },
		{ "Stations", "stations" },
		{ "They show", "scene" },
		{ "Controlled by", "controlled_by" },
		{ "Program", "program" },
		{ "Window", "window" },
		{ "Desktop", "desktop" },
		{ "Type", "type" },
		{ "Display", "display" },
		{ "logind session", "logind" },
		{ "You may", "may" },
	};
	json_t *notice = json_object_get(session, "notice");
	_cleanup_free_ char *since = text_member(session, "since"), *ago = NULL, *idle = NULL;
	_cleanup_free_ char *flags = target_flags(session), *hand = hand_text(session);
	_cleanup_free_ char *cpu = use_text(session, "cpu_permille", text_permille);
	_cleanup_free_ char *memory = use_text(session, "memory_kib", text_memory);
	_cleanup_free_ char *limits = limits_text(session), *limit_hit = limit_hit_text(session);

	for (size_t i = 0; i < ELEMENTSOF(fields); i++) {
		_cleanup_free_ char *value = fields[i].key ? text_member(session, fields[i].key)
							   : state_text(session);

		text_print_field(stdout, fields[i].title, value);
	}
	text_print_field(stdout, "Flags", flags);
	text_print_field(stdout, "Hand up for", hand);
	text_print_field(stdout, "Processor", cpu);
	text_print_field(stdout, "Memory", memory);
	text_print_field(stdout, "Limits", limits);
	text_print_field(stdout, "Limit hit", limit_hit);
	ago = since ? text_since(since) : NULL;
	idle = text_duration(json_integer_value(json_object_get(session, "idle_ms")));
	if (ago) {
		_cleanup_free_ char *both = str_format("%s (%s)", since, ago);

		text_print_field(stdout, "Since", both);
	}
	text_print_field(stdout, "Idle", idle);
	if (json_is_object(notice)) {
		_cleanup_free_ char *by = text_member(notice, "by"),
				    *job = text_member(notice, "job");
		_cleanup_free_ char *message = text_member(notice, "message");

		text_print_field(stdout, "Log-off by", by);
		text_print_field(stdout, "Message", message);
		text_print_field(stdout, "Job", job);
	}
}

int session_show_run(struct ctl *c, int argc, char **argv)
{
	_cleanup_json_ json_t *reply = NULL, *session = NULL;
	const char *user = target_user(argv[0]);
	int r;

	(void)argc;
	if (user) {
		r = find_by_user(c, user, &session);
	} else {
		r = ctl_call(c, GET, json_pack("{s:s}", "session", argv[0]), CTL_ANSWER_MS, &reply);
		session = json_incref(json_object_get(reply, "session"));
	}
	if (r)
		return r;
	if (!json_is_object(session))
		return ctl_bad_reply(c, GET);
	if (c->json)
		text_print_json(stdout, session, JSON_INDENT(2), c->out_tty);
	else
		session_print(session);
	return CTL_DONE;
}

int session_start_run(struct ctl *c, int argc, char **argv)
{
	_cleanup_json_ json_t *reply = NULL;
	_cleanup_free_ char *id = NULL, *user = NULL, *desktop = NULL, *line = NULL, *clean = NULL;
	const char *name = strncmp(argv[0], "user:", 5) == 0 ? argv[0] + 5 : argv[0];
	json_t *parameters, *session;
	int r;

	(void)argc;
	if (!str_is_account_name(name))
		return ctl_usage(c, "\"%s\" is not a user name.", name);
	parameters = json_pack("{s:s}", "user", name);
	if (c->desktop)
		json_object_set_new(parameters, "desktop", json_string(c->desktop));
	if (c->width) {
		json_object_set_new(parameters, "width", json_integer(c->width));
		json_object_set_new(parameters, "height", json_integer(c->height));
	}
	r = ctl_call(c, START, parameters, CTL_START_MS, &reply);
	if (r)
		return r;
	session = json_object_get(reply, "session");
	if (!json_is_object(session))
		return ctl_bad_reply(c, START);
	if (c->json) {
		text_print_json(stdout, session, JSON_INDENT(2), c->out_tty);
		return CTL_DONE;
	}
	id = text_member(session, "id");
	user = text_member(session, "user");
	desktop = text_member(session, "desktop");
	line = str_format("Session %s of %s runs (%s). It is shown when %s logs in at a station.",
			id, user, desktop, user);
	clean = line ? text_clean(line) : NULL;
	puts(clean ? clean : "The session runs.");
	return CTL_DONE;
}
