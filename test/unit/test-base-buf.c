/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Buffers keep their bytes and their limit, wipe what they give back; chunks count references. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdbool.h>
#include <string.h>

#include "base/buf.h"
#include "base/chunk.h"

static void bytes_come_out_as_they_went_in(void **state)
{
	struct buf b;
	uint8_t expected = 0, next = 0;

	buf_init(&b, 100000);
	for (int round = 0; round < 500; round++) {
		for (int i = 0; i < 37; i++) {
			assert_int_equal(buf_append(&b, &next, 1), 0);
			next++;
		}
		for (int i = 0; i < 31; i++) {
			assert_int_equal(*buf_head(&b), expected);
			expected++;
			buf_consume(&b, 1, false);
		}
	}
	assert_int_equal(buf_len(&b), 500 * 6);
	buf_done(&b);
	assert_int_equal(buf_len(&b), 0);
}

static void limit_holds(void **state)
{
	struct buf b;
	uint8_t *p;

	buf_init(&b, 10);
	assert_int_equal(buf_append(&b, "12345678", 8), 0);
	assert_int_equal(buf_append(&b, "abc", 3), -EMSGSIZE);
	assert_int_equal(buf_reserve(&b, SIZE_MAX, &p), -EMSGSIZE);
	assert_int_equal(buf_append(&b, "ab", 2), 0);
	buf_consume(&b, 9, true);
	/* What was consumed does not count. */
	assert_int_equal(buf_append(&b, "123456789", 9), 0);
	assert_memory_equal(buf_head(&b), "b123456789", 10);
	buf_done(&b);
}

static void consumed_secrets_are_wiped(void **state)
{
	struct buf b;
	uint8_t *start;

	buf_init(&b, 100);
	assert_int_equal(buf_append(&b, "password!", 9), 0);
	start = buf_head(&b);
	buf_consume(&b, 8, true);
	assert_memory_equal(start, "\0\0\0\0\0\0\0\0!", 9);
	buf_done(&b);
}

static void a_buffer_can_be_used_again(void **state)
{
	struct buf b;

	buf_init(&b, 100);
	assert_int_equal(buf_append(&b, "a", 1), 0);
	buf_done(&b);
	assert_int_equal(buf_append(&b, "bc", 2), 0);
	assert_memory_equal(buf_head(&b), "bc", 2);
	buf_done(&b);
}

static void chunks_live_until_the_last_reference(void **state)
{
	_cleanup_(chunk_unrefp) struct chunk *c = chunk_new(4);
	struct chunk *second;

	assert_non_null(c);
	assert_int_equal(c->len, 0);
	assert_int_equal(c->size, 4);
	memcpy(c->data, "abcd", 4);
	c->len = 4;
	second = chunk_ref(c);
	assert_ptr_equal(second, c);
	assert_null(chunk_unref(second));
	/* With ASan on this reads freed memory if the count were wrong. */
	assert_memory_equal(c->data, "abcd", 4);
	assert_null(chunk_unref(NULL));
	assert_null(chunk_new(SIZE_MAX - 4));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(bytes_come_out_as_they_went_in),
		cmocka_unit_test(limit_holds),
		cmocka_unit_test(consumed_secrets_are_wiped),
		cmocka_unit_test(a_buffer_can_be_used_again),
		cmocka_unit_test(chunks_live_until_the_last_reference),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
