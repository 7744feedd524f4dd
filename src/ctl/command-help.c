/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Help, made from the table of commands. Plain text of at most 100 columns. */
#include "ctl/command.h"

#include <stdio.h>
#include <string.h>

#include "base/str.h"
#include "ctl/text.h"

static void print_heading(const char *text, bool tty)
{
	printf("\n%s%s%s\n", text_colour(TEXT_BOLD, tty), text, text_colour(TEXT_PLAIN, tty));
}

static void print_options(uint64_t mask)
{
	for (size_t i = 0; i < n_options; i++) {
		const struct option_info *o = &options_all[i];
		char left[64];

		if (!(o->bit & mask))
			continue;
		snprintf(left, sizeof(left), "--%s%s%s", o->name, o->value ? " " : "",
				o->value ? o->value : "");
		printf("  %-22s  %s\n", left, o->help);
	}
}

static void print_commands(const char *group)
{
	size_t n = group ? strlen(group) : 0;

	for (size_t i = 0; i < n_commands; i++) {
		char left[64];

		if (group && (strncmp(commands[i].words, group, n) != 0 ||
					     commands[i].words[n] != ' '))
			continue;
		snprintf(left, sizeof(left), "%s %s", commands[i].words, commands[i].arguments);
		printf("  %-32s  %s\n", left, commands[i].summary);
	}
}

void help_print_all(bool tty)
{
	puts("Usage: stationctl [OPTION...] COMMAND [ARGUMENT...]\n\n"
	     "Sees and steers the sessions of this computer.");
	print_heading("Commands", tty);
	print_commands(NULL);
	print_heading("Options of every command", tty);
	print_options(OPT_GLOBAL);
	print_heading("Exit codes", tty);
	puts("  0 done   1 done in part, or failed   2 wrong usage   3 refused   4 not found\n"
	     "  5 stationd cannot be reached\n\n"
	     "More: stationctl COMMAND --help, man stationctl");
}

void help_print_group(const char *group, bool tty)
{
	printf("Usage: stationctl %s COMMAND [ARGUMENT...]\n", group);
	print_heading("Commands", tty);
	print_commands(group);
	puts("\nMore: stationctl COMMAND --help, man stationctl");
}

static void print_targets(const struct command *command)
{
	if (!strstr(command->arguments, "SESSION|USER"))
		return;
	printf("\nSESSION is an id such as s12. Every other word is the name of a user and means %s\n"
	       "that user. A user whose name looks like an id: user:s12.\n",
			strstr(command->arguments, "...") == NULL ? "the session of"
								  : "every session of");
}

void help_print_command(const struct command *command, bool tty)
{
	printf("Usage: stationctl %s%s%s%s\n\n%s.\n", command->words,
			command->options ? " [OPTION...]" : "", *command->arguments ? " " : "",
			command->arguments, command->summary);
	if (command->details)
		printf("\n%s", command->details);
	print_targets(command);
	if (command->options) {
		print_heading("Options", tty);
		print_options(command->options);
	}
	print_heading("Options of every command", tty);
	print_options(OPT_GLOBAL);
}

/* The words of s, as an array. */
static json_t *words_json(const char *s)
{
	json_t *array = json_array();

	while (*s) {
		size_t n = strcspn(s, " ");

		json_array_append_new(array, json_stringn(s, n));
		s += n;
		s += *s == ' ';
	}
	return array;
}

int help_print_table(void)
{
	_cleanup_json_ json_t *all = json_array();

	for (size_t i = 0; i < n_commands; i++) {
		const struct command *command = &commands[i];
		json_t *options = json_array();

		for (size_t k = 0; k < n_options; k++)
			if (options_all[k].bit & (command->options | OPT_GLOBAL))
				json_array_append_new(options, json_string(options_all[k].name));
		json_array_append_new(all,
				json_pack("{s:s, s:s, s:s, s:o, s:o}", "command", command->words,
						"arguments", command->arguments, "summary",
						command->summary, "options", options, "methods",
						words_json(command->methods)));
	}
	text_print_json(stdout, all, JSON_INDENT(2), false);
	return 0;
}
