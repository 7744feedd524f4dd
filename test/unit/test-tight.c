/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Tight: what is encoded comes out the same through a decoder of its own, in every pixel format and
 * for every kind of content; rectangles rely on nothing before them; text is never lossy. ZRLE the
 * same.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <math.h>

#include "proto/tight-analyse.h"
#include "proto/tight.h"
#include "proto/zrle.h"
#include "tight-decoder.h"

enum { W = 500, H = 300 };

static uint8_t picture[W * H * 4];

static void set(unsigned x, unsigned y, uint32_t rgb)
{
	uint8_t *p = picture + ((size_t)y * W + x) * 4;

	p[0] = (uint8_t)rgb;
	p[1] = (uint8_t)(rgb >> 8);
	p[2] = (uint8_t)(rgb >> 16);
	p[3] = (uint8_t)(x * 7 + y); /* X must not matter */
}

static uint32_t get(unsigned x, unsigned y)
{
	const uint8_t *p = picture + ((size_t)y * W + x) * 4;

	return (uint32_t)p[2] << 16 | (uint32_t)p[1] << 8 | p[0];
}

static void fill(uint32_t rgb)
{
	for (unsigned y = 0; y < H; y++)
		for (unsigned x = 0; x < W; x++)
			set(x, y, rgb);
}

/* Dark strokes with grey edges on paper. */
static void draw_text(unsigned x0, unsigned y0, unsigned w, unsigned h, unsigned shades)
{
	for (unsigned y = y0; y < y0 + h; y++)
		for (unsigned x = x0; x < x0 + w; x++)
			if ((x / 3 + y / 5) % 7 == 0)
				set(x, y, 0x010101 * ((x * y + x) % shades * (255 / shades)));
}

static void draw_photo(unsigned x0, unsigned y0, unsigned w, unsigned h)
{
	for (unsigned y = y0; y < y0 + h; y++)
		for (unsigned x = x0; x < x0 + w; x++)
			set(x, y,
					(uint32_t)(128 + 90 * sin(x / 11.0 + y / 23.0)) << 16 |
							(uint32_t)(128 +
									90 * sin(x / 17.0 - y / 7.0))
									<< 8 |
							(x * y % 5 + 100));
}

static const struct rfb_pixel_format formats[] = {
	{ 32, 24, false, true, 255, 255, 255, 16, 8, 0 },
	{ 32, 24, true, true, 255, 255, 255, 0, 8, 16 },
	{ 16, 16, false, true, 31, 63, 31, 11, 5, 0 },
	{ 16, 16, true, true, 31, 63, 31, 11, 5, 0 },
	{ 8, 8, false, true, 7, 7, 3, 5, 2, 0 },
};

static int difference(uint32_t a, uint32_t b)
{
	int most = 0;

	for (int i = 0; i < 24; i += 8)
		most = MAX(most, abs((int)(a >> i & 255) - (int)(b >> i & 255)));
	return most;
}

/* What the format can hold of a colour. */
static int step(const struct rfb_pixel_format *f)
{
	return f->bpp == 32 ? 0 : f->bpp == 16 ? 9 : 86;
}

/* Encode all and decode; every pixel is at most tolerance off. */
static void check(struct decoder *d, const struct tight_params *p, const struct rfb_rect *rect,
		int tolerance)
{
	struct tight_encoder *e;
	struct tight_piece piece = { .pixels = picture + ((size_t)rect->y * W + rect->x) * 4,
		.stride = W * 4,
		.rect = *rect };
	struct buf out;
	unsigned n = 0;
	const uint8_t *at;

	assert_int_equal(tight_encoder_new(&e), 0);
	decoder_init(d, W, H, &p->format);
	buf_init(&out, 8 << 20);
	/* Twice: the second must not rely on the first. */
	for (int i = 0; i < 2; i++) {
		n = 0;
		buf_consume(&out, buf_len(&out), 0);
		assert_int_equal(tight_encode(e, p, &piece, &out, &n), 0);
	}
	at = buf_head(&out);
	for (unsigned i = 0; i < n; i++) {
		at = decoder_rect(d, at);
		assert_non_null(at);
	}
	assert_ptr_equal(at, buf_head(&out) + buf_len(&out));
	for (unsigned y = rect->y; y < rect->y + rect->h; y++)
		for (unsigned x = rect->x; x < rect->x + rect->w; x++)
			assert_in_range(difference(d->pixels[y * W + x], get(x, y)), 0, tolerance);
	tight_encoder_free(e);
	buf_done(&out);
}

static const struct rfb_rect all = { 0, 0, W, H };

static void test_solid(void **state)
{
	for (size_t i = 0; i < ELEMENTSOF(formats); i++) {
		struct tight_params p = { formats[i], 6, 1 };
		struct decoder d;

		fill(0xffffff);
		check(&d, &p, &all, 0);
		assert_int_equal(d.n_fill, 1);
		assert_int_equal(d.n_palette + d.n_full + d.n_jpeg, 0);
		decoder_done(&d);
	}
}

static void test_text(void **state)
{
	for (size_t i = 0; i < ELEMENTSOF(formats); i++)
		for (unsigned shades = 2; shades <= 200; shades += 99) {
			struct tight_params p = { formats[i], 3, (int)shades % 10 };
			struct decoder d;

			fill(0xfdf6e3);
			draw_text(3, 5, 450, 280, shades);
			check(&d, &p, &all, step(&formats[i]));
			assert_int_equal(d.n_jpeg, 0);
			decoder_done(&d);
		}
}

static void test_photo(void **state)
{
	struct tight_params p = { rfb_format_bgrx, 9, 1 };
	struct decoder d;

	fill(0x303030);
	draw_photo(64, 64, 320, 192);
	check(&d, &p, &all, 60);
	assert_int_equal(d.n_jpeg, 1);
	assert_in_range(d.n_fill, 1, 8);
	decoder_done(&d);

	/* Without JPEG each pixel is right. */
	for (size_t i = 0; i < ELEMENTSOF(formats); i++) {
		p = (struct tight_params){ formats[i], -1, 1 };
		check(&d, &p, &all, step(&formats[i]));
		assert_int_equal(d.n_jpeg, 0);
		assert_in_range(d.n_full, 1, 100);
		decoder_done(&d);
	}
}

/* Text beside a photograph stays exact at the lowest quality. */
static void test_mixed(void **state)
{
	struct tight_params p = { rfb_format_bgrx, 0, 1 };
	struct decoder d;

	fill(0xffffff);
	draw_photo(256, 0, 244, 300);
	draw_text(0, 0, 256, 300, 16);
	check(&d, &p, &all, 255);
	assert_in_range(d.n_jpeg, 1, 4);
	for (unsigned y = 0; y < H; y++)
		for (unsigned x = 0; x < 256; x++)
			assert_int_equal(d.pixels[y * W + x], get(x, y));
	decoder_done(&d);
}

static void test_small(void **state)
{
	struct tight_params p = { rfb_format_bgrx, 6, 1 };

	fill(0);
	draw_photo(0, 0, W, H);
	for (uint16_t w = 1; w < 10; w++)
		for (uint16_t h = 1; h < 4; h++) {
			struct rfb_rect r = { 499 - w, 299 - h, w, h };
			struct decoder d;

			check(&d, &p, &r, 0);

			decoder_done(&d);
		}
}

static void test_analyse(void **state)
{
	uint32_t colour = 0;

	fill(0x123456);
	assert_int_equal(tight_analyse(picture, W * 4, 64, 64, &colour), TIGHT_SOLID);
	assert_int_equal(colour, 0x123456);
	set(63, 63, 0x123457);
	assert_int_equal(tight_analyse(picture, W * 4, 64, 64, &colour), TIGHT_DRAWING);
	draw_photo(0, 0, 64, 64);
	assert_int_equal(tight_analyse(picture, W * 4, 64, 64, &colour), TIGHT_PHOTO);
	assert_int_equal(tight_analyse(picture, W * 4, 16, 16, &colour), TIGHT_DRAWING);
	/* Chequered: no two neighbours are equal, yet there are two colours. */
	for (unsigned y = 0; y < 64; y++)
		for (unsigned x = 0; x < 64; x++)
			set(x, y, (x + y) % 2 ? 0xffffff : 0);
	assert_int_equal(tight_analyse(picture, W * 4, 64, 64, &colour), TIGHT_DRAWING);
	/* A gradient from top to bottom has many colours but must have no rings. */
	for (unsigned y = 0; y < 64; y++)
		for (unsigned x = 0; x < 64; x++)
			set(x, y, 0x010203 * y);
	assert_int_equal(tight_analyse(picture, W * 4, 64, 64, &colour), TIGHT_DRAWING);
}

static void test_palette(void **state)
{
	static struct tight_palette p;
	static uint8_t index[256 * 2];

	for (unsigned i = 0; i < 256; i++) {
		set(i, 0, i * 0x010101);
		set(i, 1, (255 - i) * 0x010101);
	}
	p.generation = UINT32_MAX; /* and round */
	for (int k = 0; k < 3; k++) {
		assert_true(tight_palette_fill(&p, picture, W * 4, 256, 2, 256, index));
		assert_int_equal(p.n, 256);
		for (unsigned i = 0; i < 512; i++)
			assert_int_equal(p.colours[index[i]], get(i % 256, i / 256));
		assert_false(tight_palette_fill(&p, picture, W * 4, 256, 2, 255, index));
	}
}

static void test_raw(void **state)
{
	for (size_t i = 0; i < ELEMENTSOF(formats); i++) {
		struct tight_piece piece = { picture + 400, W * 4, { 100, 0, 77, 55 } };
		struct decoder d;
		struct buf out;
		unsigned n = 0;

		draw_photo(0, 0, W, H);
		buf_init(&out, 1 << 20);
		decoder_init(&d, W, H, &formats[i]);
		assert_int_equal(tight_encode_raw(&formats[i], &piece, &out, &n), 0);
		assert_int_equal(n, 1);
		assert_ptr_equal(decoder_rect(&d, buf_head(&out)), buf_head(&out) + buf_len(&out));
		for (unsigned y = 0; y < 55; y++)
			for (unsigned x = 100; x < 177; x++)
				assert_in_range(difference(d.pixels[y * W + x], get(x, y)), 0,
						step(&formats[i]));
		decoder_done(&d);
		buf_done(&out);
	}
}

/* --- ZRLE --- */

static void encode_zrle(struct zrle_encoder *e, const struct tight_params *p,
		const struct rfb_rect *rect, struct buf *out)
{
	struct tight_piece piece = { .pixels = picture + ((size_t)rect->y * W + rect->x) * 4,
		.stride = W * 4,
		.rect = *rect };
	unsigned n = 0;

	assert_int_equal(zrle_encode(e, p, &piece, out, &n), 0);
	assert_int_equal(n, 1);
}

/* Three rectangles in an order of their own, one of them twice: a client that shares them. */
static void check_zrle(struct decoder *d, const struct tight_params *p, const struct rfb_rect *rect)
{
	static const unsigned order[] = { 2, 0, 0, 1 };
	struct rfb_rect parts[3] = { *rect, { 0, 0, 65, 3 }, { W - 1, 0, 1, H } };
	struct zrle_encoder *e;
	uint8_t *first;
	struct buf out;

	assert_int_equal(zrle_encoder_new(&e), 0);
	decoder_init(d, W, H, &p->format);
	buf_init(&out, 8 << 20);
	for (unsigned i = 0; i < ELEMENTSOF(order); i++) {
		buf_consume(&out, buf_len(&out), 0);
		encode_zrle(e, p, &parts[order[i]], &out);
		if (i > 0) {
			assert_ptr_equal(decoder_rect(d, buf_head(&out)),
					buf_head(&out) + buf_len(&out));
			continue;
		}
		first = malloc(buf_len(&out) + ZRLE_BEGIN_LEN);
		zrle_begin(first, buf_head(&out), buf_len(&out));
		assert_ptr_equal(decoder_rect(d, first), first + buf_len(&out) + ZRLE_BEGIN_LEN);
		free(first);
	}
	for (unsigned k = 0; k < ELEMENTSOF(parts); k++)
		for (unsigned y = parts[k].y; y < parts[k].y + parts[k].h; y++)
			for (unsigned x = parts[k].x; x < parts[k].x + parts[k].w; x++)
				assert_in_range(difference(d->pixels[y * W + x], get(x, y)), 0,
						step(&p->format));
	zrle_encoder_free(e);
	buf_done(&out);
}

static void test_zrle(void **state)
{
	static const unsigned shades[] = { 2, 3, 10, 90, 200 };
	static const struct rfb_rect part = { 5, 7, 400, 250 };
	unsigned n_tiles[256] = { 0 };
	struct decoder d;

	for (size_t i = 0; i < ELEMENTSOF(formats); i++) {
		struct tight_params p = { formats[i], -1, (int)i * 2 };

		fill(0x123456);
		for (size_t k = 0; k < ELEMENTSOF(shades); k++) {
			draw_text(100, 60, 300, 200, shades[k]);
			check_zrle(&d, &p, k % 2 == 0 ? &all : &part);
			for (unsigned t = 0; t < 256; t++)
				n_tiles[t] += d.n_tiles[t];
			decoder_done(&d);
		}
		draw_photo(64, 64, 200, 100);
		for (unsigned k = 2; k <= 10; k += 4)
			for (unsigned y = 200; y < 300; y++)
				for (unsigned x = 40 * k; x < 40 * k + 100; x++)
					set(x, y, 0x101010 * ((x * 3 + y) % k));
		check_zrle(&d, &p, &all);
		for (unsigned t = 0; t < 256; t++)
			n_tiles[t] += d.n_tiles[t];
		decoder_done(&d);
	}
	/* Each way was taken. */
	assert_true(n_tiles[0] > 0);
	assert_true(n_tiles[1] > 0);
	assert_true(n_tiles[2] + n_tiles[3] + n_tiles[4] > 0);
	assert_true(n_tiles[16] + n_tiles[11] + n_tiles[10] > 0);
	for (unsigned t = 131; t < 255; t++)
		n_tiles[130] += n_tiles[t];
	assert_true(n_tiles[130] > 0);
}

/* A gradient of long runs, more colours than a palette: runs of colours. */
static void test_zrle_runs(void **state)
{
	struct tight_params p = { formats[0], -1, 1 };
	struct decoder d;

	for (unsigned y = 0; y < H; y++)
		for (unsigned x = 0; x < W; x++)
			set(x, y, (y * 9 + x / 32) * 77);
	check_zrle(&d, &p, &all);
	assert_true(d.n_tiles[128] > 0);
	decoder_done(&d);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_solid),
		cmocka_unit_test(test_text),
		cmocka_unit_test(test_photo),
		cmocka_unit_test(test_mixed),
		cmocka_unit_test(test_small),
		cmocka_unit_test(test_analyse),
		cmocka_unit_test(test_palette),
		cmocka_unit_test(test_raw),
		cmocka_unit_test(test_zrle),
		cmocka_unit_test(test_zrle_runs),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
