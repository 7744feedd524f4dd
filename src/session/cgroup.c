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
	struct collect c = { .pids = pids, .max = max };

	for (size_t i = 0; i < g->n; i++)
		if (g->dirs[i].tracks)
			collect_pids(AT_FDCWD, g->dirs[i].path, 0, &c);
	return c.n;
}

static bool text_has_place(const char *text, const char *place)
{
	size_t n = strlen(place);

	for (const char *line = text; line; line = strchr(line, '\n')) {
		const char *p = strchr(line, ':'); /* behind the number of the hierarchy */

		if (!p)
			return false;
		if (strncmp(p + 1, place, n) == 0 && strchr("/\n", p[1 + n]))
			return true;
		line = p;
	}
	return false;
}

bool cgroup_has(const struct cgroup *g, pid_t pid)
{
	_cleanup_free_ char *text = NULL;
	char path[64];

	snprintf(path, sizeof(path), "/proc/%d/cgroup", (int)pid);
	if (fd_read_file_at(AT_FDCWD, path, CGROUP_FILE_MAX, &text, NULL) < 0)
		return false;
	for (size_t i = 0; i < g->n; i++)
		if (g->dirs[i].tracks && text_has_place(text, g->dirs[i].place))
			return true;
	return false;
}

static bool dir_is_empty(const struct cgroup_dir *dir)
{
	_cleanup_free_ char *path = NULL, *text = NULL;
	pid_t pid;
	struct collect c = { .pids = &pid, .max = 1 };

	path = dir->v2 ? str_format("%s/cgroup.events", dir->path) : NULL;
	if (path) {
		int r = fd_read_file_at(AT_FDCWD, path, CGROUP_FILE_MAX, &text, NULL);

		if (r == -ENOENT || r == -ENODEV) /* systemd has removed it already */
			return true;
		if (r == 0)
			return strstr(text, "populated 0") != NULL;
	}
	collect_pids(AT_FDCWD, dir->path, 0, &c);
	return c.n == 0;
}

bool cgroup_is_empty(const struct cgroup *g)
{
	for (size_t i = 0; i < g->n; i++)
		if (g->dirs[i].tracks && !dir_is_empty(&g->dirs[i]))
			return false;
	return true;
}

int cgroup_kill(const struct cgroup *g)
{
	bool found = false;

	for (size_t i = 0; i < g->n; i++) {
		const struct cgroup_dir *dir = &g->dirs[i];
		int r;

		if (!dir->tracks)
			continue;
		r = dir->v2 ? write_pid(dir->path, "cgroup.kill", 1) : -EOPNOTSUPP;
		/* A group that is gone had nobody in it. */
		if (r == -ENODEV || (r == -ENOENT && access(dir->path, F_OK) < 0))
			r = 0;
		if (r < 0)
			return r == -ENOENT ? -EOPNOTSUPP : r;
		found = true;
	}
	return found ? 0 : -EOPNOTSUPP;
}

int cgroup_watch(const struct cgroup *g, int inotify_fd)
{
	int r = -EOPNOTSUPP;

	for (size_t i = 0; i < g->n; i++) {
		_cleanup_free_ char *path = NULL;

		if (!g->dirs[i].tracks || !g->dirs[i].v2)
			continue;
		path = str_format("%s/cgroup.events", g->dirs[i].path);
		if (!path)
			return -ENOMEM;
		if (inotify_add_watch(inotify_fd, path, IN_MODIFY | IN_DELETE_SELF) < 0)
			return -errno;
		r = 0;
	}
	return r;
}

/* Path up to its last slash and the name of a folder next to it; malloc'ed. */
static char *beside(const char *path, const char *name)
{
	const char *slash = strrchr(path, '/');

	return slash ? str_format("%.*s/%s", (int)(slash - path), path, name) : NULL;
}

int cgroup_find_services(const struct cgroup *g, uid_t uid, struct cgroup *ret)
{
	_cleanup_free_ char *base = NULL, *place = NULL;
	struct cgroup found = { 0 };
	char unit[64];
	struct dirent *e;
	DIR *d;

	snprintf(unit, sizeof(unit), "user@%u.service", uid);
	for (size_t i = 0; i < g->n && !base; i++) {
		if (!g->dirs[i].tracks || g->own)
			continue;
		base = beside(g->dirs[i].path, unit);
		place = beside(g->dirs[i].place, unit);
		found.dirs[0].v2 = g->dirs[i].v2;
	}
	d = base && place ? opendir(base) : NULL;
	while (d && (e = readdir(d)) && found.n < CGROUP_HIERARCHIES_MAX) {
		struct cgroup_dir *dir = &found.dirs[found.n];

		if (e->d_type != DT_DIR || e->d_name[0] == '.' || streq(e->d_name, "init.scope"))
			continue;
		*dir = (struct cgroup_dir){ .path = str_format("%s/%s", base, e->d_name),
			.place = str_format("%s/%s", place, e->d_name),
			.v2 = found.dirs[0].v2,
			.tracks = true };
		found.n++;
		if (!dir->path || !dir->place) {
			closedir(d);
			cgroup_done(&found);
			return -ENOMEM;
		}
	}
	if (d)
		closedir(d);
	*ret = found;
	return 0;
}
