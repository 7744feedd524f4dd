/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * RFB messages of both sides. What must hold: a parser reads nothing behind the end, makes
 * progress, points only into what it has read, says the same about a message whatever follows it,
 * and never takes a message that it did not have as a whole before.
 */
#include <errno.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/str.h"
#include "fuzz.h"
#include "proto/rfb.h"

enum { MESSAGES_MAX = 1000 };

static void check_borrowed(const uint8_t *data, size_t used, const uint8_t *p, size_t len)
{
	if (p)
		FUZZ_CHECK(p >= data && p + len <= data + used);
}

/* Parsing less than the whole message must say "incomplete" (or refuse it by its head). */
static void check_prefix(const uint8_t *data, size_t used, bool client)
{
	_cleanup_free_ uint8_t *copy = malloc(MAX(used - 1, (size_t)1));
	struct rfb_client_message c;
	struct rfb_server_message s;
	size_t n = 0;
	int r;

	FUZZ_CHECK(copy);
	memcpy(copy, data, used - 1);
	r = client ? rfb_client_parse(copy, used - 1, &c, &n)
		   : rfb_server_parse(copy, used - 1, &s, &n);
	FUZZ_CHECK(r == -EAGAIN);
}

static void check_client_text(const struct rfb_client_message *m)
{
	_cleanup_free_ char *text = NULL;

	if (!m->cut_text.data)
		return;
	text = rfb_latin1_to_utf8(m->cut_text.data, m->cut_text.len);
	FUZZ_CHECK(text && str_is_utf8(text, strlen(text)));
}

static size_t fuzz_client(const uint8_t *data, size_t len)
{
	struct rfb_client_message m = { 0 };
	size_t used = 0;
	int r;

	r = rfb_client_parse(data, len, &m, &used);
	FUZZ_CHECK(r == 0 || r == -EAGAIN || r == -EBADMSG || r == -EMSGSIZE);
	if (r < 0)
		return 0;
	FUZZ_CHECK(used > 0 && used <= len);
	if (m.type == RFB_CLIENT_SET_ENCODINGS) {
		check_borrowed(data, used, m.encodings.data, 4 * (size_t)m.encodings.n);
		FUZZ_CHECK(m.encodings.n <= RFB_ENCODINGS_MAX);
		for (unsigned i = 0; i < m.encodings.n; i++)
			rfb_get_encoding(m.encodings.data, i);
	} else if (m.type == RFB_CLIENT_CUT_TEXT) {
		check_borrowed(data, used, m.cut_text.data, m.cut_text.len);
		check_client_text(&m);
	} else if (m.type == RFB_CLIENT_FENCE) {
		check_borrowed(data, used, m.fence.data, m.fence.len);
		FUZZ_CHECK(m.fence.len <= RFB_FENCE_MAX);
	}
	check_prefix(data, used, true);
	return used;
}

static size_t fuzz_server(const uint8_t *data, size_t len)
{
	struct rfb_server_message m = { 0 };
	size_t used = 0;
	int r;

	r = rfb_server_parse(data, len, &m, &used);
	FUZZ_CHECK(r == 0 || r == -EAGAIN || r == -EBADMSG || r == -EMSGSIZE);
	if (r < 0)
		return 0;
	FUZZ_CHECK(used > 0 && used <= len);
	if (m.type == RFB_SERVER_CUT_TEXT)
		check_borrowed(data, used, m.cut_text.data, m.cut_text.len);
	else if (m.type == RFB_SERVER_FENCE)
		check_borrowed(data, used, m.fence.data, m.fence.len);
	check_prefix(data, used, false);
	return used;
}

/* A format that is taken can be used and written again. */
static void fuzz_formats(const uint8_t *data, size_t len)
{
	struct rfb_pixel_format f, again;
	struct rfb_server_init init;
	uint8_t bytes[RFB_PIXEL_FORMAT_LEN], pixel[8] = { 0 };
	unsigned major, minor;

	if (len >= RFB_PIXEL_FORMAT_LEN && rfb_pixel_format_parse(data, &f) == 0) {
		FUZZ_CHECK(f.bpp == 8 || f.bpp == 16 || f.bpp == 32);
		rfb_pixel_format_build(bytes, &f);
		FUZZ_CHECK(rfb_pixel_format_parse(bytes, &again) == 0);
		FUZZ_CHECK(rfb_pixel_format_eq(&f, &again));
		if (f.true_colour)
			FUZZ_CHECK(rfb_pixel_convert(pixel, 0x123456, &f) == pixel + f.bpp / 8);
		rfb_pixel_format_is_tpixel(&f);
	}
	if (len >= RFB_SERVER_INIT_LEN && rfb_server_init_parse(data, &init) == 0)
		FUZZ_CHECK(init.name_len <= RFB_NAME_MAX);
	if (len >= RFB_VERSION_LEN)
		rfb_version_parse(data, &major, &minor);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	size_t at = 0, used;

	fuzz_formats(data, size);
	for (int i = 0; i < MESSAGES_MAX && at < size; i++, at += used)
		if ((used = fuzz_client(data + at, size - at)) == 0)
			break;
	at = 0;
	for (int i = 0; i < MESSAGES_MAX && at < size; i++, at += used)
		if ((used = fuzz_server(data + at, size - at)) == 0)
			break;
	return 0;
}
