/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What one person does at a station: keys with the layout's symbols, pointer, buttons, wheel. All
 * keyboards and pointers of a station act as one. Nothing is sent here; messages come back.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <xkbcommon/xkbcommon.h>

#include "proto/seat.h"

struct hands {
	struct xkb_state *xkb; /* NULL: no layout, keys have no symbols */
	double x, y;           /* pointer, within width and height */
	int width, height;
	uint32_t buttons;                        /* RFB's mask, 1-3 */
	uint8_t held[SEAT_KEY_CODE_MAX + 1];     /* by how many keyboards */
	uint32_t symbols[SEAT_KEY_CODE_MAX + 1]; /* of held keys, as they went down */
	uint32_t repeated;                       /* code of the key that repeats; 0: none */
	bool scroll_lock; /* as the session says: layouts have no state for it */
	double wheel[2];  /* clicks that are not whole yet: down, right */
};

/* keymap may be NULL. The pointer stands in the middle. */
int hands_init(struct hands *h, struct xkb_keymap *keymap);
void hands_done(struct hands *h);
/* The pointer stays where it is, in proportion. */
void hands_set_size(struct hands *h, int width, int height);
/* Nothing is held any more and nobody is told; what is locked stays. */
void hands_forget(struct hands *h);

/* True: send *ret. */
bool hands_key(struct hands *h, uint32_t code, bool down, struct seat_message *ret);
/* The held key again. */
bool hands_repeat(struct hands *h, struct seat_message *ret);
bool hands_move(struct hands *h, double dx, double dy);
bool hands_move_to(struct hands *h, double x, double y);
bool hands_button(struct hands *h, uint32_t code, bool down);
/* Clicks of the wheel (fractions add up); gives RFB's button (1 << 3 to 1 << 6) and how often. */
uint32_t hands_wheel(struct hands *h, bool horizontal, double clicks, int *ret_n);
/* A message with where the pointer is, and these buttons beside those that are held. */
struct seat_message hands_pointer(const struct hands *h, uint32_t more);

/* What is locked, as SEAT_LED_*. */
uint32_t hands_get_locks(const struct hands *h);
/* The session says what is locked there. */
void hands_set_locks(struct hands *h, uint32_t leds);
