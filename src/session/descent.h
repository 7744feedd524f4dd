/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Without control groups: the processes that descend from this one, which is their subreaper. */
#pragma once

#include <stddef.h>
#include <sys/types.h>

/* Living descendants (no zombies), at most max; the number found. */
size_t descent_list(pid_t *pids, size_t max);
