/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A source is one RFB client connection to the display server of one session; it owns the picture
 * of that session. It asks for updates only while somebody watches, at the rate of the most eager
 * watcher, and lets the connection idle (no request outstanding that would wake it) when nobody
 * does.
 */
#pragma once

#include <uv.h>

#include "relay/picture.h"

struct source;

struct source_events {
	/* First picture is there (picture may be watched before that, too). */
	void (*handle_ready)(struct source *s, void *userdata);
	/* The display server went away or sent garbage; free the source. */
	void (*handle_lost)(struct source *s, const char *reason, void *userdata);
	/* Clipboard of the session changed; UTF-8. May be NULL. */
	void (*handle_cut_text)(struct source *s, const char *utf8, void *userdata);
	/*
	 * The display server has given no sign of life since then (ms since 1970), while somebody
	 * watches; 0: it has again, or nobody watches any more. May be NULL.
	 */
	void (*handle_stall)(struct source *s, int64_t since_ms, void *userdata);
};

/* Takes fd (connected RFB stream) on success. */
int source_new(uv_loop_t *loop, int fd, const struct source_events *events, void *userdata,
		struct source **ret);
struct source *source_free(struct source *s);
struct picture *source_picture(struct source *s);
/* A watcher came or went or changed interval_ms. */
void source_demand_changed(struct source *s);
