/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * station-usb: the only part that lets storage on USB in at the hubs of stations. stationd says on
 * a private socket which hub is whose (org.stationmaster.Storage); this process authorises, mounts
 * and takes away. It reads no byte of what is on a stick: what udev has found decides, and systemd
 * mounts.
 *
 * Its end changes nothing: what is let in stays, what waits stays away, and the next one learns
 * from stationd what holds. It ends by itself when nobody is connected and nothing is guarded.
 */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <systemd/sd-daemon.h>

#include "base/fd.h"
#include "base/log.h"
#include "base/str.h"
#include "ipc/varlink.h"
#include "usb/storage.h"

enum { CLIENTS_MAX = 4, MESSAGE_MAX = 256 * 1024, IDLE_MS = 10000, EVENTS_MAX = 4 * 1024 * 1024 };

struct client {
	struct varlink *conn;
	bool closed;
};

static struct storage storage = { .again_ms = -1 };
static struct client clients[CLIENTS_MAX];
static struct varlink_call *watcher; /* NULL: nobody watches */
static json_t *told;                 /* what the watcher knows; NULL: nothing yet */

/* --- calls --- */

static void answer_failed(struct varlink_call *call, const char *reason)
{
	varlink_error(call, "org.stationmaster.Storage.Failed",
			json_pack("{s:s}", "reason", reason));
}

static void handle_set(struct varlink_call *call)
{
	_cleanup_free_ struct table *t = calloc(1, sizeof(*t));
	_cleanup_free_ char *reason = NULL;
	const char *missing;
	int r = t ? table_parse(call->parameters, t) : -ENOMEM;

	if (r < 0) {
		answer_failed(call, r == -E2BIG ? "There are too many hubs."
						: "The order about storage makes no sense.");
		return;
	}
	missing = t->n > 0 ? gate_find_missing() : NULL;
	if (missing) {
		answer_failed(call, missing);
		return;
	}
	r = storage_set(&storage, t, &reason);
	if (r < 0)
		answer_failed(call, reason ? reason : strerror(-r));
	else
		varlink_reply(call, NULL);
}

static void handle_watcher_gone(struct varlink_call *call)
{
	if (watcher == call)
		watcher = varlink_call_unref(watcher);
}

static void handle_watch(struct varlink_call *call)
{
	if (!call->more) {
		varlink_error_parameter(call, "more");
		return;
	}
	if (watcher) {
		answer_failed(watcher, "Another caller watches now.");
		varlink_call_unref(watcher);
	}
	watcher = varlink_call_ref(call);
	watcher->handle_gone = handle_watcher_gone;
	json_decref(told);
	told = NULL;
}

static void handle_call(struct varlink *v, struct varlink_call *call, void *userdata)
{
	if (streq(call->method, "org.stationmaster.Storage.Set"))
		handle_set(call);
	else if (streq(call->method, "org.stationmaster.Storage.Watch"))
		handle_watch(call);
	else
		varlink_error(call, VARLINK_METHOD_NOT_FOUND,
				json_pack("{s:s}", "method", call->method));
	varlink_call_unref(call);
}

static void handle_closed(struct varlink *v, int error, void *userdata)
{
	struct client *c = userdata;

	c->closed = true;
}

static const struct varlink_ops ops = { .handle_call = handle_call,
	.handle_closed = handle_closed };

static void tell_watcher(void)
{
	const char *missing = gate_find_missing();
	json_t *now;

	if (!watcher)
		return;
	now = json_pack("{s:O, s:s}", "disks", storage.disks, "missing", missing ? missing : "");
	if (!now || (told && json_equal(now, told))) {
		json_decref(now);
		return;
	}
	json_decref(told);
	told = now;
	varlink_reply_more(watcher, json_deep_copy(now));
}

/* --- connections --- */

static void client_accept(int listen_fd)
{
	static const struct varlink_options options = { .in_max = MESSAGE_MAX, .accept_id = true };
	int fd = accept4(listen_fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
	struct ucred cred;

	if (fd < 0)
		return;
	for (size_t i = 0; i < CLIENTS_MAX; i++) {
		if (clients[i].conn)
			continue;
		clients[i].closed = false;
		if (fd_peer_cred(fd, &cred) == 0 && cred.uid == 0 &&
				varlink_new(fd, &options, &ops, &clients[i], &clients[i].conn) == 0)
			return;
		break;
	}
	log_warning("a connection was refused");
	close(fd);
}

static bool clients_reap(void)
{
	bool any = false;

	for (size_t i = 0; i < CLIENTS_MAX; i++) {
		if (clients[i].conn && clients[i].closed)
			clients[i].conn = varlink_free(clients[i].conn);
		any = any || clients[i].conn;
	}
	return any;
}

/* --- devices --- */

/* Does it concern storage, or whose hub is whose? */
static bool event_matters(struct udev_device *d)
{
	const char *subsystem = udev_device_get_subsystem(d);

	if (subsystem && streq(subsystem, "input"))
		return udev_device_get_property_value(d, "ID_INPUT_KEYBOARD") &&
		       udev_device_get_devnode(d);
	if (subsystem && streq(subsystem, "block"))
		return strstr(udev_device_get_devpath(d), "/usb") != NULL;
	return true;
}

/* Was there one that matters? */
static bool read_events(struct udev_monitor *monitor)
{
	struct udev_device *d;
	bool any = false;

	while ((d = udev_monitor_receive_device(monitor))) {
		struct udev_device *parent = udev_device_get_parent_with_subsystem_devtype(
				d, "usb", "usb_interface"); /* not owned */
		const char *action = udev_device_get_action(d);

		any = any || event_matters(d);
		if (parent && action && streq(action, "change"))
			storage_forget(&storage, udev_device_get_sysname(parent));
		udev_device_unref(d);
	}
	return any;
}

static int open_monitor(struct udev *udev, struct udev_monitor **ret)
{
	struct udev_monitor *m = udev_monitor_new_from_netlink(udev, "udev");
	int r;

	if (!m)
		return -ENOMEM;
	udev_monitor_set_receive_buffer_size(m, EVENTS_MAX);
	r = udev_monitor_filter_add_match_subsystem_devtype(m, "usb", "usb_interface");
	if (r >= 0)
		r = udev_monitor_filter_add_match_subsystem_devtype(m, "block", NULL);
	if (r >= 0)
		r = udev_monitor_filter_add_match_subsystem_devtype(m, "input", NULL);
	if (r >= 0)
		r = udev_monitor_enable_receiving(m);
	if (r < 0) {
		udev_monitor_unref(m);
		return r;
	}
	*ret = m;
	return 0;
}

static void converge(void)
{
	_cleanup_free_ char *reason = NULL;
	int r = storage_converge(&storage, &reason);

	if (r < 0)
		log_error_errno(r, "%s", reason ? reason : "storage is not as it should be");
}

/* --- the loop --- */

enum { FD_LISTEN, FD_SIGNAL, FD_UDEV, FDS_FIXED };

/* One round. *ret_quit: nobody needs this process now. */
static int turn(int listen_fd, int signal_fd, struct udev_monitor *monitor, bool *ret_quit)
{
	struct pollfd fds[FDS_FIXED + CLIENTS_MAX] = { { .fd = listen_fd, .events = POLLIN },
		{ .fd = signal_fd, .events = POLLIN },
		{ .fd = udev_monitor_get_fd(monitor), .events = POLLIN } };
	struct client *of[FDS_FIXED + CLIENTS_MAX] = { NULL };
	bool any = clients_reap(), idle = !any && !gate_is_guarded();
	nfds_t n = FDS_FIXED;
	int r;

	for (size_t i = 0; i < CLIENTS_MAX; i++) {
		if (!clients[i].conn)
			continue;
		fds[n] = (struct pollfd){ .fd = varlink_fd(clients[i].conn),
			.events = varlink_wants(clients[i].conn) };
		of[n++] = &clients[i];
	}
	r = poll(fds, n, idle ? IDLE_MS : storage_get_timeout(&storage));
	if (r < 0)
		return errno == EINTR ? 0 : -errno;
	*ret_quit = (r == 0 && idle) || fds[FD_SIGNAL].revents;
	if ((fds[FD_UDEV].revents && read_events(monitor)) || r == 0)
		converge();
	for (nfds_t i = FDS_FIXED; i < n; i++)
		if (fds[i].revents)
			varlink_handle_io(of[i]->conn, fds[i].revents);
	if (fds[FD_LISTEN].revents)
		client_accept(listen_fd);
	tell_watcher();
	return 0;
}

static int serve(int listen_fd)
{
	_cleanup_close_ int signal_fd = -EBADF;
	struct udev_monitor *monitor = NULL;
	bool quit = false;
	sigset_t set;
	int r;

	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	sigprocmask(SIG_BLOCK, &set, NULL);
	signal_fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	storage.udev = udev_new();
	storage.disks = json_array();
	if (signal_fd < 0 || !storage.udev || !storage.disks)
		return -ENOMEM;
	r = open_monitor(storage.udev, &monitor);
	if (r < 0)
		return log_error_errno(r, "cannot hear udev");
	/* The one before may have been ended halfway. */
	if (gate_is_guarded())
		gate_guard();
	sd_notify(false, "READY=1");
	while (!quit && r == 0)
		r = turn(listen_fd, signal_fd, monitor, &quit);
	for (size_t i = 0; i < CLIENTS_MAX; i++)
		varlink_free(clients[i].conn);
	json_decref(told);
	storage_done(&storage);
	udev_monitor_unref(monitor);
	udev_unref(storage.udev);
	return r;
}

/* --- start --- */

static const char help[] =
		"Usage: station-usb [OPTION]\n"
		"Keeps storage on USB for stationd; started by systemd (station-usb.socket).\n\n"
		"  --release       guard nothing: all storage is the system's again, and end\n"
		"  --version       print the version\n"
		"  --help          print this\n";

/* -1: go on; else the exit code. */
static int read_options(int argc, char *argv[])
{
	static const struct option options[] = { { "release", no_argument, NULL, 'r' },
		{ "version", no_argument, NULL, 'v' }, { "help", no_argument, NULL, 'h' }, { 0 } };
	int c, r, code = -1;

	while (code < 0 && (c = getopt_long(argc, argv, "h", options, NULL)) >= 0) {
		switch (c) {
		case 'r':
			r = gate_release();
			if (r < 0)
				fprintf(stderr, "station-usb: storage was not released: %s\n",
						strerror(-r));
			code = r < 0 ? 1 : 0;
			break;
		case 'v':
			puts("station-usb " STATIONMASTER_VERSION);
			code = 0;
			break;
		case 'h':
			fputs(help, stdout);
			code = 0;
			break;
		default:
			fputs(help, stderr);
			code = 2;
		}
	}
	return code;
}

int main(int argc, char *argv[])
{
	int r = read_options(argc, argv);

	if (r >= 0)
		return r;
	log_init("station-usb");
	json_init();
	umask(022);
	signal(SIGPIPE, SIG_IGN);
	signal(SIGCHLD, SIG_IGN); /* write_out() waits by other means */
	if (sd_listen_fds(true) != 1) {
		log_error("no socket from systemd; start station-usb.socket");
		return 2;
	}
	fcntl(SD_LISTEN_FDS_START, F_SETFL, O_NONBLOCK);
	r = serve(SD_LISTEN_FDS_START);
	return r < 0 ? 1 : 0;
}
