/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A viewer of somebody else's desktop. The relay's stream came as a descriptor, viewers take an
 * address; so there is a socket for exactly one connection, in a folder that only the caller can
 * enter, and it is gone as soon as the viewer has connected. Interrupts come through a signalfd, so
 * that the folder never stays behind.
 */
#include "ctl/viewer.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "base/clock.h"
#include "base/fd.h"
#include "base/str.h"

extern char **environ;

enum { FLOW_SIZE = 256 * 1024, FLOW_ROUNDS = 16, WORDS_MAX = 32, END_MS = 2000 };

/* One direction. Latest-wins and flow control are RFB's; here is only as much as fits a buffer. */
struct flow {
	int from, to;
	char *data;
	size_t start, end;
};

/* --- which program --- */

static bool is_on_path(const char *program)
{
	const char *path = getenv("PATH");

	path = path ? path : "/usr/bin:/bin";
	while (*path) {
		size_t n = strcspn(path, ":");
		_cleanup_free_ char *folder = strndup(path, n);
		_cleanup_free_ char *file = folder ? str_format("%s/%s", folder, program) : NULL;

		if (file && access(file, X_OK) == 0)
			return true;
		path += n + (path[n] == ':');
	}
	return false;
}

int viewer_find(struct ctl *c, const char *given, char **ret_command)
{
	/* Each takes the path of a Unix socket for an address. */
	static const char *const viewers[] = { "xtigervncviewer", "vncviewer", "gvncviewer" };

	if (given) {
		*ret_command = strdup(given);
		return *ret_command ? CTL_DONE : ctl_no_memory(c);
	}
	if (str_is_empty(getenv("DISPLAY")) && str_is_empty(getenv("WAYLAND_DISPLAY")))
		return ctl_fail(c, CTL_PARTLY, "org.stationmaster.ctl.Viewer",
				"There is no screen here to show a viewer on (DISPLAY is not set). Open the session on the dashboard, in a browser: https://HOST:8443/. For a program of your own: --print-socket");
	for (size_t i = 0; i < ELEMENTSOF(viewers); i++)
		if (is_on_path(viewers[i])) {
			*ret_command = strdup(viewers[i]);
			return *ret_command ? CTL_DONE : ctl_no_memory(c);
		}
	return ctl_fail(c, CTL_PARTLY, "org.stationmaster.ctl.Viewer",
			"No VNC viewer is installed here. Install one (apt install tigervnc-viewer), name one with --viewer, or open the session on the dashboard, in a browser: https://HOST:8443/");
}

/* --- socket and process --- */

/* The folder for what runs, if it is the caller's own (with sudo it may be somebody else's). */
static const char *runtime_folder(void)
{
	const char *folder = getenv("XDG_RUNTIME_DIR");
	struct stat st;

	if (!str_is_empty(folder) && stat(folder, &st) == 0 && st.st_uid == getuid() &&
			strlen(folder) < VIEWER_PATH_MAX / 2)
		return folder;
	return "/tmp";
}

static int signals_take(sigset_t *ret_before)
{
	static const int signals[] = { SIGINT, SIGTERM, SIGHUP, SIGPIPE };
	sigset_t set;
	int fd;

	sigemptyset(&set);
	for (size_t i = 0; i < ELEMENTSOF(signals); i++)
		sigaddset(&set, signals[i]);
	if (sigprocmask(SIG_BLOCK, &set, ret_before) < 0)
		return -errno;
	sigdelset(&set, SIGPIPE);
	fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	return fd < 0 ? -errno : fd;
}

int viewer_open(struct viewer *v, int relay_fd)
{
	sigset_t before;
	int r;

	*v = (struct viewer){
		.relay_fd = relay_fd, .listen_fd = -EBADF, .client_fd = -EBADF, .process_fd = -EBADF
	};
	v->signal_fd = signals_take(&before);
	if (v->signal_fd < 0)
		return v->signal_fd;
	if (fcntl(relay_fd, F_SETFL, O_NONBLOCK) < 0)
		return -errno;
	snprintf(v->folder, sizeof(v->folder), "%s/stationctl-XXXXXX", runtime_folder());
	if (!mkdtemp(v->folder)) {
		r = -errno;
		v->folder[0] = 0;
		return r;
	}
	snprintf(v->path, sizeof(v->path), "%.90s/view.sock", v->folder);
	v->listen_fd = fd_unix_listen(v->path, 0600);
	return v->listen_fd < 0 ? v->listen_fd : 0;
}

static void socket_remove(struct viewer *v)
{
	v->listen_fd = safe_close(v->listen_fd);
	if (*v->folder) {
		unlink(v->path);
		rmdir(v->folder);
		*v->folder = 0;
	}
}

void viewer_close(struct viewer *v)
{
	socket_remove(v);
	v->client_fd = safe_close(v->client_fd);
	v->relay_fd = safe_close(v->relay_fd);
	v->signal_fd = safe_close(v->signal_fd);
	if (v->pid > 0) {
		struct pollfd ended = { v->process_fd, POLLIN, 0 };

		/* A viewer whose connection has ended may ask whether to try again. */
		kill(v->pid, SIGTERM);
		if (poll(&ended, 1, END_MS) <= 0)
			kill(v->pid, SIGKILL);
		waitpid(v->pid, NULL, 0);
		v->pid = 0;
	}
	v->process_fd = safe_close(v->process_fd);
}

int viewer_start(struct viewer *v, const char *command)
{
	_cleanup_free_ char *words = strdup(command);
	char *argv[WORDS_MAX + 2] = { NULL }, *rest = words, *word;
	posix_spawn_file_actions_t actions;
	posix_spawnattr_t attributes;
	sigset_t none;
	size_t n = 0;
	int r;

	if (!words)
		return -ENOMEM;
	while (n < WORDS_MAX && (word = strsep(&rest, " ")))
		if (*word)
			argv[n++] = word;
	if (n == 0)
		return -ENOENT;
	argv[n] = v->path;
	sigemptyset(&none);
	posix_spawnattr_init(&attributes);
	posix_spawnattr_setsigmask(&attributes, &none);
	posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK);
	posix_spawn_file_actions_init(&actions);
	/* Standard output is stationctl's own: JSON may be on it. */
	posix_spawn_file_actions_adddup2(&actions, STDERR_FILENO, STDOUT_FILENO);
	r = posix_spawnp(&v->pid, argv[0], &actions, &attributes, argv, environ);
	posix_spawn_file_actions_destroy(&actions);
	posix_spawnattr_destroy(&attributes);
	if (r > 0) {
		v->pid = 0;
		return -r;
	}
	v->process_fd = (int)syscall(SYS_pidfd_open, v->pid, 0);
	return v->process_fd < 0 ? -errno : 0;
}

/* --- bytes --- */

enum flow_state { FLOW_OPEN, FLOW_FROM_ENDED, FLOW_TO_ENDED };

/* Reads and writes what goes without waiting, but never so much that the other way starves. */
static enum flow_state flow_pass(struct flow *f)
{
	for (int round = 0; round < FLOW_ROUNDS; round++) {
		ssize_t n;

		if (f->start == f->end) {
			f->start = f->end = 0;
			n = read(f->from, f->data, FLOW_SIZE);
			if (n < 0 && (errno == EAGAIN || errno == EINTR))
				return FLOW_OPEN;
			if (n <= 0)
				return FLOW_FROM_ENDED;
			f->end = (size_t)n;
		}
		n = write(f->to, f->data + f->start, f->end - f->start);
		if (n < 0)
			return errno == EAGAIN || errno == EINTR ? FLOW_OPEN : FLOW_TO_ENDED;
		f->start += (size_t)n;
	}
	return FLOW_OPEN;
}

/* Waits for the viewer's connection. -errno, or how it ended; 0 and client_fd: it is there. */
static int client_wait(struct viewer *v, int64_t end_ms)
{
	while (v->client_fd < 0) {
		struct pollfd p[] = {
			{ v->signal_fd, POLLIN, 0 },
			{ v->listen_fd, POLLIN, 0 },
			/* The stream may speak first, but nobody can hear it yet: only its end
			 * counts. */
			{ v->relay_fd, POLLRDHUP, 0 },
			{ v->process_fd, POLLIN, 0 },
		};
		int64_t left = end_ms < 0 ? -1 : MAX(end_ms - clock_mono_ms(), 0);
		int r = poll(p, ELEMENTSOF(p), (int)left);

		if (r < 0 && errno != EINTR)
			return -errno;
		if (r == 0)
			return VIEWER_TIMEOUT;
		if (r < 0)
			continue;
		if (p[1].revents)
			v->client_fd = accept4(
					v->listen_fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
		else if (p[2].revents)
			return VIEWER_GONE;
		else if (p[3].revents)
			return VIEWER_UNUSED;
		else if (p[0].revents)
			return VIEWER_CLOSED;
	}
	socket_remove(v);
	return 0;
}

static int bytes_pass(struct viewer *v, struct flow *up, struct flow *down, int64_t end_ms)
{
	for (;;) {
		bool up_waits = up->start < up->end, down_waits = down->start < down->end;
		struct pollfd p[] = {
			{ v->signal_fd, POLLIN, 0 },
			{ v->client_fd,
					(short)((up_waits ? 0 : POLLIN) |
							(down_waits ? POLLOUT : 0)),
					0 },
			{ v->relay_fd,
					(short)((down_waits ? 0 : POLLIN) |
							(up_waits ? POLLOUT : 0)),
					0 },
		};
		int64_t left = end_ms < 0 ? -1 : MAX(end_ms - clock_mono_ms(), 0);
		int r = poll(p, ELEMENTSOF(p), (int)left);

		if (r < 0 && errno != EINTR)
			return -errno;
		if (r == 0)
			return VIEWER_TIMEOUT;
		if (r < 0)
			continue;
		if (p[0].revents)
			return VIEWER_CLOSED;
		if (!p[1].revents && !p[2].revents)
			continue;
		switch (flow_pass(up)) {
		case FLOW_FROM_ENDED:
			return VIEWER_CLOSED;
		case FLOW_TO_ENDED:
			return VIEWER_GONE;
		case FLOW_OPEN:
			break;
		}
		switch (flow_pass(down)) {
		case FLOW_FROM_ENDED:
			return VIEWER_GONE;
		case FLOW_TO_ENDED:
			return VIEWER_CLOSED;
		case FLOW_OPEN:
			break;
		}
	}
}

int viewer_run(struct viewer *v, int64_t end_ms)
{
	_cleanup_free_ char *buffers = malloc(2 * (size_t)FLOW_SIZE);
	struct flow up, down;
	int r;

	if (!buffers)
		return -ENOMEM;
	r = client_wait(v, end_ms);
	if (r || v->client_fd < 0)
		return r;
	up = (struct flow){ v->client_fd, v->relay_fd, buffers, 0, 0 };
	down = (struct flow){ v->relay_fd, v->client_fd, buffers + FLOW_SIZE, 0, 0 };
	return bytes_pass(v, &up, &down, end_ms);
}
