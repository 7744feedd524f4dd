/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Control groups of a session. logind moves the process that opens a session into the session's
 * scope; which folders that are is found by comparing /proc/self/cgroup before and after, so no
 * name of systemd's is built here, and every layout (v1, hybrid, v2) works alike.
 *
 * /proc/self/cgroup has lines "ID:CONTROLLERS:PATH" (v2: "0::PATH"); /proc/self/mountinfo tells
 * where a hierarchy is mounted (proc(5), cgroups(7)). Only one hierarchy is used to count
 * processes.
 */
#include "session/cgroup.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/inotify.h>
#include <sys/stat.h>

#include "base/fd.h"
#include "base/str.h"

enum { CGROUP_DEPTH_MAX = 32 };

/* Comma-separated list has this word. */
static bool list_has(const char *list, size_t len, const char *word, size_t word_len)
{
	for (const char *p = list, *end = list + len; p < end;) {
		const char *comma = memchr(p, ',', (size_t)(end - p));
		size_t n = (size_t)((comma ? comma : end) - p);

		if (n == word_len && memcmp(p, word, n) == 0)
			return true;
		p += n + 1;
	}
	return false;
}

/* All controllers of a v1 hierarchy are among the options of its mount. */
static bool mount_matches(const char *type, const char *options, const char *controllers)
{
	if (!*controllers)
		return streq(type, "cgroup2");
	if (!streq(type, "cgroup"))
		return false;
	for (const char *p = controllers; *p;) {
		size_t n = strcspn(p, ",");

		if (!list_has(options, strlen(options), p, n))
			return false;
		p += n + (p[n] == ',');
	}
	return true;
}

char *cgroup_find_path(const char *mounts, const char *controllers, const char *path)
{
	_cleanup_free_ char *copy = strdup(mounts);
	char *save = NULL;

	/* "/.." leads out of our cgroup namespace: not to be seen. */
	if (!copy || *path != '/' || strncmp(path, "/..", 3) == 0)
		return NULL;
	for (char *line = strtok_r(copy, "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
		char root[4096], point[4096], type[64], options[4096];
		char *dash = strstr(line, " - ");
		size_t n;

		if (!dash || sscanf(line, "%*s %*s %*s %4095s %4095s", root, point) != 2 ||
				sscanf(dash, " - %63s %*s %4095s", type, options) != 2 ||
				!mount_matches(type, options, controllers))
			continue;
		n = streq(root, "/") ? 0 : strlen(root);
		if (strncmp(path, root, n) != 0 || (path[n] && path[n] != '/'))
			continue;
		return str_format("%s%s", point, streq(path + n, "/") ? "" : path + n);
	}
	return NULL;
}

/* Path of one hierarchy in /proc/self/cgroup; malloc'ed, NULL: not there. */
static char *place_find(const char *text, const char *controllers)
{
	size_t n = strlen(controllers);

	for (const char *p = text; p && *p; p = strchr(p, '\n') ? strchr(p, '\n') + 1 : NULL) {
		const char *c = strchr(p, ':');

		if (c && strncmp(c + 1, controllers, n) == 0 && c[1 + n] == ':')
			return strndup(c + 2 + n, strcspn(c + 2 + n, "\n"));
	}
	return NULL;
}

static void choose_tracking(struct cgroup *g, size_t systemd)
{
	size_t best = systemd;

	for (size_t i = 0; i < g->n; i++)
		if (g->dirs[i].v2)
			best = i;
	if (g->n > 0)
		g->dirs[best < g->n ? best : 0].tracks = true;
}

int cgroup_compare(const char *before, const char *after, const char *mounts, struct cgroup *ret)
{
	_cleanup_free_ char *copy = strdup(after);
	struct cgroup g = { 0 };
	size_t systemd = SIZE_MAX;
	char *save = NULL;

	if (!copy)
		return -ENOMEM;
	for (char *line = strtok_r(copy, "\n", &save); line && g.n < CGROUP_HIERARCHIES_MAX;
			line = strtok_r(NULL, "\n", &save)) {
		_cleanup_free_ char *old = NULL, *dir = NULL, *back = NULL, *place = NULL;
		char *controllers = strchr(line, ':'), *path;

		path = controllers ? strchr(controllers + 1, ':') : NULL;
		if (!path)
			continue;
		*path++ = 0;
		old = place_find(before, ++controllers);
		if (!old || streq(old, path))
			continue;
		dir = cgroup_find_path(mounts, controllers, path);
		back = cgroup_find_path(mounts, controllers, old);
		place = str_format("%s:%s", controllers, path);
		if (!dir || !back || !place)
			continue;
		if (streq(controllers, "name=systemd"))
			systemd = g.n;
		g.dirs[g.n++] = (struct cgroup_dir){ .path = take_ptr(dir),
			.place = take_ptr(place),
			.back = take_ptr(back),
			.v2 = !*controllers };
	}
	choose_tracking(&g, systemd);
	*ret = g;
	return 0;
}

int cgroup_read_self(char **ret)
{
	return fd_read_file_at(AT_FDCWD, "/proc/self/cgroup", CGROUP_FILE_MAX, ret, NULL);
}

int cgroup_find(const char *before, struct cgroup *ret)
{
	_cleanup_free_ char *after = NULL, *mounts = NULL;
	int r;

	r = cgroup_read_self(&after);
	if (r < 0)
		return r;
	*ret = (struct cgroup){ 0 };
	if (streq(before, after))
		return 0;
	r = fd_read_file_at(AT_FDCWD, "/proc/self/mountinfo", 4 * 1024 * 1024, &mounts, NULL);
	if (r < 0)
		return r;
	return cgroup_compare(before, after, mounts, ret);
}

int cgroup_make(const char *name, struct cgroup *ret)
{
	_cleanup_free_ char *self = NULL, *mounts = NULL, *place = NULL, *back = NULL;
	_cleanup_free_ char *path = NULL, *inside = NULL;
	int r;

	r = cgroup_read_self(&self);
	if (r == 0)
		r = fd_read_file_at(
				AT_FDCWD, "/proc/self/mountinfo", 4 * 1024 * 1024, &mounts, NULL);
	if (r < 0)
		return r;
	place = place_find(self, "");
	back = place ? cgroup_find_path(mounts, "", place) : NULL;
	if (!back)
		return -ENOENT;
	path = str_format("%s/stationmaster-%s", back, name);
	inside = str_format(":%s/stationmaster-%s", streq(place, "/") ? "" : place, name);
	if (!path || !inside)
		return -ENOMEM;
	if (mkdir(path, 0755) < 0 && errno != EEXIST)
		return -errno;
	*ret = (struct cgroup){ .n = 1, .own = true };
	ret->dirs[0] = (struct cgroup_dir){ .path = take_ptr(path),
		.place = take_ptr(inside),
		.back = take_ptr(back),
		.v2 = true,
		.tracks = true };
	return 0;
}

/* Remove a folder and the empty groups that programs of the session made in it. */
static void remove_tree(int dirfd, const char *name, unsigned depth)
{
	_cleanup_close_ int fd =
			openat(dirfd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	struct dirent *e;
	DIR *d;

	if (fd >= 0 && depth < CGROUP_DEPTH_MAX && (d = fdopendir(fd))) {
		while ((e = readdir(d)))
			if (e->d_type == DT_DIR && e->d_name[0] != '.')
				remove_tree(fd, e->d_name, depth + 1);
		take_fd(&fd);
		closedir(d);
	}
	unlinkat(dirfd, name, AT_REMOVEDIR);
}

void cgroup_done(struct cgroup *g)
{
	for (size_t i = 0; i < g->n; i++) {
		if (g->own)
			remove_tree(AT_FDCWD, g->dirs[i].path, 0);
		free(g->dirs[i].path);
		free(g->dirs[i].place);
		free(g->dirs[i].back);
	}
	*g = (struct cgroup){ 0 };
}

/* Async-signal-safe: between fork and exec, too. */
static int write_pid(const char *dir, const char *file, pid_t pid)
{
	_cleanup_close_ int fd = -EBADF;
	char path[4200], text[16];
	size_t n = strlen(dir), i = sizeof(text);

	if (n + strlen(file) + 2 > sizeof(path))
		return -ENAMETOOLONG;
	memcpy(path, dir, n);
	path[n] = '/';
	strcpy(path + n + 1, file);
	do
		text[--i] = (char)('0' + pid % 10);
	while ((pid /= 10));
	fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd < 0 || write(fd, text + i, sizeof(text) - i) < 0)
		return -errno;
	return 0;
}

int cgroup_leave(const struct cgroup *g)
{
	int r = 0;

	for (size_t i = 0; i < g->n && !g->own; i++) {
		int k = write_pid(g->dirs[i].back, "cgroup.procs", 0);

		r = r ? r : k;
	}
	return r;
}

int cgroup_join(const struct cgroup *g, pid_t pid)
{
	int r = 0;

	for (size_t i = 0; i < g->n; i++) {
		int k = write_pid(g->dirs[i].path, "cgroup.procs", pid);

		if (g->dirs[i].tracks)
			r = k;
	}
	return r;
}

static const struct cgroup_dir *tracking(const struct cgroup *g)
{
	for (size_t i = 0; i < g->n; i++)
		if (g->dirs[i].tracks)
			return &g->dirs[i];
	return NULL;
}

struct collect {
	pid_t *pids;
	size_t n, max;
};

/* Ids of one group and those below it; stops when there is no more room. */
static void collect_pids(int dirfd, const char *name, unsigned depth, struct collect *c)
{
	_cleanup_close_ int fd =
			openat(dirfd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	struct dirent *e;
	FILE *f;
	int procs, pid;
	DIR *d;

	if (fd < 0)
		return;
	procs = openat(fd, "cgroup.procs", O_RDONLY | O_CLOEXEC);
	f = procs >= 0 ? fdopen(procs, "re") : NULL;
	if (!f)
		safe_close(procs);
	while (f && c->n < c->max && fscanf(f, "%d", &pid) == 1)
		if (pid > 0)
			c->pids[c->n++] = pid;
	if (f)
		fclose(f);
	if (depth >= CGROUP_DEPTH_MAX || c->n >= c->max)
		return;
	d = fdopendir(fd);
	if (!d)
		return;
	while ((e = readdir(d)))
		if (e->d_type == DT_DIR && e->d_name[0] != '.')
			collect_pids(fd, e->d_name, depth + 1, c);
	take_fd(&fd);
	closedir(d);
}

size_t cgroup_list(const struct cgroup *g, pid_t *pids, size_t max)
{
	const struct cgroup_dir *dir = tracking(g);
	struct collect c = { .pids = pids, .max = max };

	if (dir)
		collect_pids(AT_FDCWD, dir->path, 0, &c);
	return c.n;
}

bool cgroup_has(const struct cgroup *g, pid_t pid)
{
	const struct cgroup_dir *dir = tracking(g);
	_cleanup_free_ char *text = NULL;
	char path[64];
	size_t n;

	snprintf(path, sizeof(path), "/proc/%d/cgroup", (int)pid);
	if (!dir || fd_read_file_at(AT_FDCWD, path, CGROUP_FILE_MAX, &text, NULL) < 0)
		return false;
	n = strlen(dir->place);
	for (const char *p = strchr(text, ':'); p;
			p = strchr(p, '\n'), p = p ? strchr(p, ':') : NULL)
		if (strncmp(p + 1, dir->place, n) == 0 && strchr("/\n", p[1 + n]))
			return true;
	return false;
}

bool cgroup_is_empty(const struct cgroup *g)
{
	const struct cgroup_dir *dir = tracking(g);
	_cleanup_free_ char *path = NULL, *text = NULL;
	pid_t pid;

	if (!dir)
		return true;
	path = dir->v2 ? str_format("%s/cgroup.events", dir->path) : NULL;
	if (path) {
		int r = fd_read_file_at(AT_FDCWD, path, CGROUP_FILE_MAX, &text, NULL);

		if (r == -ENOENT || r == -ENODEV) /* systemd has removed it already */
			return true;
		if (r == 0)
			return strstr(text, "populated 0") != NULL;
	}
	return cgroup_list(g, &pid, 1) == 0;
}

int cgroup_kill(const struct cgroup *g)
{
	const struct cgroup_dir *dir = tracking(g);
	int r;

	if (!dir || !dir->v2)
		return -EOPNOTSUPP;
	r = write_pid(dir->path, "cgroup.kill", 1);
	if (r == -ENODEV)
		return 0; /* the group is gone: nobody was in it */
	return r == -ENOENT && access(dir->path, F_OK) == 0 ? -EOPNOTSUPP : r == -ENOENT ? 0 : r;
}

int cgroup_watch(const struct cgroup *g)
{
	const struct cgroup_dir *dir = tracking(g);
	_cleanup_close_ int fd = -EBADF;
	_cleanup_free_ char *path = NULL;

	if (!dir || !dir->v2)
		return -EOPNOTSUPP;
	path = str_format("%s/cgroup.events", dir->path);
	if (!path)
		return -ENOMEM;
	fd = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
	if (fd < 0 || inotify_add_watch(fd, path, IN_MODIFY | IN_DELETE_SELF) < 0)
		return -errno;
	return take_fd(&fd);
}
