/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The conversation at a station and its raised hand (type Chat of org.stationmaster.Relay). */
#pragma once

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "relay/overlay.h"

enum { CHAT_LINES_MAX = 50, CHAT_CHARS_MAX = 1000 };

/* Strings are borrowed from json and never NULL. Zeroed: nothing is known. */
struct chat {
	bool known; /* stationd has told it of the session that is here */
	bool enabled, hand;
	struct chat_line lines[CHAT_LINES_MAX]; /* oldest first, numbers count up */
	unsigned n;
	json_t *json;     /* as it came; owned */
	uint64_t version; /* by chat_parse(): another one for each */
};

/*
 * Releases what was in ret. -EBADMSG: not a chat, or more than fits; ret is chat_done() then, so
 * that nobody reads what was written to somebody else.
 */
int chat_parse(json_t *json, struct chat *ret);
/* What a page is told: as it came, or an empty one that is switched off. Owned; NULL: no memory. */
json_t *chat_build_json(const struct chat *c);
void chat_done(struct chat *c);
