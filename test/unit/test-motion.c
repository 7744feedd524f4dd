/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What moves: a film does, a caret, a drag of a moment and a slide show do not; what was blurred is
 * told once when it rests, and only that.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/cleanup.h"
#include "relay/motion.h"

enum { W = 1000, H = 600 };

static bool note(struct motion *m, int x, int y, unsigned w, unsigned h, int64_t ms)
{
	pixman_region32_t r;
	bool moves;

	pixman_region32_init_rect(&r, x, y, w, h);
	moves = motion_note(m, &r, ms);
	pixman_region32_fini(&r);
	return moves;
}

/* A film of this rate; whether it moved at its end. */
static bool film(struct motion *m, int step_ms, unsigned frames, int64_t *ms)
{
	bool moves = false;

	for (unsigned i = 0; i < frames; i++, *ms += step_ms)
		moves = note(m, 100, 50, 640, 360, *ms);
	return moves;
}

static unsigned area(pixman_region32_t *r)
{
	unsigned a = 0;
	int n;
	const pixman_box32_t *b = pixman_region32_rectangles(r, &n);

	for (int i = 0; i < n; i++)
		a += (unsigned)((b[i].x2 - b[i].x1) * (b[i].y2 - b[i].y1));
	pixman_region32_clear(r);
	return a;
}

static void split(struct motion *m, unsigned *ret_moving, unsigned *ret_rested)
{
	pixman_region32_t all, moving, rested;

	pixman_region32_init_rect(&all, 0, 0, W, H);
	pixman_region32_init(&moving);
	pixman_region32_init(&rested);
	motion_split(m, &all, &moving, &rested);
	*ret_moving = area(&moving);
	*ret_rested = area(&rested);
	pixman_region32_fini(&all);
	pixman_region32_fini(&moving);
	pixman_region32_fini(&rested);
}

static void test_rates(void **state)
{
	static const struct {
		int step_ms;
		unsigned frames;
		bool moves;
	} films[] = {
		{ 40, 25, true },   /* a film */
		{ 83, 25, true },   /* of 12 frames */
		{ 40, 7, false },   /* a moment */
		{ 150, 99, false }, /* a clock, a slow terminal */
		{ 500, 99, false }, /* a caret */
	};

	for (size_t i = 0; i < ELEMENTSOF(films); i++) {
		struct motion *m;
		int64_t ms = 1000;

		assert_int_equal(motion_new(W, H, &m), 0);
		assert_int_equal(film(m, films[i].step_ms, films[i].frames, &ms), films[i].moves);
		motion_free(m);
	}
}

static void test_rest(void **state)
{
	pixman_region32_t rested;
	unsigned moving, rests;
	struct motion *m;
	int64_t ms = 5;

	pixman_region32_init(&rested);
	assert_int_equal(motion_new(W, H, &m), 0);
	assert_true(film(m, 40, 20, &ms));
	split(m, &moving, &rests);
	assert_in_range(moving, 640 * 360, 768 * 448); /* in cells */
	assert_int_equal(rests, 0);
	/* Only a part of it was blurred; elsewhere something else happens once. */
	motion_blurred(m, 128, 64, 64, 64);
	note(m, 900, 500, 50, 50, ms);
	assert_true(motion_rest(m, ms + 100, &rested));
	assert_int_equal(area(&rested), 0);
	assert_false(motion_rest(m, ms + 400, &rested));
	assert_int_equal(area(&rested), 64 * 64);
	split(m, &moving, &rests);
	assert_int_equal(moving, 0);
	assert_int_equal(rests, 64 * 64);
	/* Told once; and a change makes it an ordinary part again. */
	assert_false(motion_rest(m, ms + 800, &rested));
	assert_int_equal(area(&rested), 0);
	note(m, 130, 70, 1, 1, ms + 900);
	split(m, &moving, &rests);
	assert_int_equal(rests, 0);
	motion_free(m);
	pixman_region32_fini(&rested);
}

/* Part of a film goes on: only the rest of it rests. */
static void test_part(void **state)
{
	pixman_region32_t rested;
	struct motion *m;
	int64_t ms = 5;

	pixman_region32_init(&rested);
	assert_int_equal(motion_new(W, H, &m), 0);
	film(m, 40, 20, &ms);
	motion_blurred(m, 100, 50, 640, 360);
	for (int i = 0; i < 20; i++, ms += 40)
		note(m, 200, 200, 10, 10, ms);
	assert_true(motion_rest(m, ms, &rested));
	assert_false(pixman_region32_contains_point(&rested, 205, 205, NULL));
	assert_true(pixman_region32_contains_point(&rested, 105, 55, NULL));
	/* Another size: all is forgotten. */
	assert_int_equal(motion_resize(m, 65, 1), 0);
	assert_false(motion_rest(m, ms + 1000, &rested));
	assert_false(note(m, 64, 0, 1, 1, ms));
	motion_free(m);
	pixman_region32_fini(&rested);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rates),
		cmocka_unit_test(test_rest),
		cmocka_unit_test(test_part),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
