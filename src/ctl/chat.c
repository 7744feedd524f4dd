/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * chat send, history, clear, on, off, status; hand list, answer.
 *
 * chat history --follow reads the history after it began to watch, on a connection of its own, and
 * leaves out numbers that it has shown: nothing is lost or shown twice, also over a restart of
 * stationd.
 */
#include <stdio.h>

#include "base/clock.h"
#include "base/str.h"
#include "ctl/command.h"
#include "ctl/follow.h"
#include "ctl/list.h"
#include "ctl/target.h"
#include "ctl/when.h"

#define SEND    "org.stationmaster.Chat.Send"
#define HISTORY "org.stationmaster.Chat.History"
#define CLEAR   "org.stationmaster.Chat.Clear"
#define HANDS   "org.stationmaster.Chat.Hands"
#define ANSWER  "org.stationmaster.Chat.Answer"
#define GET     "org.stationmaster.Chat.Get"
#define SET     "org.stationmaster.Chat.Set"

/* "user:s12" is for users that look like sessions; NULL: an error was reported. */
static const char *user_of(struct ctl *c, const char *word)
{
	const char *user = target_user(word);

	if (user && str_is_account_name(user))
		return user;
	ctl_usage(c, "\"%s\" is not a user name.", word);
	return NULL;
}

int chat_send_run(struct ctl *c, int argc, char **argv)
{
	_cleanup_json_ json_t *reply = NULL, *parameters = NULL;
	const char *text = argv[argc - 1];
	int r;

	if (str_count_chars(text) > CTL_CHAT_MAX)
		return ctl_usage(c, "A message has at most %d characters.", CTL_CHAT_MAX);
	parameters = json_pack("{s:s}", "text", text);
	r = target_set_parameters(c, parameters, argc - 1, argv);
	if (r)
		return r;
	r = target_call(c, SEND, take_ptr(parameters), CTL_ANSWER_MS, &reply);
	if (r)
		return r;
	return target_report(c, reply, "sent", "No sessions: nothing to do.");
}

/* --- history --- */

struct conversation {
	const char *user; /* NULL: all */
	json_int_t last;  /* number of the last message that was shown */
};

static void message_print(struct ctl *c, json_t *m)
{
	_cleanup_free_ char *from = text_member(m, "from_name"), *to = text_member(m, "user_name");
	_cleanup_free_ char *text = text_member(m, "text"), *when = NULL, *line = NULL;
	bool supervisor = json_is_true(json_object_get(m, "supervisor"));

	if (c->json) {
		text_print_json(stdout, m, JSON_COMPACT, c->out_tty);
		fflush(stdout);
		return;
	}
	when = when_format_log(json_integer_value(json_object_get(m, "at_ms")), clock_real_ms());
	line = str_format("%s%s%s: %s", from, supervisor ? " to " : "", supervisor ? to : "", text);
	free(text);
	text = line ? text_clean(line) : NULL;
	printf("%s%s%s  %s\n", text_colour(TEXT_DIM, c->out_tty), when ? when : "?",
			text_colour(TEXT_PLAIN, c->out_tty), text ? text : "?");
	fflush(stdout);
}

static int history_get(struct ctl *c, const char *user, json_t **ret_messages)
{
	_cleanup_json_ json_t *reply = NULL;
	json_t *messages;
	int r;

	r = ctl_call(c, HISTORY, user ? json_pack("{s:s}", "user", user) : NULL, CTL_ANSWER_MS,
			&reply);
	if (r)
		return r;
	messages = json_object_get(reply, "messages");
	if (!json_is_array(messages))
		return ctl_bad_reply(c, HISTORY);
	*ret_messages = json_incref(messages);
	return CTL_DONE;
}

static void message_show(struct ctl *c, struct conversation *conversation, json_t *m)
{
	const char *user = json_string_value(json_object_get(m, "user"));
	json_int_t number = json_integer_value(json_object_get(m, "number"));

	if (number <= conversation->last ||
			(conversation->user && !(user && streq(user, conversation->user))))
		return;
	conversation->last = number;
	message_print(c, m);
}

static int handle_event(struct ctl *c, json_t *event, void *userdata)
{
	const char *kind = json_string_value(json_object_get(event, "kind"));
	struct conversation *conversation = userdata;
	_cleanup_json_ json_t *messages = NULL;
	json_t *message;
	struct ctl aside;
	size_t i;
	int r;

	if (kind && streq(kind, "chat"))
		message_show(c, conversation, json_object_get(event, "message"));
	if (!kind || !streq(kind, "snapshot"))
		return 0;
	ctl_init_aside(&aside, c);
	r = history_get(&aside, conversation->user, &messages);
	ctl_done(&aside);
	json_array_foreach (messages, i, message)
		message_show(c, conversation, message);
	return r;
}

int chat_history_run(struct ctl *c, int argc, char **argv)
{
	struct conversation conversation = { 0 };
	_cleanup_json_ json_t *messages = NULL;
	json_t *message;
	size_t i;
	int r;

	if (argc > 0) {
		conversation.user = user_of(c, argv[0]);
		if (!conversation.user)
			return CTL_USAGE;
	}
	if (c->follow) {
		r = follow_events(c, handle_event, &conversation);
		return r == FOLLOW_TIMEOUT ? CTL_DONE : r;
	}
	r = history_get(c, conversation.user, &messages);
	if (r)
		return r;
	if (c->json) {
		text_print_json(stdout, messages, JSON_INDENT(2), c->out_tty);
		return CTL_DONE;
	}
	if (json_array_size(messages) == 0)
		puts("No messages.");
	json_array_foreach (messages, i, message)
		message_show(c, &conversation, message);
	return CTL_DONE;
}

int chat_clear_run(struct ctl *c, int argc, char **argv)
{
	const char *user = argc > 0 ? user_of(c, argv[0]) : NULL;
	_cleanup_json_ json_t *about = NULL;
	int r;

	if (argc > 0 && !user)
		return CTL_USAGE;
	r = ctl_call(c, CLEAR, user ? json_pack("{s:s}", "user", user) : NULL, CTL_ANSWER_MS, NULL);
	if (r)
		return r;
	about = json_pack("{s:s?}", "user", user);
	if (c->json)
		text_print_json(stdout, about, JSON_INDENT(2), c->out_tty);
	else
		printf("The messages of %s are forgotten.\n", user ? user : "everybody");
	return CTL_DONE;
}

/* --- on, off, status --- */

static int enabled_report(struct ctl *c, bool enabled)
{
	_cleanup_json_ json_t *about = json_pack("{s:b}", "enabled", enabled);

	if (c->json)
		text_print_json(stdout, about, JSON_INDENT(2), c->out_tty);
	else
		puts(enabled ? "People at stations may write and raise hands."
			     : "People at stations can neither write nor raise hands.");
	return CTL_DONE;
}

static int enabled_set(struct ctl *c, bool enabled)
{
	int r = ctl_call(c, SET, json_pack("{s:b}", "enabled", enabled), CTL_ANSWER_MS, NULL);

	return r ? r : enabled_report(c, enabled);
}

int chat_on_run(struct ctl *c, int argc, char **argv)
{
	(void)argc, (void)argv;
	return enabled_set(c, true);
}

int chat_off_run(struct ctl *c, int argc, char **argv)
{
	(void)argc, (void)argv;
	return enabled_set(c, false);
}

int chat_status_run(struct ctl *c, int argc, char **argv)
{
	_cleanup_json_ json_t *reply = NULL;
	json_t *enabled;
	int r;

	(void)argc, (void)argv;
	r = ctl_call(c, GET, NULL, CTL_ANSWER_MS, &reply);
	if (r)
		return r;
	enabled = json_object_get(reply, "enabled");
	if (!json_is_boolean(enabled))
		return ctl_bad_reply(c, GET);
	return enabled_report(c, json_is_true(enabled));
}

/* --- hands --- */

static void hand_add(struct table *t, json_t *hand)
{
	int64_t at_ms = json_integer_value(json_object_get(hand, "at_ms"));

	table_add_consume(t, text_member(hand, "user"));
	table_add_consume(t, text_member(hand, "full_name"));
	table_add_consume(t, text_member(hand, "session"));
	table_add_consume(t, text_duration(clock_real_ms() - at_ms));
}

int hand_list_run(struct ctl *c, int argc, char **argv)
{
	static const struct column columns[] = {
		{ "USER" },
		{ "NAME", .cut = true },
		{ "SESSION" },
		{ "WAITS", .right = true },
	};
	static const struct list_info list = { HANDS, "hands", "No hand is raised.", columns,
		ELEMENTSOF(columns), hand_add };

	(void)argc, (void)argv;
	return list_run(c, &list);
}

static bool has_string(json_t *array, const char *s)
{
	json_t *item;
	size_t i;

	json_array_foreach (array, i, item)
		if (json_is_string(item) && streq(json_string_value(item), s))
			return true;
	return false;
}

int hand_answer_run(struct ctl *c, int argc, char **argv)
{
	_cleanup_json_ json_t *reply = NULL, *users = json_array();
	_cleanup_free_ char *names = NULL, *clean = NULL;
	json_t *answered;
	int r;

	for (int i = 0; i < argc; i++) {
		const char *user = user_of(c, argv[i]);

		if (!user)
			return CTL_USAGE;
		json_array_append_new(users, json_string(user));
	}
	r = ctl_call(c, ANSWER,
			c->all ? json_pack("{s:b}", "all", true)
			       : json_pack("{s:O}", "users", users),
			CTL_ANSWER_MS, &reply);
	if (r)
		return r;
	answered = json_object_get(reply, "users");
	if (!json_is_array(answered))
		return ctl_bad_reply(c, ANSWER);
	if (c->json) {
		text_print_json(stdout, reply, JSON_INDENT(2), c->out_tty);
		return CTL_DONE;
	}
	names = text_array(answered);
	clean = names ? text_clean(names) : NULL;
	if (!str_is_empty(clean))
		printf("Answered: %s.\n", clean);
	else if (c->all)
		puts("No hand is raised: nothing to do.");
	for (int i = 0; i < argc; i++)
		if (!has_string(answered, target_user(argv[i])))
			printf("%s has not raised a hand.\n", target_user(argv[i]));
	return CTL_DONE;
}
