/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What is painted, and when: parts of the picture as a FRAME names them, at once, because the relay
 * may write to them afterwards; the pointer once a turn of the loop, however often it moved. drawn
 * is what the pointer covers on the screen now, so it leaves no trail: whoever changes the
 * pointer's place or shape paints drawn anew first.
 *
 * Without the relay the last picture stays, and pictures of a new connection replace it when their
 * first frame is there.
 */
#include "seat/shown.h"

#include <errno.h>
#include <stdlib.h>

#include "base/log.h"
#include "seat/kms.h"
#include "seat/link.h"

enum { REPEAT_FIRST_US = 400 * 1000, REPEAT_NEXT_US = 33 * 1000 };

struct shown {
	const struct shown_options *o;
	struct station *station;
	struct link *link;
	struct picture *kept; /* of the link before */
	struct cursor cursor;
	struct rect drawn;
	bool is_moved, is_closed, was_connected, is_fresh;
	sd_event_source *repeat;
};

static const struct picture *get_picture(const struct shown *s)
{
	return s->link && link_get_picture(s->link) ? link_get_picture(s->link) : s->kept;
}

static bool has_cursor(const struct shown *s)
{
	return s->station->has_pointer && s->cursor.w > 0 && get_picture(s);
}

static void paint(struct shown *s, struct rect r)
{
	struct output *o = s->station->output;
	struct canvas canvas;

	if (!o || !*s->o->is_active || rect_is_empty(r))
		return;
	canvas = (struct canvas){
		.pixels = o->pixels, .stride = o->stride, .spot = s->station->spot
	};
	output_add_damage(o, picture_paint(get_picture(s), has_cursor(s) ? &s->cursor : NULL,
					     &canvas, r));
}

static void paint_cursor(struct shown *s)
{
	struct rect before = s->drawn, now = { 0 };

	s->is_moved = false;
	s->cursor.x = (int)s->station->hands.x;
	s->cursor.y = (int)s->station->hands.y;
	if (has_cursor(s))
		now = cursor_get_rect(&s->cursor);
	s->drawn = now;
	paint(s, before);
	if (!rect_is_equal(before, now))
		paint(s, now);
}

void shown_paint(struct shown *s)
{
	s->is_moved = false;
	s->cursor.x = (int)s->station->hands.x;
	s->cursor.y = (int)s->station->hands.y;
	s->drawn = has_cursor(s) ? cursor_get_rect(&s->cursor) : (struct rect){ 0 };
	paint(s, (struct rect){ 0, 0, s->station->width, s->station->height });
}

void shown_move(struct shown *s)
{
	s->is_moved = true;
}

/* --- the relay --- */

static void handle_picture(struct link *l, void *userdata)
{
	struct shown *s = userdata;

	(void)l;
	s->kept = picture_free(s->kept);
	s->is_fresh = true;
}

static void handle_frame(struct link *l, const struct seat_message *m, void *userdata)
{
	struct shown *s = userdata;

	if (m->frame.pointer_changed && cursor_set_shape(&s->cursor, link_get_picture(l), m) >= 0)
		paint_cursor(s);
	if (s->is_fresh) {
		s->is_fresh = false;
		shown_paint(s); /* also what the picture before covered and this one does not */
		return;
	}
	for (uint32_t i = 0; i < m->frame.n; i++)
		paint(s, (struct rect){ (int)m->frame.rects[i].x, (int)m->frame.rects[i].y,
					 (int)m->frame.rects[i].w, (int)m->frame.rects[i].h });
}

static void handle_leds(struct link *l, uint32_t leds, void *userdata)
{
	struct shown *s = userdata;

	(void)l;
	core_leds(s->o->core, s->station, leds);
}

static void handle_closed(struct link *l, int error, void *userdata)
{
	struct shown *s = userdata;

	(void)l;
	s->is_closed = true;
	log_info("the relay is gone, its picture stays station=%s reason=%s",
			s->station->place.station, strerror(-error));
}

bool shown_is_connected(const struct shown *s)
{
	return s->link;
}

int shown_connect(struct shown *s)
{
	static const struct link_ops ops = { .picture = handle_picture,
		.frame = handle_frame,
		.leds = handle_leds,
		.closed = handle_closed };
	struct link_options o = { .event = s->o->event,
		.path = s->o->relay_path,
		.relay_uid = s->o->relay_uid,
		.secret = s->station->place.secret,
		.width = s->station->width,
		.height = s->station->height };
	int r;

	if (s->link)
		return 0;
	r = link_open(&o, &ops, s, &s->link);
	if (r < 0)
		return r;
	core_connected(s->o->core, s->station);
	return 0;
}

void shown_send(struct shown *s, const struct seat_message *m)
{
	if (s->link && !s->is_closed)
		link_send(s->link, m);
}

bool shown_settle(struct shown *s)
{
	bool ended = s->is_closed;

	if (ended) {
		struct picture *last = link_take_picture(s->link);

		if (last) {
			picture_free(s->kept);
			s->kept = last;
		}
		s->link = link_close(s->link);
		s->is_closed = s->is_fresh = false;
		shown_repeat(s, false);
	}
	if (s->is_moved)
		paint_cursor(s);
	return ended;
}

/* --- repeated keys --- */

static int handle_repeat(sd_event_source *source, uint64_t usec, void *userdata)
{
	struct shown *s = userdata;

	(void)usec;
	core_repeat(s->o->core, s->station);
	sd_event_source_set_time_relative(source, REPEAT_NEXT_US);
	return sd_event_source_set_enabled(source, SD_EVENT_ONESHOT);
}

void shown_repeat(struct shown *s, bool on)
{
	sd_event_source_set_time_relative(s->repeat, REPEAT_FIRST_US);
	sd_event_source_set_enabled(s->repeat, on && s->link ? SD_EVENT_ONESHOT : SD_EVENT_OFF);
}

/* --- life --- */

int shown_new(const struct shown_options *o, struct station *station, struct shown **ret)
{
	struct shown *s = calloc(1, sizeof(*s));
	int r;

	if (!s)
		return -ENOMEM;
	s->o = o;
	s->station = station;
	r = sd_event_add_time_relative(
			o->event, &s->repeat, CLOCK_MONOTONIC, 0, 1000, handle_repeat, s);
	if (r >= 0)
		r = sd_event_source_set_enabled(s->repeat, SD_EVENT_OFF);
	if (r < 0) {
		shown_free(s);
		return r;
	}
	*ret = s;
	return 0;
}

struct shown *shown_free(struct shown *s)
{
	if (!s)
		return NULL;
	sd_event_source_disable_unref(s->repeat);
	link_close(s->link);
	picture_free(s->kept);
	cursor_done(&s->cursor);
	free(s);
	return NULL;
}
