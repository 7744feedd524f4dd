/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The control groups of a session: one folder in each hierarchy of this computer (cgroup v1, hybrid
 * or v2) that holds the user's processes and nothing else.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

enum { CGROUP_HIERARCHIES_MAX = 24, CGROUP_FILE_MAX = 256 * 1024 };

struct cgroup_dir {
	char *path;  /* in the file system, for example /sys/fs/cgroup/unified/user.slice/... */
	char *place; /* the same as /proc/PID/cgroup tells it */
	char *back;  /* where this process belongs in the same hierarchy */
	bool v2;
	bool tracks; /* processes are counted here: v2, else systemd's own hierarchy, else any */
};

struct cgroup {
	struct cgroup_dir dirs[CGROUP_HIERARCHIES_MAX];
	size_t n; /* 0: processes are tracked by descent */
	bool own; /* made by cgroup_make() */
};

/*
 * Pure part. before and after: /proc/self/cgroup before and after something moved this process;
 * mounts: /proc/self/mountinfo. *ret gets the folders of the hierarchies that differ. -ENOMEM.
 */
int cgroup_compare(const char *before, const char *after, const char *mounts, struct cgroup *ret);
/* Folder of the cgroup of a hierarchy ("" is v2) given in text; NULL: not mounted or not to be
 * seen. malloc'ed. */
char *cgroup_find_path(const char *mounts, const char *controllers, const char *path);

/* /proc/self/cgroup as it is now. */
int cgroup_read_self(char **ret);
/* What has changed since before. */
int cgroup_find(const char *before, struct cgroup *ret);
/* Without logind: a folder of our own below this process's, in the v2 hierarchy. -EROFS, -EACCES,
 * -ENOENT (no v2 hierarchy), ... */
int cgroup_make(const char *name, struct cgroup *ret);
void cgroup_done(struct cgroup *g);

/* Move this process back to where it was before. */
int cgroup_leave(const struct cgroup *g);
/*
 * Move a process (0: the caller) into the session. Async-signal-safe. Fails only if the hierarchy
 * that counts refuses: -ENODEV, -ENOENT: the group is gone; -ESRCH.
 */
int cgroup_join(const struct cgroup *g, pid_t pid);
/* Nobody is in it. */
bool cgroup_is_empty(const struct cgroup *g);
/* Process ids in it, at most max, own sub-groups included; the number found. */
size_t cgroup_list(const struct cgroup *g, pid_t *pids, size_t max);
/* This process is in it now. */
bool cgroup_has(const struct cgroup *g, pid_t pid);
/* Kill all that is in it at once; -EOPNOTSUPP: the kernel cannot (no cgroup.kill). */
int cgroup_kill(const struct cgroup *g);
/* inotify_fd becomes readable when one may have become empty; -EOPNOTSUPP without v2. */
int cgroup_watch(const struct cgroup *g, int inotify_fd);
/*
 * Where logind made g: the groups of services that the user's own systemd started
 * (user@UID.service) but not of that systemd itself. Perhaps none.
 */
int cgroup_find_services(const struct cgroup *g, uid_t uid, struct cgroup *ret);
