/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Roles: who may do what on whom. Pure policy: no state, no I/O; test/unit/test-hostd-role.c holds
 * the whole matrix.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

enum role { ROLE_STANDARD, ROLE_OPERATOR, ROLE_ADMINISTRATOR };

/* What can be done to one session. SEE: know that it is there. BLOCK: block and unblock its user,
 * and project to it. LIMIT: limit its user's web. PROJECT: show it to others. START, CLOSE:
 * programs. CHAT: write to its user.
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

/*
 * May a caller with this role act on a session of somebody with role target? own: it is the
 * caller's. bulk: the call names more than one session; own sessions are then never ended or
 * suspended. Nobody blocks themselves, nobody locks for somebody else.
 */
bool role_may(enum role caller, enum role target, bool own, enum act act, bool bulk);
/* Why role_may() said no, a sentence (malloc'ed, NULL: no memory) with the name of the person. */
char *role_refusal(enum role target, bool own, enum act act, const char *full_name);

/* May a caller see (and cancel) a job that somebody with this role ordered? */
bool role_may_see_job(enum role caller, bool own, enum role by);
/* May a caller stop a projection that somebody with this role started? */
bool role_may_stop(enum role caller, bool own, enum role by);
