/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Opening of a session: which desktop, which display number, and the call to the helper that runs
 * it. A display number may be taken by somebody else between our look and the start of the display
 * server; the helper then says InUse and the next number is tried.
 */
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <sys/stat.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/str.h"
#include "hostd/events.h"
#include "hostd/host.h"
#include "hostd/job.h"
#include "hostd/lesson-run.h"
#include "hostd/login.h"
#include "hostd/session.h"
#include "hostd/station.h"
#include "hostd/weblimit.h"

enum {
	DISPLAY_TRIES_MAX = 32,
	DISPLAYS_MAX = 10000,    /* numbers looked at */
	OPEN_TIMEOUT_MS = 90000, /* a desktop on a loaded machine */
	OUTPUT_LINES_MAX = 8,
	OUTPUT_LINE_MAX = 200, /* characters */
};

struct opening {
	session_open_fn done;
	void *userdata;
	struct desktop desktop;
	int width, height;
	int display; /* last number tried */
	int tries;
};

/* The last lines of a failed program: printable, separated by newlines. */
char *session_clean_output(const char *s)
{
	_cleanup_free_ char *copy = strdup(s);
	char *lines[OUTPUT_LINES_MAX] = { NULL }, *save = NULL, *out = calloc(1, 1);
	size_t n = 0;

	for (char *line = copy ? strtok_r(copy, "\n", &save) : NULL; line;
			line = strtok_r(NULL, "\n", &save)) {
		char *clean = str_clean(line, OUTPUT_LINE_MAX);

		if (str_is_empty(clean)) {
			free(clean);
			continue;
		}
		free(lines[n % OUTPUT_LINES_MAX]);
		lines[n++ % OUTPUT_LINES_MAX] = clean;
	}
	for (size_t i = n > OUTPUT_LINES_MAX ? n - OUTPUT_LINES_MAX : 0; i < n && out; i++) {
		char *longer = str_format(
				"%s%s%s", out, *out ? "\n" : "", lines[i % OUTPUT_LINES_MAX]);

		free(out);
		out = longer;
	}
	for (size_t i = 0; i < OUTPUT_LINES_MAX; i++)
		free(lines[i]);
	return out;
}

/* Left by a helper or server that was killed; the helper that gets the number removes it. */
static bool lock_is_stale(const char *path)
{
	_cleanup_close_ int fd = -EBADF;
	char text[32] = "";
	int pid = 0;

	/* Anybody may put anything there. */
	fd = open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	return fd >= 0 && read(fd, text, sizeof(text) - 1) > 0 && sscanf(text, "%d", &pid) == 1 &&
	       pid > 0 && kill(pid, 0) < 0 && errno == ESRCH;
}

static bool display_is_taken(struct host *h, int number)
{
	char lock[64], path[64];
	struct stat st;
	struct list *l;

	list_for_each (l, &h->sessions)
		if (list_entry(l, struct session, link)->display == number)
			return true;
	snprintf(path, sizeof(path), "/tmp/.X11-unix/X%d", number);
	snprintf(lock, sizeof(lock), "/tmp/.X%d-lock", number);
	if (lstat(lock, &st) == 0)
		return !lock_is_stale(lock);
	return lstat(path, &st) == 0;
}

static int display_find(struct host *h, int from)
{
	int first = (int)h->conf->display_first;

	for (int n = MAX(from, first); n < first + DISPLAYS_MAX && n <= 65535; n++)
		if (!display_is_taken(h, n))
			return n;
	return -ENOSPC;
}

static void opening_free(struct session *s)
{
	if (!s->open)
		return;
	free(s->open->desktop.id);
	free(s->open->desktop.exec);
	free(s->open->desktop.names);
	free(s->open);
	s->open = NULL;
}

void session_open_forget(struct session *s)
{
	opening_free(s);
}

/* It did not come up: tell who waits, and take it out of the world. */
static void open_fail(struct session *s, const char *error, const char *reason, const char *output)
{
	session_open_fn done = s->open->done;
	void *userdata = s->open->userdata;
	struct host *h = s->host;
	uid_t uid = s->person.uid;

	log_warning("session did not start: %s session=%s user=%s", reason, s->id, s->person.user);
	if (!str_is_empty(output))
		log_notice("last words: %s session=%s user=%s", output, s->id, s->person.user);
	opening_free(s);
	job_handle_progress(s, TARGET_DONE, NULL);
	while (!list_is_empty(&s->stations))
		station_detach(list_entry(s->stations.next, struct station, shown), reason);
	events_send_session_gone(s, reason);
	orders_send_source_gone(s);
	if (done)
		done(NULL, error, reason, output, userdata);
	station_forget_room(s);
	session_free(s);
	login_handle_session_changed(h, uid);
}

void session_open_abort(struct session *s, const char *reason)
{
	open_fail(s, "Failed", reason, "");
}

static void try_display(struct session *s);

static void handle_open_error(struct session *s, const char *error, json_t *parameters)
{
	_cleanup_free_ char *reason = NULL, *output = NULL;
	const char *r, *o;
	struct args a;

	if (streq(error, "org.stationmaster.Worker.InUse")) {
		try_display(s);
		return;
	}
	args_init(&a, parameters);
	r = arg_string(&a, "reason", ARG_OPTIONAL, SIZE_MAX);
	o = arg_string(&a, "output", ARG_OPTIONAL, SIZE_MAX);
	reason = str_clean(str_is_empty(r) ? "The session did not start." : r, SESSION_MESSAGE_MAX);
	output = session_clean_output(o ? o : "");
	open_fail(s, "Failed", reason ? reason : "", output ? output : "");
}

static void handle_open(struct varlink *v, const char *error, json_t *parameters, bool continues,
		int fd, void *userdata)
{
	struct session *s = userdata;
	session_open_fn done;
	void *who;

	if (!parameters)
		return; /* the end of the connection is seen by the worker's owner */
	if (error) {
		handle_open_error(s, error, parameters);
		return;
	}
	if (session_take_facts(s, json_object_get(parameters, "facts")) < 0) {
		session_open_abort(s, "The helper of the session gave an answer that makes no "
				      "sense; are all parts of Stationmaster of one version?");
		return;
	}
	done = s->open->done;
	who = s->open->userdata;
	opening_free(s);
	s->opening = false;
	s->used_ms = clock_mono_ms();
	if (!s->closing)
		s->deadline = sd_event_source_disable_unref(s->deadline);
	log_info("session started session=%s user=%s display=:%d logind=%s desktop=%s", s->id,
			s->person.user, s->display, *s->logind ? s->logind : "-", s->desktop);
	session_start_watch(s);
	if (done)
		done(s, NULL, NULL, NULL, who);
	lesson_handle_session(s);
	login_handle_session_changed(s->host, s->person.uid);
}

static void try_display(struct session *s)
{
	struct host *h = s->host;
	struct opening *o = s->open;
	json_t *p;
	int n;

	n = o->tries++ < DISPLAY_TRIES_MAX ? display_find(h, o->display + 1) : -ENOSPC;
	if (n < 0) {
		_cleanup_free_ char *reason = str_format(
				"There is no free X display number from :%d on. End sessions, remove "
				"stale /tmp/.X*-lock files, or change display-first in section "
				"[session] of the configuration.",
				(int)h->conf->display_first);

		open_fail(s, "Limit", reason ? reason : "no free display number", "");
		return;
	}
	o->display = s->display = n;
	p = json_pack("{s:s, s:s, s:s, s:s, s:i, s:i, s:i, s:s, s:b, s:o}", "id", s->id, "desktop",
			o->desktop.id, "exec", o->desktop.exec, "names", o->desktop.names,
			"display", n, "width", o->width, "height", o->height, "wrapper",
			h->conf->wrapper, "glx", h->conf->glx, "limits",
			limits_build_json(&h->limits));
	if (worker_call(s->worker, "Open", p, false, handle_open, s) < 0)
		session_open_abort(s, "The helper of the session cannot be reached.");
}

static void handle_lost(struct worker *w, void *userdata)
{
	session_open_abort(userdata, "The helper of the session (station-session) ended "
				     "unexpectedly; the system's journal says why.");
}

static const struct desktop *choose_desktop(struct host *h, const char *wanted, char **ret_reason)
{
	_cleanup_free_ char *program = NULL;
	const struct desktop *d;

	desktops_update(&h->desktops);
	d = str_is_empty(wanted) ? desktops_default(&h->desktops, h->conf->desktop)
				 : desktops_find(&h->desktops, wanted);
	program = d ? desktop_missing_program(d) : NULL;
	if (program) {
		/* A wrapper would start another desktop in its place, without a word. */
		*ret_reason = str_format("The program %s of the desktop \"%s\" is not installed.",
				program, d->id);
		return NULL;
	}
	if (d)
		return d;
	if (h->desktops.n == 0)
		*ret_reason = str_format("No desktop is installed (there is none in %s). Install "
					 "one, for example the package xfce4.",
				h->desktops.path);
	else
		*ret_reason = str_format(
				"The desktop \"%s\" is not installed (no %s/%s.desktop, or "
				"its program is missing).",
				wanted ? wanted : "", h->desktops.path, wanted ? wanted : "");
	return NULL;
}

static int opening_new(const struct session_request *r, const struct desktop *d, struct host *h,
		struct opening **ret)
{
	struct opening *o = calloc(1, sizeof(*o));

	if (!o)
		return -ENOMEM;
	o->done = r->done;
	o->userdata = r->userdata;
	o->width = r->width ? r->width : (int)h->conf->width;
	o->height = r->height ? r->height : (int)h->conf->height;
	o->desktop.id = strdup(d->id);
	o->desktop.exec = strdup(d->exec);
	o->desktop.names = strdup(d->names);
	*ret = o;
	return o->desktop.id && o->desktop.exec && o->desktop.names ? 0 : -ENOMEM;
}

/* What limits the user is in force before the user's first program is started, or none is. */
static void handle_limited(const char *reason, void *userdata)
{
	struct session *s = userdata;
	_cleanup_free_ char *text = NULL;

	if (!reason) {
		session_set_deadline(s, OPEN_TIMEOUT_MS);
		try_display(s);
		return;
	}
	text = str_format("The web of %s is limited, and the limit cannot be enforced now, so the "
			  "session was not started. %s",
			s->person.full_name, reason);
	session_open_abort(s, text ? text : reason);
}

static int handle_try(sd_event_source *source, uint64_t usec, void *userdata)
{
	struct session *s = userdata;

	session_set_deadline(s, OPEN_TIMEOUT_MS);
	if (!web_limit_holds(s)) {
		try_display(s);
		return 0;
	}
	web_limits_apply(s->host);
	if (limiter_wait(s->host->limiter, handle_limited, s) < 0)
		session_open_abort(s, "The system is out of memory.");
	return 0;
}

int session_open(struct host *h, const struct session_request *request, struct session **ret,
		char **ret_reason)
{
	struct opening *o = NULL;
	const struct desktop *d;
	struct session *s;
	uint64_t number;
	int r;

	*ret_reason = NULL;
	if (h->n_sessions >= (unsigned)h->conf->sessions_max) {
		*ret_reason = str_format(
				"There are %u sessions already, as many as this system may have. "
				"Log somebody off, suspended ones count too, or raise max in "
				"section [session] of the configuration.",
				h->n_sessions);
		return -ENOSPC;
	}
	d = choose_desktop(h, request->desktop, ret_reason);
	if (!d)
		return -ENOENT;
	r = host_take_session_number(h, &number);
	if (r < 0) {
		*ret_reason = str_format("A number for the session cannot be written to "
					 "/run/stationmaster: %s.",
				strerror(-r));
		return r;
	}
	r = session_new(h, number, request->person, &s);
	if (r < 0)
		return r;
	s->opening = true;
	r = opening_new(request, d, h, &o);
	s->open = o;
	/* The call itself is made from the loop, so that done never comes before we return. */
	if (r == 0)
		r = host_arm_timer(h, &s->deadline, 0, handle_try, s);
	if (r < 0) {
		session_free(s);
		return r;
	}
	free(s->desktop);
	s->desktop = strdup(d->id);
	s->worker = request->worker;
	worker_set_owner(s->worker, handle_lost, s);
	/* Before anything is shown or started: a lesson of that room may be on. */
	if (request->room)
		station_place_session(s, request->room);
	session_touch(s);
	*ret = s;
	return 0;
}
