/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Following events. A call of Watch never gets its last reply, so its connection serves nothing
 * else until the next ctl_connect(). Jobs outlive a restart of stationd and so does waiting for
 * them: the first event after re-connecting is a snapshot with the job as it stands now.
 */
#include "ctl/follow.h"

#include <poll.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/str.h"
#include "ctl/target.h"
#include "ctl/text.h"

#define WATCH "org.stationmaster.Events.Watch"

enum { RETRY_MS = 200 };

struct stream {
	struct ctl *c;
	follow_fn fn;
	void *userdata;
	bool over;
	bool seen; /* an event has come on this connection */
	int code;
};

static void handle_event(struct varlink *v, const char *error, json_t *parameters, bool continues,
		int fd, void *userdata)
{
	struct stream *s = userdata;
	int r;

	(void)v, (void)fd;
	if (s->over || !parameters)
		return; /* the connection ended; follow_events() sees that itself */
	if (error) {
		s->over = true;
		s->code = ctl_error_reply(s->c, WATCH, error, parameters);
		return;
	}
	s->seen = true;
	r = s->fn(s->c, parameters, s->userdata);
	if (r > 0 || !continues) {
		s->over = true;
		s->code = r;
	}
}

/* Reads events until enough or the connection ends; -errno of the connection, or 0. */
static int stream_read(struct stream *s)
{
	struct varlink_request request = { .method = WATCH, .flags = VARLINK_MORE };
	int r;

	r = ctl_connect(s->c);
	if (r < 0)
		return r;
	s->seen = false;
	r = varlink_call(s->c->conn, &request, handle_event, s);
	while (r == 0 && !s->over) {
		int64_t left = ctl_time_left(s->c, -1);
		/* The first event answers the call; after it there may be silence. */
		int64_t answer = s->seen ? -1 : CTL_ANSWER_MS;

		if (left == 0) {
			s->over = true;
			s->code = FOLLOW_TIMEOUT;
			break;
		}
		if (left < 0 || (answer >= 0 && answer < left))
			left = answer;
		r = varlink_pump(s->c->conn, (int)left);
		if (r == -ETIMEDOUT && ctl_time_left(s->c, -1) == 0)
			r = 0;
	}
	if (s->c->lost < 0)
		r = s->c->lost;
	return s->over ? 0 : r;
}

int follow_events(struct ctl *c, follow_fn fn, void *userdata)
{
	struct stream s = { .c = c, .fn = fn, .userdata = userdata };
	int64_t give_up = -1;
	bool connected = false;
	int r;

	for (;;) {
		r = stream_read(&s);
		ctl_disconnect(c);
		if (s.over)
			return s.code;
		if (s.seen) {
			connected = true;
			give_up = -1;
		}
		/* A stationd that was never there, or that hangs, is not waited for. */
		if (!connected || r == -ETIMEDOUT || r == -EBADMSG || r == -EMSGSIZE)
			return ctl_unreachable(c, r);
		if (give_up < 0)
			give_up = clock_mono_ms() + CTL_RECONNECT_MS;
		if (clock_mono_ms() >= give_up)
			return ctl_unreachable(c, r);
		if (ctl_time_left(c, -1) == 0)
			return FOLLOW_TIMEOUT;
		poll(NULL, 0, RETRY_MS);
	}
}

/* --- jobs --- */

struct job_state {
	const char *id;
	json_t *targets; /* owned, as seen last */
	json_t *printed; /* owned; session to true: its end was, or false: that it asks for time */
	bool gone;
};

bool follow_is_finished(json_t *targets)
{
	json_t *target;
	size_t i;

	json_array_foreach (targets, i, target)
		if (!target_is_final(target))
			return false;
	return true;
}

/* A line where somebody has ended, or asks for more time; each once. */
static void target_update(struct ctl *c, struct job_state *state, json_t *target, const char *key)
{
	bool asks = json_is_true(json_object_get(target, "more_time"));
	json_t *printed = json_object_get(state->printed, key);

	if (target_is_final(target)) {
		if (json_is_true(printed))
			return;
		target_print(c, target, "logged off");
		json_object_set_new(state->printed, key, json_true());
	} else if (asks && !printed) {
		target_print(c, target, "logged off");
		printf("       Give 5 minutes: stationctl job extend %s %.*s\n", state->id,
				(int)strcspn(key, " "), key);
		fflush(stdout);
		json_object_set_new(state->printed, key, json_false());
	} else if (!asks && printed) {
		json_object_del(state->printed, key);
	}
}

static void job_update(struct ctl *c, struct job_state *state, json_t *targets)
{
	json_t *target;
	size_t i;

	json_decref(state->targets);
	state->targets = json_incref(targets);
	if (c->json)
		return;
	json_array_foreach (targets, i, target) {
		/* Unknown users have no session; they are told apart by their name. */
		_cleanup_free_ char *session = text_member(target, "session");
		_cleanup_free_ char *user = text_member(target, "user");
		_cleanup_free_ char *dirty =
				str_format("%s %s", session ? session : "", user ? user : "");
		_cleanup_free_ char *key = dirty ? text_clean(dirty) : NULL;

		if (key)
			target_update(c, state, target, key);
	}
}

static bool is_job(json_t *job, const char *id)
{
	const char *other = json_string_value(json_object_get(job, "id"));

	return other && streq(other, id) && json_is_array(json_object_get(job, "targets"));
}

/* 1: finished or gone. */
static int handle_job_event(struct ctl *c, json_t *event, void *userdata)
{
	struct job_state *state = userdata;
	const char *kind = json_string_value(json_object_get(event, "kind"));
	const char *id = json_string_value(json_object_get(event, "id"));
	json_t *job = NULL, *item;
	size_t i;

	if (!kind)
		return 0;
	if (streq(kind, "job")) {
		job = json_object_get(event, "job");
		if (!is_job(job, state->id))
			return 0;
	} else if (streq(kind, "snapshot")) {
		json_array_foreach (json_object_get(event, "jobs"), i, item)
			if (is_job(item, state->id))
				job = item;
		state->gone = !job;
	} else if (streq(kind, "job_gone") && id && streq(id, state->id)) {
		state->gone = true;
	}
	if (job)
		job_update(c, state, json_object_get(job, "targets"));
	return state->gone || (job && json_is_true(json_object_get(job, "finished")));
}

int follow_report_timeout(struct ctl *c, const char *job, json_t *targets)
{
	size_t n = 0, i;
	json_t *target;

	json_array_foreach (targets, i, target)
		n += !target_is_final(target);
	return ctl_fail(c, CTL_PARTLY, "org.stationmaster.ctl.Timeout",
			"The time of --timeout is over and %zu session%s not ended yet; job %s goes on. Wait on: stationctl job wait %s",
			n, n == 1 ? " has" : "s have", job, job);
}

int follow_job(struct ctl *c, const char *job, json_t *targets, json_t **ret_targets)
{
	struct job_state state = { .id = job, .printed = json_object() };
	int r = 1;

	job_update(c, &state, targets);
	if (!follow_is_finished(targets))
		r = follow_events(c, handle_job_event, &state);
	json_decref(state.printed);
	*ret_targets = state.targets;
	if (r == FOLLOW_TIMEOUT)
		return follow_report_timeout(c, job, state.targets);
	if (!follow_is_finished(state.targets))
		return state.gone ? ctl_fail(c, CTL_PARTLY, "org.stationmaster.Jobs.NotFound",
						    "stationd knows nothing more of job %s; how it ended is not known. See: stationctl session list",
						    job)
				  : r;
	if (!c->json)
		target_print_summary(state.targets, "logged off");
	return target_exit_code(state.targets);
}
