/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Walks /proc/PID/task/TID/children from this process down. As its subreaper this process gets
 * every orphan as its own child, so no process of the session can leave the tree.
 */
#include "session/descent.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "base/fd.h"

enum { CHILDREN_TEXT_MAX = 256 * 1024 };

static bool is_zombie(pid_t pid)
{
	_cleanup_free_ char *text = NULL;
	char path[64];
	char *end;

	snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
	if (fd_read_file_at(AT_FDCWD, path, 4096, &text, NULL) < 0)
		return true;
	end = strrchr(text, ')'); /* the name may hold anything */
	return !end || end[1] != ' ' || end[2] == 'Z' || end[2] == 'X';
}

static size_t add_children(pid_t pid, pid_t *pids, size_t n, size_t max)
{
	char path[64];
	struct dirent *e;
	DIR *d;

	snprintf(path, sizeof(path), "/proc/%d/task", (int)pid);
	d = opendir(path);
	while (d && (e = readdir(d))) {
		_cleanup_free_ char *text = NULL;
		char name[300], *save = NULL;

		snprintf(name, sizeof(name), "%s/children", e->d_name);
		if (e->d_name[0] == '.' ||
				fd_read_file_at(dirfd(d), name, CHILDREN_TEXT_MAX, &text, NULL) < 0)
			continue;
		for (char *w = strtok_r(text, " \n", &save); w && n < max;
				w = strtok_r(NULL, " \n", &save))
			pids[n++] = (pid_t)strtol(w, NULL, 10);
	}
	if (d)
		closedir(d);
	return n;
}

size_t descent_list(pid_t *pids, size_t max)
{
	size_t n = add_children(getpid(), pids, 0, max), kept = 0;

	/* The list grows while it is walked. */
	for (size_t i = 0; i < n; i++)
		n = add_children(pids[i], pids, n, max);
	for (size_t i = 0; i < n; i++)
		if (!is_zombie(pids[i]))
			pids[kept++] = pids[i];
	return kept;
}
