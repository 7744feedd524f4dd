/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Roles: who may do what on whom. Pure policy: no state, no I/O; test/unit/test-hostd-role.c holds
 * the whole matrix.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

enum role { ROLE_STANDARD, ROLE_OPERATOR, ROLE_ADMINISTRATOR };

/* What can be done to one session. SEE: know that it is there. BLOCK: block and unblock its user,
 * and project to it. LIMIT: limit its user's web. PROJECT: show it to others. START, CLOSE:
 * programs. CHAT: write to its user. LOGON: log somebody on at a station, which is
 * about no session. STORAGE: block storage on USB at the station that shows it.
 */
enum act {
	ACT_SEE,
	ACT_TILE,
	ACT_VIEW,
	ACT_CONTROL,
	ACT_BLOCK,
	ACT_LIMIT,
	ACT_PROJECT,
	ACT_LOGOFF,
	ACT_SUSPEND,
	ACT_LOCK,
	ACT_UNLOCK,
	ACT_START,
	ACT_CLOSE,
	ACT_CHAT,
	ACT_LOGON,
	ACT_STORAGE,
	_ACT_MAX,
};

enum { CALLER_USER_MAX = 260, CALLER_NAME_MAX = 400, CALLER_FROM_MAX = 80 };

/* Somebody who calls. Strings are UTF-8 without control characters. */
struct caller {
	uid_t uid;
	enum role role;
	char user[CALLER_USER_MAX];
	char full_name[CALLER_NAME_MAX];
	char from[CALLER_FROM_MAX]; /* "local" or the network address */
	int64_t token;              /* number of the API token it came with; 0: none */
};

/* Acts that rights can be bound to, as bits. */
#define ACT_BIT(act) (UINT32_C(1) << (act))
enum { ACTS_ALL = -1 };

/* One question: may this be done? */
struct deed {
	enum act act;
	enum role caller;
	uint32_t acts; /* what the caller's rights name; ACTS_ALL */
	bool in_rooms; /* the target is in rooms that the caller's rights name */
	bool scoped; /* by an API token: acts and rooms bind administrators and own sessions too */
	bool orchestrate; /* setting [roles] orchestrate-privileged */
	enum role target;
	bool own;  /* it is the caller's */
	bool bulk; /* the call names more than one; own sessions are then never ended or suspended
		    */
};

enum verdict {
	VERDICT_YES,
	VERDICT_OWN_NEVER,   /* nobody blocks themselves or writes to themselves */
	VERDICT_OWN_ALONE,   /* own ones are not ended with others */
	VERDICT_LOCK,        /* only its user locks a session */
	VERDICT_UNLOCK,      /* only its user and administrators unlock it */
	VERDICT_STANDARD,    /* a standard user, on somebody else's */
	VERDICT_PRIVILEGED,  /* an operator, on an operator's or administrator's */
	VERDICT_ORCHESTRATE, /* the setting is off */
	VERDICT_ROOM,        /* outside the rooms of the caller's rights */
	VERDICT_ACT,         /* not among the acts of the caller's rights */
};

/* Groups that make a role; (gid_t)-1: there is no such group. */
struct role_groups {
	gid_t admin;
	gid_t operator;
};

const char *role_to_string(enum role role);
/* -EINVAL */
int role_parse(const char *s, enum role *ret);

/* Role of a process: its uid, primary group and supplementary groups. */
enum role role_of_peer(const struct role_groups *groups, uid_t uid, gid_t gid, const gid_t *list,
		size_t n);

/* Nobody blocks themselves, nobody locks for somebody else; to log off is never forbidden to
 * administrators. */
enum verdict role_judge(const struct deed *d);
/* Why not, a sentence (malloc'ed, NULL: no memory) with the name of the person whose it is. */
char *role_refusal(const struct deed *d, enum verdict verdict, const char *full_name);

/* Names of acts in the API; NULL: not one that rights can name. */
const char *act_to_string(enum act act);
/* -EINVAL */
int act_parse(const char *s, enum act *ret);
/* "tile view": words between blanks; NULL: no such act in it. "all": every one. */
int acts_parse_words(const char *s, uint32_t *ret);

/* May a caller see (and cancel) a job that somebody with this role ordered? */
bool role_may_see_job(enum role caller, bool own, enum role by);
/* May a caller stop a projection that somebody with this role started? */
bool role_may_stop(enum role caller, bool own, enum role by);
