/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Key symbols by libxkbcommon's tables. Keypad digits type digits; control characters (Return,
 * Escape, Delete) are keys, not text.
 */
#include "relay/keysym.h"

#include <xkbcommon/xkbcommon.h>

bool keysym_to_utf8(uint32_t keysym, char ret[static KEYSYM_UTF8_MAX])
{
	int n = xkb_keysym_to_utf8(keysym, ret, KEYSYM_UTF8_MAX);

	/* n counts the NUL. */
	return n > 1 && (unsigned char)ret[0] >= 0x20 && ret[0] != 0x7f &&
	       !(n == 3 && (unsigned char)ret[0] == 0xc2 && (unsigned char)ret[1] < 0xa0);
}

enum keysym_case keysym_get_case(uint32_t keysym)
{
	uint32_t lower = xkb_keysym_to_lower(keysym), upper = xkb_keysym_to_upper(keysym);

	if (lower == upper)
		return KEYSYM_NO_CASE;
	return keysym == upper ? KEYSYM_UPPER : KEYSYM_LOWER;
}
