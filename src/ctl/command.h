/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The commands of stationctl. One const table (command-table.c) names every command with its
 * arguments, options, methods of the API and handler; parsing, help, completion and tests read it
 * and nothing else.
 */
#pragma once

#include "ctl/ctl.h"

enum option_bit {
	OPT_JSON = 1 << 0,
	OPT_SOCKET = 1 << 1,
	OPT_TIMEOUT = 1 << 2,
	OPT_HELP = 1 << 3,
	OPT_VERSION = 1 << 4,
	OPT_ALL = 1 << 5,
	OPT_GRACE = 1 << 6,
	OPT_MESSAGE = 1 << 7,
	OPT_WAIT = 1 << 8,
	OPT_FORCE_AFTER = 1 << 9,
	OPT_DESKTOP = 1 << 10,
	OPT_SIZE = 1 << 11,
	OPT_MORE = 1 << 12,
	OPT_STATION = 1 << 13,
	OPT_UNTIL = 1 << 14,
	OPT_EXCLUSIVE = 1 << 15,
	OPT_VIEWER = 1 << 16,
	OPT_PRINT_SOCKET = 1 << 17,
	OPT_FROM = 1 << 18,
	OPT_WINDOW = 1 << 19,
	OPT_BY = 1 << 20,
	OPT_LANGUAGE = 1 << 21,
	OPT_PROGRAM = 1 << 22,
	OPT_OPEN = 1 << 23,
	OPT_NOW = 1 << 24,
	OPT_LIMIT = 1 << 25,
	OPT_SEARCH = 1 << 26,
	OPT_FOLLOW = 1 << 27,
	OPT_LONG = 1 << 28,
};
enum { OPTIONS_MAX = 32 }; /* one bit each */
#define OPT_GLOBAL (OPT_JSON | OPT_SOCKET | OPT_TIMEOUT | OPT_HELP | OPT_VERSION)

struct option_info {
	enum option_bit bit;
	const char *name;  /* without the dashes */
	const char *value; /* NULL: takes none */
	const char *help;
};

/* What the arguments of a command are. */
enum argument_kind {
	ARGS_NONE,
	ARGS_TARGETS,
	ARGS_USER,
	ARGS_STATION,
	ARGS_JOB,
	ARGS_JOB_TARGETS, /* a job, then sessions or users */
	ARGS_PROJECTION,
	ARGS_VIEW,
	ARGS_METHOD,
	ARGS_PROGRAM,
	ARGS_TARGETS_COMMAND, /* targets; after "--" a command line */
	ARGS_TARGETS_TEXT,    /* targets, then a text */
	ARGS_NAME_TARGETS,    /* the name of what runs, then targets */
	ARGS_PROCESS,         /* a session, then a process */
	ARGS_PERSON,          /* somebody with a session */
};

struct command {
	const char *words; /* "session list"; one or two words */
	const char *arguments;
	const char *summary;
	const char *details; /* more lines for --help; may be NULL */
	unsigned options;    /* beside the global ones */
	enum argument_kind kind;
	int args_min, args_max;
	const char *methods; /* of the API, separated by spaces */
	int (*run)(struct ctl *c, int argc, char **argv);
};

extern const struct command commands[];
extern const size_t n_commands;
extern const struct option_info options_all[];
extern const size_t n_options;

/* The whole program; gives the exit code. */
int command_main(int argc, char **argv);

/* Finds by words; one of them may be NULL. */
const struct command *command_find(const char *first, const char *second);
/* True if word is the first of two words of some command ("session"). */
bool command_is_group(const char *word);

/* command-help.c */
void help_print_all(bool tty);
void help_print_group(const char *group, bool tty);
void help_print_command(const struct command *command, bool tty);
/* The table as JSON: "stationctl __commands". */
int help_print_table(void);

/* complete.c: "stationctl __complete WORD...", prints "candidate<TAB>description" lines. */
int complete_run(int argc, char **argv);

/* Handlers. */
int session_list_run(struct ctl *c, int argc, char **argv);
int session_show_run(struct ctl *c, int argc, char **argv);
int session_start_run(struct ctl *c, int argc, char **argv);
int session_logoff_run(struct ctl *c, int argc, char **argv);
int session_suspend_run(struct ctl *c, int argc, char **argv);
int session_lock_run(struct ctl *c, int argc, char **argv);
int session_unlock_run(struct ctl *c, int argc, char **argv);
int session_block_run(struct ctl *c, int argc, char **argv);
int session_unblock_run(struct ctl *c, int argc, char **argv);
int session_view_run(struct ctl *c, int argc, char **argv);
int session_control_run(struct ctl *c, int argc, char **argv);
int block_list_run(struct ctl *c, int argc, char **argv);
int block_texts_run(struct ctl *c, int argc, char **argv);
int project_start_run(struct ctl *c, int argc, char **argv);
int project_stop_run(struct ctl *c, int argc, char **argv);
int project_list_run(struct ctl *c, int argc, char **argv);
int view_list_run(struct ctl *c, int argc, char **argv);
int view_end_run(struct ctl *c, int argc, char **argv);
int station_list_run(struct ctl *c, int argc, char **argv);
int station_show_run(struct ctl *c, int argc, char **argv);
int job_list_run(struct ctl *c, int argc, char **argv);
int job_show_run(struct ctl *c, int argc, char **argv);
int job_cancel_run(struct ctl *c, int argc, char **argv);
int job_extend_run(struct ctl *c, int argc, char **argv);
int job_wait_run(struct ctl *c, int argc, char **argv);
int event_watch_run(struct ctl *c, int argc, char **argv);
int app_installed_run(struct ctl *c, int argc, char **argv);
int app_icon_run(struct ctl *c, int argc, char **argv);
int app_recent_run(struct ctl *c, int argc, char **argv);
int app_start_run(struct ctl *c, int argc, char **argv);
int app_list_run(struct ctl *c, int argc, char **argv);
int app_close_run(struct ctl *c, int argc, char **argv);
int app_close_all_run(struct ctl *c, int argc, char **argv);
int chat_send_run(struct ctl *c, int argc, char **argv);
int chat_history_run(struct ctl *c, int argc, char **argv);
int chat_clear_run(struct ctl *c, int argc, char **argv);
int chat_on_run(struct ctl *c, int argc, char **argv);
int chat_off_run(struct ctl *c, int argc, char **argv);
int chat_status_run(struct ctl *c, int argc, char **argv);
int hand_list_run(struct ctl *c, int argc, char **argv);
int hand_answer_run(struct ctl *c, int argc, char **argv);
int activity_run(struct ctl *c, int argc, char **argv);
int system_status_run(struct ctl *c, int argc, char **argv);
int system_whoami_run(struct ctl *c, int argc, char **argv);
int version_run(struct ctl *c, int argc, char **argv);
int call_run(struct ctl *c, int argc, char **argv);
