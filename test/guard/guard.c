/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The hot paths, one at a time, for callgrind: guard CASE does the work of a case in measure(),
 * what it needs before that outside. test/run-guard counts the instructions and compares them.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "base/str.h"
#include "fake-stream.h"
#include "proto/zrle.h"
#include "relay/encode.h"
#include "relay/source.h"
#include "relay/thumbnail.h"
#include "relay/viewer-rfb.h"

enum { W = 1280, H = 720, VIEWERS = 40 };

static uv_loop_t loop;
static struct picture picture;
static void (*work)(void);

/* Its name is what callgrind collects for. */
__attribute__((noinline)) void measure(void);
void measure(void)
{
	work();
	__asm__ volatile("" ::: "memory");
}

__attribute__((noreturn)) static void die(const char *what)
{
	fprintf(stderr, "guard: %s\n", what);
	exit(1);
}

/* --- what is drawn --- */

static void set(unsigned x, unsigned y, uint32_t rgb)
{
	memcpy(picture.pixels + (size_t)y * picture.stride + (size_t)x * 4, &rgb, 4);
}

static void draw_solid(unsigned x0, unsigned y0, unsigned w, unsigned h, uint32_t rgb)
{
	for (unsigned y = y0; y < y0 + h; y++)
		for (unsigned x = x0; x < x0 + w; x++)
			set(x, y, rgb);
}

/* Strokes of letters 7 x 13 with grey edges, a few hundred different ones. */
static void draw_text(unsigned x0, unsigned y0, unsigned w, unsigned h)
{
	draw_solid(x0, y0, w, h, 0xffffff);
	for (unsigned y = y0; y < y0 + h; y++)
		for (unsigned x = x0; x < x0 + w; x++) {
			uint32_t letter = (x / 7 * 2654435761u ^ y / 13 * 2246822519u) >> 7;
			unsigned i = x % 7, j = y % 13;

			if (i < 5 && j < 9 && letter % 5 != 0 && letter >> (i + j % 3 * 5) & 1)
				set(x, y, letter >> (i + j) & 1 ? 0x000000 : 0x808080);
		}
}

static void draw_photo(unsigned x0, unsigned y0, unsigned w, unsigned h)
{
	uint32_t seed = 1;

	for (unsigned y = y0; y < y0 + h; y++)
		for (unsigned x = x0; x < x0 + w; x++) {
			seed = seed * 1664525 + 1013904223;
			set(x, y,
					(x / 2 & 255) << 16 | ((y + (seed >> 28)) & 255) << 8 |
							((x + y) / 3 & 255));
		}
}

static void damage(int x, int y, unsigned w, unsigned h)
{
	pixman_region32_t r;

	pixman_region32_init_rect(&r, x, y, w, h);
	picture_damage(&picture, &r);
	pixman_region32_fini(&r);
}

/* --- encoders --- */

static struct tight_encoder *tight;
static struct zrle_encoder *zrle;
static struct tight_params params;
static struct tight_piece piece;
static struct buf out;

static void encode_tight(void)
{
	unsigned n = 0;

	if (tight_encode(tight, &params, &piece, &out, &n) < 0)
		die("tight_encode");
}

static void encode_zrle(void)
{
	unsigned n = 0;

	if (zrle_encode(zrle, &params, &piece, &out, &n) < 0)
		die("zrle_encode");
}

static void run_encoder(void (*encode)(void), uint16_t w, uint16_t h)
{
	params = (struct tight_params){ .format = rfb_format_bgrx, .quality = 6, .compress = 1 };
	piece = (struct tight_piece){
		.pixels = picture.pixels, .stride = picture.stride, .rect = { 0, 0, w, h }
	};
	buf_init(&out, 16 << 20);
	if (tight_encoder_new(&tight) < 0 || zrle_encoder_new(&zrle) < 0)
		die("no memory");
	/* Once before: what is set up for the first time does not count. */
	encode();
	work = encode;
	measure();
	tight_encoder_free(tight);
	zrle_encoder_free(zrle);
	buf_done(&out);
}

static void case_text(void)
{
	draw_text(0, 0, W, 64);
	run_encoder(encode_tight, W, 64);
}

static void case_zrle_text(void)
{
	draw_text(0, 0, W, 64);
	run_encoder(encode_zrle, W, 64);
}

static void case_photo(void)
{
	draw_photo(0, 0, 256, 256);
	run_encoder(encode_tight, 256, 256);
}

static void case_fill(void)
{
	draw_solid(0, 0, W, 64, 0x336699);
	run_encoder(encode_tight, W, 64);
}

/* --- forty viewers --- */

static void handle_ready(struct viewer *v, bool with, void *userdata)
{
	viewer_set_picture(v, &picture, false);
}

static void handle_gone(struct viewer *v, const char *reason, void *userdata)
{
	die(reason);
}

static const struct viewer_events viewer_events = {
	.handle_ready = handle_ready,
	.handle_gone = handle_gone,
};

static struct fake_stream streams[VIEWERS];

static void ask(struct fake_stream *s, bool incremental)
{
	static const struct rfb_rect all = { 0, 0, 0xffff, 0xffff };
	struct buf b;

	buf_init(&b, 64);
	rfb_build_update_request(&b, incremental, &all);
	fake_stream_feed(s, buf_head(&b), buf_len(&b));
	buf_done(&b);
}

static void change_a_line(void)
{
	damage(0, 104, W, 13);
}

static void case_frame40(void)
{
	static const int32_t encodings[] = { RFB_ENCODING_TIGHT, RFB_ENCODING_QUALITY_0 + 6 };
	struct viewer *viewers[VIEWERS];
	struct buf b;

	draw_text(0, 0, W, H);
	damage(0, 0, W, H);
	for (unsigned i = 0; i < VIEWERS; i++) {
		fake_stream_init(&streams[i]);
		if (viewer_rfb_new(&loop, &streams[i].s, VIEWER_SECURITY_NONE, &viewer_events, NULL,
				    &viewers[i]) < 0)
			die("no memory");
		fake_stream_feed(&streams[i], "RFB 003.008\n\1\1", 14);
		uv_run(&loop, UV_RUN_NOWAIT);
		buf_init(&b, 64);
		rfb_build_set_encodings(&b, encodings, ELEMENTSOF(encodings));
		fake_stream_feed(&streams[i], buf_head(&b), buf_len(&b));
		buf_done(&b);
		fake_stream_forget(&streams[i]);
		ask(&streams[i], false);
	}
	for (unsigned i = 0; i < VIEWERS; i++) {
		while (streams[i].n_writes == 0)
			uv_run(&loop, UV_RUN_ONCE);
		fake_stream_forget(&streams[i]);
		ask(&streams[i], true);
	}
	work = change_a_line;
	measure();
	for (unsigned i = 0; i < VIEWERS; i++) {
		if (streams[i].n_writes != 1)
			die("a viewer has no frame, or more than one write");
		viewer_free(viewers[i]);
		fake_stream_done(&streams[i]);
	}
}

/* --- a source --- */

static int server_fd;
static struct source *source;
static uint8_t frame[RFB_UPDATE_HEAD_LEN + RFB_RECT_HEAD_LEN + W * H * 4];

static void handle_source_ready(struct source *s, void *userdata)
{
}

static void handle_source_lost(struct source *s, const char *reason, void *userdata)
{
	die(reason);
}

static const struct source_events source_events = {
	.handle_ready = handle_source_ready,
	.handle_lost = handle_source_lost,
};

static void say(const void *data, size_t n)
{
	const uint8_t *p = data;

	while (n > 0) {
		ssize_t k = send(server_fd, p, n, MSG_DONTWAIT | MSG_NOSIGNAL);

		if (k > 0) {
			p += k;
			n -= (size_t)k;
		}
		uv_run(&loop, UV_RUN_NOWAIT);
	}
}

static void take_frame(void)
{
	uint64_t serial = source_picture(source)->serial;

	say(frame, sizeof(frame));
	while (source_picture(source)->serial == serial)
		uv_run(&loop, UV_RUN_NOWAIT);
}

static void case_source(void)
{
	struct rfb_rect all = { 0, 0, W, H };
	struct buf b;
	int fds[2];

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds) < 0 ||
			source_new(&loop, fds[0], &source_events, NULL, &source) < 0)
		die("no source");
	server_fd = fds[1];
	buf_init(&b, 4096);
	buf_append(&b, "RFB 003.008\n\1\1\0\0\0\0", 18);
	rfb_build_server_init(&b, W, H, "guard");
	say(buf_head(&b), buf_len(&b));
	buf_done(&b);
	rfb_update_head_build(frame, 1);
	rfb_rect_head_build(frame + RFB_UPDATE_HEAD_LEN, &all, RFB_ENCODING_RAW);
	take_frame();
	work = take_frame;
	measure();
	source_free(source);
	close(server_fd);
}

/* --- a thumbnail: the work of its job, on a thread of the pool --- */

static unsigned n_thumbnails;

static void handle_thumbnail(struct thumbnail_subscriber *s, struct chunk *jpeg, uint16_t w,
		uint16_t h, int64_t taken_ms)
{
	n_thumbnails++;
}

static void case_thumbnail(void)
{
	struct thumbnail_subscriber s = { .size = THUMBNAIL_MEDIUM,
		.handle_thumbnail = handle_thumbnail };
	struct thumbnail *t;

	draw_text(0, 0, W, H);
	draw_photo(300, 100, 640, 360);
	damage(0, 0, W, H);
	if (thumbnail_new(&loop, &picture, NULL, NULL, &t) < 0)
		die("no memory");
	thumbnail_subscribe(t, &s);
	while (n_thumbnails == 0)
		uv_run(&loop, UV_RUN_ONCE);
	thumbnail_unsubscribe(t, &s);
	thumbnail_free(t);
}

static const struct {
	const char *name;
	void (*run)(void);
} cases[] = {
	{ "fill", case_fill },
	{ "frame40", case_frame40 },
	{ "photo", case_photo },
	{ "source", case_source },
	{ "text", case_text },
	{ "thumbnail", case_thumbnail },
	{ "zrle-text", case_zrle_text },
};

int main(int argc, char **argv)
{
	for (size_t i = 0; i < ELEMENTSOF(cases); i++) {
		if (argc < 2) {
			puts(cases[i].name);
		} else if (streq(argv[1], cases[i].name)) {
			uv_loop_init(&loop);
			if (picture_init(&picture, W, H) < 0)
				die("no memory");
			cases[i].run();
			picture_done(&picture);
			uv_run(&loop, UV_RUN_DEFAULT);
			encode_done();
			return uv_loop_close(&loop) == 0 ? 0 : 1;
		}
	}
	return argc < 2 ? 0 : 2;
}
