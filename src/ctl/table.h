/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Aligned columns, cut to the terminal. */
#pragma once

#include <stdio.h>

#include "ctl/text.h"

enum { TABLE_COLUMNS_MAX = 12, TABLE_ROWS_MAX = 100000, TABLE_CUT_MIN = 8 };

struct column {
	const char *title;
	bool right;    /* numbers */
	bool cut;      /* may lose its end where the terminal is too narrow */
	bool optional; /* left out where every row is empty */
};

struct cell {
	char *text;
	size_t width;
	enum text_colour colour;
	bool empty;
};

struct table {
	const struct column *columns;
	size_t n_columns;
	struct cell *cells;
	size_t n_cells;
	size_t size;
	bool failed; /* no memory, or too many rows: table_print() says so */
};

void table_init(struct table *t, const struct column *columns, size_t n_columns);
void table_done(struct table *t);
/* The next cell, row by row; text is cleaned and may be NULL or empty (shown as "-"). */
void table_add(struct table *t, const char *text, enum text_colour colour);
/* Takes text. */
void table_add_consume(struct table *t, char *text);
/* columns: width to fit into, 0 = no limit. -ENOMEM. */
int table_print(struct table *t, FILE *f, unsigned columns, bool tty);
