/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * xrdp's VNC module asks for the pictures of an RDP client. It speaks TCP only; the port is in a
 * network of xrdp's own (station-rdp.service), and from there a forwarder brings each connection to
 * our Unix socket, which nobody but that unit's user can open. The password that the module answers
 * our challenge with says whose pictures it wants; it was made for this connection.
 *
 * The module speaks RFB 3.3, so version, security and password are dealt with here; then the stream
 * becomes a viewer, and the viewer a station.
 *
 * A station is known by the name that the client's computer gives itself, or by its address: so it
 * keeps its name and room. Anybody can say such a name, so nothing else comes with it: no session
 * and no log-in. Two with one name at the same time: the second is a station of its own.
 */
#define OPENSSL_SUPPRESS_DEPRECATED /* VncAuth is DES */
#include "relay/rdp.h"

#include <fcntl.h>
#include <openssl/crypto.h>
#include <openssl/des.h>
#include <openssl/hmac.h>
#include <string.h>
#include <sys/random.h>

#include "base/buf.h"
#include "base/fd.h"
#include "base/log.h"
#include "base/str.h"
#include "io/stream-tcp.h"
#include "proto/rfb.h"
#include "relay/relay.h"
#include "relay/station-rdp.h"
#include "relay/station.h"

enum { CALLERS_MAX = 64, CALLER_MS = 10 * 1000, KEY_LEN = 32, SECURITY_VNC = 2 };

struct rdp_pixels {
	struct relay *relay;
	struct rdp *rdp;
	uv_poll_t *poll;
	int fd;
	struct list callers; /* that have not shown a password yet */
	unsigned n;
	uint8_t key[KEY_LEN]; /* makes of names what nobody can guess */
};

struct caller {
	struct list link;
	struct rdp_pixels *pixels;
	struct stream *stream;
	uv_timer_t deadline;
	struct buf in;
	bool asked;
	uint8_t challenge[RDP_CHALLENGE_LEN];
};

/* --- password --- */

bool rdp_answers(const char *password, const uint8_t challenge[RDP_CHALLENGE_LEN],
		const uint8_t response[RDP_CHALLENGE_LEN])
{
	uint8_t expected[RDP_CHALLENGE_LEN];
	DES_cblock key;
	DES_key_schedule schedule;

	if (strlen(password) != RDP_PASSWORD_LEN)
		return false;
	/* VNC has the bits of each byte the other way round. */
	for (size_t i = 0; i < RDP_PASSWORD_LEN; i++) {
		uint8_t b = (uint8_t)password[i], turned = 0;

		for (int k = 0; k < 8; k++)
			turned |= (uint8_t)((b >> k & 1) << (7 - k));
		key[i] = turned;
	}
	DES_set_key_unchecked(&key, &schedule);
	for (size_t i = 0; i < RDP_CHALLENGE_LEN; i += 8)
		DES_ecb_encrypt((const_DES_cblock *)(challenge + i), (DES_cblock *)(expected + i),
				&schedule, DES_ENCRYPT);
	OPENSSL_cleanse(&schedule, sizeof(schedule));
	OPENSSL_cleanse(key, sizeof(key));
	return CRYPTO_memcmp(expected, response, RDP_CHALLENGE_LEN) == 0;
}

/* --- identity --- */

static int key_load(struct rdp_pixels *p)
{
	_cleanup_free_ char *path = NULL, *data = NULL;
	size_t len;

	if (!p->relay->state_dir)
		return getrandom(p->key, KEY_LEN, 0) == KEY_LEN ? 0 : -EIO;
	path = str_format("%s/rdp.key", p->relay->state_dir);
	if (!path)
		return -ENOMEM;
	if (fd_read_file_at(AT_FDCWD, path, KEY_LEN, &data, &len) == 0 && len == KEY_LEN) {
		memcpy(p->key, data, KEY_LEN);
		explicit_bzero(data, KEY_LEN);
		return 0;
	}
	if (getrandom(p->key, KEY_LEN, 0) != KEY_LEN)
		return -EIO;
	return fd_write_file(path, (const char *)p->key, KEY_LEN, 0600);
}

static int secret_choose(
		struct rdp_pixels *p, const struct rdp_guest *g, char ret[static STR_TOKEN_LEN + 1])
{
	_cleanup_free_ char *who = *g->client.name ? str_format("name %s", g->client.name)
						   : str_format("address %s", g->address);
	uint8_t digest[32];
	unsigned len = sizeof(digest);

	if (!who)
		return -ENOMEM;
	if (!HMAC(EVP_sha256(), p->key, KEY_LEN, (const uint8_t *)who, strlen(who), digest, &len))
		return -ENOMEM;
	str_build_token(digest, ret);
	if (stations_find(p->relay->stations, ret))
		return str_random_token(ret);
	return 0;
}

/* --- callers --- */

static void handle_deadline_closed(uv_handle_t *h)
{
	free(h->data);
}

static void caller_free(struct caller *c)
{
	if (c->stream)
		stream_close(c->stream);
	c->stream = NULL;
	c->pixels->n--;
	list_remove(&c->link);
	buf_done(&c->in);
	uv_close((uv_handle_t *)&c->deadline, handle_deadline_closed);
}

static void station_make(struct caller *c, struct rdp_guest *g)
{
	char secret[STR_TOKEN_LEN + 1];
	struct rdp_station_client client = { .guest = g->id,
		.secret = secret,
		.address = g->address,
		.name = g->client.name,
		.user = g->user,
		.password = g->log_in_password,
		.width = g->client.width,
		.height = g->client.height };
	int r;

	r = secret_choose(c->pixels, g, secret);
	if (r == 0)
		r = rdp_station_new(c->pixels->relay, c->stream, &client);
	explicit_bzero(secret, sizeof(secret));
	if (r < 0) {
		log_warning_errno(r, "RDP client not accepted peer=%s", g->address);
		rdp_end_guest(c->pixels->rdp, g->id);
		return;
	}
	c->stream = NULL;
}

static void answer_take(struct caller *c)
{
	static const uint8_t done[4];
	struct rdp_guest *g;

	g = rdp_take_guest(c->pixels->rdp, c->challenge, buf_head(&c->in));
	if (!g) {
		log_warning("pictures were asked for with a password of nobody");
	} else if (stream_write_bytes(c->stream, done, sizeof(done)) < 0) {
		rdp_end_guest(c->pixels->rdp, g->id);
	} else {
		log_info("RDP client connected: \"%s\" peer=%s", g->client.name, g->address);
		station_make(c, g);
	}
	rdp_guest_free(g);
	caller_free(c);
}

static bool challenge_send(struct caller *c)
{
	uint8_t m[4 + RDP_CHALLENGE_LEN] = { 0, 0, 0, SECURITY_VNC };

	if (getrandom(c->challenge, RDP_CHALLENGE_LEN, 0) != RDP_CHALLENGE_LEN)
		return false;
	memcpy(m + 4, c->challenge, RDP_CHALLENGE_LEN);
	c->asked = true;
	return stream_write_bytes(c->stream, m, sizeof(m)) == 0;
}

/* The caller says nothing on its own: what is there is the version, then the answer. */
static void handle_data(struct stream *s, const uint8_t *data, size_t len, void *userdata)
{
	struct caller *c = userdata;
	unsigned major, minor;

	(void)s;
	if (buf_append(&c->in, data, len) < 0) {
		caller_free(c);
		return;
	}
	if (!c->asked) {
		if (buf_len(&c->in) < RFB_VERSION_LEN)
			return;
		if (rfb_version_parse(buf_head(&c->in), &major, &minor) < 0 || major != 3 ||
				!challenge_send(c)) {
			caller_free(c);
			return;
		}
		buf_consume(&c->in, RFB_VERSION_LEN, 0);
	}
	if (buf_len(&c->in) == RDP_CHALLENGE_LEN)
		answer_take(c);
}

static void handle_closed(struct stream *s, const char *reason, void *userdata)
{
	struct caller *c = userdata;

	(void)s, (void)reason;
	c->stream = NULL;
	caller_free(c);
}

static const struct stream_events caller_events = {
	.handle_data = handle_data,
	.handle_closed = handle_closed,
};

static void handle_deadline(uv_timer_t *t)
{
	caller_free(t->data);
}

static void handle_call(uv_poll_t *poll, int status, int events)
{
	struct rdp_pixels *p = poll->data;
	_cleanup_close_ int fd = -EBADF;
	struct caller *c;

	(void)status, (void)events;
	fd = accept4(p->fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
	if (fd < 0 || p->n >= CALLERS_MAX)
		return;
	c = calloc(1, sizeof(*c));
	if (!c)
		return;
	if (stream_tcp_new(p->relay->loop, fd, NULL, &c->stream) < 0) {
		free(c);
		return;
	}
	take_fd(&fd);
	c->pixels = p;
	stream_set_events(c->stream, &caller_events, c);
	buf_init(&c->in, RFB_VERSION_LEN + RDP_CHALLENGE_LEN);
	list_add_tail(&p->callers, &c->link);
	p->n++;
	uv_timer_init(p->relay->loop, &c->deadline);
	c->deadline.data = c;
	uv_timer_start(&c->deadline, handle_deadline, CALLER_MS, 0);
	(void)stream_write_bytes(c->stream, "RFB 003.003\n", RFB_VERSION_LEN);
}

/* --- all of it --- */

int rdp_pixels_new(struct relay *relay, struct rdp *rdp, int fd, struct rdp_pixels **ret)
{
	struct rdp_pixels *p = calloc(1, sizeof(*p));
	int r;

	if (!p) {
		close(fd);
		return -ENOMEM;
	}
	list_init(&p->callers);
	p->relay = relay;
	p->rdp = rdp;
	p->fd = fd;
	r = key_load(p);
	if (r == 0) {
		p->poll = calloc(1, sizeof(*p->poll));
		r = p->poll ? uv_poll_init(relay->loop, p->poll, fd) : -ENOMEM;
	}
	if (r < 0) {
		free(take_ptr(p->poll));
		rdp_pixels_free(p);
		return r;
	}
	p->poll->data = p;
	uv_poll_start(p->poll, UV_READABLE, handle_call);
	*ret = p;
	return 0;
}

static void handle_poll_closed(uv_handle_t *h)
{
	free(h);
}

struct rdp_pixels *rdp_pixels_free(struct rdp_pixels *p)
{
	if (!p)
		return NULL;
	while (!list_is_empty(&p->callers))
		caller_free(list_entry(p->callers.next, struct caller, link));
	if (p->poll)
		uv_close((uv_handle_t *)p->poll, handle_poll_closed);
	safe_close(p->fd);
	explicit_bzero(p->key, sizeof(p->key));
	free(p);
	return NULL;
}
