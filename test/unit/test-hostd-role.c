/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Roles: the whole matrix of docs/ARCHITECTURE.md, row by row. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/str.h"
#include "hostd/role.h"

/* Letters of acts: s see, t tile, v view, c control, b block, i limit, p project, l log off, u
 * suspend, k lock, n unlock, r start programs, x close programs, w write to, o log on, m block
 * storage (memory). */
static const char letters[_ACT_MAX + 1] = "stvcbipluknrxwom";

static const struct row {
	enum role caller, target;
	bool own;
	const char *alone, *bulk;
	const char *orchestrated; /* with the setting on; NULL: the same */
} rows[] = {
	{ ROLE_STANDARD, ROLE_STANDARD, true, "stluknrx", "stknr", NULL },
	{ ROLE_STANDARD, ROLE_STANDARD, false, "", "", NULL },
	{ ROLE_STANDARD, ROLE_OPERATOR, false, "", "", NULL },
	{ ROLE_STANDARD, ROLE_ADMINISTRATOR, false, "", "", NULL },
	{ ROLE_OPERATOR, ROLE_OPERATOR, true, "stvcpluknrxm", "stvcpknr", NULL },
	{ ROLE_OPERATOR, ROLE_STANDARD, false, "stvcbiplurxwom", "stvcbiplurxwom", NULL },
	{ ROLE_OPERATOR, ROLE_OPERATOR, false, "s", "s", NULL },
	{ ROLE_OPERATOR, ROLE_ADMINISTRATOR, false, "s", "s", NULL },
	{ ROLE_ADMINISTRATOR, ROLE_ADMINISTRATOR, true, "stvcpluknrxm", "stvcpknr", NULL },
	{ ROLE_ADMINISTRATOR, ROLE_STANDARD, false, "stvcbiplunrxwom", "stvcbiplunrxwom", NULL },
	{ ROLE_ADMINISTRATOR, ROLE_OPERATOR, false, "sl", "sl", "stvcbiplunrxwom" },
	{ ROLE_ADMINISTRATOR, ROLE_ADMINISTRATOR, false, "sl", "sl", "stvcbiplunrxwom" },
};

static struct deed deed_of(const struct row *row, int act, bool bulk)
{
	return (struct deed){ .act = (enum act)act,
		.caller = row->caller,
		.target = row->target,
		.own = row->own,
		.bulk = bulk,
		.acts = (uint32_t)ACTS_ALL,
		.in_rooms = true };
}

static bool may(struct deed d)
{
	return role_judge(&d) == VERDICT_YES;
}

static void acts_on_sessions(void **state)
{
	for (size_t i = 0; i < ELEMENTSOF(rows); i++) {
		const struct row *r = &rows[i];

		print_message("%s on %s%s\n", role_to_string(r->caller), role_to_string(r->target),
				r->own ? " (own)" : "");
		for (int act = 0; act < _ACT_MAX; act++) {
			struct deed d = deed_of(r, act, false);

			assert_int_equal(may(d), !!strchr(r->alone, letters[act]));
			assert_int_equal(may(deed_of(r, act, true)),
					!!strchr(r->bulk, letters[act]));
			d.orchestrate = true;
			assert_int_equal(may(d),
					!!strchr(r->orchestrated ? r->orchestrated : r->alone,
							letters[act]));
		}
	}
}

/* Every row with every single act, in the room and outside, of a person and of a token: bonds only
 * take away, and they take away exactly what they do not name. */
static void bonds_only_take_away(void **state)
{
	for (size_t i = 0; i < ELEMENTSOF(rows); i++) {
		for (int n = 0; n < _ACT_MAX * _ACT_MAX * 8; n++) {
			struct deed d = deed_of(
					&rows[i], n % _ACT_MAX, n / _ACT_MAX / _ACT_MAX & 1);
			struct deed free = d;
			int named = n / _ACT_MAX % _ACT_MAX;
			bool bound;

			d.in_rooms = n / _ACT_MAX / _ACT_MAX & 2;
			d.scoped = n / _ACT_MAX / _ACT_MAX & 4;
			d.acts = ACT_BIT(named);
			bound = d.scoped || (d.caller == ROLE_OPERATOR && !d.own);
			assert_int_equal(may(d),
					may(free) && (!bound || (d.in_rooms && (d.act == ACT_SEE ||
											       (int)d.act == named))));
			if (may(free) && !may(d))
				assert_int_equal(role_judge(&d),
						d.in_rooms ? VERDICT_ACT : VERDICT_ROOM);
		}
	}
}

static void names_of_acts(void **state)
{
	uint32_t acts = 0;
	enum act act;

	for (int i = 0; i < _ACT_MAX; i++) {
		if (i == ACT_SEE) {
			assert_null(act_to_string(ACT_SEE));
			continue;
		}
		assert_int_equal(act_parse(act_to_string((enum act)i), &act), 0);
		assert_int_equal(act, i);
	}
	assert_int_equal(act_parse("see", &act), -EINVAL);
	assert_int_equal(acts_parse_words("tile  view", &acts), 0);
	assert_int_equal(acts, ACT_BIT(ACT_TILE) | ACT_BIT(ACT_VIEW));
	assert_int_equal(acts_parse_words("", &acts), 0);
	assert_int_equal(acts, 0);
	assert_int_equal(acts_parse_words("all", &acts), 0);
	assert_int_equal(acts, (uint32_t)ACTS_ALL);
	assert_int_equal(acts_parse_words("tile sudo", &acts), -EINVAL);
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
	static const struct {
		struct deed deed;
		const char *text;
	} cases[] = {
		{ { .act = ACT_LOGOFF, .caller = ROLE_OPERATOR, .own = true, .bulk = true },
				"This is your own session; it is left out when several" },
		{ { .act = ACT_BLOCK, .caller = ROLE_OPERATOR, .own = true }, "always left out" },
		{ { .act = ACT_BLOCK, .caller = ROLE_OPERATOR, .target = ROLE_OPERATOR },
				"Otto Ober is an operator; only administrators may do this." },
		{ { .act = ACT_LOGOFF, .caller = ROLE_OPERATOR, .target = ROLE_ADMINISTRATOR },
				"Otto Ober is an administrator; only administrators may do this." },
		{ { .act = ACT_VIEW, .caller = ROLE_ADMINISTRATOR, .target = ROLE_OPERATOR },
				"Otto Ober is an operator; such sessions can only be logged off." },
		{ { .act = ACT_LOCK, .caller = ROLE_ADMINISTRATOR }, "Only Otto Ober can lock" },
		{ { .act = ACT_UNLOCK, .caller = ROLE_OPERATOR }, "Otto Ober has locked" },
		{ { .act = ACT_LOGOFF, .caller = ROLE_STANDARD }, "session of Otto Ober" },
		{ { .act = ACT_VIEW, .caller = ROLE_OPERATOR },
				"Otto Ober is not in a room that your rights name." },
		{ { .act = ACT_VIEW, .caller = ROLE_OPERATOR, .in_rooms = true },
				"this act (view)" },
	};

	for (size_t i = 0; i < ELEMENTSOF(cases); i++) {
		enum verdict v = role_judge(&cases[i].deed);
		_cleanup_free_ char *text = role_refusal(&cases[i].deed, v, "Otto Ober");

		assert_int_not_equal(v, VERDICT_YES);
		if (!strstr(text, cases[i].text))
			fail_msg("\"%s\" is not in \"%s\"", cases[i].text, text);
	}
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
		cmocka_unit_test(bonds_only_take_away),
		cmocka_unit_test(names_of_acts),
		cmocka_unit_test(jobs_are_seen_and_projections_stopped),
		cmocka_unit_test(groups_make_the_role),
		cmocka_unit_test(refusals_name_the_reason),
		cmocka_unit_test(names_and_back),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
