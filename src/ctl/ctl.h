/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * One run of stationctl: what was asked for, the connection to stationd, and the errors a person
 * sees. Handlers give an exit code of enum ctl_exit; whoever meets an error reports it once and
 * hands the code up.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "ipc/varlink.h"

#define CTL_EXPIRES_MAX_MS (366LL * 24 * 3600 * 1000)
#define CTL_SOCKET         "/run/stationmaster/api.sock"

/* Documented in stationctl(1); scripts rely on them. */
enum ctl_exit {
	CTL_DONE = 0,
	CTL_PARTLY = 1, /* some targets were refused or failed, or the operation failed */
	CTL_USAGE = 2,
	CTL_REFUSED = 3,
	CTL_NOT_FOUND = 4,
	CTL_UNREACHABLE = 5,
};

enum {
	CTL_ANSWER_MS = 30 * 1000,    /* stationd answers ordinary calls at once */
	CTL_START_MS = 180 * 1000,    /* a desktop may be slow on a busy host */
	CTL_RECONNECT_MS = 15 * 1000, /* a stationd that restarts is waited for so long */
	CTL_GRACE_MAX_MS = 3600 * 1000,
	CTL_FORCE_MAX_MS = 600 * 1000,
	CTL_FORCE_NEVER = -2,
	CTL_EXTEND_MIN_MS = 1000,
	CTL_EXTEND_MS = 5 * 60 * 1000, /* more time, where nobody says how much */
	CTL_EXTEND_MAX_MS = 3600 * 1000,
	CTL_TIMEOUT_MAX_MS = 7 * 24 * 3600 * 1000,
	CTL_MESSAGE_MAX = 500, /* characters */
	CTL_CHAT_MAX = 1000,   /* characters */
	CTL_PLACE_MAX = 60,    /* characters */
	CTL_OPEN_MAX = 2000,   /* characters */
	CTL_CLOSE_MS = 5000,   /* a program's time to end itself, where nobody says how much */
	CTL_LIMIT = 100,       /* entries of the activity, where nobody says how many */
	CTL_LIMIT_MAX = 200000,
	CTL_TARGETS_MAX = 10000,
};

struct ctl {
	/* Options. -1 where a time was not given. */
	const char *socket;
	bool json;
	bool all;
	bool wait;
	bool more;
	bool exclusive;
	bool window;
	bool print_socket;
	bool now;
	bool follow;
	bool details; /* --long */
	bool block, no_block, free_web;
	json_t *stations; /* of --station, as often as it was given; NULL */
	json_t *rooms;    /* of --room, likewise */
	/* Of --program and --open, likewise: objects of both. */
	json_t *programs;
	json_t *only;   /* sites of --only, likewise */
	json_t *except; /* sites of --except, likewise */
	const char *name;
	const char *orientation;
	bool top_bottom;
	bool yes;
	const char *admin;
	const char *user; /* of --user */
	bool off, switches, privileged, no_password;
	const char *file; /* of --file; "-": standard input */
	const char *host; /* of --host */
	const char *certificate;
	const char *key;
	const char *test;
	json_t *acts; /* of --acts; NULL: not given */
	const char *role;
	int64_t expires_ms; /* from now on; -1 */
	const char *message;
	const char *desktop;
	const char *from;
	const char *viewer;
	const char *language;
	const char *program;
	const char *open;
	const char *search;
	int64_t timeout_ms;
	int64_t grace_ms;
	int64_t force_ms;
	int64_t by_ms;
	int64_t limit;
	int64_t until_ms;            /* since 1970 */
	int64_t since_ms, before_ms; /* since 1970; -1 */
	bool csv;
	const char *head;
	int64_t width, height; /* 0: not given */

	int n_tail; /* arguments after "--" */

	int64_t deadline; /* monotonic ms; -1: none */
	struct varlink *conn;
	int lost; /* -errno since the connection ended; 0 */

	bool out_tty;
	bool err_tty;
	unsigned columns;    /* of the terminal; 0: no limit */
	const char *command; /* "session logoff", for messages; NULL before it is known */
};

/* Looks at the terminal and the environment. */
void ctl_init(struct ctl *c);
void ctl_done(struct ctl *c);
/* Options and deadline of c, for calls on a connection of its own; ctl_done() it. */
void ctl_init_aside(struct ctl *aside, const struct ctl *c);

/* Milliseconds that are left of --timeout, or of fallback_ms where that was not given (-1: none).
 */
int64_t ctl_time_left(const struct ctl *c, int64_t fallback_ms);

/* Connects where there is no connection; 0 or -errno, reports nothing. */
int ctl_connect(struct ctl *c);
void ctl_disconnect(struct ctl *c);

/*
 * Call and take the reply: CTL_DONE and *ret_reply (owned, an object), or the exit code after the
 * error was reported. parameters are taken always (NULL = {}). Waits answer_ms at most, or
 * --timeout where that was given; ret_reply may be NULL.
 */
int ctl_call(struct ctl *c, const char *method, json_t *parameters, int64_t answer_ms,
		json_t **ret_reply);
/* The same for a method whose reply brings a descriptor (owned); without one it is a bad reply. */
int ctl_call_fd(struct ctl *c, const char *method, json_t *parameters, json_t **ret_reply,
		int *ret_fd);

/* --- errors; each gives back an exit code and prints one message (or, with --json, one object) ---
 */

/* code, name of the error in the API's words, what happened and what to do. */
int ctl_fail(const struct ctl *c, int code, const char *error, const char *fmt, ...) _printf_(4, 5);
int ctl_no_memory(const struct ctl *c);
int ctl_usage(const struct ctl *c, const char *fmt, ...) _printf_(2, 3);
/* stationd cannot be spoken to; error is -errno of connecting or calling. Call it before
 * ctl_disconnect(): the connection knows better why it ended. */
int ctl_unreachable(const struct ctl *c, int error);
/* An error reply of stationd. */
int ctl_error_reply(const struct ctl *c, const char *method, const char *error, json_t *parameters);
/* Exit code of an error name. */
int ctl_error_code(const char *error);
/* A reply that lacks what the interface promises. */
int ctl_bad_reply(const struct ctl *c, const char *method);
