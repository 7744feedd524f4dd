/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Starts station-windows with a checked connection to the session's X server, feeds it orders and
 * reads its lines. The helper has no rights, so its output is judged like a stranger's: bounded,
 * parsed once, types checked, texts cleaned, and the list is cut.
 */
#include "session/windows.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/log.h"
#include "base/str.h"
#include "ipc/json.h"
#include "session/session.h"

#ifndef PKGLIBEXECDIR
#define PKGLIBEXECDIR "/usr/libexec/stationmaster"
#endif
#define HELPER PKGLIBEXECDIR "/station-windows"

enum { LIST_MAX = 256, TEXT_MAX = 1024 };

static void handle_out(void *userdata, short revents);
static void handle_slow(void *userdata);
static void handle_linger(void *userdata);

void windows_init(struct windows *w, struct session *s)
{
	*w = (struct windows){ .session = s, .in = -EBADF, .out = -EBADF };
	watch_init(&w->watch);
	timer_init(&w->answer_timer, handle_slow, w);
	timer_init(&w->linger_timer, handle_linger, w);
	buf_init(&w->buf, WINDOWS_LINE_MAX);
}

/* Those who wait are told that nothing was asked. */
static void asks_fail(struct windows *w)
{
	while (w->n_asks > 0) {
		struct windows_ask a = w->asks[0];

		memmove(w->asks, w->asks + 1, --w->n_asks * sizeof(a));
		if (a.fn)
			a.fn(0, a.userdata);
	}
}

static void lists_tell(struct windows *w, json_t *list)
{
	json_incref(list);
	while (w->n_lists > 0) {
		struct windows_wait l = w->lists[--w->n_lists];

		l.fn(list, l.userdata);
	}
	json_decref(list);
}

static void helper_end(struct windows *w)
{
	watch_stop(&w->watch);
	timer_stop(&w->answer_timer);
	timer_stop(&w->linger_timer);
	w->in = safe_close(w->in);
	w->out = safe_close(w->out);
	buf_done(&w->buf);
	buf_init(&w->buf, WINDOWS_LINE_MAX);
	if (w->pid > 0)
		kill(w->pid, SIGKILL);
	w->pid = 0;
	json_decref(w->list);
	w->list = NULL;
}

static void helper_lost(struct windows *w, const char *why)
{
	bool watched = w->watched;

	log_debug("station-windows ended: %s session=%s", why, w->session->id);
	helper_end(w);
	w->watched = false;
	asks_fail(w);
	lists_tell(w, NULL);
	if (watched && w->handle_list)
		w->handle_list(NULL, w->userdata);
}

static void handle_slow(void *userdata)
{
	helper_lost(userdata, "no answer");
}

static void handle_linger(void *userdata)
{
	struct windows *w = userdata;

	if (!w->watched && w->n_asks == 0 && w->n_lists == 0)
		helper_end(w);
}

static void rest(struct windows *w)
{
	if (w->n_asks == 0 && w->list)
		timer_stop(&w->answer_timer);
	if (!w->watched && w->n_asks == 0 && w->n_lists == 0)
		timer_start(w->session->loop, &w->linger_timer, WINDOWS_LINGER_MS);
}

/* --- what it says --- */

static json_t *check_window(json_t *from)
{
	_cleanup_free_ char *title = NULL, *class = NULL;
	struct args a;
	int64_t id, pid;
	bool active;

	args_init(&a, from);
	id = arg_int(&a, "id", ARG_REQUIRED, 0, UINT32_MAX, 0);
	pid = arg_int(&a, "pid", ARG_REQUIRED, 0, UINT32_MAX, 0);
	title = str_clean(arg_string(&a, "title", ARG_REQUIRED, TEXT_MAX) ?: "", 200);
	class = str_clean(arg_string(&a, "class", ARG_REQUIRED, TEXT_MAX) ?: "", 100);
	active = arg_bool(&a, "active", ARG_REQUIRED, false);
	if (args_bad(&a) || !title || !class)
		return NULL;
	return json_pack("{s:I, s:s, s:s, s:I, s:b}", "id", (json_int_t)id, "title", title, "class",
			class, "pid", (json_int_t)pid, "active", active);
}

static void take_list(struct windows *w, json_t *windows)
{
	json_t *list = json_array(), *item;
	size_t i;

	json_array_foreach (windows, i, item) {
		json_t *window = i < LIST_MAX && json_is_object(item) ? check_window(item) : NULL;

		if (window)
			json_array_append_new(list, window);
	}
	json_decref(w->list);
	w->list = list;
	lists_tell(w, w->list);
	if (w->watched && w->handle_list)
		w->handle_list(w->list, w->userdata);
}

static void take_asked(struct windows *w, json_t *asked)
{
	json_int_t n = json_integer_value(asked);
	struct windows_ask a;

	if (w->n_asks == 0)
		return;
	a = w->asks[0];
	memmove(w->asks, w->asks + 1, --w->n_asks * sizeof(a));
	if (a.fn)
		a.fn(n > 0 && n < LIST_MAX ? (unsigned)n : 0, a.userdata);
}

/* false: garbage. */
static bool handle_line(struct windows *w, const char *line, size_t len)
{
	_cleanup_json_ json_t *message = NULL;
	json_t *windows, *asked;

	if (json_parse_object(line, len, &message) < 0)
		return false;
	windows = json_object_get(message, "windows");
	asked = json_object_get(message, "asked");
	if (json_is_array(windows))
		take_list(w, windows);
	else if (json_is_integer(asked))
		take_asked(w, asked);
	return true;
}

static void handle_out(void *userdata, short revents)
{
	struct windows *w = userdata;
	char chunk[8192];
	const char *end;
	ssize_t n;

	(void)revents;
	n = read(w->out, chunk, sizeof(chunk));
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n <= 0 || buf_append(&w->buf, chunk, (size_t)n) < 0) {
		helper_lost(w, n <= 0 ? "closed" : "a line without end");
		return;
	}
	while (w->pid > 0 && (end = memchr(buf_head(&w->buf), '\n', buf_len(&w->buf)))) {
		size_t len = (size_t)(end - (const char *)buf_head(&w->buf));

		if (!handle_line(w, (const char *)buf_head(&w->buf), len)) {
			helper_lost(w, "garbage");
			return;
		}
		if (w->pid > 0)
			buf_consume(&w->buf, len + 1, false);
	}
	if (w->pid > 0)
		rest(w);
}

/* --- the helper --- */

static _Noreturn void run_helper(int in, int out, int x)
{
	sigset_t none;

	/* Out of the way of 0-3, then to their places. */
	in = fcntl(in, F_DUPFD_CLOEXEC, 10);
	out = fcntl(out, F_DUPFD_CLOEXEC, 10);
	x = fcntl(x, F_DUPFD, 10);
	if (in < 0 || out < 0 || x < 0 || fcntl(x, F_SETFL, 0) < 0 || dup2(in, 0) < 0 ||
			dup2(out, 1) < 0 || dup2(out, 2) < 0 || dup2(x, 3) < 0)
		_exit(126);
	close_range(4, ~0U, 0);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	setsid();
	execle(HELPER, HELPER, (char *)NULL, (char *[]){ NULL });
	_exit(127);
}

static int helper_start(struct windows *w)
{
	_cleanup_close_ int x = -EBADF, in_read = -EBADF, in_write = -EBADF, out_read = -EBADF,
			    out_write = -EBADF;
	int fds[2], r;
	pid_t pid;

	x = display_connect_x(&w->session->display);
	if (x < 0)
		return x;
	if (pipe2(fds, O_CLOEXEC) < 0)
		return -errno;
	in_read = fds[0];
	in_write = fds[1];
	if (pipe2(fds, O_CLOEXEC) < 0)
		return -errno;
	out_read = fds[0];
	out_write = fds[1];
	if (fcntl(out_read, F_SETFL, O_NONBLOCK) < 0 || fcntl(in_write, F_SETFL, O_NONBLOCK) < 0)
		return -errno;
	r = watch_start(w->session->loop, &w->watch, out_read, POLLIN, handle_out, w);
	if (r < 0)
		return r;
	pid = fork();
	if (pid == 0)
		run_helper(in_read, out_write, x);
	if (pid < 0) {
		r = -errno;
		watch_stop(&w->watch);
		return r;
	}
	w->pid = pid;
	w->in = take_fd(&in_write);
	w->out = take_fd(&out_read);
	r = fd_write_all(w->in, w->session->cookie, COOKIE_SIZE);
	timer_start(w->session->loop, &w->answer_timer, WINDOWS_ANSWER_MS);
	return r;
}

int windows_watch(struct windows *w)
{
	int r = 0;

	timer_stop(&w->linger_timer);
	w->watched = true;
	if (w->pid == 0)
		r = helper_start(w);
	if (r < 0) {
		w->watched = false;
		helper_end(w);
		return r;
	}
	return 0;
}

void windows_unwatch(struct windows *w)
{
	w->watched = false;
	if (w->pid > 0)
		rest(w);
}

void windows_list(struct windows *w, windows_list_fn fn, void *userdata)
{
	if (w->list || w->n_lists == WINDOWS_LISTS_MAX) {
		fn(w->list, userdata);
		return;
	}
	timer_stop(&w->linger_timer);
	if (w->pid == 0 && helper_start(w) < 0) {
		helper_end(w);
		fn(NULL, userdata);
		return;
	}
	w->lists[w->n_lists++] = (struct windows_wait){ fn, userdata };
}

void windows_close(struct windows *w, pid_t pid, windows_asked_fn fn, void *userdata)
{
	char line[32];
	int n = snprintf(line, sizeof(line), "close-pid %d\n", (int)pid);

	timer_stop(&w->linger_timer);
	if (w->n_asks == WINDOWS_ASKS_MAX || (w->pid == 0 && helper_start(w) < 0)) {
		if (w->n_asks == 0)
			helper_end(w);
		fn(0, userdata);
		return;
	}
	/* A pipe takes a short line whole or not at all. */
	if (write(w->in, line, (size_t)n) != n) {
		fn(0, userdata);
		return;
	}
	w->asks[w->n_asks++] = (struct windows_ask){ fn, userdata, pid };
	timer_start(w->session->loop, &w->answer_timer, WINDOWS_ANSWER_MS);
}

void windows_forget(struct windows *w, void *userdata)
{
	for (unsigned i = 0; i < w->n_asks; i++)
		if (w->asks[i].userdata == userdata)
			w->asks[i].fn = NULL;
	for (unsigned i = 0; i < w->n_lists; i++)
		if (w->lists[i].userdata == userdata)
			w->lists[i--] = w->lists[--w->n_lists];
}

void windows_handle_exit(struct windows *w, pid_t pid)
{
	if (pid == w->pid && pid > 0) {
		w->pid = 0;
		helper_lost(w, "exit");
	}
}

void windows_done(struct windows *w)
{
	helper_end(w);
	w->watched = false;
	asks_fail(w);
	lists_tell(w, NULL);
}
