/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * One timer for all sessions, armed for the nearest deadline at the end of a turn in which one has
 * changed. Use of a session (which comes every few seconds while somebody works) only moves a time
 * on; the timer then fires too early, and is armed again.
 *
 * Time in which the person cannot work, and time in which somebody else looks at the session, does
 * not count: neither may a block end what it protects, nor a lesson's projection stop.
 */
#include "hostd/timeout.h"

#include <stdio.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/str.h"
#include "hostd/host.h"
#include "hostd/job.h"
#include "hostd/session.h"
#include "hostd/station-scene.h"
#include "hostd/station.h"

static enum job_act idle_act(const struct conf *conf)
{
	return streq(conf->idle_act, "lock")     ? JOB_LOCK
	       : streq(conf->idle_act, "logoff") ? JOB_LOGOFF
						 : JOB_SUSPEND;
}

int64_t timeout_due(const struct conf *conf, const struct timeout_facts *f,
		enum job_cause *ret_cause, int64_t *ret_warn_ms)
{
	bool is_suspended = f->suspended_ms != 0;
	int64_t after = is_suspended ? conf->suspended_ms : conf->idle_ms, from;

	if (!f->running || after == 0)
		return INT64_MAX;
	if (!is_suspended && (f->hindered || (f->locked && idle_act(conf) == JOB_LOCK)))
		return INT64_MAX;
	from = is_suspended ? f->suspended_ms : MAX(f->used_ms, f->free_ms);
	*ret_cause = is_suspended ? JOB_SUSPENDED : JOB_IDLE;
	/* A time-out shorter than its notice is half notice. */
	*ret_warn_ms = MIN(conf->warn_ms, after / 2);
	return from + after - *ret_warn_ms;
}

static int64_t session_due(const struct session *s, enum job_cause *ret_cause, int64_t *ret_warn_ms)
{
	struct timeout_facts f = { .running = !s->opening && !s->closing && !s->notice,
		.hindered = s->timeout.hindered,
		.locked = s->locked,
		.used_ms = s->used_ms,
		.free_ms = s->timeout.free_ms,
		.suspended_ms = s->timeout.suspended_ms };

	return timeout_due(s->host->conf, &f, ret_cause, ret_warn_ms);
}

static void cancel(struct session *s, enum job_cause cause)
{
	if (s->notice && s->notice->cause == cause)
		job_cancel_session(s->notice, s);
}

void timeout_handle_use(struct session *s)
{
	if (s->notice && s->notice->cause != JOB_ORDER) {
		s->used_ms = clock_mono_ms();
		job_cancel_session(s->notice, s);
	}
}

static bool is_hindered(struct session *s)
{
	struct session_flags f;

	session_get_flags(s, &f);
	return f.blocked || f.projecting || f.viewed || f.controlled || streq(f.scene, "block") ||
	       streq(f.scene, "projection");
}

void timeout_handle_changed(struct session *s)
{
	struct timeout *t = &s->timeout;
	int64_t now = clock_mono_ms();
	bool hindered, is_suspended = list_is_empty(&s->stations);

	if (s->opening || s->closing ||
			(s->host->conf->idle_ms == 0 && s->host->conf->suspended_ms == 0))
		return;
	hindered = is_hindered(s);
	if ((t->hindered && !hindered) || (t->locked && !s->locked))
		t->free_ms = now;
	t->hindered = hindered;
	t->locked = s->locked;
	if (!is_suspended)
		t->suspended_ms = 0;
	else if (t->suspended_ms == 0)
		t->suspended_ms = now;
	if (hindered || is_suspended)
		cancel(s, JOB_IDLE);
	if (!is_suspended)
		cancel(s, JOB_SUSPENDED);
}

/* --- the timer --- */

static void add_target(struct targets *list, const struct session *s)
{
	struct target t = {
		.user = s->person.user, .full_name = s->person.full_name, .state = TARGET_WAITING
	};

	str_copy(t.session, sizeof(t.session), s->id);
	if (targets_add(list, &t) < 0)
		log_error("out of memory");
}

/* Those that are due, in one job. */
static void begin(struct host *h, enum job_cause cause)
{
	struct caller by = { .uid = (uid_t)-1, .role = ROLE_OPERATOR };
	int64_t now = clock_mono_ms(), warn = 0, longest = 0;
	struct targets list = { 0 };
	enum job_cause found;
	struct job *j;
	struct list *l;

	list_for_each (l, &h->sessions) {
		struct session *s = list_entry(l, struct session, link);

		if (session_due(s, &found, &warn) > now || found != cause)
			continue;
		add_target(&list, s);
		longest = MAX(longest, warn);
	}
	if (list.n == 0)
		return;
	str_copy(by.full_name, sizeof(by.full_name), h->system_name);
	if (job_start(h,
			    &(struct job_order){ .act = cause == JOB_IDLE ? idle_act(h->conf)
									  : JOB_LOGOFF,
					    .cause = cause,
					    .by = &by,
					    .targets = &list,
					    .grace_ms = longest,
					    .timeout_ms = h->conf->timeout_ms,
					    .message = "" },
			    &j) < 0)
		log_error("out of memory");
	targets_done(&list);
}

static int handle_timeout(sd_event_source *source, uint64_t usec, void *userdata)
{
	struct host *h = userdata;

	begin(h, JOB_IDLE);
	begin(h, JOB_SUSPENDED);
	host_touch(h); /* the timer is armed again when all that follows has been done */
	return 0;
}

void timeouts_arm(struct host *h)
{
	int64_t next = INT64_MAX, warn;
	enum job_cause cause;
	struct list *l;

	list_for_each (l, &h->sessions)
		next = MIN(next, session_due(list_entry(l, struct session, link), &cause, &warn));
	if (next == INT64_MAX)
		h->timeouts = sd_event_source_disable_unref(h->timeouts);
	else
		(void)host_arm_timer(h, &h->timeouts, next - clock_mono_ms(), handle_timeout, h);
}

/* --- what happens --- */

void timeout_act(struct session *s, enum job_act act)
{
	log_info("%s: nobody uses it session=%s user=%s", act == JOB_LOCK ? "locked" : "suspended",
			s->id, s->person.user);
	if (act == JOB_LOCK) {
		session_lock(s);
		return;
	}
	while (!list_is_empty(&s->stations))
		station_detach(list_entry(s->stations.next, struct station, shown),
				"Your session was suspended because nobody was using it. Log in to "
				"go on.");
}

void timeout_describe_end(const struct session *s, char *reason, size_t reason_size, char *text,
		size_t text_size)
{
	if (s->ended_cause == JOB_IDLE) {
		str_copy(reason, reason_size, "logged off: nobody was using it");
		str_copy(text, text_size,
				"Your session was logged off because nobody was using it.");
	} else {
		str_copy(reason, reason_size, "logged off: suspended for too long");
		str_copy(text, text_size, "");
	}
}
