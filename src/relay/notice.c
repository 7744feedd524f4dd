/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The notice over a session's picture: who ends it, why, and how long there is. A bar at the top,
 * in the middle, with the time in large figures. It is drawn again only when a second has passed or
 * its words have changed, into a surface of its own that viewers lay over the picture.
 */
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/str.h"
#include "relay/overlay-draw.h"
#include "relay/overlay-text.h"
#include "relay/overlay.h"

enum {
	MESSAGE_LINES_MAX = 3,
	WIDTH = 720, /* at scale 1 */
	NAME_MAX_CHARS = 60,
	MESSAGE_MAX_CHARS = 400,
};

struct notice {
	struct overlay overlay;
	cairo_surface_t *surface;
	/* What is drawn. */
	char *by, *message, *language;
	int64_t seconds;
	uint16_t screen_w, screen_h;
};

int notice_new(struct notice **ret)
{
	struct notice *n;

	n = calloc(1, sizeof(*n));
	if (!n)
		return -ENOMEM;
	n->seconds = -1;
	*ret = n;
	return 0;
}

static void forget(struct notice *n)
{
	free(n->by);
	free(n->message);
	free(n->language);
	n->by = n->message = n->language = NULL;
	n->seconds = -1;
}

struct notice *notice_free(struct notice *n)
{
	if (!n)
		return NULL;
	forget(n);
	if (n->surface)
		cairo_surface_destroy(n->surface);
	free(n);
	return NULL;
}

struct overlay *notice_overlay(struct notice *n)
{
	return &n->overlay;
}

static void format_time(char *dst, size_t size, int64_t s)
{
	if (s >= 3600)
		snprintf(dst, size, "%d:%02d:%02d", (int)(s / 3600), (int)(s / 60 % 60),
				(int)(s % 60));
	else
		snprintf(dst, size, "%d:%02d", (int)(s / 60), (int)(s % 60));
}

struct layout {
	double u; /* pixels of one unit */
	int pad, text_w, time_w, gap;
	struct draw_text who, message, save, time;
	int who_h, message_h, save_h, time_h;
	int w, h;
};

static void measure(cairo_t *cr, struct layout *l, uint16_t screen_w)
{
	int text_h;

	l->w = MIN((int)(WIDTH * l->u), (int)screen_w);
	l->pad = (int)(18 * l->u);
	l->gap = (int)(4 * l->u);
	l->time_w = *l->time.text ? draw_text_width(cr, &l->time) : 0;
	l->text_w = l->w - 2 * l->pad - (l->time_w ? l->time_w + l->pad : 0);
	l->who.width = l->message.width = l->save.width = MAX(l->text_w, 1);
	l->who_h = draw_text_height(cr, &l->who);
	l->message_h = *l->message.text ? draw_text_height(cr, &l->message) + l->gap : 0;
	l->save_h = *l->save.text ? draw_text_height(cr, &l->save) + l->gap : 0;
	l->time_h = l->time_w ? draw_text_height(cr, &l->time) : 0;
	text_h = l->who_h + l->message_h + l->save_h;
	l->h = MAX(text_h, l->time_h) + 2 * l->pad;
}

static void paint(cairo_t *cr, const struct layout *l)
{
	double r = 12 * l->u, y = l->pad, x = l->pad;

	cairo_set_operator(cr, CAIRO_OPERATOR_CLEAR);
	cairo_paint(cr);
	cairo_set_operator(cr, CAIRO_OPERATOR_OVER);
	/* Round below only: the bar hangs from the edge of the screen. */
	draw_round_rect(cr, 0, -2 * r, l->w, l->h + 2 * r, r);
	draw_colour(cr, DRAW_WARN_SOFT, 1);
	cairo_fill(cr);
	draw_round_rect(cr, 1, -2 * r, l->w - 2, l->h + 2 * r - 1, r);
	draw_colour(cr, DRAW_WARN_LINE, 1);
	cairo_set_line_width(cr, MAX(2 * l->u, 2));
	cairo_stroke(cr);
	y += draw_text(cr, x, y, &l->who);
	if (*l->message.text)
		y += l->gap + draw_text(cr, x, y + l->gap, &l->message);
	if (*l->save.text)
		draw_text(cr, x, y + l->gap, &l->save);
	if (l->time_w)
		draw_text(cr, l->w - l->pad - l->time_w, (l->h - l->time_h) / 2.0, &l->time);
}

static int new_surface(struct notice *n, int w, int h)
{
	cairo_surface_t *s;

	if (n->surface && cairo_image_surface_get_width(n->surface) == w &&
			cairo_image_surface_get_height(n->surface) == h)
		return 0;
	s = cairo_image_surface_create(CAIRO_FORMAT_ARGB32, w, h);
	if (cairo_surface_status(s) != CAIRO_STATUS_SUCCESS) {
		cairo_surface_destroy(s);
		return -ENOMEM;
	}
	if (n->surface)
		cairo_surface_destroy(n->surface);
	n->surface = s;
	return 0;
}

static void draw(struct notice *n)
{
	bool is_now = n->seconds == 0;
	const char *format = overlay_text_get(n->language, is_now ? TEXT_NOTICE_NOW : TEXT_NOTICE);
	_cleanup_free_ char *by = str_clean(n->by, NAME_MAX_CHARS);
	_cleanup_free_ char *message = str_clean(n->message, MESSAGE_MAX_CHARS);
	char who[512], quoted[4 * MESSAGE_MAX_CHARS + 16] = "", time[24] = "";
	double u = CLAMP(MIN(n->screen_w / 1280.0, n->screen_h / 720.0), 0.75, 3.5);
	struct layout l = { .u = u };
	cairo_surface_t *probe;
	cairo_t *cr;

	overlay_text_fill(who, sizeof(who), format, by ? by : "");
	if (message && *message)
		snprintf(quoted, sizeof(quoted), "“%s”", message);
	if (!is_now)
		format_time(time, sizeof(time), n->seconds);
	l.who = (struct draw_text){
		.text = who, .size = 17 * u, .colour = DRAW_TEXT, .bold = true
	};
	l.message = (struct draw_text){
		.text = quoted, .size = 16 * u, .colour = DRAW_TEXT, .lines = MESSAGE_LINES_MAX
	};
	l.save = (struct draw_text){ .text = is_now ? "" : overlay_text_get(n->language, TEXT_SAVE),
		.size = 15 * u,
		.colour = DRAW_WARN };
	l.time = (struct draw_text){
		.text = time, .size = 38 * u, .colour = DRAW_WARN, .bold = true
	};

	probe = cairo_image_surface_create(CAIRO_FORMAT_ARGB32, 1, 1);
	cr = cairo_create(probe);
	measure(cr, &l, n->screen_w);
	cairo_destroy(cr);
	cairo_surface_destroy(probe);
	if (new_surface(n, l.w, l.h) < 0)
		return; /* the old one stays until there is memory */
	cr = cairo_create(n->surface);
	paint(cr, &l);
	cairo_destroy(cr);
	cairo_surface_flush(n->surface);
	n->overlay = (struct overlay){
		.x = (uint16_t)((n->screen_w - l.w) / 2),
		.y = 0,
		.w = (uint16_t)l.w,
		.h = (uint16_t)MIN(l.h, (int)n->screen_h),
		.stride = (uint32_t)cairo_image_surface_get_stride(n->surface),
		.argb = cairo_image_surface_get_data(n->surface),
	};
}

bool notice_draw(struct notice *n, const struct notice_text *text, uint16_t screen_w,
		uint16_t screen_h, int64_t now_ms)
{
	int64_t left = MAX(text->ends_ms - now_ms, INT64_C(0));
	int64_t seconds = MIN((left + 999) / 1000, INT64_C(99) * 3600);
	const char *by = text->by ? text->by : "", *message = text->message ? text->message : "";
	const char *language = text->language ? text->language : "en";

	if (n->seconds == seconds && n->screen_w == screen_w && n->screen_h == screen_h && n->by &&
			streq(n->by, by) && streq(n->message, message) &&
			streq(n->language, language))
		return false;
	forget(n);
	n->by = strdup(by);
	n->message = strdup(message);
	n->language = strdup(language);
	if (!n->by || !n->message || !n->language) {
		forget(n);
		return false;
	}
	n->seconds = seconds;
	n->screen_w = screen_w;
	n->screen_h = screen_h;
	draw(n);
	return true;
}
