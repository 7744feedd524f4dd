/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Text that is being typed: UTF-8 and a caret. Keys are X11 key symbols. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { ENTRY_BYTES_MAX = 4000 };

struct entry {
	size_t max_bytes, max_chars;
	size_t len, caret; /* bytes; the caret is always between characters */
	char text[ENTRY_BYTES_MAX + 1];
};

/* Empty; max_bytes at most ENTRY_BYTES_MAX. */
void entry_init(struct entry *e, size_t max_bytes, size_t max_chars);
/* Overwrites what was typed. */
void entry_wipe(struct entry *e);
/* The caret behind it; what is too long is cut. */
void entry_set(struct entry *e, const char *text);
/* Moves the caret or removes; false: not a key for that. */
bool entry_edit(struct entry *e, uint32_t keysym);
/* false: the key types no character, or there is no room for it. */
bool entry_type(struct entry *e, uint32_t keysym);
