/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Xvnc as the user. It listens on display/rfb.sock (0600, in a folder that only the user can enter)
 * and on /tmp/.X11-unix/XN, which asks for the cookie; there is no TCP socket (-rfbport -1,
 * -nolisten tcp) and no abstract one (-nolisten local), which any user of this computer could
 * reach.
 *
 * With -displayfd Xvnc takes no lock file, so the lock of the display number is taken here, by
 * O_EXCL; that also keeps two helpers from one number. What a dead server has left is removed.
 * After the start, the kernel is asked who listens (SO_PEERCRED): a socket that somebody else put
 * there is not taken for ours.
 */
#include "session/display.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <sys/stat.h>

#include "base/fd.h"
#include "base/log.h"
#include "base/str.h"
#include "session/folder.h"

#define XVNC    "/usr/bin/Xvnc"
#define X11_DIR "/tmp/.X11-unix"

static void socket_path(int number, char ret[static 64])
{
	snprintf(ret, 64, X11_DIR "/X%d", number);
}

static void lock_path(int number, char ret[static 64])
{
	snprintf(ret, 64, "/tmp/.X%d-lock", number);
}

/* The folder of X sockets must be root's and sticky, or users could put theirs in place of ours. */
static int check_socket_dir(void)
{
	struct stat st;

	if (mkdir(X11_DIR, 01777) == 0 && chmod(X11_DIR, 01777) < 0)
		return -errno;
	if (lstat(X11_DIR, &st) < 0)
		return -errno;
	if (!S_ISDIR(st.st_mode) || st.st_uid != 0 ||
			((st.st_mode & (S_IWGRP | S_IWOTH)) && !(st.st_mode & S_ISVTX)))
		return -EPERM;
	return 0;
}

/* Somebody listens there. What nobody listens on is removed. */
static bool number_is_taken(int number)
{
	_cleanup_close_ int fd = -EBADF;
	char path[64];
	struct stat st;

	socket_path(number, path);
	if (lstat(path, &st) < 0)
		return false;
	if (!S_ISSOCK(st.st_mode))
		return true;
	fd = fd_unix_connect(path);
	if (fd != -ECONNREFUSED)
		return true;
	return unlink(path) < 0;
}

static bool lock_is_held(const char *path)
{
	_cleanup_free_ char *text = NULL;
	_cleanup_close_ int fd = -EBADF;
	int64_t pid;
	char *end;

	fd = open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	if (fd < 0)
		return errno != ENOENT && errno != ELOOP;
	text = calloc(1, 32);
	if (!text || read(fd, text, 31) < 0)
		return false;
	pid = strtol(text, &end, 10);
	return end != text && pid > 0 && (kill((pid_t)pid, 0) == 0 || errno != ESRCH);
}

/* "%10d\n" with the id of a living process, as X servers do it. */
static int lock_take(struct display *d)
{
	char path[64], text[16];

	lock_path(d->number, path);
	for (int tries = 0; tries < 2; tries++) {
		_cleanup_close_ int fd = open(
				path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0444);
		int n = snprintf(text, sizeof(text), "%10d\n", (int)getpid());

		if (fd >= 0) {
			d->locked = true;
			return fd_write_all(fd, text, (size_t)n);
		}
		if (errno != EEXIST)
			return -errno;
		if (lock_is_held(path) || unlink(path) < 0)
			break;
	}
	return -EADDRINUSE;
}

static int spawn(struct display *d, const struct display_options *o)
{
	_cleanup_free_ char *auth = folder_path(o->id, "display/xauthority");
	_cleanup_close_ int out = -EBADF, read_end = -EBADF, write_end = -EBADF;
	_cleanup_(environ_done) struct environ env = { 0 };
	char name[16], geometry[32];
	const char *argv[] = { XVNC, name, "-displayfd", "3", "-auth", auth, "-rfbunixpath",
		d->rfb_path, "-rfbunixmode", "0600", "-rfbport", "-1", "-SecurityTypes", "None",
		"-AlwaysShared", "-AcceptSetDesktopSize=1", "-FrameRate", "240", "-CompareFB", "0",
		"-nolisten", "tcp", "-nolisten", "local", "-noreset", "-geometry", geometry,
		"-depth", "24", o->glx ? NULL : "-extension", "GLX", NULL };
	int fds[2], r;
	pid_t pid;

	if (!auth)
		return -ENOMEM;
	snprintf(name, sizeof(name), ":%d", d->number);
	snprintf(geometry, sizeof(geometry), "%dx%d", o->width, o->height);
	r = environ_set(&env, "PATH", "/usr/local/bin:/usr/bin:/bin");
	r = r < 0 ? r : environ_set(&env, "HOME", o->identity->home);
	r = r < 0 ? r : environ_set(&env, "USER", o->user);
	r = r < 0 ? r : environ_set(&env, "LOGNAME", o->user);
	r = r < 0 ? r : environ_set(&env, "SHELL", o->shell);
	if (r < 0)
		return r;
	if (pipe2(fds, O_CLOEXEC) < 0)
		return -errno;
	read_end = fds[0];
	write_end = fds[1];
	r = output_open(&d->output, &out);
	if (r < 0)
		return r;
	pid = child_start(&(struct child_options){ .argv = (char *const *)argv,
			.environ = &env,
			.identity = o->identity,
			.out = out,
			.keep = write_end });
	if (pid < 0)
		return pid;
	d->pid = pid;
	d->ready_fd = take_fd(&read_end);
	return 0;
}

static void conclude(struct display *d, int error)
{
	watch_stop(&d->ready_watch);
	timer_stop(&d->ready_timer);
	d->ready_fd = safe_close(d->ready_fd);
	if (d->ready)
		return;
	d->ready = true;
	d->handle_ready(d->userdata, error);
}

/* A connected socket whose listener is our process. */
static int connect_checked(const struct display *d, const char *path)
{
	_cleanup_close_ int fd = fd_unix_connect(path);
	struct ucred cred;
	int r;

	if (fd < 0)
		return fd;
	r = fd_peer_cred(fd, &cred);
	if (r < 0)
		return r;
	if (d->pid <= 0 || cred.pid != d->pid)
		return -EPERM;
	return take_fd(&fd);
}

static void handle_ready_fd(void *userdata, short revents)
{
	struct display *d = userdata;
	char text[16];
	ssize_t n = read(d->ready_fd, text, sizeof(text));
	int r;

	(void)revents;
	if (n <= 0) {
		/* Closed without a number: it is about to exit, and that says more. */
		watch_stop(&d->ready_watch);
		return;
	}
	/* Xvnc writes number and line end apart, and dies if nobody reads the second. */
	if (!memchr(text, '\n', (size_t)n))
		return;
	r = display_connect_x(d);
	if (r >= 0)
		r = safe_close(r) == -EBADF ? 0 : -EIO;
	else if (r == -EPERM)
		log_warning("somebody else listens on the X socket of display :%d", d->number);
	conclude(d, r == -EPERM ? -EADDRINUSE : r);
}

static void handle_ready_timeout(void *userdata)
{
	conclude(userdata, -ETIMEDOUT);
}

void display_init(struct display *d, struct loop *l,
		void (*handle_ready)(void *userdata, int error), void *userdata)
{
	*d = (struct display){
		.loop = l, .ready_fd = -EBADF, .handle_ready = handle_ready, .userdata = userdata
	};
	output_init(&d->output, l);
	watch_init(&d->ready_watch);
	timer_init(&d->ready_timer, handle_ready_timeout, d);
}

int display_start(struct display *d, const struct display_options *o)
{
	int r;

	if (access(XVNC, X_OK) < 0)
		return -ENOENT;
	r = check_socket_dir();
	if (r < 0)
		return r;
	d->number = o->number;
	d->ready = false;
	free(d->rfb_path);
	d->rfb_path = folder_path(o->id, "display/rfb.sock");
	if (!d->rfb_path)
		return -ENOMEM;
	r = lock_take(d);
	if (r == 0 && number_is_taken(d->number))
		r = -EADDRINUSE;
	if (r == 0)
		r = spawn(d, o);
	if (r == 0)
		r = watch_start(d->loop, &d->ready_watch, d->ready_fd, POLLIN, handle_ready_fd, d);
	if (r < 0)
		return r;
	timer_start(d->loop, &d->ready_timer, DISPLAY_READY_MS);
	return 0;
}

void display_handle_exit(struct display *d, int status)
{
	_cleanup_free_ char *text = NULL;
	bool taken;

	(void)status;
	d->pid = 0;
	output_drain(&d->output);
	if (d->ready)
		return;
	text = output_text(&d->output);
	taken = text && (strstr(text, "already active") || strstr(text, "already running") ||
					strstr(text, "Cannot establish any listening sockets"));
	conclude(d, taken ? -EADDRINUSE : -EPIPE);
}

int display_connect(const struct display *d)
{
	return d->rfb_path ? connect_checked(d, d->rfb_path) : -ENOTCONN;
}

int display_connect_x(const struct display *d)
{
	char path[64];

	socket_path(d->number, path);
	return connect_checked(d, path);
}

void display_done(struct display *d)
{
	char path[64];

	watch_stop(&d->ready_watch);
	timer_stop(&d->ready_timer);
	d->ready_fd = safe_close(d->ready_fd);
	output_done(&d->output);
	if (d->locked) {
		/* Only if nobody listens: ours was killed, or has removed it. */
		number_is_taken(d->number);
		lock_path(d->number, path);
		unlink(path);
		d->locked = false;
	}
	free(d->rfb_path);
	d->rfb_path = NULL;
}
