/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Shapes, colours and text that greeter and notice share. Lengths are pixels. */
#pragma once

#include "base/cleanup.h" /* before glib.h, which has a CLAMP of its own */

#include <cairo.h>
#include <pango/pangocairo.h>
#include <stdbool.h>
#include <stdint.h>

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

void draw_colour(cairo_t *cr, uint32_t rgb, double alpha);
/* A path; the caller fills or strokes it. */
void draw_round_rect(cairo_t *cr, double x, double y, double w, double h, double radius);
/* A layout to measure or show; g_object_unref() it. */
PangoLayout *draw_layout(cairo_t *cr, const struct draw_text *t);
/* Show it with its top left corner at x, y; gives its height. */
int draw_text(cairo_t *cr, double x, double y, const struct draw_text *t);
int draw_text_height(cairo_t *cr, const struct draw_text *t);
int draw_text_width(cairo_t *cr, const struct draw_text *t);
