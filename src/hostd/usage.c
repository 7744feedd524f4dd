/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * One timer for all sessions asks each helper for its sums, and each session that is watched has a
 * connection of its own for its windows, because a call that goes on for ever can only be ended
 * with its connection. Changes of a few percent are not told: nobody sees them, and every watcher
 * would get an event for every session every few seconds.
 */
#include "hostd/usage.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/str.h"
#include "hostd/events.h"
#include "hostd/host.h"
#include "hostd/session.h"
#include "hostd/worker.h"

enum { CPU_STEP_PERMILLE = 30, MEMORY_STEP_DIVISOR = 16, TITLE_CHARS_MAX = 200 };

void usage_init(struct usage *u, struct session *s)
{
	*u = (struct usage){ .session = s };
}

static void forget_window(struct usage *u)
{
	free(u->window);
	free(u->program);
	u->window = u->program = NULL;
}

static void stop(struct usage *u)
{
	u->eyes = worker_free(u->eyes);
	if (u->asked && u->session->worker)
		worker_forget(u->session->worker, u);
	u->asked = false;
	u->at_ms = 0;
	u->cpu_permille = u->memory_kib = 0;
	forget_window(u);
}

void usage_done(struct usage *u)
{
	stop(u);
}

void usage_build_json(const struct usage *u, json_t *session)
{
	json_object_set_new(session, "window", json_string(u->window ? u->window : ""));
	json_object_set_new(session, "program", json_string(u->program ? u->program : ""));
	json_object_set_new(session, "cpu_permille", json_integer(u->cpu_permille));
	json_object_set_new(session, "memory_kib", json_integer(u->memory_kib));
}

static bool differs(int64_t a, int64_t b, int64_t step)
{
	return a > b ? a - b > step : b - a > step;
}

/* --- sums --- */

static void handle_usage(struct varlink *v, const char *error, json_t *parameters, bool continues,
		int fd, void *userdata)
{
	struct usage *u = userdata;
	int64_t now = clock_mono_ms(), cpu, memory, permille = 0;
	bool is_first = u->at_ms == 0;

	(void)v, (void)continues, (void)fd;
	u->asked = false;
	if (error || !parameters)
		return;
	cpu = json_integer_value(json_object_get(parameters, "cpu_ms"));
	memory = CLAMP(json_integer_value(json_object_get(parameters, "memory_kib")), 0,
			(json_int_t)UINT32_MAX);
	/* A process that has ended takes its time with it. */
	if (!is_first && now > u->at_ms && cpu > u->cpu_ms)
		permille = MIN((cpu - u->cpu_ms) * 1000 / (now - u->at_ms), (int64_t)1000000);
	u->at_ms = now;
	u->cpu_ms = cpu;
	if (!is_first && !differs(permille, u->cpu_permille, CPU_STEP_PERMILLE) &&
			!differs(memory, u->memory_kib, u->memory_kib / MEMORY_STEP_DIVISOR))
		return;
	u->cpu_permille = (unsigned)permille;
	u->memory_kib = (unsigned)memory;
	session_touch(u->session);
}

/* --- windows --- */

static void take_window(struct usage *u, json_t *windows)
{
	const char *title = "", *class = "";
	_cleanup_free_ char *window = NULL, *program = NULL;
	json_t *item;
	size_t i;

	json_array_foreach (windows, i, item) {
		if (!json_is_true(json_object_get(item, "active")))
			continue;
		title = json_string_value(json_object_get(item, "title"));
		class = json_string_value(json_object_get(item, "class"));
		break;
	}
	window = str_clean(title ? title : "", TITLE_CHARS_MAX);
	program = str_clean(class ? class : "", TITLE_CHARS_MAX);
	if (!window || !program ||
			(streq(window, u->window ? u->window : "") &&
					streq(program, u->program ? u->program : "")))
		return;
	forget_window(u);
	u->window = take_ptr(window);
	u->program = take_ptr(program);
	session_touch(u->session);
}

static void handle_windows(struct varlink *v, const char *error, json_t *parameters, bool continues,
		int fd, void *userdata)
{
	struct usage *u = userdata;

	(void)v, (void)fd;
	if (!error && parameters)
		take_window(u, json_object_get(parameters, "windows"));
}

static void handle_eyes_lost(struct worker *w, void *userdata)
{
	struct usage *u = userdata;

	(void)w;
	u->eyes = worker_free(u->eyes); /* the timer tries again */
}

static void watch_windows(struct usage *u)
{
	struct session *s = u->session;

	if (u->eyes || worker_connect(s->host, s->id, &u->eyes) < 0)
		return;
	worker_set_owner(u->eyes, handle_eyes_lost, u);
	if (worker_call(u->eyes, "Windows", NULL, true, handle_windows, u) < 0)
		u->eyes = worker_free(u->eyes);
}

/* --- the clock --- */

static void ask(struct session *s)
{
	struct usage *u = &s->usage;

	if (s->opening || s->closing || !s->worker)
		return;
	watch_windows(u);
	if (u->asked)
		return;
	u->asked = worker_call(s->worker, "Usage", NULL, false, handle_usage, u) == 0;
}

static int handle_timer(sd_event_source *source, uint64_t usec, void *userdata)
{
	struct host *h = userdata;
	struct list *l;
	bool has_new = false;

	(void)source, (void)usec;
	list_for_each (l, &h->sessions) {
		struct session *s = list_entry(l, struct session, link);

		/* The use of the processor is known from the second time on: let that be soon. */
		has_new = has_new || (s->worker && !s->usage.at_ms && !s->usage.asked);
		ask(s);
	}
	(void)host_arm_timer(
			h, &h->usage, has_new ? USAGE_FIRST_MS : USAGE_PERIOD_MS, handle_timer, h);
	return 0;
}

void usage_update(struct host *h)
{
	bool wanted = events_have_supervisor(h);
	struct list *l;

	if (wanted && !h->usage) {
		(void)host_arm_timer(h, &h->usage, 0, handle_timer, h);
	} else if (!wanted && h->usage) {
		h->usage = sd_event_source_disable_unref(h->usage);
		list_for_each (l, &h->sessions)
			stop(&list_entry(l, struct session, link)->usage);
	}
}

/* --- processes --- */

unsigned usage_process_permille(const struct usage *u, int64_t pid, int64_t start, int64_t cpu_ms)
{
	int64_t passed = clock_mono_ms() - u->processes_at_ms;

	for (size_t i = 0; i < u->n_processes && passed > 0; i++) {
		const struct usage_process *p = &u->processes[i];

		if (p->pid == pid && p->start == start && cpu_ms >= p->cpu_ms)
			return (unsigned)MIN(
					(cpu_ms - p->cpu_ms) * 1000 / passed, (int64_t)1000000);
	}
	return 0;
}

void usage_note_processes(struct usage *u, json_t *processes)
{
	json_t *item;
	size_t i;

	u->n_processes = 0;
	u->processes_at_ms = clock_mono_ms();
	json_array_foreach (processes, i, item) {
		if (u->n_processes == USAGE_PROCESSES_MAX)
			break;
		u->processes[u->n_processes++] = (struct usage_process){
			.pid = json_integer_value(json_object_get(item, "pid")),
			.start = json_integer_value(json_object_get(item, "start")),
			.cpu_ms = json_integer_value(json_object_get(item, "cpu_ms")),
		};
	}
}
