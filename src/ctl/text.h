/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Text for people: cleaned strings, times, colours, JSON, key-value lists. */
#pragma once

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "base/cleanup.h"

enum text_colour { TEXT_PLAIN, TEXT_BOLD, TEXT_DIM, TEXT_RED, TEXT_GREEN, TEXT_YELLOW, TEXT_BLUE };

/* Characters of one value that are shown; longer ones are cut. */
enum { TEXT_VALUE_MAX = 2000 };

/* UTF-8 output whatever the environment says; once, before anything is measured. */
void text_init(void);

/* A copy without control characters (str_clean()); NULL: no memory. */
char *text_clean(const char *s);
/* Columns that a cleaned string takes on a terminal. */
size_t text_width(const char *s);
/* Bytes of the longest beginning of s that takes at most columns; its width in ret_width. */
size_t text_cut(const char *s, size_t columns, size_t *ret_width);

/* Escape sequence, or "" where colours are not wanted (no terminal, or NO_COLOR is set). */
const char *text_colour(enum text_colour colour, bool tty);

/* "now", "45 s", "12 min", "3 h 5 min", "4 days". Fresh memory. */
char *text_duration(int64_t ms);
/* "2026-11-22T14:20:00Z" to seconds since 1970; -EINVAL. */
int text_parse_time(const char *s, int64_t *ret_s);
/* How long ago, from such a time stamp ("12 min ago"); "?" where it is not one. */
char *text_since(const char *timestamp);

/* Each line of s, cleaned and indented. */
void text_print_lines(FILE *f, const char *indent, const char *s);
/* Value and newline. On a terminal everything outside ASCII is escaped: JSON keeps C1 control
 * characters as they are. */
void text_print_json(FILE *f, json_t *value, size_t flags, bool tty);
/* "    Name: value", the value cleaned; nothing if value is NULL or empty. name "": one more value.
 */
void text_print_field(FILE *f, const char *name, const char *value);

/* "0.3 %" of a processor. Fresh memory. */
char *text_permille(int64_t permille);
/* "812 KiB", "12 MiB", "1.5 GiB". Fresh memory. */
char *text_memory(int64_t kib);
/* Two letters, of the environment; NULL: none is chosen. */
const char *text_language(void);

/* Strings joined by ", ". Fresh memory. */
char *text_array(json_t *array);
/* The names that are true in an object, joined by ","; names ends with NULL. Fresh memory. */
char *text_flags(json_t *object, const char *const *names);
/* Member of an object as text: strings as they are, numbers in digits, arrays of strings joined by
 * ", "; "" where there is none. Fresh memory. */
char *text_member(json_t *object, const char *key);
