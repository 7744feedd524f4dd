/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The seat's state machine. After each change of places, outputs or devices everything is derived
 * anew (arrange() for screens, route() for devices); what differs from before is told to the ops.
 * A device belongs to at most one station; what it holds is let go before it belongs to another.
 */
#include "seat/core.h"

#include <errno.h>
#include <linux/input-event-codes.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"

static struct station *station_of(struct list *l)
{
	return list_entry(l, struct station, link);
}

static struct device *device_of(struct list *l)
{
	return list_entry(l, struct device, link);
}

void core_init(struct core *c, const struct core_ops *ops, struct xkb_keymap *keymap,
		void *userdata)
{
	*c = (struct core){ .ops = ops, .keymap = keymap, .userdata = userdata };
	list_init(&c->stations);
	list_init(&c->devices);
}

struct station *core_find_station(struct core *c, const char *id)
{
	struct list *l;

	list_for_each (l, &c->stations)
		if (streq(station_of(l)->place.station, id))
			return station_of(l);
	return NULL;
}

/* --- what devices hold --- */

static bool is_held(const struct device *d, uint32_t code)
{
	return d->held[code / 8] & 1 << code % 8;
}

static void key(struct core *c, struct station *s, uint32_t code, bool down)
{
	uint32_t repeated = s->hands.repeated, leds = hands_get_locks(&s->hands);
	struct seat_message m;

	if (!hands_key(&s->hands, code, down, &m))
		return;
	c->ops->send(c, s, &m);
	if (s->hands.repeated != repeated || (down && s->hands.repeated == code))
		c->ops->repeat(c, s, s->hands.repeated != 0);
	if (hands_get_locks(&s->hands) != leds)
		core_leds(c, s, hands_get_locks(&s->hands));
}

static void send_pointer(struct core *c, struct station *s, uint32_t more)
{
	struct seat_message m = hands_pointer(&s->hands, more);

	c->ops->send(c, s, &m);
}

/* Buttons are held in common: the last pointer that goes takes them along. */
static void let_go(struct core *c, struct device *d)
{
	struct station *s = d->station;

	d->finger = false;
	for (uint32_t code = 0; code < KEY_CODES; code++) {
		if (!is_held(d, code))
			continue;
		if (s)
			key(c, s, code, false);
	}
	memset(d->held, 0, sizeof(d->held));
	if (s && d->pointer && s->hands.buttons != 0) {
		s->hands.buttons = 0;
		send_pointer(c, s, 0);
	}
}

/* --- whose device --- */

struct hub_list {
	const char *hubs[PLACES_MAX * HUBS_MAX];
	struct station *owners[PLACES_MAX * HUBS_MAX];
	size_t n;
	struct usb_input inputs[DEVICES_MAX];
	size_t n_inputs;
};

static void collect(struct core *c, struct hub_list *h)
{
	struct list *l;

	h->n = h->n_inputs = 0;
	list_for_each (l, &c->stations) {
		struct station *s = station_of(l);

		for (size_t i = 0; i < s->place.n_hubs && h->n < ELEMENTSOF(h->hubs); i++) {
			h->hubs[h->n] = s->place.hubs[i];
			h->owners[h->n++] = s;
		}
	}
	list_for_each (l, &c->devices) {
		struct device *d = device_of(l);

		h->inputs[h->n_inputs++] =
				(struct usb_input){ .path = d->path, .keyboard = d->keyboard };
	}
}

static void note_devices(struct core *c)
{
	struct list *l;

	list_for_each (l, &c->stations)
		station_of(l)->has_keyboard = station_of(l)->has_pointer = false;
	list_for_each (l, &c->devices) {
		struct device *d = device_of(l);

		if (d->station) {
			d->station->has_keyboard |= d->keyboard;
			d->station->has_pointer |= d->pointer;
		}
	}
}

static void route(struct core *c)
{
	static struct hub_list h; /* too large for the stack; one thread */
	struct list *l;

	collect(c, &h);
	list_for_each (l, &c->stations)
		station_of(l)->had_pointer = station_of(l)->has_pointer;
	list_for_each (l, &c->devices) {
		struct device *d = device_of(l);
		int k = usb_path_assign(d->path, h.inputs, h.n_inputs, h.hubs, h.n);
		struct station *s = k < 0 ? NULL : h.owners[k];

		if (s == d->station)
			continue;
		let_go(c, d);
		d->station = s;
		if (d->keyboard)
			c->ops->lights(c, d, s ? hands_get_locks(&s->hands) : 0);
	}
	note_devices(c);
	list_for_each (l, &c->stations)
		if (station_of(l)->has_pointer != station_of(l)->had_pointer)
			c->ops->move(c, station_of(l));
}

int core_add_device(struct core *c, const char *path, const char *name, bool keyboard, bool pointer,
		struct device **ret)
{
	struct device *d;

	if (c->n_devices >= DEVICES_MAX || strlen(path) >= USB_PATH_MAX)
		return -ENOSPC;
	d = calloc(1, sizeof(*d));
	if (!d)
		return -ENOMEM;
	str_copy(d->path, sizeof(d->path), path);
	str_copy(d->name, sizeof(d->name), name);
	d->keyboard = keyboard;
	d->pointer = pointer;
	list_add_tail(&c->devices, &d->link);
	c->n_devices++;
	*ret = d;
	route(c);
	return 0;
}

void core_remove_device(struct core *c, struct device *d)
{
	let_go(c, d);
	list_remove(&d->link);
	c->n_devices--;
	free(d);
	route(c);
}

void core_release(struct core *c)
{
	struct list *l;

	list_for_each (l, &c->devices)
		let_go(c, device_of(l));
}

/* Whoever holds Shift while the station connects holds it for what comes then. */
static void hold_again(struct core *c, struct device *d)
{
	static const uint32_t modifiers[] = { KEY_LEFTSHIFT, KEY_RIGHTSHIFT, KEY_LEFTCTRL,
		KEY_RIGHTCTRL, KEY_LEFTALT, KEY_RIGHTALT, KEY_LEFTMETA, KEY_RIGHTMETA };
	const struct device before = *d;

	memset(d->held, 0, sizeof(d->held));
	for (size_t i = 0; i < ELEMENTSOF(modifiers); i++)
		if (is_held(&before, modifiers[i]))
			core_key(c, d, modifiers[i], true);
}

void core_connected(struct core *c, struct station *s)
{
	struct list *l;

	hands_forget(&s->hands);
	c->ops->repeat(c, s, false);
	list_for_each (l, &c->devices)
		if (device_of(l)->station == s)
			hold_again(c, device_of(l));
}

/* --- where stations are --- */

static const struct screen *find_screen(const struct core *c, const char *id)
{
	for (size_t i = 0; i < c->n_screens; i++)
		if (streq(c->screens[i].id, id))
			return &c->screens[i];
	return NULL;
}

/* Where it is to be shown; false: nowhere. */
static bool find_spot(struct core *c, struct station *s, struct spot *ret, void **ret_output)
{
	const struct screen *screen = find_screen(c, s->place.output);
	int width, height;

	if (!screen)
		return false;
	ret->rect = area_get_rect(s->place.area, screen->width, screen->height);
	ret->orientation = s->place.orientation;
	*ret_output = screen->output;
	spot_get_size(ret, &width, &height);
	return seat_size_is_valid((uint32_t)width, (uint32_t)height);
}

static void resize(struct core *c, struct station *s, bool tell)
{
	struct seat_message m = { .type = SEAT_SIZE };
	int width, height;

	spot_get_size(&s->spot, &width, &height);
	if (width == s->width && height == s->height)
		return;
	s->width = width;
	s->height = height;
	hands_set_size(&s->hands, width, height);
	m.size.width = (uint32_t)width;
	m.size.height = (uint32_t)height;
	if (tell)
		c->ops->send(c, s, &m);
}

/* True: something is to be painted. */
static bool arrange_station(struct core *c, struct station *s)
{
	struct spot spot, before = s->spot;
	void *output = NULL, *had = s->output;

	if (!find_spot(c, s, &spot, &output)) {
		s->output = NULL;
		s->width = s->height = 0;
		if (had)
			c->ops->close(c, s);
		return had;
	}
	s->output = output;
	s->spot = spot;
	resize(c, s, had);
	if (!had)
		c->ops->open(c, s);
	return had != output || !rect_is_equal(before.rect, spot.rect) ||
	       before.orientation != spot.orientation;
}

static void arrange(struct core *c, bool repaint)
{
	struct list *l;

	list_for_each (l, &c->stations)
		repaint = arrange_station(c, station_of(l)) || repaint;
	if (repaint)
		c->ops->repaint(c);
}

static void screens_free(struct core *c)
{
	for (size_t i = 0; i < c->n_screens; i++)
		free((char *)c->screens[i].id);
	free(c->screens);
	c->screens = NULL;
	c->n_screens = 0;
}

int core_set_screens(struct core *c, const struct screen *screens, size_t n)
{
	struct screen *copy = calloc(n + 1, sizeof(*copy));
	size_t i;

	if (!copy)
		return -ENOMEM;
	screens_free(c);
	c->screens = copy;
	for (i = 0; i < n; i++) {
		copy[i] = screens[i];
		copy[i].id = strdup(screens[i].id);
		if (!copy[i].id)
			break;
		c->n_screens = i + 1;
	}
	arrange(c, true);
	return i < n ? -ENOMEM : 0;
}

static void station_free(struct core *c, struct station *s)
{
	struct list *l;

	list_for_each (l, &c->devices)
		if (device_of(l)->station == s) {
			memset(device_of(l)->held, 0, sizeof(device_of(l)->held));
			device_of(l)->station = NULL;
			if (device_of(l)->keyboard)
				c->ops->lights(c, device_of(l), 0);
		}
	c->ops->close(c, s);
	list_remove(&s->link);
	hands_done(&s->hands);
	place_done(&s->place);
	free(s);
}

static int station_take(struct core *c, struct place *p)
{
	struct station *s = core_find_station(c, p->station);
	bool other_secret = s && !streq(s->place.secret, p->secret);

	if (!s) {
		s = calloc(1, sizeof(*s));
		if (!s)
			return -ENOMEM;
		if (hands_init(&s->hands, c->keymap) < 0) {
			free(s);
			return -ENOMEM;
		}
		list_add_tail(&c->stations, &s->link);
	}
	if (other_secret && s->output) {
		c->ops->close(c, s);
		s->output = NULL;
	}
	place_done(&s->place);
	s->place = *p;
	*p = (struct place){ 0 };
	s->was_placed = true;
	return 0;
}

int core_set_places(struct core *c, struct places *places)
{
	struct list *l, *next;
	bool gone = false;
	int r = 0;

	list_for_each (l, &c->stations)
		station_of(l)->was_placed = false;
	for (size_t i = 0; i < places->n && r == 0; i++)
		r = station_take(c, &places->items[i]);
	places_done(places);
	list_for_each_safe (l, next, &c->stations)
		if (!station_of(l)->was_placed && r == 0) {
			station_free(c, station_of(l));
			gone = true;
		}
	route(c);
	arrange(c, gone);
	return r;
}

void core_done(struct core *c)
{
	struct list *l, *next;

	list_for_each_safe (l, next, &c->stations)
		station_free(c, station_of(l));
	list_for_each_safe (l, next, &c->devices)
		free(device_of(l));
	screens_free(c);
}

/* --- what people do --- */

static bool nobodys_pointer_is_there(const struct core *c)
{
	struct list *l;

	list_for_each (l, &c->devices)
		if (device_of(l)->pointer && !device_of(l)->station)
			return true;
	return false;
}

void core_key(struct core *c, struct device *d, uint32_t code, bool down)
{
	struct station *s = d->station;

	if (code >= KEY_CODES)
		return;
	if (down && d->keyboard && (!s || (!s->has_pointer && nobodys_pointer_is_there(c))))
		c->ops->press(c, d, true);
	if (!s || is_held(d, code) == down)
		return;
	d->held[code / 8] ^= (uint8_t)(1 << code % 8);
	key(c, s, code, down);
}

void core_repeat(struct core *c, struct station *s)
{
	struct seat_message m;

	if (hands_repeat(&s->hands, &m))
		c->ops->send(c, s, &m);
}

/* False: nobody's. */
static bool used(struct core *c, struct device *d)
{
	if (!d->station)
		c->ops->press(c, d, false);
	return d->station && d->station->output;
}

static void moved(struct core *c, struct station *s)
{
	send_pointer(c, s, 0);
	c->ops->move(c, s);
}

void core_motion(struct core *c, struct device *d, double dx, double dy)
{
	if (used(c, d) && hands_move(&d->station->hands, dx, dy))
		moved(c, d->station);
}

void core_position(struct core *c, struct device *d, double x, double y)
{
	struct station *s = d->station;

	if (used(c, d) && hands_move_to(&s->hands, x * s->width, y * s->height))
		moved(c, s);
}

void core_button(struct core *c, struct device *d, uint32_t code, bool down)
{
	if (used(c, d) && hands_button(&d->station->hands, code, down))
		send_pointer(c, d->station, 0);
}

void core_wheel(struct core *c, struct device *d, bool horizontal, double clicks)
{
	uint32_t button;
	int n;

	if (!used(c, d) || clicks == 0)
		return;
	button = hands_wheel(&d->station->hands, horizontal, clicks, &n);
	for (; n > 0; n--) {
		send_pointer(c, d->station, button);
		send_pointer(c, d->station, 0);
	}
}

static bool is_within(struct rect r, int x, int y)
{
	return x >= r.x && x < r.x + r.w && y >= r.y && y < r.y + r.h;
}

void core_touch(struct core *c, struct device *d, double x, double y, bool down)
{
	struct station *s = d->station;
	const struct screen *screen;
	int sx, sy;

	if (!used(c, d) || (!down && !d->finger))
		return;
	screen = find_screen(c, s->place.output);
	if (!screen)
		return;
	sx = (int)(x * screen->width);
	sy = (int)(y * screen->height);
	if (!d->finger && !is_within(s->spot.rect, sx, sy))
		return;
	spot_to_station(&s->spot, sx, sy, &sx, &sy);
	if (hands_move_to(&s->hands, sx, sy))
		moved(c, s);
	if (down && !d->finger) {
		d->finger = true;
		core_button(c, d, BTN_LEFT, true);
	}
}

void core_touch_end(struct core *c, struct device *d)
{
	if (!d->finger)
		return;
	d->finger = false;
	core_button(c, d, BTN_LEFT, false);
}

void core_leds(struct core *c, struct station *s, uint32_t leds)
{
	struct list *l;

	hands_set_locks(&s->hands, leds);
	list_for_each (l, &c->devices) {
		struct device *d = device_of(l);

		if (d->station == s && d->keyboard)
			c->ops->lights(c, d, leds);
	}
}
