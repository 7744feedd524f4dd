/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Lessons: desired state with an end. What one brings is in force wherever scene.c finds it in
 * force (lesson-rule.h); programs and the message are given once to each session (lesson-run.h).
 */
#pragma once

#include "base/list.h"
#include "hostd/lesson-rule.h"
#include "hostd/role.h"
#include "hostd/session.h"
#include "hostd/webrule.h"
#include "ipc/json.h"

struct host;

enum {
	LESSONS_MAX = 200,
	LESSON_NAME_CHARS_MAX = 100,
	LESSON_PROGRAMS_MAX = 10,
	LESSON_PRESETS_MAX = 10,
	LESSON_USERS_MAX = 20000,
	LESSON_MS_MAX = 12 * 3600 * 1000,
};

struct lesson {
	struct list link; /* in host, oldest first */
	struct host *host;
	char id[SESSION_ID_MAX];
	struct lesson_rule rule;
	char *name; /* may be empty */
	struct caller by;
	int64_t since_s;
	json_t *users; /* array of {user, full_name, uid} */
	json_t *rooms; /* array of names: who comes there is added (lesson-room.c) */
	char *message;
	json_t *programs;     /* array of {program, open} */
	struct web_rule *web; /* NULL: the web is not limited */
	bool dirty;
};

/* What is to be started. Everything is copied. */
struct lesson_order {
	const struct caller *by;
	const char *name, *message;
	bool all, block;
	json_t *users; /* as in struct lesson */
	json_t *rooms;
	json_t *programs;
	const struct web_rule *web;
	int64_t ends_ms;
};

/*
 * Each is in the store when it returns (or when the caller's store_begin() is committed), and in
 * force after lessons_apply(). -ENOMEM; -EDQUOT: too many.
 */
int lesson_start(struct host *h, const struct lesson_order *order, struct lesson **ret);
/* NULL: as it is. -ENOMEM */
int lesson_change(struct lesson *l, const char *name, const bool *block, const char *message);
/* Takes rule; NULL: the web is free. */
void lesson_set_web(struct lesson *l, struct web_rule *rule);
void lesson_set_end(struct lesson *l, int64_t ends_ms);
/* One more whom it covers. -ENOMEM; -EDQUOT: too many. */
int lesson_add_person(struct lesson *l, const struct person *person);
/* Frees. */
void lesson_end(struct lesson *l);
/* Arms the timer of the next end, limits the web, and shows everywhere what holds now. */
void lessons_apply(struct host *h);

struct lesson *lesson_find(struct host *h, const char *id);
/* The name, or whose lesson it is; malloc'ed, NULL: no memory. */
char *lesson_get_title(const struct lesson *l);
bool lesson_covers(const struct lesson *l, const struct session *s);
/* Of those that cover a person; NULL: none. */
struct lesson_of {
	const struct lesson *newest, *block, *web;
};
struct lesson_of lesson_choose(struct host *h, uid_t uid, enum role role);

/* true: this session had not got programs and message of this lesson, and is noted now. */
bool lesson_take_session(const struct lesson *l, const struct session *s);

/* Remembers an order for Presets; named: those of its users who did not just sit in its rooms. */
void lesson_presets_add(struct host *h, uid_t uid, const struct lesson_order *order, json_t *named,
		int64_t length_ms);
json_t *lesson_presets_build(struct host *h, uid_t uid);

/* Is it in lists and events of this caller? Who is bound to rooms sees own ones, those of
 * everybody or of these rooms, and those that cover somebody who can be seen. */
bool lesson_is_visible(const struct lesson *l, const struct caller *caller);
/* The type Lesson of org.stationmaster.Lessons for this caller: of those it covers, who can be
 * seen. */
json_t *lesson_build_json(const struct lesson *l, const struct caller *caller);
/* What the station of this session shows of lessons, or null. */
json_t *lesson_build_station(const struct session *s);
/* {mode, domains}, or null. */
json_t *lesson_build_web(const struct web_rule *rule);
/* From what somebody wrote, or with ret_reason NULL from what lesson_build_web() made; NULL: there
 * is none. */
struct web_rule *lesson_parse_web(json_t *web, char **ret_reason);
/* {user, full_name} of each. */
json_t *lesson_build_users(json_t *users);

/* Those whose time was over meanwhile end. */
int lesson_load_all(struct host *h);
void lesson_free(struct lesson *l);
