/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A look at a display that has just started: when does the first window appear on it? */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "session/loop.h"

enum { PROBE_COOKIE_SIZE = 16, PROBE_BUFFER_MAX = 64 * 1024 };

struct probe {
	struct loop *loop;
	struct watch watch;
	struct buf in;
	int fd;
	uint32_t root; /* 0: the server has not answered yet */
	void (*handle_mapped)(void *userdata);
	void *userdata;
};

void probe_init(struct probe *p, struct loop *l, void (*handle_mapped)(void *userdata),
		void *userdata);
/* Takes fd, a connection to the X server, always. cookie: of MIT-MAGIC-COOKIE-1. */
int probe_start_consume(struct probe *p, int fd, const uint8_t *cookie);
void probe_stop(struct probe *p);

/*
 * Pure: the root window in the server's answer to the connection set-up (X Window System Protocol,
 * "Connection Setup"), least significant byte first. 1 and *ret_root, *ret_len (bytes of the
 * answer); 0: not complete yet; -EACCES: refused; -EBADMSG.
 */
int probe_parse_setup(const uint8_t *data, size_t len, uint32_t *ret_root, size_t *ret_len);
