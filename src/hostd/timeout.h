/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What becomes of sessions that nobody uses ([limits] of the settings): after idle-seconds without
 * a key they are suspended, locked or logged off, after suspended-seconds without a station logged
 * off. Each is a job with a notice (job.h) that use of the session takes back.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "hostd/job-kinds.h"

struct conf;
struct host;
struct session;

/* In a session. All times CLOCK_MONOTONIC. */
struct timeout {
	int64_t free_ms;      /* the last time something stood between the person and the session */
	int64_t suspended_ms; /* since when no station shows it; 0: one does */
	bool hindered, locked;
};

/* What a deadline follows from. */
struct timeout_facts {
	bool running;  /* neither opening nor closing, and nobody has announced its end */
	bool hindered; /* blocked, projected to; or somebody views, controls or projects it */
	bool locked;
	int64_t used_ms, free_ms, suspended_ms;
};
/* Pure: when the notice is to begin, and of what; INT64_MAX: never. */
int64_t timeout_due(const struct conf *conf, const struct timeout_facts *f,
		enum job_cause *ret_cause, int64_t *ret_warn_ms);

/* Something about the session may have changed (called once for each turn of the loop). */
void timeout_handle_changed(struct session *s);
/* A key, the pointer, or "I need more time". */
void timeout_handle_use(struct session *s);
/* (Re)arm the one timer. */
void timeouts_arm(struct host *h);
/* The notice is over: suspend or lock it. */
void timeout_act(struct session *s, enum job_act act);
/* Why it was logged off: for supervisors, and for the person at the station. */
void timeout_describe_end(const struct session *s, char *reason, size_t reason_size, char *text,
		size_t text_size);
