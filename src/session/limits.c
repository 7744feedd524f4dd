/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Limits of a session, through systemd where the session's group is one of its scopes: it would
 * undo what others write into its groups. The names of scope and slice are the last two parts of
 * the group's path. Two calls set, and one more reads back: systemd makes and fills the groups of
 * further controllers (cgroup v1) behind its answer, but before it looks at the next message.
 *
 * Hits are counted where the kernel counts them: memory.events and pids.events (v2),
 * memory.oom_control and pids.events (v1), in the user's slice and everything below, because v1,
 * and v2 before Linux 6.12 for tasks, count in the group of the process and not in that of the
 * limit. v2 files are watched by inotify, memory.oom_control by an eventfd; for pids.events of v1
 * the kernel has neither, so there it is looked at now and then.
 */
#include "session/limits.h"

#include <dirent.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <systemd/sd-bus.h>

#include "base/clock.h"
#include "base/fd.h"
#include "base/log.h"
#include "base/str.h"
#include "ipc/json.h"

enum { LIMITS_BUS_MS = 5000, KIB = 1024 };

#define SYSTEMD         "org.freedesktop.systemd1"
#define SYSTEMD_PATH    "/org/freedesktop/systemd1"
#define SYSTEMD_MANAGER SYSTEMD ".Manager"

int limits_parse(json_t *object, struct limits *ret)
{
	struct limits l;
	struct args a;

	if (!json_is_object(object))
		return -EBADMSG;
	args_init(&a, object);
	l.memory_kib = arg_int(&a, "memory_kib", ARG_REQUIRED, 0, INT64_MAX / KIB / KIB, 0);
	l.memory_high_kib =
			arg_int(&a, "memory_high_kib", ARG_REQUIRED, 0, INT64_MAX / KIB / KIB, 0);
	l.swap_kib = arg_int(&a, "swap_kib", ARG_REQUIRED, -1, INT64_MAX / KIB / KIB, 0);
	l.cpu_weight = arg_int(&a, "cpu_weight", ARG_REQUIRED, 1, 10000, 100);
	l.cpu_quota_percent = arg_int(&a, "cpu_quota_percent", ARG_REQUIRED, 0, 1000000, 0);
	l.tasks = arg_int(&a, "tasks", ARG_REQUIRED, 0, INT32_MAX, 0);
	l.sessions = arg_int(&a, "sessions", ARG_REQUIRED, 1, 1000, 1);
	if (args_done(&a))
		return -EBADMSG;
	*ret = l;
	return 0;
}

/* --- systemd --- */

/* In the terms of systemd: everything is a uint64_t, and without a limit the highest there is. */
static uint64_t amount(int64_t value, int64_t unit, int64_t times)
{
	return value > 0 ? (uint64_t)value * (uint64_t)unit * (uint64_t)times : UINT64_MAX;
}

static int unit_limit(sd_bus *bus, const char *unit, const struct limits *l, int64_t times)
{
	_cleanup_(sd_bus_message_unrefp) sd_bus_message *m = NULL;
	_cleanup_(sd_bus_error_free) sd_bus_error error = SD_BUS_ERROR_NULL;
	int r;

	r = sd_bus_message_new_method_call(
			bus, &m, SYSTEMD, SYSTEMD_PATH, SYSTEMD_MANAGER, "SetUnitProperties");
	if (r >= 0)
		r = sd_bus_message_append(m, "sba(sv)", unit, true, 6, "MemoryMax", "t",
				amount(l->memory_kib, KIB, times), "MemoryHigh", "t",
				amount(l->memory_high_kib, KIB, times), "MemorySwapMax", "t",
				l->swap_kib < 0 ? UINT64_MAX
						: (uint64_t)(l->swap_kib * KIB * times),
				"CPUWeight", "t", (uint64_t)l->cpu_weight, "CPUQuotaPerSecUSec",
				"t", amount(l->cpu_quota_percent, 10000, times), "TasksMax", "t",
				amount(l->tasks, 1, times));
	if (r >= 0)
		r = sd_bus_call(bus, m, LIMITS_BUS_MS * 1000ull, &error, NULL);
	if (r < 0)
		log_warning("the limits of %s cannot be set: %s", unit,
				error.message ? error.message : strerror(-r));
	return r < 0 ? r : 0;
}

static int units_limit(const char *scope, const char *slice, const struct limits *l)
{
	_cleanup_(sd_bus_flush_close_unrefp) sd_bus *bus = NULL;
	_cleanup_free_ char *version = NULL;
	int r;

	r = sd_bus_open_system(&bus);
	if (r < 0) {
		log_warning_errno(r, "systemd cannot be asked to limit %s", scope);
		return r;
	}
	r = unit_limit(bus, scope, l, 1);
	if (r == 0)
		r = unit_limit(bus, slice, l, l->sessions);
	if (r < 0)
		return r;
	return sd_bus_get_property_string(
			bus, SYSTEMD, SYSTEMD_PATH, SYSTEMD_MANAGER, "Version", NULL, &version);
}

static const struct cgroup_dir *find_tracking(const struct cgroup *g)
{
	for (size_t i = 0; i < g->n; i++)
		if (g->dirs[i].tracks)
			return &g->dirs[i];
	return NULL;
}

static bool ends_with(const char *s, const char *end)
{
	size_t n = strlen(s), m = strlen(end);

	return n > m && streq(s + n - m, end);
}

/* "...:/user.slice/user-1000.slice/session-c3.scope": false where it is none of systemd's. */
static bool find_units(const struct cgroup *g, char **ret_scope, char **ret_slice)
{
	const struct cgroup_dir *dir = find_tracking(g);
	_cleanup_free_ char *path = dir && !g->own ? strdup(dir->place) : NULL;
	char *scope = path ? strrchr(path, '/') : NULL, *slice;

	if (!scope)
		return false;
	*scope++ = 0;
	slice = strrchr(path, '/');
	if (!slice || !ends_with(scope, ".scope") || !ends_with(++slice, ".slice") ||
			strncmp(slice, "user-", 5) != 0)
		return false;
	*ret_scope = strdup(scope);
	*ret_slice = strdup(slice);
	return *ret_scope && *ret_slice;
}

/* --- our own group (cgroup v2) --- */

static int put(const char *dir, const char *file, const char *value)
{
	_cleanup_free_ char *path = str_format("%s/%s", dir, file);
	_cleanup_close_ int fd = path ? open(path, O_WRONLY | O_CLOEXEC) : -EBADF;

	if (fd < 0)
		return -errno;
	return write(fd, value, strlen(value)) < 0 ? -errno : 0;
}

static int put_amount(const char *dir, const char *file, uint64_t value)
{
	char text[32] = "max";

	if (value != UINT64_MAX)
		snprintf(text, sizeof(text), "%llu", (unsigned long long)value);
	return put(dir, file, text);
}

static int group_limit(const struct cgroup *g, const struct limits *l)
{
	const struct cgroup_dir *dir = find_tracking(g);
	char quota[64] = "max 100000", weight[16];
	int r, k;

	if (!dir || !g->own)
		return -EOPNOTSUPP;
	/* Works only where our own group is the root or holds no process; else they are missing. */
	(void)put(dir->back, "cgroup.subtree_control", "+memory");
	(void)put(dir->back, "cgroup.subtree_control", "+pids");
	(void)put(dir->back, "cgroup.subtree_control", "+cpu");
	if (l->cpu_quota_percent > 0)
		snprintf(quota, sizeof(quota), "%lld 100000",
				(long long)(l->cpu_quota_percent * 1000));
	snprintf(weight, sizeof(weight), "%lld", (long long)l->cpu_weight);
	r = put_amount(dir->path, "memory.max", amount(l->memory_kib, KIB, 1));
	k = put_amount(dir->path, "pids.max", amount(l->tasks, 1, 1));
	(void)put_amount(dir->path, "memory.high", amount(l->memory_high_kib, KIB, 1));
	(void)put_amount(dir->path, "memory.swap.max",
			l->swap_kib < 0 ? UINT64_MAX : (uint64_t)l->swap_kib * KIB);
	(void)put(dir->path, "cpu.weight", weight);
	(void)put(dir->path, "cpu.max", quota);
	return r < 0 ? r : k;
}

void limiter_apply(struct limiter *l, const struct cgroup *g, const struct limits *limits)
{
	_cleanup_free_ char *scope = NULL, *slice = NULL;
	int r;

	if (l->known && memcmp(&l->now, limits, sizeof(*limits)) == 0)
		return;
	l->now = *limits;
	l->known = true;
	r = find_units(g, &scope, &slice) ? units_limit(scope, slice, limits)
					  : group_limit(g, limits);
	l->in_force = r >= 0;
	if (r < 0)
		log_notice("limits are not in force: this system has no control groups for them");
}

/* --- hits --- */

/* The number behind a word at the beginning of a line; 0: it is not there. */
static unsigned count_of(const char *text, const char *word)
{
	size_t n = strlen(word);

	for (const char *line = text; line && *line; line = strchr(line, '\n')) {
		line += *line == '\n';
		if (strncmp(line, word, n) == 0 && line[n] == ' ')
			return (unsigned)strtoul(line + n, NULL, 10);
	}
	return 0;
}

/* Of a group and all below it. */
static unsigned count_tree(
		int dirfd, const char *name, const char *file, const char *word, unsigned depth)
{
	_cleanup_close_ int fd =
			openat(dirfd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	_cleanup_free_ char *text = NULL;
	struct dirent *e;
	unsigned n = 0;
	DIR *d;

	if (fd < 0)
		return 0;
	if (fd_read_file_at(fd, file, 4096, &text, NULL) == 0)
		n = count_of(text, word);
	d = depth < LIMITS_DEPTH_MAX ? fdopendir(fd) : NULL;
	if (!d)
		return n;
	while ((e = readdir(d)))
		if (e->d_type == DT_DIR && e->d_name[0] != '.')
			n += count_tree(fd, e->d_name, file, word, depth + 1);
	take_fd(&fd);
	closedir(d);
	return n;
}

static unsigned count_memory(const struct limiter *l)
{
	if (!l->memory_dir)
		return 0;
	/* v2 counts up to the root by itself. */
	return l->memory_v2 ? count_tree(AT_FDCWD, l->memory_dir, "memory.events", "oom_kill",
					      LIMITS_DEPTH_MAX)
			    : count_tree(AT_FDCWD, l->memory_dir, "memory.oom_control", "oom_kill",
					      0);
}

static unsigned count_tasks(const struct limiter *l)
{
	if (!l->tasks_dir)
		return 0;
	return count_tree(AT_FDCWD, l->tasks_dir, "pids.events", "max", 0);
}

static void handle_settled(void *userdata)
{
	struct limiter *l = userdata;
	unsigned memory = count_memory(l), tasks = count_tasks(l);
	bool more;

	/* A group that is gone took its count along. */
	l->memory_before = MIN(l->memory_before, memory);
	l->task_before = MIN(l->task_before, tasks);
	more = memory - l->memory_before > l->memory_hits || tasks - l->task_before > l->task_hits;
	l->memory_hits = MAX(l->memory_hits, memory - l->memory_before);
	l->task_hits = MAX(l->task_hits, tasks - l->task_before);
	if (l->tasks_dir && !l->tasks_v2)
		timer_start(l->loop, &l->settle, LIMITS_LOOK_MS);
	if (more)
		l->told_ms = clock_mono_ms();
	if (more && l->handle_hit)
		l->handle_hit(l->userdata);
}

/* Not moved on by what comes later. */
static void look_at(struct limiter *l, int64_t at_ms)
{
	if (!timer_is_running(&l->settle) || l->settle.due > at_ms)
		timer_start(l->loop, &l->settle, at_ms - clock_mono_ms());
}

static void handle_event(void *userdata, short revents)
{
	struct limit_watch *w = userdata;
	char events[4096];

	(void)revents;
	while (read(w->fd, events, sizeof(events)) > 0)
		;
	look_at(w->limiter, MAX(w->limiter->told_ms + LIMITS_TELL_MS,
					    clock_mono_ms() + LIMITS_SETTLE_MS));
}

static void watch_add_consume(struct limiter *l, int fd)
{
	struct limit_watch *w = &l->watches[l->n_watches];

	if (fd < 0)
		return;
	if (l->n_watches == LIMITS_WATCHES_MAX) {
		safe_close(fd);
		return;
	}
	watch_init(&w->watch);
	w->limiter = l;
	if (watch_start(l->loop, &w->watch, fd, POLLIN, handle_event, w) < 0) {
		safe_close(fd);
		return;
	}
	w->fd = fd;
	l->n_watches++;
}

/* cgroup v1: "<eventfd> <file>" asks to be told when the group, or one above it, has no more. */
static int open_oom_eventfd(const char *dir)
{
	_cleanup_close_ int fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK), file = -EBADF;
	_cleanup_free_ char *path = str_format("%s/memory.oom_control", dir);
	char text[64];

	file = path ? open(path, O_RDONLY | O_CLOEXEC) : -EBADF;
	if (fd < 0 || file < 0)
		return -errno;
	snprintf(text, sizeof(text), "%d %d", fd, file);
	return put(dir, "cgroup.event_control", text) < 0 ? -errno : take_fd(&fd);
}

static void watch_file(int inotify_fd, const char *dir, const char *name)
{
	_cleanup_free_ char *path = str_format("%s/%s", dir, name);

	if (path)
		(void)inotify_add_watch(inotify_fd, path, IN_MODIFY);
}

/* The folder above; malloc'ed. */
static char *above(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? strndup(path, (size_t)(slash - path)) : NULL;
}

/* The session's folder in the hierarchy that has this file; NULL: there is none. */
static const struct cgroup_dir *find_dir(const struct cgroup *g, const char *file)
{
	for (size_t i = 0; i < g->n; i++) {
		_cleanup_free_ char *path = str_format("%s/%s", g->dirs[i].path, file);

		if (path && access(path, F_OK) == 0)
			return &g->dirs[i];
	}
	return NULL;
}

void limiter_watch(struct limiter *l, const struct cgroup *g)
{
	const struct cgroup_dir *memory = find_dir(g, "memory.events");
	const struct cgroup_dir *tasks = find_dir(g, "pids.events");
	int fd = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);

	l->memory_v2 = memory != NULL;
	if (!memory)
		memory = find_dir(g, "memory.oom_control");
	if (memory)
		l->memory_dir = g->own ? strdup(memory->path) : above(memory->path);
	if (tasks)
		l->tasks_dir = g->own ? strdup(tasks->path) : above(tasks->path);
	if (fd >= 0 && memory && l->memory_v2)
		watch_file(fd, l->memory_dir ? l->memory_dir : memory->path, "memory.events");
	if (fd >= 0 && tasks) {
		watch_file(fd, tasks->path, "pids.events");
		if (l->tasks_dir)
			watch_file(fd, l->tasks_dir, "pids.events");
	}
	watch_add_consume(l, fd);
	if (memory && !l->memory_v2) {
		watch_add_consume(l, open_oom_eventfd(memory->path));
		if (l->memory_dir)
			watch_add_consume(l, open_oom_eventfd(l->memory_dir));
	}
	l->tasks_v2 = tasks && tasks->v2;
	l->memory_before = count_memory(l);
	l->task_before = count_tasks(l);
	if (tasks && !tasks->v2)
		timer_start(l->loop, &l->settle, LIMITS_LOOK_MS);
}

void limiter_init(struct limiter *l, struct loop *loop)
{
	*l = (struct limiter){ .loop = loop };
	timer_init(&l->settle, handle_settled, l);
}

void limiter_done(struct limiter *l)
{
	struct loop *loop = l->loop;
	void (*handle_hit)(void *) = l->handle_hit;
	void *userdata = l->userdata;

	timer_stop(&l->settle);
	for (unsigned i = 0; i < l->n_watches; i++) {
		watch_stop(&l->watches[i].watch);
		safe_close(l->watches[i].fd);
	}
	free(l->memory_dir);
	free(l->tasks_dir);
	limiter_init(l, loop);
	l->handle_hit = handle_hit;
	l->userdata = userdata;
}
