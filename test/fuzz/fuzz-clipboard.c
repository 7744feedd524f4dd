/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Messages of the extended clipboard: as they come (first byte even), or a deflated text of the
 * fuzzer's choice with a length of its choice (odd), because nobody guesses zlib. What must hold: a
 * text is UTF-8 without CR, within its limit, and the same after another journey.
 */
#include <string.h>
#include <zlib.h>

#include "base/cleanup.h"
#include "base/str.h"
#include "fuzz.h"
#include "proto/rfb-clipboard.h"

enum { PACKED_MAX = 64 * 1024 };

static void check_again(const char *text)
{
	_cleanup_free_ char *again = NULL;
	struct buf b;

	buf_init(&b, 4 << 20);
	FUZZ_CHECK(rfb_build_clipboard_text(&b, RFB_SERVER_CUT_TEXT, text) == 0);
	FUZZ_CHECK(rfb_clipboard_parse_text(buf_head(&b) + 8, buf_len(&b) - 8, &again) == 0);
	FUZZ_CHECK(streq(text, again));
	buf_done(&b);
}

static void parse(const uint8_t *data, size_t len)
{
	_cleanup_free_ char *text = NULL;
	struct rfb_clipboard c;
	int r;

	r = rfb_clipboard_parse(data, len, &c);
	FUZZ_CHECK(r == 0 || r == -EBADMSG);
	FUZZ_CHECK(r < 0 || __builtin_popcount(c.action) == 1);
	if (rfb_clipboard_parse_text(data, len, &text) < 0)
		return;
	FUZZ_CHECK(r == 0 && c.action == RFB_CLIPBOARD_PROVIDE && c.has_text);
	FUZZ_CHECK(strlen(text) <= RFB_CLIPBOARD_TEXT_MAX && !strchr(text, '\r'));
	FUZZ_CHECK(str_is_utf8(text, strlen(text)));
	check_again(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static uint8_t packed[PACKED_MAX];
	uLongf len = sizeof(packed) - 4;

	if (size < 1 || size > PACKED_MAX / 2)
		return 0;
	if (!(data[0] & 1)) {
		parse(data + 1, size - 1);
		return 0;
	}
	rfb_put_u32(packed, RFB_CLIPBOARD_PROVIDE | RFB_CLIPBOARD_TEXT);
	FUZZ_CHECK(compress(packed + 4, &len, data + 1, size - 1) == Z_OK);
	parse(packed, 4 + len);
	return 0;
}
