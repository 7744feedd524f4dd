/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A viewer that is one RFB 3.8 server connection (RFC 6143, rfbproto): handshake, security,
 * encodings, flow control, input.
 */
#pragma once

#include <uv.h>

#include "io/stream.h"
#include "relay/viewer.h"

enum viewer_security {
	VIEWER_SECURITY_NONE,     /* RFB "None": inside an authenticated WebSocket */
	VIEWER_SECURITY_VENCRYPT, /* X509None and X509Plain, both over TLS */
	VIEWER_SECURITY_DONE,     /* version and security were dealt with by the owner */
};

/* Takes the stream. */
int viewer_rfb_new(uv_loop_t *loop, struct stream *stream, enum viewer_security security,
		const struct viewer_events *events, void *userdata, struct viewer **ret);
/* What the client will have, where that is known before it asks. */
void viewer_rfb_set_client_size(struct viewer *v, uint16_t w, uint16_t h);
/* The credentials that handle_credentials brought are right. */
void viewer_rfb_accept(struct viewer *v);
