/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What sessions may use at most ([limits] of the settings): worked out once from the size of the
 * computer, handed to each helper, which puts it in force and tells when a limit was hit.
 */
#pragma once

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>
#include <systemd/sd-event.h>

struct conf;
struct host;
struct session;

enum {
	LIMIT_SHOWN_MS = 300000, /* a hit is shown to supervisors so long */
	LIMIT_AGAIN_MS = 30000,  /* a further one of the same kind is told again */
};

/* 0: no limit; swap_kib: -1. */
struct limits {
	int64_t memory_kib, memory_high_kib, swap_kib;
	int64_t cpu_weight, cpu_quota_percent, tasks, sessions;
};

/* meminfo: text of /proc/meminfo; NULL: not known, shares are no limits then. */
void limits_load(const struct conf *conf, const char *meminfo, struct limits *ret);
/* The type Limits of org.stationmaster.Worker. */
json_t *limits_build_json(const struct limits *l);

enum limit_kind { LIMIT_NONE, LIMIT_MEMORY, LIMIT_TASKS };
const char *limit_kind_to_string(enum limit_kind kind);

/* In a session. */
struct limit {
	bool known, in_force;
	int64_t memory_hits, task_hits;
	enum limit_kind hit;
	int64_t hit_ms; /* CLOCK_REALTIME */
	sd_event_source *forget;
};

void limit_done(struct limit *l);
/* The helper is connected (again): ask it to put the limits in force and to tell. */
void limit_watch(struct session *s);
/* Adds limits, limit_hit, limit_hit_ms to the type Session. */
void limit_build_json(const struct session *s, json_t *session);
