/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * viewer: a measuring RFB viewer. It shows nothing.
 *
 *   viewer [-l FILE] latency N ENDPOINT       N key presses one after the other in a session that
 * runs "paint key"; for each the ms until the update that covers pixel (100,100) has come, one a
 * line viewer [-l FILE] first ENDPOINT           ms of CLOCK_MONOTONIC when the first update came
 * that has more than one colour to show, that is, after the first pixel of the desktop (Tight,
 * decoded) viewer wall SECONDS HZ ENDPOINT...        takes and decodes updates of all of them, at
 * most HZ a second
 *
 * ENDPOINT is the path of a Unix socket (security None) or HOST:PORT (VeNCrypt X509Plain over TLS;
 * the first line of FILE is the user, the second the password). Tight, JPEG quality 6, compression
 * level 1, as TigerVNC's viewer asks for by itself.
 */
#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <poll.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <turbojpeg.h>
#include <unistd.h>
#include <zlib.h>

#define CONNS_MAX   200
#define SCRATCH_MAX ((size_t)8192 * 8192)

struct conn {
	int fd;
	SSL *ssl;
	unsigned width, height;
	uint8_t *buf; /* what was read ahead: [pos, len) */
	size_t pos, len, size;
	z_stream z[4];
	bool z_open[4];
	bool pending; /* a request is out */
	double next;  /* when the next one may go */
	bool hit;     /* an update covered the pixel that is watched */
	unsigned long updates;
	uint64_t painted; /* pixels */
};

static tjhandle jpeg;
static uint8_t *scratch;
static char login_user[256], login_password[256];

static double now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

__attribute__((noreturn)) static void die(const char *what)
{
	fprintf(stderr, "viewer: %s (%s)\n", what, errno ? strerror(errno) : "end");
	exit(1);
}

/* --- bytes --- */

static void put(struct conn *c, const void *bytes, size_t n)
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

/* Blocking: a message that has begun is read to its end. Valid until the next call. */
static const uint8_t *need(struct conn *c, size_t n)
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
		ssize_t r = c->ssl ? SSL_read(c->ssl, c->buf + c->len, (int)room)
				   : read(c->fd, c->buf + c->len, room);

		if (r <= 0)
			die("the server has closed the connection");
		c->len += (size_t)r;
	}
	c->pos += n;
	return c->buf + c->pos - n;
}

static unsigned get16(const uint8_t *p)
{
	return (unsigned)p[0] << 8 | p[1];
}

static uint32_t get32(const uint8_t *p)
{
	return (uint32_t)get16(p) << 16 | get16(p + 2);
}

static void set32(uint8_t *p, uint32_t v)
{
	p[0] = (uint8_t)(v >> 24);
	p[1] = (uint8_t)(v >> 16);
	p[2] = (uint8_t)(v >> 8);
	p[3] = (uint8_t)v;
}

/* Something is there to be read, at the latest in ms. */
static bool has_input(struct conn *c, double ms)
{
	struct pollfd p = { .fd = c->fd, .events = POLLIN };

	if (c->pos < c->len || (c->ssl && SSL_pending(c->ssl) > 0))
		return true;
	return poll(&p, 1, ms < 0 ? 0 : (int)ms + 1) > 0;
}

/* --- updates --- */

static size_t need_compact(struct conn *c)
{
	size_t v = 0;

	for (unsigned i = 0; i < 3; i++) {
		uint8_t b = *need(c, 1);

		v |= (size_t)(i == 2 ? b : b & 127) << (7 * i);
		if (!(b & 128))
			break;
	}
	return v;
}

static void inflate_rect(struct conn *c, unsigned stream, size_t n)
{
	size_t packed = need_compact(c);
	z_stream *z = &c->z[stream];

	z->next_in = (uint8_t *)(uintptr_t)need(c, packed);
	z->avail_in = (unsigned)packed;
	z->next_out = scratch;
	z->avail_out = (unsigned)n;
	if (!c->z_open[stream] && inflateInit(z) != Z_OK)
		die("zlib");
	c->z_open[stream] = true;
	if (inflate(z, Z_SYNC_FLUSH) < 0 || z->avail_out > 0)
		die("a Tight rectangle cannot be unpacked");
}

/* rfbproto: Tight */
static void read_tight(struct conn *c, unsigned width, unsigned height)
{
	uint8_t control = *need(c, 1);
	unsigned kind = control >> 4, filter;
	size_t n = (size_t)width * height * 3;

	for (unsigned i = 0; i < 4; i++)
		if (control & 1u << i && c->z_open[i])
			inflateReset(&c->z[i]);
	if (kind == 8) {
		need(c, 3);
		return;
	}
	if (kind == 9) {
		size_t size = need_compact(c);

		if (tjDecompress2(jpeg, need(c, size), size, scratch, (int)width, 0, (int)height,
				    TJPF_BGRX, TJFLAG_FASTDCT) < 0)
			die("a JPEG cannot be unpacked");
		return;
	}
	if (kind > 7)
		die("unknown kind of Tight rectangle");
	filter = kind & 4 ? *need(c, 1) : 0;
	if (filter == 1) {
		size_t colours = (size_t)*need(c, 1) + 1;

		need(c, 3 * colours);
		n = colours == 2 ? (size_t)(width + 7) / 8 * height : (size_t)width * height;
	}
	if (n < 12)
		need(c, n);
	else
		inflate_rect(c, kind & 3, n);
}

static void read_rect(struct conn *c)
{
	const uint8_t *r = need(c, 12);
	unsigned x = get16(r), y = get16(r + 2), width = get16(r + 4), height = get16(r + 6);
	uint32_t encoding = get32(r + 8);

	if (x + width > c->width || y + height > c->height ||
			(size_t)width * height * 4 > SCRATCH_MAX)
		die("rectangle outside of the picture");
	c->painted += (uint64_t)width * height;
	if (x <= 100 && x + width > 100 && y <= 100 && y + height > 100)
		c->hit = true;
	if (encoding == 0)
		need(c, (size_t)width * height * 4);
	else if (encoding == 1)
		need(c, 4);
	else if (encoding == 7)
		read_tight(c, width, height);
	else
		die("encoding that was not asked for");
}

/* One message; true: an update. */
static bool read_message(struct conn *c)
{
	uint8_t type = *need(c, 1);
	unsigned n;

	if (type == 2)
		return false;
	if (type == 3) {
		uint32_t size = get32(need(c, 7) + 3);

		need(c, size);
		return false;
	}
	if (type != 0)
		die("unknown message");
	n = get16(need(c, 3) + 1);
	for (unsigned i = 0; i < n; i++)
		read_rect(c);
	c->updates++;
	c->pending = false;
	return true;
}

static void request(struct conn *c, bool incremental)
{
	uint8_t m[10] = { 3, incremental, 0, 0, 0, 0, (uint8_t)(c->width >> 8), (uint8_t)c->width,
		(uint8_t)(c->height >> 8), (uint8_t)c->height };

	put(c, m, sizeof(m));
	c->pending = true;
}

/* --- connecting --- */

static int connect_socket(const char *endpoint)
{
	if (*endpoint == '/') {
		struct sockaddr_un a = { .sun_family = AF_UNIX };
		int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

		snprintf(a.sun_path, sizeof(a.sun_path), "%s", endpoint);
		if (fd < 0 || connect(fd, (struct sockaddr *)&a, sizeof(a)) < 0)
			die(endpoint);
		return fd;
	} else {
		char *host = strdup(endpoint), *colon = host ? strrchr(host, ':') : NULL;
		struct addrinfo *found, hints = { .ai_socktype = SOCK_STREAM };
		int fd, one = 1;

		if (!colon)
			die("the endpoint is neither a path nor HOST:PORT");
		*colon = 0;
		if (getaddrinfo(host, colon + 1, &hints, &found) != 0)
			die(endpoint);
		fd = socket(found->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
		if (fd < 0 || connect(fd, found->ai_addr, found->ai_addrlen) < 0)
			die(endpoint);
		setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
		freeaddrinfo(found);
		free(host);
		return fd;
	}
}

/* rfbproto: VeNCrypt, subtype X509Plain (262) */
static void start_vencrypt(struct conn *c)
{
	SSL_CTX *context = SSL_CTX_new(TLS_client_method());
	uint8_t m[8] = { 0, 2 };
	unsigned n;

	need(c, 2);
	put(c, m, 2);
	if (*need(c, 1) != 0)
		die("VeNCrypt 0.2 is refused");
	n = *need(c, 1);
	need(c, 4 * (size_t)n);
	set32(m, 262);
	put(c, m, 4);
	if (*need(c, 1) != 1)
		die("X509Plain is refused");
	c->ssl = SSL_new(context);
	if (!c->ssl || !SSL_set_fd(c->ssl, c->fd) || SSL_connect(c->ssl) != 1)
		die("TLS");
	set32(m, (uint32_t)strlen(login_user));
	set32(m + 4, (uint32_t)strlen(login_password));
	put(c, m, 8);
	put(c, login_user, strlen(login_user));
	put(c, login_password, strlen(login_password));
}

static void choose_security(struct conn *c)
{
	uint8_t n = *need(c, 1), type = login_user[0] ? 19 : 1;

	if (!memchr(need(c, n), type, n))
		die("the security type is not offered");
	put(c, &type, 1);
	if (type == 19)
		start_vencrypt(c);
	if (get32(need(c, 4)) != 0)
		die("not let in");
}

static void conn_open(struct conn *c, const char *endpoint)
{
	static const uint8_t format[20] = { 0, 0, 0, 0, 32, 24, 0, 1, 0, 255, 0, 255, 0, 255, 16,
		8 };
	static const int32_t encodings[] = { 7, 1, 0, -32 + 6, -256 + 1 };
	uint8_t m[4 + sizeof(encodings)] = { 2, 0, 0, sizeof(encodings) / 4 };
	const uint8_t *p;

	c->size = 1 << 18;
	c->buf = malloc(c->size);
	c->fd = connect_socket(endpoint);
	if (!c->buf || memcmp(need(c, 12), "RFB 003.008\n", 12) != 0)
		die("not RFB 3.8");
	put(c, "RFB 003.008\n", 12);
	choose_security(c);
	put(c, "\1", 1);
	p = need(c, 24);
	c->width = get16(p);
	c->height = get16(p + 2);
	need(c, get32(p + 20));
	put(c, format, sizeof(format));
	for (size_t i = 0; i < sizeof(encodings) / 4; i++)
		set32(m + 4 + 4 * i, (uint32_t)encodings[i]);
	put(c, m, sizeof(m));
}

/* --- what it is for --- */

static void press(struct conn *c, uint8_t down)
{
	const uint8_t m[8] = { 4, down, 0, 0, 0, 0, 0, 'a' };

	put(c, m, sizeof(m));
}

static void take_until(struct conn *c, double end)
{
	while (now_ms() < end)
		if (has_input(c, end - now_ms()) && read_message(c))
			request(c, true);
}

static int run_latency(int count, const char *endpoint)
{
	static struct conn c;

	conn_open(&c, endpoint);
	request(&c, false);
	for (int i = -10; i < count; i++) { /* ten to warm up */
		double began;

		take_until(&c, now_ms() + 40 + rand() % 20);
		c.hit = false;
		began = now_ms();
		press(&c, 1);
		while (!c.hit && now_ms() - began < 2000)
			if (has_input(&c, 100) && read_message(&c))
				request(&c, true);
		if (!c.hit)
			die("a key had no effect within 2 s: does the session run \"paint key\"?");
		if (i >= 0)
			printf("%.3f\n", now_ms() - began);
		press(&c, 0);
	}
	return 0;
}

static int run_first(const char *endpoint)
{
	static struct conn c;

	conn_open(&c, endpoint);
	request(&c, false);
	while (!read_message(&c))
		;
	printf("%.3f\n", now_ms());
	return 0;
}

static int run_wall(double seconds, double hz, char **endpoints, int n)
{
	static struct conn conns[CONNS_MAX];
	double end;
	unsigned long updates = 0;

	if (n > CONNS_MAX)
		die("too many endpoints");
	for (int i = 0; i < n; i++) {
		conn_open(&conns[i], endpoints[i]);
		request(&conns[i], false);
		conns[i].next = now_ms() + 1000 / hz * (i + 1) / n; /* spread over the period */
	}
	printf("ready\n");
	fflush(stdout);
	end = now_ms() + seconds * 1000;
	for (double now = now_ms(); now < end; now = now_ms()) {
		struct pollfd polls[CONNS_MAX];
		double soon = end;

		for (int i = 0; i < n; i++) {
			struct conn *c = &conns[i];

			while (c->pos < c->len && read_message(c))
				;
			if (!c->pending && now >= c->next) {
				request(c, true);
				c->next = now + 1000 / hz;
			}
			if (!c->pending && c->next < soon)
				soon = c->next;
			polls[i] = (struct pollfd){ .fd = c->fd, .events = POLLIN };
		}
		poll(polls, (nfds_t)n, (int)(soon - now) + 1);
		for (int i = 0; i < n; i++)
			if (polls[i].revents & POLLIN)
				read_message(&conns[i]);
	}
	for (int i = 0; i < n; i++)
		updates += conns[i].updates;
	printf("updates %lu\n", updates);
	return 0;
}

static void read_login(const char *path)
{
	FILE *f = fopen(path, "re");

	if (!f || !fgets(login_user, sizeof(login_user), f) ||
			!fgets(login_password, sizeof(login_password), f))
		die(path);
	login_user[strcspn(login_user, "\n")] = 0;
	login_password[strcspn(login_password, "\n")] = 0;
	fclose(f);
}

int main(int argc, char **argv)
{
	int o;

	while ((o = getopt(argc, argv, "+l:")) != -1) {
		if (o != 'l')
			return 2;
		read_login(optarg);
	}
	argc -= optind;
	argv += optind;
	jpeg = tjInitDecompress();
	scratch = malloc(SCRATCH_MAX);
	if (!jpeg || !scratch)
		die("no memory");
	if (argc == 3 && strcmp(argv[0], "latency") == 0)
		return run_latency(atoi(argv[1]), argv[2]);
	if (argc == 2 && strcmp(argv[0], "first") == 0)
		return run_first(argv[1]);
	if (argc >= 4 && strcmp(argv[0], "wall") == 0)
		return run_wall(atof(argv[1]), atof(argv[2]), argv + 3, argc - 3);
	fprintf(stderr, "viewer [-l FILE] latency N ENDPOINT | first ENDPOINT | wall SECONDS HZ ENDPOINT...\n");
	return 2;
}
