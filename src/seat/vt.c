/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * VT ioctls: console_ioctl(4), linux/vt.h. Rights: they work on a process's own controlling
 * terminal, which systemd provides (TTYPath=), and for root.
 *
 * The keyboard is switched off twice over: here (K_OFF), and by grabbing every device. One of both
 * would do while we are alive; a key that is typed between two programs, or on a keyboard that has
 * just been plugged in, must not reach a prompt on a console either.
 */
#include "seat/vt.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/kd.h>
#include <linux/vt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "base/cleanup.h"
#include "base/log.h"

enum { TTY_MAJOR = 4, VTS_MAX = 63 };

struct vt {
	int fd;
	int number;
	int keyboard; /* mode before */
	bool active;
	const struct vt_ops *ops;
	void *userdata;
	sd_event_source *on_release, *on_acquire;
};

static int get_number(int fd)
{
	struct stat st;

	if (fstat(fd, &st) < 0 || !S_ISCHR(st.st_mode) || major(st.st_rdev) != TTY_MAJOR ||
			minor(st.st_rdev) == 0 || minor(st.st_rdev) > VTS_MAX)
		return -ENOTTY;
	return (int)minor(st.st_rdev);
}

static int open_free(void)
{
	_cleanup_close_ int any = open("/dev/tty0", O_RDWR | O_CLOEXEC | O_NOCTTY);
	char path[32];
	int n = -1, fd;

	if (any < 0 || ioctl(any, VT_OPENQRY, &n) < 0)
		return errno == ENOENT || errno == ENXIO ? -ENOTTY : -errno;
	if (n <= 0)
		return -EBUSY;
	snprintf(path, sizeof(path), "/dev/tty%d", n);
	fd = open(path, O_RDWR | O_CLOEXEC | O_NOCTTY);
	return fd < 0 ? -errno : fd;
}

static int open_tty(const char *tty)
{
	int fd;

	if (tty) {
		fd = open(tty, O_RDWR | O_CLOEXEC | O_NOCTTY);
		return fd < 0 ? -errno : fd;
	}
	if (get_number(STDIN_FILENO) > 0) {
		fd = fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 3);
		return fd < 0 ? -errno : fd;
	}
	return open_free();
}

static int handle_release(
		sd_event_source *source, const struct signalfd_siginfo *si, void *userdata)
{
	struct vt *v = userdata;

	(void)source, (void)si;
	if (v->active) {
		v->active = false;
		v->ops->release(v->userdata);
	}
	if (ioctl(v->fd, VT_RELDISP, 1) < 0)
		log_warning_errno(-errno, "the switch to another VT could not be allowed");
	return 0;
}

static int handle_acquire(
		sd_event_source *source, const struct signalfd_siginfo *si, void *userdata)
{
	struct vt *v = userdata;

	(void)source, (void)si;
	ioctl(v->fd, VT_RELDISP, VT_ACKACQ);
	if (!v->active) {
		v->active = true;
		v->ops->acquire(v->userdata);
	}
	return 0;
}

static int add_signal(sd_event *event, int number, sd_event_signal_handler_t fn, struct vt *v,
		sd_event_source **ret)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, number);
	if (sigprocmask(SIG_BLOCK, &set, NULL) < 0)
		return -errno;
	return sd_event_add_signal(event, ret, number, fn, v);
}

static int take(struct vt *v)
{
	struct vt_mode mode = { .mode = VT_PROCESS, .relsig = SIGUSR1, .acqsig = SIGUSR2 };
	struct vt_stat state;

	if (ioctl(v->fd, KDGKBMODE, &v->keyboard) < 0)
		return -errno;
	if (v->keyboard == K_OFF)
		v->keyboard = K_UNICODE; /* somebody died here */
	if (ioctl(v->fd, VT_ACTIVATE, v->number) < 0 || ioctl(v->fd, VT_WAITACTIVE, v->number) < 0)
		return -errno;
	if (ioctl(v->fd, KDSKBMODE, K_OFF) < 0 || ioctl(v->fd, KDSETMODE, KD_GRAPHICS) < 0 ||
			ioctl(v->fd, VT_SETMODE, &mode) < 0)
		return -errno;
	v->active = ioctl(v->fd, VT_GETSTATE, &state) == 0 && state.v_active == v->number;
	return 0;
}

int vt_open(sd_event *event, const char *tty, const struct vt_ops *ops, void *userdata,
		struct vt **ret)
{
	struct vt *v = calloc(1, sizeof(*v));
	int r;

	if (!v)
		return -ENOMEM;
	v->ops = ops;
	v->userdata = userdata;
	v->keyboard = -1;
	r = v->fd = open_tty(tty);
	if (r >= 0)
		r = v->number = get_number(v->fd);
	if (r >= 0)
		r = add_signal(event, SIGUSR1, handle_release, v, &v->on_release);
	if (r >= 0)
		r = add_signal(event, SIGUSR2, handle_acquire, v, &v->on_acquire);
	if (r >= 0)
		r = take(v);
	if (r < 0) {
		vt_close(v);
		return r;
	}
	*ret = v;
	return 0;
}

static int put_back(int fd, int keyboard)
{
	struct vt_mode mode = { .mode = VT_AUTO };
	int r = 0;

	if (ioctl(fd, KDSKBMODE, keyboard) < 0)
		r = -errno;
	if (ioctl(fd, KDSETMODE, KD_TEXT) < 0)
		r = -errno;
	if (ioctl(fd, VT_SETMODE, &mode) < 0)
		r = -errno;
	return r;
}

struct vt *vt_close(struct vt *v)
{
	if (!v)
		return NULL;
	if (v->keyboard >= 0)
		put_back(v->fd, v->keyboard);
	sd_event_source_disable_unref(v->on_release);
	sd_event_source_disable_unref(v->on_acquire);
	safe_close(v->fd);
	free(v);
	return NULL;
}

bool vt_is_active(const struct vt *v)
{
	return v->active;
}

int vt_reset(const char *tty)
{
	_cleanup_close_ int fd = open(tty, O_RDWR | O_CLOEXEC | O_NOCTTY);
	int r;

	if (fd < 0)
		return -errno;
	r = get_number(fd);
	return r < 0 ? r : put_back(fd, K_UNICODE);
}
