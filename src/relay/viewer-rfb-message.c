/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What a client says while it runs (RFC 6143 7.5). Bytes are hostile. Where input goes
 * is up to viewer.c.
 */
#include <string.h>

#include "base/str.h"
#include "relay/viewer-rfb-internal.h"

/* RGB 3:3:2, told to clients that want a colour map. */
static const struct rfb_pixel_format format_332 = {
	.bpp = 8,
	.depth = 8,
	.true_colour = true,
	.red_max = 7,
	.green_max = 7,
	.blue_max = 3,
	.red_shift = 5,
	.green_shift = 2,
	.blue_shift = 0,
};

static bool fail(struct viewer_rfb *v, const char *reason)
{
	viewer_rfb_fail(v, "%s", reason);
	return false;
}

/* --- format and encodings --- */

static bool send_colour_map(struct viewer_rfb *v)
{
	uint8_t m[6 + 256 * 6] = { RFB_SERVER_COLOUR_MAP }, *p = m + 2;

	p = rfb_put_u16(p, 0);
	p = rfb_put_u16(p, 256);
	for (unsigned i = 0; i < 256; i++) {
		p = rfb_put_u16(p, (uint16_t)((i >> 5) * 65535 / 7));
		p = rfb_put_u16(p, (uint16_t)((i >> 2 & 7) * 65535 / 7));
		p = rfb_put_u16(p, (uint16_t)((i & 3) * 65535 / 3));
	}
	return viewer_rfb_write(v, m, sizeof(m));
}

/* Another encoding class from now on; what is due stays due, a frame being made is due again. */
static void set_format(struct viewer_rfb *v, const struct encode_format *format)
{
	pixman_region32_t pending;
	bool is_partial;

	if (memcmp(format, &v->format, sizeof(*format)) == 0)
		return;
	v->format = *format;
	if (!v->client.picture)
		return;
	is_partial = !v->client.frame;
	pixman_region32_init(&pending);
	pixman_region32_copy(&pending, &v->client.pending);
	viewer_rfb_join(v);
	if (is_partial && v->client.picture)
		pixman_region32_copy(&v->client.pending, &pending);
	pixman_region32_fini(&pending);
}

static bool handle_pixel_format(struct viewer_rfb *v, const struct rfb_pixel_format *f)
{
	struct encode_format format = v->format;

	v->is_colour_mapped = !f->true_colour;
	format.params.format = *f;
	if (!f->true_colour) {
		if (f->bpp != 8)
			return fail(v, "the viewer wants a colour map of more than 256 colours; "
				       "set it to true colour");
		format.params.format = format_332;
		if (!send_colour_map(v))
			return false;
	}
	set_format(v, &format);
	return true;
}

static void note_encoding(struct viewer_rfb *v, struct encode_format *f, bool *chosen, int32_t e)
{
	switch (e) {
	case RFB_ENCODING_RAW:
	case RFB_ENCODING_TIGHT:
	case RFB_ENCODING_ZRLE:
		if (!*chosen)
			f->kind = e == RFB_ENCODING_TIGHT  ? ENCODE_TIGHT
				  : e == RFB_ENCODING_ZRLE ? ENCODE_ZRLE
							   : ENCODE_RAW;
		*chosen = true;
		break;
	case RFB_ENCODING_CURSOR:
		v->knows_cursor = true;
		break;
	case RFB_ENCODING_CURSOR_ALPHA:
		v->knows_cursor_alpha = true;
		break;
	case RFB_ENCODING_DESKTOP_SIZE:
		v->knows_size = true;
		break;
	case RFB_ENCODING_EXTENDED_DESKTOP_SIZE:
		v->knows_extended_size = true;
		break;
	case RFB_ENCODING_LAST_RECT:
		v->knows_last_rect = true;
		break;
	case RFB_ENCODING_FENCE:
		v->knows_fence = true;
		break;
	case RFB_ENCODING_CONTINUOUS_UPDATES:
		v->knows_continuous = true;
		break;
	case RFB_ENCODING_QEMU_KEY:
		v->knows_qemu_key = true;
		break;
	case RFB_ENCODING_QEMU_LED:
		v->knows_leds = true;
		break;
	case RFB_ENCODING_EXTENDED_CLIPBOARD:
		v->knows_clipboard = true;
		break;
	default:
		if (e >= RFB_ENCODING_QUALITY_0 && e <= RFB_ENCODING_QUALITY_9)
			f->params.quality = e - RFB_ENCODING_QUALITY_0;
		else if (e >= RFB_ENCODING_COMPRESS_0 && e <= RFB_ENCODING_COMPRESS_9)
			f->params.compress = e - RFB_ENCODING_COMPRESS_0;
	}
}

/* Extensions that a server announces by using them. */
static bool announce(struct viewer_rfb *v)
{
	static const uint8_t end_of_continuous = RFB_SERVER_END_OF_CONTINUOUS_UPDATES;
	struct buf b;

	if (!viewer_rfb_clipboard_announce(v))
		return false;
	if (v->knows_fence && !v->told_fence) {
		v->told_fence = true;
		buf_init(&b, 64);
		if (rfb_build_fence(&b, RFB_SERVER_FENCE, RFB_FENCE_REQUEST, NULL, 0) < 0)
			return fail(v, "no memory");
		if (!viewer_rfb_write_buf(v, &b))
			return false;
	}
	/* Continuous updates need fences: without them nothing tells what the client can take. */
	if (v->knows_continuous && v->knows_fence && !v->told_continuous) {
		v->told_continuous = true;
		return viewer_rfb_write(v, &end_of_continuous, 1);
	}
	return true;
}

static bool handle_encodings(struct viewer_rfb *v, const struct rfb_client_message *m)
{
	struct encode_format f = v->format;
	bool chosen = false, had_extended = v->knows_extended_size;
	bool had_cursor = v->knows_cursor || v->knows_cursor_alpha, had_leds = v->knows_leds;

	f.kind = ENCODE_RAW;
	f.params.quality = -1;
	f.params.compress = 1;
	v->knows_cursor = v->knows_cursor_alpha = v->knows_size = v->knows_extended_size = false;
	v->knows_last_rect = v->knows_fence = v->knows_continuous = v->knows_qemu_key = false;
	v->knows_leds = v->knows_clipboard = false;
	for (unsigned i = 0; i < m->encodings.n; i++)
		note_encoding(v, &f, &chosen, rfb_get_encoding(m->encodings.data, i));
	/* The client learns that it may resize, and which pointer to draw. */
	if (v->knows_extended_size && !had_extended)
		v->size_due = true;
	if ((v->knows_cursor || v->knows_cursor_alpha) && !had_cursor)
		v->cursor_due = true;
	v->leds_due |= v->knows_leds && !had_leds;
	if (!v->knows_clipboard)
		viewer_rfb_clipboard_forget(v);
	viewer_rfb_pointer_reset(v);
	if (!v->knows_continuous || !v->knows_fence)
		v->continuous = false;
	set_format(v, &f);
	return announce(v);
}

/* --- requests --- */

static void handle_request(struct viewer_rfb *v, const struct rfb_client_message *m)
{
	const struct rfb_rect *r = &m->request.rect;

	v->wants = true;
	pixman_region32_union_rect(&v->requested, &v->requested, r->x, r->y, r->w, r->h);
	picture_region_limit(&v->requested);
	/* As rfbproto wants it. xrdp's module learns in no other way of a size that it asked for.
	 */
	if (!m->request.incremental && v->knows_extended_size)
		v->size_due = true;
	if (!m->request.incremental && v->client.picture) {
		pixman_region32_union_rect(
				&v->client.pending, &v->client.pending, r->x, r->y, r->w, r->h);
		pixman_region32_intersect_rect(&v->client.pending, &v->client.pending, 0, 0,
				v->base.picture->w, v->base.picture->h);
		picture_region_limit(&v->client.pending);
	}
}

static bool handle_continuous(struct viewer_rfb *v, const struct rfb_client_message *m)
{
	static const uint8_t ended = RFB_SERVER_END_OF_CONTINUOUS_UPDATES;
	bool was = v->continuous;

	if (!v->knows_fence)
		return fail(v, "the viewer wants continuous updates without fences");
	v->continuous = m->continuous.enable;
	v->continuous_rect = m->continuous.rect;
	if (was && !v->continuous)
		return viewer_rfb_write(v, &ended, 1);
	return true;
}

static bool handle_fence(struct viewer_rfb *v, const struct rfb_client_message *m)
{
	struct buf b;

	if (!(m->fence.flags & RFB_FENCE_REQUEST)) {
		viewer_rfb_handle_fence(v, m->fence.data, m->fence.len);
		return true;
	}
	/* Messages are handled in order and answers are written in order: nothing to wait for. */
	buf_init(&b, 128);
	if (rfb_build_fence(&b, RFB_SERVER_FENCE, m->fence.flags & RFB_FENCE_KNOWN, m->fence.data,
			    m->fence.len) < 0) {
		buf_done(&b);
		return fail(v, "no memory");
	}
	return viewer_rfb_write_buf(v, &b);
}

static void handle_desktop_size(struct viewer_rfb *v, uint16_t w, uint16_t h)
{
	v->client_w = w;
	v->client_h = h;
	v->size_reason = 1;
	v->size_status = 0;
	if (viewer_input_resize(&v->base, w, h))
		return;
	v->size_status = 1; /* prohibited */
	v->size_due = true;
}

static void handle_pointer(struct viewer_rfb *v, uint8_t buttons, uint16_t x, uint16_t y)
{
	viewer_note_activity(&v->base);
	if (!v->base.picture)
		return;
	x = MIN(x, (uint16_t)(v->base.picture->w - 1));
	y = MIN(y, (uint16_t)(v->base.picture->h - 1));
	viewer_rfb_pointer_move(v, x, y);
	viewer_input_pointer(&v->base, buttons, x, y);
}

/* --- */

static bool dispatch(struct viewer_rfb *v, const struct rfb_client_message *m)
{
	switch (m->type) {
	case RFB_CLIENT_SET_PIXEL_FORMAT:
		return handle_pixel_format(v, &m->pixel_format);
	case RFB_CLIENT_SET_ENCODINGS:
		return handle_encodings(v, m);
	case RFB_CLIENT_UPDATE_REQUEST:
		handle_request(v, m);
		return true;
	case RFB_CLIENT_KEY:
		viewer_input_key(&v->base, m->key.keysym, m->key.keycode, m->key.down);
		return true;
	case RFB_CLIENT_POINTER:
		handle_pointer(v, m->pointer.buttons, m->pointer.x, m->pointer.y);
		return true;
	case RFB_CLIENT_CUT_TEXT:
		return viewer_rfb_clipboard_handle(v, &m->cut_text);
	case RFB_CLIENT_CONTINUOUS_UPDATES:
		return handle_continuous(v, m);
	case RFB_CLIENT_FENCE:
		return handle_fence(v, m);
	case RFB_CLIENT_SET_DESKTOP_SIZE:
		handle_desktop_size(v, m->desktop_size.w, m->desktop_size.h);
		return true;
	default:
		return fail(v, "the viewer sent garbage");
	}
}

bool viewer_rfb_message(struct viewer_rfb *v)
{
	struct rfb_client_message m;
	size_t used;
	int r;

	r = rfb_client_parse(buf_head(&v->in), buf_len(&v->in), &m, &used);
	if (r == -EAGAIN)
		return false;
	if (r < 0)
		return fail(v, "the viewer sent garbage");
	if (!dispatch(v, &m) || v->base.failed)
		return false;
	/* Keys may have been those of a password. */
	buf_consume(&v->in, used, m.type == RFB_CLIENT_KEY);
	if (m.type != RFB_CLIENT_KEY && m.type != RFB_CLIENT_POINTER)
		viewer_rfb_send(v);
	return true;
}
