/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * One session of one user: opening, running, ending. Knows nothing of connections; whoever made it
 * is told through struct session_ops.
 */
#pragma once

#include "session/account.h"
#include "session/ask.h"
#include "session/auth.h"
#include "session/desktop.h"
#include "session/display.h"
#include "session/folder.h"
#include "session/limits.h"
#include "session/loop.h"
#include "session/probe.h"
#include "session/programs.h"
#include "session/windows.h"

enum {
	SESSION_SETTLE_MS = 300,  /* a desktop that lives so long, or shows a window, has started */
	SESSION_LEFT_MS = 3000,   /* for programs left when the desktop has gone: some save */
	SESSION_DISPLAY_MS = 300, /* for the display server to end */
	SESSION_WITNESS_MS = 60,  /* to see whether it ends without being told */
	SESSION_KILL_AGAIN_MS = 20,
	SESSION_KILL_MAX_MS = 5000, /* then something hangs in the kernel */
	SESSION_STOP_ASK_MS = 2000, /* when our service is stopped */
	SESSION_STOP_MS = 5000,
	SESSION_PIDS_MAX = 16384,
};

enum session_state {
	SESSION_CLOSED, /* authenticated, nothing opened */
	SESSION_OPENING,
	SESSION_OPEN,
	SESSION_ENDING,
	SESSION_ENDED,
};

struct session_ops {
	/* The desktop runs. */
	void (*handle_opened)(void *userdata);
	/* It did not come up and everything is undone. in_use: another display number may work. */
	void (*handle_open_failed)(
			void *userdata, bool in_use, const char *reason, const char *output);
	/* asking: the desktop was asked; else SIGTERM was sent. */
	void (*handle_ending)(void *userdata, bool asking);
	/* Everything of it is gone. output may be empty. */
	void (*handle_ended)(void *userdata, bool forced, const char *reason, const char *output);
};

enum ending_stage {
	ENDING_NO,
	ENDING_ASK,     /* the desktop was asked */
	ENDING_TERM,    /* SIGTERM went to the leader */
	ENDING_REST,    /* the leader has gone: SIGTERM to what is left */
	ENDING_DISPLAY, /* only the display server is left */
	ENDING_KILL,
};

struct ending {
	enum ending_stage stage;
	struct timer stage_timer;
	struct timer limit_timer; /* timeout_ms of who ordered it */
	struct timer give_up_timer;
	struct watch empty_watch; /* the control group has become empty */
	int empty_fd;
	struct cgroup services; /* of the user's own systemd, if this is the user's last session */
	bool services_killed;
	struct ask ask;
	pid_t asker;
	bool forced;
	bool ordered;       /* by a caller or a signal; else the session ended by itself */
	bool display_told;  /* its end is our doing */
	const char *reason; /* static; NULL: find out */
};

struct session {
	const struct session_ops *ops;
	void *userdata;
	struct loop *loop;
	enum session_state state;
	struct auth auth;
	struct account account;
	char *address; /* of the station, for who(1); may be empty */

	char id[FOLDER_ID_MAX + 1];
	char *desktop_id, *exec, *names, *wrapper;
	char display_name[16];
	char *logind;
	int64_t since_s;

	struct identity identity;
	struct environ environ;
	struct cgroup cgroup;
	char *place; /* /proc/self/cgroup before PAM opened the session */
	bool opened; /* handle_opened was called */
	bool folder_made;
	bool runtime_made;
	bool utmp_written;
	struct display display;
	struct desktop desktop;
	struct probe probe;          /* waits for the first window */
	uint8_t cookie[COOKIE_SIZE]; /* of the X server */
	struct timer settle_timer;
	int display_status, desktop_status; /* wait(2), once they have gone */
	bool display_gone, desktop_gone, desktop_early;
	struct ending ending;
	struct programs programs;
	struct windows windows;
	struct limiter limiter;
};

struct session_options {
	const char *id, *desktop, *exec, *names, *wrapper;
	int display, width, height;
	bool glx;
	struct limits limits;
};

/* auth and account are filled in by the caller before session_open(). */
void session_init(struct session *s, struct loop *l, const struct session_ops *ops, void *userdata);
/* Answers through handle_opened or handle_open_failed, perhaps before it returns. */
void session_open(struct session *s, const struct session_options *o);
/*
 * End it; may be called again: the shorter times count. Answers through handle_ended, never before
 * it returns. reason: static.
 */
void session_log_off(struct session *s, int64_t ask_ms, int64_t timeout_ms, const char *reason);
/* A child of this process has ended; after all that are known, session_handle_children(). */
void session_handle_exit(struct session *s, pid_t pid, int status);
void session_handle_children(struct session *s);
void session_done(struct session *s);

/* --- between session.c and ending.c --- */
void ending_init(struct session *s);
/* ordered: by somebody; else it has ended by itself. */
void ending_start(struct session *s, bool ordered, int64_t ask_ms, int64_t timeout_ms);
void ending_check(struct session *s);
void ending_done(struct session *s);
/* All is gone: close PAM, remove files, tell. */
void session_finish(struct session *s, bool forced);
