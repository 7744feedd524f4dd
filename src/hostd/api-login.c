/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * org.stationmaster.Login: reading of the calls; login.c does the work. Only the relay gets here
 * (right RIGHT_RELAY), for people who have not proved yet who they are.
 */
#include "base/clock.h"
#include "base/str.h"
#include "hostd/api.h"
#include "hostd/events.h"
#include "hostd/host.h"
#include "hostd/login.h"
#include "hostd/server.h"
#include "hostd/session.h"
#include "hostd/station.h"
#include "hostd/token.h"

#define WRONG_PASSWORD "The user name or the password is not right."

static bool purpose_parse(const char *s, enum login_purpose *ret)
{
	if (streq(s, "station"))
		*ret = LOGIN_STATION;
	else if (streq(s, "dashboard"))
		*ret = LOGIN_DASHBOARD;
	else if (streq(s, "unlock"))
		*ret = LOGIN_UNLOCK;
	else
		return false;
	return true;
}

/* false: answered. */
static bool station_is_fit(struct request *r, const char *id)
{
	struct station *st;

	if (!id) {
		varlink_error_parameter(r->call, "station");
		return false;
	}
	st = station_find(r->host, id);
	if (st && !st->session)
		return true;
	api_failed(r,
			st ? "This station shows a session already. Suspend it or log off first."
			   : "This station is not connected. Load the page again, or connect the "
			     "viewer again.",
			"");
	return false;
}

/* Only whose session is locked there may try. false: answered. */
static bool lock_is_fit(struct request *r, const char *id, const char *user)
{
	struct station *st;

	if (!id) {
		varlink_error_parameter(r->call, "station");
		return false;
	}
	st = station_find(r->host, id);
	if (!st || !st->session || !st->session->locked) {
		api_failed(r, "This station is not locked.", "");
		return false;
	}
	if (streq(st->session->person.user, user))
		return true;
	api_error(r, "Denied",
			json_pack("{s:s, s:[]}", "reason",
					"Only who has locked this session can unlock it. Switch the user "
					"to log in as somebody else.",
					"messages"));
	return false;
}

void api_login_start(struct request *r)
{
	struct login_request request = { 0 };
	const char *purpose;

	purpose = arg_string(&r->args, "purpose", ARG_REQUIRED, 32);
	request.station = arg_string(&r->args, "station", ARG_OPTIONAL, 64);
	request.user = arg_string(&r->args, "user", ARG_REQUIRED, 1024);
	request.desktop = arg_string(&r->args, "desktop", ARG_OPTIONAL, 100);
	request.language = arg_string(&r->args, "language", ARG_OPTIONAL, 35);
	request.width = (int)arg_int(&r->args, "width", ARG_OPTIONAL, 640, 7680, 0);
	request.height = (int)arg_int(&r->args, "height", ARG_OPTIONAL, 480, 4320, 0);
	request.address = arg_string(&r->args, "address", ARG_REQUIRED, CALLER_FROM_MAX - 1);
	if (!api_args_done(r))
		return;
	if (!purpose_parse(purpose, &request.purpose)) {
		varlink_error_parameter(r->call, "purpose");
		return;
	}
	if (request.purpose == LOGIN_STATION && !station_is_fit(r, request.station))
		return;
	if (request.purpose == LOGIN_UNLOCK && !lock_is_fit(r, request.station, request.user))
		return;
	if (!str_is_account_name(request.user)) {
		/* It may be a password typed into the wrong field: not logged, not passed on. */
		attempts_failed(&r->host->attempts, "", request.address, clock_mono_ms());
		api_error(r, "Denied",
				json_pack("{s:s, s:[]}", "reason", WRONG_PASSWORD, "messages"));
		return;
	}
	login_start(r->host, r->peer, r->call, &request);
}

void api_login_answer(struct request *r)
{
	const char *conversation = arg_string(&r->args, "conversation", ARG_REQUIRED, 64);
	json_t *answers = arg_strings(
			&r->args, "answers", ARG_REQUIRED, LOGIN_ANSWERS_MAX, LOGIN_ANSWER_MAX);

	if (api_args_done(r))
		login_answer(r->host, r->peer, r->call, conversation, answers);
}

void api_login_accept(struct request *r)
{
	const char *conversation = arg_string(&r->args, "conversation", ARG_REQUIRED, 64);

	if (api_args_done(r))
		login_accept(r->host, r->peer, r->call, conversation);
}

void api_login_cancel(struct request *r)
{
	const char *conversation = arg_string(&r->args, "conversation", ARG_REQUIRED, 64);

	if (!api_args_done(r))
		return;
	if (login_cancel(r->host, r->peer, conversation))
		varlink_reply(r->call, NULL);
	else
		api_error(r, "NoConversation", NULL);
}

void api_login_sign_out(struct request *r)
{
	struct token *t;

	if (!api_args_done(r))
		return;
	t = r->call->token ? token_find(r->host, r->call->token) : NULL;
	if (!t) {
		varlink_error(r->call, "org.stationmaster.Unauthenticated",
				json_pack("{s:s}", "reason", "You are not signed in."));
		return;
	}
	api_audit(r, "", "ok");
	r->caller = NULL; /* it was the token's */
	/* First, so that the person's views end with these words and not with their own. */
	orders_send_signed_out(r->host, r->call->token);
	token_end(r->host, t);
	varlink_reply(r->call, NULL);
}
