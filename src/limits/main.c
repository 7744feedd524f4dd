/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * station-limits: the only part that may change the packet filter of the system. stationd, which
 * may not, says on a private socket whose web is limited to what (org.stationmaster.Limiter); this
 * process keeps the rules, and the filters that the rules lead to. It reads nothing that comes from
 * the network.
 *
 * Its end changes nothing: rules and filters stay as they are, and the next one learns from
 * stationd what holds. It ends by itself when nobody is connected and nothing is limited.
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

#include "base/clock.h"
#include "base/fd.h"
#include "base/log.h"
#include "base/str.h"
#include "ipc/varlink.h"
#include "limits/accounts.h"
#include "limits/limits.h"
#include "limits/units.h"

enum { CLIENTS_MAX = 4, MESSAGE_MAX = 8 * 1024 * 1024, IDLE_MS = 10000 };

struct client {
	struct varlink *conn;
	bool closed;
};

static struct limits limits = { .table = "stationmaster" };
static struct client clients[CLIENTS_MAX];

/* --- calls --- */

static void answer_failed(struct varlink_call *call, const char *reason)
{
	varlink_error(call, "org.stationmaster.Limiter.Failed",
			json_pack("{s:s}", "reason", reason));
}

static const char *what_is_missing(void)
{
	if (!units_are_possible())
		return "Limits of the web need systemd, and this system does not run it.";
	if (access(HAPROXY, X_OK) < 0)
		return "The filter of the web (HAProxy) is not installed: apt install haproxy.";
	if (access(DNSMASQ, X_OK) < 0)
		return "The filter of the web needs dnsmasq, which is not installed: apt install "
		       "dnsmasq-base.";
	if (!rules_are_possible())
		return "The kernel of this system has no packet filter that Stationmaster could "
		       "use (nftables).";
	return NULL;
}

static void handle_set(struct varlink_call *call)
{
	_cleanup_free_ char *reason = NULL;
	struct accounts accounts;
	struct order *o = NULL;
	const char *missing;
	int r;

	r = accounts_read(&accounts);
	if (r == 0) {
		r = order_parse(call->parameters, &accounts, &o);
		accounts_done(&accounts);
	}
	if (r < 0) {
		answer_failed(call, r == -E2BIG ? "There are too many different lists of sites at "
						  "the same time."
						: "The order to limit the web makes no sense.");
		return;
	}
	missing = o->n > 0 ? what_is_missing() : NULL;
	if (missing) {
		order_free(o);
		answer_failed(call, missing);
		return;
	}
	r = limits_set(&limits, o, &reason);
	if (r < 0)
		answer_failed(call, reason ? reason : strerror(-r));
	else
		varlink_reply(call, NULL);
}

static void handle_check(struct varlink_call *call)
{
	const char *missing = what_is_missing();

	if (missing)
		answer_failed(call, missing);
	else
		varlink_reply(call, NULL);
}

static void handle_call(struct varlink *v, struct varlink_call *call, void *userdata)
{
	if (streq(call->method, "org.stationmaster.Limiter.Set"))
		handle_set(call);
	else if (streq(call->method, "org.stationmaster.Limiter.Check"))
		handle_check(call);
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

/* --- connections --- */

static void client_accept(int listen_fd)
{
	static const struct varlink_options options = { .in_max = MESSAGE_MAX };
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

/* One round. *ret_quit: nobody needs this process now. */
static int turn(int listen_fd, int signal_fd, bool *ret_quit)
{
	struct pollfd fds[CLIENTS_MAX + 2] = { { .fd = listen_fd, .events = POLLIN },
		{ .fd = signal_fd, .events = POLLIN } };
	struct client *of[CLIENTS_MAX + 2] = { NULL };
	bool any = clients_reap(), idle = !any && limits_are_idle(&limits);
	nfds_t n = 2;
	int r;

	for (size_t i = 0; i < CLIENTS_MAX; i++) {
		if (!clients[i].conn)
			continue;
		fds[n] = (struct pollfd){ .fd = varlink_fd(clients[i].conn),
			.events = varlink_wants(clients[i].conn) };
		of[n++] = &clients[i];
	}
	r = poll(fds, n, idle ? IDLE_MS : limits_get_timeout(&limits));
	if (r < 0)
		return errno == EINTR ? 0 : -errno;
	*ret_quit = (r == 0 && idle) || fds[1].revents;
	for (nfds_t i = 2; i < n; i++)
		if (fds[i].revents)
			varlink_handle_io(of[i]->conn, fds[i].revents);
	if (fds[0].revents)
		client_accept(listen_fd);
	limits_settle(&limits);
	return 0;
}

static int serve(int listen_fd)
{
	_cleanup_close_ int signal_fd = -EBADF;
	bool quit = false;
	sigset_t set;
	int r = 0;

	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	sigprocmask(SIG_BLOCK, &set, NULL);
	signal_fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	if (signal_fd < 0)
		return -errno;
	sd_notify(false, "READY=1");
	while (!quit && r == 0)
		r = turn(listen_fd, signal_fd, &quit);
	for (size_t i = 0; i < CLIENTS_MAX; i++)
		varlink_free(clients[i].conn);
	limits_done(&limits);
	return r;
}

/* --- start --- */

static void usage(FILE *f)
{
	fputs("Usage: station-limits [OPTION]...\n"
	      "Keeps limits of the web for stationd; started by systemd (station-limits.socket).\n\n"
	      "  --table NAME    name of its table of nftables, family inet (stationmaster)\n"
	      "  --clear         remove that table, so that nobody is limited, and end\n"
	      "  --version       print the version\n"
	      "  --help          print this\n",
			f);
}

static int clear(void)
{
	struct order nobody = { .n = 0 };
	struct released released = { 0 };
	_cleanup_free_ char *text = rules_build(&nobody, &released, limits.table), *why = NULL;
	int r = text ? rules_run(text, &why) : -ENOMEM;

	if (r < 0)
		fprintf(stderr, "station-limits: the table %s could not be removed: %s\n",
				limits.table, why ? why : strerror(-r));
	return r < 0 ? 1 : 0;
}

static bool is_table_name(const char *s)
{
	return *s && strlen(s) < 64 &&
	       strspn(s, "abcdefghijklmnopqrstuvwxyz0123456789_") == strlen(s);
}

/* -1: go on; else the exit code. */
static int read_options(int argc, char *argv[])
{
	static const struct option options[] = { { "table", required_argument, NULL, 't' },
		{ "clear", no_argument, NULL, 'c' }, { "version", no_argument, NULL, 'v' },
		{ "help", no_argument, NULL, 'h' }, { 0 } };
	bool wants_clear = false;
	int c;

	while ((c = getopt_long(argc, argv, "h", options, NULL)) >= 0) {
		if (c == 't' && is_table_name(optarg)) {
			limits.table = optarg;
		} else if (c == 'c') {
			wants_clear = true;
		} else if (c == 'v') {
			puts("station-limits " STATIONMASTER_VERSION);
			return 0;
		} else if (c == 'h') {
			usage(stdout);
			return 0;
		} else {
			usage(stderr);
			return 2;
		}
	}
	return wants_clear ? clear() : -1;
}

int main(int argc, char *argv[])
{
	int r;

	r = read_options(argc, argv);
	if (r >= 0)
		return r;
	log_init("station-limits");
	json_init();
	umask(022);
	signal(SIGPIPE, SIG_IGN);
	if (sd_listen_fds(true) != 1) {
		log_error("no socket from systemd; start station-limits.socket");
		return 2;
	}
	fcntl(SD_LISTEN_FDS_START, F_SETFL, O_NONBLOCK);
	r = serve(SD_LISTEN_FDS_START);
	return r < 0 ? 1 : 0;
}
