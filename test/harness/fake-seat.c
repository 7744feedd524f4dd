/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The eyes and hands of one local station without screens and devices: says to the relay what
 * station-seat would say, and tells a test what it gets. fake-seat SOCKET SECRET WIDTH HEIGHT
 * [--again]; JSON lines:
 *
 *   out {"event":"open"}, {"event":"closed"}
 *       {"event":"buffer","w":800,"h":600,"stride":3200,"sealed":true}
 *       {"event":"frame","serial":1,"rects":[[x,y,w,h],...],"pointer":[w,h,hot_x,hot_y]|null}
 *       {"event":"leds","bits":4}
 *   in  {"key":30,"keysym":97,"down":true}   code of evdev
 *       {"pointer":[x,y,buttons]}
 *       {"size":[w,h]}
 *       {"hold":true}         frames are not answered; false: the last one is, and the next ones
 *       {"pixel":[x,y]}       out {"pixel":[x,y],"rgb":1122867}; 1 << 24: outside
 *       {"shape":[x,y]}       of the pointer's picture: out {"shape":[x,y],"argb":4294967295}
 *       {"hash":true}         out {"hash":"...","w":800,"h":600}: of all pixels
 *       {"ppm":"/path"}       writes the screen there; out {"ppm":"/path"}
 *       {"raw":"0100"}        these bytes as one packet
 *       {"hang_up":true}
 *
 * --again: connects anew, every 100 ms, when the connection ends. SECRET "-": no HELLO.
 */
#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/str.h"
#include "proto/seat.h"

enum { AGAIN_MS = 100, NOWHERE = 0x1000000, SEALS = F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL };

static struct {
	const char *path, *secret;
	uint32_t w, h; /* of our screen */
	bool again, hold, has_frame;
	int fd; /* -1: not connected */
	struct seat_message frame;
	/* The buffer. */
	uint8_t *memory;
	size_t size;
	uint32_t buffer_w, buffer_h, stride, pointer_w, pointer_h;
} seat = { .fd = -1 };

/* Takes j. */
static void tell(json_t *j)
{
	char *text = json_dumps(j, JSON_COMPACT);

	assert(text);
	puts(text);
	fflush(stdout);
	free(text);
	json_decref(j);
}

static void hang_up(void)
{
	if (seat.fd < 0)
		return;
	close(seat.fd);
	seat.fd = -1;
	seat.has_frame = false;
	tell(json_pack("{s:s}", "event", "closed"));
	if (!seat.again)
		exit(0);
}

static void send_bytes(const void *data, size_t n)
{
	if (seat.fd >= 0 && send(seat.fd, data, n, MSG_NOSIGNAL) < 0)
		hang_up();
}

static void say(const struct seat_message *m)
{
	uint8_t data[SEAT_MESSAGE_MAX];

	send_bytes(data, seat_message_build(data, m));
}

static void connect_relay(void)
{
	struct sockaddr_un sun = { .sun_family = AF_UNIX };
	struct seat_message hello = { .type = SEAT_HELLO };
	int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);

	assert(fd >= 0 && str_copy(sun.sun_path, sizeof(sun.sun_path), seat.path));
	if (connect(fd, (struct sockaddr *)&sun, sizeof(sun)) < 0) {
		close(fd);
		if (!seat.again) {
			tell(json_pack("{s:s, s:s}", "event", "closed", "error", strerror(errno)));
			exit(0);
		}
		return;
	}
	seat.fd = fd;
	tell(json_pack("{s:s}", "event", "open"));
	if (streq(seat.secret, "-"))
		return;
	hello.hello.version = SEAT_VERSION;
	hello.hello.width = seat.w;
	hello.hello.height = seat.h;
	str_copy(hello.hello.secret, sizeof(hello.hello.secret), seat.secret);
	say(&hello);
}

/* --- what the relay says --- */

static void answer_frame(void)
{
	struct seat_message done = { .type = SEAT_DONE, .done = { seat.frame.frame.serial } };

	if (seat.has_frame && !seat.hold) {
		seat.has_frame = false;
		say(&done);
	}
}

/* Takes fd. */
static void take_buffer(const struct seat_message *m, int fd)
{
	bool sealed = fd >= 0 && (fcntl(fd, F_GET_SEALS) & SEALS) == SEALS;

	if (seat.memory)
		munmap(seat.memory, seat.size);
	seat.buffer_w = m->buffer.width;
	seat.buffer_h = m->buffer.height;
	seat.stride = m->buffer.stride;
	seat.size = seat_memory_size(m->buffer.height, m->buffer.stride);
	seat.memory = mmap(NULL, seat.size, PROT_READ, MAP_SHARED, fd, 0);
	assert(seat.memory != MAP_FAILED);
	close(fd);
	seat.has_frame = false;
	tell(json_pack("{s:s, s:i, s:i, s:i, s:b}", "event", "buffer", "w", (int)seat.buffer_w, "h",
			(int)seat.buffer_h, "stride", (int)seat.stride, "sealed", sealed));
}

static void take_frame(const struct seat_message *m)
{
	json_t *rects = json_array(), *pointer = json_null();

	assert(!seat.has_frame || !"a frame before DONE");
	assert(seat.memory && seat_frame_fits(m, seat.buffer_w, seat.buffer_h));
	seat.frame = *m;
	seat.has_frame = true;
	for (uint32_t i = 0; i < m->frame.n; i++)
		json_array_append_new(rects,
				json_pack("[i, i, i, i]", (int)m->frame.rects[i].x,
						(int)m->frame.rects[i].y, (int)m->frame.rects[i].w,
						(int)m->frame.rects[i].h));
	if (m->frame.pointer_changed) {
		seat.pointer_w = m->frame.pointer_w;
		seat.pointer_h = m->frame.pointer_h;
		pointer = json_pack("[i, i, i, i]", (int)m->frame.pointer_w,
				(int)m->frame.pointer_h, (int)m->frame.hot_x, (int)m->frame.hot_y);
	}
	tell(json_pack("{s:s, s:i, s:o, s:o}", "event", "frame", "serial", (int)m->frame.serial,
			"rects", rects, "pointer", pointer));
	answer_frame();
}

static void read_relay(void)
{
	uint8_t data[SEAT_MESSAGE_MAX], control[CMSG_SPACE(sizeof(int))] = { 0 };
	struct iovec iov = { data, sizeof(data) };
	struct msghdr msg = { .msg_iov = &iov,
		.msg_iovlen = 1,
		.msg_control = control,
		.msg_controllen = sizeof(control) };
	struct seat_message m;
	struct cmsghdr *c;
	int fd = -1;
	ssize_t n;

	n = recvmsg(seat.fd, &msg, MSG_CMSG_CLOEXEC);
	if (n <= 0) {
		hang_up();
		return;
	}
	c = CMSG_FIRSTHDR(&msg);
	if (c && c->cmsg_type == SCM_RIGHTS)
		memcpy(&fd, CMSG_DATA(c), sizeof(fd));
	if (seat_message_parse(data, (size_t)n, SEAT_SENDER_RELAY, &m) < 0)
		assert(!"the relay sent a bad packet");
	if (m.type == SEAT_BUFFER)
		take_buffer(&m, fd);
	else if (m.type == SEAT_FRAME)
		take_frame(&m);
	else
		tell(json_pack("{s:s, s:i}", "event", "leds", "bits", (int)m.leds.bits));
}

/* --- what the test says --- */

static uint32_t number(json_t *list, size_t i)
{
	return (uint32_t)json_integer_value(json_array_get(list, i));
}

static uint32_t get_pixel(uint32_t x, uint32_t y)
{
	uint32_t v;

	if (!seat.memory || x >= seat.buffer_w || y >= seat.buffer_h)
		return NOWHERE;
	memcpy(&v, seat.memory + (size_t)y * seat.stride + (size_t)x * 4, 4);
	return v & 0xffffff;
}

static void tell_shape(json_t *at)
{
	uint32_t x = number(at, 0), y = number(at, 1), v = 0;

	if (x < seat.pointer_w && y < seat.pointer_h)
		memcpy(&v,
				seat.memory + seat_pointer_offset(seat.buffer_h, seat.stride) +
						((size_t)y * seat.pointer_w + x) * 4,
				4);
	tell(json_pack("{s:O, s:I}", "shape", at, "argb", (json_int_t)v));
}

/* FNV-1a. */
static void tell_hash(void)
{
	uint64_t hash = UINT64_C(0xcbf29ce484222325);
	char text[24];

	for (uint32_t y = 0; seat.memory && y < seat.buffer_h; y++)
		for (uint32_t x = 0; x < seat.buffer_w; x++)
			hash = (hash ^ get_pixel(x, y)) * UINT64_C(0x100000001b3);
	snprintf(text, sizeof(text), "%016llx", (unsigned long long)hash);
	tell(json_pack("{s:s, s:i, s:i}", "hash", text, "w", (int)seat.buffer_w, "h",
			(int)seat.buffer_h));
}

static void write_ppm(const char *path)
{
	FILE *f = fopen(path, "we");

	assert(f && seat.memory);
	fprintf(f, "P6\n%u %u\n255\n", seat.buffer_w, seat.buffer_h);
	for (uint32_t y = 0; y < seat.buffer_h; y++)
		for (uint32_t x = 0; x < seat.buffer_w; x++) {
			uint32_t v = get_pixel(x, y);

			putc((int)(v >> 16), f);
			putc((int)(v >> 8 & 255), f);
			putc((int)(v & 255), f);
		}
	fclose(f);
	tell(json_pack("{s:s}", "ppm", path));
}

static void send_raw(const char *hex)
{
	uint8_t data[4096];
	size_t n = strlen(hex) / 2;
	unsigned v;

	assert(n <= sizeof(data));
	for (size_t i = 0; i < n; i++) {
		assert(sscanf(hex + 2 * i, "%2x", &v) == 1);
		data[i] = (uint8_t)v;
	}
	send_bytes(data, n);
}

static void obey(json_t *o)
{
	struct seat_message m = { 0 };
	json_t *v;

	if ((v = json_object_get(o, "key"))) {
		m.type = SEAT_KEY;
		m.key.code = (uint32_t)json_integer_value(v);
		m.key.keysym = (uint32_t)json_integer_value(json_object_get(o, "keysym"));
		m.key.down = json_is_true(json_object_get(o, "down"));
		say(&m);
	} else if ((v = json_object_get(o, "pointer"))) {
		m.type = SEAT_POINTER;
		m.pointer.x = number(v, 0);
		m.pointer.y = number(v, 1);
		m.pointer.buttons = number(v, 2);
		say(&m);
	} else if ((v = json_object_get(o, "size"))) {
		m.type = SEAT_SIZE;
		m.size.width = seat.w = number(v, 0);
		m.size.height = seat.h = number(v, 1);
		say(&m);
	} else if ((v = json_object_get(o, "hold"))) {
		seat.hold = json_is_true(v);
		answer_frame();
	} else if ((v = json_object_get(o, "pixel"))) {
		tell(json_pack("{s:O, s:i}", "pixel", v, "rgb",
				(int)get_pixel(number(v, 0), number(v, 1))));
	} else if ((v = json_object_get(o, "shape"))) {
		tell_shape(v);
	} else if (json_object_get(o, "hash")) {
		tell_hash();
	} else if ((v = json_object_get(o, "ppm"))) {
		write_ppm(json_string_value(v));
	} else if ((v = json_object_get(o, "raw"))) {
		send_raw(json_string_value(v));
	} else if (json_object_get(o, "hang_up")) {
		hang_up();
	}
}

/* False: the test has left. */
static bool read_test(void)
{
	static char line[16384];
	static size_t len;
	char *end;
	ssize_t n;

	n = read(STDIN_FILENO, line + len, sizeof(line) - len - 1);
	if (n <= 0)
		return false;
	len += (size_t)n;
	line[len] = '\0';
	while ((end = strchr(line, '\n'))) {
		json_t *o;

		*end = '\0';
		o = json_loads(line, 0, NULL);
		assert(json_is_object(o));
		obey(o);
		json_decref(o);
		len -= (size_t)(end + 1 - line);
		memmove(line, end + 1, len + 1);
	}
	return true;
}

int main(int argc, char **argv)
{
	int64_t w, h;

	assert(argc >= 5 && str_parse_i64(argv[3], 0, UINT32_MAX, &w) == 0 &&
			str_parse_i64(argv[4], 0, UINT32_MAX, &h) == 0);
	seat.path = argv[1];
	seat.secret = argv[2];
	seat.w = (uint32_t)w;
	seat.h = (uint32_t)h;
	seat.again = argc > 5 && streq(argv[5], "--again");
	for (;;) {
		struct pollfd fds[2] = { { .fd = STDIN_FILENO, .events = POLLIN },
			{ .events = POLLIN } };

		if (seat.fd < 0)
			connect_relay();
		fds[1].fd = seat.fd;
		if (poll(fds, 2, seat.fd < 0 ? AGAIN_MS : -1) < 0)
			return 1;
		if (fds[1].revents)
			read_relay();
		if (fds[0].revents && !read_test())
			return 0;
	}
}
