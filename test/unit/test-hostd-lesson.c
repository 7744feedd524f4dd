/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Lessons: whom they cover, and which of several counts; each rule against every kind of person. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/cleanup.h"
#include "hostd/lesson-rule.h"
#include "hostd/webrule.h"

enum { NOW = 1000000, TEACHER = 10, ANNA = 20, BEN = 30, OTTO = 40 };

static uid_t named[] = { BEN, OTTO, TEACHER };

static struct lesson_rule rule(uint64_t number, bool all, enum role by, int64_t ends_ms, bool block)
{
	return (struct lesson_rule){ .number = number,
		.all = all,
		.uids = all ? NULL : named,
		.n_uids = all ? 0 : ELEMENTSOF(named),
		.by_uid = TEACHER,
		.by = by,
		.ends_ms = ends_ms,
		.block = block };
}

static void whom_it_covers(void **state)
{
	static const struct {
		bool all;
		enum role by;
		uid_t uid;
		enum role role;
		bool covered;
	} rows[] = {
		{ true, ROLE_OPERATOR, ANNA, ROLE_STANDARD, true },
		{ true, ROLE_ADMINISTRATOR, ANNA, ROLE_STANDARD, true },
		/* "All" are the people who are taught. */
		{ true, ROLE_ADMINISTRATOR, OTTO, ROLE_OPERATOR, false },
		{ true, ROLE_ADMINISTRATOR, OTTO, ROLE_ADMINISTRATOR, false },
		{ false, ROLE_OPERATOR, BEN, ROLE_STANDARD, true },
		{ false, ROLE_OPERATOR, ANNA, ROLE_STANDARD, false },
		/* The role of a person may change meanwhile. */
		{ false, ROLE_OPERATOR, OTTO, ROLE_OPERATOR, false },
		{ false, ROLE_ADMINISTRATOR, OTTO, ROLE_OPERATOR, true },
		{ false, ROLE_ADMINISTRATOR, OTTO, ROLE_ADMINISTRATOR, true },
		/* Never who started it, as whatever. */
		{ false, ROLE_ADMINISTRATOR, TEACHER, ROLE_ADMINISTRATOR, false },
		{ true, ROLE_OPERATOR, TEACHER, ROLE_STANDARD, false },
	};

	for (size_t i = 0; i < ELEMENTSOF(rows); i++) {
		struct lesson_rule r = rule(1, rows[i].all, rows[i].by, NOW + 1, true);

		lesson_rule_sort(&r);
		if (lesson_rule_covers(&r, rows[i].uid, rows[i].role, NOW) != rows[i].covered)
			fail_msg("row %zu", i);
		/* Over at its end to the ms, for everybody. */
		r.ends_ms = NOW;
		assert_false(lesson_rule_covers(&r, rows[i].uid, rows[i].role, NOW));
	}
}

static void nobody_is_named(void **state)
{
	struct lesson_rule r = rule(1, false, ROLE_OPERATOR, NOW + 1, true);

	r.n_uids = 0;
	lesson_rule_sort(&r);
	assert_false(lesson_rule_covers(&r, BEN, ROLE_STANDARD, NOW));
}

static void choose_in(const size_t *order, const struct lesson_rule *rules, struct lesson_choice *c)
{
	*c = (struct lesson_choice){ 0 };
	for (size_t i = 0; i < 4; i++)
		lesson_rule_choose(c, &rules[order[i]], ANNA, ROLE_STANDARD, NOW);
}

/* In whatever order they come. */
static void the_newest_counts_and_any_blocks(void **state)
{
	const struct web_rule site = { .mode = WEB_ALLOW };
	struct lesson_rule rules[] = {
		rule(1, true, ROLE_OPERATOR, NOW + 5, true),
		rule(2, true, ROLE_OPERATOR, NOW + 5, true),
		rule(3, true, ROLE_OPERATOR, NOW + 5, false),
		rule(4, true, ROLE_OPERATOR, NOW, true), /* over */
	};
	struct lesson_choice c;

	rules[0].web = rules[1].web = rules[3].web = &site;
	for (size_t n = 0; n < 256; n++) {
		size_t order[4] = { n & 3, n >> 2 & 3, n >> 4 & 3, n >> 6 & 3 };
		unsigned seen = 1u << order[0] | 1u << order[1] | 1u << order[2] | 1u << order[3];

		choose_in(order, rules, &c);
		assert_ptr_equal(c.newest, seen & 4   ? &rules[2]
					   : seen & 2 ? &rules[1]
					   : seen & 1 ? &rules[0]
						      : NULL);
		assert_ptr_equal(c.block, seen & 2 ? &rules[1] : seen & 1 ? &rules[0] : NULL);
		assert_ptr_equal(c.web, c.block);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(whom_it_covers),
		cmocka_unit_test(nobody_is_named),
		cmocka_unit_test(the_newest_counts_and_any_blocks),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
