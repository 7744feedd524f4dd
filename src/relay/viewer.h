/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A viewer is where somebody sees a picture and answers with keys and pointer. It shows one picture
 * at a time, with overlays; switching pictures is a scene switch. A viewer that cannot keep up gets
 * fewer frames, never old ones. There are two kinds, made by
 *   viewer-rfb.h    one RFB server connection: VNC, RDP and browser stations, supervisors
 *   viewer-local.h  one screen of this computer, behind station-seat: shared memory
 * and whoever shows pictures does not know which of them it has.
 */
#pragma once

#include "relay/overlay.h"
#include "relay/picture.h"

struct viewer;

/* Overlays, from the lowest up. */
enum viewer_layer {
	VIEWER_LAYER_SIGN,
	VIEWER_LAYER_NOTICE,
	VIEWER_LAYER_MESSAGE,
	VIEWER_LAYER_PANEL,
	VIEWER_LAYER_IDENTIFY,
	VIEWER_LAYER_POINTER, /* of a client that draws none itself; the viewer's own */
	_VIEWER_LAYER_MAX,
};

/*
 * Each returns true if it has taken the event; NULL: takes none. Keys that the picture was told are
 * held are let go there even if their release is taken. Coordinates are those of the layers.
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
	/* X509Plain of RFB: answer with viewer_rfb_accept() or viewer_refuse(), at once or later.
	 */
	void (*handle_credentials)(
			struct viewer *v, const char *user, char *password, void *userdata);
	/* Handshake of RFB done, ClientInit received: a picture must have been set before or be set
	 * now. */
	void (*handle_ready)(struct viewer *v, bool credentials_given, void *userdata);
	/* Keys or pointer were used (for idle times). Called at most once a second. */
	void (*handle_activity)(struct viewer *v, void *userdata);
	/* The connection ended; free the viewer. */
	void (*handle_gone)(struct viewer *v, const char *reason, void *userdata);
	/* A screen has another size; what is made in its size is to be made again. */
	void (*handle_resized)(struct viewer *v, void *userdata);
};

/* NULL is fine; gives NULL. */
struct viewer *viewer_free(struct viewer *v);
/* Ends it (from the loop), over RFB with the reason as SecurityResult where that is still to come.
 */
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
/* To whom can take it. */
void viewer_send_cut_text(struct viewer *v, const char *utf8);
/* For logs and tests: "Tight, quality 6, compression 1, ...". */
const char *viewer_describe(struct viewer *v);
/* Preferred size of the client, if it can resize (0 x 0: unknown). */
void viewer_get_client_size(struct viewer *v, uint16_t *ret_w, uint16_t *ret_h);
/* Size of the client's framebuffer now (0 x 0: not ready). */
void viewer_get_size(struct viewer *v, uint16_t *ret_w, uint16_t *ret_h);
/* Size of what layers are drawn over: the picture's, or the screen's (0 x 0: no picture). */
void viewer_get_layer_size(struct viewer *v, uint16_t *ret_w, uint16_t *ret_h);
/* Its size is that of a screen: pictures come to it, it does not follow them. */
bool viewer_is_screen(const struct viewer *v);
/* A Shift key is held at it now, whatever is shown. */
bool viewer_is_shift_held(const struct viewer *v);
