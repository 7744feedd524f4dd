/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A listening TCP socket on the loop. */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>
#include <uv.h>

#include "base/cleanup.h"

struct listener;

/* fd: a new connection (CLOEXEC, NONBLOCK, with keep-alive), the callback takes it. */
typedef void (*listener_accept_fn)(int fd, const struct sockaddr *peer, void *userdata);

struct listener_options {
	const char *what;   /* for messages: "HTTPS", "VNC" */
	const char *listen; /* as configured, for messages: "0.0.0.0:8443" */
	const char *host;   /* numeric, or "localhost" */
	uint16_t port;
	bool loopback_only; /* refuse any other address */
};

/*
 * On error *ret_error is a sentence that names address and port (malloc'ed; NULL: no memory), the
 * code is -EINVAL for an address that cannot be meant, else what bind(2) and listen(2) said.
 */
int listener_new(uv_loop_t *loop, const struct listener_options *options, listener_accept_fn fn,
		void *userdata, struct listener **ret, char **ret_error);
/* No callback after this. NULL is fine; gives NULL. */
struct listener *listener_free(struct listener *l);
