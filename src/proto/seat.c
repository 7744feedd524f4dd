/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The codec of seat.h. Every packet has exactly the length of its type, so there is nothing to wait
 * for and nothing to skip; a value that no honest peer sends makes the packet a bad one, so that
 * nobody behind here needs to doubt it.
 */
#include "proto/seat.h"

#include <assert.h>
#include <errno.h>
#include <string.h>

enum { WORD = sizeof(uint32_t), FRAME_HEAD_WORDS = 8, RECT_WORDS = 4, BUTTONS_MAX = 0xff };

static uint32_t get(const uint8_t *data, unsigned word)
{
	uint32_t v;

	memcpy(&v, data + (size_t)word * WORD, WORD);
	return v;
}

static uint8_t *put(uint8_t *p, uint32_t v)
{
	memcpy(p, &v, WORD);
	return p + WORD;
}

bool seat_size_is_valid(uint32_t width, uint32_t height)
{
	return width >= SEAT_SIDE_MIN && height >= SEAT_SIDE_MIN && width <= SEAT_SIDE_MAX &&
	       height <= SEAT_SIDE_MAX && (uint64_t)width * height <= SEAT_PIXELS_MAX;
}

uint32_t seat_stride(uint32_t width)
{
	return (width * 4 + SEAT_STRIDE_ALIGN - 1) / SEAT_STRIDE_ALIGN * SEAT_STRIDE_ALIGN;
}

size_t seat_pointer_offset(uint32_t height, uint32_t stride)
{
	return (size_t)height * stride;
}

size_t seat_memory_size(uint32_t height, uint32_t stride)
{
	return seat_pointer_offset(height, stride) +
	       (size_t)SEAT_POINTER_SIDE * SEAT_POINTER_SIDE * 4;
}

bool seat_frame_fits(const struct seat_message *m, uint32_t width, uint32_t height)
{
	for (uint32_t i = 0; i < m->frame.n; i++) {
		const struct seat_rect *r = &m->frame.rects[i];

		if (r->x >= width || r->y >= height || r->w > width - r->x || r->h > height - r->y)
			return false;
	}
	return true;
}

/* --- parse --- */

static int parse_hello(const uint8_t *data, struct seat_message *m)
{
	const char *secret = (const char *)data + (size_t)4 * WORD;
	size_t len = strnlen(secret, SEAT_SECRET_LEN);

	m->hello.version = get(data, 1);
	m->hello.width = get(data, 2);
	m->hello.height = get(data, 3);
	if (len == 0)
		return -EBADMSG;
	for (size_t i = 0; i < SEAT_SECRET_LEN; i++)
		if (i < len ? secret[i] <= ' ' || secret[i] > '~' : secret[i] != '\0')
			return -EBADMSG;
	memcpy(m->hello.secret, secret, len);
	m->hello.secret[len] = '\0';
	return seat_size_is_valid(m->hello.width, m->hello.height) ? 0 : -EBADMSG;
}

static int parse_key(const uint8_t *data, struct seat_message *m)
{
	m->key.code = get(data, 1);
	m->key.keysym = get(data, 2);
	m->key.down = get(data, 3) != 0;
	return m->key.code <= SEAT_KEY_CODE_MAX && m->key.keysym <= SEAT_KEYSYM_MAX &&
					       get(data, 3) <= 1
			       ? 0
			       : -EBADMSG;
}

static int parse_pointer(const uint8_t *data, struct seat_message *m)
{
	m->pointer.x = get(data, 1);
	m->pointer.y = get(data, 2);
	m->pointer.buttons = get(data, 3);
	return m->pointer.x < SEAT_SIDE_MAX && m->pointer.y < SEAT_SIDE_MAX &&
					       m->pointer.buttons <= BUTTONS_MAX
			       ? 0
			       : -EBADMSG;
}

static int parse_buffer(const uint8_t *data, struct seat_message *m)
{
	m->buffer.width = get(data, 1);
	m->buffer.height = get(data, 2);
	m->buffer.stride = get(data, 3);
	return seat_size_is_valid(m->buffer.width, m->buffer.height) &&
					       m->buffer.stride == seat_stride(m->buffer.width)
			       ? 0
			       : -EBADMSG;
}

static bool is_shape(const struct seat_message *m)
{
	uint32_t w = m->frame.pointer_w, h = m->frame.pointer_h;

	if (w == 0 || h == 0)
		return w == 0 && h == 0 && m->frame.hot_x == 0 && m->frame.hot_y == 0;
	return w <= SEAT_POINTER_SIDE && h <= SEAT_POINTER_SIDE && m->frame.hot_x < w &&
	       m->frame.hot_y < h;
}

static int parse_frame(const uint8_t *data, size_t len, struct seat_message *m)
{
	m->frame.serial = get(data, 1);
	m->frame.pointer_changed = get(data, 2) != 0;
	m->frame.pointer_w = get(data, 3);
	m->frame.pointer_h = get(data, 4);
	m->frame.hot_x = get(data, 5);
	m->frame.hot_y = get(data, 6);
	m->frame.n = get(data, 7);
	if (get(data, 2) > 1 || !is_shape(m) || m->frame.n > SEAT_RECTS_MAX ||
			len != (size_t)WORD * (FRAME_HEAD_WORDS + RECT_WORDS * m->frame.n))
		return -EBADMSG;
	for (uint32_t i = 0; i < m->frame.n; i++) {
		unsigned at = FRAME_HEAD_WORDS + RECT_WORDS * i;
		struct seat_rect *r = &m->frame.rects[i];

		*r = (struct seat_rect){ get(data, at), get(data, at + 1), get(data, at + 2),
			get(data, at + 3) };
		if (r->w == 0 || r->h == 0)
			return -EBADMSG;
	}
	return seat_frame_fits(m, SEAT_SIDE_MAX, SEAT_SIDE_MAX) ? 0 : -EBADMSG;
}

/* Bytes of a packet; the least of a FRAME. 0: no such type. */
static size_t get_length(uint32_t type)
{
	switch (type) {
	case SEAT_HELLO:
		return (size_t)4 * WORD + SEAT_SECRET_LEN;
	case SEAT_SIZE:
		return (size_t)3 * WORD;
	case SEAT_KEY:
	case SEAT_POINTER:
	case SEAT_BUFFER:
		return (size_t)4 * WORD;
	case SEAT_DONE:
	case SEAT_LEDS:
		return (size_t)2 * WORD;
	case SEAT_FRAME:
		return (size_t)FRAME_HEAD_WORDS * WORD;
	default:
		return 0;
	}
}

static int parse_fields(const uint8_t *data, size_t len, struct seat_message *m)
{
	switch (m->type) {
	case SEAT_HELLO:
		return parse_hello(data, m);
	case SEAT_SIZE:
		m->size.width = get(data, 1);
		m->size.height = get(data, 2);
		return seat_size_is_valid(m->size.width, m->size.height) ? 0 : -EBADMSG;
	case SEAT_KEY:
		return parse_key(data, m);
	case SEAT_POINTER:
		return parse_pointer(data, m);
	case SEAT_DONE:
		m->done.serial = get(data, 1);
		return 0;
	case SEAT_BUFFER:
		return parse_buffer(data, m);
	case SEAT_FRAME:
		return parse_frame(data, len, m);
	case SEAT_LEDS:
		m->leds.bits = get(data, 1);
		return m->leds.bits <= (SEAT_LED_SCROLL | SEAT_LED_NUM | SEAT_LED_CAPS) ? 0
											: -EBADMSG;
	}
	return -EBADMSG;
}

int seat_message_parse(
		const void *data, size_t len, enum seat_sender sender, struct seat_message *ret)
{
	struct seat_message m = { 0 };
	uint32_t type;
	size_t need;
	int r;

	assert(data && ret);
	if (len < WORD)
		return -EBADMSG;
	type = get(data, 0);
	need = get_length(type);
	if (need == 0 || (type >= SEAT_BUFFER) != (sender == SEAT_SENDER_RELAY))
		return -EBADMSG;
	if (type == SEAT_FRAME ? len < need : len != need)
		return -EBADMSG;
	m.type = (enum seat_type)type;
	r = parse_fields(data, len, &m);
	if (r == 0)
		*ret = m;
	return r;
}

/* --- build --- */

static uint8_t *build_hello(uint8_t *p, const struct seat_message *m)
{
	size_t len = strnlen(m->hello.secret, SEAT_SECRET_LEN);

	p = put(p, m->hello.version);
	p = put(p, m->hello.width);
	p = put(p, m->hello.height);
	memset(p, 0, SEAT_SECRET_LEN);
	memcpy(p, m->hello.secret, len);
	return p + SEAT_SECRET_LEN;
}

static uint8_t *build_frame(uint8_t *p, const struct seat_message *m)
{
	assert(m->frame.n <= SEAT_RECTS_MAX);
	p = put(p, m->frame.serial);
	p = put(p, m->frame.pointer_changed);
	p = put(p, m->frame.pointer_w);
	p = put(p, m->frame.pointer_h);
	p = put(p, m->frame.hot_x);
	p = put(p, m->frame.hot_y);
	p = put(p, m->frame.n);
	for (uint32_t i = 0; i < m->frame.n; i++) {
		p = put(p, m->frame.rects[i].x);
		p = put(p, m->frame.rects[i].y);
		p = put(p, m->frame.rects[i].w);
		p = put(p, m->frame.rects[i].h);
	}
	return p;
}

static uint8_t *build_fields(uint8_t *p, const struct seat_message *m)
{
	switch (m->type) {
	case SEAT_HELLO:
		return build_hello(p, m);
	case SEAT_SIZE:
		return put(put(p, m->size.width), m->size.height);
	case SEAT_KEY:
		return put(put(put(p, m->key.code), m->key.keysym), m->key.down);
	case SEAT_POINTER:
		return put(put(put(p, m->pointer.x), m->pointer.y), m->pointer.buttons);
	case SEAT_DONE:
		return put(p, m->done.serial);
	case SEAT_BUFFER:
		return put(put(put(p, m->buffer.width), m->buffer.height), m->buffer.stride);
	case SEAT_FRAME:
		return build_frame(p, m);
	case SEAT_LEDS:
		return put(p, m->leds.bits);
	}
	assert(false);
	return p;
}

size_t seat_message_build(uint8_t *data, const struct seat_message *m)
{
	return (size_t)(build_fields(put(data, m->type), m) - data);
}
