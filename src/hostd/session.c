/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The session object: list, JSON, the end. Owned by the host's list; freed by session_end() (it is
 * gone) or session_free() (stationd goes, it stays).
 *
 * How the end of a session is noticed, in the order in which it usually comes:
 *   - the reply to LogOff, where somebody ordered it;
 *   - the reply to Watch: the desktop or the display server ended by itself;
 *   - the helper's connection ends and cannot be had again: the result is in ended/ID, or the
 * helper died, and then what it left behind is killed through logind. A helper that does not answer
 * a LogOff in time is ended by force (session-kill.c).
 */
#include "hostd/session.h"

#include <fcntl.h>
#include <stdio.h>

#include "base/clock.h"
#include "base/fd.h"
#include "base/log.h"
#include "base/str.h"
#include "hostd/chat.h"
#include "hostd/events.h"
#include "hostd/host.h"
#include "hostd/job.h"
#include "hostd/login.h"
#include "hostd/logind.h"
#include "hostd/projection.h"
#include "hostd/rights.h"
#include "hostd/session-kill.h"
#include "hostd/station-scene.h"
#include "hostd/station.h"
#include "hostd/view.h"
#include "hostd/weblimit.h"

enum {
	ANSWER_SLACK_MS = 5000, /* on top of the time-out of a log-off */
	KILL_SLACK_MS = 3000,   /* from our own kill to giving up */
	REMOVED_SLACK_MS = 3000,
	RECONNECTS_MAX = 5,
};

struct session *session_find(struct host *h, const char *id)
{
	struct list *l;

	list_for_each (l, &h->sessions) {
		struct session *s = list_entry(l, struct session, link);

		if (streq(s->id, id))
			return s;
	}
	return NULL;
}

/* The sessions of one user. */
struct owned {
	unsigned n, n_closing;
	struct session *any;
	struct session *used_last;
	struct session *suspended; /* the one used last */
};

static struct owned find_owned(struct host *h, uid_t uid)
{
	struct owned o = { 0 };
	struct list *l;

	list_for_each (l, &h->sessions) {
		struct session *s = list_entry(l, struct session, link);

		if (s->person.uid != uid)
			continue;
		o.any = o.any ? o.any : s;
		o.n_closing += s->closing;
		o.n += !s->closing;
		if (s->closing || s->opening)
			continue;
		if (!o.used_last || s->used_ms > o.used_last->used_ms)
			o.used_last = s;
		if (list_is_empty(&s->stations) &&
				(!o.suspended || s->used_ms > o.suspended->used_ms))
			o.suspended = s;
	}
	return o;
}

static bool has_room(struct host *h, const struct owned *o)
{
	/* Where one is all there may be, the next one begins when the last one has ended. */
	return o->n < (unsigned)h->conf->per_user_max &&
	       (h->conf->per_user_max > 1 || o->n_closing == 0);
}

enum session_choice session_choose(struct host *h, uid_t uid, struct session **ret)
{
	struct owned o = find_owned(h, uid);

	*ret = o.suspended ? o.suspended : has_room(h, &o) ? NULL : o.used_last;
	if (*ret)
		return SESSION_CHOICE_TAKE;
	return has_room(h, &o) ? SESSION_CHOICE_OPEN : SESSION_CHOICE_WAIT;
}

bool session_may_add(struct host *h, uid_t uid, struct session **ret)
{
	struct owned o = find_owned(h, uid);

	*ret = o.any;
	return o.n + o.n_closing < (unsigned)h->conf->per_user_max;
}

unsigned session_count_state(struct host *h, bool shown)
{
	unsigned n = 0;
	struct list *l;

	list_for_each (l, &h->sessions)
		n += list_is_empty(&list_entry(l, struct session, link)->stations) != shown;
	return n;
}

static const char *session_get_state(const struct session *s)
{
	if (s->closing)
		return "closing";
	if (s->opening)
		return "opening";
	return list_is_empty(&s->stations) ? "suspended" : "active";
}

static json_t *build_may(const struct session *s, const struct caller *caller)
{
	static const enum act acts[] = { ACT_TILE, ACT_VIEW, ACT_CONTROL, ACT_BLOCK, ACT_LIMIT,
		ACT_PROJECT, ACT_LOGOFF, ACT_SUSPEND, ACT_LOCK, ACT_UNLOCK, ACT_START, ACT_CLOSE,
		ACT_CHAT };
	json_t *may = json_array();

	for (size_t i = 0; may && i < ELEMENTSOF(acts); i++)
		if (rights_may(s->host, caller, s, acts[i], false, NULL))
			json_array_append_new(may, json_string(act_to_string(acts[i])));
	return may;
}

json_t *session_build_json(struct session *s, const struct caller *caller)
{
	_cleanup_json_ json_t *stations = json_array();
	char since[CLOCK_RFC3339_LEN + 1], display[16] = "";
	bool own = caller->uid == s->person.uid;
	json_t *notice = json_null(), *out;
	struct session_flags f;
	struct list *l;

	list_for_each (l, &s->stations)
		json_array_append_new(
				stations, json_string(list_entry(l, struct station, shown)->id));
	if (s->notice)
		notice = json_pack("{s:s, s:s, s:s, s:s, s:I, s:s}", "job", s->notice->id, "by",
				s->notice->by.full_name, "act", job_act_to_string(s->notice->act),
				"cause", job_cause_to_string(s->notice->cause), "ends_ms",
				(json_int_t)s->notice_ms, "message", s->notice->message);
	clock_format_rfc3339(s->since_s, since);
	if (s->display > 0)
		snprintf(display, sizeof(display), ":%d", s->display);
	session_get_flags(s, &f);
	out = json_pack("{s:s, s:s, s:I, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:O, s:s, s:I, s:o, "
			"s:b, s:b, s:b, s:b, s:b, s:b, s:s, s:s, s:b, s:o}",
			"id", s->id, "user", s->person.user, "uid", (json_int_t)s->person.uid,
			"full_name", s->person.full_name, "role", role_to_string(s->person.role),
			"state", session_get_state(s), "type", "x11", "desktop", s->desktop,
			"display", display, "logind", s->logind, "stations", stations, "since",
			since, "idle_ms", (json_int_t)(clock_mono_ms() - s->used_ms), "notice",
			notice, "blocked", f.blocked, "locked", s->locked, "projected", f.projected,
			"projecting", f.projecting, "viewed", f.viewed, "controlled", f.controlled,
			"controlled_by", f.controlled_by, "scene", f.scene, "own", own, "may",
			build_may(s, caller));
	if (out) {
		json_object_set_new(out, "room", json_string(s->room));
		json_object_set_new(out, "limited", json_boolean(f.limited));
		json_object_set_new(out, "hand_ms", json_integer(s->hand_ms));
		usage_build_json(&s->usage, out);
		limit_build_json(s, out);
	}
	return out;
}

void session_touch(struct session *s)
{
	s->dirty = true;
	host_touch(s->host);
}

static int replace(char **dst, const char *value)
{
	char *copy = str_clean(value, 100);

	if (!copy)
		return -ENOMEM;
	free(*dst);
	*dst = copy;
	return 0;
}

int session_new(struct host *h, uint64_t number, const struct person *person, struct session **ret)
{
	struct session *s = calloc(1, sizeof(*s));
	struct list *l;

	if (!s)
		return -ENOMEM;
	list_init(&s->link);
	list_init(&s->stations);
	s->host = h;
	usage_init(&s->usage, s);
	s->number = number;
	snprintf(s->id, sizeof(s->id), "s%llu", (unsigned long long)number);
	s->person = *person;
	s->person.user = strdup(person->user);
	s->person.full_name = strdup(person->full_name);
	s->since_s = clock_real_ms() / 1000;
	s->used_ms = clock_mono_ms();
	if (!s->person.user || !s->person.full_name || replace(&s->desktop, "") < 0 ||
			replace(&s->logind, "") < 0) {
		session_free(s);
		return -ENOMEM;
	}
	/* In order of numbers: nearly always the last. */
	for (l = h->sessions.prev; l != &h->sessions; l = l->prev)
		if (list_entry(l, struct session, link)->number < number)
			break;
	list_add_head(l, &s->link);
	h->n_sessions++;
	*ret = s;
	return 0;
}

void session_free(struct session *s)
{
	if (!s)
		return;
	if (!list_is_empty(&s->link)) {
		list_remove(&s->link);
		s->host->n_sessions--;
	}
	session_open_forget(s);
	limiter_forget(s->host->limiter, s);
	usage_done(&s->usage);
	limit_done(&s->limit);
	sd_event_source_disable_unref(s->deadline);
	worker_free(s->worker);
	person_done(&s->person);
	json_decref(s->told);
	free(s->desktop);
	free(s->logind);
	free(s);
}

int session_take_facts(struct session *s, json_t *facts)
{
	const char *id, *desktop, *display, *logind;
	int64_t number = 0;
	struct args a;

	args_init(&a, facts);
	id = arg_string(&a, "id", ARG_REQUIRED, SESSION_ID_MAX);
	desktop = arg_string(&a, "desktop", ARG_REQUIRED, 256);
	display = arg_string(&a, "display", ARG_REQUIRED, 32);
	logind = arg_string(&a, "logind", ARG_REQUIRED, 256);
	s->since_s = arg_int(&a, "since_s", ARG_REQUIRED, 0, INT32_MAX * 16ll, 0);
	s->closing = arg_bool(&a, "closing", ARG_REQUIRED, false) || s->closing;
	if (args_bad(&a) || !streq(id, s->id))
		return -EBADMSG;
	if (*display && (display[0] != ':' || str_parse_i64(display + 1, 0, 65535, &number) < 0))
		return -EBADMSG;
	s->display = (int)number;
	if (replace(&s->desktop, desktop) < 0 || replace(&s->logind, logind) < 0)
		return -ENOMEM;
	return 0;
}

/* --- the end --- */

/*
 * What the helper left about an end that nobody was there to be told of, {"forced": bool, "reason":
 * string}: -ENOENT, or enum session_end.
 */
static int ended_read(const char *id, char **ret_reason)
{
	_cleanup_free_ char *data = NULL;
	_cleanup_json_ json_t *note = NULL;
	const char *reason;
	char path[128];
	size_t len;

	snprintf(path, sizeof(path), HOST_ENDED "/%s", id);
	if (fd_read_file_at(AT_FDCWD, path, 65536, &data, &len) < 0)
		return -ENOENT;
	if (json_parse_object(data, len, &note) < 0)
		return SESSION_END_DONE;
	reason = json_string_value(json_object_get(note, "reason"));
	if (ret_reason)
		*ret_reason = str_clean(reason ? reason : "", SESSION_MESSAGE_MAX);
	return json_is_true(json_object_get(note, "forced")) ? SESSION_END_FORCED
							     : SESSION_END_DONE;
}

static void ended_forget(const char *id)
{
	char path[128];

	snprintf(path, sizeof(path), HOST_ENDED "/%s", id);
	unlink(path);
}

enum session_end session_take_ended(const char *id)
{
	int how = ended_read(id, NULL);

	ended_forget(id);
	return how < 0 ? SESSION_END_DONE : (enum session_end)how;
}

bool session_is_running(const char *id)
{
	_cleanup_close_ int pidfd = -EBADF;
	pid_t pid;

	pidfd = worker_open_process(id, &pid);
	return pidfd >= 0;
}

void session_end(struct session *s, enum session_end how, const char *reason, const char *text)
{
	struct host *h = s->host;
	uid_t uid = s->person.uid;

	log_info("session ended%s%s session=%s user=%s%s", *reason ? ": " : "", reason, s->id,
			s->person.user, how == SESSION_END_FORCED ? " forced=yes" : "");
	list_remove(&s->link);
	h->n_sessions--;
	job_handle_progress(s, how == SESSION_END_FORCED ? TARGET_FORCED : TARGET_DONE, NULL);
	/* First, so that who looks hears of the session's end, not only of the view's. */
	orders_send_source_gone(s);
	view_handle_session_end(s);
	projection_handle_session_end(h, s->id);
	while (!list_is_empty(&s->stations))
		station_detach(list_entry(s->stations.next, struct station, shown), text);
	events_send_session_gone(s, reason);
	ended_forget(s->id);
	if (s->locked)
		session_forget_lock(s);
	station_forget_room(s);
	if (s->hand_ms)
		hand_forget(s);
	session_free(s);
	login_handle_session_changed(h, uid);
}

static void end_logged_off(struct session *s, enum session_end how)
{
	char reason[CALLER_NAME_MAX + 32] = "logged off", text[CALLER_NAME_MAX + 128] = "";

	if (s->open) {
		session_open_abort(s, "The session was logged off while it was starting.");
		return;
	}
	if (s->ended_cause != JOB_ORDER) {
		timeout_describe_end(s, reason, sizeof(reason), text, sizeof(text));
	} else if (s->ended_by[0] && s->ended_by_uid != s->person.uid) {
		snprintf(reason, sizeof(reason), "logged off by %s", s->ended_by);
		snprintf(text, sizeof(text), "%s has ended your session.", s->ended_by);
	}
	session_end(s, how, reason, text);
}

static void handle_lost(struct worker *w, void *userdata)
{
	_cleanup_free_ char *reason = NULL;
	struct session *s = userdata;
	struct worker *again = NULL;
	int ended;

	s->worker = worker_free(s->worker);
	if (s->open) {
		session_open_abort(s, "The helper of the session (station-session) ended "
				      "unexpectedly; the system's journal says why.");
		return;
	}
	ended = ended_read(s->id, &reason);
	if (ended < 0 && s->reconnects++ < RECONNECTS_MAX &&
			worker_connect(s->host, s->id, &again) == 0) {
		s->worker = again;
		session_start_watch(s);
		if (s->closing)
			session_order_end(s);
		return;
	}
	if (ended >= 0 && !s->closing && reason) {
		/* Its unit may have tidied up after a helper that was killed. */
		session_end(s, ended, reason, streq(reason, SESSION_USER_LOGGED_OFF) ? "" : reason);
		return;
	}
	if (s->killed || ended >= 0) {
		end_logged_off(s, s->killed ? SESSION_END_FORCED : (enum session_end)ended);
		return;
	}
	log_error("the helper ended unexpectedly session=%s user=%s", s->id, s->person.user);
	if (*s->logind)
		logind_kill_session(s->host->logind, s->logind);
	session_end(s, SESSION_END_FORCED, "its helper (station-session) ended unexpectedly",
			"Your session ended because of a fault of the system.");
}

static void handle_watch(struct varlink *v, const char *error, json_t *parameters, bool continues,
		int fd, void *userdata)
{
	_cleanup_free_ char *reason = NULL, *text = NULL, *output = NULL;
	struct session *s = userdata;
	const char *r, *o;
	struct args a;

	if (!parameters || error)
		return; /* the connection's end is seen by handle_lost() */
	args_init(&a, parameters);
	r = arg_string(&a, "reason", ARG_OPTIONAL, SIZE_MAX);
	o = arg_string(&a, "output", ARG_OPTIONAL, SIZE_MAX);
	if (s->closing && s->ended_by[0])
		return; /* the answer to LogOff comes too, and says how it went */
	reason = str_clean(r ? r : "", SESSION_MESSAGE_MAX);
	output = session_clean_output(o ? o : "");
	if (!str_is_empty(output))
		log_notice("last words: %s session=%s user=%s", output, s->id, s->person.user);
	text = str_format("%s%s%s", !reason || streq(reason, SESSION_USER_LOGGED_OFF) ? "" : reason,
			str_is_empty(output) ? "" : "\n", output ? output : "");
	if (s->removed)
		session_end(s, SESSION_END_DONE, "ended from outside (by systemd-logind)",
				"Your session was ended by the administrator of the system.");
	else
		session_end(s, SESSION_END_DONE, reason ? reason : "", text ? text : "");
}

void session_start_watch(struct session *s)
{
	worker_set_owner(s->worker, handle_lost, s);
	worker_call(s->worker, "Watch", NULL, false, handle_watch, s);
	limit_watch(s);
	session_touch(s);
}

static void log_off_failed(struct session *s, const char *reason)
{
	s->deadline = sd_event_source_disable_unref(s->deadline);
	s->closing = false;
	s->ended_by[0] = 0;
	s->ended_cause = JOB_ORDER;
	log_error("log-off failed: %s session=%s user=%s", reason, s->id, s->person.user);
	session_touch(s);
	job_handle_progress(s, TARGET_FAILED, reason);
}

static void handle_log_off(struct varlink *v, const char *error, json_t *parameters, bool continues,
		int fd, void *userdata)
{
	_cleanup_free_ char *clean = NULL;
	struct session *s = userdata;
	const char *state, *reason;

	if (!parameters)
		return;
	state = json_string_value(json_object_get(parameters, "state"));
	reason = json_string_value(json_object_get(parameters, "reason"));
	if (error) {
		clean = str_clean(reason ? reason : error, SESSION_MESSAGE_MAX);
		log_off_failed(s, clean ? clean : error);
	} else if (continues && state && streq(state, "asking")) {
		job_handle_progress(s, TARGET_ASKING, NULL);
	} else if (continues && state && streq(state, "ending")) {
		job_handle_progress(s, TARGET_ENDING, NULL);
	} else if (!continues) {
		end_logged_off(s, s->killed || (state && streq(state, "forced"))
						  ? SESSION_END_FORCED
						  : SESSION_END_DONE);
	}
}

static int handle_kill_deadline(sd_event_source *source, uint64_t usec, void *userdata)
{
	struct session *s = userdata;

	/* Our own kill did not reach it either, or nothing noticed that it did. */
	if (s->worker)
		s->worker = worker_free(s->worker);
	if (!session_is_running(s->id)) {
		end_logged_off(s, SESSION_END_FORCED);
		return 0;
	}
	log_off_failed(s, "Its processes could not be killed; they hang in the kernel. The session "
			  "ends when they do, at the latest when the system restarts.");
	if (worker_connect(s->host, s->id, &s->worker) == 0)
		session_start_watch(s);
	return 0;
}

static int handle_deadline(sd_event_source *source, uint64_t usec, void *userdata)
{
	struct session *s = userdata;

	if (s->open) {
		session_open_abort(s, "The session did not come up in time.");
		return 0;
	}
	log_warning("the helper does not answer, killing session=%s user=%s", s->id,
			s->person.user);
	s->killed = true;
	job_handle_progress(s, TARGET_ENDING, NULL);
	host_arm_timer(s->host, &s->deadline, KILL_SLACK_MS, handle_kill_deadline, s);
	session_kill(s);
	return 0;
}

void session_set_deadline(struct session *s, int64_t delay_ms)
{
	host_arm_timer(s->host, &s->deadline, delay_ms, handle_deadline, s);
}

void session_order_end(struct session *s)
{
	json_t *p = json_pack("{s:I, s:I}", "ask_ms", (json_int_t)s->ask_ms, "timeout_ms",
			(json_int_t)s->timeout_ms);

	session_set_deadline(s, s->timeout_ms + ANSWER_SLACK_MS);
	if (s->worker && worker_call(s->worker, "LogOff", p, true, handle_log_off, s) < 0)
		log_error("cannot call the helper session=%s", s->id);
}

void session_log_off(struct session *s, const struct caller *by, int64_t ask_ms, int64_t timeout_ms)
{
	if (s->killed)
		return;
	if (!s->ended_by[0]) {
		str_copy(s->ended_by, sizeof(s->ended_by), by->full_name);
		s->ended_by_uid = by->uid;
	}
	s->closing = true;
	s->ask_ms = MIN(ask_ms, timeout_ms);
	s->timeout_ms = timeout_ms;
	session_order_end(s);
	session_touch(s);
}

static int handle_removed_deadline(sd_event_source *source, uint64_t usec, void *userdata)
{
	struct session *s = userdata;

	s->ask_ms = s->timeout_ms = 0;
	session_order_end(s);
	return 0;
}

void session_handle_removed(struct session *s)
{
	if (s->closing || s->opening)
		return;
	log_notice("ended from outside session=%s user=%s logind=%s", s->id, s->person.user,
			s->logind);
	s->removed = true;
	s->closing = true;
	session_touch(s);
	/* Its helper sees the processes end and says so; if it does not, it is told. */
	host_arm_timer(s->host, &s->deadline, REMOVED_SLACK_MS, handle_removed_deadline, s);
}
