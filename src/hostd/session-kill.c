/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The last resort. With logind the processes of the session's scope are killed through it. With or
 * without, the helper and all its descendants are killed too: the helper is their subreaper, so
 * whatever it started is below it in the tree. Stopping each process before its children are looked
 * for keeps a fork bomb from outrunning the walk; pidfds keep a re-used number from being hit.
 */
#include "hostd/session-kill.h"

#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <sys/syscall.h>

#include "base/fd.h"
#include "base/log.h"
#include "base/str.h"
#include "hostd/host.h"
#include "hostd/logind.h"
#include "hostd/session.h"

enum { PROCESSES_MAX = 65536, PASSES_MAX = 8 };

static pid_t read_parent(const char *pid)
{
	_cleanup_free_ char *stat = NULL;
	char path[64];
	const char *p;
	int parent;

	snprintf(path, sizeof(path), "/proc/%.20s/stat", pid);
	if (fd_read_file_at(AT_FDCWD, path, 4096, &stat, NULL) < 0)
		return -1;
	p = strrchr(stat, ')');
	return p && sscanf(p + 1, " %*c %d", &parent) == 1 ? parent : -1;
}

struct process {
	pid_t pid;
	pid_t parent;
	bool ours;
};

static int compare_pid(const void *a, const void *b)
{
	const struct process *x = a, *y = b;

	return (x->pid > y->pid) - (x->pid < y->pid);
}

static size_t read_processes(struct process **ret)
{
	struct process *list = NULL;
	size_t n = 0, room = 0;
	struct dirent *e;
	DIR *d;

	d = opendir("/proc");
	if (!d)
		return 0;
	while ((e = readdir(d)) && n < PROCESSES_MAX) {
		int64_t pid;

		if (str_parse_i64(e->d_name, 2, INT32_MAX, &pid) < 0)
			continue;
		if (n == room) {
			struct process *more =
					reallocarray(list, room ? room * 2 : 256, sizeof(*list));

			if (!more)
				break;
			list = more;
			room = room ? room * 2 : 256;
		}
		list[n++] = (struct process){ (pid_t)pid, read_parent(e->d_name), false };
	}
	closedir(d);
	if (n > 0)
		qsort(list, n, sizeof(*list), compare_pid);
	*ret = list;
	return n;
}

/* Marks what is below root (list in order of pids); gives the number of marked. */
static size_t mark_descendants(struct process *list, size_t n, pid_t root)
{
	size_t marked = 0, before;

	do {
		before = marked;
		for (size_t i = 0; i < n; i++) {
			struct process key = { .pid = list[i].parent }, *parent;

			if (list[i].ours)
				continue;
			parent = bsearch(&key, list, n, sizeof(key), compare_pid);
			list[i].ours = list[i].parent == root || (parent && parent->ours);
			marked += list[i].ours;
		}
	} while (marked > before);
	return marked;
}

static void signal_process(const struct process *p, int sig)
{
	_cleanup_close_ int pidfd = (int)syscall(SYS_pidfd_open, p->pid, 0);
	char name[24];

	snprintf(name, sizeof(name), "%d", p->pid);
	/* Still the one that was listed? A re-used number has another parent. */
	if (pidfd >= 0 && read_parent(name) == p->parent)
		syscall(SYS_pidfd_send_signal, pidfd, sig, NULL, 0);
}

static void kill_below(pid_t root)
{
	size_t last = 0;

	for (int pass = 0; pass < PASSES_MAX; pass++) {
		_cleanup_free_ struct process *list = NULL;
		size_t n = read_processes(&list), found = mark_descendants(list, n, root);

		for (size_t i = 0; i < n; i++)
			if (list[i].ours)
				signal_process(&list[i], found == last ? SIGKILL : SIGSTOP);
		if (found == last)
			return;
		last = found;
	}
}

void session_kill(struct session *s)
{
	_cleanup_close_ int pidfd = -EBADF;
	pid_t pid = 0;

	if (*s->logind)
		logind_kill_session(s->host->logind, s->logind);
	pidfd = worker_open_process(s->id, &pid);
	if (pidfd < 0)
		return;
	kill_below(pid);
	syscall(SYS_pidfd_send_signal, pidfd, SIGKILL, NULL, 0);
}
