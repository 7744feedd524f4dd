/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The commands of stationctl. One const table (command-table.c) names every command with its
 * arguments, options, methods of the API and handler; parsing, help, completion and tests read it
 * and nothing else.
 */
#pragma once

#include "ctl/ctl.h"

/* One bit each; a command takes some of them. */
#define OPT_BIT(n)       (UINT64_C(1) << (n))
#define OPT_JSON         OPT_BIT(0)
#define OPT_SOCKET       OPT_BIT(1)
#define OPT_TIMEOUT      OPT_BIT(2)
#define OPT_HELP         OPT_BIT(3)
#define OPT_VERSION      OPT_BIT(4)
#define OPT_ALL          OPT_BIT(5)
#define OPT_GRACE        OPT_BIT(6)
#define OPT_MESSAGE      OPT_BIT(7)
#define OPT_WAIT         OPT_BIT(8)
#define OPT_FORCE_AFTER  OPT_BIT(9)
#define OPT_DESKTOP      OPT_BIT(10)
#define OPT_SIZE         OPT_BIT(11)
#define OPT_MORE         OPT_BIT(12)
#define OPT_STATION      OPT_BIT(13)
#define OPT_UNTIL        OPT_BIT(14)
#define OPT_EXCLUSIVE    OPT_BIT(15)
#define OPT_VIEWER       OPT_BIT(16)
#define OPT_PRINT_SOCKET OPT_BIT(17)
#define OPT_FROM         OPT_BIT(18)
#define OPT_WINDOW       OPT_BIT(19)
#define OPT_BY           OPT_BIT(20)
#define OPT_LANGUAGE     OPT_BIT(21)
#define OPT_PROGRAM      OPT_BIT(22)
#define OPT_OPEN         OPT_BIT(23)
#define OPT_NOW          OPT_BIT(24)
#define OPT_LIMIT        OPT_BIT(25)
#define OPT_SEARCH       OPT_BIT(26)
#define OPT_FOLLOW       OPT_BIT(27)
#define OPT_LONG         OPT_BIT(28)
#define OPT_NAME         OPT_BIT(29)
#define OPT_ROOM         OPT_BIT(30)
#define OPT_BLOCK        OPT_BIT(31)
#define OPT_NO_BLOCK     OPT_BIT(32)
#define OPT_ONLY         OPT_BIT(33)
#define OPT_EXCEPT       OPT_BIT(34)
#define OPT_ACTS         OPT_BIT(35)
#define OPT_ROLE         OPT_BIT(36)
#define OPT_EXPIRES      OPT_BIT(37)
#define OPT_FREE_WEB     OPT_BIT(38)
#define OPT_SINCE        OPT_BIT(39)
#define OPT_BEFORE       OPT_BIT(40)
#define OPT_CSV          OPT_BIT(41)
#define OPT_HEAD         OPT_BIT(42)
#define OPT_USER         OPT_BIT(48)
#define OPT_OFF          OPT_BIT(49)
#define OPT_SWITCH       OPT_BIT(50)
#define OPT_PRIVILEGED   OPT_BIT(51)
#define OPT_FILE         OPT_BIT(52)
#define OPT_NO_PASSWORD  OPT_BIT(53)
#define OPT_HOST         OPT_BIT(54)
#define OPT_ORIENTATION  OPT_BIT(55)
#define OPT_TOP_BOTTOM   OPT_BIT(56)
#define OPT_YES          OPT_BIT(58)
#define OPT_ADMIN        OPT_BIT(59)
#define OPT_CERTIFICATE  OPT_BIT(60)
#define OPT_KEY          OPT_BIT(61)
#define OPT_TEST         OPT_BIT(62)
enum { OPTIONS_MAX = 64 };
#define OPT_GLOBAL (OPT_JSON | OPT_SOCKET | OPT_TIMEOUT | OPT_HELP | OPT_VERSION)

struct option_info {
	uint64_t bit;
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
	ARGS_STATIONS,
	ARGS_STATION_USER, /* a station, then an account */
	ARGS_STORAGE,      /* "block" or "unblock", then stations */
	ARGS_STATION_TEXT, /* a station, then what nobody knows before */
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
	ARGS_LESSON,
	ARGS_PERSON, /* somebody with a session */
	ARGS_TOKEN,
	ARGS_FREE, /* a text that nobody knows before */
};

struct command {
	const char *words; /* "session list"; one or two words */
	const char *arguments;
	const char *summary;
	const char *details; /* more lines for --help; may be NULL */
	uint64_t options;    /* beside the global ones */
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
int web_limit_run(struct ctl *c, int argc, char **argv);
int web_free_run(struct ctl *c, int argc, char **argv);
int web_list_run(struct ctl *c, int argc, char **argv);
int web_recent_run(struct ctl *c, int argc, char **argv);
int project_start_run(struct ctl *c, int argc, char **argv);
int project_stop_run(struct ctl *c, int argc, char **argv);
int project_list_run(struct ctl *c, int argc, char **argv);
int view_list_run(struct ctl *c, int argc, char **argv);
int view_end_run(struct ctl *c, int argc, char **argv);
int station_list_run(struct ctl *c, int argc, char **argv);
int station_show_run(struct ctl *c, int argc, char **argv);
int station_set_run(struct ctl *c, int argc, char **argv);
int station_rooms_run(struct ctl *c, int argc, char **argv);
int station_auto_run(struct ctl *c, int argc, char **argv);
int station_logon_run(struct ctl *c, int argc, char **argv);
int station_enrol_run(struct ctl *c, int argc, char **argv);
int station_unenrol_run(struct ctl *c, int argc, char **argv);
int station_kiosk_run(struct ctl *c, int argc, char **argv);
int station_map_run(struct ctl *c, int argc, char **argv);
int station_identify_run(struct ctl *c, int argc, char **argv);
int station_split_run(struct ctl *c, int argc, char **argv);
int station_join_run(struct ctl *c, int argc, char **argv);
int station_forget_run(struct ctl *c, int argc, char **argv);
int station_storage_run(struct ctl *c, int argc, char **argv);
int rights_list_run(struct ctl *c, int argc, char **argv);
int rights_set_run(struct ctl *c, int argc, char **argv);
int rights_clear_run(struct ctl *c, int argc, char **argv);
int token_list_run(struct ctl *c, int argc, char **argv);
int token_create_run(struct ctl *c, int argc, char **argv);
int token_revoke_run(struct ctl *c, int argc, char **argv);
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
int lesson_list_run(struct ctl *c, int argc, char **argv);
int lesson_preview_run(struct ctl *c, int argc, char **argv);
int lesson_start_run(struct ctl *c, int argc, char **argv);
int lesson_extend_run(struct ctl *c, int argc, char **argv);
int lesson_change_run(struct ctl *c, int argc, char **argv);
int lesson_end_run(struct ctl *c, int argc, char **argv);
int lesson_recent_run(struct ctl *c, int argc, char **argv);
int activity_run(struct ctl *c, int argc, char **argv);
int audit_export_run(struct ctl *c, int argc, char **argv);
int audit_verify_run(struct ctl *c, int argc, char **argv);
int system_status_run(struct ctl *c, int argc, char **argv);
int system_whoami_run(struct ctl *c, int argc, char **argv);
int system_address_run(struct ctl *c, int argc, char **argv);
int setup_run(struct ctl *c, int argc, char **argv);
int doctor_run(struct ctl *c, int argc, char **argv);
int version_run(struct ctl *c, int argc, char **argv);
int call_run(struct ctl *c, int argc, char **argv);
