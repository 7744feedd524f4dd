/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Chat and raised hands. Messages and hands are in the store before they are answered or shown; a
 * hand lives as long as the session that raised it. What a station shows of both goes to the relay
 * as "chat" orders (org.stationmaster.Relay).
 */
#pragma once

#include "hostd/role.h"
#include "ipc/json.h"

struct host;
struct session;
struct station;

enum {
	CHAT_CHARS_MAX = 1000,
	CHAT_MESSAGES_MAX = 1000,
	CHAT_SHOWN_MAX = 50, /* of one conversation, at a station */
};
#define CHAT_KEEP_MS (7ll * 24 * 3600 * 1000)

/* To a person with a session, within a transaction of the store; *ret_message (owned) is for
 * chat_tell() when that is committed. -EIO, ... */
int chat_send(const struct caller *from, struct session *to, const char *text,
		json_t **ret_message);
/* Shows a message to whoever watches, and at the stations of the person. Takes message. */
void chat_tell(struct session *s, json_t *message);
/* The person in this session writes. -EACCES: switched off. */
int chat_write(struct session *s, const char *text);
/* May this conversation be told? role: of its person. */
typedef bool (*chat_may_fn)(const char *user, enum role role, void *userdata);
/* user NULL: all conversations. Array of the type Message; owned. */
json_t *chat_history(struct host *h, const char *user, chat_may_fn may, void *userdata);
void chat_clear(struct host *h, const char *user);

bool chat_is_enabled(struct host *h);
/* < 0: it could not be stored, and nothing has changed. */
int chat_enable(struct host *h, bool enabled);

/* Raise or lower. -EACCES: switched off; another error: it could not be stored and is not up. */
int hand_set(struct session *s, bool up);
/* The session was found again after a restart; it has ended. */
void hand_load(struct session *s);
void hand_forget(struct session *s);
json_t *hand_build_json(const struct session *s);

/* For the relay: what this station's panel shows (type Chat of org.stationmaster.Relay); owned. */
json_t *chat_build_station(const struct station *st);
