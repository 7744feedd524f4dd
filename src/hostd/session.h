/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Sessions: the daemon's picture of one user's running desktop. The desktop itself is kept by its
 * station-session (struct worker).
 *
 * Life: session_open() (opening) or session_adopt() (found at start) -> active / suspended ->
 * closing -> session_end(), which tells everybody and frees.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <systemd/sd-event.h>

#include "base/list.h"
#include "hostd/limit.h"
#include "hostd/role.h"
#include "hostd/timeout.h"
#include "hostd/usage.h"
#include "hostd/worker.h"

struct host;
struct job;
struct login;
struct station;

/* What station-session says when the desktop was left in its own way: nothing to tell the person.
 */
#define SESSION_USER_LOGGED_OFF "The user logged off."

enum { SESSION_ID_MAX = 24, SESSION_MESSAGE_MAX = 600 };
/* Names of stations and rooms: characters, and bytes with the NUL. */
enum { PLACE_CHARS_MAX = 60, PLACE_MAX = 4 * PLACE_CHARS_MAX + 1 };

struct session {
	struct list link; /* in host */
	struct host *host;
	uint64_t number;
	char id[SESSION_ID_MAX];
	struct person person;
	char *desktop;
	int display; /* 0: none yet */
	char *logind;
	int64_t since_s;
	int64_t used_told_ms; /* CLOCK_MONOTONIC: watchers know of use until then */
	int64_t used_ms;      /* CLOCK_MONOTONIC of the last key or pointer event */
	struct worker *worker;
	struct list stations; /* struct station.shown */
	struct job *notice;   /* the job that will end it first; NULL: none */
	int64_t notice_ms;    /* CLOCK_REALTIME: when */
	bool notice_more;     /* more time was asked for */
	json_t *told;         /* flags that watchers know (station-scene.c) */
	bool moved;           /* to another room; watchers have not been told */
	bool entered;         /* a lesson of its room, which has not been told to it */
	char room[PLACE_MAX]; /* of the station that shows it, or showed it last */
	bool locked;
	bool opening;
	bool closing;
	bool dirty;
	bool killed;  /* by us, because the helper did not */
	bool removed; /* by logind, from outside */
	unsigned reconnects;
	int64_t ask_ms, timeout_ms; /* of the log-off under way */
	/* Who ordered its end, for the reason; empty: nobody. */
	char ended_by[CALLER_NAME_MAX];
	uid_t ended_by_uid;
	int ended_cause;           /* enum job_cause */
	sd_event_source *deadline; /* the helper has to have answered by then */
	struct opening *open;      /* while opening */
	struct usage usage;
	struct limit limit;
	struct timeout timeout;
	int64_t hand_ms; /* CLOCK_REALTIME: since when the hand is up; 0: it is not */
};

/* How a session ended. */
enum session_end {
	SESSION_END_DONE,   /* when asked, or by itself */
	SESSION_END_FORCED, /* had to be killed */
};

struct session *session_find(struct host *h, const char *id);
/* What a log-in of a user leads to, as per-user-max says. */
enum session_choice {
	SESSION_CHOICE_OPEN, /* a new one */
	SESSION_CHOICE_TAKE, /* this one: resume or move it */
	SESSION_CHOICE_WAIT, /* one is just opening or ending */
};
enum session_choice session_choose(struct host *h, uid_t uid, struct session **ret);
/* May the user have one more beside those there are? *ret: one of them, or NULL. */
bool session_may_add(struct host *h, uid_t uid, struct session **ret);
unsigned session_count_state(struct host *h, bool shown);

/* The type Session for this caller; owned by the caller of the function; NULL: no memory. */
json_t *session_build_json(struct session *s, const struct caller *caller);
void session_touch(struct session *s);

/*
 * Open a session for an authenticated person. The worker is taken on success, the person's strings
 * are copied. done is called once from the loop: error NULL and the session, or "Failed" or "Limit"
 * with a sentence and the last output; the session is gone then.
 */
typedef void (*session_open_fn)(struct session *s, const char *error, const char *reason,
		const char *output, void *userdata);
struct session_request {
	const struct person *person;
	struct worker *worker;
	const char *desktop; /* NULL: the default */
	int width, height;   /* 0: configured */
	const char *room;    /* of the station it is for; NULL: none */
	session_open_fn done;
	void *userdata;
};
/* *ret_reason (malloc'ed): why not, a sentence; the result is -ENOENT (desktop), -ENOSPC (a limit)
 * or another error. */
int session_open(struct host *h, const struct session_request *request, struct session **ret,
		char **ret_reason);
/* The one who waits for done is no longer interested. */
void session_open_forget(struct session *s);

/* Parts of session.c that opening and adopting share. */
int session_new(struct host *h, uint64_t number, const struct person *person, struct session **ret);
/* From the type Facts, after Open or Describe. -EBADMSG */
int session_take_facts(struct session *s, json_t *facts);
/* It runs: watch it, tell everybody. */
void session_start_watch(struct session *s);
/* The helper's connection has ended while opening (open != NULL). */
void session_open_abort(struct session *s, const char *reason);

/* What a failed program wrote: printable, a few lines; malloc'ed. */
char *session_clean_output(const char *s);

/* Find what runs: connect to each control.sock and ask; n_adopting counts down as they answer. */
void session_adopt_all(struct host *h);

/* Stations show the lock instead of the session until it is unlocked. In the store when it returns.
 */
void session_lock(struct session *s);
void session_unlock(struct session *s);
/* The same for who has just logged in again: nobody is shown anything before session_refresh(). */
void session_clear_lock(struct session *s);
/* The session has ended. */
void session_forget_lock(struct session *s);
/* The session was found again after a restart. */
void session_load_lock(struct session *s);

/*
 * End it: ask, SIGTERM after ask_ms, kill after timeout_ms. May be called again with shorter times.
 * by: who orders it. Progress goes to the jobs (job.h).
 */
void session_log_off(
		struct session *s, const struct caller *by, int64_t ask_ms, int64_t timeout_ms);
/* Send LogOff (again) with the times in s. */
void session_order_end(struct session *s);
/* Opening or ending must be over by then, else it is aborted or killed. */
void session_set_deadline(struct session *s, int64_t delay_ms);
/* logind says that it has removed the session. */
void session_handle_removed(struct session *s);
/* It is gone. reason: a sentence for supervisors; text: for the person at the station, may be "".
 * Frees s. */
void session_end(struct session *s, enum session_end how, const char *reason, const char *text);
/* Does the helper of this session (known here or not) listen on its control socket? */
bool session_is_running(const char *id);
/* How a session ended that is gone; forgets the note its helper left. */
enum session_end session_take_ended(const char *id);
/* Sessions that ended while stationd was away: tell their stations, forget the notes. */
void session_take_all_ended(struct host *h);
/* At exit: drop the object, leave the session alone. */
void session_free(struct session *s);
