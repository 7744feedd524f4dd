/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A source from inside: source.c owns descriptor, timers and requests, source-parse.c turns what
 * the display server sent into pixels.
 */
#pragma once

#include "base/buf.h"
#include "proto/rfb-clipboard.h"
#include "relay/source.h"

enum {
	/* A cut text or a pointer shape is read as a whole, pixels never are. */
	SOURCE_IN_MAX = RFB_CUT_TEXT_MAX + 64 * 1024,
	SOURCE_OUT_MAX = 2 * RFB_CUT_TEXT_MAX + 64 * 1024,
	SOURCE_CURSOR_MAX = 256,                /* side; larger shapes are skipped */
	SOURCE_WORK_TURN_MAX = 8 * 1024 * 1024, /* bytes; then the others have their turn */
	SOURCE_NUDGE_AFTER = 64 * 1024,         /* bytes; less fits the server's socket */
	SOURCE_STALL_MS = 2000,                 /* without a sign of life */
};

enum source_state {
	SOURCE_VERSION,
	SOURCE_SECURITY,
	SOURCE_RESULT,
	SOURCE_INIT,
	SOURCE_MESSAGE,
	SOURCE_RECT,
	SOURCE_PIXELS,
	SOURCE_SKIP,
};

struct source {
	uv_loop_t *loop;
	uv_poll_t poll;
	uv_timer_t pace;  /* the next request */
	uv_timer_t pulse; /* source-pulse.c */
	uv_timer_t kick;  /* "go on from the loop": after an unlock, or to report the end */
	unsigned n_handles;
	int fd;
	const struct source_events *events;
	void *userdata;

	struct picture picture;
	struct buf in;
	struct buf out;
	const char *lost; /* reason; NULL: alive */
	int poll_events;

	enum source_state state;
	enum source_state after_skip;
	uint64_t skip;       /* bytes of the peer to throw away */
	unsigned rects_left; /* of the update being read; 0xffff: until LastRect */
	struct rfb_rect rect;
	uint32_t row; /* SOURCE_PIXELS: rows and bytes of the next row that are there */
	uint32_t row_bytes;
	pixman_region32_t damage; /* of the update being read */

	bool knows_qemu_key;
	bool knows_resize;
	uint32_t screen_id;
	uint32_t clipboard_flags; /* what the server can; 0: Latin-1 only */
	bool clipboard_asked;     /* the server owes a text */
	char *clipboard;          /* text that it was told of; NULL: none */
	uint8_t buttons;

	bool ready;        /* handle_ready was called */
	bool want_full;    /* next request is not incremental */
	bool request_out;  /* the server owes an update */
	size_t work;       /* bytes copied on the server's order in this turn of the loop */
	bool rests;        /* it has cost the others too much: nothing is read for a while */
	uint64_t input_ms; /* loop time of the last input, and how many in that ms */
	unsigned n_input;
	size_t unnudged; /* bytes read since the server was last written to */
	int64_t update_ms;

	/* source-pulse.c. CLOCK_MONOTONIC: the last sign of life, the last look. */
	int64_t felt_ms, tick_ms;
	bool probed;  /* something was sent only to see whether it is read */
	bool stalled; /* handle_stall was called */
};

/* Read messages out of s->in until it has no whole one, the picture is locked, or the end. */
void source_parse(struct source *s);
/* The connection is of no use any more; reported from the loop. reason: static text. */
void source_lose(struct source *s, const char *reason);
/* Send what is in s->out. */
void source_flush(struct source *s);
/* Ask for an update if somebody wants one now. */
void source_request(struct source *s);
/* Something for the server in s->out, r: of its builder; a server that takes nothing is lost. */
void source_sent(struct source *s, int r);
/* A large rectangle or update is on its way: make the server send all of it now. */
void source_nudge(struct source *s);
/* Somebody watches now, or waits: begin to look whether the server lives. Nobody: end it. */
void source_pulse_update(struct source *s);
/* The server has said something. */
void source_pulse_felt(struct source *s);
