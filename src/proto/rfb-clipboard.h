/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The extended clipboard (rfbproto: Extended Clipboard Pseudo-Encoding), text only: UTF-8 of any
 * script, announced when it changes and sent when somebody wants it. Both sides send the same
 * messages; those of this file begin with the flags, behind the head of a cut text.
 */
#pragma once

#include "proto/rfb.h"

enum {
	RFB_CLIPBOARD_TEXT_MAX = RFB_CUT_TEXT_MAX, /* bytes of a text */
	RFB_CLIPBOARD_TEXT = 1 << 0,               /* the only format that is known here */
	RFB_CLIPBOARD_CAPS = 1 << 24,
	RFB_CLIPBOARD_REQUEST = 1 << 25,
	RFB_CLIPBOARD_PEEK = 1 << 26,
	RFB_CLIPBOARD_NOTIFY = 1 << 27,
	RFB_CLIPBOARD_PROVIDE = 1 << 28,
	RFB_CLIPBOARD_ACTIONS = 0x1f << 24,
	/* What a client can before it has said so (rfbproto), as far as it matters here. */
	RFB_CLIPBOARD_DEFAULT = RFB_CLIPBOARD_TEXT | RFB_CLIPBOARD_REQUEST | RFB_CLIPBOARD_NOTIFY |
				RFB_CLIPBOARD_PROVIDE,
	RFB_CLIPBOARD_DEFAULT_MAX = 20 * 1024 * 1024,
};

struct rfb_clipboard {
	uint32_t action; /* exactly one of those above */
	bool has_text;   /* the message is about text */
	uint32_t flags;  /* CAPS: all that the peer can */
	uint32_t max;    /* CAPS: bytes of text that may be sent without being asked for */
};

/* -EBADMSG. */
int rfb_clipboard_parse(const uint8_t *data, size_t len, struct rfb_clipboard *ret);
/*
 * The text of a PROVIDE message as fresh UTF-8 with LF as line end. -EBADMSG, -EMSGSIZE (more than
 * RFB_CLIPBOARD_TEXT_MAX), -EILSEQ (not UTF-8), -ENODATA (has no text), -ENOMEM. Costs as much as
 * that many bytes, however short the message is.
 */
int rfb_clipboard_parse_text(const uint8_t *data, size_t len, char **ret);

/* type: RFB_CLIENT_CUT_TEXT or RFB_SERVER_CUT_TEXT. */
/* What we can: everything with text, but nothing that was not asked for. */
int rfb_build_clipboard_caps(struct buf *out, uint8_t type);
/* REQUEST, PEEK or NOTIFY; of text or (has_text false) of nothing. */
int rfb_build_clipboard_action(struct buf *out, uint8_t type, uint32_t action, bool has_text);
/* PROVIDE; cut at RFB_CLIPBOARD_TEXT_MAX. */
int rfb_build_clipboard_text(struct buf *out, uint8_t type, const char *utf8);
