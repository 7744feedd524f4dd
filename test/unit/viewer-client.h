/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What tests of viewers share: an owner, pictures that note their input, and a client over a stream
 * of the test that reads everything and keeps the picture that it was sent.
 */
#pragma once

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>

#include "base/str.h"
#include "fake-stream.h"
#include "proto/rfb-clipboard.h"
#include "relay/encode.h"
#include "relay/viewer-rfb.h"
#include "tight-decoder.h"

enum { W = 640, H = 400 };

struct owner {
	char user[64], password[64], reason[200];
	unsigned n_ready, n_gone, n_credentials;
	bool with_credentials;
	struct picture *show; /* in handle_ready */
	bool input;
};

static uv_loop_t loop;

static inline void handle_credentials(
		struct viewer *v, const char *user, char *password, void *userdata)
{
	struct owner *o = userdata;

	o->n_credentials++;
	str_copy(o->user, sizeof(o->user), user);
	str_copy(o->password, sizeof(o->password), password);
}

static inline void handle_ready(struct viewer *v, bool with, void *userdata)
{
	struct owner *o = userdata;

	o->n_ready++;
	o->with_credentials = with;
	if (o->show)
		viewer_set_picture(v, o->show, o->input);
}

static inline void handle_gone(struct viewer *v, const char *reason, void *userdata)
{
	struct owner *o = userdata;

	o->n_gone++;
	str_copy(o->reason, sizeof(o->reason), reason);
}

static const struct viewer_events events = {
	.handle_credentials = handle_credentials,
	.handle_ready = handle_ready,
	.handle_gone = handle_gone,
};

/* --- a picture of the test --- */

struct canvas {
	struct picture p;
	char log[2000]; /* input, in words */
};

static inline void note_key(void *userdata, uint32_t keysym, uint32_t keycode, bool down)
{
	struct canvas *c = userdata;
	size_t n = strlen(c->log);

	snprintf(c->log + n, sizeof(c->log) - n, "%s%x/%x ", down ? "+" : "-", keysym, keycode);
}

static inline void note_pointer(void *userdata, uint8_t buttons, uint16_t x, uint16_t y)
{
	struct canvas *c = userdata;
	size_t n = strlen(c->log);

	snprintf(c->log + n, sizeof(c->log) - n, "p%u@%u,%u ", buttons, x, y);
}

static inline void note_text(void *userdata, const char *utf8)
{
	struct canvas *c = userdata;
	size_t n = strlen(c->log);

	snprintf(c->log + n, sizeof(c->log) - n, "t'%s' ", utf8);
}

static inline void note_resize(void *userdata, uint16_t w, uint16_t h)
{
	struct canvas *c = userdata;
	size_t n = strlen(c->log);

	snprintf(c->log + n, sizeof(c->log) - n, "r%ux%u ", w, h);
}

static const struct picture_input canvas_input = { note_key, note_pointer, note_text, note_resize };

static inline void draw(
		struct canvas *c, unsigned x, unsigned y, unsigned w, unsigned h, uint32_t rgb)
{
	pixman_region32_t damage;

	for (unsigned j = y; j < y + h; j++)
		for (unsigned i = x; i < x + w; i++)
			memcpy(c->p.pixels + j * c->p.stride + i * 4, &rgb, 4);
	pixman_region32_init_rect(&damage, (int)x, (int)y, w, h);
	picture_damage(&c->p, &damage);
	pixman_region32_fini(&damage);
}

static inline void canvas_init(struct canvas *c, uint16_t w, uint16_t h, uint32_t rgb)
{
	memset(c, 0, sizeof(*c));
	assert_int_equal(picture_init(&c->p, w, h), 0);
	c->p.input = &canvas_input;
	c->p.input_userdata = c;
	draw(c, 0, 0, w, h, rgb);
}

/* --- a client of the test --- */

struct client {
	struct fake_stream stream;
	struct owner owner;
	struct viewer *viewer;
	struct decoder d;
	bool decodes;
	/* Seen in what was read. */
	unsigned n_updates, n_sizes, n_cursors, n_fences, n_ends, n_qemu, n_texts, n_leds;
	uint8_t leds;
	struct rfb_clipboard clipboard; /* of the last text, if it was extended */
	char *text;
	uint16_t size_reason, size_status;
	uint8_t fence[4];
};

static inline void turn(void)
{
	uv_run(&loop, UV_RUN_NOWAIT);
}

static inline void put(struct client *c, struct buf *b)
{
	fake_stream_feed(&c->stream, buf_head(b), buf_len(b));
	buf_done(b);
}

static inline void say_request(struct client *c, bool incremental)
{
	struct rfb_rect r = { 0, 0, 0xffff, 0xffff };
	struct buf b;

	buf_init(&b, 64);
	rfb_build_update_request(&b, incremental, &r);
	put(c, &b);
}

static inline void say_key(struct client *c, uint32_t keysym, uint32_t code, bool down)
{
	struct buf b;

	buf_init(&b, 64);
	rfb_build_key(&b, keysym, code, down, code != 0);
	put(c, &b);
}

static inline void say_encodings(struct client *c, const int32_t *e, size_t n)
{
	struct buf b;

	buf_init(&b, 4096);
	rfb_build_set_encodings(&b, e, n);
	put(c, &b);
}

static inline void say_continuous(struct client *c, bool on)
{
	uint8_t m[10] = { 150, on, 0, 0, 0, 0, 0xff, 0xff, 0xff, 0xff };

	fake_stream_feed(&c->stream, m, sizeof(m));
}

static inline void say_fence(struct client *c)
{
	struct buf b;

	buf_init(&b, 64);
	rfb_build_fence(&b, RFB_CLIENT_FENCE, RFB_FENCE_BLOCK_BEFORE, c->fence, 4);
	put(c, &b);
}

static inline size_t cursor_len(const struct client *c, const struct rfb_rect_head *h)
{
	size_t n = (size_t)h->rect.w * h->rect.h;

	if (h->encoding == RFB_ENCODING_CURSOR_ALPHA)
		return 4 + n * 4;
	return n * (c->d.format.bpp / 8) + (h->rect.w + 7u) / 8 * h->rect.h;
}

static const uint8_t *read_rect(struct client *c, const uint8_t *p)
{
	struct rfb_rect_head h;

	rfb_rect_head_parse(p, &h);
	switch (h.encoding) {
	case RFB_ENCODING_DESKTOP_SIZE:
	case RFB_ENCODING_EXTENDED_DESKTOP_SIZE:
		c->n_sizes++;
		c->size_reason = h.rect.x;
		c->size_status = h.rect.y;
		decoder_done(&c->d);
		decoder_init(&c->d, h.rect.w, h.rect.h, &c->d.format);
		if (h.encoding == RFB_ENCODING_DESKTOP_SIZE)
			return p + RFB_RECT_HEAD_LEN;
		assert_int_equal(p[RFB_RECT_HEAD_LEN], 1);
		return p + RFB_RECT_HEAD_LEN + 20;
	case RFB_ENCODING_CURSOR:
	case RFB_ENCODING_CURSOR_ALPHA:
		c->n_cursors++;
		return p + RFB_RECT_HEAD_LEN + cursor_len(c, &h);
	case RFB_ENCODING_QEMU_KEY:
		c->n_qemu++;
		return p + RFB_RECT_HEAD_LEN;
	case RFB_ENCODING_QEMU_LED:
		c->n_leds++;
		c->leds = p[RFB_RECT_HEAD_LEN];
		return p + RFB_RECT_HEAD_LEN + 1;
	default:
		p = decoder_rect(&c->d, p);
		assert_non_null(p);
		return p;
	}
}

static inline void read_clipboard(struct client *c, const struct rfb_cut_text *m)
{
	assert_int_equal(rfb_clipboard_parse(m->data, m->len, &c->clipboard), 0);
	if (c->clipboard.action != RFB_CLIPBOARD_PROVIDE)
		return;
	free(c->text);
	assert_int_equal(rfb_clipboard_parse_text(m->data, m->len, &c->text), 0);
}

/* Everything that came since the last time; it must be whole messages. */
static inline void read_all(struct client *c)
{
	const uint8_t *p = buf_head(&c->stream.out), *end = p + buf_len(&c->stream.out);

	while (p < end) {
		struct rfb_server_message m;
		size_t used;

		assert_int_equal(rfb_server_parse(p, (size_t)(end - p), &m, &used), 0);
		p += used;
		switch (m.type) {
		case RFB_SERVER_UPDATE:
			c->n_updates++;
			for (unsigned i = 0; i < m.n_rects; i++) {
				assert_true(p < end);
				p = read_rect(c, p);
			}
			break;
		case RFB_SERVER_FENCE:
			c->n_fences++;
			if (m.fence.len == 4)
				memcpy(c->fence, m.fence.data, 4);
			break;
		case RFB_SERVER_END_OF_CONTINUOUS_UPDATES:
			c->n_ends++;
			break;
		default:
			c->n_texts++;
			if (m.cut_text.is_extended)
				read_clipboard(c, &m.cut_text);
		}
	}
	assert_ptr_equal(p, end);
	fake_stream_forget(&c->stream);
}

/* The client's picture is the canvas. */
static inline void assert_shows(struct client *c, const struct canvas *canvas)
{
	assert_int_equal(c->d.w, canvas->p.w);
	assert_int_equal(c->d.h, canvas->p.h);
	for (unsigned y = 0; y < c->d.h; y++)
		for (unsigned x = 0; x < c->d.w; x++) {
			uint32_t v;

			memcpy(&v, canvas->p.pixels + y * canvas->p.stride + x * 4, 4);
			assert_int_equal(c->d.pixels[y * c->d.w + x], v & 0xffffff);
		}
}

static inline void begin(struct client *c, enum viewer_security security)
{
	memset(c, 0, sizeof(*c));
	fake_stream_init(&c->stream);
	assert_int_equal(viewer_rfb_new(&loop, &c->stream.s, security, &events, &c->owner,
					 &c->viewer),
			0);
	assert_int_equal(buf_len(&c->stream.out), 12);
	fake_stream_forget(&c->stream);
}

/* Until ServerInit; the picture is set in handle_ready. */
static inline void begin_running(struct client *c, struct picture *p, bool input)
{
	struct rfb_server_init init;

	begin(c, VIEWER_SECURITY_NONE);
	c->owner.show = p;
	c->owner.input = input;
	fake_stream_feed(&c->stream, "RFB 003.008\n\1\1", 14);
	assert_int_equal(c->owner.n_ready, 1);
	assert_memory_equal(buf_head(&c->stream.out), "\1\1\0\0\0\0", 6);
	assert_int_equal(rfb_server_init_parse(buf_head(&c->stream.out) + 6, &init), 0);
	assert_int_equal(init.w, p->w);
	assert_int_equal(init.h, p->h);
	decoder_init(&c->d, init.w, init.h, &rfb_format_bgrx);
	c->decodes = true;
	fake_stream_forget(&c->stream);
	turn();
}

static inline void end(struct client *c)
{
	c->viewer = viewer_free(c->viewer);
	turn();
	fake_stream_done(&c->stream);
	free(c->text);
	if (c->decodes)
		decoder_done(&c->d);
}

static inline void done(struct canvas *c)
{
	picture_done(&c->p);
	uv_run(&loop, UV_RUN_DEFAULT);
	encode_done();
}

static const int32_t tight_all[] _unused_ = { RFB_ENCODING_TIGHT, RFB_ENCODING_QUALITY_0 + 6,
	RFB_ENCODING_EXTENDED_DESKTOP_SIZE, RFB_ENCODING_CURSOR_ALPHA, RFB_ENCODING_QEMU_KEY,
	RFB_ENCODING_FENCE, RFB_ENCODING_CONTINUOUS_UPDATES, RFB_ENCODING_LAST_RECT };

static inline void wait_frame(struct client *c)
{
	while (buf_len(&c->stream.out) == 0)
		if (uv_run(&loop, UV_RUN_ONCE) == 0)
			assert_true(buf_len(&c->stream.out) > 0); /* nothing will come */
}

static inline int set_up(void **state)
{
	return uv_loop_init(&loop);
}

static inline int tear_down(void **state)
{
	encode_done();
	return uv_loop_close(&loop);
}
