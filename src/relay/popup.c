/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A message of a supervisor, for some seconds over the session: who, what, and how to answer. It
 * stays above the panels that desktops have at the lower edge, and takes no input.
 */
#include <errno.h>
#include <math.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/str.h"
#include "relay/overlay-draw.h"
#include "relay/overlay-text.h"
#include "relay/overlay.h"

enum {
	NAME_MAX_CHARS = 60,
	MESSAGE_MAX_CHARS = 500, /* more does not fit anyway */
	LINES_MAX = 6,
	/* Units. */
	WIDTH = 350,
	MARGIN = 16, /* for the shadow */
	BELOW = 40,  /* a desktop's own panel */
	PAD = 16,
	ICON = 30,
	TEXT_SIZE = 15,
	HINT_SIZE = 13,
};

struct popup {
	struct overlay overlay;
	cairo_surface_t *surface;
	/* What is drawn. */
	char *from_name, *text, *language;
	bool can_answer;
	uint16_t screen_w, screen_h;
	double u;
};

int popup_new(struct popup **ret)
{
	struct popup *p = calloc(1, sizeof(*p));

	if (!p)
		return -ENOMEM;
	*ret = p;
	return 0;
}

static void forget(struct popup *p)
{
	free(p->from_name);
	free(p->text);
	free(p->language);
	p->from_name = p->text = p->language = NULL;
}

struct popup *popup_free(struct popup *p)
{
	if (!p)
		return NULL;
	forget(p);
	if (p->surface)
		cairo_surface_destroy(p->surface);
	free(p);
	return NULL;
}

struct overlay *popup_overlay(struct popup *p)
{
	return &p->overlay;
}

static int px(const struct popup *p, double units)
{
	return (int)lround(units * p->u);
}

/* Something is said. */
static void paint_bubble(cairo_t *cr, double x, double y, double s)
{
	cairo_new_path(cr);
	cairo_arc(cr, x + s / 2, y + s / 2, s / 2, 0, 2 * M_PI);
	draw_colour(cr, DRAW_ACCENT_SOFT, 1);
	cairo_fill(cr);
	draw_round_rect(cr, x + s * 0.24, y + s * 0.28, s * 0.52, s * 0.34, s * 0.08);
	cairo_move_to(cr, x + s * 0.34, y + s * 0.56);
	cairo_line_to(cr, x + s * 0.34, y + s * 0.77);
	cairo_line_to(cr, x + s * 0.54, y + s * 0.60);
	cairo_close_path(cr);
	draw_colour(cr, DRAW_ACCENT, 1);
	cairo_fill(cr);
}

struct layout {
	struct draw_text name, text, hint;
	int name_h, text_h, hint_h;
	int h; /* of the card */
};

static void measure(const struct popup *p, struct layout *l)
{
	cairo_t *cr = draw_measuring();
	int inside = px(p, WIDTH - 2 * PAD - ICON - 12);

	l->name = (struct draw_text){ .text = p->from_name,
		.size = px(p, TEXT_SIZE),
		.colour = DRAW_TEXT,
		.bold = true,
		.width = inside,
		.lines = 1 };
	l->text = (struct draw_text){ .text = p->text,
		.size = px(p, TEXT_SIZE),
		.colour = DRAW_TEXT,
		.width = inside,
		.lines = LINES_MAX };
	l->hint = (struct draw_text){
		.text = p->can_answer ? overlay_text_get(p->language, TEXT_MESSAGE_ANSWER) : "",
		.size = px(p, HINT_SIZE),
		.colour = DRAW_MUTED,
		.width = inside,
		.lines = 2
	};
	l->name_h = draw_text_height(cr, &l->name) + px(p, 2);
	l->text_h = draw_text_height(cr, &l->text);
	l->hint_h = *l->hint.text ? draw_text_height(cr, &l->hint) + px(p, 8) : 0;
	l->h = MAX(l->name_h + l->text_h + l->hint_h, px(p, ICON)) + 2 * px(p, PAD);
	cairo_destroy(cr);
}

static void draw(struct popup *p)
{
	int w = px(p, WIDTH + 2 * MARGIN), x = px(p, MARGIN + PAD), y = px(p, MARGIN + PAD);
	cairo_surface_t *surface;
	struct layout l;
	cairo_t *cr;

	measure(p, &l);
	surface = draw_surface(p->surface, MIN(w, (int)p->screen_w),
			MIN(l.h + 2 * px(p, MARGIN), (int)p->screen_h));
	if (!surface)
		return; /* the old one stays until there is memory */
	p->surface = surface;
	cr = cairo_create(surface);
	draw_card(cr, &(cairo_rectangle_int_t){ px(p, MARGIN), px(p, MARGIN), px(p, WIDTH), l.h },
			p->u);
	paint_bubble(cr, x, y, px(p, ICON));
	x += px(p, ICON + 12);
	draw_text(cr, x, y, &l.name);
	draw_text(cr, x, y + l.name_h, &l.text);
	if (l.hint_h > 0)
		draw_text(cr, x, y + l.name_h + l.text_h + px(p, 8), &l.hint);
	cairo_destroy(cr);
	cairo_surface_flush(surface);
	p->overlay = (struct overlay){
		.w = (uint16_t)cairo_image_surface_get_width(surface),
		.h = (uint16_t)cairo_image_surface_get_height(surface),
		.stride = (uint32_t)cairo_image_surface_get_stride(surface),
		.argb = cairo_image_surface_get_data(surface),
	};
	p->overlay.x = (uint16_t)(p->screen_w - p->overlay.w);
	p->overlay.y = (uint16_t)MAX(p->screen_h - p->overlay.h - px(p, BELOW), 0);
}

bool popup_draw(struct popup *p, const struct popup_text *text, uint16_t screen_w,
		uint16_t screen_h)
{
	_cleanup_free_ char *name = str_clean(text->from_name, NAME_MAX_CHARS);
	_cleanup_free_ char *message = str_clean(text->text, MESSAGE_MAX_CHARS);
	char *language = strdup(text->language);

	if (!name || !message || !language ||
			(p->text && streq(p->from_name, name) && streq(p->text, message) &&
					streq(p->language, language) &&
					p->can_answer == text->can_answer &&
					p->screen_w == screen_w && p->screen_h == screen_h)) {
		free(language);
		return false;
	}
	forget(p);
	p->from_name = take_ptr(name);
	p->text = take_ptr(message);
	p->language = language;
	p->can_answer = text->can_answer;
	p->screen_w = screen_w;
	p->screen_h = screen_h;
	p->u = draw_unit(screen_w, screen_h);
	draw(p);
	return true;
}
