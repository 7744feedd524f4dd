/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The server side of org.stationmaster.Worker. Owns the connections, the calls that wait (Open,
 * LogOff, Watch) and the one session.
 *
 * The first connection is the one that started the process: until a session is open, its end is the
 * end of the process. From then on anybody who is root may connect to control.sock, connections
 * come and go (stationd restarts) and only the end of the session ends the process. If nobody was
 * there to hear how it ended, the result is left in /run/stationmaster/ended.
 */
#include "session/worker.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/wait.h>

#include "base/clock.h"
#include "base/fd.h"
#include "base/log.h"
#include "base/str.h"
#include "ipc/varlink.h"
#include "session/exec-line.h"
#include "session/login.h"
#include "session/session.h"

#define WORKER "org.stationmaster.Worker."

struct peer {
	struct worker *worker;
	struct varlink *conn; /* NULL: free */
	struct watch watch;
};

enum waiting_kind { WAITING_LOG_OFF, WAITING_WATCH, WAITING_WINDOWS, WAITING_HITS };

struct waiting {
	struct varlink_call *call; /* NULL: free */
	enum waiting_kind kind;
};

struct worker {
	struct loop loop;
	struct login login;
	bool in_login;
	struct session session;
	struct peer peers[WORKER_PEERS_MAX];
	struct waiting waiting[WORKER_CALLS_MAX];
	struct varlink_call *open_call;
	struct timer idle_timer;
	struct watch signal_watch;
	int signal_fd;
	struct watch listen_watch;
	int listen_fd;
	int exit_status;
};

static const struct varlink_options conn_options = { .in_max = VARLINK_MESSAGE_MAX,
	.accept_id = true };

/* --- replies --- */

static void wrong_state(struct varlink_call *call, const char *reason)
{
	varlink_error(call, WORKER "WrongState", json_pack("{s:s}", "reason", reason));
}

static void fail(struct varlink_call *call, const char *reason, const char *output)
{
	varlink_error(call, WORKER "Failed",
			json_pack("{s:s, s:s}", "reason", reason, "output", output));
}

static json_t *build_facts(const struct session *s)
{
	bool closing = s->state == SESSION_ENDING || s->state == SESSION_ENDED;

	return json_pack("{s:{s:s, s:o, s:s, s:s, s:s, s:I, s:b}}", "facts", "id", s->id, "person",
			account_build_person(&s->account), "desktop", s->desktop_id, "display",
			s->display_name, "logind", s->logind, "since_s", (json_int_t)s->since_s,
			"closing", closing);
}

static bool wait_add(struct worker *w, struct varlink_call *call, enum waiting_kind kind)
{
	for (size_t i = 0; i < WORKER_CALLS_MAX; i++) {
		if (w->waiting[i].call)
			continue;
		w->waiting[i] = (struct waiting){ varlink_call_ref(call), kind };
		return true;
	}
	fail(call, "Too many calls wait for the end of this session.", "");
	return false;
}

static bool is_waiting(const struct worker *w, enum waiting_kind kind)
{
	for (size_t i = 0; i < WORKER_CALLS_MAX; i++)
		if (w->waiting[i].call && w->waiting[i].kind == kind)
			return true;
	return false;
}

/* A caller has gone: its slot is free again. */
static void waiting_prune(struct worker *w)
{
	for (size_t i = 0; i < WORKER_CALLS_MAX; i++)
		if (w->waiting[i].call && !w->waiting[i].call->conn)
			w->waiting[i].call = varlink_call_unref(w->waiting[i].call);
	if (!is_waiting(w, WAITING_WINDOWS))
		windows_unwatch(&w->session.windows);
}

static void tell_state(struct worker *w, const char *state)
{
	for (size_t i = 0; i < WORKER_CALLS_MAX; i++)
		if (w->waiting[i].call && w->waiting[i].kind == WAITING_LOG_OFF &&
				w->waiting[i].call->more)
			varlink_reply_more(w->waiting[i].call, json_pack("{s:s}", "state", state));
}

/* LogOff first: who ordered the end must not take it for one by itself. True: somebody heard. */
static bool tell_end(struct worker *w, bool forced, const char *reason, const char *output)
{
	bool heard = false;

	for (int kind = WAITING_LOG_OFF; kind <= WAITING_WATCH; kind++) {
		for (size_t i = 0; i < WORKER_CALLS_MAX; i++) {
			struct waiting *p = &w->waiting[i];

			if (!p->call || (int)p->kind != kind)
				continue;
			heard = heard || p->call->conn;
			varlink_reply(p->call,
					kind == WAITING_LOG_OFF
							? json_pack("{s:s}", "state",
									  forced ? "forced"
										 : "done")
							: json_pack("{s:s, s:s}", "reason", reason,
									  "output", output));
			p->call = varlink_call_unref(p->call);
		}
	}
	return heard;
}

/* --- session --- */

static int start_listening(struct worker *w);

static void quit(struct worker *w)
{
	w->loop.quit = true;
}

static void handle_opened(void *userdata)
{
	struct worker *w = userdata;
	int r;

	r = start_listening(w);
	if (r < 0)
		/* The session works, but a restarted stationd would not find it. */
		log_error_errno(r, "cannot listen on control.sock session=%s", w->session.id);
	log_info("session opened session=%s user=%s display=%s logind=%s", w->session.id,
			w->session.account.user, w->session.display_name, w->session.logind);
	if (w->open_call)
		varlink_reply(w->open_call, build_facts(&w->session));
	w->open_call = varlink_call_unref(w->open_call);
}

static void handle_open_failed(void *userdata, bool in_use, const char *reason, const char *output)
{
	struct worker *w = userdata;

	tell_end(w, false, reason, output);
	if (w->open_call && in_use)
		varlink_error(w->open_call, WORKER "InUse", NULL);
	else if (w->open_call)
		fail(w->open_call, reason, output);
	w->open_call = varlink_call_unref(w->open_call);
	if (in_use)
		timer_start(&w->loop, &w->idle_timer, WORKER_OPEN_MS);
	else
		quit(w);
}

static void handle_ending(void *userdata, bool asking)
{
	tell_state(userdata, asking ? "asking" : "ending");
}

static void handle_ended(void *userdata, bool forced, const char *reason, const char *output)
{
	struct worker *w = userdata;

	if (!tell_end(w, forced, reason, output)) {
		int r = folder_write_ended(w->session.id, forced, reason);

		if (r < 0)
			log_error_errno(r, "cannot write " ENDED_DIR "/%s", w->session.id);
	}
	quit(w);
}

static const struct session_ops session_ops = {
	.handle_opened = handle_opened,
	.handle_open_failed = handle_open_failed,
	.handle_ending = handle_ending,
	.handle_ended = handle_ended,
};

/* --- methods --- */

static void method_open(struct worker *w, struct varlink_call *call)
{
	struct session_options o;
	json_t *limits;
	const char *bad;
	struct args a;

	if (w->session.state != SESSION_CLOSED) {
		wrong_state(call, "The session is open already.");
		return;
	}
	args_init(&a, call->parameters);
	o.id = arg_string(&a, "id", ARG_REQUIRED, FOLDER_ID_MAX);
	o.desktop = arg_string(&a, "desktop", ARG_REQUIRED, 256);
	o.exec = arg_string(&a, "exec", ARG_REQUIRED, 4096);
	o.names = arg_string(&a, "names", ARG_REQUIRED, 1024);
	o.display = (int)arg_int(&a, "display", ARG_REQUIRED, 1, DISPLAY_NUMBER_MAX, 0);
	o.width = (int)arg_int(&a, "width", ARG_REQUIRED, 640, 7680, 0);
	o.height = (int)arg_int(&a, "height", ARG_REQUIRED, 480, 4320, 0);
	o.wrapper = arg_string(&a, "wrapper", ARG_REQUIRED, 4096);
	o.glx = arg_bool(&a, "glx", ARG_REQUIRED, false);
	limits = arg_any(&a, "limits", ARG_REQUIRED);
	bad = args_done(&a);
	if (!bad && limits_parse(limits, &o.limits) < 0)
		bad = "limits";
	if (!bad && !folder_is_id(o.id))
		bad = "id";
	if (bad) {
		varlink_error_parameter(call, bad);
		return;
	}
	timer_stop(&w->idle_timer);
	w->open_call = varlink_call_ref(call);
	session_open(&w->session, &o);
}

static void method_discard(struct worker *w, struct varlink_call *call)
{
	if (w->session.state != SESSION_CLOSED) {
		wrong_state(call, "The session is open; use LogOff.");
		return;
	}
	varlink_reply(call, NULL);
	quit(w);
}

static void method_open_source(struct worker *w, struct varlink_call *call)
{
	_cleanup_close_ int fd = -EBADF;

	if (w->session.state != SESSION_OPEN && w->session.state != SESSION_ENDING) {
		wrong_state(call, "The session is not open.");
		return;
	}
	fd = display_connect(&w->session.display);
	if (fd == -EPERM) {
		log_warning("somebody else listens on the display's socket, refused session=%s user=%s",
				w->session.id, w->session.account.user);
		fail(call,
				"The display's socket does not belong to its display server; the picture is "
				"not shown. Log the session off.",
				"");
	} else if (fd < 0) {
		fail(call, "The display server cannot be reached.", strerror(-fd));
	} else {
		varlink_reply_fd(call, NULL, fd);
	}
}

static void method_log_off(struct worker *w, struct varlink_call *call)
{
	int64_t ask_ms, timeout_ms;
	struct args a;

	args_init(&a, call->parameters);
	ask_ms = arg_int(&a, "ask_ms", ARG_REQUIRED, 0, 3600000, 0);
	timeout_ms = arg_int(&a, "timeout_ms", ARG_REQUIRED, 0, 3600000, 0);
	if (args_done(&a)) {
		varlink_error_parameter(call, args_done(&a));
		return;
	}
	if (w->session.state == SESSION_CLOSED || w->session.state == SESSION_ENDED) {
		wrong_state(call, "The session is not open.");
		return;
	}
	if (!wait_add(w, call, WAITING_LOG_OFF))
		return;
	if (w->session.state == SESSION_ENDING && call->more)
		varlink_reply_more(call,
				json_pack("{s:s}", "state",
						w->session.ending.stage == ENDING_ASK ? "asking"
										      : "ending"));
	session_log_off(&w->session, ask_ms, timeout_ms, "The session was logged off.");
}

static void method_describe(struct worker *w, struct varlink_call *call)
{
	if (w->session.state == SESSION_CLOSED || w->session.state == SESSION_ENDED ||
			!w->session.opened)
		wrong_state(call, "The session is not open.");
	else
		varlink_reply(call, build_facts(&w->session));
}

static void method_watch(struct worker *w, struct varlink_call *call)
{
	if (w->session.state == SESSION_CLOSED || w->session.state == SESSION_ENDED)
		wrong_state(call, "The session is not open.");
	else
		wait_add(w, call, WAITING_WATCH);
}

/* --- limits --- */

static json_t *build_hits(const struct session *s)
{
	return json_pack("{s:b, s:i, s:i}", "in_force", s->limiter.in_force, "memory_hits",
			(int)s->limiter.memory_hits, "task_hits", (int)s->limiter.task_hits);
}

static void handle_hit(void *userdata)
{
	struct worker *w = userdata;

	log_notice("a limit was hit session=%s user=%s memory=%u tasks=%u", w->session.id,
			w->session.account.user, w->session.limiter.memory_hits,
			w->session.limiter.task_hits);
	for (size_t i = 0; i < WORKER_CALLS_MAX; i++)
		if (w->waiting[i].call && w->waiting[i].kind == WAITING_HITS)
			varlink_reply_more(w->waiting[i].call, build_hits(&w->session));
}

static void method_limit(struct worker *w, struct varlink_call *call)
{
	struct limits limits;
	json_t *object;
	struct args a;

	args_init(&a, call->parameters);
	object = arg_any(&a, "limits", ARG_REQUIRED);
	if (args_done(&a) || limits_parse(object, &limits) < 0) {
		varlink_error_parameter(call, args_done(&a) ? args_done(&a) : "limits");
		return;
	}
	if (w->session.state != SESSION_OPEN) {
		wrong_state(call, "The session is not open.");
		return;
	}
	if (call->more && !wait_add(w, call, WAITING_HITS))
		return;
	limiter_apply(&w->session.limiter, &w->session.cgroup, &limits);
	if (call->more)
		varlink_reply_more(call, build_hits(&w->session));
	else
		varlink_reply(call, build_hits(&w->session));
}

/* --- programs --- */

static bool is_running(struct worker *w, struct varlink_call *call)
{
	if (w->session.state == SESSION_OPEN)
		return true;
	wrong_state(call, "The session is not open.");
	return false;
}

static void handle_started(pid_t pid, const char *error, void *userdata)
{
	_cleanup_(varlink_call_unrefp) struct varlink_call *call = userdata;

	if (error)
		fail(call, error, "");
	else
		varlink_reply(call, json_pack("{s:i}", "pid", (int)pid));
}

/* The command line and what is added to it; ended by NULL; both lists stay where they are. */
static int build_argv(char *const *line, json_t *arguments, const char *argv[WORKER_ARGS_MAX + 1])
{
	size_t n = 0, i;
	json_t *item;

	for (; *line && n < WORKER_ARGS_MAX; line++)
		argv[n++] = *line;
	json_array_foreach (arguments, i, item)
		if (n < WORKER_ARGS_MAX)
			argv[n++] = json_string_value(item);
	argv[n] = NULL;
	return *line || i < json_array_size(arguments) ? -E2BIG : 0;
}

static void method_run(struct worker *w, struct varlink_call *call)
{
	_cleanup_(exec_line_freep) char **line = NULL;
	const char *argv[WORKER_ARGS_MAX + 1], *exec;
	json_t *arguments;
	struct args a;
	int r;

	args_init(&a, call->parameters);
	exec = arg_string(&a, "exec", ARG_REQUIRED, 4096);
	arguments = arg_strings(&a, "arguments", ARG_OPTIONAL, WORKER_ARGS_MAX / 2, 4096);
	if (args_done(&a)) {
		varlink_error_parameter(call, args_done(&a));
		return;
	}
	if (!is_running(w, call))
		return;
	r = exec_line_split(exec, &line);
	if (r == 0)
		r = build_argv(line, arguments, argv);
	if (r < 0) {
		fail(call,
				"This is no command line: a quote is not closed, or there are too many "
				"arguments.",
				"");
		return;
	}
	r = programs_start(&w->session.programs, (char *const *)argv, handle_started,
			varlink_call_ref(call));
	if (r < 0) {
		varlink_call_unref(call);
		fail(call,
				r == -EBUSY ? "Several programs are just starting; try again."
					    : strerror(-r),
				"");
	}
}

static void method_usage(struct worker *w, struct varlink_call *call)
{
	struct programs_usage u;

	if (!is_running(w, call))
		return;
	programs_get_usage(&w->session.programs, &u);
	varlink_reply(call,
			json_pack("{s:I, s:I, s:i}", "cpu_ms", (json_int_t)u.cpu_ms, "memory_kib",
					(json_int_t)u.memory_kib, "processes", (int)u.n));
}

static void method_processes(struct worker *w, struct varlink_call *call)
{
	if (is_running(w, call))
		varlink_reply(call, json_pack("{s:o}", "processes",
						    programs_list(&w->session.programs)));
}

/* NULL: the helper could not be asked. */
static void handle_windows(json_t *list, void *userdata)
{
	struct worker *w = userdata;

	for (size_t i = 0; i < WORKER_CALLS_MAX; i++) {
		struct waiting *p = &w->waiting[i];

		if (!p->call || p->kind != WAITING_WINDOWS)
			continue;
		if (list && p->call->more) {
			varlink_reply_more(p->call, json_pack("{s:O}", "windows", list));
			continue;
		}
		if (list)
			varlink_reply(p->call, json_pack("{s:O}", "windows", list));
		else
			fail(p->call, "The windows of this session cannot be listed just now.", "");
		p->call = varlink_call_unref(p->call);
	}
	waiting_prune(w);
}

static void method_windows(struct worker *w, struct varlink_call *call)
{
	json_t *list = w->session.windows.list;
	int r;

	if (!is_running(w, call) || !wait_add(w, call, WAITING_WINDOWS))
		return;
	r = windows_watch(&w->session.windows);
	if (r < 0) {
		log_warning_errno(r, "cannot list windows session=%s", w->session.id);
		handle_windows(NULL, w);
	} else if (list && call->more) {
		varlink_reply_more(call, json_pack("{s:O}", "windows", list));
	} else if (list) {
		handle_windows(list, w);
	}
}

static void handle_program_closed(enum program_closed how, const char *error, void *userdata)
{
	static const char *const states[] = {
		[PROGRAM_CLOSED] = "done", [PROGRAM_FORCED] = "forced", [PROGRAM_ASKING] = "asking"
	};
	_cleanup_(varlink_call_unrefp) struct varlink_call *call = userdata;

	if (error)
		fail(call, error, "");
	else
		varlink_reply(call, json_pack("{s:s}", "state", states[how]));
}

static void method_close_program(struct worker *w, struct varlink_call *call)
{
	int64_t pid, start, force_ms;
	struct args a;
	int r;

	args_init(&a, call->parameters);
	pid = arg_int(&a, "pid", ARG_REQUIRED, 1, INT32_MAX, 0);
	start = arg_int(&a, "start", ARG_REQUIRED, 0, INT64_MAX, 0);
	force_ms = arg_int(&a, "force_ms", ARG_REQUIRED, PROGRAMS_NEVER, PROGRAMS_CLOSE_MS_MAX, 0);
	if (args_done(&a)) {
		varlink_error_parameter(call, args_done(&a));
		return;
	}
	if (!is_running(w, call))
		return;
	r = programs_close(&w->session.programs, (pid_t)pid, (unsigned long long)start, force_ms,
			handle_program_closed, varlink_call_ref(call));
	if (r < 0) {
		varlink_call_unref(call);
		fail(call,
				r == -ESRCH ? "This program does not run any more."
					    : "Too many programs are just being closed; try again.",
				"");
	}
}

static void handle_name_closed(const struct programs_closed *n, void *userdata)
{
	_cleanup_(varlink_call_unrefp) struct varlink_call *call = userdata;

	varlink_reply(call, json_pack("{s:i, s:i, s:i}", "closed", (int)n->closed, "forced",
					    (int)n->forced, "asking", (int)n->asking));
}

static void method_close_by_name(struct worker *w, struct varlink_call *call)
{
	const char *name;
	int64_t force_ms;
	struct args a;

	args_init(&a, call->parameters);
	name = arg_string(&a, "name", ARG_REQUIRED, 256);
	force_ms = arg_int(&a, "force_ms", ARG_REQUIRED, PROGRAMS_NEVER, PROGRAMS_CLOSE_MS_MAX, 0);
	if (args_done(&a)) {
		varlink_error_parameter(call, args_done(&a));
		return;
	}
	if (!is_running(w, call))
		return;
	if (programs_close_by_name(&w->session.programs, name, force_ms, handle_name_closed,
			    varlink_call_ref(call)) < 0) {
		varlink_call_unref(call);
		fail(call, "The system is out of memory.", "");
	}
}

static void method_login(struct worker *w, struct varlink_call *call)
{
	(void)w;
	wrong_state(call, "The log-in is over.");
}

static const struct {
	const char *name;
	void (*fn)(struct worker *w, struct varlink_call *call);
	bool parameters;
} methods[] = {
	{ WORKER "Begin", method_login, true },
	{ WORKER "Answer", method_login, true },
	{ WORKER "Discard", method_discard, false },
	{ WORKER "Open", method_open, true },
	{ WORKER "OpenSource", method_open_source, false },
	{ WORKER "LogOff", method_log_off, true },
	{ WORKER "Describe", method_describe, false },
	{ WORKER "Watch", method_watch, false },
	{ WORKER "Limit", method_limit, true },
	{ WORKER "Run", method_run, true },
	{ WORKER "Usage", method_usage, false },
	{ WORKER "Processes", method_processes, false },
	{ WORKER "Windows", method_windows, false },
	{ WORKER "CloseProgram", method_close_program, true },
	{ WORKER "CloseByName", method_close_by_name, true },
};

static void dispatch(struct worker *w, struct varlink_call *call)
{
	for (size_t i = 0; i < ELEMENTSOF(methods); i++) {
		if (!streq(methods[i].name, call->method))
			continue;
		if (!methods[i].parameters && json_object_size(call->parameters) > 0) {
			varlink_error_parameter(call,
					json_object_iter_key(json_object_iter(call->parameters)));
			return;
		}
		methods[i].fn(w, call);
		return;
	}
	varlink_error(call, VARLINK_METHOD_NOT_FOUND, json_pack("{s:s}", "method", call->method));
}

/* --- connections --- */

static void handle_call(struct varlink *v, struct varlink_call *call, void *userdata)
{
	struct peer *p = userdata;

	(void)v;
	if (p->worker->in_login) {
		login_handle_call(&p->worker->login, call);
		return;
	}
	dispatch(p->worker, call);
	varlink_call_unref(call);
}

static void handle_closed(struct varlink *v, int error, void *userdata)
{
	struct peer *p = userdata;
	struct worker *w = p->worker;

	(void)error;
	if (w->in_login)
		return; /* login_run() sees it */
	watch_stop(&p->watch);
	p->conn = NULL;
	varlink_free(v);
	waiting_prune(w);
	if (w->session.state == SESSION_CLOSED)
		quit(w);
}

static void handle_wants(struct varlink *v, void *userdata)
{
	struct peer *p = userdata;

	p->watch.events = varlink_wants(v);
}

static const struct varlink_ops conn_ops = {
	.handle_call = handle_call,
	.handle_closed = handle_closed,
	.handle_wants = handle_wants,
};

static void handle_io(void *userdata, short revents)
{
	struct peer *p = userdata;

	varlink_handle_io(p->conn, revents);
}

/* Takes fd always. */
static int peer_add_consume(struct worker *w, int fd, struct peer **ret)
{
	_cleanup_close_ int owned = fd;
	struct ucred cred;
	int r;

	r = fd_peer_cred(fd, &cred);
	if (r < 0)
		return r;
	if (cred.uid != 0)
		return -EPERM;
	for (size_t i = 0; i < WORKER_PEERS_MAX; i++) {
		struct peer *p = &w->peers[i];

		if (p->conn)
			continue;
		watch_init(&p->watch);
		p->worker = w;
		r = varlink_new(owned, &conn_options, &conn_ops, p, &p->conn);
		if (r < 0)
			return r;
		take_fd(&owned);
		*ret = p;
		return 0;
	}
	return -EBUSY;
}

static int peer_watch(struct worker *w, struct peer *p)
{
	return watch_start(&w->loop, &p->watch, varlink_fd(p->conn), varlink_wants(p->conn),
			handle_io, p);
}

static void handle_connection(void *userdata, short revents)
{
	struct worker *w = userdata;
	struct peer *p;
	int fd, r;

	(void)revents;
	fd = accept4(w->listen_fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
	if (fd < 0)
		return;
	r = peer_add_consume(w, fd, &p);
	if (r == 0)
		r = peer_watch(w, p);
	if (r < 0)
		log_warning_errno(
				r, "connection to control.sock refused session=%s", w->session.id);
}

static int start_listening(struct worker *w)
{
	_cleanup_free_ char *path = folder_path(w->session.id, "control.sock");
	_cleanup_close_ int fd = -EBADF;
	int r;

	if (!path)
		return -ENOMEM;
	fd = fd_unix_listen(path, 0600);
	if (fd < 0)
		return fd;
	r = watch_start(&w->loop, &w->listen_watch, fd, POLLIN, handle_connection, w);
	if (r == 0)
		w->listen_fd = take_fd(&fd);
	return r;
}

/* --- process --- */

static void handle_signal(void *userdata, short revents)
{
	struct worker *w = userdata;
	struct signalfd_siginfo info;
	bool stop = false;
	int status;
	pid_t pid;

	(void)revents;
	while (read(w->signal_fd, &info, sizeof(info)) == (ssize_t)sizeof(info))
		stop = stop || info.ssi_signo != SIGCHLD;
	while ((pid = waitpid(-1, &status, WNOHANG)) > 0)
		session_handle_exit(&w->session, pid, status);
	session_handle_children(&w->session);
	if (!stop || w->loop.quit)
		return;
	if (w->session.state == SESSION_CLOSED)
		quit(w);
	else if (w->session.state != SESSION_ENDED)
		session_log_off(&w->session, SESSION_STOP_ASK_MS, SESSION_STOP_MS,
				"The session was ended because its service was stopped.");
}

static int start_signals(struct worker *w)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGCHLD);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGHUP);
	if (sigprocmask(SIG_BLOCK, &set, NULL) < 0)
		return -errno;
	w->signal_fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	if (w->signal_fd < 0)
		return -errno;
	return watch_start(&w->loop, &w->signal_watch, w->signal_fd, POLLIN, handle_signal, w);
}

static void handle_idle(void *userdata)
{
	struct worker *w = userdata;

	log_info("nobody opened the session in time user=%s", w->session.account.user);
	quit(w);
}

static void flush(struct worker *w)
{
	int64_t due = clock_mono_ms() + WORKER_FLUSH_MS;

	for (size_t i = 0; i < WORKER_PEERS_MAX; i++) {
		struct varlink *v = w->peers[i].conn;

		while (v && !varlink_is_closed(v) && (varlink_wants(v) & POLLOUT)) {
			int64_t left = due - clock_mono_ms();

			if (left <= 0 || varlink_pump(v, (int)left) < 0)
				break;
		}
	}
}

static int run_session(struct worker *w, struct peer *first)
{
	int r;

	if (varlink_is_closed(first->conn))
		return -ECONNRESET;
	if (prctl(PR_SET_CHILD_SUBREAPER, 1) < 0)
		return -errno;
	r = start_signals(w);
	if (r == 0)
		r = peer_watch(w, first);
	if (r < 0)
		return r;
	timer_start(&w->loop, &w->idle_timer, WORKER_OPEN_MS);
	return loop_run(&w->loop);
}

static void worker_done(struct worker *w)
{
	session_done(&w->session);
	w->open_call = varlink_call_unref(w->open_call);
	for (size_t i = 0; i < WORKER_CALLS_MAX; i++)
		w->waiting[i].call = varlink_call_unref(w->waiting[i].call);
	varlink_call_unref(w->login.call);
	varlink_call_unref(w->login.incoming);
	json_decref(w->login.messages);
	for (size_t i = 0; i < WORKER_PEERS_MAX; i++)
		varlink_free(w->peers[i].conn);
	safe_close(w->signal_fd);
	safe_close(w->listen_fd);
}

int worker_run(int fd)
{
	static struct worker w; /* one per process; too large for comfort on the stack */
	struct peer *first;
	int r;

	w = (struct worker){ .signal_fd = -EBADF, .listen_fd = -EBADF };
	loop_init(&w.loop);
	session_init(&w.session, &w.loop, &session_ops, &w);
	w.session.windows.handle_list = handle_windows;
	w.session.windows.userdata = &w;
	w.session.limiter.handle_hit = handle_hit;
	w.session.limiter.userdata = &w;
	timer_init(&w.idle_timer, handle_idle, &w);
	watch_init(&w.signal_watch);
	watch_init(&w.listen_watch);
	r = peer_add_consume(&w, fd, &first);
	if (r < 0)
		return log_error_errno(r, "descriptor 3 is not a connection of root's") ? 1 : 0;
	w.in_login = true;
	r = login_run(&w.login, first->conn, &w.session.auth, &w.session.account,
			&w.session.address);
	w.in_login = false;
	if (r == 0) {
		/* A call may have come while PAM ran its last steps. */
		if (w.login.incoming)
			dispatch(&w, w.login.incoming);
		w.login.incoming = varlink_call_unref(w.login.incoming);
		r = run_session(&w, first);
	}
	if (r < 0 && r != -ECONNRESET && r != -ETIMEDOUT)
		log_error_errno(r, "station-session failed");
	flush(&w);
	worker_done(&w);
	return 0;
}
