/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Drawing with cairo and pango. Text is set with hinting to whole pixels off, so that the same
 * layout comes out at every scale, and with any font the system has: fontconfig finds the script's.
 */
#include "relay/overlay-draw.h"

#include <errno.h>
#include <math.h>

enum { CURSOR_SIDE = 24 };

static const char family[] = "Noto Sans, Cantarell, DejaVu Sans, sans-serif";

double draw_unit(unsigned screen_w, unsigned screen_h)
{
	return CLAMP(MIN(screen_w / 1280.0, screen_h / 720.0), 0.75, 3.5);
}

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

static void add_stop(cairo_pattern_t *fade, double at, uint32_t rgb)
{
	cairo_pattern_add_color_stop_rgb(fade, at, (rgb >> 16) / 255.0, (rgb >> 8 & 255) / 255.0,
			(rgb & 255) / 255.0);
}

void draw_ground(cairo_t *cr, unsigned w, unsigned h)
{
	cairo_pattern_t *fade = cairo_pattern_create_linear(0, 0, 0, h);

	add_stop(fade, 0, DRAW_BACKGROUND_TOP);
	add_stop(fade, 1, DRAW_BACKGROUND_BOTTOM);
	cairo_set_source(cr, fade);
	cairo_rectangle(cr, 0, 0, w, h);
	cairo_fill(cr);
	cairo_pattern_destroy(fade);
}

void draw_card(cairo_t *cr, const cairo_rectangle_int_t *box, double u)
{
	double r = 14 * u;

	for (int i = 6; i >= 1; i--) {
		double grow = i * 2.0 * u;

		draw_round_rect(cr, box->x - grow, box->y - grow + 3 * u, box->width + 2 * grow,
				box->height + 2 * grow, r + grow);
		/* Not where the card covers it: that is most of the work. */
		cairo_rectangle(cr, box->x + r, box->y + r, box->width - 2 * r,
				box->height - 2 * r);
		draw_colour(cr, 0, 0.035);
		cairo_set_fill_rule(cr, CAIRO_FILL_RULE_EVEN_ODD);
		cairo_fill(cr);
	}
	cairo_set_fill_rule(cr, CAIRO_FILL_RULE_WINDING);
	draw_round_rect(cr, box->x, box->y, box->width, box->height, r);
	draw_colour(cr, DRAW_SURFACE, 1);
	cairo_fill(cr);
}

void draw_mark(cairo_t *cr, double x, double y, double side)
{
	double gap = side * 0.14, t = (side - gap) / 2;

	for (int i = 0; i < 4; i++) {
		draw_round_rect(cr, x + (i & 1) * (t + gap), y + (i >> 1) * (t + gap), t, t,
				t * 0.22);
		draw_colour(cr, DRAW_ACCENT, i == 3 ? 0.45 : 1);
		cairo_fill(cr);
	}
}

cairo_t *draw_measuring(void)
{
	cairo_surface_t *s = cairo_image_surface_create(CAIRO_FORMAT_RGB24, 1, 1);
	cairo_t *cr = cairo_create(s);

	cairo_surface_destroy(s);
	return cr;
}

cairo_surface_t *draw_surface(cairo_surface_t *old, int w, int h)
{
	cairo_surface_t *s;
	cairo_t *cr;

	if (old && cairo_image_surface_get_width(old) == w &&
			cairo_image_surface_get_height(old) == h) {
		cr = cairo_create(old);
		cairo_set_operator(cr, CAIRO_OPERATOR_CLEAR);
		cairo_paint(cr);
		cairo_destroy(cr);
		return old;
	}
	s = cairo_image_surface_create(CAIRO_FORMAT_ARGB32, w, h);
	if (cairo_surface_status(s) != CAIRO_STATUS_SUCCESS) {
		cairo_surface_destroy(s);
		return NULL;
	}
	if (old)
		cairo_surface_destroy(old);
	return s;
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

int draw_cursor(struct cursor *ret)
{
	static const double shape[][2] = { { 1, 1 }, { 1, 17 }, { 5, 13.4 }, { 7.6, 19.4 },
		{ 10.4, 18.2 }, { 7.9, 12.4 }, { 13, 12.2 } };
	cairo_surface_t *s =
			cairo_image_surface_create(CAIRO_FORMAT_ARGB32, CURSOR_SIDE, CURSOR_SIDE);
	const uint32_t *pixels;
	uint32_t *argb;
	cairo_t *cr;

	argb = malloc((size_t)CURSOR_SIDE * CURSOR_SIDE * 4);
	if (!argb || cairo_surface_status(s) != CAIRO_STATUS_SUCCESS) {
		cairo_surface_destroy(s);
		free(argb);
		return -ENOMEM;
	}
	cr = cairo_create(s);
	for (unsigned i = 0; i < ELEMENTSOF(shape); i++)
		cairo_line_to(cr, shape[i][0], shape[i][1]);
	cairo_close_path(cr);
	draw_colour(cr, 0x000000, 1);
	cairo_fill_preserve(cr);
	draw_colour(cr, 0xffffff, 1);
	cairo_set_line_width(cr, 1.2);
	cairo_stroke(cr);
	cairo_destroy(cr);
	cairo_surface_flush(s);
	pixels = (const uint32_t *)(const void *)cairo_image_surface_get_data(s);
	for (unsigned i = 0; i < CURSOR_SIDE * CURSOR_SIDE; i++) {
		uint32_t v = pixels[i], a = v >> 24;

		/* Black and white only: grey of the edge is its share of white. */
		argb[i] = a == 0 ? 0
				 : a << 24 | (v >> 16 & 255) * 255 / a << 16 |
							  (v >> 8 & 255) * 255 / a << 8 |
							  (v & 255) * 255 / a;
	}
	cairo_surface_destroy(s);
	*ret = (struct cursor){
		.w = CURSOR_SIDE, .h = CURSOR_SIDE, .hot_x = 1, .hot_y = 1, .argb = argb
	};
	return 0;
}
