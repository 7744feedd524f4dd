/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * org.stationmaster.Lessons but for what is done to a lesson that runs (api-lessons-running.c). The
 * order of a start: who is meant (choice.c), the row and the messages, the stations, the disk, the
 * programs, the answer. So a lesson is stored and in force before anything is started in it.
 */
#include <stdio.h>

#include "base/clock.h"
#include "base/str.h"
#include "hostd/api-lessons.h"
#include "hostd/block.h"
#include "hostd/choice.h"
#include "hostd/command.h"
#include "hostd/host.h"
#include "hostd/lesson-run.h"
#include "hostd/lesson.h"
#include "hostd/limiter.h"
#include "hostd/rights.h"
#include "hostd/weblimit.h"

enum { LENGTH_MS_MIN = 1000 };

/* A call of Preview or Start. */
struct lesson_call {
	struct choice choice; /* first */
	char lesson[SESSION_ID_MAX];
	char name[LESSON_NAME_CHARS_MAX * 4 + 1];
	char message[API_MESSAGE_CHARS_MAX * 4 + 1];
	bool block;
	json_t *programs;     /* of the call; NULL: none */
	struct web_rule *web; /* NULL: the web is not limited */
	int64_t ends_ms, length_ms;
	struct lesson_run *run; /* while it is waited for the web to be limited */
};

void lessons_answer_limit(struct request *r, int error)
{
	const char *reason =
			error == -EDQUOT   ? "There are too many lessons already."
			: error == -ENOSPC ? "There are too many different lists of sites at the "
					     "same time. Use one that is in force already, or end "
					     "another lesson first."
					   : "The system is out of memory.";

	api_error(r, "Limit", json_pack("{s:s}", "reason", reason));
}

void api_lessons_list(struct request *r)
{
	json_t *lessons;
	struct list *l;

	if (!api_args_done(r))
		return;
	lessons = json_array();
	list_for_each (l, &r->host->lessons) {
		const struct lesson *lesson = list_entry(l, struct lesson, link);

		if (lesson_is_visible(lesson, r->caller))
			json_array_append_new(lessons, lesson_build_json(lesson, r->caller));
	}
	varlink_reply(r->call, json_pack("{s:o}", "lessons", lessons));
}

void api_lessons_presets(struct request *r)
{
	if (api_args_done(r))
		varlink_reply(r->call,
				json_pack("{s:o}", "presets",
						lesson_presets_build(r->host, r->caller->uid)));
}

/* --- what is to be started --- */

char *lessons_clean_name(struct request *r, const char *text)
{
	char *clean = str_clean(text ? text : "", LESSON_NAME_CHARS_MAX + 1);

	if (clean && str_count_chars(clean) <= LESSON_NAME_CHARS_MAX)
		return clean;
	free(clean);
	varlink_error_parameter(r->call, "name");
	return NULL;
}

static bool program_is_usable(struct request *r, json_t *item)
{
	_cleanup_json_ json_t *parameters = NULL;
	_cleanup_free_ char *clean = NULL;
	const char *program, *open;
	struct args a;
	int k;

	if (!json_is_object(item)) {
		varlink_error_parameter(r->call, "programs");
		return false;
	}
	args_init(&a, item);
	program = arg_string(&a, "program", ARG_OPTIONAL, COMMAND_PROGRAM_MAX);
	open = arg_string(&a, "open", ARG_OPTIONAL, COMMAND_OPEN_CHARS_MAX * 4);
	clean = args_done(&a) ? NULL : command_clean_open(open);
	k = clean ? command_find(r->host, program, clean, &parameters) : -EINVAL;
	if (k == -ENOENT)
		api_not_found(r, program, command_explain(k));
	else if (k == -EINVAL || k == -ENODATA)
		varlink_error_parameter(r->call, "programs");
	else if (k < 0)
		api_failed(r, command_explain(k), "");
	return k == 0;
}

static bool programs_are_usable(struct request *r, json_t *programs)
{
	json_t *item;
	size_t i;

	if (!programs)
		return true;
	if (!json_is_array(programs) || json_array_size(programs) > LESSON_PROGRAMS_MAX) {
		varlink_error_parameter(r->call, "programs");
		return false;
	}
	json_array_foreach (programs, i, item)
		if (!program_is_usable(r, item))
			return false;
	return true;
}

static const char *text_of(json_t *object, const char *key)
{
	const char *text = json_string_value(json_object_get(object, key));

	return text ? text : "";
}

static json_t *copy_programs(json_t *programs)
{
	json_t *out = json_array(), *item;
	size_t i;

	json_array_foreach (programs, i, item)
		json_array_append_new(
				out, json_pack("{s:s, s:s}", "program", text_of(item, "program"),
						     "open", text_of(item, "open")));
	return out;
}

static void forget(struct choice *c)
{
	struct lesson_call *call = (struct lesson_call *)c;

	limiter_forget(c->request.host->limiter, call);
	web_rule_free(call->web);
}

bool lessons_read_web(struct request *r, json_t *web, struct web_rule **ret)
{
	_cleanup_free_ char *reason = NULL;
	enum web_mode mode;
	const char *name;
	struct args a;

	if (!web)
		return true;
	args_init(&a, web);
	name = arg_string(&a, "mode", ARG_REQUIRED, 16);
	(void)arg_strings(&a, "domains", ARG_REQUIRED, WEB_DOMAINS_MAX + 1, 2000);
	if (!json_is_object(web) || args_done(&a) || web_mode_parse(name, &mode) < 0) {
		varlink_error_parameter(r->call, "web");
		return false;
	}
	if (json_array_size(json_object_get(web, "domains")) == 0)
		return true;
	*ret = lesson_parse_web(web, &reason);
	if (!*ret)
		api_error(r, "BadSite",
				json_pack("{s:s}", "reason",
						reason ? reason : "The system is out of memory."));
	return *ret != NULL;
}

bool lessons_acts_are_allowed(struct request *r, bool block, bool web, bool programs, bool message)
{
	const struct {
		bool wanted;
		enum act act;
		const char *reason;
	} acts[] = {
		{ block, ACT_BLOCK, "You may not block, so no lesson of yours can." },
		{ web, ACT_LIMIT, "You may not limit the web, so no lesson of yours can." },
		{ programs, ACT_START, "You may not start programs, so no lesson of yours can." },
		{ message, ACT_CHAT, "You may not write to people, so no lesson of yours can." },
	};

	for (size_t i = 0; i < ELEMENTSOF(acts); i++) {
		if (!acts[i].wanted || rights_have_act(r->host, r->caller, acts[i].act))
			continue;
		api_audit(r, "", "refused");
		api_refused(r, acts[i].reason);
		return false;
	}
	return true;
}

static bool read_call(struct lesson_call *call, struct request *r)
{
	_cleanup_free_ char *name = NULL, *message = NULL;
	const char *raw_name, *raw_message;
	int64_t now = clock_real_ms();
	json_t *web;

	raw_name = arg_string(&r->args, "name", ARG_OPTIONAL, LESSON_NAME_CHARS_MAX * 4);
	raw_message = arg_string(&r->args, "message", ARG_OPTIONAL, API_MESSAGE_CHARS_MAX * 4);
	call->block = arg_bool(&r->args, "block", ARG_OPTIONAL, false);
	call->programs = arg_any(&r->args, "programs", ARG_OPTIONAL);
	call->ends_ms = arg_int(&r->args, "ends_ms", ARG_OPTIONAL, now + 1, now + LESSON_MS_MAX, 0);
	call->length_ms = arg_int(
			&r->args, "length_ms", ARG_OPTIONAL, LENGTH_MS_MIN, LESSON_MS_MAX, 0);
	web = arg_any(&r->args, "web", ARG_OPTIONAL);
	call->choice.of_people = call->choice.of_rooms = true;
	/* Whom: those to whom its first limit may be done; the rest is lessons_acts_are_allowed().
	 */
	call->choice.act = call->block ? ACT_BLOCK : web ? ACT_LIMIT : ACT_CHAT;
	call->choice.forget = forget;
	if (!choice_read(&call->choice, r))
		return false;
	if (!call->ends_ms == !call->length_ms) {
		varlink_error_parameter(r->call, call->ends_ms ? "ends_ms" : "length_ms");
		return false;
	}
	name = lessons_clean_name(r, raw_name);
	message = name ? api_message(r, raw_message) : NULL;
	if (!message || !programs_are_usable(r, call->programs) ||
			!lessons_read_web(r, web, &call->web))
		return false;
	if (!lessons_acts_are_allowed(r, call->block, call->web,
			    json_array_size(call->programs) > 0, *message && !call->block))
		return false;
	str_copy(call->name, sizeof(call->name), name);
	str_copy(call->message, sizeof(call->message), message);
	return true;
}

/* --- Preview --- */

static bool holds_for(const struct block *b, const struct chosen *t)
{
	struct scene_block facts;

	if (!b)
		return false;
	facts = (struct scene_block){
		.until_ms = b->until_ms, .by = b->by.role, .own = t->uid == b->by.uid
	};
	return scene_block_holds(&facts, b->kind == BLOCK_ALL, true, t->role, clock_real_ms());
}

/* Still at the end of the lesson. */
static bool is_beyond(const struct block *b, const struct chosen *t, int64_t ends_ms)
{
	return holds_for(b, t) && (!b->until_ms || b->until_ms > ends_ms);
}

static size_t count_running(struct host *h, uid_t uid)
{
	struct list *l;
	size_t n = 0;

	list_for_each (l, &h->sessions) {
		const struct session *s = list_entry(l, struct session, link);

		n += s->person.uid == uid && !s->opening && !s->closing;
	}
	return n;
}

static json_t *build_change(const struct lesson_call *call, const struct chosen *t)
{
	struct host *h = call->choice.request.host;
	bool done = t->state == CHOICE_DONE;
	const struct block *user = done ? block_find_uid(h, t->uid) : NULL,
			   *all = done ? block_find(h, BLOCK_ALL, "") : NULL;
	struct lesson_of now = { 0 };
	_cleanup_free_ char *title = NULL;
	int64_t ends_ms = call->ends_ms ? call->ends_ms : clock_real_ms() + call->length_ms;
	size_t running = done ? count_running(h, t->uid) : 0;
	bool before, after, web_before;

	if (done)
		now = lesson_choose(h, t->uid, t->role);
	title = now.newest ? lesson_get_title(now.newest) : NULL;
	web_before = done && web_limit_decide(h, t->uid, t->role).rule;
	before = holds_for(user, t) || holds_for(all, t) || now.block;
	after = is_beyond(user, t, ends_ms) || is_beyond(all, t, ends_ms) ||
		(now.block && now.block->rule.ends_ms > ends_ms);
	return json_pack("{s:s, s:s, s:s, s:s, s:s, s:b, s:b, s:b, s:b, s:b, s:I, s:b, s:s}",
			"session", t->session, "user", t->user, "full_name", t->full_name, "state",
			choice_state_to_string(t->state), "reason", t->reason ? t->reason : "",
			"blocked_before", before, "blocked", before || (done && call->block),
			"blocked_after", after, "web_before", web_before, "web",
			web_before || (done && call->web), "programs",
			(json_int_t)(running * json_array_size(call->programs)), "message",
			running > 0 && *call->message && !call->block, "lesson",
			title ? title : "");
}

static void do_preview(struct choice *c)
{
	const struct lesson_call *call = (struct lesson_call *)c;
	json_t *changes = json_array();

	for (size_t i = 0; i < c->n; i++)
		json_array_append_new(changes, build_change(call, &c->list[i]));
	varlink_reply(c->request.call, json_pack("{s:o}", "changes", changes));
	choice_free(c);
}

/* --- Start --- */

/* named: not those who just sit in its rooms. */
static json_t *build_users(const struct choice *c, bool named)
{
	json_t *users = json_array();

	for (size_t i = 0; !c->all && i < c->n; i++) {
		const struct chosen *t = &c->list[i];

		if (t->state == CHOICE_DONE && !(named && t->by_room))
			json_array_append_new(users,
					json_pack("{s:s, s:s, s:I}", "user", t->user, "full_name",
							t->full_name, "uid", (json_int_t)t->uid));
	}
	return users;
}

static void answer_started(struct choice *c)
{
	const struct lesson_call *call = (struct lesson_call *)c;

	varlink_reply(c->request.call, json_pack("{s:s, s:o}", "lesson", call->lesson, "targets",
						       choice_build_json(c)));
	choice_free(c);
}

/* " room 12, room 13"; malloc'ed. */
static char *build_room_words(json_t *rooms)
{
	char *words = strdup("");
	json_t *name;
	size_t i;

	json_array_foreach (rooms, i, name) {
		_cleanup_free_ char *before = words;

		words = str_format("%s%s room %s", before ? before : "", i ? "," : "",
				json_string_value(name));
	}
	return words;
}

static void audit_start(const struct lesson_call *call, const struct lesson *l, struct choice *c)
{
	_cleanup_free_ char *rooms = build_room_words(l->rooms);
	_cleanup_free_ char *what = str_format("%s %s %lld min%s%s%s%s:", l->id, l->name,
			(long long)(call->length_ms + 59999) / 60000, l->rule.block ? " block" : "",
			l->web ? " web" : "", json_array_size(l->programs) > 0 ? " programs" : "",
			rooms ? rooms : "");

	choice_audit(c, what ? what : l->id);
}

/* NULL: an error was answered. */
static struct lesson *start_lesson(struct lesson_call *call, const struct lesson_order *order)
{
	struct choice *c = &call->choice;
	_cleanup_json_ json_t *named = build_users(c, true);
	struct host *h = c->request.host;
	struct lesson *l = NULL;
	int r;

	r = lesson_start(h, order, &l);
	if (r < 0) {
		lessons_answer_limit(&c->request, r);
		return NULL;
	}
	str_copy(call->lesson, sizeof(call->lesson), l->id);
	lesson_presets_add(h, c->caller.uid, order, named, call->length_ms);
	audit_start(call, l, c);
	return l;
}

static void answer_refused(struct choice *c)
{
	choice_audit(c, "");
	varlink_reply(c->request.call,
			json_pack("{s:s, s:o}", "lesson", "", "targets", choice_build_json(c)));
	choice_free(c);
}

/* The web is limited, or not: then each says why. Programs start only now. */
static void handle_held(const char *reason, void *userdata)
{
	struct lesson_call *call = userdata;

	if (reason)
		choice_fail(&call->choice, reason);
	lesson_run_start(call->run);
}

static void do_start(struct choice *c)
{
	struct lesson_call *call = (struct lesson_call *)c;
	_cleanup_json_ json_t *users = build_users(c, false),
			      *programs = copy_programs(call->programs),
			      *rooms = c->rooms ? json_incref(c->rooms) : json_array();
	struct host *h = c->request.host;
	struct lesson_run *run = NULL;
	struct lesson *l;

	/* Nobody may be covered: there is nothing to start. */
	if (!c->all && json_array_size(users) == 0 && json_array_size(rooms) == 0) {
		answer_refused(c);
		return;
	}
	if (call->ends_ms)
		call->length_ms = MAX(call->ends_ms - clock_real_ms(), (int64_t)LENGTH_MS_MIN);
	else
		call->ends_ms = clock_real_ms() + call->length_ms;
	store_begin(h->store);
	l = start_lesson(call, &(struct lesson_order){ .by = &c->caller,
					       .name = call->name,
					       .message = call->message,
					       .all = c->all,
					       .block = call->block,
					       .users = users,
					       .rooms = rooms,
					       .programs = programs,
					       .web = call->web,
					       .ends_ms = call->ends_ms });
	if (l && lesson_run_new(l, c, answer_started, &run) < 0) {
		lessons_answer_limit(&c->request, -ENOMEM);
		lesson_end(l);
		l = NULL;
	}
	lessons_apply(h);
	if (store_commit(h->store) < 0)
		choice_fail_unstored(c);
	call->run = run;
	if (!l)
		choice_free(c);
	else if (!call->web || limiter_wait(h->limiter, handle_held, call) < 0)
		lesson_run_start(run);
}

static void handle_checked(const char *reason, void *userdata)
{
	struct lesson_call *call = userdata;

	if (!reason) {
		list_remove(&call->choice.link);
		choice_resolve(&call->choice, do_start);
		return;
	}
	api_failed(&call->choice.request, reason, "");
	choice_free(&call->choice);
}

/* Could the web be limited here at all? Then do_start(). */
static void check_web(struct lesson_call *call)
{
	struct host *h = call->choice.request.host;

	list_add_tail(&h->choices, &call->choice.link); /* it waits */
	if (limiter_check(h->limiter, handle_checked, call) == 0)
		return;
	lessons_answer_limit(&call->choice.request, -ENOMEM);
	choice_free(&call->choice);
}

static void begin(struct request *r, choice_fn done)
{
	struct lesson_call *call = calloc(1, sizeof(*call));

	if (!call)
		lessons_answer_limit(r, -ENOMEM);
	else if (!read_call(call, r))
		choice_free(&call->choice);
	else if (!call->web || done != do_start)
		choice_resolve(&call->choice, done);
	else
		check_web(call);
}

void api_lessons_preview(struct request *r)
{
	begin(r, do_preview);
}

void api_lessons_start(struct request *r)
{
	begin(r, do_start);
}
