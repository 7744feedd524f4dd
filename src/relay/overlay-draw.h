/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Shapes, colours and text that all drawn things share. Lengths are pixels. */
#pragma once

#include "base/cleanup.h" /* before glib.h, which has a CLAMP of its own */

#include <cairo.h>
#include <pango/pangocairo.h>
#include <stdbool.h>
#include <stdint.h>

#include "relay/picture.h"

/* 0xRRGGBB: the light theme of the web pages. */
enum {
	DRAW_BACKGROUND_TOP = 0x12403f,
	DRAW_BACKGROUND_BOTTOM = 0x0a2427,
	DRAW_SURFACE = 0xffffff,
	DRAW_TEXT = 0x17211f,
	DRAW_MUTED = 0x52625f,
	DRAW_LINE = 0x8fa09d,
	DRAW_ACCENT = 0x0b6b66,
	DRAW_ACCENT_SOFT = 0xdcefed,
	DRAW_ON_ACCENT = 0xffffff,
	DRAW_DANGER = 0xa8231c,
	DRAW_DANGER_SOFT = 0xfbe9e7,
	DRAW_WARN = 0x6d4600,
	DRAW_WARN_SOFT = 0xfdf1d8,
	DRAW_WARN_LINE = 0xd8a640,
	DRAW_BORDER = 0xdbe3e1,
};

struct draw_text {
	const char *text;
	double size;
	uint32_t colour;
	bool bold;
	int width; /* wraps there; 0: one line */
	int lines; /* at most, then an ellipsis; 0: any */
	PangoAlignment align;
};

/* Pixels of a unit on a screen of this size, for what lies over a desktop. */
double draw_unit(unsigned screen_w, unsigned screen_h);
void draw_colour(cairo_t *cr, uint32_t rgb, double alpha);
/* A path; the caller fills or strokes it. */
void draw_round_rect(cairo_t *cr, double x, double y, double w, double h, double radius);
/* The dark ground of everything that fills the screen. */
void draw_ground(cairo_t *cr, unsigned w, unsigned h);
/* A white card with a shadow; u: pixels of a unit. */
void draw_card(cairo_t *cr, const cairo_rectangle_int_t *box, double u);
/* The mark of the web pages: a screen of desktops, in four tiles. */
void draw_mark(cairo_t *cr, double x, double y, double side);
/* To measure text with, before there is a surface. */
cairo_t *draw_measuring(void);
/* A clear surface of this size: the old one if it fits, which is released else. NULL: no memory,
 * the old one is kept. */
cairo_surface_t *draw_surface(cairo_surface_t *old, int w, int h);
/* A layout to measure or show; g_object_unref() it. */
PangoLayout *draw_layout(cairo_t *cr, const struct draw_text *t);
/* Show it with its top left corner at x, y; gives its height. */
int draw_text(cairo_t *cr, double x, double y, const struct draw_text *t);
int draw_text_height(cairo_t *cr, const struct draw_text *t);
int draw_text_width(cairo_t *cr, const struct draw_text *t);
/* The pointer's shape, for picture_set_cursor(); -ENOMEM. */
int draw_cursor(struct cursor *ret);
