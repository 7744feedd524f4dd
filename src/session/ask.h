/* SPDX-License-Identifier: GPL-3.0-or-later */
/* How desktops are asked to end, each in its own way. */
#pragma once

#include "session/child.h"

struct ask_way;

struct ask {
	const struct ask_way *way; /* NULL: no session manager that can be asked was found */
	pid_t manager;
};

/* Look for a known session manager among the session's processes. */
struct ask ask_find(const pid_t *pids, size_t n, uid_t uid);
/*
 * Start the program that asks, as o says (its argv is not used). It exits with 0 when the manager
 * was told. Gives its process id; 0: the way is a SIGTERM to the manager; -errno.
 */
pid_t ask_start(const struct ask *a, const struct child_options *o, int timeout_ms);
