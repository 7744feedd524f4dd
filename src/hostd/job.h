/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Jobs: log-offs under way and what became of them. A job is in the store before its order is
 * answered; after a restart its notice runs on to the same moment and what was under way is ordered
 * again.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <systemd/sd-event.h>

#include "base/list.h"
#include "hostd/job-kinds.h"
#include "hostd/role.h"
#include "hostd/session.h"
#include "ipc/varlink.h"

struct host;

enum {
	JOBS_MAX = 1000,         /* unfinished */
	JOBS_PER_USER_MAX = 100, /* of one person; the oldest finished one goes, else no more */
	JOB_TARGETS_MAX = 10000,
	JOB_KEEP_MS = 600000, /* a finished job stays in the list so long */
	JOB_WAITERS_MAX = 1000,
};

enum target_state {
	TARGET_WAITING,
	TARGET_ASKING,
	TARGET_ENDING,
	TARGET_DONE,
	TARGET_FORCED,
	TARGET_REFUSED,
	TARGET_FAILED,
	TARGET_CANCELLED,
};

struct target {
	char session[SESSION_ID_MAX];
	char *user;
	char *full_name;
	enum target_state state;
	int64_t ends_ms; /* CLOCK_REALTIME: its notice; 0: none */
	bool more_time;  /* asked for, not answered yet */
	char *reason;    /* NULL: none */
};

const char *job_act_to_string(enum job_act act);
const char *job_cause_to_string(enum job_cause cause);

struct job {
	struct list link;
	struct host *host;
	uint64_t number;
	char id[SESSION_ID_MAX];
	enum job_act act;
	enum job_cause cause;
	struct caller by;
	int64_t since_s;
	int64_t ends_ms; /* CLOCK_REALTIME: the last notice of its targets; 0: no notice */
	char *message;
	int64_t ask_ms;
	int64_t timeout_ms;
	int64_t finished_ms; /* CLOCK_REALTIME; 0: not finished */
	struct target *targets;
	size_t n_targets;
	struct list waiters;
	sd_event_source *notice; /* until the next thing to do */
	sd_event_source *forget;
	bool dirty;
	bool unsaved;
};

const char *target_state_to_string(enum target_state state);
bool target_is_final(enum target_state state);

/* Add one target to a growing list; strings are copied. */
struct targets {
	struct target *list;
	size_t n;
};
int targets_add(struct targets *t, const struct target *target);
void targets_done(struct targets *t);
json_t *targets_build_json(const struct target *list, size_t n);
/* The same without what only a notice has: for acts that are over when they are answered. */
json_t *targets_build_results(const struct target *list, size_t n);

struct job_order {
	enum job_act act;
	enum job_cause cause;
	const struct caller *by;
	struct targets *targets; /* taken; waiting = accepted, refused and failed are final */
	int64_t grace_ms;
	int64_t timeout_ms;
	const char *message;
};
/* Makes and stores the job and begins. -EDQUOT: too many jobs; -ENOMEM. */
int job_start(struct host *h, const struct job_order *order, struct job **ret);
struct job *job_find(struct host *h, const char *id);
/* Takes back what waits for this session. */
void job_cancel_session(struct job *j, struct session *s);
/* Takes back what is waiting. Gives the number of targets cancelled. */
unsigned job_cancel(struct job *j);
/*
 * Adds to the notice of those that are waiting; sessions: array of ids, NULL: all. Gives the number
 * of targets that got it.
 */
unsigned job_extend(struct job *j, json_t *sessions, int64_t add_ms);
/* Who is at the session asks for more time. false: nobody has announced its end. */
bool job_ask_more_time(struct session *s);
/* Answers the call when the job is finished or after timeout_ms (< 0: no limit). -EDQUOT */
int job_wait(struct job *j, struct varlink_call *call, int64_t timeout_ms);
json_t *job_build_json(const struct job *j);
bool job_is_visible(const struct job *j, const struct caller *caller);

/* Told by sessions. */
void job_handle_progress(struct session *s, enum target_state state, const char *reason);

/* A running session was found again after job_resume_all(): go on with it. */
void job_handle_adopted(struct session *s);

int job_load_all(struct host *h);
/* All running sessions have been found: go on with what was under way. */
void job_resume_all(struct host *h);
/* Write changed jobs to the store. */
void job_save_all(struct host *h);
void job_free(struct job *j);
