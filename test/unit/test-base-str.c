/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Strings of people and peers: what is taken, what is refused, what is cleaned. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/clock.h"
#include "base/list.h"
#include "base/str.h"

static void numbers(void **state)
{
	static const struct {
		const char *text;
		int result;
		int64_t value;
	} cases[] = {
		{ "0", 0, 0 },
		{ "7", 0, 7 },
		{ "-10", 0, -10 },
		{ "100", 0, 100 },
		{ "101", -ERANGE, 0 },
		{ "-11", -ERANGE, 0 },
		{ "99999999999999999999", -ERANGE, 0 },
		{ "", -EINVAL, 0 },
		{ " 1", -EINVAL, 0 },
		{ "1 ", -EINVAL, 0 },
		{ "+1", -EINVAL, 0 },
		{ "0x10", -EINVAL, 0 },
		{ "1.5", -EINVAL, 0 },
		{ "-", -EINVAL, 0 },
		{ "one", -EINVAL, 0 },
		{ NULL, -EINVAL, 0 },
	};

	for (size_t i = 0; i < ELEMENTSOF(cases); i++) {
		int64_t v = 0;

		assert_int_equal(str_parse_i64(cases[i].text, -10, 100, &v), cases[i].result);
		assert_int_equal(v, cases[i].value);
	}
}

static void booleans(void **state)
{
	static const char *const words[] = { "yes", "true", "on", "1", "no", "false", "off", "0" };
	bool b;

	for (size_t i = 0; i < ELEMENTSOF(words); i++) {
		assert_int_equal(str_parse_bool(words[i], &b), 0);
		assert_int_equal(b, i < 4);
	}
	assert_int_equal(str_parse_bool("Yes", &b), -EINVAL);
	assert_int_equal(str_parse_bool("", &b), -EINVAL);
}

static void utf8(void **state)
{
	static const char *const good[] = { "", "abc", "ä€😀", "\xef\xbf\xbf", "\xf4\x8f\xbf\xbf" };
	static const char *const bad[] = { "\x80", "\xc0\x80", "\xc1\xbf", "\xe0\x80\x80",
		"\xed\xa0\x80", "\xf0\x80\x80\x80", "\xf4\x90\x80\x80", "\xf8\x88\x80\x80\x80",
		"\xc3", "\xe2\x82", "\xf0\x9f\x98",
		"a\xff"
		"b",
		"\xc3(" };

	for (size_t i = 0; i < ELEMENTSOF(good); i++)
		assert_true(str_is_utf8(good[i], strlen(good[i])));
	for (size_t i = 0; i < ELEMENTSOF(bad); i++)
		assert_false(str_is_utf8(bad[i], strlen(bad[i])));
	/* NUL is a character like others where a length is given. */
	assert_true(str_is_utf8("a\0b", 3));
	assert_int_equal(str_count_chars(""), 0);
	assert_int_equal(str_count_chars("aä€😀"), 4);
}

static void check_clean(const char *dirty, size_t max, const char *expected)
{
	_cleanup_free_ char *clean = str_clean(dirty, max);

	assert_non_null(clean);
	assert_string_equal(clean, expected);
}

static void cleaning(void **state)
{
	check_clean("Anna Berg", 100, "Anna Berg");
	check_clean("a\tb\nc\x7f", 100, "abc");
	check_clean("\033]0;owned\007x", 100, "]0;ownedx");
	check_clean("\xc2\x9b"
		    "31m",
			100, "31m");
	check_clean("safe\u202eexe.txt", 100, "safeexe.txt");
	check_clean("\xe2\x81\xa6x\xe2\x81\xa9", 100, "x");
	check_clean("\xff\xc3", 100, "\xef\xbf\xbd\xef\xbf\xbd");
	check_clean("äöü", 2, "äö");
	check_clean("abc", 0, "");
	check_clean("\n\n\nab", 2, "ab");
}

static void account_names(void **state)
{
	static const char *const good[] = { "anna", "Anna.Berg", "s12", "müller", "a-b_c", "anna$",
		"user@school.example" };
	static const char *const bad[] = { "", "-rf", ".", "..", "a b", "a:b", "a/b", "a,b", "a\nb",
		"\xff" };
	char longest[258];

	for (size_t i = 0; i < ELEMENTSOF(good); i++)
		assert_true(str_is_account_name(good[i]));
	for (size_t i = 0; i < ELEMENTSOF(bad); i++)
		assert_false(str_is_account_name(bad[i]));
	assert_false(str_is_account_name(NULL));
	memset(longest, 'a', sizeof(longest) - 1);
	longest[257] = 0;
	assert_false(str_is_account_name(longest));
	longest[256] = 0;
	assert_true(str_is_account_name(longest));
}

static void copies_and_formats(void **state)
{
	_cleanup_free_ char *s = str_format("%s %d", "x", 5);
	char small[4];

	assert_string_equal(s, "x 5");
	assert_true(str_copy(small, sizeof(small), "abc"));
	assert_string_equal(small, "abc");
	assert_false(str_copy(small, sizeof(small), "abcd"));
	assert_string_equal(small, "abc");
	assert_false(str_copy(small, 0, ""));
}

static void tokens(void **state)
{
	char a[STR_TOKEN_LEN + 1], b[STR_TOKEN_LEN + 1];

	assert_int_equal(str_random_token(a), 0);
	assert_int_equal(str_random_token(b), 0);
	assert_int_equal(strlen(a), STR_TOKEN_LEN);
	assert_int_equal(
			strspn(a, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"),
			STR_TOKEN_LEN);
	assert_string_not_equal(a, b);
	assert_true(str_eq_secret(a, a));
	assert_false(str_eq_secret(a, b));
	assert_false(str_eq_secret("abc", "abcd"));
	assert_true(str_eq_secret("", ""));
}

static void time_stamps(void **state)
{
	char text[CLOCK_RFC3339_LEN + 1];
	int64_t before = clock_mono_ms();

	clock_format_rfc3339(1795357200, text);
	assert_string_equal(text, "2026-11-22T14:20:00Z");
	clock_format_rfc3339(0, text);
	assert_string_equal(text, "1970-01-01T00:00:00Z");
	assert_true(clock_mono_ms() >= before);
	assert_true(clock_real_ms() > 1700000000000);
}

struct item {
	int n;
	struct list link;
};

static void lists(void **state)
{
	struct list head = LIST_INIT(head), *pos, *next;
	struct item items[3] = { { .n = 1 }, { .n = 2 }, { .n = 3 } };
	int sum = 0;

	assert_true(list_is_empty(&head));
	list_add_tail(&head, &items[1].link);
	list_add_tail(&head, &items[2].link);
	list_add_head(&head, &items[0].link);
	list_for_each (pos, &head)
		sum = sum * 10 + list_entry(pos, struct item, link)->n;
	assert_int_equal(sum, 123);
	list_for_each_safe (pos, next, &head)
		if (list_entry(pos, struct item, link)->n != 2)
			list_remove(pos);
	assert_ptr_equal(head.next, &items[1].link);
	assert_ptr_equal(head.prev, &items[1].link);
	list_remove(&items[1].link);
	list_remove(&items[1].link);
	assert_true(list_is_empty(&head));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(numbers),
		cmocka_unit_test(booleans),
		cmocka_unit_test(utf8),
		cmocka_unit_test(cleaning),
		cmocka_unit_test(account_names),
		cmocka_unit_test(copies_and_formats),
		cmocka_unit_test(tokens),
		cmocka_unit_test(time_stamps),
		cmocka_unit_test(lists),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
