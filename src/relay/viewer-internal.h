/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A viewer from inside:
 *   viewer.c            life, the API towards the relay, scenes
 *   viewer-handshake.c  version to ServerInit
 *   viewer-message.c    what the client says afterwards; input
 *   viewer-clipboard.c  texts, both ways
 *   viewer-pointer.c    the pointer of a client that draws none
 *   viewer-frame.c      what the client gets; flow control
 */
#pragma once

#include "base/buf.h"
#include "proto/rfb-clipboard.h"
#include "relay/encode.h"
#include "relay/viewer.h"

enum {
	VIEWER_IN_MAX = RFB_CUT_TEXT_MAX + 64 * 1024,
	VIEWER_MESSAGES_TURN_MAX = 512,   /* then the others have their turn */
	VIEWER_KEYS_MAX = 32,             /* held down at once */
	VIEWER_REPLIES_MAX = 1024 * 1024, /* bytes owed to a client that asks but does not read */
	VIEWER_HANDSHAKE_MS_MAX = 30000,
	VIEWER_FENCES_MAX = 32, /* frames sent and not acknowledged */
	VIEWER_DESCRIPTION_LEN = 160,
};

#define VIEWER_DESKTOP_NAME "Stationmaster"

enum viewer_state {
	VIEWER_VERSION,
	VIEWER_SECURITY_CHOICE,
	VIEWER_VENCRYPT_VERSION,
	VIEWER_VENCRYPT_CHOICE,
	VIEWER_TLS,         /* handshake of the stream; no bytes for us */
	VIEWER_CREDENTIALS, /* X509Plain */
	VIEWER_JUDGED,      /* the owner decides on the credentials */
	VIEWER_CLIENT_INIT,
	VIEWER_NO_PICTURE, /* ClientInit was read, ServerInit not sent: no picture yet */
	VIEWER_RUNNING,
};

struct viewer_key {
	uint32_t keysym, keycode;
};

struct viewer {
	uv_loop_t *loop;
	uv_timer_t kick;  /* "from the loop": the end is reported there */
	uv_timer_t limit; /* of the handshake */
	unsigned n_handles;
	struct stream *stream; /* NULL: ended */
	enum viewer_security security;
	const struct viewer_events *events;
	void *userdata;
	enum viewer_state state;
	bool credentials_given;
	bool failed;
	bool reported; /* handle_gone was called */
	char reason[160];
	char description[VIEWER_DESCRIPTION_LEN];

	/* What the client says. */
	struct buf in;
	uint64_t skip; /* bytes to throw away */
	unsigned cost; /* of the message that was handled, in messages, beyond one */
	struct viewer_key keys[VIEWER_KEYS_MAX];
	unsigned n_keys;
	uint8_t buttons;
	uint16_t pointer_x, pointer_y;
	int64_t activity_ms;

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

	/* The scene. */
	struct picture *picture; /* borrowed; NULL: the last frame stays */
	bool input;
	const struct viewer_filter *filter;
	void *filter_userdata;
	struct overlay *overlays[_VIEWER_LAYER_MAX]; /* borrowed */
	/* Where they were when they were last drawn; w 0: nowhere. */
	struct rfb_rect overlays_at[_VIEWER_LAYER_MAX];
	struct encode_client client;

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
	int64_t fence_us[VIEWER_FENCES_MAX]; /* when frame n % MAX was sent */
	int64_t rtt_min_us;

	size_t frame_bytes; /* of the frame sent last: it may still be pending */

	/* Of the frame being made. */
	bool sending;
	struct chunk *extra[2]; /* pseudo rectangles; pieces under the overlay */
	unsigned extra_rects[2];
};

/* --- viewer.c --- */
/* Ends the connection; handle_gone comes from the loop. */
void viewer_fail(struct viewer *v, const char *fmt, ...) _printf_(2, 3);
/* Copies and writes bytes; false: failed. */
bool viewer_write(struct viewer *v, const void *data, size_t n);
bool viewer_write_buf(struct viewer *v, struct buf *b);
/* Join the encoding class of v->format for v->picture again, everything changed. */
void viewer_join(struct viewer *v);
/* Send ServerInit if ClientInit was read and there is a picture to tell the size of. */
void viewer_start(struct viewer *v);

/* --- viewer-handshake.c --- */
/* One step; true: there was progress, go on. */
bool viewer_handshake(struct viewer *v);
void viewer_handshake_begin(struct viewer *v);
void viewer_handshake_tls_done(struct viewer *v);
/* SecurityResult; reason NULL: fine. */
void viewer_handshake_result(struct viewer *v, const char *reason);

/* --- viewer-message.c --- */
bool viewer_message(struct viewer *v);
/* Let go of every key and button in the picture shown now. */
void viewer_release_input(struct viewer *v);

/* --- viewer-clipboard.c --- */
bool viewer_clipboard_announce(struct viewer *v);
bool viewer_clipboard_handle(struct viewer *v, const struct rfb_cut_text *m);
/* The picture is another one: its clipboard is none of the client's business any more. */
void viewer_clipboard_forget(struct viewer *v);

/* --- viewer-pointer.c --- */
/* The picture, the shape, or what the client draws itself has changed. */
void viewer_pointer_reset(struct viewer *v);
void viewer_pointer_move(struct viewer *v, uint16_t x, uint16_t y);
void viewer_pointer_done(struct viewer *v);

/* --- viewer-frame.c --- */
/* Send what is due, if the client can take it. */
void viewer_send(struct viewer *v);
void viewer_frame_init(struct viewer *v);
void viewer_frame_done(struct viewer *v);
/* Forget the frame being made; what was in it is due again. */
void viewer_frame_drop(struct viewer *v);
void viewer_handle_fence(struct viewer *v, const uint8_t *data, size_t len);
