/* SPDX-License-Identifier: GPL-3.0-or-later */
/* event watch: one line per event. */
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
	if (streq(kind, "block_all"))
		return block_all_text(json_object_get(event, "block_all"));
	if (streq(kind, "session_gone"))
		return str_format("session %s has ended%s%s", id, str_is_empty(reason) ? "" : ": ",
				reason ? reason : "");
	if (streq(kind, "station_gone"))
		return str_format("station %s is gone", id);
	if (streq(kind, "job_gone"))
		return str_format("job %s is forgotten", id);
	return str_format("%s %s", kind, id ? id : "");
}

static int handle_event(struct ctl *c, json_t *event, void *userdata)
{
	const char *kind = json_string_value(json_object_get(event, "kind"));
	_cleanup_free_ char *text = NULL, *clean = NULL;
	time_t now = time(NULL);
	struct tm tm;
	char clock[16];

	(void)userdata;
	if (c->json) {
		text_print_json(stdout, event, JSON_COMPACT, c->out_tty);
		fflush(stdout);
		return 0;
	}
	text = event_text(event, kind ? kind : "?");
	clean = text ? text_clean(text) : NULL;
	localtime_r(&now, &tm);
	strftime(clock, sizeof(clock), "%H:%M:%S", &tm);
	printf("%s%s%s  %s\n", text_colour(TEXT_DIM, c->out_tty), clock,
			text_colour(TEXT_PLAIN, c->out_tty), clean ? clean : "?");
	fflush(stdout);
	return 0;
}

int event_watch_run(struct ctl *c, int argc, char **argv)
{
	int r;

	(void)argc, (void)argv;
	r = follow_events(c, handle_event, NULL);
	return r == FOLLOW_TIMEOUT ? CTL_DONE : r;
}
