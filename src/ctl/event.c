/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * event watch: one line per event. For people, a session whose line would be the same again (its
 * window or its use of the processor has changed) is left out.
 */
#include <stdio.h>
#include <time.h>

#include "base/clock.h"
#include "base/str.h"
#include "ctl/command.h"
#include "ctl/follow.h"
#include "ctl/target.h"
#include "ctl/text.h"
#include "ctl/when.h"

static char *session_text(json_t *s)
{
	_cleanup_free_ char *id = text_member(s, "id"), *user = text_member(s, "user"),
			    *flags = NULL;
	_cleanup_free_ char *state = text_member(s, "state"),
			    *stations = text_member(s, "stations");

	flags = target_flags(s);
	return str_format("session %s of %s: %s%s%s%s%s", id, user, state,
			str_is_empty(stations) ? "" : " at ", stations ? stations : "",
			str_is_empty(flags) ? "" : ", ", flags ? flags : "");
}

static char *station_text(json_t *s)
{
	_cleanup_free_ char *id = text_member(s, "id"), *name = text_member(s, "name");
	_cleanup_free_ char *scene = text_member(s, "scene"), *session = text_member(s, "session");
	bool connected = json_is_true(json_object_get(s, "connected"));

	return str_format("station %s (%s): %s, shows %s%s%s%s", id, name,
			connected ? "connected" : "away", scene, str_is_empty(session) ? "" : " ",
			session ? session : "",
			json_is_true(json_object_get(s, "blocked")) ? ", blocked" : "");
}

static char *job_text(json_t *job)
{
	_cleanup_free_ char *id = text_member(job, "id"), *by = text_member(job, "by");
	_cleanup_free_ char *asking = target_asking(job);
	json_t *targets = json_object_get(job, "targets"), *target;
	size_t n = 0, i;

	json_array_foreach (targets, i, target)
		n += target_is_final(target);
	return str_format("job %s by %s: %zu of %zu done%s%s%s", id, by, n,
			json_array_size(targets),
			json_is_true(json_object_get(job, "finished")) ? ", finished" : "",
			str_is_empty(asking) ? "" : ", more time asked by ", asking ? asking : "");
}

static char *projection_text(json_t *p)
{
	_cleanup_free_ char *id = text_member(p, "id"), *session = text_member(p, "session");
	_cleanup_free_ char *user = text_member(p, "user"), *by = text_member(p, "by");
	_cleanup_free_ char *stations = text_member(p, "stations");

	return str_format("projection %s by %s: %s of %s%s, shown at %s", id, by,
			str_is_empty(session) ? "screen" : session, user,
			json_is_true(json_object_get(p, "window")) ? " in a window" : "",
			str_is_empty(stations) ? "no station" : stations);
}

static char *chat_text(json_t *m)
{
	_cleanup_free_ char *from = text_member(m, "from_name"), *to = text_member(m, "user_name");
	_cleanup_free_ char *text = text_member(m, "text");

	if (!json_is_true(json_object_get(m, "supervisor")))
		return str_format("%s writes: %s", from, text);
	return str_format("%s writes to %s: %s", from, to, text);
}

static char *audit_text(json_t *entry)
{
	_cleanup_free_ char *user = text_member(entry, "user"),
			    *method = text_member(entry, "method");
	_cleanup_free_ char *targets = text_member(entry, "targets"),
			    *result = text_member(entry, "result");

	return str_format("%s: %s%s%s: %s", user, method, str_is_empty(targets) ? "" : " ", targets,
			result);
}

static char *lesson_text(json_t *l)
{
	_cleanup_free_ char *id = text_member(l, "id"), *name = text_member(l, "name");
	_cleanup_free_ char *by = text_member(l, "by_name"), *until = NULL;

	until = when_format(json_integer_value(json_object_get(l, "ends_ms")), clock_real_ms());
	return str_format("lesson %s%s%s by %s until %s%s", id, str_is_empty(name) ? "" : " ",
			name ? name : "", by, until ? until : "?",
			json_is_true(json_object_get(l, "block")) ? ", blocked" : "");
}

/* NULL or null: everybody is free. */
static char *block_all_text(json_t *block)
{
	_cleanup_free_ char *by = text_member(block, "by"),
			    *message = text_member(block, "message");
	int64_t until_ms = json_integer_value(json_object_get(block, "until_ms"));
	_cleanup_free_ char *until = until_ms > 0 ? when_format(until_ms, clock_real_ms()) : NULL;

	if (!json_is_object(block))
		return strdup("the block of everybody has ended");
	return str_format("everybody is blocked by %s%s%s%s%s", by, until ? " until " : "",
			until ? until : "", str_is_empty(message) ? "" : ": ",
			message ? message : "");
}

static char *snapshot_text(json_t *event)
{
	size_t n_projections = json_array_size(json_object_get(event, "projections"));
	_cleanup_free_ char *projections =
			n_projections ? str_format(", %zu projections", n_projections) : strdup("");

	return str_format("%zu sessions, %zu stations, %zu jobs%s%s",
			json_array_size(json_object_get(event, "sessions")),
			json_array_size(json_object_get(event, "stations")),
			json_array_size(json_object_get(event, "jobs")), projections,
			json_is_object(json_object_get(event, "block_all"))
					? ", everybody is blocked"
					: "");
}

/* NULL: no memory. */
static char *event_text(json_t *event, const char *kind)
{
	_cleanup_free_ char *id = text_member(event, "id"), *reason = text_member(event, "reason");

	if (streq(kind, "snapshot"))
		return snapshot_text(event);
	if (streq(kind, "session"))
		return session_text(json_object_get(event, "session"));
	if (streq(kind, "station"))
		return station_text(json_object_get(event, "station"));
	if (streq(kind, "job"))
		return job_text(json_object_get(event, "job"));
	if (streq(kind, "projection"))
		return projection_text(json_object_get(event, "projection"));
	if (streq(kind, "projection_gone"))
		return str_format("projection %s has ended%s%s", id,
				str_is_empty(reason) ? "" : ": ", reason ? reason : "");
	if (streq(kind, "lesson"))
		return lesson_text(json_object_get(event, "lesson"));
	if (streq(kind, "lesson_gone"))
		return str_format("lesson %s has ended", id);
	if (streq(kind, "block_all"))
		return block_all_text(json_object_get(event, "block_all"));
	if (streq(kind, "chat"))
		return chat_text(json_object_get(event, "message"));
	if (streq(kind, "chat_cleared"))
		return str_format("messages of %s are forgotten",
				str_is_empty(id) ? "everybody" : id);
	if (streq(kind, "chat_enabled"))
		return str_format("people at stations may %s",
				json_is_true(json_object_get(event, "enabled"))
						? "write and raise hands"
						: "neither write nor raise hands");
	if (streq(kind, "audit"))
		return audit_text(json_object_get(event, "entry"));
	if (streq(kind, "session_gone"))
		return str_format("session %s has ended%s%s", id, str_is_empty(reason) ? "" : ": ",
				reason ? reason : "");
	if (streq(kind, "station_gone"))
		return str_format("station %s is gone", id);
	if (streq(kind, "job_gone"))
		return str_format("job %s is forgotten", id);
	return str_format("%s %s", kind, id ? id : "");
}

/* The line of this session was the last one, too. shown: id to line. */
static bool is_shown(json_t *shown, json_t *session, const char *text)
{
	const char *id = json_string_value(json_object_get(session, "id"));
	const char *before = id ? json_string_value(json_object_get(shown, id)) : NULL;

	if (!id)
		return false;
	if (before && streq(before, text))
		return true;
	json_object_set_new(shown, id, json_string(text));
	return false;
}

static int handle_event(struct ctl *c, json_t *event, void *userdata)
{
	const char *kind = json_string_value(json_object_get(event, "kind"));
	_cleanup_free_ char *text = NULL, *clean = NULL;
	time_t now = time(NULL);
	struct tm tm;
	char clock[16];

	if (c->json) {
		text_print_json(stdout, event, JSON_COMPACT, c->out_tty);
		fflush(stdout);
		return 0;
	}
	text = event_text(event, kind ? kind : "?");
	clean = text ? text_clean(text) : NULL;
	if (clean && is_shown(userdata, json_object_get(event, "session"), clean))
		return 0;
	localtime_r(&now, &tm);
	strftime(clock, sizeof(clock), "%H:%M:%S", &tm);
	printf("%s%s%s  %s\n", text_colour(TEXT_DIM, c->out_tty), clock,
			text_colour(TEXT_PLAIN, c->out_tty), clean ? clean : "?");
	fflush(stdout);
	return 0;
}

int event_watch_run(struct ctl *c, int argc, char **argv)
{
	_cleanup_json_ json_t *shown = json_object();
	int r;

	(void)argc, (void)argv;
	r = follow_events(c, handle_event, shown);
	return r == FOLLOW_TIMEOUT ? CTL_DONE : r;
}
