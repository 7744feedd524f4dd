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
	cairo_rectangle_int_t button; /* in the overlay; width 0: none */
	/* What is drawn. */
	char *by, *message, *language;
	bool asked;
	enum notice_kind kind;
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
	struct draw_text who, message, save, time, ask;
	int who_h, message_h, time_h, foot_h;
	cairo_rectangle_int_t button; /* width 0: none */
	bool asked;
	int w, h;
};

/* The last line: what to do, and the button for more time or that it was asked for. */
static void measure_foot(cairo_t *cr, struct layout *l)
{
	int inside = l->w - 2 * l->pad, ask_h;

	if (!*l->save.text)
		return;
	ask_h = draw_text_height(cr, &l->ask);
	l->button.width = draw_text_width(cr, &l->ask);
	if (!l->asked) {
		l->button.width += 2 * (int)(14 * l->u);
		ask_h += 2 * (int)(8 * l->u);
	}
	l->button.height = ask_h;
	l->button.x = l->w - l->pad - l->button.width;
	l->save.width = MAX(inside - l->button.width - l->pad, 1);
	l->foot_h = MAX(draw_text_height(cr, &l->save), ask_h) + (int)(8 * l->u);
}

static void measure(cairo_t *cr, struct layout *l, uint16_t screen_w)
{
	int head_h;

	l->w = MIN((int)(WIDTH * l->u), (int)screen_w);
	l->pad = (int)(18 * l->u);
	l->gap = (int)(4 * l->u);
	l->time_w = *l->time.text ? draw_text_width(cr, &l->time) : 0;
	l->text_w = l->w - 2 * l->pad - (l->time_w ? l->time_w + l->pad : 0);
	l->who.width = l->message.width = MAX(l->text_w, 1);
	l->who_h = draw_text_height(cr, &l->who);
	l->message_h = *l->message.text ? draw_text_height(cr, &l->message) + l->gap : 0;
	l->time_h = l->time_w ? draw_text_height(cr, &l->time) : 0;
	head_h = MAX(l->who_h + l->message_h, l->time_h);
	measure_foot(cr, l);
	l->h = head_h + l->foot_h + 2 * l->pad;
	l->button.y = l->h - l->pad - l->button.height;
}

static void paint_foot(cairo_t *cr, const struct layout *l)
{
	const cairo_rectangle_int_t *b = &l->button;
	double side = l->asked ? 0 : 14 * l->u, edge = l->asked ? 0 : 8 * l->u;

	draw_text(cr, l->pad, b->y + (b->height - draw_text_height(cr, &l->save)) / 2.0, &l->save);
	if (!l->asked) {
		draw_round_rect(cr, b->x, b->y, b->width, b->height, 7 * l->u);
		draw_colour(cr, DRAW_WARN, 1);
		cairo_fill(cr);
	}
	draw_text(cr, b->x + side, b->y + edge, &l->ask);
}

static void paint(cairo_t *cr, const struct layout *l)
{
	double r = 12 * l->u, y, x = l->pad;
	int head_h = l->h - l->foot_h - 2 * l->pad;

	/* Round below only: the bar hangs from the edge of the screen. */
	draw_round_rect(cr, 0, -2 * r, l->w, l->h + 2 * r, r);
	draw_colour(cr, DRAW_WARN_SOFT, 1);
	cairo_fill(cr);
	draw_round_rect(cr, 1, -2 * r, l->w - 2, l->h + 2 * r - 1, r);
	draw_colour(cr, DRAW_WARN_LINE, 1);
	cairo_set_line_width(cr, MAX(2 * l->u, 2));
	cairo_stroke(cr);
	y = l->pad + (head_h - l->who_h - l->message_h) / 2.0;
	y += draw_text(cr, x, y, &l->who);
	if (*l->message.text)
		draw_text(cr, x, y + l->gap, &l->message);
	if (l->time_w)
		draw_text(cr, l->w - l->pad - l->time_w, l->pad + (head_h - l->time_h) / 2.0,
				&l->time);
	if (l->foot_h > 0)
		paint_foot(cr, l);
}

static enum overlay_text find_lead(enum notice_kind kind, bool is_now)
{
	static const enum overlay_text leads[][2] = {
		[NOTICE_ORDER] = { TEXT_NOTICE, TEXT_NOTICE_NOW },
		[NOTICE_IDLE_LOGOFF] = { TEXT_IDLE_LOGOFF, TEXT_IDLE_LOGOFF_NOW },
		[NOTICE_IDLE_SUSPEND] = { TEXT_IDLE_SUSPEND, TEXT_IDLE_SUSPEND_NOW },
		[NOTICE_IDLE_LOCK] = { TEXT_IDLE_LOCK, TEXT_IDLE_LOCK_NOW },
	};

	return leads[kind][is_now];
}

static void draw(struct notice *n)
{
	bool is_now = n->seconds == 0;
	const char *format = overlay_text_get(n->language, find_lead(n->kind, is_now));
	_cleanup_free_ char *by = str_clean(n->by, NAME_MAX_CHARS);
	_cleanup_free_ char *message = str_clean(n->message, MESSAGE_MAX_CHARS);
	char who[512], quoted[4 * MESSAGE_MAX_CHARS + 16] = "", time[24] = "";
	double u = draw_unit(n->screen_w, n->screen_h);
	struct layout l = { .u = u, .asked = n->asked };
	cairo_surface_t *surface;
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
	l.save = (struct draw_text){
		.text = is_now ? ""
			       : overlay_text_get(n->language, n->kind == NOTICE_ORDER
									       ? TEXT_SAVE
									       : TEXT_IDLE_KEEP),
		.size = 15 * u,
		.colour = DRAW_WARN
	};
	l.time = (struct draw_text){
		.text = time, .size = 38 * u, .colour = DRAW_WARN, .bold = true
	};

	l.ask = (struct draw_text){
		.text = overlay_text_get(n->language, n->asked ? TEXT_ASKED : TEXT_MORE_TIME),
		.size = 15 * u,
		.colour = n->asked ? DRAW_WARN : DRAW_ON_ACCENT,
		.bold = true,
	};

	cr = draw_measuring();
	measure(cr, &l, n->screen_w);
	cairo_destroy(cr);
	surface = draw_surface(n->surface, l.w, l.h);
	if (!surface)
		return; /* the old one stays until there is memory */
	n->surface = surface;
	n->button = l.button;
	if (l.asked || l.foot_h == 0)
		n->button.width = 0;
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

	if (n->seconds == seconds && n->asked == text->asked && n->kind == text->kind &&
			n->screen_w == screen_w && n->screen_h == screen_h && n->by &&
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
	n->asked = text->asked;
	n->kind = text->kind;
	n->screen_w = screen_w;
	n->screen_h = screen_h;
	draw(n);
	return true;
}

bool notice_is_button(const struct notice *n, int x, int y)
{
	const cairo_rectangle_int_t *b = &n->button;

	x -= n->overlay.x + b->x;
	y -= n->overlay.y + b->y;
	return x >= 0 && x < b->width && y >= 0 && y < b->height;
}
