/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * An X client of two requests. A desktop has started when it shows something; that is known at once
 * if this process is told of every window that is mapped on the root window, and spares the person
 * at the station the time that else has to be waited to see whether the desktop stays alive.
 *
 * The display server runs as the user, so what it sends is not trusted: lengths are checked, the
 * buffer is bounded, and whatever is odd ends the probe, which is then as if no window had come.
 */
#include "session/probe.h"

#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/cleanup.h"

enum {
	SETUP_HEADER = 8,
	SETUP_FIXED = 40, /* up to the vendor's name */
	EVENT_SIZE = 32,
	CHANGE_WINDOW_ATTRIBUTES = 2,
	VALUE_EVENT_MASK = 1 << 11,
	SUBSTRUCTURE_NOTIFY = 1 << 19,
	MAP_NOTIFY = 19,
};

static const char cookie_name[] = "MIT-MAGIC-COOKIE-1";

static uint16_t get16(const uint8_t *p)
{
	return (uint16_t)(p[0] | p[1] << 8);
}

static uint32_t get32(const uint8_t *p)
{
	return (uint32_t)get16(p) | (uint32_t)get16(p + 2) << 16;
}

static void put32(uint8_t *p, uint32_t v)
{
	for (int i = 0; i < 4; i++)
		p[i] = (uint8_t)(v >> 8 * i);
}

static size_t pad4(size_t n)
{
	return (n + 3) / 4 * 4;
}

int probe_parse_setup(const uint8_t *data, size_t len, uint32_t *ret_root, size_t *ret_len)
{
	size_t total, roots;

	if (len < SETUP_HEADER)
		return 0;
	if (data[0] != 1)
		return -EACCES;
	total = SETUP_HEADER + (size_t)get16(data + 6) * 4;
	if (total < SETUP_FIXED || total > PROBE_BUFFER_MAX)
		return -EBADMSG;
	if (len < total)
		return 0;
	/* Vendor's name, pixmap formats of 8 bytes, then the first screen, which begins with its
	 * root. */
	roots = SETUP_FIXED + pad4(get16(data + 24)) + (size_t)data[29] * 8;
	if (data[28] == 0 || roots + 4 > total)
		return -EBADMSG;
	*ret_root = get32(data + roots);
	*ret_len = total;
	return *ret_root ? 1 : -EBADMSG;
}

static int send_all(int fd, const uint8_t *data, size_t len)
{
	/* Far less than a socket's buffer: it goes out at once or not at all. */
	return send(fd, data, len, MSG_NOSIGNAL) == (ssize_t)len ? 0 : -EIO;
}

static int send_setup(int fd, const uint8_t *cookie)
{
	uint8_t m[12 + 20 + PROBE_COOKIE_SIZE] = { 'l', 0, 11, 0, 0, 0, sizeof(cookie_name) - 1, 0,
		PROBE_COOKIE_SIZE };
	int r;

	memcpy(m + 12, cookie_name, sizeof(cookie_name) - 1);
	memcpy(m + 32, cookie, PROBE_COOKIE_SIZE);
	r = send_all(fd, m, sizeof(m));
	explicit_bzero(m, sizeof(m));
	return r;
}

static int select_mapped(const struct probe *p)
{
	uint8_t m[16] = { CHANGE_WINDOW_ATTRIBUTES, 0, sizeof(m) / 4, 0 };

	put32(m + 4, p->root);
	put32(m + 8, VALUE_EVENT_MASK);
	put32(m + 12, SUBSTRUCTURE_NOTIFY);
	return send_all(p->fd, m, sizeof(m));
}

/* What is in the buffer; 1: a window was mapped. */
static int handle_data(struct probe *p)
{
	size_t n;
	int r;

	if (!p->root) {
		r = probe_parse_setup(buf_head(&p->in), buf_len(&p->in), &p->root, &n);
		if (r <= 0)
			return r;
		buf_consume(&p->in, n, false);
		r = select_mapped(p);
		if (r < 0)
			return r;
	}
	for (; buf_len(&p->in) >= EVENT_SIZE; buf_consume(&p->in, EVENT_SIZE, false)) {
		uint8_t type = buf_head(&p->in)[0] & 0x7f;

		if (type == MAP_NOTIFY)
			return 1;
		if (type < 2) /* an error or a reply: nothing was asked */
			return -EBADMSG;
	}
	return 0;
}

static void handle_readable(void *userdata, short revents)
{
	struct probe *p = userdata;
	uint8_t *room;
	ssize_t n;
	int r;

	(void)revents;
	r = buf_reserve(&p->in, 4096, &room);
	n = r < 0 ? r : read(p->fd, room, 4096);
	if (n < 0 && r >= 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n > 0) {
		buf_commit(&p->in, (size_t)n);
		r = handle_data(p);
	}
	if (n > 0 && r == 0)
		return;
	probe_stop(p);
	if (n > 0 && r == 1)
		p->handle_mapped(p->userdata);
}

void probe_init(struct probe *p, struct loop *l, void (*handle_mapped)(void *userdata),
		void *userdata)
{
	*p = (struct probe){
		.loop = l, .fd = -EBADF, .handle_mapped = handle_mapped, .userdata = userdata
	};
	watch_init(&p->watch);
	buf_init(&p->in, PROBE_BUFFER_MAX + 4096);
}

int probe_start_consume(struct probe *p, int fd, const uint8_t *cookie)
{
	_cleanup_close_ int owned = fd;
	int r;

	probe_stop(p);
	r = send_setup(fd, cookie);
	if (r < 0)
		return r;
	r = watch_start(p->loop, &p->watch, fd, POLLIN, handle_readable, p);
	if (r < 0)
		return r;
	p->fd = take_fd(&owned);
	return 0;
}

void probe_stop(struct probe *p)
{
	watch_stop(&p->watch);
	p->fd = safe_close(p->fd);
	p->root = 0;
	buf_done(&p->in);
}
