/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Text of users on its way to a terminal, a log or a page. What must hold: what str_clean() gives
 * is UTF-8, holds no control character, is not longer than asked for, and is clean already; times
 * and numbers are read or refused.
 */
#include <string.h>

#include "base/str.h"
#include "ctl/text.h"
#include "fuzz.h"

static size_t count_chars(const char *s)
{
	size_t n = 0;

	for (; *s; s++)
		n += ((unsigned char)*s & 0xc0) != 0x80;
	return n;
}

static void check_clean(const char *text, size_t max)
{
	_cleanup_free_ char *clean = str_clean(text, max), *again = NULL;

	FUZZ_CHECK(clean && str_is_utf8(clean, strlen(clean)));
	FUZZ_CHECK(count_chars(clean) <= max);
	for (const char *s = clean; *s; s++)
		FUZZ_CHECK((unsigned char)*s >= 0x20 && *s != 0x7f &&
				!((unsigned char)*s == 0xc2 && (unsigned char)s[1] < 0xa0));
	again = str_clean(clean, max);
	FUZZ_CHECK(again && streq(clean, again));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	_cleanup_free_ char *text = strndup((const char *)data, size), *age = NULL;
	int64_t n;
	size_t width, cut;
	bool yes;

	FUZZ_CHECK(text);
	check_clean(text, 10);
	check_clean(text, 100000);
	if (str_is_account_name(text))
		FUZZ_CHECK(!strpbrk(text, ":/, \n") && text[0] != '-');
	if (str_parse_i64(text, -100, 100, &n) == 0)
		FUZZ_CHECK(n >= -100 && n <= 100);
	str_parse_bool(text, &yes);
	age = text_since(text);
	FUZZ_CHECK(age);
	cut = text_cut(text, 7, &width);
	FUZZ_CHECK(cut <= strlen(text) && width <= 7);
	return 0;
}
