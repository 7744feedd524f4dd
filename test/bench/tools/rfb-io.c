/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The way of the bytes: a Unix or TCP socket, TLS, or a WebSocket (RFC 6455; masked with zeros,
 * which costs neither side anything). Reads block: a message that has begun is read to its end.
 */
#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "rfb.h"

enum {
	RAW_SIZE = 64 * 1024,
	OUT_MAX = 1024,
	CONTROL_FRAME_MAX = 125,
	WS_BINARY = 2,
	WS_PING = 9,
	WS_PONG = 10
};

double now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

void die(const char *what)
{
	fprintf(stderr, "viewer: %s (%s)\n", what, errno ? strerror(errno) : "end");
	exit(1);
}

/* --- socket or TLS --- */

static void raw_put(struct rfb *c, const void *bytes, size_t n)
{
	const char *p = bytes;

	while (n > 0) {
		ssize_t r = c->ssl ? SSL_write(c->ssl, p, (int)n) : write(c->fd, p, n);

		if (r <= 0)
			die("cannot write");
		p += r;
		n -= (size_t)r;
	}
}

static size_t raw_get(struct rfb *c, void *to, size_t room)
{
	ssize_t r = c->ssl ? SSL_read(c->ssl, to, (int)room) : read(c->fd, to, room);

	if (r <= 0) {
		errno = r == 0 ? 0 : errno;
		die("the server has closed the connection");
	}
	c->bytes += (size_t)r;
	return (size_t)r;
}

/* --- WebSocket --- */

static void web_put(struct rfb *c, unsigned opcode, const void *bytes, size_t n)
{
	uint8_t m[8 + OUT_MAX] = { (uint8_t)(0x80 | opcode) };
	size_t head = 2;

	if (n > OUT_MAX)
		die("message too long");
	if (n < 126) {
		m[1] = (uint8_t)(0x80 | n);
	} else {
		m[1] = 0x80 | 126;
		m[2] = (uint8_t)(n >> 8);
		m[3] = (uint8_t)n;
		head = 4;
	}
	head += 4; /* the mask: zeros */
	memcpy(m + head, bytes, n);
	raw_put(c, m, head + n);
}

static uint8_t web_byte(struct rfb *c)
{
	if (c->raw_pos == c->raw_len) {
		c->raw_len = raw_get(c, c->raw, RAW_SIZE);
		c->raw_pos = 0;
	}
	return c->raw[c->raw_pos++];
}

/* Up to the payload of the next message with data. */
static void web_next(struct rfb *c)
{
	for (;;) {
		unsigned opcode = web_byte(c) & 15;
		uint64_t n = web_byte(c);
		uint8_t control[CONTROL_FRAME_MAX];

		if (n == 126 || n == 127) {
			unsigned more = n == 126 ? 2 : 8;

			n = 0;
			while (more-- > 0)
				n = n << 8 | web_byte(c);
		}
		if (opcode <= WS_BINARY) {
			c->frame_left = n;
			return;
		}
		if (n > sizeof(control))
			die("bad control frame");
		for (uint64_t i = 0; i < n; i++)
			control[i] = web_byte(c);
		if (opcode == WS_PING)
			web_put(c, WS_PONG, control, (size_t)n);
		else if (opcode != WS_PONG) {
			fprintf(stderr, "viewer: closed with %u\n",
					n >= 2 ? control[0] << 8 | control[1] : 0);
			exit(1);
		}
	}
}

static size_t web_get(struct rfb *c, uint8_t *to, size_t room)
{
	size_t n;

	while (c->frame_left == 0)
		web_next(c);
	if (room > c->frame_left)
		room = (size_t)c->frame_left;
	n = c->raw_len - c->raw_pos;
	if (n == 0) {
		n = raw_get(c, to, room);
	} else {
		n = n < room ? n : room;
		memcpy(to, c->raw + c->raw_pos, n);
		c->raw_pos += n;
	}
	c->frame_left -= n;
	return n;
}

static void web_open(struct rfb *c, const char *host, const char *path, const char *cookie)
{
	char m[1024], line[512] = "";
	size_t n = 0;
	bool first = true;

	c->raw = malloc(RAW_SIZE);
	if (!c->raw)
		die("no memory");
	snprintf(m, sizeof(m),
			"GET %s HTTP/1.1\r\nHost: %s\r\nOrigin: http://%s\r\nConnection: Upgrade\r\n"
			"Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
			"Sec-WebSocket-Key: MDEyMzQ1Njc4OWFiY2RlZg==\r\n"
			"Sec-WebSocket-Protocol: binary\r\n%s%s%s\r\n",
			path, host, host, *cookie ? "Cookie: " : "", cookie, *cookie ? "\r\n" : "");
	raw_put(c, m, strlen(m));
	for (;;) {
		char b = (char)web_byte(c);

		if (n + 1 < sizeof(line))
			line[n++] = b;
		line[n] = '\0';
		if (b != '\n')
			continue;
		if (first && !strstr(line, " 101 ")) {
			fprintf(stderr, "viewer: ws://%s%s: %s", host, path, line);
			exit(1);
		}
		first = false;
		if (n <= 2)
			break;
		n = 0;
	}
	c->is_web = true;
}

/* --- for the protocol --- */

void rfb_put(struct rfb *c, const void *bytes, size_t n)
{
	if (c->is_web)
		web_put(c, WS_BINARY, bytes, n);
	else
		raw_put(c, bytes, n);
}

const uint8_t *rfb_need(struct rfb *c, size_t n)
{
	if (c->pos == c->len)
		c->pos = c->len = 0;
	if (c->pos + n > c->size) {
		memmove(c->buf, c->buf + c->pos, c->len - c->pos);
		c->len -= c->pos;
		c->pos = 0;
		if (n > c->size) {
			c->size = n + 65536;
			c->buf = realloc(c->buf, c->size);
			if (!c->buf)
				die("no memory");
		}
	}
	while (c->len - c->pos < n) {
		size_t room = c->size - c->len;

		c->len += c->is_web ? web_get(c, c->buf + c->len, room)
				    : raw_get(c, c->buf + c->len, room);
	}
	c->pos += n;
	return c->buf + c->pos - n;
}

bool rfb_has_buffered(const struct rfb *c)
{
	return c->pos < c->len || c->raw_pos < c->raw_len || (c->ssl && SSL_pending(c->ssl) > 0);
}

bool rfb_has_input(struct rfb *c, double ms)
{
	struct pollfd p = { .fd = c->fd, .events = POLLIN };

	return rfb_has_buffered(c) || poll(&p, 1, ms < 0 ? 0 : (int)ms + 1) > 0;
}

/* --- connecting --- */

void endpoint_parse(struct endpoint *e, const char *line)
{
	*e = (struct endpoint){ 0 };
	if (strncmp(line, "ws://", 5) == 0)
		sscanf(line, "%255s %255[^\n]", e->address, e->cookie);
	else
		sscanf(line, "%255s %127s %127s", e->address, e->user, e->password);
}

static int connect_unix(const char *path)
{
	struct sockaddr_un a = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	memcpy(a.sun_path, path, strnlen(path, sizeof(a.sun_path) - 1));
	if (fd < 0 || connect(fd, (struct sockaddr *)&a, sizeof(a)) < 0)
		die(path);
	return fd;
}

/* Each from an address of its own, as stations have; 127.0.0.0/8 is all ours. */
static int connect_tcp(const char *host, const char *port)
{
	static unsigned number;
	struct sockaddr_in from = { .sin_family = AF_INET };
	struct addrinfo *found, hints = { .ai_socktype = SOCK_STREAM };
	int fd, one = 1;

	if (getaddrinfo(host, port, &hints, &found) != 0)
		die(host);
	fd = socket(found->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		die("socket");
	from.sin_addr.s_addr = htonl(0x7f000000 | (2 + number / 250) << 8 | (1 + number % 250));
	number++;
	if (found->ai_family == AF_INET && strncmp(host, "127.", 4) == 0 &&
			bind(fd, (struct sockaddr *)&from, sizeof(from)) < 0)
		die("bind");
	if (connect(fd, found->ai_addr, found->ai_addrlen) < 0)
		die(host);
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	freeaddrinfo(found);
	return fd;
}

void rfb_connect(struct rfb *c, const struct endpoint *e)
{
	char host[256], *colon, *path;
	bool web = strncmp(e->address, "ws://", 5) == 0;

	c->size = 1 << 16;
	c->buf = malloc(c->size);
	if (!c->buf)
		die("no memory");
	if (e->address[0] == '/') {
		c->fd = connect_unix(e->address);
		return;
	}
	snprintf(host, sizeof(host), "%s", e->address + (web ? 5 : 0));
	path = strchr(host, '/');
	if (path)
		*path = '\0';
	colon = strrchr(host, ':');
	if (!colon)
		die("the endpoint is neither a path nor HOST:PORT");
	*colon = '\0';
	c->fd = connect_tcp(host, colon + 1);
	*colon = ':';
	if (web)
		web_open(c, host, path ? strchr(e->address + 5, '/') : "/", e->cookie);
}

void rfb_start_tls(struct rfb *c)
{
	static SSL_CTX *context;

	if (!context)
		context = SSL_CTX_new(TLS_client_method());
	c->ssl = context ? SSL_new(context) : NULL;
	if (!c->ssl || !SSL_set_fd(c->ssl, c->fd) || SSL_connect(c->ssl) != 1)
		die("TLS");
}
