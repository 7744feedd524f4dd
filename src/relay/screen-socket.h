/* SPDX-License-Identifier: GPL-3.0-or-later */
/* /ws/project: a dashboard that sends the pictures of a projection. */
#pragma once

#include <jansson.h>

#include "relay/web-socket.h"

struct projections;
struct screen_socket;

/* The screen wants a picture: ask for one, once. */
void screen_socket_ask(struct screen_socket *c);
/* What it sent was no picture: close it. */
void screen_socket_refuse(struct screen_socket *c, const char *reason);
/* Frees it, and trims its projection. */
void screen_socket_end(struct screen_socket *c, enum socket_close code);
void screen_sockets_handle_up(struct projections *all);
void screen_sockets_handle_order(struct projections *all, const char *order, json_t *parameters);
void screen_sockets_stop(struct projections *all);
