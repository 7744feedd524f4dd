/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Log-ins: one PAM conversation each, carried from a greeter to a station-session and back, and
 * what follows from it: a station shows a session or has it unlocked, a dashboard gets its token, a
 * session is started for somebody.
 */
#pragma once

#include "hostd/role.h"
#include "ipc/varlink.h"

struct host;
struct peer;
struct session;

enum {
	LOGINS_MAX = 512,
	LOGINS_PER_ADDRESS_MAX = 64, /* a class behind one address */
	LOGIN_TIMEOUT_MS = 120000,   /* nobody answers the prompts */
	NOTICE_TIMEOUT_MS = 600000,  /* nobody accepts what has to be read first */
	LOGIN_ANSWERS_MAX = 16,
	LOGIN_ANSWER_MAX = 1024, /* bytes */
};

/*
 * LOGIN_AUTO, LOGIN_PLACED, LOGIN_PLACED_PLAINLY: nobody is there to be asked. The station logs an
 * account on by itself; a supervisor logs somebody on at a station with that person's password, or
 * without.
 */
enum login_purpose {
	LOGIN_STATION,
	LOGIN_DASHBOARD,
	LOGIN_START,
	LOGIN_UNLOCK,
	LOGIN_AUTO,
	LOGIN_PLACED,
	LOGIN_PLACED_PLAINLY,
};

/* s: what the station shows now; NULL: it did not work, and reason is a sentence that says why. */
typedef void (*login_end_fn)(struct host *h, const char *station, struct session *s,
		const char *reason, void *userdata);

struct login_request {
	enum login_purpose purpose;
	const char *station; /* where; NULL: LOGIN_DASHBOARD, LOGIN_START */
	const char *user;
	const char *desktop;  /* NULL: the default */
	const char *language; /* of the greeter, for the notice; NULL: not known */
	int width, height;    /* 0: configured */
	const char *address;
	const struct caller *caller; /* who orders it; NULL: the person */
	/* LOGIN_AUTO and LOGIN_PLACED*, in place of a call. */
	login_end_fn done;
	void *userdata;
	const char *password; /* LOGIN_PLACED */
	bool privileged;      /* operators and administrators too */
	bool moves;           /* the session may be shown at another station now */
	const char *replaces; /* id of the session that the station may show now; NULL: none */
};

/* Each answers the call now or later. */
void login_start(struct host *h, struct peer *peer, struct varlink_call *call,
		const struct login_request *request);
void login_answer(struct host *h, struct peer *peer, struct varlink_call *call,
		const char *conversation, json_t *answers);
void login_accept(struct host *h, struct peer *peer, struct varlink_call *call,
		const char *conversation);
/* Is one under way at this station? */
bool login_is_at(struct host *h, const char *station);
/* done is not called any more for this userdata. */
void login_forget(struct host *h, const void *userdata);
/* false: no such conversation. */
bool login_cancel(struct host *h, struct peer *peer, const char *conversation);

/* The relay's connection has ended: nobody can answer its conversations any more. */
void login_peer_gone(struct host *h, struct peer *peer);
/* A session of this user has come up or is gone: log-ins that waited for it go on. */
void login_handle_session_changed(struct host *h, uid_t uid);
void login_free_all(struct host *h);
