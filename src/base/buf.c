/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * struct buf: start <= end <= size <= about max + BUF_STEP. Data moves to the front only when room
 * is needed, so appending and consuming are O(1) amortised. Memory that is given back is wiped
 * first: the buffers of the conversation carry passwords.
 */
#include "base/buf.h"

#include <assert.h>
#include <string.h>

enum { BUF_STEP = 4096 };

void buf_init(struct buf *b, size_t max)
{
	*b = (struct buf){ .max = max };
}

void buf_done(struct buf *b)
{
	if (b->data)
		explicit_bzero(b->data, b->size);
	free(b->data);
	b->data = NULL;
	b->start = b->end = b->size = 0;
}

int buf_reserve(struct buf *b, size_t n, uint8_t **ret)
{
	size_t len = buf_len(b), need;
	uint8_t *data;

	if (n > b->max || len > b->max - n)
		return -EMSGSIZE;
	if (b->size - b->end < n && b->start > 0) {
		memmove(b->data, b->data + b->start, len);
		explicit_bzero(b->data + len, b->end - len);
		b->start = 0;
		b->end = len;
	}
	if (b->size - b->end < n) {
		need = MAX(len + n, b->size * 2);
		need = (need + BUF_STEP - 1) / BUF_STEP * BUF_STEP;
		data = malloc(need);
		if (!data)
			return -ENOMEM;
		if (b->data) {
			memcpy(data, b->data, len);
			explicit_bzero(b->data, b->size);
			free(b->data);
		}
		b->data = data;
		b->size = need;
	}
	*ret = b->data + b->end;
	return 0;
}

void buf_commit(struct buf *b, size_t n)
{
	assert(n <= b->size - b->end);
	b->end += n;
}

int buf_append(struct buf *b, const void *data, size_t n)
{
	uint8_t *p;
	int r;

	r = buf_reserve(b, n, &p);
	if (r < 0)
		return r;
	if (n > 0)
		memcpy(p, data, n);
	buf_commit(b, n);
	return 0;
}

void buf_consume(struct buf *b, size_t n, int wipe)
{
	assert(n <= buf_len(b));
	if (wipe)
		explicit_bzero(b->data + b->start, n);
	b->start += n;
	if (b->start == b->end)
		b->start = b->end = 0;
}
