/* SPDX-License-Identifier: GPL-3.0-or-later */
/* X11 key symbols, as RFB carries them, for what the relay draws itself. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { KEYSYM_UTF8_MAX = 8 }; /* with the NUL */

/* The character that the key types, printable and not a control; false: none. */
bool keysym_to_utf8(uint32_t keysym, char ret[static KEYSYM_UTF8_MAX]);

enum keysym_case { KEYSYM_NO_CASE, KEYSYM_LOWER, KEYSYM_UPPER };

/* Of a letter; to see whether Caps Lock is on. */
enum keysym_case keysym_get_case(uint32_t keysym);
