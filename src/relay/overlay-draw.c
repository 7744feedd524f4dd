/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Drawing with cairo and pango. Text is set with hinting to whole pixels off, so that the same
 * layout comes out at every scale, and with any font the system has: fontconfig finds the script's.
 */
#include "relay/overlay-draw.h"

#include <math.h>

static const char family[] = "Noto Sans, Cantarell, DejaVu Sans, sans-serif";

void draw_colour(cairo_t *cr, uint32_t rgb, double alpha)
{
	cairo_set_source_rgba(cr, (rgb >> 16 & 255) / 255.0, (rgb >> 8 & 255) / 255.0,
			(rgb & 255) / 255.0, alpha);
}

void draw_round_rect(cairo_t *cr, double x, double y, double w, double h, double radius)
{
	cairo_new_sub_path(cr);
	cairo_arc(cr, x + w - radius, y + radius, radius, -M_PI / 2, 0);
	cairo_arc(cr, x + w - radius, y + h - radius, radius, 0, M_PI / 2);
	cairo_arc(cr, x + radius, y + h - radius, radius, M_PI / 2, M_PI);
	cairo_arc(cr, x + radius, y + radius, radius, M_PI, 3 * M_PI / 2);
	cairo_close_path(cr);
}

PangoLayout *draw_layout(cairo_t *cr, const struct draw_text *t)
{
	PangoLayout *l = pango_cairo_create_layout(cr);
	PangoFontDescription *font = pango_font_description_new();

	pango_font_description_set_family_static(font, family);
	pango_font_description_set_absolute_size(font, t->size * PANGO_SCALE);
	if (t->bold)
		pango_font_description_set_weight(font, PANGO_WEIGHT_BOLD);
	pango_layout_set_font_description(l, font);
	pango_font_description_free(font);
	pango_layout_set_text(l, t->text, -1);
	pango_layout_set_alignment(l, t->align);
	if (t->width > 0) {
		pango_layout_set_width(l, t->width * PANGO_SCALE);
		pango_layout_set_wrap(l, PANGO_WRAP_WORD_CHAR);
	} else {
		pango_layout_set_single_paragraph_mode(l, TRUE);
	}
	if (t->lines > 0) {
		pango_layout_set_height(l, -t->lines);
		pango_layout_set_ellipsize(l, PANGO_ELLIPSIZE_END);
	}
	return l;
}

int draw_text(cairo_t *cr, double x, double y, const struct draw_text *t)
{
	PangoLayout *l = draw_layout(cr, t);
	int h;

	draw_colour(cr, t->colour, 1);
	cairo_move_to(cr, x, y);
	pango_cairo_show_layout(cr, l);
	pango_layout_get_pixel_size(l, NULL, &h);
	g_object_unref(l);
	return h;
}

int draw_text_height(cairo_t *cr, const struct draw_text *t)
{
	PangoLayout *l = draw_layout(cr, t);
	int h;

	pango_layout_get_pixel_size(l, NULL, &h);
	g_object_unref(l);
	return h;
}

int draw_text_width(cairo_t *cr, const struct draw_text *t)
{
	PangoLayout *l = draw_layout(cr, t);
	int w;

	pango_layout_get_pixel_size(l, &w, NULL);
	g_object_unref(l);
	return w;
}
