/* SPDX-License-Identifier: GPL-3.0-or-later */
/* org.stationmaster.Chat. */
#include "base/str.h"
#include "hostd/chat.h"
#include "hostd/host.h"
#include "hostd/rights.h"
#include "hostd/selection.h"

/* Clean, not empty, not too long; malloc'ed. NULL: InvalidParameter was answered. */
static char *take_text(struct request *r, const char *text)
{
	char *clean = str_clean(text, CHAT_CHARS_MAX + 1);

	if (clean && (!*clean || str_count_chars(clean) > CHAT_CHARS_MAX)) {
		free(clean);
		clean = NULL;
	}
	if (!clean)
		varlink_error_parameter(r->call, "text");
	return clean;
}

/* "All" means the people who are taught. */
static void keep_standard(struct request *r, struct targets *t)
{
	size_t kept = 0;

	for (size_t i = 0; i < t->n; i++) {
		struct session *s = session_find(r->host, t->list[i].session);

		if (s && s->person.role == ROLE_STANDARD) {
			t->list[kept++] = t->list[i];
			continue;
		}
		free(t->list[i].user);
		free(t->list[i].full_name);
		free(t->list[i].reason);
	}
	t->n = kept;
}

/* The same person in an earlier session of the selection. */
static bool is_repeated(const struct targets *t, size_t index)
{
	for (size_t i = 0; i < index; i++)
		if (t->list[i].state == TARGET_WAITING &&
				streq(t->list[i].user, t->list[index].user))
			return true;
	return false;
}

static void send_to_targets(struct request *r, struct selection *sel, const char *text)
{
	_cleanup_json_ json_t *messages = json_array();
	struct targets *t = &sel->targets;
	int k;

	store_begin(r->host->store);
	for (size_t i = 0; i < t->n; i++) {
		struct session *s = session_find(r->host, t->list[i].session);
		json_t *message = NULL;

		if (s && t->list[i].state == TARGET_WAITING && !is_repeated(t, i))
			(void)chat_send(r->caller, s, text, &message);
		json_array_append_new(messages, message ? message : json_null());
	}
	/* That somebody wrote is audited; what, is in the history. */
	selection_audit(r, sel, "");
	k = store_commit(r->host->store);
	for (size_t i = 0; i < t->n; i++) {
		struct session *s = session_find(r->host, t->list[i].session);
		json_t *message = json_array_get(messages, i);

		if (!s || t->list[i].state != TARGET_WAITING)
			continue;
		t->list[i].state = k < 0 ? TARGET_FAILED : TARGET_DONE;
		if (k < 0)
			t->list[i].reason = strdup("The message could not be stored.");
		else if (json_is_object(message))
			chat_tell(s, json_incref(message));
	}
}

void api_chat_send(struct request *r)
{
	_cleanup_(selection_done) struct selection sel = { 0 };
	_cleanup_free_ char *text = NULL;
	const char *raw;

	raw = arg_string(&r->args, "text", ARG_REQUIRED, CHAT_CHARS_MAX * 4);
	if (!selection_read(r, &sel))
		return;
	text = take_text(r, raw);
	if (!text || !selection_resolve(r, &sel, ACT_CHAT))
		return;
	if (sel.all)
		keep_standard(r, &sel.targets);
	send_to_targets(r, &sel, text);
	varlink_reply(r->call,
			json_pack("{s:o}", "targets",
					targets_build_results(sel.targets.list, sel.targets.n)));
}

/*
 * Who may write to a person may read what was written, and so may that person. Where there is no
 * session that could tell, the role is that of the conversation, and the room is none.
 */
static bool may_read(const char *user, enum role role, void *userdata)
{
	struct request *r = userdata;
	bool has_session = false;
	struct list *l;

	if (streq(user, r->caller->user))
		return true;
	list_for_each (l, &r->host->sessions) {
		struct session *s = list_entry(l, struct session, link);

		if (!streq(s->person.user, user))
			continue;
		if (rights_may(r->host, r->caller, s, ACT_CHAT, false, NULL))
			return true;
		has_session = true;
	}
	return !has_session && rights_judge(r->host, r->caller,
					       &(struct subject){ .role = role,
							       .uid = (uid_t)-1,
							       .room = "",
							       .full_name = user },
					       ACT_CHAT, false, NULL);
}

static bool is_any(const char *user, enum role role, void *userdata)
{
	(void)user, (void)role, (void)userdata;
	return true;
}

/* Those that the caller may read; others stay. */
static void clear_all(struct request *r)
{
	_cleanup_json_ json_t *all = chat_history(r->host, NULL, is_any, NULL),
			      *own = chat_history(r->host, NULL, may_read, r);
	json_t *message;
	size_t i;

	if (json_array_size(all) == json_array_size(own)) {
		chat_clear(r->host, NULL);
		return;
	}
	json_array_foreach (own, i, message) {
		const char *user = json_string_value(json_object_get(message, "user"));
		bool done = false;

		for (size_t k = 0; k < i && !done; k++)
			done = streq(user, json_string_value(json_object_get(
							   json_array_get(own, k), "user")));
		if (!done)
			chat_clear(r->host, user);
	}
}

/* What concerns everybody is not for who is bound. false: refused and audited. */
static bool may_for_all(struct request *r)
{
	if (!rights_are_bound(r->host, r->caller) && rights_have_act(r->host, r->caller, ACT_CHAT))
		return true;
	api_audit(r, "all", "refused");
	api_refused(r, "This concerns everybody, and your rights are bound to rooms or do not name this "
		       "act (chat). Administrators can change them.");
	return false;
}

void api_chat_history(struct request *r)
{
	const char *user = arg_string(&r->args, "user", ARG_OPTIONAL, CALLER_USER_MAX);
	json_t *messages;

	if (!api_args_done(r))
		return;
	if (r->caller->role == ROLE_STANDARD) {
		if (user && !streq(user, r->caller->user)) {
			api_refused(r, "You can only read what you wrote and what was written to you.");
			return;
		}
		user = r->caller->user;
	}
	messages = chat_history(r->host, user, may_read, r);
	varlink_reply(r->call, json_pack("{s:o}", "messages", messages));
}

/* Where nothing was written it is about the person: there, or nothing is known. */
static bool may_clear(struct request *r, const char *user)
{
	_cleanup_json_ json_t *all = chat_history(r->host, user, is_any, NULL),
			      *own = chat_history(r->host, user, may_read, r);

	if (json_array_size(all) == 0)
		return may_read(user, ROLE_STANDARD, r);
	return json_array_size(all) == json_array_size(own);
}

void api_chat_clear(struct request *r)
{
	const char *user = arg_string(&r->args, "user", ARG_OPTIONAL, CALLER_USER_MAX);

	if (!api_args_done(r))
		return;
	if (user && !may_clear(r, user)) {
		api_audit(r, user, "refused");
		api_refused(r, "This conversation is not yours to read, so you cannot clear it: the "
			       "person is an operator or administrator, or is not in a room that your "
			       "rights name.");
		return;
	}
	if (!user && !may_for_all(r))
		return;
	api_audit(r, user ? user : "all", "ok");
	if (user)
		chat_clear(r->host, user);
	else
		clear_all(r);
	varlink_reply(r->call, NULL);
}

void api_chat_hands(struct request *r)
{
	struct session *raised[SELECTION_NAMES_MAX];
	json_t *hands;
	struct list *l;
	size_t n = 0;

	if (!api_args_done(r))
		return;
	list_for_each (l, &r->host->sessions) {
		struct session *s = list_entry(l, struct session, link);
		size_t i;

		if (!s->hand_ms || n == SELECTION_NAMES_MAX || !request_may_see(r, s))
			continue;
		for (i = n++; i > 0 && raised[i - 1]->hand_ms > s->hand_ms; i--)
			raised[i] = raised[i - 1];
		raised[i] = s;
	}
	hands = json_array();
	for (size_t i = 0; i < n; i++)
		json_array_append_new(hands, hand_build_json(raised[i]));
	varlink_reply(r->call, json_pack("{s:o}", "hands", hands));
}

void api_chat_answer(struct request *r)
{
	json_t *users = arg_strings(&r->args, "users", ARG_OPTIONAL, SELECTION_NAMES_MAX, 256),
	       *item;
	bool all = arg_bool(&r->args, "all", ARG_OPTIONAL, false);
	json_t *answered;
	struct list *l;
	size_t i;

	if (!api_args_done(r))
		return;
	if (all == (json_array_size(users) > 0)) {
		varlink_error_parameter(r->call, all ? "all" : "users");
		return;
	}
	answered = json_array();
	list_for_each (l, &r->host->sessions) {
		struct session *s = list_entry(l, struct session, link);
		bool named = all;

		json_array_foreach (users, i, item)
			named = named || streq(json_string_value(item), s->person.user);
		if (!named || !s->hand_ms ||
				!rights_may(r->host, r->caller, s, ACT_CHAT, false, NULL))
			continue;
		(void)hand_set(s, false);
		json_array_append_new(answered, json_string(s->person.user));
	}
	varlink_reply(r->call, json_pack("{s:o}", "users", answered));
}

void api_chat_get(struct request *r)
{
	if (api_args_done(r))
		varlink_reply(r->call, json_pack("{s:b}", "enabled", chat_is_enabled(r->host)));
}

void api_chat_set(struct request *r)
{
	bool enabled = arg_bool(&r->args, "enabled", ARG_REQUIRED, true);
	int k;

	if (!api_args_done(r))
		return;
	if (!may_for_all(r))
		return;
	k = chat_enable(r->host, enabled);
	api_audit(r, enabled ? "on" : "off", k < 0 ? "failed" : "ok");
	if (k < 0)
		api_failed(r, "It could not be stored, so nothing has changed. Free disk space, then try again.",
				"");
	else
		varlink_reply(r->call, NULL);
}
