/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A growing byte buffer with a limit: bytes are appended at the end and consumed at the start.
 * The limit is in the struct because who makes the buffer knows how much its peer may claim.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "base/cleanup.h"

struct buf {
	uint8_t *data; /* first unread byte is data + start */
	size_t start;
	size_t end;
	size_t size;
	size_t max;
};

void buf_init(struct buf *b, size_t max);
/* Wipes and frees; the buffer may be used again. */
void buf_done(struct buf *b);

static inline size_t buf_len(const struct buf *b)
{
	return b->end - b->start;
}

static inline uint8_t *buf_head(const struct buf *b)
{
	return b->data + b->start;
}

/* Make room for n more bytes and give their address; -EMSGSIZE above the limit, -ENOMEM. */
int buf_reserve(struct buf *b, size_t n, uint8_t **ret);
/* n bytes of what buf_reserve() gave were written. */
void buf_commit(struct buf *b, size_t n);
int buf_append(struct buf *b, const void *data, size_t n);
/* Forget n bytes at the start; wipe = overwrite them (secrets). */
void buf_consume(struct buf *b, size_t n, int wipe);
