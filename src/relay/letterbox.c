/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Scaling of the part that has changed, with pixman: its transforms give each pixel the same value
 * whatever part is drawn. libyuv's clipped scaling does not, and reads a line too many.
 *
 * Pixels of a whole factor stay crisp squares. Else the picture is interpolated; one that becomes
 * less than half as large is first halved as often as that takes, so that each pixel counts and
 * thin strokes do not vanish. Halving works on an aligned cut of the source around what is drawn.
 */
#include "relay/letterbox.h"

#include <assert.h>
#include <string.h>

#include "base/cleanup.h"

/* Of a bilinear filter, in pixels of what it reads. */
enum { REACH = 1 };

static void image_unrefp(pixman_image_t **i)
{
	if (*i)
		pixman_image_unref(*i);
}

#define _cleanup_image_ _cleanup_(image_unrefp)

static void region_finip(pixman_region32_t *r)
{
	pixman_region32_fini(r);
}

static int box_w(const struct letterbox *l)
{
	return l->box.x2 - l->box.x1;
}

static int box_h(const struct letterbox *l)
{
	return l->box.y2 - l->box.y1;
}

void letterbox_init(struct letterbox *l, uint16_t src_w, uint16_t src_h, uint16_t w, uint16_t h)
{
	int bw = w, bh = h;

	assert(src_w && src_h && w && h);
	if ((uint64_t)src_w * h > (uint64_t)src_h * w)
		bh = (int)MAX(((uint64_t)src_h * w + src_w / 2) / src_w, UINT64_C(1));
	else
		bw = (int)MAX(((uint64_t)src_w * h + src_h / 2) / src_h, UINT64_C(1));
	*l = (struct letterbox){
		.src_w = src_w,
		.src_h = src_h,
		.w = w,
		.h = h,
		.box = { .x1 = (w - bw) / 2, .y1 = (h - bh) / 2 },
		.is_whole = bw % src_w == 0 && bh % src_h == 0,
	};
	l->box.x2 = l->box.x1 + bw;
	l->box.y2 = l->box.y1 + bh;
	while (src_w >> (l->halvings + 1) >= bw && src_h >> (l->halvings + 1) >= bh)
		l->halvings++;
}

static int64_t floor_div(int64_t a, int64_t b)
{
	return a >= 0 ? a / b : -((-a + b - 1) / b);
}

/* Pixels of one side that the source's pixels from..to are seen in. */
static void map_side(const struct letterbox *l, int *from, int *to, int src, int dst)
{
	int reach = l->is_whole ? 0 : (REACH + 1) << l->halvings;
	int64_t a = floor_div((int64_t)(*from - reach) * dst, src);
	int64_t b = -floor_div(-((int64_t)*to + reach) * dst, src);

	*from = (int)CLAMP(a, 0, dst);
	*to = (int)CLAMP(b, 0, dst);
}

void letterbox_map(const struct letterbox *l, const pixman_region32_t *src, pixman_region32_t *ret)
{
	pixman_box32_t *b;
	int n;

	b = pixman_region32_rectangles((pixman_region32_t *)src, &n);
	for (int i = 0; i < n; i++) {
		pixman_box32_t m = b[i];

		map_side(l, &m.x1, &m.x2, l->src_w, box_w(l));
		map_side(l, &m.y1, &m.y2, l->src_h, box_h(l));
		if (m.x1 < m.x2 && m.y1 < m.y2)
			pixman_region32_union_rect(ret, ret, l->box.x1 + m.x1, l->box.y1 + m.y1,
					(unsigned)(m.x2 - m.x1), (unsigned)(m.y2 - m.y1));
	}
}

/* --- drawing --- */

static pixman_image_t *image_new(
		pixman_format_code_t format, int w, int h, const void *pixels, uint32_t stride)
{
	return pixman_image_create_bits_no_clear(format, w, h, (uint32_t *)pixels, (int)stride);
}

/* Transform and filter so that pixel x of the box shows pixel x * src_w / box_w - at_x of the
 * image. */
static void place(const struct letterbox *l, pixman_image_t *image, unsigned halvings, int at_x,
		int at_y)
{
	double unit = 1 << halvings;
	pixman_transform_t t;

	pixman_transform_init_scale(&t, pixman_double_to_fixed(l->src_w / unit / box_w(l)),
			pixman_double_to_fixed(l->src_h / unit / box_h(l)));
	t.matrix[0][2] = pixman_int_to_fixed(-at_x);
	t.matrix[1][2] = pixman_int_to_fixed(-at_y);
	pixman_image_set_transform(image, &t);
	pixman_image_set_filter(image, l->is_whole ? PIXMAN_FILTER_NEAREST : PIXMAN_FILTER_BILINEAR,
			NULL, 0);
}

/* What is drawn of the box must be set as clip of dst. */
static void compose(
		const struct letterbox *l, pixman_op_t op, pixman_image_t *src, pixman_image_t *dst)
{
	pixman_image_composite32(
			op, src, NULL, dst, 0, 0, 0, 0, l->box.x1, l->box.y1, box_w(l), box_h(l));
}

static void draw_bars(
		const struct letterbox *l, pixman_image_t *dst, const pixman_region32_t *region)
{
	static const pixman_color_t black = { .alpha = 0xffff };
	_cleanup_(region_finip) pixman_region32_t bars, box;
	pixman_box32_t *b;
	int n;

	pixman_region32_init_with_extents(&box, (pixman_box32_t *)&l->box);
	pixman_region32_init(&bars);
	pixman_region32_subtract(&bars, (pixman_region32_t *)region, &box);
	b = pixman_region32_rectangles(&bars, &n);
	if (n > 0)
		pixman_image_fill_boxes(PIXMAN_OP_SRC, dst, &black, n, b);
}

/* The source's pixels that are needed for from..to of one side of the box, cut for halving. */
static void cut_side(const struct letterbox *l, int *from, int *to, int src, int dst)
{
	int unit = 1 << l->halvings, reach = (REACH + 1) * unit;
	int64_t a = floor_div((int64_t)*from * src, dst) - reach;
	int64_t b = -floor_div(-(int64_t)*to * src, dst) + reach;

	*from = (int)CLAMP(floor_div(a, unit) * unit, 0, src / unit * unit - unit);
	*to = (int)CLAMP(-floor_div(-b, unit) * unit, *from + unit, src / unit * unit);
}

/* The mean of two by two pixels each; w and h are those of the result. */
static void halve(const uint8_t *src, size_t stride, uint32_t *dst, int w, int h)
{
	const uint32_t even = 0x00ff00ff, round = 0x00020002;

	for (int y = 0; y < h; y++, src += 2 * stride) {
		const uint32_t *a = (const uint32_t *)(const void *)src;
		const uint32_t *b = (const uint32_t *)(const void *)(src + stride);

		for (int x = 0; x < w; x++, a += 2, b += 2) {
			uint32_t rb = (a[0] & even) + (a[1] & even) + (b[0] & even) + (b[1] & even);
			uint32_t g = (a[0] >> 8 & even) + (a[1] >> 8 & even) + (b[0] >> 8 & even) +
				     (b[1] >> 8 & even);

			*dst++ = ((rb + round) >> 2 & even) | ((g + round) >> 2 & even) << 8;
		}
	}
}

/* Halved pixels of this cut of the source; NULL: no memory. */
static uint32_t *halve_cut(const struct letterbox *l, const struct letterbox_pixels *p,
		const pixman_box32_t *cut)
{
	const uint8_t *src = p->src + (size_t)cut->y1 * p->src_stride + (size_t)cut->x1 * 4;
	int w = cut->x2 - cut->x1, h = cut->y2 - cut->y1;
	_cleanup_free_ uint32_t *last = NULL;
	size_t stride = p->src_stride;

	for (unsigned i = 0; i < l->halvings; i++) {
		uint32_t *half;

		w /= 2;
		h /= 2;
		half = malloc((size_t)w * (size_t)h * 4);
		if (!half)
			return NULL;
		halve(src, stride, half, w, h);
		free(last);
		last = half;
		src = (const uint8_t *)last;
		stride = (size_t)w * 4;
	}
	return take_ptr(last);
}

static int draw_halved(const struct letterbox *l, const struct letterbox_pixels *p,
		pixman_image_t *dst, const pixman_region32_t *region)
{
	pixman_box32_t cut = *pixman_region32_extents((pixman_region32_t *)region);
	_cleanup_image_ pixman_image_t *image = NULL;
	_cleanup_free_ uint32_t *pixels = NULL;
	int w, h;

	cut.x1 = MAX(cut.x1, l->box.x1) - l->box.x1;
	cut.y1 = MAX(cut.y1, l->box.y1) - l->box.y1;
	cut.x2 = MIN(cut.x2, l->box.x2) - l->box.x1;
	cut.y2 = MIN(cut.y2, l->box.y2) - l->box.y1;
	if (cut.x1 >= cut.x2 || cut.y1 >= cut.y2)
		return 0; /* bars only */
	cut_side(l, &cut.x1, &cut.x2, l->src_w, box_w(l));
	cut_side(l, &cut.y1, &cut.y2, l->src_h, box_h(l));
	pixels = halve_cut(l, p, &cut);
	w = (cut.x2 - cut.x1) >> l->halvings;
	h = (cut.y2 - cut.y1) >> l->halvings;
	if (pixels)
		image = image_new(PIXMAN_x8r8g8b8, w, h, pixels, (uint32_t)w * 4);
	if (!image)
		return -ENOMEM;
	place(l, image, l->halvings, cut.x1 >> l->halvings, cut.y1 >> l->halvings);
	pixman_image_set_repeat(image, PIXMAN_REPEAT_PAD);
	compose(l, PIXMAN_OP_SRC, image, dst);
	return 0;
}

static int draw_picture(const struct letterbox *l, const struct letterbox_pixels *p,
		pixman_image_t *dst, const pixman_region32_t *region)
{
	_cleanup_image_ pixman_image_t *image = NULL;

	if (l->halvings > 0)
		return draw_halved(l, p, dst, region);
	image = image_new(PIXMAN_x8r8g8b8, l->src_w, l->src_h, p->src, p->src_stride);
	if (!image)
		return -ENOMEM;
	place(l, image, 0, 0, 0);
	pixman_image_set_repeat(image, PIXMAN_REPEAT_PAD);
	compose(l, PIXMAN_OP_SRC, image, dst);
	return 0;
}

static int draw_pointer(const struct letterbox *l, const struct letterbox_pointer *pointer,
		pixman_image_t *dst)
{
	_cleanup_image_ pixman_image_t *image = NULL;

	if (!pointer->argb)
		return 0;
	image = image_new(PIXMAN_a8r8g8b8, pointer->w, pointer->h, pointer->argb,
			pointer->w * UINT32_C(4));
	if (!image)
		return -ENOMEM;
	place(l, image, 0, pointer->x, pointer->y);
	compose(l, PIXMAN_OP_OVER, image, dst);
	return 0;
}

int letterbox_draw(const struct letterbox *l, const struct letterbox_pixels *p,
		const struct letterbox_pointer *pointer, const pixman_region32_t *region)
{
	_cleanup_image_ pixman_image_t *dst = NULL;
	int r;

	dst = image_new(PIXMAN_x8r8g8b8, l->w, l->h, p->dst, p->dst_stride);
	if (!dst || !pixman_image_set_clip_region32(dst, (pixman_region32_t *)region))
		return -ENOMEM;
	draw_bars(l, dst, region);
	r = draw_picture(l, p, dst, region);
	if (r < 0)
		return r;
	return draw_pointer(l, pointer, dst);
}
