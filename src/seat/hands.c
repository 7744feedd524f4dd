/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * State of a person's hands. A key of which two keyboards have a copy goes up when both let it go.
 * A key that goes up has the symbol that it went down with, whatever Shift does meanwhile.
 */
#include "seat/hands.h"

#include <errno.h>
#include <linux/input-event-codes.h>
#include <string.h>

#include "base/cleanup.h"

enum { XKB_OFFSET = 8 /* keycodes of X are those of evdev and this */, WHEEL_CLICKS_MAX = 16 };

static const struct {
	const char *name;
	uint32_t led;
} locks[] = {
	{ XKB_MOD_NAME_CAPS, SEAT_LED_CAPS },
	{ XKB_MOD_NAME_NUM, SEAT_LED_NUM },
};

int hands_init(struct hands *h, struct xkb_keymap *keymap)
{
	*h = (struct hands){ 0 };
	if (keymap) {
		h->xkb = xkb_state_new(keymap);
		if (!h->xkb)
			return -ENOMEM;
	}
	return 0;
}

void hands_done(struct hands *h)
{
	xkb_state_unref(h->xkb);
	*h = (struct hands){ 0 };
}

void hands_set_size(struct hands *h, int width, int height)
{
	h->x = h->width > 0 ? h->x * width / h->width : width / 2;
	h->y = h->height > 0 ? h->y * height / h->height : height / 2;
	h->width = width;
	h->height = height;
}

void hands_forget(struct hands *h)
{
	struct xkb_state *fresh;

	memset(h->held, 0, sizeof(h->held));
	h->buttons = 0;
	h->repeated = 0;
	h->wheel[0] = h->wheel[1] = 0;
	/* A state remembers which keys are down, so only another one has none. */
	fresh = h->xkb ? xkb_state_new(xkb_state_get_keymap(h->xkb)) : NULL;
	if (!fresh)
		return;
	xkb_state_update_mask(fresh, 0, 0, xkb_state_serialize_mods(h->xkb, XKB_STATE_MODS_LOCKED),
			0, 0, xkb_state_serialize_layout(h->xkb, XKB_STATE_LAYOUT_LOCKED));
	xkb_state_unref(h->xkb);
	h->xkb = fresh;
}

/* --- keys --- */

static struct seat_message key_message(const struct hands *h, uint32_t code, bool down)
{
	struct seat_message m = { .type = SEAT_KEY };

	m.key.code = code;
	m.key.keysym = h->symbols[code];
	m.key.down = down;
	return m;
}

static bool key_down(struct hands *h, uint32_t code, struct seat_message *ret)
{
	if (h->held[code] == UINT8_MAX || h->held[code]++ > 0)
		return false;
	h->symbols[code] = 0;
	h->repeated = 0;
	if (h->xkb) {
		xkb_keycode_t k = code + XKB_OFFSET;

		h->symbols[code] = MIN(
				xkb_state_key_get_one_sym(h->xkb, k), (uint32_t)SEAT_KEYSYM_MAX);
		xkb_state_update_key(h->xkb, k, XKB_KEY_DOWN);
		if (xkb_keymap_key_repeats(xkb_state_get_keymap(h->xkb), k))
			h->repeated = code;
	}
	*ret = key_message(h, code, true);
	return true;
}

bool hands_key(struct hands *h, uint32_t code, bool down, struct seat_message *ret)
{
	if (code > SEAT_KEY_CODE_MAX)
		return false;
	if (down)
		return key_down(h, code, ret);
	if (h->held[code] == 0 || --h->held[code] > 0)
		return false;
	if (h->repeated == code)
		h->repeated = 0;
	if (h->xkb)
		xkb_state_update_key(h->xkb, code + XKB_OFFSET, XKB_KEY_UP);
	*ret = key_message(h, code, false);
	return true;
}

bool hands_repeat(struct hands *h, struct seat_message *ret)
{
	if (h->repeated == 0)
		return false;
	*ret = key_message(h, h->repeated, true);
	return true;
}

uint32_t hands_get_locks(const struct hands *h)
{
	uint32_t leds = h->scroll_lock ? SEAT_LED_SCROLL : 0;

	for (size_t i = 0; h->xkb && i < ELEMENTSOF(locks); i++)
		if (xkb_state_mod_name_is_active(h->xkb, locks[i].name, XKB_STATE_MODS_LOCKED) > 0)
			leds |= locks[i].led;
	return leds;
}

void hands_set_locks(struct hands *h, uint32_t leds)
{
	struct xkb_keymap *keymap = h->xkb ? xkb_state_get_keymap(h->xkb) : NULL;
	xkb_mod_mask_t locked;

	h->scroll_lock = leds & SEAT_LED_SCROLL;
	if (!keymap)
		return;
	locked = xkb_state_serialize_mods(h->xkb, XKB_STATE_MODS_LOCKED);
	for (size_t i = 0; i < ELEMENTSOF(locks); i++) {
		xkb_mod_index_t mod = xkb_keymap_mod_get_index(keymap, locks[i].name);

		if (mod == XKB_MOD_INVALID)
			continue;
		locked &= ~(UINT32_C(1) << mod);
		if (leds & locks[i].led)
			locked |= UINT32_C(1) << mod;
	}
	xkb_state_update_mask(h->xkb, xkb_state_serialize_mods(h->xkb, XKB_STATE_MODS_DEPRESSED),
			xkb_state_serialize_mods(h->xkb, XKB_STATE_MODS_LATCHED), locked,
			xkb_state_serialize_layout(h->xkb, XKB_STATE_LAYOUT_DEPRESSED),
			xkb_state_serialize_layout(h->xkb, XKB_STATE_LAYOUT_LATCHED),
			xkb_state_serialize_layout(h->xkb, XKB_STATE_LAYOUT_LOCKED));
}

/* --- pointer --- */

bool hands_move_to(struct hands *h, double x, double y)
{
	int old_x = (int)h->x, old_y = (int)h->y;

	h->x = CLAMP(x, 0, MAX(h->width - 1, 0));
	h->y = CLAMP(y, 0, MAX(h->height - 1, 0));
	return (int)h->x != old_x || (int)h->y != old_y;
}

bool hands_move(struct hands *h, double dx, double dy)
{
	return hands_move_to(h, h->x + dx, h->y + dy);
}

bool hands_button(struct hands *h, uint32_t code, bool down)
{
	static const uint32_t codes[] = { BTN_LEFT, BTN_MIDDLE, BTN_RIGHT };
	uint32_t before = h->buttons;

	for (unsigned i = 0; i < ELEMENTSOF(codes); i++)
		if (codes[i] == code)
			h->buttons = down ? before | 1u << i : before & ~(1u << i);
	return h->buttons != before;
}

uint32_t hands_wheel(struct hands *h, bool horizontal, double clicks, int *ret_n)
{
	double *sum = &h->wheel[horizontal];
	bool forward = clicks > 0;

	/* Turning back begins anew. */
	if ((*sum > 0) != forward)
		*sum = 0;
	*sum += clicks;
	*ret_n = (int)CLAMP(forward ? *sum : -*sum, 0, WHEEL_CLICKS_MAX);
	*sum -= forward ? *ret_n : -*ret_n;
	if (horizontal)
		return forward ? 1u << 6 : 1u << 5;
	return forward ? 1u << 4 : 1u << 3;
}

struct seat_message hands_pointer(const struct hands *h, uint32_t more)
{
	struct seat_message m = { .type = SEAT_POINTER };

	m.pointer.x = (uint32_t)h->x;
	m.pointer.y = (uint32_t)h->y;
	m.pointer.buttons = h->buttons | more;
	return m;
}
