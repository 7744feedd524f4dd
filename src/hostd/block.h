/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Blocks: the desired state "this user, this station, everybody sees a message and nothing else".
 * It is in force wherever scene.c finds it in force; nothing has to be sent to anybody.
 */
#pragma once

#include <stdint.h>
#include <sys/types.h>

#include "base/list.h"
#include "hostd/role.h"
#include "hostd/scene.h"
#include "hostd/station.h"
#include "ipc/json.h"

struct host;
struct session;
struct station;

enum { BLOCKS_MAX = 20000, BLOCK_TEXTS_MAX = 10 };

#define BLOCK_NOBODY ((uid_t)-1)

enum block_kind { BLOCK_USER, BLOCK_STATION, BLOCK_ALL };

struct block {
	struct list link; /* in host, oldest first */
	struct host *host;
	enum block_kind kind;
	char name[CALLER_USER_MAX]; /* account, station id, or empty */
	char full_name[CALLER_NAME_MAX];
	/* The user; of a station: the user whose block brought it along, BLOCK_NOBODY: none. */
	uid_t uid;
	enum role role;                /* of that user */
	char address[CALLER_FROM_MAX]; /* of a station */
	struct caller by;
	int64_t since_s;
	int64_t until_ms; /* CLOCK_REALTIME; 0: until taken back */
	char *message;    /* as given; may be empty */
};

/* Who orders what text until when. */
struct block_order {
	const struct caller *by;
	const char *message;
	int64_t until_ms;
};

/* Somebody who is to be blocked, with or without a session. */
struct block_person {
	const char *user, *full_name;
	uid_t uid;
	enum role role;
};

/*
 * Each replaces the text and time of what is there already. In the store when they return (or when
 * the caller's store_begin() is committed); in force after blocks_apply(). -ENOMEM; -EDQUOT: too
 * many.
 */
int block_add_all(struct host *h, const struct block_order *order);
/* The person, and with it the stations that show a session of that person. */
int block_add_user(
		struct host *h, const struct block_order *order, const struct block_person *person);
int block_add_station(struct host *h, const struct block_order *order, const struct station *st);
void block_remove(struct block *b);
/* The blocks of stations that this user's block brought along. */
void block_remove_brought(struct host *h, uid_t uid);
/* Arms the timer of the next end, and shows everywhere what holds now. */
void blocks_apply(struct host *h);

struct block *block_find(struct host *h, enum block_kind kind, const char *name);
struct block *block_find_uid(struct host *h, uid_t uid);
/* What scene_decide() asks about this block and the person at the station (NULL: nobody). */
struct scene_block block_get_facts(const struct block *b, const struct session *s);
/* Blocked as a person, at whatever station. */
bool block_holds_person(struct session *s);
/* The text to show; empty: the default text of the language. */
const char *block_get_message(const struct block *b);

/*
 * A blocked vnc or rdp station that has gone keeps its number for the next viewer of the kind from
 * the same address. NULL: none is kept for this address.
 */
const char *block_find_kept_station(struct host *h, enum station_kind kind, const char *address);
/* The station is there again, or has another name or address now. */
void block_handle_station(struct station *st);

/* Remembers a text for block_texts_build(); empty: nothing. */
void block_texts_add(struct host *h, uid_t uid, const char *text);
/* Array of the last texts of this person, newest first. */
json_t *block_texts_build(struct host *h, uid_t uid);

/* The type Block of org.stationmaster.Blocks. */
/* Who is bound to rooms sees the block of everybody, and those of stations and sessions there. */
bool block_is_visible(const struct block *b, const struct caller *caller);
json_t *block_build_json(const struct block *b);
/* That of everybody, or null. */
json_t *block_all_build_json(struct host *h);

int block_load_all(struct host *h);
void block_free(struct block *b);
