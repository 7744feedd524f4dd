/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * An RFB viewer from inside:
 *   viewer-rfb.c            life, what the relay asks of it
 *   viewer-rfb-handshake.c  version to ServerInit
 *   viewer-rfb-message.c    what the client says afterwards
 *   viewer-rfb-clipboard.c  texts, both ways
 *   viewer-rfb-pointer.c    the pointer of a client that draws none
 *   viewer-rfb-frame.c      what the client gets; flow control
 */
#pragma once

#include "base/buf.h"
#include "proto/rfb-clipboard.h"
#include "relay/encode.h"
#include "relay/viewer-internal.h"
#include "relay/viewer-rfb.h"

enum {
	VIEWER_RFB_IN_MAX = RFB_CUT_TEXT_MAX + 64 * 1024,
	VIEWER_RFB_MESSAGES_TURN_MAX = 512, /* then the others have their turn */
	VIEWER_RFB_REPLIES_MAX =
			1024 * 1024, /* bytes owed to a client that asks but does not read */
	VIEWER_RFB_HANDSHAKE_MS_MAX = 30000,
	VIEWER_RFB_FENCES_MAX = 32, /* frames sent and not acknowledged */
	VIEWER_RFB_DESCRIPTION_LEN = 160,
};

#define VIEWER_RFB_DESKTOP_NAME "Stationmaster"

enum viewer_rfb_state {
	VIEWER_RFB_VERSION,
	VIEWER_RFB_SECURITY_CHOICE,
	VIEWER_RFB_VENCRYPT_VERSION,
	VIEWER_RFB_VENCRYPT_CHOICE,
	VIEWER_RFB_TLS,         /* handshake of the stream; no bytes for us */
	VIEWER_RFB_CREDENTIALS, /* X509Plain */
	VIEWER_RFB_JUDGED,      /* the owner decides on the credentials */
	VIEWER_RFB_CLIENT_INIT,
	VIEWER_RFB_NO_PICTURE, /* ClientInit was read, ServerInit not sent: no picture yet */
	VIEWER_RFB_RUNNING,
};

struct viewer_rfb {
	struct viewer base;
	uv_loop_t *loop;
	uv_timer_t kick;  /* "from the loop": the end is reported there */
	uv_timer_t limit; /* of the handshake */
	unsigned n_handles;
	struct stream *stream; /* NULL: ended */
	enum viewer_security security;
	enum viewer_rfb_state state;
	bool credentials_given;
	bool reported; /* handle_gone was called */
	char reason[160];
	char description[VIEWER_RFB_DESCRIPTION_LEN];

	/* What the client says. */
	struct buf in;
	uint64_t skip; /* bytes to throw away */
	unsigned cost; /* of the message that was handled, in messages, beyond one */

	/* What it understands. */
	struct encode_format format;
	uint32_t subtype; /* VeNCrypt; 0: none */
	bool is_colour_mapped;
	bool knows_cursor, knows_cursor_alpha, knows_size, knows_extended_size, knows_last_rect;
	bool knows_fence, knows_continuous, knows_qemu_key, knows_leds, knows_clipboard;
	bool told_fence, told_continuous, told_qemu_key;
	bool zrle_begun; /* it has the header of the zlib stream */

	/* Clipboard. */
	uint32_t clipboard_flags; /* what the client can */
	uint32_t clipboard_max;   /* bytes of text that it takes unasked */
	bool clipboard_asked;     /* the client owes a text */
	char *clipboard;          /* of the picture, the client was told of it; NULL: none */

	struct encode_client client; /* of the picture */

	/* The pointer as a layer. */
	struct overlay pointer;
	uint32_t *pointer_argb; /* premultiplied; of the picture's shape */
	bool has_pointer;       /* the client has used it; where: */
	uint16_t at_x, at_y;

	/* What the client has and wants. */
	uint16_t w, h; /* of its framebuffer */
	uint16_t client_w, client_h;
	bool size_due, cursor_due, leds_due;
	uint16_t size_reason, size_status; /* of the next ExtendedDesktopSize */
	bool wants;                        /* a request is open */
	pixman_region32_t requested;
	bool continuous;
	struct rfb_rect continuous_rect;

	/* Flow control by fences. */
	uint32_t fence_sent, fence_acked;
	int64_t fence_us[VIEWER_RFB_FENCES_MAX]; /* when frame n % MAX was sent */
	int64_t rtt_min_us;

	size_t frame_bytes; /* of the frame sent last: it may still be pending */

	/* Of the frame being made. */
	bool sending;
	struct chunk *extra[2]; /* pseudo rectangles; pieces under the overlay */
	unsigned extra_rects[2];
};

static inline struct viewer_rfb *viewer_rfb_of(struct viewer *v)
{
	return list_entry(v, struct viewer_rfb, base);
}

/* --- viewer-rfb.c --- */
/* Ends the connection; handle_gone comes from the loop. */
void viewer_rfb_fail(struct viewer_rfb *v, const char *fmt, ...) _printf_(2, 3);
/* Copies and writes bytes; false: failed. */
bool viewer_rfb_write(struct viewer_rfb *v, const void *data, size_t n);
bool viewer_rfb_write_buf(struct viewer_rfb *v, struct buf *b);
/* Join the encoding class of v->format for v->base.picture again, everything changed. */
void viewer_rfb_join(struct viewer_rfb *v);
/* Send ServerInit if ClientInit was read and there is a picture to tell the size of. */
void viewer_rfb_start(struct viewer_rfb *v);

/* --- viewer-rfb-handshake.c --- */
/* One step; true: there was progress, go on. */
bool viewer_rfb_handshake(struct viewer_rfb *v);
void viewer_rfb_handshake_begin(struct viewer_rfb *v);
void viewer_rfb_handshake_tls_done(struct viewer_rfb *v);
/* SecurityResult; reason NULL: fine. */
void viewer_rfb_handshake_result(struct viewer_rfb *v, const char *reason);

/* --- viewer-rfb-message.c --- */
bool viewer_rfb_message(struct viewer_rfb *v);

/* --- viewer-rfb-clipboard.c --- */
bool viewer_rfb_clipboard_announce(struct viewer_rfb *v);
bool viewer_rfb_clipboard_handle(struct viewer_rfb *v, const struct rfb_cut_text *m);
void viewer_rfb_clipboard_send(struct viewer_rfb *v, const char *utf8);
/* The picture is another one: its clipboard is none of the client's business any more. */
void viewer_rfb_clipboard_forget(struct viewer_rfb *v);

/* --- viewer-rfb-pointer.c --- */
/* The picture, the shape, or what the client draws itself has changed. */
void viewer_rfb_pointer_reset(struct viewer_rfb *v);
void viewer_rfb_pointer_move(struct viewer_rfb *v, uint16_t x, uint16_t y);
void viewer_rfb_pointer_done(struct viewer_rfb *v);

/* --- viewer-rfb-frame.c --- */
/* Send what is due, if the client can take it. */
void viewer_rfb_send(struct viewer_rfb *v);
void viewer_rfb_frame_init(struct viewer_rfb *v);
void viewer_rfb_frame_done(struct viewer_rfb *v);
/* Forget the frame being made; what was in it is due again. */
void viewer_rfb_frame_drop(struct viewer_rfb *v);
void viewer_rfb_handle_fence(struct viewer_rfb *v, const uint8_t *data, size_t len);
