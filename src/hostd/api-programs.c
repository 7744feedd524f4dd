/* SPDX-License-Identifier: GPL-3.0-or-later */
/* org.stationmaster.Programs. What a start means is command.c. */
#include <fcntl.h>
#include <openssl/evp.h>

#include "base/clock.h"
#include "base/fd.h"
#include "base/str.h"
#include "hostd/apps.h"
#include "hostd/command.h"
#include "hostd/gather.h"
#include "hostd/host.h"
#include "hostd/rights.h"
#include "hostd/worker.h"

enum {
	PROGRAM_NAME_MAX = 256,
	START_TIMEOUT_MS = 15000,
	CLOSE_SLACK_MS = 8000,
	FORCE_MS = 5000,
	FORCE_MS_MAX = 600000,
	FORCE_NEVER = -1, /* the helper answers after FORCE_MS */
	LIST_TIMEOUT_MS = 6000,
	RECENT_MAX = 10,
};

static const char *language_of(const char *language)
{
	bool ok = language && strlen(language) == 2 && language[0] >= 'a' && language[0] <= 'z' &&
		  language[1] >= 'a' && language[1] <= 'z';

	return ok ? language : "";
}

static json_t *build_categories(const char *list)
{
	json_t *out = json_array();

	while (*list) {
		size_t n = strcspn(list, ";");

		if (n > 0)
			json_array_append_new(out, json_stringn(list, n));
		list += n + (list[n] == ';');
	}
	return out;
}

void api_programs_installed(struct request *r)
{
	const char *language = arg_string(&r->args, "language", ARG_OPTIONAL, 16);
	struct apps *a = &r->host->apps;
	json_t *programs;

	if (!api_args_done(r))
		return;
	apps_update(a, language_of(language));
	programs = json_array();
	for (size_t i = 0; i < a->n; i++)
		json_array_append_new(programs,
				json_pack("{s:s, s:s, s:s, s:o, s:b}", "id", a->list[i].id, "name",
						a->list[i].name, "comment", a->list[i].comment,
						"categories",
						build_categories(a->list[i].categories), "icon",
						a->list[i].icon != NULL));
	varlink_reply(r->call, json_pack("{s:o}", "programs", programs));
}

void api_programs_icon(struct request *r)
{
	const char *id = arg_string(&r->args, "program", ARG_REQUIRED, 256);
	_cleanup_free_ char *data = NULL, *text = NULL;
	const struct app *app;
	size_t len = 0;

	if (!api_args_done(r))
		return;
	apps_update(&r->host->apps, r->host->apps.language);
	app = apps_find(&r->host->apps, id);
	if (!app || !app->icon ||
			fd_read_file_at(AT_FDCWD, app->icon, APPS_ICON_MAX, &data, &len) < 0) {
		api_not_found(r, id, "There is no such program, or it has no picture.");
		return;
	}
	text = malloc(len * 4 / 3 + 8);
	if (!text) {
		api_failed(r, "The system is out of memory.", "");
		return;
	}
	EVP_EncodeBlock((unsigned char *)text, (const unsigned char *)data, (int)len);
	varlink_reply(r->call,
			json_pack("{s:s, s:s}", "type",
					strstr(app->icon, ".svg") ? "image/svg+xml" : "image/png",
					"data", text));
}

/* --- recent --- */

static int add_recent(struct store_row *row, void *userdata)
{
	json_array_append_new(userdata, json_pack("{s:s, s:s}", "program", store_row_text(row, 0),
							"open", store_row_text(row, 1)));
	return 0;
}

void api_programs_recent(struct request *r)
{
	json_t *entries;

	if (!api_args_done(r))
		return;
	entries = json_array();
	store_query(r->host->store, add_recent, entries,
			"SELECT program, open FROM program_recent WHERE uid = ? ORDER BY used DESC LIMIT ?",
			"ii", (int64_t)r->caller->uid, (int64_t)RECENT_MAX);
	varlink_reply(r->call, json_pack("{s:o}", "entries", entries));
}

static void recent_add(struct request *r, const char *program, const char *open)
{
	struct store *s = r->host->store;

	store_begin(s);
	store_exec(s, "INSERT OR REPLACE INTO program_recent (uid, program, open, used) VALUES (?,?,?,?)",
			"issi", (int64_t)r->caller->uid, program, open, clock_real_ms());
	store_exec(s,
			"DELETE FROM program_recent WHERE uid = ? AND used NOT IN (SELECT used FROM "
			"program_recent WHERE uid = ? ORDER BY used DESC LIMIT ?)",
			"iii", (int64_t)r->caller->uid, (int64_t)r->caller->uid,
			(int64_t)RECENT_MAX);
	store_commit(s);
}

/* --- Start --- */

static void handle_started(struct target *t, const char *error, json_t *parameters)
{
	const char *reason = json_string_value(json_object_get(parameters, "reason"));

	t->state = error ? TARGET_FAILED : TARGET_DONE;
	if (error)
		t->reason = str_clean(reason ? reason : "It could not be started.", 500);
}

static void answer_unusable(struct request *r, const char *program, int error)
{
	if (error == -ENOENT)
		api_not_found(r, program, command_explain(error));
	else if (error == -EINVAL)
		varlink_error_parameter(r->call, "open");
	else if (error == -ENODATA)
		varlink_error_parameter(r->call, "program");
	else
		api_failed(r, command_explain(error), "");
}

void api_programs_start(struct request *r)
{
	_cleanup_(selection_done) struct selection sel = { 0 };
	_cleanup_free_ char *open = NULL, *what = NULL;
	_cleanup_json_ json_t *parameters = NULL;
	const char *program, *text;
	int k;

	program = arg_string(&r->args, "program", ARG_OPTIONAL, COMMAND_PROGRAM_MAX);
	text = arg_string(&r->args, "open", ARG_OPTIONAL, COMMAND_OPEN_CHARS_MAX * 4);
	if (!selection_read(r, &sel))
		return;
	open = command_clean_open(text);
	k = open ? command_find(r->host, program, open, &parameters) : -EINVAL;
	if (k < 0) {
		answer_unusable(r, program, k);
		return;
	}
	if (!selection_resolve(r, &sel, ACT_START))
		return;
	what = str_format("%s%s%s", program ? program : "", program && *open ? " " : "", open);
	recent_add(r, program ? program : "", open);
	gather_start(r, &sel,
			&(struct gather_order){ .method = "Run",
					.parameters = take_ptr(parameters),
					.timeout_ms = START_TIMEOUT_MS,
					.handle_reply = handle_started,
					.what = what ? what : "" });
}

/* --- List --- */

/* A call of a person that waits for the helper of one session: for windows and processes, which are
 * two calls there, or for the end of a program. */
struct listing {
	struct list link; /* in host->listings */
	struct host *host;
	struct varlink_call *call;
	char session[SESSION_ID_MAX];
	json_t *windows, *processes;
	unsigned pending;
	sd_event_source *timer;
};

static void listing_free(struct listing *g)
{
	struct session *s = session_find(g->host, g->session);

	if (s && s->worker)
		worker_forget(s->worker, g);
	list_remove(&g->link);
	sd_event_source_disable_unref(g->timer);
	varlink_call_unref(g->call);
	json_decref(g->windows);
	json_decref(g->processes);
	free(g);
}

void listings_free_all(struct host *h)
{
	while (!list_is_empty(&h->listings))
		listing_free(list_entry(h->listings.next, struct listing, link));
}

static void answer_failed(struct listing *g, const char *reason)
{
	varlink_error(g->call, "org.stationmaster.Programs.Failed",
			json_pack("{s:s, s:s}", "reason", reason, "output", ""));
}

static json_t *build_process(struct session *s, json_t *p)
{
	json_t *out = json_deep_copy(p);
	int64_t pid = json_integer_value(json_object_get(p, "pid"));
	int64_t start = json_integer_value(json_object_get(p, "start"));
	int64_t cpu_ms = json_integer_value(json_object_get(p, "cpu_ms"));

	json_object_del(out, "cpu_ms");
	json_object_set_new(out, "cpu_permille",
			json_integer(usage_process_permille(&s->usage, pid, start, cpu_ms)));
	return out;
}

static void listing_answer(struct listing *g)
{
	struct session *s = session_find(g->host, g->session);
	json_t *processes = json_array(), *item;
	size_t i;

	if (s && g->processes) {
		json_array_foreach (g->processes, i, item)
			json_array_append_new(processes, build_process(s, item));
		usage_note_processes(&s->usage, g->processes);
		varlink_reply(g->call,
				json_pack("{s:o, s:o}", "windows",
						g->windows ? json_incref(g->windows) : json_array(),
						"processes", processes));
	} else {
		json_decref(processes);
		answer_failed(g, "The session does not answer; it may be ending.");
	}
	listing_free(g);
}

static void handle_listed(struct varlink *v, const char *error, json_t *parameters, bool continues,
		int fd, void *userdata)
{
	struct listing *g = userdata;
	json_t *windows = json_object_get(parameters, "windows");
	json_t *processes = json_object_get(parameters, "processes");

	(void)v, (void)continues, (void)fd;
	if (!error && json_is_array(windows))
		g->windows = json_incref(windows);
	if (!error && json_is_array(processes))
		g->processes = json_incref(processes);
	if (--g->pending == 0)
		listing_answer(g);
}

static int handle_list_timeout(sd_event_source *source, uint64_t usec, void *userdata)
{
	(void)source, (void)usec;
	listing_answer(userdata);
	return 0;
}

/* NULL: an error was answered. */
static struct session *find_session(struct request *r, const char *id, enum act act)
{
	struct session *s = session_find(r->host, id);
	_cleanup_free_ char *reason = NULL;

	if (!s || !request_may_name(r, s)) {
		api_not_found(r, id, "There is no such session.");
		return NULL;
	}
	if (!rights_may(r->host, r->caller, s, act, false, &reason)) {
		api_audit(r, s->id, "refused");
		api_refused(r, reason ? reason : "");
		return NULL;
	}
	if (s->opening || s->closing || !s->worker) {
		api_failed(r,
				s->opening ? "The session is just starting."
					   : "The session is just ending.",
				"");
		return NULL;
	}
	return s;
}

/* NULL: an error was answered. */
static struct listing *listing_new(struct request *r, const struct session *s)
{
	struct listing *g = NULL;

	if (gather_has_room(&r->host->listings))
		g = calloc(1, sizeof(*g));
	if (!g) {
		api_failed(r, "Too many orders are under way. Wait a few seconds, then try again.",
				"");
		return NULL;
	}
	g->host = r->host;
	g->call = varlink_call_ref(r->call);
	str_copy(g->session, sizeof(g->session), s->id);
	list_add_tail(&r->host->listings, &g->link);
	return g;
}

void api_programs_list(struct request *r)
{
	const char *id = arg_string(&r->args, "session", ARG_REQUIRED, 64);
	struct listing *g;
	struct session *s;

	if (!api_args_done(r))
		return;
	s = find_session(r, id, ACT_START);
	g = s ? listing_new(r, s) : NULL;
	if (!g)
		return;
	g->pending = 1;
	if (worker_call(s->worker, "Windows", NULL, false, handle_listed, g) == 0)
		g->pending++;
	if (worker_call(s->worker, "Processes", NULL, false, handle_listed, g) == 0)
		g->pending++;
	if (--g->pending == 0)
		listing_answer(g);
	else
		(void)host_arm_timer(g->host, &g->timer, LIST_TIMEOUT_MS, handle_list_timeout, g);
}

/* --- Close --- */

static int64_t close_timeout(int64_t force)
{
	return (force == FORCE_NEVER ? FORCE_MS : force) + CLOSE_SLACK_MS;
}

static void handle_closed(struct varlink *v, const char *error, json_t *parameters, bool continues,
		int fd, void *userdata)
{
	struct listing *g = userdata;
	const char *reason = json_string_value(json_object_get(parameters, "reason"));

	(void)v, (void)continues, (void)fd;
	if (parameters && !error)
		varlink_reply(g->call, json_incref(parameters));
	else
		answer_failed(g, reason ? reason : "The session has just ended.");
	listing_free(g);
}

static int handle_close_timeout(sd_event_source *source, uint64_t usec, void *userdata)
{
	(void)source, (void)usec;
	answer_failed(userdata, "The session did not answer in time.");
	listing_free(userdata);
	return 0;
}

void api_programs_close(struct request *r)
{
	const char *id = arg_string(&r->args, "session", ARG_REQUIRED, 64);
	int64_t pid = arg_int(&r->args, "pid", ARG_REQUIRED, 1, INT32_MAX, 0);
	int64_t start = arg_int(&r->args, "start", ARG_REQUIRED, 0, INT64_MAX, 0);
	int64_t force = arg_int(
			&r->args, "force_ms", ARG_OPTIONAL, FORCE_NEVER, FORCE_MS_MAX, FORCE_MS);
	_cleanup_free_ char *what = NULL;
	struct listing *g;
	struct session *s;

	if (!api_args_done(r))
		return;
	s = find_session(r, id, ACT_CLOSE);
	g = s ? listing_new(r, s) : NULL;
	if (!g)
		return;
	what = str_format("%lld %s(%s)", (long long)pid, s->id, s->person.user);
	api_audit(r, what ? what : s->id, "ok");
	(void)host_arm_timer(g->host, &g->timer, close_timeout(force), handle_close_timeout, g);
	if (worker_call(s->worker, "CloseProgram",
			    json_pack("{s:I, s:I, s:I}", "pid", (json_int_t)pid, "start",
					    (json_int_t)start, "force_ms", (json_int_t)force),
			    false, handle_closed, g) < 0) {
		answer_failed(g, "The session's helper cannot be reached.");
		listing_free(g);
	}
}

static void handle_name_closed(struct target *t, const char *error, json_t *parameters)
{
	json_int_t closed = json_integer_value(json_object_get(parameters, "closed"));
	json_int_t forced = json_integer_value(json_object_get(parameters, "forced"));
	json_int_t asking = json_integer_value(json_object_get(parameters, "asking"));

	t->state = error        ? TARGET_FAILED
		   : asking > 0 ? TARGET_ASKING
		   : forced > 0 ? TARGET_FORCED
				: TARGET_DONE;
	if (error)
		t->reason = strdup("It could not be closed.");
	else if (asking > 0)
		t->reason = strdup(
				"It was asked to close and is still there; perhaps it asks what to save.");
	else if (closed == 0)
		t->reason = strdup("It did not run there.");
}

void api_programs_close_by_name(struct request *r)
{
	_cleanup_(selection_done) struct selection sel = { 0 };
	const char *name;
	int64_t force;

	name = arg_string(&r->args, "name", ARG_REQUIRED, PROGRAM_NAME_MAX);
	force = arg_int(&r->args, "force_ms", ARG_OPTIONAL, FORCE_NEVER, FORCE_MS_MAX, FORCE_MS);
	if (!selection_read(r, &sel))
		return;
	if (str_is_empty(name)) {
		varlink_error_parameter(r->call, "name");
		return;
	}
	if (!selection_resolve(r, &sel, ACT_CLOSE))
		return;
	gather_start(r, &sel,
			&(struct gather_order){ .method = "CloseByName",
					.parameters = json_pack("{s:s, s:I}", "name", name,
							"force_ms", (json_int_t)force),
					.timeout_ms = close_timeout(force),
					.handle_reply = handle_name_closed,
					.what = name });
}
