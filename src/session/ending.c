/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Ending a session, as a row of stages that only moves forward:
 *
 *   ask      the session manager is asked in its own way         until ask_ms
 *   term     SIGTERM to the leader (and manager)                 until timeout_ms
 *   rest     the leader has gone: SIGTERM, SIGHUP to the others  SESSION_LEFT_MS
 *   display  nobody but the display server: SIGTERM to it        SESSION_DISPLAY_MS
 *   kill     all at once (cgroup.kill), until nobody is left
 *
 * When the user has no other session, the services that their own systemd has started (many
 * desktops start programs there) belong to "rest", too; the user's systemd itself is ended by
 * logind.
 *
 * timeout_ms ends every stage but the last. A session that ended by itself enters at "rest". Every
 * step is taken on an event: an exit (this process is the subreaper of the session, so orphans are
 * its children), the control group's "populated", or a timer.
 *
 * forced means that something but the display server had to be killed.
 */
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fd.h"
#include "base/log.h"
#include "base/str.h"
#include "session/descent.h"
#include "session/session.h"

static void handle_stage_timer(void *userdata);
static void handle_limit(void *userdata);
static void handle_give_up(void *userdata);
static void enter_kill(struct session *s);

void ending_init(struct session *s)
{
	struct ending *e = &s->ending;

	timer_init(&e->stage_timer, handle_stage_timer, s);
	timer_init(&e->limit_timer, handle_limit, s);
	timer_init(&e->give_up_timer, handle_give_up, s);
	watch_init(&e->empty_watch);
	e->empty_fd = -EBADF;
}

void ending_done(struct session *s)
{
	struct ending *e = &s->ending;

	timer_stop(&e->stage_timer);
	timer_stop(&e->limit_timer);
	timer_stop(&e->give_up_timer);
	watch_stop(&e->empty_watch);
	e->empty_fd = safe_close(e->empty_fd);
	cgroup_done(&e->services);
}

/* --- processes --- */

/* What logind keeps about a user says that this session is the only one, and no lingering is set.
 */
static bool is_last_session(const struct session *s)
{
	_cleanup_free_ char *path = str_format("/run/systemd/users/%u", s->account.uid);
	_cleanup_free_ char *linger = str_format("/var/lib/systemd/linger/%s", s->account.user);
	_cleanup_free_ char *wanted = str_format("\nSESSIONS=%s\n", s->logind ? s->logind : "");
	_cleanup_free_ char *text = NULL;

	if (!path || !linger || !wanted || str_is_empty(s->logind) || access(linger, F_OK) == 0)
		return false;
	if (fd_read_file_at(AT_FDCWD, path, CGROUP_FILE_MAX, &text, NULL) < 0)
		return false;
	/* Once logind has noticed the end of this session it is not in the list any more. */
	return strstr(text, wanted) || !strstr(text, "\nSESSIONS=");
}

static void find_services(struct session *s)
{
	struct ending *e = &s->ending;

	if (e->services.n > 0 || e->services_killed || !is_last_session(s) ||
			cgroup_find_services(&s->cgroup, s->account.uid, &e->services) < 0)
		return;
	if (e->empty_fd >= 0)
		cgroup_watch(&e->services, e->empty_fd);
}

/* The session's processes but the display server; malloc'ed, *ret_n of them. */
static pid_t *list_others(struct session *s, size_t *ret_n)
{
	pid_t *pids = malloc(SESSION_PIDS_MAX * sizeof(pid_t));
	size_t n, kept = 0;

	*ret_n = 0;
	if (!pids)
		return NULL;
	n = s->cgroup.n > 0 ? cgroup_list(&s->cgroup, pids, SESSION_PIDS_MAX)
			    : descent_list(pids, SESSION_PIDS_MAX);
	n += cgroup_list(&s->ending.services, pids + n, SESSION_PIDS_MAX - n);
	for (size_t i = 0; i < n; i++)
		if (pids[i] != s->display.pid)
			pids[kept++] = pids[i];
	*ret_n = kept;
	return pids;
}

static bool has_others(struct session *s)
{
	size_t n;

	free(list_others(s, &n));
	return n > 0;
}

/*
 * A process of the list may have gone, and its number may belong to somebody else by now: hold it,
 * see that it is still one of the session, then signal what is held.
 */
static void signal_checked(struct session *s, pid_t pid, const int *signals, size_t n)
{
	_cleanup_close_ int fd = (int)syscall(SYS_pidfd_open, pid, 0);

	if (fd < 0 || (s->cgroup.n > 0 && !cgroup_has(&s->cgroup, pid) &&
				      !cgroup_has(&s->ending.services, pid)))
		return;
	for (size_t i = 0; i < n; i++)
		syscall(SYS_pidfd_send_signal, fd, signals[i], NULL, 0);
}

static void signal_others(struct session *s, const int *signals, size_t n_signals)
{
	size_t n;
	_cleanup_free_ pid_t *pids = list_others(s, &n);

	for (size_t i = 0; i < n; i++)
		signal_checked(s, pids[i], signals, n_signals);
}

static bool is_empty(struct session *s)
{
	if (s->display.pid > 0 || s->desktop.pid > 0)
		return false;
	return s->cgroup.n > 0 ? cgroup_is_empty(&s->cgroup) : !has_others(s);
}

/* --- stages --- */

static void finish(struct session *s)
{
	bool forced = s->ending.forced;

	ending_done(s);
	session_finish(s, forced);
}

static void tell_display(struct session *s)
{
	if (s->display.pid > 0) {
		s->ending.display_told = true;
		kill(s->display.pid, SIGTERM);
	}
	timer_start(s->loop, &s->ending.stage_timer, SESSION_DISPLAY_MS);
}

/* Did the desktop go first? Whoever ends both from outside may have hit it first by chance. */
static void enter_display(struct session *s)
{
	s->ending.stage = ENDING_DISPLAY;
	if (s->ending.ordered)
		tell_display(s);
	else
		timer_start(s->loop, &s->ending.stage_timer, SESSION_WITNESS_MS);
}

static void enter_rest(struct session *s)
{
	/* Shells ignore SIGTERM but not SIGHUP; what is stopped must run to notice. */
	static const int signals[] = { SIGTERM, SIGHUP, SIGCONT };

	s->ending.stage = ENDING_REST;
	find_services(s);
	signal_others(s, signals, ELEMENTSOF(signals));
	timer_start(s->loop, &s->ending.stage_timer, SESSION_LEFT_MS);
}

static void enter_term(struct session *s)
{
	static const int signals[] = { SIGTERM, SIGCONT };

	s->ending.stage = ENDING_TERM;
	timer_stop(&s->ending.stage_timer);
	s->ops->handle_ending(s->userdata, false);
	if (s->ending.ask.way)
		signal_checked(s, s->ending.ask.manager, signals, ELEMENTSOF(signals));
	if (s->desktop.pid > 0) {
		kill(s->desktop.pid, SIGTERM);
		kill(s->desktop.pid, SIGCONT);
	}
}

static void enter_ask(struct session *s, int64_t ask_ms)
{
	struct ending *e = &s->ending;
	size_t n;
	_cleanup_free_ pid_t *pids = list_others(s, &n);
	struct child_options o = { .environ = &s->environ,
		.identity = &s->identity,
		.cgroup = s->cgroup.n > 0 ? &s->cgroup : NULL,
		.out = -EBADF,
		.keep = -EBADF };
	pid_t pid;

	e->ask = ask_find(pids, n, s->account.uid);
	pid = e->ask.way && ask_ms > 0 ? ask_start(&e->ask, &o, (int)ask_ms) : 0;
	if (pid < 0)
		log_warning_errno(pid, "cannot ask the desktop to end session=%s", s->id);
	if (pid <= 0) {
		enter_term(s);
		return;
	}
	e->asker = pid;
	e->stage = ENDING_ASK;
	s->ops->handle_ending(s->userdata, true);
	timer_start(s->loop, &e->stage_timer, ask_ms);
}

/* Without cgroup.kill: stop whatever appears until nothing new does, then kill. */
static void kill_by_hand(struct session *s)
{
	static const int stop[] = { SIGSTOP }, end[] = { SIGKILL };
	size_t before = 0, n = 0;

	for (int round = 0; round < 32; round++) {
		_cleanup_free_ pid_t *pids = list_others(s, &n);

		for (size_t i = 0; i < n; i++)
			signal_checked(s, pids[i], stop, 1);
		if (n == before)
			break;
		before = n;
	}
	signal_others(s, end, 1);
	if (s->display.pid > 0)
		kill(s->display.pid, SIGKILL);
}

static void kill_once(struct session *s)
{
	int r;

	r = cgroup_kill(&s->cgroup);
	if (r < 0)
		kill_by_hand(s);
	/* Once: the user's systemd may start them again, and will be ended itself. */
	cgroup_kill(&s->ending.services);
	s->ending.services_killed = true;
	cgroup_done(&s->ending.services);
	/* The leader and the display server are in the group, unless it is gone already. */
	if (s->display.pid > 0)
		kill(s->display.pid, SIGKILL);
	if (s->desktop.pid > 0)
		kill(s->desktop.pid, SIGKILL);
	timer_start(s->loop, &s->ending.stage_timer, SESSION_KILL_AGAIN_MS);
}

static void enter_kill(struct session *s)
{
	if (s->ending.stage < ENDING_TERM)
		s->ops->handle_ending(s->userdata, false);
	s->ending.stage = ENDING_KILL;
	find_services(s);
	s->ending.forced = has_others(s);
	s->ending.display_told = s->ending.display_told || s->display.pid > 0;
	timer_stop(&s->ending.limit_timer);
	timer_start(s->loop, &s->ending.give_up_timer, SESSION_KILL_MAX_MS);
	kill_once(s);
}

void ending_check(struct session *s)
{
	enum ending_stage stage = s->ending.stage;

	if (stage < ENDING_REST && s->desktop.pid == 0)
		enter_rest(s);
	if (s->ending.stage == ENDING_REST && !has_others(s))
		enter_display(s);
	if (s->ending.stage >= ENDING_DISPLAY && is_empty(s))
		finish(s);
}

static void handle_stage_timer(void *userdata)
{
	struct session *s = userdata;

	switch (s->ending.stage) {
	case ENDING_ASK:
		enter_term(s);
		break;
	case ENDING_DISPLAY:
		if (s->ending.display_told || s->display.pid == 0)
			enter_kill(s);
		else
			tell_display(s);
		break;
	case ENDING_REST:
		enter_kill(s);
		break;
	case ENDING_KILL:
		kill_once(s);
		break;
	default:
		break;
	}
	ending_check(s);
}

static void handle_limit(void *userdata)
{
	struct session *s = userdata;

	enter_kill(s);
	ending_check(s);
}

static void handle_give_up(void *userdata)
{
	struct session *s = userdata;

	log_error("processes of the session cannot be killed, they hang in the kernel session=%s",
			s->id);
	finish(s);
}

static void handle_maybe_empty(void *userdata, short revents)
{
	struct session *s = userdata;
	char events[4096];

	(void)revents;
	while (read(s->ending.empty_fd, events, sizeof(events)) > 0)
		;
	ending_check(s);
}

/* A further caller: times can only become shorter. */
static void hurry(struct session *s, int64_t ask_ms, int64_t timeout_ms)
{
	struct ending *e = &s->ending;
	struct timer *t = &e->stage_timer;
	int64_t now_ms = clock_mono_ms();

	if (e->stage == ENDING_ASK && now_ms + ask_ms < t->due)
		timer_start(s->loop, t, ask_ms);
	if (e->stage < ENDING_KILL && now_ms + timeout_ms < e->limit_timer.due)
		timer_start(s->loop, &e->limit_timer, timeout_ms);
}

void ending_start(struct session *s, bool ordered, int64_t ask_ms, int64_t timeout_ms)
{
	struct ending *e = &s->ending;
	int fd;

	if (s->state == SESSION_ENDING) {
		hurry(s, ask_ms, timeout_ms);
		return;
	}
	s->state = SESSION_ENDING;
	e->ordered = ordered;
	fd = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
	if (fd >= 0) {
		e->empty_fd = fd;
		cgroup_watch(&s->cgroup, fd);
		watch_start(s->loop, &e->empty_watch, fd, POLLIN, handle_maybe_empty, s);
	}
	timer_start(s->loop, &e->limit_timer, timeout_ms);
	if (timeout_ms == 0)
		return; /* the timer is due in this turn of the loop */
	if (ordered && s->desktop.pid > 0)
		enter_ask(s, MIN(ask_ms, timeout_ms));
	else
		enter_rest(s);
}
