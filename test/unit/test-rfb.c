/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The RFB codec: every message comes out as it went in, whole or cut anywhere; what is too long or
 * not RFB is refused before it is waited for; colours keep white white in each format.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "proto/rfb-clipboard.h"

/* Parse the one message in b: each shorter piece of it must ask for more. */
static void parse_client(const struct buf *b, struct rfb_client_message *m)
{
	size_t used = 0;

	for (size_t n = 0; n < buf_len(b); n++)
		assert_int_equal(rfb_client_parse(buf_head(b), n, m, &used), -EAGAIN);
	assert_int_equal(rfb_client_parse(buf_head(b), buf_len(b), m, &used), 0);
	assert_int_equal(used, buf_len(b));
}

static void parse_server(const struct buf *b, struct rfb_server_message *m)
{
	size_t used = 0;

	for (size_t n = 0; n < buf_len(b); n++)
		assert_int_equal(rfb_server_parse(buf_head(b), n, m, &used), -EAGAIN);
	assert_int_equal(rfb_server_parse(buf_head(b), buf_len(b), m, &used), 0);
	assert_int_equal(used, buf_len(b));
}

static void clear(struct buf *b)
{
	buf_consume(b, buf_len(b), 0);
}

static void test_client_messages(void **state)
{
	static const int32_t encodings[] = { RFB_ENCODING_TIGHT, RFB_ENCODING_RAW, -314 };
	struct rfb_rect rect = { 1, 2, 300, 65535 };
	struct rfb_client_message m;
	struct buf b;

	buf_init(&b, 1 << 20);
	rfb_build_set_pixel_format(&b, &rfb_format_bgrx);
	parse_client(&b, &m);
	assert_int_equal(m.type, RFB_CLIENT_SET_PIXEL_FORMAT);
	assert_true(rfb_pixel_format_eq(&m.pixel_format, &rfb_format_bgrx));

	clear(&b);
	rfb_build_set_encodings(&b, encodings, 3);
	parse_client(&b, &m);
	assert_int_equal(m.encodings.n, 3);
	for (unsigned i = 0; i < 3; i++)
		assert_int_equal(rfb_get_encoding(m.encodings.data, i), encodings[i]);

	clear(&b);
	rfb_build_update_request(&b, true, &rect);
	parse_client(&b, &m);
	assert_true(m.request.incremental);
	assert_memory_equal(&m.request.rect, &rect, sizeof(rect));

	clear(&b);
	rfb_build_key(&b, 0xff0d, 0x1c, true, false);
	parse_client(&b, &m);
	assert_int_equal(m.type, RFB_CLIENT_KEY);
	assert_true(m.key.down);
	assert_int_equal(m.key.keysym, 0xff0d);
	assert_int_equal(m.key.keycode, 0);

	clear(&b);
	rfb_build_key(&b, 0xff0d, 0x1c, false, true);
	parse_client(&b, &m);
	assert_int_equal(m.type, RFB_CLIENT_KEY);
	assert_false(m.key.down);
	assert_int_equal(m.key.keycode, 0x1c);

	clear(&b);
	rfb_build_pointer(&b, 5, 1000, 2000);
	parse_client(&b, &m);
	assert_int_equal(m.pointer.buttons, 5);
	assert_int_equal(m.pointer.x, 1000);
	assert_int_equal(m.pointer.y, 2000);

	clear(&b);
	rfb_build_set_desktop_size(&b, 1920, 1080, 7);
	parse_client(&b, &m);
	assert_int_equal(m.desktop_size.w, 1920);
	assert_int_equal(m.desktop_size.h, 1080);

	clear(&b);
	rfb_build_fence(&b, RFB_CLIENT_FENCE, RFB_FENCE_REQUEST | 3, (const uint8_t *)"abcd", 4);
	parse_client(&b, &m);
	assert_int_equal(m.fence.flags, RFB_FENCE_REQUEST | 3);
	assert_int_equal(m.fence.len, 4);
	assert_memory_equal(m.fence.data, "abcd", 4);
	buf_done(&b);
}

static void test_cut_text(void **state)
{
	static char long_text[RFB_CUT_TEXT_MAX + 100];
	static const uint8_t huge[] = { 6, 0, 0, 0, 0x7f, 0xff, 0xff, 0xff };
	static const uint8_t extended[] = { 6, 0, 0, 0, 0xff, 0xff, 0xff, 0xfc, 1, 0, 0, 1 };
	static const uint8_t huge_extended[] = { 6, 0, 0, 0, 0x80, 0, 0, 0 };
	struct rfb_client_message m;
	struct rfb_server_message s;
	struct buf b;
	size_t used;
	char *utf8;

	buf_init(&b, 1 << 20);
	assert_int_equal(rfb_build_client_cut_text(&b, "Gr\xc3\xbc\xc3\x9f"
						       "e \xe2\x82\xac\r\n"),
			0);
	parse_client(&b, &m);
	assert_int_equal(m.cut_text.len, 8);
	assert_memory_equal(m.cut_text.data,
			"Gr\xfc\xdf"
			"e ?\n",
			8);
	utf8 = rfb_latin1_to_utf8(m.cut_text.data, m.cut_text.len);
	assert_string_equal(utf8, "Gr\xc3\xbc\xc3\x9f"
				  "e ?\n");
	free(utf8);

	clear(&b);
	assert_int_equal(rfb_build_server_cut_text(&b, "text"), 0);
	parse_server(&b, &s);
	assert_memory_equal(s.cut_text.data, "text", 4);

	clear(&b);
	memset(long_text, 'a', sizeof(long_text) - 1);
	assert_int_equal(rfb_build_client_cut_text(&b, long_text), 0);
	assert_int_equal(buf_len(&b), 8 + RFB_CUT_TEXT_MAX);
	buf_done(&b);

	/* What is too long is not waited for, and its length is told. */
	assert_int_equal(rfb_client_parse(huge, sizeof(huge), &m, &used), 0);
	assert_null(m.cut_text.data);
	assert_int_equal(m.cut_text.len, 0x7fffffff);
	assert_int_equal(used, 8);
	assert_false(m.cut_text.is_extended);
	assert_int_equal(rfb_client_parse(extended, sizeof(extended), &m, &used), 0);
	assert_ptr_equal(m.cut_text.data, extended + 8);
	assert_int_equal(m.cut_text.len, 4);
	assert_true(m.cut_text.is_extended);
	assert_int_equal(rfb_client_parse(extended, 11, &m, &used), -EAGAIN);
	assert_int_equal(rfb_client_parse(huge_extended, 8, &m, &used), 0);
	assert_null(m.cut_text.data);
	assert_int_equal(m.cut_text.len, 0x80000000);
}

/* Through the wire and back; NULL: what may not be sent or is not text. */
static char *through(const char *utf8, int *ret_r)
{
	struct rfb_client_message m;
	char *text = NULL;
	struct buf b;

	buf_init(&b, 4 << 20);
	assert_int_equal(rfb_build_clipboard_text(&b, RFB_CLIENT_CUT_TEXT, utf8), 0);
	if (buf_len(&b) < 1000)
		parse_client(&b, &m);
	*ret_r = rfb_clipboard_parse_text(buf_head(&b) + 8, buf_len(&b) - 8, &text);
	buf_done(&b);
	return text;
}

static void test_clipboard_text(void **state)
{
	static const struct {
		const char *in, *out;
	} texts[] = {
		{ "", "" },
		{ "plain", "plain" },
		{ "two\r\nlines\n", "two\nlines\n" },
		{ "\xe6\x97\xa5\xe6\x9c\xac \xf0\x9f\x98\x80 \xd8\xb9",
				"\xe6\x97\xa5\xe6\x9c\xac \xf0\x9f\x98\x80 \xd8\xb9" },
	};
	static char text[RFB_CLIPBOARD_TEXT_MAX + 10];
	char *out;
	int r;

	for (size_t i = 0; i < ELEMENTSOF(texts); i++) {
		out = through(texts[i].in, &r);
		assert_int_equal(r, 0);
		assert_string_equal(out, texts[i].out);
		free(out);
	}
	/* The longest text of line ends only, and one that is cut within a character. */
	memset(text, '\n', RFB_CLIPBOARD_TEXT_MAX);
	out = through(text, &r);
	assert_int_equal(r, 0);
	assert_string_equal(out, text);
	free(out);
	memset(text, 'a', sizeof(text) - 1);
	memcpy(text + RFB_CLIPBOARD_TEXT_MAX - 2, "\xe6\x97\xa5", 3);
	out = through(text, &r);
	assert_int_equal(r, 0);
	assert_int_equal(strlen(out), RFB_CLIPBOARD_TEXT_MAX - 2);
	free(out);
	assert_null(through("no \xff utf8", &r));
	assert_int_equal(r, -EILSEQ);
}

static void test_clipboard_messages(void **state)
{
	static const uint8_t bad[][12] = {
		{ 3, 0, 0, 1 },             /* two actions */
		{ 0, 0, 0, 1 },             /* none */
		{ 1, 0, 0, 1, 0, 0, 0, 9 }, /* caps of text without a size (cut below) */
	};
	/* A length of 2^32 - 1, deflated; and of four bytes that do not come. */
	static const uint8_t lies[][16] = {
		{ 0x10, 0, 0, 1, 0x78, 1, 1, 4, 0, 0xfb, 0xff, 0xff, 0xff, 0xff, 0xff },
		{ 0x10, 0, 0, 1, 0x78, 1, 1, 4, 0, 0xfb, 0xff, 0, 0, 0, 4 },
		{ 0x10, 0, 0, 1, 'g', 'a', 'r', 'b', 'a', 'g', 'e' },
	};
	static const uint32_t actions[] = { RFB_CLIPBOARD_REQUEST, RFB_CLIPBOARD_PEEK,
		RFB_CLIPBOARD_NOTIFY };
	struct rfb_server_message s;
	struct rfb_clipboard c;
	struct buf b;
	char *text;

	buf_init(&b, 1000);
	assert_int_equal(rfb_build_clipboard_caps(&b, RFB_SERVER_CUT_TEXT), 0);
	parse_server(&b, &s);
	assert_true(s.cut_text.is_extended);
	assert_int_equal(rfb_clipboard_parse(s.cut_text.data, s.cut_text.len, &c), 0);
	assert_int_equal(c.action, RFB_CLIPBOARD_CAPS);
	assert_int_equal(c.max, 0);
	assert_int_equal(c.flags & RFB_CLIPBOARD_DEFAULT, RFB_CLIPBOARD_DEFAULT);
	for (size_t i = 0; i < 2 * ELEMENTSOF(actions); i++) {
		clear(&b);
		rfb_build_clipboard_action(&b, RFB_SERVER_CUT_TEXT, actions[i / 2], i % 2 == 0);
		parse_server(&b, &s);
		assert_int_equal(rfb_clipboard_parse(s.cut_text.data, s.cut_text.len, &c), 0);
		assert_int_equal(c.action, actions[i / 2]);
		assert_int_equal(c.has_text, i % 2 == 0);
		assert_int_equal(rfb_clipboard_parse_text(s.cut_text.data, s.cut_text.len, &text),
				-ENODATA);
	}
	buf_done(&b);
	for (size_t i = 0; i < ELEMENTSOF(bad); i++)
		assert_int_equal(rfb_clipboard_parse(bad[i], 4, &c), -EBADMSG);
	assert_int_equal(rfb_clipboard_parse(bad[0], 3, &c), -EBADMSG);
	assert_int_equal(rfb_clipboard_parse_text(lies[0], 15, &text), -EMSGSIZE);
	assert_int_equal(rfb_clipboard_parse_text(lies[1], 15, &text), -EBADMSG);
	assert_int_equal(rfb_clipboard_parse_text(lies[2], 11, &text), -EBADMSG);
	assert_int_equal(rfb_clipboard_parse_text(lies[2], 4, &text), -EBADMSG);
}

static void test_limits(void **state)
{
	static const uint8_t encodings[] = { 2, 0, 0xff, 0xff };
	static const uint8_t fence[] = { 248, 0, 0, 0, 0, 0, 0, 0, 65 };
	static const uint8_t screens[] = { 251, 0, 1, 0, 1, 0, 255, 0 };
	static const uint8_t unknown[] = { 77 }, qemu_audio[] = { 255, 1 }, colours[] = { 1, 0 };
	struct rfb_client_message m;
	struct rfb_server_message s;
	size_t used;

	assert_int_equal(rfb_client_parse(encodings, 4, &m, &used), -EMSGSIZE);
	assert_int_equal(rfb_client_parse(fence, 9, &m, &used), -EMSGSIZE);
	assert_int_equal(rfb_server_parse(fence, 9, &s, &used), -EMSGSIZE);
	assert_int_equal(rfb_client_parse(screens, 8, &m, &used), -EMSGSIZE);
	assert_int_equal(rfb_client_parse(unknown, 1, &m, &used), -EBADMSG);
	assert_int_equal(rfb_client_parse(qemu_audio, 2, &m, &used), -EBADMSG);
	assert_int_equal(rfb_server_parse(unknown, 1, &s, &used), -EBADMSG);
	assert_int_equal(rfb_server_parse(colours, 2, &s, &used), -EBADMSG);
}

static void test_server_messages(void **state)
{
	struct rfb_server_message s;
	struct rfb_server_init init;
	struct rfb_rect_head h;
	struct rfb_rect r = { 10, 20, 30, 40 };
	uint8_t m[RFB_RECT_HEAD_LEN];
	struct buf b;
	uint8_t *p;

	buf_init(&b, 1 << 16);
	assert_int_equal(buf_reserve(&b, RFB_UPDATE_HEAD_LEN, &p), 0);
	rfb_update_head_build(p, 0xffff);
	buf_commit(&b, RFB_UPDATE_HEAD_LEN);
	parse_server(&b, &s);
	assert_int_equal(s.n_rects, 0xffff);

	rfb_rect_head_build(m, &r, RFB_ENCODING_CURSOR_ALPHA);
	rfb_rect_head_parse(m, &h);
	assert_memory_equal(&h.rect, &r, sizeof(r));
	assert_int_equal(h.encoding, RFB_ENCODING_CURSOR_ALPHA);

	clear(&b);
	assert_int_equal(rfb_build_server_init(&b, 1280, 720, "name"), 0);
	assert_int_equal(rfb_server_init_parse(buf_head(&b), &init), 0);
	assert_int_equal(init.w, 1280);
	assert_int_equal(init.h, 720);
	assert_int_equal(init.name_len, 4);
	assert_int_equal(buf_len(&b), RFB_SERVER_INIT_LEN + 4);
	rfb_put_u32(buf_head(&b) + 20, RFB_NAME_MAX + 1);
	assert_int_equal(rfb_server_init_parse(buf_head(&b), &init), -EMSGSIZE);
	buf_done(&b);
}

static void test_version(void **state)
{
	unsigned major, minor;

	assert_int_equal(rfb_version_parse((const uint8_t *)"RFB 003.889\n", &major, &minor), 0);
	assert_int_equal(major, 3);
	assert_int_equal(minor, 889);
	assert_int_equal(rfb_version_parse((const uint8_t *)"RFB 003.00x\n", &major, &minor),
			-EBADMSG);
	assert_int_equal(rfb_version_parse((const uint8_t *)"GET / HTTP/1", &major, &minor),
			-EBADMSG);
	assert_int_equal(rfb_version_parse((const uint8_t *)"RFB 003.008\r", &major, &minor),
			-EBADMSG);
}

static const struct rfb_pixel_format formats[] = {
	{ 32, 24, false, true, 255, 255, 255, 16, 8, 0 },
	{ 32, 24, false, true, 255, 255, 255, 0, 8, 16 },
	{ 32, 24, true, true, 255, 255, 255, 16, 8, 0 },
	{ 16, 16, false, true, 31, 63, 31, 11, 5, 0 },
	{ 16, 15, true, true, 31, 31, 31, 10, 5, 0 },
	{ 8, 8, false, true, 7, 7, 3, 5, 2, 0 },
	{ 8, 6, false, true, 3, 3, 3, 4, 2, 0 },
};

static void test_pixel_formats(void **state)
{
	struct rfb_pixel_format f;
	uint8_t m[RFB_PIXEL_FORMAT_LEN];

	for (size_t i = 0; i < ELEMENTSOF(formats); i++) {
		rfb_pixel_format_build(m, &formats[i]);
		assert_int_equal(rfb_pixel_format_parse(m, &f), 0);
		assert_true(rfb_pixel_format_eq(&f, &formats[i]));
		assert_int_equal(rfb_pixel_format_is_tpixel(&f), i < 3);
	}
	rfb_pixel_format_build(m, &rfb_format_bgrx);
	m[0] = 24;
	assert_int_equal(rfb_pixel_format_parse(m, &f), -EBADMSG);
	rfb_pixel_format_build(m, &rfb_format_bgrx);
	m[5] = 254; /* red_max is not 2^n - 1 */
	assert_int_equal(rfb_pixel_format_parse(m, &f), -EBADMSG);
	rfb_pixel_format_build(m, &rfb_format_bgrx);
	m[10] = 25; /* red does not fit */
	assert_int_equal(rfb_pixel_format_parse(m, &f), -EBADMSG);
	m[10] = 200;
	assert_int_equal(rfb_pixel_format_parse(m, &f), -EBADMSG);
	m[3] = 0; /* a colour map has no channels */
	assert_int_equal(rfb_pixel_format_parse(m, &f), 0);
	assert_false(f.true_colour);
}

static uint32_t read_pixel(const uint8_t *p, const struct rfb_pixel_format *f)
{
	if (f->bpp == 8)
		return p[0];
	if (f->bpp == 16)
		return f->big_endian ? rfb_get_u16(p) : (uint32_t)p[1] << 8 | p[0];
	return f->big_endian ? rfb_get_u32(p)
			     : (uint32_t)p[3] << 24 | (uint32_t)p[2] << 16 | (uint32_t)p[1] << 8 |
					       p[0];
}

static void test_convert(void **state)
{
	static const uint8_t bgrx[] = { 255, 255, 255, 9, 0, 0, 0, 7, 10, 128, 200, 1 };

	for (size_t i = 0; i < ELEMENTSOF(formats); i++) {
		const struct rfb_pixel_format *f = &formats[i];
		uint32_t white = (uint32_t)f->red_max << f->red_shift |
				 (uint32_t)f->green_max << f->green_shift |
				 (uint32_t)f->blue_max << f->blue_shift;
		uint8_t out[12], *end;
		size_t step = f->bpp / 8;

		end = rfb_pixels_convert(out, bgrx, 3, f);
		assert_int_equal(end - out, 3 * step);
		assert_int_equal(read_pixel(out, f) & 0xffffff, white);
		assert_int_equal(read_pixel(out + step, f) & 0xffffff, 0);
		assert_in_range(read_pixel(out + 2 * step, f) >> f->red_shift & f->red_max,
				200 * f->red_max / 255, 200 * f->red_max / 255 + 1);
		assert_in_range(read_pixel(out + 2 * step, f) >> f->green_shift & f->green_max,
				128 * f->green_max / 255, 128 * f->green_max / 255 + 1);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_client_messages),
		cmocka_unit_test(test_cut_text),
		cmocka_unit_test(test_clipboard_text),
		cmocka_unit_test(test_clipboard_messages),
		cmocka_unit_test(test_limits),
		cmocka_unit_test(test_server_messages),
		cmocka_unit_test(test_version),
		cmocka_unit_test(test_pixel_formats),
		cmocka_unit_test(test_convert),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
