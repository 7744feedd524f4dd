/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * RFB 3.8 (RFC 6143, rfbproto) as a viewer speaks it: Tight with JPEG quality 6 and compression
 * level 1, as TigerVNC's viewer asks for by itself, the pointer's shape, fences and continuous
 * updates.
 */
#include "rfb.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <turbojpeg.h>

enum {
	SCRATCH_MAX = 8192 * 8192,
	CLIENT_FENCE = 248,
	CLIENT_CONTINUOUS = 150,
	ENCODING_RAW = 0,
	ENCODING_COPY = 1,
	ENCODING_TIGHT = 7,
	ENCODING_SIZE = -223,
	ENCODING_CURSOR = -239,
	ENCODING_FENCE = -312,
	ENCODING_CONTINUOUS = -313,
};

static tjhandle jpeg;
static uint8_t *scratch;

static unsigned get16(const uint8_t *p)
{
	return (unsigned)p[0] << 8 | p[1];
}

static uint32_t get32(const uint8_t *p)
{
	return (uint32_t)get16(p) << 16 | get16(p + 2);
}

static void set16(uint8_t *p, unsigned v)
{
	p[0] = (uint8_t)(v >> 8);
	p[1] = (uint8_t)v;
}

static void set32(uint8_t *p, uint32_t v)
{
	set16(p, v >> 16);
	set16(p + 2, v & 0xffff);
}

static uint32_t get_rgb(const uint8_t *p)
{
	return (uint32_t)p[0] << 16 | (uint32_t)p[1] << 8 | p[2];
}

/* --- Tight --- */

struct rect {
	unsigned x, y, w, h;
};

static size_t need_compact(struct rfb *c)
{
	size_t v = 0;

	for (unsigned i = 0; i < 3; i++) {
		uint8_t b = *rfb_need(c, 1);

		v |= (size_t)(i == 2 ? b : b & 127) << (7 * i);
		if (!(b & 128))
			break;
	}
	return v;
}

static const uint8_t *inflate_rect(struct rfb *c, unsigned stream, size_t n)
{
	size_t packed = need_compact(c);
	const uint8_t *data = rfb_need(c, packed);
	z_stream *z = &c->z[stream];

	if (c->decode == RFB_SKIP)
		return NULL;
	z->next_in = (uint8_t *)(uintptr_t)data;
	z->avail_in = (unsigned)packed;
	z->next_out = scratch;
	z->avail_out = (unsigned)n;
	if (!c->z_open[stream] && inflateInit(z) != Z_OK)
		die("zlib");
	c->z_open[stream] = true;
	if (inflate(z, Z_SYNC_FLUSH) < 0 || z->avail_out > 0)
		die("a Tight rectangle cannot be unpacked");
	return scratch;
}

static uint32_t *pixel_row(struct rfb *c, const struct rect *r, unsigned row)
{
	return c->pixels + (size_t)(r->y + row) * c->width + r->x;
}

/* colours: palette of n (0: data is pixels). One bit a pixel where n is 2. */
static void keep_pixels(struct rfb *c, const struct rect *r, const uint8_t *data,
		const uint32_t *colours, size_t n)
{
	for (unsigned y = 0; y < r->h; y++) {
		uint32_t *to = pixel_row(c, r, y);

		for (unsigned x = 0; x < r->w; x++)
			if (n == 0)
				to[x] = get_rgb(data + 3 * ((size_t)y * r->w + x));
			else if (n == 2)
				to[x] = colours[data[(size_t)y * ((r->w + 7) / 8) + x / 8] >>
								(7 - x % 8) &
						1];
			else
				to[x] = colours[data[(size_t)y * r->w + x]];
	}
}

/* From the tables at the beginning of a JPEG file: the quality by the scale of libjpeg. */
static void look_at_quality(struct rfb *c, const uint8_t *p, size_t size)
{
	enum { STANDARD_SUM = 3688 }; /* of the luminance table at quality 50 */
	unsigned sum = 0;

	for (size_t at = 2; at + 4 <= size && p[at] == 0xff;) {
		size_t n = get16(p + at + 2);

		if (at + 2 + n > size)
			return;
		if (p[at + 1] == 0xdb && n >= 67 && p[at + 4] == 0) {
			for (size_t i = 0; i < 64; i++)
				sum += p[at + 5 + i];
			c->quality = sum < STANDARD_SUM ? 100 - 50 * sum / STANDARD_SUM
							: 50 * STANDARD_SUM / sum;
		}
		if (p[at + 1] == 0xc0 && n >= 11)
			c->is_full_chroma = p[at + 11] == 0x11;
		if (p[at + 1] == 0xda)
			return;
		at += 2 + n;
	}
}

static void read_jpeg(struct rfb *c, const struct rect *r)
{
	size_t size = need_compact(c);
	const uint8_t *data = rfb_need(c, size);
	bool keep = c->decode == RFB_KEEP;

	look_at_quality(c, data, size);
	if (c->decode == RFB_SKIP)
		return;
	if (tjDecompress2(jpeg, data, size, keep ? (uint8_t *)pixel_row(c, r, 0) : scratch,
			    (int)r->w, keep ? (int)c->width * 4 : 0, (int)r->h, TJPF_BGRX,
			    TJFLAG_FASTDCT) < 0)
		die("a JPEG cannot be unpacked");
}

static void read_fill(struct rfb *c, const struct rect *r)
{
	uint32_t colour = get_rgb(rfb_need(c, 3));

	for (unsigned y = 0; y < r->h && c->decode == RFB_KEEP; y++)
		for (unsigned x = 0; x < r->w; x++)
			pixel_row(c, r, y)[x] = colour;
}

/* rfbproto: Tight. The gradient filter is used by no server that sends JPEG. */
static void read_tight(struct rfb *c, const struct rect *r)
{
	uint8_t control = *rfb_need(c, 1);
	unsigned kind = control >> 4, filter;
	size_t n = (size_t)r->w * r->h * 3, n_colours = 0;
	uint32_t colours[256];
	const uint8_t *data;

	for (unsigned i = 0; i < 4; i++)
		if (control & 1u << i && c->z_open[i])
			inflateReset(&c->z[i]);
	if (kind == 8 || kind == 9) {
		(kind == 8 ? read_fill : read_jpeg)(c, r);
		return;
	}
	if (kind > 7)
		die("unknown kind of Tight rectangle");
	filter = kind & 4 ? *rfb_need(c, 1) : 0;
	if (filter > 1)
		die("unknown Tight filter");
	if (filter == 1) {
		n_colours = (size_t)*rfb_need(c, 1) + 1;
		data = rfb_need(c, 3 * n_colours);
		for (size_t i = 0; i < n_colours; i++)
			colours[i] = get_rgb(data + 3 * i);
		n = n_colours == 2 ? (size_t)(r->w + 7) / 8 * r->h : (size_t)r->w * r->h;
	}
	data = n < 12 ? rfb_need(c, n) : inflate_rect(c, kind & 3, n);
	if (c->decode == RFB_KEEP)
		keep_pixels(c, r, data, colours, n_colours);
}

/* --- messages --- */

static void read_raw(struct rfb *c, const struct rect *r)
{
	const uint8_t *data = rfb_need(c, (size_t)r->w * r->h * 4);

	for (unsigned y = 0; y < r->h && c->decode == RFB_KEEP; y++)
		memcpy(pixel_row(c, r, y), data + (size_t)y * r->w * 4, r->w * 4);
}

static void set_size(struct rfb *c, unsigned width, unsigned height)
{
	c->width = width;
	c->height = height;
	if (c->decode != RFB_KEEP)
		return;
	free(c->pixels);
	c->pixels = calloc((size_t)width * height, 4);
	if (!c->pixels)
		die("no memory");
}

static void send_continuous(struct rfb *c)
{
	uint8_t m[10] = { CLIENT_CONTINUOUS, 1 };

	set16(m + 6, c->width);
	set16(m + 8, c->height);
	rfb_put(c, m, sizeof(m));
	c->is_continuous = true;
}

/* True: the rest of the update makes no sense any more, ask for all of it. */
static bool read_rect(struct rfb *c)
{
	const uint8_t *p = rfb_need(c, 12);
	struct rect r = { get16(p), get16(p + 2), get16(p + 4), get16(p + 6) };
	int32_t encoding = (int32_t)get32(p + 8);

	if (encoding == ENCODING_SIZE) {
		if (r.w == c->width && r.h == c->height)
			return false;
		set_size(c, r.w, r.h);
		if (c->is_continuous)
			send_continuous(c);
		return true;
	}
	if (encoding == ENCODING_CURSOR) {
		rfb_need(c, (size_t)r.w * r.h * 4 + (size_t)(r.w + 7) / 8 * r.h);
		return false;
	}
	if (r.x + r.w > c->width || r.y + r.h > c->height)
		die("rectangle outside of the picture");
	c->painted += (uint64_t)r.w * r.h;
	if (c->handle_rect)
		c->handle_rect(c, r.x, r.y, r.w, r.h);
	if (encoding == ENCODING_RAW)
		read_raw(c, &r);
	else if (encoding == ENCODING_COPY && c->decode != RFB_KEEP)
		rfb_need(c, 4);
	else if (encoding == ENCODING_TIGHT)
		read_tight(c, &r);
	else
		die("encoding that was not asked for");
	return false;
}

static bool read_update(struct rfb *c)
{
	unsigned n = get16(rfb_need(c, 3) + 1);
	uint64_t before = c->painted;
	bool resized = false;

	for (unsigned i = 0; i < n; i++)
		resized |= read_rect(c);
	c->pending = false;
	if (resized)
		rfb_request(c, false);
	else if (c->painted == before)
		rfb_request(c, true); /* only the pointer's shape */
	else
		c->updates++;
	return !resized && c->painted != before;
}

/* rfbproto: Fence. Answered, so that the server knows how far we are. */
static void read_fence(struct rfb *c)
{
	const uint8_t *p = rfb_need(c, 8);
	uint32_t flags = get32(p + 3);
	uint8_t n = p[7], m[9 + 64] = { CLIENT_FENCE };

	if (n > 64)
		die("a fence is too long");
	memcpy(m + 9, rfb_need(c, n), n);
	if (!(flags & 0x80000000))
		return;
	set32(m + 4, flags & 7);
	m[8] = n;
	rfb_put(c, m, 9 + (size_t)n);
}

bool rfb_read(struct rfb *c)
{
	switch (*rfb_need(c, 1)) {
	case 0:
		return read_update(c);
	case 2: /* bell */
		return false;
	case 3: /* clipboard */
		rfb_need(c, get32(rfb_need(c, 7) + 3));
		return false;
	case CLIENT_FENCE:
		read_fence(c);
		return false;
	case CLIENT_CONTINUOUS: /* the server can */
		if (c->continuous && !c->is_continuous)
			send_continuous(c);
		return false;
	default:
		die("unknown message");
	}
}

void rfb_request(struct rfb *c, bool incremental)
{
	uint8_t m[10] = { 3, incremental };

	if (c->is_continuous && incremental)
		return;
	set16(m + 6, c->width);
	set16(m + 8, c->height);
	rfb_put(c, m, sizeof(m));
	c->pending = true;
}

void rfb_press(struct rfb *c, uint32_t keysym, bool down)
{
	uint8_t m[8] = { 4, down };

	set32(m + 4, keysym);
	rfb_put(c, m, sizeof(m));
}

/* --- handshake --- */

/* rfbproto: VeNCrypt, X509None (260) or X509Plain (262) */
static void start_vencrypt(struct rfb *c, const struct endpoint *e)
{
	uint32_t subtype = e->user[0] ? 262 : 260;
	uint8_t m[8] = { 0, 2 };

	rfb_need(c, 2);
	rfb_put(c, m, 2);
	if (*rfb_need(c, 1) != 0)
		die("VeNCrypt 0.2 is refused");
	rfb_need(c, 4 * (size_t)*rfb_need(c, 1));
	set32(m, subtype);
	rfb_put(c, m, 4);
	if (*rfb_need(c, 1) != 1)
		die("the VeNCrypt subtype is refused");
	rfb_start_tls(c);
	if (subtype == 260)
		return;
	set32(m, (uint32_t)strlen(e->user));
	set32(m + 4, (uint32_t)strlen(e->password));
	rfb_put(c, m, 8);
	rfb_put(c, e->user, strlen(e->user));
	rfb_put(c, e->password, strlen(e->password));
}

static void choose_security(struct rfb *c, const struct endpoint *e)
{
	uint8_t n = *rfb_need(c, 1), type;
	const uint8_t *offered = rfb_need(c, n);

	type = !e->user[0] && memchr(offered, 1, n) ? 1 : 19;
	if (!memchr(offered, type, n))
		die("the security type is not offered");
	rfb_put(c, &type, 1);
	if (type == 19)
		start_vencrypt(c, e);
	if (get32(rfb_need(c, 4)) != 0) {
		uint32_t size = get32(rfb_need(c, 4));

		fprintf(stderr, "viewer: not let in: %.*s\n", (int)size, rfb_need(c, size));
		exit(1);
	}
}

static void send_encodings(struct rfb *c)
{
	const int32_t encodings[] = { ENCODING_TIGHT, ENCODING_COPY, ENCODING_RAW,
		-32 + (c->level > 0 ? c->level : 6), -256 + 1, ENCODING_SIZE, ENCODING_CURSOR,
		ENCODING_FENCE, ENCODING_CONTINUOUS };
	/* No CopyRect where pixels are kept: those who look at them need not follow it. */
	size_t n = sizeof(encodings) / 4 - (c->continuous ? 0 : 2);
	uint8_t m[4 + sizeof(encodings)] = { 2 };

	set16(m + 2, (unsigned)n);
	for (size_t i = 0; i < n; i++)
		set32(m + 4 + 4 * i,
				(uint32_t)(c->decode == RFB_KEEP && encodings[i] == ENCODING_COPY
								? ENCODING_RAW
								: encodings[i]));
	rfb_put(c, m, 4 + 4 * n);
}

void rfb_open(struct rfb *c, const struct endpoint *e)
{
	static const uint8_t format[20] = { 0, 0, 0, 0, 32, 24, 0, 1, 0, 255, 0, 255, 0, 255, 16,
		8 };
	const uint8_t *p;

	if (!jpeg) {
		jpeg = tjInitDecompress();
		scratch = malloc(SCRATCH_MAX);
		if (!jpeg || !scratch)
			die("no memory");
	}
	rfb_connect(c, e);
	if (memcmp(rfb_need(c, 12), "RFB 003.008\n", 12) != 0)
		die("not RFB 3.8");
	rfb_put(c, "RFB 003.008\n", 12);
	choose_security(c, e);
	rfb_put(c, "\1", 1);
	p = rfb_need(c, 24);
	set_size(c, get16(p), get16(p + 2));
	rfb_need(c, get32(p + 20));
	rfb_put(c, format, sizeof(format));
	send_encodings(c);
}
