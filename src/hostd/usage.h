/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What a session uses and shows: processor, memory, the window in front. Asked of its helper while
 * a supervisor watches (org.stationmaster.Events), and not at all otherwise.
 */
#pragma once

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

struct host;
struct session;
struct worker;

enum { USAGE_PERIOD_MS = 4000, USAGE_FIRST_MS = 1000, USAGE_PROCESSES_MAX = 64 };

struct usage_process {
	int64_t pid, start, cpu_ms;
};

struct usage {
	struct session *session;
	struct worker *eyes; /* a connection of its own: its end is the end of the watch */
	int64_t at_ms;       /* of cpu_ms, CLOCK_MONOTONIC; 0: never asked */
	int64_t cpu_ms;
	bool asked; /* the helper has not replied yet */
	unsigned cpu_permille, memory_kib;
	char *window;  /* title; NULL: none, or not known */
	char *program; /* class */
	/* The busiest processes when they were last listed, for their share since then. */
	struct usage_process processes[USAGE_PROCESSES_MAX];
	size_t n_processes;
	int64_t processes_at_ms;
};

void usage_init(struct usage *u, struct session *s);
void usage_done(struct usage *u);
/* Add window, program, cpu_permille, memory_kib to the type Session. */
void usage_build_json(const struct usage *u, json_t *session);
/* Watchers came or went, or a session began to run: start or stop asking. */
void usage_update(struct host *h);

/* Permille of one core since the processes were last noted; 0: not known. */
unsigned usage_process_permille(const struct usage *u, int64_t pid, int64_t start, int64_t cpu_ms);
/* As org.stationmaster.Worker.Processes tells them. */
void usage_note_processes(struct usage *u, json_t *processes);
