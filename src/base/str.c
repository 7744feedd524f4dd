/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * String helpers. Everything that may come from a person or a peer passes str_is_utf8() or
 * str_clean() before it is stored, logged or sent on, so the rest of the program can rely on valid
 * UTF-8.
 */
#include "base/str.h"

#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <sys/random.h>

int str_parse_i64(const char *s, int64_t lo, int64_t hi, int64_t *ret)
{
	long long v;
	char *end;

	if (!s || (!isdigit((unsigned char)*s) && *s != '-'))
		return -EINVAL;
	errno = 0;
	v = strtoll(s, &end, 10);
	if (*end || end == s)
		return -EINVAL;
	if (errno == ERANGE || v < lo || v > hi)
		return -ERANGE;
	*ret = v;
	return 0;
}

int str_parse_bool(const char *s, bool *ret)
{
	static const char *const yes[] = { "yes", "true", "on", "1" };
	static const char *const no[] = { "no", "false", "off", "0" };

	for (size_t i = 0; i < ELEMENTSOF(yes); i++) {
		if (streq(s, yes[i])) {
			*ret = true;
			return 0;
		}
		if (streq(s, no[i])) {
			*ret = false;
			return 0;
		}
	}
	return -EINVAL;
}

/* One character at s (len bytes left): its length 1..4 and code point, or 0 where it is not UTF-8.
 */
static size_t utf8_decode(const char *s, size_t len, uint32_t *ret)
{
	const uint8_t *p = (const uint8_t *)s;
	uint32_t c;
	size_t n;

	if (p[0] < 0x80) {
		*ret = p[0];
		return 1;
	}
	if (p[0] >= 0xc2 && p[0] <= 0xdf) {
		n = 2;
		c = p[0] & 0x1fu;
	} else if ((p[0] & 0xf0) == 0xe0) {
		n = 3;
		c = p[0] & 0x0fu;
	} else if (p[0] >= 0xf0 && p[0] <= 0xf4) {
		n = 4;
		c = p[0] & 0x07u;
	} else {
		return 0;
	}
	if (len < n)
		return 0;
	for (size_t i = 1; i < n; i++) {
		if ((p[i] & 0xc0) != 0x80)
			return 0;
		c = c << 6 | (p[i] & 0x3fu);
	}
	if ((n == 3 && c < 0x800) || (n == 4 && c < 0x10000) || c > 0x10ffff ||
			(c >= 0xd800 && c <= 0xdfff))
		return 0;
	*ret = c;
	return n;
}

bool str_is_utf8(const char *s, size_t len)
{
	uint32_t c;

	for (size_t i = 0, n; i < len; i += n) {
		n = utf8_decode(s + i, len - i, &c);
		if (n == 0)
			return false;
	}
	return true;
}

size_t str_count_chars(const char *s)
{
	size_t n = 0;

	for (; *s; s++)
		n += ((unsigned char)*s & 0xc0) != 0x80;
	return n;
}

static bool char_is_shown(uint32_t c)
{
	if (c < 0x20 || (c >= 0x7f && c < 0xa0))
		return false;
	/* Overrides and isolates turn text around and can make one name look like another. */
	return !(c >= 0x202a && c <= 0x202e) && !(c >= 0x2066 && c <= 0x2069) && c != 0x2028 &&
	       c != 0x2029;
}

char *str_clean(const char *s, size_t max_chars)
{
	size_t len = strlen(s), used = 0, chars = 0;
	char *out;

	/* A broken byte becomes three. */
	if (len > SIZE_MAX / 3 - 1)
		return NULL;
	out = malloc(len * 3 + 1);
	if (!out)
		return NULL;
	for (size_t i = 0; i < len && chars < max_chars;) {
		uint32_t c;
		size_t n = utf8_decode(s + i, len - i, &c);

		if (n == 0) {
			memcpy(out + used, "\xef\xbf\xbd", 3);
			used += 3;
			chars++;
			i++;
			continue;
		}
		if (char_is_shown(c)) {
			memcpy(out + used, s + i, n);
			used += n;
			chars++;
		}
		i += n;
	}
	out[used] = 0;
	return out;
}

bool str_is_account_name(const char *s)
{
	size_t len = s ? strlen(s) : 0;

	if (len < 1 || len > 256 || s[0] == '-' || streq(s, ".") || streq(s, "..") ||
			!str_is_utf8(s, len))
		return false;
	for (size_t i = 0; i < len; i++) {
		unsigned char c = (unsigned char)s[i];

		if (c <= 0x20 || c == 0x7f || c == ':' || c == '/' || c == ',')
			return false;
	}
	return true;
}

char *str_format(const char *fmt, ...)
{
	char *s = NULL;
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vasprintf(&s, fmt, ap);
	va_end(ap);
	return n < 0 ? NULL : s;
}

bool str_copy(char *dst, size_t size, const char *src)
{
	size_t len = strlen(src);

	if (size == 0)
		return false;
	memcpy(dst, src, MIN(len, size - 1));
	dst[MIN(len, size - 1)] = 0;
	return len < size;
}

void str_build_token(const uint8_t bytes[static 32], char ret[static STR_TOKEN_LEN + 1])
{
	static const char digits[] =
			"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
	uint8_t raw[33] = { 0 };
	size_t used = 0;

	memcpy(raw, bytes, 32);
	for (size_t i = 0; i < 33; i += 3) {
		uint32_t v = (uint32_t)raw[i] << 16 | (uint32_t)raw[i + 1] << 8 | raw[i + 2];

		for (int shift = 18; shift >= 0 && used < STR_TOKEN_LEN; shift -= 6)
			ret[used++] = digits[v >> shift & 63];
	}
	ret[STR_TOKEN_LEN] = 0;
	explicit_bzero(raw, sizeof(raw));
}

int str_random_token(char ret[static STR_TOKEN_LEN + 1])
{
	uint8_t raw[32];

	if (getrandom(raw, sizeof(raw), 0) != sizeof(raw))
		return -EIO;
	str_build_token(raw, ret);
	explicit_bzero(raw, sizeof(raw));
	return 0;
}

bool str_eq_secret(const char *a, const char *b)
{
	size_t la = strlen(a), lb = strlen(b);
	volatile uint8_t diff = 0;

	if (la != lb)
		return false;
	for (size_t i = 0; i < la; i++)
		diff |= (uint8_t)(a[i] ^ b[i]);
	return diff == 0;
}

void str_wipe_free(char *s)
{
	if (s)
		explicit_bzero(s, strlen(s));
	free(s);
}
