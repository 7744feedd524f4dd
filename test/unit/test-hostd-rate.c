/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Orders of standard users: burst, pace, one user apart from another, bounded memory. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "hostd/rate.h"

static struct rate r;

static int setup(void **state)
{
	memset(&r, 0, sizeof(r));
	return 0;
}

static void burst_then_pace(void **state)
{
	int64_t now = 500;

	for (int i = 0; i < RATE_BURST; i++)
		assert_true(rate_take(&r, 1000, now));
	assert_false(rate_take(&r, 1000, now));
	assert_true(rate_take(&r, 1001, now));
	assert_false(rate_take(&r, 1000, now + RATE_REFILL_MS - 1));
	assert_true(rate_take(&r, 1000, now + RATE_REFILL_MS));
	assert_false(rate_take(&r, 1000, now + RATE_REFILL_MS));
	now += 1000ll * RATE_REFILL_MS;
	for (int i = 0; i < RATE_BURST; i++)
		assert_true(rate_take(&r, 1000, now));
	assert_false(rate_take(&r, 1000, now));
}

static void many_users(void **state)
{
	for (uid_t uid = 1; uid <= RATE_USERS_MAX * 3; uid++)
		assert_true(rate_take(&r, uid, (int64_t)uid));
	assert_int_equal(r.n, RATE_USERS_MAX);
	/* Whoever is busy stays known. */
	for (int i = 0; i < RATE_BURST - 1; i++)
		assert_true(rate_take(&r, RATE_USERS_MAX * 3, 2000));
	assert_false(rate_take(&r, RATE_USERS_MAX * 3, 2000));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(burst_then_pace, setup),
		cmocka_unit_test_setup(many_users, setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
