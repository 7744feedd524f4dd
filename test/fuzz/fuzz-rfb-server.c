/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What a station may send: a viewer over a stream of the fuzzer. The first byte says how it begins:
 * with None or VeNCrypt, from the first byte, at the credentials, or as one that runs. What must
 * hold: no bytes make the viewer write without bound, call back more than once about its end, or
 * touch a picture that is not its own.
 */
#include <uv.h>

#include "fuzz.h"
#include "relay/encode.h"
#include "relay/viewer-rfb.h"

enum { WRITTEN_MAX = 64 << 20, STEP = 61 };

struct peer {
	struct stream s;
	size_t written;
	bool tls_begun, closed, gone;
};

static int peer_write(struct stream *s, struct chunk *const *chunks, size_t n)
{
	struct peer *p = (struct peer *)s;

	FUZZ_CHECK(!p->closed);
	for (size_t i = 0; i < n; i++)
		p->written += chunks[i]->len;
	FUZZ_CHECK(p->written < WRITTEN_MAX);
	return 0;
}

static size_t peer_pending(const struct stream *s)
{
	return 0;
}

static int peer_start_tls(struct stream *s)
{
	((struct peer *)s)->tls_begun = true;
	return 0;
}

static void peer_close(struct stream *s)
{
	((struct peer *)s)->closed = true;
}

static const struct stream_ops peer_ops = { peer_write, peer_pending, peer_start_tls, peer_close };

static struct picture picture, other;
static unsigned keys_down;

static void note_key(void *userdata, uint32_t keysym, uint32_t keycode, bool down)
{
	FUZZ_CHECK(userdata == &picture);
	keys_down += down ? 1 : 0;
}

static void note_pointer(void *userdata, uint8_t buttons, uint16_t x, uint16_t y)
{
	FUZZ_CHECK(userdata == &picture);
	FUZZ_CHECK(x < picture.w && y < picture.h);
}

static void note_text(void *userdata, const char *utf8)
{
	FUZZ_CHECK(utf8);
}

static const struct picture_input input = {
	.key = note_key, .pointer = note_pointer, .cut_text = note_text
};

static void handle_credentials(struct viewer *v, const char *user, char *password, void *userdata)
{
	if (user[0] == 'r')
		viewer_refuse(v, "no");
	else
		viewer_rfb_accept(v);
}

static void handle_ready(struct viewer *v, bool with, void *userdata)
{
	viewer_set_picture(v, &picture, true);
}

static void handle_gone(struct viewer *v, const char *reason, void *userdata)
{
	struct peer *p = userdata;

	FUZZ_CHECK(!p->gone);
	p->gone = true;
}

static const struct viewer_events events = { handle_credentials, handle_ready, NULL, handle_gone };

static void set_up(uv_loop_t *loop)
{
	pixman_region32_t all;

	FUZZ_CHECK(uv_loop_init(loop) == 0);
	FUZZ_CHECK(picture_init(&picture, 200, 100) == 0);
	FUZZ_CHECK(picture_init(&other, 90, 80) == 0);
	picture.input = other.input = &input;
	picture.input_userdata = &picture;
	other.input_userdata = &other;
	pixman_region32_init_rect(&all, 0, 0, 200, 100);
	picture_damage(&picture, &all);
	picture_damage(&other, &all);
	pixman_region32_fini(&all);
}

static void damage(struct picture *p, unsigned seed)
{
	pixman_region32_t some;

	for (unsigned i = 0; i < 400; i++)
		p->pixels[(seed * 37 + i * 5) % (p->stride * p->h)] = (uint8_t)(seed * i);
	pixman_region32_init_rect(&some, (int)(seed % p->w), (int)(seed % p->h), 30, 30);
	picture_damage(p, &some);
	pixman_region32_fini(&some);
}

static void feed(struct peer *p, const void *data, size_t size)
{
	if (!p->closed)
		p->s.events->handle_data(&p->s, data, size, p->s.userdata);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static uv_loop_t loop;
	static bool is_up;
	struct peer p = { .s = { .ops = &peer_ops } };
	struct viewer *v;

	if (!is_up)
		set_up(&loop);
	is_up = true;
	if (size < 1)
		return 0;
	FUZZ_CHECK(viewer_rfb_new(&loop, &p.s,
				   data[0] & 1 ? VIEWER_SECURITY_VENCRYPT : VIEWER_SECURITY_NONE,
				   &events, &p, &v) == 0);
	if ((data[0] & 11) == 9)
		feed(&p, "RFB 003.008\n\23\0\2\0\0\1\6", 19); /* X509Plain */
	if ((data[0] & 3) == 2)
		feed(&p, "RFB 003.008\n\1\1", 14);
	for (size_t at = 1; at < size; at += STEP) {
		if (p.tls_begun && !p.closed) {
			p.tls_begun = false;
			p.s.events->handle_tls(&p.s, p.s.userdata);
		}
		feed(&p, data + at, size - at < STEP ? size - at : STEP);
		damage(&picture, (unsigned)at);
		uv_run(&loop, UV_RUN_NOWAIT);
		if (data[0] & 4 && !p.gone)
			viewer_set_picture(
					v, at / STEP % 2 ? &other : &picture, at / STEP % 2 == 0);
	}
	viewer_free(v);
	uv_run(&loop, UV_RUN_NOWAIT);
	/* Nothing is left behind in the pictures. */
	FUZZ_CHECK(list_is_empty(&picture.watchers) && list_is_empty(&other.watchers));
	return 0;
}
