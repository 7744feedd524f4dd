/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The panel of a station without a page: a card in the upper right corner with what a person may do
 * with the session. A list of rows and one focus, by keys and by pointer; logging off is asked once
 * more, with the harmless answer in focus; messages are a view of their own (panel-messages.c). It
 * knows no session: answers are for whoever opened it, who also tells it what has changed.
 */
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/str.h"
#include "relay/keysym.h"
#include "relay/panel-internal.h"

enum {
	NAME_MAX_CHARS = 60,
	REFUSAL_MAX_CHARS = 200,
	FACT_MAX_CHARS = 400,
	/* Units. */
	WIDTH = 350,
	WIDTH_MESSAGES = 420,
	ROW_PAD = 9,
	SCROLL_WHEEL = 60,
};

/* RFB buttons. */
enum { BUTTON_LEFT = 1, BUTTON_WHEEL_UP = 8, BUTTON_WHEEL_DOWN = 16 };

int panel_px(const struct panel *p, double units)
{
	return (int)lround(units * p->u);
}

static int px(const struct panel *p, double units)
{
	return panel_px(p, units);
}

/* --- rows --- */

static struct panel_row *add_row(struct panel *p, enum panel_answer answer, enum overlay_text label,
		enum overlay_text hint)
{
	struct panel_row *r = &p->rows[p->n_rows++];

	*r = (struct panel_row){ .answer = answer, .label = label, .hint = hint };
	return r;
}

static void add_chat(struct panel *p)
{
	enum overlay_text hint = p->n_new == 0   ? TEXT_MESSAGES_HINT
				 : p->n_new == 1 ? TEXT_MESSAGES_NEW_ONE
						 : TEXT_MESSAGES_NEW;
	struct panel_row *r;

	if (!p->has_chat)
		return;
	if (p->hand)
		add_row(p, PANEL_HAND, TEXT_HAND_DOWN, TEXT_HAND_DOWN_HINT);
	else if (p->chat_enabled)
		add_row(p, PANEL_HAND, TEXT_HAND_UP, TEXT_HAND_UP_HINT);
	else
		add_row(p, PANEL_HAND, TEXT_HAND_UP, TEXT_HAND_OFF)->disabled = true;
	r = add_row(p, PANEL_NOTHING, TEXT_MESSAGES, hint);
	r->is_messages = true;
}

/* The focus stays on what it was on. */
static void fill_rows(struct panel *p)
{
	struct panel_row old = p->n_rows > 0 ? p->rows[p->focus] : (struct panel_row){ 0 };

	p->n_rows = p->focus = 0;
	if (p->mode == PANEL_MODE_QUESTION) {
		add_row(p, PANEL_LOGOFF, TEXT_LOG_OFF, _TEXT_MAX);
		add_row(p, PANEL_CLOSE, TEXT_CANCEL, _TEXT_MAX);
	} else {
		if (p->can_ask)
			add_row(p, PANEL_MORE_TIME, TEXT_MORE_TIME, TEXT_MORE_TIME_HINT);
		add_chat(p);
		if (p->can_leave) {
			add_row(p, PANEL_SUSPEND, TEXT_SUSPEND, TEXT_SUSPEND_HINT);
			add_row(p, PANEL_LOCK, TEXT_LOCK, TEXT_LOCK_HINT);
			add_row(p, PANEL_LOGOFF, TEXT_LOG_OFF, TEXT_LOG_OFF_HINT);
		}
		add_row(p, PANEL_CLOSE, TEXT_CLOSE, _TEXT_MAX);
	}
	for (unsigned i = 0; i < p->n_rows; i++)
		if (p->rows[i].answer == old.answer && p->rows[i].is_messages == old.is_messages)
			p->focus = i;
	while (p->rows[p->focus].disabled)
		p->focus++; /* the last never is */
}

static void set_mode(struct panel *p, enum panel_mode mode)
{
	p->mode = mode;
	p->n_rows = 0; /* another list: the focus begins anew */
	fill_rows(p);
	if (mode == PANEL_MODE_QUESTION)
		p->focus = 1;
}

/* --- drawing --- */

struct row_text {
	char hint_text[512];
	struct draw_text label, hint;
};

static void row_texts(const struct panel *p, const struct panel_row *r, struct row_text *t)
{
	bool danger = r->answer == PANEL_LOGOFF, is_new = r->is_messages && p->n_new > 0;
	int w = px(p, p->width - 2 * PANEL_PAD - 2 * ROW_PAD - 6);
	char count[16];

	t->label = (struct draw_text){
		.text = overlay_text_get(p->language, r->label),
		.size = px(p, PANEL_TEXT_SIZE),
		.colour = danger        ? DRAW_DANGER
			  : r->disabled ? DRAW_MUTED
					: DRAW_TEXT,
		.bold = true,
		.width = w,
		.lines = 1,
	};
	snprintf(count, sizeof(count), "%u", p->n_new);
	t->hint_text[0] = '\0';
	if (r->hint != _TEXT_MAX)
		overlay_text_fill(t->hint_text, sizeof(t->hint_text),
				overlay_text_get(p->language, r->hint), is_new ? count : p->by);
	t->hint = (struct draw_text){
		.text = t->hint_text,
		.size = px(p, PANEL_HINT_SIZE),
		.colour = is_new ? DRAW_ACCENT : DRAW_MUTED,
		.bold = is_new,
		.width = w,
		.lines = 2,
	};
}

static const char *title(const struct panel *p)
{
	return p->mode == PANEL_MODE_QUESTION   ? overlay_text_get(p->language, TEXT_LOG_OFF_ASK)
	       : p->mode == PANEL_MODE_MESSAGES ? overlay_text_get(p->language, TEXT_MESSAGES)
						: p->name;
}

static const char *subtitle(const struct panel *p)
{
	return p->mode == PANEL_MODE_QUESTION   ? overlay_text_get(p->language, TEXT_LOG_OFF_LOST)
	       : p->mode == PANEL_MODE_MESSAGES ? overlay_text_get(p->language, TEXT_MESSAGES_HINT)
						: p->station;
}

/* Among the rows only. */
static const char *fact(const struct panel *p, const char *text)
{
	return p->mode == PANEL_MODE_ROWS && text ? text : "";
}

/* With cr measures, and paints if asked to; gives the line below. */
static int head(struct panel *p, cairo_t *cr, int y, bool paints)
{
	bool has_mark = p->mode != PANEL_MODE_QUESTION;
	int w = px(p, p->width - 2 * PANEL_PAD), beside = has_mark ? px(p, 44) : 0;
	struct draw_text texts[] = {
		{ .text = title(p),
				.size = px(p, PANEL_TEXT_SIZE + 3),
				.colour = DRAW_TEXT,
				.bold = true,
				.width = w - px(p, 44),
				.lines = 2 },
		{ .text = subtitle(p),
				.size = px(p, PANEL_HINT_SIZE),
				.colour = DRAW_MUTED,
				.width = w - beside,
				.lines = 3 },
		{ .text = fact(p, p->lesson),
				.size = px(p, PANEL_HINT_SIZE),
				.colour = DRAW_TEXT,
				.bold = true,
				.width = w,
				.lines = 2 },
		{ .text = fact(p, p->web),
				.size = px(p, PANEL_HINT_SIZE),
				.colour = DRAW_TEXT,
				.width = w,
				.lines = 5 },
		{ .text = p->refusal ? p->refusal : "",
				.size = px(p, PANEL_HINT_SIZE),
				.colour = DRAW_DANGER,
				.bold = true,
				.width = w,
				.lines = 3 },
	};
	int x = px(p, PANEL_MARGIN + PANEL_PAD);

	y += px(p, PANEL_PAD);
	if (paints && has_mark)
		draw_mark(cr, px(p, PANEL_MARGIN + p->width - PANEL_PAD - 30), y, px(p, 30));
	for (size_t i = 0; i < ELEMENTSOF(texts); i++) {
		if (!*texts[i].text)
			continue;
		y += i == 0 ? 0 : i == 1 ? px(p, 2) : px(p, 8);
		y += paints ? draw_text(cr, x, y, &texts[i]) : draw_text_height(cr, &texts[i]);
	}
	return y + px(p, 10);
}

static int rows(struct panel *p, cairo_t *cr, int y)
{
	for (unsigned i = 0; i < p->n_rows; i++) {
		struct panel_row *r = &p->rows[i];
		struct row_text t;

		row_texts(p, r, &t);
		/* A line sets apart what does nothing. */
		if (r->answer == PANEL_CLOSE && p->mode == PANEL_MODE_ROWS)
			y += px(p, 9);
		r->y = y;
		r->h = draw_text_height(cr, &t.label) + 2 * px(p, ROW_PAD);
		if (*t.hint.text)
			r->h += draw_text_height(cr, &t.hint) + px(p, 1);
		y += r->h + px(p, 3);
	}
	return y + px(p, PANEL_PAD - 6);
}

static void paint_row(struct panel *p, cairo_t *cr, const struct panel_row *r, bool has_focus)
{
	int x = px(p, PANEL_MARGIN + PANEL_PAD - 6), w = px(p, p->width - 2 * (PANEL_PAD - 6));
	double line = MAX(px(p, 2), 1);
	struct row_text t;
	double y;

	row_texts(p, r, &t);
	if (r->answer == PANEL_CLOSE && p->mode == PANEL_MODE_ROWS) {
		cairo_rectangle(cr, px(p, PANEL_MARGIN + PANEL_PAD), r->y - px(p, 6),
				px(p, p->width - 2 * PANEL_PAD), MAX(px(p, 1), 1));
		draw_colour(cr, DRAW_BORDER, 1);
		cairo_fill(cr);
	}
	if (has_focus) {
		draw_round_rect(cr, x, r->y, w, r->h, px(p, PANEL_RADIUS));
		draw_colour(cr, r->answer == PANEL_LOGOFF ? DRAW_DANGER_SOFT : DRAW_ACCENT_SOFT, 1);
		cairo_fill(cr);
		draw_round_rect(cr, x + line / 2, r->y + line / 2, w - line, r->h - line,
				px(p, PANEL_RADIUS));
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

static int layout(struct panel *p, cairo_t *cr, int y)
{
	y = head(p, cr, y, false);
	return p->mode == PANEL_MODE_MESSAGES ? panel_messages_layout(p, cr, y) : rows(p, cr, y);
}

/* On a small screen below a notice: smaller, rather than outside of it. */
static int fit(struct panel *p)
{
	cairo_t *cr = draw_measuring();
	int h, below;

	p->width = p->mode == PANEL_MODE_MESSAGES ? WIDTH_MESSAGES : WIDTH;
	for (p->u = draw_unit(p->screen_w, p->screen_h);; p->u *= 0.95) {
		below = layout(p, cr, px(p, PANEL_MARGIN));
		h = below + px(p, PANEL_MARGIN);
		if (h <= p->screen_h - p->top || p->u < 0.55)
			break;
	}
	cairo_destroy(cr);
	return below;
}

/* 0; -ENOMEM: what was drawn stays. */
static int draw(struct panel *p)
{
	double u = p->u;
	int below = fit(p), margin = px(p, PANEL_MARGIN);
	cairo_rectangle_int_t card = { margin, margin, px(p, p->width), below - margin };
	cairo_surface_t *surface;
	cairo_t *cr;

	if (u != p->u)
		panel_messages_resized(p);
	surface = draw_surface(p->surface, MIN(card.width + 2 * margin, (int)p->screen_w),
			MIN(below + margin, (int)p->screen_h));
	if (!surface)
		return -ENOMEM;
	p->surface = surface;
	cr = cairo_create(surface);
	draw_card(cr, &card, p->u);
	head(p, cr, card.y, true);
	if (p->mode == PANEL_MODE_MESSAGES)
		panel_messages_paint(p, cr);
	for (unsigned i = 0; p->mode != PANEL_MODE_MESSAGES && i < p->n_rows; i++)
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

enum panel_answer panel_changed(struct panel *p)
{
	(void)draw(p);
	return PANEL_CHANGED;
}

/* --- keys and pointer --- */

/* The focus is on the messages, where one comes from. */
enum panel_answer panel_show_rows(struct panel *p)
{
	set_mode(p, PANEL_MODE_ROWS);
	for (unsigned i = 0; i < p->n_rows; i++)
		if (p->rows[i].is_messages)
			p->focus = i;
	return panel_changed(p);
}

void panel_show_messages(struct panel *p)
{
	if (!p->has_chat)
		return;
	set_mode(p, PANEL_MODE_MESSAGES);
	p->messages.focus = PANEL_PART_FIELD;
	p->messages.scroll = 0;
	p->messages.list_is_old = true;
	(void)panel_changed(p);
}

static enum panel_answer activate(struct panel *p)
{
	const struct panel_row *r = &p->rows[p->focus];

	if (r->is_messages) {
		panel_show_messages(p);
		return PANEL_CHANGED;
	}
	if (r->answer == PANEL_LOGOFF && p->mode == PANEL_MODE_ROWS) {
		set_mode(p, PANEL_MODE_QUESTION);
		return panel_changed(p);
	}
	if (r->answer == PANEL_CLOSE && p->mode == PANEL_MODE_QUESTION) {
		set_mode(p, PANEL_MODE_ROWS);
		return panel_changed(p);
	}
	return r->answer;
}

/* To row i, or on in this direction where it can do nothing. */
static enum panel_answer set_focus(struct panel *p, unsigned i, unsigned step)
{
	p->focus = i % p->n_rows;
	while (p->rows[p->focus].disabled)
		p->focus = (p->focus + step) % p->n_rows;
	return panel_changed(p);
}

enum panel_answer panel_key(struct panel *p, uint32_t keysym, bool types)
{
	unsigned back = p->n_rows - 1;

	if (p->mode == PANEL_MODE_MESSAGES)
		return panel_messages_key(p, keysym, types);
	switch (keysym) {
	case KEYSYM_ESCAPE:
		if (p->mode == PANEL_MODE_ROWS)
			return PANEL_CLOSE;
		set_mode(p, PANEL_MODE_ROWS);
		return panel_changed(p);
	case KEYSYM_UP:
	case KEYSYM_KP_UP:
	case KEYSYM_ISO_LEFT_TAB:
		return set_focus(p, p->focus + back, back);
	case KEYSYM_DOWN:
	case KEYSYM_KP_DOWN:
	case KEYSYM_TAB:
		return set_focus(p, p->focus + 1, 1);
	case KEYSYM_HOME:
		return set_focus(p, 0, 1);
	case KEYSYM_END:
		return set_focus(p, back, back);
	case KEYSYM_RETURN:
	case KEYSYM_KP_ENTER:
	case ' ':
		return activate(p);
	default:
		return PANEL_NOTHING;
	}
}

/* In the overlay, on the card. */
static enum panel_answer point_at_row(struct panel *p, bool pressed, int y)
{
	for (unsigned i = 0; i < p->n_rows; i++) {
		if (y < p->rows[i].y || y >= p->rows[i].y + p->rows[i].h || p->rows[i].disabled)
			continue;
		if (pressed) {
			p->focus = i;
			return activate(p);
		}
		return i == p->focus ? PANEL_NOTHING : set_focus(p, i, 1);
	}
	return PANEL_NOTHING;
}

enum panel_answer panel_pointer(struct panel *p, uint8_t buttons, int x, int y)
{
	uint8_t pressed = buttons & (uint8_t)~p->buttons;
	int margin = px(p, PANEL_MARGIN);

	p->buttons = buttons;
	x -= p->overlay.x;
	y -= p->overlay.y;
	if (x < margin || x >= margin + px(p, p->width) || y < 0 || y >= p->overlay.h)
		return pressed & BUTTON_LEFT ? PANEL_CLOSE : PANEL_NOTHING;
	if (p->mode != PANEL_MODE_MESSAGES)
		return point_at_row(p, pressed & BUTTON_LEFT, y);
	if (pressed & (BUTTON_WHEEL_UP | BUTTON_WHEEL_DOWN))
		return panel_messages_scroll(
				p, pressed & BUTTON_WHEEL_UP ? SCROLL_WHEEL : -SCROLL_WHEEL);
	return pressed & BUTTON_LEFT ? panel_messages_press(p, x, y) : PANEL_NOTHING;
}

/* --- what it is told --- */

/* 1: it is another text, 0: the same; -ENOMEM. */
static int take_text(char **have, const char *text, size_t max_chars)
{
	char *clean = text ? str_clean(text, max_chars) : NULL;

	if (text && !clean)
		return -ENOMEM;
	if (*have && clean ? streq(*have, clean) : !*have && !clean) {
		free(clean);
		return 0;
	}
	free(*have);
	*have = clean;
	return 1;
}

/* As take_text(), for all of them. */
static int take_texts(struct panel *p, const struct panel_text *t)
{
	const struct {
		char **have;
		const char *text;
		size_t max_chars;
	} texts[] = {
		{ &p->name, t->name, NAME_MAX_CHARS },
		{ &p->station, t->station, NAME_MAX_CHARS },
		{ &p->by, t->by, NAME_MAX_CHARS },
		{ &p->lesson, t->lesson, FACT_MAX_CHARS },
		{ &p->web, t->web, FACT_MAX_CHARS },
		{ &p->language, t->language, NAME_MAX_CHARS },
		{ &p->refusal, t->refusal, REFUSAL_MAX_CHARS },
	};
	int changed = 0, r;

	for (size_t i = 0; i < ELEMENTSOF(texts); i++) {
		r = take_text(texts[i].have, texts[i].text, texts[i].max_chars);
		if (r < 0)
			return r;
		changed |= r;
	}
	if (t->has_chat && (!p->has_chat || p->messages.version != t->chat_version)) {
		r = panel_messages_take(p, t);
		if (r < 0)
			return r;
		changed = 1;
	}
	return changed;
}

static bool take_facts(struct panel *p, const struct panel_text *t)
{
	bool same = p->can_leave == t->can_leave && p->can_ask == t->can_ask &&
		    p->has_chat == t->has_chat && p->chat_enabled == t->chat_enabled &&
		    p->hand == t->hand && p->sending == t->sending && p->n_new == t->n_new;

	/* Writing is possible again: the person was on the way to the field. */
	if (!p->chat_enabled && t->chat_enabled)
		p->messages.focus = PANEL_PART_FIELD;
	p->can_leave = t->can_leave;
	p->can_ask = t->can_ask;
	p->has_chat = t->has_chat;
	p->chat_enabled = t->chat_enabled;
	p->hand = t->hand;
	p->sending = t->sending;
	p->n_new = t->n_new;
	return !same;
}

/* 1: it was drawn again, 0: nothing has changed; -ENOMEM: it may lack something. */
static int take(struct panel *p, const struct panel_text *t, uint16_t screen_w, uint16_t screen_h,
		uint16_t top)
{
	bool moved = p->screen_w != screen_w || p->screen_h != screen_h || p->top != top;
	int r;

	r = take_texts(p, t);
	if (take_facts(p, t) || moved)
		r = r < 0 ? r : 1;
	if (r <= 0)
		return r;
	p->screen_w = screen_w;
	p->screen_h = screen_h;
	p->top = top;
	if ((p->mode == PANEL_MODE_MESSAGES && !p->has_chat) ||
			(p->mode == PANEL_MODE_QUESTION && !p->can_leave))
		set_mode(p, PANEL_MODE_ROWS);
	else
		fill_rows(p);
	r = draw(p);
	return r < 0 ? r : 1;
}

bool panel_update(struct panel *p, const struct panel_text *text, uint16_t screen_w,
		uint16_t screen_h, uint16_t top)
{
	return take(p, text, screen_w, screen_h, top) > 0;
}

/* --- life --- */

int panel_new(const struct panel_text *text, uint16_t screen_w, uint16_t screen_h, uint16_t top,
		struct panel **ret)
{
	struct panel *p = calloc(1, sizeof(*p));
	int r;

	if (!p)
		return -ENOMEM;
	entry_init(&p->messages.draft, ENTRY_BYTES_MAX, PANEL_DRAFT_MAX);
	p->buttons = 0xff; /* what is pressed already is no press here */
	r = take(p, text, screen_w, screen_h, top);
	if (r < 0) {
		panel_free(p);
		return r;
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
	panel_messages_done(p);
	free(p->name);
	free(p->station);
	free(p->by);
	free(p->lesson);
	free(p->web);
	free(p->language);
	free(p->refusal);
	free(p);
	return NULL;
}

struct overlay *panel_overlay(struct panel *p)
{
	return &p->overlay;
}

bool panel_shows_messages(const struct panel *p)
{
	return p->mode == PANEL_MODE_MESSAGES;
}

const char *panel_get_draft(const struct panel *p)
{
	return p->messages.draft.text;
}

void panel_set_draft(struct panel *p, const char *text)
{
	entry_set(&p->messages.draft, text);
	(void)panel_changed(p);
}
