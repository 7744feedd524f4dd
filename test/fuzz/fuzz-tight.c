/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Pictures that a session chooses, through the Tight and ZRLE encoders and the tests' decoder. What
 * must hold: what was encoded can be decoded to its very end, covers the piece, and without JPEG in
 * 32 bit is the same picture. Input: width, height, format, quality, compression, flags (1: few
 * colours, 2: ZRLE), then pixels: one byte each for a picture of few colours, or four.
 */
#include <errno.h>
#include <string.h>

#include "base/cleanup.h"
#include "fuzz.h"
#include "proto/tight.h"
#include "proto/zrle.h"
#include "tight-decoder.h"

enum { HEAD = 6, OUT_MAX = 4 * 1024 * 1024 };

static const struct rfb_pixel_format formats[] = {
	{ .bpp = 32,
			.depth = 24,
			.true_colour = true,
			.red_max = 255,
			.green_max = 255,
			.blue_max = 255,
			.red_shift = 16,
			.green_shift = 8 },
	{ .bpp = 32,
			.depth = 24,
			.big_endian = true,
			.true_colour = true,
			.red_max = 255,
			.green_max = 255,
			.blue_max = 255,
			.red_shift = 8,
			.green_shift = 16,
			.blue_shift = 24 },
	{ .bpp = 16,
			.depth = 16,
			.true_colour = true,
			.red_max = 31,
			.green_max = 63,
			.blue_max = 31,
			.red_shift = 11,
			.green_shift = 5 },
	{ .bpp = 8,
			.depth = 8,
			.true_colour = true,
			.red_max = 7,
			.green_max = 7,
			.blue_max = 3,
			.green_shift = 3,
			.blue_shift = 6 },
};

/* Fills n pixels from data, again and again from its start; few: each byte is a grey or a colour.
 */
static void pixels_fill(uint8_t *pixels, size_t n, const uint8_t *data, size_t size, bool few)
{
	for (size_t i = 0; i < n; i++, pixels += 4) {
		uint8_t b = data[i % size];

		pixels[0] = few ? b : data[4 * i % size];
		pixels[1] = few ? (uint8_t)(b << 1) : data[(4 * i + 1) % size];
		pixels[2] = few ? (uint8_t)~b : data[(4 * i + 2) % size];
		pixels[3] = 0;
	}
}

static void check_same(const struct decoder *d, const uint8_t *pixels)
{
	for (size_t i = 0; i < (size_t)d->w * d->h; i++) {
		const uint8_t *p = pixels + 4 * i;

		FUZZ_CHECK(d->pixels[i] ==
				((uint32_t)p[2] << 16 | (uint32_t)p[1] << 8 | (uint32_t)p[0]));
	}
}

static void encode_tight(const struct tight_params *params, const struct tight_piece *piece,
		struct buf *out, unsigned *n_rects)
{
	_cleanup_(tight_encoder_freep) struct tight_encoder *e = NULL;

	FUZZ_CHECK(tight_encoder_new(&e) == 0);
	FUZZ_CHECK(tight_encode(e, params, piece, out, n_rects) == 0 && *n_rects > 0);
}

/* As the first rectangle of a connection. */
static void encode_zrle(const struct tight_params *params, const struct tight_piece *piece,
		struct buf *out, unsigned *n_rects)
{
	_cleanup_(zrle_encoder_freep) struct zrle_encoder *e = NULL;
	struct buf alone;
	uint8_t *p;

	buf_init(&alone, OUT_MAX);
	FUZZ_CHECK(zrle_encoder_new(&e) == 0);
	FUZZ_CHECK(zrle_encode(e, params, piece, &alone, n_rects) == 0 && *n_rects == 1);
	FUZZ_CHECK(buf_reserve(out, buf_len(&alone) + ZRLE_BEGIN_LEN, &p) == 0);
	zrle_begin(p, buf_head(&alone), buf_len(&alone));
	buf_commit(out, buf_len(&alone) + ZRLE_BEGIN_LEN);
	buf_done(&alone);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	_cleanup_free_ uint8_t *pixels = NULL;
	struct tight_params params;
	struct tight_piece piece;
	const uint8_t *at, *end;
	unsigned n_rects = 0, w, h;
	struct decoder d;
	struct buf out;

	if (size <= HEAD)
		return 0;
	w = data[0] + 1u;
	h = data[1] + 1u;
	params = (struct tight_params){ .format = formats[data[2] % ELEMENTSOF(formats)],
		.quality = data[3] % 11 - 1,
		.compress = data[4] % 10 };
	pixels = malloc((size_t)w * h * 4);
	FUZZ_CHECK(pixels);
	pixels_fill(pixels, (size_t)w * h, data + HEAD, size - HEAD, data[5] & 1);
	piece = (struct tight_piece){ .pixels = pixels, .stride = w * 4, .rect = { 0, 0, w, h } };

	buf_init(&out, OUT_MAX);
	if (data[5] & 2)
		encode_zrle(&params, &piece, &out, &n_rects);
	else
		encode_tight(&params, &piece, &out, &n_rects);
	decoder_init(&d, w, h, &params.format);
	/* Nothing may stay as it is: a pixel that no rectangle covers has a colour that is none. */
	memset(d.pixels, 0xff, (size_t)w * h * 4);
	at = buf_head(&out);
	end = at + buf_len(&out);
	for (unsigned i = 0; i < n_rects; i++) {
		FUZZ_CHECK(at && at < end);
		at = decoder_rect(&d, at);
	}
	FUZZ_CHECK(at == end);
	for (size_t i = 0; i < (size_t)w * h; i++)
		FUZZ_CHECK(d.pixels[i] != 0xffffffff);
	if ((params.quality < 0 || data[5] & 2) && params.format.bpp == 32)
		check_same(&d, pixels);
	decoder_done(&d);
	buf_done(&out);
	return 0;
}
