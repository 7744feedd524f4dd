/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A plain Tight and raw decoder for tests, written from rfbproto: rectangles into a picture of
 * 0x00RRGGBB. It keeps its four zlib streams as a client does, so a rectangle that relied on
 * another one would come out wrong.
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
	z_stream z[4];
	bool z_is_up[4];
	unsigned n_fill, n_palette, n_full, n_jpeg, n_raw;
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
	for (int i = 0; i < 4; i++)
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
