/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * How a command line becomes one of the commands of the table.
 *
 * Global options may stand before or after the command, options of a command only after it. getopt
 * does the work twice: once up to the first word, and, when the command is known, for the rest with
 * the options of that command. Every value is checked here, before stationd is asked anything, so a
 * mistyped command line never has half an effect.
 */
#include "ctl/command.h"

#include <assert.h>
#include <getopt.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/str.h"
#include "ctl/text.h"
#include "ctl/when.h"

const struct command *command_find(const char *first, const char *second)
{
	for (size_t i = 0; i < n_commands; i++) {
		const char *words = commands[i].words, *space = strchr(words, ' ');
		size_t n = space ? (size_t)(space - words) : strlen(words);

		if (!first || strncmp(words, first, n) != 0 || first[n])
			continue;
		if (!space || (second && streq(space + 1, second)))
			return &commands[i];
	}
	return NULL;
}

bool command_is_group(const char *word)
{
	size_t n = strlen(word);

	for (size_t i = 0; i < n_commands; i++)
		if (strncmp(commands[i].words, word, n) == 0 && commands[i].words[n] == ' ')
			return true;
	return false;
}

/* --- values of options --- */

/* Seconds, whole or with a decimal fraction, in ms. */
static int parse_seconds(const char *s, int64_t max_ms, int64_t *ret_ms)
{
	double v;
	char *end;

	if (!*s || s[strspn(s, "0123456789.")])
		return -EINVAL;
	v = strtod(s, &end);
	if (*end || end == s)
		return -EINVAL;
	if (!(v * 1000 <= (double)max_ms))
		return -ERANGE;
	*ret_ms = (int64_t)(v * 1000 + 0.5);
	return 0;
}

static int parse_size(const char *s, int64_t *ret_width, int64_t *ret_height)
{
	_cleanup_free_ char *width = strndup(s, strcspn(s, "xX"));
	const char *height = s + strcspn(s, "xX");
	int64_t w, h;

	if (!width || !*height || str_parse_i64(width, 640, 7680, &w) < 0 ||
			str_parse_i64(height + 1, 480, 4320, &h) < 0)
		return -EINVAL;
	*ret_width = w;
	*ret_height = h;
	return 0;
}

static int option_seconds(struct ctl *c, const struct option_info *info, const char *value,
		int64_t max_ms, int64_t *ret_ms)
{
	if (parse_seconds(value, max_ms, ret_ms) == 0)
		return CTL_DONE;
	return ctl_usage(c, "--%s takes seconds from 0 to %lld, not \"%s\".", info->name,
			(long long)(max_ms / 1000), value);
}

static int option_until(struct ctl *c, const char *value)
{
	switch (when_parse(value, clock_real_ms(), &c->until_ms)) {
	case 0:
		return CTL_DONE;
	case -ERANGE:
		return ctl_usage(c, "--until takes a time that is still to come, not \"%s\".",
				value);
	default:
		return ctl_usage(c,
				"--until takes a time such as 10:45, +30m, +1h30m or 2026-11-22T10:45:00+01:00, not \"%s\".",
				value);
	}
}

static int option_past(
		struct ctl *c, const struct option_info *info, const char *value, int64_t *ret_ms)
{
	if (when_parse_past(value, clock_real_ms(), ret_ms) == 0)
		return CTL_DONE;
	return ctl_usage(c,
			"--%s takes a time such as 7d (ago), 10:45 (today), 2026-11-01 or 2026-11-01T10:45:00+01:00, not \"%s\".",
			info->name, value);
}

static int option_head(struct ctl *c, const char *value)
{
	size_t n = strlen(value);

	if (n < 16 || n > 64 || strspn(value, "0123456789abcdefABCDEF") != n)
		return ctl_usage(c, "--head takes 16 to 64 hexadecimal digits, not \"%s\".", value);
	c->head = value;
	return CTL_DONE;
}

/* Seconds, or a duration with units. */
static int option_force_after(struct ctl *c, const char *value)
{
	int64_t ms;

	if (parse_seconds(value, CTL_FORCE_MAX_MS, &c->force_ms) == 0)
		return CTL_DONE;
	if (streq(value, "never")) {
		c->force_ms = CTL_FORCE_NEVER;
		return CTL_DONE;
	}
	if (when_parse_duration(value, &ms) < 0 || ms > CTL_FORCE_MAX_MS)
		return ctl_usage(c,
				"--force-after takes seconds from 0 to %d, or a duration such as 2m, not \"%s\".",
				CTL_FORCE_MAX_MS / 1000, value);
	c->force_ms = ms;
	return CTL_DONE;
}

static int option_language(struct ctl *c, const char *value)
{
	if (strlen(value) != 2 || value[strspn(value, "abcdefghijklmnopqrstuvwxyz")])
		return ctl_usage(c, "--language takes two letters, such as de, not \"%s\".", value);
	c->language = value;
	return CTL_DONE;
}

/* What is opened goes with the program that stands before it. */
static void programs_add(struct ctl *c, const char *program, const char *open)
{
	size_t n = json_array_size(c->programs);
	json_t *last = n > 0 ? json_array_get(c->programs, n - 1) : NULL;

	if (open && last && json_string_length(json_object_get(last, "open")) == 0) {
		json_object_set_new(last, "open", json_string(open));
		return;
	}
	if (!c->programs)
		c->programs = json_array();
	json_array_append_new(
			c->programs, json_pack("{s:s, s:s}", "program", program ? program : "",
						     "open", open ? open : ""));
}

static int option_open(struct ctl *c, const char *value)
{
	if (!*value || !str_is_utf8(value, strlen(value)) || str_count_chars(value) > CTL_OPEN_MAX)
		return ctl_usage(c, "--open takes UTF-8 text of at most %d characters.",
				CTL_OPEN_MAX);
	c->open = value;
	programs_add(c, NULL, value);
	return CTL_DONE;
}

static int option_limit(struct ctl *c, const char *value)
{
	if (str_parse_i64(value, 1, CTL_LIMIT_MAX, &c->limit) == 0)
		return CTL_DONE;
	return ctl_usage(c, "--limit takes a number from 1 to %d, not \"%s\".", CTL_LIMIT_MAX,
			value);
}

static int option_by(struct ctl *c, const char *value)
{
	if (when_parse_duration(value, &c->by_ms) == 0 && c->by_ms >= CTL_EXTEND_MIN_MS &&
			c->by_ms <= CTL_EXTEND_MAX_MS)
		return CTL_DONE;
	return ctl_usage(c, "--by takes a duration from 1s to 1h, such as 90s or 5m, not \"%s\".",
			value);
}

static int option_station(struct ctl *c, const char *value)
{
	if (!*value || !str_is_utf8(value, strlen(value)))
		return ctl_usage(c,
				"--station takes the id of a station, as \"stationctl station list\" shows it.");
	if (!c->stations)
		c->stations = json_array();
	json_array_append_new(c->stations, json_string(value));
	return CTL_DONE;
}

/* "contoso.com, wikipedia.org": what is no site stationd knows better. */
static int option_sites(struct ctl *c, const char *value, json_t **sites)
{
	_cleanup_free_ char *copy = strdup(value);
	char *save = NULL;

	if (!copy)
		return ctl_no_memory(c);
	if (!str_is_utf8(value, strlen(value)))
		return ctl_usage(c, "Sites are names such as contoso.com, separated by commas.");
	if (!*sites)
		*sites = json_array();
	for (char *site = strtok_r(copy, ", \t\n", &save); site;
			site = strtok_r(NULL, ", \t\n", &save))
		json_array_append_new(*sites, json_string(site));
	return CTL_DONE;
}

static int option_place(
		struct ctl *c, const struct option_info *info, const char *value, const char **ret)
{
	if (!str_is_utf8(value, strlen(value)) || str_count_chars(value) > CTL_PLACE_MAX)
		return ctl_usage(c, "--%s takes UTF-8 text of at most %d characters.", info->name,
				CTL_PLACE_MAX);
	*ret = value;
	return CTL_DONE;
}

static int option_room(struct ctl *c, const struct option_info *info, const char *value)
{
	const char *room;
	int r;

	r = option_place(c, info, value, &room);
	if (r)
		return r;
	if (!c->rooms)
		c->rooms = json_array();
	json_array_append_new(c->rooms, json_string(room));
	return CTL_DONE;
}

/* "view,control" or "" for none. */
static int option_acts(struct ctl *c, const char *value)
{
	json_decref(c->acts);
	c->acts = json_array();
	while (*value) {
		size_t n = strcspn(value, ", ");

		if (n > 0)
			json_array_append_new(c->acts, json_stringn(value, n));
		value += n;
		value += *value != 0;
	}
	return c->acts ? CTL_DONE : ctl_no_memory(c);
}

static int option_expires(struct ctl *c, const char *value)
{
	if (when_parse_duration(value, &c->expires_ms) == 0 && c->expires_ms > 0 &&
			c->expires_ms <= CTL_EXPIRES_MAX_MS)
		return CTL_DONE;
	return ctl_usage(c,
			"--expires takes a duration of at most 366d, such as 90d or 12h, not \"%s\".",
			value);
}

struct parsed {
	bool help, version;
};

/* What an option without value switches on; NULL: it is none. */
static bool *option_flag(struct ctl *c, uint64_t bit)
{
	switch (bit) {
	case OPT_JSON:
		return &c->json;
	case OPT_ALL:
		return &c->all;
	case OPT_WAIT:
		return &c->wait;
	case OPT_MORE:
		return &c->more;
	case OPT_CSV:
		return &c->csv;
	case OPT_EXCLUSIVE:
		return &c->exclusive;
	case OPT_PRINT_SOCKET:
		return &c->print_socket;
	case OPT_WINDOW:
		return &c->window;
	case OPT_NOW:
		return &c->now;
	case OPT_FOLLOW:
		return &c->follow;
	case OPT_YES:
		return &c->yes;
	case OPT_SWITCH:
		return &c->switches;
	case OPT_PRIVILEGED:
		return &c->privileged;
	case OPT_NO_PASSWORD:
		return &c->no_password;
	case OPT_LONG:
		return &c->details;
	case OPT_BLOCK:
		return &c->block;
	case OPT_FREE_WEB:
		return &c->free_web;
	case OPT_NO_BLOCK:
		return &c->no_block;
	case OPT_OFF:
		return &c->off;
	case OPT_TOP_BOTTOM:
		return &c->top_bottom;
	default:
		return NULL;
	}
}

static int option_apply(
		struct ctl *c, struct parsed *p, const struct option_info *info, const char *value)
{
	bool *flag = option_flag(c, info->bit);

	if (flag) {
		*flag = true;
		return CTL_DONE;
	}
	switch (info->bit) {
	case OPT_SOCKET:
		c->socket = value;
		break;
	case OPT_TIMEOUT:
		return option_seconds(c, info, value, CTL_TIMEOUT_MAX_MS, &c->timeout_ms);
	case OPT_HELP:
		p->help = true;
		break;
	case OPT_VERSION:
		p->version = true;
		break;
	case OPT_GRACE:
		return option_seconds(c, info, value, CTL_GRACE_MAX_MS, &c->grace_ms);
	case OPT_MESSAGE:
		if (!str_is_utf8(value, strlen(value)) || str_count_chars(value) > CTL_MESSAGE_MAX)
			return ctl_usage(c, "--message takes UTF-8 text of at most %d characters.",
					CTL_MESSAGE_MAX);
		c->message = value;
		break;
	case OPT_FORCE_AFTER:
		return option_force_after(c, value);
	case OPT_DESKTOP:
		c->desktop = value;
		break;
	case OPT_SIZE:
		if (parse_size(value, &c->width, &c->height) < 0)
			return ctl_usage(c,
					"--size takes WIDTHxHEIGHT from 640x480 to 7680x4320, not \"%s\".",
					value);
		break;
	case OPT_STATION:
		return option_station(c, value);
	case OPT_UNTIL:
		return option_until(c, value);
	case OPT_SINCE:
		return option_past(c, info, value, &c->since_ms);
	case OPT_BEFORE:
		return option_past(c, info, value, &c->before_ms);
	case OPT_HEAD:
		return option_head(c, value);
	case OPT_BY:
		return option_by(c, value);
	case OPT_VIEWER:
		if (!value[strspn(value, " ")])
			return ctl_usage(c, "--viewer takes the name of a program.");
		c->viewer = value;
		break;
	case OPT_FROM:
		c->from = value;
		break;
	case OPT_LANGUAGE:
		return option_language(c, value);
	case OPT_PROGRAM:
		c->program = value;
		programs_add(c, value, NULL);
		break;
	case OPT_OPEN:
		return option_open(c, value);
	case OPT_LIMIT:
		return option_limit(c, value);
	case OPT_SEARCH:
		c->search = value;
		break;
	case OPT_ADMIN:
	case OPT_TEST:
		if (!str_is_account_name(value))
			return ctl_usage(c, "\"%s\" is not a user name.", value);
		*(info->bit == OPT_ADMIN ? &c->admin : &c->test) = value;
		break;
	case OPT_USER:
		if (!str_is_account_name(value))
			return ctl_usage(c, "\"%s\" is not a user name.", value);
		c->user = value;
		break;
	case OPT_FILE:
		c->file = value;
		break;
	case OPT_HOST:
		c->host = value;
		break;
	case OPT_CERTIFICATE:
		c->certificate = value;
		break;
	case OPT_KEY:
		c->key = value;
		break;
	case OPT_ORIENTATION:
		c->orientation = value;
		break;
	case OPT_NAME:
		return option_place(c, info, value, &c->name);
	case OPT_ROOM:
		return option_room(c, info, value);
	case OPT_ONLY:
		return option_sites(c, value, &c->only);
	case OPT_EXCEPT:
		return option_sites(c, value, &c->except);
	case OPT_ACTS:
		return option_acts(c, value);
	case OPT_ROLE:
		c->role = value;
		break;
	case OPT_EXPIRES:
		return option_expires(c, value);
	}
	return CTL_DONE;
}

/* Reads the options in mask; *ret_used is the index of the first word in argv that is none. */
static int options_parse(struct ctl *c, struct parsed *p, uint64_t mask, int argc, char **argv,
		int *ret_used)
{
	struct option longs[OPTIONS_MAX + 1] = { 0 };
	size_t n = 0;

	assert(n_options <= OPTIONS_MAX);
	for (size_t i = 0; i < n_options; i++)
		if (options_all[i].bit & mask)
			longs[n++] = (struct option){ .name = options_all[i].name,
				.has_arg = options_all[i].value ? required_argument : no_argument,
				.val = 256 + (int)i };
	opterr = 0;
	optind = 0; /* glibc: start anew */
	for (;;) {
		int o = getopt_long(argc, argv, c->command ? ":h" : "+:h", longs, NULL), r;

		if (o == -1)
			break;
		if (o == 'h') {
			p->help = true;
		} else if (o >= 256) {
			r = option_apply(c, p, &options_all[o - 256], optarg);
			if (r)
				return r;
		} else if (o == ':') {
			return ctl_usage(c, "%s needs a value.", argv[optind - 1]);
		} else if (optopt >= 256) {
			return ctl_usage(c, "--%s takes no value.", options_all[optopt - 256].name);
		} else {
			return ctl_usage(c, "There is no option %s%s.", argv[optind - 1],
					c->command ? ""
						   : " here (options of a command stand after it)");
		}
	}
	*ret_used = optind;
	return CTL_DONE;
}

/* --- the command line --- */

/* How many of the arguments name somebody to act on. */
static int count_targets(const struct ctl *c, const struct command *command, int argc)
{
	switch (command->kind) {
	case ARGS_TARGETS_COMMAND:
		return argc - c->n_tail;
	case ARGS_TARGETS_TEXT:
	case ARGS_NAME_TARGETS:
	case ARGS_STORAGE:
		return argc - 1;
	default:
		return argc;
	}
}

static const char *what_is_missing(const struct command *command)
{
	switch (command->kind) {
	case ARGS_PROJECTION:
		return "Which one? Give its id, or --all. What there is: stationctl project list.";
	case ARGS_STATIONS:
	case ARGS_STORAGE:
		return "Which stations? Name them, or give --all. What there is: stationctl station list.";
	case ARGS_PERSON:
		return "Whose? Name users, or give --all. What there is: stationctl hand list.";
	default:
		return command->options & OPT_STATION
				       ? "Which sessions? Name sessions or users, stations with --station, or give --all."
				       : "Which sessions? Name sessions or users, or give --all.";
	}
}

static int check_arguments(struct ctl *c, const struct command *command, int argc, char **argv)
{
	if (argc < command->args_min)
		return ctl_usage(c, "%s is missing.", command->arguments);
	if (argc > command->args_max && command->args_max == 0)
		return ctl_usage(c, "\"%s\" is too much: this takes no arguments.", argv[0]);
	if (argc > command->args_max)
		return ctl_usage(c, "\"%s\" is too much.", argv[command->args_max]);
	for (int i = 0; i < argc; i++)
		/* A program may well get an empty argument. */
		if ((!*argv[i] && i <= argc - c->n_tail) || !str_is_utf8(argv[i], strlen(argv[i])))
			return ctl_usage(c, "Argument %d is %s.", i + 1,
					*argv[i] ? "not UTF-8 text" : "empty");
	if (command->options & OPT_ALL) {
		bool named = count_targets(c, command, argc) > 0 || c->stations || c->rooms;

		if (!named && !c->all)
			return ctl_usage(c, "%s", what_is_missing(command));
		if (named && c->all)
			return ctl_usage(c, "Either --all or names, not both.");
	}
	if (c->now && c->force_ms != -1)
		return ctl_usage(c, "Either --now or --force-after, not both.");
	if (c->viewer && c->print_socket)
		return ctl_usage(c, "Either --viewer or --print-socket, not both.");
	if (command->options & OPT_GRACE && c->message && c->grace_ms <= 0)
		return ctl_usage(
				c, "--message needs --grace: without notice nobody could read it.");
	return CTL_DONE;
}

static int command_run(struct ctl *c, const struct command *command, int argc, char **argv)
{
	struct parsed p = { 0 };
	int used, r;

	c->command = command->words;
	/* getopt puts the other words before it and does not tell where it stood. */
	for (int i = 1; i < argc && c->n_tail == 0; i++)
		if (streq(argv[i], "--"))
			c->n_tail = argc - i - 1;
	r = options_parse(c, &p, OPT_GLOBAL | command->options, argc, argv, &used);
	if (r)
		return r;
	if (p.help) {
		help_print_command(command, c->out_tty);
		return CTL_DONE;
	}
	if (p.version) {
		puts("stationctl " STATIONMASTER_VERSION);
		return CTL_DONE;
	}
	r = check_arguments(c, command, argc - used, argv + used);
	if (r)
		return r;
	if (c->timeout_ms >= 0)
		c->deadline = clock_mono_ms() + c->timeout_ms;
	return command->run(c, argc - used, argv + used);
}

static int group_run(struct ctl *c, const char *group, const char *verb)
{
	_cleanup_free_ char *verbs = strdup("");

	if (verb && (streq(verb, "--help") || streq(verb, "-h"))) {
		help_print_group(group, c->out_tty);
		return CTL_DONE;
	}
	for (size_t i = 0; i < n_commands; i++) {
		size_t n = strlen(group);
		char *more;

		if (strncmp(commands[i].words, group, n) != 0 || commands[i].words[n] != ' ')
			continue;
		more = str_format("%s%s%s", verbs ? verbs : "", verbs && *verbs ? ", " : "",
				commands[i].words + n + 1);
		free(verbs);
		verbs = more;
	}
	if (!verb || verb[0] == '-')
		return ctl_usage(c, "\"%s\" needs one of: %s.", group, verbs);
	return ctl_usage(c, "\"%s %s\" is not a command; there are: %s.", group, verb, verbs);
}

static int line_run(struct ctl *c, int argc, char **argv)
{
	const struct command *command;
	struct parsed p = { 0 };
	int used, words, r;

	/* Errors of the command line itself are to be JSON too. */
	for (int i = 1; i < argc && !streq(argv[i], "--"); i++)
		c->json |= streq(argv[i], "--json");
	r = options_parse(c, &p, OPT_GLOBAL, argc, argv, &used);
	if (r)
		return r;
	if (p.version) {
		puts("stationctl " STATIONMASTER_VERSION);
		return CTL_DONE;
	}
	if (p.help || (used < argc && streq(argv[used], "help"))) {
		help_print_all(c->out_tty);
		return CTL_DONE;
	}
	if (used >= argc)
		return ctl_usage(c, "What should be done? For example: stationctl session list.");
	command = command_find(argv[used], used + 1 < argc ? argv[used + 1] : NULL);
	if (!command && command_is_group(argv[used]))
		return group_run(c, argv[used], used + 1 < argc ? argv[used + 1] : NULL);
	if (!command)
		return ctl_usage(c, "\"%s\" is not a command.", argv[used]);
	words = strchr(command->words, ' ') ? 2 : 1;
	return command_run(c, command, argc - used - words + 1, argv + used + words - 1);
}

int command_main(int argc, char **argv)
{
	struct ctl c;
	int r;

	json_init();
	text_init();
	if (argc > 1 && streq(argv[1], "__complete"))
		return complete_run(argc - 2, argv + 2);
	if (argc > 1 && streq(argv[1], "__commands"))
		return help_print_table();
	ctl_init(&c);
	r = line_run(&c, argc, argv);
	/* A full disk must not look like success. */
	if (fflush(stdout) != 0 || ferror(stdout))
		r = ctl_fail(&c, CTL_PARTLY, "org.stationmaster.ctl.Output",
				"The output could not be written: %s.", strerror(errno));
	ctl_done(&c);
	return r;
}
