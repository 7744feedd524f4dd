/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * session logoff, suspend, lock, unlock. stationd answers all at once with one result per target; a
 * log-off then goes on as a job, which --wait follows until every session has its final state.
 */
#include <stdio.h>

#include "base/str.h"
#include "ctl/command.h"
#include "ctl/find.h"
#include "ctl/follow.h"
#include "ctl/target.h"
#include "ctl/text.h"

#define LOGOFF  "org.stationmaster.Sessions.LogOff"
#define SUSPEND "org.stationmaster.Sessions.Suspend"
#define LOCK    "org.stationmaster.Sessions.Lock"
#define UNLOCK  "org.stationmaster.Sessions.Unlock"

static void print_result_json(const struct ctl *c, const char *job, bool finished, json_t *targets)
{
	_cleanup_json_ json_t *j = json_pack(
			"{s:s, s:b, s:O}", "job", job, "finished", finished, "targets", targets);

	text_print_json(stdout, j, JSON_INDENT(2), c->out_tty);
}

/* The job was ordered; say so and how to go on. */
static int report_order(const struct ctl *c, const char *job, json_t *targets)
{
	size_t n = 0, i;
	json_t *target;

	json_array_foreach (targets, i, target) {
		target_print(c, target, "logged off");
		n += !target_is_final(target);
	}
	if (n > 0)
		printf("Job %s ends %zu session%s. Follow: stationctl job wait %s%s%s\n", job, n,
				n == 1 ? "" : "s", job,
				c->grace_ms > 0 ? "   Take back: stationctl job cancel " : "",
				c->grace_ms > 0 ? job : "");
	return target_exit_code(targets);
}

int session_logoff_run(struct ctl *c, int argc, char **argv)
{
	_cleanup_json_ json_t *reply = NULL, *parameters = json_object(), *last = NULL;
	_cleanup_free_ char *job = NULL;
	json_t *targets;
	int r;

	if (c->force_ms == CTL_FORCE_NEVER)
		return ctl_usage(c,
				"A log-off cannot wait for ever: --force-after takes at most %d seconds here.",
				CTL_FORCE_MAX_MS / 1000);
	r = target_set_parameters(c, parameters, argc, argv);
	if (r)
		return r;
	if (c->grace_ms >= 0)
		json_object_set_new(parameters, "grace_ms", json_integer(c->grace_ms));
	if (c->force_ms >= 0)
		json_object_set_new(parameters, "timeout_ms", json_integer(c->force_ms));
	if (c->message)
		json_object_set_new(parameters, "message", json_string(c->message));
	r = ctl_call(c, LOGOFF, take_ptr(parameters), CTL_ANSWER_MS, &reply);
	if (r)
		return r;
	targets = json_object_get(reply, "targets");
	if (!json_is_array(targets) || !json_is_string(json_object_get(reply, "job")))
		return ctl_bad_reply(c, LOGOFF);
	job = text_clean(json_string_value(json_object_get(reply, "job")));
	if (!job)
		return ctl_no_memory(c);
	if (!c->json && json_array_size(targets) == 0) {
		puts("No sessions: nothing to do.");
		return CTL_DONE;
	}
	if (!c->wait) {
		if (!c->json)
			return report_order(c, job, targets);
		print_result_json(c, job, follow_is_finished(targets), targets);
		return target_exit_code(targets);
	}
	if (!c->json && c->grace_ms > 0)
		printf("Job %s. Take back: stationctl job cancel %s\n", job, job);
	r = follow_job(c, job, targets, &last);
	if (c->json && last)
		print_result_json(c, job, follow_is_finished(last), last);
	return r;
}

int session_suspend_run(struct ctl *c, int argc, char **argv)
{
	_cleanup_json_ json_t *reply = NULL, *parameters = json_object();
	int r;

	r = target_set_parameters(c, parameters, argc, argv);
	if (r)
		return r;
	r = target_call(c, SUSPEND, take_ptr(parameters), CTL_ANSWER_MS, &reply);
	return r ? r : target_report(c, reply, "suspended", "No sessions: nothing to do.");
}

/* Lock and Unlock take ids only. */
static int lock_call(struct ctl *c, const char *method, int argc, char **argv, json_t **ret_reply)
{
	_cleanup_json_ json_t *ids = NULL, *parameters = json_object();
	int r = CTL_DONE;

	if (argc > 0)
		r = find_ids(c, argc, argv, &ids);
	if (r)
		return r;
	if (ids)
		json_object_set(parameters, "sessions", ids);
	return target_call(c, method, take_ptr(parameters), CTL_ANSWER_MS, ret_reply);
}

int session_lock_run(struct ctl *c, int argc, char **argv)
{
	_cleanup_json_ json_t *reply = NULL;
	int r = lock_call(c, LOCK, argc, argv, &reply);

	return r ? r
		 : target_report(c, reply, "locked",
				   "No station shows a session of yours: nothing to do.");
}

int session_unlock_run(struct ctl *c, int argc, char **argv)
{
	_cleanup_json_ json_t *reply = NULL;
	int r = lock_call(c, UNLOCK, argc, argv, &reply);

	return r ? r : target_report(c, reply, "unlocked", NULL);
}
