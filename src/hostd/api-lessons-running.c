/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Extend, Change, End of org.stationmaster.Lessons. What concerns the web is answered when it is in
 * force; a list that cannot be enforced here changes nothing.
 */
#include <stdio.h>

#include "base/clock.h"
#include "base/str.h"
#include "hostd/api-lessons.h"
#include "hostd/choice.h"
#include "hostd/host.h"
#include "hostd/lesson-run.h"
#include "hostd/lesson.h"
#include "hostd/limiter.h"
#include "hostd/rights.h"
#include "hostd/weblimit.h"

/* A call that waits for the web. */
struct running_call {
	struct choice choice; /* first; keeps the request, nobody is chosen */
	char lesson[SESSION_ID_MAX];
	char *name, *message; /* NULL: as it is */
	bool has_block, block, has_web;
	struct web_rule *web; /* where has_web: NULL frees it */
	bool ended;           /* there is nothing to tell of it */
};

static void forget(struct choice *c)
{
	struct running_call *call = (struct running_call *)c;

	limiter_forget(c->request.host->limiter, call);
	web_rule_free(call->web);
	free(call->name);
	free(call->message);
}

/* NULL: an error was answered. */
static struct running_call *call_new(struct request *r, const char *lesson)
{
	struct running_call *call = calloc(1, sizeof(*call));

	if (!call) {
		lessons_answer_limit(r, -ENOMEM);
		return NULL;
	}
	choice_keep(&call->choice, r);
	call->choice.forget = forget;
	str_copy(call->lesson, sizeof(call->lesson), lesson);
	list_add_tail(&r->host->choices, &call->choice.link);
	return call;
}

/* NULL: an error was answered. */
static struct lesson *find(struct request *r, const char *id)
{
	struct lesson *l = lesson_find(r->host, id);

	if (!l) {
		api_not_found(r, id, "There is no such lesson; it may be over.");
		return NULL;
	}
	if (!rights_may_stop(r->host, r->caller, &l->by)) {
		api_audit(r, id, "refused");
		api_refused(r, "An administrator has started this lesson; only administrators may "
			       "change or end it.");
		return NULL;
	}
	return l;
}

static void audit(struct request *r, const struct lesson *l, const char *what)
{
	_cleanup_free_ char *text =
			str_format("%s %s%s%s", l->id, l->name, *what ? ": " : "", what);

	api_audit(r, text ? text : l->id, "ok");
}

static bool stored(struct request *r)
{
	if (store_commit(r->host->store) == 0)
		return true;
	api_failed(r,
			"Done, but it could not be written to the disk: a restart undoes it. Free disk "
			"space, then order it again.",
			"");
	return false;
}

static void tell(struct request *r, const struct lesson *l)
{
	varlink_reply(r->call, json_pack("{s:o}", "lesson", lesson_build_json(l, r->caller)));
}

static void handle_held(const char *reason, void *userdata)
{
	struct running_call *call = userdata;
	struct request *r = &call->choice.request;
	struct lesson *l = lesson_find(r->host, call->lesson);

	if (reason)
		api_failed(r, reason, "");
	else if (call->ended)
		varlink_reply(r->call, NULL);
	else if (!l)
		api_not_found(r, call->lesson, "The lesson is over.");
	else
		tell(r, l);
	choice_free(&call->choice);
}

/* Answers when what the lessons do to the web is in force. */
static void answer_in_force(struct running_call *call)
{
	struct request *r = &call->choice.request;

	if (limiter_wait(r->host->limiter, handle_held, call) == 0)
		return;
	lessons_answer_limit(r, -ENOMEM);
	choice_free(&call->choice);
}

/* After a change to l, which is in the store. */
static void answer(struct request *r, const struct lesson *l)
{
	struct running_call *call = l->web ? call_new(r, l->id) : NULL;

	if (call)
		answer_in_force(call);
	else if (!l->web)
		tell(r, l);
}

void api_lessons_extend(struct request *r)
{
	const char *id = arg_string(&r->args, "lesson", ARG_REQUIRED, SESSION_ID_MAX);
	int64_t add_ms = arg_int(&r->args, "add_ms", ARG_REQUIRED, 1, LESSON_MS_MAX, 0);
	_cleanup_free_ char *what = NULL;
	struct lesson *l;

	if (!api_args_done(r))
		return;
	l = find(r, id);
	if (!l)
		return;
	if (l->rule.ends_ms + add_ms > clock_real_ms() + LESSON_MS_MAX) {
		api_refused(r, "A lesson cannot end later than in 12 hours.");
		return;
	}
	what = str_format("+%lld min", (long long)(add_ms + 59999) / 60000);
	store_begin(r->host->store);
	lesson_set_end(l, l->rule.ends_ms + add_ms);
	audit(r, l, what ? what : "");
	lessons_apply(r->host);
	if (stored(r))
		answer(r, l);
}

/* --- Change --- */

/* Takes call. */
static void change(struct running_call *call, struct lesson *l)
{
	struct request *r = &call->choice.request;
	json_t *messages = NULL;
	int k;

	store_begin(r->host->store);
	k = lesson_change(l, call->name, call->has_block ? &call->block : NULL, call->message);
	if (call->has_web)
		lesson_set_web(l, take_ptr(call->web));
	if (k == 0 && call->message)
		messages = lesson_messages_send(l);
	audit(r, l,
			call->has_block ? call->block ? "block" : "unblock"
			: call->has_web ? "web"
					: "");
	lessons_apply(r->host);
	if (!stored(r)) {
		json_decref(messages);
		choice_free(&call->choice);
		return;
	}
	lesson_messages_tell(r->host, messages);
	if (k < 0) {
		lessons_answer_limit(r, k);
		choice_free(&call->choice);
	} else {
		answer_in_force(call);
	}
}

static void handle_checked(const char *reason, void *userdata)
{
	struct running_call *call = userdata;
	struct request *r = &call->choice.request;
	struct lesson *l = reason ? NULL : find(r, call->lesson);

	if (reason)
		api_failed(r, reason, "");
	if (l)
		change(call, l);
	else
		choice_free(&call->choice);
}

/* Could the web be limited here at all? */
static void check_web(struct running_call *call)
{
	struct request *r = &call->choice.request;

	if (limiter_check(r->host->limiter, handle_checked, call) == 0)
		return;
	lessons_answer_limit(r, -ENOMEM);
	choice_free(&call->choice);
}

/* What is to change. false: an error was answered. */
static bool read_change(struct running_call *call, struct request *r)
{
	const char *name = arg_string(&r->args, "name", ARG_OPTIONAL, LESSON_NAME_CHARS_MAX * 4);
	const char *message =
			arg_string(&r->args, "message", ARG_OPTIONAL, API_MESSAGE_CHARS_MAX * 4);
	json_t *web;

	call->has_block = json_is_boolean(json_object_get(r->args.object, "block"));
	call->block = arg_bool(&r->args, "block", ARG_OPTIONAL, false);
	web = arg_any(&r->args, "web", ARG_OPTIONAL);
	call->has_web = web;
	if (!api_args_done(r))
		return false;
	if (name) {
		call->name = lessons_clean_name(r, name);
		if (!call->name)
			return false;
	}
	if (message) {
		call->message = api_message(r, message);
		if (!call->message)
			return false;
	}
	return lessons_read_web(r, web, &call->web);
}

void api_lessons_change(struct request *r)
{
	const char *id = arg_string(&r->args, "lesson", ARG_REQUIRED, SESSION_ID_MAX);
	struct running_call *call = call_new(r, id ? id : "");
	struct lesson *l;

	if (!call)
		return;
	l = read_change(call, r) ? find(r, id) : NULL;
	if (l && call->web && !web_limit_has_room(r->host, call->web)) {
		lessons_answer_limit(r, -ENOSPC);
		l = NULL;
	}
	if (!l || !lessons_acts_are_allowed(
				  r, call->has_block, call->has_web, false, call->message)) {
		choice_free(&call->choice);
		return;
	}
	if (call->web)
		check_web(call);
	else
		change(call, l);
}

/* --- End --- */

void api_lessons_end(struct request *r)
{
	const char *id = arg_string(&r->args, "lesson", ARG_REQUIRED, SESSION_ID_MAX);
	struct running_call *call;
	struct lesson *l;
	bool web;

	if (!api_args_done(r))
		return;
	l = find(r, id);
	if (!l)
		return;
	web = l->web;
	store_begin(r->host->store);
	audit(r, l, "");
	lesson_end(l);
	lessons_apply(r->host);
	if (!stored(r))
		return;
	call = web ? call_new(r, id) : NULL;
	if (call) {
		call->ended = true;
		answer_in_force(call);
	} else if (!web) {
		varlink_reply(r->call, NULL);
	}
}
