/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Messages from an RFB server to a client: read from display servers, which run as the session's
 * user and are no more trusted than a station, and written to stations.
 */
#include "proto/rfb.h"

#include <string.h>

static int parse_fence(
		const uint8_t *data, size_t len, struct rfb_server_message *m, size_t *ret_used)
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

int rfb_server_parse(
		const uint8_t *data, size_t len, struct rfb_server_message *ret, size_t *ret_used)
{
	if (len < 1)
		return -EAGAIN;
	ret->type = data[0];
	switch (ret->type) {
	case RFB_SERVER_UPDATE:
		if (len < RFB_UPDATE_HEAD_LEN)
			return -EAGAIN;
		ret->n_rects = rfb_get_u16(data + 2);
		*ret_used = RFB_UPDATE_HEAD_LEN;
		return 0;
	case RFB_SERVER_BELL:
	case RFB_SERVER_END_OF_CONTINUOUS_UPDATES:
		*ret_used = 1;
		return 0;
	case RFB_SERVER_CUT_TEXT:
		return rfb_cut_text_parse(data, len, &ret->cut_text, ret_used);
	case RFB_SERVER_FENCE:
		return parse_fence(data, len, ret, ret_used);
	case RFB_SERVER_COLOUR_MAP: /* never for a true colour format */
	default:
		return -EBADMSG;
	}
}

void rfb_rect_head_parse(const uint8_t *p, struct rfb_rect_head *ret)
{
	ret->rect.x = rfb_get_u16(p);
	ret->rect.y = rfb_get_u16(p + 2);
	ret->rect.w = rfb_get_u16(p + 4);
	ret->rect.h = rfb_get_u16(p + 6);
	ret->encoding = (int32_t)rfb_get_u32(p + 8);
}

void rfb_rect_head_build(uint8_t *p, const struct rfb_rect *r, int32_t encoding)
{
	p = rfb_put_u16(p, r->x);
	p = rfb_put_u16(p, r->y);
	p = rfb_put_u16(p, r->w);
	p = rfb_put_u16(p, r->h);
	rfb_put_u32(p, (uint32_t)encoding);
}

void rfb_update_head_build(uint8_t *p, uint16_t n_rects)
{
	p[0] = RFB_SERVER_UPDATE;
	p[1] = 0;
	rfb_put_u16(p + 2, n_rects);
}

int rfb_server_init_parse(const uint8_t *p, struct rfb_server_init *ret)
{
	struct rfb_server_init i = {
		.w = rfb_get_u16(p),
		.h = rfb_get_u16(p + 2),
		.name_len = rfb_get_u32(p + 20),
	};
	int r;

	r = rfb_pixel_format_parse(p + 4, &i.format);
	if (r < 0)
		return r;
	if (i.name_len > RFB_NAME_MAX)
		return -EMSGSIZE;
	*ret = i;
	return 0;
}

int rfb_build_server_init(struct buf *out, uint16_t w, uint16_t h, const char *name)
{
	uint8_t m[RFB_SERVER_INIT_LEN];
	size_t n = strnlen(name, RFB_NAME_MAX);
	int r;

	rfb_put_u16(m, w);
	rfb_put_u16(m + 2, h);
	rfb_pixel_format_build(m + 4, &rfb_format_bgrx);
	rfb_put_u32(m + 20, (uint32_t)n);
	r = buf_append(out, m, sizeof(m));
	return r < 0 ? r : buf_append(out, name, n);
}
