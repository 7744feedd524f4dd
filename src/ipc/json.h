/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * JSON as it crosses a border: bounded parsing, and reading of call parameters that names what is
 * wrong. Values are jansson's json_t; "owned" means the caller drops it with json_decref().
 */
#pragma once

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/cleanup.h"

enum { JSON_DEPTH_MAX = 16 };

#define _cleanup_json_ _cleanup_(json_decrefp)

/* Once per process, before any JSON: freed JSON memory is overwritten, since it may have been a
 * password. */
void json_init(void);

/*
 * One JSON object from len bytes: -EBADMSG where it is not one, is nested deeper than
 * JSON_DEPTH_MAX, has a key twice or holds \u0000; -ENOMEM. ret is owned.
 */
int json_parse_object(const char *data, size_t len, json_t **ret);
/* The same, but strings may hold \u0000 (keys never): for who asks json_has_nul(). */
int json_parse_object_nul(const char *data, size_t len, json_t **ret);
/* Is there a string with \u0000 in it, however deep? */
bool json_has_nul(const json_t *json);

/*
 * Reader of parameters. Each arg_x() takes one key; the first problem is kept in bad (name of the
 * key) and everything after it gives defaults, so that checks stand in one place: args_done().
 */
struct args {
	json_t *object; /* borrowed; NULL is an empty object */
	const char *bad;
	size_t n_known;
};

enum arg_need { ARG_OPTIONAL, ARG_REQUIRED };

void args_init(struct args *a, json_t *object);
/* A string of at most max bytes; NULL if absent or null. */
const char *arg_string(struct args *a, const char *key, enum arg_need need, size_t max);
/* A number in lo..hi; fallback if absent or null (ARG_OPTIONAL). */
int64_t arg_int(struct args *a, const char *key, enum arg_need need, int64_t lo, int64_t hi,
		int64_t fallback);
bool arg_bool(struct args *a, const char *key, enum arg_need need, bool fallback);
/* An array of at most max_n strings of at most max bytes; NULL if absent or null. Borrowed. */
json_t *arg_strings(struct args *a, const char *key, enum arg_need need, size_t max_n, size_t max);
/* An object or array as it is; NULL if absent or null. Borrowed. */
json_t *arg_any(struct args *a, const char *key, enum arg_need need);
/* NULL if all keys were fine and none is unknown, else the name of the first bad one (valid as long
 * as object). */
const char *args_done(struct args *a);
/* Like args_done() but lets unknown keys pass: for replies, which may grow. */
static inline const char *args_bad(struct args *a)
{
	return a->bad;
}
