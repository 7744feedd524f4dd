/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Programs that run as the user, in the session's control group. */
#pragma once

#include <sys/resource.h>
#include <sys/types.h>

#include "session/cgroup.h"
#include "session/environ.h"

/* The user as the kernel sees them. */
struct identity {
	uid_t uid;
	gid_t gid;
	gid_t *groups; /* supplementary, as the name service and PAM gave them */
	size_t n_groups;
	const char *home; /* borrowed */
	struct rlimit limits[RLIM_NLIMITS];
	int nice;
	mode_t umask;
};

struct child_options {
	char *const *argv; /* argv[0] is a path, or is looked up in PATH of environ */
	const struct environ *environ;
	const struct identity *identity;
	const struct cgroup *cgroup; /* NULL: stays where this process is */
	int out;                     /* becomes stdout and stderr; -EBADF: /dev/null */
	int keep;                    /* one more descriptor, becomes 3; -EBADF: none */
	/* Variables that this process of the user has beside those of environ are set, too: 0:
	 * none. */
	pid_t like;
	/* Gets an int, the errno of a failed exec(2), else is closed by it; 0: none. */
	int report;
};

/*
 * Start argv as the user: joins the control group before it gives up root, leads a session of its
 * own, default signals, no descriptor beyond those named. If it cannot be started the child writes
 * why to out and exits with 127. Gives the process id, or -errno.
 */
pid_t child_start(const struct child_options *o);
/*
 * Run fn in such a child instead of a program, with the identity and group of o (argv, keep are not
 * used); what fn gives is the exit status.
 */
pid_t child_call(const struct child_options *o, int (*fn)(void *userdata), void *userdata);

/* One nice, readable sentence part of a wait status: "exit status 1", "signal 11 (...)". malloc'ed.
 */
char *child_describe_status(int status);
