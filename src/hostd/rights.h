/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What a caller may do now: the role, bound to the acts and rooms that an administrator has named
 * for a single operator (org.stationmaster.Rights), and to those of the API token that the call
 * came with. role.c decides; this knows the facts. Nothing here is kept by callers: who asks again
 * after a change gets another answer.
 */
#pragma once

#include <jansson.h>

#include "base/list.h"
#include "hostd/role.h"
#include "hostd/session.h"

struct host;
struct station;

enum { GRANTS_MAX = 2000, GRANT_ROOMS_MAX = 100 };

/* Rights of one operator; a caller without one has those of all operators. */
struct grant {
	struct list link; /* in host */
	uid_t uid;
	char user[CALLER_USER_MAX];
	char full_name[CALLER_NAME_MAX];
	json_t *rooms; /* array of strings; NULL: all */
	bool has_acts; /* else those of the setting operator-acts */
	uint32_t acts;
};

/* What binds a caller. Rooms are borrowed: good until the next change of rights. */
struct rights {
	enum role role;
	uint32_t acts;
	bool scoped;
	const json_t *rooms[2]; /* of the person, of the token; NULL: all */
};
void rights_get(struct host *h, const struct caller *c, struct rights *ret);

/* Whom an act is about. */
struct subject {
	enum role role;
	uid_t uid; /* (uid_t)-1: nobody */
	const char *room;
	const char *full_name;
};
/* ret_reason: why not, a sentence, malloc'ed; NULL where there is none. The pointer may be NULL. */
bool rights_judge(struct host *h, const struct caller *c, const struct subject *on, enum act act,
		bool bulk, char **ret_reason);
bool rights_may(struct host *h, const struct caller *c, const struct session *s, enum act act,
		bool bulk, char **ret_reason);
/* Is the session in lists and events of this caller? */
bool rights_may_see(const struct caller *c, const struct session *s);
/* Has the caller anything to do with this room? Standard users have not; rights without rooms mean
 * all.
 */
bool rights_have_room(struct host *h, const struct caller *c, const char *room);
bool rights_may_see_station(const struct caller *c, const struct station *st);
/* Does the caller, bound to rooms or not, see a session of this account? */
bool rights_may_see_user(struct host *h, const struct caller *c, uid_t uid);
/* Names of the rooms that the caller is bound to; owned. NULL: all rooms. */
json_t *rights_build_rooms(struct host *h, const struct caller *c);
/* Is the caller bound to rooms? */
bool rights_are_bound(struct host *h, const struct caller *c);
/* Does the caller have this act at all, whomever it is about? */
bool rights_have_act(struct host *h, const struct caller *c, enum act act);

/* May the caller stop what by has begun (a projection, a lesson)? Who is bound stops own ones only.
 */
bool rights_may_stop(struct host *h, const struct caller *c, const struct caller *by);

struct grant *grant_find(struct host *h, uid_t uid);
/* rooms NULL: all. In the store when it returns, or the error of the store; -EDQUOT. */
int grant_set(struct host *h, const struct grant *order);
int grant_clear(struct host *h, struct grant *g);
/* Type Grant; owned. */
json_t *grant_build_json(const struct grant *g);
int grant_load_all(struct host *h);
void grant_free_all(struct host *h);

/* Somebody's rights have changed (uid (uid_t)-1: anybody's, or a room): watchers get a new
 * snapshot, views that are not allowed any more end. */
void rights_handle_change(struct host *h, uid_t uid);

/* Arrays of names of acts; NULL for ACTS_ALL. */
json_t *acts_build_json(uint32_t acts);
/* false: something else is in it. NULL or null: ACTS_ALL. */
bool acts_read_json(json_t *names, uint32_t *ret);
