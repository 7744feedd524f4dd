/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What all kinds of viewers share.
 *
 * The scene is the picture, whether input reaches it, and the layers. When it changes, what was
 * held down is let go in the old picture. Keys are remembered while they are held, so that a scene
 * switch or the end of the connection never leaves one down in a session, and a key that was
 * pressed in another scene is not released in this one.
 */
#include "relay/viewer.h"

#include <string.h>

#include "base/clock.h"
#include "base/str.h"
#include "relay/keysym.h"
#include "relay/viewer-internal.h"

enum { ACTIVITY_MS = 1000 };

struct viewer *viewer_free(struct viewer *v)
{
	if (v)
		v->ops->free(v);
	return NULL;
}

void viewer_refuse(struct viewer *v, const char *reason)
{
	if (!v->failed)
		v->ops->refuse(v, reason);
}

/* --- the scene --- */

void viewer_set_picture(struct viewer *v, struct picture *p, bool input)
{
	if (v->failed)
		return;
	if (p == v->picture) {
		if (v->input && !input)
			viewer_release_input(v);
		v->input = input;
		return;
	}
	viewer_release_input(v);
	v->picture = p;
	v->input = input && p;
	v->ops->handle_picture(v);
}

void viewer_forget_picture(struct viewer *v)
{
	v->picture = NULL;
	v->n_keys = 0;
	v->buttons = 0;
}

void viewer_set_filter(struct viewer *v, const struct viewer_filter *filter, void *userdata)
{
	v->filter = filter;
	v->filter_userdata = userdata;
}

void viewer_set_overlay(struct viewer *v, enum viewer_layer layer, struct overlay *o)
{
	struct rfb_rect *at = &v->overlays_at[layer], old = *at;

	v->overlays[layer] = o;
	*at = (struct rfb_rect){ 0 };
	if (o)
		*at = (struct rfb_rect){ .x = o->x, .y = o->y, .w = o->w, .h = o->h };
	if (!v->picture || v->failed)
		return;
	if (old.w > 0 && old.h > 0)
		v->ops->damage(v, &old);
	if (at->w > 0 && at->h > 0)
		v->ops->damage(v, at);
	v->ops->send(v);
}

void viewer_send_cut_text(struct viewer *v, const char *utf8)
{
	if (v->ops->send_cut_text)
		v->ops->send_cut_text(v, utf8);
}

const char *viewer_describe(struct viewer *v)
{
	return v->ops->describe(v);
}

void viewer_get_client_size(struct viewer *v, uint16_t *ret_w, uint16_t *ret_h)
{
	v->ops->get_client_size(v, ret_w, ret_h);
}

void viewer_get_size(struct viewer *v, uint16_t *ret_w, uint16_t *ret_h)
{
	v->ops->get_size(v, ret_w, ret_h);
}

void viewer_get_layer_size(struct viewer *v, uint16_t *ret_w, uint16_t *ret_h)
{
	v->ops->get_layer_size(v, ret_w, ret_h);
}

bool viewer_is_screen(const struct viewer *v)
{
	return v->ops->is_screen;
}

bool viewer_is_shift_held(const struct viewer *v)
{
	return v->shift_left || v->shift_right;
}

/* --- input --- */

static const struct picture_input *input_of(const struct viewer *v)
{
	return v->picture && v->input && !v->failed ? v->picture->input : NULL;
}

void viewer_note_activity(struct viewer *v)
{
	int64_t now = clock_mono_ms();

	if (v->activity_ms != 0 && now - v->activity_ms < ACTIVITY_MS)
		return;
	v->activity_ms = now;
	if (v->events->handle_activity)
		v->events->handle_activity(v, v->userdata);
}

static struct viewer_key *find_key(struct viewer *v, uint32_t keysym, uint32_t keycode)
{
	/* By the code where there is one: the symbol of a key changes with Shift. */
	for (unsigned i = 0; i < v->n_keys; i++)
		if (keycode != 0 ? v->keys[i].keycode == keycode : v->keys[i].keysym == keysym)
			return &v->keys[i];
	return NULL;
}

void viewer_input_key(struct viewer *v, uint32_t keysym, uint32_t keycode, bool down)
{
	const struct picture_input *in;
	struct viewer_key *key;

	if (keysym == KEYSYM_SHIFT_L)
		v->shift_left = down;
	else if (keysym == KEYSYM_SHIFT_R)
		v->shift_right = down;
	viewer_note_activity(v);
	in = input_of(v);
	key = find_key(v, keysym, keycode);
	if (v->filter && v->filter->key &&
			v->filter->key(v->filter_userdata, keysym, keycode, down) && (down || !key))
		return;
	if (!in || !in->key)
		return;
	if (down) {
		if (!key && v->n_keys == VIEWER_KEYS_MAX)
			return;
		if (!key)
			v->keys[v->n_keys++] = (struct viewer_key){ keysym, keycode };
	} else {
		if (!key)
			return; /* pressed in another scene */
		*key = v->keys[--v->n_keys];
	}
	in->key(v->picture->input_userdata, keysym, keycode, down);
}

void viewer_input_pointer(struct viewer *v, uint8_t buttons, uint16_t x, uint16_t y)
{
	const struct picture_input *in = input_of(v);

	if (v->filter && v->filter->pointer &&
			v->filter->pointer(v->filter_userdata, buttons, x, y)) {
		/* Buttons that the picture was told are held do not stay so behind what took the
		 * event. */
		if (v->buttons == 0 || !in || !in->pointer)
			return;
		buttons = 0;
	}
	if (!in || !in->pointer)
		return;
	if (v->ops->map)
		v->ops->map(v, &x, &y);
	v->buttons = buttons;
	v->pointer_x = x;
	v->pointer_y = y;
	in->pointer(v->picture->input_userdata, buttons, x, y);
}

bool viewer_input_resize(struct viewer *v, uint16_t w, uint16_t h)
{
	bool taken = v->filter && v->filter->resize && v->filter->resize(v->filter_userdata);
	const struct picture_input *in = input_of(v);

	if (taken || !in || !in->resize || w == 0 || h == 0)
		return false;
	in->resize(v->picture->input_userdata, w, h);
	return true;
}

void viewer_release_input(struct viewer *v)
{
	const struct picture_input *in = v->picture ? v->picture->input : NULL;

	for (unsigned i = 0; in && in->key && i < v->n_keys; i++)
		in->key(v->picture->input_userdata, v->keys[i].keysym, v->keys[i].keycode, false);
	v->n_keys = 0;
	if (in && in->pointer && v->buttons != 0)
		in->pointer(v->picture->input_userdata, 0, v->pointer_x, v->pointer_y);
	v->buttons = 0;
}

/* --- layers --- */

/* Pixels of the picture with the overlay over them: premultiplied "over" (Porter, Duff). */
static void compose_row(uint8_t *to, const uint8_t *over, unsigned w)
{
	for (unsigned x = 0; x < w; x++, to += 4, over += 4) {
		unsigned keep = 255u - over[3];

		for (unsigned k = 0; k < 3; k++)
			to[k] = (uint8_t)(over[k] + (to[k] * keep + 127) / 255);
		to[3] = 0;
	}
}

void viewer_compose(
		const struct viewer *v, const pixman_box32_t *b, uint8_t *pixels, uint32_t stride)
{
	for (unsigned i = 0; i < _VIEWER_LAYER_MAX; i++) {
		const struct overlay *o = v->overlays[i];
		int x1, x2;

		if (!o)
			continue;
		x1 = MAX(b->x1, (int)o->x);
		x2 = MIN(b->x2, o->x + o->w);
		for (int y = MAX(b->y1, (int)o->y); x1 < x2 && y < MIN(b->y2, o->y + o->h); y++)
			compose_row(pixels + (size_t)(y - b->y1) * stride +
							(size_t)(x1 - b->x1) * 4,
					o->argb + (size_t)(y - o->y) * o->stride +
							(size_t)(x1 - o->x) * 4,
					(unsigned)(x2 - x1));
	}
}

void viewer_premultiply(uint32_t *to, const uint32_t *argb, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		uint32_t c = argb[i], a = c >> 24;

		to[i] = a << 24 | (c >> 16 & 255) * a / 255 << 16 | (c >> 8 & 255) * a / 255 << 8 |
			(c & 255) * a / 255;
	}
}
