/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A stream (io/stream.h) over a WebSocket with binary messages. */
#pragma once

#include "io/stream.h"

struct web_socket;

/* The socket is the stream's from now on. */
int web_rfb_new(struct web_socket *socket, struct stream **ret);
