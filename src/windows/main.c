/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * station-windows: tells which windows a session shows, and asks them to close. station-session
 * starts it while somebody wants to know, with a connection to the session's X server on descriptor
 * 3. The X server runs as the person in the session and may answer whatever it likes, so this
 * process is neither root nor that person: it gives up everything before it reads the first byte.
 *
 * stdin: 16 bytes of cookie, then lines "close-pid PID" (ask the windows of this process to close).
 * stdout: one JSON object a line: {"windows": [...]} (type Window of org.stationmaster.Worker, from
 * the front to the back) at the start and after each change, {"asked": n} for each close-pid. It
 * ends when stdin does, or the X server.
 *
 * A window whose program does not tell its pid (plain X programs: xclock, xeyes, xfontsel) is known
 * by who made it: the X server knows the process at the other end of the connection.
 *
 * Specification: Extended Window Manager Hints 1.5; ICCCM 4.2.8 (WM_DELETE_WINDOW); X-Resource 1.2.
 */
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <jansson.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/time.h>
#include <unistd.h>
#include <xcb/res.h>
#include <xcb/xcb.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/str.h"

enum {
	X_FD = 3,
	COOKIE_SIZE = 16,
	NOBODY = 65534,
	WINDOWS_MAX = 256,
	TITLE_MAX = 200, /* characters */
	CLASS_MAX = 100,
	PROPERTY_WORDS_MAX = 1024, /* of any property that is read, 4 bytes each */
	SETTLE_MS = 150,           /* several changes are told as one */
	ORDER_MAX = 256,
};

enum atom {
	NET_CLIENT_LIST_STACKING,
	NET_CLIENT_LIST,
	NET_ACTIVE_WINDOW,
	NET_WM_NAME,
	NET_WM_PID,
	NET_WM_WINDOW_TYPE,
	NET_WM_WINDOW_TYPE_DESKTOP,
	NET_WM_WINDOW_TYPE_DOCK,
	NET_CLOSE_WINDOW,
	NET_SUPPORTED,
	UTF8_STRING,
	WM_PROTOCOLS,
	WM_DELETE_WINDOW,
	_ATOM_MAX,
};

static const char *const atom_names[_ATOM_MAX] = {
	[NET_CLIENT_LIST_STACKING] = "_NET_CLIENT_LIST_STACKING",
	[NET_CLIENT_LIST] = "_NET_CLIENT_LIST",
	[NET_ACTIVE_WINDOW] = "_NET_ACTIVE_WINDOW",
	[NET_WM_NAME] = "_NET_WM_NAME",
	[NET_WM_PID] = "_NET_WM_PID",
	[NET_WM_WINDOW_TYPE] = "_NET_WM_WINDOW_TYPE",
	[NET_WM_WINDOW_TYPE_DESKTOP] = "_NET_WM_WINDOW_TYPE_DESKTOP",
	[NET_WM_WINDOW_TYPE_DOCK] = "_NET_WM_WINDOW_TYPE_DOCK",
	[NET_CLOSE_WINDOW] = "_NET_CLOSE_WINDOW",
	[NET_SUPPORTED] = "_NET_SUPPORTED",
	[UTF8_STRING] = "UTF8_STRING",
	[WM_PROTOCOLS] = "WM_PROTOCOLS",
	[WM_DELETE_WINDOW] = "WM_DELETE_WINDOW",
};

struct windows {
	xcb_connection_t *x;
	xcb_window_t root;
	xcb_atom_t atoms[_ATOM_MAX];
	xcb_window_t known[WINDOWS_MAX]; /* whose properties are watched */
	unsigned n_known;
	bool has_res; /* the server tells whose connection a window is of */
	bool changed;
	int64_t due; /* of telling, CLOCK_MONOTONIC ms */
	char line[ORDER_MAX];
	size_t line_len;
};

/* --- X --- */

/* NULL: there is no such property. */
static xcb_get_property_reply_t *property_get(
		struct windows *w, xcb_window_t window, xcb_atom_t name, xcb_atom_t type)
{
	xcb_get_property_cookie_t cookie =
			xcb_get_property(w->x, 0, window, name, type, 0, PROPERTY_WORDS_MAX);

	return xcb_get_property_reply(w->x, cookie, NULL);
}

/* The values of a property of 32-bit values; at most max; the number. */
static unsigned property_words(struct windows *w, xcb_window_t window, xcb_atom_t name,
		uint32_t *ret, unsigned max)
{
	xcb_get_property_reply_t *p = property_get(w, window, name, XCB_GET_PROPERTY_TYPE_ANY);
	unsigned n = 0;

	if (p && p->format == 32) {
		n = MIN((unsigned)xcb_get_property_value_length(p) / 4, max);
		memcpy(ret, xcb_get_property_value(p), (size_t)n * 4);
	}
	free(p);
	return n;
}

/* A text property as clean UTF-8; malloc'ed; NULL: none. */
static char *property_text(struct windows *w, xcb_window_t window, xcb_atom_t name)
{
	xcb_get_property_reply_t *p = property_get(w, window, name, XCB_GET_PROPERTY_TYPE_ANY);
	char *raw = NULL;

	if (p && p->format == 8 && xcb_get_property_value_length(p) > 0)
		raw = strndup(xcb_get_property_value(p), (size_t)xcb_get_property_value_length(p));
	free(p);
	return raw;
}

static char *window_title(struct windows *w, xcb_window_t window)
{
	_cleanup_free_ char *raw = property_text(w, window, w->atoms[NET_WM_NAME]);

	if (!raw)
		raw = property_text(w, window, XCB_ATOM_WM_NAME);
	return str_clean(raw ? raw : "", TITLE_MAX);
}

/* WM_CLASS holds two strings, each ended by NUL: instance and class. */
static char *window_class(struct windows *w, xcb_window_t window)
{
	xcb_get_property_reply_t *p =
			property_get(w, window, XCB_ATOM_WM_CLASS, XCB_GET_PROPERTY_TYPE_ANY);
	_cleanup_free_ char *raw = NULL;

	if (p && p->format == 8) {
		const char *data = xcb_get_property_value(p);
		size_t len = (size_t)xcb_get_property_value_length(p);
		const char *second = len > 0 ? memchr(data, 0, len) : NULL;

		if (second)
			raw = strndup(second + 1, len - (size_t)(second + 1 - data));
	}
	free(p);
	return str_clean(raw ? raw : "", CLASS_MAX);
}

/* Of the connection that made the window; 0: not known. */
static uint32_t maker_pid(struct windows *w, xcb_window_t window)
{
	const xcb_res_client_id_spec_t spec = { .client = window,
		.mask = XCB_RES_CLIENT_ID_MASK_LOCAL_CLIENT_PID };
	xcb_res_query_client_ids_reply_t *r;
	xcb_res_client_id_value_iterator_t i;
	uint32_t pid = 0;

	if (!w->has_res)
		return 0;
	r = xcb_res_query_client_ids_reply(w->x, xcb_res_query_client_ids(w->x, 1, &spec), NULL);
	if (!r)
		return 0;
	for (i = xcb_res_query_client_ids_ids_iterator(r); i.rem > 0;
			xcb_res_client_id_value_next(&i))
		if (i.data->spec.mask & XCB_RES_CLIENT_ID_MASK_LOCAL_CLIENT_PID &&
				xcb_res_client_id_value_value_length(i.data) > 0)
			pid = *xcb_res_client_id_value_value(i.data);
	free(r);
	return pid;
}

static uint32_t window_pid(struct windows *w, xcb_window_t window)
{
	uint32_t pid = 0;

	property_words(w, window, w->atoms[NET_WM_PID], &pid, 1);
	return pid > 0 ? pid : maker_pid(w, window);
}

/* Panels and the desktop itself are no windows for people. */
static bool window_is_plain(struct windows *w, xcb_window_t window)
{
	uint32_t types[8];
	unsigned n = property_words(
			w, window, w->atoms[NET_WM_WINDOW_TYPE], types, ELEMENTSOF(types));

	for (unsigned i = 0; i < n; i++)
		if (types[i] == w->atoms[NET_WM_WINDOW_TYPE_DESKTOP] ||
				types[i] == w->atoms[NET_WM_WINDOW_TYPE_DOCK])
			return false;
	return true;
}

/* Managed windows, the lowest first. */
static unsigned windows_list(struct windows *w, uint32_t *ret)
{
	unsigned n = property_words(
			w, w->root, w->atoms[NET_CLIENT_LIST_STACKING], ret, WINDOWS_MAX);

	return n > 0 ? n : property_words(w, w->root, w->atoms[NET_CLIENT_LIST], ret, WINDOWS_MAX);
}

static void windows_watch(struct windows *w, const uint32_t *list, unsigned n)
{
	static const uint32_t mask = XCB_EVENT_MASK_PROPERTY_CHANGE;

	for (unsigned i = 0; i < n; i++) {
		bool is_new = true;

		for (unsigned k = 0; k < w->n_known; k++)
			is_new = is_new && w->known[k] != list[i];
		if (is_new)
			xcb_change_window_attributes(w->x, list[i], XCB_CW_EVENT_MASK, &mask);
	}
	memcpy(w->known, list, n * sizeof(*list));
	w->n_known = n;
}

static void say(json_t *message)
{
	char *text = json_dumps(message, JSON_COMPACT);

	if (text)
		puts(text);
	free(text);
	json_decref(message);
	if (fflush(stdout) != 0)
		exit(0); /* nobody listens */
}

static void windows_tell(struct windows *w)
{
	uint32_t list[WINDOWS_MAX], active = 0;
	unsigned n = windows_list(w, list);
	json_t *windows = json_array();

	windows_watch(w, list, n);
	property_words(w, w->root, w->atoms[NET_ACTIVE_WINDOW], &active, 1);
	for (unsigned i = n; i-- > 0;) {
		_cleanup_free_ char *title = NULL, *class = NULL;

		if (!window_is_plain(w, list[i]))
			continue;
		title = window_title(w, list[i]);
		class = window_class(w, list[i]);
		json_array_append_new(windows,
				json_pack("{s:I, s:s, s:s, s:I, s:b}", "id", (json_int_t)list[i],
						"title", title ? title : "", "class",
						class ? class : "", "pid",
						(json_int_t)window_pid(w, list[i]), "active",
						list[i] == active));
	}
	say(json_pack("{s:o}", "windows", windows));
	w->changed = false;
}

static bool window_manager_closes(struct windows *w)
{
	uint32_t supported[PROPERTY_WORDS_MAX];
	unsigned n = property_words(
			w, w->root, w->atoms[NET_SUPPORTED], supported, ELEMENTSOF(supported));

	for (unsigned i = 0; i < n; i++)
		if (supported[i] == w->atoms[NET_CLOSE_WINDOW])
			return true;
	return false;
}

static void window_ask_to_close(struct windows *w, xcb_window_t window, bool by_manager)
{
	xcb_client_message_event_t e = {
		.response_type = XCB_CLIENT_MESSAGE, .format = 32, .window = window
	};

	if (by_manager) {
		e.type = w->atoms[NET_CLOSE_WINDOW];
		e.data.data32[0] = XCB_CURRENT_TIME;
		e.data.data32[1] = 2; /* a pager: direct user action */
		xcb_send_event(w->x, 0, w->root,
				XCB_EVENT_MASK_SUBSTRUCTURE_NOTIFY |
						XCB_EVENT_MASK_SUBSTRUCTURE_REDIRECT,
				(const char *)&e);
	} else {
		e.type = w->atoms[WM_PROTOCOLS];
		e.data.data32[0] = w->atoms[WM_DELETE_WINDOW];
		xcb_send_event(w->x, 0, window, XCB_EVENT_MASK_NO_EVENT, (const char *)&e);
	}
}

static void close_pid(struct windows *w, uint32_t pid)
{
	uint32_t list[WINDOWS_MAX];
	unsigned n = windows_list(w, list), asked = 0;
	bool by_manager = window_manager_closes(w);

	for (unsigned i = 0; i < n; i++) {
		if (window_pid(w, list[i]) != pid || !window_is_plain(w, list[i]))
			continue;
		window_ask_to_close(w, list[i], by_manager);
		asked++;
	}
	xcb_flush(w->x);
	say(json_pack("{s:i}", "asked", (int)asked));
}

static void note_change(struct windows *w)
{
	if (!w->changed)
		w->due = clock_mono_ms() + SETTLE_MS;
	w->changed = true;
}

static void handle_x(struct windows *w)
{
	xcb_generic_event_t *e;

	while ((e = xcb_poll_for_event(w->x))) {
		const xcb_property_notify_event_t *p = (const void *)e;
		xcb_atom_t a = (e->response_type & 0x7f) == XCB_PROPERTY_NOTIFY ? p->atom : 0;

		if (a && (a == w->atoms[NET_CLIENT_LIST_STACKING] ||
					 a == w->atoms[NET_CLIENT_LIST] ||
					 a == w->atoms[NET_ACTIVE_WINDOW] ||
					 a == w->atoms[NET_WM_NAME] || a == XCB_ATOM_WM_NAME))
			note_change(w);
		free(e);
	}
}

/* --- orders --- */

static void handle_line(struct windows *w, const char *line)
{
	static const char close[] = "close-pid ";
	int64_t pid;

	if (strncmp(line, close, sizeof(close) - 1) == 0 &&
			str_parse_i64(line + sizeof(close) - 1, 1, INT32_MAX, &pid) == 0)
		close_pid(w, (uint32_t)pid);
}

/* false: the end. */
static bool handle_orders(struct windows *w)
{
	ssize_t n = read(0, w->line + w->line_len, sizeof(w->line) - 1 - w->line_len);
	char *end;

	if (n <= 0)
		return n < 0 && errno == EINTR;
	w->line_len += (size_t)n;
	w->line[w->line_len] = 0;
	while ((end = strchr(w->line, '\n'))) {
		*end++ = 0;
		handle_line(w, w->line);
		w->line_len -= (size_t)(end - w->line);
		memmove(w->line, end, w->line_len + 1);
	}
	return w->line_len < sizeof(w->line) - 1;
}

/* --- start --- */

#if defined(__SANITIZE_ADDRESS__)
/* The search for leaks starts a process, which is not allowed here. */
const char *__asan_default_options(void);
const char *__asan_default_options(void)
{
	return "detect_leaks=0";
}
#endif

static bool give_up_rights(void)
{
	const struct rlimit files = { 8, 8 }, none = { 0, 0 };

	if (geteuid() == 0 && (setgroups(0, NULL) < 0 || setresgid(NOBODY, NOBODY, NOBODY) < 0 ||
					      setresuid(NOBODY, NOBODY, NOBODY) < 0))
		return false;
	return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 && prctl(PR_SET_DUMPABLE, 0) == 0 &&
	       chdir("/") == 0 && setrlimit(RLIMIT_NOFILE, &files) == 0 &&
	       setrlimit(RLIMIT_NPROC, &none) == 0 && setrlimit(RLIMIT_FSIZE, &none) == 0;
}

static bool read_cookie(char *ret)
{
	for (size_t n = 0; n < COOKIE_SIZE;) {
		ssize_t k = read(0, ret + n, COOKIE_SIZE - n);

		if (k <= 0)
			return false;
		n += (size_t)k;
	}
	return true;
}

static bool server_tells_makers(struct windows *w)
{
	const xcb_query_extension_reply_t *res = xcb_get_extension_data(w->x, &xcb_res_id);
	xcb_res_query_version_reply_t *r;
	bool tells;

	if (!res || !res->present)
		return false;
	r = xcb_res_query_version_reply(w->x, xcb_res_query_version(w->x, 1, 2), NULL);
	tells = r && (r->server_major > 1 || (r->server_major == 1 && r->server_minor >= 2));
	free(r);
	return tells;
}

static bool connect_x(struct windows *w)
{
	static char name[] = "MIT-MAGIC-COOKIE-1";
	char cookie[COOKIE_SIZE];
	xcb_auth_info_t auth = {
		.namelen = sizeof(name) - 1, .name = name, .datalen = COOKIE_SIZE, .data = cookie
	};
	xcb_intern_atom_cookie_t asked[_ATOM_MAX];
	static const uint32_t mask = XCB_EVENT_MASK_PROPERTY_CHANGE;
	xcb_screen_iterator_t screens;

	if (!read_cookie(cookie))
		return false;
	w->x = xcb_connect_to_fd(X_FD, &auth);
	explicit_bzero(cookie, sizeof(cookie));
	if (!w->x || xcb_connection_has_error(w->x))
		return false;
	screens = xcb_setup_roots_iterator(xcb_get_setup(w->x));
	if (screens.rem < 1)
		return false;
	w->root = screens.data->root;
	for (unsigned i = 0; i < _ATOM_MAX; i++)
		asked[i] = xcb_intern_atom(w->x, 0, (uint16_t)strlen(atom_names[i]), atom_names[i]);
	for (unsigned i = 0; i < _ATOM_MAX; i++) {
		xcb_intern_atom_reply_t *r = xcb_intern_atom_reply(w->x, asked[i], NULL);

		w->atoms[i] = r ? r->atom : XCB_ATOM_NONE;
		free(r);
	}
	w->has_res = server_tells_makers(w);
	xcb_change_window_attributes(w->x, w->root, XCB_CW_EVENT_MASK, &mask);
	return !xcb_connection_has_error(w->x);
}

int main(void)
{
	static struct windows w;
	struct pollfd fds[2] = { { .fd = 0, .events = POLLIN }, { .fd = X_FD, .events = POLLIN } };

	if (!give_up_rights())
		return 1;
	if (!connect_x(&w))
		return 1;
	windows_tell(&w);
	while (!xcb_connection_has_error(w.x)) {
		int64_t left;

		/* xcb may have read events while it waited for a reply. */
		handle_x(&w);
		left = w.due - clock_mono_ms();
		if (w.changed && left <= 0) {
			windows_tell(&w);
			continue;
		}
		xcb_flush(w.x);
		if (poll(fds, 2, w.changed ? (int)left : -1) < 0 && errno != EINTR)
			return 1;
		if (fds[0].revents && !handle_orders(&w))
			return 0;
		if (fds[1].revents & (POLLERR | POLLHUP))
			return 0;
	}
	return 0;
}
