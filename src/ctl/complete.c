/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Completion: the shells hand over the words of the line, the last one unfinished, and get
 * "candidate<TAB>description" lines. Names come from stationd where it answers within half a
 * second; a shell must never hang or show an error because somebody pressed Tab, so everything that
 * goes wrong here just gives fewer candidates.
 */
#include <dirent.h>
#include <pwd.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/str.h"
#include "ctl/command.h"
#include "ctl/target.h"
#include "ctl/text.h"

enum { COMPLETE_MS = 500, FIRST_UID = 1000, LAST_UID = 60000 };

static void print_candidate(const char *prefix, const char *word, const char *description)
{
	_cleanup_free_ char *clean_word = text_clean(word), *clean = text_clean(description);

	if (!clean_word || !streq(clean_word, word) || str_is_empty(word) ||
			strncmp(word, prefix, strlen(prefix)) != 0)
		return;
	printf("%s\t%s\n", word, clean ? clean : "");
}

/* The array "key" of a reply, or NULL. Owned; parameters are taken. */
static json_t *ask_with(const char *socket, const char *method, const char *key, json_t *parameters)
{
	_cleanup_json_ json_t *reply = NULL, *owned = parameters;
	struct varlink_request request = { .method = method };
	json_t *array = NULL;
	struct ctl c;

	ctl_init(&c);
	c.socket = socket;
	c.deadline = clock_mono_ms() + COMPLETE_MS;
	if (ctl_connect(&c) == 0) {
		request.parameters = take_ptr(owned);
		if (varlink_call_wait(c.conn, &request, COMPLETE_MS, &reply, NULL) == 0)
			array = json_incref(json_object_get(reply, key));
	}
	ctl_done(&c);
	return array;
}

static json_t *ask(const char *socket, const char *method, const char *key)
{
	return ask_with(socket, method, key, NULL);
}

static void complete_targets(const char *socket, const char *prefix)
{
	_cleanup_json_ json_t *sessions =
			ask(socket, "org.stationmaster.Sessions.List", "sessions");
	json_t *session;
	size_t i;

	json_array_foreach (sessions, i, session) {
		_cleanup_free_ char *id = text_member(session, "id"),
				    *user = text_member(session, "user");
		_cleanup_free_ char *name = text_member(session, "full_name");
		_cleanup_free_ char *both = str_format("%s, %s", user, name);

		print_candidate(prefix, id ? id : "", both ? both : "");
		print_candidate(prefix, user ? user : "", name ? name : "");
	}
}

static void complete_ids(
		const char *socket, const char *prefix, const char *method, const char *key)
{
	_cleanup_json_ json_t *items = ask(socket, method, key);
	json_t *item;
	size_t i;

	json_array_foreach (items, i, item) {
		_cleanup_free_ char *id = text_member(item, "id"),
				    *name = text_member(item, "name");
		_cleanup_free_ char *by = text_member(item, "by");

		print_candidate(prefix, id ? id : "", str_is_empty(name) ? by : name);
	}
}

static void complete_programs(const char *socket, const char *prefix)
{
	_cleanup_json_ json_t *programs = NULL;
	const char *language = text_language();
	json_t *program;
	size_t i;

	programs = ask_with(socket, "org.stationmaster.Programs.Installed", "programs",
			language ? json_pack("{s:s}", "language", language) : NULL);
	json_array_foreach (programs, i, program) {
		_cleanup_free_ char *id = text_member(program, "id"),
				    *name = text_member(program, "name");

		print_candidate(prefix, id ? id : "", name ? name : "");
	}
}

/* What runs in a session, which may be named by its user. */
static void complete_processes(const char *socket, const char *prefix, const char *word)
{
	_cleanup_json_ json_t *sessions = NULL, *processes = NULL;
	const char *user = target_user(word), *id = user ? NULL : word;
	json_t *item;
	size_t i;

	if (user)
		sessions = ask(socket, "org.stationmaster.Sessions.List", "sessions");
	json_array_foreach (sessions, i, item) {
		const char *other = json_string_value(json_object_get(item, "user"));

		if (other && streq(other, user))
			id = json_string_value(json_object_get(item, "id"));
	}
	if (!id)
		return;
	processes = ask_with(socket, "org.stationmaster.Programs.List", "processes",
			json_pack("{s:s}", "session", id));
	json_array_foreach (processes, i, item) {
		_cleanup_free_ char *pid = text_member(item, "pid"),
				    *start = text_member(item, "start"),
				    *name = text_member(item, "name");
		_cleanup_free_ char *both = str_format("%s:%s", pid, start);

		print_candidate(prefix, both ? both : "", name ? name : "");
	}
}

/* Users with a session. */
static void complete_persons(const char *socket, const char *prefix)
{
	_cleanup_json_ json_t *sessions =
			ask(socket, "org.stationmaster.Sessions.List", "sessions");
	json_t *session;
	size_t i;

	json_array_foreach (sessions, i, session) {
		_cleanup_free_ char *user = text_member(session, "user"),
				    *name = text_member(session, "full_name");

		print_candidate(prefix, user ? user : "", name ? name : "");
	}
}

/* The last one of several with commas between. */
static void complete_acts(const char *prefix)
{
	static const char *const acts[] = { "tile", "view", "control", "block", "limit", "project",
		"logoff", "suspend", "lock", "unlock", "start", "close", "chat", "logon",
		"storage" };
	const char *comma = strrchr(prefix, ',');
	size_t n = comma ? (size_t)(comma + 1 - prefix) : 0;

	for (size_t i = 0; i < ELEMENTSOF(acts); i++) {
		_cleanup_free_ char *word = str_format("%.*s%s", (int)n, prefix, acts[i]);

		if (word)
			print_candidate(prefix, word, "");
	}
}

static void complete_users(const char *prefix)
{
	struct passwd *pw;

	setpwent();
	while ((pw = getpwent()))
		if (pw->pw_uid >= FIRST_UID && pw->pw_uid < LAST_UID)
			print_candidate(prefix, pw->pw_name, pw->pw_gecos ? pw->pw_gecos : "");
	endpwent();
}

static void complete_desktops(const char *prefix)
{
	DIR *dir = opendir("/usr/share/xsessions");
	struct dirent *d;

	while (dir && (d = readdir(dir))) {
		size_t n = strlen(d->d_name);

		if (n <= 8 || !streq(d->d_name + n - 8, ".desktop"))
			continue;
		d->d_name[n - 8] = 0;
		print_candidate(prefix, d->d_name, "");
	}
	if (dir)
		closedir(dir);
}

static void complete_methods(const char *prefix)
{
	_cleanup_json_ json_t *seen = json_object(); /* several commands may call one method */

	for (size_t i = 0; i < n_commands; i++) {
		const char *s = commands[i].methods;

		while (*s) {
			size_t n = strcspn(s, " ");
			_cleanup_free_ char *method = strndup(s, n);

			if (method && seen && !json_object_get(seen, method) &&
					json_object_set_new(seen, method, json_true()) == 0)
				print_candidate(prefix, method, "");
			s += n;
			s += *s == ' ';
		}
	}
}

static void complete_words(const char *group, const char *prefix)
{
	for (size_t i = 0; i < n_commands; i++) {
		const char *words = commands[i].words, *space = strchr(words, ' ');
		size_t n = space ? (size_t)(space - words) : strlen(words);
		_cleanup_free_ char *first = strndup(words, n);

		if (!first)
			continue;
		if (group) {
			if (space && streq(first, group))
				print_candidate(prefix, space + 1, commands[i].summary);
		} else if (i == 0 || strncmp(commands[i - 1].words, words, n) != 0) {
			print_candidate(prefix, first, space ? "" : commands[i].summary);
		}
	}
}

/* Messages used before; only where a message belongs to a block. */
static void complete_texts(const struct command *command, const char *socket, const char *prefix)
{
	_cleanup_json_ json_t *texts = NULL;
	json_t *text;
	size_t i;

	if (!command || !(command->options & OPT_UNTIL) || !(command->options & OPT_MESSAGE))
		return;
	texts = ask(socket, "org.stationmaster.Blocks.Texts", "texts");
	json_array_foreach (texts, i, text)
		print_candidate(prefix, json_string_value(text) ? json_string_value(text) : "", "");
}

/* "--grace", "--grace=60". */
static const struct option_info *option_find(const char *word)
{
	size_t n = strcspn(word, "=");

	if (strncmp(word, "--", 2) != 0)
		return NULL;
	for (size_t i = 0; i < n_options; i++)
		if (strlen(options_all[i].name) == n - 2 &&
				strncmp(options_all[i].name, word + 2, n - 2) == 0)
			return &options_all[i];
	return NULL;
}

static void complete_rooms(const char *socket, const char *prefix)
{
	_cleanup_json_ json_t *rooms = ask(socket, "org.stationmaster.Stations.Rooms", "rooms");
	json_t *room;
	size_t i;

	json_array_foreach (rooms, i, room)
		print_candidate(prefix, json_string_value(room) ? json_string_value(room) : "", "");
}

static void complete_value(const struct option_info *option, const struct command *command,
		const char *socket, const char *prefix)
{
	static const char *const orientations[] = { "landscape", "portrait", "landscape_flipped",
		"portrait_flipped" };

	switch (option->bit) {
	case OPT_DESKTOP:
		complete_desktops(prefix);
		break;
	case OPT_STATION:
		complete_ids(socket, prefix, "org.stationmaster.Stations.List", "stations");
		break;
	case OPT_ORIENTATION:
		for (size_t i = 0; i < ELEMENTSOF(orientations); i++)
			print_candidate(prefix, orientations[i], "");
		break;
	case OPT_ROOM:
		complete_rooms(socket, prefix);
		break;
	case OPT_ACTS:
		complete_acts(prefix);
		break;
	case OPT_FROM:
		complete_targets(socket, prefix);
		break;
	case OPT_PROGRAM:
		complete_programs(socket, prefix);
		break;
	case OPT_MESSAGE:
		complete_texts(command, socket, prefix);
		break;
	default:
		break;
	}
}

static void complete_options(const struct command *command, const char *prefix)
{
	uint64_t mask = OPT_GLOBAL | (command ? command->options : 0);

	for (size_t i = 0; i < n_options; i++) {
		_cleanup_free_ char *word = str_format("--%s", options_all[i].name);

		if (word && (options_all[i].bit & mask))
			print_candidate(prefix, word, options_all[i].help);
	}
}

/* before: the argument that stands before; NULL: this is the first one. */
static void complete_arguments(const struct command *command, const char *socket,
		const char *prefix, const char *before)
{
	switch (command->kind) {
	case ARGS_JOB_TARGETS:
		if (before) {
			complete_targets(socket, prefix);
			break;
		}
		/* fall through */
	case ARGS_JOB:
		complete_ids(socket, prefix, "org.stationmaster.Jobs.List", "jobs");
		break;
	case ARGS_TARGETS:
	case ARGS_TARGETS_COMMAND:
	case ARGS_TARGETS_TEXT:
		complete_targets(socket, prefix);
		break;
	case ARGS_NAME_TARGETS:
		if (before)
			complete_targets(socket, prefix);
		break;
	case ARGS_PROCESS:
		if (before)
			complete_processes(socket, prefix, before);
		else
			complete_targets(socket, prefix);
		break;
	case ARGS_PROGRAM:
		complete_programs(socket, prefix);
		break;
	case ARGS_PERSON:
		complete_persons(socket, prefix);
		break;
	case ARGS_PROJECTION:
		complete_ids(socket, prefix, "org.stationmaster.Projections.List", "projections");
		break;
	case ARGS_LESSON:
		complete_ids(socket, prefix, "org.stationmaster.Lessons.List", "lessons");
		break;
	case ARGS_VIEW:
		complete_ids(socket, prefix, "org.stationmaster.Views.List", "views");
		break;
	case ARGS_USER:
		complete_users(prefix);
		break;
	case ARGS_STATION_USER:
		if (before)
			complete_users(prefix);
		else
			complete_ids(socket, prefix, "org.stationmaster.Stations.List", "stations");
		break;
	case ARGS_STORAGE:
		if (before) {
			complete_ids(socket, prefix, "org.stationmaster.Stations.List", "stations");
			break;
		}
		print_candidate(prefix, "block", "keep storage on USB away");
		print_candidate(prefix, "unblock", "bring it back");
		break;
	case ARGS_STATION_TEXT:
		if (before)
			break;
		/* fall through */
	case ARGS_STATION:
	case ARGS_STATIONS:
		complete_ids(socket, prefix, "org.stationmaster.Stations.List", "stations");
		break;
	case ARGS_TOKEN:
		complete_ids(socket, prefix, "org.stationmaster.Tokens.List", "tokens");
		break;
	case ARGS_METHOD:
		complete_methods(prefix);
		break;
	case ARGS_FREE:
	case ARGS_NONE:
		break;
	}
}

int complete_run(int argc, char **argv)
{
	const char *prefix = argc > 0 ? argv[argc - 1] : "", *socket = CTL_SOCKET;
	const char *words[2] = { NULL, NULL }, *before = NULL;
	const struct option_info *option = NULL;
	const struct command *command;
	size_t n_words = 0, n_used;

	for (int i = 0; i < argc - 1; i++) {
		/* bash makes three words of "--grace=60". */
		if (option && option->value && streq(argv[i], "="))
			continue;
		if (option && option->value) {
			if (option->bit == OPT_SOCKET)
				socket = argv[i];
			option = NULL;
			continue;
		}
		option = strchr(argv[i], '=') ? NULL : option_find(argv[i]);
		if (option || argv[i][0] == '-')
			continue;
		if (n_words < ELEMENTSOF(words))
			words[n_words] = argv[i];
		before = argv[i];
		n_words++;
	}
	if (option && option->value && streq(prefix, "="))
		prefix = "";
	command = command_find(words[0], words[1]);
	n_used = command && strchr(command->words, ' ') ? 2 : 1;
	if (option && option->value)
		complete_value(option, command, socket, prefix);
	else if (prefix[0] == '-')
		complete_options(command, prefix);
	else if (command)
		complete_arguments(command, socket, prefix, n_words > n_used ? before : NULL);
	else if (n_words == 0 || (n_words == 1 && command_is_group(words[0])))
		complete_words(words[0], prefix);
	return 0;
}
