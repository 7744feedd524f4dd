/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Limits of the web: the desired state "this user, everybody reaches these sites only". What holds
 * for a person is decided here (web_limit_decide()); that it holds is station-limits' business.
 */
#pragma once

#include <stdint.h>
#include <sys/types.h>

#include "base/list.h"
#include "hostd/limiter.h"
#include "hostd/role.h"
#include "hostd/webrule.h"
#include "ipc/json.h"

struct host;
struct session;

enum {
	WEB_LIMITS_MAX = 20000,
	WEB_LIMIT_LISTS_MAX = 10, /* remembered of each person */
	WEB_LIMIT_SHOWN_MAX = 10, /* sites named at a station */
	WEB_LIMIT_RULES_MAX = 24, /* different lists in force at the same time */
};

enum web_limit_kind { WEB_LIMIT_USER, WEB_LIMIT_ALL };

struct web_limit {
	struct list link; /* in host, oldest first */
	struct host *host;
	enum web_limit_kind kind;
	char name[CALLER_USER_MAX]; /* account, or empty */
	char full_name[CALLER_NAME_MAX];
	uid_t uid; /* of the user */
	enum role role;
	struct caller by;
	int64_t since_s;
	int64_t until_ms; /* CLOCK_REALTIME; 0: until taken back */
	struct web_rule *rule;
};

/* Who orders what until when. */
struct web_limit_order {
	const struct caller *by;
	const struct web_rule *rule;
	int64_t until_ms;
};

struct web_limit_person {
	const char *user, *full_name;
	uid_t uid;
	enum role role;
};

/* What holds for a person, and who ordered it; rule NULL: the web is not limited. */
struct web_limit_effect {
	const struct web_rule *rule;
	const char *by; /* full name */
	int64_t until_ms;
};

/*
 * The one place that decides: the person's own limit, else that of everybody, where the person is a
 * standard user, else that of a lesson.
 */
struct web_limit_effect web_limit_decide(struct host *h, uid_t uid, enum role role);

/*
 * Each replaces list and time of what is there already. In the store when they return (or when the
 * caller's store_begin() is committed); in force after web_limits_apply(). -ENOMEM; -EDQUOT: too
 * many limits; -ENOSPC: too many different lists.
 */
int web_limit_add_all(struct host *h, const struct web_limit_order *order);
int web_limit_add_user(struct host *h, const struct web_limit_order *order,
		const struct web_limit_person *person);
/* May there be this list beside those that are in force? */
bool web_limit_has_room(struct host *h, const struct web_rule *rule);
void web_limit_remove(struct web_limit *b);
struct web_limit *web_limit_find(struct host *h, enum web_limit_kind kind, const char *name);

/*
 * Something that web_limit_decide() follows from has changed: tells station-limits whom it
 * concerns, watchers whose web is limited, and arms the timer of the next end.
 * limiter_wait(h->limiter) tells when it is in force.
 */
void web_limits_apply(struct host *h);
/* What the station of this session shows of its limit, or null; type Web of
 * org.stationmaster.Relay. */
json_t *web_limit_build_station(const struct session *s);
/* Is somebody's web limited who has this session? */
bool web_limit_holds(const struct session *s);

/* Remembers a list for web_limit_lists_build(). */
void web_limit_lists_add(struct host *h, uid_t uid, const struct web_rule *rule);
/* Array of SiteList of this person, newest first. */
json_t *web_limit_lists_build(struct host *h, uid_t uid);
/* SiteList of a rule: names as people write them. */
json_t *web_limit_build_list(const struct web_rule *rule);
/* The type WebLimit of org.stationmaster.Limits. */
json_t *web_limit_build_json(const struct web_limit *b);

int web_limit_load_all(struct host *h);
void web_limit_free(struct web_limit *b);
/* At exit. */
void web_limits_forget_people(struct host *h);
