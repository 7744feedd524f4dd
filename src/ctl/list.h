/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Commands that ask for a list and show it as a table, or as JSON. */
#pragma once

#include "ctl/ctl.h"
#include "ctl/table.h"

struct list_info {
	const char *method;
	const char *key;   /* of the array in the reply */
	const char *empty; /* what a person reads where there is nothing */
	const struct column *columns;
	size_t n_columns;
	void (*row_add)(struct table *t, json_t *item);
	json_t *parameters; /* taken; NULL: none */
};

/* An exit code. */
int list_run(struct ctl *c, const struct list_info *info);
/* The same for an array that is there already. */
int list_print(struct ctl *c, const struct list_info *info, json_t *items);
