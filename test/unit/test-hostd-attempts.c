/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Failed log-ins: when a delay begins, how it grows and ends, and that memory is bounded. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "hostd/attempts.h"

static struct attempts a;

static int setup(void **state)
{
	memset(&a, 0, sizeof(a));
	return 0;
}

static void account_is_slowed_down(void **state)
{
	int64_t now = 1000000, last = 0;

	for (int i = 0; i < ATTEMPTS_FREE_ACCOUNT; i++) {
		assert_int_equal(attempts_get_delay(&a, "anna", "10.0.0.1", now), 0);
		attempts_failed(&a, "anna", "10.0.0.1", now);
	}
	for (int i = 0; i < 10; i++) {
		int64_t delay = attempts_get_delay(&a, "anna", "10.9.9.9", now);

		assert_true(delay >= last && delay > 0 && delay <= ATTEMPTS_DELAY_MAX);
		assert_int_equal(attempts_get_delay(&a, "anna", "x", now + delay), 0);
		last = delay;
		now += delay;
		attempts_failed(&a, "anna", "10.0.0.1", now);
	}
	assert_int_equal(last, ATTEMPTS_DELAY_MAX);
	assert_int_equal(attempts_get_delay(&a, "ben", "10.0.0.2", now), 0);
}

static void success_clears_the_account_only(void **state)
{
	for (int i = 0; i < ATTEMPTS_FREE_ADDRESS + 1; i++)
		attempts_failed(&a, "anna", "10.0.0.1", 5000);
	attempts_succeeded(&a, "anna");
	assert_int_equal(attempts_get_delay(&a, "anna", "10.0.0.2", 5000), 0);
	assert_true(attempts_get_delay(&a, "anna", "10.0.0.1", 5000) > 0);
	attempts_succeeded(&a, "nobody");
}

static void it_is_forgotten(void **state)
{
	for (int i = 0; i < 20; i++)
		attempts_failed(&a, "anna", "x", 5000);
	assert_true(attempts_get_delay(&a, "anna", "y", 5000) > 0);
	assert_int_equal(attempts_get_delay(&a, "anna", "y", 5001 + ATTEMPTS_FORGET), 0);
	attempts_failed(&a, "anna", "x", 5001 + ATTEMPTS_FORGET);
	assert_int_equal(attempts_get_delay(&a, "anna", "y", 5001 + ATTEMPTS_FORGET), 0);
}

static void a_flood_of_names_is_bounded(void **state)
{
	char name[200];

	for (int i = 0; i < ATTEMPTS_MAX * 2; i++) {
		snprintf(name, sizeof(name), "user%d", i);
		attempts_failed(&a, name, "10.0.0.1", 1000 + i);
	}
	assert_int_equal(a.n, ATTEMPTS_MAX);
	/* The one that goes on is not pushed out by the others. */
	assert_true(attempts_get_delay(&a, "user1", "10.0.0.1", 1000 + ATTEMPTS_MAX * 2) > 0);
}

static void long_names_are_told_apart(void **state)
{
	char one[300], two[300];

	memset(one, 'x', sizeof(one) - 1);
	one[sizeof(one) - 1] = 0;
	memcpy(two, one, sizeof(two));
	two[sizeof(two) - 2] = 'y';
	for (int i = 0; i < 10; i++)
		attempts_failed(&a, one, "z", 1000);
	assert_true(attempts_get_delay(&a, one, "w", 1000) > 0);
	assert_int_equal(attempts_get_delay(&a, two, "w", 1000), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(account_is_slowed_down, setup),
		cmocka_unit_test_setup(success_clears_the_account_only, setup),
		cmocka_unit_test_setup(it_is_forgotten, setup),
		cmocka_unit_test_setup(a_flood_of_names_is_bounded, setup),
		cmocka_unit_test_setup(long_names_are_told_apart, setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
