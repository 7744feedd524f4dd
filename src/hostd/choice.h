/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Whom a call of Blocks or Projections means: sessions, users (with or without a session),
 * stations, or all. Accounts without a session are asked for at the name service, so the answer
 * comes later; the call's parameters stay there until then.
 */
#pragma once

#include <stdbool.h>

#include "base/list.h"
#include "hostd/api.h"
#include "hostd/session.h"
#include "hostd/station.h"

enum { CHOICE_MAX = 5000 };

enum choice_state { CHOICE_ASKED, CHOICE_DONE, CHOICE_REFUSED, CHOICE_FAILED };

/* One person or one station. */
struct chosen {
	bool is_station; /* named as such */
	char session[SESSION_ID_MAX];
	char station[STATION_ID_MAX];
	char user[CALLER_USER_MAX]; /* of a station: who sits there; may be empty */
	char full_name[CALLER_NAME_MAX];
	uid_t uid; /* (uid_t)-1: nobody */
	enum role role;
	enum choice_state state;
	char *reason; /* NULL: none */
	bool by_room; /* not named, but in a room that was */
};

struct choice;
typedef void (*choice_fn)(struct choice *c);

/* Embedded, as the first member, in what the call's handler allocates; freed by choice_free(). */
struct choice {
	struct list link;       /* in host while it waits */
	struct request request; /* of the call, to answer it */
	struct caller caller;
	json_t *sessions, *users, *stations; /* of the call */
	json_t *rooms; /* owned; of the call, or those that "all" of who is bound means */
	bool all;
	bool of_people; /* stations cannot be named */
	bool of_rooms;  /* rooms can: standard users with a session there */
	enum act act;   /* what is going to be done; ACT_BLOCK unless told */
	bool bound;     /* to rooms: "all" was resolved to what is there */
	bool of_blocks; /* also users and stations that are only known because they are blocked */
	bool of_limits; /* also users who are only known because their web is limited */
	struct chosen *list;
	size_t n, next;
	bool no_answer; /* the name service has let us wait once; not again */
	choice_fn done;
	choice_fn forget; /* before it is freed; may be NULL */
};

/* Keeps a call that chooses nobody and is answered later. */
void choice_keep(struct choice *c, struct request *r);
/* Reads the selection, which has to be the last of the parameters; keeps the call. false: an error
 * was answered; the choice is not to be used then but by choice_free(). */
bool choice_read(struct choice *c, struct request *r);
/*
 * Finds whom the call means and decides about each by role_may(act). Then done, at once or from
 * the loop, which answers and frees; or an error was answered and it is freed.
 */
void choice_resolve(struct choice *c, choice_fn done);
void choice_free(struct choice *c);
void choice_free_all(struct host *h);

/* Forget one. */
void choice_drop(struct choice *c, struct chosen *t);
/* Decide otherwise. */
void choice_refuse(struct chosen *t, const char *reason);
/* Its state as the API says it. */
const char *choice_state_to_string(enum choice_state state);
/* What was done holds for the person of this session, but not everything worked. reason is copied;
 * the first one stays. */
void choice_note_failure(struct choice *c, const struct session *s, const char *reason);
/* Not in force, for this reason: say so for each that was done. */
void choice_fail(struct choice *c, const char *reason);
/* What was done holds, but the disk did not take it: say so for each. */
void choice_fail_unstored(struct choice *c);
/* One more, of the kind that all means; those that are there already are left out. */
int choice_add_session(struct choice *c, struct session *s);
int choice_add_station(struct choice *c, const char *id);
int choice_add_user(struct choice *c, const char *user);
json_t *choice_build_json(const struct choice *c);
/* One row in the audit log. */
void choice_audit(struct choice *c, const char *what);
