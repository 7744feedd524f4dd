/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * From the bytes of a display server to pixels. The server runs as the session's user, so nothing
 * it says is believed: every rectangle must lie within the picture, every size is checked before
 * memory is taken for it, and what is larger than a limit but harmless (clipboard, pointer) is
 * skipped.
 *
 * One call handles whole heads out of s->in; the pixels of raw rectangles go row by row into the
 * picture, and source.c reads them from the socket straight to their place when s->in is empty.
 */
#include "relay/source-internal.h"

#include <assert.h>
#include <string.h>

#include "base/clock.h"
#include "base/str.h"

/* Handlers return true if they have made progress, false if they need more bytes or have failed. */

static bool need(struct source *s, size_t n)
{
	return buf_len(&s->in) >= n;
}

static bool fail(struct source *s, const char *reason)
{
	source_lose(s, reason);
	return false;
}

static void eat(struct source *s, size_t n)
{
	buf_consume(&s->in, n, 0);
}

static bool put(struct source *s, const void *data, size_t n)
{
	if (buf_append(&s->out, data, n) < 0)
		return fail(s, "no memory");
	source_flush(s);
	return true;
}

static bool handle_version(struct source *s)
{
	unsigned major, minor;

	if (!need(s, RFB_VERSION_LEN))
		return false;
	if (rfb_version_parse(buf_head(&s->in), &major, &minor) < 0 || major != 3 || minor < 8)
		return fail(s, "the display server does not speak RFB 3.8");
	eat(s, RFB_VERSION_LEN);
	s->state = SOURCE_SECURITY;
	return put(s, RFB_VERSION_3_8, RFB_VERSION_LEN);
}

static bool handle_security(struct source *s)
{
	static const uint8_t none = RFB_SECURITY_NONE;
	const uint8_t *p = buf_head(&s->in);

	if (!need(s, 1) || !need(s, 1 + (size_t)p[0]))
		return false;
	if (p[0] == 0)
		return fail(s, "the display server refused the connection");
	if (!memchr(p + 1, none, p[0]))
		return fail(s, "the display server wants a password");
	eat(s, 1 + (size_t)p[0]);
	s->state = SOURCE_RESULT;
	return put(s, &none, 1);
}

static bool handle_result(struct source *s)
{
	static const uint8_t shared = 1;

	if (!need(s, 4))
		return false;
	if (rfb_get_u32(buf_head(&s->in)) != 0)
		return fail(s, "the display server refused the connection");
	eat(s, 4);
	s->state = SOURCE_INIT;
	return put(s, &shared, 1);
}

/* A new size: of the first picture, or because the session changed it. */
static bool resize(struct source *s, uint16_t w, uint16_t h)
{
	int r;

	if (w == s->picture.w && h == s->picture.h)
		return true;
	s->want_full = true;
	r = picture_resize(&s->picture, w, h);
	if (r == -ERANGE)
		return fail(s, "the display server has a screen of an impossible size");
	if (r < 0)
		return fail(s, "no memory for the picture");
	pixman_region32_clear(&s->damage);
	return true;
}

static bool handle_init(struct source *s)
{
	static const int32_t encodings[] = {
		RFB_ENCODING_RAW,
		RFB_ENCODING_COPY_RECT,
		RFB_ENCODING_CURSOR_ALPHA,
		RFB_ENCODING_CURSOR,
		RFB_ENCODING_EXTENDED_DESKTOP_SIZE,
		RFB_ENCODING_DESKTOP_SIZE,
		RFB_ENCODING_LAST_RECT,
		RFB_ENCODING_QEMU_KEY,
		RFB_ENCODING_QEMU_LED,
		RFB_ENCODING_EXTENDED_CLIPBOARD,
		/* Below 2 Xvnc does not compare each frame with the one before. */
		RFB_ENCODING_COMPRESS_0 + 1,
	};
	struct rfb_server_init init;

	if (!need(s, RFB_SERVER_INIT_LEN))
		return false;
	if (rfb_server_init_parse(buf_head(&s->in), &init) < 0)
		return fail(s, "the display server sent a broken greeting");
	if (!need(s, RFB_SERVER_INIT_LEN + init.name_len))
		return false;
	eat(s, RFB_SERVER_INIT_LEN + init.name_len);
	if (!resize(s, init.w, init.h))
		return false;
	if (rfb_build_set_pixel_format(&s->out, &rfb_format_bgrx) < 0 ||
			rfb_build_set_encodings(&s->out, encodings, ELEMENTSOF(encodings)) < 0)
		return fail(s, "no memory");
	s->state = SOURCE_MESSAGE;
	source_request(s);
	return true;
}

static void start_skip(struct source *s, uint64_t n, enum source_state after)
{
	s->skip = n;
	s->after_skip = after;
	s->state = SOURCE_SKIP;
}

static bool handle_skip(struct source *s)
{
	size_t n = MIN(s->skip, (uint64_t)buf_len(&s->in));

	eat(s, n);
	s->skip -= n;
	if (s->skip > 0)
		return false;
	s->state = s->after_skip;
	return true;
}

/* --- clipboard --- */

static bool pass_text(struct source *s, char *utf8)
{
	if (s->events->handle_cut_text)
		s->events->handle_cut_text(s, utf8, s->userdata);
	str_wipe_free(utf8);
	return true;
}

/* A text that was asked for. One that cannot be read is no reason to lose the session. */
static bool take_provided(struct source *s, const struct rfb_cut_text *m)
{
	char *utf8;
	int r;

	if (!s->clipboard_asked)
		return true;
	s->clipboard_asked = false;
	s->work += RFB_CLIPBOARD_TEXT_MAX;
	r = rfb_clipboard_parse_text(m->data, m->len, &utf8);
	if (r == -EBADMSG)
		return fail(s, "the display server sent a broken clipboard");
	return r < 0 || pass_text(s, utf8);
}

static bool tell_clipboard(struct source *s, uint32_t action, bool has_text)
{
	source_sent(s, rfb_build_clipboard_action(&s->out, RFB_CLIENT_CUT_TEXT, action, has_text));
	return !s->lost;
}

static bool give_clipboard(struct source *s)
{
	int r;

	if (!s->clipboard)
		return tell_clipboard(s, RFB_CLIPBOARD_NOTIFY, false);
	/* A server that asks and does not read gets it another time. */
	r = rfb_build_clipboard_text(&s->out, RFB_CLIENT_CUT_TEXT, s->clipboard);
	if (r != -EMSGSIZE)
		source_sent(s, r);
	return !s->lost;
}

static bool extended_clipboard(struct source *s, const struct rfb_cut_text *m)
{
	struct rfb_clipboard c;

	if (rfb_clipboard_parse(m->data, m->len, &c) < 0)
		return fail(s, "the display server sent a broken clipboard");
	switch (c.action) {
	case RFB_CLIPBOARD_CAPS:
		s->clipboard_flags = c.has_text ? c.flags : 0;
		source_sent(s, rfb_build_clipboard_caps(&s->out, RFB_CLIENT_CUT_TEXT));
		return !s->lost;
	case RFB_CLIPBOARD_NOTIFY:
		if (!c.has_text)
			return true;
		s->clipboard_asked = true;
		return tell_clipboard(s, RFB_CLIPBOARD_REQUEST, true);
	case RFB_CLIPBOARD_REQUEST:
		return !c.has_text || give_clipboard(s);
	case RFB_CLIPBOARD_PEEK:
		return tell_clipboard(s, RFB_CLIPBOARD_NOTIFY, s->clipboard != NULL);
	default:
		return take_provided(s, m);
	}
}

static bool handle_cut_text(struct source *s, const struct rfb_cut_text *m)
{
	char *utf8;

	if (m->is_extended)
		return extended_clipboard(s, m);
	utf8 = rfb_latin1_to_utf8(m->data, m->len);
	if (!utf8)
		return fail(s, "no memory");
	return pass_text(s, utf8);
}

static bool handle_message(struct source *s)
{
	struct rfb_server_message m;
	size_t used;
	int r;

	r = rfb_server_parse(buf_head(&s->in), buf_len(&s->in), &m, &used);
	if (r == -EAGAIN)
		return false;
	if (r < 0)
		return fail(s, "the display server sent garbage");
	switch (m.type) {
	case RFB_SERVER_UPDATE:
		eat(s, used);
		s->rects_left = m.n_rects;
		s->state = SOURCE_RECT;
		s->request_out = false;
		return true;
	case RFB_SERVER_CUT_TEXT:
		if (!m.cut_text.data) {
			eat(s, used);
			start_skip(s, m.cut_text.len, SOURCE_MESSAGE);
			return true;
		}
		if (!handle_cut_text(s, &m.cut_text))
			return false;
		eat(s, used);
		return true;
	default:
		eat(s, used);
		return true;
	}
}

static void next_rect(struct source *s)
{
	if (s->rects_left != 0xffff)
		s->rects_left--;
	s->state = SOURCE_RECT;
}

static void add_damage(struct source *s, const struct rfb_rect *r)
{
	pixman_region32_union_rect(&s->damage, &s->damage, r->x, r->y, r->w, r->h);
	picture_region_limit(&s->damage);
}

static bool is_inside(const struct source *s, const struct rfb_rect *r)
{
	return r->x + r->w <= s->picture.w && r->y + r->h <= s->picture.h;
}

static void handle_update_end(struct source *s)
{
	s->state = SOURCE_MESSAGE;
	s->update_ms = clock_mono_ms();
	if (pixman_region32_not_empty(&s->damage)) {
		pixman_region32_t damage = s->damage;

		pixman_region32_init(&s->damage);
		picture_damage(&s->picture, &damage);
		pixman_region32_fini(&damage);
		if (!s->ready) {
			s->ready = true;
			s->events->handle_ready(s, s->userdata);
			source_pulse_update(s);
		}
	}
	source_request(s);
}

static bool copy_rect(struct source *s, const struct rfb_rect *to)
{
	struct picture *p = &s->picture;
	struct rfb_rect from = { .w = to->w, .h = to->h };

	if (!need(s, RFB_RECT_HEAD_LEN + 4))
		return false;
	from.x = rfb_get_u16(buf_head(&s->in) + RFB_RECT_HEAD_LEN);
	from.y = rfb_get_u16(buf_head(&s->in) + RFB_RECT_HEAD_LEN + 2);
	if (!is_inside(s, to) || !is_inside(s, &from))
		return fail(s, "the display server copied from outside of its screen");
	eat(s, RFB_RECT_HEAD_LEN + 4);
	s->work += (size_t)to->w * to->h * 4;
	for (uint32_t i = 0; i < to->h; i++) {
		uint32_t y = from.y < to->y ? to->h - 1 - i : i;

		memmove(p->pixels + (size_t)(to->y + y) * p->stride + (size_t)to->x * 4,
				p->pixels + (size_t)(from.y + y) * p->stride + (size_t)from.x * 4,
				(size_t)to->w * 4);
	}
	add_damage(s, to);
	next_rect(s);
	return true;
}

static bool extended_size(struct source *s, const struct rfb_rect_head *h)
{
	const uint8_t *p = buf_head(&s->in) + RFB_RECT_HEAD_LEN;
	size_t total;

	if (!need(s, RFB_RECT_HEAD_LEN + 4))
		return false;
	if (p[0] > RFB_SCREENS_MAX)
		return fail(s, "the display server sent garbage");
	total = RFB_RECT_HEAD_LEN + 4 + 16 * (size_t)p[0];
	if (!need(s, total))
		return false;
	s->knows_resize = true;
	if (p[0] > 0)
		s->screen_id = rfb_get_u32(p + 4);
	eat(s, total);
	next_rect(s);
	/* rect.x is the reason (1: our request), rect.y its result: then w and h mean nothing. */
	if (h->rect.x == 1 && h->rect.y != 0)
		return true;
	return resize(s, h->rect.w, h->rect.h);
}

/* Alpha of premultiplied colours is taken out: struct cursor has it straight. */
static uint32_t straight(uint32_t r, uint32_t g, uint32_t b, uint32_t a)
{
	if (a == 0)
		return 0;
	r = MIN(r * 255 / a, 255u);
	g = MIN(g * 255 / a, 255u);
	b = MIN(b * 255 / a, 255u);
	return a << 24 | r << 16 | g << 8 | b;
}

static void read_cursor(uint32_t *argb, const uint8_t *p, const struct rfb_rect_head *h)
{
	size_t n = (size_t)h->rect.w * h->rect.h, line = ((size_t)h->rect.w + 7) / 8;
	const uint8_t *mask = p + n * 4;

	for (size_t i = 0; i < n; i++, p += 4) {
		size_t x = i % h->rect.w, y = i / h->rect.w;

		if (h->encoding == RFB_ENCODING_CURSOR_ALPHA)
			argb[i] = straight(p[0], p[1], p[2], p[3]);
		else
			argb[i] = (mask[y * line + x / 8] >> (7 - x % 8) & 1 ? 0xff000000u : 0) |
				  (uint32_t)p[2] << 16 | (uint32_t)p[1] << 8 | p[0];
	}
}

/* rfbproto: Cursor, Cursor With Alpha. */
static bool cursor(struct source *s, const struct rfb_rect_head *h)
{
	size_t n = (size_t)h->rect.w * h->rect.h, head = RFB_RECT_HEAD_LEN, body = n * 4;
	struct cursor c = {
		.w = h->rect.w, .h = h->rect.h, .hot_x = h->rect.x, .hot_y = h->rect.y
	};

	if (h->encoding == RFB_ENCODING_CURSOR_ALPHA) {
		head += 4;
		if (!need(s, head))
			return false;
		if (rfb_get_u32(buf_head(&s->in) + RFB_RECT_HEAD_LEN) != RFB_ENCODING_RAW)
			return fail(s, "the display server sent a pointer in an unknown encoding");
	} else {
		body += ((size_t)h->rect.w + 7) / 8 * h->rect.h;
	}
	if (h->rect.w > SOURCE_CURSOR_MAX || h->rect.h > SOURCE_CURSOR_MAX) {
		eat(s, head);
		next_rect(s);
		start_skip(s, body, SOURCE_RECT);
		return true;
	}
	if (!need(s, head + body))
		return false;
	if (n > 0) {
		c.argb = malloc(n * 4);
		if (!c.argb)
			return fail(s, "no memory");
		c.hot_x = MIN(c.hot_x, c.w - 1);
		c.hot_y = MIN(c.hot_y, c.h - 1);
		read_cursor(c.argb, buf_head(&s->in) + head, h);
	} else {
		c = (struct cursor){ 0 };
	}
	eat(s, head + body);
	next_rect(s);
	if (picture_set_cursor(&s->picture, &c) < 0)
		free(c.argb);
	return true;
}

static bool leds(struct source *s)
{
	if (!need(s, RFB_RECT_HEAD_LEN + 1))
		return false;
	picture_set_leds(&s->picture, buf_head(&s->in)[RFB_RECT_HEAD_LEN] & 7);
	eat(s, RFB_RECT_HEAD_LEN + 1);
	next_rect(s);
	return true;
}

static bool raw(struct source *s, const struct rfb_rect_head *h)
{
	if (!is_inside(s, &h->rect))
		return fail(s, "the display server drew outside of its screen");
	eat(s, RFB_RECT_HEAD_LEN);
	if (h->rect.w == 0 || h->rect.h == 0) {
		next_rect(s);
		return true;
	}
	s->rect = h->rect;
	s->row = s->row_bytes = 0;
	s->state = SOURCE_PIXELS;
	if ((size_t)h->rect.w * h->rect.h * 4 > buf_len(&s->in) + SOURCE_NUDGE_AFTER)
		source_nudge(s);
	return true;
}

static bool handle_rect(struct source *s)
{
	struct rfb_rect_head h;

	if (s->rects_left == 0) {
		handle_update_end(s);
		return true;
	}
	if (!need(s, RFB_RECT_HEAD_LEN))
		return false;
	rfb_rect_head_parse(buf_head(&s->in), &h);
	switch (h.encoding) {
	case RFB_ENCODING_RAW:
		return raw(s, &h);
	case RFB_ENCODING_COPY_RECT:
		return copy_rect(s, &h.rect);
	case RFB_ENCODING_CURSOR:
	case RFB_ENCODING_CURSOR_ALPHA:
		return cursor(s, &h);
	case RFB_ENCODING_EXTENDED_DESKTOP_SIZE:
		return extended_size(s, &h);
	case RFB_ENCODING_DESKTOP_SIZE:
		eat(s, RFB_RECT_HEAD_LEN);
		next_rect(s);
		return resize(s, h.rect.w, h.rect.h);
	case RFB_ENCODING_QEMU_KEY:
		eat(s, RFB_RECT_HEAD_LEN);
		s->knows_qemu_key = true;
		next_rect(s);
		return true;
	case RFB_ENCODING_QEMU_LED:
		return leds(s);
	case RFB_ENCODING_LAST_RECT:
		eat(s, RFB_RECT_HEAD_LEN);
		s->rects_left = 0;
		return true;
	default:
		return fail(s, "the display server used an encoding that was not offered");
	}
}

/* Rows that are in the buffer; source.c reads the rest to its place. */
static bool handle_pixels(struct source *s)
{
	struct picture *p = &s->picture;
	uint32_t line = (uint32_t)s->rect.w * 4;
	size_t n;

	while (s->row < s->rect.h) {
		n = MIN((size_t)(line - s->row_bytes), buf_len(&s->in));
		if (n == 0)
			return false;
		memcpy(p->pixels + (size_t)(s->rect.y + s->row) * p->stride +
						(size_t)s->rect.x * 4 + s->row_bytes,
				buf_head(&s->in), n);
		eat(s, n);
		s->row_bytes += (uint32_t)n;
		if (s->row_bytes == line) {
			s->row_bytes = 0;
			s->row++;
		}
	}
	add_damage(s, &s->rect);
	next_rect(s);
	return true;
}

void source_parse(struct source *s)
{
	static bool (*const handlers[])(struct source *) = {
		[SOURCE_VERSION] = handle_version,
		[SOURCE_SECURITY] = handle_security,
		[SOURCE_RESULT] = handle_result,
		[SOURCE_INIT] = handle_init,
		[SOURCE_MESSAGE] = handle_message,
		[SOURCE_RECT] = handle_rect,
		[SOURCE_PIXELS] = handle_pixels,
		[SOURCE_SKIP] = handle_skip,
	};

	while (!s->lost && !picture_is_locked(&s->picture) && s->work < SOURCE_WORK_TURN_MAX &&
			handlers[s->state](s))
		;
}
