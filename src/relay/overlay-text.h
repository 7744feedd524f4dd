/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The words of what the relay draws, in every language that it speaks. */
#pragma once

#include <stddef.h>

enum overlay_text {
	TEXT_LEAD,
	TEXT_USER,
	TEXT_PASSWORD,
	TEXT_DESKTOP,
	TEXT_LOG_IN,
	TEXT_CONTINUE,
	TEXT_BACK,
	TEXT_USER_MISSING,
	TEXT_CAPS_LOCK,
	TEXT_BUSY,
	TEXT_NOTICE,     /* %s: who */
	TEXT_NOTICE_NOW, /* %s: who */
	TEXT_SAVE,
	_TEXT_MAX,
};

/* language: "de", "de-AT", ...; anything unknown is English. */
const char *overlay_text_get(const char *language, enum overlay_text text);
/* Put value where "%s" stands; cut at size - 1 bytes. */
void overlay_text_fill(char *dst, size_t size, const char *text, const char *value);
