/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The panel of a station without a page: a card in the upper right corner with what a person may do
 * with the session. A list of rows and one focus, by keys and by pointer; logging off is asked once
 * more, with the harmless answer in focus. It knows no session: answers are for whoever opened it.
 */
#include <errno.h>
#include <math.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/str.h"
#include "relay/keysym.h"
#include "relay/overlay-draw.h"
#include "relay/overlay-text.h"
#include "relay/overlay.h"

enum {
	NAME_MAX_CHARS = 60,
	ROWS_MAX = 5,
	/* Units. */
	WIDTH = 350,
	MARGIN = 16, /* for the shadow */
	PAD = 16,
	ROW_PAD = 9,
	ROW_RADIUS = 8,
	TEXT_SIZE = 15,
	HINT_SIZE = 13,
};

struct row {
	enum panel_answer answer;
	enum overlay_text label, hint; /* hint: _TEXT_MAX: none */
	int y, h;                      /* in the overlay; written by the layout */
};

struct panel {
	struct overlay overlay;
	cairo_surface_t *surface;
	char *name, *station, *by, *language;
	bool can_leave, can_ask;
	bool asks; /* whether to log off */
	uint16_t screen_w, screen_h, top;
	double u;
	struct row rows[ROWS_MAX];
	unsigned n_rows, focus;
	uint8_t buttons;
};

static int px(const struct panel *p, double units)
{
	return (int)lround(units * p->u);
}

/* --- rows --- */

static void add_row(struct panel *p, enum panel_answer answer, enum overlay_text label,
		enum overlay_text hint)
{
	p->rows[p->n_rows++] = (struct row){ .answer = answer, .label = label, .hint = hint };
}

static void fill_main(struct panel *p)
{
	p->asks = false;
	p->n_rows = p->focus = 0;
	if (p->can_ask)
		add_row(p, PANEL_MORE_TIME, TEXT_MORE_TIME, TEXT_MORE_TIME_HINT);
	if (p->can_leave) {
		add_row(p, PANEL_SUSPEND, TEXT_SUSPEND, TEXT_SUSPEND_HINT);
		add_row(p, PANEL_LOCK, TEXT_LOCK, TEXT_LOCK_HINT);
		add_row(p, PANEL_LOGOFF, TEXT_LOG_OFF, TEXT_LOG_OFF_HINT);
	}
	add_row(p, PANEL_CLOSE, TEXT_CLOSE, _TEXT_MAX);
}

static void fill_question(struct panel *p)
{
	p->asks = true;
	p->n_rows = 0;
	add_row(p, PANEL_LOGOFF, TEXT_LOG_OFF, _TEXT_MAX);
	add_row(p, PANEL_CLOSE, TEXT_CANCEL, _TEXT_MAX);
	p->focus = 1;
}

/* --- drawing --- */

struct row_text {
	char hint_text[512];
	struct draw_text label, hint;
};

static void row_texts(const struct panel *p, const struct row *r, struct row_text *t)
{
	bool danger = r->answer == PANEL_LOGOFF;
	int w = px(p, WIDTH - 2 * PAD - 2 * ROW_PAD - 6);

	t->label = (struct draw_text){
		.text = overlay_text_get(p->language, r->label),
		.size = px(p, TEXT_SIZE),
		.colour = danger ? DRAW_DANGER : DRAW_TEXT,
		.bold = true,
		.width = w,
		.lines = 1,
	};
	t->hint_text[0] = '\0';
	if (r->hint != _TEXT_MAX)
		overlay_text_fill(t->hint_text, sizeof(t->hint_text),
				overlay_text_get(p->language, r->hint), p->by);
	t->hint = (struct draw_text){
		.text = t->hint_text,
		.size = px(p, HINT_SIZE),
		.colour = DRAW_MUTED,
		.width = w,
		.lines = 2,
	};
}

/* With cr measures, and paints if asked to; gives the height below y. */
static int head(struct panel *p, cairo_t *cr, int y, bool paints)
{
	struct draw_text title = {
		.text = p->asks ? overlay_text_get(p->language, TEXT_LOG_OFF_ASK) : p->name,
		.size = px(p, TEXT_SIZE + 3),
		.colour = DRAW_TEXT,
		.bold = true,
		.width = px(p, WIDTH - 2 * PAD - 44),
		.lines = 2,
	};
	struct draw_text below = {
		.text = p->asks ? overlay_text_get(p->language, TEXT_LOG_OFF_LOST) : p->station,
		.size = px(p, HINT_SIZE),
		.colour = DRAW_MUTED,
		.width = px(p, WIDTH - 2 * PAD - (p->asks ? 0 : 44)),
		.lines = 3,
	};
	int x = px(p, MARGIN + PAD), top = y;

	y += px(p, PAD);
	if (paints && !p->asks)
		draw_mark(cr, px(p, MARGIN + WIDTH - PAD - 30), y, px(p, 30));
	y += paints ? draw_text(cr, x, y, &title) : draw_text_height(cr, &title);
	y += px(p, 2);
	y += paints ? draw_text(cr, x, y, &below) : draw_text_height(cr, &below);
	return y + px(p, 10) - top;
}

static int rows(struct panel *p, cairo_t *cr, int y)
{
	for (unsigned i = 0; i < p->n_rows; i++) {
		struct row *r = &p->rows[i];
		struct row_text t;

		row_texts(p, r, &t);
		/* A line sets apart what does nothing. */
		if (r->answer == PANEL_CLOSE && !p->asks)
			y += px(p, 9);
		r->y = y;
		r->h = draw_text_height(cr, &t.label) + 2 * px(p, ROW_PAD);
		if (*t.hint.text)
			r->h += draw_text_height(cr, &t.hint) + px(p, 1);
		y += r->h + px(p, 3);
	}
	return y + px(p, PAD - 6);
}

static void paint_row(struct panel *p, cairo_t *cr, const struct row *r, bool has_focus)
{
	int x = px(p, MARGIN + PAD - 6), w = px(p, WIDTH - 2 * (PAD - 6));
	double line = MAX(px(p, 2), 1);
	struct row_text t;
	double y;

	row_texts(p, r, &t);
	if (r->answer == PANEL_CLOSE && !p->asks) {
		cairo_rectangle(cr, px(p, MARGIN + PAD), r->y - px(p, 6), px(p, WIDTH - 2 * PAD),
				MAX(px(p, 1), 1));
		draw_colour(cr, DRAW_BORDER, 1);
		cairo_fill(cr);
	}
	if (has_focus) {
		draw_round_rect(cr, x, r->y, w, r->h, px(p, ROW_RADIUS));
		draw_colour(cr, r->answer == PANEL_LOGOFF ? DRAW_DANGER_SOFT : DRAW_ACCENT_SOFT, 1);
		cairo_fill(cr);
		draw_round_rect(cr, x + line / 2, r->y + line / 2, w - line, r->h - line,
				px(p, ROW_RADIUS));
		draw_colour(cr, r->answer == PANEL_LOGOFF ? DRAW_DANGER : DRAW_ACCENT, 1);
		cairo_set_line_width(cr, line);
		cairo_stroke(cr);
	}
	x += px(p, ROW_PAD + 2);
	y = r->y + px(p, ROW_PAD);
	y += draw_text(cr, x, y, &t.label) + px(p, 1);
	if (*t.hint.text)
		draw_text(cr, x, y, &t.hint);
}

/* 0; -ENOMEM: what was drawn stays. */
static int draw(struct panel *p)
{
	cairo_rectangle_int_t card = { px(p, MARGIN), px(p, MARGIN), px(p, WIDTH), 0 };
	int w = px(p, WIDTH + 2 * MARGIN), h;
	cairo_surface_t *surface;
	cairo_t *cr = draw_measuring();

	h = card.y + head(p, cr, card.y, false);
	h = rows(p, cr, h);
	cairo_destroy(cr);
	card.height = h - card.y;
	h += px(p, MARGIN);
	surface = draw_surface(p->surface, MIN(w, (int)p->screen_w), MIN(h, (int)p->screen_h));
	if (!surface)
		return -ENOMEM;
	p->surface = surface;
	cr = cairo_create(surface);
	draw_card(cr, &card, p->u);
	head(p, cr, card.y, true);
	for (unsigned i = 0; i < p->n_rows; i++)
		paint_row(p, cr, &p->rows[i], i == p->focus);
	cairo_destroy(cr);
	cairo_surface_flush(surface);
	p->overlay = (struct overlay){
		.w = (uint16_t)cairo_image_surface_get_width(surface),
		.h = (uint16_t)cairo_image_surface_get_height(surface),
		.stride = (uint32_t)cairo_image_surface_get_stride(surface),
		.argb = cairo_image_surface_get_data(surface),
	};
	p->overlay.x = (uint16_t)(p->screen_w - p->overlay.w);
	p->overlay.y = MIN(p->top, (uint16_t)(p->screen_h - p->overlay.h));
	return 0;
}

static enum panel_answer changed(struct panel *p)
{
	(void)draw(p);
	return PANEL_CHANGED;
}

/* --- keys and pointer --- */

static enum panel_answer activate(struct panel *p)
{
	enum panel_answer answer = p->rows[p->focus].answer;

	if (answer == PANEL_LOGOFF && !p->asks) {
		fill_question(p);
		return changed(p);
	}
	if (answer == PANEL_CLOSE && p->asks) {
		fill_main(p);
		return changed(p);
	}
	return answer;
}

static enum panel_answer set_focus(struct panel *p, unsigned i)
{
	p->focus = i % p->n_rows;
	return changed(p);
}

enum panel_answer panel_key(struct panel *p, uint32_t keysym)
{
	switch (keysym) {
	case KEYSYM_ESCAPE:
		if (!p->asks)
			return PANEL_CLOSE;
		fill_main(p);
		return changed(p);
	case KEYSYM_UP:
	case KEYSYM_KP_UP:
	case KEYSYM_ISO_LEFT_TAB:
		return set_focus(p, p->focus + p->n_rows - 1);
	case KEYSYM_DOWN:
	case KEYSYM_KP_DOWN:
	case KEYSYM_TAB:
		return set_focus(p, p->focus + 1);
	case KEYSYM_HOME:
		return set_focus(p, 0);
	case KEYSYM_END:
		return set_focus(p, p->n_rows - 1);
	case KEYSYM_RETURN:
	case KEYSYM_KP_ENTER:
	case ' ':
		return activate(p);
	default:
		return PANEL_NOTHING;
	}
}

enum panel_answer panel_pointer(struct panel *p, uint8_t buttons, int x, int y)
{
	bool pressed = (buttons & 1) && !(p->buttons & 1);

	p->buttons = buttons;
	x -= p->overlay.x + px(p, MARGIN);
	y -= p->overlay.y;
	for (unsigned i = 0; i < p->n_rows && x >= 0 && x < px(p, WIDTH); i++) {
		if (y < p->rows[i].y || y >= p->rows[i].y + p->rows[i].h)
			continue;
		if (pressed) {
			p->focus = i;
			return activate(p);
		}
		return i == p->focus ? PANEL_NOTHING : set_focus(p, i);
	}
	if (pressed && (x < 0 || x >= px(p, WIDTH) || y < 0 || y >= p->overlay.h))
		return PANEL_CLOSE;
	return PANEL_NOTHING;
}

/* --- life --- */

int panel_new(const struct panel_text *text, uint16_t screen_w, uint16_t screen_h, uint16_t top,
		struct panel **ret)
{
	struct panel *p = calloc(1, sizeof(*p));

	if (!p)
		return -ENOMEM;
	p->name = str_clean(text->name, NAME_MAX_CHARS);
	p->station = str_clean(text->station, NAME_MAX_CHARS);
	p->by = str_clean(text->by, NAME_MAX_CHARS);
	p->language = strdup(text->language);
	p->can_leave = text->can_leave;
	p->can_ask = text->can_ask;
	p->screen_w = screen_w;
	p->screen_h = screen_h;
	p->top = top;
	p->u = draw_unit(screen_w, screen_h);
	p->buttons = 0xff; /* what is pressed already is no press here */
	fill_main(p);
	if (!p->name || !p->station || !p->by || !p->language || draw(p) < 0) {
		panel_free(p);
		return -ENOMEM;
	}
	*ret = p;
	return 0;
}

struct panel *panel_free(struct panel *p)
{
	if (!p)
		return NULL;
	if (p->surface)
		cairo_surface_destroy(p->surface);
	free(p->name);
	free(p->station);
	free(p->by);
	free(p->language);
	free(p);
	return NULL;
}

struct overlay *panel_overlay(struct panel *p)
{
	return &p->overlay;
}
