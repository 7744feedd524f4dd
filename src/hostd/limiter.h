/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The connection to station-limits, which may do what stationd may not: change the packet filter.
 * It is told the whole of what is to hold, again and again until it has said that it holds.
 */
#pragma once

#include "base/cleanup.h"
#include "ipc/json.h"

#define LIMITER_SOCKET "/run/stationmaster/limits.sock"

enum { LIMITER_WAIT_MS = 10000 };

struct host;
struct limiter;

struct limiter *limiter_new(struct host *h);
struct limiter *limiter_free(struct limiter *l);
DEFINE_CLEANUP(struct limiter, limiter_free);

/* Takes groups: array of Group of org.stationmaster.Limiter. */
void limiter_set(struct limiter *l, json_t *groups);

/*
 * fn is called once, from the loop, when what was set last is in force (reason NULL), or is not,
 * with a sentence that says why. -ENOMEM: it is not called.
 */
typedef void (*limiter_fn)(const char *reason, void *userdata);
int limiter_wait(struct limiter *l, limiter_fn fn, void *userdata);
/* Could a limit be enforced here? fn as above. */
int limiter_check(struct limiter *l, limiter_fn fn, void *userdata);
/* Do not call for this userdata any more. */
void limiter_forget(struct limiter *l, void *userdata);
