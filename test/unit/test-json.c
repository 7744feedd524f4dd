/* SPDX-License-Identifier: GPL-3.0-or-later */
/* JSON at a border: what is parsed, and how the first wrong parameter is named. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "base/str.h"
#include "ipc/json.h"

static json_t *parse(const char *text)
{
	json_t *j = NULL;

	assert_int_equal(json_parse_object(text, strlen(text), &j), 0);
	return j;
}

static void only_sound_objects_are_taken(void **state)
{
	static const char *const bad[] = { "", " ", "[]", "1", "null", "\"a\"", "{", "{}x", "{}{}",
		"{\"a\":1,\"a\":2}", "{\"a\":\"\\u0000\"}", "{\"a\":\"\xff\"}", "{'a':1}",
		"{\"a\":01}", "{\"a\":NaN}", "{\"a\":1,}", "{\"a\":\"\n\"}",
		"{\"a\":99999999999999999999}", "{\"a\":\"\\ud800\"}" };
	json_t *j = NULL;

	for (size_t i = 0; i < ELEMENTSOF(bad); i++) {
		assert_int_equal(json_parse_object(bad[i], strlen(bad[i]), &j), -EBADMSG);
		assert_null(j);
	}
	json_decref(parse("{}"));
	json_decref(parse(" {\"a\": [1, true, null, \"\\u00e4\", {\"b\": -1.5e3}]}\n"));
}

static void nul_is_found_however_deep(void **state)
{
	static const char *const with[] = { "{\"a\":\"\\u0000\"}",
		"{\"a\":[{\"b\":\"x\\u0000y\"}]}" };
	static const char key[] = "{\"\\u0000\":1}", without[] = "{\"a\":[\"\",{\"b\":\"0\"}]}";
	json_t *j = NULL;

	for (size_t i = 0; i < ELEMENTSOF(with); i++) {
		assert_int_equal(json_parse_object_nul(with[i], strlen(with[i]), &j), 0);
		assert_true(json_has_nul(j));
		json_decref(j);
	}
	assert_int_equal(json_parse_object_nul(without, strlen(without), &j), 0);
	assert_false(json_has_nul(j));
	json_decref(j);
	assert_int_equal(json_parse_object_nul(key, strlen(key), &j), -EBADMSG);
}

static void depth_has_a_limit(void **state)
{
	char text[200] = "";
	json_t *j = NULL;

	for (int depth = 15; depth <= 17; depth++) {
		snprintf(text, sizeof(text), "{\"a\":%.*s%.*s}", depth - 1, "[[[[[[[[[[[[[[[[[[[[",
				depth - 1, "]]]]]]]]]]]]]]]]]]]]");
		assert_int_equal(json_parse_object(text, strlen(text), &j),
				depth <= JSON_DEPTH_MAX ? 0 : -EBADMSG);
		if (depth <= JSON_DEPTH_MAX)
			json_decref(j);
	}
	/* Brackets in strings are no depth, and cannot hide any. */
	json_decref(parse("{\"a\":\"[[[[[[[[[[[[[[[[[[[[[[[[\\\"[[[[[[[[[\"}"));
	snprintf(text, sizeof(text), "{\"a\\\\\":%.*s%.*s}", 20, "[[[[[[[[[[[[[[[[[[[[", 20,
			"]]]]]]]]]]]]]]]]]]]]");
	assert_int_equal(json_parse_object(text, strlen(text), &j), -EBADMSG);
}

static void parameters_are_read(void **state)
{
	_cleanup_json_ json_t *j = parse("{\"s\":\"abc\",\"n\":5,\"b\":true,\"l\":[\"x\",\"y\"],"
					 "\"o\":{},\"z\":null}");
	struct args a;

	args_init(&a, j);
	assert_string_equal(arg_string(&a, "s", ARG_REQUIRED, 3), "abc");
	assert_int_equal(arg_int(&a, "n", ARG_REQUIRED, 5, 5, 0), 5);
	assert_true(arg_bool(&a, "b", ARG_REQUIRED, false));
	assert_int_equal(json_array_size(arg_strings(&a, "l", ARG_REQUIRED, 2, 1)), 2);
	assert_non_null(arg_any(&a, "o", ARG_REQUIRED));
	/* null is absent. */
	assert_null(arg_string(&a, "z", ARG_OPTIONAL, 10));
	assert_int_equal(arg_int(&a, "absent", ARG_OPTIONAL, 0, 1, 77), 77);
	assert_true(arg_bool(&a, "absent", ARG_OPTIONAL, true));
	assert_null(args_done(&a));
}

static const char *first_bad(const char *text, void (*read)(struct args *))
{
	static char name[64];
	_cleanup_json_ json_t *j = parse(text);
	struct args a;
	const char *bad;

	args_init(&a, j);
	read(&a);
	bad = args_done(&a);
	if (!bad)
		return NULL;
	str_copy(name, sizeof(name), bad);
	return name;
}

static void read_all(struct args *a)
{
	arg_string(a, "s", ARG_REQUIRED, 3);
	arg_int(a, "n", ARG_OPTIONAL, 0, 10, 0);
	arg_bool(a, "b", ARG_OPTIONAL, false);
	arg_strings(a, "l", ARG_OPTIONAL, 2, 3);
}

static void the_first_bad_parameter_is_named(void **state)
{
	assert_null(first_bad("{\"s\":\"abc\"}", read_all));
	assert_string_equal(first_bad("{}", read_all), "s");
	assert_string_equal(first_bad("{\"s\":null}", read_all), "s");
	assert_string_equal(first_bad("{\"s\":5}", read_all), "s");
	assert_string_equal(first_bad("{\"s\":\"abcd\"}", read_all), "s");
	assert_string_equal(first_bad("{\"s\":\"\",\"n\":11,\"b\":5}", read_all), "n");
	assert_string_equal(first_bad("{\"s\":\"\",\"n\":-1}", read_all), "n");
	assert_string_equal(first_bad("{\"s\":\"\",\"n\":1.5}", read_all), "n");
	assert_string_equal(first_bad("{\"s\":\"\",\"n\":\"1\"}", read_all), "n");
	assert_string_equal(first_bad("{\"s\":\"\",\"b\":1}", read_all), "b");
	assert_string_equal(first_bad("{\"s\":\"\",\"l\":\"x\"}", read_all), "l");
	assert_string_equal(first_bad("{\"s\":\"\",\"l\":[1]}", read_all), "l");
	assert_string_equal(first_bad("{\"s\":\"\",\"l\":[\"a\",\"b\",\"c\"]}", read_all), "l");
	assert_string_equal(first_bad("{\"s\":\"\",\"l\":[\"abcd\"]}", read_all), "l");
	assert_string_equal(first_bad("{\"s\":\"\",\"typo\":1}", read_all), "(unknown parameter)");
}

static void replies_may_grow(void **state)
{
	_cleanup_json_ json_t *j = parse("{\"s\":\"abc\",\"new\":1}");
	struct args a;

	args_init(&a, j);
	arg_string(&a, "s", ARG_REQUIRED, 3);
	assert_null(args_bad(&a));
	args_init(&a, NULL);
	arg_string(&a, "s", ARG_OPTIONAL, 3);
	assert_null(args_done(&a));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(only_sound_objects_are_taken),
		cmocka_unit_test(nul_is_found_however_deep),
		cmocka_unit_test(depth_has_a_limit),
		cmocka_unit_test(parameters_are_read),
		cmocka_unit_test(the_first_bad_parameter_is_named),
		cmocka_unit_test(replies_may_grow),
	};

	json_init();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
