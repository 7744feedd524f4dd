/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What the seat decides: places x outputs x devices -> stations, and whose key this is. No card, no
 * device, no socket and no clock: what happens is told by the calls below, what is to be done comes
 * out of core_ops. So it runs on made-up devices as well.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/list.h"
#include "proto/usb-path.h"
#include "seat/hands.h"
#include "seat/place.h"

enum { SCREENS_MAX = 64, DEVICES_MAX = 512, DEVICE_NAME_MAX = 128, KEY_CODES = 768 };

/* A connected output, as far as it matters here. */
struct screen {
	const char *id;
	int width, height;
	void *output; /* of whoever draws */
};

struct station {
	struct list link;
	struct place place;
	struct hands hands;
	void *output;      /* where it is shown; NULL: its screen is not connected */
	struct spot spot;  /* in it */
	int width, height; /* of its own picture; 0: no screen */
	bool has_keyboard, has_pointer;
	bool had_pointer, was_placed; /* while devices or places are compared */
	void *io;                     /* of whoever owns the core */
};

struct device {
	struct list link;
	char path[USB_PATH_MAX]; /* ID_PATH */
	char name[DEVICE_NAME_MAX];
	bool keyboard, pointer;
	struct station *station; /* NULL: nobody's */
	uint8_t held[KEY_CODES / 8];
	bool finger; /* a touch screen is touched */
	void *io;
};

struct core {
	struct list stations;
	struct list devices;
	size_t n_devices;
	struct screen *screens; /* ids owned */
	size_t n_screens;
	struct xkb_keymap *keymap; /* borrowed; may be NULL */
	const struct core_ops *ops;
	void *userdata;
};

struct core_ops {
	/* It has a screen from now on, or another secret: connect to the relay. */
	void (*open)(struct core *c, struct station *s);
	/* No screen any more, or it is about to be freed: io is to be given up. */
	void (*close)(struct core *c, struct station *s);
	/* To the relay; nothing where the station is not connected. */
	void (*send)(struct core *c, struct station *s, const struct seat_message *m);
	/* The pointer is somewhere else, or there is one now, or none any more. */
	void (*move)(struct core *c, struct station *s);
	/* A key is held (true), from now on, or not any more. */
	void (*repeat)(struct core *c, struct station *s, bool on);
	/* Everything on the screens is to be painted anew: stations came, went, or moved. */
	void (*repaint)(struct core *c);
	/* For stationd: this device was used, and stationd may want to know. */
	void (*press)(struct core *c, struct device *d, bool keyboard);
	/* Lights of a keyboard, SEAT_LED_*. */
	void (*lights)(struct core *c, struct device *d, uint32_t leds);
};

void core_init(struct core *c, const struct core_ops *ops, struct xkb_keymap *keymap,
		void *userdata);
void core_done(struct core *c);

/* Takes the places; they are empty afterwards. */
int core_set_places(struct core *c, struct places *places);
/* The outputs that are connected now; screens are copied. */
int core_set_screens(struct core *c, const struct screen *screens, size_t n);

int core_add_device(struct core *c, const char *path, const char *name, bool keyboard, bool pointer,
		struct device **ret);
/* What it held is let go at its station. */
void core_remove_device(struct core *c, struct device *d);
/* All that is held is let go: the seat's devices are about to belong to another VT. */
void core_release(struct core *c);
/* A new connection: the relay knows nothing of what is held. Shift and its like go down again. */
void core_connected(struct core *c, struct station *s);

void core_key(struct core *c, struct device *d, uint32_t code, bool down);
void core_repeat(struct core *c, struct station *s);
void core_motion(struct core *c, struct device *d, double dx, double dy);
/* Of an absolute device: 0 to 1 in both directions. */
void core_position(struct core *c, struct device *d, double x, double y);
void core_button(struct core *c, struct device *d, uint32_t code, bool down);
void core_wheel(struct core *c, struct device *d, bool horizontal, double clicks);
/* A touch screen, 0 to 1 of all of it, which is turned as the picture is: the first finger is the
 * pointer. On the other half of a split screen it is not. */
void core_touch(struct core *c, struct device *d, double x, double y, bool down);
void core_touch_end(struct core *c, struct device *d);
void core_leds(struct core *c, struct station *s, uint32_t leds);

struct station *core_find_station(struct core *c, const char *id);
