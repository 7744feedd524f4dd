/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A table in memory: cells are cleaned and measured as they come, the widths are known when the
 * last row is there. Columns that may be cut give way, the widest first, until the table fits; what
 * cannot be cut (ids, states) is always whole, so that it can be copied into the next command.
 */
#include "ctl/table.h"

#include <assert.h>
#include <string.h>

#include "base/str.h"

void table_init(struct table *t, const struct column *columns, size_t n_columns)
{
	assert(n_columns > 0 && n_columns <= TABLE_COLUMNS_MAX);
	*t = (struct table){ .columns = columns, .n_columns = n_columns };
}

void table_done(struct table *t)
{
	for (size_t i = 0; i < t->n_cells; i++)
		free(t->cells[i].text);
	free(t->cells);
	*t = (struct table){ 0 };
}

void table_add(struct table *t, const char *text, enum text_colour colour)
{
	struct cell *cell;

	if (t->failed)
		return;
	if (t->n_cells == t->size) {
		size_t size = t->size ? t->size * 2 : 64;
		struct cell *bigger = NULL;

		if (t->n_cells / t->n_columns < TABLE_ROWS_MAX)
			bigger = reallocarray(t->cells, size, sizeof(*bigger));
		if (!bigger) {
			t->failed = true;
			return;
		}
		t->cells = bigger;
		t->size = size;
	}
	cell = &t->cells[t->n_cells];
	cell->empty = str_is_empty(text);
	cell->text = text_clean(cell->empty ? "-" : text);
	if (!cell->text) {
		t->failed = true;
		return;
	}
	cell->width = text_width(cell->text);
	cell->colour = colour;
	t->n_cells++;
}

void table_add_consume(struct table *t, char *text)
{
	table_add(t, text, TEXT_PLAIN);
	free(text);
}

/* Width 0: the column is left out. */
static void widths_fit(const struct table *t, size_t *widths, unsigned columns)
{
	size_t total = 0;

	for (size_t i = 0; i < t->n_columns; i++) {
		bool shown = !t->columns[i].optional;

		widths[i] = strlen(t->columns[i].title);
		for (size_t k = i; k < t->n_cells; k += t->n_columns) {
			widths[i] = MAX(widths[i], t->cells[k].width);
			shown |= !t->cells[k].empty;
		}
		widths[i] = shown ? widths[i] : 0;
		total += widths[i] + (shown && total > 0 ? 2 : 0);
	}
	while (columns && total > columns) {
		size_t widest = SIZE_MAX;

		for (size_t i = 0; i < t->n_columns; i++)
			if (t->columns[i].cut && widths[i] > TABLE_CUT_MIN &&
					(widest == SIZE_MAX || widths[i] > widths[widest]))
				widest = i;
		if (widest == SIZE_MAX)
			return;
		widths[widest]--;
		total--;
	}
}

static void cell_print(const struct table *t, FILE *f, size_t column, const struct cell *cell,
		size_t width, bool tty)
{
	bool last = column == t->n_columns - 1, cut = cell->width > width;
	size_t shown = cell->width, bytes = strlen(cell->text), pad;

	if (width == 0)
		return;
	if (cut) {
		bytes = text_cut(cell->text, width - 1, &shown);
		shown++; /* the ellipsis */
	}
	pad = width - shown;
	if (t->columns[column].right)
		fprintf(f, "%*s", (int)pad, "");
	fprintf(f, "%s%.*s%s%s", cell->colour ? text_colour(cell->colour, tty) : "", (int)bytes,
			cell->text, cut ? "…" : "",
			cell->colour ? text_colour(TEXT_PLAIN, tty) : "");
	if (!last)
		fprintf(f, "%*s", (int)(t->columns[column].right ? 2 : pad + 2), "");
}

int table_print(struct table *t, FILE *f, unsigned columns, bool tty)
{
	size_t widths[TABLE_COLUMNS_MAX];

	if (t->failed)
		return -ENOMEM;
	assert(t->n_cells % t->n_columns == 0);
	widths_fit(t, widths, columns);
	for (size_t i = 0; i < t->n_columns; i++) {
		struct cell title = { .text = (char *)t->columns[i].title,
			.width = strlen(t->columns[i].title),
			.colour = TEXT_BOLD };

		cell_print(t, f, i, &title, widths[i], tty);
	}
	fputc('\n', f);
	for (size_t i = 0; i < t->n_cells; i++) {
		size_t column = i % t->n_columns;

		cell_print(t, f, column, &t->cells[i], widths[column], tty);
		if (column == t->n_columns - 1)
			fputc('\n', f);
	}
	return 0;
}
