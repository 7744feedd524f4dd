/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A plain Tight, ZRLE and raw decoder for tests, written from rfbproto: rectangles into a picture
 * of 0x00RRGGBB. It keeps its zlib streams (four of Tight, one of ZRLE) as a client does, so a
 * rectangle that relied on another one would come out wrong.
 */
#pragma once

#include <stdlib.h>
#include <string.h>
#include <turbojpeg.h>
#include <zlib.h>

#include "proto/rfb.h"

struct decoder {
	struct rfb_pixel_format format;
	uint32_t *pixels;
	unsigned w, h;
	z_stream z[5];
	bool z_is_up[5];
	unsigned n_fill, n_palette, n_full, n_jpeg, n_raw;
	unsigned n_zrle, n_tiles[256]; /* by kind */
	uint8_t *scratch;
	size_t scratch_size;
};

static inline void decoder_init(
		struct decoder *d, unsigned w, unsigned h, const struct rfb_pixel_format *f)
{
	*d = (struct decoder){ .format = *f, .w = w, .h = h };
	d->pixels = calloc((size_t)w * h, 4);
	d->scratch_size = (size_t)w * h * 4 + 16;
	d->scratch = malloc(d->scratch_size);
}

static inline void decoder_done(struct decoder *d)
{
	for (int i = 0; i < 5; i++)
		if (d->z_is_up[i])
			inflateEnd(&d->z[i]);
	free(d->pixels);
	free(d->scratch);
}

static inline uint32_t decoder_pixel(const struct decoder *d, const uint8_t *p)
{
	const struct rfb_pixel_format *f = &d->format;
	uint32_t v;

	if (f->bpp == 8)
		v = p[0];
	else if (f->bpp == 16)
		v = f->big_endian ? rfb_get_u16(p) : (uint32_t)p[1] << 8 | p[0];
	else
		v = f->big_endian ? rfb_get_u32(p)
				  : (uint32_t)p[3] << 24 | (uint32_t)p[2] << 16 |
						    (uint32_t)p[1] << 8 | p[0];
	return (v >> f->red_shift & f->red_max) * 255 / f->red_max << 16 |
	       (v >> f->green_shift & f->green_max) * 255 / f->green_max << 8 |
	       (v >> f->blue_shift & f->blue_max) * 255 / f->blue_max;
}

static inline size_t decoder_tpixel_len(const struct decoder *d)
{
	return rfb_pixel_format_is_tpixel(&d->format) ? 3 : d->format.bpp / 8;
}

static inline uint32_t decoder_tpixel(const struct decoder *d, const uint8_t *p)
{
	if (rfb_pixel_format_is_tpixel(&d->format))
		return (uint32_t)p[0] << 16 | (uint32_t)p[1] << 8 | p[2];
	return decoder_pixel(d, p);
}

static inline const uint8_t *decoder_length(const uint8_t *p, size_t *ret)
{
	size_t n = *p & 0x7f;

	if (*p++ & 0x80) {
		n |= (size_t)(*p & 0x7f) << 7;
		if (*p++ & 0x80)
			n |= (size_t)*p++ << 14;
	}
	*ret = n;
	return p;
}

/* n bytes of pixel data, compressed or not. */
static inline const uint8_t *decoder_bytes(
		struct decoder *d, const uint8_t *p, unsigned stream, size_t n)
{
	z_stream *z = &d->z[stream];
	size_t packed;

	if (n > d->scratch_size)
		return NULL;
	if (n < 12) {
		memcpy(d->scratch, p, n);
		return p + n;
	}
	p = decoder_length(p, &packed);
	if (!d->z_is_up[stream] && inflateInit(z) != Z_OK)
		return NULL;
	d->z_is_up[stream] = true;
	z->next_in = (uint8_t *)p;
	z->avail_in = (uInt)packed;
	z->next_out = d->scratch;
	z->avail_out = (uInt)n;
	if (inflate(z, Z_SYNC_FLUSH) < 0 || z->avail_out != 0)
		return NULL;
	return p + packed;
}

static inline const uint8_t *decoder_jpeg(
		struct decoder *d, const uint8_t *p, const struct rfb_rect *r)
{
	tjhandle tj = tjInitDecompress();
	uint8_t *rgb;
	size_t n;
	int k;

	p = decoder_length(p, &n);
	rgb = malloc((size_t)r->w * r->h * 3);
	k = tjDecompress2(tj, p, n, rgb, r->w, 0, r->h, TJPF_RGB, 0);
	for (unsigned y = 0; k == 0 && y < r->h; y++)
		for (unsigned x = 0; x < r->w; x++) {
			const uint8_t *q = rgb + ((size_t)y * r->w + x) * 3;

			d->pixels[(size_t)(r->y + y) * d->w + r->x + x] =
					(uint32_t)q[0] << 16 | (uint32_t)q[1] << 8 | q[2];
		}
	free(rgb);
	tjDestroy(tj);
	d->n_jpeg++;
	return k == 0 ? p + n : NULL;
}

static inline const uint8_t *decoder_basic(
		struct decoder *d, const uint8_t *p, uint8_t control, const struct rfb_rect *r)
{
	unsigned stream = control >> 4 & 3, n_colours = 0, filter = 0;
	size_t t = decoder_tpixel_len(d), line;
	uint32_t palette[256];

	if (control & 0x40)
		filter = *p++;
	if (filter == 1) {
		n_colours = *p++ + 1u;
		for (unsigned i = 0; i < n_colours; i++, p += t)
			palette[i] = decoder_tpixel(d, p);
		d->n_palette++;
	} else if (filter != 0) {
		return NULL;
	} else {
		d->n_full++;
	}
	line = n_colours == 0 ? r->w * t : n_colours == 2 ? (r->w + 7u) / 8 : r->w;
	p = decoder_bytes(d, p, stream, line * r->h);
	for (unsigned y = 0; p && y < r->h; y++)
		for (unsigned x = 0; x < r->w; x++) {
			const uint8_t *row = d->scratch + y * line;

			d->pixels[(size_t)(r->y + y) * d->w + r->x + x] =
					n_colours == 0 ? decoder_tpixel(d, row + x * t)
						       : palette[n_colours == 2 ? row[x / 8] >> (7 - x % 8) &
													 1
										: row[x]];
		}
	return p;
}

/* --- ZRLE --- */

static inline unsigned decoder_cpixel(const struct decoder *d, const uint8_t *p, uint32_t *ret)
{
	const struct rfb_pixel_format *f = &d->format;
	uint32_t used = (uint32_t)f->red_max << f->red_shift |
			(uint32_t)f->green_max << f->green_shift |
			(uint32_t)f->blue_max << f->blue_shift;
	bool low = used >> 24 == 0, high = (used & 255) == 0;
	uint8_t whole[4] = { 0 };
	unsigned at;

	if (f->bpp != 32 || f->depth > 24 || (!low && !high)) {
		*ret = decoder_pixel(d, p);
		return f->bpp / 8;
	}
	at = low == f->big_endian ? 1 : 0;
	memcpy(whole + at, p, 3);
	*ret = decoder_pixel(d, whole);
	return 3;
}

static inline const uint8_t *decoder_run(const uint8_t *p, const uint8_t *end, unsigned *ret)
{
	unsigned n = 1;

	while (p < end && *p == 255) {
		n += 255;
		p++;
	}
	if (p == end)
		return NULL;
	*ret = n + *p;
	return p + 1;
}

/* The colours of one tile into pixels; gives its end, NULL: broken. */
static inline const uint8_t *decoder_tile(struct decoder *d, const uint8_t *p, const uint8_t *end,
		unsigned w, unsigned h, uint32_t *pixels)
{
	uint32_t palette[128];
	unsigned kind, n_palette, n = w * h, run, i = 0;

	if (p == end)
		return NULL;
	kind = *p++;
	d->n_tiles[kind]++;
	if ((kind > 16 && kind < 128) || kind == 129)
		return NULL;
	n_palette = kind & 127;
	for (unsigned k = 0; k < n_palette; k++) {
		if (end - p < 4 && end - p < (ptrdiff_t)d->format.bpp / 8 - 1)
			return NULL;
		p += decoder_cpixel(d, p, &palette[k]);
	}
	if (kind == 0) {
		for (; i < n; i++)
			p += decoder_cpixel(d, p, &pixels[i]);
	} else if (kind == 1) {
		for (; i < n; i++)
			pixels[i] = palette[0];
	} else if (kind <= 16) {
		unsigned bits = kind == 2 ? 1 : kind <= 4 ? 2 : 4, line = (w * bits + 7) / 8;

		for (; i < n; i++) {
			unsigned x = i % w * bits;
			unsigned k = p[i / w * line + x / 8] >> (8 - bits - x % 8) &
				     ((1u << bits) - 1);

			if (k >= n_palette)
				return NULL;
			pixels[i] = palette[k];
		}
		p += line * h;
	} else {
		while (i < n) {
			uint32_t colour;

			if (p >= end)
				return NULL;
			run = 1;
			if (kind == 128) {
				p += decoder_cpixel(d, p, &colour);
				p = decoder_run(p, end, &run);
			} else {
				unsigned k = *p++;

				if ((k & 127) >= n_palette)
					return NULL;
				colour = palette[k & 127];
				if (k & 128)
					p = decoder_run(p, end, &run);
			}
			if (!p || run > n - i)
				return NULL;
			for (; run > 0; run--)
				pixels[i++] = colour;
		}
	}
	return p <= end ? p : NULL;
}

static inline const uint8_t *decoder_zrle(
		struct decoder *d, const uint8_t *p, const struct rfb_rect *r)
{
	size_t len = rfb_get_u32(p), size = (size_t)r->w * r->h * 4 + 4096;
	uint8_t *bytes = calloc(1, size + 8);
	uint32_t pixels[64 * 64];
	const uint8_t *at = bytes, *end;
	z_stream *z = &d->z[4];
	bool ok;

	d->n_zrle++;
	ok = d->z_is_up[4] || inflateInit(z) == Z_OK;
	d->z_is_up[4] = true;
	z->next_in = (uint8_t *)p + 4;
	z->avail_in = (uInt)len;
	z->next_out = bytes;
	z->avail_out = (uInt)size;
	ok = ok && inflate(z, Z_SYNC_FLUSH) >= 0 && z->avail_in == 0;
	end = bytes + size - z->avail_out;
	for (unsigned y = 0; ok && y < r->h; y += 64)
		for (unsigned x = 0; ok && x < r->w; x += 64) {
			unsigned w = r->w - x < 64 ? r->w - x : 64;
			unsigned h = r->h - y < 64 ? r->h - y : 64;

			at = decoder_tile(d, at, end, w, h, pixels);
			ok = at != NULL;
			for (unsigned i = 0; ok && i < w * h; i++)
				d->pixels[(size_t)(r->y + y + i / w) * d->w + r->x + x + i % w] =
						pixels[i];
		}
	ok = ok && at == end;
	free(bytes);
	return ok ? p + 4 + len : NULL;
}

/* One rectangle with its head; gives its end, NULL: broken. */
static inline const uint8_t *decoder_rect(struct decoder *d, const uint8_t *p)
{
	struct rfb_rect_head h;
	uint8_t control;

	rfb_rect_head_parse(p, &h);
	p += RFB_RECT_HEAD_LEN;
	if (h.rect.x + h.rect.w > d->w || h.rect.y + h.rect.h > d->h)
		return NULL;
	if (h.encoding == RFB_ENCODING_RAW) {
		d->n_raw++;
		for (unsigned y = 0; y < h.rect.h; y++)
			for (unsigned x = 0; x < h.rect.w; x++, p += d->format.bpp / 8)
				d->pixels[(size_t)(h.rect.y + y) * d->w + h.rect.x + x] =
						decoder_pixel(d, p);
		return p;
	}
	if (h.encoding == RFB_ENCODING_ZRLE)
		return decoder_zrle(d, p, &h.rect);
	if (h.encoding != RFB_ENCODING_TIGHT)
		return NULL;
	control = *p++;
	for (int i = 0; i < 4; i++)
		if (control & 1 << i && d->z_is_up[i])
			inflateReset(&d->z[i]);
	if (control >> 4 == 8) {
		uint32_t colour = decoder_tpixel(d, p);

		d->n_fill++;
		for (unsigned y = 0; y < h.rect.h; y++)
			for (unsigned x = 0; x < h.rect.w; x++)
				d->pixels[(size_t)(h.rect.y + y) * d->w + h.rect.x + x] = colour;
		return p + decoder_tpixel_len(d);
	}
	if (control >> 4 == 9)
		return decoder_jpeg(d, p, &h.rect);
	return control & 0x80 ? NULL : decoder_basic(d, p, control, &h.rect);
}
