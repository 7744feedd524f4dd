/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Messages between station-seat and station-relay, one connection (SOCK_SEQPACKET) per local
 * station. Each message is one packet of uint32 in native byte order, as both are on one computer:
 * the type, then the fields in the order of the structs below. Pure: bytes in, structs out, and
 * back.
 *
 *   seat -> relay                          relay -> seat
 *   HELLO, first and once                  BUFFER, first, and again after each new size
 *   SIZE: another mode, split, turned      FRAME: the next one only after DONE of this one
 *   KEY, POINTER                           LEDS
 *   DONE: the frame was copied
 *
 * BUFFER comes with one file descriptor: a memfd of seat_memory_size() bytes, sealed against
 * shrinking, growing and further seals. First the pixels, width x height, B G R X, in rows of
 * stride bytes; behind them the pointer's picture, premultiplied 0xAARRGGBB in rows of its own
 * width, SEAT_POINTER_SIDE x SEAT_POINTER_SIDE at most. The relay writes to it only between DONE
 * and the next FRAME. The first FRAME after a BUFFER covers all of it. A DONE of a frame of the
 * buffer before is ignored.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SEAT_SOCKET_PATH "/run/station-relay/seat.sock"

enum {
	SEAT_VERSION = 1,
	SEAT_SECRET_LEN = 44,
	SEAT_SIDE_MIN = 64,
	SEAT_SIDE_MAX = 16384,
	SEAT_PIXELS_MAX = 33 * 1024 * 1024, /* 7680 x 4320 fits */
	SEAT_POINTER_SIDE = 256,
	SEAT_RECTS_MAX = 64,
	SEAT_KEY_CODE_MAX = 0x2ff, /* KEY_MAX of evdev */
	SEAT_KEYSYM_MAX = 0x1fffffff,
	SEAT_STRIDE_ALIGN = 64,
	SEAT_MESSAGE_MAX = 4 * (8 + 4 * SEAT_RECTS_MAX), /* bytes of a packet */
};

enum seat_sender { SEAT_SENDER_SEAT, SEAT_SENDER_RELAY };

enum seat_type {
	SEAT_HELLO = 1,
	SEAT_SIZE,
	SEAT_KEY,
	SEAT_POINTER,
	SEAT_DONE,
	SEAT_BUFFER = 16,
	SEAT_FRAME,
	SEAT_LEDS,
};

enum {
	SEAT_LED_SCROLL = 1,
	SEAT_LED_NUM = 2,
	SEAT_LED_CAPS = 4,
};

struct seat_rect {
	uint32_t x, y, w, h; /* w and h at least 1 */
};

struct seat_message {
	enum seat_type type;
	union {
		struct {
			uint32_t version; /* any: the relay refuses what is not SEAT_VERSION */
			uint32_t width, height;
			char secret[SEAT_SECRET_LEN + 1]; /* of the place; printable, not empty */
		} hello;
		struct {
			uint32_t width, height;
		} size;
		struct {
			uint32_t code;   /* of evdev */
			uint32_t keysym; /* of X11, by the seat's layout; 0: none */
			bool down;       /* down again without up: the seat's repeat */
		} key;
		struct {
			uint32_t x, y;    /* of the station; below SEAT_SIDE_MAX */
			uint32_t buttons; /* RFB's mask; the wheel is 4-7, pressed and let go */
		} pointer;
		struct {
			uint32_t serial;
		} done;
		struct {
			uint32_t width, height, stride;
		} buffer;
		struct {
			uint32_t serial;
			bool pointer_changed;          /* the shape below is new, and its picture */
			uint32_t pointer_w, pointer_h; /* 0 x 0: no pointer is shown */
			uint32_t hot_x, hot_y;         /* within the shape */
			uint32_t n;                    /* 0: only the pointer */
			struct seat_rect rects[SEAT_RECTS_MAX];
		} frame;
		struct {
			uint32_t bits; /* SEAT_LED_* */
		} leds;
	};
};

/*
 * -EBADMSG: not a message of this sender, of another length than its own, or a value out of its
 * range. What depends on what came before is for the caller: the order, seat_frame_fits().
 */
int seat_message_parse(
		const void *data, size_t len, enum seat_sender sender, struct seat_message *ret);
/* data has room for SEAT_MESSAGE_MAX; gives the length. The values must be in range. */
size_t seat_message_build(uint8_t *data, const struct seat_message *m);

/* A size that a station can have. */
bool seat_size_is_valid(uint32_t width, uint32_t height);
/* Bytes of a row; of a valid width. */
uint32_t seat_stride(uint32_t width);
/* Bytes of the memfd; of a valid size. */
size_t seat_memory_size(uint32_t height, uint32_t stride);
/* Where the pointer's picture begins. */
size_t seat_pointer_offset(uint32_t height, uint32_t stride);
/* All rectangles of a FRAME lie within a buffer of this size. */
bool seat_frame_fits(const struct seat_message *m, uint32_t width, uint32_t height);
