/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * HTTP, HTTPS and WebSockets of the relay: pages, POST /api, and the sockets of dashboards and
 * browser stations (docs/ARCHITECTURE.md, "One API"). libwebsockets does the protocols on the
 * relay's loop; we accept, limit, check and answer.
 */
#pragma once

#include <uv.h>

#include "base/cleanup.h"

struct relay;
struct web;

/* On error *ret_error is a sentence for the person who started the relay (malloc'ed). */
int web_new(struct relay *relay, struct web **ret, char **ret_error);
/* Closes everything; run the loop until nothing is left, then web_free(). */
void web_stop(struct web *web);
struct web *web_free(struct web *web);
