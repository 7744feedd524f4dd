/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Strings: comparison, numbers, UTF-8, formatting into fresh memory. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "base/cleanup.h"

static inline bool streq(const char *a, const char *b)
{
	return strcmp(a, b) == 0;
}

static inline bool str_is_empty(const char *s)
{
	return !s || !*s;
}

/* Whole string is a decimal number in lo..hi; -EINVAL, -ERANGE. */
int str_parse_i64(const char *s, int64_t lo, int64_t hi, int64_t *ret);
/* "yes/no", "true/false", "on/off", "1/0"; -EINVAL. */
int str_parse_bool(const char *s, bool *ret);

/* Valid UTF-8 (no surrogates, no overlong forms, at most U+10FFFF). */
bool str_is_utf8(const char *s, size_t len);
/* Characters, not bytes, of valid UTF-8. */
size_t str_count_chars(const char *s);
/*
 * A copy that can be shown: invalid bytes become U+FFFD, control characters and bidirectional
 * overrides are dropped, at most max_chars characters. NULL: no memory.
 */
char *str_clean(const char *s, size_t max_chars);

/* Names of accounts as Debian allows them: 1..32 of [a-z0-9_.-] or UTF-8 letters, no ':' '/' ',',
 * no leading '-'. */
bool str_is_account_name(const char *s);

/* printf into fresh memory; NULL: no memory. */
char *str_format(const char *fmt, ...) _printf_(1, 2);
/* Into dst of size bytes, always ended; true if all fitted. */
bool str_copy(char *dst, size_t size, const char *src);

/* Random token: 32 bytes of getrandom(2), base64url without padding, 43 characters + NUL. */
#define STR_TOKEN_LEN 43
/* Before the random part of an API token: nobody takes it for one of a person signed in. */
#define STR_API_TOKEN_PREFIX "smt_"
enum { STR_API_TOKEN_LEN = 4 + STR_TOKEN_LEN };
/* The same of 32 bytes that are there. */
void str_build_token(const uint8_t bytes[static 32], char ret[static STR_TOKEN_LEN + 1]);
int str_random_token(char ret[static STR_TOKEN_LEN + 1]);
/* Takes as long for every a and b of the same length. */
bool str_eq_secret(const char *a, const char *b);
/* Overwrite, then free; NULL is fine. */
void str_wipe_free(char *s);
