/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The ZRLE encoder: tiles of 64 x 64, each as one colour, a packed palette, runs of a palette, runs
 * of colours or plain, whatever is smallest before compression; then deflate without the zlib
 * header, begun anew for each rectangle.
 */
#include "proto/zrle.h"

#include <assert.h>
#include <string.h>
#include <zlib.h>

#include "proto/tight-analyse.h"

enum {
	TILE = 64,
	TILE_AREA = TILE * TILE,
	TILES_MAX = 2048, /* of a piece one pixel wide: 1024 */

	PACKED_MAX = 16,
	PALETTE_MAX = 127,
	KIND_PLAIN = 0,
	KIND_SOLID = 1,
	KIND_RUNS = 128,

	LENGTH_LEN = 4,
	RAW_DEFLATE_BITS = -15, /* zlib: without header and check */
};

/* RFC 1950: deflate, window of 32 kB, fastest; the check makes it a multiple of 31. */
static const uint8_t zlib_header[ZRLE_BEGIN_LEN] = { 0x78, 0x01 };
static const uint8_t zlib_levels[10] = { 1, 1, 1, 2, 3, 4, 5, 6, 7, 9 };

struct zrle_encoder {
	z_stream z;
	int z_level;
	struct buf bytes; /* before compression */
	struct tight_palette palette;
	uint8_t index[TILE_AREA];
};

/* How the pixels of a format are written (RFC 6143 7.7.5: CPIXEL). */
struct cpixel {
	const struct rfb_pixel_format *format;
	unsigned len;
	unsigned skip; /* bytes of the pixel before those that are sent */
};

struct tile {
	const uint8_t *pixels;
	uint32_t stride;
	unsigned w, h;
};

int zrle_encoder_new(struct zrle_encoder **ret)
{
	struct zrle_encoder *e;

	e = calloc(1, sizeof(*e));
	if (!e)
		return -ENOMEM;
	e->z_level = -1;
	buf_init(&e->bytes, (size_t)TIGHT_AREA_MAX * 4 + TILES_MAX);
	*ret = e;
	return 0;
}

struct zrle_encoder *zrle_encoder_free(struct zrle_encoder *e)
{
	if (!e)
		return NULL;
	if (e->z_level >= 0)
		deflateEnd(&e->z);
	buf_done(&e->bytes);
	free(e);
	return NULL;
}

static struct cpixel cpixel_of(const struct rfb_pixel_format *f)
{
	uint32_t used = (uint32_t)f->red_max << f->red_shift |
			(uint32_t)f->green_max << f->green_shift |
			(uint32_t)f->blue_max << f->blue_shift;
	struct cpixel c = { .format = f, .len = f->bpp / 8 };

	if (f->bpp != 32 || f->depth > 24)
		return c;
	if (used >> 24 == 0) {
		c.len = 3;
		c.skip = f->big_endian ? 1 : 0;
	} else if ((used & 0xff) == 0) {
		c.len = 3;
		c.skip = f->big_endian ? 0 : 1;
	}
	return c;
}

static uint8_t *put_cpixel(uint8_t *p, uint32_t rgb, const struct cpixel *c)
{
	uint8_t whole[4];

	rfb_pixel_convert(whole, rgb, c->format);
	memcpy(p, whole + c->skip, c->len);
	return p + c->len;
}

static uint8_t *put_palette(uint8_t *p, const struct tight_palette *palette, const struct cpixel *c)
{
	for (unsigned i = 0; i < palette->n; i++)
		p = put_cpixel(p, palette->colours[i], c);
	return p;
}

/* --- one tile --- */

static uint32_t colour_at(const struct tile *t, unsigned i)
{
	const uint8_t *p = t->pixels + (size_t)(i / t->w) * t->stride + (size_t)(i % t->w) * 4;

	return (uint32_t)p[2] << 16 | (uint32_t)p[1] << 8 | p[0];
}

static uint8_t *put_plain(uint8_t *p, const struct tile *t, const struct cpixel *c)
{
	const uint8_t *row = t->pixels;
	uint32_t last = 0;
	uint8_t bytes[4];

	*p++ = KIND_PLAIN;
	put_cpixel(bytes, last, c);
	for (unsigned y = 0; y < t->h; y++, row += t->stride)
		for (unsigned x = 0; x < t->w; x++, p += c->len) {
			const uint8_t *q = row + 4 * (size_t)x;
			uint32_t rgb = (uint32_t)q[2] << 16 | (uint32_t)q[1] << 8 | q[0];

			if (rgb != last) {
				last = rgb;
				put_cpixel(bytes, rgb, c);
			}
			memcpy(p, bytes, c->len);
		}
	return p;
}

static unsigned packed_bits(unsigned n_colours)
{
	return n_colours <= 2 ? 1 : n_colours <= 4 ? 2 : 4;
}

static uint8_t *put_packed(uint8_t *p, const struct tight_palette *palette, const uint8_t *index,
		const struct tile *t, const struct cpixel *c)
{
	unsigned bits = packed_bits(palette->n);

	*p++ = (uint8_t)palette->n;
	p = put_palette(p, palette, c);
	for (unsigned y = 0; y < t->h; y++) {
		unsigned byte = 0, have = 0;

		for (unsigned x = 0; x < t->w; x++) {
			byte = byte << bits | *index++;
			have += bits;
			if (have == 8) {
				*p++ = (uint8_t)byte;
				byte = have = 0;
			}
		}
		if (have > 0)
			*p++ = (uint8_t)(byte << (8 - have));
	}
	return p;
}

/* One less than the run, in bytes of which all but the last are 255. */
static uint8_t *put_length(uint8_t *p, unsigned run)
{
	for (run--; run >= 255; run -= 255)
		*p++ = 255;
	*p++ = (uint8_t)run;
	return p;
}

static uint8_t *put_palette_runs(uint8_t *p, const struct tight_palette *palette,
		const uint8_t *index, const struct tile *t, const struct cpixel *c)
{
	unsigned n = t->w * t->h, run;

	*p++ = (uint8_t)(KIND_RUNS + palette->n);
	p = put_palette(p, palette, c);
	for (unsigned i = 0; i < n; i += run) {
		for (run = 1; i + run < n && index[i + run] == index[i]; run++)
			;
		*p++ = (uint8_t)(index[i] | (run > 1 ? 0x80 : 0));
		if (run > 1)
			p = put_length(p, run);
	}
	return p;
}

static uint8_t *put_plain_runs(uint8_t *p, const struct tile *t, const struct cpixel *c)
{
	unsigned n = t->w * t->h, run;

	*p++ = KIND_RUNS;
	for (unsigned i = 0; i < n; i += run) {
		uint32_t colour = colour_at(t, i);

		for (run = 1; i + run < n && colour_at(t, i + run) == colour; run++)
			;
		p = put_cpixel(p, colour, c);
		p = put_length(p, run);
	}
	return p;
}

/* Bytes that put_palette_runs() takes for the index. */
static size_t palette_runs_len(const uint8_t *index, unsigned n)
{
	size_t len = 0;
	unsigned run;

	for (unsigned i = 0; i < n; i += run) {
		for (run = 1; i + run < n && index[i + run] == index[i]; run++)
			;
		len += run == 1 ? 1 : 2 + (run - 1) / 255;
	}
	return len;
}

/* Bytes of put_plain_runs(), or max if it takes at least so many. */
static size_t plain_runs_len(const struct tile *t, const struct cpixel *c, size_t max)
{
	unsigned n = t->w * t->h, run;
	size_t len = 0;

	for (unsigned i = 0; i < n && len < max; i += run) {
		uint32_t colour = colour_at(t, i);

		for (run = 1; i + run < n && colour_at(t, i + run) == colour; run++)
			;
		len += c->len + 1 + (run - 1) / 255;
	}
	return MIN(len, max);
}

static uint8_t *put_tile(
		struct zrle_encoder *e, uint8_t *p, const struct tile *t, const struct cpixel *c)
{
	const struct tight_palette *palette = &e->palette;
	size_t plain = (size_t)t->w * t->h * c->len, packed = SIZE_MAX, runs;

	if (!tight_palette_fill(
			    &e->palette, t->pixels, t->stride, t->w, t->h, PALETTE_MAX, e->index))
		return plain_runs_len(t, c, plain) < plain ? put_plain_runs(p, t, c)
							   : put_plain(p, t, c);
	if (palette->n == 1) {
		*p++ = KIND_SOLID;
		return put_cpixel(p, palette->colours[0], c);
	}
	runs = palette_runs_len(e->index, t->w * t->h) + palette->n * c->len;
	if (palette->n <= PACKED_MAX)
		packed = ((size_t)t->w * packed_bits(palette->n) + 7) / 8 * t->h +
			 palette->n * c->len;
	if (MIN(runs, packed) >= plain)
		return put_plain(p, t, c);
	return runs < packed ? put_palette_runs(p, palette, e->index, t, c)
			     : put_packed(p, palette, e->index, t, c);
}

/* --- the rectangle --- */

static int put_tiles(struct zrle_encoder *e, const struct tight_params *params,
		const struct tight_piece *piece)
{
	struct cpixel c = cpixel_of(&params->format);
	const struct rfb_rect *r = &piece->rect;

	e->bytes.start = e->bytes.end = 0;
	for (unsigned y = 0; y < r->h; y += TILE)
		for (unsigned x = 0; x < r->w; x += TILE) {
			struct tile t = {
				.pixels = piece->pixels + (size_t)y * piece->stride + (size_t)x * 4,
				.stride = piece->stride,
				.w = MIN((unsigned)TILE, r->w - x),
				.h = MIN((unsigned)TILE, r->h - y),
			};
			uint8_t *p;
			int k;

			k = buf_reserve(&e->bytes, 1 + (size_t)t.w * t.h * c.len, &p);
			if (k < 0)
				return k;
			buf_commit(&e->bytes, (size_t)(put_tile(e, p, &t, &c) - p));
		}
	return 0;
}

static int deflate_reset(struct zrle_encoder *e, int level)
{
	if (e->z_level == level)
		return deflateReset(&e->z) == Z_OK ? 0 : -EIO;
	if (e->z_level >= 0)
		deflateEnd(&e->z);
	e->z_level = -1;
	e->z = (z_stream){ 0 };
	if (deflateInit2(&e->z, level, Z_DEFLATED, RAW_DEFLATE_BITS, 8, Z_DEFAULT_STRATEGY) != Z_OK)
		return -ENOMEM;
	e->z_level = level;
	return 0;
}

int zrle_encode(struct zrle_encoder *e, const struct tight_params *params,
		const struct tight_piece *piece, struct buf *out, unsigned *n_rects)
{
	enum { HEAD = RFB_RECT_HEAD_LEN + LENGTH_LEN };
	uint8_t *p;
	uLong bound;
	size_t len;
	int r;

	assert(piece->rect.w > 0 && piece->rect.h > 0 && piece->rect.w <= TIGHT_WIDTH_MAX);
	assert((unsigned)piece->rect.w * piece->rect.h <= TIGHT_AREA_MAX);
	r = put_tiles(e, params, piece);
	if (r < 0)
		return r;
	r = deflate_reset(e, zlib_levels[params->compress]);
	if (r < 0)
		return r;
	bound = deflateBound(&e->z, buf_len(&e->bytes)) + 16;
	r = buf_reserve(out, HEAD + bound, &p);
	if (r < 0)
		return r;
	e->z.next_in = buf_head(&e->bytes);
	e->z.avail_in = (uInt)buf_len(&e->bytes);
	e->z.next_out = p + HEAD;
	e->z.avail_out = (uInt)bound;
	if (deflate(&e->z, Z_SYNC_FLUSH) != Z_OK || e->z.avail_in > 0 || e->z.avail_out == 0)
		return -EIO;
	len = bound - e->z.avail_out;
	rfb_rect_head_build(p, &piece->rect, RFB_ENCODING_ZRLE);
	rfb_put_u32(p + RFB_RECT_HEAD_LEN, (uint32_t)len);
	buf_commit(out, HEAD + len);
	(*n_rects)++;
	return 0;
}

void zrle_begin(uint8_t *out, const uint8_t *rect, size_t n)
{
	enum { HEAD = RFB_RECT_HEAD_LEN + LENGTH_LEN };

	assert(n > HEAD);
	memcpy(out, rect, RFB_RECT_HEAD_LEN);
	rfb_put_u32(out + RFB_RECT_HEAD_LEN,
			rfb_get_u32(rect + RFB_RECT_HEAD_LEN) + ZRLE_BEGIN_LEN);
	memcpy(out + HEAD, zlib_header, ZRLE_BEGIN_LEN);
	memcpy(out + HEAD + ZRLE_BEGIN_LEN, rect + HEAD, n - HEAD);
}
