/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One way for all lists: an array for programs, also when it is empty; a table for people. */
#include "ctl/list.h"

#include <stdio.h>

int list_run(struct ctl *c, const struct list_info *info)
{
	_cleanup_json_ json_t *reply = NULL;
	json_t *items;
	int r;

	r = ctl_call(c, info->method, info->parameters, CTL_ANSWER_MS, &reply);
	if (r)
		return r;
	items = json_object_get(reply, info->key);
	if (!json_is_array(items))
		return ctl_bad_reply(c, info->method);
	return list_print(c, info, items);
}

int list_print(struct ctl *c, const struct list_info *info, json_t *items)
{
	struct table t;
	json_t *item;
	size_t i;
	int r;

	if (c->json) {
		text_print_json(stdout, items, JSON_INDENT(2), c->out_tty);
		return CTL_DONE;
	}
	if (json_array_size(items) == 0) {
		puts(info->empty);
		return CTL_DONE;
	}
	table_init(&t, info->columns, info->n_columns);
	json_array_foreach (items, i, item)
		info->row_add(&t, item);
	r = table_print(&t, stdout, c->columns, c->out_tty);
	table_done(&t);
	return r < 0 ? ctl_no_memory(c) : CTL_DONE;
}
