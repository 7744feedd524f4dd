/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Programs of a session: what runs, starting one, closing one. All as orders of stationd; nothing
 * here decides who may.
 */
#pragma once

#include <jansson.h>
#include <stdbool.h>
#include <sys/types.h>

#include "session/loop.h"

struct session;

enum {
	PROGRAMS_LISTED_MAX = 2000,
	PROGRAMS_STARTING_MAX = 16,
	PROGRAMS_CLOSING_MAX = 64,
	PROGRAMS_START_MS = 10000, /* until exec must have happened */
	PROGRAMS_CLOSE_MS_MAX = 600000,
	PROGRAMS_NEVER = -1,        /* instead of force_ms: nothing is killed */
	PROGRAMS_ASK_MS = 5000,     /* what was only asked is waited for so long */
	PROGRAMS_KILLED_MS = 5000,  /* until a killed process must be gone */
	PROGRAMS_COMMAND_MAX = 256, /* characters */
};

/* Called once, from the loop or from within. error NULL: fine; else a sentence. */
typedef void (*program_started_fn)(pid_t pid, const char *error, void *userdata);
enum program_closed {
	PROGRAM_CLOSED,
	PROGRAM_FORCED,
	PROGRAM_ASKING, /* it was asked and is still there: PROGRAMS_NEVER */
};
typedef void (*program_closed_fn)(enum program_closed how, const char *error, void *userdata);

struct programs {
	struct session *session;
	struct list starting;
	struct list closing;
	struct list closing_many;
	unsigned n_starting, n_closing;
};

void programs_init(struct programs *p, struct session *s);
/* Calls that wait are answered with an error. */
void programs_done(struct programs *p);

/* Sum of what runs now; memory: resident and not shared with files. */
struct programs_usage {
	uint64_t cpu_ms;
	uint64_t memory_kib;
	unsigned n;
};
void programs_get_usage(struct programs *p, struct programs_usage *ret);
/* Type Process of org.stationmaster.Worker, the session's own ones; owned; NULL: no memory. */
json_t *programs_list(struct programs *p);
/*
 * Start argv (argv[0] is looked up in the session's PATH) as the user, in the session's environment
 * and group. -EBUSY: too many are just starting.
 */
int programs_start(struct programs *p, char *const *argv, program_started_fn fn, void *userdata);
/*
 * Close the process that has this number and start time: its windows are asked, or it gets SIGTERM;
 * SIGKILL after force_ms, if that is not PROGRAMS_NEVER. -ESRCH: none such in this session; -EBUSY.
 */
int programs_close(struct programs *p, pid_t pid, unsigned long long start, int64_t force_ms,
		program_closed_fn fn, void *userdata);
/*
 * The same for all that have this name or a window of this class; fn once, when all is known.
 * -errno.
 */
struct programs_closed {
	unsigned closed, forced, asking; /* forced ones are closed ones too */
};
typedef void (*programs_closed_fn)(const struct programs_closed *n, void *userdata);
int programs_close_by_name(struct programs *p, const char *name, int64_t force_ms,
		programs_closed_fn fn, void *userdata);

/* Pure: name and numbers of /proc/PID/stat. -EBADMSG. */
struct program_stat {
	char name[64];
	char state;
	unsigned long long utime, stime, start; /* clock ticks */
	long long rss;                          /* pages */
};
int programs_parse_stat(const char *text, struct program_stat *ret);
