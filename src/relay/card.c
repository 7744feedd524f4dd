/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A card is drawn when the first screen wants it and never changes; it goes with the last
 * reference. What makes two cards the same is what can be read on them, so the words are made first
 * and compared. The message may be anything a person can type: any script, emoji, one word or a
 * page. It is set as large as it fits and cut with an ellipsis only where the smallest size does
 * not fit.
 */
#include "relay/card.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/str.h"
#include "relay/overlay-draw.h"
#include "relay/overlay-text.h"
#include "relay/overlay.h"

enum {
	MESSAGE_MAX_CHARS = 500,
	NAME_MAX_CHARS = 80,
	/* Units. */
	WIDTH = 760,
	PAD = 44,
	ICON = 54,
	MESSAGE_SIZE = 40,
	MESSAGE_SIZE_MIN = 15,
	TEXT_SIZE = 17,
	ASK_SIZE = 25, /* to be read from where one stands */
	SHORT_LINES = 4,
	BOLD_CHARS = 160, /* more is easier to read in plain letters */
};

struct card {
	struct list link;
	struct cards *all;
	unsigned refs;
	enum card_kind kind;
	char *message; /* large */
	char *who;     /* below it */
	char *until;   /* beside it; empty: none */
	char *foot;
	struct picture picture;
};

/* --- words --- */

/* The sentence with value in it; empty where value is. */
static char *sentence(const char *language, enum overlay_text text, const char *value)
{
	_cleanup_free_ char *clean = str_clean(value, NAME_MAX_CHARS);
	char filled[4 * NAME_MAX_CHARS + 256] = "";

	if (!str_is_empty(clean))
		overlay_text_fill(filled, sizeof(filled), overlay_text_get(language, text), clean);
	return strdup(filled);
}

static int fill_words(struct card *c, const struct card_text *t)
{
	const char *message = t->message, *foot = "";
	char until[64] = "";

	switch (t->kind) {
	case CARD_BLOCK:
		if (str_is_empty(message))
			message = overlay_text_get(t->language, TEXT_BLOCKED);
		c->message = overlay_text_clean(message, MESSAGE_MAX_CHARS);
		c->who = sentence(t->language, TEXT_BLOCKED_BY, t->by);
		overlay_text_time(until, sizeof(until), t->until_ms, t->language);
		foot = overlay_text_get(t->language, TEXT_BLOCKED_KEPT);
		break;
	case CARD_PROJECTION:
		c->message = sentence(t->language, TEXT_PROJECTED, t->by);
		c->who = sentence(t->language, TEXT_PROJECTED_SCREEN, message);
		foot = overlay_text_get(t->language, TEXT_COMING);
		break;
	case CARD_MAP_KEYBOARD:
	case CARD_MAP_POINTER:
	case CARD_MAP_WAITING:
		c->message = str_clean(message, NAME_MAX_CHARS);
		c->who = strdup(overlay_text_get(
				t->language, t->kind == CARD_MAP_KEYBOARD  ? TEXT_MAP_KEYBOARD
					     : t->kind == CARD_MAP_POINTER ? TEXT_MAP_POINTER
									   : TEXT_MAP_WAITING));
		if (t->kind == CARD_MAP_POINTER)
			foot = overlay_text_get(t->language, TEXT_MAP_SKIP);
		break;
	default:
		c->message = strdup(overlay_text_get(t->language, TEXT_BUSY));
		c->who = strdup("");
	}
	c->until = sentence(t->language, TEXT_BLOCKED_UNTIL, until);
	c->foot = strdup(foot);
	return c->message && c->who && c->until && c->foot ? 0 : -ENOMEM;
}

static bool is_same(const struct card *a, const struct card *b)
{
	return a->kind == b->kind && streq(a->message, b->message) && streq(a->who, b->who) &&
	       streq(a->until, b->until) && streq(a->foot, b->foot);
}

/* --- drawing --- */

struct layout {
	cairo_t *cr;
	double u; /* pixels of a unit */
	struct draw_text message, who, until, foot;
	int message_h, who_h, foot_h;
	cairo_rectangle_int_t card;
};

static int px(const struct layout *l, double units)
{
	return (int)lround(units * l->u);
}

static int height(const struct layout *l, const struct draw_text *t)
{
	return *t->text ? draw_text_height(l->cr, t) : 0;
}

/* A little smaller where that spares a last line of one word. */
static void spare_line(struct layout *l)
{
	double size = l->message.size;

	for (int percent = 98; percent >= 78; percent -= 4) {
		l->message.size = size * percent / 100;
		/* Without a line less it shrinks by the percent only. */
		if (height(l, &l->message) < l->message_h * (percent - 16) / 100) {
			l->message_h = height(l, &l->message);
			return;
		}
	}
	l->message.size = size;
}

/* As large as it fits into room. */
static void fit_message(struct layout *l, int room)
{
	double size = MESSAGE_SIZE * l->u, least = MESSAGE_SIZE_MIN * l->u;
	struct draw_text line = l->message;

	for (;; size = MAX(size * 0.92, least)) {
		l->message.size = size;
		l->message_h = height(l, &l->message);
		if (l->message_h <= room) {
			if (l->message_h < SHORT_LINES * 2 * size)
				spare_line(l);
			return;
		}
		if (size <= least)
			break;
	}
	line.text = "X";
	line.size = size;
	l->message.lines = MAX(room / MAX(height(l, &line), 1), 1);
	l->message_h = height(l, &l->message);
}

static void measure(struct layout *l, const struct picture *p)
{
	int inside, rest;

	l->card.width = MIN(px(l, WIDTH), p->w - px(l, 40));
	inside = l->card.width - 2 * px(l, PAD);
	l->message.width = l->foot.width = inside;
	l->who.width = inside;
	l->who_h = height(l, &l->who);
	l->foot_h = height(l, &l->foot);
	rest = 2 * px(l, PAD) + px(l, ICON + 24);
	if (l->who_h > 0)
		rest += l->who_h + px(l, 22 + 20);
	if (*l->until.text)
		rest += height(l, &l->until) + px(l, 3);
	if (l->foot_h > 0)
		rest += l->foot_h + px(l, 5);
	fit_message(l, p->h - px(l, 60) - rest);
	l->card.height = rest + l->message_h;
	l->card.x = (p->w - l->card.width) / 2;
	l->card.y = MAX((p->h - l->card.height) / 2, 0);
}

static bool is_map(const struct card *c)
{
	return c->kind == CARD_MAP_KEYBOARD || c->kind == CARD_MAP_POINTER ||
	       c->kind == CARD_MAP_WAITING;
}

/* A keyboard: a board with keys. */
static void paint_keyboard(cairo_t *cr, double x, double y, double s)
{
	draw_round_rect(cr, x + s * 0.22, y + s * 0.34, s * 0.56, s * 0.32, s * 0.05);
	cairo_fill(cr);
	draw_colour(cr, DRAW_ACCENT_SOFT, 1);
	for (int i = 0; i < 8; i++)
		cairo_rectangle(cr, x + s * (0.285 + 0.12 * (i % 4)),
				y + s * (0.4 + 0.08 * (i / 4)), s * 0.07, s * 0.045);
	cairo_rectangle(cr, x + s * 0.36, y + s * 0.56, s * 0.28, s * 0.045);
}

/* Two bars for what is paused, a screen for what is shown, a keyboard or a mouse for what is
 * asked for, dots for what is coming. */
static void paint_icon(const struct layout *l, const struct card *c, int x, int y)
{
	double s = px(l, ICON), bar = s * 0.12, tall = s * 0.38;
	cairo_t *cr = l->cr;

	cairo_new_path(cr);
	cairo_arc(cr, x + s / 2, y + s / 2, s / 2, 0, 2 * M_PI);
	draw_colour(cr, DRAW_ACCENT_SOFT, 1);
	cairo_fill(cr);
	draw_colour(cr, DRAW_ACCENT, 1);
	if (c->kind == CARD_BLOCK) {
		draw_round_rect(cr, x + s / 2 - 1.45 * bar, y + (s - tall) / 2, bar, tall,
				bar * 0.35);
		draw_round_rect(cr, x + s / 2 + 0.45 * bar, y + (s - tall) / 2, bar, tall,
				bar * 0.35);
	} else if (c->kind == CARD_PROJECTION) {
		draw_round_rect(cr, x + s * 0.26, y + s * 0.3, s * 0.48, s * 0.32, s * 0.04);
		cairo_rectangle(cr, x + s * 0.46, y + s * 0.6, s * 0.08, s * 0.09);
		draw_round_rect(cr, x + s * 0.36, y + s * 0.67, s * 0.28, s * 0.05, s * 0.02);
	} else if (c->kind == CARD_MAP_KEYBOARD) {
		paint_keyboard(cr, x, y, s);
	} else if (c->kind == CARD_MAP_POINTER) {
		draw_round_rect(cr, x + s * 0.37, y + s * 0.26, s * 0.26, s * 0.48, s * 0.13);
		cairo_fill(cr);
		draw_colour(cr, DRAW_ACCENT_SOFT, 1);
		draw_round_rect(cr, x + s * 0.475, y + s * 0.32, s * 0.05, s * 0.12, s * 0.025);
	} else {
		for (int i = -1; i <= 1; i++) {
			cairo_new_sub_path(cr);
			cairo_arc(cr, x + s / 2 + i * s * 0.17, y + s / 2, s * 0.05, 0, 2 * M_PI);
		}
	}
	cairo_fill(cr);
}

static void paint(struct layout *l, const struct card *c)
{
	int x = l->card.x + px(l, PAD), y = l->card.y + px(l, PAD);
	int inside = l->card.width - 2 * px(l, PAD);

	draw_ground(l->cr, c->picture.w, c->picture.h);
	draw_card(l->cr, &l->card, l->u);
	paint_icon(l, c, x, y);
	y += px(l, ICON + 24);
	draw_text(l->cr, x, y, &l->message);
	y += l->message_h;
	if (l->who_h > 0) {
		y += px(l, 22);
		cairo_rectangle(l->cr, x, y, inside, MAX(px(l, 1), 1));
		draw_colour(l->cr, DRAW_BORDER, 1);
		cairo_fill(l->cr);
		y += px(l, 20);
		y += draw_text(l->cr, x, y, &l->who);
	}
	if (*l->until.text)
		y += px(l, 3) + draw_text(l->cr, x, y + px(l, 3), &l->until);
	if (l->foot_h > 0)
		draw_text(l->cr, x, y + px(l, 5), &l->foot);
}

static void draw(struct card *c)
{
	struct picture *p = &c->picture;
	struct layout l = { .u = CLAMP(MIN(p->w / 1100.0, p->h / 740.0), 0.6, 4.5) };
	cairo_surface_t *s = cairo_image_surface_create_for_data(
			p->pixels, CAIRO_FORMAT_RGB24, p->w, p->h, (int)p->stride);
	pixman_region32_t all;

	l.cr = cairo_create(s);
	l.message = (struct draw_text){
		.text = c->message, .colour = DRAW_TEXT, .bold = strlen(c->message) <= BOLD_CHARS
	};
	l.who = (struct draw_text){ .text = c->who,
		.size = TEXT_SIZE * l.u,
		.colour = DRAW_TEXT,
		.bold = true,
		.lines = 2 };
	if (is_map(c)) {
		l.who.size = ASK_SIZE * l.u;
		l.who.lines = 3;
	}
	l.until = (struct draw_text){
		.text = c->until, .size = TEXT_SIZE * l.u, .colour = DRAW_ACCENT, .bold = true
	};
	l.foot = (struct draw_text){
		.text = c->foot, .size = (TEXT_SIZE - 1) * l.u, .colour = DRAW_MUTED
	};
	measure(&l, p);
	paint(&l, c);
	cairo_destroy(l.cr);
	cairo_surface_finish(s);
	cairo_surface_destroy(s);
	pixman_region32_init_rect(&all, 0, 0, p->w, p->h);
	picture_damage(p, &all);
	pixman_region32_fini(&all);
}

/* --- life --- */

void cards_init(struct cards *all)
{
	list_init(&all->list);
	all->n_drawn = 0;
}

static void card_free(struct card *c)
{
	list_remove(&c->link);
	picture_done(&c->picture);
	free(c->message);
	free(c->who);
	free(c->until);
	free(c->foot);
	free(c);
}

int cards_get(struct cards *all, const struct card_text *text, uint16_t w, uint16_t h,
		struct card **ret)
{
	struct card *c = calloc(1, sizeof(*c));
	struct cursor cursor;
	struct list *l;

	if (!c)
		return -ENOMEM;
	w = MAX(w, (uint16_t)CARD_WIDTH_MIN);
	h = MAX(h, (uint16_t)CARD_HEIGHT_MIN);
	c->all = all;
	c->refs = 1;
	c->kind = text->kind;
	list_init(&c->link);
	if (fill_words(c, text) < 0) {
		card_free(c);
		return -ENOMEM;
	}
	list_for_each (l, &all->list) {
		struct card *old = list_entry(l, struct card, link);

		if (old->picture.w == w && old->picture.h == h && is_same(old, c)) {
			card_free(c);
			*ret = card_ref(old);
			return 0;
		}
	}
	if (picture_init(&c->picture, w, h) < 0) {
		card_free(c);
		return -ENOMEM;
	}
	if (draw_cursor(&cursor) >= 0 && picture_set_cursor(&c->picture, &cursor) < 0)
		free(cursor.argb);
	draw(c);
	all->n_drawn++;
	list_add_tail(&all->list, &c->link);
	*ret = c;
	return 0;
}

struct card *card_ref(struct card *c)
{
	c->refs++;
	return c;
}

struct card *card_unref(struct card *c)
{
	if (c && --c->refs == 0)
		card_free(c);
	return NULL;
}

struct picture *card_picture(struct card *c)
{
	return &c->picture;
}
