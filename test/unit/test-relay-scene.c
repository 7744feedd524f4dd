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

/* Of a fact in the table: no, yes, or it makes no difference. */
enum { N, Y, ANY };

/*
 * The whole table of what picture is shown: each combination of facts fits exactly one row. The
 * other facts (input, notice, sign) have none, see below.
 */
static const struct {
	enum scene_kind kind;
	int picture, projection, window, was_shown, login;
	enum scene_picture shown;
} table[] = {
	/* Nothing is known before stationd has said it, whatever else there is. */
	{ SCENE_UNKNOWN, ANY, ANY, ANY, ANY, ANY, SCENE_PICTURE_WAITING },
	/* Greeter: a session's picture that is still there is not shown. */
	{ SCENE_GREETER, ANY, ANY, ANY, ANY, N, SCENE_PICTURE_LOGIN },
	{ SCENE_GREETER, ANY, ANY, ANY, ANY, Y, SCENE_PICTURE_BUSY },
	/* Session; a window waits for what is in it. */
	{ SCENE_SESSION, Y, ANY, N, ANY, ANY, SCENE_PICTURE_SESSION },
	{ SCENE_SESSION, Y, N, Y, ANY, ANY, SCENE_PICTURE_SESSION },
	{ SCENE_SESSION, Y, Y, Y, ANY, ANY, SCENE_PICTURE_WINDOW },
	/* Its picture is away for a moment: the last frame. It was never here: not the frame of
	 * whoever was. */
	{ SCENE_SESSION, N, ANY, ANY, Y, ANY, SCENE_PICTURE_LAST },
	{ SCENE_SESSION, N, ANY, ANY, N, ANY, SCENE_PICTURE_BUSY },
	/* Projection: never what was there before. */
	{ SCENE_PROJECTION, ANY, Y, ANY, ANY, ANY, SCENE_PICTURE_PROJECTION },
	{ SCENE_PROJECTION, ANY, N, ANY, ANY, ANY, SCENE_PICTURE_COMING },
	{ SCENE_LOCK, ANY, ANY, ANY, ANY, N, SCENE_PICTURE_LOCK },
	{ SCENE_LOCK, ANY, ANY, ANY, ANY, Y, SCENE_PICTURE_BUSY },
	{ SCENE_BLOCK, ANY, ANY, ANY, ANY, ANY, SCENE_PICTURE_BLOCK },
	/* A screen that does not know its keyboard: whatever else there is. */
	{ SCENE_MAPPING, ANY, ANY, ANY, ANY, ANY, SCENE_PICTURE_MAPPING },
};

enum { N_FACTS = 512 };

static struct scene_facts facts_of(unsigned kind, unsigned bits)
{
	return (struct scene_facts){ .kind = kind,
		.input = bits & 1,
		.window = bits & 2,
		.has_notice = bits & 4,
		.has_sign = bits & 8,
		.has_picture = bits & 16,
		.has_projection = bits & 32,
		.was_shown = bits & 64,
		.login_runs = bits & 128,
		.has_identify = bits & 256 };
}

static bool fits(int cell, bool fact)
{
	return cell == ANY || (cell == Y) == fact;
}

static void each_combination_is_one_row(void **state)
{
	for (unsigned kind = 0; kind < _SCENE_KIND_MAX; kind++)
		for (unsigned bits = 0; bits < N_FACTS; bits++) {
			struct scene_facts f = facts_of(kind, bits);
			unsigned n = 0;

			for (size_t i = 0; i < ELEMENTSOF(table); i++) {
				if (table[i].kind != f.kind ||
						!fits(table[i].picture, f.has_picture) ||
						!fits(table[i].projection, f.has_projection) ||
						!fits(table[i].window, f.window) ||
						!fits(table[i].was_shown, f.was_shown) ||
						!fits(table[i].login, f.login_runs))
					continue;
				n++;
				if (scene_decide(&f).picture != table[i].shown)
					fail_msg("row %zu, facts %u: picture %d", i, bits,
							scene_decide(&f).picture);
			}
			if (n != 1)
				fail_msg("kind %u, facts %u: %u rows", kind, bits, n);
		}
}

static bool is_session(enum scene_picture p)
{
	return p == SCENE_PICTURE_SESSION || p == SCENE_PICTURE_WINDOW;
}

static bool is_greeter(enum scene_picture p)
{
	return p == SCENE_PICTURE_WAITING || p == SCENE_PICTURE_LOGIN || p == SCENE_PICTURE_BUSY ||
	       p == SCENE_PICTURE_LOCK;
}

static void input_passes_only_to_what_is_shown(void **state)
{
	for (unsigned kind = 0; kind < _SCENE_KIND_MAX; kind++)
		for (unsigned bits = 0; bits < N_FACTS; bits++) {
			struct scene_facts f = facts_of(kind, bits);
			struct scene_shown d = scene_decide(&f);

			/* A session's pixels: only with a scene of that kind. */
			if (is_session(d.picture) || d.picture == SCENE_PICTURE_LAST)
				assert_int_equal(f.kind, SCENE_SESSION);
			/* Keys: to the session if the scene says so, to what the relay draws with
			 * fields, and to nothing else. */
			assert_int_equal(d.input,
					is_greeter(d.picture) ||
							(is_session(d.picture) && f.input));
		}
}

static void layers_are_for_people(void **state)
{
	for (unsigned kind = 0; kind < _SCENE_KIND_MAX; kind++)
		for (unsigned bits = 0; bits < N_FACTS; bits++) {
			struct scene_facts f = facts_of(kind, bits);
			struct scene_shown d = scene_decide(&f);
			bool person = f.kind != SCENE_UNKNOWN && f.kind != SCENE_GREETER &&
				      f.kind != SCENE_MAPPING;
			bool cut = f.kind == SCENE_BLOCK || f.kind == SCENE_PROJECTION;

			assert_int_equal(d.notice, person && f.has_notice);
			assert_int_equal(d.sign, person && f.has_sign);
			/* Which screen it is, is for who installs them, too. */
			assert_int_equal(d.identify, f.has_identify);
			/* Nothing that was written to a person where somebody else may look. */
			assert_int_equal(d.chat, is_session(d.picture));
			/* With input cut by somebody who controls it, too: one can always leave. */
			assert_int_equal(d.panel, is_session(d.picture) || (cut && f.has_notice));
		}
}

static int parse(const char *text, struct scene *ret)
{
	_cleanup_json_ json_t *j = NULL;

	assert_int_equal(json_parse_object(text, strlen(text), &j), 0);
	return scene_parse(j, ret);
}

#define NAMES "\"user\":\"anna\",\"full_name\":\"Anna Berger\""
#define BLOCK "\"block\":{\"by\":\"K\",\"message\":\"m\",\"until_ms\":7}"
#define PROJECTION(window) \
	"\"projection\":{\"id\":\"p3\",\"session\":\"s9\",\"by\":\"K\",\"full_name\":\"Ben\"," \
	"\"window\":" window "}"

static void scenes_are_read(void **state)
{
	struct scene s = { 0 };

	assert_int_equal(
			parse("{\"kind\":\"session\",\"session\":\"s7\"," NAMES ",\"input\":true,"
			      "\"notice\":{\"job\":\"j1\",\"by\":\"K\",\"ends_ms\":5,"
			      "\"message\":\"m\",\"more_time\":true},\"block\":null,"
			      "\"sign\":{\"kind\":\"controlled\",\"by\":\"L\","
			      "\"exclusive\":true}," PROJECTION("true") ",\"text\":\"\",\"new\":1}",
					&s),
			0);
	assert_int_equal(s.kind, SCENE_SESSION);
	assert_string_equal(s.session, "s7");
	assert_string_equal(s.user, "anna");
	assert_string_equal(s.full_name, "Anna Berger");
	assert_true(s.input && s.has_notice && s.has_sign && s.has_projection && !s.has_block);
	assert_int_equal(s.notice.ends_ms, 5);
	assert_string_equal(s.notice.by, "K");
	assert_string_equal(s.notice.message, "m");
	assert_true(s.notice.more_time && s.sign.controlled && s.sign.exclusive);
	assert_string_equal(s.sign.by, "L");
	assert_string_equal(s.projection.id, "p3");
	assert_string_equal(s.projection.session, "s9");
	assert_string_equal(s.projection.full_name, "Ben");
	assert_true(s.projection.window);

	assert_int_equal(s.notice.kind, NOTICE_ORDER);
	assert_int_equal(s.limit.at_ms, 0);

	assert_int_equal(parse("{\"kind\":\"session\",\"session\":\"s7\"," NAMES ",\"input\":true,"
			       "\"notice\":{\"job\":\"j1\",\"by\":\"K\",\"act\":\"lock\","
			       "\"cause\":\"idle\",\"ends_ms\":5,\"message\":\"\"},"
			       "\"limit_hit\":\"memory\",\"limit_hit_ms\":9,\"text\":\"\"}",
					 &s),
			0);
	assert_int_equal(s.notice.kind, NOTICE_IDLE_LOCK);
	assert_true(s.limit.memory);
	assert_int_equal(s.limit.at_ms, 9);

	assert_int_equal(parse("{\"kind\":\"greeter\",\"session\":\"\",\"notice\":null,"
			       "\"input\":false,\"text\":\"why\"}",
					 &s),
			0);
	assert_int_equal(s.kind, SCENE_GREETER);
	assert_string_equal(s.session, "");
	assert_false(s.has_notice);
	assert_string_equal(s.text, "why");

	assert_int_equal(parse("{\"kind\":\"block\",\"input\":false," BLOCK "}", &s), 0);
	assert_int_equal(s.kind, SCENE_BLOCK);
	assert_int_equal(s.block.until_ms, 7);
	assert_string_equal(s.block.by, "K");
	assert_string_equal(s.block.message, "m");

	assert_int_equal(parse("{\"kind\":\"projection\",\"input\":false," PROJECTION("false") "}",
					 &s),
			0);
	assert_int_equal(s.kind, SCENE_PROJECTION);
	assert_int_equal(parse("{\"kind\":\"lock\",\"session\":\"s7\"," NAMES ",\"input\":false}",
					 &s),
			0);
	assert_int_equal(s.kind, SCENE_LOCK);

	assert_int_equal(parse("{\"kind\":\"mapping\",\"session\":\"s7\"," NAMES
			       ",\"input\":false,\"mapping\":\"pointer\",\"identify\":null}",
					 &s),
			0);
	assert_int_equal(s.kind, SCENE_MAPPING);
	assert_int_equal(s.mapping, SCENE_MAPPING_POINTER);
	assert_false(s.has_identify);
	assert_int_equal(parse("{\"kind\":\"greeter\",\"input\":false,\"mapping\":null,"
			       "\"identify\":{\"name\":\"R12-03\",\"system\":\"Room 12\"}}",
					 &s),
			0);
	assert_int_equal(s.mapping, SCENE_MAPPING_NONE);
	assert_true(s.has_identify);
	assert_string_equal(s.identify.name, "R12-03");
	assert_string_equal(s.identify.system, "Room 12");
	scene_done(&s);
}

#define STANDING \
	"{\"kind\": \"session\", \"session\": \"s1\", \"user\": \"anna\", \"input\": true, \"lesson\": " \
	"{\"name\": \"Maths\", \"by\": \"Karin\", \"ends_ms\": 600000}, \"web\": {\"by\": \"Karin %s\", " \
	"\"mode\": \"allow\", \"domains\": [\"a.example\", \"*.edu\"], \"more\": 3, \"until_ms\": 0}}"

static void lesson_and_web_in_words(void **state)
{
	_cleanup_json_ json_t *json = json_loads(STANDING, 0, NULL);
	_cleanup_free_ char *title = NULL, *soon = NULL, *last = NULL, *web = NULL, *german = NULL,
			    *lesson = NULL;
	struct scene s = { 0 };

	assert_int_equal(scene_parse(json, &s), 0);
	assert_true(s.has_lesson && s.has_web && !s.web.deny);
	title = scene_lesson_title(&s, "en");
	assert_string_equal(title, "Maths");
	lesson = scene_lesson_text(&s, "de");
	assert_ptr_equal(strstr(lesson, "Maths: bis "), lesson);
	soon = scene_lesson_soon(&s, "en", 300000);
	assert_string_equal(soon, "Ends in 5 minutes.");
	last = scene_lesson_soon(&s, "de", 550000);
	assert_string_equal(last, "Endet in einer Minute.");
	assert_null(scene_lesson_soon(&s, "en", 600000));
	web = scene_web_text(&s, "en");
	assert_string_equal(web, "Karin %s has limited the web. These sites are open: a.example, "
				 "*.edu and 3 more");
	s.web.deny = true;
	s.web.more = 0;
	german = scene_web_text(&s, "de-AT");
	assert_string_equal(german, "Karin %s hat das Web begrenzt. Diese Seiten sind gesperrt: "
				    "a.example, *.edu");
	scene_done(&s);
	assert_null(scene_web_text(&s, "en"));
	assert_null(scene_lesson_text(&s, "en"));
}

static void what_is_no_scene_is_unknown(void **state)
{
	static const char *const bad[] = {
		"{}",
		"{\"kind\":1,\"input\":false}",
		"{\"kind\":\"dance\",\"input\":false}",
		"{\"kind\":\"greeter\"}",
		"{\"kind\":\"greeter\",\"input\":1}",
		"{\"kind\":\"greeter\",\"input\":false,\"text\":7}",
		"{\"kind\":\"greeter\",\"input\":false,\"notice\":{}}",
		"{\"kind\":\"greeter\",\"input\":false,\"notice\":{\"ends_ms\":-1}}",
		"{\"kind\":\"session\",\"input\":true}",
		"{\"kind\":\"session\",\"session\":\"\",\"input\":true}",
		"{\"kind\":\"session\",\"session\":\"ssssssssssssssssssssssssssssssssssssssssss\","
		"\"input\":true}",
		/* Input where there must be none. */
		"{\"kind\":\"greeter\",\"input\":true}",
		"{\"kind\":\"block\",\"input\":true," BLOCK "}",
		"{\"kind\":\"projection\",\"input\":true," PROJECTION("false") "}",
		"{\"kind\":\"lock\",\"session\":\"s7\"," NAMES ",\"input\":true}",
		"{\"kind\":\"mapping\",\"input\":true,\"mapping\":\"keyboard\"}",
		/* What the kind needs is missing. */
		"{\"kind\":\"mapping\",\"input\":false}",
		"{\"kind\":\"mapping\",\"input\":false,\"mapping\":\"dance\"}",
		"{\"kind\":\"greeter\",\"input\":false,\"identify\":{}}",
		"{\"kind\":\"block\",\"input\":false}",
		"{\"kind\":\"projection\",\"input\":false}",
		"{\"kind\":\"projection\",\"input\":false," PROJECTION("true") "}",
		"{\"kind\":\"session\",\"session\":\"s7\",\"input\":true," PROJECTION("false") "}",
		"{\"kind\":\"lock\",\"session\":\"s7\",\"input\":false}",
		"{\"kind\":\"lock\",\"session\":\"\"," NAMES ",\"input\":false}",
		/* Members that are none. */
		"{\"kind\":\"block\",\"input\":false,\"block\":{\"until_ms\":-1}}",
		"{\"kind\":\"projection\",\"input\":false,\"projection\":{\"id\":\"\","
		"\"window\":false}}",
		"{\"kind\":\"session\",\"session\":\"s7\",\"input\":true,"
		"\"sign\":{\"kind\":\"x\"}}",
	};
	struct scene s = { 0 };

	for (size_t i = 0; i < ELEMENTSOF(bad); i++) {
		/* A station that showed a session shows it no more. */
		assert_int_equal(parse("{\"kind\":\"session\",\"session\":\"s7\",\"input\":true}",
						 &s),
				0);
		if (parse(bad[i], &s) != -EBADMSG)
			fail_msg("taken for a scene: %s", bad[i]);
		assert_int_equal(s.kind, SCENE_UNKNOWN);
		assert_string_equal(s.session, "");
		assert_false(s.input);
		assert_string_equal(s.text, "");
	}
	assert_int_equal(scene_parse(NULL, &s), -EBADMSG);
	scene_done(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_combination_is_one_row),
		cmocka_unit_test(input_passes_only_to_what_is_shown),
		cmocka_unit_test(layers_are_for_people),
		cmocka_unit_test(scenes_are_read),
		cmocka_unit_test(lesson_and_web_in_words),
		cmocka_unit_test(what_is_no_scene_is_unknown),
	};

	json_init();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
