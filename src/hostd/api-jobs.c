/* SPDX-License-Identifier: GPL-3.0-or-later */
/* org.stationmaster.Jobs and org.stationmaster.Events. */
#include "base/str.h"
#include "hostd/api.h"
#include "hostd/events.h"
#include "hostd/host.h"
#include "hostd/job.h"

void api_jobs_list(struct request *r)
{
	struct list *l;
	json_t *jobs;

	if (!api_args_done(r))
		return;
	jobs = json_array();
	list_for_each (l, &r->host->jobs) {
		struct job *j = list_entry(l, struct job, link);

		if (job_is_visible(j, r->caller))
			json_array_append_new(jobs, job_build_json(j));
	}
	varlink_reply(r->call, json_pack("{s:o}", "jobs", jobs));
}

/* NULL: NotFound was answered. */
static struct job *find(struct request *r, const char *id)
{
	struct job *j = job_find(r->host, id);

	if (j && job_is_visible(j, r->caller))
		return j;
	api_not_found(r, id, "There is no such job; finished ones are kept for ten minutes.");
	return NULL;
}

void api_jobs_get(struct request *r)
{
	const char *id = arg_string(&r->args, "job", ARG_REQUIRED, 64);
	struct job *j;

	if (!api_args_done(r))
		return;
	j = find(r, id);
	if (j)
		varlink_reply(r->call, json_pack("{s:o}", "job", job_build_json(j)));
}

void api_jobs_wait(struct request *r)
{
	const char *id = arg_string(&r->args, "job", ARG_REQUIRED, 64);
	int64_t timeout = arg_int(&r->args, "timeout_ms", ARG_OPTIONAL, 0, INT32_MAX, -1);
	struct job *j;

	if (!api_args_done(r))
		return;
	j = find(r, id);
	if (j && job_wait(j, r->call, timeout) < 0)
		api_refused(r, "Too many callers are waiting for this job already.");
}

void api_jobs_cancel(struct request *r)
{
	const char *id = arg_string(&r->args, "job", ARG_REQUIRED, 64);
	struct job *j;

	if (!api_args_done(r))
		return;
	j = find(r, id);
	if (!j)
		return;
	if (j->finished_ms) {
		api_audit(r, j->id, "refused");
		api_refused(r, "This job is finished; there is nothing left to take back.");
		return;
	}
	job_cancel(j);
	api_audit(r, j->id, "ok");
	host_save(r->host);
	varlink_reply(r->call, json_pack("{s:o}", "job", job_build_json(j)));
}

void api_jobs_extend(struct request *r)
{
	const char *id = arg_string(&r->args, "job", ARG_REQUIRED, 64);
	json_t *sessions = arg_strings(&r->args, "sessions", ARG_OPTIONAL, JOB_TARGETS_MAX, 64);
	int64_t add = arg_int(&r->args, "add_ms", ARG_REQUIRED, 1000, 3600000, 0);
	struct job *j;

	if (!api_args_done(r))
		return;
	j = find(r, id);
	if (!j)
		return;
	if (job_extend(j, sessions, add) == 0) {
		api_audit(r, j->id, "refused");
		api_refused(r, "No notice of this job is running for these sessions.");
		return;
	}
	store_begin(r->host->store);
	api_audit(r, j->id, "ok");
	host_save(r->host);
	store_commit(r->host->store);
	varlink_reply(r->call, json_pack("{s:o}", "job", job_build_json(j)));
}

void api_events_watch(struct request *r)
{
	if (!api_args_done(r))
		return;
	if (events_watch(r->host, r->call, r->caller, r->has_token ? r->token : NULL) < 0)
		api_error(r, "Limit",
				json_pack("{s:s}", "reason",
						"Too many dashboards are open already."));
}
