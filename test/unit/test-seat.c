/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The codec between station-seat and station-relay: every message comes out as it went in, is not
 * taken from the wrong side or with another length, and no value out of range gets through.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <string.h>

#include "base/str.h"
#include "proto/seat.h"

#define SECRET "0123456789abcdefghijABCDEFGHIJ0123456789-_x"

static const struct seat_message of_seat[] = {
	{ .type = SEAT_HELLO,
			.hello = { .version = 1,
					.width = 1920,
					.height = 1080,
					.secret = SECRET } },
	{ .type = SEAT_SIZE, .size = { 512, 384 } },
	{ .type = SEAT_KEY, .key = { .code = 30, .keysym = 'a', .down = true } },
	{ .type = SEAT_KEY, .key = { .code = SEAT_KEY_CODE_MAX } },
	{ .type = SEAT_POINTER, .pointer = { 10, 20, 0x81 } },
	{ .type = SEAT_DONE, .done = { 0xffffffff } },
};

static const struct seat_message of_relay[] = {
	{ .type = SEAT_BUFFER, .buffer = { 1366, 768, 5504 } },
	{ .type = SEAT_FRAME, .frame = { .serial = 1 } },
	{ .type = SEAT_FRAME,
			.frame = { .serial = 2,
					.pointer_changed = true,
					.pointer_w = 256,
					.pointer_h = 24,
					.hot_x = 255,
					.hot_y = 3,
					.n = 2,
					.rects = { { 0, 0, 1, 1 }, { 16383, 16383, 1, 1 } } } },
	{ .type = SEAT_LEDS, .leds = { SEAT_LED_CAPS | SEAT_LED_SCROLL } },
};

static void check(const struct seat_message *m, enum seat_sender sender, enum seat_sender other)
{
	uint8_t data[SEAT_MESSAGE_MAX + 4] = { 0 };
	uint8_t again[SEAT_MESSAGE_MAX];
	size_t len = seat_message_build(data, m);
	struct seat_message ret;

	assert_true(len <= SEAT_MESSAGE_MAX);
	for (size_t n = 0; n < len + 4; n++)
		assert_int_equal(
				seat_message_parse(data, n, sender, &ret), n == len ? 0 : -EBADMSG);
	assert_int_equal(seat_message_parse(data, len, sender, &ret), 0);
	assert_int_equal(ret.type, m->type);
	assert_int_equal(seat_message_build(again, &ret), len);
	assert_memory_equal(data, again, len);
	assert_int_equal(seat_message_parse(data, len, other, &ret), -EBADMSG);
}

static void test_messages(void **state)
{
	for (size_t i = 0; i < ELEMENTSOF(of_seat); i++)
		check(&of_seat[i], SEAT_SENDER_SEAT, SEAT_SENDER_RELAY);
	for (size_t i = 0; i < ELEMENTSOF(of_relay); i++)
		check(&of_relay[i], SEAT_SENDER_RELAY, SEAT_SENDER_SEAT);
}

static void test_fields(void **state)
{
	uint8_t data[SEAT_MESSAGE_MAX];
	struct seat_message m;
	size_t len;

	len = seat_message_build(data, &of_seat[0]);
	assert_int_equal(seat_message_parse(data, len, SEAT_SENDER_SEAT, &m), 0);
	assert_int_equal(m.hello.width, 1920);
	assert_int_equal(m.hello.height, 1080);
	assert_string_equal(m.hello.secret, SECRET);
	len = seat_message_build(data, &of_relay[2]);
	assert_int_equal(seat_message_parse(data, len, SEAT_SENDER_RELAY, &m), 0);
	assert_true(m.frame.pointer_changed);
	assert_int_equal(m.frame.n, 2);
	assert_int_equal(m.frame.rects[1].x, 16383);
	assert_true(seat_frame_fits(&m, 16384, 16384));
	assert_false(seat_frame_fits(&m, 16384, 16383));
	assert_false(seat_frame_fits(&m, 16383, 16384));
}

/* A good message with one word replaced. */
static int parse_with(const struct seat_message *m, enum seat_sender sender, unsigned word,
		uint32_t value)
{
	uint8_t data[SEAT_MESSAGE_MAX];
	size_t len = seat_message_build(data, m);
	struct seat_message ret;

	memcpy(data + (size_t)word * 4, &value, 4);
	return seat_message_parse(data, len, sender, &ret);
}

static void test_ranges(void **state)
{
	static const struct {
		const struct seat_message *m;
		enum seat_sender sender;
		unsigned word;
		uint32_t value;
		int result;
	} rows[] = {
		{ &of_seat[0], SEAT_SENDER_SEAT, 0, 0, -EBADMSG },
		{ &of_seat[0], SEAT_SENDER_SEAT, 0, 77, -EBADMSG },
		{ &of_seat[0], SEAT_SENDER_SEAT, 1, 2, 0 }, /* said no to by the listener */
		{ &of_seat[0], SEAT_SENDER_SEAT, 2, 0, -EBADMSG },
		{ &of_seat[0], SEAT_SENDER_SEAT, 2, 63, -EBADMSG },
		{ &of_seat[0], SEAT_SENDER_SEAT, 2, 16385, -EBADMSG },
		{ &of_seat[0], SEAT_SENDER_SEAT, 4, 0, -EBADMSG }, /* no secret, or a hole in it */
		{ &of_seat[0], SEAT_SENDER_SEAT, 5, 0x20202020, -EBADMSG },
		{ &of_seat[0], SEAT_SENDER_SEAT, 5, 0xffffffff, -EBADMSG },
		{ &of_seat[1], SEAT_SENDER_SEAT, 1, 16384, 0 },
		{ &of_seat[1], SEAT_SENDER_SEAT, 2, 0xffffffff, -EBADMSG },
		{ &of_seat[2], SEAT_SENDER_SEAT, 1, SEAT_KEY_CODE_MAX + 1, -EBADMSG },
		{ &of_seat[2], SEAT_SENDER_SEAT, 2, SEAT_KEYSYM_MAX + 1u, -EBADMSG },
		{ &of_seat[2], SEAT_SENDER_SEAT, 3, 2, -EBADMSG },
		{ &of_seat[4], SEAT_SENDER_SEAT, 1, SEAT_SIDE_MAX, -EBADMSG },
		{ &of_seat[4], SEAT_SENDER_SEAT, 2, SEAT_SIDE_MAX, -EBADMSG },
		{ &of_seat[4], SEAT_SENDER_SEAT, 3, 0x100, -EBADMSG },
		{ &of_relay[0], SEAT_SENDER_RELAY, 3, 5464, -EBADMSG }, /* not our stride */
		{ &of_relay[0], SEAT_SENDER_RELAY, 1, 0, -EBADMSG },
		{ &of_relay[2], SEAT_SENDER_RELAY, 2, 2, -EBADMSG },
		{ &of_relay[2], SEAT_SENDER_RELAY, 3, 257, -EBADMSG },
		{ &of_relay[2], SEAT_SENDER_RELAY, 3, 0, -EBADMSG },
		{ &of_relay[2], SEAT_SENDER_RELAY, 5, 256, -EBADMSG },
		{ &of_relay[2], SEAT_SENDER_RELAY, 6, 24, -EBADMSG },
		{ &of_relay[2], SEAT_SENDER_RELAY, 7, 1, -EBADMSG },
		{ &of_relay[2], SEAT_SENDER_RELAY, 7, SEAT_RECTS_MAX + 1, -EBADMSG },
		{ &of_relay[2], SEAT_SENDER_RELAY, 7, 0x40000002, -EBADMSG },
		{ &of_relay[2], SEAT_SENDER_RELAY, 10, 0, -EBADMSG },
		{ &of_relay[2], SEAT_SENDER_RELAY, 14, 2, -EBADMSG },
		{ &of_relay[2], SEAT_SENDER_RELAY, 12, 0xffffffff, -EBADMSG },
		{ &of_relay[3], SEAT_SENDER_RELAY, 1, 8, -EBADMSG },
	};

	for (size_t i = 0; i < ELEMENTSOF(rows); i++)
		assert_int_equal(parse_with(rows[i].m, rows[i].sender, rows[i].word, rows[i].value),
				rows[i].result);
}

static void test_sizes(void **state)
{
	assert_true(seat_size_is_valid(7680, 4320));
	assert_false(seat_size_is_valid(16384, 16384));
	assert_int_equal(seat_stride(1920), 7680);
	assert_int_equal(seat_stride(1366), 5504);
	assert_int_equal(seat_pointer_offset(768, 5504), 768 * 5504);
	assert_int_equal(seat_memory_size(768, 5504), 768 * 5504 + 256 * 256 * 4);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_messages),
		cmocka_unit_test(test_fields),
		cmocka_unit_test(test_ranges),
		cmocka_unit_test(test_sizes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
