/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * struct chunk is one allocation. The counter is plain: a chunk is built by a worker, handed to the
 * loop by message, and only the loop counts references.
 */
#include "base/chunk.h"

#include <assert.h>

struct chunk *chunk_new(size_t size)
{
	struct chunk *c;
	size_t total;

	if (__builtin_add_overflow(sizeof(*c), size, &total))
		return NULL;
	c = malloc(total);
	if (!c)
		return NULL;
	c->refs = 1;
	c->len = 0;
	c->size = size;
	return c;
}

struct chunk *chunk_ref(struct chunk *c)
{
	assert(c->refs > 0);
	c->refs++;
	return c;
}

struct chunk *chunk_unref(struct chunk *c)
{
	if (c && --c->refs == 0)
		free(c);
	return NULL;
}
