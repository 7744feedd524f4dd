/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A source against a display server of the test (the other end of a socketpair): greeting, pixels,
 * copies, sizes, pointers; requests only while somebody watches and at their rate; input; garbage
 * and impossible sizes end the source and nothing else. Thumbnails of its picture.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <turbojpeg.h>

#include "base/clock.h"
#include "base/str.h"
#include "proto/rfb-clipboard.h"
#include "relay/source-internal.h"
#include "relay/thumbnail.h"

enum { W = 300, H = 200, IN_MAX = 1 << 20 };

struct server {
	uv_loop_t loop;
	int fd;
	struct source *source;
	unsigned n_ready, n_lost, n_stall, n_timers;
	int64_t stalled_ms;
	char reason[200], text[200];
	struct buf in; /* what the source said */
	struct buf out;
	unsigned n_rects;
};

static void handle_ready(struct source *s, void *userdata)
{
	((struct server *)userdata)->n_ready++;
}

static void handle_lost(struct source *s, const char *reason, void *userdata)
{
	struct server *v = userdata;

	v->n_lost++;
	str_copy(v->reason, sizeof(v->reason), reason);
	v->source = source_free(s);
}

static void handle_cut_text(struct source *s, const char *utf8, void *userdata)
{
	struct server *v = userdata;

	str_copy(v->text, sizeof(v->text), utf8);
}

static void handle_stall(struct source *s, int64_t since_ms, void *userdata)
{
	struct server *v = userdata;

	v->n_stall++;
	v->stalled_ms = since_ms;
}

static const struct source_events events = { handle_ready, handle_lost, handle_cut_text,
	handle_stall };

/* Let the source work, and take what it says. */
static void turn(struct server *v)
{
	uint8_t *p;
	ssize_t n;

	for (int i = 0; i < 5; i++) {
		uv_run(&v->loop, UV_RUN_NOWAIT);
		assert_int_equal(buf_reserve(&v->in, 65536, &p), 0);
		n = recv(v->fd, p, 65536, MSG_DONTWAIT);
		if (n > 0)
			buf_commit(&v->in, (size_t)n);
	}
}

/* Requests for nothing, which only make a server go on; their number. */
static unsigned take_nudges(struct server *v)
{
	struct rfb_client_message m;
	unsigned n = 0;
	size_t used;

	turn(v);
	while (rfb_client_parse(buf_head(&v->in), buf_len(&v->in), &m, &used) == 0 &&
			m.type == RFB_CLIENT_UPDATE_REQUEST && m.request.rect.w == 0) {
		buf_consume(&v->in, used, 0);
		n++;
	}
	return n;
}

static void say(struct server *v, const void *data, size_t n)
{
	while (n > 0) {
		ssize_t k = send(v->fd, data, n, MSG_DONTWAIT | MSG_NOSIGNAL);

		if (k > 0) {
			data = (const uint8_t *)data + k;
			n -= (size_t)k;
		}
		if (n > 0)
			turn(v);
	}
	turn(v);
}

static void heard(struct server *v, const void *data, size_t n)
{
	turn(v);
	assert_true(buf_len(&v->in) >= n);
	assert_memory_equal(buf_head(&v->in), data, n);
	buf_consume(&v->in, n, 0);
}

static void heard_message(struct server *v, struct rfb_client_message *m)
{
	size_t used;

	take_nudges(v);
	assert_int_equal(rfb_client_parse(buf_head(&v->in), buf_len(&v->in), m, &used), 0);
	buf_consume(&v->in, used, 0);
}

static void heard_request(struct server *v, bool incremental)
{
	struct rfb_client_message m;

	heard_message(v, &m);
	assert_int_equal(m.type, RFB_CLIENT_UPDATE_REQUEST);
	assert_int_equal(m.request.incremental, incremental);
}

static void heard_nothing(struct server *v)
{
	take_nudges(v);
	assert_int_equal(buf_len(&v->in), 0);
}

/* --- updates --- */

static void rect(struct server *v, uint16_t x, uint16_t y, uint16_t w, uint16_t h, int32_t encoding)
{
	struct rfb_rect r = { x, y, w, h };
	uint8_t m[RFB_RECT_HEAD_LEN];

	rfb_rect_head_build(m, &r, encoding);
	assert_int_equal(buf_append(&v->out, m, sizeof(m)), 0);
	v->n_rects++;
}

static void raw(struct server *v, uint16_t x, uint16_t y, uint16_t w, uint16_t h, uint32_t seed)
{
	rect(v, x, y, w, h, RFB_ENCODING_RAW);
	for (uint32_t i = 0; i < (uint32_t)w * h; i++) {
		uint32_t pixel = (seed + i * 2654435761u) & 0xffffff;

		assert_int_equal(buf_append(&v->out, &pixel, 4), 0);
	}
}

static void flush(struct server *v)
{
	uint8_t head[4];

	rfb_update_head_build(head, (uint16_t)v->n_rects);
	say(v, head, 4);
	say(v, buf_head(&v->out), buf_len(&v->out));
	buf_consume(&v->out, buf_len(&v->out), 0);
	v->n_rects = 0;
}

static uint32_t pixel(struct server *v, unsigned x, unsigned y)
{
	struct picture *p = source_picture(v->source);
	uint32_t c;

	memcpy(&c, p->pixels + y * p->stride + x * 4, 4);
	return c;
}

static void begin(struct server *v)
{
	int fds[2];

	memset(v, 0, sizeof(*v));
	uv_loop_init(&v->loop);
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds), 0);
	v->fd = fds[1];
	buf_init(&v->in, IN_MAX);
	buf_init(&v->out, 64 << 20);
	assert_int_equal(source_new(&v->loop, fds[0], &events, v, &v->source), 0);
}

static void greet(struct server *v, uint16_t w, uint16_t h)
{
	struct rfb_client_message m;
	struct buf b;

	say(v, "RFB 003.008\n", 12);
	heard(v, "RFB 003.008\n", 12);
	say(v, "\2\20\1", 3);
	heard(v, "\1", 1);
	say(v, "\0\0\0\0", 4);
	heard(v, "\1", 1);
	buf_init(&b, 1 << 16);
	rfb_build_server_init(&b, w, h, "somebody's desktop");
	for (size_t i = 0; i < buf_len(&b); i++)
		say(v, buf_head(&b) + i, 1);
	buf_done(&b);
	if (v->n_lost > 0)
		return;
	heard_message(v, &m);
	assert_int_equal(m.type, RFB_CLIENT_SET_PIXEL_FORMAT);
	assert_true(rfb_pixel_format_eq(&m.pixel_format, &rfb_format_bgrx));
	heard_message(v, &m);
	assert_int_equal(m.type, RFB_CLIENT_SET_ENCODINGS);
}

static void start(struct server *v)
{
	begin(v);
	greet(v, W, H);
	heard_request(v, false);
	assert_int_equal(v->n_ready, 0);
	raw(v, 0, 0, W, H, 1);
	flush(v);
	assert_int_equal(v->n_ready, 1);
	assert_int_equal(source_picture(v->source)->w, W);
	assert_int_equal(pixel(v, 0, 0), 1);
	assert_int_equal(pixel(v, 7, 3), (1 + (3 * W + 7) * 2654435761u) & 0xffffff);
}

static void end(struct server *v)
{
	v->source = source_free(v->source);
	uv_run(&v->loop, UV_RUN_DEFAULT);
	close(v->fd);
	buf_done(&v->in);
	buf_done(&v->out);
	assert_int_equal(uv_loop_close(&v->loop), 0);
}

/* --- a watcher --- */

struct watcher {
	struct picture_watcher w;
	pixman_region32_t damage;
	unsigned n_damage, n_resized, n_cursor, n_gone;
};

static void watcher_damage(struct picture_watcher *w, const pixman_region32_t *damage)
{
	struct watcher *k = list_entry(w, struct watcher, w);

	k->n_damage++;
	pixman_region32_copy(&k->damage, (pixman_region32_t *)damage);
}

static void watcher_resized(struct picture_watcher *w)
{
	list_entry(w, struct watcher, w)->n_resized++;
}

static void watcher_cursor(struct picture_watcher *w)
{
	list_entry(w, struct watcher, w)->n_cursor++;
}

static void watcher_gone(struct picture_watcher *w)
{
	list_entry(w, struct watcher, w)->n_gone++;
}

static void watch(struct server *v, struct watcher *k, unsigned interval_ms)
{
	*k = (struct watcher){ .w = { .handle_damage = watcher_damage,
					       .handle_resized = watcher_resized,
					       .handle_cursor = watcher_cursor,
					       .handle_gone = watcher_gone,
					       .interval_ms = interval_ms } };
	pixman_region32_init(&k->damage);
	picture_watch(source_picture(v->source), &k->w);
}

static void unwatch(struct server *v, struct watcher *k)
{
	if (v->source)
		picture_unwatch(source_picture(v->source), &k->w);
	pixman_region32_fini(&k->damage);
}

/* --- tests --- */

static void test_demand(void **state)
{
	struct server v;
	struct watcher eager, slow;

	start(&v);
	/* Nobody watches: not a byte. */
	heard_nothing(&v);
	watch(&v, &eager, 0);
	heard_request(&v, true);
	heard_nothing(&v);
	raw(&v, 10, 10, 5, 5, 2);
	flush(&v);
	assert_int_equal(eager.n_damage, 1);
	heard_request(&v, true);
	heard_nothing(&v);
	/* Nobody again: the one that is out is answered, no other follows. */
	unwatch(&v, &eager);
	raw(&v, 10, 10, 5, 5, 3);
	flush(&v);
	heard_nothing(&v);
	assert_int_equal(uv_backend_timeout(&v.loop), -1); /* no timer either */

	/* A slow one is asked for at its rate; an eager one that comes makes it faster at once. */
	watch(&v, &slow, 3600 * 1000);
	heard_nothing(&v);
	assert_true(uv_timer_get_due_in(&v.source->pace) > 3000 * 1000);
	watch(&v, &eager, 0);
	heard_request(&v, true);
	unwatch(&v, &slow);
	unwatch(&v, &eager);
	end(&v);
}

/*
 * A server that goes on with a large update only when it hears something (Xvnc, until its next
 * frame): it does, whether somebody wants the next frame at once or in an hour.
 */
static void test_nudges(void **state)
{
	static uint8_t piece[96 * 1024];
	struct server v;
	struct watcher k;
	uint8_t head[4];

	for (unsigned interval = 0; interval <= 3600000; interval += 3600000) {
		start(&v);
		take_nudges(&v);
		watch(&v, &k, interval);
		if (interval == 0)
			heard_request(&v, true);
		heard_nothing(&v);
		rfb_update_head_build(head, 1);
		say(&v, head, 4);
		rect(&v, 0, 0, W, H, RFB_ENCODING_RAW);
		say(&v, buf_head(&v.out), buf_len(&v.out));
		if (interval == 0)
			heard_request(&v, true);
		else
			assert_int_equal(take_nudges(&v), 1);
		say(&v, piece, sizeof(piece));
		assert_int_equal(take_nudges(&v), 1);
		say(&v, piece, sizeof(piece));
		assert_int_equal(take_nudges(&v), 1);
		say(&v, piece, (size_t)W * H * 4 - 2 * sizeof(piece));
		assert_int_equal(k.n_damage, 1);
		heard_nothing(&v);
		unwatch(&v, &k);
		end(&v);
	}
}

static void test_rects(void **state)
{
	static const uint8_t from[4] = { 0, 0, 0, 0 }, overlap[4] = { 0, 20, 0, 20 };
	struct server v;
	struct watcher k;
	uint32_t before[30][30];

	start(&v);
	watch(&v, &k, 0);
	rect(&v, 100, 50, 40, 30, RFB_ENCODING_COPY_RECT);
	buf_append(&v.out, from, 4);
	flush(&v);
	assert_int_equal(pixel(&v, 100, 50), pixel(&v, 0, 0));
	assert_int_equal(pixel(&v, 139, 79), pixel(&v, 39, 29));
	assert_int_equal(k.n_damage, 1);
	assert_int_equal(pixman_region32_extents(&k.damage)->x1, 100);
	assert_int_equal(pixman_region32_extents(&k.damage)->y2, 80);

	/* Onto itself, downwards and upwards. */
	for (unsigned y = 0; y < 30; y++)
		for (unsigned x = 0; x < 30; x++)
			before[y][x] = pixel(&v, 20 + x, 20 + y);
	rect(&v, 25, 23, 30, 30, RFB_ENCODING_COPY_RECT);
	buf_append(&v.out, overlap, 4);
	flush(&v);
	for (unsigned y = 0; y < 30; y++)
		for (unsigned x = 0; x < 30; x++)
			assert_int_equal(pixel(&v, 25 + x, 23 + y), before[y][x]);

	/* Empty rectangles and updates are nothing; LastRect ends an open one. */
	k.n_damage = 0;
	raw(&v, 0, 0, 0, 0, 0);
	flush(&v);
	flush(&v);
	assert_int_equal(k.n_damage, 0);
	raw(&v, 1, 1, 2, 2, 9);
	raw(&v, W - 1, H - 1, 1, 1, 77);
	rect(&v, 0, 0, 0, 0, RFB_ENCODING_LAST_RECT);
	v.n_rects = 0xffff;
	flush(&v);
	assert_int_equal(k.n_damage, 1);
	assert_int_equal(pixel(&v, W - 1, H - 1), 77);
	unwatch(&v, &k);
	end(&v);
}

static void test_sizes(void **state)
{
	static const uint8_t screens[20] = { 1, 0, 0, 0, 0, 0, 0, 42 };
	struct rfb_client_message m;
	struct server v;
	struct watcher k;
	struct picture *p;

	start(&v);
	p = source_picture(v.source);
	watch(&v, &k, 0);
	heard_request(&v, true);
	/* Not before the server has said that it can. */
	p->input->resize(p->input_userdata, 640, 480);
	heard_nothing(&v);
	rect(&v, 0, 0, W, H, RFB_ENCODING_EXTENDED_DESKTOP_SIZE);
	buf_append(&v.out, screens, 20);
	flush(&v);
	assert_int_equal(k.n_resized, 0);
	heard_request(&v, true);
	p->input->resize(p->input_userdata, 640, 480);
	turn(&v);
	assert_int_equal(rfb_get_u32(buf_head(&v.in) + 8), 42); /* the server's own screen */
	heard_message(&v, &m);
	assert_int_equal(m.type, RFB_CLIENT_SET_DESKTOP_SIZE);
	assert_int_equal(m.desktop_size.w, 640);
	/* Refused: the numbers mean nothing. */
	rect(&v, 1, 3, 9999, 1, RFB_ENCODING_EXTENDED_DESKTOP_SIZE);
	buf_append(&v.out, screens, 20);
	flush(&v);
	assert_int_equal(k.n_resized, 0);
	heard_request(&v, true);
	rect(&v, 1, 0, 640, 480, RFB_ENCODING_EXTENDED_DESKTOP_SIZE);
	buf_append(&v.out, screens, 20);
	flush(&v);
	assert_int_equal(k.n_resized, 1);
	assert_int_equal(p->w, 640);
	raw(&v, 0, 0, 640, 480, 4);
	flush(&v);
	assert_int_equal(pixel(&v, 0, 0), 4);
	unwatch(&v, &k);
	end(&v);
}

static void test_cursor(void **state)
{
	static const uint8_t encoding[4] = { 0 }, alpha[8] = { 128, 64, 0, 128, 0, 0, 0, 0 };
	static const uint8_t bgrx[8] = { 1, 2, 3, 0, 4, 5, 6, 0 }, mask[1] = { 0x40 };
	struct picture *p;
	struct server v;
	struct watcher k;

	start(&v);
	p = source_picture(v.source);
	watch(&v, &k, 0);
	rect(&v, 1, 0, 2, 1, RFB_ENCODING_CURSOR_ALPHA);
	buf_append(&v.out, encoding, 4);
	buf_append(&v.out, alpha, 8);
	flush(&v);
	assert_int_equal(k.n_cursor, 1);
	assert_int_equal(p->cursor.w, 2);
	assert_int_equal(p->cursor.hot_x, 1);
	assert_int_equal(p->cursor.argb[0], 0x80ff7f00);
	assert_int_equal(p->cursor.argb[1], 0);
	rect(&v, 0, 0, 2, 1, RFB_ENCODING_CURSOR);
	buf_append(&v.out, bgrx, 8);
	buf_append(&v.out, mask, 1);
	flush(&v);
	assert_int_equal(p->cursor.argb[0] >> 24, 0);
	assert_int_equal(p->cursor.argb[1], 0xff060504);
	/* Far too large: skipped, and what follows is read. */
	rect(&v, 0, 0, 2000, 300, RFB_ENCODING_CURSOR);
	for (int i = 0; i < 2000 * 300 + 250 * 300 / 4; i++)
		buf_append(&v.out, encoding, 4);
	raw(&v, 0, 0, 1, 1, 55);
	flush(&v);
	assert_int_equal(v.n_lost, 0);
	assert_int_equal(k.n_cursor, 2);
	assert_int_equal(pixel(&v, 0, 0), 55);
	unwatch(&v, &k);
	end(&v);
}

static void test_input(void **state)
{
	struct rfb_client_message m;
	struct picture *p;
	struct server v;

	start(&v);
	p = source_picture(v.source);
	p->input->key(p->input_userdata, 'a', 0x1e, true);
	heard_message(&v, &m);
	assert_int_equal(m.key.keycode, 0); /* the server has not said that it takes codes */
	rect(&v, 0, 0, 0, 0, RFB_ENCODING_QEMU_KEY);
	flush(&v);
	p->input->key(p->input_userdata, 'a', 0x1e, false);
	heard_message(&v, &m);
	assert_int_equal(m.key.keycode, 0x1e);
	assert_false(m.key.down);
	p->input->pointer(p->input_userdata, 1, 5, 6);
	heard_message(&v, &m);
	assert_int_equal(m.pointer.y, 6);
	p->input->cut_text(p->input_userdata, "\xc3\xa4");
	heard_message(&v, &m);
	assert_int_equal(m.cut_text.len, 1);
	say(&v, "\3\0\0\0\0\0\0\2h\xe4\2", 11); /* and a bell */
	assert_string_equal(v.text, "h\xc3\xa4");
	end(&v);
}

static void heard_clipboard(struct server *v, uint32_t action, bool has_text)
{
	struct rfb_client_message m;
	struct rfb_clipboard c;

	heard_message(v, &m);
	assert_int_equal(m.type, RFB_CLIENT_CUT_TEXT);
	assert_true(m.cut_text.is_extended);
	assert_int_equal(rfb_clipboard_parse(m.cut_text.data, m.cut_text.len, &c), 0);
	assert_int_equal(c.action, action);
	assert_int_equal(c.has_text, has_text);
}

static void say_buf(struct server *v, struct buf *b)
{
	say(v, buf_head(b), buf_len(b));
	buf_consume(b, buf_len(b), 0);
}

/* Texts of any script, announced and fetched; what was not asked for is not looked at. */
static void test_clipboard(void **state)
{
	static const char text[] = "\xe6\x97\xa5\xe6\x9c\xac\nx";
	const uint8_t type = RFB_SERVER_CUT_TEXT;
	struct rfb_client_message m;
	struct picture *p;
	struct server v;
	struct buf b;
	char *got;

	start(&v);
	p = source_picture(v.source);
	buf_init(&b, 1 << 20);
	rfb_build_clipboard_caps(&b, type);
	say_buf(&v, &b);
	heard_clipboard(&v, RFB_CLIPBOARD_CAPS, true);
	rfb_build_clipboard_text(&b, type, "unasked");
	say_buf(&v, &b);
	assert_string_equal(v.text, "");
	rfb_build_clipboard_action(&b, type, RFB_CLIPBOARD_NOTIFY, true);
	say_buf(&v, &b);
	heard_clipboard(&v, RFB_CLIPBOARD_REQUEST, true);
	rfb_build_clipboard_text(&b, type, text);
	rfb_build_clipboard_text(&b, type, "once more");
	say_buf(&v, &b);
	assert_string_equal(v.text, text);

	/* The other way: nothing to give at first. */
	rfb_build_clipboard_action(&b, type, RFB_CLIPBOARD_REQUEST, true);
	say_buf(&v, &b);
	heard_clipboard(&v, RFB_CLIPBOARD_NOTIFY, false);
	p->input->cut_text(p->input_userdata, text);
	heard_clipboard(&v, RFB_CLIPBOARD_NOTIFY, true);
	heard_nothing(&v);
	for (int i = 0; i < 2; i++) {
		rfb_build_clipboard_action(&b, type, RFB_CLIPBOARD_REQUEST, true);
		say_buf(&v, &b);
		heard_message(&v, &m);
		assert_int_equal(
				rfb_clipboard_parse_text(m.cut_text.data, m.cut_text.len, &got), 0);
		assert_string_equal(got, text);
		free(got);
	}
	rfb_build_clipboard_action(&b, type, RFB_CLIPBOARD_PEEK, false);
	say_buf(&v, &b);
	heard_clipboard(&v, RFB_CLIPBOARD_NOTIFY, true);
	/* Latin-1 is still taken. */
	say(&v, "\3\0\0\0\0\0\0\1\xe4", 9);
	assert_string_equal(v.text, "\xc3\xa4");
	/* Broken: the end. */
	say(&v, "\3\0\0\0\xff\xff\xff\xfc\3\0\0\1", 12);
	assert_int_equal(v.n_lost, 1);
	buf_done(&b);
	end(&v);
}

static void test_leds(void **state)
{
	static const uint8_t caps = 0xfc;
	struct server v;

	start(&v);
	assert_int_equal(source_picture(v.source)->leds, -1);
	rect(&v, 0, 0, 0, 0, RFB_ENCODING_QEMU_LED);
	buf_append(&v.out, &caps, 1);
	flush(&v);
	assert_int_equal(source_picture(v.source)->leds, 4);
	end(&v);
}

/* A server that does not read: motions are dropped, the loop never waits. */
static void test_stuck(void **state)
{
	struct picture *p;
	struct server v;

	start(&v);
	p = source_picture(v.source);
	for (int i = 0; i < 200000; i++)
		p->input->pointer(p->input_userdata, 0, (uint16_t)(i % W), 0);
	assert_int_equal(v.n_lost, 0);
	for (int i = 0; i < 200000 && p->input; i++)
		p->input->key(p->input_userdata, 'a', 0, i % 2 == 0);
	uv_run(&v.loop, UV_RUN_NOWAIT);
	assert_int_equal(v.n_lost, 1);
	end(&v);
}

/* Each ends the source with a reason and touches nothing else. */
static void test_garbage(void **state)
{
	static const struct {
		struct rfb_rect rect;
		int32_t encoding;
		uint8_t tail[24];
		size_t n;
	} rects[] = {
		{ { W - 1, 0, 2, 1 }, RFB_ENCODING_RAW, { 0 }, 0 },
		{ { 0, H, 1, 1 }, RFB_ENCODING_RAW, { 0 }, 0 },
		{ { 65535, 65535, 65535, 65535 }, RFB_ENCODING_RAW, { 0 }, 0 },
		{ { 0, 0, 10, 10 }, RFB_ENCODING_COPY_RECT, { 1, 40, 0, 0 }, 4 },
		{ { 0, H - 5, 10, 10 }, RFB_ENCODING_COPY_RECT, { 0 }, 4 },
		{ { 0, 0, 10, 10 }, RFB_ENCODING_TIGHT, { 0 }, 4 },
		{ { 0, 0, 0, 10 }, RFB_ENCODING_DESKTOP_SIZE, { 0 }, 0 },
		{ { 0, 0, 60000, 60000 }, RFB_ENCODING_DESKTOP_SIZE, { 0 }, 0 },
		{ { 0, 0, 16384, 16384 }, RFB_ENCODING_DESKTOP_SIZE, { 0 }, 0 },
		{ { 0, 0, 10, 10 }, RFB_ENCODING_EXTENDED_DESKTOP_SIZE, { 255 }, 4 },
		{ { 0, 0, 2, 2 }, RFB_ENCODING_CURSOR_ALPHA, { 0, 0, 0, 7 }, 4 },
	};
	struct server v;

	for (size_t i = 0; i < ELEMENTSOF(rects); i++) {
		const struct rfb_rect *r = &rects[i].rect;

		start(&v);
		rect(&v, r->x, r->y, r->w, r->h, rects[i].encoding);
		buf_append(&v.out, rects[i].tail, rects[i].n);
		flush(&v);
		assert_int_equal(v.n_lost, 1);
		assert_true(strlen(v.reason) > 10);
		end(&v);
	}
	start(&v);
	say(&v, "\77", 1);
	assert_int_equal(v.n_lost, 1);
	end(&v);
}

/* A server that orders one large copy after the other has to wait; nothing is lost. */
static void test_costly(void **state)
{
	static const uint8_t from[4] = { 0, 0, 0, 1 };
	struct server v;
	struct watcher k;
	bool rested = false;

	start(&v);
	rect(&v, 0, 0, 4000, 2000, RFB_ENCODING_DESKTOP_SIZE);
	flush(&v);
	watch(&v, &k, 0);
	for (unsigned i = 0; i < 30; i++) {
		rect(&v, 0, 0, 4000, 1999, RFB_ENCODING_COPY_RECT);
		buf_append(&v.out, from, 4);
	}
	raw(&v, 0, 0, 1, 1, 42);
	flush(&v);
	assert_int_equal(k.n_damage, 0);
	while (k.n_damage == 0) {
		rested |= v.source->rests && uv_backend_timeout(&v.loop) > 0;
		uv_run(&v.loop, UV_RUN_ONCE);
	}
	assert_true(rested);
	assert_int_equal(pixel(&v, 0, 0), 42);
	/* Its input is not late for that. */
	source_picture(v.source)->input->key(v.source, 'a', 0, true);
	unwatch(&v, &k);
	end(&v);
}

static void test_bad_greeting(void **state)
{
	static const char *const greetings[] = { "RFB 003.003\n", "HTTP/1.1 400", "RFB 004.000\n" };
	struct server v;

	for (size_t i = 0; i < ELEMENTSOF(greetings); i++) {
		begin(&v);
		say(&v, greetings[i], 12);
		assert_int_equal(v.n_lost, 1);
		end(&v);
	}
	begin(&v);
	say(&v, "RFB 003.008\n\1\2", 14); /* VncAuth only */
	assert_int_equal(v.n_lost, 1);
	end(&v);
	begin(&v);
	greet(&v, 0, 10);
	assert_int_equal(v.n_lost, 1);
	end(&v);
}

static void test_server_dies(void **state)
{
	struct server v;
	struct watcher k;

	start(&v);
	watch(&v, &k, 0);
	shutdown(v.fd, SHUT_RDWR);
	turn(&v);
	assert_int_equal(v.n_lost, 1);
	assert_int_equal(k.n_gone, 1);
	pixman_region32_fini(&k.damage);
	end(&v);
}

/* While a job reads the picture nothing is written into it, and nothing is lost. */
static void test_locks(void **state)
{
	struct picture_lock lock;
	struct server v;
	struct watcher k;

	start(&v);
	watch(&v, &k, 0);
	picture_lock(source_picture(v.source), &lock);
	raw(&v, 0, 0, 10, 10, 123);
	flush(&v);
	rect(&v, 0, 0, 50, 50, RFB_ENCODING_DESKTOP_SIZE);
	flush(&v);
	assert_int_equal(pixel(&v, 0, 0), 1);
	assert_int_equal(k.n_damage, 0);
	picture_unlock(&lock);
	assert_int_equal(k.n_damage, 0); /* from the loop, not from within */
	turn(&v);
	assert_int_equal(k.n_damage, 1);
	assert_int_equal(source_picture(v.source)->w, 50);
	/* The source goes while a job has its pixels. */
	picture_lock(source_picture(v.source), &lock);
	unwatch(&v, &k);
	v.source = source_free(v.source);
	assert_null(lock.picture);
	assert_int_equal(lock.pixels[0], 0);
	picture_unlock(&lock);
	end(&v);
}

/* --- thumbnails --- */

struct subscriber {
	struct thumbnail_subscriber s;
	unsigned n;
	uint16_t w, h;
	struct chunk *last;
};

static void handle_thumbnail(struct thumbnail_subscriber *s, struct chunk *jpeg, uint16_t w,
		uint16_t h, int64_t taken_ms)
{
	struct subscriber *k = list_entry(s, struct subscriber, s);

	k->n++;
	k->w = w;
	k->h = h;
	chunk_unref(k->last);
	k->last = chunk_ref(jpeg);
	assert_true(taken_ms > INT64_C(1600000000000));
}

static void check_jpeg(const struct subscriber *k, uint16_t w, uint16_t h)
{
	tjhandle tj = tjInitDecompress();
	int jw, jh, sampling;

	assert_int_equal(k->w, w);
	assert_int_equal(k->h, h);
	assert_int_equal(tjDecompressHeader2(tj, k->last->data, k->last->len, &jw, &jh, &sampling),
			0);
	assert_int_equal(jw, w);
	assert_int_equal(jh, h);
	assert_int_equal(sampling, TJSAMP_420);
	tjDestroy(tj);
}

static void wait_thumbnail(struct server *v, struct subscriber *k, unsigned n)
{
	while (k->n < n)
		uv_run(&v->loop, UV_RUN_ONCE);
	turn(v);
}

static void count_timer(uv_handle_t *h, void *userdata)
{
	struct server *v = userdata;

	if (h->type == UV_TIMER && uv_is_active(h) && h != (uv_handle_t *)&v->source->pulse)
		v->n_timers++;
}

/* But for the pulse, which goes on while somebody watches. */
static bool has_timers(struct server *v)
{
	v->n_timers = 0;
	uv_walk(&v->loop, count_timer, v);
	return v->n_timers > 0;
}

static void test_thumbnails(void **state)
{
	struct subscriber a = { .s = { .size = THUMBNAIL_SMALL,
						.handle_thumbnail = handle_thumbnail } };
	struct subscriber b = { .s = { .size = THUMBNAIL_MEDIUM,
						.handle_thumbnail = handle_thumbnail } };
	struct subscriber c = b;
	struct thumbnail *t;
	struct server v;

	start(&v);
	assert_int_equal(thumbnail_new(&v.loop, source_picture(v.source), NULL, NULL, &t), 0);
	heard_nothing(&v);
	thumbnail_subscribe(t, &a.s);
	thumbnail_subscribe(t, &b.s);
	wait_thumbnail(&v, &a, 1);
	wait_thumbnail(&v, &b, 1);
	check_jpeg(&a, 135, 90); /* 3:2 in 160 x 90 */
	check_jpeg(&b, 270, 180);
	/* The third gets the same bytes at once. */
	thumbnail_subscribe(t, &c.s);
	assert_int_equal(c.n, 1);
	assert_ptr_equal(c.last, b.last);

	/* A change: not before a second has passed, then one for each size, shared. */
	raw(&v, 0, 0, 100, 100, 999);
	flush(&v);
	raw(&v, 0, 0, 100, 100, 9999);
	flush(&v);
	assert_int_equal(a.n, 1);
	wait_thumbnail(&v, &a, 2);
	wait_thumbnail(&v, &b, 2);
	assert_ptr_equal(c.last, b.last);
	assert_int_equal(c.n, 2);
	/* Damage without a change is not sent. */
	raw(&v, 0, 0, 100, 100, 9999);
	flush(&v);
	while (has_timers(&v) ||
			source_picture(v.source)->locks.next != &source_picture(v.source)->locks)
		uv_run(&v.loop, UV_RUN_ONCE);
	assert_int_equal(a.n, 2);

	thumbnail_unsubscribe(t, &a.s);
	thumbnail_unsubscribe(t, &b.s);
	/* The picture goes away, with a job perhaps; then the subscriber. */
	raw(&v, 0, 0, 100, 100, 5);
	flush(&v);
	v.source = source_free(v.source);
	thumbnail_unsubscribe(t, &c.s);
	thumbnail_free(t);
	chunk_unref(a.last);
	chunk_unref(b.last);
	chunk_unref(c.last);
	end(&v);
}

/* A desktop on which nothing happens: the server reads what it is asked, and has nothing to say. */
static void test_idle(void **state)
{
	struct server v;
	struct watcher k;
	unsigned probes = 0;

	start(&v);
	raw(&v, 0, 0, W, H, 1);
	flush(&v);
	watch(&v, &k, 0);
	while (probes < 3) {
		uv_run(&v.loop, UV_RUN_ONCE);
		probes += take_nudges(&v);
	}
	assert_int_equal(v.n_stall, 0);
	unwatch(&v, &k); /* nobody watches: nothing runs any more */
	assert_int_equal(uv_backend_timeout(&v.loop), -1);
	end(&v);
}

static void test_stalled(void **state)
{
	int64_t began;
	struct server v;
	struct watcher k;

	start(&v);
	raw(&v, 0, 0, W, H, 1);
	flush(&v);
	watch(&v, &k, 0);
	turn(&v);
	began = clock_mono_ms();
	while (v.n_stall == 0) /* it reads nothing */
		uv_run(&v.loop, UV_RUN_ONCE);
	assert_in_range(clock_mono_ms() - began, SOURCE_STALL_MS - 100, 3000);
	assert_in_range(clock_real_ms() - v.stalled_ms, SOURCE_STALL_MS, 3000);
	assert_int_equal(v.n_lost, 0);
	while (v.n_stall == 1) {
		uv_run(&v.loop, UV_RUN_ONCE);
		take_nudges(&v); /* it reads again */
	}
	assert_int_equal(v.n_stall, 2);
	assert_int_equal(v.stalled_ms, 0);
	/* Stalled again, and then nobody watches: there is nothing to tell any more. */
	while (v.n_stall == 2)
		uv_run(&v.loop, UV_RUN_ONCE);
	unwatch(&v, &k);
	assert_int_equal(v.n_stall, 4);
	assert_int_equal(v.stalled_ms, 0);
	end(&v);
	/* One that does not even greet. */
	begin(&v);
	while (v.n_stall == 0)
		uv_run(&v.loop, UV_RUN_ONCE);
	end(&v);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_demand),
		cmocka_unit_test(test_nudges),
		cmocka_unit_test(test_rects),
		cmocka_unit_test(test_sizes),
		cmocka_unit_test(test_cursor),
		cmocka_unit_test(test_input),
		cmocka_unit_test(test_clipboard),
		cmocka_unit_test(test_leds),
		cmocka_unit_test(test_stuck),
		cmocka_unit_test(test_garbage),
		cmocka_unit_test(test_costly),
		cmocka_unit_test(test_bad_greeting),
		cmocka_unit_test(test_server_dies),
		cmocka_unit_test(test_locks),
		cmocka_unit_test(test_thumbnails),
		cmocka_unit_test(test_idle),
		cmocka_unit_test(test_stalled),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
