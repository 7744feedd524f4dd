/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What a viewer does beside frames: films get less quality and are sharp at rest, texts of the
 * clipboard go where the scene allows it, lock lights, the pointer of who cannot draw one.
 */
#include "viewer-client.h"

struct film {
	struct canvas *canvas;
	uv_timer_t timer;
	unsigned frame;
};

/* A frame with the noise of a photograph, so that it is sent as JPEG. */
static void handle_film(uv_timer_t *t)
{
	struct film *f = t->data;
	pixman_region32_t damage;
	uint32_t seed = ++f->frame;

	for (unsigned y = 100; y < 228; y++)
		for (unsigned x = 64; x < 320; x++) {
			uint32_t rgb;

			seed = seed * 1664525 + 1013904223;
			rgb = (x / 2 + f->frame) << 16 | (y + (seed >> 27)) << 8 | (200 - x / 4);
			memcpy(f->canvas->p.pixels + y * f->canvas->p.stride + x * 4, &rgb, 4);
		}
	pixman_region32_init_rect(&damage, 64, 100, 256, 128);
	picture_damage(&f->canvas->p, &damage);
	pixman_region32_fini(&damage);
}

/* How far the client's picture is from the canvas, per pixel of the film. */
static double error_of(const struct client *c, const struct canvas *canvas)
{
	uint64_t sum = 0;

	for (unsigned y = 100; y < 228; y++)
		for (unsigned x = 64; x < 320; x++)
			for (unsigned k = 0; k < 3; k++) {
				int is = canvas->p.pixels[y * canvas->p.stride + x * 4 + k];
				int got = c->d.pixels[y * c->d.w + x] >> 8 * k & 255;

				sum += (uint64_t)abs(is - got);
			}
	return (double)sum / (128 * 256 * 3);
}

/* A film costs less after a moment, and is sharp when it stops, without a change of the picture. */
static void test_film(void **state)
{
	static const int32_t tight[] = { RFB_ENCODING_TIGHT, RFB_ENCODING_QUALITY_0 + 6 };
	size_t first = 0, last = 0;
	struct film film = { 0 };
	double moving, rested;
	struct canvas a;
	struct client c;

	canvas_init(&a, W, H, 0x204060);
	film.canvas = &a;
	film.timer.data = &film;
	uv_timer_init(&loop, &film.timer);
	begin_running(&c, &a.p, false);
	say_encodings(&c, tight, ELEMENTSOF(tight));
	say_request(&c, false);
	wait_frame(&c);
	read_all(&c);
	uv_timer_start(&film.timer, handle_film, 0, 20);
	for (unsigned i = 0; i < 40; i++) {
		say_request(&c, true);
		wait_frame(&c);
		last = buf_len(&c.stream.out);
		first = first == 0 ? last : first;
		read_all(&c);
	}
	uv_timer_stop(&film.timer);
	assert_in_range(last, 1000, first * 8 / 10);
	moving = error_of(&c, &a);
	say_request(&c, true);
	wait_frame(&c);
	assert_in_range(buf_len(&c.stream.out), first + 1, 20 * first);
	read_all(&c);
	rested = error_of(&c, &a);
	assert_true(rested < moving * 3 / 4);
	/* And that was all: not a byte and not a timer more. */
	say_request(&c, true);
	while (uv_backend_timeout(&loop) > 0)
		uv_run(&loop, UV_RUN_ONCE);
	assert_int_equal(buf_len(&c.stream.out), 0);
	uv_close((uv_handle_t *)&film.timer, NULL);
	end(&c);
	done(&a);
}

/* n_slow of four ask for one frame in five; bytes of a frame that the first one, fast, gets in the
 * end. */
static size_t film_for(unsigned n_slow)
{
	static const int32_t tight[] = { RFB_ENCODING_TIGHT, RFB_ENCODING_QUALITY_0 + 7 };
	struct film film = { 0 };
	struct client c[4];
	struct canvas a;
	size_t last = 0;

	canvas_init(&a, W, H, 0x204060);
	film.canvas = &a;
	film.timer.data = &film;
	uv_timer_init(&loop, &film.timer);
	for (unsigned i = 0; i < 4; i++) {
		begin_running(&c[i], &a.p, false);
		say_encodings(&c[i], tight, ELEMENTSOF(tight));
		say_request(&c[i], false);
		wait_frame(&c[i]);
		read_all(&c[i]);
		say_request(&c[i], true);
	}
	uv_timer_start(&film.timer, handle_film, 0, 20);
	for (unsigned n = 0; n < 200; n++) {
		wait_frame(&c[0]);
		last = buf_len(&c[0].stream.out);
		for (unsigned i = 0; i < 4; i++)
			if (buf_len(&c[i].stream.out) > 0 &&
					(i == 0 || i + n_slow < 4 || n % 5 == 0)) {
				fake_stream_forget(&c[i].stream);
				say_request(&c[i], true);
			}
	}
	uv_close((uv_handle_t *)&film.timer, NULL);
	for (unsigned i = 0; i < 4; i++)
		end(&c[i]);
	done(&a);
	return last;
}

/* What most of a class cannot take becomes less; one slow client does not spoil it for the others.
 */
static void test_film_for_slow_clients(void **state)
{
	size_t fast = film_for(0);

	assert_in_range(film_for(1), fast * 9 / 10, fast * 11 / 10);
	assert_in_range(film_for(3), 1, fast * 8 / 10);
}

/* What the client says by an extended cut text, and what it hears. */
static void say_clipboard(struct client *c, uint32_t action)
{
	struct buf b;

	buf_init(&b, 64);
	rfb_build_clipboard_action(&b, RFB_CLIENT_CUT_TEXT, action, true);
	put(c, &b);
	read_all(c);
}

static void say_text(struct client *c, const char *utf8)
{
	struct buf b;

	buf_init(&b, 1 << 20);
	assert_int_equal(rfb_build_clipboard_text(&b, RFB_CLIENT_CUT_TEXT, utf8), 0);
	put(c, &b);
}

static void assert_heard(const struct client *c, uint32_t action, bool has_text)
{
	assert_int_equal(c->clipboard.action, action);
	assert_int_equal(c->clipboard.has_text, has_text);
}

static bool clipboard_is_closed;

static bool refuse_text(void *userdata)
{
	return clipboard_is_closed;
}

/* Announced, fetched when asked for, any script; and never behind a scene that is gone. */
static void test_clipboard(void **state)
{
	static const struct viewer_filter filter = { .cut_text = refuse_text };
	static const int32_t knows[] = { RFB_ENCODING_RAW, RFB_ENCODING_EXTENDED_CLIPBOARD };
	static const char text[] = "\xf0\x9f\x98\x80\n";
	struct canvas a, other;
	struct client c;

	canvas_init(&a, 64, 64, 0);
	canvas_init(&other, 64, 64, 0);
	begin_running(&c, &a.p, true);
	say_encodings(&c, knows, 2);
	read_all(&c);
	assert_heard(&c, RFB_CLIPBOARD_CAPS, true);
	assert_int_equal(c.clipboard.max, 0);

	/* From the client. */
	say_text(&c, "unasked");
	assert_string_equal(a.log, "");
	say_clipboard(&c, RFB_CLIPBOARD_NOTIFY);
	assert_heard(&c, RFB_CLIPBOARD_REQUEST, true);
	say_text(&c, text);
	assert_string_equal(a.log, "t'\xf0\x9f\x98\x80\n' ");
	say_text(&c, text);
	assert_string_equal(a.log, "t'\xf0\x9f\x98\x80\n' ");
	/* Where a policy or the scene takes none, it is not even asked for. */
	viewer_set_filter(c.viewer, &filter, NULL);
	clipboard_is_closed = true;
	c.n_texts = 0;
	say_clipboard(&c, RFB_CLIPBOARD_NOTIFY);
	clipboard_is_closed = false;
	viewer_set_picture(c.viewer, &a.p, false);
	say_clipboard(&c, RFB_CLIPBOARD_NOTIFY);
	assert_int_equal(c.n_texts, 0);

	/* To the client. */
	say_clipboard(&c, RFB_CLIPBOARD_REQUEST);
	assert_heard(&c, RFB_CLIPBOARD_NOTIFY, false);
	viewer_send_cut_text(c.viewer, text);
	read_all(&c);
	assert_heard(&c, RFB_CLIPBOARD_NOTIFY, true);
	assert_null(c.text);
	say_clipboard(&c, RFB_CLIPBOARD_REQUEST);
	assert_string_equal(c.text, text);
	/* Another picture: the text of the first is not given any more. */
	viewer_set_picture(c.viewer, &other.p, true);
	read_all(&c);
	assert_heard(&c, RFB_CLIPBOARD_NOTIFY, false);
	free(c.text);
	c.text = NULL;
	say_clipboard(&c, RFB_CLIPBOARD_REQUEST);
	assert_heard(&c, RFB_CLIPBOARD_NOTIFY, false);
	assert_null(c.text);
	/* Without the extension: Latin-1. */
	say_encodings(&c, knows, 1);
	c.clipboard.action = 0;
	viewer_send_cut_text(c.viewer, "back");
	read_all(&c);
	assert_int_equal(c.clipboard.action, 0);
	end(&c);
	picture_done(&other.p);
	done(&a);
}

/* One who copies all the time, with bombs, is turned away before it costs much. */
static void test_clipboard_flood(void **state)
{
	static const int32_t knows[] = { RFB_ENCODING_RAW, RFB_ENCODING_EXTENDED_CLIPBOARD };
	static char text[RFB_CLIPBOARD_TEXT_MAX + 1];
	struct canvas a;
	struct client c;
	struct buf b;

	memset(text, 'a', sizeof(text) - 1);
	canvas_init(&a, 64, 64, 0);
	begin_running(&c, &a.p, true);
	say_encodings(&c, knows, 2);
	buf_init(&b, 1 << 20);
	for (unsigned i = 0; i < 100; i++) {
		rfb_build_clipboard_action(&b, RFB_CLIENT_CUT_TEXT, RFB_CLIPBOARD_NOTIFY, true);
		rfb_build_clipboard_text(&b, RFB_CLIENT_CUT_TEXT, text);
	}
	for (unsigned i = 0; i < 20 && !c.stream.closed; i++)
		fake_stream_feed(&c.stream, buf_head(&b), buf_len(&b));
	assert_true(c.stream.closed);
	buf_done(&b);
	end(&c);
	done(&a);
}

static void test_leds(void **state)
{
	static const int32_t knows[] = { RFB_ENCODING_RAW, RFB_ENCODING_QEMU_LED };
	struct canvas a, b;
	struct client c;

	canvas_init(&a, 64, 64, 0);
	canvas_init(&b, 64, 64, 0);
	begin_running(&c, &a.p, true);
	say_encodings(&c, knows, 2);
	say_request(&c, false);
	read_all(&c);
	assert_int_equal(c.n_leds, 0); /* not known */
	say_request(&c, true);
	picture_set_leds(&a.p, 4);
	read_all(&c);
	assert_int_equal(c.n_leds, 1);
	assert_int_equal(c.leds, 4);
	picture_set_leds(&b.p, 2);
	viewer_set_picture(c.viewer, &b.p, true);
	say_request(&c, true);
	read_all(&c);
	assert_int_equal(c.n_leds, 2);
	assert_int_equal(c.leds, 2);
	end(&c);
	picture_done(&b.p);
	done(&a);
}

static uint32_t seen(const struct client *c, unsigned x, unsigned y)
{
	return c->d.pixels[y * c->d.w + x];
}

/* The pointer of a client that cannot draw it: where it was moved, cut at the edges, gone again. */
static void test_pointer(void **state)
{
	static const int32_t knows[] = { RFB_ENCODING_RAW, RFB_ENCODING_CURSOR };
	struct cursor shape = { .w = 4, .h = 4, .hot_x = 1, .hot_y = 1 };
	struct canvas a;
	struct client c;

	canvas_init(&a, 64, 64, 0x000000);
	shape.argb = malloc(16 * 4);
	for (unsigned i = 0; i < 16; i++)
		shape.argb[i] = i == 0 ? 0 : i < 8 ? 0xffff0000 : 0x8000ff00;
	assert_int_equal(picture_set_cursor(&a.p, &shape), 0);
	begin_running(&c, &a.p, false);
	say_request(&c, false);
	read_all(&c);
	assert_shows(&c, &a); /* nobody has moved it yet */
	fake_stream_feed(&c.stream, "\5\0\0\12\0\24", 6);
	say_request(&c, true);
	read_all(&c);
	assert_int_equal(seen(&c, 9, 19), 0); /* transparent */
	assert_int_equal(seen(&c, 10, 19), 0xff0000);
	assert_int_equal(seen(&c, 12, 20), 0xff0000);
	assert_in_range(seen(&c, 9, 22), 0x007f00, 0x008100);
	/* Into the corners: what was covered comes back. */
	fake_stream_feed(&c.stream, "\5\0\0\0\0\0", 6);
	say_request(&c, true);
	read_all(&c);
	assert_int_equal(seen(&c, 10, 19), 0);
	assert_int_equal(seen(&c, 0, 0), 0xff0000);
	fake_stream_feed(&c.stream, "\5\0\0\377\0\377", 6);
	say_request(&c, true);
	read_all(&c);
	assert_int_equal(seen(&c, 0, 0), 0);
	assert_int_equal(seen(&c, 63, 63), 0xff0000);
	/* What is drawn below shows through. */
	draw(&a, 60, 60, 4, 4, 0x0000ff);
	say_request(&c, true);
	read_all(&c);
	assert_int_equal(seen(&c, 62, 62), 0x0000ff);
	assert_int_equal(seen(&c, 63, 63), 0xff0000);
	/* From now on it draws it itself. */
	say_encodings(&c, knows, 2);
	say_request(&c, true);
	read_all(&c);
	assert_int_equal(c.n_cursors, 1);
	assert_shows(&c, &a);
	end(&c);
	done(&a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_film),
		cmocka_unit_test(test_film_for_slow_clients),
		cmocka_unit_test(test_clipboard),
		cmocka_unit_test(test_clipboard_flood),
		cmocka_unit_test(test_leds),
		cmocka_unit_test(test_pointer),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
