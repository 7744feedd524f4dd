/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Messages from an RFB client to a server: read from stations (hostile bytes) and written to
 * display servers. Every length is checked against its limit before a byte more is waited for, so
 * that a reader's buffer of RFB_CUT_TEXT_MAX and a head is always enough.
 */
#include "proto/rfb.h"

#include <string.h>

static struct rfb_rect get_rect(const uint8_t *p)
{
	return (struct rfb_rect){
		.x = rfb_get_u16(p),
		.y = rfb_get_u16(p + 2),
		.w = rfb_get_u16(p + 4),
		.h = rfb_get_u16(p + 6),
	};
}

static int parse_encodings(
		const uint8_t *data, size_t len, struct rfb_client_message *m, size_t *ret_used)
{
	size_t total;

	if (len < 4)
		return -EAGAIN;
	m->encodings.n = rfb_get_u16(data + 2);
	if (m->encodings.n > RFB_ENCODINGS_MAX)
		return -EMSGSIZE;
	total = 4 + 4 * (size_t)m->encodings.n;
	if (len < total)
		return -EAGAIN;
	m->encodings.data = data + 4;
	*ret_used = total;
	return 0;
}

static int parse_fence(
		const uint8_t *data, size_t len, struct rfb_client_message *m, size_t *ret_used)
{
	if (len < 9)
		return -EAGAIN;
	m->fence.flags = rfb_get_u32(data + 4);
	m->fence.len = data[8];
	if (m->fence.len > RFB_FENCE_MAX)
		return -EMSGSIZE;
	if (len < 9 + (size_t)m->fence.len)
		return -EAGAIN;
	m->fence.data = data + 9;
	*ret_used = 9 + (size_t)m->fence.len;
	return 0;
}

static int parse_desktop_size(
		const uint8_t *data, size_t len, struct rfb_client_message *m, size_t *ret_used)
{
	size_t total;

	if (len < 8)
		return -EAGAIN;
	if (data[6] > RFB_SCREENS_MAX)
		return -EMSGSIZE;
	total = 8 + 16 * (size_t)data[6];
	if (len < total)
		return -EAGAIN;
	m->desktop_size.w = rfb_get_u16(data + 2);
	m->desktop_size.h = rfb_get_u16(data + 4);
	*ret_used = total;
	return 0;
}

static int parse_qemu(
		const uint8_t *data, size_t len, struct rfb_client_message *m, size_t *ret_used)
{
	if (len < 2)
		return -EAGAIN;
	if (data[1] != 0) /* extended key event: the only one that is announced */
		return -EBADMSG;
	if (len < 12)
		return -EAGAIN;
	m->type = RFB_CLIENT_KEY;
	m->key.down = rfb_get_u16(data + 2) != 0;
	m->key.keysym = rfb_get_u32(data + 4);
	m->key.keycode = rfb_get_u32(data + 8);
	*ret_used = 12;
	return 0;
}

/* Messages of a fixed length. */
static int parse_fixed(
		const uint8_t *data, size_t len, struct rfb_client_message *m, size_t *ret_used)
{
	size_t need;
	int r;

	switch (m->type) {
	case RFB_CLIENT_SET_PIXEL_FORMAT:
		need = 4 + RFB_PIXEL_FORMAT_LEN;
		break;
	case RFB_CLIENT_KEY:
		need = 8;
		break;
	case RFB_CLIENT_POINTER:
		need = 6;
		break;
	default: /* update request, continuous updates */
		need = 10;
	}
	if (len < need)
		return -EAGAIN;
	switch (m->type) {
	case RFB_CLIENT_SET_PIXEL_FORMAT:
		r = rfb_pixel_format_parse(data + 4, &m->pixel_format);
		if (r < 0)
			return r;
		break;
	case RFB_CLIENT_KEY:
		m->key.down = data[1] != 0;
		m->key.keysym = rfb_get_u32(data + 4);
		m->key.keycode = 0;
		break;
	case RFB_CLIENT_POINTER:
		m->pointer.buttons = data[1];
		m->pointer.x = rfb_get_u16(data + 2);
		m->pointer.y = rfb_get_u16(data + 4);
		break;
	case RFB_CLIENT_UPDATE_REQUEST:
		m->request.incremental = data[1] != 0;
		m->request.rect = get_rect(data + 2);
		break;
	default:
		m->continuous.enable = data[1] != 0;
		m->continuous.rect = get_rect(data + 2);
	}
	*ret_used = need;
	return 0;
}

int rfb_client_parse(
		const uint8_t *data, size_t len, struct rfb_client_message *ret, size_t *ret_used)
{
	if (len < 1)
		return -EAGAIN;
	ret->type = data[0];
	switch (ret->type) {
	case RFB_CLIENT_SET_PIXEL_FORMAT:
	case RFB_CLIENT_UPDATE_REQUEST:
	case RFB_CLIENT_KEY:
	case RFB_CLIENT_POINTER:
	case RFB_CLIENT_CONTINUOUS_UPDATES:
		return parse_fixed(data, len, ret, ret_used);
	case RFB_CLIENT_SET_ENCODINGS:
		return parse_encodings(data, len, ret, ret_used);
	case RFB_CLIENT_CUT_TEXT:
		return rfb_cut_text_parse(data, len, &ret->cut_text, ret_used);
	case RFB_CLIENT_FENCE:
		return parse_fence(data, len, ret, ret_used);
	case RFB_CLIENT_SET_DESKTOP_SIZE:
		return parse_desktop_size(data, len, ret, ret_used);
	case RFB_CLIENT_QEMU:
		return parse_qemu(data, len, ret, ret_used);
	default:
		return -EBADMSG;
	}
}

int rfb_build_set_pixel_format(struct buf *out, const struct rfb_pixel_format *f)
{
	uint8_t m[4 + RFB_PIXEL_FORMAT_LEN] = { RFB_CLIENT_SET_PIXEL_FORMAT };

	rfb_pixel_format_build(m + 4, f);
	return buf_append(out, m, sizeof(m));
}

int rfb_build_set_encodings(struct buf *out, const int32_t *encodings, size_t n)
{
	uint8_t *p;
	int r;

	if (n > RFB_ENCODINGS_MAX)
		return -EMSGSIZE;
	r = buf_reserve(out, 4 + 4 * n, &p);
	if (r < 0)
		return r;
	*p++ = RFB_CLIENT_SET_ENCODINGS;
	*p++ = 0;
	p = rfb_put_u16(p, (uint16_t)n);
	for (size_t i = 0; i < n; i++)
		p = rfb_put_u32(p, (uint32_t)encodings[i]);
	buf_commit(out, 4 + 4 * n);
	return 0;
}

int rfb_build_update_request(struct buf *out, bool incremental, const struct rfb_rect *r)
{
	uint8_t m[10] = { RFB_CLIENT_UPDATE_REQUEST, incremental };

	rfb_put_u16(m + 2, r->x);
	rfb_put_u16(m + 4, r->y);
	rfb_put_u16(m + 6, r->w);
	rfb_put_u16(m + 8, r->h);
	return buf_append(out, m, sizeof(m));
}

int rfb_build_key(struct buf *out, uint32_t keysym, uint32_t keycode, bool down, bool with_code)
{
	uint8_t m[12] = { 0 };

	if (with_code && keycode != 0) {
		m[0] = RFB_CLIENT_QEMU;
		rfb_put_u16(m + 2, down);
		rfb_put_u32(m + 4, keysym);
		rfb_put_u32(m + 8, keycode);
		return buf_append(out, m, 12);
	}
	m[0] = RFB_CLIENT_KEY;
	m[1] = down;
	rfb_put_u32(m + 4, keysym);
	return buf_append(out, m, 8);
}

int rfb_build_pointer(struct buf *out, uint8_t buttons, uint16_t x, uint16_t y)
{
	uint8_t m[6] = { RFB_CLIENT_POINTER, buttons };

	rfb_put_u16(m + 2, x);
	rfb_put_u16(m + 4, y);
	return buf_append(out, m, sizeof(m));
}

/* Next character of valid UTF-8; 0 at the end. */
static uint32_t next_char(const char **s)
{
	const uint8_t *p = (const uint8_t *)*s;
	uint32_t c = *p;
	int more = c < 0x80 ? 0 : c < 0xe0 ? 1 : c < 0xf0 ? 2 : 3;

	if (c == 0)
		return 0;
	if (more > 0)
		c &= 0x3fu >> more;
	p++;
	for (; more > 0 && (*p & 0xc0) == 0x80; more--, p++)
		c = c << 6 | (*p & 0x3f);
	*s = (const char *)p;
	return c;
}

/* Head of 8 bytes (type, padding, length) and the text in Latin-1. */
static int build_cut_text(struct buf *out, uint8_t type, const char *utf8)
{
	size_t max = MIN(strlen(utf8), (size_t)RFB_CUT_TEXT_MAX), n = 0;
	uint8_t *p;
	uint32_t c;
	int r;

	r = buf_reserve(out, 8 + max, &p);
	if (r < 0)
		return r;
	while (n < max && (c = next_char(&utf8)) != 0) {
		if (c == '\r')
			continue;
		p[8 + n++] = c < 0x100 ? (uint8_t)c : '?';
	}
	memset(p, 0, 4);
	p[0] = type;
	rfb_put_u32(p + 4, (uint32_t)n);
	buf_commit(out, 8 + n);
	return 0;
}

int rfb_build_client_cut_text(struct buf *out, const char *utf8)
{
	return build_cut_text(out, RFB_CLIENT_CUT_TEXT, utf8);
}

int rfb_build_server_cut_text(struct buf *out, const char *utf8)
{
	return build_cut_text(out, RFB_SERVER_CUT_TEXT, utf8);
}

int rfb_build_set_desktop_size(struct buf *out, uint16_t w, uint16_t h, uint32_t screen_id)
{
	uint8_t m[24] = { RFB_CLIENT_SET_DESKTOP_SIZE };

	rfb_put_u16(m + 2, w);
	rfb_put_u16(m + 4, h);
	m[6] = 1;
	rfb_put_u32(m + 8, screen_id);
	rfb_put_u16(m + 16, w);
	rfb_put_u16(m + 18, h);
	return buf_append(out, m, sizeof(m));
}

int rfb_build_fence(struct buf *out, uint8_t type, uint32_t flags, const uint8_t *data, size_t len)
{
	uint8_t m[9 + RFB_FENCE_MAX] = { type };

	if (len > RFB_FENCE_MAX)
		return -EMSGSIZE;
	rfb_put_u32(m + 4, flags);
	m[8] = (uint8_t)len;
	if (len > 0)
		memcpy(m + 9, data, len);
	return buf_append(out, m, 9 + len);
}
