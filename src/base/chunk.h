/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Reference-counted bytes that never change once shared: what is encoded once and written to many
 * viewers. References are taken and dropped on the loop's thread only.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "base/cleanup.h"

struct chunk {
	unsigned refs;
	size_t len;
	size_t size;
	uint8_t data[];
};

/* len 0, room for size bytes; NULL: no memory. */
struct chunk *chunk_new(size_t size);
struct chunk *chunk_ref(struct chunk *c);
/* NULL is fine; gives NULL. */
struct chunk *chunk_unref(struct chunk *c);
DEFINE_CLEANUP(struct chunk, chunk_unref);
