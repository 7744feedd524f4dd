/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * POST /api/<Interface>.<Method>: one call of a person to stationd and back. Nothing is decided
 * here but the form: the token of the cookie goes with the call, except for log-ins, which have
 * none yet and get what only the relay knows (address, station) put in. A script brings an API
 * token in the header Authorization instead; then the cookies are not looked at.
 *
 * A call is tied to its connection by two pointers; whoever goes first clears the other's. Calls
 * that wait (Jobs.Wait, PAM) hold one slot of the Varlink connection each until they are answered,
 * whether somebody still waits or not, so they are counted, and those without a token more tightly.
 */
#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "relay/host.h"
#include "relay/stations.h"
#include "relay/web-conn.h"

#define LOGIN "org.stationmaster.Login."

struct api_call {
	struct web *web;
	struct web_conn *conn;
	bool anonymous;
	bool is_login;    /* the reply may carry a token */
	bool is_sign_out; /* the cookie is cleared whatever the reply */
};

static const char *const not_offered[] = { "org.stationmaster.Relay.", "org.stationmaster.Worker.",
	"org.stationmaster.Limiter.", "org.stationmaster.Seat.", "org.stationmaster.Storage." };

static const struct {
	const char *error;
	int status;
} error_statuses[] = {
	{ "InvalidParameter", 400 },
	{ "BadSite", 400 },
	{ "Unauthenticated", 401 },
	{ "Refused", 403 },
	{ "Denied", 403 },
	{ "WrongPin", 403 },
	{ "NotFound", 404 },
	{ "MethodNotFound", 404 },
	{ "InterfaceNotFound", 404 },
	{ "UnknownUser", 404 },
	{ "NoConversation", 404 },
	{ "Failed", 409 },
	{ "InUse", 409 },
	{ "WrongState", 409 },
	{ "Limit", 429 },
	{ "Busy", 429 },
	{ "Unavailable", 502 },
};

static int status_of(const char *error)
{
	const char *dot = strrchr(error, '.');

	for (size_t i = 0; i < ELEMENTSOF(error_statuses); i++)
		if (streq(error_statuses[i].error, dot ? dot + 1 : error))
			return error_statuses[i].status;
	return 500;
}

static bool method_is_offered(const char *method)
{
	if (strspn(method, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-") !=
					strlen(method) ||
			!strchr(method, '.'))
		return false;
	for (size_t i = 0; i < ELEMENTSOF(not_offered); i++)
		if (strncmp(method, not_offered[i], strlen(not_offered[i])) == 0)
			return false;
	return true;
}

static struct api_call *call_free(struct api_call *call)
{
	call->web->n_calls--;
	if (call->anonymous)
		call->web->n_calls_anonymous--;
	if (call->conn)
		call->conn->call = NULL;
	free(call);
	return NULL;
}

void web_api_drop(struct web_conn *c)
{
	if (c->call)
		c->call->conn = NULL; /* its answer is for nobody */
	c->call = NULL;
}

static void answer_unavailable(struct web_conn *c)
{
	web_http_answer_error(c, 502, "org.stationmaster.Unavailable",
			json_pack("{s:s}", "reason",
					"The system's service stationd does not answer. It is starting "
					"or was stopped; try again in a moment."));
}

#define CLEAR_COOKIE \
	"Set-Cookie: %sstationmaster=; HttpOnly; Secure; SameSite=Strict; Path=/; Max-Age=0\r\n"

static void answer_json(struct web_conn *c, int status, json_t *j, const char *extra)
{
	char *body = json_dumps(j, JSON_COMPACT);

	web_http_answer(c, status, "application/json", body, body ? strlen(body) : 0, extra);
}

/* The token of a log-in goes into the cookie and nowhere else. */
static void answer_login(struct web_conn *c, json_t *parameters)
{
	_cleanup_json_ json_t *reply = json_copy(parameters);
	const char *token = json_string_value(json_object_get(parameters, "token"));
	char cookie[256] = "";

	if (token && strlen(token) == STR_TOKEN_LEN)
		snprintf(cookie, sizeof(cookie),
				"Set-Cookie: %sstationmaster=%s; HttpOnly; Secure; SameSite=Strict; "
				"Path=/\r\n",
				web_http_cookie_prefix(c), token);
	if (reply)
		json_object_del(reply, "token");
	answer_json(c, 200, reply, cookie);
	explicit_bzero(cookie, sizeof(cookie));
}

static void handle_reply(struct varlink *v, const char *error, json_t *parameters, bool continues,
		int fd, void *userdata)
{
	struct api_call *call = userdata;
	struct web_conn *c = call->conn;
	bool is_login = call->is_login, is_sign_out = call->is_sign_out;

	(void)v, (void)continues, (void)fd;
	call_free(call);
	if (!c)
		return;
	if (is_sign_out) {
		_cleanup_json_ json_t *empty = json_object();
		char cookie[256];

		snprintf(cookie, sizeof(cookie), CLEAR_COOKIE, web_http_cookie_prefix(c));
		answer_json(c, 200, empty, cookie);
	} else if (!parameters) {
		answer_unavailable(c);
	} else if (error) {
		web_http_answer_error(c, status_of(error), error, json_incref(parameters));
	} else if (is_login) {
		answer_login(c, parameters);
	} else {
		answer_json(c, 200, parameters, "");
	}
}

/* What the peer said of these is not believed. */
static int login_fill(struct web_conn *c, json_t *parameters)
{
	const char *purpose = json_string_value(json_object_get(parameters, "purpose"));
	const char *station;

	json_object_del(parameters, "station");
	if (json_object_set_new(parameters, "address", json_string(c->address)) < 0)
		return -ENOMEM;
	if (!purpose || !(streq(purpose, "station") || streq(purpose, "unlock")))
		return 0;
	station = c->station[0] ? stations_find_id(c->web->relay->stations, c->station) : NULL;
	if (!station)
		return -ENOENT;
	return json_object_set_new(parameters, "station", json_string(station)) < 0 ? -ENOMEM : 0;
}

static void answer_error_reason(
		struct web_conn *c, int status, const char *error, const char *reason)
{
	web_http_answer_error(c, status, error, json_pack("{s:s}", "reason", reason));
}

static bool limits_allow(struct web_conn *c, bool anonymous)
{
	struct web *web = c->web;

	if (web->n_calls < WEB_CALLS_MAX &&
			(!anonymous || web->n_calls_anonymous < WEB_CALLS_ANONYMOUS_MAX))
		return true;
	web_http_answer_error(c, 429, "org.stationmaster.Busy",
			json_pack("{s:s, s:i}", "reason",
					"Too many calls are waiting for an answer; try again in a "
					"moment.",
					"retry_ms", 1000));
	return false;
}

/* NULL: none. */
static const char *caller_token(const struct web_conn *c)
{
	return c->bearer[0] ? c->bearer : c->token[0] ? c->token : NULL;
}

/* Takes parameters. */
static void call_start(struct web_conn *c, json_t *parameters, bool with_token)
{
	struct varlink_request request = { .method = c->method,
		.parameters = parameters,
		.token = with_token ? caller_token(c) : NULL,
		.from = c->bearer[0] ? c->address : NULL };
	struct api_call *call;
	int r;

	call = calloc(1, sizeof(*call));
	if (!call) {
		json_decref(parameters);
		answer_error_reason(c, 500, "org.stationmaster.Failed", "Out of memory.");
		return;
	}
	call->web = c->web;
	call->conn = c;
	call->anonymous = !request.token;
	call->is_login = streq(c->method, LOGIN "Start") || streq(c->method, LOGIN "Answer") ||
			 streq(c->method, LOGIN "Accept");
	call->is_sign_out = streq(c->method, LOGIN "SignOut");
	c->web->n_calls++;
	if (call->anonymous)
		c->web->n_calls_anonymous++;
	c->call = call;
	r = host_call(c->web->relay->host, &request, handle_reply, call);
	if (r < 0) {
		call_free(call);
		answer_unavailable(c);
	}
}

void web_api_call(struct web_conn *c)
{
	_cleanup_json_ json_t *parameters = NULL;
	bool is_login = strncmp(c->method, LOGIN, strlen(LOGIN)) == 0, with_token;
	int r = 0;

	r = json_parse_object((char *)buf_head(&c->body), buf_len(&c->body), &parameters);
	buf_done(&c->body);
	if (r < 0) {
		answer_error_reason(c, 400, VARLINK_INVALID_PARAMETER,
				"The body must be one JSON object, at most 16 levels deep, without "
				"a key twice.");
		return;
	}
	if (!method_is_offered(c->method)) {
		web_http_answer_error(c, 404, VARLINK_METHOD_NOT_FOUND,
				json_pack("{s:s}", "method", c->method));
		return;
	}
	if (c->has_authorization && (is_login || !c->bearer[0])) {
		answer_error_reason(c, 401, "org.stationmaster.Unauthenticated",
				is_login ? "An API token is for calls; it does not log in."
					 : "The header Authorization has no API token: Bearer smt_...");
		return;
	}
	with_token = !is_login || streq(c->method, LOGIN "SignOut");
	if (with_token && !caller_token(c) &&
			!streq(c->method, "org.stationmaster.System.Version")) {
		answer_error_reason(c, 401, "org.stationmaster.Unauthenticated", "Sign in first.");
		return;
	}
	if (streq(c->method, LOGIN "Start"))
		r = login_fill(c, parameters);
	if (r == -ENOENT) {
		answer_error_reason(c, 403, "org.stationmaster.Refused",
				"This browser is not known as a station yet. Open /station again.");
		return;
	}
	if (limits_allow(c, !with_token || !caller_token(c)))
		call_start(c, json_incref(parameters), with_token);
}
