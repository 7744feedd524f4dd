/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What runs in a session is what its control groups hold (or what descends from this process where
 * there are none), and the services of the user's own systemd, without the display server: that is
 * ours. A process is named by number and start time, which together are never used twice; it is
 * signalled through a pidfd that was opened before both were compared.
 *
 * A program that is started gets the environment of the desktop as it runs now, because start-up
 * files of the user and of the system add to it (session bus, agents, paths). It becomes a child of
 * this process in the session's group and ends with the session like everything else.
 */
#include "session/programs.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/pidfd.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fd.h"
#include "base/str.h"
#include "session/descent.h"
#include "session/session.h"

struct starting {
	struct list link;
	struct programs *programs;
	struct watch watch;
	struct timer timer;
	int fd; /* an errno comes here, or the end: exec has happened */
	pid_t pid;
	program_started_fn fn;
	void *userdata;
};

struct closing {
	struct list link;
	struct programs *programs;
	struct watch watch;
	struct timer timer;
	int pidfd;
	pid_t pid;
	bool forced;
	bool never; /* be killed */
	program_closed_fn fn;
	void *userdata;
};

void programs_init(struct programs *p, struct session *s)
{
	*p = (struct programs){ .session = s };
	list_init(&p->starting);
	list_init(&p->closing);
	list_init(&p->closing_many);
}

/* --- what runs --- */

int programs_parse_stat(const char *text, struct program_stat *ret)
{
	const char *open = strchr(text, '('), *close = strrchr(text, ')');
	struct program_stat st = { 0 };
	size_t n;

	/* The name may hold anything, also brackets and spaces. */
	if (!open || !close || close < open)
		return -EBADMSG;
	n = MIN((size_t)(close - open - 1), sizeof(st.name) - 1);
	memcpy(st.name, open + 1, n);
	if (sscanf(close + 1,
			    " %c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %llu %llu %*d %*d %*d %*d "
			    "%*d %*d %llu %*u %lld",
			    &st.state, &st.utime, &st.stime, &st.start, &st.rss) != 5)
		return -EBADMSG;
	*ret = st;
	return 0;
}

static int read_stat(pid_t pid, struct program_stat *ret)
{
	_cleanup_free_ char *text = NULL;
	char path[64];
	int r;

	snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
	r = fd_read_file_at(AT_FDCWD, path, 4096, &text, NULL);
	return r < 0 ? r : programs_parse_stat(text, ret);
}

static uint64_t stat_cpu_ms(const struct program_stat *st)
{
	return (st->utime + st->stime) * 1000 / (uint64_t)sysconf(_SC_CLK_TCK);
}

static uint64_t pages_to_kib(long long pages)
{
	return (uint64_t)pages * (uint64_t)sysconf(_SC_PAGESIZE) / 1024;
}

static size_t list_pids(struct session *s, pid_t *pids, size_t max)
{
	struct cgroup services = { 0 };
	size_t n, kept = 0;

	if (s->cgroup.n == 0) {
		n = descent_list(pids, max);
	} else {
		n = cgroup_list(&s->cgroup, pids, max);
		if (cgroup_find_services(&s->cgroup, s->identity.uid, &services) == 0)
			n += cgroup_list(&services, pids + n, max - n);
		cgroup_done(&services);
	}
	for (size_t i = 0; i < n; i++)
		if (pids[i] != s->display.pid && pids[i] != getpid())
			pids[kept++] = pids[i];
	return kept;
}

/* The kernel keeps 15 bytes of a name; the file's name is better where it begins so. */
static void find_name(pid_t pid, const struct program_stat *st, char *ret, size_t size)
{
	char path[64], file[4096];
	const char *base;
	ssize_t n;

	str_copy(ret, size, st->name);
	if (strlen(st->name) < 15)
		return;
	snprintf(path, sizeof(path), "/proc/%d/exe", (int)pid);
	n = readlink(path, file, sizeof(file) - 1);
	if (n <= 0)
		return;
	file[n] = 0;
	base = strrchr(file, '/');
	if (base && strncmp(base + 1, st->name, strlen(st->name)) == 0)
		str_copy(ret, size, base + 1);
}

static char *find_command(pid_t pid)
{
	_cleanup_free_ char *text = NULL;
	size_t len = 0;
	char path[64];

	snprintf(path, sizeof(path), "/proc/%d/cmdline", (int)pid);
	if (fd_read_file_at(AT_FDCWD, path, 64 * 1024, &text, &len) < 0)
		return strdup("");
	for (size_t i = 0; i + 1 < len; i++)
		if (!text[i])
			text[i] = ' ';
	return str_clean(text, PROGRAMS_COMMAND_MAX);
}

/* Resident pages that are not of files: what would be free if it ended. */
static long long own_pages(pid_t pid)
{
	_cleanup_free_ char *text = NULL;
	long long resident, shared;
	char path[64];

	snprintf(path, sizeof(path), "/proc/%d/statm", (int)pid);
	if (fd_read_file_at(AT_FDCWD, path, 256, &text, NULL) < 0 ||
			sscanf(text, "%*d %lld %lld", &resident, &shared) != 2)
		return 0;
	return MAX(resident - shared, 0ll);
}

void programs_get_usage(struct programs *p, struct programs_usage *ret)
{
	pid_t pids[PROGRAMS_LISTED_MAX];
	size_t n = list_pids(p->session, pids, PROGRAMS_LISTED_MAX);

	*ret = (struct programs_usage){ 0 };
	for (size_t i = 0; i < n; i++) {
		struct program_stat st;

		if (read_stat(pids[i], &st) < 0 || st.state == 'Z')
			continue;
		ret->cpu_ms += stat_cpu_ms(&st);
		ret->memory_kib += pages_to_kib(own_pages(pids[i]));
		ret->n++;
	}
}

static json_t *build_process(pid_t pid, const struct program_stat *st)
{
	_cleanup_free_ char *command = find_command(pid), *clean = NULL;
	char name[256];

	find_name(pid, st, name, sizeof(name));
	clean = str_clean(name, 100);
	return json_pack("{s:i, s:I, s:s, s:s, s:I, s:I}", "pid", (int)pid, "start",
			(json_int_t)st->start, "name", clean ? clean : "", "command",
			command ? command : "", "cpu_ms", (json_int_t)stat_cpu_ms(st), "memory_kib",
			(json_int_t)pages_to_kib(st->rss));
}

json_t *programs_list(struct programs *p)
{
	json_t *list = json_array();
	pid_t pids[PROGRAMS_LISTED_MAX];
	size_t n = list_pids(p->session, pids, PROGRAMS_LISTED_MAX);

	for (size_t i = 0; i < n; i++) {
		struct program_stat st;

		if (read_stat(pids[i], &st) == 0 && st.state != 'Z')
			json_array_append_new(list, build_process(pids[i], &st));
	}
	return list;
}

/* --- start --- */

static void starting_end(struct starting *g, const char *error)
{
	program_started_fn fn = g->fn;
	void *userdata = g->userdata;
	pid_t pid = g->pid;

	watch_stop(&g->watch);
	timer_stop(&g->timer);
	safe_close(g->fd);
	list_remove(&g->link);
	g->programs->n_starting--;
	free(g);
	fn(pid, error, userdata);
}

static void handle_report(void *userdata, short revents)
{
	_cleanup_free_ char *text = NULL;
	struct starting *g = userdata;
	int error = 0;
	ssize_t n;

	(void)revents;
	n = read(g->fd, &error, sizeof(error));
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n != (ssize_t)sizeof(error)) {
		starting_end(g, NULL);
		return;
	}
	text = error == ENOENT ? strdup("There is no such program on this system.")
			       : str_format("It could not be started: %s.", strerror(error));
	starting_end(g, text ? text : "It could not be started.");
}

static void handle_start_timeout(void *userdata)
{
	starting_end(userdata, "It did not start in time; the system may be overloaded.");
}

int programs_start(struct programs *p, char *const *argv, program_started_fn fn, void *userdata)
{
	_cleanup_close_ int read_end = -EBADF, write_end = -EBADF;
	struct session *s = p->session;
	struct starting *g;
	int fds[2], r;
	pid_t pid;

	if (p->n_starting >= PROGRAMS_STARTING_MAX)
		return -EBUSY;
	if (pipe2(fds, O_CLOEXEC) < 0)
		return -errno;
	read_end = fds[0];
	write_end = fds[1];
	if (fcntl(read_end, F_SETFL, O_NONBLOCK) < 0)
		return -errno;
	g = calloc(1, sizeof(*g));
	if (!g)
		return -ENOMEM;
	g->programs = p;
	g->fn = fn;
	g->userdata = userdata;
	watch_init(&g->watch);
	timer_init(&g->timer, handle_start_timeout, g);
	list_init(&g->link);
	r = watch_start(s->loop, &g->watch, read_end, POLLIN, handle_report, g);
	if (r < 0) {
		free(g);
		return r;
	}
	pid = child_start(&(struct child_options){ .argv = argv,
			.environ = &s->environ,
			.like = s->desktop.pid,
			.identity = &s->identity,
			.cgroup = s->cgroup.n > 0 ? &s->cgroup : NULL,
			.out = -EBADF,
			.keep = -EBADF,
			.report = write_end });
	if (pid < 0) {
		watch_stop(&g->watch);
		free(g);
		return pid;
	}
	g->pid = pid;
	g->fd = take_fd(&read_end);
	timer_start(s->loop, &g->timer, PROGRAMS_START_MS);
	list_add_tail(&p->starting, &g->link);
	p->n_starting++;
	return 0;
}

/* --- close --- */

static void closing_end(struct closing *c, enum program_closed how, const char *error)
{
	program_closed_fn fn = c->fn;
	void *userdata = c->userdata;

	windows_forget(&c->programs->session->windows, c);
	watch_stop(&c->watch);
	timer_stop(&c->timer);
	safe_close(c->pidfd);
	list_remove(&c->link);
	c->programs->n_closing--;
	free(c);
	fn(how, error, userdata);
}

static void handle_gone(void *userdata, short revents)
{
	struct closing *c = userdata;

	(void)revents;
	closing_end(c, c->forced ? PROGRAM_FORCED : PROGRAM_CLOSED, NULL);
}

static void handle_force(void *userdata)
{
	struct closing *c = userdata;

	if (c->forced) {
		closing_end(c, PROGRAM_FORCED,
				"It was killed and is still there; something hangs in the kernel.");
		return;
	}
	if (c->never) {
		closing_end(c, PROGRAM_ASKING, NULL);
		return;
	}
	c->forced = true;
	pidfd_send_signal(c->pidfd, SIGKILL, NULL, 0);
	timer_start(c->programs->session->loop, &c->timer, PROGRAMS_KILLED_MS);
}

static bool is_of_session(struct session *s, pid_t pid)
{
	pid_t pids[PROGRAMS_LISTED_MAX];
	size_t n = list_pids(s, pids, PROGRAMS_LISTED_MAX);

	for (size_t i = 0; i < n; i++)
		if (pids[i] == pid)
			return true;
	return false;
}

/* windows_close() has asked n windows, or cannot tell. */
static void handle_asked(unsigned n, void *userdata)
{
	struct closing *c = userdata;

	if (n == 0)
		pidfd_send_signal(c->pidfd, SIGTERM, NULL, 0);
}

int programs_close(struct programs *p, pid_t pid, unsigned long long start, int64_t force_ms,
		program_closed_fn fn, void *userdata)
{
	_cleanup_close_ int pidfd = -EBADF;
	struct session *s = p->session;
	struct program_stat st;
	struct closing *c;
	int r;

	if (p->n_closing >= PROGRAMS_CLOSING_MAX)
		return -EBUSY;
	pidfd = pidfd_open(pid, 0);
	if (pidfd < 0)
		return errno == EINVAL ? -ESRCH : -errno;
	if (read_stat(pid, &st) < 0 || st.start != start || !is_of_session(s, pid))
		return -ESRCH;
	c = calloc(1, sizeof(*c));
	if (!c)
		return -ENOMEM;
	c->programs = p;
	c->fn = fn;
	c->userdata = userdata;
	c->pid = pid;
	watch_init(&c->watch);
	timer_init(&c->timer, handle_force, c);
	r = watch_start(s->loop, &c->watch, pidfd, POLLIN, handle_gone, c);
	if (r < 0) {
		free(c);
		return r;
	}
	c->pidfd = take_fd(&pidfd);
	list_add_tail(&p->closing, &c->link);
	p->n_closing++;
	c->never = force_ms == PROGRAMS_NEVER;
	timer_start(s->loop, &c->timer, c->never ? PROGRAMS_ASK_MS : force_ms);
	if (force_ms != 0)
		windows_close(&s->windows, pid, handle_asked, c);
	return 0;
}

/* Programs of one name or class: first the windows are listed, then each is closed. */
struct closing_many {
	struct list link;
	struct programs *programs;
	char *name;
	int64_t force_ms;
	unsigned pending;
	struct programs_closed n;
	programs_closed_fn fn;
	void *userdata;
};

static void closing_many_step(struct closing_many *m)
{
	if (--m->pending > 0)
		return;
	list_remove(&m->link);
	m->fn(&m->n, m->userdata);
	free(m->name);
	free(m);
}

static void handle_one_closed(enum program_closed how, const char *error, void *userdata)
{
	struct closing_many *m = userdata;

	if (!error && how == PROGRAM_ASKING)
		m->n.asking++;
	else if (!error)
		m->n.closed++;
	m->n.forced += !error && how == PROGRAM_FORCED;
	closing_many_step(m);
}

static bool has_window_of(json_t *windows, pid_t pid, const char *class)
{
	json_t *w;
	size_t i;

	json_array_foreach (windows, i, w)
		if (json_integer_value(json_object_get(w, "pid")) == pid &&
				streq(json_string_value(json_object_get(w, "class")), class))
			return true;
	return false;
}

/* windows NULL: they cannot be listed; then names decide alone. */
static void handle_windows(json_t *windows, void *userdata)
{
	struct closing_many *m = userdata;
	struct programs *p = m->programs;
	pid_t pids[PROGRAMS_LISTED_MAX];
	size_t n = list_pids(p->session, pids, PROGRAMS_LISTED_MAX);

	for (size_t i = 0; i < n; i++) {
		struct program_stat st;
		char own[256];

		if (read_stat(pids[i], &st) < 0 || st.state == 'Z')
			continue;
		find_name(pids[i], &st, own, sizeof(own));
		if (!streq(own, m->name) && !has_window_of(windows, pids[i], m->name))
			continue;
		m->pending++;
		if (programs_close(p, pids[i], st.start, m->force_ms, handle_one_closed, m) < 0)
			m->pending--;
	}
	closing_many_step(m);
}

int programs_close_by_name(struct programs *p, const char *name, int64_t force_ms,
		programs_closed_fn fn, void *userdata)
{
	struct closing_many *m = calloc(1, sizeof(*m));

	if (!m)
		return -ENOMEM;
	*m = (struct closing_many){ .programs = p,
		.name = strdup(name),
		.force_ms = force_ms,
		.pending = 1,
		.fn = fn,
		.userdata = userdata };
	if (!m->name) {
		free(m);
		return -ENOMEM;
	}
	list_add_tail(&p->closing_many, &m->link);
	windows_list(&p->session->windows, handle_windows, m);
	return 0;
}

void programs_done(struct programs *p)
{
	while (!list_is_empty(&p->starting))
		starting_end(list_entry(p->starting.next, struct starting, link),
				"The session has ended.");
	while (!list_is_empty(&p->closing))
		closing_end(list_entry(p->closing.next, struct closing, link), PROGRAM_CLOSED,
				NULL);
	while (!list_is_empty(&p->closing_many)) {
		struct closing_many *m =
				list_entry(p->closing_many.next, struct closing_many, link);

		windows_forget(&p->session->windows, m);
		closing_many_step(m);
	}
}
