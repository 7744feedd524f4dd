/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A grid over the picture. A cell that changes again within STEP_MS gets warmer, one that waits
 * longer is cold again; a hot one moves, until REST_MS without a change. So a window that is
 * dragged or a blinking caret never moves, a film does after a third of a second.
 *
 * A blurred cell that has come to rest is marked as rested until it changes: whoever gets it from
 * now on gets it sharp.
 */
#include "relay/motion.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"

enum {
	CELL = 64,
	STEP_MS = 120, /* a film has 12 frames a second at least, a little late */
	HOT = 8,
	REST_MS = 300,
};

struct cell {
	int64_t changed_ms;
	uint8_t heat;
	bool blurred, rested;
};

struct motion {
	unsigned columns, rows;
	struct cell *cells; /* NULL: no memory */
	unsigned n_hot;
};

int motion_new(uint16_t w, uint16_t h, struct motion **ret)
{
	_cleanup_free_ struct motion *m = NULL;
	int r;

	m = calloc(1, sizeof(*m));
	if (!m)
		return -ENOMEM;
	r = motion_resize(m, w, h);
	if (r < 0)
		return r;
	*ret = take_ptr(m);
	return 0;
}

struct motion *motion_free(struct motion *m)
{
	if (m)
		free(m->cells);
	free(m);
	return NULL;
}

int motion_resize(struct motion *m, uint16_t w, uint16_t h)
{
	free(m->cells);
	m->n_hot = 0;
	m->columns = (w + CELL - 1u) / CELL;
	m->rows = (h + CELL - 1u) / CELL;
	m->cells = calloc((size_t)m->columns * m->rows, sizeof(*m->cells));
	if (m->cells)
		return 0;
	m->columns = m->rows = 0;
	return -ENOMEM;
}

static bool warm(struct motion *m, struct cell *c, int64_t now_ms)
{
	bool was_hot = c->heat == HOT;
	int64_t step = now_ms - c->changed_ms;

	c->changed_ms = now_ms;
	c->rested = false;
	if (was_hot)
		return true;
	c->heat = step <= STEP_MS ? c->heat + 1 : 0;
	m->n_hot += c->heat == HOT;
	return c->heat == HOT;
}

/* Cells that this box touches: first and last column and row, within the grid. */
static pixman_box32_t cells_of(const struct motion *m, const pixman_box32_t *b)
{
	return (pixman_box32_t){
		.x1 = b->x1 / CELL,
		.y1 = b->y1 / CELL,
		.x2 = MIN((b->x2 + CELL - 1) / CELL, (int)m->columns),
		.y2 = MIN((b->y2 + CELL - 1) / CELL, (int)m->rows),
	};
}

bool motion_note(struct motion *m, const pixman_region32_t *damage, int64_t now_ms)
{
	pixman_box32_t *b;
	bool moves = false;
	int n;

	b = pixman_region32_rectangles((pixman_region32_t *)damage, &n);
	for (int i = 0; i < n; i++) {
		pixman_box32_t cells = cells_of(m, &b[i]);

		for (int y = cells.y1; y < cells.y2; y++)
			for (int x = cells.x1; x < cells.x2; x++) {
				struct cell *c = &m->cells[(unsigned)y * m->columns + (unsigned)x];

				/* Several boxes of one damage are one change. */
				if (c->changed_ms != now_ms)
					moves |= warm(m, c, now_ms);
			}
	}
	return moves;
}

/* Runs of cells of a row that want() says, as boxes. */
static void collect(const struct motion *m, const pixman_box32_t *cells,
		bool (*want)(const struct cell *c), pixman_region32_t *ret)
{
	for (int y = cells->y1; y < cells->y2; y++)
		for (int x = cells->x1; x < cells->x2; x++) {
			const struct cell *row = m->cells + (size_t)y * m->columns;
			int first = x;

			while (x < cells->x2 && want(&row[x]))
				x++;
			if (x > first)
				pixman_region32_union_rect(ret, ret, first * CELL, y * CELL,
						(unsigned)(x - first) * CELL, CELL);
		}
}

static bool is_hot(const struct cell *c)
{
	return c->heat == HOT;
}

static bool is_rested(const struct cell *c)
{
	return c->rested;
}

void motion_split(const struct motion *m, const pixman_region32_t *region,
		pixman_region32_t *ret_moving, pixman_region32_t *ret_rested)
{
	pixman_box32_t cells = cells_of(m, pixman_region32_extents((pixman_region32_t *)region));

	if (m->n_hot > 0)
		collect(m, &cells, is_hot, ret_moving);
	collect(m, &cells, is_rested, ret_rested);
	pixman_region32_intersect(ret_moving, ret_moving, (pixman_region32_t *)region);
	pixman_region32_intersect(ret_rested, ret_rested, (pixman_region32_t *)region);
}

void motion_blurred(struct motion *m, int x, int y, unsigned w, unsigned h)
{
	pixman_box32_t box = { x, y, x + (int)w, y + (int)h }, cells = cells_of(m, &box);

	for (int j = cells.y1; j < cells.y2; j++)
		for (int i = cells.x1; i < cells.x2; i++)
			m->cells[(unsigned)j * m->columns + (unsigned)i].blurred = true;
}

bool motion_rest(struct motion *m, int64_t now_ms, pixman_region32_t *rested)
{
	unsigned n = m->columns * m->rows;

	for (unsigned i = 0; i < n; i++) {
		struct cell *c = &m->cells[i];

		if (c->heat < HOT || now_ms - c->changed_ms < REST_MS)
			continue;
		c->heat = 0;
		m->n_hot--;
		c->rested = c->blurred;
		c->blurred = false;
		if (c->rested)
			pixman_region32_union_rect(rested, rested, (int)(i % m->columns * CELL),
					(int)(i / m->columns * CELL), CELL, CELL);
	}
	return m->n_hot > 0;
}
