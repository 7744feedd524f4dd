/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * app installed, icon, recent, start, list, close, close-all.
 *
 * Words after "--" become one command line in the way desktop files quote it, so that each stays
 * one argument of the program. Use of the processor is a difference: app list asks twice.
 */
#include <poll.h>
#include <stdio.h>
#include <string.h>

#include "base/str.h"
#include "ctl/command.h"
#include "ctl/find.h"
#include "ctl/list.h"
#include "ctl/target.h"

#define INSTALLED     "org.stationmaster.Programs.Installed"
#define ICON          "org.stationmaster.Programs.Icon"
#define RECENT        "org.stationmaster.Programs.Recent"
#define START         "org.stationmaster.Programs.Start"
#define LIST          "org.stationmaster.Programs.List"
#define CLOSE         "org.stationmaster.Programs.Close"
#define CLOSE_BY_NAME "org.stationmaster.Programs.CloseByName"

enum { MEASURE_MS = 1000 };

/* --- installed, icon, recent --- */

static void installed_add(struct table *t, json_t *program)
{
	table_add_consume(t, text_member(program, "id"));
	table_add_consume(t, text_member(program, "name"));
	table_add_consume(t, text_member(program, "categories"));
	table_add_consume(t, text_member(program, "comment"));
}

int app_installed_run(struct ctl *c, int argc, char **argv)
{
	static const struct column columns[] = {
		{ "PROGRAM" },
		{ "NAME", .cut = true },
		{ "CATEGORIES", .cut = true },
		{ "COMMENT", .cut = true },
	};
	const char *language = c->language ? c->language : text_language();
	const struct list_info list = { INSTALLED, "programs", "No programs are installed.",
		columns, ELEMENTSOF(columns), installed_add,
		.parameters = language ? json_pack("{s:s}", "language", language) : NULL };

	(void)argc, (void)argv;
	return list_run(c, &list);
}

/* The value of a character of base64; -1: none. */
static int base64_value(char ch)
{
	static const char digits[] =
			"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	const char *at = ch ? strchr(digits, ch) : NULL;

	return at ? (int)(at - digits) : -1;
}

/* -EBADMSG; what was right before is written already. */
static int base64_print(const char *s)
{
	unsigned bits = 0, n = 0;

	for (; *s && *s != '='; s++) {
		int value = base64_value(*s);

		if (value < 0)
			return -EBADMSG;
		bits = (bits << 6 | (unsigned)value) & 0xffffff;
		n += 6;
		if (n >= 8) {
			n -= 8;
			putchar((int)(bits >> n & 0xff));
		}
	}
	return 0;
}

int app_icon_run(struct ctl *c, int argc, char **argv)
{
	_cleanup_json_ json_t *reply = NULL;
	const char *data;
	int r;

	(void)argc;
	if (c->out_tty && !c->json)
		return ctl_usage(c, "A picture is nothing for a terminal: add > FILE, or --json.");
	r = ctl_call(c, ICON, json_pack("{s:s}", "program", argv[0]), CTL_ANSWER_MS, &reply);
	if (r)
		return r;
	data = json_string_value(json_object_get(reply, "data"));
	if (!data || (!c->json && base64_print(data) < 0))
		return ctl_bad_reply(c, ICON);
	if (c->json)
		text_print_json(stdout, reply, JSON_INDENT(2), c->out_tty);
	return CTL_DONE;
}

static void recent_add(struct table *t, json_t *entry)
{
	table_add_consume(t, text_member(entry, "program"));
	table_add_consume(t, text_member(entry, "open"));
}

int app_recent_run(struct ctl *c, int argc, char **argv)
{
	static const struct column columns[] = { { "PROGRAM" }, { "OPEN", .cut = true } };
	static const struct list_info list = { RECENT, "entries", "You have started nothing yet.",
		columns, ELEMENTSOF(columns), recent_add };

	(void)argc, (void)argv;
	return list_run(c, &list);
}

/* --- start --- */

/* In double quotes where it needs them. Fresh memory. */
static char *word_quote(const char *word)
{
	char *out, *w;

	if (*word && !strpbrk(word, " \t\n\""))
		return strdup(word);
	out = malloc(strlen(word) * 2 + 3);
	if (!out)
		return NULL;
	w = out;
	*w++ = '"';
	for (; *word; word++) {
		if (strchr("\"`$\\", *word))
			*w++ = '\\';
		*w++ = *word;
	}
	*w++ = '"';
	*w = 0;
	return out;
}

/* One word stays as it is: an address, or a path that may hold blanks. */
static char *command_join(int argc, char **argv)
{
	char *all;

	if (argc == 1 && (argv[0][0] == '/' || strstr(argv[0], "://")))
		return strdup(argv[0]);
	all = strdup("");
	for (int i = 0; i < argc; i++) {
		_cleanup_free_ char *word = word_quote(argv[i]);
		char *more = all && word ? str_format("%s%s%s", all, i ? " " : "", word) : NULL;

		free(all);
		all = more;
	}
	return all;
}

int app_start_run(struct ctl *c, int argc, char **argv)
{
	_cleanup_json_ json_t *reply = NULL, *parameters = json_object();
	int n = argc - c->n_tail, r;
	_cleanup_free_ char *command = NULL;

	if (c->n_tail > 0 && (c->program || c->open))
		return ctl_usage(c, "Either a command after --, or --program and --open.");
	if (c->n_tail == 0 && !c->program && !c->open)
		return ctl_usage(c,
				"What? Give --program, --open, or a command after --. What there is: stationctl app installed.");
	r = target_set_parameters(c, parameters, n, argv);
	if (r)
		return r;
	if (c->n_tail > 0) {
		command = command_join(c->n_tail, argv + n);
		if (!command)
			return ctl_no_memory(c);
		if (str_count_chars(command) > CTL_OPEN_MAX)
			return ctl_usage(c, "The command has more than %d characters.",
					CTL_OPEN_MAX);
	}
	if (c->program)
		json_object_set_new(parameters, "program", json_string(c->program));
	if (c->open || command)
		json_object_set_new(parameters, "open", json_string(command ? command : c->open));
	r = target_call(c, START, take_ptr(parameters), CTL_ANSWER_MS, &reply);
	if (r)
		return r;
	return target_report(c, reply, "started", "No sessions: nothing to do.");
}

/* --- list --- */

/* Takes nothing; an exit code. */
static int programs_list(struct ctl *c, const char *session, json_t **ret_reply)
{
	_cleanup_json_ json_t *reply = NULL;
	int r;

	r = ctl_call(c, LIST, json_pack("{s:s}", "session", session), CTL_ANSWER_MS, &reply);
	if (r)
		return r;
	if (!json_is_array(json_object_get(reply, "processes")) ||
			!json_is_array(json_object_get(reply, "windows")))
		return ctl_bad_reply(c, LIST);
	*ret_reply = take_ptr(reply);
	return CTL_DONE;
}

static int windows_print(struct ctl *c, json_t *windows)
{
	static const struct column columns[] = {
		{ "WINDOW", .right = true },
		{ "PROGRAM" },
		{ "PID", .right = true },
		{ "" },
		{ "TITLE", .cut = true },
	};
	struct table t;
	json_t *window;
	size_t i;
	int r;

	if (json_array_size(windows) == 0) {
		puts("No windows.");
		return 0;
	}
	table_init(&t, columns, ELEMENTSOF(columns));
	json_array_foreach (windows, i, window) {
		int64_t pid = json_integer_value(json_object_get(window, "pid"));

		table_add_consume(&t,
				str_format("0x%llx", (long long)json_integer_value(json_object_get(
								     window, "id"))));
		table_add_consume(&t, text_member(window, "class"));
		table_add_consume(&t, pid > 0 ? text_member(window, "pid") : NULL);
		table_add(&t, json_is_true(json_object_get(window, "active")) ? "*" : " ",
				TEXT_GREEN);
		table_add_consume(&t, text_member(window, "title"));
	}
	r = table_print(&t, stdout, c->columns, c->out_tty);
	table_done(&t);
	return r;
}

static int processes_print(struct ctl *c, json_t *processes)
{
	static const struct column columns[] = {
		{ "PID:START" },
		{ "NAME" },
		{ "CPU", .right = true },
		{ "MEMORY", .right = true },
		{ "COMMAND", .cut = true },
	};
	struct table t;
	json_t *process;
	size_t i;
	int r;

	if (json_array_size(processes) == 0) {
		puts("No processes.");
		return 0;
	}
	table_init(&t, columns, ELEMENTSOF(columns));
	json_array_foreach (processes, i, process) {
		_cleanup_free_ char *pid = text_member(process, "pid"),
				    *start = text_member(process, "start");

		table_add_consume(&t, str_format("%s:%s", pid, start));
		table_add_consume(&t, text_member(process, "name"));
		table_add_consume(&t, text_permille(json_integer_value(
						      json_object_get(process, "cpu_permille"))));
		table_add_consume(&t, text_memory(json_integer_value(
						      json_object_get(process, "memory_kib"))));
		table_add_consume(&t, text_member(process, "command"));
	}
	r = table_print(&t, stdout, c->columns, c->out_tty);
	table_done(&t);
	return r;
}

int app_list_run(struct ctl *c, int argc, char **argv)
{
	_cleanup_json_ json_t *first = NULL, *reply = NULL;
	_cleanup_free_ char *session = NULL;
	int r;

	(void)argc;
	r = find_id(c, argv[0], &session);
	if (r == CTL_DONE)
		r = programs_list(c, session, &first);
	if (r)
		return r;
	poll(NULL, 0, (int)ctl_time_left(c, MEASURE_MS) < MEASURE_MS ? 0 : MEASURE_MS);
	r = programs_list(c, session, &reply);
	if (r)
		return r;
	if (c->json) {
		text_print_json(stdout, reply, JSON_INDENT(2), c->out_tty);
		return CTL_DONE;
	}
	r = windows_print(c, json_object_get(reply, "windows"));
	putchar('\n');
	if (r == 0)
		r = processes_print(c, json_object_get(reply, "processes"));
	return r < 0 ? ctl_no_memory(c) : CTL_DONE;
}

/* --- close --- */

/* As the API takes it: -1 is never. */
static int64_t force_ms(const struct ctl *c)
{
	if (c->force_ms == CTL_FORCE_NEVER)
		return -1;
	return c->now ? 0 : c->force_ms < 0 ? CTL_CLOSE_MS : c->force_ms;
}

static int64_t close_answer_ms(const struct ctl *c)
{
	return MAX(force_ms(c), (int64_t)CTL_CLOSE_MS) + CTL_ANSWER_MS;
}

/* "1234", "1234:5678"; start -1: not given. */
static int parse_process(struct ctl *c, const char *word, int64_t *ret_pid, int64_t *ret_start)
{
	_cleanup_free_ char *pid = strndup(word, strcspn(word, ":"));
	const char *colon = strchr(word, ':');

	*ret_start = -1;
	if (!pid)
		return ctl_no_memory(c);
	if (str_parse_i64(pid, 1, INT32_MAX, ret_pid) < 0 ||
			(colon && str_parse_i64(colon + 1, 0, INT64_MAX, ret_start) < 0))
		return ctl_usage(c,
				"\"%s\" is no process: PID or PID:START, as \"stationctl app list\" shows it.",
				word);
	return CTL_DONE;
}

static int find_start(struct ctl *c, const char *session, int64_t pid, int64_t *ret_start)
{
	_cleanup_json_ json_t *reply = NULL;
	json_t *process;
	size_t i;
	int r;

	r = programs_list(c, session, &reply);
	if (r)
		return r;
	json_array_foreach (json_object_get(reply, "processes"), i, process)
		if (json_integer_value(json_object_get(process, "pid")) == pid) {
			*ret_start = json_integer_value(json_object_get(process, "start"));
			return CTL_DONE;
		}
	return ctl_fail(c, CTL_NOT_FOUND, "org.stationmaster.Programs.NotFound",
			"There is no process %lld in session %s. What there is: stationctl app list %s",
			(long long)pid, session, session);
}

int app_close_run(struct ctl *c, int argc, char **argv)
{
	_cleanup_json_ json_t *reply = NULL, *about = NULL;
	_cleanup_free_ char *session = NULL;
	int64_t pid = 0, start = -1;
	const char *state;
	int r;

	(void)argc;
	r = parse_process(c, argv[1], &pid, &start);
	if (r == CTL_DONE)
		r = find_id(c, argv[0], &session);
	if (r == CTL_DONE && start < 0)
		r = find_start(c, session, pid, &start);
	if (r)
		return r;
	r = ctl_call(c, CLOSE,
			json_pack("{s:s, s:I, s:I, s:I}", "session", session, "pid",
					(json_int_t)pid, "start", (json_int_t)start, "force_ms",
					(json_int_t)force_ms(c)),
			close_answer_ms(c), &reply);
	if (r)
		return r;
	state = json_string_value(json_object_get(reply, "state"));
	if (!state)
		return ctl_bad_reply(c, CLOSE);
	about = json_pack("{s:s, s:I, s:I, s:s}", "session", session, "pid", (json_int_t)pid,
			"start", (json_int_t)start, "state", state);
	if (c->json)
		text_print_json(stdout, about, JSON_INDENT(2), c->out_tty);
	else
		printf("Process %lld of %s %s.\n", (long long)pid, session,
				streq(state, "forced")   ? "was killed"
				: streq(state, "asking") ? "was asked to close and is still there"
							 : "is closed");
	return CTL_DONE;
}

int app_close_all_run(struct ctl *c, int argc, char **argv)
{
	_cleanup_json_ json_t *reply = NULL, *parameters = NULL;
	int r;

	parameters = json_pack("{s:s, s:I}", "name", argv[0], "force_ms", (json_int_t)force_ms(c));
	r = target_set_parameters(c, parameters, argc - 1, argv + 1);
	if (r)
		return r;
	r = target_call(c, CLOSE_BY_NAME, take_ptr(parameters), close_answer_ms(c), &reply);
	if (r)
		return r;
	return target_report(c, reply, "closed", "No sessions: nothing to do.");
}
