/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What a client says while it runs (RFC 6143 7.5). Bytes are hostile; input reaches the picture
 * only where the scene allows it. Keys are remembered while they are held, so that a scene switch
 * or the end of the connection never leaves one down in a session, and a key that was pressed in
 * another scene is not released in this one.
 */
#include <string.h>

#include "base/clock.h"
#include "base/str.h"
#include "relay/viewer-internal.h"

enum { ACTIVITY_MS = 1000 };

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

static bool fail(struct viewer *v, const char *reason)
{
	viewer_fail(v, "%s", reason);
	return false;
}

/* --- format and encodings --- */

static bool send_colour_map(struct viewer *v)
{
	uint8_t m[6 + 256 * 6] = { RFB_SERVER_COLOUR_MAP }, *p = m + 2;

	p = rfb_put_u16(p, 0);
	p = rfb_put_u16(p, 256);
	for (unsigned i = 0; i < 256; i++) {
		p = rfb_put_u16(p, (uint16_t)((i >> 5) * 65535 / 7));
		p = rfb_put_u16(p, (uint16_t)((i >> 2 & 7) * 65535 / 7));
		p = rfb_put_u16(p, (uint16_t)((i & 3) * 65535 / 3));
	}
	return viewer_write(v, m, sizeof(m));
}

/* Another encoding class from now on; what is due stays due, a frame being made is due again. */
static void set_format(struct viewer *v, const struct encode_format *format)
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
	viewer_join(v);
	if (is_partial && v->client.picture)
		pixman_region32_copy(&v->client.pending, &pending);
	pixman_region32_fini(&pending);
}

static bool handle_pixel_format(struct viewer *v, const struct rfb_pixel_format *f)
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

static void note_encoding(struct viewer *v, struct encode_format *f, bool *chosen, int32_t e)
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
static bool announce(struct viewer *v)
{
	static const uint8_t end_of_continuous = RFB_SERVER_END_OF_CONTINUOUS_UPDATES;
	struct buf b;

	if (!viewer_clipboard_announce(v))
		return false;
	if (v->knows_fence && !v->told_fence) {
		v->told_fence = true;
		buf_init(&b, 64);
		if (rfb_build_fence(&b, RFB_SERVER_FENCE, RFB_FENCE_REQUEST, NULL, 0) < 0)
			return fail(v, "no memory");
		if (!viewer_write_buf(v, &b))
			return false;
	}
	/* Continuous updates need fences: without them nothing tells what the client can take. */
	if (v->knows_continuous && v->knows_fence && !v->told_continuous) {
		v->told_continuous = true;
		return viewer_write(v, &end_of_continuous, 1);
	}
	return true;
}

static bool handle_encodings(struct viewer *v, const struct rfb_client_message *m)
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
		viewer_clipboard_forget(v);
	viewer_pointer_reset(v);
	if (!v->knows_continuous || !v->knows_fence)
		v->continuous = false;
	set_format(v, &f);
	return announce(v);
}

/* --- requests --- */

static void handle_request(struct viewer *v, const struct rfb_client_message *m)
{
	const struct rfb_rect *r = &m->request.rect;

	v->wants = true;
	pixman_region32_union_rect(&v->requested, &v->requested, r->x, r->y, r->w, r->h);
	picture_region_limit(&v->requested);
	if (!m->request.incremental && v->client.picture) {
		pixman_region32_union_rect(
				&v->client.pending, &v->client.pending, r->x, r->y, r->w, r->h);
		pixman_region32_intersect_rect(&v->client.pending, &v->client.pending, 0, 0,
				v->picture->w, v->picture->h);
		picture_region_limit(&v->client.pending);
	}
}

static bool handle_continuous(struct viewer *v, const struct rfb_client_message *m)
{
	static const uint8_t ended = RFB_SERVER_END_OF_CONTINUOUS_UPDATES;
	bool was = v->continuous;

	if (!v->knows_fence)
		return fail(v, "the viewer wants continuous updates without fences");
	v->continuous = m->continuous.enable;
	v->continuous_rect = m->continuous.rect;
	if (was && !v->continuous)
		return viewer_write(v, &ended, 1);
	return true;
}

static bool handle_fence(struct viewer *v, const struct rfb_client_message *m)
{
	struct buf b;

	if (!(m->fence.flags & RFB_FENCE_REQUEST)) {
		viewer_handle_fence(v, m->fence.data, m->fence.len);
		return true;
	}
	/* Messages are handled in order and answers are written in order: nothing to wait for. */
	buf_init(&b, 128);
	if (rfb_build_fence(&b, RFB_SERVER_FENCE, m->fence.flags & RFB_FENCE_KNOWN, m->fence.data,
			    m->fence.len) < 0) {
		buf_done(&b);
		return fail(v, "no memory");
	}
	return viewer_write_buf(v, &b);
}

static void handle_desktop_size(struct viewer *v, uint16_t w, uint16_t h)
{
	const struct picture_input *in = v->picture ? v->picture->input : NULL;
	bool taken = v->filter && v->filter->resize && v->filter->resize(v->filter_userdata);

	v->client_w = w;
	v->client_h = h;
	v->size_reason = 1;
	v->size_status = 0;
	if (v->input && !taken && in && in->resize && w > 0 && h > 0) {
		in->resize(v->picture->input_userdata, w, h);
		return;
	}
	v->size_status = 1; /* prohibited */
	v->size_due = true;
}

/* --- input --- */

static const struct picture_input *input_of(const struct viewer *v)
{
	return v->picture && v->input && !v->failed ? v->picture->input : NULL;
}

static void activity(struct viewer *v)
{
	int64_t now = clock_mono_ms();

	if (v->activity_ms != 0 && now - v->activity_ms < ACTIVITY_MS)
		return;
	v->activity_ms = now;
	if (v->events->handle_activity)
		v->events->handle_activity(v, v->userdata);
}

static struct viewer_key *find_key(struct viewer *v, uint32_t keysym, uint32_t keycode)
{
	/* By the code where there is one: the symbol of a key changes with Shift. */
	for (unsigned i = 0; i < v->n_keys; i++)
		if (keycode != 0 ? v->keys[i].keycode == keycode : v->keys[i].keysym == keysym)
			return &v->keys[i];
	return NULL;
}

static void handle_key(struct viewer *v, uint32_t keysym, uint32_t keycode, bool down)
{
	const struct picture_input *in = input_of(v);
	struct viewer_key *key = find_key(v, keysym, keycode);

	activity(v);
	if (v->filter && v->filter->key &&
			v->filter->key(v->filter_userdata, keysym, keycode, down) && (down || !key))
		return;
	if (!in || !in->key)
		return;
	if (down) {
		if (!key && v->n_keys == VIEWER_KEYS_MAX)
			return;
		if (!key)
			v->keys[v->n_keys++] = (struct viewer_key){ keysym, keycode };
	} else {
		if (!key)
			return; /* pressed in another scene */
		*key = v->keys[--v->n_keys];
	}
	in->key(v->picture->input_userdata, keysym, keycode, down);
}

static void handle_pointer(struct viewer *v, uint8_t buttons, uint16_t x, uint16_t y)
{
	const struct picture_input *in = input_of(v);

	activity(v);
	if (!v->picture)
		return;
	x = MIN(x, (uint16_t)(v->picture->w - 1));
	y = MIN(y, (uint16_t)(v->picture->h - 1));
	viewer_pointer_move(v, x, y);
	if (v->filter && v->filter->pointer &&
			v->filter->pointer(v->filter_userdata, buttons, x, y)) {
		/* Buttons that the picture was told are held do not stay so behind what took the
		 * event. */
		if (v->buttons == 0 || !in || !in->pointer)
			return;
		buttons = 0;
	}
	if (!in || !in->pointer)
		return;
	v->buttons = buttons;
	v->pointer_x = x;
	v->pointer_y = y;
	in->pointer(v->picture->input_userdata, buttons, v->pointer_x, v->pointer_y);
}

void viewer_release_input(struct viewer *v)
{
	const struct picture_input *in = v->picture ? v->picture->input : NULL;

	for (unsigned i = 0; in && in->key && i < v->n_keys; i++)
		in->key(v->picture->input_userdata, v->keys[i].keysym, v->keys[i].keycode, false);
	v->n_keys = 0;
	if (in && in->pointer && v->buttons != 0)
		in->pointer(v->picture->input_userdata, 0, v->pointer_x, v->pointer_y);
	v->buttons = 0;
}

/* --- */

static bool dispatch(struct viewer *v, const struct rfb_client_message *m)
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
		handle_key(v, m->key.keysym, m->key.keycode, m->key.down);
		return true;
	case RFB_CLIENT_POINTER:
		handle_pointer(v, m->pointer.buttons, m->pointer.x, m->pointer.y);
		return true;
	case RFB_CLIENT_CUT_TEXT:
		return viewer_clipboard_handle(v, &m->cut_text);
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

bool viewer_message(struct viewer *v)
{
	struct rfb_client_message m;
	size_t used;
	int r;

	r = rfb_client_parse(buf_head(&v->in), buf_len(&v->in), &m, &used);
	if (r == -EAGAIN)
		return false;
	if (r < 0)
		return fail(v, "the viewer sent garbage");
	if (!dispatch(v, &m) || v->failed)
		return false;
	/* Keys may have been those of a password. */
	buf_consume(&v->in, used, m.type == RFB_CLIENT_KEY);
	if (m.type != RFB_CLIENT_KEY && m.type != RFB_CLIENT_POINTER)
		viewer_send(v);
	return true;
}
