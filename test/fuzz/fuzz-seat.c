/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Messages between station-seat and station-relay. First byte odd: of the relay. What must hold: a
 * message that is taken is within every range that seat.h promises, and is built again as the same
 * bytes; no other length of it is taken.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "fuzz.h"
#include "proto/seat.h"

static void check_ranges(const struct seat_message *m)
{
	switch (m->type) {
	case SEAT_HELLO:
		FUZZ_CHECK(seat_size_is_valid(m->hello.width, m->hello.height));
		FUZZ_CHECK(strlen(m->hello.secret) >= 1 &&
				strlen(m->hello.secret) <= SEAT_SECRET_LEN);
		break;
	case SEAT_SIZE:
		FUZZ_CHECK(seat_size_is_valid(m->size.width, m->size.height));
		break;
	case SEAT_KEY:
		FUZZ_CHECK(m->key.code <= SEAT_KEY_CODE_MAX && m->key.keysym <= SEAT_KEYSYM_MAX);
		break;
	case SEAT_POINTER:
		FUZZ_CHECK(m->pointer.x < SEAT_SIDE_MAX && m->pointer.y < SEAT_SIDE_MAX);
		FUZZ_CHECK(m->pointer.buttons <= 0xff);
		break;
	case SEAT_BUFFER:
		FUZZ_CHECK(seat_size_is_valid(m->buffer.width, m->buffer.height));
		FUZZ_CHECK(m->buffer.stride >= m->buffer.width * 4);
		break;
	case SEAT_FRAME:
		FUZZ_CHECK(m->frame.pointer_w <= SEAT_POINTER_SIDE &&
				m->frame.pointer_h <= SEAT_POINTER_SIDE);
		FUZZ_CHECK(m->frame.n <= SEAT_RECTS_MAX);
		FUZZ_CHECK(seat_frame_fits(m, SEAT_SIDE_MAX, SEAT_SIDE_MAX));
		break;
	default:
		break;
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	enum seat_sender sender = size > 0 && (data[0] & 1) ? SEAT_SENDER_RELAY : SEAT_SENDER_SEAT;
	_cleanup_free_ uint8_t *copy = NULL;
	uint8_t built[SEAT_MESSAGE_MAX];
	struct seat_message m, other;
	int r;

	if (size < 1)
		return 0;
	/* With its own end and one byte off any alignment. */
	copy = malloc(size);
	FUZZ_CHECK(copy);
	memcpy(copy, data, size);
	r = seat_message_parse(copy + 1, size - 1, sender, &m);
	FUZZ_CHECK(r == 0 || r == -EBADMSG);
	if (r < 0)
		return 0;
	check_ranges(&m);
	FUZZ_CHECK(seat_message_build(built, &m) == size - 1);
	FUZZ_CHECK(memcmp(built, copy + 1, size - 1) == 0);
	FUZZ_CHECK(seat_message_parse(copy + 1, size - 2, sender, &other) == -EBADMSG);
	FUZZ_CHECK(seat_message_parse(copy + 1, size - 1,
				   sender == SEAT_SENDER_SEAT ? SEAT_SENDER_RELAY
							      : SEAT_SENDER_SEAT,
				   &other) == -EBADMSG);
	return 0;
}
