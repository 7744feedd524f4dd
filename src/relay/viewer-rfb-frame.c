/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What a client gets, and when.
 *
 * A frame is made when the client wants one (an open request, or continuous updates), everything
 * written before has been taken by the kernel, no frame is being encoded, and, with continuous
 * updates, the oldest frame that it has not acknowledged is young. Changes that come before that
 * only grow the region that is due: latest wins, and nothing queues.
 *
 * The age of the oldest unacknowledged frame is what limits continuous updates: while the way to
 * the client is free an answer takes about rtt_min; when queues fill somewhere, it takes longer,
 * and the next frame waits for it. So a far client gets as many frames in flight as its distance
 * needs, and a slow one does not collect any.
 *
 * A frame is one FramebufferUpdate in one write: head and pseudo rectangles, shared chunks of the
 * encoder, pieces under the overlay encoded for this client alone, and a fence.
 */
#include <assert.h>
#include <string.h>

#include "proto/zrle.h"
#include "relay/viewer-rfb-internal.h"

enum {
	RTT_SLACK_US = 20 * 1000,
	HEAD_SIZE = 4 + 4 * RFB_RECT_HEAD_LEN + 4 + 16 + 1,
	EXTRA_HEAD = 0,
	EXTRA_OVERLAY = 1,
};

static int64_t now_us(void)
{
	return (int64_t)(uv_hrtime() / 1000);
}

/* --- fences --- */

static bool fences_allow(struct viewer_rfb *v)
{
	uint32_t in_flight = v->fence_sent - v->fence_acked;
	int64_t age;

	if (in_flight == 0)
		return true;
	if (in_flight >= VIEWER_RFB_FENCES_MAX)
		return false;
	age = now_us() - v->fence_us[(v->fence_acked + 1) % VIEWER_RFB_FENCES_MAX];
	return v->rtt_min_us > 0 && age <= 2 * v->rtt_min_us + RTT_SLACK_US;
}

void viewer_rfb_handle_fence(struct viewer_rfb *v, const uint8_t *data, size_t len)
{
	uint32_t number;
	int64_t rtt;

	if (len != 4)
		return; /* the answer to the announcement */
	number = rfb_get_u32(data);
	if (number - v->fence_acked - 1 >= v->fence_sent - v->fence_acked)
		return; /* not one that is out */
	v->fence_acked = number;
	rtt = MAX(now_us() - v->fence_us[number % VIEWER_RFB_FENCES_MAX], INT64_C(1));
	if (v->rtt_min_us == 0 || rtt < v->rtt_min_us)
		v->rtt_min_us = rtt;
	else
		v->rtt_min_us += (rtt - v->rtt_min_us) / 256; /* ways change */
}

static struct chunk *build_fence(struct viewer_rfb *v)
{
	struct chunk *c = NULL;
	uint8_t number[4];
	struct buf b;

	rfb_put_u32(number, v->fence_sent + 1);
	buf_init(&b, 64);
	if (rfb_build_fence(&b, RFB_SERVER_FENCE, RFB_FENCE_REQUEST | RFB_FENCE_BLOCK_BEFORE,
			    number, sizeof(number)) >= 0)
		c = chunk_new(buf_len(&b));
	if (c) {
		memcpy(c->data, buf_head(&b), buf_len(&b));
		c->len = buf_len(&b);
		v->fence_sent++;
		v->fence_us[v->fence_sent % VIEWER_RFB_FENCES_MAX] = now_us();
	}
	buf_done(&b);
	return c;
}

/* --- pseudo rectangles --- */

static int put_rect_head(struct buf *b, const struct rfb_rect *r, int32_t encoding)
{
	uint8_t m[RFB_RECT_HEAD_LEN];

	rfb_rect_head_build(m, r, encoding);
	return buf_append(b, m, sizeof(m));
}

static int put_cursor_alpha(struct buf *b, const struct cursor *c)
{
	size_t n = (size_t)c->w * c->h;
	uint8_t *p;
	int r;

	r = buf_reserve(b, 4 + n * 4, &p);
	if (r < 0)
		return r;
	p = rfb_put_u32(p, RFB_ENCODING_RAW);
	for (size_t i = 0; i < n; i++) {
		uint32_t v = c->argb[i], a = v >> 24;

		*p++ = (uint8_t)((v >> 16 & 255) * a / 255);
		*p++ = (uint8_t)((v >> 8 & 255) * a / 255);
		*p++ = (uint8_t)((v & 255) * a / 255);
		*p++ = (uint8_t)a;
	}
	buf_commit(b, 4 + n * 4);
	return 0;
}

static int put_cursor_mask(struct buf *b, const struct cursor *c, const struct rfb_pixel_format *f)
{
	size_t line = ((size_t)c->w + 7) / 8, n = (size_t)c->w * c->h;
	size_t len = n * (f->bpp / 8) + line * c->h;
	uint8_t *p;
	int r;

	r = buf_reserve(b, len, &p);
	if (r < 0)
		return r;
	for (size_t i = 0; i < n; i++)
		p = rfb_pixel_convert(p, c->argb[i], f);
	memset(p, 0, line * c->h);
	for (size_t i = 0; i < n; i++)
		if (c->argb[i] >> 31)
			p[i / c->w * line + i % c->w / 8] |= (uint8_t)(0x80 >> i % c->w % 8);
	buf_commit(b, len);
	return 0;
}

static int put_cursor(struct viewer_rfb *v, struct buf *b)
{
	const struct cursor *c = &v->base.picture->cursor;
	struct rfb_rect r = { .x = c->hot_x, .y = c->hot_y, .w = c->w, .h = c->h };
	int k;

	k = put_rect_head(b, &r,
			v->knows_cursor_alpha ? RFB_ENCODING_CURSOR_ALPHA : RFB_ENCODING_CURSOR);
	if (k < 0)
		return k;
	return v->knows_cursor_alpha ? put_cursor_alpha(b, c)
				     : put_cursor_mask(b, c, &v->format.params.format);
}

static int put_size(struct viewer_rfb *v, struct buf *b)
{
	struct rfb_rect r = { .w = v->base.picture->w, .h = v->base.picture->h };
	uint8_t screen[4 + 16] = { 1 };
	int k;

	if (!v->knows_extended_size)
		return put_rect_head(b, &r, RFB_ENCODING_DESKTOP_SIZE);
	r.x = v->size_reason;
	r.y = v->size_status;
	rfb_put_u16(screen + 12, r.w);
	rfb_put_u16(screen + 14, r.h);
	k = put_rect_head(b, &r, RFB_ENCODING_EXTENDED_DESKTOP_SIZE);
	return k < 0 ? k : buf_append(b, screen, sizeof(screen));
}

/* Pseudo rectangles that are due, after room for the head of the update. */
static int put_pseudo(struct viewer_rfb *v, struct buf *b, unsigned *ret_n)
{
	static const struct rfb_rect nowhere;
	unsigned n = 0;
	uint8_t *p;
	int r;

	r = buf_reserve(b, RFB_UPDATE_HEAD_LEN, &p);
	if (r < 0)
		return r;
	buf_commit(b, RFB_UPDATE_HEAD_LEN);
	if (v->size_due && (v->knows_size || v->knows_extended_size)) {
		r = put_size(v, b);
		if (r < 0)
			return r;
		n++;
	}
	if (v->knows_qemu_key && !v->told_qemu_key) {
		r = put_rect_head(b, &nowhere, RFB_ENCODING_QEMU_KEY);
		if (r < 0)
			return r;
		v->told_qemu_key = true;
		n++;
	}
	if (v->cursor_due && (v->knows_cursor || v->knows_cursor_alpha)) {
		r = put_cursor(v, b);
		if (r < 0)
			return r;
		n++;
	}
	v->cursor_due = false;
	if (v->leds_due && v->knows_leds && v->base.picture->leds >= 0) {
		uint8_t leds = (uint8_t)v->base.picture->leds;

		r = put_rect_head(b, &nowhere, RFB_ENCODING_QEMU_LED);
		r = r < 0 ? r : buf_append(b, &leds, 1);
		if (r < 0)
			return r;
		n++;
	}
	v->leds_due = false;
	*ret_n = n;
	return 0;
}

/* --- the frame --- */

static void clear_extra(struct viewer_rfb *v)
{
	for (unsigned i = 0; i < ELEMENTSOF(v->extra); i++) {
		v->extra[i] = chunk_unref(v->extra[i]);
		v->extra_rects[i] = 0;
	}
}

/* The first ZRLE rectangle of the connection is its own; all others are shared. */
static struct chunk *begin_zrle(struct viewer_rfb *v, const struct chunk *first)
{
	struct chunk *c = chunk_new(first->len + ZRLE_BEGIN_LEN);

	if (!c)
		return NULL;
	zrle_begin(c->data, first->data, first->len);
	c->len = c->size;
	v->zrle_begun = true;
	return c;
}

/* Head, what was prepared in extra, chunks of the encoder, fence: one write. */
static void write_frame(
		struct viewer_rfb *v, struct chunk *const *chunks, size_t n, unsigned n_rects)
{
	_cleanup_(chunk_unrefp) struct chunk *fence = NULL, *begun = NULL;
	_cleanup_free_ struct chunk **all = NULL;
	size_t k = 0;
	int r;

	n_rects += v->extra_rects[EXTRA_HEAD] + v->extra_rects[EXTRA_OVERLAY];
	all = calloc(n + 3, sizeof(*all));
	if (v->continuous)
		fence = build_fence(v);
	if (!all || (v->continuous && !fence) || n_rects >= UINT16_MAX) {
		viewer_rfb_fail(v, "no memory");
		return;
	}
	rfb_update_head_build(v->extra[EXTRA_HEAD]->data, (uint16_t)n_rects);
	all[k++] = v->extra[EXTRA_HEAD];
	for (size_t i = 0; i < n; i++)
		all[k++] = chunks[i];
	if (v->extra[EXTRA_OVERLAY])
		all[k++] = v->extra[EXTRA_OVERLAY];
	if (v->format.kind == ENCODE_ZRLE && !v->zrle_begun && k > 1) {
		begun = begin_zrle(v, all[1]);
		if (!begun) {
			viewer_rfb_fail(v, "no memory");
			return;
		}
		all[1] = begun;
	}
	if (fence)
		all[k++] = fence;
	if (!v->continuous) {
		v->wants = false;
		pixman_region32_clear(&v->requested);
	}
	v->frame_bytes = 0;
	for (size_t i = 0; i < k; i++)
		v->frame_bytes += all[i]->len;
	r = stream_write(v->stream, all, k);
	if (r < 0)
		viewer_rfb_fail(v, "writing failed: %s", strerror(-r));
	clear_extra(v);
}

static void handle_frame(
		struct encode_client *c, struct chunk *const *chunks, size_t n, unsigned n_rects)
{
	struct viewer_rfb *v = list_entry(c, struct viewer_rfb, client);

	if (v->base.failed || !v->stream)
		return;
	if (n == 0) {
		viewer_rfb_fail(v, "no memory");
		return;
	}
	write_frame(v, chunks, n, n_rects);
	viewer_rfb_send(v);
}

/* What the layers show of this box, over the pixels of the picture. */
static void compose_box(
		struct viewer_rfb *v, const pixman_box32_t *b, uint8_t *pixels, uint32_t stride)
{
	const struct picture *p = v->base.picture;

	for (int y = b->y1; y < b->y2; y++)
		memcpy(pixels + (size_t)(y - b->y1) * stride,
				p->pixels + (size_t)y * p->stride + (size_t)b->x1 * 4, stride);
	viewer_compose(&v->base, b, pixels, stride);
}

static int encode_under_overlay(struct viewer_rfb *v, const pixman_box32_t *b)
{
	_cleanup_free_ uint8_t *pixels = NULL;
	struct tight_piece piece = {
		.rect = { .x = (uint16_t)b->x1,
				.y = (uint16_t)b->y1,
				.w = (uint16_t)(b->x2 - b->x1),
				.h = (uint16_t)(b->y2 - b->y1) },
		.stride = (uint32_t)(b->x2 - b->x1) * 4,
	};
	_cleanup_(chunk_unrefp) struct chunk *c = NULL;
	struct chunk *both;
	unsigned n = 0;
	int r;

	pixels = malloc((size_t)piece.stride * piece.rect.h);
	if (!pixels)
		return -ENOMEM;
	compose_box(v, b, pixels, piece.stride);
	piece.pixels = pixels;
	r = encode_piece(&v->format, &piece, &c, &n);
	if (r < 0)
		return r;
	v->extra_rects[EXTRA_OVERLAY] += n;
	if (!v->extra[EXTRA_OVERLAY]) {
		v->extra[EXTRA_OVERLAY] = take_ptr(c);
		return 0;
	}
	both = chunk_new(v->extra[EXTRA_OVERLAY]->len + c->len);
	if (!both)
		return -ENOMEM;
	memcpy(both->data, v->extra[EXTRA_OVERLAY]->data, v->extra[EXTRA_OVERLAY]->len);
	memcpy(both->data + v->extra[EXTRA_OVERLAY]->len, c->data, c->len);
	both->len = both->size;
	chunk_unref(v->extra[EXTRA_OVERLAY]);
	v->extra[EXTRA_OVERLAY] = both;
	return 0;
}

/* Boxes small enough for the encoder; what lies under the overlay is taken out of region. */
static int encode_overlay(struct viewer_rfb *v, pixman_region32_t *region)
{
	pixman_region32_t under;
	pixman_box32_t *b;
	int n, r = 0;

	pixman_region32_init(&under);
	for (unsigned i = 0; i < _VIEWER_LAYER_MAX; i++) {
		const struct overlay *o = v->base.overlays[i];

		if (o && o->w > 0 && o->h > 0)
			pixman_region32_union_rect(&under, &under, o->x, o->y, o->w, o->h);
	}
	pixman_region32_intersect(&under, &under, region);
	b = pixman_region32_rectangles(&under, &n);
	for (int i = 0; i < n && r >= 0; i++)
		for (int y = b[i].y1; y < b[i].y2 && r >= 0; y += 64)
			for (int x = b[i].x1; x < b[i].x2 && r >= 0; x += TIGHT_WIDTH_MAX) {
				pixman_box32_t cut = { x, y, MIN(x + TIGHT_WIDTH_MAX, b[i].x2),
					MIN(y + 64, b[i].y2) };

				r = encode_under_overlay(v, &cut);
			}
	pixman_region32_subtract(region, region, &under);
	pixman_region32_subtract(&v->client.pending, &v->client.pending, &under);
	pixman_region32_fini(&under);
	return r;
}

/* What of the picture the client gets now. */
static void find_region(struct viewer_rfb *v, pixman_region32_t *region)
{
	const struct rfb_rect *r = &v->continuous_rect;

	/* pixman makes a box without area of it, not an empty region. */
	if (v->continuous && (r->w == 0 || r->h == 0))
		return;
	pixman_region32_intersect_rect(region, &v->client.pending, 0, 0,
			MIN(v->w, v->base.picture->w), MIN(v->h, v->base.picture->h));
	if (v->continuous)
		pixman_region32_intersect_rect(region, region, r->x, r->y, r->w, r->h);
	else
		pixman_region32_intersect(region, region, &v->requested);
}

static int prepare_head(struct viewer_rfb *v, unsigned *ret_n)
{
	struct buf b;
	int r;

	buf_init(&b, HEAD_SIZE + (size_t)PICTURE_CURSOR_MAX * (PICTURE_CURSOR_MAX + 1) * 4);
	r = put_pseudo(v, &b, ret_n);
	if (r >= 0) {
		v->extra[EXTRA_HEAD] = chunk_new(buf_len(&b));
		r = v->extra[EXTRA_HEAD] ? 0 : -ENOMEM;
	}
	if (r >= 0) {
		memcpy(v->extra[EXTRA_HEAD]->data, buf_head(&b), buf_len(&b));
		v->extra[EXTRA_HEAD]->len = buf_len(&b);
		v->extra_rects[EXTRA_HEAD] = *ret_n;
	}
	buf_done(&b);
	return r;
}

/* The client's framebuffer gets the picture's size; what it asked for before means nothing now. */
static void take_size(struct viewer_rfb *v)
{
	bool was_all = v->continuous_rect.x == 0 && v->continuous_rect.y == 0 &&
		       v->continuous_rect.w >= v->w && v->continuous_rect.h >= v->h;

	v->size_due = false;
	v->size_reason = v->size_status = 0;
	if (!v->knows_size && !v->knows_extended_size)
		return; /* it sees the part that fits */
	if (v->continuous && was_all)
		v->continuous_rect = (struct rfb_rect){ .w = v->base.picture->w,
			.h = v->base.picture->h };
	v->w = v->base.picture->w;
	v->h = v->base.picture->h;
}

static bool can_send(struct viewer_rfb *v)
{
	if (v->base.failed || v->sending || v->state != VIEWER_RFB_RUNNING || !v->stream)
		return false;
	if (!v->client.picture || v->client.frame || v->base.picture->blank)
		return false;
	if (!picture_can_lock(v->base.picture))
		return false;
	if (stream_pending(v->stream) > 0)
		return false;
	return v->continuous ? fences_allow(v) : v->wants;
}

/* One frame. */
static void send_frame(struct viewer_rfb *v)
{
	bool is_new_size = v->size_due && (v->knows_size || v->knows_extended_size) &&
			   (v->w != v->base.picture->w || v->h != v->base.picture->h);
	pixman_region32_t region;
	unsigned n_pseudo = 0;
	int r;

	r = prepare_head(v, &n_pseudo);
	if (r < 0) {
		viewer_rfb_fail(v, "no memory");
		return;
	}
	if (v->size_due)
		take_size(v);
	pixman_region32_init(&region);
	/* A new size goes alone: the client makes its framebuffer first. */
	if (!is_new_size)
		find_region(v, &region);
	if (!pixman_region32_not_empty(&region)) {
		if (n_pseudo > 0)
			write_frame(v, NULL, 0, 0);
		clear_extra(v);
		pixman_region32_fini(&region);
		return;
	}
	r = encode_overlay(v, &region);
	if (r < 0)
		viewer_rfb_fail(v, "no memory");
	else if (!pixman_region32_not_empty(&region))
		write_frame(v, NULL, 0, 0);
	else if (encode_start(&v->client, &region) < 0)
		viewer_rfb_fail(v, "no memory");
	pixman_region32_fini(&region);
}

void viewer_rfb_send(struct viewer_rfb *v)
{
	uint32_t before;

	if (!can_send(v))
		return;
	v->sending = true;
	do {
		before = v->fence_sent;
		send_frame(v);
		v->sending = false;
		/* With continuous updates a new size is followed by its pixels at once. */
		if (!can_send(v) || v->fence_sent == before)
			break;
		v->sending = true;
	} while (true);
}

void viewer_rfb_frame_init(struct viewer_rfb *v)
{
	v->client.handle_frame = handle_frame;
	pixman_region32_init(&v->requested);
}

void viewer_rfb_frame_drop(struct viewer_rfb *v)
{
	if (!v->extra[EXTRA_HEAD])
		return;
	clear_extra(v);
	v->cursor_due = v->leds_due = true;
	v->told_qemu_key = false;
}

void viewer_rfb_frame_done(struct viewer_rfb *v)
{
	clear_extra(v);
	pixman_region32_fini(&v->requested);
}
