/* SPDX-License-Identifier: GPL-3.0-or-later */
/* session list, show, start. */
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/str.h"
#include "ctl/command.h"
#include "ctl/find.h"
#include "ctl/list.h"
#include "ctl/target.h"

#define LIST  "org.stationmaster.Sessions.List"
#define GET   "org.stationmaster.Sessions.Get"
#define START "org.stationmaster.Sessions.Start"

static enum text_colour state_colour(const char *state)
{
	if (streq(state, "active"))
		return TEXT_GREEN;
	if (streq(state, "suspended"))
		return TEXT_BLUE;
	return TEXT_YELLOW;
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
	return state && left ? str_format("%s, ends in %s", state, left) : NULL;
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
	return list_run(c, &list);
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
		{ "Desktop", "desktop" },
		{ "Type", "type" },
		{ "Display", "display" },
		{ "logind session", "logind" },
		{ "You may", "may" },
	};
	json_t *notice = json_object_get(session, "notice");
	_cleanup_free_ char *since = text_member(session, "since"), *ago = NULL, *idle = NULL;
	_cleanup_free_ char *flags = target_flags(session);

	for (size_t i = 0; i < ELEMENTSOF(fields); i++) {
		_cleanup_free_ char *value = fields[i].key ? text_member(session, fields[i].key)
							   : state_text(session);

		text_print_field(stdout, fields[i].title, value);
	}
	text_print_field(stdout, "Flags", flags);
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
