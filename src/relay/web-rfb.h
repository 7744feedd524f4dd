/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A stream (io/stream.h) over a WebSocket with binary messages. */
#pragma once

#include "io/stream.h"

struct web_socket;
struct socket_end;

/* The socket is the stream's from now on. */
int web_rfb_new(struct web_socket *socket, struct stream **ret);
/* What the peer is told when its owner closes the stream; borrowed until then. */
void web_rfb_set_end(struct stream *s, const struct socket_end *end);
