/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The job object: what was ordered on which sessions, and how far each is.
 *
 * A target is waiting (its notice runs), then the session's (session_log_off() and its replies move
 * it on, for all jobs that name the session), then final. A job whose targets are all final is
 * finished: its waiters are answered and it stays in the list for JOB_KEEP_MS.
 *
 * A session points to the job that will end it first (notice); that pointer is kept right here.
 * The store's copy is written before an order is answered and before the end of the job is told.
 * In between it lags behind a little (host_save_soon()): what is missing after a crash is found
 * again from the sessions themselves.
 */
#include "hostd/job.h"

#include <stdio.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/str.h"
#include "hostd/events.h"
#include "hostd/host.h"
#include "hostd/rights.h"
#include "hostd/station-scene.h"
#include "hostd/timeout.h"

struct waiter {
	struct list link;
	struct job *job;
	struct varlink_call *call;
	sd_event_source *timer;
};

static const char *const state_names[] = {
	[TARGET_WAITING] = "waiting",
	[TARGET_ASKING] = "asking",
	[TARGET_ENDING] = "ending",
	[TARGET_DONE] = "done",
	[TARGET_FORCED] = "forced",
	[TARGET_REFUSED] = "refused",
	[TARGET_FAILED] = "failed",
	[TARGET_CANCELLED] = "cancelled",
};

const char *target_state_to_string(enum target_state state)
{
	return state_names[state];
}

static enum target_state state_parse(const char *s)
{
	for (size_t i = 0; i < ELEMENTSOF(state_names); i++)
		if (streq(state_names[i], s))
			return (enum target_state)i;
	return TARGET_FAILED;
}

static const char *const act_names[] = {
	[JOB_LOGOFF] = "logoff", [JOB_SUSPEND] = "suspend", [JOB_LOCK] = "lock"
};
static const char *const cause_names[] = {
	[JOB_ORDER] = "order", [JOB_IDLE] = "idle", [JOB_SUSPENDED] = "suspended"
};

const char *job_act_to_string(enum job_act act)
{
	return act_names[act];
}

const char *job_cause_to_string(enum job_cause cause)
{
	return cause_names[cause];
}

/* The place of a name in a list; 0 if it is in none. */
static unsigned name_parse(const char *const *names, size_t n, const char *name)
{
	for (size_t i = 0; i < n; i++)
		if (streq(names[i], name))
			return (unsigned)i;
	return 0;
}

bool target_is_final(enum target_state state)
{
	return state >= TARGET_DONE;
}

/* --- targets --- */

int targets_add(struct targets *t, const struct target *target)
{
	struct target copy = *target, *more;

	if (t->n >= JOB_TARGETS_MAX)
		return -EDQUOT;
	if ((t->n & (t->n - 1)) == 0) { /* grows at powers of two */
		more = reallocarray(t->list, t->n ? t->n * 2 : 1, sizeof(*more));
		if (!more)
			return -ENOMEM;
		t->list = more;
	}
	copy.user = strdup(target->user ? target->user : "");
	copy.full_name = strdup(target->full_name ? target->full_name : "");
	copy.reason = target->reason ? strdup(target->reason) : NULL;
	if (!copy.user || !copy.full_name || (target->reason && !copy.reason)) {
		free(copy.user);
		free(copy.full_name);
		free(copy.reason);
		return -ENOMEM;
	}
	t->list[t->n++] = copy;
	return 0;
}

void targets_done(struct targets *t)
{
	for (size_t i = 0; i < t->n; i++) {
		free(t->list[i].user);
		free(t->list[i].full_name);
		free(t->list[i].reason);
	}
	free(t->list);
	*t = (struct targets){ 0 };
}

json_t *targets_build_json(const struct target *list, size_t n)
{
	json_t *array = json_array();

	for (size_t i = 0; array && i < n; i++)
		json_array_append_new(
				array, json_pack("{s:s, s:s, s:s, s:s, s:I, s:b, s:s}", "session",
						       list[i].session, "user", list[i].user,
						       "full_name", list[i].full_name, "state",
						       state_names[list[i].state], "ends_ms",
						       (json_int_t)list[i].ends_ms, "more_time",
						       list[i].more_time, "reason",
						       list[i].reason ? list[i].reason : ""));
	return array;
}

json_t *targets_build_results(const struct target *list, size_t n)
{
	json_t *array = json_array();

	for (size_t i = 0; array && i < n; i++)
		json_array_append_new(
				array, json_pack("{s:s, s:s, s:s, s:s, s:s}", "session",
						       list[i].session, "user", list[i].user,
						       "full_name", list[i].full_name, "state",
						       state_names[list[i].state], "reason",
						       list[i].reason ? list[i].reason : ""));
	return array;
}

/* --- the object --- */

struct job *job_find(struct host *h, const char *id)
{
	struct list *l;

	list_for_each (l, &h->jobs) {
		struct job *j = list_entry(l, struct job, link);

		if (streq(j->id, id))
			return j;
	}
	return NULL;
}

json_t *job_build_json(const struct job *j)
{
	char since[CLOCK_RFC3339_LEN + 1];

	clock_format_rfc3339(j->since_s, since);
	return json_pack("{s:s, s:s, s:s, s:s, s:s, s:I, s:s, s:b, s:o}", "id", j->id, "kind",
			act_names[j->act], "cause", cause_names[j->cause], "by", j->by.user,
			"since", since, "ends_ms", (json_int_t)j->ends_ms, "message", j->message,
			"finished", j->finished_ms != 0, "targets",
			targets_build_json(j->targets, j->n_targets));
}

bool job_is_visible(const struct job *j, const struct caller *caller)
{
	bool own = j->by.uid == caller->uid;

	return role_may_see_job(caller->role, own, j->by.role) &&
	       (own || !rights_are_bound(j->host, caller));
}

static void job_touch(struct job *j)
{
	j->dirty = true;
	j->unsaved = true;
	host_touch(j->host);
	host_save_soon(j->host);
}

static int job_new(struct host *h, uint64_t number, const char *message, struct job **ret)
{
	struct job *j = calloc(1, sizeof(*j));

	if (!j)
		return -ENOMEM;
	j->host = h;
	j->number = number;
	snprintf(j->id, sizeof(j->id), "j%llu", (unsigned long long)number);
	list_init(&j->waiters);
	list_add_tail(&h->jobs, &j->link);
	h->n_jobs++;
	j->message = strdup(message);
	if (!j->message) {
		job_free(j);
		return -ENOMEM;
	}
	*ret = j;
	return 0;
}

static void waiter_free(struct waiter *w)
{
	list_remove(&w->link);
	sd_event_source_disable_unref(w->timer);
	w->call->handle_gone = NULL;
	w->call->userdata = NULL;
	varlink_call_unref(w->call);
	free(w);
}

void job_free(struct job *j)
{
	struct targets t;

	if (!j)
		return;
	t = (struct targets){ .list = j->targets, .n = j->n_targets };
	list_remove(&j->link);
	j->host->n_jobs--;
	while (!list_is_empty(&j->waiters))
		waiter_free(list_entry(j->waiters.next, struct waiter, link));
	sd_event_source_disable_unref(j->notice);
	sd_event_source_disable_unref(j->forget);
	targets_done(&t);
	free(j->message);
	free(j);
}

/* --- waiting for the end --- */

static void waiter_answer(struct waiter *w)
{
	varlink_reply(w->call, json_pack("{s:o}", "job", job_build_json(w->job)));
	waiter_free(w);
}

static int handle_wait_timeout(sd_event_source *source, uint64_t usec, void *userdata)
{
	waiter_answer(userdata);
	return 0;
}

static void handle_waiter_gone(struct varlink_call *call)
{
	waiter_free(call->userdata);
}

int job_wait(struct job *j, struct varlink_call *call, int64_t timeout_ms)
{
	struct waiter *w;
	struct list *l;
	unsigned n = 0;

	if (j->finished_ms || timeout_ms == 0) {
		varlink_reply(call, json_pack("{s:o}", "job", job_build_json(j)));
		return 0;
	}
	list_for_each (l, &j->waiters)
		n++;
	if (n >= JOB_WAITERS_MAX)
		return -EDQUOT;
	w = calloc(1, sizeof(*w));
	if (!w)
		return -ENOMEM;
	w->job = j;
	w->call = varlink_call_ref(call);
	call->userdata = w;
	call->handle_gone = handle_waiter_gone;
	list_add_tail(&j->waiters, &w->link);
	if (timeout_ms > 0)
		host_arm_timer(j->host, &w->timer, timeout_ms, handle_wait_timeout, w);
	return 0;
}

static void job_forget(struct job *j)
{
	store_exec(j->host->store, "DELETE FROM jobs WHERE number = ?", "i", (int64_t)j->number);
	events_send_job_gone(j);
	job_free(j);
}

static int handle_forget(sd_event_source *source, uint64_t usec, void *userdata)
{
	job_forget(userdata);
	return 0;
}

static void check_finished(struct job *j)
{
	unsigned n[ELEMENTSOF(state_names)] = { 0 };

	if (j->finished_ms)
		return;
	for (size_t i = 0; i < j->n_targets; i++) {
		if (!target_is_final(j->targets[i].state))
			return;
		n[j->targets[i].state]++;
	}
	j->finished_ms = clock_real_ms();
	job_touch(j);
	log_info("%s finished job=%s by=%s done=%u forced=%u refused=%u failed=%u cancelled=%u",
			act_names[j->act], j->id, j->by.user, n[TARGET_DONE], n[TARGET_FORCED],
			n[TARGET_REFUSED], n[TARGET_FAILED], n[TARGET_CANCELLED]);
	j->notice = sd_event_source_disable_unref(j->notice);
	host_arm_timer(j->host, &j->forget, JOB_KEEP_MS, handle_forget, j);
	host_save(j->host);
	while (!list_is_empty(&j->waiters))
		waiter_answer(list_entry(j->waiters.next, struct waiter, link));
}

static void target_set(struct job *j, struct target *t, enum target_state state, const char *reason)
{
	if (t->state == state)
		return;
	t->state = state;
	t->more_time = false;
	if (reason) {
		free(t->reason);
		t->reason = strdup(reason);
	}
	job_touch(j);
}

static struct target *find_waiting(struct job *j, const struct session *s)
{
	for (size_t i = 0; !j->finished_ms && i < j->n_targets; i++)
		if (j->targets[i].state == TARGET_WAITING && streq(j->targets[i].session, s->id))
			return &j->targets[i];
	return NULL;
}

/* The job among all that will end the session first. */
static void notice_update(struct session *s)
{
	const struct target *first = NULL;
	struct job *job = NULL;
	struct list *l;

	list_for_each (l, &s->host->jobs) {
		struct job *j = list_entry(l, struct job, link);
		const struct target *t = j->ends_ms ? find_waiting(j, s) : NULL;

		if (t && (!first || t->ends_ms < first->ends_ms)) {
			first = t;
			job = j;
		}
	}
	if (s->notice == job && (!job || (s->notice_ms == first->ends_ms &&
							 s->notice_more == first->more_time)))
		return;
	s->notice = job;
	s->notice_ms = job ? first->ends_ms : 0;
	s->notice_more = job && first->more_time;
	session_touch(s);
	session_refresh(s);
}

void job_handle_progress(struct session *s, enum target_state state, const char *reason)
{
	struct list *l;

	list_for_each (l, &s->host->jobs) {
		struct job *j = list_entry(l, struct job, link);
		bool changed = false;

		for (size_t i = 0; !j->finished_ms && i < j->n_targets; i++) {
			struct target *t = &j->targets[i];

			if (target_is_final(t->state) || !streq(t->session, s->id))
				continue;
			/* Another job's notice still runs; only the end of the session ends it. */
			if (t->state == TARGET_WAITING && state != TARGET_DONE &&
					state != TARGET_FORCED)
				continue;
			target_set(j, t, state, reason);
			changed = true;
		}
		if (changed)
			check_finished(j);
	}
	/* Nobody but us knows of these. */
	if (state == TARGET_FORCED || state == TARGET_FAILED)
		host_save(s->host);
	notice_update(s);
}

/*
 * Order the end of one session, for the first time or again after a restart. One that is gone left
 * a note of how; one that runs but has not told yet what it is is the business of
 * job_handle_adopted().
 */
static void target_begin(struct job *j, struct target *t)
{
	struct session *s = session_find(j->host, t->session);

	if (s && j->act != JOB_LOGOFF) {
		timeout_act(s, j->act);
		target_set(j, t, TARGET_DONE, NULL);
		notice_update(s);
	} else if (s) {
		notice_update(s);
		s->ended_cause = j->cause;
		session_log_off(s, &j->by, j->ask_ms, j->timeout_ms);
	} else if (!session_is_running(t->session)) {
		target_set(j, t,
				session_take_ended(t->session) == SESSION_END_FORCED ? TARGET_FORCED
										     : TARGET_DONE,
				NULL);
	}
}

static int handle_notice_over(sd_event_source *source, uint64_t usec, void *userdata);

/* Until the next notice is over. false: there is none, or no timer for it. */
static bool notice_arm(struct job *j)
{
	int64_t next = 0;

	j->notice = sd_event_source_disable_unref(j->notice);
	for (size_t i = 0; i < j->n_targets; i++) {
		const struct target *t = &j->targets[i];

		if (t->state == TARGET_WAITING && (!next || t->ends_ms < next))
			next = t->ends_ms;
	}
	return next && host_arm_timer(j->host, &j->notice, next - clock_real_ms(),
				       handle_notice_over, j) >= 0;
}

/* Whose notice is over (or had none): all at once, nobody waits for another. */
static void job_begin(struct job *j, int64_t now_ms)
{
	for (size_t i = 0; i < j->n_targets; i++) {
		struct target *t = &j->targets[i];

		if (t->state != TARGET_WAITING || t->ends_ms > now_ms)
			continue;
		target_set(j, t, TARGET_ASKING, NULL);
		target_begin(j, t);
	}
	check_finished(j);
}

static int handle_notice_over(sd_event_source *source, uint64_t usec, void *userdata)
{
	struct job *j = userdata;

	job_begin(j, clock_real_ms());
	if (!j->finished_ms)
		notice_arm(j);
	return 0;
}

static void notice_start(struct job *j)
{
	for (size_t i = 0; i < j->n_targets; i++) {
		struct session *s = session_find(j->host, j->targets[i].session);

		if (s && j->targets[i].state == TARGET_WAITING)
			notice_update(s);
	}
	if (!notice_arm(j))
		job_begin(j, INT64_MAX);
}

static bool is_named(json_t *sessions, const char *id)
{
	json_t *name;
	size_t i;

	json_array_foreach (sessions, i, name)
		if (streq(json_string_value(name), id))
			return true;
	return !sessions;
}

unsigned job_extend(struct job *j, json_t *sessions, int64_t add_ms)
{
	unsigned n = 0;

	for (size_t i = 0; i < j->n_targets; i++) {
		struct target *t = &j->targets[i];
		struct session *s;

		if (t->state != TARGET_WAITING || !is_named(sessions, t->session))
			continue;
		t->ends_ms += add_ms;
		t->more_time = false;
		j->ends_ms = MAX(j->ends_ms, t->ends_ms);
		s = session_find(j->host, t->session);
		if (s)
			notice_update(s);
		n++;
	}
	if (n == 0)
		return 0;
	job_touch(j);
	if (!notice_arm(j))
		job_begin(j, INT64_MAX);
	return n;
}

bool job_ask_more_time(struct session *s)
{
	struct target *t = s->notice ? find_waiting(s->notice, s) : NULL;

	if (!t)
		return false;
	if (s->notice->cause != JOB_ORDER) {
		timeout_handle_use(s); /* there is nobody to be asked */
	} else if (!t->more_time) {
		t->more_time = true;
		job_touch(s->notice);
		notice_update(s);
	}
	return true;
}

void job_cancel_session(struct job *j, struct session *s)
{
	struct target *t = find_waiting(j, s);

	if (!t)
		return;
	target_set(j, t, TARGET_CANCELLED, NULL);
	notice_update(s);
	check_finished(j);
}

unsigned job_cancel(struct job *j)
{
	unsigned n = 0;

	for (size_t i = 0; i < j->n_targets; i++) {
		struct target *t = &j->targets[i];
		struct session *s;

		if (t->state != TARGET_WAITING)
			continue;
		target_set(j, t, TARGET_CANCELLED, NULL);
		s = session_find(j->host, t->session);
		if (s)
			notice_update(s);
		n++;
	}
	check_finished(j);
	return n;
}

/* --- store --- */

static int job_save(struct job *j)
{
	struct store *st = j->host->store;

	j->unsaved = false;
	store_begin(st);
	store_exec(st, "INSERT OR REPLACE INTO counters (name, value) VALUES ('job', ?)", "i",
			(int64_t)j->host->last_job);
	store_exec(st,
			"INSERT OR REPLACE INTO jobs (number, boot, user, uid, full_name, role, since_s, "
			"ends_ms, message, ask_ms, timeout_ms, finished_ms, act, cause) VALUES "
			"(?,?,?,?,?,?,?,?,?,?,?,?,?,?)",
			"ississiisiiiss", (int64_t)j->number, j->host->boot, j->by.user,
			(int64_t)j->by.uid, j->by.full_name, role_to_string(j->by.role), j->since_s,
			j->ends_ms, j->message, j->ask_ms, j->timeout_ms, j->finished_ms,
			act_names[j->act], cause_names[j->cause]);
	for (size_t i = 0; i < j->n_targets; i++) {
		const struct target *t = &j->targets[i];

		store_exec(st,
				"INSERT OR REPLACE INTO targets (job, place, session, user, full_name, "
				"state, reason, ends_ms, more_time) VALUES (?,?,?,?,?,?,?,?,?)",
				"iisssssii", (int64_t)j->number, (int64_t)i, t->session, t->user,
				t->full_name, state_names[t->state], t->reason ? t->reason : "",
				t->ends_ms, (int64_t)t->more_time);
	}
	return store_commit(st);
}

void job_save_all(struct host *h)
{
	struct list *l;

	store_begin(h->store);
	list_for_each (l, &h->jobs) {
		struct job *j = list_entry(l, struct job, link);

		if (j->unsaved)
			job_save(j);
	}
	store_commit(h->store);
}

/* Makes room for one more job; -EDQUOT. */
static int make_room(struct host *h, uid_t uid)
{
	unsigned unfinished = 0, own = 0;
	struct job *oldest = NULL;
	struct list *l;

	list_for_each (l, &h->jobs) {
		struct job *j = list_entry(l, struct job, link);

		unfinished += !j->finished_ms;
		if (j->by.uid != uid)
			continue;
		own++;
		if (!oldest && j->finished_ms)
			oldest = j;
	}
	if (unfinished >= JOBS_MAX || (own >= JOBS_PER_USER_MAX && !oldest))
		return -EDQUOT;
	if (own >= JOBS_PER_USER_MAX)
		job_forget(oldest);
	return 0;
}

/* All that is under way, for the first time or again after a restart. */
static void targets_begin(struct job *j)
{
	for (size_t i = 0; i < j->n_targets; i++)
		if (!target_is_final(j->targets[i].state) && j->targets[i].state != TARGET_WAITING)
			target_begin(j, &j->targets[i]);
}

static int handle_begin(sd_event_source *source, void *userdata)
{
	struct job *j = userdata;

	j->notice = sd_event_source_disable_unref(j->notice);
	targets_begin(j);
	check_finished(j);
	return 0;
}

/*
 * Before anything else of the next turn, that is after the answer: each helper that is called takes
 * the processor from us, and with fifty of them whoever ordered it would wait for all.
 */
static void begin_soon(struct job *j)
{
	if (sd_event_add_defer(j->host->event, &j->notice, handle_begin, j) < 0) {
		job_begin(j, INT64_MAX);
		return;
	}
	sd_event_source_set_priority(j->notice, SD_EVENT_PRIORITY_IMPORTANT);
	for (size_t i = 0; i < j->n_targets; i++)
		if (j->targets[i].state == TARGET_WAITING)
			target_set(j, &j->targets[i], TARGET_ASKING, NULL);
}

int job_start(struct host *h, const struct job_order *order, struct job **ret)
{
	struct job *j;
	int r;

	r = order->cause == JOB_ORDER ? make_room(h, order->by->uid) : 0;
	if (r < 0)
		return r;
	r = job_new(h, ++h->last_job, order->message, &j);
	if (r < 0)
		return r;
	j->act = order->act;
	j->cause = order->cause;
	j->by = *order->by;
	j->since_s = clock_real_ms() / 1000;
	j->ends_ms = order->grace_ms > 0 ? clock_real_ms() + order->grace_ms : 0;
	j->timeout_ms = order->timeout_ms;
	j->ask_ms = MIN(h->conf->ask_ms, order->timeout_ms);
	j->targets = order->targets->list;
	j->n_targets = order->targets->n;
	*order->targets = (struct targets){ 0 };
	for (size_t i = 0; i < j->n_targets; i++)
		if (j->targets[i].state == TARGET_WAITING)
			j->targets[i].ends_ms = j->ends_ms;
	job_save(j);
	job_touch(j);
	log_info("%s ordered job=%s cause=%s by=%s targets=%zu grace_ms=%lld", act_names[j->act],
			j->id, cause_names[j->cause], j->by.user, j->n_targets,
			(long long)order->grace_ms);
	if (j->ends_ms)
		notice_start(j);
	else
		begin_soon(j);
	check_finished(j);
	*ret = j;
	return 0;
}

/* --- after a restart --- */

static int load_target(struct store_row *row, void *userdata)
{
	struct targets *list = userdata;
	struct target t = { .user = (char *)store_row_text(row, 1),
		.full_name = (char *)store_row_text(row, 2),
		.state = state_parse(store_row_text(row, 3)),
		.ends_ms = store_row_int(row, 5),
		.more_time = store_row_int(row, 6),
		.reason = (char *)store_row_text(row, 4) };

	str_copy(t.session, sizeof(t.session), store_row_text(row, 0));
	return targets_add(list, &t);
}

static int load_job(struct store_row *row, void *userdata)
{
	struct targets targets = { 0 };
	struct host *h = userdata;
	struct job *j;
	int r;

	r = job_new(h, (uint64_t)store_row_int(row, 0), store_row_text(row, 7), &j);
	if (r < 0)
		return r;
	str_copy(j->by.user, sizeof(j->by.user), store_row_text(row, 1));
	j->by.uid = (uid_t)store_row_int(row, 2);
	str_copy(j->by.full_name, sizeof(j->by.full_name), store_row_text(row, 3));
	role_parse(store_row_text(row, 4), &j->by.role);
	j->since_s = store_row_int(row, 5);
	j->ends_ms = store_row_int(row, 6);
	j->ask_ms = store_row_int(row, 8);
	j->timeout_ms = store_row_int(row, 9);
	j->finished_ms = store_row_int(row, 10);
	j->act = name_parse(act_names, ELEMENTSOF(act_names), store_row_text(row, 11));
	j->cause = name_parse(cause_names, ELEMENTSOF(cause_names), store_row_text(row, 12));
	r = store_query(h->store, load_target, &targets,
			"SELECT session, user, full_name, state, reason, ends_ms, more_time FROM "
			"targets WHERE job = ? ORDER BY place",
			"i", (int64_t)j->number);
	j->targets = targets.list;
	j->n_targets = targets.n;
	h->last_job = MAX(h->last_job, j->number);
	return r;
}

static int load_counter(struct store_row *row, void *userdata)
{
	((struct host *)userdata)->last_job = (uint64_t)store_row_int(row, 0);
	return 0;
}

int job_load_all(struct host *h)
{
	store_begin(h->store);
	/* The sessions of an earlier run of the system ended with it. */
	store_exec(h->store,
			"UPDATE targets SET state = 'done', reason = 'the system was restarted' WHERE "
			"state IN ('waiting', 'asking', 'ending') AND job IN (SELECT number FROM jobs "
			"WHERE boot <> ?)",
			"s", h->boot);
	store_exec(h->store, "DELETE FROM jobs WHERE finished_ms > 0 AND finished_ms < ?", "i",
			clock_real_ms() - JOB_KEEP_MS);
	store_commit(h->store);
	store_query(h->store, load_counter, h, "SELECT value FROM counters WHERE name = 'job'", "");
	return store_query(h->store, load_job, h,
			"SELECT number, user, uid, full_name, role, since_s, ends_ms, message, ask_ms, "
			"timeout_ms, finished_ms, act, cause FROM jobs ORDER BY number",
			"");
}

void job_resume_all(struct host *h)
{
	struct list *l;

	list_for_each (l, &h->jobs) {
		struct job *j = list_entry(l, struct job, link);

		if (j->finished_ms) {
			host_arm_timer(h, &j->forget,
					MAX(j->finished_ms + JOB_KEEP_MS - clock_real_ms(),
							(int64_t)0),
					handle_forget, j);
			continue;
		}
		/* How long nobody used a session is not known any more: it begins anew. */
		if (j->cause != JOB_ORDER && job_cancel(j) > 0 && j->finished_ms)
			continue;
		targets_begin(j);
		if (j->ends_ms)
			notice_start(j);
		else
			job_begin(j, INT64_MAX);
		check_finished(j);
	}
}

void job_handle_adopted(struct session *s)
{
	struct list *l;

	notice_update(s);
	list_for_each (l, &s->host->jobs) {
		struct job *j = list_entry(l, struct job, link);

		for (size_t i = 0; !j->finished_ms && i < j->n_targets; i++) {
			struct target *t = &j->targets[i];

			if (!target_is_final(t->state) && t->state != TARGET_WAITING &&
					streq(t->session, s->id)) {
				s->ended_cause = j->cause;
				session_log_off(s, &j->by, j->ask_ms, j->timeout_ms);
				return;
			}
		}
	}
}
