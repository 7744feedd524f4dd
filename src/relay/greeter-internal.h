/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The greeter from inside: greeter.c is the card's contents and what keys and pointer do to them,
 * greeter-draw.c is where everything stands and how it looks.
 */
#pragma once

#include "relay/entry.h"
#include "relay/overlay-draw.h"
#include "relay/overlay-text.h"
#include "relay/overlay.h"

enum {
	GREETER_PROMPTS_MAX = 8,
	GREETER_DESKTOPS_MAX = 32,
	GREETER_TEXT_MAX = 512, /* bytes of what is typed into a field */
	GREETER_FIELDS_MAX = GREETER_PROMPTS_MAX + 4,
	GREETER_WIDTH = 1280,
	GREETER_HEIGHT = 720,
	GREETER_WIDTH_MIN = 640,
	GREETER_HEIGHT_MIN = 480,
	GREETER_WIDTH_MAX = 7680,
	GREETER_HEIGHT_MAX = 4320,
};

enum greeter_mode {
	GREETER_LOGIN,
	GREETER_UNLOCK,
	GREETER_PROMPTS,
	GREETER_NOTICE,
	GREETER_BUSY,
};

enum greeter_kind {
	GREETER_TEXT,
	GREETER_SECRET,
	GREETER_CHOICE,
	GREETER_READ, /* the text that has to be accepted */
	GREETER_SUBMIT,
	GREETER_BACK,
};

struct greeter_field {
	enum greeter_kind kind;
	char *label;
	struct entry entry; /* of a text or secret */
	/* Where it is; written by the layout. */
	int x, y, w, h; /* with label */
	int box_y, box_h;
};

struct greeter {
	struct picture picture;
	const struct greeter_events *events;
	void *userdata;
	char *system_name;
	char *language;

	enum greeter_mode mode;
	char *person;  /* whose session is locked */
	char *message; /* above the fields; NULL: none */
	bool message_is_error;
	char *notice;        /* GREETER_NOTICE */
	PangoLayout *read;   /* of the notice, for this width; by the layout */
	int read_h, read_at; /* pixels of the whole text, and above what is seen */
	struct greeter_field fields[GREETER_FIELDS_MAX];
	unsigned n_fields;
	unsigned focus;
	struct {
		char *id, *name;
	} desktops[GREETER_DESKTOPS_MAX];
	unsigned n_desktops, desktop;

	bool shift, control, alt, caps;
	uint8_t buttons;

	/* The card, by the layout. */
	double u; /* pixels of one unit */
	int card_x, card_y, card_w, card_h;

	/* What waits for the picture to be unlocked. */
	pixman_region32_t dirty;
	uint16_t wanted_w, wanted_h; /* 0: no new size */
};

/* Where everything stands for the picture's size. */
void greeter_layout(struct greeter *g);
/* How many pixels of the notice are seen at once. */
int greeter_read_room(const struct greeter *g);
/* Draw what lies in the region. */
void greeter_paint(struct greeter *g, const pixman_region32_t *region);
/* Byte offset in the field's text under a point; the field is text or secret. */
size_t greeter_find_caret(struct greeter *g, const struct greeter_field *f, int x);
