/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What a display server may send: a source at one end of a socketpair, the fuzzer's bytes at the
 * other, by the greeting or (first byte odd) after a good one. What must hold: damage lies within
 * the picture, the size within its limits, the end is told once.
 */
#include <string.h>
#include <sys/socket.h>
#include <uv.h>

#include "fuzz.h"
#include "proto/rfb.h"
#include "relay/source.h"

struct state {
	struct picture_watcher watcher;
	struct source *source;
	unsigned n_lost;
};

static void handle_ready(struct source *s, void *userdata)
{
	FUZZ_CHECK(!source_picture(s)->blank);
}

static void handle_lost(struct source *s, const char *reason, void *userdata)
{
	struct state *t = userdata;

	FUZZ_CHECK(reason && *reason && t->n_lost++ == 0);
}

static void handle_cut_text(struct source *s, const char *utf8, void *userdata)
{
	FUZZ_CHECK(strlen(utf8) <= 2 * RFB_CUT_TEXT_MAX);
}

static const struct source_events events = { handle_ready, handle_lost, handle_cut_text };

static void watch_damage(struct picture_watcher *w, const pixman_region32_t *damage)
{
	struct state *t = list_entry(w, struct state, watcher);
	const pixman_box32_t *b = pixman_region32_extents((pixman_region32_t *)damage);
	const struct picture *p = source_picture(t->source);

	FUZZ_CHECK(b->x1 >= 0 && b->y1 >= 0 && b->x2 <= p->w && b->y2 <= p->h);
}

static void watch_resized(struct picture_watcher *w)
{
	const struct picture *p = source_picture(list_entry(w, struct state, watcher)->source);

	FUZZ_CHECK(p->w > 0 && p->h > 0 && p->w <= PICTURE_SIDE_MAX && p->h <= PICTURE_SIDE_MAX);
	FUZZ_CHECK((size_t)p->w * p->h <= PICTURE_PIXELS_MAX);
	p->pixels[(size_t)p->stride * p->h - 1] = 1;
}

static void watch_cursor(struct picture_watcher *w)
{
	const struct cursor *c =
			&source_picture(list_entry(w, struct state, watcher)->source)->cursor;

	FUZZ_CHECK((size_t)c->w * c->h == 0 || c->argb[(size_t)c->w * c->h - 1] != 1u);
}

static void watch_gone(struct picture_watcher *w)
{
}

static void greet(int fd)
{
	struct buf b;

	buf_init(&b, 4096);
	FUZZ_CHECK(buf_append(&b, "RFB 003.008\n\1\1\0\0\0\0", 18) == 0);
	FUZZ_CHECK(rfb_build_server_init(&b, 64, 48, "x") == 0);
	FUZZ_CHECK(write(fd, buf_head(&b), buf_len(&b)) == (ssize_t)buf_len(&b));
	buf_done(&b);
}

static void turn(uv_loop_t *loop, int fd)
{
	uint8_t sink[4096];

	uv_run(loop, UV_RUN_NOWAIT);
	while (recv(fd, sink, sizeof(sink), MSG_DONTWAIT) > 0)
		;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static uv_loop_t loop;
	static bool is_up;
	struct state t = { .watcher = { .handle_damage = watch_damage,
					   .handle_resized = watch_resized,
					   .handle_cursor = watch_cursor,
					   .handle_gone = watch_gone } };
	int fds[2];

	if (!is_up)
		FUZZ_CHECK(uv_loop_init(&loop) == 0);
	is_up = true;
	if (size < 1)
		return 0;
	FUZZ_CHECK(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds) == 0);
	FUZZ_CHECK(source_new(&loop, fds[0], &events, &t, &t.source) == 0);
	picture_watch(source_picture(t.source), &t.watcher);
	if (data[0] & 1)
		greet(fds[1]);
	turn(&loop, fds[1]);
	for (size_t at = 1; at < size && t.n_lost == 0;) {
		ssize_t n = send(fds[1], data + at, size - at, MSG_DONTWAIT | MSG_NOSIGNAL);

		if (n > 0)
			at += (size_t)n;
		turn(&loop, fds[1]);
	}
	close(fds[1]);
	turn(&loop, -1);
	turn(&loop, -1);
	source_free(t.source);
	uv_run(&loop, UV_RUN_DEFAULT);
	return 0;
}
