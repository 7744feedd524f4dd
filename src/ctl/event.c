/* SPDX-License-Identifier: GPL-3.0-or-later */
/* event watch: one line per event. */
#include <stdio.h>
#include <time.h>

#include "base/str.h"
#include "ctl/command.h"
#include "ctl/follow.h"
#include "ctl/target.h"
#include "ctl/text.h"

static char *session_text(json_t *s)
{
	_cleanup_free_ char *id = text_member(s, "id"), *user = text_member(s, "user");
	_cleanup_free_ char *state = text_member(s, "state"),
			    *stations = text_member(s, "stations");

	return str_format("session %s of %s: %s%s%s", id, user, state,
			str_is_empty(stations) ? "" : " at ", stations ? stations : "");
}

static char *station_text(json_t *s)
{
	_cleanup_free_ char *id = text_member(s, "id"), *name = text_member(s, "name");
	_cleanup_free_ char *scene = text_member(s, "scene"), *session = text_member(s, "session");
	bool connected = json_is_true(json_object_get(s, "connected"));

	return str_format("station %s (%s): %s, shows %s %s", id, name,
			connected ? "connected" : "away", scene, session ? session : "");
}

static char *job_text(json_t *job)
{
	_cleanup_free_ char *id = text_member(job, "id"), *by = text_member(job, "by");
	json_t *targets = json_object_get(job, "targets"), *target;
	size_t n = 0, i;

	json_array_foreach (targets, i, target)
		n += target_is_final(target);
	return str_format("job %s by %s: %zu of %zu done%s", id, by, n, json_array_size(targets),
			json_is_true(json_object_get(job, "finished")) ? ", finished" : "");
}

/* NULL: no memory. */
static char *event_text(json_t *event, const char *kind)
{
	_cleanup_free_ char *id = text_member(event, "id"), *reason = text_member(event, "reason");

	if (streq(kind, "snapshot"))
		return str_format("%zu sessions, %zu stations, %zu jobs",
				json_array_size(json_object_get(event, "sessions")),
				json_array_size(json_object_get(event, "stations")),
				json_array_size(json_object_get(event, "jobs")));
	if (streq(kind, "session"))
		return session_text(json_object_get(event, "session"));
	if (streq(kind, "station"))
		return station_text(json_object_get(event, "station"));
	if (streq(kind, "job"))
		return job_text(json_object_get(event, "job"));
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
