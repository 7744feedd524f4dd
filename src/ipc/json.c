/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * JSON helpers over jansson. Depth is checked by a scan before the parser runs, because jansson's
 * own limit (2048) is fixed when it is built. The allocator wipes: jansson copies strings, and a
 * password in freed memory would outlive its PAM conversation.
 */
#include "ipc/json.h"

#include <malloc.h>
#include <string.h>

static void wipe_free(void *p)
{
	if (p)
		explicit_bzero(p, malloc_usable_size(p));
	free(p);
}

void json_init(void)
{
	json_set_alloc_funcs(malloc, wipe_free);
}

static bool depth_is_fine(const char *data, size_t len)
{
	bool in_string = false;
	int depth = 0;

	for (size_t i = 0; i < len; i++) {
		char c = data[i];

		if (in_string) {
			if (c == '\\')
				i++;
			else if (c == '"')
				in_string = false;
		} else if (c == '"') {
			in_string = true;
		} else if (c == '{' || c == '[') {
			if (++depth > JSON_DEPTH_MAX)
				return false;
		} else if (c == '}' || c == ']') {
			depth--;
		}
	}
	return true;
}

static int parse(const char *data, size_t len, size_t flags, json_t **ret)
{
	json_error_t error;
	json_t *j;

	if (!depth_is_fine(data, len))
		return -EBADMSG;
	j = json_loadb(data, len, JSON_REJECT_DUPLICATES | flags, &error);
	if (!j)
		return json_error_code(&error) == json_error_out_of_memory ? -ENOMEM : -EBADMSG;
	if (!json_is_object(j)) {
		json_decref(j);
		return -EBADMSG;
	}
	*ret = j;
	return 0;
}

int json_parse_object(const char *data, size_t len, json_t **ret)
{
	return parse(data, len, 0, ret);
}

int json_parse_object_nul(const char *data, size_t len, json_t **ret)
{
	return parse(data, len, JSON_ALLOW_NUL, ret);
}

/* As deep as the parser lets anything be. */
bool json_has_nul(const json_t *json)
{
	const char *key;
	json_t *item;
	size_t i;

	if (json_is_string(json))
		return strlen(json_string_value(json)) != json_string_length(json);
	json_array_foreach (json, i, item)
		if (json_has_nul(item))
			return true;
	json_object_foreach ((json_t *)json, key, item)
		if (json_has_nul(item))
			return true;
	return false;
}

void args_init(struct args *a, json_t *object)
{
	*a = (struct args){ .object = object };
}

static json_t *args_take(struct args *a, const char *key, enum arg_need need)
{
	json_t *j = a->object ? json_object_get(a->object, key) : NULL;

	if (j)
		a->n_known++;
	if (json_is_null(j))
		j = NULL;
	if (!j && need == ARG_REQUIRED && !a->bad)
		a->bad = key;
	return j;
}

static void args_fail(struct args *a, const char *key)
{
	if (!a->bad)
		a->bad = key;
}

const char *arg_string(struct args *a, const char *key, enum arg_need need, size_t max)
{
	json_t *j = args_take(a, key, need);

	if (!j)
		return NULL;
	if (!json_is_string(j) || json_string_length(j) > max) {
		args_fail(a, key);
		return NULL;
	}
	return json_string_value(j);
}

int64_t arg_int(struct args *a, const char *key, enum arg_need need, int64_t lo, int64_t hi,
		int64_t fallback)
{
	json_t *j = args_take(a, key, need);

	if (!j)
		return fallback;
	if (!json_is_integer(j) || json_integer_value(j) < lo || json_integer_value(j) > hi) {
		args_fail(a, key);
		return fallback;
	}
	return json_integer_value(j);
}

bool arg_bool(struct args *a, const char *key, enum arg_need need, bool fallback)
{
	json_t *j = args_take(a, key, need);

	if (!j)
		return fallback;
	if (!json_is_boolean(j)) {
		args_fail(a, key);
		return fallback;
	}
	return json_is_true(j);
}

json_t *arg_strings(struct args *a, const char *key, enum arg_need need, size_t max_n, size_t max)
{
	json_t *j = args_take(a, key, need), *item;
	size_t i;

	if (!j)
		return NULL;
	if (!json_is_array(j) || json_array_size(j) > max_n) {
		args_fail(a, key);
		return NULL;
	}
	json_array_foreach (j, i, item) {
		if (!json_is_string(item) || json_string_length(item) > max) {
			args_fail(a, key);
			return NULL;
		}
	}
	return j;
}

json_t *arg_any(struct args *a, const char *key, enum arg_need need)
{
	return args_take(a, key, need);
}

const char *args_done(struct args *a)
{
	static const char *const unknown = "(unknown parameter)";

	if (!a->bad && a->object && json_object_size(a->object) != a->n_known)
		a->bad = unknown;
	return a->bad;
}
