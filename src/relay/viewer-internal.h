/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What all kinds of viewers share: the scene, layers, and the way of input to the picture. For
 * viewer-*.c only.
 */
#pragma once

#include "proto/rfb.h"
#include "relay/viewer.h"

enum { VIEWER_KEYS_MAX = 32 /* held down at once */ };

struct viewer_key {
	uint32_t keysym, keycode;
};

struct viewer_ops {
	bool is_screen;
	void (*free)(struct viewer *v);
	void (*refuse)(struct viewer *v, const char *reason);
	/* picture and input are set, input of the one before was let go. */
	void (*handle_picture)(struct viewer *v);
	/* Composed again: this part of the layers. */
	void (*damage)(struct viewer *v, const struct rfb_rect *r);
	/* What is due, if the client can take it. */
	void (*send)(struct viewer *v);
	const char *(*describe)(struct viewer *v);
	void (*get_client_size)(struct viewer *v, uint16_t *ret_w, uint16_t *ret_h);
	void (*get_size)(struct viewer *v, uint16_t *ret_w, uint16_t *ret_h);
	void (*get_layer_size)(struct viewer *v, uint16_t *ret_w, uint16_t *ret_h);
	/* NULL: has no clipboard. */
	void (*send_cut_text)(struct viewer *v, const char *utf8);
	/* From the layers to the picture; NULL: they are the same. */
	void (*map)(struct viewer *v, uint16_t *x, uint16_t *y);
};

struct viewer {
	const struct viewer_ops *ops;
	const struct viewer_events *events;
	void *userdata;
	bool failed; /* it ends: shows and takes nothing any more */

	/* The scene. */
	struct picture *picture; /* borrowed; NULL: the last frame stays */
	bool input;
	const struct viewer_filter *filter;
	void *filter_userdata;
	struct overlay *overlays[_VIEWER_LAYER_MAX]; /* borrowed */
	/* Where they were when they were last drawn; w 0: nowhere. */
	struct rfb_rect overlays_at[_VIEWER_LAYER_MAX];

	/* What the picture was told is held. */
	struct viewer_key keys[VIEWER_KEYS_MAX];
	unsigned n_keys;
	uint8_t buttons;
	uint16_t pointer_x, pointer_y;

	bool shift_left, shift_right;
	int64_t activity_ms;
};

/* To the filter, and to the picture where the scene allows it. */
void viewer_input_key(struct viewer *v, uint32_t keysym, uint32_t keycode, bool down);
/* Within the layers, and only with a picture. */
void viewer_input_pointer(struct viewer *v, uint8_t buttons, uint16_t x, uint16_t y);
/* The client wants its picture in this size; false: it may not have it. */
bool viewer_input_resize(struct viewer *v, uint16_t w, uint16_t h);
/* Somebody is there. */
void viewer_note_activity(struct viewer *v);
/* Let go of every key and button in the picture shown now. */
void viewer_release_input(struct viewer *v);
/* The picture has gone without a new one: there is nothing to let go in. */
void viewer_forget_picture(struct viewer *v);
/* Draw the layers over pixels (B G R X) that show this box. */
void viewer_compose(
		const struct viewer *v, const pixman_box32_t *b, uint8_t *pixels, uint32_t stride);
/* Premultiplied; n pixels. */
void viewer_premultiply(uint32_t *to, const uint32_t *argb, size_t n);
