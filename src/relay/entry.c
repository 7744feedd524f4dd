/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Text that is being typed. It may be a password: what is removed is overwritten. */
#include "relay/entry.h"

#include <string.h>

#include "base/str.h"
#include "relay/keysym.h"

void entry_init(struct entry *e, size_t max_bytes, size_t max_chars)
{
	entry_wipe(e);
	e->max_bytes = MIN(max_bytes, (size_t)ENTRY_BYTES_MAX);
	e->max_chars = max_chars;
}

void entry_wipe(struct entry *e)
{
	explicit_bzero(e->text, sizeof(e->text));
	e->len = e->caret = 0;
}

static size_t previous(const struct entry *e, size_t at)
{
	while (at > 0 && ((unsigned char)e->text[--at] & 0xc0) == 0x80)
		;
	return at;
}

static size_t next(const struct entry *e, size_t at)
{
	if (at < e->len)
		at++;
	while (at < e->len && ((unsigned char)e->text[at] & 0xc0) == 0x80)
		at++;
	return at;
}

static void remove_bytes(struct entry *e, size_t from, size_t to)
{
	memmove(e->text + from, e->text + to, e->len - to + 1);
	explicit_bzero(e->text + e->len - (to - from) + 1, to - from);
	e->len -= to - from;
	e->caret = from;
}

void entry_set(struct entry *e, const char *text)
{
	entry_wipe(e);
	e->len = strlen(text);
	if (e->len > e->max_bytes) {
		e->len = e->max_bytes;
		while (e->len > 0 && ((unsigned char)text[e->len] & 0xc0) == 0x80)
			e->len--;
	}
	memcpy(e->text, text, e->len);
	e->caret = e->len;
	while (str_count_chars(e->text) > e->max_chars)
		remove_bytes(e, previous(e, e->len), e->len);
}

bool entry_edit(struct entry *e, uint32_t keysym)
{
	switch (keysym) {
	case KEYSYM_BACKSPACE:
		remove_bytes(e, previous(e, e->caret), e->caret);
		break;
	case KEYSYM_DELETE:
		remove_bytes(e, e->caret, next(e, e->caret));
		break;
	case KEYSYM_LEFT:
		e->caret = previous(e, e->caret);
		break;
	case KEYSYM_RIGHT:
		e->caret = next(e, e->caret);
		break;
	case KEYSYM_HOME:
		e->caret = 0;
		break;
	case KEYSYM_END:
		e->caret = e->len;
		break;
	default:
		return false;
	}
	return true;
}

bool entry_type(struct entry *e, uint32_t keysym)
{
	char utf8[KEYSYM_UTF8_MAX];
	size_t n;

	if (!keysym_to_utf8(keysym, utf8))
		return false;
	n = strlen(utf8);
	if (e->len + n > e->max_bytes || str_count_chars(e->text) >= e->max_chars)
		return false;
	memmove(e->text + e->caret + n, e->text + e->caret, e->len - e->caret + 1);
	memcpy(e->text + e->caret, utf8, n);
	e->len += n;
	e->caret += n;
	return true;
}
