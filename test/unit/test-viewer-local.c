/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A local viewer: what was damaged is copied and nothing else, layers over it; a frame waits for
 * the one before; other sizes are letter-boxed and input is mapped back; bad packets end it once.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/str.h"
#include "proto/seat.h"
#include "relay/viewer-local.h"

enum { W = 320, H = 200, NOT_WRITTEN = 0x5a5a5a5a, TURNS = 20000, FEW_TURNS = 50 };

static uv_loop_t loop;

struct canvas {
	struct picture p;
	uint32_t keysym, keycode;
	unsigned n_keys, n_pointers;
	bool down;
	uint8_t buttons;
	uint16_t x, y, w, h; /* of the pointer; asked for */
};

struct seat {
	int fd;
	struct viewer *viewer;
	unsigned n_gone, n_resized;
	uint32_t *memory; /* pixels, then the pointer's */
	size_t size;
	uint32_t w, h, stride;
	struct seat_message last;
};

static void handle_gone(struct viewer *v, const char *reason, void *userdata)
{
	struct seat *s = userdata;

	assert_true(*reason);
	s->n_gone++;
}

static void handle_resized(struct viewer *v, void *userdata)
{
	struct seat *s = userdata;

	s->n_resized++;
}

static const struct viewer_events events = { .handle_gone = handle_gone,
	.handle_resized = handle_resized };

/* --- pictures --- */

static void note_key(void *userdata, uint32_t keysym, uint32_t keycode, bool down)
{
	struct canvas *c = userdata;

	c->keysym = keysym;
	c->keycode = keycode;
	c->down = down;
	c->n_keys++;
}

static void note_pointer(void *userdata, uint8_t buttons, uint16_t x, uint16_t y)
{
	struct canvas *c = userdata;

	c->buttons = buttons;
	c->x = x;
	c->y = y;
	c->n_pointers++;
}

static void note_resize(void *userdata, uint16_t w, uint16_t h)
{
	struct canvas *c = userdata;

	c->w = w;
	c->h = h;
}

static const struct picture_input input = {
	.key = note_key, .pointer = note_pointer, .resize = note_resize
};

static void draw(struct canvas *c, int x, int y, int w, int h, uint32_t colour)
{
	pixman_region32_t r;

	for (int j = y; j < y + h; j++)
		for (int i = x; i < x + w; i++)
			memcpy(c->p.pixels + (size_t)j * c->p.stride + 4 * (size_t)i, &colour, 4);
	pixman_region32_init_rect(&r, x, y, (unsigned)w, (unsigned)h);
	picture_damage(&c->p, &r);
	pixman_region32_fini(&r);
}

static void canvas_init(struct canvas *c, uint16_t w, uint16_t h, uint32_t colour)
{
	*c = (struct canvas){ 0 };
	assert_int_equal(picture_init(&c->p, w, h), 0);
	c->p.input = &input;
	c->p.input_userdata = c;
	draw(c, 0, 0, w, h, colour);
}

/* --- the seat --- */

static void say(struct seat *s, const struct seat_message *m)
{
	uint8_t data[SEAT_MESSAGE_MAX];
	size_t n = seat_message_build(data, m);

	assert_int_equal(send(s->fd, data, n, 0), (ssize_t)n);
}

static void take_buffer(struct seat *s, const struct seat_message *m, int fd)
{

	assert_true(fd >= 0);
	assert_int_equal(fcntl(fd, F_GET_SEALS) & (F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL),
			F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL);
	if (s->memory)
		munmap(s->memory, s->size);
	s->w = m->buffer.width;
	s->h = m->buffer.height;
	s->stride = m->buffer.stride;
	s->size = seat_memory_size(s->h, s->stride);
	/* Writable, to see what is written to. */
	s->memory = mmap(NULL, s->size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	assert_ptr_not_equal(s->memory, MAP_FAILED);
	close(fd);
}

/* What the loop and the pool do may take many turns; nothing takes few. */
static enum seat_type read_within(struct seat *s, int turns)
{
	uint8_t data[SEAT_MESSAGE_MAX], control[CMSG_SPACE(sizeof(int))];
	struct iovec iov = { data, sizeof(data) };
	struct msghdr msg = { .msg_iov = &iov, .msg_iovlen = 1 };
	struct cmsghdr *c;
	int fd = -1;
	ssize_t n = -1;

	for (int i = 0; i < turns && n < 0; i++) {
		struct pollfd p = { s->fd, POLLIN, 0 };

		uv_run(&loop, UV_RUN_NOWAIT);
		if (i > FEW_TURNS)
			poll(&p, 1, 1);
		msg.msg_control = control;
		msg.msg_controllen = sizeof(control);
		n = recvmsg(s->fd, &msg, MSG_DONTWAIT);
	}
	if (n <= 0)
		return 0;
	c = CMSG_FIRSTHDR(&msg);
	if (c && c->cmsg_type == SCM_RIGHTS)
		memcpy(&fd, CMSG_DATA(c), sizeof(fd));
	assert_int_equal(seat_message_parse(data, (size_t)n, SEAT_SENDER_RELAY, &s->last), 0);
	if (s->last.type == SEAT_BUFFER)
		take_buffer(s, &s->last, fd);
	else if (s->last.type == SEAT_FRAME)
		assert_true(seat_frame_fits(&s->last, s->w, s->h));
	return s->last.type;
}

static enum seat_type read_packet(struct seat *s)
{
	return read_within(s, TURNS);
}

static void assert_silent(struct seat *s)
{
	assert_int_equal(read_within(s, FEW_TURNS), 0);
}

static void answer(struct seat *s)
{
	struct seat_message done = { .type = SEAT_DONE, .done = { s->last.frame.serial } };

	say(s, &done);
}

static void begin(struct seat *s, uint16_t w, uint16_t h, struct picture *p)
{
	int fds[2];

	*s = (struct seat){ 0 };
	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, fds),
			0);
	s->fd = fds[0];
	assert_int_equal(viewer_local_new(&loop, fds[1], w, h, &events, s, &s->viewer), 0);
	if (p)
		viewer_set_picture(s->viewer, p, true);
}

/* Running: the first frame was copied. */
static void begin_running(struct seat *s, struct canvas *c)
{
	begin(s, W, H, &c->p);
	assert_int_equal(read_packet(s), SEAT_BUFFER);
	assert_int_equal(read_packet(s), SEAT_FRAME);
	answer(s);
	assert_silent(s);
}

static void end(struct seat *s, struct canvas *c)
{
	s->viewer = viewer_free(s->viewer);
	for (int i = 0; i < 10; i++)
		uv_run(&loop, UV_RUN_NOWAIT);
	if (s->memory)
		munmap(s->memory, s->size);
	close(s->fd);
	if (c) {
		assert_true(list_is_empty(&c->p.watchers));
		picture_done(&c->p);
	}
}

static uint32_t *at(struct seat *s, uint32_t x, uint32_t y)
{
	return s->memory + (size_t)y * (s->stride / 4) + x;
}

static void forget(struct seat *s)
{
	for (size_t i = 0; i < s->size / 4; i++)
		s->memory[i] = NOT_WRITTEN;
}

/* What was written since forget() is exactly this region. */
static void assert_written(struct seat *s, const pixman_region32_t *region)
{
	for (uint32_t y = 0; y < s->h; y++)
		for (uint32_t x = 0; x < s->w; x++) {
			bool inside = pixman_region32_contains_point(
					(pixman_region32_t *)region, (int)x, (int)y, NULL);

			if ((*at(s, x, y) != NOT_WRITTEN) != inside)
				fail_msg("%u, %u is %s", x, y, inside ? "missing" : "written");
		}
}

/* --- tests --- */

static void test_damage(void **state)
{
	pixman_region32_t region;
	struct canvas a;
	struct seat s;

	canvas_init(&a, W, H, 0x112233);
	begin(&s, W, H, &a.p);
	assert_int_equal(read_packet(&s), SEAT_BUFFER);
	assert_int_equal(s.w, W);
	assert_int_equal(read_packet(&s), SEAT_FRAME);
	assert_int_equal(s.last.frame.n, 1);
	assert_int_equal(s.last.frame.rects[0].w, W);
	assert_int_equal(s.last.frame.rects[0].h, H);
	assert_true(s.last.frame.pointer_changed);
	assert_int_equal(*at(&s, W - 1, H - 1) & 0xffffff, 0x112233);
	/* Nothing before DONE; then all that changed meanwhile, and nothing else. */
	forget(&s);
	draw(&a, 10, 10, 20, 5, 0x445566);
	draw(&a, 100, 50, 1, 1, 0x445566);
	draw(&a, 15, 12, 30, 20, 0x778899);
	assert_silent(&s);
	pixman_region32_init(&region);
	assert_written(&s, &region);
	answer(&s);
	assert_int_equal(read_packet(&s), SEAT_FRAME);
	assert_false(s.last.frame.pointer_changed);
	pixman_region32_union_rect(&region, &region, 10, 10, 20, 5);
	pixman_region32_union_rect(&region, &region, 100, 50, 1, 1);
	pixman_region32_union_rect(&region, &region, 15, 12, 30, 20);
	assert_written(&s, &region);
	assert_int_equal(s.last.frame.n, pixman_region32_n_rects(&region));
	assert_int_equal(*at(&s, 15, 12), 0x778899);
	/* No change, no frame; an answer to nothing is none. */
	answer(&s);
	answer(&s);
	assert_silent(&s);
	pixman_region32_fini(&region);
	end(&s, &a);
}

static void test_many_boxes(void **state)
{
	pixman_region32_t region;
	struct canvas a;
	struct seat s;

	canvas_init(&a, W, H, 0);
	begin_running(&s, &a);
	/* Held back by a frame that is under way. */
	draw(&a, 0, 0, 1, 1, 1);
	assert_int_equal(read_packet(&s), SEAT_FRAME);
	pixman_region32_init(&region);
	for (int i = 0; i < 100; i++) {
		draw(&a, i % 10 * 30, i / 10 * 15, 3, 3, 0x123456);
		pixman_region32_union_rect(&region, &region, i % 10 * 30, i / 10 * 15, 3, 3);
	}
	forget(&s);
	answer(&s);
	assert_int_equal(read_packet(&s), SEAT_FRAME);
	assert_int_equal(s.last.frame.n, 10); /* rows */
	assert_int_equal(s.last.frame.rects[9].w, 9 * 30 + 3);
	assert_written(&s, &region);
	/* More rows than fit: all in one. */
	for (int i = 0; i < 80; i++)
		draw(&a, i, i * 2, 1, 1, 0x654321);
	answer(&s);
	assert_int_equal(read_packet(&s), SEAT_FRAME);
	assert_int_equal(s.last.frame.n, 1);
	assert_int_equal(s.last.frame.rects[0].y + s.last.frame.rects[0].h, 79 * 2 + 1);
	pixman_region32_fini(&region);
	end(&s, &a);
}

static void test_layers(void **state)
{
	static uint8_t argb[100 * 20 * 4];
	struct overlay o = { 30, 10, 100, 20, 100 * 4, argb };
	pixman_region32_t region;
	struct canvas a;
	struct seat s;

	canvas_init(&a, W, H, 0x808080);
	begin_running(&s, &a);
	for (size_t i = 0; i < sizeof(argb); i += 4)
		memcpy(argb + i, "\x80\0\0\x80", 4); /* half of full blue */
	forget(&s);
	pixman_region32_init_rect(&region, 30, 10, 100, 20);
	viewer_set_overlay(s.viewer, VIEWER_LAYER_IDENTIFY, &o);
	assert_int_equal(read_packet(&s), SEAT_FRAME);
	assert_written(&s, &region);
	assert_int_equal(*at(&s, 30, 10), 0x4040c0);
	assert_int_equal(*at(&s, 129, 29), 0x4040c0);
	answer(&s);
	/* A change below and beside it, once each. */
	forget(&s);
	draw(&a, 0, 0, 60, 15, 0);
	assert_int_equal(read_packet(&s), SEAT_FRAME);
	pixman_region32_fini(&region);
	pixman_region32_init_rect(&region, 0, 0, 60, 15);
	assert_written(&s, &region);
	assert_int_equal(*at(&s, 29, 10), 0);
	assert_int_equal(*at(&s, 30, 10), 0x000080);
	answer(&s);
	/* It moves: where it was shows the picture again. */
	o.y = 100;
	viewer_set_overlay(s.viewer, VIEWER_LAYER_IDENTIFY, &o);
	assert_int_equal(read_packet(&s), SEAT_FRAME);
	assert_int_equal(*at(&s, 30, 10), 0);
	assert_int_equal(*at(&s, 30, 20), 0x808080);
	assert_int_equal(*at(&s, 30, 100), 0x4040c0);
	answer(&s);
	viewer_set_overlay(s.viewer, VIEWER_LAYER_IDENTIFY, NULL);
	assert_int_equal(read_packet(&s), SEAT_FRAME);
	assert_int_equal(*at(&s, 30, 100), 0x808080);
	pixman_region32_fini(&region);
	end(&s, &a);
}

static void set_cursor(struct canvas *a, uint16_t side, uint32_t argb)
{
	struct cursor c = { .w = side, .h = (uint16_t)(side / 2), .hot_x = (uint16_t)(side - 1) };

	c.argb = malloc((size_t)c.w * c.h * 4);
	assert_non_null(c.argb);
	for (size_t i = 0; i < (size_t)c.w * c.h; i++)
		c.argb[i] = argb;
	assert_int_equal(picture_set_cursor(&a->p, &c), 0);
}

static void test_pointer(void **state)
{
	struct canvas a;
	uint32_t *shape;
	struct seat s;

	canvas_init(&a, W, H, 0);
	begin_running(&s, &a);
	shape = s.memory + seat_pointer_offset(s.h, s.stride) / 4;
	set_cursor(&a, 16, 0x80ff0000);
	assert_int_equal(read_packet(&s), SEAT_FRAME);
	assert_true(s.last.frame.pointer_changed && s.last.frame.n == 0);
	assert_int_equal(s.last.frame.pointer_w, 16);
	assert_int_equal(s.last.frame.pointer_h, 8);
	assert_int_equal(s.last.frame.hot_x, 15);
	assert_int_equal(shape[0], 0x80800000); /* premultiplied */
	answer(&s);
	/* Too large: smaller, with its hot spot. */
	set_cursor(&a, 512, 0xff00ff00);
	assert_int_equal(read_packet(&s), SEAT_FRAME);
	assert_int_equal(s.last.frame.pointer_w, 256);
	assert_int_equal(s.last.frame.pointer_h, 128);
	assert_int_equal(s.last.frame.hot_x, 255);
	assert_int_equal(shape[127 * 256 + 128], 0xff00ff00);
	answer(&s);
	assert_int_equal(picture_set_cursor(&a.p, &(struct cursor){ 0 }), 0);
	assert_int_equal(read_packet(&s), SEAT_FRAME);
	assert_true(s.last.frame.pointer_changed && s.last.frame.pointer_w == 0);
	/* Lights, at once. */
	picture_set_leds(&a.p, SEAT_LED_CAPS);
	assert_int_equal(read_packet(&s), SEAT_LEDS);
	assert_int_equal(s.last.leds.bits, SEAT_LED_CAPS);
	end(&s, &a);
}

static void test_scenes(void **state)
{
	struct canvas a, b;
	struct seat s;

	canvas_init(&a, W, H, 0x0000aa);
	assert_int_equal(picture_init(&b.p, W, H), 0);
	begin_running(&s, &a);
	/* A picture that shows nothing yet: the last frame stays, and its owner is not read. */
	viewer_set_picture(s.viewer, &b.p, false);
	draw(&a, 0, 0, W, H, 0xffffff);
	assert_silent(&s);
	assert_int_equal(*at(&s, 5, 5), 0x0000aa);
	draw(&b, 0, 0, W, H, 0x00bb00);
	assert_int_equal(read_packet(&s), SEAT_FRAME);
	assert_int_equal(*at(&s, W - 1, 0), 0x00bb00);
	answer(&s);
	/* Written by the pool: not read meanwhile. */
	assert_true(picture_turn_begin(&b.p));
	draw(&b, 0, 0, 10, 10, 0x00cc00);
	assert_silent(&s);
	picture_turn_done(&b.p);
	assert_int_equal(read_packet(&s), SEAT_FRAME);
	answer(&s);
	/* It goes away. */
	picture_done(&b.p);
	assert_silent(&s);
	assert_int_equal(*at(&s, 5, 5), 0x00cc00);
	viewer_set_picture(s.viewer, &a.p, true);
	assert_int_equal(read_packet(&s), SEAT_FRAME);
	assert_int_equal(*at(&s, 5, 5), 0xffffff);
	end(&s, &a);
}

static void say_key(struct seat *s, uint32_t code, uint32_t keysym, bool down)
{
	struct seat_message m = { .type = SEAT_KEY, .key = { code, keysym, down } };

	say(s, &m);
	assert_silent(s);
}

static void say_pointer(struct seat *s, uint32_t x, uint32_t y, uint32_t buttons)
{
	struct seat_message m = { .type = SEAT_POINTER, .pointer = { x, y, buttons } };

	say(s, &m);
	assert_silent(s);
}

static void test_input(void **state)
{
	struct canvas a, b;
	struct seat s;

	canvas_init(&a, W, H, 0);
	canvas_init(&b, W, H, 0);
	begin_running(&s, &a);
	say_key(&s, 30, 'a', true);
	assert_true(a.down && a.keysym == 'a' && a.keycode == 30);
	say_key(&s, 30, 'a', true); /* repeats */
	assert_int_equal(a.n_keys, 2);
	say_key(&s, 97, 0xffe4, true);
	assert_int_equal(a.keycode, 0x9d);
	say_key(&s, 0x2ff, 0xffe1, true);
	assert_int_equal(a.keycode, 0);
	assert_true(viewer_is_shift_held(s.viewer));
	say_pointer(&s, 9999, 9999, 1);
	assert_true(a.x == W - 1 && a.y == H - 1 && a.buttons == 1);
	/* Another scene: all is let go in the old one, and nothing comes into this one. */
	viewer_set_picture(s.viewer, &b.p, false);
	assert_int_equal(read_packet(&s), SEAT_FRAME);
	assert_int_equal(a.n_keys, 7);
	assert_false(a.down);
	assert_int_equal(a.buttons, 0);
	say_key(&s, 30, 'a', false);
	say_key(&s, 31, 's', true);
	say_pointer(&s, 1, 1, 1);
	assert_int_equal(b.n_keys + b.n_pointers, 0);
	say_key(&s, 0x2ff, 0xffe1, false);
	assert_false(viewer_is_shift_held(s.viewer));
	end(&s, &b);
	picture_done(&a.p);
}

static void test_letterbox(void **state)
{
	struct seat_message size = { .type = SEAT_SIZE, .size = { 100, 100 } };
	struct canvas a;
	struct seat s;

	/* 50 x 100 in 320 x 200 is 100 x 200 in the middle. */
	canvas_init(&a, 50, 100, 0x123456);
	begin(&s, W, H, &a.p);
	assert_int_equal(read_packet(&s), SEAT_BUFFER);
	assert_int_equal(read_packet(&s), SEAT_FRAME);
	assert_int_equal(*at(&s, 109, 100) & 0xffffff, 0);
	assert_int_equal(*at(&s, 110, 0) & 0xffffff, 0x123456);
	assert_int_equal(*at(&s, 209, 199) & 0xffffff, 0x123456);
	assert_int_equal(*at(&s, 210, 100) & 0xffffff, 0);
	answer(&s);
	say_pointer(&s, 160, 100, 1);
	assert_true(a.x == 25 && a.y == 50);
	say_pointer(&s, 0, 199, 0);
	assert_true(a.x == 0 && a.y == 99);
	/* The picture takes our size: it is copied as it is. */
	assert_int_equal(picture_resize(&a.p, W, H), 0);
	draw(&a, 0, 0, W, H, 0x654321);
	assert_int_equal(read_packet(&s), SEAT_FRAME);
	assert_int_equal(*at(&s, 0, 0), 0x654321);
	answer(&s);
	say_pointer(&s, 7, 8, 1);
	assert_true(a.x == 7 && a.y == 8);
	/* Our screen takes another one: all anew, and the picture is asked. */
	say(&s, &size);
	assert_int_equal(read_packet(&s), SEAT_BUFFER);
	assert_int_equal(s.w, 100);
	assert_int_equal(s.n_resized, 1);
	assert_true(a.w == 100 && a.h == 100 && a.buttons == 0);
	assert_int_equal(read_packet(&s), SEAT_FRAME);
	assert_int_equal(*at(&s, 50, 0) & 0xffffff, 0);
	assert_int_equal(*at(&s, 50, 50) & 0xffffff, 0x654321);
	end(&s, &a);
}

static void test_end(void **state)
{
	static const uint8_t bad[4] = { 9 };
	struct canvas a;
	struct seat s;

	canvas_init(&a, W, H, 0);
	begin_running(&s, &a);
	say_key(&s, 30, 'a', true);
	assert_int_equal(send(s.fd, bad, sizeof(bad), 0), sizeof(bad));
	assert_silent(&s);
	assert_int_equal(s.n_gone, 1);
	assert_false(a.down);
	viewer_set_picture(s.viewer, NULL, false);
	viewer_refuse(s.viewer, "again");
	assert_silent(&s);
	assert_int_equal(s.n_gone, 1);
	end(&s, NULL);
	picture_done(&a.p);
	/* The other side has left. */
	canvas_init(&a, W, H, 0);
	begin_running(&s, &a);
	shutdown(s.fd, SHUT_RDWR);
	for (int i = 0; i < TURNS && s.n_gone == 0; i++)
		uv_run(&loop, UV_RUN_NOWAIT);
	assert_int_equal(s.n_gone, 1);
	end(&s, &a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_damage),
		cmocka_unit_test(test_many_boxes),
		cmocka_unit_test(test_layers),
		cmocka_unit_test(test_pointer),
		cmocka_unit_test(test_scenes),
		cmocka_unit_test(test_input),
		cmocka_unit_test(test_letterbox),
		cmocka_unit_test(test_end),
	};
	int r;

	uv_loop_init(&loop);
	r = cmocka_run_group_tests(tests, NULL, NULL);
	for (int i = 0; i < 10; i++)
		uv_run(&loop, UV_RUN_NOWAIT);
	uv_loop_close(&loop);
	return r;
}
