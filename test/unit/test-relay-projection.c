/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a projection shows: letter-boxed pictures, windows, screens that come as JPEG files. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>
#include <turbojpeg.h>
#include <uv.h>

#include "base/cleanup.h"
#include "relay/letterbox.h"
#include "relay/projection.h"
#include "relay/scaled.h"
#include "relay/screen.h"

static uv_loop_t loop;

static uint32_t rnd(void)
{
	static uint32_t s = 1;

	s ^= s << 13;
	s ^= s >> 17;
	return s ^= s << 5;
}

static pixman_region32_t rect(int x, int y, unsigned w, unsigned h)
{
	pixman_region32_t r;

	pixman_region32_init_rect(&r, x, y, w, h);
	return r;
}

static uint32_t pixel(const struct picture *p, int x, int y)
{
	uint32_t v;

	memcpy(&v, p->pixels + (size_t)y * p->stride + (size_t)x * 4, 4);
	return v & 0xffffff;
}

static void paint(struct picture *p, int x, int y, int w, int h, uint32_t colour)
{
	pixman_region32_t r = rect(x, y, (unsigned)w, (unsigned)h);

	assert_int_equal(p->is_turn, false);
	for (int j = y; j < y + h; j++)
		for (int i = x; i < x + w; i++)
			memcpy(p->pixels + (size_t)j * p->stride + (size_t)i * 4, &colour, 4);
	picture_damage(p, &r);
	pixman_region32_fini(&r);
}

/* --- letterbox --- */

static void test_geometry(void **state)
{
	static const struct {
		uint16_t sw, sh, w, h;
		int x1, y1, x2, y2;
		bool whole;
		unsigned halvings;
	} cases[] = {
		{ 1280, 720, 1280, 720, 0, 0, 1280, 720, true, 0 },
		{ 1280, 720, 1920, 1080, 0, 0, 1920, 1080, false, 0 },
		{ 960, 540, 1920, 1080, 0, 0, 1920, 1080, true, 0 },
		{ 640, 480, 1920, 1080, 240, 0, 1680, 1080, false, 0 },
		{ 1920, 1080, 1024, 768, 0, 96, 1024, 672, false, 0 },
		{ 1920, 1080, 960, 540, 0, 0, 960, 540, false, 1 },
		{ 1920, 1080, 640, 360, 0, 0, 640, 360, false, 1 },
		{ 3840, 2160, 640, 360, 0, 0, 640, 360, false, 2 },
		{ 1280, 720, 1280, 800, 0, 40, 1280, 760, true, 0 },
		{ 16384, 1, 1, 1, 0, 0, 1, 1, false, 0 },
		{ 1, 16384, 100, 100, 49, 0, 50, 100, false, 0 },
		{ 1, 1, 3, 2, 0, 0, 2, 2, true, 0 },
	};

	for (size_t i = 0; i < ELEMENTSOF(cases); i++) {
		struct letterbox l;

		letterbox_init(&l, cases[i].sw, cases[i].sh, cases[i].w, cases[i].h);
		print_message("%dx%d in %dx%d\n", l.src_w, l.src_h, l.w, l.h);
		assert_int_equal(l.box.x1, cases[i].x1);
		assert_int_equal(l.box.y1, cases[i].y1);
		assert_int_equal(l.box.x2, cases[i].x2);
		assert_int_equal(l.box.y2, cases[i].y2);
		assert_int_equal(l.is_whole, cases[i].whole);
		assert_int_equal(l.halvings, cases[i].halvings);
	}
}

/* Exactly as large as needed: the sanitizer sees each pixel too many. */
struct bitmap {
	uint16_t w, h;
	uint32_t *pixels;
};

static struct bitmap bitmap_new(uint16_t w, uint16_t h)
{
	struct bitmap b = { .w = w, .h = h, .pixels = malloc((size_t)w * h * 4) };

	for (size_t i = 0; i < (size_t)w * h; i++)
		b.pixels[i] = rnd();
	return b;
}

static void draw(const struct letterbox *l, const struct bitmap *src, struct bitmap *dst,
		const struct letterbox_pointer *pointer, pixman_region32_t *region)
{
	struct letterbox_pixels p = { .src = (uint8_t *)src->pixels,
		.src_stride = src->w * 4u,
		.dst = (uint8_t *)dst->pixels,
		.dst_stride = dst->w * 4u };

	assert_int_equal(letterbox_draw(l, &p, pointer, region), 0);
}

static void draw_all(const struct letterbox *l, const struct bitmap *src, struct bitmap *dst,
		const struct letterbox_pointer *pointer)
{
	pixman_region32_t all = rect(0, 0, dst->w, dst->h);

	draw(l, src, dst, pointer, &all);
	pixman_region32_fini(&all);
}

static void assert_same(const struct bitmap *a, const struct bitmap *b)
{
	for (size_t i = 0; i < (size_t)a->w * a->h; i++)
		if ((a->pixels[i] & 0xffffff) != (b->pixels[i] & 0xffffff))
			fail_msg("pixel %zu, %zu: %06x, drawn at once %06x", i % a->w, i / a->w,
					a->pixels[i] & 0xffffff, b->pixels[i] & 0xffffff);
}

/* Drawn in parts, as the source changes, it is the same as drawn at once. */
static void test_parts(void **state)
{
	static const uint16_t sizes[][4] = {
		{ 64, 48, 64, 48 },
		{ 64, 48, 96, 72 },
		{ 64, 48, 101, 67 },
		{ 64, 48, 128, 96 },
		{ 64, 48, 130, 96 },
		{ 64, 48, 45, 45 },
		{ 97, 61, 40, 31 },
		{ 160, 120, 20, 15 },
		{ 161, 119, 21, 15 },
		{ 200, 3, 20, 20 },
		{ 3, 200, 20, 20 },
		{ 1, 1, 7, 5 },
		{ 255, 255, 1, 1 },
	};
	uint32_t shape[12 * 9];

	for (size_t i = 0; i < ELEMENTSOF(shape); i++) /* premultiplied */
		shape[i] = i % 3 == 0 ? 0 : i % 3 == 1 ? 0xff204080 : 0x80402010;
	for (size_t i = 0; i < ELEMENTSOF(sizes); i++) {
		struct bitmap src = bitmap_new(sizes[i][0], sizes[i][1]);
		struct bitmap parts = bitmap_new(sizes[i][2], sizes[i][3]);
		struct bitmap whole = bitmap_new(sizes[i][2], sizes[i][3]);
		struct letterbox_pointer pointer = { .argb = shape, .w = 12, .h = 9 };
		struct letterbox l;

		letterbox_init(&l, src.w, src.h, parts.w, parts.h);
		draw_all(&l, &src, &parts, &pointer);
		for (unsigned n = 0; n < 100; n++) {
			int x = (int)(rnd() % src.w), y = (int)(rnd() % src.h);
			unsigned w = 1 + rnd() % (src.w - (unsigned)x);
			unsigned h = 1 + rnd() % (src.h - (unsigned)y);
			pixman_region32_t changed = rect(x, y, w, h), region;

			for (unsigned k = 0; k < w * h; k++)
				src.pixels[((unsigned)y + k / w) * src.w + (unsigned)x + k % w] =
						rnd();
			pixman_region32_union_rect(&changed, &changed, pointer.x, pointer.y, 12, 9);
			pointer.x = (int)(rnd() % (src.w + 20u)) - 10;
			pointer.y = (int)(rnd() % (src.h + 20u)) - 10;
			pixman_region32_union_rect(&changed, &changed, pointer.x, pointer.y, 12, 9);
			pixman_region32_init(&region);
			letterbox_map(&l, &changed, &region);
			draw(&l, &src, &parts, &pointer, &region);
			draw_all(&l, &src, &whole, &pointer);
			assert_same(&parts, &whole);
			pixman_region32_fini(&changed);
			pixman_region32_fini(&region);
		}
		free(src.pixels);
		free(parts.pixels);
		free(whole.pixels);
	}
}

static void test_bars(void **state)
{
	struct bitmap src = bitmap_new(4, 4), dst = bitmap_new(12, 8);
	struct letterbox_pointer none = { 0 };
	struct letterbox l;

	letterbox_init(&l, 4, 4, 12, 8);
	draw_all(&l, &src, &dst, &none);
	for (int y = 0; y < 8; y++)
		for (int x = 0; x < 12; x++) {
			uint32_t want = x < 2 || x >= 10 ? 0 : src.pixels[y / 2 * 4 + (x - 2) / 2];

			assert_int_equal(dst.pixels[y * 12 + x] & 0xffffff, want & 0xffffff);
		}
	free(src.pixels);
	free(dst.pixels);
}

/* Each pixel of the source counts: a line of one pixel is still seen at a sixth. */
static void test_shrink(void **state)
{
	struct bitmap src = bitmap_new(120, 60), dst = bitmap_new(20, 10);
	struct letterbox_pointer none = { 0 };
	struct letterbox l;

	letterbox_init(&l, 120, 60, 20, 10);
	for (int line = 6; line < 114; line++) {
		unsigned sum = 0;

		for (int i = 0; i < 120 * 60; i++)
			src.pixels[i] = i % 120 == line ? 0xffffff : 0;
		draw_all(&l, &src, &dst, &none);
		for (int x = 0; x < 20; x++)
			sum += dst.pixels[5 * 20 + x] & 0xff;
		assert_in_range(sum, 20, 80); /* 255 / 6 = 42 */
	}
	free(src.pixels);
	free(dst.pixels);
}

/* --- pictures --- */

struct look {
	struct picture_watcher watcher;
	unsigned damaged, resized, cursors, gone;
	pixman_box32_t last; /* extents of the last damage */
};

static void look_damage(struct picture_watcher *w, const pixman_region32_t *damage)
{
	struct look *l = list_entry(w, struct look, watcher);

	l->damaged++;
	l->last = *pixman_region32_extents((pixman_region32_t *)damage);
}

static void look_resized(struct picture_watcher *w)
{
	list_entry(w, struct look, watcher)->resized++;
}

static void look_cursor(struct picture_watcher *w)
{
	list_entry(w, struct look, watcher)->cursors++;
}

static void look_gone(struct picture_watcher *w)
{
	list_entry(w, struct look, watcher)->gone++;
}

static struct look look_init(void)
{
	return (struct look){ .watcher = { .handle_damage = look_damage,
					      .handle_resized = look_resized,
					      .handle_cursor = look_cursor,
					      .handle_gone = look_gone } };
}

static void run(void)
{
	assert_int_equal(uv_run(&loop, UV_RUN_DEFAULT), 0);
}

static void set_cursor(struct picture *p, uint16_t w, uint16_t h, uint32_t argb)
{
	struct cursor c = { .w = w, .h = h, .argb = malloc((size_t)w * h * 4) };

	for (size_t i = 0; i < (size_t)w * h; i++)
		c.argb[i] = argb;
	assert_int_equal(picture_set_cursor(p, &c), 0);
}

static struct {
	uint32_t key;
	unsigned keys, pointers, texts, resizes;
	uint8_t buttons;
} got;

static void got_key(void *userdata, uint32_t keysym, uint32_t keycode, bool down)
{
	got.key = keysym;
	got.keys++;
}

static void got_pointer(void *userdata, uint8_t buttons, uint16_t x, uint16_t y)
{
	got.buttons = buttons;
	got.pointers++;
}

static void got_text(void *userdata, const char *utf8)
{
	got.texts++;
}

static void got_resize(void *userdata, uint16_t w, uint16_t h)
{
	got.resizes++;
}

static const struct picture_input base_input = {
	.key = got_key, .pointer = got_pointer, .cut_text = got_text, .resize = got_resize
};

static void test_scaled_watches(void **state)
{
	struct look a = look_init(), b = look_init();
	struct picture source, *p;
	struct scaled *s;

	assert_int_equal(picture_init(&source, 40, 30), 0);
	assert_int_equal(scaled_new(&loop, &source, 0, 30, &s), -ERANGE);
	assert_int_equal(scaled_new(&loop, &source, 80, 80, &s), 0);
	p = scaled_picture(s);
	assert_null(p->input);
	paint(&source, 0, 0, 40, 30, 0x111111);
	assert_int_equal(picture_get_interval(&source), -1);
	a.watcher.interval_ms = 500;
	picture_watch(p, &a.watcher);
	assert_int_equal(picture_get_interval(&source), 500);
	assert_true(p->blank);
	run();
	assert_false(p->blank);
	assert_int_equal(a.damaged, 1);
	assert_int_equal(pixel(p, 0, 0), 0);
	assert_int_equal(pixel(p, 0, 10), 0x111111);
	assert_int_equal(pixel(p, 79, 69), 0x111111);
	assert_int_equal(pixel(p, 79, 70), 0);
	picture_watch(p, &b.watcher);
	assert_int_equal(picture_get_interval(&source), 0);
	/* Little is drawn at once, and only what has changed. */
	paint(&source, 10, 10, 2, 1, 0x222222);
	assert_int_equal(b.damaged, 1);
	assert_int_equal(b.last.x1, 20);
	assert_int_equal(b.last.y1, 30);
	assert_int_equal(b.last.x2, 24);
	assert_int_equal(b.last.y2, 32);
	assert_int_equal(pixel(p, 23, 31), 0x222222);
	assert_int_equal(pixel(p, 24, 31), 0x111111);
	picture_unwatch(p, &a.watcher);
	picture_unwatch(p, &b.watcher);
	assert_int_equal(picture_get_interval(&source), -1);
	/* What changed meanwhile is there when somebody looks again, and nothing old before. */
	paint(&source, 0, 0, 40, 30, 0x333333);
	picture_watch(p, &a.watcher);
	assert_true(p->blank);
	run();
	assert_int_equal(pixel(p, 40, 40), 0x333333);
	scaled_free(s);
	assert_int_equal(a.gone, 1);
	assert_int_equal(picture_get_interval(&source), -1);
	picture_done(&source);
}

static void test_scaled_locks(void **state)
{
	struct look look = look_init();
	struct picture_lock lock;
	struct picture source, *p;
	struct scaled *s;

	assert_int_equal(picture_init(&source, 1000, 500), 0);
	paint(&source, 0, 0, 1000, 500, 1);
	assert_int_equal(scaled_new(&loop, &source, 1200, 600, &s), 0);
	p = scaled_picture(s);
	picture_watch(p, &look.watcher);
	/* The pool draws: it reads the source, and nobody may read what it writes. */
	assert_true(picture_is_locked(&source));
	assert_false(picture_can_lock(p));
	run();
	assert_false(picture_is_locked(&source));
	assert_true(picture_can_lock(p));
	assert_int_equal(pixel(p, 1199, 599), 1);
	/* Somebody reads it: it waits, and then has all of it. */
	picture_lock(p, &lock);
	look.damaged = 0;
	paint(&source, 0, 0, 10, 10, 2);
	paint(&source, 900, 400, 10, 10, 3);
	assert_int_equal(look.damaged, 0);
	assert_int_equal(pixel(p, 5, 5), 1);
	picture_unlock(&lock);
	assert_int_equal(look.damaged, 1);
	assert_int_equal(pixel(p, 5, 5), 2);
	assert_int_equal(pixel(p, 1085, 485), 3);
	assert_true(picture_can_lock(p));
	/* The source is being written. */
	assert_true(picture_turn_begin(&source));
	source.is_turn = false;
	paint(&source, 0, 0, 10, 10, 4);
	assert_int_equal(pixel(p, 5, 5), 4);
	assert_true(picture_turn_begin(&source));
	{
		pixman_region32_t r = rect(0, 0, 10, 10);

		picture_damage(&source, &r);
		pixman_region32_fini(&r);
	}
	look.damaged = 0;
	picture_turn_done(&source);
	assert_int_equal(look.damaged, 1);
	/* It goes away in the middle of a job. */
	paint(&source, 0, 0, 1000, 500, 5);
	assert_true(picture_is_locked(&source));
	scaled_free(s);
	run();
	assert_false(picture_is_locked(&source));
	picture_done(&source);
}

static void test_scaled_follows(void **state)
{
	struct look look = look_init();
	struct picture source, *p;
	struct scaled *s;

	assert_int_equal(picture_init(&source, 40, 30), 0);
	assert_int_equal(scaled_new(&loop, &source, 80, 60, &s), 0);
	p = scaled_picture(s);
	picture_watch(p, &look.watcher);
	assert_true(p->blank); /* as the source is */
	paint(&source, 0, 0, 40, 30, 1);
	assert_int_equal(pixel(p, 79, 59), 1);
	assert_int_equal(picture_resize(&source, 20, 30), 0);
	assert_int_equal(pixel(p, 79, 59), 1);
	paint(&source, 0, 0, 20, 30, 2);
	assert_int_equal(pixel(p, 79, 59), 0);
	assert_int_equal(pixel(p, 20, 0), 2);
	assert_int_equal(pixel(p, 59, 59), 2);
	assert_int_equal(look.resized, 0);
	/* The pointer, where somebody has put it. */
	set_cursor(&source, 2, 2, 0xff00ff00);
	assert_int_equal(p->cursor.w, 0);
	assert_int_equal(pixel(p, 20, 0), 2);
	picture_set_pointer(&source, 0, 0);
	assert_int_equal(pixel(p, 20, 0), 0x00ff00);
	assert_int_equal(pixel(p, 23, 3), 0x00ff00);
	assert_int_equal(pixel(p, 24, 3), 2);
	picture_set_pointer(&source, 10, 10);
	assert_int_equal(pixel(p, 20, 0), 2);
	assert_int_equal(pixel(p, 41, 21), 0x00ff00);
	paint(&source, 10, 10, 1, 1, 7);
	assert_int_equal(pixel(p, 40, 20), 0x00ff00);
	set_cursor(&source, 1, 1, 0x80ffffff); /* half seen */
	assert_int_equal(pixel(p, 40, 20) >> 16, 0x80);
	assert_int_equal(pixel(p, 43, 23), 2);
	picture_done(&source);
	assert_int_equal(pixel(p, 43, 23), 2);
	scaled_free(s);
}

/* A picture of no size of its own. */
static void test_scaled_same(void **state)
{
	struct look look = look_init();
	struct picture_lock lock;
	struct picture source, *p;
	struct scaled *s;

	assert_int_equal(picture_init(&source, 40, 30), 0);
	source.input = &base_input;
	paint(&source, 0, 0, 40, 30, 1);
	set_cursor(&source, 2, 2, 0xff00ff00);
	picture_set_pointer(&source, 38, 28);
	assert_int_equal(scaled_new(&loop, &source, 0, 0, &s), 0);
	p = scaled_picture(s);
	assert_null(p->input);
	picture_watch(p, &look.watcher);
	run();
	assert_int_equal(p->w, 40);
	assert_int_equal(pixel(p, 37, 27), 1);
	assert_int_equal(pixel(p, 39, 29), 0x00ff00);
	/* It follows when nobody reads it. */
	picture_lock(p, &lock);
	assert_int_equal(picture_resize(&source, 50, 20), 0);
	paint(&source, 0, 0, 50, 20, 2);
	assert_int_equal(p->w, 40);
	picture_unlock(&lock);
	assert_int_equal(p->w, 50);
	assert_int_equal(p->h, 20);
	assert_int_equal(look.resized, 1);
	assert_int_equal(pixel(p, 49, 19), 2);
	/* It had another size before somebody looked again. */
	picture_unwatch(p, &look.watcher);
	assert_int_equal(picture_resize(&source, 10, 10), 0);
	paint(&source, 0, 0, 10, 10, 3);
	picture_watch(p, &look.watcher);
	run();
	assert_int_equal(p->w, 10);
	assert_int_equal(pixel(p, 9, 9), 3);
	scaled_free(s);
	picture_done(&source);
}

/* --- window --- */

/* The corner that the frame is in, by its inset; -1: none. */
static int corner_of(const struct picture *p)
{
	uint32_t inset = 0x00aa00;
	int x = p->w / 4, y = p->h / 4;

	return pixel(p, 3 * x, 3 * y) == inset ? 0
	       : pixel(p, x, 3 * y) == inset   ? 1
	       : pixel(p, x, y) == inset       ? 2
	       : pixel(p, 3 * x, y) == inset   ? 3
					       : -1;
}

static void test_window_picture(void **state)
{
	struct look look = look_init();
	struct picture base, inset, *p;
	struct picture_lock lock;
	unsigned other = 0;
	struct window *w;

	assert_int_equal(picture_init(&base, 400, 300), 0);
	assert_int_equal(picture_init(&inset, 640, 480), 0);
	paint(&base, 0, 0, 400, 300, 0x111111);
	paint(&inset, 0, 0, 640, 480, 0x00aa00);
	assert_int_equal(window_new(&loop, &base, &inset, &w), 0);
	p = window_picture(w);
	assert_int_equal(picture_get_interval(&base), -1);
	assert_int_equal(picture_get_interval(&inset), -1);
	picture_watch(p, &look.watcher);
	assert_int_equal(pixel(p, 0, 0), 0x111111);
	run();
	assert_int_equal(corner_of(p), 0);
	for (int y = 0; y < p->h; y++)
		for (int x = 0; x < p->w; x++)
			other += pixel(p, x, y) != 0x111111;
	assert_in_range(other, 400 * 300 / 8, 400 * 300 / 4);
	/* Each part follows its own picture. */
	paint(&base, 0, 0, 400, 300, 0x222222);
	assert_int_equal(pixel(p, 0, 0), 0x222222);
	assert_int_equal(corner_of(p), 0);
	paint(&inset, 0, 0, 640, 480, 0x0000aa);
	assert_int_equal(pixel(p, 300, 225), 0x0000aa);
	assert_int_equal(pixel(p, 0, 0), 0x222222);
	paint(&inset, 0, 0, 640, 480, 0x00aa00);
	/* Not while somebody reads it. */
	picture_lock(p, &lock);
	paint(&base, 0, 0, 1, 1, 0x333333);
	assert_int_equal(pixel(p, 0, 0), 0x222222);
	picture_unlock(&lock);
	assert_int_equal(pixel(p, 0, 0), 0x333333);
	/* Sizes change. */
	assert_int_equal(picture_resize(&inset, 100, 100), 0);
	paint(&inset, 0, 0, 100, 100, 0x00aa00);
	assert_int_equal(corner_of(p), 0);
	assert_int_equal(picture_resize(&base, 800, 600), 0);
	assert_int_equal(p->w, 400);
	paint(&base, 0, 0, 800, 600, 0x444444);
	assert_int_equal(look.resized, 1);
	assert_int_equal(p->w, 800);
	run();
	assert_int_equal(pixel(p, 799, 0), 0x444444);
	assert_int_equal(pixel(p, 800 - 12 - 4 - 50, 600 - 12 - 4 - 50), 0x00aa00);
	set_cursor(&base, 3, 4, 0xffffffff);
	assert_int_equal(p->cursor.h, 4);
	/* No room. */
	assert_int_equal(picture_resize(&base, 40, 30), 0);
	paint(&base, 0, 0, 40, 30, 0x555555);
	for (int i = 0; i < 40 * 30; i++)
		assert_int_equal(pixel(p, i % 40, i / 40), 0x555555);
	picture_unwatch(p, &look.watcher);
	assert_int_equal(picture_get_interval(&base), -1);
	assert_int_equal(picture_get_interval(&inset), -1);
	/* The session goes away while it is shown. */
	picture_watch(p, &look.watcher);
	picture_done(&base);
	window_free(w);
	assert_int_equal(look.gone, 1);
	assert_int_equal(window_new(&loop, &inset, &inset, &w), -EINVAL);
	picture_done(&inset);
	run();
}

static void test_window_input(void **state)
{
	struct look look = look_init();
	struct picture base, inset, *p;
	struct window *w;

	assert_int_equal(picture_init(&base, 400, 300), 0);
	assert_int_equal(picture_init(&inset, 640, 480), 0);
	base.input = &base_input;
	paint(&base, 0, 0, 400, 300, 0x111111);
	paint(&inset, 0, 0, 640, 480, 0x00aa00);
	assert_int_equal(window_new(&loop, &base, &inset, &w), 0);
	p = window_picture(w);
	picture_watch(p, &look.watcher);
	run();
	p->input->key(p->input_userdata, 0x61, 0, true);
	p->input->cut_text(p->input_userdata, "x");
	p->input->resize(p->input_userdata, 500, 500);
	assert_int_equal(got.keys + got.texts + got.resizes, 3);
	p->input->pointer(p->input_userdata, 1, 10, 10);
	assert_int_equal(got.buttons, 1);
	/* A drag goes on across the frame. */
	p->input->pointer(p->input_userdata, 1, 300, 250);
	assert_int_equal(got.pointers, 2);
	assert_int_equal(corner_of(p), 0);
	p->input->pointer(p->input_userdata, 0, 300, 250);
	assert_int_equal(got.pointers, 3);
	/* The frame takes a press, wherever it is released, and moves on. */
	for (int i = 0; i < 4; i++) {
		static const int at[4][2] = { { 300, 225 }, { 100, 225 }, { 100, 75 },
			{ 300, 75 } };

		assert_int_equal(corner_of(p), i);
		p->input->pointer(p->input_userdata, 0, (uint16_t)at[i][0], (uint16_t)at[i][1]);
		p->input->pointer(p->input_userdata, 8, (uint16_t)at[i][0], (uint16_t)at[i][1]);
		p->input->pointer(p->input_userdata, 0, (uint16_t)at[i][0], (uint16_t)at[i][1]);
		p->input->pointer(p->input_userdata, 1, (uint16_t)at[i][0], (uint16_t)at[i][1]);
		assert_int_equal(corner_of(p), (i + 1) % 4);
		p->input->pointer(p->input_userdata, 1, 200, 150);
		p->input->pointer(p->input_userdata, 0, 200, 150);
		assert_int_equal(got.pointers, 3);
	}
	p->input->pointer(p->input_userdata, 0, 10, 10);
	assert_int_equal(got.pointers, 4);
	/* A session whose display server has gone takes nothing. */
	base.input = NULL;
	p->input->key(p->input_userdata, 0x61, 0, false);
	p->input->pointer(p->input_userdata, 0, 10, 10);
	assert_int_equal(got.pointers, 4);
	window_free(w);
	picture_done(&base);
	picture_done(&inset);
	run();
}

/* --- screens --- */

static struct {
	unsigned pictures, wanted, bad;
	char reason[64];
} told;

static void told_picture(struct screen *s, void *userdata)
{
	told.pictures++;
}

static void told_wanted(struct screen *s, void *userdata)
{
	told.wanted++;
}

static void told_bad(struct screen *s, const char *reason, void *userdata)
{
	told.bad++;
	snprintf(told.reason, sizeof(told.reason), "%s", reason);
}

static const struct screen_events screen_events = {
	.handle_picture = told_picture, .handle_wanted = told_wanted, .handle_bad = told_bad
};

static unsigned char *jpeg_of(const uint32_t *pixels, int w, int h, size_t *ret_len)
{
	tjhandle tj = tjInitCompress();
	unsigned char *jpeg = NULL;
	unsigned long len = 0;

	assert_int_equal(tjCompress2(tj, (const unsigned char *)pixels, w, 0, h, TJPF_BGRX, &jpeg,
					 &len, TJSAMP_420, 90, 0),
			0);
	tjDestroy(tj);
	*ret_len = len;
	return jpeg;
}

static void put(struct screen *s, const uint32_t *pixels, int w, int h)
{
	size_t len;
	unsigned char *jpeg = jpeg_of(pixels, w, h, &len);

	assert_int_equal(screen_put(s, jpeg, len), 0);
	assert_int_equal(screen_put(s, jpeg, len), -EBUSY);
	tjFree(jpeg);
}

static void test_screen(void **state)
{
	static uint32_t pixels[300 * 200];
	struct look look = look_init();
	struct picture_lock lock;
	struct screen *s;

	memset(&told, 0, sizeof(told));
	for (size_t i = 0; i < ELEMENTSOF(pixels); i++)
		pixels[i] = 0x808080;
	assert_int_equal(screen_new(&loop, &screen_events, NULL, &s), 0);
	assert_false(screen_is_wanted(s));
	screen_set_used(s, true);
	assert_int_equal(told.wanted, 1);
	put(s, pixels, 300, 200);
	assert_false(screen_is_wanted(s));
	run();
	assert_int_equal(told.pictures, 1);
	assert_int_equal(pixel(screen_picture(s), 299, 199), 0x808080);
	/* Nobody watches: no more is wanted. */
	assert_int_equal(told.wanted, 1);
	picture_watch(screen_picture(s), &look.watcher);
	assert_int_equal(told.wanted, 2);
	/* The same again is no damage. */
	put(s, pixels, 300, 200);
	run();
	assert_int_equal(look.damaged, 0);
	assert_int_equal(told.wanted, 3);
	/* Blocks of 16 pixels in the middle of one tile. */
	for (int y = 150; y < 170; y++)
		for (int x = 86; x < 100; x++)
			pixels[y * 300 + x] = 0xff0000;
	put(s, pixels, 300, 200);
	run();
	assert_int_equal(look.damaged, 1);
	assert_int_equal(look.last.x1, 64);
	assert_int_equal(look.last.y1, 128);
	assert_int_equal(look.last.x2, 128);
	assert_int_equal(look.last.y2, 192);
	/* Somebody reads the picture: the next is not wanted before it is taken over. */
	pixels[0] = 0;
	picture_lock(screen_picture(s), &lock);
	put(s, pixels, 300, 200);
	run();
	assert_int_equal(look.damaged, 1);
	assert_int_equal(told.wanted, 4);
	picture_unlock(&lock);
	assert_int_equal(look.damaged, 2);
	assert_int_equal(told.wanted, 5);
	/* Another size. */
	put(s, pixels, 100, 50);
	run();
	assert_int_equal(look.resized, 1);
	assert_int_equal(screen_picture(s)->w, 100);
	/* What was cancelled leaves the picture as it is. */
	put(s, pixels, 300, 200);
	screen_cancel(s);
	assert_true(screen_is_wanted(s));
	run();
	assert_int_equal(screen_picture(s)->w, 100);
	put(s, pixels, 300, 200);
	screen_free(s);
	assert_int_equal(look.gone, 1);
	run();
	assert_int_equal(told.bad, 0);
	assert_int_equal(told.pictures, 1);
}

static void put_bad(struct screen *s, const void *data, size_t len, const char *reason)
{
	unsigned before = told.bad;

	assert_int_equal(screen_put(s, data, len), 0);
	run();
	assert_int_equal(told.bad, before + 1);
	assert_string_equal(told.reason, reason);
}

static void test_screen_bad(void **state)
{
	uint32_t *pixels = calloc(4000, 4 * 4);
	unsigned char *jpeg;
	struct screen *s;
	size_t len, at;

	memset(&told, 0, sizeof(told));
	assert_int_equal(screen_new(&loop, &screen_events, NULL, &s), 0);
	put_bad(s, "", 0, "no JPEG file");
	put_bad(s, "\xff\xd8\xff", 3, "no JPEG file");
	put_bad(s, "\x89PNG\r\n\x1a\n", 8, "no JPEG file");
	assert_int_equal(screen_put(s, pixels, SCREEN_FILE_MAX + 1), -EMSGSIZE);
	jpeg = jpeg_of(pixels, 3841, 1, &len);
	put_bad(s, jpeg, len, "too large");
	tjFree(jpeg);
	jpeg = jpeg_of(pixels, 1, 2161, &len);
	put_bad(s, jpeg, len, "too large");
	tjFree(jpeg);
	/* A header that claims more than there is costs one decoder's error, no crash. */
	for (at = 0; at < 4000; at++)
		pixels[at] = rnd();
	jpeg = jpeg_of(pixels, 60, 60, &len);
	for (at = 0; at + 8 < len && !(jpeg[at] == 0xff && jpeg[at + 1] == 0xc0); at++)
		;
	jpeg[at + 5] = 2160 >> 8;
	jpeg[at + 6] = 2160 & 255;
	jpeg[at + 7] = 3840 >> 8;
	jpeg[at + 8] = (unsigned char)(3840 & 255);
	put_bad(s, jpeg, len, "a damaged JPEG file");
	tjFree(jpeg);
	jpeg = jpeg_of(pixels, 60, 60, &len);
	put_bad(s, jpeg, len / 2, "a damaged JPEG file");
	tjFree(jpeg);
	assert_null(screen_picture(s));
	assert_int_equal(told.pictures, 0);
	/* After all that a good one is taken. */
	put(s, pixels, 16, 16);
	run();
	assert_int_equal(told.pictures, 1);
	screen_free(s);
	free(pixels);
}

static int start(void **state)
{
	return uv_loop_init(&loop);
}

static int end(void **state)
{
	return uv_loop_close(&loop);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_geometry),
		cmocka_unit_test(test_parts),
		cmocka_unit_test(test_bars),
		cmocka_unit_test(test_shrink),
		cmocka_unit_test_setup_teardown(test_scaled_watches, start, end),
		cmocka_unit_test_setup_teardown(test_scaled_locks, start, end),
		cmocka_unit_test_setup_teardown(test_scaled_follows, start, end),
		cmocka_unit_test_setup_teardown(test_scaled_same, start, end),
		cmocka_unit_test_setup_teardown(test_window_picture, start, end),
		cmocka_unit_test_setup_teardown(test_window_input, start, end),
		cmocka_unit_test_setup_teardown(test_screen, start, end),
		cmocka_unit_test_setup_teardown(test_screen_bad, start, end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
