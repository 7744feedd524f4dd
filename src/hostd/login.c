/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The log-in object. States:
 *
 *   ASKED     the helper works (PAM); call is the relay's open call, or done is who waits
 *   PROMPTED  the person has been asked; no call is open; LOGIN_TIMEOUT_MS runs
 *   NOTICED   authenticated; the person reads what has to be accepted; no call is open;
 *             NOTICE_TIMEOUT_MS runs
 *   WAITING   authenticated; a session of the same user is just opening or ending, and the user may
 *             have no more of them, so this goes on when that has changed
 *   OPENING   a session of its own is coming up; the worker belongs to the session now
 *
 * Ends by login_reply_done() or login_fail(), which answer the open call or call done, and free.
 * Secrets pass through: they are in the JSON of the call and of the helper's call only, which are
 * wiped (json_init(), varlink.c), and are never logged.
 */
#include "hostd/login.h"

#include "base/clock.h"
#include "base/list.h"
#include "base/log.h"
#include "base/str.h"
#include "hostd/accepted.h"
#include "hostd/audit.h"
#include "hostd/host.h"
#include "hostd/session.h"
#include "hostd/station-scene.h"
#include "hostd/station.h"
#include "hostd/token.h"
#include "hostd/worker.h"

enum {
	PAM_TIMEOUT_MS = 180000, /* a directory server that is slow */
	WAIT_TIMEOUT_MS = 60000, /* for the end of the user's last session */
};

#define LOGIN_ERROR    "org.stationmaster.Login."
#define SESSIONS_ERROR "org.stationmaster.Sessions."
#define WRONG_PASSWORD "The user name or the password is not right."

enum login_state { ASKED, PROMPTED, NOTICED, WAITING, OPENING };

struct login {
	struct list link;
	struct host *host;
	struct peer *peer;
	enum login_purpose purpose;
	enum login_state state;
	char id[STR_TOKEN_LEN + 1];
	char station[STATION_ID_MAX];
	char *user; /* as typed */
	char *desktop;
	char *language;
	int width, height;
	char address[CALLER_FROM_MAX];
	struct caller caller; /* who orders it, if it is not the person */
	bool has_caller;
	login_end_fn done;
	void *userdata;
	char *password;                /* LOGIN_PLACED, until PAM has asked for it */
	char replaces[SESSION_ID_MAX]; /* session that the station may show; empty: none */
	bool privileged, moves;
	struct varlink_call *call;
	struct worker *worker;
	struct session *session; /* OPENING */
	struct person person;
	const struct logon_notice *notice; /* NOTICED */
	json_t *messages;                  /* of the last reply of the helper */
	sd_event_source *timer;
};

/* For the helper. An unlock is a log-in that it is then told to discard. */
static const char *const purpose_names[] = { "station", "dashboard", "start", "station", "start",
	"station", "start" };
static const char *const services[] = { "stationmaster", "stationmaster-dashboard",
	"stationmaster-start", "stationmaster", "stationmaster-start", "stationmaster",
	"stationmaster-start" };
static const char *const audit_names[] = { "Login.station", "Login.dashboard", "Sessions.Start",
	"Login.unlock", "Login.auto", "Stations.LogOn", "Stations.LogOn" };

/* Nothing is proved: PAM checks the account only. */
static bool is_plain(const struct login *g)
{
	return g->purpose == LOGIN_START || g->purpose == LOGIN_AUTO ||
	       g->purpose == LOGIN_PLACED_PLAINLY;
}

/* Nobody answers questions. */
static bool is_unattended(const struct login *g)
{
	return is_plain(g) || g->purpose == LOGIN_PLACED;
}

static void login_free(struct login *g)
{
	if (!g)
		return;
	list_remove(&g->link);
	g->host->n_logins--;
	sd_event_source_disable_unref(g->timer);
	worker_free(g->worker);
	varlink_call_unref(g->call);
	person_done(&g->person);
	json_decref(g->messages);
	str_wipe_free(g->password);
	free(g->user);
	free(g->desktop);
	free(g->language);
	free(g);
}

/* Who this log-in is in the audit. */
static void login_caller(const struct login *g, struct caller *ret)
{
	if (g->has_caller) {
		*ret = g->caller;
		return;
	}
	*ret = (struct caller){ .uid = g->person.user ? g->person.uid : (uid_t)-1,
		.role = g->person.user ? g->person.role : ROLE_STANDARD };
	str_copy(ret->user, sizeof(ret->user), g->person.user ? g->person.user : g->user);
	str_copy(ret->full_name, sizeof(ret->full_name),
			g->person.full_name ? g->person.full_name : g->user);
	str_copy(ret->from, sizeof(ret->from), g->address);
}

static void login_audit(struct login *g, const char *result)
{
	_cleanup_free_ char *targets = str_format("%s%s%s%s", g->user, *g->station ? " at " : "",
			g->station, g->purpose == LOGIN_PLACED_PLAINLY ? " without password" : "");
	struct caller c;

	login_caller(g, &c);
	audit_add(g->host, &c, audit_names[g->purpose], targets ? targets : g->user, result);
}

/* What became of the notice: which text, by its hash. */
static void notice_audit(struct login *g, const char *result)
{
	_cleanup_free_ char *targets = NULL;
	char hash[ACCEPTED_HASH_LEN + 1];
	struct caller c;

	accepted_hash(g->notice, hash);
	targets = str_format("%s at %s: notice %s sha256 %s", g->user, g->station,
			g->notice->language, hash);
	login_caller(g, &c);
	audit_add(g->host, &c, "Login.notice", targets ? targets : g->user, result);
}

/* Nobody is there any more to answer. */
static void login_drop(struct login *g)
{
	if (g->state == NOTICED)
		notice_audit(g, "unanswered");
	login_free(g);
}

/* Ends the log-in with an error. parameters are taken. */
static void login_fail(struct login *g, const char *error, json_t *parameters)
{
	const char *reason = json_string_value(json_object_get(parameters, "reason"));

	login_audit(g, error);
	if (g->done) {
		g->done(g->host, g->station, NULL, reason ? reason : error, g->userdata);
		json_decref(parameters);
	} else if (g->call) {
		_cleanup_free_ char *name = str_format("%s%s",
				g->purpose == LOGIN_START ? SESSIONS_ERROR : LOGIN_ERROR, error);

		varlink_error(g->call, name ? name : LOGIN_ERROR "Failed", parameters);
	} else {
		json_decref(parameters);
	}
	login_free(g);
}

static void login_fail_text(struct login *g, const char *reason, const char *output)
{
	login_fail(g, "Failed", json_pack("{s:s, s:s}", "reason", reason, "output", output));
}

static void login_deny(struct login *g, const char *reason)
{
	json_t *messages = g->messages ? json_incref(g->messages) : json_array();

	login_fail(g, "Denied", json_pack("{s:s, s:o}", "reason", reason, "messages", messages));
}

/* Ends it well. token NULL: none. */
static void login_reply_done(struct login *g, const char *token)
{
	json_t *messages = g->messages ? json_incref(g->messages) : json_array();

	login_audit(g, "ok");
	if (g->call)
		varlink_reply(g->call,
				json_pack("{s:s, s:[], s:o, s:n, s:b, s:o, s:s, s:s, s:s}",
						"conversation", g->id, "prompts", "messages",
						messages, "notice", "done", 1, "token",
						token ? json_string(token) : json_null(), "user",
						g->person.user, "full_name", g->person.full_name,
						"role", role_to_string(g->person.role)));
	else
		json_decref(messages);
	login_free(g);
}

/* --- authenticated --- */

static void finish_dashboard(struct login *g)
{
	char token[STR_TOKEN_LEN + 1];
	struct caller c;
	int r;

	if (g->person.role == ROLE_STANDARD) {
		login_deny(g, "This account may not use the dashboard. Operators and administrators "
			      "may: ask for membership in their group.");
		return;
	}
	login_caller(g, &c);
	r = token_new(g->host, &c, token);
	if (r < 0) {
		login_fail_text(g, "The system has no memory or random numbers left.", "");
		return;
	}
	login_reply_done(g, token);
	explicit_bzero(token, sizeof(token));
}

/* The station shows it. */
static void finish_done(struct login *g, struct session *s)
{
	login_audit(g, "ok");
	g->done(g->host, g->station, s, NULL, g->userdata);
	login_free(g);
}

/* The person has a session now, own or found: show it. */
static void finish_station(struct login *g, struct session *s)
{
	struct station *st = station_find(g->host, g->station);

	if (!st) {
		login_fail_text(g,
				"This station is no longer connected. Load the page again, or "
				"connect the viewer again; your session runs and will be shown.",
				"");
		return;
	}
	if (st->session && st->session != s && !streq(st->session->id, g->replaces)) {
		login_fail_text(g, "Somebody else has logged in at this station meanwhile.", "");
		return;
	}
	/* In this order: the station where it is locked still must not show it for a moment. */
	if (!is_plain(g))
		session_clear_lock(s);
	station_attach(st, s);
	session_refresh(s);
	if (g->done)
		finish_done(g, s);
	else
		login_reply_done(g, NULL);
}

/* The password was right; is it still that person's lock? */
static void finish_unlock(struct login *g)
{
	struct station *st = station_find(g->host, g->station);

	worker_call(g->worker, "Discard", NULL, false, NULL, NULL);
	if (!st || !st->session || st->session->person.uid != g->person.uid) {
		login_fail_text(g, "The station shows another session meanwhile.", "");
		return;
	}
	session_unlock(st->session);
	login_reply_done(g, NULL);
}

static void handle_opened(struct session *s, const char *error, const char *reason,
		const char *output, void *userdata)
{
	struct login *g = userdata;

	g->session = NULL;
	if (error) {
		/* Login knows no Limit. */
		if (g->purpose == LOGIN_START && streq(error, "Limit"))
			login_fail(g, error, json_pack("{s:s}", "reason", reason));
		else
			login_fail_text(g, reason, output);
		return;
	}
	if (g->purpose != LOGIN_START) {
		finish_station(g, s);
		return;
	}
	login_audit(g, "ok");
	varlink_reply(g->call, json_pack("{s:o}", "session", session_build_json(s, &g->caller)));
	login_free(g);
}

static void open_session(struct login *g)
{
	const struct station *st = *g->station ? station_find(g->host, g->station) : NULL;
	struct session_request request = { .person = &g->person,
		.worker = g->worker,
		.room = st ? st->room : NULL,
		.desktop = g->desktop,
		.width = g->width,
		.height = g->height,
		.done = handle_opened,
		.userdata = g };
	_cleanup_free_ char *reason = NULL;
	int r;

	r = session_open(g->host, &request, &g->session, &reason);
	if (r == 0) {
		g->worker = NULL;
		g->state = OPENING;
		g->timer = sd_event_source_disable_unref(g->timer);
		return;
	}
	if (g->purpose == LOGIN_START && r == -ENOSPC)
		login_fail(g, "Limit",
				json_pack("{s:s}", "reason", reason ? reason : strerror(-r)));
	else if (r == -ENOSPC)
		login_fail_text(g,
				"This system is full: it has as many sessions as it can have, and none "
				"of them is yours. Nothing is wrong with your account. Wait until "
				"somebody logs off and try again, use another computer, or tell "
				"whoever supervises this room.",
				"");
	else
		login_fail_text(g, reason ? reason : strerror(-r), "");
}

static int handle_wait_timeout(sd_event_source *source, uint64_t usec, void *userdata)
{
	login_fail_text(userdata,
			"Your last session is still being ended. Try again in a minute; if this "
			"lasts, ask an administrator to look for programs that hang.",
			"");
	return 0;
}

static void proceed_start(struct login *g)
{
	_cleanup_free_ char *reason = NULL;
	struct session *s;

	if (session_may_add(g->host, g->person.uid, &s)) {
		open_session(g);
		return;
	}
	reason = str_format(
			"%s has a session already: %s. One account has at most %lld (per-user-max "
			"in section [session] of the configuration).",
			g->person.full_name, s->id, (long long)g->host->conf->per_user_max);
	login_fail_text(g, reason ? reason : "", "");
}

/* Somebody has to be there to take a session away from where it is shown. true: it failed. */
static bool fails_as_shown(struct login *g, struct session *s)
{
	_cleanup_free_ char *reason = NULL;
	struct station *at;

	if (!g->done || g->moves || list_is_empty(&s->stations))
		return false;
	at = list_entry(s->stations.next, struct station, shown);
	if (streq(at->id, g->station))
		return false;
	reason = str_format(
			"%s is logged on at %s already, and one account has at most %lld sessions "
			"(per-user-max in section [session] of the configuration).",
			g->person.full_name, at->name, (long long)g->host->conf->per_user_max);
	login_fail_text(g, reason ? reason : "", "");
	return true;
}

/* Find the session to show, wait for it, or open one. */
static void proceed(struct login *g)
{
	struct session *s;

	if (g->purpose == LOGIN_START) {
		proceed_start(g);
		return;
	}
	switch (session_choose(g->host, g->person.uid, &s)) {
	case SESSION_CHOICE_OPEN:
		open_session(g);
		break;
	case SESSION_CHOICE_WAIT:
		if (g->state != WAITING)
			host_arm_timer(g->host, &g->timer, WAIT_TIMEOUT_MS, handle_wait_timeout, g);
		g->state = WAITING;
		break;
	case SESSION_CHOICE_TAKE:
		if (fails_as_shown(g, s))
			break;
		/* The helper is not needed; it ends PAM and itself. */
		worker_call(g->worker, "Discard", NULL, false, NULL, NULL);
		finish_station(g, s);
		break;
	}
}

void login_handle_session_changed(struct host *h, uid_t uid)
{
	struct list *l, *next;

	list_for_each_safe (l, next, &h->logins) {
		struct login *g = list_entry(l, struct login, link);

		if (g->state == WAITING && g->person.uid == uid)
			proceed(g);
	}
}

/* --- the conversation --- */

static int handle_prompt_timeout(sd_event_source *source, uint64_t usec, void *userdata)
{
	login_drop(userdata);
	return 0;
}

static int handle_pam_timeout(sd_event_source *source, uint64_t usec, void *userdata)
{
	login_fail_text(userdata,
			"The log-in took too long: the service that knows the accounts does not "
			"answer. Try again; if this lasts, tell an administrator.",
			"");
	return 0;
}

static void handle_lost(struct worker *w, void *userdata)
{
	struct login *g = userdata;

	if (g->state == PROMPTED || g->state == NOTICED)
		login_drop(g); /* the next Answer or Accept gets NoConversation */
	else
		login_fail_text(g,
				"The log-in helper (station-session) ended unexpectedly; the "
				"system's journal says why.",
				"");
}

static void handle_helper_error(struct login *g, const char *error, json_t *parameters)
{
	_cleanup_free_ char *reason = NULL, *output = NULL;
	const char *text = json_string_value(json_object_get(parameters, "reason"));
	const char *lines = json_string_value(json_object_get(parameters, "output"));
	json_t *messages = json_object_get(parameters, "messages");

	reason = str_clean(text ? text : "", SESSION_MESSAGE_MAX);
	if (json_is_array(messages)) {
		json_decref(g->messages);
		g->messages = json_incref(messages);
	}
	if (is_plain(g) && streq(error, "org.stationmaster.Worker.UnknownUser")) {
		login_fail(g, "UnknownUser",
				json_pack("{s:s, s:s}", "user", g->user, "reason",
						str_is_empty(reason)
								? "There is no account of this name."
								: reason));
	} else if (streq(error, "org.stationmaster.Worker.Denied") ||
			streq(error, "org.stationmaster.Worker.UnknownUser")) {
		if (is_plain(g)) {
			login_fail(g, "Refused",
					json_pack("{s:s}", "reason",
							str_is_empty(reason)
									? "The account may not log in."
									: reason));
			return;
		}
		attempts_failed(&g->host->attempts, g->user, g->address, clock_mono_ms());
		login_deny(g, streq(error, "org.stationmaster.Worker.UnknownUser") ||
								str_is_empty(reason)
						? WRONG_PASSWORD
						: reason);
	} else {
		output = session_clean_output(lines ? lines : "");
		login_fail_text(g,
				str_is_empty(reason) ? "The log-in helper reported an error."
						     : reason,
				output ? output : "");
	}
}

static void ask_helper(struct login *g, const char *method, json_t *parameters);

/* The password that came with the order answers the question for it, and no other one. */
static void answer_prompts(struct login *g, json_t *prompts)
{
	json_t *prompt = json_array_get(prompts, 0);
	char *password = take_ptr(g->password);

	if (json_array_size(prompts) == 1 && password &&
			json_is_false(json_object_get(prompt, "echo")))
		ask_helper(g, "Answer", json_pack("{s:[s]}", "answers", password));
	else
		login_fail_text(g,
				"PAM asks for more than the password, for example because it has "
				"expired. This person has to log on at the station.",
				"");
	str_wipe_free(password);
}

static void handle_prompts(struct login *g, json_t *prompts)
{
	varlink_reply(g->call,
			json_pack("{s:s, s:O, s:O, s:n, s:b}", "conversation", g->id, "prompts",
					prompts, "messages", g->messages, "notice", "done", 0));
	g->call = varlink_call_unref(g->call);
	g->state = PROMPTED;
	host_arm_timer(g->host, &g->timer, LOGIN_TIMEOUT_MS, handle_prompt_timeout, g);
}

/* At a station: the person is known, and nothing has been shown or started yet. */
static void show_notice(struct login *g)
{
	varlink_reply(g->call,
			json_pack("{s:s, s:[], s:O, s:{s:s, s:s}, s:b}", "conversation", g->id,
					"prompts", "messages", g->messages, "notice", "language",
					g->notice->language, "text", g->notice->text, "done", 0));
	g->call = varlink_call_unref(g->call);
	g->state = NOTICED;
	host_arm_timer(g->host, &g->timer, NOTICE_TIMEOUT_MS, handle_prompt_timeout, g);
}

static void go_on_at_station(struct login *g)
{
	if (station_find(g->host, g->station)) {
		proceed(g);
		return;
	}
	login_fail_text(g,
			"This station is no longer connected. Load the page again, or "
			"connect the viewer again.",
			"");
}

/* Nobody works at a station with such rights unless somebody has said that it is meant. */
static bool fails_as_privileged(struct login *g)
{
	_cleanup_free_ char *reason = NULL;

	if (!g->done || g->privileged || g->person.role == ROLE_STANDARD)
		return false;
	reason = str_format("%s is an %s. Such accounts are logged on only if that was explicitly "
			    "wanted (privileged).",
			g->person.full_name, role_to_string(g->person.role));
	login_fail(g, "Refused", json_pack("{s:s}", "reason", reason ? reason : ""));
	return true;
}

static void handle_done(struct login *g, json_t *person)
{
	if (person_parse(person, &g->person) < 0) {
		login_fail_text(g,
				"The log-in helper gave an answer that makes no sense; are all "
				"parts of Stationmaster of one version?",
				"");
		return;
	}
	if (!is_plain(g))
		attempts_succeeded(&g->host->attempts, g->user);
	if (g->purpose == LOGIN_DASHBOARD) {
		finish_dashboard(g);
		return;
	}
	if (g->purpose == LOGIN_UNLOCK) {
		finish_unlock(g);
		return;
	}
	if (fails_as_privileged(g))
		return;
	if (g->purpose == LOGIN_START) {
		proceed(g);
		return;
	}
	g->notice = accepted_find_missing(g->host, &g->person, g->language);
	if (g->notice && g->done)
		login_fail_text(g,
				"This person has to accept the notice of this system first, which "
				"nobody can do for others: log on at the station itself.",
				"");
	else if (g->notice)
		show_notice(g);
	else
		go_on_at_station(g);
}

static void handle_reply(struct varlink *v, const char *error, json_t *parameters, bool continues,
		int fd, void *userdata)
{
	struct login *g = userdata;
	json_t *prompts, *messages;

	if (!parameters)
		return; /* handle_lost() comes */
	if (error) {
		handle_helper_error(g, error, parameters);
		return;
	}
	prompts = json_object_get(parameters, "prompts");
	messages = json_object_get(parameters, "messages");
	json_decref(g->messages);
	g->messages = json_is_array(messages) ? json_incref(messages) : json_array();
	if (json_is_true(json_object_get(parameters, "done")))
		handle_done(g, json_object_get(parameters, "person"));
	else if (is_plain(g))
		login_fail_text(g,
				"PAM asks questions in the service stationmaster-start; it must "
				"check accounts only.",
				"");
	else if (json_is_array(prompts) && json_array_size(prompts) > 0)
		g->done ? answer_prompts(g, prompts) : handle_prompts(g, prompts);
	else
		login_fail_text(g, "The log-in helper neither asks nor is done.", "");
}

static void ask_helper(struct login *g, const char *method, json_t *parameters)
{
	g->state = ASKED;
	host_arm_timer(g->host, &g->timer, PAM_TIMEOUT_MS, handle_pam_timeout, g);
	if (worker_call(g->worker, method, parameters, false, handle_reply, g) < 0)
		handle_lost(g->worker, g);
}

static unsigned count_address(struct host *h, const char *address)
{
	struct list *l;
	unsigned n = 0;

	list_for_each (l, &h->logins)
		n += streq(list_entry(l, struct login, link)->address, address);
	return n;
}

static int64_t busy_ms(struct host *h, const struct login_request *request, const char **ret_reason)
{
	int64_t delay;

	*ret_reason = "There are too many log-ins at once. Try again in a moment.";
	if (h->n_logins >= LOGINS_MAX)
		return 2000;
	if (request->purpose == LOGIN_START || request->purpose == LOGIN_AUTO ||
			request->purpose == LOGIN_PLACED_PLAINLY)
		return 0;
	if (count_address(h, request->address) >= LOGINS_PER_ADDRESS_MAX)
		return 2000;
	delay = attempts_get_delay(&h->attempts, request->user, request->address, clock_mono_ms());
	*ret_reason = "There were too many wrong attempts. Wait a moment, then try again.";
	return delay;
}

static int login_new(struct host *h, struct peer *peer, struct varlink_call *call,
		const struct login_request *request, struct login **ret)
{
	struct login *g = calloc(1, sizeof(*g));

	if (!g)
		return -ENOMEM;
	g->host = h;
	g->peer = peer;
	g->purpose = request->purpose;
	g->call = call ? varlink_call_ref(call) : NULL;
	g->user = strdup(request->user);
	g->desktop = request->desktop ? strdup(request->desktop) : NULL;
	g->language = request->language ? strdup(request->language) : NULL;
	g->width = request->width;
	g->height = request->height;
	if (request->station)
		str_copy(g->station, sizeof(g->station), request->station);
	str_copy(g->address, sizeof(g->address), request->address);
	g->has_caller = request->caller != NULL;
	if (request->caller)
		g->caller = *request->caller;
	g->done = request->done;
	g->userdata = request->userdata;
	g->password = request->password ? strdup(request->password) : NULL;
	str_copy(g->replaces, sizeof(g->replaces), request->replaces ? request->replaces : "");
	g->privileged = request->privileged;
	g->moves = request->moves;
	list_add_tail(&h->logins, &g->link);
	h->n_logins++;
	if (!g->user || (request->password && !g->password) || (request->desktop && !g->desktop) ||
			(request->language && !g->language) || str_random_token(g->id) < 0) {
		login_free(g);
		return -ENOMEM;
	}
	*ret = g;
	return 0;
}

void login_start(struct host *h, struct peer *peer, struct varlink_call *call,
		const struct login_request *request)
{
	const char *reason;
	struct login *g;
	int64_t wait;
	int r;

	wait = busy_ms(h, request, &reason);
	if (wait > 0 && request->done) {
		request->done(h, request->station, NULL, reason, request->userdata);
		return;
	}
	if (wait > 0 && request->purpose == LOGIN_START) {
		varlink_error(call, SESSIONS_ERROR "Limit", json_pack("{s:s}", "reason", reason));
		return;
	}
	if (wait > 0) {
		varlink_error(call, LOGIN_ERROR "Busy",
				json_pack("{s:s, s:I}", "reason", reason, "retry_ms",
						(json_int_t)wait));
		return;
	}
	r = login_new(h, peer, call, request, &g);
	if (r < 0 && request->done) {
		request->done(h, request->station, NULL, "The system is out of memory.",
				request->userdata);
		return;
	}
	if (r < 0) {
		varlink_error(call, LOGIN_ERROR "Busy",
				json_pack("{s:s, s:i}", "reason", "The system is out of memory.",
						"retry_ms", 5000));
		return;
	}
	r = worker_start(h, &g->worker);
	if (r < 0) {
		_cleanup_free_ char *text = str_format(
				"The log-in helper (station-session) cannot be started: %s.",
				strerror(-r));

		login_fail_text(g, text ? text : "", "");
		return;
	}
	worker_set_owner(g->worker, handle_lost, g);
	ask_helper(g, "Begin",
			json_pack("{s:s, s:s, s:s, s:s, s:s, s:s}", "purpose",
					purpose_names[g->purpose], "service", services[g->purpose],
					"user", g->user, "address", g->address, "admin_group",
					h->conf->admin_group, "operator_group",
					h->conf->operator_group));
}

static struct login *find(struct host *h, struct peer *peer, const char *conversation)
{
	struct list *l;

	list_for_each (l, &h->logins) {
		struct login *g = list_entry(l, struct login, link);

		if (g->peer == peer && !is_unattended(g) && str_eq_secret(g->id, conversation))
			return g;
	}
	return NULL;
}

void login_answer(struct host *h, struct peer *peer, struct varlink_call *call,
		const char *conversation, json_t *answers)
{
	struct login *g = find(h, peer, conversation);

	if (!g || g->state != PROMPTED) {
		varlink_error(call, LOGIN_ERROR "NoConversation", NULL);
		return;
	}
	g->call = varlink_call_ref(call);
	ask_helper(g, "Answer", json_pack("{s:O}", "answers", answers));
}

void login_accept(struct host *h, struct peer *peer, struct varlink_call *call,
		const char *conversation)
{
	struct login *g = find(h, peer, conversation);

	if (!g || g->state != NOTICED) {
		varlink_error(call, LOGIN_ERROR "NoConversation", NULL);
		return;
	}
	g->call = varlink_call_ref(call);
	g->state = ASKED;
	g->timer = sd_event_source_disable_unref(g->timer);
	notice_audit(g, "ok");
	/* A failure was logged; the person is asked again the next time. */
	(void)accepted_add(h, &g->person, g->notice);
	go_on_at_station(g);
}

/* A block covers what the person was reading: nobody has refused anything. */
static bool is_taken_away(const struct login *g)
{
	const struct station *st = station_find(g->host, g->station);

	return !st || station_get_scene_kind(st) != SCENE_GREETER;
}

bool login_cancel(struct host *h, struct peer *peer, const char *conversation)
{
	struct login *g = find(h, peer, conversation);

	if (!g)
		return false;
	if (g->state == OPENING)
		return true; /* it comes up and is suspended */
	if (g->call) {
		login_fail(g, "NoConversation", NULL);
		return true;
	}
	if (g->state == NOTICED)
		notice_audit(g, is_taken_away(g) ? "unanswered" : "refused");
	login_free(g);
	return true;
}

void login_peer_gone(struct host *h, struct peer *peer)
{
	struct list *l, *next;

	list_for_each_safe (l, next, &h->logins) {
		struct login *g = list_entry(l, struct login, link);

		if (g->peer != peer)
			continue;
		g->peer = NULL;
		/* A start that was ordered is carried out; a session that is coming up too. */
		if (g->state != OPENING && !is_unattended(g))
			login_drop(g);
	}
}

bool login_is_at(struct host *h, const char *station)
{
	struct list *l;

	list_for_each (l, &h->logins)
		if (streq(list_entry(l, struct login, link)->station, station))
			return true;
	return false;
}

static void ignore_end(struct host *h, const char *station, struct session *s, const char *reason,
		void *userdata)
{
}

void login_forget(struct host *h, const void *userdata)
{
	struct list *l;

	list_for_each (l, &h->logins) {
		struct login *g = list_entry(l, struct login, link);

		if (g->done && g->userdata == userdata)
			g->done = ignore_end;
	}
}

void login_free_all(struct host *h)
{
	while (!list_is_empty(&h->logins))
		login_free(list_entry(h->logins.next, struct login, link));
}
