/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A viewer over a stream of the test: handshakes (with their refusals), frames that decode to the
 * picture, latest wins, sharing, scene switches, input that reaches only the picture it is for.
 */
#include "viewer-client.h"

/* --- handshake --- */

static void test_old_versions(void **state)
{
	struct client c;

	begin(&c, VIEWER_SECURITY_NONE);
	fake_stream_feed(&c.stream, "RFB 003.003\n", 12);
	assert_true(c.stream.closed);
	assert_int_equal(rfb_get_u32(buf_head(&c.stream.out)), 0);
	assert_int_equal(rfb_get_u32(buf_head(&c.stream.out) + 4), buf_len(&c.stream.out) - 8);
	assert_non_null(memmem(buf_head(&c.stream.out), buf_len(&c.stream.out), "3.8", 3));
	assert_int_equal(c.owner.n_gone, 0); /* never from within */
	turn();
	assert_int_equal(c.owner.n_gone, 1);
	end(&c);

	begin(&c, VIEWER_SECURITY_NONE);
	fake_stream_feed(&c.stream, "RFB 003.007\n", 12);
	assert_int_equal(buf_head(&c.stream.out)[0], 0);
	assert_int_equal(rfb_get_u32(buf_head(&c.stream.out) + 1), buf_len(&c.stream.out) - 5);
	end(&c);

	begin(&c, VIEWER_SECURITY_NONE);
	fake_stream_feed(&c.stream, "GET / HTTP/1.1\r\n", 16);
	assert_true(c.stream.closed);
	assert_int_equal(buf_len(&c.stream.out), 0);
	end(&c);
}

static void vencrypt(struct client *c, uint32_t subtype)
{
	uint8_t m[4];

	begin(c, VIEWER_SECURITY_VENCRYPT);
	fake_stream_feed(&c->stream, "RFB 003.008\n", 12);
	assert_memory_equal(buf_head(&c->stream.out), "\1\23", 2);
	fake_stream_forget(&c->stream);
	fake_stream_feed(&c->stream, "\23", 1);
	assert_memory_equal(buf_head(&c->stream.out), "\0\2", 2);
	fake_stream_forget(&c->stream);
	fake_stream_feed(&c->stream, "\0\2", 2);
	assert_memory_equal(buf_head(&c->stream.out), "\0\2\0\0\1\4\0\0\1\6", 10);
	fake_stream_forget(&c->stream);
	rfb_put_u32(m, subtype);
	fake_stream_feed(&c->stream, m, 4);
}

static void test_x509_none(void **state)
{
	struct client c;

	vencrypt(&c, RFB_VENCRYPT_X509_NONE);
	assert_memory_equal(buf_head(&c.stream.out), "\1", 1);
	assert_true(c.stream.tls_begun);
	fake_stream_forget(&c.stream);
	c.stream.s.events->handle_tls(&c.stream.s, c.stream.s.userdata);
	assert_memory_equal(buf_head(&c.stream.out), "\0\0\0\0", 4);
	fake_stream_feed(&c.stream, "\0", 1);
	assert_int_equal(c.owner.n_ready, 1);
	assert_false(c.owner.with_credentials);
	end(&c);
}

static void plain(struct client *c)
{
	vencrypt(c, RFB_VENCRYPT_X509_PLAIN);
	c->stream.s.events->handle_tls(&c->stream.s, c->stream.s.userdata);
	fake_stream_forget(&c->stream);
	fake_stream_feed(&c->stream, "\0\0\0\4\0\0", 6);
	fake_stream_feed(&c->stream, "\0\6annase", 8);
	assert_int_equal(c->owner.n_credentials, 0);
	fake_stream_feed(&c->stream, "same", 4);
	assert_int_equal(c->owner.n_credentials, 1);
	assert_string_equal(c->owner.user, "anna");
	assert_string_equal(c->owner.password, "sesame");
	assert_int_equal(buf_len(&c->stream.out), 0);
}

static void test_x509_plain(void **state)
{
	struct client c;

	plain(&c);
	fake_stream_feed(&c.stream, "\1", 1); /* ClientInit, too early: waits */
	assert_int_equal(c.owner.n_ready, 0);
	viewer_rfb_accept(c.viewer);
	assert_memory_equal(buf_head(&c.stream.out), "\0\0\0\0", 4);
	assert_int_equal(c.owner.n_ready, 0);
	turn();
	assert_int_equal(c.owner.n_ready, 1);
	assert_true(c.owner.with_credentials);
	end(&c);

	plain(&c);
	viewer_refuse(c.viewer, "Not today.");
	assert_memory_equal(buf_head(&c.stream.out), "\0\0\0\1\0\0\0\12Not today.", 18);
	assert_true(c.stream.closed);
	assert_int_equal(c.owner.n_gone, 0);
	turn();
	assert_int_equal(c.owner.n_gone, 1);
	end(&c);
}

static void test_vencrypt_bad(void **state)
{
	static const uint8_t subtype_and_more[] = { 0, 0, 1, 4, 22 };
	struct client c;

	/* Bytes in the clear behind the choice of TLS. */
	vencrypt(&c, 0);
	assert_true(c.stream.closed);
	end(&c);
	begin(&c, VIEWER_SECURITY_VENCRYPT);
	fake_stream_feed(&c.stream, "RFB 003.008\n\23\0\2", 15);
	assert_false(c.stream.closed);
	fake_stream_feed(&c.stream, subtype_and_more, 5);
	assert_true(c.stream.closed);
	assert_false(c.stream.tls_begun);
	end(&c);
	/* None was not offered. */
	begin(&c, VIEWER_SECURITY_VENCRYPT);
	fake_stream_feed(&c.stream, "RFB 003.008\n\1", 13);
	assert_true(c.stream.closed);
	end(&c);
	/* A name without end. */
	vencrypt(&c, RFB_VENCRYPT_X509_PLAIN);
	c.stream.s.events->handle_tls(&c.stream.s, c.stream.s.userdata);
	fake_stream_feed(&c.stream, "\0\1\0\0\0\0\0\1", 8);
	assert_true(c.stream.closed);
	end(&c);
}

/* --- frames --- */

static void test_frames(void **state)
{
	struct canvas a;
	struct client c;

	canvas_init(&a, W, H, 0x204060);
	begin_running(&c, &a.p, false);
	say_request(&c, false);
	read_all(&c);
	assert_int_equal(c.n_updates, 1);
	assert_shows(&c, &a);

	/* Nothing has changed: the request waits. */
	say_request(&c, true);
	assert_int_equal(buf_len(&c.stream.out), 0);
	draw(&a, 10, 20, 30, 40, 0xff0000);
	read_all(&c);
	assert_int_equal(c.n_updates, 2);
	assert_shows(&c, &a);

	/* Not asked: not sent, and then all at once. */
	draw(&a, 100, 20, 30, 40, 0x00ff00);
	draw(&a, 110, 30, 30, 40, 0x0000ff);
	assert_int_equal(buf_len(&c.stream.out), 0);
	say_request(&c, true);
	read_all(&c);
	assert_int_equal(c.n_updates, 3);
	assert_shows(&c, &a);
	end(&c);
	done(&a);
}

static void test_tight_and_pool(void **state)
{
	struct canvas a;
	struct client c;

	canvas_init(&a, 1920, 1080, 0xeeeeee);
	begin_running(&c, &a.p, false);
	say_encodings(&c, tight_all, ELEMENTSOF(tight_all));
	assert_string_equal(viewer_describe(c.viewer),
			"Tight, quality 6, compression 1, 32 bit, None, key codes");
	read_all(&c);
	assert_int_equal(c.n_fences, 1); /* announced */
	assert_int_equal(c.n_ends, 1);
	say_request(&c, false);
	/* Too much for the loop: the pool has it, the picture is locked. */
	assert_true(picture_is_locked(&a.p));
	assert_int_equal(buf_len(&c.stream.out), 0);
	wait_frame(&c);
	assert_false(picture_is_locked(&a.p));
	read_all(&c);
	assert_int_equal(c.n_sizes, 1); /* tells that the client may resize */
	assert_int_equal(c.n_qemu, 1);
	assert_shows(&c, &a);
	assert_in_range(c.d.n_fill, 1, 50);
	assert_int_equal(c.d.n_raw, 0);
	end(&c);
	done(&a);
}

/* Two clients that know ZRLE share every rectangle but the first, and scenes may change in between.
 */
static void test_zrle(void **state)
{
	static const int32_t zrle[] = { RFB_ENCODING_ZRLE, RFB_ENCODING_DESKTOP_SIZE };
	struct canvas a, b;
	struct client c[2];

	canvas_init(&a, W, H, 0x204060);
	canvas_init(&b, W, H, 0x998877);
	for (int i = 0; i < 2; i++) {
		begin_running(&c[i], &a.p, false);
		say_encodings(&c[i], zrle, ELEMENTSOF(zrle));
		say_request(&c[i], false);
		wait_frame(&c[i]);
		read_all(&c[i]);
		assert_shows(&c[i], &a);
		assert_true(c[i].d.n_zrle > 0);
		say_request(&c[i], true);
	}
	assert_string_equal(viewer_describe(c[0].viewer),
			"ZRLE, lossless, compression 1, 32 bit, None");
	for (unsigned n = 0; n < 3; n++) {
		draw(&a, 10 * n, 20, 30, 40, 0xff0000 + n);
		assert_ptr_equal(c[0].stream.chunks[1], c[1].stream.chunks[1]);
		for (int i = 0; i < 2; i++) {
			read_all(&c[i]);
			assert_shows(&c[i], &a);
			say_request(&c[i], true);
		}
	}
	viewer_set_picture(c[0].viewer, &b.p, false);
	wait_frame(&c[0]);
	read_all(&c[0]);
	assert_shows(&c[0], &b);
	for (int i = 0; i < 2; i++) {
		assert_int_equal(c[i].d.n_raw, 0);
		end(&c[i]);
	}
	picture_done(&b.p);
	done(&a);
}

/* Latest wins: while the kernel is full nothing is made, then one frame with everything. */
static void test_slow_client(void **state)
{
	struct canvas a;
	struct client c;
	unsigned writes;

	canvas_init(&a, W, H, 0);
	begin_running(&c, &a.p, false);
	say_encodings(&c, tight_all, ELEMENTSOF(tight_all));
	say_continuous(&c, true);
	/* The size and then the picture, each as soon as the one before is acknowledged. */
	do {
		wait_frame(&c);
		read_all(&c);
		say_fence(&c);
	} while (c.d.n_fill + c.d.n_raw == 0);
	read_all(&c);
	assert_shows(&c, &a);

	c.stream.holds = true;
	draw(&a, 0, 0, 10, 10, 1);
	assert_true(c.stream.pending > 0);
	writes = c.stream.n_writes;
	for (unsigned i = 0; i < 200; i++)
		draw(&a, i, i, 10, 10, i);
	assert_int_equal(c.stream.n_writes, writes);
	read_all(&c);
	say_fence(&c);
	fake_stream_drain(&c.stream);
	read_all(&c);
	assert_shows(&c, &a);
	end(&c);
	done(&a);
}

/* A client that acknowledges nothing gets one frame, then no more. */
static void test_fences(void **state)
{
	struct canvas a;
	struct client c;
	unsigned before;

	canvas_init(&a, 100, 100, 0);
	begin_running(&c, &a.p, false);
	say_encodings(&c, tight_all + 5, 2);
	read_all(&c);
	say_continuous(&c, true);
	read_all(&c);
	assert_int_equal(c.n_updates, 1);
	before = c.n_updates;
	for (unsigned i = 0; i < 50; i++)
		draw(&a, i, i, 10, 10, i);
	read_all(&c);
	assert_int_equal(c.n_updates, before);
	say_fence(&c);
	read_all(&c);
	assert_int_equal(c.n_updates, before + 1);
	assert_shows(&c, &a);
	/* Fences that were never sent are not believed. */
	memset(c.fence, 0x7f, 4);
	say_fence(&c);
	draw(&a, 1, 1, 10, 10, 5);
	/* Ending: told, and back to requests. */
	say_continuous(&c, false);
	read_all(&c);
	before = c.n_updates;
	draw(&a, 2, 1, 10, 10, 6);
	read_all(&c);
	assert_int_equal(c.n_updates, before);
	say_request(&c, true);
	read_all(&c);
	assert_shows(&c, &a);
	end(&c);
	done(&a);
}

/* Continuous updates of nothing: nothing. */
static void test_empty_area(void **state)
{
	static const uint8_t areas[][10] = { { 150, 1, 0, 5, 0, 5, 0, 0, 0, 9 },
		{ 150, 1, 0, 5, 0, 5, 0, 9, 0, 0 }, { 150, 1, 0, 90, 0, 90, 0, 50, 0, 50 } };
	struct canvas a;
	struct client c;

	canvas_init(&a, 100, 100, 0);
	begin_running(&c, &a.p, false);
	say_encodings(&c, tight_all + 5, 2);
	read_all(&c);
	for (size_t i = 0; i < ELEMENTSOF(areas); i++) {
		fake_stream_feed(&c.stream, areas[i], 10);
		draw(&a, 0, 0, 100, 100, 7);
		read_all(&c);
		assert_int_equal(c.n_updates, i < 2 ? 0 : 1);
	}
	end(&c);
	done(&a);
}

/* Two of one class get the same bytes; one of another class its own. */
static void test_shared(void **state)
{
	struct canvas a;
	struct client c[3];
	struct chunk *shared;

	canvas_init(&a, W, H, 0x808080);
	for (int i = 0; i < 3; i++) {
		begin_running(&c[i], &a.p, false);
		say_encodings(&c[i], tight_all, i < 2 ? 1 : 2);
		say_request(&c[i], false);
		wait_frame(&c[i]);
		read_all(&c[i]);
		assert_shows(&c[i], &a);
	}
	for (int i = 0; i < 3; i++)
		say_request(&c[i], true);
	draw(&a, 5, 5, 100, 100, 0x123456);
	shared = c[0].stream.chunks[1];
	assert_int_equal(c[0].stream.n_chunks, 2);
	assert_ptr_equal(c[1].stream.chunks[1], shared);
	assert_ptr_not_equal(c[2].stream.chunks[1], shared);
	for (int i = 0; i < 3; i++) {
		read_all(&c[i]);
		assert_shows(&c[i], &a);
	}
	/* One lags: it gets what is true at the end. */
	say_request(&c[0], true);
	draw(&a, 5, 5, 50, 50, 0x654321);
	read_all(&c[0]);
	draw(&a, 30, 30, 50, 50, 0xabcdef);
	say_request(&c[1], true);
	read_all(&c[1]);
	assert_shows(&c[1], &a);
	for (int i = 0; i < 3; i++)
		end(&c[i]);
	done(&a);
}

static void test_pixel_formats(void **state)
{
	static const struct rfb_pixel_format rgb332 = { 8, 8, false, true, 7, 7, 3, 5, 2, 0 };
	static const struct rfb_pixel_format map = { 8, 8, false, false, 0, 0, 0, 0, 0, 0 };
	static const struct rfb_pixel_format deep_map = { 16, 16, false, false, 0, 0, 0, 0, 0, 0 };
	struct canvas a;
	struct client c;
	struct buf b;

	canvas_init(&a, 64, 64, 0xff00ff);
	begin_running(&c, &a.p, false);
	buf_init(&b, 64);
	rfb_build_set_pixel_format(&b, &rgb332);
	put(&c, &b);
	c.d.format = rgb332;
	say_request(&c, false);
	assert_int_equal(buf_len(&c.stream.out), 4 + 12 + 64 * 64);
	read_all(&c);
	assert_shows(&c, &a);

	/* A colour map of 256 is filled with the same colours. */
	buf_init(&b, 64);
	rfb_build_set_pixel_format(&b, &map);
	put(&c, &b);
	assert_int_equal(buf_len(&c.stream.out), 6 + 256 * 6);
	assert_int_equal(buf_head(&c.stream.out)[0], RFB_SERVER_COLOUR_MAP);
	fake_stream_forget(&c.stream);
	buf_init(&b, 64);
	rfb_build_set_pixel_format(&b, &deep_map);
	put(&c, &b);
	assert_true(c.stream.closed);
	end(&c);
	done(&a);
}

static void test_overlay(void **state)
{
	static uint8_t argb[100 * 20 * 4];
	struct overlay o = { 30, 10, 100, 20, 100 * 4, argb };
	struct overlay second = { 80, 10, 100, 20, 100 * 4, argb };
	struct canvas a;
	struct client c;

	canvas_init(&a, W, H, 0x808080);
	begin_running(&c, &a.p, false);
	say_request(&c, false);
	read_all(&c);
	say_request(&c, true);
	for (size_t i = 0; i < sizeof(argb); i += 4)
		memcpy(argb + i, "\x80\0\0\x80", 4); /* half of full blue */
	viewer_set_overlay(c.viewer, VIEWER_LAYER_NOTICE, &o);
	read_all(&c);
	assert_int_equal(c.d.pixels[10 * W + 30], 0x4040c0);
	assert_int_equal(c.d.pixels[29 * W + 129], 0x4040c0);
	assert_int_equal(c.d.pixels[30 * W + 30], 0x808080);
	assert_int_equal(c.d.pixels[10 * W + 130], 0x808080);
	/* A change below and beside it. */
	say_request(&c, true);
	draw(&a, 0, 0, 200, 200, 0);
	read_all(&c);
	assert_int_equal(c.d.pixels[10 * W + 30], 0x000080);
	assert_int_equal(c.d.pixels[5 * W + 30], 0);
	/* A second layer, half over the first. */
	say_request(&c, true);
	viewer_set_overlay(c.viewer, VIEWER_LAYER_PANEL, &second);
	read_all(&c);
	assert_int_equal(c.d.pixels[10 * W + 30], 0x000080);
	assert_int_equal(c.d.pixels[10 * W + 129], 0x0000c0);
	assert_int_equal(c.d.pixels[10 * W + 150], 0x000080);
	say_request(&c, true);
	viewer_set_overlay(c.viewer, VIEWER_LAYER_PANEL, NULL);
	read_all(&c);
	assert_int_equal(c.d.pixels[10 * W + 129], 0x000080);
	assert_int_equal(c.d.pixels[10 * W + 150], 0);
	/* And away. */
	say_request(&c, true);
	viewer_set_overlay(c.viewer, VIEWER_LAYER_NOTICE, NULL);
	read_all(&c);
	assert_shows(&c, &a);
	end(&c);
	done(&a);
}

static void test_cursor(void **state)
{
	struct canvas a;
	struct client c;
	struct cursor cursor = { 3, 2, 1, 1, calloc(6, 4) };

	canvas_init(&a, 64, 64, 0);
	begin_running(&c, &a.p, false);
	say_encodings(&c, tight_all + 3, 1);
	say_request(&c, false);
	read_all(&c);
	assert_int_equal(c.n_cursors, 1);
	say_request(&c, true);
	assert_int_equal(picture_set_cursor(&a.p, &cursor), 0);
	read_all(&c);
	assert_int_equal(c.n_cursors, 2);
	end(&c);
	done(&a);
}

/* --- scenes and input --- */

static void test_scene_switch(void **state)
{
	struct canvas a, b;
	struct client c;

	canvas_init(&a, W, H, 0x111111);
	canvas_init(&b, 300, 200, 0x222222);
	begin_running(&c, &a.p, true);
	say_encodings(&c, tight_all, ELEMENTSOF(tight_all));
	for (int i = 0; i < 2; i++) {
		say_request(&c, false);
		wait_frame(&c);
		read_all(&c);
	}
	assert_shows(&c, &a);
	c.n_sizes = 0;

	/* Keys: by code where there is one, so Shift does not leave one down. */
	say_key(&c, 0xffe1, 0x2a, true);
	say_key(&c, 'A', 0x1e, true);
	say_key(&c, 'a', 0x1e, false);
	say_key(&c, 'b', 0, true);
	fake_stream_feed(&c.stream, "\5\1\0\12\0\24", 6);
	assert_string_equal(a.log, "+ffe1/2a +41/1e -61/1e +62/0 p1@10,20 ");
	a.log[0] = '\0';

	say_request(&c, true);
	viewer_set_picture(c.viewer, &b.p, false);
	assert_string_equal(a.log, "-ffe1/2a -62/0 p0@10,20 ");
	read_all(&c);
	assert_int_equal(c.n_sizes, 1);
	say_request(&c, false);
	wait_frame(&c);
	read_all(&c);
	assert_shows(&c, &b);

	/* No input here, and none left for the old one. */
	say_key(&c, 'x', 0, true);
	say_key(&c, 'x', 0, false);
	assert_string_equal(b.log, "");
	viewer_set_picture(c.viewer, &b.p, true);
	say_key(&c, 'b', 0, false); /* pressed in another scene */
	assert_string_equal(b.log, "");
	say_key(&c, 'y', 0, true);
	assert_string_equal(b.log, "+79/0 ");

	/* Nothing: the last frame stays, the key is let go. */
	viewer_set_picture(c.viewer, NULL, true);
	assert_string_equal(b.log, "+79/0 -79/0 ");
	say_key(&c, 'z', 0, true);
	say_request(&c, false);
	assert_int_equal(buf_len(&c.stream.out), 0);
	/* The picture goes away under the viewer. */
	viewer_set_picture(c.viewer, &a.p, true);
	picture_done(&a.p);
	say_request(&c, false);
	say_key(&c, 'z', 0, false);
	viewer_set_picture(c.viewer, &b.p, true);
	wait_frame(&c);
	read_all(&c);
	say_request(&c, false);
	if (c.d.w != 300 || c.d.pixels[0] != 0x222222)
		wait_frame(&c);
	read_all(&c);
	assert_shows(&c, &b);
	end(&c);
	done(&b);
}

/* While the pool still encodes the old scene. */
static void test_switch_during_job(void **state)
{
	struct canvas a, b;
	struct client c;

	canvas_init(&a, 1920, 1080, 0x111111);
	canvas_init(&b, 1920, 1080, 0x222222);
	begin_running(&c, &a.p, false);
	say_encodings(&c, tight_all, 1);
	say_request(&c, false);
	assert_true(picture_is_locked(&a.p));
	viewer_set_picture(c.viewer, &b.p, false);
	wait_frame(&c);
	read_all(&c);
	assert_shows(&c, &b);
	/* And the other picture dies with its job running. */
	say_request(&c, false);
	assert_true(picture_is_locked(&b.p));
	picture_done(&b.p);
	end(&c);
	done(&a);
}

/* --- one viewer must not stop the picture of the others --- */

static unsigned n_turns;

static void take_turn(void *userdata)
{
	struct canvas *c = userdata;

	n_turns++;
	picture_turn_done(&c->p);
}

static const struct picture_owner counting_owner = { .handle_unlocked = take_turn };

static void test_fair_to_owner(void **state)
{
	struct canvas a;
	struct client c[2];
	uint64_t until;

	canvas_init(&a, 1920, 1080, 0x777777);
	a.p.owner = &counting_owner;
	a.p.owner_userdata = &a;
	for (int i = 0; i < 2; i++) {
		begin_running(&c[i], &a.p, false);
		say_encodings(&c[i], tight_all, (size_t)i + 1);
		say_request(&c[i], false);
	}
	/* Whole frames all the time, so that one job or the other always has the picture. */
	n_turns = 0;
	until = uv_hrtime() + 600 * UINT64_C(1000000);
	while (uv_hrtime() < until) {
		uv_run(&loop, UV_RUN_ONCE);
		for (int i = 0; i < 2; i++)
			if (buf_len(&c[i].stream.out) > 0) {
				fake_stream_forget(&c[i].stream);
				say_request(&c[i], false);
			}
	}
	assert_in_range(n_turns, 2, 100000);
	for (int i = 0; i < 2; i++)
		end(&c[i]);
	done(&a);
}

/* Changing its mind all the time costs the jobs that run, not all that were begun. */
static void test_fickle_client(void **state)
{
	struct canvas a;
	struct client c;

	canvas_init(&a, 1920, 1080, 0x777777);
	begin_running(&c, &a.p, false);
	for (size_t i = 0; i < 2000; i++) {
		say_encodings(&c, tight_all, 1 + i % 2);
		say_request(&c, false);
	}
	wait_frame(&c);
	read_all(&c);
	assert_shows(&c, &a);
	end(&c);
	done(&a);
}

static void test_resize(void **state)
{
	uint8_t m[8 + 16] = { 251, 0, 3, 0x20, 2, 0x58, 1 };
	struct canvas a;
	struct client c;

	canvas_init(&a, W, H, 0x333333);
	begin_running(&c, &a.p, true);
	say_encodings(&c, tight_all, ELEMENTSOF(tight_all));
	read_all(&c);
	for (unsigned i = 0; i < 2; i++) {
		say_request(&c, false);
		wait_frame(&c);
		read_all(&c);
		assert_shows(&c, &a);
		/* With each whole picture: what asked for a size in vain learns it so (rfbproto).
		 */
		assert_int_equal(c.n_sizes, i + 1);
		assert_int_equal(c.size_reason, 0);
	}
	say_request(&c, true);
	fake_stream_feed(&c.stream, m, sizeof(m));
	assert_string_equal(a.log, "r800x600 ");
	assert_int_equal(picture_resize(&a.p, 800, 600), 0);
	draw(&a, 0, 0, 800, 600, 0x444444);
	wait_frame(&c);
	read_all(&c);
	assert_int_equal(c.size_reason, 1);
	assert_int_equal(c.size_status, 0);
	say_request(&c, true);
	wait_frame(&c);
	read_all(&c);
	assert_shows(&c, &a);

	/* Only watching: prohibited, with the size as it is. */
	viewer_set_picture(c.viewer, &a.p, false);
	say_request(&c, true);
	fake_stream_feed(&c.stream, m, sizeof(m));
	read_all(&c);
	assert_int_equal(c.size_reason, 1);
	assert_int_equal(c.size_status, 1);
	assert_int_equal(c.d.w, 800);
	end(&c);
	done(&a);
}

/* A client that cannot resize sees what fits. */
static void test_no_resize(void **state)
{
	struct canvas a;
	struct client c;

	canvas_init(&a, 200, 100, 0x333333);
	begin_running(&c, &a.p, true);
	say_request(&c, false);
	read_all(&c);
	assert_int_equal(picture_resize(&a.p, 300, 50), 0);
	draw(&a, 0, 0, 300, 50, 0x444444);
	say_request(&c, true);
	read_all(&c);
	assert_int_equal(c.d.pixels[49 * 200 + 199], 0x444444);
	assert_int_equal(c.d.pixels[50 * 200 + 199], 0x333333);
	end(&c);
	done(&a);
}

static void test_cut_text(void **state)
{
	uint8_t head[8] = { 6, 0, 0, 0, 0, 16, 0, 0 };
	uint8_t zeros[4096] = { 0 };
	struct canvas a;
	struct client c;
	struct buf b;

	canvas_init(&a, 64, 64, 0);
	begin_running(&c, &a.p, true);
	buf_init(&b, 64);
	rfb_build_client_cut_text(&b, "h\xc3\xa9llo");
	put(&c, &b);
	assert_string_equal(a.log, "t'h\xc3\xa9llo' ");
	/* A megabyte is skipped and the connection lives. */
	fake_stream_feed(&c.stream, head, 8);
	for (int i = 0; i < 256; i++)
		fake_stream_feed(&c.stream, zeros, sizeof(zeros));
	a.log[0] = '\0';
	say_key(&c, 'k', 0, true);
	assert_string_equal(a.log, "+6b/0 ");
	viewer_send_cut_text(c.viewer, "back");
	read_all(&c);
	assert_int_equal(c.n_texts, 1);
	end(&c);
	done(&a);
}

/* A large frame that is still on its way is no reason to end a client that answers. */
static void test_slow_network(void **state)
{
	struct canvas a;
	struct client c;
	struct buf b;

	canvas_init(&a, 1000, 600, 0x123456);
	begin_running(&c, &a.p, true);
	c.stream.holds = true;
	say_request(&c, false);
	while (c.stream.pending == 0)
		uv_run(&loop, UV_RUN_ONCE);
	assert_in_range(c.stream.pending, 2 << 20, 3 << 20); /* raw */
	for (int i = 0; i < 100; i++) {
		buf_init(&b, 128);
		rfb_build_fence(&b, RFB_CLIENT_FENCE, RFB_FENCE_REQUEST,
				(const uint8_t *)"12345678", 8);
		put(&c, &b);
	}
	turn();
	assert_false(c.stream.closed);
	c.stream.holds = false;
	c.stream.pending = 0;
	read_all(&c);
	assert_in_range(c.n_fences, 100, 101);
	assert_shows(&c, &a);
	end(&c);
	done(&a);
}

/* Asks and asks and never reads. */
static void test_greedy_client(void **state)
{
	struct canvas a;
	struct client c;
	struct buf b;

	canvas_init(&a, 64, 64, 0);
	begin_running(&c, &a.p, true);
	c.stream.holds = true;
	for (int i = 0; i < 100000 && !c.stream.closed; i++) {
		buf_init(&b, 128);
		rfb_build_fence(&b, RFB_CLIENT_FENCE, RFB_FENCE_REQUEST,
				(const uint8_t *)"12345678", 8);
		put(&c, &b);
	}
	assert_true(c.stream.closed);
	assert_in_range(c.stream.pending, 1, 2 << 20);
	turn();
	assert_int_equal(c.owner.n_gone, 1);
	end(&c);
	done(&a);
}

/* Everything that a person can type arrives; what only a program can is the end. */
static void test_flood(void **state)
{
	static uint8_t motions[6 * 10000];
	struct canvas a;
	struct client c;

	for (unsigned i = 0; i < 10000; i++)
		memcpy(motions + 6 * i, "\5\0\0\1\0\1", 6);
	canvas_init(&a, 64, 64, 0);
	begin_running(&c, &a.p, true);
	for (unsigned i = 0; i < 100; i++) {
		fake_stream_feed(&c.stream, motions, 6 * 600);
		while (uv_run(&loop, UV_RUN_ONCE))
			;
		a.log[0] = '\0';
	}
	assert_false(c.stream.closed);
	say_key(&c, 'k', 0, true);
	turn();
	assert_non_null(strstr(a.log, "+6b/0"));
	/* Ten seconds of a fast mouse at once are fine, and do not hold up the loop. */
	fake_stream_feed(&c.stream, motions, sizeof(motions));
	for (unsigned i = 0; i < 5; i++) {
		assert_true(uv_loop_alive(&loop)); /* not all in one turn */
		turn();
	}
	uv_run(&loop, UV_RUN_DEFAULT);
	assert_false(c.stream.closed);
	for (unsigned i = 0; i < 8; i++)
		fake_stream_feed(&c.stream, motions, sizeof(motions));
	assert_true(c.stream.closed);
	end(&c);
	done(&a);
}

/* ServerInit waits until there is something to see. */
static void test_blank(void **state)
{
	struct picture p;
	struct client c;

	assert_int_equal(picture_init(&p, 100, 100), 0);
	begin(&c, VIEWER_SECURITY_NONE);
	c.owner.show = &p;
	fake_stream_feed(&c.stream, "RFB 003.008\n\1\1", 14);
	assert_int_equal(buf_len(&c.stream.out), 6);
	assert_int_equal(picture_resize(&p, 120, 90), 0);
	assert_int_equal(buf_len(&c.stream.out), 6);
	{
		pixman_region32_t all;

		pixman_region32_init_rect(&all, 0, 0, 120, 90);
		picture_damage(&p, &all);
		pixman_region32_fini(&all);
	}
	assert_int_equal(buf_len(&c.stream.out), 6 + 24 + strlen("Stationmaster"));
	assert_int_equal(rfb_get_u16(buf_head(&c.stream.out) + 6), 120);
	end(&c);
	picture_done(&p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_old_versions),
		cmocka_unit_test(test_x509_none),
		cmocka_unit_test(test_x509_plain),
		cmocka_unit_test(test_vencrypt_bad),
		cmocka_unit_test(test_frames),
		cmocka_unit_test(test_tight_and_pool),
		cmocka_unit_test(test_zrle),
		cmocka_unit_test(test_slow_client),
		cmocka_unit_test(test_fences),
		cmocka_unit_test(test_empty_area),
		cmocka_unit_test(test_shared),
		cmocka_unit_test(test_pixel_formats),
		cmocka_unit_test(test_overlay),
		cmocka_unit_test(test_cursor),
		cmocka_unit_test(test_scene_switch),
		cmocka_unit_test(test_switch_during_job),
		cmocka_unit_test(test_fair_to_owner),
		cmocka_unit_test(test_fickle_client),
		cmocka_unit_test(test_resize),
		cmocka_unit_test(test_no_resize),
		cmocka_unit_test(test_cut_text),
		cmocka_unit_test(test_slow_network),
		cmocka_unit_test(test_greedy_client),
		cmocka_unit_test(test_flood),
		cmocka_unit_test(test_blank),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
