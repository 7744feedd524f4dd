/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Dispatch of calls: find the method, find out who calls, check the right that the method needs,
 * hand over. Finer rules (on whom) are in role.c and used by the handlers.
 */
#include "hostd/api.h"

#include "base/clock.h"
#include "base/log.h"
#include "base/str.h"
#include "hostd/apitoken.h"
#include "hostd/audit.h"
#include "hostd/host.h"
#include "hostd/rights.h"
#include "hostd/server.h"
#include "hostd/token.h"

#define PREFIX  "org.stationmaster."
#define SERVICE "org.varlink.service."

const struct api_method api_methods[] = {
	{ NULL, "GetInfo", RIGHT_PROTOCOL, api_service_get_info },
	{ NULL, "GetInterfaceDescription", RIGHT_PROTOCOL, api_service_get_description },
	{ "System", "Version", RIGHT_ANYBODY, api_system_version },
	{ "System", "WhoAmI", RIGHT_ANYBODY, api_system_who_am_i },
	{ "System", "Status", RIGHT_SUPERVISOR, api_system_status },
	{ "Sessions", "List", RIGHT_ANYBODY, api_sessions_list },
	{ "Sessions", "Get", RIGHT_ANYBODY, api_sessions_get },
	{ "Sessions", "Start", RIGHT_ADMINISTRATOR, api_sessions_start },
	{ "Sessions", "LogOff", RIGHT_ANYBODY, api_sessions_log_off, true },
	{ "Sessions", "Suspend", RIGHT_ANYBODY, api_sessions_suspend, true },
	{ "Sessions", "Lock", RIGHT_ANYBODY, api_sessions_lock, true },
	{ "Sessions", "Unlock", RIGHT_ANYBODY, api_sessions_unlock, true },
	{ "Blocks", "List", RIGHT_SUPERVISOR, api_blocks_list },
	{ "Blocks", "Block", RIGHT_SUPERVISOR, api_blocks_block },
	{ "Blocks", "Unblock", RIGHT_SUPERVISOR, api_blocks_unblock },
	{ "Blocks", "Texts", RIGHT_SUPERVISOR, api_blocks_texts },
	{ "Lessons", "List", RIGHT_SUPERVISOR, api_lessons_list },
	{ "Lessons", "Preview", RIGHT_SUPERVISOR, api_lessons_preview },
	{ "Lessons", "Start", RIGHT_SUPERVISOR, api_lessons_start },
	{ "Lessons", "Extend", RIGHT_SUPERVISOR, api_lessons_extend },
	{ "Lessons", "Change", RIGHT_SUPERVISOR, api_lessons_change },
	{ "Lessons", "End", RIGHT_SUPERVISOR, api_lessons_end },
	{ "Lessons", "Presets", RIGHT_SUPERVISOR, api_lessons_presets },
	{ "Limits", "List", RIGHT_SUPERVISOR, api_limits_list },
	{ "Limits", "Limit", RIGHT_SUPERVISOR, api_limits_limit },
	{ "Limits", "Free", RIGHT_SUPERVISOR, api_limits_free },
	{ "Limits", "Recent", RIGHT_SUPERVISOR, api_limits_recent },
	{ "Projections", "List", RIGHT_SUPERVISOR, api_projections_list },
	{ "Projections", "Start", RIGHT_SUPERVISOR, api_projections_start },
	{ "Projections", "Stop", RIGHT_SUPERVISOR, api_projections_stop },
	{ "Views", "List", RIGHT_SUPERVISOR, api_views_list },
	{ "Views", "Open", RIGHT_SUPERVISOR, api_views_open },
	{ "Views", "Close", RIGHT_SUPERVISOR, api_views_close },
	{ "Programs", "Installed", RIGHT_ANYBODY, api_programs_installed },
	{ "Programs", "Icon", RIGHT_ANYBODY, api_programs_icon },
	{ "Programs", "Recent", RIGHT_ANYBODY, api_programs_recent },
	{ "Programs", "Start", RIGHT_ANYBODY, api_programs_start, true },
	{ "Programs", "List", RIGHT_ANYBODY, api_programs_list },
	{ "Programs", "Close", RIGHT_ANYBODY, api_programs_close, true },
	{ "Programs", "CloseByName", RIGHT_ANYBODY, api_programs_close_by_name, true },
	{ "Chat", "Send", RIGHT_SUPERVISOR, api_chat_send },
	{ "Chat", "History", RIGHT_ANYBODY, api_chat_history },
	{ "Chat", "Clear", RIGHT_SUPERVISOR, api_chat_clear },
	{ "Chat", "Hands", RIGHT_SUPERVISOR, api_chat_hands },
	{ "Chat", "Answer", RIGHT_SUPERVISOR, api_chat_answer },
	{ "Chat", "Get", RIGHT_ANYBODY, api_chat_get },
	{ "Chat", "Set", RIGHT_SUPERVISOR, api_chat_set },
	{ "Audit", "List", RIGHT_SUPERVISOR, api_audit_list },
	{ "Audit", "Export", RIGHT_ADMINISTRATOR, api_audit_export },
	{ "Audit", "Verify", RIGHT_ADMINISTRATOR, api_audit_verify },
	{ "Rights", "List", RIGHT_ADMINISTRATOR, api_rights_list },
	{ "Rights", "Set", RIGHT_ADMINISTRATOR, api_rights_set, .person = true },
	{ "Rights", "Clear", RIGHT_ADMINISTRATOR, api_rights_clear, .person = true },
	{ "Tokens", "List", RIGHT_SUPERVISOR, api_tokens_list },
	{ "Tokens", "Create", RIGHT_SUPERVISOR, api_tokens_create, .person = true },
	{ "Tokens", "Revoke", RIGHT_SUPERVISOR, api_tokens_revoke },
	{ "Jobs", "List", RIGHT_ANYBODY, api_jobs_list },
	{ "Jobs", "Get", RIGHT_ANYBODY, api_jobs_get },
	{ "Jobs", "Wait", RIGHT_ANYBODY, api_jobs_wait },
	{ "Jobs", "Cancel", RIGHT_ANYBODY, api_jobs_cancel, true },
	{ "Jobs", "Extend", RIGHT_ANYBODY, api_jobs_extend, true },
	{ "Stations", "List", RIGHT_SUPERVISOR, api_stations_list },
	{ "Stations", "Get", RIGHT_SUPERVISOR, api_stations_get },
	{ "Stations", "Set", RIGHT_SUPERVISOR, api_stations_set },
	{ "Stations", "Rooms", RIGHT_SUPERVISOR, api_stations_rooms },
	{ "Stations", "SetAutoLogOn", RIGHT_ADMINISTRATOR, api_stations_set_auto_log_on },
	{ "Stations", "LogOn", RIGHT_SUPERVISOR, api_stations_log_on },
	{ "Stations", "Enrol", RIGHT_SUPERVISOR, api_stations_enrol },
	{ "Stations", "Invite", RIGHT_SUPERVISOR, api_stations_invite },
	{ "Stations", "Unenrol", RIGHT_SUPERVISOR, api_stations_unenrol },
	{ "Stations", "Map", RIGHT_SUPERVISOR, api_stations_map },
	{ "Stations", "Identify", RIGHT_SUPERVISOR, api_stations_identify },
	{ "Stations", "Split", RIGHT_SUPERVISOR, api_stations_split },
	{ "Stations", "Join", RIGHT_SUPERVISOR, api_stations_join },
	{ "Stations", "Forget", RIGHT_SUPERVISOR, api_stations_forget },
	{ "Stations", "SetStorage", RIGHT_SUPERVISOR, api_stations_set_storage },
	{ "Events", "Watch", RIGHT_ANYBODY, api_events_watch },
	{ "Login", "Info", RIGHT_RELAY, api_login_info },
	{ "Login", "Start", RIGHT_RELAY, api_login_start },
	{ "Login", "Answer", RIGHT_RELAY, api_login_answer },
	{ "Login", "Accept", RIGHT_RELAY, api_login_accept },
	{ "Login", "Cancel", RIGHT_RELAY, api_login_cancel },
	{ "Login", "SignOut", RIGHT_RELAY, api_login_sign_out },
	{ "Seat", "Serve", RIGHT_SEAT, api_seat_serve },
	{ "Seat", "Report", RIGHT_SEAT, api_seat_report },
	{ "Seat", "Press", RIGHT_SEAT, api_seat_press },
	{ "Relay", "Serve", RIGHT_RELAY, api_relay_serve },
	{ "Relay", "StationOpen", RIGHT_RELAY, api_relay_station_open },
	{ "Relay", "StationClose", RIGHT_RELAY, api_relay_station_close },
	{ "Relay", "StationAct", RIGHT_RELAY, api_relay_station_act },
	{ "Relay", "StationChat", RIGHT_RELAY, api_relay_station_chat },
	{ "Relay", "StationHold", RIGHT_RELAY, api_relay_station_hold },
	{ "Relay", "StationEnrol", RIGHT_RELAY, api_relay_station_enrol },
	{ "Relay", "Activity", RIGHT_RELAY, api_relay_activity },
	{ "Relay", "OpenSource", RIGHT_RELAY, api_relay_open_source },
	{ "Relay", "ViewOpen", RIGHT_RELAY, api_relay_view_open },
	{ "Relay", "ViewClose", RIGHT_RELAY, api_relay_view_close },
	{ "Relay", "ScreenOpen", RIGHT_RELAY, api_relay_screen_open },
	{ "Relay", "ScreenClose", RIGHT_RELAY, api_relay_screen_close },
};
const size_t api_n_methods = ELEMENTSOF(api_methods);

bool api_args_done(struct request *r)
{
	const char *bad = args_done(&r->args);

	if (bad)
		varlink_error_parameter(r->call, bad);
	return !bad;
}

void api_error(struct request *r, const char *name, json_t *parameters)
{
	const char *dot = strrchr(r->call->method, '.');
	_cleanup_free_ char *error =
			str_format("%.*s.%s", (int)(dot - r->call->method), r->call->method, name);

	varlink_error(r->call, error ? error : PREFIX "Failed", parameters);
}

void api_refused(struct request *r, const char *reason)
{
	api_error(r, "Refused", json_pack("{s:s}", "reason", reason));
}

void api_not_found(struct request *r, const char *name, const char *reason)
{
	api_error(r, "NotFound", json_pack("{s:[s], s:s}", "names", name, "reason", reason));
}

void api_failed(struct request *r, const char *reason, const char *output)
{
	api_error(r, "Failed", json_pack("{s:s, s:s}", "reason", reason, "output", output));
}

void api_not_stored(struct request *r)
{
	api_failed(r, API_NOT_STORED, "");
}

const char *api_method_name(const struct request *r)
{
	return r->call->method + strlen(PREFIX);
}

void api_audit(struct request *r, const char *targets, const char *result)
{
	audit_add(r->host, r->caller, api_method_name(r), targets, result);
}

static size_t count_chars(const char *s)
{
	size_t n = 0;

	for (; *s; s++)
		n += ((unsigned char)*s & 0xc0) != 0x80;
	return n;
}

char *api_message(struct request *r, const char *text)
{
	char *clean = str_clean(text ? text : "", API_MESSAGE_CHARS_MAX + 1);

	if (clean && count_chars(clean) <= API_MESSAGE_CHARS_MAX)
		return clean;
	free(clean);
	varlink_error_parameter(r->call, "message");
	return NULL;
}

static bool interface_matches(const struct api_method *m, const char *method, const char **ret_name)
{
	size_t n;

	if (!m->interface) {
		*ret_name = method + strlen(SERVICE);
		return strncmp(method, SERVICE, strlen(SERVICE)) == 0;
	}
	n = strlen(m->interface);
	if (strncmp(method, PREFIX, strlen(PREFIX)) != 0)
		return false;
	method += strlen(PREFIX);
	*ret_name = method + n + 1;
	return strncmp(method, m->interface, n) == 0 && method[n] == '.';
}

static const struct api_method *method_find(const char *method)
{
	for (size_t i = 0; i < ELEMENTSOF(api_methods); i++) {
		const char *name;

		if (interface_matches(&api_methods[i], method, &name) &&
				streq(name, api_methods[i].name))
			return &api_methods[i];
	}
	return NULL;
}

/* A refusal is part of the interface where that knows it; Events and Login do not. */
static void answer_refused(struct request *r, const struct api_method *m)
{
	const char *reason = m->right == RIGHT_ADMINISTRATOR
					     ? "Only administrators may do this."
					     : "Only operators and administrators may do this.";

	api_audit(r, "", "refused");
	api_refused(r, reason);
}

/* What no act names is not for a token that is bound to acts or rooms; and rights and tokens are
 * given by people, so that a stolen token cannot widen or prolong itself. false: refused and
 * audited. */
static bool token_is_enough(struct request *r, const struct api_method *m)
{
	struct rights rights;
	const char *reason;

	if (!r->caller->token || m->right == RIGHT_ANYBODY)
		return true;
	rights_get(r->host, r->caller, &rights);
	if (m->person)
		reason = "An API token cannot do this. Sign in yourself.";
	else if (m->right == RIGHT_ADMINISTRATOR &&
			(rights.acts != (uint32_t)ACTS_ALL || rights.rooms[1]))
		reason = "This token is bound to acts or rooms; this is about the whole system.";
	else
		return true;
	api_audit(r, "", "refused");
	api_refused(r, reason);
	return false;
}

static bool is_unknown(struct request *r)
{
	varlink_error(r->call, VARLINK_METHOD_NOT_FOUND,
			json_pack("{s:s}", "method", r->call->method));
	return false;
}

static bool right_is_given(struct request *r, const struct api_method *m)
{
	if (r->peer->seat && m->right != RIGHT_SEAT && m->right != RIGHT_PROTOCOL)
		return is_unknown(r);
	switch (m->right) {
	case RIGHT_PROTOCOL:
		return true;
	case RIGHT_SEAT:
		return r->peer->seat || is_unknown(r);
	case RIGHT_RELAY:
		break;
	case RIGHT_ANYBODY:
	case RIGHT_SUPERVISOR:
	case RIGHT_ADMINISTRATOR:
		if (r->peer->relay && !r->has_token) {
			varlink_error(r->call, PREFIX "Unauthenticated",
					json_pack("{s:s}", "reason", "Sign in first."));
			return false;
		}
		if ((m->right == RIGHT_SUPERVISOR && r->caller->role == ROLE_STANDARD) ||
				(m->right == RIGHT_ADMINISTRATOR &&
						r->caller->role != ROLE_ADMINISTRATOR)) {
			answer_refused(r, m);
			return false;
		}
		return token_is_enough(r, m);
	}
	return r->peer->relay || is_unknown(r);
}

/* What a standard user orders or tries to order is audited, so it must not come without end. A call
 * without token is not audited. */
static bool pace_is_kept(struct request *r, const struct api_method *m)
{
	if (r->caller->role != ROLE_STANDARD || m->right == RIGHT_RELAY || m->right == RIGHT_SEAT ||
			(r->peer->relay && !r->has_token) ||
			!(m->changes || m->right == RIGHT_ADMINISTRATOR ||
					m->right == RIGHT_SUPERVISOR))
		return true;
	if (rate_take(&r->host->rate, r->caller->uid, clock_mono_ms()))
		return true;
	api_refused(r, "Too many orders in a short time. Wait a few seconds, then try again.");
	return false;
}

static void request_take_token(struct request *r, const struct caller *caller,
		const uint8_t hash[static HASH_SIZE])
{
	r->caller = caller;
	r->has_token = true;
	memcpy(r->token, hash, HASH_SIZE);
}

static bool find_caller(struct request *r)
{
	const struct api_token *a;
	const struct token *t;

	if (!r->call->token)
		return true;
	a = api_token_find(r->host, r->call->token, r->call->from ? r->call->from : "relay");
	if (a) {
		request_take_token(r, &a->caller, a->hash);
		return true;
	}
	t = token_find(r->host, r->call->token);
	if (!t) {
		varlink_error(r->call, PREFIX "Unauthenticated",
				json_pack("{s:s}", "reason",
						strncmp(r->call->token, STR_API_TOKEN_PREFIX, 4) ==
										0
								? "There is no such token; it may have ended "
								  "or been revoked."
								: "You are not signed in any more. Sign in "
								  "again."));
		return false;
	}
	request_take_token(r, &t->caller, t->hash);
	return true;
}

void api_handle_call(struct peer *peer, struct varlink_call *call)
{
	const struct api_method *m = method_find(call->method);
	struct request r = {
		.host = peer->host, .peer = peer, .call = call, .caller = &peer->caller
	};

	args_init(&r.args, call->parameters);
	if (!m) {
		varlink_error(call, VARLINK_METHOD_NOT_FOUND,
				json_pack("{s:s}", "method", call->method));
	} else if (find_caller(&r) && pace_is_kept(&r, m) && right_is_given(&r, m)) {
		m->handle(&r);
	}
	varlink_call_unref(call);
}
