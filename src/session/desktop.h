/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The desktop: the program that a desktop file of /usr/share/xsessions names. */
#pragma once

#include <sys/types.h>

#include <time.h>

#include "session/child.h"
#include "session/output.h"

/* A desktop that ends sooner has failed. */
enum { DESKTOP_EARLY_MS = 3000 };

struct desktop {
	struct output output;
	pid_t pid; /* the leader; 0: does not run */
	int64_t started_ms;
	time_t started;
	off_t log_size; /* of ~/.xsession-errors before */
};

struct desktop_options {
	const char *exec;
	const char *wrapper; /* may be empty */
	const struct environ *environ;
	const struct identity *identity;
	const struct cgroup *cgroup;
};

void desktop_init(struct desktop *d, struct loop *l);
/* -EINVAL: exec cannot be split; ... */
int desktop_start(struct desktop *d, const struct desktop_options *o);
bool desktop_is_early(const struct desktop *d);
/*
 * The last lines that it wrote: from its output, and from ~/.xsession-errors, where wrappers put
 * it (read as the user, in a child of its own). malloc'ed; NULL: no memory.
 */
char *desktop_last_words(struct desktop *d, const struct desktop_options *o);
void desktop_done(struct desktop *d);
