/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a station with its own screen shows: the whole table of scene_decide(), and scene_parse().
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>

#include "base/str.h"
#include "ipc/json.h"
#include "relay/scene.h"

#define G SCENE_GREETER
#define S SCENE_SESSION

static const struct {
	struct scene_facts facts; /* known, kind, has_notice, has_picture, was_shown, login_runs */
	struct scene_shown shown; /* picture, input, notice */
} table[] = {
	/* Nothing is known before stationd has said it, whatever else there is. */
	{ { false, G, false, false, false, false }, { SCENE_PICTURE_WAITING, true, false } },
	{ { false, S, true, true, true, true }, { SCENE_PICTURE_WAITING, true, false } },
	/* Greeter: a session's picture that is still there is not shown. */
	{ { true, G, false, false, false, false }, { SCENE_PICTURE_LOGIN, true, false } },
	{ { true, G, false, false, false, true }, { SCENE_PICTURE_BUSY, true, false } },
	{ { true, G, true, true, true, false }, { SCENE_PICTURE_LOGIN, true, false } },
	/* Session. */
	{ { true, S, false, true, false, false }, { SCENE_PICTURE_SESSION, true, false } },
	{ { true, S, true, true, true, false }, { SCENE_PICTURE_SESSION, true, true } },
	{ { true, S, false, true, true, true }, { SCENE_PICTURE_SESSION, true, false } },
	/* Its picture is away for a moment: the last frame, dead to input; the notice goes on. */
	{ { true, S, false, false, true, false }, { SCENE_PICTURE_LAST, false, false } },
	{ { true, S, true, false, true, false }, { SCENE_PICTURE_LAST, false, true } },
	/* It was never here: not the frame of whoever was. */
	{ { true, S, false, false, false, false }, { SCENE_PICTURE_BUSY, true, false } },
	{ { true, S, true, false, false, true }, { SCENE_PICTURE_BUSY, true, false } },
};

static void each_row_of_the_table(void **state)
{
	for (size_t i = 0; i < ELEMENTSOF(table); i++) {
		struct scene_shown d = scene_decide(&table[i].facts);

		if (d.picture != table[i].shown.picture || d.input != table[i].shown.input ||
				d.notice != table[i].shown.notice)
			fail_msg("row %zu: picture %d input %d notice %d", i, d.picture, d.input,
					d.notice);
	}
}

/* For every combination of facts, also those that the table does not name. */
static void input_passes_only_to_what_is_shown(void **state)
{
	for (unsigned bits = 0; bits < 64; bits++) {
		struct scene_facts f = { bits & 1, bits & 2 ? S : G, bits & 4, bits & 8, bits & 16,
			bits & 32 };
		struct scene_shown d = scene_decide(&f);

		if (d.picture == SCENE_PICTURE_SESSION)
			assert_true(f.known && f.kind == S && f.has_picture);
		if (d.picture == SCENE_PICTURE_LAST)
			assert_true(f.known && f.kind == S && f.was_shown && !d.input);
		if (d.notice)
			assert_true(f.known && f.kind == S && f.has_notice);
	}
}

static int parse(const char *text, struct scene *ret)
{
	_cleanup_json_ json_t *j = NULL;

	assert_int_equal(json_parse_object(text, strlen(text), &j), 0);
	return scene_parse(j, ret);
}

static void scenes_are_read(void **state)
{
	struct scene s = { 0 };

	assert_int_equal(parse("{\"kind\":\"session\",\"session\":\"s7\",\"user\":\"anna\","
			       "\"full_name\":\"Anna\",\"notice\":{\"job\":\"j1\",\"by\":\"K\","
			       "\"ends_ms\":5,\"message\":\"m\"},\"text\":\"\",\"new\":1}",
					 &s),
			0);
	assert_int_equal(s.kind, SCENE_SESSION);
	assert_string_equal(s.session, "s7");
	assert_true(s.has_notice);
	assert_int_equal(s.ends_ms, 5);
	assert_string_equal(s.by, "K");
	assert_string_equal(s.message, "m");
	assert_int_equal(parse("{\"kind\":\"greeter\",\"session\":\"s7\",\"notice\":null,"
			       "\"text\":\"why\"}",
					 &s),
			0);
	assert_int_equal(s.kind, SCENE_GREETER);
	assert_string_equal(s.session, "");
	assert_false(s.has_notice);
	assert_string_equal(s.text, "why");
	scene_done(&s);
}

static void what_is_no_scene_changes_nothing(void **state)
{
	static const char *const bad[] = { "{}", "{\"kind\":\"block\"}", "{\"kind\":1}",
		"{\"kind\":\"session\"}", "{\"kind\":\"session\",\"session\":\"\"}",
		"{\"kind\":\"session\",\"session\":\"ssssssssssssssssssssssssssssssssssssssssss\"}",
		"{\"kind\":\"greeter\",\"text\":7}", "{\"kind\":\"greeter\",\"notice\":{}}",
		"{\"kind\":\"greeter\",\"notice\":{\"ends_ms\":-1}}" };
	struct scene s = { 0 };

	assert_int_equal(parse("{\"kind\":\"greeter\",\"text\":\"kept\"}", &s), 0);
	for (size_t i = 0; i < ELEMENTSOF(bad); i++)
		assert_int_equal(parse(bad[i], &s), -EBADMSG);
	assert_int_equal(scene_parse(NULL, &s), -EBADMSG);
	assert_string_equal(s.text, "kept");
	scene_done(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_row_of_the_table),
		cmocka_unit_test(input_passes_only_to_what_is_shown),
		cmocka_unit_test(scenes_are_read),
		cmocka_unit_test(what_is_no_scene_changes_nothing),
	};

	json_init();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
