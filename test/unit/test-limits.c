/* SPDX-License-Identifier: GPL-3.0-or-later */
/* station-limits: orders and their uids, rules as nftables gets them, what the filter reads. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "limits/accounts.h"
#include "limits/filter.h"
#include "limits/rules.h"

static json_t *parse(const char *text)
{
	json_t *o = json_loads(text, 0, NULL);

	assert_non_null(o);
	return o;
}

/* zoe, with uids to hand out, is a teacher. */
static int find_members(
		const char *group, int (*add)(const char *user, uint32_t uid, void *to), void *to)
{
	return streq(group, "teachers") ? add("zoe", 1100, to) : 0;
}

static int read_order(const char *text, const char *subuid, struct order **ret)
{
	struct accounts accounts = { subuid, 1000, find_members };
	_cleanup_json_ json_t *o = parse(text);

	return order_parse(o, &accounts, ret);
}

#define TWO \
	"{\"groups\": [{\"mode\": \"allow\", \"domains\": [\"contoso.com\"], \"by\": \"Karin\", " \
	"\"users\": [{\"name\": \"anna\", \"uid\": 1001}, {\"name\": \"ben\", \"uid\": 1002}]}, " \
	"{\"mode\": \"deny\", \"domains\": [\"games.example\"], \"by\": \"Karin\", " \
	"\"users\": [{\"name\": \"cem\", \"uid\": 1003}]}]}"

static void orders(void **state)
{
	_cleanup_(order_freep) struct order *o = NULL;

	assert_int_equal(read_order(TWO, "", &o), 0);
	assert_int_equal(o->n, 2);
	assert_int_equal(o->groups[0].n_ranges, 1); /* two uids side by side */
	assert_int_equal(o->groups[0].ranges[0].first, 1001);
	assert_int_equal(o->groups[0].ranges[0].last, 1002);
	assert_true(o->groups[1].deny);
	assert_string_equal(o->groups[1].by, "Karin");
}

static void uids_that_a_user_may_hand_out(void **state)
{
	_cleanup_(order_freep) struct order *o = NULL;
	/* By name, by uid, of somebody else, broken, and one that overlaps ben's. */
	const char *subuid =
			"anna:100000:65536\n1002:200000:10\nzoe:300000:65536\nanna:x:1\nanna:5\n"
			"\ncem:200005:10\nanna:0:99\ncem:4294967290:65536";

	assert_int_equal(read_order(TWO, subuid, &o), 0);
	assert_true(ranges_have(o->groups[0].ranges, o->groups[0].n_ranges, 100000));
	assert_true(ranges_have(o->groups[0].ranges, o->groups[0].n_ranges, 165535));
	assert_false(ranges_have(o->groups[0].ranges, o->groups[0].n_ranges, 165536));
	assert_true(ranges_have(o->groups[0].ranges, o->groups[0].n_ranges, 200009));
	assert_false(ranges_have(o->groups[0].ranges, o->groups[0].n_ranges, 300000));
	assert_false(ranges_have(o->groups[0].ranges, o->groups[0].n_ranges, 0));
	/* Of two that have a uid the first one's rule holds. */
	assert_false(ranges_have(o->groups[1].ranges, o->groups[1].n_ranges, 200009));
	assert_true(ranges_have(o->groups[1].ranges, o->groups[1].n_ranges, 200010));
	assert_true(ranges_have(o->groups[1].ranges, o->groups[1].n_ranges, UINT32_MAX - 1));
}

#define REST \
	"{\"groups\": [{\"mode\": \"allow\", \"domains\": [\"contoso.com\"], \"by\": \"Karin\", " \
	"\"users\": [{\"name\": \"anna\", \"uid\": 1001}], \"all_but\": {\"users\": " \
	"[{\"name\": \"karin\", \"uid\": 200000}], \"groups\": [\"teachers\", \"no-such\"]}}, " \
	"{\"mode\": \"deny\", \"domains\": [\"games.example\"], \"by\": \"Karin\", " \
	"\"users\": [{\"name\": \"cem\", \"uid\": 1003}]}]}"

static void everybody_but(void **state)
{
	static const struct {
		uint32_t uid;
		bool limited;
	} rows[] = {
		{ 999, false },
		{ 1000, true },
		{ 1001, true },
		{ 1002, true },
		{ 1003, false }, /* has a list of its own */
		{ 1100, false },
		{ 100000, false }, /* a teacher, and what she hands out */
		{ 100010, true },
		{ 61183, true },
		{ 61184, false },
		{ 65534, false }, /* services as they come, nobody */
		{ 65536, true },
		{ 200000, false },
		{ 200001, true },
		{ UINT32_MAX - 1, true },
		{ UINT32_MAX, false },
	};
	_cleanup_(order_freep) struct order *o = NULL, *none = NULL;
	_cleanup_free_ char *text = NULL;
	struct released nobody = { 0 };

	assert_int_equal(read_order(REST, "zoe:100000:10\n", &o), 0);
	assert_int_equal(o->n, 2);
	for (size_t i = 0; i < ELEMENTSOF(rows); i++)
		if (ranges_have(o->groups[0].ranges, o->groups[0].n_ranges, rows[i].uid) !=
				rows[i].limited)
			fail_msg("uid %u", rows[i].uid);
	assert_true(ranges_have(o->groups[1].ranges, o->groups[1].n_ranges, 1003));
	text = rules_build(o, &nobody, "stationmaster");
	assert_non_null(strstr(text, "{ 1000-1002, 1004-1099, 1101-61183, 65536-99999, "));
	/* Twice makes no sense. */
	assert_int_equal(read_order("{\"groups\": [{\"mode\": \"deny\", \"domains\": [], \"by\": "
				    "\"\", \"users\": [], \"all_but\": {\"users\": [], "
				    "\"groups\": []}}, {\"mode\": \"allow\", \"domains\": [], "
				    "\"by\": \"\", \"users\": [], \"all_but\": {\"users\": [], "
				    "\"groups\": []}}]}",
					 "", &none),
			-EBADMSG);
}

static void where_people_begin(void **state)
{
	assert_int_equal(accounts_parse_first(""), 1000);
	assert_int_equal(accounts_parse_first("#UID_MIN 5\nUID_MINUS 7\nUID_MIN\t\t 500\n"), 500);
	assert_int_equal(accounts_parse_first("UID_MIN many\n"), 1000);
	assert_int_equal(accounts_parse_first("UID_MIN 0"), 1000);
	assert_int_equal(accounts_parse_first("UID_MIN"), 1000);
}

static void orders_that_make_no_sense(void **state)
{
	static const char *const texts[] = {
		"{}",
		"{\"groups\": 1}",
		"{\"groups\": [1]}",
		"{\"groups\": [{\"mode\": \"some\", \"domains\": [], \"by\": \"\", \"users\": []}]}",
		"{\"groups\": [{\"mode\": \"allow\", \"domains\": [\"a b\"], \"by\": \"\", "
		"\"users\": []}]}",
		"{\"groups\": [{\"mode\": \"allow\", \"domains\": [\"a.example\\nbind :80\"], \"by\": "
		"\"\", \"users\": []}]}",
		"{\"groups\": [{\"mode\": \"allow\", \"domains\": [\"\"], \"by\": \"\", \"users\": []}]}",
		"{\"groups\": [{\"mode\": \"allow\", \"domains\": [], \"by\": \"\", \"users\": "
		"[{\"name\": \"root\", \"uid\": 0}]}]}",
		"{\"groups\": [], \"more\": 1}",
		"{\"groups\": [{\"mode\": \"allow\", \"domains\": [], \"by\": \"\", \"users\": [], "
		"\"all_but\": 1}]}",
		"{\"groups\": [{\"mode\": \"allow\", \"domains\": [], \"by\": \"\", \"users\": [], "
		"\"all_but\": {\"users\": []}}]}",
	};

	for (size_t i = 0; i < ELEMENTSOF(texts); i++) {
		struct order *o = NULL;

		assert_int_equal(read_order(texts[i], "", &o), -EBADMSG);
		assert_null(o);
	}
}

static size_t count(const char *text, const char *part)
{
	size_t n = 0;

	for (const char *p = text; (p = strstr(p, part)); p += strlen(part))
		n++;
	return n;
}

static void rules(void **state)
{
	_cleanup_(order_freep) struct order *o = NULL, *nobody = NULL;
	struct uid_range gone = { 1009, 1009 };
	struct released none = { 0 }, released = { .ranges = &gone, .n = 1, .slot = 7 };
	_cleanup_free_ char *text = NULL, *empty = NULL, *tail = NULL;

	assert_int_equal(read_order(TWO, "", &o), 0);
	o->groups[0].slot = 3;
	o->groups[1].slot = 12;
	text = rules_build(o, &none, "stationmaster");
	assert_non_null(strstr(text, "elements = { 1001-1002, 1003 }"));
	assert_non_null(strstr(text, "{ 1001-1002 : 20103, 1003 : 20112 }"));
	assert_non_null(strstr(text, "{ 1001-1002 : 20203, 1003 : 20212 }"));
	assert_non_null(strstr(text,
			"{ 1001-1002 . 20103, 1003 . 20112, 1001-1002 . 20203, 1003 . 20212 }"));
	assert_int_equal(count(text, "accept;"), 2); /* the policies */
	assert_null(strstr(text, "@released"));
	/* Nobody: only the removal is left. */
	assert_int_equal(read_order("{\"groups\": []}", "", &nobody), 0);
	empty = rules_build(nobody, &none, "stationmaster");
	assert_string_equal(empty, "table inet stationmaster\ndelete table inet stationmaster\n");
	/* Who was let go is led, and kept from nothing. */
	tail = rules_build(nobody, &released, "stationmaster");
	assert_non_null(strstr(tail, "@released ip daddr 198.18.0.1 jump lead"));
	assert_null(strstr(tail, "reject"));
	assert_null(strstr(tail, "@limited"));
}

static void what_the_filter_reads(void **state)
{
	_cleanup_(order_freep) struct order *o = NULL;
	_cleanup_free_ char *allow = NULL, *deny = NULL;

	assert_int_equal(read_order(TWO, "", &o), 0);
	allow = filter_build_config(&o->groups[0], "/run/station-limits/00");
	deny = filter_build_config(&o->groups[1], "/run/station-limits/01");
	assert_int_equal(count(allow, "-m str contoso.com\n"), 2);
	assert_int_equal(count(allow, "-m end .contoso.com\n"), 2);
	assert_non_null(strstr(allow, "reject if hello !listed"));
	assert_non_null(strstr(deny, "reject if hello listed"));
	assert_null(strstr(allow, "cloudflare-ech.com"));
	assert_non_null(strstr(deny, "cloudflare-ech.com")); /* names that hide names */
}

static void the_page_shows_text_as_text(void **state)
{
	_cleanup_free_ char *page = NULL, *german = NULL;
	_cleanup_(order_freep) struct order *o = NULL;

	assert_int_equal(
			read_order("{\"groups\": [{\"mode\": \"allow\", \"domains\": [\"a.example\"], "
				   "\"by\": \"<b>K & \\\"%[env(PATH)]\\\\\", \"users\": []}]}",
					"", &o),
			0);
	page = filter_build_page(&o->groups[0], FILTER_ENGLISH);
	german = filter_build_page(&o->groups[0], FILTER_GERMAN);
	assert_non_null(strstr(page, "&lt;b&gt;K &amp; &quot;&#37;[env(PATH)]&#92; has limited"));
	assert_non_null(strstr(page, "<li>a.example</li>"));
	assert_non_null(strstr(german, "<html lang=\"de\">"));
	assert_int_equal(count(page, "%["), 1);
	assert_int_equal(count(german, "%["), 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(orders),
		cmocka_unit_test(uids_that_a_user_may_hand_out),
		cmocka_unit_test(everybody_but),
		cmocka_unit_test(where_people_begin),
		cmocka_unit_test(orders_that_make_no_sense),
		cmocka_unit_test(rules),
		cmocka_unit_test(what_the_filter_reads),
		cmocka_unit_test(the_page_shows_text_as_text),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
