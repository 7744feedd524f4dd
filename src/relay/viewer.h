/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A viewer is one RFB 3.8 server connection (RFC 6143, rfbproto) towards a station: handshake,
 * security, encodings, flow control, input. It shows one picture at a time, with an optional
 * overlay; switching pictures is a scene switch. A viewer that cannot keep up gets fewer frames,
 * never old ones.
 */
#pragma once

#include <uv.h>

#include "io/stream.h"
#include "relay/overlay.h"
#include "relay/picture.h"

struct viewer;

enum viewer_security {
	VIEWER_SECURITY_NONE,     /* RFB "None": inside an authenticated WebSocket */
	VIEWER_SECURITY_VENCRYPT, /* X509None and X509Plain, both over TLS */
};

/* Overlays, from the lowest up. */
enum viewer_layer {
	VIEWER_LAYER_SIGN,
	VIEWER_LAYER_NOTICE,
	VIEWER_LAYER_MESSAGE,
	VIEWER_LAYER_PANEL,
	VIEWER_LAYER_POINTER, /* of a client that draws none itself; the viewer's own */
	_VIEWER_LAYER_MAX,
};

/*
 * Each returns true if it has taken the event; NULL: takes none. Keys that the picture was told are
 * held are let go there even if their release is taken. Coordinates are those of the picture.
 */
struct viewer_filter {
	bool (*key)(void *userdata, uint32_t keysym, uint32_t keycode, bool down);
	bool (*pointer)(void *userdata, uint8_t buttons, uint16_t x, uint16_t y);
	/* What was copied at the client. */
	bool (*cut_text)(void *userdata);
	/* The client asks for another size of the picture. */
	bool (*resize)(void *userdata);
};

struct viewer_events {
	/* X509Plain: answer with viewer_accept() or viewer_refuse(), at once or later. */
	void (*handle_credentials)(
			struct viewer *v, const char *user, char *password, void *userdata);
	/* Handshake done, ClientInit received: a picture must have been set before or be set now.
	 */
	void (*handle_ready)(struct viewer *v, bool credentials_given, void *userdata);
	/* Keys or pointer were used (for idle times). Called at most once a second. */
	void (*handle_activity)(struct viewer *v, void *userdata);
	/* The connection ended; free the viewer. */
	void (*handle_gone)(struct viewer *v, const char *reason, void *userdata);
};

/* Takes the stream. name: desktop name told to the client. */
int viewer_new(uv_loop_t *loop, struct stream *stream, enum viewer_security security,
		const struct viewer_events *events, void *userdata, struct viewer **ret);
struct viewer *viewer_free(struct viewer *v);
void viewer_accept(struct viewer *v);
/* Sends the reason as RFB SecurityResult and closes. */
void viewer_refuse(struct viewer *v, const char *reason);
/* Show another picture from now on (borrowed; NULL: keep the last frame, take no input). input:
 * pass it on. */
void viewer_set_picture(struct viewer *v, struct picture *p, bool input);
/* Drawn over the picture in this layer; borrowed; NULL: none. Call again when its content or place
 * has changed. */
void viewer_set_overlay(struct viewer *v, enum viewer_layer layer, struct overlay *o);
/* Sees keys and pointer before the picture does, also where the scene takes no input; NULL: none.
 */
void viewer_set_filter(struct viewer *v, const struct viewer_filter *filter, void *userdata);
void viewer_send_cut_text(struct viewer *v, const char *utf8);
/* What was negotiated, for logs and tests: "Tight, quality 6, TigerVNC-like". */
const char *viewer_describe(struct viewer *v);
/* Preferred size of the client, if it can resize (0 x 0: unknown). */
void viewer_get_client_size(struct viewer *v, uint16_t *ret_w, uint16_t *ret_h);
/* Size of the client's framebuffer now (0 x 0: not ready). */
void viewer_get_size(struct viewer *v, uint16_t *ret_w, uint16_t *ret_h);
