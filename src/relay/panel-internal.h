/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The panel from inside: panel.c is the card with its list of rows, panel-messages.c is the view of
 * the conversation that takes the place of the rows.
 */
#pragma once

#include "relay/entry.h"
#include "relay/overlay-draw.h"
#include "relay/overlay-text.h"
#include "relay/overlay.h"

enum {
	PANEL_ROWS_MAX = 7,
	PANEL_LINES_MAX = 50,
	PANEL_DRAFT_MAX = 1000, /* characters */
	/* Units. */
	PANEL_MARGIN = 16, /* for the shadow */
	PANEL_PAD = 16,
	PANEL_TEXT_SIZE = 15,
	PANEL_HINT_SIZE = 13,
	PANEL_RADIUS = 8,
};

enum panel_mode { PANEL_MODE_ROWS, PANEL_MODE_QUESTION, PANEL_MODE_MESSAGES };

struct panel_row {
	enum panel_answer answer;
	bool is_messages; /* goes there; answer is none then */
	bool disabled;
	enum overlay_text label, hint; /* hint: _TEXT_MAX: none */
	int y, h;                      /* in the overlay; written by the layout */
};

struct panel_line {
	char *head, *text;
	bool supervisor;
	int text_w, head_h, h; /* h of the bubble; 0: not measured */
};

/* What the focus is on, among the messages. */
enum panel_part { PANEL_PART_FIELD, PANEL_PART_SEND, PANEL_PART_BACK };

struct panel_messages {
	struct panel_line lines[PANEL_LINES_MAX];
	unsigned n_lines;
	uint64_t version;
	struct entry draft;
	enum panel_part focus;
	int scroll; /* pixels up from the newest */
	cairo_surface_t *list;
	bool list_is_old;
	/* In the overlay; written by the layout. */
	cairo_rectangle_int_t list_box, field_box, send_box, back_box;
};

struct panel {
	struct overlay overlay;
	cairo_surface_t *surface;
	/* What was told. */
	char *name, *station, *by, *lesson, *web, *language, *refusal;
	bool can_leave, can_ask, has_chat, chat_enabled, hand, sending;
	unsigned n_new;
	uint16_t screen_w, screen_h, top;

	double u;  /* pixels of a unit */
	int width; /* of the card, in units */
	enum panel_mode mode;
	struct panel_row rows[PANEL_ROWS_MAX];
	unsigned n_rows, focus;
	struct panel_messages messages;
	uint8_t buttons;
};

int panel_px(const struct panel *p, double units);
/* Draw it again; always PANEL_CHANGED. */
enum panel_answer panel_changed(struct panel *p);
enum panel_answer panel_show_rows(struct panel *p);

/* -ENOMEM: some lines are missing. */
int panel_messages_take(struct panel *p, const struct panel_text *text);
void panel_messages_done(struct panel *p);
/* The unit is another one. */
void panel_messages_resized(struct panel *p);
/* Everything from the line y of the overlay on; gives the line below. */
int panel_messages_layout(struct panel *p, cairo_t *cr, int y);
void panel_messages_paint(struct panel *p, cairo_t *cr);
enum panel_answer panel_messages_key(struct panel *p, uint32_t keysym, bool types);
/* Of the left button, or the wheel, in the overlay. */
enum panel_answer panel_messages_press(struct panel *p, int x, int y);
enum panel_answer panel_messages_scroll(struct panel *p, double units);
