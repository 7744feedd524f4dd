/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Messages of the extended clipboard. A text is deflated in a stream of its own, with its length in
 * front; on the wire lines end with CR LF and the text with NUL, here with LF and nothing.
 */
#include "proto/rfb-clipboard.h"

#include <string.h>
#include <zlib.h>

#include "base/str.h"

enum {
	FORMATS_MASK = 0xffff,
	WIRE_MAX = 2 * RFB_CLIPBOARD_TEXT_MAX + 1, /* each byte a line end, and NUL */
	LENGTH_LEN = 4,
	HEAD_LEN = 8, /* of a cut text */
};

int rfb_clipboard_parse(const uint8_t *data, size_t len, struct rfb_clipboard *ret)
{
	struct rfb_clipboard c = { 0 };
	uint32_t flags;

	if (len < 4)
		return -EBADMSG;
	flags = rfb_get_u32(data);
	c.has_text = flags & RFB_CLIPBOARD_TEXT;
	if (flags & RFB_CLIPBOARD_CAPS) {
		/* A size for each format that is named; text is the first. */
		if (len < 4 + 4 * (size_t)__builtin_popcount(flags & FORMATS_MASK))
			return -EBADMSG;
		c.action = RFB_CLIPBOARD_CAPS;
		c.flags = flags;
		c.max = c.has_text ? rfb_get_u32(data + 4) : 0;
	} else {
		c.action = flags & RFB_CLIPBOARD_ACTIONS;
		if (__builtin_popcount(c.action) != 1)
			return -EBADMSG;
	}
	*ret = c;
	return 0;
}

/* Exactly n bytes of the stream to out. */
static int inflate_exactly(z_stream *z, uint8_t *out, size_t n)
{
	int r;

	z->next_out = out;
	z->avail_out = (uInt)n;
	r = inflate(z, Z_SYNC_FLUSH);
	if (r == Z_MEM_ERROR)
		return -ENOMEM;
	return (r == Z_OK || r == Z_STREAM_END) && z->avail_out == 0 ? 0 : -EBADMSG;
}

/* The stream's first text: the format text comes before all others. */
static int inflate_text(z_stream *z, char **ret, size_t *ret_len)
{
	_cleanup_free_ char *text = NULL;
	uint8_t head[LENGTH_LEN];
	size_t n;
	int r;

	r = inflate_exactly(z, head, LENGTH_LEN);
	if (r < 0)
		return r;
	n = rfb_get_u32(head);
	if (n > WIRE_MAX)
		return -EMSGSIZE;
	text = malloc(n + 1);
	if (!text)
		return -ENOMEM;
	if (n > 0)
		r = inflate_exactly(z, (uint8_t *)text, n);
	if (r < 0)
		return r;
	text[n] = '\0';
	*ret_len = strlen(text);
	*ret = take_ptr(text);
	return 0;
}

static size_t drop_cr(char *text)
{
	char *to = text;

	for (const char *from = text; *from; from++)
		if (*from != '\r')
			*to++ = *from;
	*to = '\0';
	return (size_t)(to - text);
}

int rfb_clipboard_parse_text(const uint8_t *data, size_t len, char **ret)
{
	_cleanup_free_ char *text = NULL;
	struct rfb_clipboard c;
	z_stream z = { 0 };
	size_t n;
	int r;

	r = rfb_clipboard_parse(data, len, &c);
	if (r < 0)
		return r;
	if (c.action != RFB_CLIPBOARD_PROVIDE || !c.has_text)
		return -ENODATA;
	if (inflateInit(&z) != Z_OK)
		return -ENOMEM;
	z.next_in = (uint8_t *)data + 4;
	z.avail_in = (uInt)(len - 4);
	r = inflate_text(&z, &text, &n);
	inflateEnd(&z);
	if (r < 0)
		return r;
	if (!str_is_utf8(text, n))
		return -EILSEQ;
	if (drop_cr(text) > RFB_CLIPBOARD_TEXT_MAX)
		return -EMSGSIZE;
	*ret = take_ptr(text);
	return 0;
}

/* The head of an extended cut text: a negative length, and the flags. */
static uint8_t *put_head(uint8_t *p, uint8_t type, size_t len, uint32_t flags)
{
	memset(p, 0, 4);
	*p = type;
	p = rfb_put_u32(p + 4, -(uint32_t)len);
	return rfb_put_u32(p, flags);
}

int rfb_build_clipboard_caps(struct buf *out, uint8_t type)
{
	uint8_t m[HEAD_LEN + 8], *p;

	p = put_head(m, type, 8,
			RFB_CLIPBOARD_CAPS | RFB_CLIPBOARD_REQUEST | RFB_CLIPBOARD_PEEK |
					RFB_CLIPBOARD_NOTIFY | RFB_CLIPBOARD_PROVIDE |
					RFB_CLIPBOARD_TEXT);
	rfb_put_u32(p, 0);
	return buf_append(out, m, sizeof(m));
}

int rfb_build_clipboard_action(struct buf *out, uint8_t type, uint32_t action, bool has_text)
{
	uint8_t m[HEAD_LEN + 4];

	put_head(m, type, 4, action | (has_text ? RFB_CLIPBOARD_TEXT : 0));
	return buf_append(out, m, sizeof(m));
}

/* Bytes of the text that are sent: whole characters only. */
static size_t text_len(const char *utf8)
{
	size_t n = strnlen(utf8, RFB_CLIPBOARD_TEXT_MAX);

	while (n > 0 && utf8[n] && ((uint8_t)utf8[n] & 0xc0) == 0x80)
		n--;
	return n;
}

/* As it goes over the wire, with its length in front. */
static uint8_t *text_to_wire(const char *utf8, size_t *ret_len)
{
	size_t n = text_len(utf8);
	uint8_t *wire, *p;

	wire = malloc(LENGTH_LEN + 2 * n + 1);
	if (!wire)
		return NULL;
	p = wire + LENGTH_LEN;
	for (size_t i = 0; i < n; i++) {
		if (utf8[i] == '\n')
			*p++ = '\r';
		if (utf8[i] != '\r')
			*p++ = (uint8_t)utf8[i];
	}
	*p++ = '\0';
	rfb_put_u32(wire, (uint32_t)(p - wire - LENGTH_LEN));
	*ret_len = (size_t)(p - wire);
	return wire;
}

int rfb_build_clipboard_text(struct buf *out, uint8_t type, const char *utf8)
{
	_cleanup_free_ uint8_t *wire = NULL, *packed = NULL;
	enum { FRONT = HEAD_LEN + 4 };
	uLongf len;
	size_t n;
	int r;

	wire = text_to_wire(utf8, &n);
	if (!wire)
		return -ENOMEM;
	len = compressBound(n);
	packed = malloc(FRONT + len);
	r = packed && compress2(packed + FRONT, &len, wire, n, Z_BEST_SPEED) == Z_OK ? 0 : -ENOMEM;
	explicit_bzero(wire, n);
	if (r < 0)
		return r;
	put_head(packed, type, 4 + len, RFB_CLIPBOARD_PROVIDE | RFB_CLIPBOARD_TEXT);
	r = buf_append(out, packed, FRONT + len);
	explicit_bzero(packed, FRONT + len);
	return r;
}
