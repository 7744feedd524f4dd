/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * How the greeter looks: a white card on a dark, quiet background, the shapes of the web pages. All
 * lengths are in units that grow with the screen, so that the card is as large for the eye on 640 x
 * 480 as on 4k. Layout is separate from painting, because painting happens per region and layout
 * once per card.
 */
#include <errno.h>
#include <math.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/str.h"
#include "relay/greeter-internal.h"

/* Units. */
enum {
	CARD_WIDTH = 400,
	CARD_WIDTH_NOTICE = 640,
	READ_PAD = 14,
	READ_ROOM_MIN = 90, /* of the text that is seen at least */
	CARD_PAD = 34,
	TITLE_SIZE = 24,
	TEXT_SIZE = 15,
	LABEL_SIZE = 14,
	BOX_HEIGHT = 42,
	BOX_RADIUS = 7,
	BOX_PAD = 12,
	LABEL_GAP = 5,
	FIELD_GAP = 15,
	MESSAGE_PAD = 11,
	MARK_SIZE = 38,
	MESSAGE_LINES_MAX = 8,
};

#define BULLET "\xe2\x80\xa2"

/* Paints or measures the column of the card: with cr to paint on, or cr NULL. */
struct column {
	struct greeter *g;
	cairo_t *cr; /* for measuring, too */
	bool paints;
	int x, y, w;
	double u;
};

static int px(const struct column *c, double units)
{
	return (int)lround(units * c->u);
}

static void text_block(struct column *c, const struct draw_text *t)
{
	c->y += c->paints ? draw_text(c->cr, c->x, c->y, t) : draw_text_height(c->cr, t);
}

static void mark(struct column *c)
{
	if (c->paints)
		draw_mark(c->cr, c->x, c->y, px(c, MARK_SIZE));
	c->y += px(c, MARK_SIZE) + px(c, 16);
}

static const char *lead_text(const struct greeter *g)
{
	switch (g->mode) {
	case GREETER_LOGIN:
		return overlay_text_get(g->language, TEXT_LEAD);
	case GREETER_UNLOCK:
		return overlay_text_get(g->language, TEXT_LOCKED);
	case GREETER_NOTICE:
		return overlay_text_get(g->language,
				g->read_h > greeter_read_room(g) ? TEXT_READ_KEYS : TEXT_READ_LEAD);
	default:
		return NULL;
	}
}

static void heading(struct column *c)
{
	struct draw_text title = {
		.text = c->g->mode == GREETER_NOTICE
					? overlay_text_get(c->g->language, TEXT_READ_FIRST)
					: c->g->system_name,
		.size = px(c, TITLE_SIZE),
		.colour = DRAW_TEXT,
		.bold = true,
		.width = c->w,
		.lines = 2,
	};
	struct draw_text lead = {
		.text = lead_text(c->g),
		.size = px(c, TEXT_SIZE),
		.colour = DRAW_MUTED,
		.width = c->w,
	};

	mark(c);
	text_block(c, &title);
	if (lead.text) {
		c->y += px(c, 3);
		text_block(c, &lead);
	}
	c->y += px(c, FIELD_GAP + 5);
}

/* Whose session is locked; it cannot be changed here. */
static void person(struct column *c)
{
	int h = px(c, BOX_HEIGHT + 8), pad = px(c, BOX_PAD), side = px(c, 30);
	struct draw_text t = {
		.text = c->g->person,
		.size = px(c, TEXT_SIZE + 2),
		.colour = DRAW_TEXT,
		.bold = true,
		.width = c->w - 3 * pad - side,
		.lines = 1,
	};
	double x = c->x + pad, y = c->y + (h - side) / 2.0;

	if (c->paints) {
		draw_round_rect(c->cr, c->x, c->y, c->w, h, px(c, BOX_RADIUS));
		draw_colour(c->cr, DRAW_ACCENT_SOFT, 1);
		cairo_fill(c->cr);
		/* A head and shoulders. */
		draw_colour(c->cr, DRAW_ACCENT, 1);
		cairo_arc(c->cr, x + side / 2.0, y + side * 0.28, side * 0.23, 0, 2 * M_PI);
		cairo_fill(c->cr);
		cairo_arc(c->cr, x + side / 2.0, y + side * 0.98, side * 0.42, M_PI, 2 * M_PI);
		cairo_fill(c->cr);
		draw_text(c->cr, x + side + pad, c->y + (h - draw_text_height(c->cr, &t)) / 2.0,
				&t);
	}
	c->y += h + px(c, FIELD_GAP);
}

static void message(struct column *c)
{
	const struct greeter *g = c->g;
	int pad = px(c, MESSAGE_PAD), top = c->y;
	struct draw_text t = {
		.text = g->message,
		.size = px(c, TEXT_SIZE),
		.colour = g->message_is_error ? DRAW_DANGER : DRAW_TEXT,
		.width = c->w - 2 * pad - px(c, 4),
		.lines = MESSAGE_LINES_MAX,
	};
	int h = draw_text_height(c->cr, &t) + 2 * pad;

	if (c->paints) {
		draw_round_rect(c->cr, c->x, top, c->w, h, px(c, BOX_RADIUS));
		draw_colour(c->cr, g->message_is_error ? DRAW_DANGER_SOFT : DRAW_ACCENT_SOFT, 1);
		cairo_fill(c->cr);
		cairo_rectangle(c->cr, c->x, top + px(c, BOX_RADIUS), px(c, 4),
				h - 2 * px(c, BOX_RADIUS));
		draw_colour(c->cr, g->message_is_error ? DRAW_DANGER : DRAW_ACCENT, 1);
		cairo_fill(c->cr);
		draw_text(c->cr, c->x + pad + px(c, 4), top + pad, &t);
	}
	c->y = top + h + px(c, FIELD_GAP);
}

/* --- fields --- */

/* What a field shows: bullets for a secret; *ret_caret is the caret's offset therein. */
static void shown_text(const struct greeter_field *f, char *dst, size_t size, size_t *ret_caret)
{
	size_t n = 0;

	*ret_caret = f->entry.caret;
	if (f->kind != GREETER_SECRET) {
		str_copy(dst, size, f->entry.text);
		return;
	}
	dst[0] = '\0';
	for (size_t i = 0; i < f->entry.len; i++) {
		if (i == f->entry.caret)
			*ret_caret = n;
		if (((unsigned char)f->entry.text[i] & 0xc0) == 0x80)
			continue;
		if (n + sizeof(BULLET) > size)
			break;
		memcpy(dst + n, BULLET, sizeof(BULLET));
		n += sizeof(BULLET) - 1;
	}
	if (f->entry.caret == f->entry.len)
		*ret_caret = n;
}

/* The layout of a field's text and how far it is scrolled so that the caret is seen. */
static PangoLayout *field_layout(const struct column *c, const struct greeter_field *f,
		int *ret_caret_x, int *ret_scroll)
{
	char shown[(GREETER_TEXT_MAX + 1) * 3];
	struct draw_text t = { .text = shown, .size = px(c, TEXT_SIZE + 1) };
	int room = f->w - 2 * px(c, BOX_PAD);
	PangoRectangle at;
	PangoLayout *l;
	size_t caret;

	shown_text(f, shown, sizeof(shown), &caret);
	l = draw_layout(c->cr, &t);
	pango_layout_get_cursor_pos(l, (int)caret, &at, NULL);
	*ret_caret_x = PANGO_PIXELS(at.x);
	*ret_scroll = MAX(*ret_caret_x - room + px(c, 2), 0);
	return l;
}

static void box(const struct column *c, const struct greeter_field *f, bool has_focus)
{
	double w = MAX(px(c, has_focus ? 2 : 1), 1);

	if (has_focus) {
		draw_round_rect(c->cr, f->x - px(c, 3), f->box_y - px(c, 3), f->w + 2 * px(c, 3),
				f->box_h + 2 * px(c, 3), px(c, BOX_RADIUS + 3));
		draw_colour(c->cr, DRAW_ACCENT, 0.22);
		cairo_fill(c->cr);
	}
	draw_round_rect(c->cr, f->x, f->box_y, f->w, f->box_h, px(c, BOX_RADIUS));
	draw_colour(c->cr, DRAW_SURFACE, 1);
	cairo_fill(c->cr);
	draw_round_rect(c->cr, f->x + w / 2, f->box_y + w / 2, f->w - w, f->box_h - w,
			px(c, BOX_RADIUS));
	draw_colour(c->cr, has_focus ? DRAW_ACCENT : DRAW_LINE, 1);
	cairo_set_line_width(c->cr, w);
	cairo_stroke(c->cr);
}

static void paint_entry(const struct column *c, const struct greeter_field *f, bool has_focus)
{
	int caret, scroll, h, pad = px(c, BOX_PAD);
	PangoLayout *l = field_layout(c, f, &caret, &scroll);

	box(c, f, has_focus);
	pango_layout_get_pixel_size(l, NULL, &h);
	cairo_save(c->cr);
	cairo_rectangle(c->cr, f->x + pad - 1, f->box_y, f->w - 2 * pad + px(c, 2) + 1, f->box_h);
	cairo_clip(c->cr);
	draw_colour(c->cr, DRAW_TEXT, 1);
	cairo_move_to(c->cr, f->x + pad - scroll, f->box_y + (f->box_h - h) / 2);
	pango_cairo_show_layout(c->cr, l);
	if (has_focus) {
		draw_colour(c->cr, DRAW_ACCENT, 1);
		cairo_rectangle(c->cr, f->x + pad - scroll + caret, f->box_y + f->box_h * 0.22,
				MAX(px(c, 2), 1), f->box_h * 0.56);
		cairo_fill(c->cr);
	}
	cairo_restore(c->cr);
	g_object_unref(l);
}

static void chevron(const struct column *c, double x, double y, int direction)
{
	double s = px(c, 5);

	cairo_move_to(c->cr, x - direction * s / 2, y - s);
	cairo_line_to(c->cr, x + direction * s / 2, y);
	cairo_line_to(c->cr, x - direction * s / 2, y + s);
	draw_colour(c->cr, DRAW_ACCENT, 1);
	cairo_set_line_width(c->cr, MAX(2 * c->u, 1.5));
	cairo_set_line_cap(c->cr, CAIRO_LINE_CAP_ROUND);
	cairo_set_line_join(c->cr, CAIRO_LINE_JOIN_ROUND);
	cairo_stroke(c->cr);
}

static void paint_choice(const struct column *c, const struct greeter_field *f, bool has_focus)
{
	const struct greeter *g = c->g;
	int side = px(c, 34);
	struct draw_text t = {
		.text = g->n_desktops > 0 ? g->desktops[g->desktop].name : "",
		.size = px(c, TEXT_SIZE + 1),
		.colour = DRAW_TEXT,
		.width = f->w - 2 * side,
		.lines = 1,
		.align = PANGO_ALIGN_CENTER,
	};
	double middle = f->box_y + f->box_h / 2.0;

	box(c, f, has_focus);
	draw_text(c->cr, f->x + side, middle - draw_text_height(c->cr, &t) / 2.0, &t);
	chevron(c, f->x + side / 2.0, middle, -1);
	chevron(c, f->x + f->w - side / 2.0, middle, 1);
}

static void paint_button(const struct column *c, const struct greeter_field *f, bool has_focus)
{
	bool is_main = f->kind == GREETER_SUBMIT;
	struct draw_text t = {
		.text = f->label ? f->label : "",
		.size = px(c, TEXT_SIZE + 1),
		.colour = is_main ? DRAW_ON_ACCENT : DRAW_ACCENT,
		.bold = true,
		.width = f->w,
		.lines = 1,
		.align = PANGO_ALIGN_CENTER,
	};

	box(c, f, has_focus);
	draw_round_rect(c->cr, f->x, f->box_y, f->w, f->box_h, px(c, BOX_RADIUS));
	if (is_main) {
		draw_colour(c->cr, DRAW_ACCENT, 1);
		cairo_fill(c->cr);
	}
	cairo_new_path(c->cr);
	draw_text(c->cr, f->x, f->box_y + (f->box_h - draw_text_height(c->cr, &t)) / 2.0, &t);
}

static void label(struct column *c, struct greeter_field *f, bool has_focus)
{
	bool caps = f->kind == GREETER_SECRET && has_focus && c->g->caps;
	struct draw_text t = {
		.text = f->label ? f->label : "",
		.size = px(c, LABEL_SIZE),
		.colour = DRAW_MUTED,
		.width = c->w,
		.lines = 3,
	};
	struct draw_text note = {
		.text = overlay_text_get(c->g->language, TEXT_CAPS_LOCK),
		.size = px(c, LABEL_SIZE),
		.colour = DRAW_WARN,
		.bold = true,
	};

	if (c->paints && caps)
		draw_text(c->cr, c->x + c->w - draw_text_width(c->cr, &note), c->y, &note);
	text_block(c, &t);
	c->y += px(c, LABEL_GAP);
}

/* A thumb beside the text says how much of it is seen, and where. */
static void paint_thumb(const struct column *c, const struct greeter_field *f)
{
	const struct greeter *g = c->g;
	double w = px(c, 5), track = f->box_h - 2.0 * px(c, 6);
	double h = MAX(track * greeter_read_room(g) / g->read_h, px(c, 20));
	double free = g->read_h - greeter_read_room(g);

	draw_round_rect(c->cr, f->x + f->w - w - px(c, 5),
			f->box_y + px(c, 6) + (track - h) * (free > 0 ? g->read_at / free : 0), w,
			h, w / 2);
	draw_colour(c->cr, DRAW_MUTED, 0.6);
	cairo_fill(c->cr);
}

static void paint_read(const struct column *c, const struct greeter_field *f, bool has_focus)
{
	const struct greeter *g = c->g;
	int pad = px(c, READ_PAD);

	box(c, f, has_focus);
	if (!g->read)
		return;
	cairo_save(c->cr);
	cairo_rectangle(c->cr, f->x + pad, f->box_y + pad, f->w - 2 * pad, greeter_read_room(g));
	cairo_clip(c->cr);
	draw_colour(c->cr, DRAW_TEXT, 1);
	cairo_move_to(c->cr, f->x + pad, f->box_y + pad - g->read_at);
	pango_cairo_show_layout(c->cr, g->read);
	cairo_restore(c->cr);
	if (g->read_h > greeter_read_room(g))
		paint_thumb(c, f);
}

static void field(struct column *c, unsigned i)
{
	struct greeter_field *f = &c->g->fields[i];
	bool is_button = f->kind == GREETER_SUBMIT || f->kind == GREETER_BACK;
	bool has_focus = c->g->focus == i;
	int top = c->y;

	if (is_button)
		c->y += f->kind == GREETER_SUBMIT ? px(c, 7) : -px(c, 4);
	else if (f->kind != GREETER_READ)
		label(c, f, has_focus);
	f->x = c->x;
	f->y = top;
	f->w = c->w;
	f->box_y = c->y;
	if (f->kind != GREETER_READ)
		f->box_h = px(c, BOX_HEIGHT);
	f->h = c->y + f->box_h - top;
	c->y += f->box_h + px(c, FIELD_GAP);
	if (!c->paints)
		return;
	if (is_button)
		paint_button(c, f, has_focus);
	else if (f->kind == GREETER_CHOICE)
		paint_choice(c, f, has_focus);
	else if (f->kind == GREETER_READ)
		paint_read(c, f, has_focus);
	else
		paint_entry(c, f, has_focus);
}

static void column(struct column *c)
{
	heading(c);
	if (c->g->message)
		message(c);
	if (c->g->mode == GREETER_UNLOCK)
		person(c);
	for (unsigned i = 0; c->g->mode != GREETER_BUSY && i < c->g->n_fields; i++)
		field(c, i);
	c->y -= px(c, FIELD_GAP);
}

/* --- the whole --- */

int greeter_read_room(const struct greeter *g)
{
	return MAX(g->fields[0].box_h - 2 * (int)lround(READ_PAD * g->u), 1);
}

/* The text gets what the rest of the card leaves of the screen. */
static void layout_read(struct column *c)
{
	struct greeter *g = c->g;
	int pad = px(c, READ_PAD), top = c->y, room, rest;
	struct draw_text t = {
		.text = g->notice ? g->notice : "",
		.size = px(c, TEXT_SIZE),
		.width = c->w - 2 * pad - px(c, 6),
	};

	if (g->mode != GREETER_NOTICE)
		return;
	if (g->read)
		g_object_unref(g->read);
	g->read = draw_layout(c->cr, &t);
	pango_layout_get_pixel_size(g->read, NULL, &g->read_h);
	/* With the longer of the two sentences above it. */
	g->fields[0].box_h = 0;
	column(c);
	rest = c->y - top + 2 * px(c, CARD_PAD);
	c->y = top;
	room = g->picture.h - rest - 2 * pad - px(c, 24);
	g->fields[0].box_h = MIN(g->read_h, MAX(room, px(c, READ_ROOM_MIN))) + 2 * pad;
	g->read_at = CLAMP(g->read_at, 0, MAX(g->read_h - greeter_read_room(g), 0));
}

/* Many prompts on a small screen: smaller units, rather than fields outside of it. */
void greeter_layout(struct greeter *g)
{
	const struct picture *p = &g->picture;
	double u = CLAMP(MIN(p->w / 1100.0, p->h / 740.0), 0.8, 4.0);
	cairo_t *cr = draw_measuring();
	struct column c;

	for (;; u *= 0.9) {
		c = (struct column){ .g = g, .cr = cr, .u = u };
		g->u = u;
		g->card_w = MIN(px(&c, g->mode == GREETER_NOTICE ? CARD_WIDTH_NOTICE : CARD_WIDTH),
				p->w - px(&c, 16));
		g->card_x = (p->w - g->card_w) / 2;
		c.x = g->card_x + px(&c, CARD_PAD);
		c.w = g->card_w - 2 * px(&c, CARD_PAD);
		layout_read(&c);
		column(&c);
		g->card_h = c.y + 2 * px(&c, CARD_PAD);
		if (g->card_h <= p->h || u < 0.4)
			break;
	}
	g->card_y = MAX((p->h - g->card_h) / 2, 0);
	c.y = g->card_y + px(&c, CARD_PAD);
	column(&c);
	cairo_destroy(cr);
}

static void paint_foot(cairo_t *cr, const struct greeter *g)
{
	const struct picture *p = &g->picture;
	struct draw_text t = {
		.text = overlay_text_get(g->language, TEXT_PANEL_KEY),
		.size = 13 * g->u,
		.colour = DRAW_LINE,
		.width = p->w,
		.align = PANGO_ALIGN_CENTER,
	};
	int y = p->h - (int)(34 * g->u);

	if (g->mode == GREETER_LOGIN && y > g->card_y + g->card_h + 16 * g->u)
		draw_text(cr, 0, y, &t);
}

void greeter_paint(struct greeter *g, const pixman_region32_t *region)
{
	struct picture *p = &g->picture;
	cairo_surface_t *s;
	struct column c = { .g = g, .paints = true, .u = g->u };
	cairo_rectangle_int_t box = { g->card_x, g->card_y, g->card_w, g->card_h };
	pixman_box32_t *b;
	cairo_t *cr;
	int n;

	s = cairo_image_surface_create_for_data(
			p->pixels, CAIRO_FORMAT_RGB24, p->w, p->h, (int)p->stride);
	cr = cairo_create(s);
	b = pixman_region32_rectangles((pixman_region32_t *)region, &n);
	for (int i = 0; i < n; i++)
		cairo_rectangle(cr, b[i].x1, b[i].y1, b[i].x2 - b[i].x1, b[i].y2 - b[i].y1);
	cairo_clip(cr);
	draw_ground(cr, p->w, p->h);
	draw_card(cr, &box, g->u);
	paint_foot(cr, g);
	c.cr = cr;
	c.x = g->card_x + px(&c, CARD_PAD);
	c.y = g->card_y + px(&c, CARD_PAD);
	c.w = g->card_w - 2 * px(&c, CARD_PAD);
	column(&c);
	cairo_destroy(cr);
	cairo_surface_finish(s);
	cairo_surface_destroy(s);
}

size_t greeter_find_caret(struct greeter *g, const struct greeter_field *f, int x)
{
	cairo_t *cr = draw_measuring();
	struct column c = { .g = g, .cr = cr, .u = g->u };
	int caret, scroll, index, trailing;
	PangoLayout *l = field_layout(&c, f, &caret, &scroll);
	size_t at, chars = 0;

	pango_layout_xy_to_index(l, (x - f->x - px(&c, BOX_PAD) + scroll) * PANGO_SCALE, 0, &index,
			&trailing);
	g_object_unref(l);
	cairo_destroy(cr);
	if (f->kind == GREETER_SECRET)
		chars = (size_t)index / (sizeof(BULLET) - 1) + (size_t)trailing;
	at = f->kind == GREETER_SECRET ? 0 : (size_t)index;
	if (f->kind != GREETER_SECRET)
		chars = (size_t)trailing;
	for (; chars > 0 && at < f->entry.len; chars--)
		for (at++; at < f->entry.len && ((unsigned char)f->entry.text[at] & 0xc0) == 0x80;
				at++)
			;
	return MIN(at, f->entry.len);
}
