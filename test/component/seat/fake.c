/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * fake-neighbours HOST_SOCKET RELAY_SOCKET PLACES: stationd and the relay for a station-seat that
 * is tried alone. PLACES is a file with the array of places; SIGHUP reads it again. Each station
 * gets a picture of its own colour with a white frame and a dark bar along the top, and an arrow as
 * pointer. What station-seat says comes out as JSON, one object a line. Lines of standard input:
 *
 *   fill SECRET X Y W H RRGGBB   a frame with this rectangle
 *   run SECRET N W H             N frames as fast as they are taken, then {"ran": ..., "ms": ...}
 *   pace SECRET N W H MS         the same, one each MS
 *   leds SECRET BITS
 *   drop                         end all connections of the relay
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "base/clock.h"
#include "base/fd.h"
#include "base/str.h"
#include "ipc/varlink.h"
#include "proto/seat.h"

enum { PEERS_MAX = 32, HOSTS_MAX = 4, FRAME_SIDE = 8, BAR = 48, ARROW = 16 };

struct peer {
	int fd;
	char secret[SEAT_SECRET_LEN + 1];
	uint32_t width, height, stride, serial;
	uint8_t *memory;
	size_t size;
	bool waits; /* for DONE */
	int left, total, w, h, pace_ms;
	int64_t begin_ms, next_ms;
};

static struct peer peers[PEERS_MAX];
static struct varlink *hosts[HOSTS_MAX];
static struct varlink_call *serving;
static const char *places_path;
static volatile sig_atomic_t hup;

static void say(json_t *j)
{
	char *text = json_dumps(j, JSON_COMPACT);

	printf("%s\n", text);
	fflush(stdout);
	free(text);
	json_decref(j);
}

/* --- stationd --- */

static json_t *read_places(void)
{
	json_error_t e;
	json_t *places = json_load_file(places_path, 0, &e);

	if (!places) {
		fprintf(stderr, "%s: %s\n", places_path, e.text);
		exit(1);
	}
	return json_pack("{s:o}", "places", places);
}

static void handle_call(struct varlink *v, struct varlink_call *call, void *userdata)
{
	const char *method = strrchr(call->method, '.') + 1;

	if (streq(method, "Serve")) {
		say(json_pack("{s:O}", "serve", call->parameters));
		varlink_call_unref(serving);
		serving = varlink_call_ref(call);
		varlink_reply_more(call, read_places());
	} else {
		say(json_pack("{s:O}", streq(method, "Press") ? "press" : "report",
				call->parameters));
		varlink_reply(call, NULL);
	}
	varlink_call_unref(call);
}

static void handle_closed(struct varlink *v, int error, void *userdata)
{
	struct varlink **slot = userdata;

	*slot = varlink_free(v);
}

static void accept_host(int fd)
{
	static const struct varlink_options options = { .in_max = VARLINK_MESSAGE_MAX,
		.accept_id = true };
	static const struct varlink_ops ops = { .handle_call = handle_call,
		.handle_closed = handle_closed };

	for (size_t i = 0; i < HOSTS_MAX; i++)
		if (!hosts[i]) {
			if (varlink_new(fd, &options, &ops, &hosts[i], &hosts[i]) < 0)
				close(fd);
			return;
		}
	close(fd);
}

/* --- the relay --- */

static void send_message(struct peer *p, const struct seat_message *m, int fd)
{
	uint8_t data[SEAT_MESSAGE_MAX];
	union {
		struct cmsghdr align;
		char data[CMSG_SPACE(sizeof(int))];
	} control = { 0 };
	struct iovec iov = { .iov_base = data, .iov_len = seat_message_build(data, m) };
	struct msghdr h = { .msg_iov = &iov, .msg_iovlen = 1 };

	if (fd >= 0) {
		h.msg_control = &control;
		h.msg_controllen = sizeof(control);
		*CMSG_FIRSTHDR(&h) = (struct cmsghdr){ .cmsg_level = SOL_SOCKET,
			.cmsg_type = SCM_RIGHTS,
			.cmsg_len = CMSG_LEN(sizeof(int)) };
		memcpy(CMSG_DATA(CMSG_FIRSTHDR(&h)), &fd, sizeof(fd));
	}
	if (sendmsg(p->fd, &h, MSG_NOSIGNAL) < 0)
		perror("sendmsg");
}

static void fill(struct peer *p, struct seat_rect r, uint32_t colour)
{
	for (uint32_t y = r.y; y < r.y + r.h; y++)
		for (uint32_t x = r.x; x < r.x + r.w; x++)
			memcpy(p->memory + (size_t)y * p->stride + (size_t)x * 4, &colour, 4);
}

static void send_frame(struct peer *p, struct seat_rect r, bool pointer)
{
	struct seat_message m = { .type = SEAT_FRAME };

	m.frame.serial = ++p->serial;
	m.frame.pointer_changed = pointer;
	m.frame.pointer_w = m.frame.pointer_h = ARROW;
	m.frame.n = 1;
	m.frame.rects[0] = r;
	send_message(p, &m, -EBADF);
	p->waits = true;
}

/* The colour is that of the secret: the same in each run. */
static uint32_t colour_of(const char *secret)
{
	uint32_t h = 2166136261u;

	for (; *secret; secret++)
		h = (h ^ (uint8_t)*secret) * 16777619u;
	return (h & 0x7f7f7f) + 0x303030;
}

static void draw(struct peer *p)
{
	uint32_t arrow[ARROW * ARROW];

	fill(p, (struct seat_rect){ 0, 0, p->width, p->height }, 0xffffff);
	fill(p,
			(struct seat_rect){ FRAME_SIDE, FRAME_SIDE, p->width - 2 * FRAME_SIDE,
					p->height - 2 * FRAME_SIDE },
			colour_of(p->secret));
	fill(p, (struct seat_rect){ FRAME_SIDE, FRAME_SIDE, p->width / 2, BAR }, 0x101010);
	for (int i = 0; i < ARROW * ARROW; i++)
		arrow[i] = i % ARROW + i / ARROW < ARROW ? 0xffffff00 : 0;
	memcpy(p->memory + seat_pointer_offset(p->height, p->stride), arrow, sizeof(arrow));
}

static void set_size(struct peer *p, uint32_t width, uint32_t height)
{
	struct seat_message m = { .type = SEAT_BUFFER };
	int fd = memfd_create("picture", MFD_CLOEXEC | MFD_ALLOW_SEALING);

	if (p->memory)
		munmap(p->memory, p->size);
	p->width = m.buffer.width = width;
	p->height = m.buffer.height = height;
	p->stride = m.buffer.stride = seat_stride(width);
	p->size = seat_memory_size(height, p->stride);
	if (ftruncate(fd, (off_t)p->size) < 0 ||
			fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL) < 0)
		exit(1);
	p->memory = mmap(NULL, p->size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	draw(p);
	send_message(p, &m, fd);
	close(fd);
	send_frame(p, (struct seat_rect){ 0, 0, width, height }, true);
}

static void go_on(struct peer *p, int64_t now)
{
	struct seat_rect r = { 32, 96, (uint32_t)p->w, (uint32_t)p->h };

	if (p->left == 0 || p->waits || now < p->next_ms)
		return;
	if (--p->left == 0) {
		say(json_pack("{s:s, s:i, s:I}", "ran", p->secret, "frames", p->total, "ms",
				(json_int_t)(now - p->begin_ms)));
		return;
	}
	p->next_ms += p->pace_ms;
	fill(p, r, (uint32_t)p->left * 0x010305);
	send_frame(p, r, false);
}

static void peer_close(struct peer *p)
{
	say(json_pack("{s:s}", "gone", p->secret));
	if (p->memory)
		munmap(p->memory, p->size);
	close(p->fd);
	*p = (struct peer){ .fd = -EBADF };
}

static void handle_message(struct peer *p, const struct seat_message *m)
{
	switch (m->type) {
	case SEAT_HELLO:
		str_copy(p->secret, sizeof(p->secret), m->hello.secret);
		say(json_pack("{s:s, s:i, s:i}", "hello", p->secret, "width", (int)m->hello.width,
				"height", (int)m->hello.height));
		set_size(p, m->hello.width, m->hello.height);
		break;
	case SEAT_SIZE:
		say(json_pack("{s:s, s:i, s:i}", "size", p->secret, "width", (int)m->size.width,
				"height", (int)m->size.height));
		set_size(p, m->size.width, m->size.height);
		break;
	case SEAT_KEY:
		say(json_pack("{s:s, s:i, s:i, s:b}", "key", p->secret, "code", (int)m->key.code,
				"keysym", (int)m->key.keysym, "down", m->key.down));
		break;
	case SEAT_POINTER:
		say(json_pack("{s:s, s:i, s:i, s:i}", "pointer", p->secret, "x", (int)m->pointer.x,
				"y", (int)m->pointer.y, "buttons", (int)m->pointer.buttons));
		break;
	case SEAT_DONE:
		if (m->done.serial == p->serial)
			p->waits = false;
		break;
	default:
		break;
	}
}

static void peer_read(struct peer *p)
{
	uint8_t data[SEAT_MESSAGE_MAX];
	ssize_t n = recv(p->fd, data, sizeof(data), 0);
	struct seat_message m;

	if (n <= 0 || seat_message_parse(data, (size_t)n, SEAT_SENDER_SEAT, &m) < 0)
		peer_close(p);
	else
		handle_message(p, &m);
}

/* --- orders --- */

static struct peer *find(const char *secret)
{
	for (size_t i = 0; i < PEERS_MAX; i++)
		if (peers[i].fd >= 0 && streq(peers[i].secret, secret))
			return &peers[i];
	return NULL;
}

static void handle_order(const char *line)
{
	char secret[SEAT_SECRET_LEN + 1];
	struct seat_message leds = { .type = SEAT_LEDS };
	struct seat_rect r;
	uint32_t colour;
	struct peer *p;
	int n, w, h, ms = 0;

	if (sscanf(line, "fill %44s %u %u %u %u %x", secret, &r.x, &r.y, &r.w, &r.h, &colour) ==
					6 &&
			(p = find(secret))) {
		fill(p, r, colour);
		send_frame(p, r, false);
	} else if ((sscanf(line, "run %44s %d %d %d", secret, &n, &w, &h) == 4 ||
				   sscanf(line, "pace %44s %d %d %d %d", secret, &n, &w, &h, &ms) ==
						   5) &&
			(p = find(secret))) {
		p->left = p->total = n;
		p->w = w;
		p->h = h;
		p->pace_ms = ms;
		p->begin_ms = p->next_ms = clock_mono_ms();
	} else if (sscanf(line, "leds %44s %u", secret, &leds.leds.bits) == 2 &&
			(p = find(secret))) {
		send_message(p, &leds, -EBADF);
	} else if (strncmp(line, "drop", 4) == 0) {
		for (size_t i = 0; i < PEERS_MAX; i++)
			if (peers[i].fd >= 0)
				peer_close(&peers[i]);
	}
}

/* --- the loop --- */

static int listen_packets(const char *path)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);

	str_copy(address.sun_path, sizeof(address.sun_path), path);
	unlink(path);
	if (fd < 0 || bind(fd, (struct sockaddr *)&address, sizeof(address)) < 0 ||
			listen(fd, 16) < 0) {
		perror(path);
		exit(1);
	}
	return fd;
}

static void accept_peer(int listen_fd)
{
	int fd = accept4(listen_fd, NULL, NULL, SOCK_CLOEXEC);

	for (size_t i = 0; i < PEERS_MAX; i++)
		if (peers[i].fd < 0) {
			peers[i] = (struct peer){ .fd = fd };
			return;
		}
	close(fd);
}

static int add_peers(struct pollfd *fds, int64_t now, int *timeout)
{
	int n = 0;

	for (size_t i = 0; i < PEERS_MAX; i++) {
		struct peer *p = &peers[i];

		if (p->fd < 0)
			continue;
		go_on(p, now);
		fds[n++] = (struct pollfd){ .fd = p->fd, .events = POLLIN };
		if (p->left > 0 && !p->waits)
			*timeout = (int)CLAMP(p->next_ms - now, (int64_t)0, (int64_t)1000);
	}
	return n;
}

static void handle_hup(int number)
{
	hup = 1;
}

static void turn(int host_fd, int relay_fd, bool *more)
{
	struct pollfd fds[3 + PEERS_MAX + HOSTS_MAX] = { { .fd = host_fd, .events = POLLIN },
		{ .fd = relay_fd, .events = POLLIN },
		{ .fd = *more ? STDIN_FILENO : -1, .events = POLLIN } };
	int n = 3, timeout = -1, r;
	char line[256];

	if (hup && serving) {
		hup = 0;
		varlink_reply_more(serving, read_places());
	}
	n += add_peers(fds + n, clock_mono_ms(), &timeout);
	for (size_t i = 0; i < HOSTS_MAX; i++)
		if (hosts[i])
			fds[n++] = (struct pollfd){ .fd = varlink_fd(hosts[i]),
				.events = varlink_wants(hosts[i]) };
	r = poll(fds, (nfds_t)n, timeout);
	if (r <= 0)
		return;
	for (int i = 3; i < n; i++) {
		for (size_t k = 0; fds[i].revents && k < PEERS_MAX; k++)
			if (peers[k].fd == fds[i].fd)
				peer_read(&peers[k]);
		for (size_t k = 0; fds[i].revents && k < HOSTS_MAX; k++)
			if (hosts[k] && varlink_fd(hosts[k]) == fds[i].fd)
				varlink_handle_io(hosts[k], fds[i].revents);
	}
	if (fds[0].revents)
		accept_host(accept4(host_fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK));
	if (fds[1].revents)
		accept_peer(relay_fd);
	if (fds[2].revents) {
		*more = fgets(line, sizeof(line), stdin);
		if (*more)
			handle_order(line);
	}
}

int main(int argc, char **argv)
{
	struct sigaction action = { .sa_handler = handle_hup };
	bool more = true;
	int host_fd, relay_fd;

	if (argc != 4) {
		fprintf(stderr, "Usage: fake-neighbours HOST_SOCKET RELAY_SOCKET PLACES\n");
		return 2;
	}
	places_path = argv[3];
	for (size_t i = 0; i < PEERS_MAX; i++)
		peers[i].fd = -EBADF;
	setvbuf(stdin, NULL, _IONBF, 0);
	sigaction(SIGHUP, &action, NULL);
	host_fd = fd_unix_listen(argv[1], 0600);
	if (host_fd < 0)
		return 1;
	relay_fd = listen_packets(argv[2]);
	say(json_pack("{s:b}", "ready", true));
	while (true)
		turn(host_fd, relay_fd, &more);
}
