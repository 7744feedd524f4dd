/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Streams over a connected socket, plain at first, TLS (server side) after stream_start_tls(). */
#pragma once

#include <openssl/ssl.h>
#include <uv.h>

#include "io/stream.h"

/*
 * Takes fd (connected stream socket) on success. tls: what stream_start_tls() uses, a reference is
 * kept; NULL: start_tls gives -EOPNOTSUPP. Set the events before the loop runs again.
 */
int stream_tcp_new(uv_loop_t *loop, int fd, SSL_CTX *tls, struct stream **ret);
/* No handle_data until it goes on, but for what was read already; nor is the peer's end noticed. */
void stream_tcp_pause(struct stream *s, bool pause);
