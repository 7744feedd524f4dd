/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Which station of which system a screen is: a tab in the middle of it, over whatever is shown. The
 * name is as large as it fits, because it is read from the door of the room.
 */
#include <errno.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/str.h"
#include "relay/overlay-draw.h"
#include "relay/overlay.h"

enum { NAME_MAX_CHARS = 80 };

struct identify {
	struct overlay overlay;
	cairo_surface_t *surface;
	/* What is drawn. */
	char *name, *system;
	uint16_t screen_w, screen_h;
};

int identify_new(struct identify **ret)
{
	struct identify *i = calloc(1, sizeof(*i));

	if (!i)
		return -ENOMEM;
	*ret = i;
	return 0;
}

static void forget(struct identify *i)
{
	free(i->name);
	free(i->system);
	i->name = i->system = NULL;
}

struct identify *identify_free(struct identify *i)
{
	if (!i)
		return NULL;
	forget(i);
	if (i->surface)
		cairo_surface_destroy(i->surface);
	free(i);
	return NULL;
}

struct overlay *identify_overlay(struct identify *i)
{
	return &i->overlay;
}

/* The name on one line as large as it fits, else on two. */
static void fit_name(cairo_t *cr, struct draw_text *t, int width, double least)
{
	while (t->size > least && draw_text_width(cr, t) > width)
		t->size = MAX(t->size * 0.93, least);
	if (draw_text_width(cr, t) > width) {
		t->width = width;
		t->lines = 2;
	}
}

static void draw(struct identify *i)
{
	_cleanup_free_ char *name = str_clean(i->name, NAME_MAX_CHARS);
	_cleanup_free_ char *system = str_clean(i->system, NAME_MAX_CHARS);
	double u = MIN(i->screen_w / 1280.0, i->screen_h / 720.0);
	int pad = (int)(44 * u), room = (int)(i->screen_w * 0.9) - 2 * pad, w, h, name_h, system_h;
	struct draw_text large = {
		.text = name, .size = 150 * u, .colour = DRAW_ON_ACCENT, .bold = true
	};
	struct draw_text small = {
		.text = system, .size = 34 * u, .colour = DRAW_ACCENT_SOFT, .lines = 1
	};
	cairo_surface_t *surface;
	cairo_t *cr;

	if (!name || !system)
		return;
	cr = draw_measuring();
	fit_name(cr, &large, MAX(room, 1), 28 * u);
	if (draw_text_width(cr, &small) > room)
		small.width = MAX(room, 1);
	name_h = draw_text_height(cr, &large);
	system_h = *system ? draw_text_height(cr, &small) + (int)(10 * u) : 0;
	w = MAX(large.width > 0 ? large.width : draw_text_width(cr, &large),
			small.width > 0 ? small.width : draw_text_width(cr, &small));
	cairo_destroy(cr);
	w = MIN(w + 2 * pad, (int)i->screen_w);
	h = MIN(name_h + system_h + 2 * pad * 2 / 3, (int)i->screen_h);
	surface = draw_surface(i->surface, w, h);
	if (!surface)
		return; /* the old one stays until there is memory */
	i->surface = surface;
	cr = cairo_create(surface);
	draw_round_rect(cr, 0, 0, w, h, 22 * u);
	draw_colour(cr, DRAW_BACKGROUND_TOP, 0.95);
	cairo_fill(cr);
	draw_text(cr, pad, pad * 2 / 3, &large);
	if (*system)
		draw_text(cr, pad, pad * 2 / 3 + name_h + 10 * u, &small);
	cairo_destroy(cr);
	cairo_surface_flush(surface);
	i->overlay = (struct overlay){
		.x = (uint16_t)((i->screen_w - w) / 2),
		.y = (uint16_t)((i->screen_h - h) / 2),
		.w = (uint16_t)w,
		.h = (uint16_t)h,
		.stride = (uint32_t)cairo_image_surface_get_stride(surface),
		.argb = cairo_image_surface_get_data(surface),
	};
}

bool identify_draw(struct identify *i, const char *name, const char *system, uint16_t screen_w,
		uint16_t screen_h)
{
	if (i->name && streq(i->name, name) && streq(i->system, system) &&
			i->screen_w == screen_w && i->screen_h == screen_h)
		return false;
	forget(i);
	i->name = strdup(name);
	i->system = strdup(system);
	if (!i->name || !i->system) {
		forget(i);
		return false;
	}
	i->screen_w = screen_w;
	i->screen_h = screen_h;
	draw(i);
	return true;
}
