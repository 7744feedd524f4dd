/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Starts the desktop. Debian's Xsession takes the whole command line as one argument
 * (/etc/X11/Xsession.d/20x11-common_process-args), starts what every X session needs and runs it.
 * Without that wrapper the line is split here.
 *
 * A desktop needs a D-Bus session bus. Where the user has none (no systemd user instance), it is
 * run by dbus-run-session, whose bus ends with it.
 */
#include "session/desktop.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "base/clock.h"
#include "base/fd.h"
#include "base/str.h"
#include "session/exec-line.h"

#define DBUS_RUN_SESSION "/usr/bin/dbus-run-session"
#define LOG_NAME         ".xsession-errors" /* of Debian's Xsession */

enum { LOG_READ_MS = 500 };

void desktop_init(struct desktop *d, struct loop *l)
{
	*d = (struct desktop){ 0 };
	output_init(&d->output, l);
}

static int build_argv(const struct desktop_options *o, char ***ret)
{
	_cleanup_(exec_line_freep) char **argv = NULL;
	bool bus = environ_get(o->environ, "DBUS_SESSION_BUS_ADDRESS") ||
		   access(DBUS_RUN_SESSION, X_OK) < 0;
	size_t n = 0, shift = bus ? 0 : 2;
	int r;

	if (!str_is_empty(o->wrapper) && access(o->wrapper, X_OK) == 0) {
		argv = calloc(3, sizeof(char *));
		if (!argv)
			return -ENOMEM;
		argv[0] = strdup(o->wrapper);
		argv[1] = strdup(o->exec);
		if (!argv[0] || !argv[1])
			return -ENOMEM;
	} else {
		r = exec_line_split(o->exec, &argv);
		if (r < 0)
			return r;
	}
	if (shift > 0) {
		char **longer;

		while (argv[n])
			n++;
		longer = reallocarray(argv, n + shift + 1, sizeof(char *));
		if (!longer)
			return -ENOMEM;
		argv = longer;
		memmove(argv + shift, argv, (n + 1) * sizeof(char *));
		argv[0] = strdup(DBUS_RUN_SESSION);
		argv[1] = strdup("--");
		if (!argv[0] || !argv[1])
			return -ENOMEM;
	}
	*ret = take_ptr(argv);
	return 0;
}

static off_t log_get_size(const char *home)
{
	_cleanup_free_ char *path = str_format("%s/" LOG_NAME, home);
	struct stat st;

	return path && lstat(path, &st) == 0 ? st.st_size : 0;
}

int desktop_start(struct desktop *d, const struct desktop_options *o)
{
	_cleanup_(exec_line_freep) char **argv = NULL;
	_cleanup_close_ int out = -EBADF;
	pid_t pid;
	int r;

	r = build_argv(o, &argv);
	if (r < 0)
		return r;
	r = output_open(&d->output, &out);
	if (r < 0)
		return r;
	d->started_ms = clock_mono_ms();
	d->started = time(NULL);
	d->log_size = log_get_size(o->identity->home);
	pid = child_start(&(struct child_options){ .argv = argv,
			.environ = o->environ,
			.identity = o->identity,
			.cgroup = o->cgroup,
			.out = out,
			.keep = -EBADF });
	if (pid < 0)
		return pid;
	d->pid = pid;
	return 0;
}

bool desktop_is_early(const struct desktop *d)
{
	return clock_mono_ms() - d->started_ms < DESKTOP_EARLY_MS;
}

/* In the child, as the user: the end of the log to stdout. */
static int print_log(void *userdata)
{
	const struct desktop *d = userdata;
	char buf[OUTPUT_TEXT_MAX];
	struct stat st;
	off_t from;
	ssize_t n;
	int fd;

	/* In the home folder, where child_call() has gone. */
	fd = open(LOG_NAME, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	if (fd < 0 || fstat(fd, &st) < 0 || !S_ISREG(st.st_mode) || st.st_mtime < d->started)
		return 1;
	/* What an earlier session wrote says nothing about this one; a file that shrank is new. */
	from = st.st_size >= d->log_size ? d->log_size : 0;
	n = pread(fd, buf, sizeof(buf), MAX(st.st_size - (off_t)sizeof(buf), from));
	return n > 0 && write(STDOUT_FILENO, buf, (size_t)n) == n ? 0 : 1;
}

static size_t read_log(struct desktop *d, const struct desktop_options *o, char *buf, size_t size)
{
	_cleanup_close_ int in = -EBADF, out = -EBADF;
	int64_t due = clock_mono_ms() + LOG_READ_MS;
	size_t len = 0;
	int fds[2];
	pid_t pid;

	if (pipe2(fds, O_CLOEXEC | O_NONBLOCK) < 0)
		return 0;
	in = fds[0];
	out = fds[1];
	pid = child_call(&(struct child_options){ .environ = o->environ,
					 .identity = o->identity,
					 .cgroup = NULL, /* the session's may be gone */
					 .out = out },
			print_log, d);
	out = safe_close(out);
	while (pid > 0 && len < size) {
		struct pollfd pfd = { .fd = in, .events = POLLIN };
		int64_t left = due - clock_mono_ms();
		ssize_t n;

		if (left <= 0 || poll(&pfd, 1, (int)left) <= 0)
			break; /* a home folder on a dead server */
		n = read(in, buf + len, size - len);
		if (n <= 0)
			break;
		len += (size_t)n;
	}
	if (pid > 0) {
		kill(pid, SIGKILL);
		if (len > 0)
			waitpid(pid, NULL, 0); /* else it is reaped like any other child */
	}
	return len;
}

char *desktop_last_words(struct desktop *d, const struct desktop_options *o)
{
	_cleanup_free_ char *own = NULL, *log = NULL, *both = NULL;
	char buf[OUTPUT_TEXT_MAX];
	size_t len;

	output_drain(&d->output);
	own = output_text(&d->output);
	len = read_log(d, o, buf, sizeof(buf));
	log = output_clean(buf, len);
	if (!own || !log)
		return NULL;
	both = str_format("%s%s%s", log, *log && *own ? "\n" : "", own);
	return both ? output_clean(both, strlen(both)) : NULL;
}

void desktop_done(struct desktop *d)
{
	output_done(&d->output);
}
