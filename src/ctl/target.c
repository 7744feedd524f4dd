/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Targets of an act. A word that looks like a session id (s and digits) is one; everything else is
 * an account. Accounts may look like ids too (pupil number 12), so "user:" forces that meaning: ':'
 * can be in no account name. Stations come by an option, because their ids could be accounts.
 */
#include "ctl/target.h"

#include <stdio.h>
#include <string.h>

#include "base/str.h"
#include "ctl/text.h"

#define LIST "org.stationmaster.Sessions.List"

bool target_is_session(const char *word)
{
	return word[0] == 's' && word[1] && !word[1 + strspn(word + 1, "0123456789")];
}

const char *target_user(const char *word)
{
	static const char prefix[] = "user:";

	if (strncmp(word, prefix, strlen(prefix)) == 0)
		return word + strlen(prefix);
	return target_is_session(word) ? NULL : word;
}

static bool is_in_rooms(const struct ctl *c, json_t *session)
{
	json_t *in = json_object_get(session, "room"), *room;
	size_t i;

	json_array_foreach (c->rooms, i, room)
		if (json_equal(room, in))
			return true;
	return false;
}

/* Sessions of the rooms, by their ids: stationd decides about each. */
static int add_rooms(struct ctl *c, json_t *sessions)
{
	_cleanup_json_ json_t *reply = NULL;
	size_t n = json_array_size(sessions), i;
	json_t *session;
	int r;

	if (!c->rooms)
		return CTL_DONE;
	r = ctl_call(c, LIST, NULL, CTL_ANSWER_MS, &reply);
	if (r)
		return r;
	json_array_foreach (json_object_get(reply, "sessions"), i, session)
		if (is_in_rooms(c, session))
			json_array_append(sessions, json_object_get(session, "id"));
	if (json_array_size(sessions) > n)
		return CTL_DONE;
	return ctl_fail(c, CTL_NOT_FOUND, LIST,
			"There is no session in that room that you may see. Rooms: stationctl station rooms.");
}

int target_set_names(struct ctl *c, json_t *parameters, int argc, char **argv)
{
	_cleanup_json_ json_t *sessions = json_array(), *users = json_array();

	if (c->all)
		json_object_set_new(parameters, "all", json_true());
	for (int i = 0; i < argc; i++) {
		const char *user = target_user(argv[i]);

		if (user && !str_is_account_name(user))
			return ctl_usage(c,
					"\"%s\" is neither a session id (such as s12) nor a user name.",
					argv[i]);
		json_array_append_new(user ? users : sessions, json_string(user ? user : argv[i]));
	}
	if (json_array_size(sessions) > 0)
		json_object_set(parameters, "sessions", sessions);
	if (json_array_size(users) > 0)
		json_object_set(parameters, "users", users);
	if (c->stations)
		json_object_set(parameters, "stations", c->stations);
	return CTL_DONE;
}

int target_set_parameters(struct ctl *c, json_t *parameters, int argc, char **argv)
{
	json_t *sessions;
	int r;

	r = target_set_names(c, parameters, argc, argv);
	if (r || !c->rooms)
		return r;
	sessions = json_object_get(parameters, "sessions");
	if (!sessions) {
		sessions = json_array();
		json_object_set_new(parameters, "sessions", sessions);
	}
	return add_rooms(c, sessions);
}

/* Takes left. */
static char *join_consume(char *left, const char *prefix, const char *word)
{
	char *both = left ? str_format("%s%s%s%s", left, *left ? " " : "", prefix, word) : NULL;

	free(left);
	return both;
}

char *target_words(const struct ctl *c, int argc, char **argv)
{
	char *all = strdup(c->all ? "--all" : "");
	_cleanup_free_ char *dirty = NULL;
	json_t *station;
	size_t k;

	for (int i = 0; i < argc; i++)
		all = join_consume(all, "", argv[i]);
	json_array_foreach (c->stations, k, station)
		all = join_consume(all, "--station ", json_string_value(station));
	json_array_foreach (c->rooms, k, station)
		all = join_consume(all, "--room ", json_string_value(station));
	dirty = all;
	return dirty ? text_clean(dirty) : NULL;
}

static const struct state_info {
	const char *state;
	const char *text; /* NULL: the word for "done", then suffix */
	enum text_colour colour;
	bool final, good;
	const char *suffix; /* may be NULL */
} states[] = {
	{ "waiting", "notice is running", TEXT_PLAIN, false, true },
	{ "asking", "was asked to end", TEXT_PLAIN, false, true },
	{ "ending", "is being ended", TEXT_PLAIN, false, true },
	{ "done", NULL, TEXT_GREEN, true, true },
	{ "forced", NULL, TEXT_YELLOW, true, true, " by force" },
	{ "refused", "refused", TEXT_RED, true, false },
	{ "failed", "failed", TEXT_RED, true, false },
	{ "cancelled", "taken back", TEXT_YELLOW, true, false },
};

static const struct state_info *state_find(json_t *target)
{
	const char *state = json_string_value(json_object_get(target, "state"));

	for (size_t i = 0; state && i < ELEMENTSOF(states); i++)
		if (streq(states[i].state, state))
			return &states[i];
	return NULL;
}

bool target_is_final(json_t *target)
{
	const struct state_info *info = state_find(target);

	return info && info->final;
}

void target_print(const struct ctl *c, json_t *target, const char *done)
{
	const struct state_info *info = state_find(target);
	_cleanup_free_ char *user = text_member(target, "user"),
			    *name = text_member(target, "full_name");
	_cleanup_free_ char *session = text_member(target, "session"),
			    *station = text_member(target, "station");
	_cleanup_free_ char *reason = text_member(target, "reason"), *who = NULL, *line = NULL;

	if (str_is_empty(user))
		who = str_format("station %s", str_is_empty(station) ? "?" : station);
	else if (str_is_empty(name) || streq(name, user))
		who = str_format("%s%s%s", user, str_is_empty(station) ? "" : " at ", station);
	else
		who = str_format("%s (%s)%s%s", user, name, str_is_empty(station) ? "" : " at ",
				station);
	line = str_format("%-5s  %s", str_is_empty(session) ? "-" : session, who ? who : "?");
	free(who);
	who = line ? text_clean(line) : NULL;
	printf("%s%*s  %s%s%s%s%s", who ? who : "?",
			(int)MAX(30 - (int)text_width(who ? who : "?"), 0), "",
			info ? text_colour(info->colour, c->out_tty) : "",
			!info        ? "is in a state that this stationctl does not know"
			: info->text ? info->text
				     : done,
			info && info->suffix ? info->suffix : "",
			info && info->suffix ? " (it did not end itself)" : "",
			info && info->colour ? text_colour(TEXT_PLAIN, c->out_tty) : "");
	if (!str_is_empty(reason)) {
		_cleanup_free_ char *clean = text_clean(reason);

		printf(": %s", clean ? clean : "?");
	}
	if (json_is_true(json_object_get(target, "more_time")))
		printf("; %sasks for more time%s", text_colour(TEXT_YELLOW, c->out_tty),
				text_colour(TEXT_PLAIN, c->out_tty));
	putchar('\n');
	fflush(stdout);
}

int target_exit_code(json_t *targets)
{
	size_t good = 0, refused = 0, n = json_array_size(targets), i;
	json_t *target;

	json_array_foreach (targets, i, target) {
		const struct state_info *info = state_find(target);

		good += info && info->good;
		refused += info && streq(info->state, "refused");
	}
	if (good == n)
		return CTL_DONE;
	return refused == n ? CTL_REFUSED : CTL_PARTLY;
}

void target_print_summary(json_t *targets, const char *done)
{
	size_t n_printed = 0, i;
	json_t *target;

	if (json_array_size(targets) < 2)
		return;
	for (size_t k = 0; k < ELEMENTSOF(states); k++) {
		size_t n = 0;

		json_array_foreach (targets, i, target)
			n += state_find(target) == &states[k];
		if (n == 0)
			continue;
		printf("%s%zu %s%s", n_printed++ ? ", " : "", n,
				states[k].text ? states[k].text : done,
				states[k].suffix ? states[k].suffix : "");
	}
	if (n_printed)
		puts(".");
}

int target_call(struct ctl *c, const char *method, json_t *parameters, int64_t answer_ms,
		json_t **ret_reply)
{
	_cleanup_json_ json_t *reply = NULL;
	int r;

	r = ctl_call(c, method, parameters, answer_ms, &reply);
	if (r)
		return r;
	if (!json_is_array(json_object_get(reply, "targets")))
		return ctl_bad_reply(c, method);
	*ret_reply = take_ptr(reply);
	return CTL_DONE;
}

int target_report(struct ctl *c, json_t *reply, const char *done, const char *empty)
{
	json_t *targets = json_object_get(reply, "targets"), *target;
	size_t i;

	if (c->json) {
		text_print_json(stdout, reply, JSON_INDENT(2), c->out_tty);
		return target_exit_code(targets);
	}
	if (json_array_size(targets) == 0 && empty)
		puts(empty);
	json_array_foreach (targets, i, target)
		target_print(c, target, done);
	target_print_summary(targets, done);
	return target_exit_code(targets);
}

size_t target_count(json_t *reply, const char *state)
{
	json_t *target;
	size_t n = 0, i;

	json_array_foreach (json_object_get(reply, "targets"), i, target) {
		const char *s = json_string_value(json_object_get(target, "state"));

		n += s && streq(s, state);
	}
	return n;
}

char *target_flags(json_t *session)
{
	static const char *const names[] = { "blocked", "limited", "locked", "projected",
		"projecting", "controlled", "viewed", NULL };
	_cleanup_free_ char *flags = text_flags(session, names);

	const char *hit = json_string_value(json_object_get(session, "limit_hit"));
	bool hand = json_integer_value(json_object_get(session, "hand_ms")) > 0;

	hit = hit && streq(hit, "memory")  ? "out-of-memory"
	      : hit && streq(hit, "tasks") ? "out-of-tasks"
					   : "";
	if (!flags)
		return NULL;
	return str_format("%s%s%s%s%s", hit, *hit && (hand || *flags) ? "," : "",
			hand ? "hand" : "", hand && *flags ? "," : "", flags);
}

char *target_asking(json_t *job)
{
	_cleanup_json_ json_t *users = json_array();
	json_t *target;
	size_t i;

	json_array_foreach (json_object_get(job, "targets"), i, target)
		if (json_is_true(json_object_get(target, "more_time")))
			json_array_append(users, json_object_get(target, "user"));
	return text_array(users);
}
