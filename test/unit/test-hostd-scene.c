/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Scenes: every combination of facts against a decision table. The table is read from the top; the
 * first row that fits says what must come out, and a combination without a row fails, as does a row
 * that no combination needs.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/str.h"
#include "hostd/scene.h"

enum { NOW = 1000000 };

/* A fact in a row. */
enum want { ANY, NO, YES };
/* Blocks as the table speaks of them: does it hold for who sits there? */
enum shown { NOTHING, USER, STATION, ALL, LESSON };
enum projected { NONE, FULL, WINDOW };

struct row {
	enum want session, user, station, all, lesson; /* blocks that reach */
	enum want full, window; /* the newest projection that is not of the own picture */
	enum want locked, exclusive;
	enum scene_kind kind;
	bool input;
	enum shown block;
	enum projected projection;
};

static const struct row table[] = {
	/* session user station all lesson, full window, locked exclusive */
	{ YES, YES, ANY, ANY, ANY, ANY, ANY, ANY, ANY, SCENE_BLOCK, false, USER, NONE },
	{ ANY, ANY, YES, ANY, ANY, ANY, ANY, ANY, ANY, SCENE_BLOCK, false, STATION, NONE },
	{ YES, ANY, ANY, YES, ANY, ANY, ANY, ANY, ANY, SCENE_BLOCK, false, ALL, NONE },
	{ YES, ANY, ANY, ANY, YES, ANY, ANY, ANY, ANY, SCENE_BLOCK, false, LESSON, NONE },
	{ ANY, ANY, ANY, ANY, ANY, YES, ANY, ANY, ANY, SCENE_PROJECTION, false, NOTHING, FULL },
	{ NO, ANY, ANY, ANY, ANY, ANY, ANY, ANY, ANY, SCENE_GREETER, false, NOTHING, NONE },
	{ YES, ANY, ANY, ANY, ANY, ANY, ANY, YES, ANY, SCENE_LOCK, false, NOTHING, NONE },
	{ YES, ANY, ANY, ANY, ANY, ANY, YES, ANY, YES, SCENE_SESSION, false, NOTHING, WINDOW },
	{ YES, ANY, ANY, ANY, ANY, ANY, YES, ANY, NO, SCENE_SESSION, true, NOTHING, WINDOW },
	{ YES, ANY, ANY, ANY, ANY, ANY, NO, ANY, YES, SCENE_SESSION, false, NOTHING, NONE },
	{ YES, ANY, ANY, ANY, ANY, ANY, NO, ANY, NO, SCENE_SESSION, true, NOTHING, NONE },
};

/* Every block there can be: none, over (also to the ms), running, for ever; by whom; the own one.
 */
struct block_case {
	bool there;
	int64_t until_ms;
	enum role by;
	bool own;
};

static const struct block_case block_cases[] = {
	{ false, 0, ROLE_OPERATOR, false },
	{ true, NOW - 1, ROLE_ADMINISTRATOR, false },
	{ true, NOW, ROLE_OPERATOR, false },
	{ true, NOW + 1, ROLE_OPERATOR, false },
	{ true, NOW + 1, ROLE_ADMINISTRATOR, false },
	{ true, 0, ROLE_OPERATOR, false },
	{ true, 0, ROLE_ADMINISTRATOR, false },
	{ true, 0, ROLE_OPERATOR, true },
	{ true, 0, ROLE_ADMINISTRATOR, true },
};

/* Of a lesson that covers the person: none, over, by whom. */
static const struct block_case lesson_cases[] = {
	{ false, 0, ROLE_OPERATOR, false },
	{ true, NOW, ROLE_OPERATOR, false },
	{ true, NOW + 1, ROLE_OPERATOR, false },
	{ true, NOW + 1, ROLE_ADMINISTRATOR, false },
};

/* Whom an operator, an administrator and one for everybody reaches, said a second time. */
static const bool user_reaches[2][3] = { /* by operator, administrator */
	{ true, false, false }, { true, true, true }
};

static bool reaches(const struct block_case *b, enum shown what, bool session, enum role role)
{
	if (!b->there || (b->until_ms != 0 && b->until_ms < NOW + 1))
		return false;
	if (!session)
		return what == STATION; /* a greeter is free but for a block of its own */
	if (b->own)
		return false;
	if (what == ALL)
		return role == ROLE_STANDARD;
	return user_reaches[b->by == ROLE_ADMINISTRATOR][role];
}

/* Projections in the order in which the list may hold them; which one is shown. */
struct projection_case {
	struct scene_projection list[3];
	size_t n;
	int shown; /* index; -1: none */
};

static const struct projection_case projection_cases[] = {
	{ { { 0 } }, 0, -1 },
	{ { { 7, false, false } }, 1, 0 },
	{ { { 7, true, false } }, 1, 0 },
	{ { { 7, false, true } }, 1, -1 }, /* of the own picture */
	{ { { 7, true, true } }, 1, -1 },
	{ { { 7, false, false }, { 8, true, false } }, 2, 1 }, /* the newest */
	{ { { 7, true, false }, { 8, false, false } }, 2, 1 },
	{ { { 8, true, false }, { 7, false, false } }, 2, 0 },
	{ { { 8, false, false }, { 7, true, false } }, 2, 0 },
	{ { { 7, false, false }, { 8, true, true } }, 2, 0 }, /* the one below the own picture */
	{ { { 7, true, false }, { 8, false, true } }, 2, 0 },
	{ { { 7, true, true }, { 8, false, true } }, 2, -1 },
	{ { { 3, false, false }, { 9, true, false }, { 5, false, false } }, 3, 1 },
};

static bool fits(enum want want, bool is)
{
	return want == ANY || (want == YES) == is;
}

struct combination {
	bool session, locked, exclusive;
	enum role role;
	const struct block_case *user, *station, *all, *lesson;
	const struct projection_case *projections;
};

static const struct scene_block *make_block(const struct block_case *c, struct scene_block *b)
{
	*b = (struct scene_block){ .until_ms = c->until_ms, .by = c->by, .own = c->own };
	return c->there ? b : NULL;
}

static unsigned uses[ELEMENTSOF(table)];

static const struct row *expected(const struct combination *c)
{
	const struct projection_case *p = c->projections;
	bool full = p->shown >= 0 && !p->list[p->shown].window;
	bool window = p->shown >= 0 && p->list[p->shown].window;

	for (size_t i = 0; i < ELEMENTSOF(table); i++) {
		const struct row *r = &table[i];

		if (!fits(r->session, c->session) ||
				!fits(r->user, reaches(c->user, USER, c->session, c->role)) ||
				!fits(r->station, reaches(c->station, STATION, c->session,
								  c->role)) ||
				!fits(r->all, reaches(c->all, ALL, c->session, c->role)) ||
				!fits(r->lesson, reaches(c->lesson, LESSON, c->session, c->role)) ||
				!fits(r->full, full) || !fits(r->window, window) ||
				!fits(r->locked, c->locked) || !fits(r->exclusive, c->exclusive))
			continue;
		uses[i]++;
		return r;
	}
	fail_msg("no row fits");
	return NULL;
}

static void check(const struct combination *c)
{
	const struct row *row = expected(c);
	const struct projection_case *p = c->projections;
	struct scene_block user, station, all, lesson;
	struct scene_facts facts = { .session = c->session,
		.role = c->role,
		.locked = c->locked,
		.exclusive = c->exclusive,
		.user = make_block(c->user, &user),
		.station = make_block(c->station, &station),
		.all = make_block(c->all, &all),
		.lesson = make_block(c->lesson, &lesson),
		.projections = p->list,
		.n_projections = p->n,
		.now_ms = NOW };
	const struct scene_block *blocks[] = { NULL, &user, &station, &all, &lesson };
	struct scene scene = scene_decide(&facts);

	assert_int_equal(scene.kind, row->kind);
	assert_int_equal(scene.input, row->input);
	assert_ptr_equal(scene.block, blocks[row->block]);
	assert_ptr_equal(scene.projection, row->projection == NONE ? NULL : &p->list[p->shown]);
	/* What must hold whatever the table says. */
	assert_true(!scene.input || scene.kind == SCENE_SESSION);
	assert_true(!scene.projection || scene.projection->window == (scene.kind == SCENE_SESSION));
	assert_true(!scene.projection || !scene.projection->is_source);
	/* Above everything, and no key passes. */
	facts.mapping = true;
	scene = scene_decide(&facts);
	assert_int_equal(scene.kind, SCENE_MAPPING);
	assert_true(!scene.input && !scene.block && !scene.projection);
}

/* The combination with this number; false: there are no more. */
static bool make_combination(size_t n, struct combination *ret)
{
	size_t digits[8];
	static const size_t bases[8] = { 2, 2, 2, 3, ELEMENTSOF(block_cases),
		ELEMENTSOF(block_cases), ELEMENTSOF(block_cases), ELEMENTSOF(lesson_cases) };

	for (size_t i = 0; i < ELEMENTSOF(bases); i++) {
		digits[i] = n % bases[i];
		n /= bases[i];
	}
	if (n >= ELEMENTSOF(projection_cases))
		return false;
	*ret = (struct combination){ .session = digits[0],
		.locked = digits[1],
		.exclusive = digits[2],
		.role = (enum role)digits[3],
		.user = &block_cases[digits[4]],
		.station = &block_cases[digits[5]],
		.all = &block_cases[digits[6]],
		.lesson = &lesson_cases[digits[7]],
		.projections = &projection_cases[n] };
	return true;
}

static void every_combination(void **state)
{
	struct combination c;
	size_t n = 0;

	while (make_combination(n, &c)) {
		check(&c);
		n++;
	}
	assert_int_equal(n, 2 * 2 * 2 * 3 * 9 * 9 * 9 * 4 * 13);
	for (size_t i = 0; i < ELEMENTSOF(table); i++)
		if (uses[i] == 0)
			fail_msg("row %zu is never needed", i);
}

static void kinds_have_names(void **state)
{
	static const char *const names[] = { "greeter", "session", "projection", "lock", "block",
		"mapping" };

	for (int k = SCENE_GREETER; k <= SCENE_MAPPING; k++)
		assert_string_equal(scene_kind_to_string((enum scene_kind)k), names[k]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_combination),
		cmocka_unit_test(kinds_have_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
