/* SPDX-License-Identifier: GPL-3.0-or-later */
/* When the notice of a time-out begins; limits from the settings and the size of the computer. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "hostd/limit.h"
#include "hostd/timeout.h"
#include "ipc/conf.h"

static struct conf conf(int64_t idle_ms, int64_t suspended_ms, int64_t warn_ms, char *act)
{
	return (struct conf){ .idle_ms = idle_ms,
		.suspended_ms = suspended_ms,
		.warn_ms = warn_ms,
		.idle_act = act };
}

static void deadlines(void **state)
{
	static const struct {
		struct timeout_facts f;
		int64_t idle, suspended, warn;
		int64_t due; /* INT64_MAX: never */
		enum job_cause cause;
		int64_t warned;
	} t[] = {
		/* From the last key on, with the notice as part of the time. */
		{ { true, false, false, 5000, 0, 0 }, 60000, 0, 10000, 55000, JOB_IDLE, 10000 },
		{ { true, false, true, 5000, 0, 0 }, 60000, 0, 10000, 55000, JOB_IDLE, 10000 },
		/* From the end of a block on, if that is later. */
		{ { true, false, false, 5000, 9000, 0 }, 60000, 0, 10000, 59000, JOB_IDLE, 10000 },
		/* Half of a short one is notice. */
		{ { true, false, false, 5000, 0, 0 }, 6000, 0, 10000, 8000, JOB_IDLE, 3000 },
		{ { true, false, false, 5000, 0, 0 }, 6000, 0, 0, 11000, JOB_IDLE, 0 },
		/* Off, hindered, opening or ending. */
		{ { true, false, false, 5000, 0, 0 }, 0, 9000, 0, INT64_MAX },
		{ { true, true, false, 5000, 0, 0 }, 60000, 9000, 0, INT64_MAX },
		{ { false, false, false, 5000, 0, 0 }, 60000, 9000, 0, INT64_MAX },
		{ { false, false, false, 5000, 0, 7000 }, 60000, 9000, 0, INT64_MAX },
		/* Suspended: only that counts, even under a block. */
		{ { true, false, false, 5000, 0, 7000 }, 60000, 0, 0, INT64_MAX },
		{ { true, false, false, 5000, 0, 7000 }, 60000, 9000, 1000, 15000, JOB_SUSPENDED,
				1000 },
		{ { true, true, true, 5000, 8000, 7000 }, 60000, 9000, 1000, 15000, JOB_SUSPENDED,
				1000 },
	};

	for (size_t i = 0; i < sizeof(t) / sizeof(*t); i++) {
		struct conf c = conf(t[i].idle, t[i].suspended, t[i].warn, (char *)"suspend");
		enum job_cause cause = JOB_ORDER;
		int64_t warn = -1, due = timeout_due(&c, &t[i].f, &cause, &warn);

		assert_int_equal(due, t[i].due);
		if (due == INT64_MAX)
			continue;
		assert_int_equal(cause, t[i].cause);
		assert_int_equal(warn, t[i].warned);
	}
}

static void what_is_locked_is_not_locked_again(void **state)
{
	const struct timeout_facts f = { .running = true, .locked = true, .used_ms = 1 };
	struct conf lock = conf(1000, 0, 0, (char *)"lock"),
		    logoff = conf(1000, 0, 0, (char *)"logoff");
	enum job_cause cause;
	int64_t warn;

	assert_int_equal(timeout_due(&lock, &f, &cause, &warn), INT64_MAX);
	assert_int_equal(timeout_due(&logoff, &f, &cause, &warn), 1001);
}

static void limits(void **state)
{
	static const char meminfo[] =
			"MemTotal:       16777216 kB\nMemFree: 1 kB\nSwapTotal: 4194304 kB\n";
	struct conf c = { .limit_memory = (char *)"auto",
		.limit_memory_high = (char *)"20%",
		.limit_cpu_weight = 100,
		.limit_tasks = 2048,
		.per_user_max = 2 };
	struct limits l;

	limits_load(&c, meminfo, &l);
	assert_int_equal(l.memory_kib, 4 << 20);
	assert_int_equal(l.swap_kib, 1 << 20); /* the same share */
	assert_int_equal(l.memory_high_kib, 167772 * 20);
	assert_int_equal(l.tasks, 2048);
	assert_int_equal(l.sessions, 2);
	/* Above the limit itself it would say nothing. */
	c.limit_memory_high = (char *)"90%";
	limits_load(&c, meminfo, &l);
	assert_int_equal(l.memory_high_kib, 0);
	c.limit_memory = (char *)"none";
	limits_load(&c, meminfo, &l);
	assert_int_equal(l.memory_kib, 0);
	assert_int_equal(l.swap_kib, -1);
	/* Shares of what is not known are no limits; sizes are. */
	c.limit_memory = (char *)"3G";
	c.limit_memory_high = (char *)"50%";
	limits_load(&c, NULL, &l);
	assert_int_equal(l.memory_kib, 3 << 20);
	assert_int_equal(l.memory_high_kib, 0);
	assert_int_equal(l.swap_kib, -1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(deadlines),
		cmocka_unit_test(what_is_locked_is_not_locked_again),
		cmocka_unit_test(limits),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
