/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Events as a stream that survives a restart of stationd, and jobs followed by it. */
#pragma once

#include "ctl/ctl.h"

/*
 * One event, an object as org.stationmaster.Events.Watch gives it. > 0: enough, and
 * follow_events() gives this value back.
 */
typedef int (*follow_fn)(struct ctl *c, json_t *event, void *userdata);

enum { FOLLOW_TIMEOUT = -1 };

/*
 * Calls fn for each event until it has enough, or --timeout is over (FOLLOW_TIMEOUT). When stationd
 * goes away it is tried again for CTL_RECONNECT_MS, and fn gets a new snapshot. Other values: an
 * exit code that was reported.
 */
int follow_events(struct ctl *c, follow_fn fn, void *userdata);

/*
 * Waits for the end of a job, printing each session as it gets its final state (not with --json).
 * targets: as the order was answered. ret_targets (owned): as they were seen last, also when it
 * gives an exit code other than 0.
 */
int follow_job(struct ctl *c, const char *job, json_t *targets, json_t **ret_targets);
/* Every target has its final state. */
bool follow_is_finished(json_t *targets);
/* Waiting took longer than --timeout; the job goes on. */
int follow_report_timeout(struct ctl *c, const char *job, json_t *targets);
