/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Limits of sessions as the daemon sees them. The helper counts; what was counted before we asked
 * for the first time (stationd was restarted) is no news. A hit is kept for LIMIT_SHOWN_MS and told
 * at most every LIMIT_AGAIN_MS: whoever hits a limit usually does so again and again.
 */
#include "hostd/limit.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/str.h"
#include "hostd/host.h"
#include "hostd/session.h"
#include "hostd/station-scene.h"

static int64_t read_kib(const char *meminfo, const char *key)
{
	const char *p = meminfo ? strstr(meminfo, key) : NULL;

	return p ? MAX(strtoll(p + strlen(key), NULL, 10), 0ll) : 0;
}

void limits_load(const struct conf *conf, const char *meminfo, struct limits *ret)
{
	int64_t total = read_kib(meminfo, "MemTotal:"), swap = read_kib(meminfo, "SwapTotal:");
	struct limits l = { .cpu_weight = conf->limit_cpu_weight,
		.cpu_quota_percent = conf->limit_cpu_quota,
		.tasks = conf->limit_tasks,
		.sessions = conf->per_user_max,
		.swap_kib = -1 };

	/* Checked when they were read. */
	(void)conf_parse_amount(conf->limit_memory, total, &l.memory_kib);
	(void)conf_parse_amount(conf->limit_memory_high, total, &l.memory_high_kib);
	if (l.memory_high_kib >= l.memory_kib && l.memory_kib > 0)
		l.memory_high_kib = 0;
	/* Else a hog takes all swap before it is stopped. */
	if (l.memory_kib > 0 && total > 0)
		l.swap_kib = MIN((int64_t)((double)swap * (double)l.memory_kib / (double)total),
				swap);
	*ret = l;
}

json_t *limits_build_json(const struct limits *l)
{
	return json_pack("{s:I, s:I, s:I, s:I, s:I, s:I, s:I}", "memory_kib",
			(json_int_t)l->memory_kib, "memory_high_kib",
			(json_int_t)l->memory_high_kib, "swap_kib", (json_int_t)l->swap_kib,
			"cpu_weight", (json_int_t)l->cpu_weight, "cpu_quota_percent",
			(json_int_t)l->cpu_quota_percent, "tasks", (json_int_t)l->tasks, "sessions",
			(json_int_t)l->sessions);
}

const char *limit_kind_to_string(enum limit_kind kind)
{
	static const char *const names[] = {
		[LIMIT_NONE] = "none", [LIMIT_MEMORY] = "memory", [LIMIT_TASKS] = "tasks"
	};

	return names[kind];
}

void limit_done(struct limit *l)
{
	l->forget = sd_event_source_disable_unref(l->forget);
}

static int handle_forget(sd_event_source *source, uint64_t usec, void *userdata)
{
	struct session *s = userdata;

	s->limit.hit = LIMIT_NONE;
	s->limit.hit_ms = 0;
	session_touch(s);
	session_refresh(s);
	return 0;
}

static void hit(struct session *s, enum limit_kind kind)
{
	struct limit *l = &s->limit;
	int64_t now = clock_real_ms();

	if (l->hit == kind && now >= l->hit_ms && now - l->hit_ms < LIMIT_AGAIN_MS)
		return;
	log_notice("a limit was hit: %s session=%s user=%s",
			kind == LIMIT_MEMORY ? "a program was killed for want of memory"
					     : "no more processes",
			s->id, s->person.user);
	l->hit = kind;
	l->hit_ms = now;
	(void)host_arm_timer(s->host, &l->forget, LIMIT_SHOWN_MS, handle_forget, s);
	session_touch(s);
	session_refresh(s);
}

static void handle_limit(struct varlink *v, const char *error, json_t *parameters, bool continues,
		int fd, void *userdata)
{
	struct session *s = userdata;
	struct limit *l = &s->limit;
	int64_t memory, tasks;
	bool in_force, more_memory, more_tasks;

	if (!parameters || error)
		return; /* the helper of a version without limits, or it is ending */
	in_force = json_is_true(json_object_get(parameters, "in_force"));
	memory = json_integer_value(json_object_get(parameters, "memory_hits"));
	tasks = json_integer_value(json_object_get(parameters, "task_hits"));
	more_memory = l->known && memory > l->memory_hits;
	more_tasks = l->known && tasks > l->task_hits;
	if (!l->known || l->in_force != in_force)
		session_touch(s);
	*l = (struct limit){ .known = true,
		.in_force = in_force,
		.memory_hits = memory,
		.task_hits = tasks,
		.hit = l->hit,
		.hit_ms = l->hit_ms,
		.forget = l->forget };
	/* What was lost weighs more than what did not start. */
	if (more_memory)
		hit(s, LIMIT_MEMORY);
	else if (more_tasks)
		hit(s, LIMIT_TASKS);
}

void limit_watch(struct session *s)
{
	json_t *p;

	if (!s->worker)
		return;
	p = json_pack("{s:o}", "limits", limits_build_json(&s->host->limits));
	if (worker_call(s->worker, "Limit", p, true, handle_limit, s) < 0)
		log_warning("cannot ask the helper for limits session=%s", s->id);
}

void limit_build_json(const struct session *s, json_t *session)
{
	const struct limits none = { 0 }, *l = s->limit.in_force ? &s->host->limits : &none;

	json_object_set_new(session, "limits",
			json_pack("{s:I, s:I, s:I}", "memory_kib", (json_int_t)l->memory_kib,
					"tasks", (json_int_t)l->tasks, "cpu_percent",
					(json_int_t)l->cpu_quota_percent));
	json_object_set_new(session, "limit_hit", json_string(limit_kind_to_string(s->limit.hit)));
	json_object_set_new(session, "limit_hit_ms", json_integer(s->limit.hit_ms));
}
