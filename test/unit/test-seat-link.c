/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A station's connection to the relay: what ends it, and what happens while the relay does not
 * read. */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <cmocka.h>

#include "base/str.h"
#include "seat/link.h"

enum { WIDTH = 640, HEIGHT = 480 };

static sd_event *event;
static int listener = -EBADF, relay = -EBADF; /* the other side */
static struct link *link_;
static char path[64];
static unsigned n_pictures, n_frames, n_rects;
static int ended;

static void handle_picture(struct link *l, void *userdata)
{
	n_pictures++;
}

static void handle_frame(struct link *l, const struct seat_message *m, void *userdata)
{
	n_frames++;
	n_rects += m->frame.n;
}

static void handle_leds(struct link *l, uint32_t leds, void *userdata)
{
	assert_int_equal(leds, SEAT_LED_CAPS);
}

static void handle_closed(struct link *l, int error, void *userdata)
{
	ended = error;
}

static void turn(void)
{
	for (int i = 0; i < 4; i++)
		assert_return_code(sd_event_run(event, 0), errno);
}

static struct seat_message next(void)
{
	struct seat_message m;
	uint8_t data[SEAT_MESSAGE_MAX];
	ssize_t n = recv(relay, data, sizeof(data), MSG_DONTWAIT);

	assert_true(n > 0);
	assert_int_equal(seat_message_parse(data, (size_t)n, SEAT_SENDER_SEAT, &m), 0);
	return m;
}

static void put_bytes(const void *data, size_t n, int fd)
{
	union {
		struct cmsghdr align;
		char data[CMSG_SPACE(sizeof(int))];
	} control = { 0 };
	struct iovec iov = { .iov_base = (void *)data, .iov_len = n };
	struct msghdr h = { .msg_iov = &iov, .msg_iovlen = 1 };

	if (fd >= 0) {
		h.msg_control = &control;
		h.msg_controllen = sizeof(control);
		*CMSG_FIRSTHDR(&h) = (struct cmsghdr){ .cmsg_level = SOL_SOCKET,
			.cmsg_type = SCM_RIGHTS,
			.cmsg_len = CMSG_LEN(sizeof(int)) };
		memcpy(CMSG_DATA(CMSG_FIRSTHDR(&h)), &fd, sizeof(fd));
	}
	assert_int_equal(sendmsg(relay, &h, MSG_NOSIGNAL), n);
	turn();
}

static void put(const struct seat_message *m, int fd)
{
	uint8_t data[SEAT_MESSAGE_MAX];

	put_bytes(data, seat_message_build(data, m), fd);
}

static void put_buffer(void)
{
	struct seat_message m = { .type = SEAT_BUFFER,
		.buffer = { .width = WIDTH, .height = HEIGHT, .stride = seat_stride(WIDTH) } };
	int fd = memfd_create("test", MFD_CLOEXEC | MFD_ALLOW_SEALING);

	assert_return_code(ftruncate(fd, (off_t)seat_memory_size(HEIGHT, m.buffer.stride)), errno);
	assert_return_code(
			fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL), errno);
	put(&m, fd);
	close(fd);
}

static struct seat_message frame(uint32_t serial, uint32_t width)
{
	struct seat_message m = { .type = SEAT_FRAME };

	m.frame.serial = serial;
	m.frame.n = 1;
	m.frame.rects[0] = (struct seat_rect){ 0, 0, width, HEIGHT };
	return m;
}

static int set_up(void **state)
{
	static const struct link_ops ops = { handle_picture, handle_frame, handle_leds,
		handle_closed };
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	struct link_options o = {
		.path = path, .relay_uid = 0, .secret = "secret", .width = WIDTH, .height = HEIGHT
	};
	struct seat_message hello;

	snprintf(path, sizeof(path), "/tmp/test-seat-link-%d", (int)getpid());
	unlink(path);
	str_copy(address.sun_path, sizeof(address.sun_path), path);
	n_pictures = n_frames = n_rects = 0;
	ended = 0;
	assert_return_code(sd_event_new(&event), errno);
	o.event = event;
	assert_int_equal(link_open(&o, &ops, NULL, &link_), -ENOENT);
	listener = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
	assert_return_code(bind(listener, (struct sockaddr *)&address, sizeof(address)), errno);
	assert_return_code(listen(listener, 1), errno);
	assert_int_equal(link_open(&o, &ops, NULL, &link_), 0);
	relay = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
	hello = next();
	assert_int_equal(hello.type, SEAT_HELLO);
	assert_int_equal(hello.hello.version, SEAT_VERSION);
	assert_int_equal(hello.hello.width, WIDTH);
	assert_string_equal(hello.hello.secret, "secret");
	return 0;
}

static int tear_down(void **state)
{
	link_close(link_);
	close(relay);
	close(listener);
	unlink(path);
	sd_event_unref(event);
	return 0;
}

static void test_frames(void **state)
{
	struct seat_message m = { .type = SEAT_LEDS, .leds.bits = SEAT_LED_CAPS };

	put_buffer();
	assert_null(link_get_picture(link_)); /* nothing to be seen before its first frame */
	m = frame(7, WIDTH);
	put(&m, -EBADF);
	assert_int_equal(n_pictures, 1);
	assert_int_equal(n_frames, 1);
	assert_int_equal(link_get_picture(link_)->width, WIDTH);
	assert_int_equal(next().done.serial, 7);
	m = (struct seat_message){ .type = SEAT_LEDS, .leds.bits = SEAT_LED_CAPS };
	put(&m, -EBADF);
	m = frame(8, 1);
	put(&m, -EBADF);
	assert_int_equal(n_pictures, 1);
	assert_int_equal(n_rects, 2);
	assert_int_equal(next().done.serial, 8);
	assert_int_equal(ended, 0);
	/* The relay ends: the picture can be kept. */
	shutdown(relay, SHUT_RDWR);
	turn();
	assert_int_equal(ended, -ECONNRESET);
	picture_free(link_take_picture(link_));
	assert_null(link_get_picture(link_));
}

static void test_frame_without_buffer(void **state)
{
	struct seat_message m = frame(1, 1);

	put(&m, -EBADF);
	assert_int_equal(ended, -EBADMSG);
	assert_int_equal(n_frames, 0);
}

static void test_frame_outside(void **state)
{
	struct seat_message m = frame(1, WIDTH + 1);

	put_buffer();
	put(&m, -EBADF);
	assert_int_equal(ended, -EBADMSG);
	assert_int_equal(n_frames, 0);
}

static void test_buffer_without_memory(void **state)
{
	struct seat_message m = { .type = SEAT_BUFFER,
		.buffer = { .width = WIDTH, .height = HEIGHT, .stride = seat_stride(WIDTH) } };

	put(&m, -EBADF);
	assert_int_equal(ended, -EBADMSG);
}

static void test_buffer_of_a_file(void **state)
{
	struct seat_message m = { .type = SEAT_BUFFER,
		.buffer = { .width = WIDTH, .height = HEIGHT, .stride = seat_stride(WIDTH) } };

	put(&m, listener);
	assert_true(ended < 0);
}

static void test_garbage(void **state)
{
	put_bytes("garbage", 7, -EBADF);
	assert_int_equal(ended, -EBADMSG);
}

static void test_too_long(void **state)
{
	static const uint8_t data[SEAT_MESSAGE_MAX + 1];

	put_bytes(data, sizeof(data), -EBADF);
	assert_int_equal(ended, -EBADMSG);
}

static void test_messages_of_the_wrong_side(void **state)
{
	struct seat_message m = { .type = SEAT_DONE };

	put(&m, -EBADF);
	assert_int_equal(ended, -EBADMSG);
}

/* Thousands of motions and a few keys while the relay sleeps: the keys come, and the last place. */
static void test_relay_sleeps(void **state)
{
	struct seat_message m = { .type = SEAT_POINTER }, k = { .type = SEAT_KEY };
	unsigned n_keys = 0, last = 0, n = 0;

	for (uint32_t i = 0; i < 20000; i++) {
		m.pointer.x = i % 10000;
		link_send(link_, &m);
		if (i % 1000 == 0) {
			k.key.code = i / 1000 + 1;
			link_send(link_, &k);
		}
	}
	assert_int_equal(ended, 0);
	while (true) {
		uint8_t data[SEAT_MESSAGE_MAX];
		ssize_t got = recv(relay, data, sizeof(data), MSG_DONTWAIT);
		struct seat_message in;

		turn();
		if (got < 0)
			break;
		assert_int_equal(seat_message_parse(data, (size_t)got, SEAT_SENDER_SEAT, &in), 0);
		n++;
		if (in.type == SEAT_KEY)
			assert_int_equal(in.key.code, ++n_keys);
		else
			last = in.pointer.x;
	}
	assert_int_equal(n_keys, 20);
	assert_int_equal(last, 9999);
	assert_true(n < 10000);
	/* Keys for ever: at some time there is no sense in waiting. */
	for (unsigned i = 0; i < 20000 && ended == 0; i++)
		link_send(link_, &k);
	assert_int_equal(ended, -ENOBUFS);
	link_send(link_, &k); /* into nothing */
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_frames, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_frame_without_buffer, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_frame_outside, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_buffer_without_memory, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_buffer_of_a_file, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_garbage, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_too_long, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_messages_of_the_wrong_side, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_relay_sleeps, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
