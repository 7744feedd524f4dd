/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * RFB 3.8 (RFC 6143 and rfbproto.rst): constants, pixel formats, and the messages of both
 * directions as pure functions over bytes. Nothing here reads a socket, a clock or a picture.
 *
 * Parsers take what has arrived and answer
 *   0         one message; *ret_used bytes of it were read
 *   -EAGAIN   incomplete, nothing was read
 *   -EBADMSG  not RFB, or against the rules
 *   -EMSGSIZE above a limit of this file
 * Pointers in parsed messages borrow the input.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"

#define RFB_VERSION_3_8 "RFB 003.008\n"

enum {
	RFB_VERSION_LEN = 12,
	RFB_CUT_TEXT_MAX = 256 * 1024, /* bytes; longer texts are skipped by the reader */
	RFB_ENCODINGS_MAX = 1024,
	RFB_SCREENS_MAX = 64,
	RFB_FENCE_MAX = 64,
	RFB_NAME_MAX = 4096,
	RFB_REASON_MAX = 4096,
	RFB_CREDENTIAL_MAX = 1024, /* bytes of a user name or password */
};

enum rfb_security {
	RFB_SECURITY_INVALID = 0,
	RFB_SECURITY_NONE = 1,
	RFB_SECURITY_VENCRYPT = 19,
};

enum rfb_vencrypt {
	RFB_VENCRYPT_X509_NONE = 260,
	RFB_VENCRYPT_X509_PLAIN = 262,
};

enum rfb_client_type {
	RFB_CLIENT_SET_PIXEL_FORMAT = 0,
	RFB_CLIENT_SET_ENCODINGS = 2,
	RFB_CLIENT_UPDATE_REQUEST = 3,
	RFB_CLIENT_KEY = 4, /* QEMU's extended key event is reported as this type, too */
	RFB_CLIENT_POINTER = 5,
	RFB_CLIENT_CUT_TEXT = 6,
	RFB_CLIENT_CONTINUOUS_UPDATES = 150,
	RFB_CLIENT_FENCE = 248,
	RFB_CLIENT_SET_DESKTOP_SIZE = 251,
	RFB_CLIENT_QEMU = 255,
};

enum rfb_server_type {
	RFB_SERVER_UPDATE = 0,
	RFB_SERVER_COLOUR_MAP = 1,
	RFB_SERVER_BELL = 2,
	RFB_SERVER_CUT_TEXT = 3,
	RFB_SERVER_END_OF_CONTINUOUS_UPDATES = 150,
	RFB_SERVER_FENCE = 248,
};

enum rfb_encoding {
	RFB_ENCODING_RAW = 0,
	RFB_ENCODING_COPY_RECT = 1,
	RFB_ENCODING_TIGHT = 7,
	RFB_ENCODING_ZRLE = 16,
	RFB_ENCODING_QUALITY_0 = -32, /* .. QUALITY_9 = -23 */
	RFB_ENCODING_QUALITY_9 = -23,
	RFB_ENCODING_DESKTOP_SIZE = -223,
	RFB_ENCODING_LAST_RECT = -224,
	RFB_ENCODING_CURSOR = -239,
	RFB_ENCODING_COMPRESS_0 = -256, /* .. COMPRESS_9 = -247 */
	RFB_ENCODING_COMPRESS_9 = -247,
	RFB_ENCODING_QEMU_KEY = -258,
	RFB_ENCODING_QEMU_LED = -261,
	RFB_ENCODING_EXTENDED_DESKTOP_SIZE = -308,
	RFB_ENCODING_FENCE = -312,
	RFB_ENCODING_CONTINUOUS_UPDATES = -313,
	RFB_ENCODING_CURSOR_ALPHA = -314,
	RFB_ENCODING_EXTENDED_CLIPBOARD = -1063131698, /* 0xc0a1e5ce */
};

enum {
	RFB_FENCE_BLOCK_BEFORE = 1u << 0,
	RFB_FENCE_BLOCK_AFTER = 1u << 1,
	RFB_FENCE_SYNC_NEXT = 1u << 2,
	RFB_FENCE_KNOWN = RFB_FENCE_BLOCK_BEFORE | RFB_FENCE_BLOCK_AFTER | RFB_FENCE_SYNC_NEXT,
};
#define RFB_FENCE_REQUEST 0x80000000u

struct rfb_rect {
	uint16_t x, y, w, h;
};

struct rfb_pixel_format {
	uint8_t bpp; /* 8, 16, 32 */
	uint8_t depth;
	bool big_endian;
	bool true_colour;
	uint16_t red_max, green_max, blue_max;
	uint8_t red_shift, green_shift, blue_shift;
};

/* 32 bit little endian B G R X: the pixels of struct picture. */
extern const struct rfb_pixel_format rfb_format_bgrx;

/* --- bytes --- */
static inline uint16_t rfb_get_u16(const uint8_t *p)
{
	return (uint16_t)(p[0] << 8 | p[1]);
}

static inline uint32_t rfb_get_u32(const uint8_t *p)
{
	return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

static inline uint8_t *rfb_put_u16(uint8_t *p, uint16_t v)
{
	p[0] = (uint8_t)(v >> 8);
	p[1] = (uint8_t)v;
	return p + 2;
}

static inline uint8_t *rfb_put_u32(uint8_t *p, uint32_t v)
{
	p[0] = (uint8_t)(v >> 24);
	p[1] = (uint8_t)(v >> 16);
	p[2] = (uint8_t)(v >> 8);
	p[3] = (uint8_t)v;
	return p + 4;
}

/* --- pixel formats (RFC 6143 7.4) --- */
enum { RFB_PIXEL_FORMAT_LEN = 16 };

void rfb_pixel_format_build(uint8_t *p, const struct rfb_pixel_format *f);
/* -EBADMSG where it cannot be a format; a colour map (true_colour false) is accepted as such. */
int rfb_pixel_format_parse(const uint8_t *p, struct rfb_pixel_format *ret);
bool rfb_pixel_format_eq(const struct rfb_pixel_format *a, const struct rfb_pixel_format *b);
/* Tight sends pixels of this format as three bytes R G B (rfbproto: TPIXEL). */
bool rfb_pixel_format_is_tpixel(const struct rfb_pixel_format *f);
/* One pixel 0xXXRRGGBB into bpp/8 bytes of the format; gives the end. */
uint8_t *rfb_pixel_convert(uint8_t *p, uint32_t rgb, const struct rfb_pixel_format *f);
/* n pixels B G R X into the format; gives the end. */
uint8_t *rfb_pixels_convert(
		uint8_t *p, const uint8_t *bgrx, size_t n, const struct rfb_pixel_format *f);

/* --- version --- */
/* "RFB xxx.yyy\n"; -EBADMSG if it is not one. */
int rfb_version_parse(const uint8_t *p, unsigned *ret_major, unsigned *ret_minor);

struct rfb_cut_text {
	/* Latin-1. NULL: too long; the reader discards the next len bytes, which are not in
	 * *ret_used. */
	const uint8_t *data;
	uint32_t len;
	bool is_extended; /* data is for rfb_clipboard_parse() */
};

/* --- client to server --- */
struct rfb_client_message {
	enum rfb_client_type type;
	union {
		struct rfb_pixel_format pixel_format;
		struct {
			uint16_t n;
			const uint8_t *data; /* rfb_get_encoding() */
		} encodings;
		struct {
			bool incremental;
			struct rfb_rect rect;
		} request;
		struct {
			bool down;
			uint32_t keysym;
			uint32_t keycode; /* XT, 0 unknown */
		} key;
		struct {
			uint8_t buttons;
			uint16_t x, y;
		} pointer;
		struct rfb_cut_text cut_text;
		struct {
			bool enable;
			struct rfb_rect rect;
		} continuous;
		struct {
			uint32_t flags;
			uint8_t len;
			const uint8_t *data;
		} fence;
		struct {
			uint16_t w, h;
		} desktop_size;
	};
};

int rfb_client_parse(
		const uint8_t *data, size_t len, struct rfb_client_message *ret, size_t *ret_used);

static inline int32_t rfb_get_encoding(const uint8_t *data, unsigned i)
{
	return (int32_t)rfb_get_u32(data + 4 * (size_t)i);
}

/* Builders append to out; < 0 only for its limit or memory. */
int rfb_build_set_pixel_format(struct buf *out, const struct rfb_pixel_format *f);
int rfb_build_set_encodings(struct buf *out, const int32_t *encodings, size_t n);
int rfb_build_update_request(struct buf *out, bool incremental, const struct rfb_rect *r);
/* with_code: the server knows QEMU's extended key event. */
int rfb_build_key(struct buf *out, uint32_t keysym, uint32_t keycode, bool down, bool with_code);
int rfb_build_pointer(struct buf *out, uint8_t buttons, uint16_t x, uint16_t y);
/* Characters outside Latin-1 become '?'; line ends become LF; cut at RFB_CUT_TEXT_MAX. */
int rfb_build_client_cut_text(struct buf *out, const char *utf8);
int rfb_build_set_desktop_size(struct buf *out, uint16_t w, uint16_t h, uint32_t screen_id);
int rfb_build_fence(struct buf *out, uint8_t type, uint32_t flags, const uint8_t *data, size_t len);

/* --- server to client --- */
struct rfb_server_message {
	enum rfb_server_type type;
	union {
		uint16_t n_rects; /* 0xffff: until LastRect */
		struct rfb_cut_text cut_text;
		struct {
			uint32_t flags;
			uint8_t len;
			const uint8_t *data;
		} fence;
	};
};

/* Of an update only its head is read: rfb_rect_head_parse() goes on. */
int rfb_server_parse(
		const uint8_t *data, size_t len, struct rfb_server_message *ret, size_t *ret_used);

enum { RFB_RECT_HEAD_LEN = 12, RFB_UPDATE_HEAD_LEN = 4, RFB_SERVER_INIT_LEN = 24 };

struct rfb_rect_head {
	struct rfb_rect rect;
	int32_t encoding;
};

void rfb_rect_head_parse(const uint8_t *p, struct rfb_rect_head *ret);
void rfb_rect_head_build(uint8_t *p, const struct rfb_rect *r, int32_t encoding);
void rfb_update_head_build(uint8_t *p, uint16_t n_rects);

struct rfb_server_init {
	uint16_t w, h;
	struct rfb_pixel_format format;
	uint32_t name_len; /* <= RFB_NAME_MAX; the name follows */
};

int rfb_server_init_parse(const uint8_t *p, struct rfb_server_init *ret);
int rfb_build_server_init(struct buf *out, uint16_t w, uint16_t h, const char *name);
int rfb_build_server_cut_text(struct buf *out, const char *utf8);

/* Of both sides, for the parsers here. */
int rfb_cut_text_parse(const uint8_t *data, size_t len, struct rfb_cut_text *ret, size_t *ret_used);

/* Latin-1 into fresh UTF-8; NUL bytes are left out. NULL: no memory. */
char *rfb_latin1_to_utf8(const uint8_t *data, size_t len);
