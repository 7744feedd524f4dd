/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The sign over a session's picture that somebody else sees it large or controls it: a small tab at
 * the upper edge, below the notice if there is one. Amber where it means more than being seen.
 */
#include <errno.h>
#include <math.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/str.h"
#include "relay/overlay-draw.h"
#include "relay/overlay-text.h"
#include "relay/overlay.h"

enum { NAME_MAX_CHARS = 60 };

struct sign {
	struct overlay overlay;
	cairo_surface_t *surface;
	/* What is drawn. */
	char *by, *language;
	enum sign_kind kind;
	uint16_t screen_w, screen_h;
};

int sign_new(struct sign **ret)
{
	struct sign *s = calloc(1, sizeof(*s));

	if (!s)
		return -ENOMEM;
	*ret = s;
	return 0;
}

static void forget(struct sign *s)
{
	free(s->by);
	free(s->language);
	s->by = s->language = NULL;
}

struct sign *sign_free(struct sign *s)
{
	if (!s)
		return NULL;
	forget(s);
	if (s->surface)
		cairo_surface_destroy(s->surface);
	free(s);
	return NULL;
}

struct overlay *sign_overlay(struct sign *s)
{
	return &s->overlay;
}

/* An eye. */
static void paint_eye(cairo_t *cr, double x, double y, double s, uint32_t colour)
{
	cairo_move_to(cr, x, y + s / 2);
	cairo_curve_to(cr, x + s * 0.25, y + s * 0.08, x + s * 0.75, y + s * 0.08, x + s,
			y + s / 2);
	cairo_curve_to(cr, x + s * 0.75, y + s * 0.92, x + s * 0.25, y + s * 0.92, x, y + s / 2);
	cairo_close_path(cr);
	draw_colour(cr, colour, 1);
	cairo_set_line_width(cr, MAX(s * 0.11, 1.2));
	cairo_stroke(cr);
	cairo_arc(cr, x + s / 2, y + s / 2, s * 0.17, 0, 2 * M_PI);
	cairo_fill(cr);
}

/* The arrow of a pointer. */
static void paint_arrow(cairo_t *cr, double x, double y, double s, uint32_t colour)
{
	static const double shape[][2] = { { .22, .04 }, { .22, .84 }, { .41, .67 }, { .53, .96 },
		{ .67, .90 }, { .55, .61 }, { .81, .59 } };

	for (unsigned i = 0; i < ELEMENTSOF(shape); i++)
		cairo_line_to(cr, x + shape[i][0] * s, y + shape[i][1] * s);
	cairo_close_path(cr);
	draw_colour(cr, colour, 1);
	cairo_fill(cr);
}

static void draw(struct sign *s)
{
	static const enum overlay_text texts[] = { [SIGN_VIEWED] = TEXT_VIEWED,
		[SIGN_CONTROLLED] = TEXT_CONTROLLED,
		[SIGN_EXCLUSIVE] = TEXT_EXCLUSIVE };
	_cleanup_free_ char *by = str_clean(s->by, NAME_MAX_CHARS);
	double u = draw_unit(s->screen_w, s->screen_h), icon = 17 * u, r = 9 * u;
	int pad = (int)(13 * u), edge = (int)(6 * u), room = (int)(s->screen_w - 3 * pad - icon);
	bool controls = s->kind != SIGN_VIEWED;
	uint32_t ink = controls ? DRAW_TEXT : DRAW_ON_ACCENT;
	cairo_surface_t *surface;
	char text[512];
	struct draw_text t = { .text = text, .size = 14 * u, .colour = ink, .bold = true };
	int w, h, text_h;
	cairo_t *cr;

	overlay_text_fill(text, sizeof(text), overlay_text_get(s->language, texts[s->kind]),
			by ? by : "");
	cr = draw_measuring();
	w = draw_text_width(cr, &t);
	if (w > room) {
		w = t.width = MAX(room, 1);
		t.lines = 2;
	}
	text_h = draw_text_height(cr, &t);
	cairo_destroy(cr);
	w += 2 * pad + (int)(icon + 8 * u);
	h = text_h + 2 * edge;
	surface = draw_surface(s->surface, MIN(w, (int)s->screen_w), h);
	if (!surface)
		return; /* the old one stays until there is memory */
	s->surface = surface;
	cr = cairo_create(surface);
	draw_round_rect(cr, 0, -2 * r, w, h + 2 * r, r);
	draw_colour(cr, controls ? DRAW_WARN_LINE : DRAW_BACKGROUND_TOP, 0.94);
	cairo_fill(cr);
	(controls ? paint_arrow : paint_eye)(cr, pad, (h - icon) / 2, icon, ink);
	draw_text(cr, pad + icon + 8 * u, edge, &t);
	cairo_destroy(cr);
	cairo_surface_flush(surface);
	s->overlay = (struct overlay){
		.w = (uint16_t)MIN(w, (int)s->screen_w),
		.h = (uint16_t)MIN(h, (int)s->screen_h),
		.stride = (uint32_t)cairo_image_surface_get_stride(surface),
		.argb = cairo_image_surface_get_data(surface),
	};
	s->overlay.x = (uint16_t)((s->screen_w - s->overlay.w) / 2);
}

bool sign_draw(struct sign *s, const struct sign_text *text, uint16_t screen_w, uint16_t screen_h,
		uint16_t top)
{
	bool same = s->by && streq(s->by, text->by) && streq(s->language, text->language) &&
		    s->kind == text->kind && s->screen_w == screen_w && s->screen_h == screen_h;

	if (same && s->overlay.y == top)
		return false;
	if (!same) {
		forget(s);
		s->by = strdup(text->by);
		s->language = strdup(text->language);
		if (!s->by || !s->language) {
			forget(s);
			return false;
		}
		s->kind = text->kind;
		s->screen_w = screen_w;
		s->screen_h = screen_h;
		draw(s);
	}
	/* A screen that is all notice has no room for it. */
	s->overlay.y = MIN(top, (uint16_t)(screen_h - MIN(s->overlay.h, screen_h)));
	return true;
}
