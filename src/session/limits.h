/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What a session may use at most: puts the limits in force and counts how often one was hit. With
 * systemd they are properties of the session's scope and of the user's slice, so that what runs
 * beside the session (services of the user's own systemd) does not escape them; without it they are
 * written into the session's own control group.
 */
#pragma once

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "session/cgroup.h"
#include "session/loop.h"

enum {
	LIMITS_SETTLE_MS = 200, /* the kernel tells of a hit before it counts it */
	LIMITS_TELL_MS = 2000,  /* between two replies: a bomb hits its limit without pause */
	LIMITS_LOOK_MS = 3000,  /* cgroup v1 does not tell that no more processes are to be had */
	LIMITS_WATCHES_MAX = 4,
	LIMITS_DEPTH_MAX = 8,
};

/* 0: no limit; swap_kib: -1. */
struct limits {
	int64_t memory_kib, memory_high_kib, swap_kib;
	int64_t cpu_weight;
	int64_t cpu_quota_percent; /* of one core */
	int64_t tasks;
	int64_t sessions; /* the user's slice gets so many times as much */
};

/* From the type Limits of org.stationmaster.Worker; -EBADMSG */
int limits_parse(json_t *object, struct limits *ret);

struct limit_watch {
	struct watch watch;
	int fd;
	struct limiter *limiter;
};

struct limiter {
	struct loop *loop;
	struct limits now; /* asked for last */
	bool known;        /* now is */
	bool in_force;
	char *memory_dir, *tasks_dir; /* of the user's slice; NULL: there is none */
	bool memory_v2, tasks_v2;
	unsigned memory_before, task_before; /* hits before this session began */
	unsigned memory_hits, task_hits;     /* of this session */
	struct limit_watch watches[LIMITS_WATCHES_MAX];
	unsigned n_watches;
	struct timer settle;
	int64_t told_ms;
	void (*handle_hit)(void *userdata);
	void *userdata;
};

void limiter_init(struct limiter *l, struct loop *loop);
void limiter_done(struct limiter *l);
/*
 * Put them in force for the group of a session (n = 0: there is none). What cannot be enforced is
 * logged; limiter.in_force tells. Waits for systemd: some milliseconds, LIMITS_BUS_MS at most.
 */
void limiter_apply(struct limiter *l, const struct cgroup *g, const struct limits *limits);
/* From now on hits are counted and told. */
void limiter_watch(struct limiter *l, const struct cgroup *g);
