/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What both directions of RFB share: pixel formats and their conversion, the version line, texts.
 * Colours are scaled with rounding, so that white stays white and grey stays grey in every format.
 */
#include "proto/rfb.h"

#include <string.h>

const struct rfb_pixel_format rfb_format_bgrx = {
	.bpp = 32,
	.depth = 24,
	.true_colour = true,
	.red_max = 255,
	.green_max = 255,
	.blue_max = 255,
	.red_shift = 16,
	.green_shift = 8,
	.blue_shift = 0,
};

void rfb_pixel_format_build(uint8_t *p, const struct rfb_pixel_format *f)
{
	p[0] = f->bpp;
	p[1] = f->depth;
	p[2] = f->big_endian;
	p[3] = f->true_colour;
	rfb_put_u16(p + 4, f->red_max);
	rfb_put_u16(p + 6, f->green_max);
	rfb_put_u16(p + 8, f->blue_max);
	p[10] = f->red_shift;
	p[11] = f->green_shift;
	p[12] = f->blue_shift;
	memset(p + 13, 0, 3);
}

/* A maximum is 2^n - 1 and lies within the pixel. */
static bool is_channel(unsigned max, unsigned shift, unsigned bpp)
{
	return max > 0 && (max & (max + 1)) == 0 && shift < bpp &&
	       ((uint64_t)max << shift) < (UINT64_C(1) << bpp);
}

int rfb_pixel_format_parse(const uint8_t *p, struct rfb_pixel_format *ret)
{
	struct rfb_pixel_format f = {
		.bpp = p[0],
		.depth = p[1],
		.big_endian = p[2] != 0,
		.true_colour = p[3] != 0,
		.red_max = rfb_get_u16(p + 4),
		.green_max = rfb_get_u16(p + 6),
		.blue_max = rfb_get_u16(p + 8),
		.red_shift = p[10],
		.green_shift = p[11],
		.blue_shift = p[12],
	};

	if (f.bpp != 8 && f.bpp != 16 && f.bpp != 32)
		return -EBADMSG;
	if (f.depth == 0 || f.depth > f.bpp)
		return -EBADMSG;
	if (f.true_colour && (!is_channel(f.red_max, f.red_shift, f.bpp) ||
					     !is_channel(f.green_max, f.green_shift, f.bpp) ||
					     !is_channel(f.blue_max, f.blue_shift, f.bpp)))
		return -EBADMSG;
	*ret = f;
	return 0;
}

bool rfb_pixel_format_eq(const struct rfb_pixel_format *a, const struct rfb_pixel_format *b)
{
	return a->bpp == b->bpp && a->depth == b->depth && a->big_endian == b->big_endian &&
	       a->true_colour == b->true_colour && a->red_max == b->red_max &&
	       a->green_max == b->green_max && a->blue_max == b->blue_max &&
	       a->red_shift == b->red_shift && a->green_shift == b->green_shift &&
	       a->blue_shift == b->blue_shift;
}

bool rfb_pixel_format_is_tpixel(const struct rfb_pixel_format *f)
{
	return f->true_colour && f->bpp == 32 && f->depth == 24 && f->red_max == 255 &&
	       f->green_max == 255 && f->blue_max == 255;
}

static inline uint32_t pixel_value(uint32_t rgb, const struct rfb_pixel_format *f)
{
	uint32_t r = (rgb >> 16) & 255, g = (rgb >> 8) & 255, b = rgb & 255;

	return (r * f->red_max + 127) / 255 << f->red_shift |
	       (g * f->green_max + 127) / 255 << f->green_shift |
	       (b * f->blue_max + 127) / 255 << f->blue_shift;
}

static inline uint8_t *put_pixel(uint8_t *p, uint32_t v, const struct rfb_pixel_format *f)
{
	switch (f->bpp) {
	case 8:
		p[0] = (uint8_t)v;
		return p + 1;
	case 16:
		p[0] = (uint8_t)(f->big_endian ? v >> 8 : v);
		p[1] = (uint8_t)(f->big_endian ? v : v >> 8);
		return p + 2;
	default:
		if (f->big_endian)
			return rfb_put_u32(p, v);
		p[0] = (uint8_t)v;
		p[1] = (uint8_t)(v >> 8);
		p[2] = (uint8_t)(v >> 16);
		p[3] = (uint8_t)(v >> 24);
		return p + 4;
	}
}

uint8_t *rfb_pixel_convert(uint8_t *p, uint32_t rgb, const struct rfb_pixel_format *f)
{
	return put_pixel(p, pixel_value(rgb, f), f);
}

uint8_t *rfb_pixels_convert(
		uint8_t *p, const uint8_t *bgrx, size_t n, const struct rfb_pixel_format *f)
{
	uint32_t last = 0, value, rgb;

	if (rfb_pixel_format_eq(f, &rfb_format_bgrx)) {
		memcpy(p, bgrx, n * 4);
		return p + n * 4;
	}
	value = pixel_value(last, f);
	for (size_t i = 0; i < n; i++, bgrx += 4) {
		rgb = (uint32_t)bgrx[2] << 16 | (uint32_t)bgrx[1] << 8 | bgrx[0];
		if (rgb != last) {
			last = rgb;
			value = pixel_value(rgb, f);
		}
		p = put_pixel(p, value, f);
	}
	return p;
}

static bool parse_digits(const uint8_t *p, unsigned *ret)
{
	unsigned v = 0;

	for (int i = 0; i < 3; i++) {
		if (p[i] < '0' || p[i] > '9')
			return false;
		v = v * 10 + (p[i] - '0');
	}
	*ret = v;
	return true;
}

int rfb_version_parse(const uint8_t *p, unsigned *ret_major, unsigned *ret_minor)
{
	unsigned major, minor;

	if (memcmp(p, "RFB ", 4) != 0 || p[7] != '.' || p[11] != '\n' ||
			!parse_digits(p + 4, &major) || !parse_digits(p + 8, &minor))
		return -EBADMSG;
	*ret_major = major;
	*ret_minor = minor;
	return 0;
}

int rfb_cut_text_parse(const uint8_t *data, size_t len, struct rfb_cut_text *ret, size_t *ret_used)
{
	uint32_t n;

	if (len < 8)
		return -EAGAIN;
	n = rfb_get_u32(data + 4);
	/* rfbproto: a negative length announces the extended clipboard. */
	ret->is_extended = n > INT32_MAX;
	ret->len = ret->is_extended ? -n : n;
	ret->data = NULL;
	*ret_used = 8;
	if (ret->len > RFB_CUT_TEXT_MAX)
		return 0;
	if (len < 8 + (size_t)ret->len)
		return -EAGAIN;
	ret->data = data + 8;
	*ret_used = 8 + (size_t)ret->len;
	return 0;
}

char *rfb_latin1_to_utf8(const uint8_t *data, size_t len)
{
	char *s, *p;

	s = p = malloc(len * 2 + 1);
	if (!s)
		return NULL;
	for (size_t i = 0; i < len; i++) {
		if (data[i] == 0)
			continue;
		if (data[i] < 0x80) {
			*p++ = (char)data[i];
		} else {
			*p++ = (char)(0xc0 | data[i] >> 6);
			*p++ = (char)(0x80 | (data[i] & 0x3f));
		}
	}
	*p = '\0';
	return s;
}
