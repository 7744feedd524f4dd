/* SPDX-License-Identifier: GPL-3.0-or-later */
/* job list, show, cancel, extend, wait. */
#include <poll.h>
#include <stdio.h>

#include "base/clock.h"
#include "base/str.h"
#include "ctl/command.h"
#include "ctl/find.h"
#include "ctl/follow.h"
#include "ctl/list.h"
#include "ctl/target.h"

#define LIST   "org.stationmaster.Jobs.List"
#define GET    "org.stationmaster.Jobs.Get"
#define CANCEL "org.stationmaster.Jobs.Cancel"
#define EXTEND "org.stationmaster.Jobs.Extend"
#define WAIT   "org.stationmaster.Jobs.Wait"

enum { RETRY_MS = 200 };

/* "3 of 5 sessions" that have their final state. */
static char *progress_text(json_t *job)
{
	json_t *targets = json_object_get(job, "targets"), *target;
	size_t n = 0, i;

	json_array_foreach (targets, i, target)
		n += target_is_final(target);
	return str_format("%zu of %zu session%s", n, json_array_size(targets),
			json_array_size(targets) == 1 ? "" : "s");
}

/* "notice, 45 s", "running" or "finished". */
static char *state_text(json_t *job)
{
	int64_t left = json_integer_value(json_object_get(job, "ends_ms")) - clock_real_ms();
	_cleanup_free_ char *duration = NULL;

	if (json_is_true(json_object_get(job, "finished")))
		return strdup("finished");
	if (left <= 0)
		return strdup("running");
	duration = text_duration(left);
	return duration ? str_format("notice, %s left", duration) : NULL;
}

static void row_add(struct table *t, json_t *job)
{
	_cleanup_free_ char *since = text_member(job, "since");

	table_add_consume(t, text_member(job, "id"));
	table_add_consume(t, text_member(job, "kind"));
	table_add_consume(t, text_member(job, "by"));
	table_add_consume(t, since ? text_since(since) : NULL);
	table_add_consume(t, state_text(job));
	table_add_consume(t, progress_text(job));
	table_add_consume(t, target_asking(job));
	table_add_consume(t, text_member(job, "message"));
}

int job_list_run(struct ctl *c, int argc, char **argv)
{
	static const struct column columns[] = {
		{ "JOB" },
		{ "KIND" },
		{ "BY" },
		{ "SINCE", .right = true },
		{ "STATE" },
		{ "DONE" },
		{ "MORE TIME", .cut = true, .optional = true },
		{ "MESSAGE", .cut = true },
	};
	static const struct list_info list = { LIST, "jobs", "No jobs.", columns,
		ELEMENTSOF(columns), row_add };

	(void)argc, (void)argv;
	return list_run(c, &list);
}

static void job_print(struct ctl *c, json_t *job)
{
	_cleanup_free_ char *id = text_member(job, "id"), *kind = text_member(job, "kind");
	_cleanup_free_ char *by = text_member(job, "by"), *since = text_member(job, "since");
	_cleanup_free_ char *message = text_member(job, "message"), *state = state_text(job);
	json_t *target;
	size_t i;

	text_print_field(stdout, "Job", id);
	text_print_field(stdout, "Kind", kind);
	text_print_field(stdout, "Ordered by", by);
	text_print_field(stdout, "Since", since);
	text_print_field(stdout, "Message", message);
	text_print_field(stdout, "State", state);
	putchar('\n');
	json_array_foreach (json_object_get(job, "targets"), i, target)
		target_print(c, target, "logged off");
}

/* Calls a method that answers with a job. Takes parameters. */
static int job_call(struct ctl *c, const char *method, json_t *parameters, json_t **ret_job)
{
	_cleanup_json_ json_t *reply = NULL;
	json_t *job;
	int r;

	r = ctl_call(c, method, parameters, CTL_ANSWER_MS, &reply);
	if (r)
		return r;
	job = json_object_get(reply, "job");
	if (!json_is_array(json_object_get(job, "targets")))
		return ctl_bad_reply(c, method);
	*ret_job = json_incref(job);
	return CTL_DONE;
}

static void job_show(struct ctl *c, json_t *job)
{
	if (c->json)
		text_print_json(stdout, job, JSON_INDENT(2), c->out_tty);
	else
		job_print(c, job);
}

int job_show_run(struct ctl *c, int argc, char **argv)
{
	_cleanup_json_ json_t *job = NULL;
	int r;

	(void)argc;
	r = job_call(c, GET, json_pack("{s:s}", "job", argv[0]), &job);
	if (r == CTL_DONE)
		job_show(c, job);
	return r;
}

int job_cancel_run(struct ctl *c, int argc, char **argv)
{
	_cleanup_json_ json_t *job = NULL;
	json_t *targets, *target;
	size_t n = 0, i;
	int r;

	(void)argc;
	r = job_call(c, CANCEL, json_pack("{s:s}", "job", argv[0]), &job);
	if (r)
		return r;
	job_show(c, job);
	targets = json_object_get(job, "targets");
	json_array_foreach (targets, i, target) {
		const char *state = json_string_value(json_object_get(target, "state"));

		n += state && streq(state, "cancelled");
	}
	if (n == json_array_size(targets))
		return CTL_DONE;
	if (!c->json)
		printf("%zu of %zu taken back; the others were past their notice.\n", n,
				json_array_size(targets));
	return CTL_PARTLY;
}

int job_extend_run(struct ctl *c, int argc, char **argv)
{
	_cleanup_json_ json_t *job = NULL, *ids = NULL, *parameters = NULL;
	int64_t add_ms = c->by_ms < 0 ? CTL_EXTEND_MS : c->by_ms;
	int r = CTL_DONE;

	if (argc > 1)
		r = find_ids(c, argc - 1, argv + 1, &ids);
	if (r)
		return r;
	parameters = json_pack("{s:s, s:I}", "job", argv[0], "add_ms", (json_int_t)add_ms);
	if (ids)
		json_object_set(parameters, "sessions", ids);
	r = job_call(c, EXTEND, take_ptr(parameters), &job);
	if (r)
		return r;
	job_show(c, job);
	return CTL_DONE;
}

int job_wait_run(struct ctl *c, int argc, char **argv)
{
	int64_t give_up = -1;

	(void)argc;
	for (;;) {
		_cleanup_json_ json_t *reply = NULL,
				      *parameters = json_pack("{s:s}", "job", argv[0]);
		_cleanup_free_ char *error = NULL;
		struct varlink_request request = { .method = WAIT };
		int64_t left = ctl_time_left(c, -1);
		json_t *job;
		int r;

		r = ctl_connect(c);
		if (r < 0 && give_up < 0)
			return ctl_unreachable(c, r);
		if (r == 0) {
			if (left >= 0)
				json_object_set_new(parameters, "timeout_ms", json_integer(left));
			request.parameters = take_ptr(parameters);
			/* stationd ends the wait; more time is for its answer to come. */
			r = varlink_call_wait(c->conn, &request,
					left < 0 ? -1 : (int)(left + CTL_ANSWER_MS), &reply,
					&error);
		}
		if (r > 0)
			return ctl_error_reply(c, WAIT, error, reply);
		if (r == 0) {
			job = json_object_get(reply, "job");
			if (!json_is_array(json_object_get(job, "targets")))
				return ctl_bad_reply(c, WAIT);
			job_show(c, job);
			if (!json_is_true(json_object_get(job, "finished")))
				return follow_report_timeout(
						c, argv[0], json_object_get(job, "targets"));
			return target_exit_code(json_object_get(job, "targets"));
		}
		/* The job outlives a restart of stationd, so does the wait. */
		if (c->lost < 0)
			r = c->lost;
		ctl_disconnect(c);
		if (r != -ECONNRESET && r != -EPIPE && give_up < 0)
			return ctl_unreachable(c, r);
		if (give_up < 0)
			give_up = clock_mono_ms() + CTL_RECONNECT_MS;
		if (clock_mono_ms() >= give_up || left == 0)
			return ctl_unreachable(c, r);
		poll(NULL, 0, RETRY_MS);
	}
}
