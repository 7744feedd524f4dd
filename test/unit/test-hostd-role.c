/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Roles: the whole matrix of docs/ARCHITECTURE.md, row by row. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/str.h"
#include "hostd/role.h"

enum { NO = 0, YES = 1 };

static void acts_on_sessions(void **state)
{
	/* Acts that are allowed: s see, t tile, v view, c control, b block, i limit, p project, l
	 * log off, u suspend, k lock, n unlock, r start programs, x close programs, w write to. */
	static const struct {
		enum role caller, target;
		bool own;
		const char *alone, *bulk;
	} rows[] = {
		{ ROLE_STANDARD, ROLE_STANDARD, true, "stluknrx", "stknr" },
		{ ROLE_STANDARD, ROLE_STANDARD, false, "", "" },
		{ ROLE_STANDARD, ROLE_OPERATOR, false, "", "" },
		{ ROLE_STANDARD, ROLE_ADMINISTRATOR, false, "", "" },
		{ ROLE_OPERATOR, ROLE_OPERATOR, true, "stvcpluknrx", "stvcpknr" },
		{ ROLE_OPERATOR, ROLE_STANDARD, false, "stvcbiplurxw", "stvcbiplurxw" },
		{ ROLE_OPERATOR, ROLE_OPERATOR, false, "s", "s" },
		{ ROLE_OPERATOR, ROLE_ADMINISTRATOR, false, "s", "s" },
		{ ROLE_ADMINISTRATOR, ROLE_ADMINISTRATOR, true, "stvcpluknrx", "stvcpknr" },
		{ ROLE_ADMINISTRATOR, ROLE_STANDARD, false, "stvcbiplunrxw", "stvcbiplunrxw" },
		{ ROLE_ADMINISTRATOR, ROLE_OPERATOR, false, "stvcbiplunrxw", "stvcbiplunrxw" },
		{ ROLE_ADMINISTRATOR, ROLE_ADMINISTRATOR, false, "stvcbiplunrxw", "stvcbiplunrxw" },
	};
	static const char letters[_ACT_MAX + 1] = "stvcbipluknrxw";

	for (size_t i = 0; i < ELEMENTSOF(rows); i++) {
		enum role c = rows[i].caller, t = rows[i].target;
		bool own = rows[i].own;

		print_message("%s on %s%s\n", role_to_string(c), role_to_string(t),
				own ? " (own)" : "");
		for (int act = 0; act < _ACT_MAX; act++) {
			bool alone = strchr(rows[i].alone, letters[act]);
			bool bulk = strchr(rows[i].bulk, letters[act]);

			assert_int_equal(role_may(c, t, own, (enum act)act, false), alone);
			assert_int_equal(role_may(c, t, own, (enum act)act, true), bulk);
		}
	}
}

static void jobs_are_seen_and_projections_stopped(void **state)
{
	for (int by = ROLE_STANDARD; by <= ROLE_ADMINISTRATOR; by++) {
		assert_true(role_may_see_job(ROLE_STANDARD, true, (enum role)by));
		assert_false(role_may_see_job(ROLE_STANDARD, false, (enum role)by));
		assert_int_equal(role_may_see_job(ROLE_OPERATOR, false, (enum role)by),
				by == ROLE_OPERATOR);
		assert_true(role_may_see_job(ROLE_ADMINISTRATOR, false, (enum role)by));
		assert_true(role_may_stop(ROLE_OPERATOR, true, (enum role)by));
		assert_int_equal(role_may_stop(ROLE_OPERATOR, false, (enum role)by),
				by == ROLE_OPERATOR);
		assert_true(role_may_stop(ROLE_ADMINISTRATOR, false, (enum role)by));
	}
}

static void groups_make_the_role(void **state)
{
	static const struct role_groups groups = { .admin = 100, .operator= 200 };
	static const struct role_groups none = { .admin = (gid_t)-1, .operator=(gid_t) - 1 };
	const gid_t both[] = { 5, 200, 100 }, op[] = { 5, 200 }, other[] = { 5, (gid_t)-1 };

	assert_int_equal(role_of_peer(&groups, 0, 0, NULL, 0), ROLE_ADMINISTRATOR);
	assert_int_equal(role_of_peer(&groups, 1000, 1000, NULL, 0), ROLE_STANDARD);
	assert_int_equal(role_of_peer(&groups, 1000, 1000, both, 3), ROLE_ADMINISTRATOR);
	assert_int_equal(role_of_peer(&groups, 1000, 1000, op, 2), ROLE_OPERATOR);
	assert_int_equal(role_of_peer(&groups, 1000, 200, NULL, 0), ROLE_OPERATOR);
	assert_int_equal(role_of_peer(&groups, 1000, 100, op, 2), ROLE_ADMINISTRATOR);
	/* A group that does not exist has no members, whatever number stands for it. */
	assert_int_equal(role_of_peer(&none, 1000, (gid_t)-1, other, 2), ROLE_STANDARD);
	assert_int_equal(role_of_peer(&none, 0, 0, NULL, 0), ROLE_ADMINISTRATOR);
}

static void refusals_name_the_reason(void **state)
{
	_cleanup_free_ char *own = role_refusal(ROLE_OPERATOR, true, ACT_LOGOFF, "Otto Ober");
	_cleanup_free_ char *operator= role_refusal(ROLE_OPERATOR, false, ACT_BLOCK, "Otto Ober");
	_cleanup_free_ char *admin =
			role_refusal(ROLE_ADMINISTRATOR, false, ACT_LOGOFF, "Ada Admin");
	_cleanup_free_ char *block = role_refusal(ROLE_OPERATOR, true, ACT_BLOCK, "Otto Ober");
	_cleanup_free_ char *lock = role_refusal(ROLE_STANDARD, false, ACT_LOCK, "Anna Abel");
	_cleanup_free_ char *unlock = role_refusal(ROLE_STANDARD, false, ACT_UNLOCK, "Anna Abel");
	_cleanup_free_ char *other = role_refusal(ROLE_STANDARD, false, ACT_LOGOFF, "Anna Abel");

	assert_non_null(strstr(own, "your own session"));
	assert_string_equal(operator, "Otto Ober is an operator; only administrators may do this.");
	assert_string_equal(
			admin, "Ada Admin is an administrator; only administrators may do this.");
	assert_non_null(strstr(other, "Anna Abel"));
	assert_non_null(strstr(block, "always left out"));
	assert_non_null(strstr(lock, "Only Anna Abel"));
	assert_non_null(strstr(unlock, "Anna Abel has locked"));
}

static void names_and_back(void **state)
{
	enum role r;

	for (int i = ROLE_STANDARD; i <= ROLE_ADMINISTRATOR; i++) {
		assert_int_equal(role_parse(role_to_string((enum role)i), &r), 0);
		assert_int_equal(r, i);
	}
	assert_int_equal(role_parse("root", &r), -EINVAL);
	assert_int_equal(role_parse("", &r), -EINVAL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(acts_on_sessions),
		cmocka_unit_test(jobs_are_seen_and_projections_stopped),
		cmocka_unit_test(groups_make_the_role),
		cmocka_unit_test(refusals_name_the_reason),
		cmocka_unit_test(names_and_back),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
