/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the relay takes from stationd as a conversation, and where the bounds are. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <string.h>

#include "base/str.h"
#include "ipc/json.h"
#include "relay/chat.h"

static json_t *build_line(int number, const char *text)
{
	return json_pack("{s:i, s:i, s:s, s:b, s:s}", "number", number, "at_ms", 7, "from_name",
			"Karin Kaya", "supervisor", 1, "text", text);
}

/* n lines of this text. */
static json_t *build_chat(int n, const char *text)
{
	json_t *list = json_array();

	for (int i = 0; i < n; i++)
		json_array_append_new(list, build_line(i + 1, text));
	return json_pack("{s:b, s:b, s:o}", "enabled", 1, "hand", 1, "messages", list);
}

/* Takes json. */
static int parse(json_t *json, struct chat *ret)
{
	_cleanup_json_ json_t *owned = json;

	return chat_parse(owned, ret);
}

static char *repeat(const char *what, size_t n)
{
	char *text = calloc(n, strlen(what) + 1);

	assert_non_null(text);
	for (size_t i = 0; i < n; i++)
		strcat(text, what);
	return text;
}

static void conversations_are_read(void **state)
{
	struct chat c = { 0 };

	assert_int_equal(parse(build_chat(2, "看黑板"), &c), 0);
	assert_true(c.known && c.enabled && c.hand);
	assert_int_equal(c.n, 2);
	assert_int_equal(c.lines[1].number, 2);
	assert_int_equal(c.lines[1].at_ms, 7);
	assert_string_equal(c.lines[1].from_name, "Karin Kaya");
	assert_string_equal(c.lines[1].text, "看黑板");
	assert_true(c.lines[1].supervisor);
	assert_int_equal(parse(json_pack("{s:b, s:b, s:[]}", "enabled", 0, "hand", 0, "messages"),
					 &c),
			0);
	assert_true(c.known && !c.enabled && !c.hand && c.n == 0);
	chat_done(&c);
	assert_false(c.known);
}

static void bounds_are_exact(void **state)
{
	_cleanup_free_ char *most = repeat("😀", CHAT_CHARS_MAX);
	_cleanup_free_ char *more = repeat("a", CHAT_CHARS_MAX + 1);
	struct chat c = { 0 };

	assert_int_equal(parse(build_chat(CHAT_LINES_MAX, most), &c), 0);
	assert_int_equal(c.n, CHAT_LINES_MAX);
	assert_int_equal(parse(build_chat(CHAT_LINES_MAX + 1, "a"), &c), -EBADMSG);
	assert_false(c.known);
	assert_int_equal(parse(build_chat(1, more), &c), -EBADMSG);
	assert_int_equal(parse(build_chat(100000, ""), &c), -EBADMSG);
	assert_int_equal(c.n, 0);
}

/* The conversation with each member left out, and with each of a wrong type. */
static void what_is_no_conversation_is_nothing(void **state)
{
	static const char *const outer[] = { "enabled", "hand", "messages" };
	static const char *const inner[] = { "number", "at_ms", "from_name", "supervisor", "text" };
	struct chat c = { 0 };

	for (size_t i = 0; i < 2 * (ELEMENTSOF(outer) + ELEMENTSOF(inner)); i++) {
		json_t *chat = build_chat(2, "a"), *at = chat;
		size_t k = i / 2;
		const char *key = outer[MIN(k, ELEMENTSOF(outer) - 1)];

		assert_int_equal(parse(build_chat(1, "of somebody else"), &c), 0);
		if (k >= ELEMENTSOF(outer)) {
			at = json_array_get(json_object_get(chat, "messages"), 1);
			key = inner[k - ELEMENTSOF(outer)];
		}
		if (i % 2)
			json_object_set_new(at, key, json_object());
		else
			json_object_del(at, key);
		if (parse(chat, &c) != -EBADMSG)
			fail_msg("taken without a sound \"%s\"", key);
		assert_false(c.known);
		assert_int_equal(c.n, 0);
	}
	assert_int_equal(chat_parse(NULL, &c), -EBADMSG);
	assert_int_equal(parse(json_array(), &c), -EBADMSG);
	assert_int_equal(parse(json_pack("{s:b, s:b, s:[i]}", "enabled", 1, "hand", 0, "messages",
					       1),
					 &c),
			-EBADMSG);
}

static void numbers_count_up(void **state)
{
	json_t *chat = build_chat(2, "a");
	struct chat c = { 0 };

	json_array_append_new(json_object_get(chat, "messages"), build_line(2, "a"));
	assert_int_equal(parse(chat, &c), -EBADMSG);
}

static void pages_are_told_nothing_where_nothing_is_known(void **state)
{
	_cleanup_json_ json_t *chat = build_chat(1, "a"), *same = NULL, *none = NULL;
	struct chat c = { 0 };

	assert_int_equal(chat_parse(chat, &c), 0);
	same = chat_build_json(&c);
	assert_ptr_equal(same, chat);
	chat_done(&c);
	none = chat_build_json(&c);
	assert_true(json_is_false(json_object_get(none, "enabled")));
	assert_true(json_is_false(json_object_get(none, "hand")));
	assert_int_equal(json_array_size(json_object_get(none, "messages")), 0);
	assert_non_null(json_object_get(none, "messages"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(conversations_are_read),
		cmocka_unit_test(bounds_are_exact),
		cmocka_unit_test(what_is_no_conversation_is_nothing),
		cmocka_unit_test(numbers_count_up),
		cmocka_unit_test(pages_are_told_nothing_where_nothing_is_known),
	};

	json_init();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
