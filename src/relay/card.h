/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Cards: pictures that fill a screen and take no input, shown instead of a session. Cards of the
 * same words and size are one picture for all screens that show it: drawn once, encoded once.
 */
#pragma once

#include <stdint.h>

#include "base/list.h"
#include "relay/picture.h"

enum card_kind {
	CARD_BLOCK,      /* the screen is blocked */
	CARD_PROJECTION, /* a projection is about to come */
	CARD_BUSY,       /* the session's picture is about to come */
	/* Which keyboard and pointer are in front of this screen? */
	CARD_MAP_KEYBOARD,
	CARD_MAP_POINTER,
	CARD_MAP_WAITING, /* another screen is asked first */
};

struct card_text {
	enum card_kind kind;
	const char *message;  /* block: empty: default text. projection: whose screen; may be empty.
			       * map: name of the station */
	const char *by;       /* full name; may be empty */
	int64_t until_ms;     /* block: ms since 1970; 0: until taken back */
	const char *language; /* "en", "de" */
};

enum { CARD_WIDTH_MIN = 640, CARD_HEIGHT_MIN = 480 };

struct cards {
	struct list list;
	uint64_t n_drawn;
};

struct card;

void cards_init(struct cards *all);
/* A reference to a card of this size (at least CARD_WIDTH_MIN x CARD_HEIGHT_MIN, at most what a
 * picture can be). -ENOMEM. */
int cards_get(struct cards *all, const struct card_text *text, uint16_t w, uint16_t h,
		struct card **ret);
struct card *card_ref(struct card *c);
/* Nothing may show the picture any more when the last is gone. NULL is fine; gives NULL. */
struct card *card_unref(struct card *c);
struct picture *card_picture(struct card *c);
