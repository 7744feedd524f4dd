/* SPDX-License-Identifier: GPL-3.0-or-later */
/* X11 key symbols, as RFB carries them, for what the relay draws itself. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { KEYSYM_UTF8_MAX = 8 }; /* with the NUL */

/* X11/keysymdef.h, what cards and panel use. */
enum {
	KEYSYM_BACKSPACE = 0xff08,
	KEYSYM_TAB = 0xff09,
	KEYSYM_LINEFEED = 0xff0a,
	KEYSYM_RETURN = 0xff0d,
	KEYSYM_ESCAPE = 0xff1b,
	KEYSYM_HOME = 0xff50,
	KEYSYM_LEFT = 0xff51,
	KEYSYM_UP = 0xff52,
	KEYSYM_RIGHT = 0xff53,
	KEYSYM_DOWN = 0xff54,
	KEYSYM_PAGE_UP = 0xff55,
	KEYSYM_PAGE_DOWN = 0xff56,
	KEYSYM_END = 0xff57,
	KEYSYM_KP_ENTER = 0xff8d,
	KEYSYM_KP_HOME = 0xff95,
	KEYSYM_KP_UP = 0xff97,
	KEYSYM_KP_DOWN = 0xff99,
	KEYSYM_KP_PAGE_UP = 0xff9a,
	KEYSYM_KP_PAGE_DOWN = 0xff9b,
	KEYSYM_KP_7 = 0xffb7,
	KEYSYM_SHIFT_L = 0xffe1,
	KEYSYM_SHIFT_R = 0xffe2,
	KEYSYM_CONTROL_L = 0xffe3,
	KEYSYM_CONTROL_R = 0xffe4,
	KEYSYM_CAPS_LOCK = 0xffe5,
	KEYSYM_META_L = 0xffe7,
	KEYSYM_META_R = 0xffe8,
	KEYSYM_ALT_L = 0xffe9,
	KEYSYM_ALT_R = 0xffea,
	KEYSYM_DELETE = 0xffff,
	KEYSYM_ISO_LEFT_TAB = 0xfe20,
};

/* The character that the key types, printable and not a control; false: none. */
bool keysym_to_utf8(uint32_t keysym, char ret[static KEYSYM_UTF8_MAX]);

enum keysym_case { KEYSYM_NO_CASE, KEYSYM_LOWER, KEYSYM_UPPER };

/* Of a letter; to see whether Caps Lock is on. */
enum keysym_case keysym_get_case(uint32_t keysym);
