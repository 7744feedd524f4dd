/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * TCP streams over a socketpair: order, back-pressure, who is told what when, and TLS against
 * OpenSSL's own client.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <openssl/err.h>
#include <openssl/x509.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/str.h"
#include "io/stream-tcp.h"

static uv_loop_t loop;
static SSL_CTX *server_ctx, *client_ctx;
static struct stream *stream;
static int peer;

static struct {
	struct buf data;
	int drained, tls, closed;
	char reason[160];
	bool close_in_data, write_in_closed;
} seen;

static void handle_data(struct stream *s, const uint8_t *data, size_t len, void *userdata)
{
	assert_int_equal(buf_append(&seen.data, data, len), 0);
	if (seen.close_in_data)
		stream_close(s);
}

static void handle_drained(struct stream *s, void *userdata)
{
	seen.drained++;
	assert_int_equal(stream_pending(s), 0);
}

static void handle_tls(struct stream *s, void *userdata)
{
	seen.tls++;
}

static struct chunk *bytes(const void *data, size_t len)
{
	struct chunk *c = chunk_new(len);

	assert_non_null(c);
	memcpy(c->data, data, len);
	c->len = len;
	return c;
}

static void handle_closed(struct stream *s, const char *reason, void *userdata)
{
	seen.closed++;
	str_copy(seen.reason, sizeof(seen.reason), reason);
	if (seen.write_in_closed) {
		struct chunk *c = bytes("x", 1);

		assert_true(stream_write(s, &c, 1) < 0);
		chunk_unref(c);
		stream_close(s);
	}
}

static const struct stream_events events = {
	.handle_data = handle_data,
	.handle_drained = handle_drained,
	.handle_closed = handle_closed,
	.handle_tls = handle_tls,
};

static int setup(void **state)
{
	int fds[2], small = 4096;

	memset(&seen, 0, sizeof(seen));
	buf_init(&seen.data, 64 * 1024 * 1024);
	assert_int_equal(uv_loop_init(&loop), 0);
	assert_int_equal(
			socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, fds), 0);
	setsockopt(fds[0], SOL_SOCKET, SO_SNDBUF, &small, sizeof(small));
	peer = fds[1];
	assert_int_equal(stream_tcp_new(&loop, fds[0], server_ctx, &stream), 0);
	stream_set_events(stream, &events, NULL);
	assert_string_equal(stream->peer, "local");
	return 0;
}

static int teardown(void **state)
{
	if (stream && !seen.closed)
		stream_close(stream);
	if (peer >= 0)
		close(peer);
	/* Ends only when nothing is left behind on the loop. */
	assert_int_equal(uv_run(&loop, UV_RUN_DEFAULT), 0);
	assert_int_equal(uv_loop_close(&loop), 0);
	buf_done(&seen.data);
	return 0;
}

static void turn(void)
{
	uv_run(&loop, UV_RUN_NOWAIT);
}

static int send_bytes(const void *data, size_t len)
{
	struct chunk *c = bytes(data, len);
	int r = stream_write(stream, &c, 1);

	chunk_unref(c);
	return r;
}

static void closed_by_us(void)
{
	stream_close(stream);
	stream = NULL;
}

static void bytes_pass_both_ways(void **state)
{
	struct chunk *two[2] = { bytes("hello ", 6), bytes("world", 5) };
	char in[32] = { 0 };

	assert_int_equal(stream_write(stream, two, 2), 0);
	assert_int_equal(two[0]->refs, 1); /* all was taken at once */
	assert_int_equal(read(peer, in, sizeof(in)), 11);
	assert_string_equal(in, "hello world");
	assert_int_equal(write(peer, "abc", 3), 3);
	turn();
	assert_int_equal(buf_len(&seen.data), 3);
	assert_int_equal(seen.drained, 0); /* nothing ever waited */
	chunk_unref(two[0]);
	chunk_unref(two[1]);
}

static void what_the_peer_does_not_take_waits_in_order(void **state)
{
	enum { N = 200, SIZE = 1000 };
	static uint8_t in[N * SIZE];
	size_t got = 0;

	for (unsigned i = 0; i < N; i++) {
		uint8_t data[SIZE];

		memset(data, (int)i, sizeof(data));
		assert_int_equal(send_bytes(data, sizeof(data)), 0);
	}
	assert_true(stream_pending(stream) > 0);
	while (got < sizeof(in)) {
		ssize_t n = read(peer, in + got, sizeof(in) - got);

		if (n > 0)
			got += (size_t)n;
		turn();
	}
	for (size_t i = 0; i < sizeof(in); i++)
		assert_int_equal(in[i], i / SIZE);
	turn();
	assert_int_equal(stream_pending(stream), 0);
	assert_int_equal(seen.drained, 1);
}

static void a_peer_that_never_reads_ends(void **state)
{
	static uint8_t megabyte[1024 * 1024];
	int r = 0;

	for (int i = 0; i < 80 && r == 0; i++)
		r = send_bytes(megabyte, sizeof(megabyte));
	assert_int_equal(r, -ENOBUFS);
	assert_int_equal(seen.closed, 0); /* never from within */
	assert_int_equal(send_bytes("x", 1), -EPIPE);
	turn();
	assert_int_equal(seen.closed, 1);
	assert_string_equal(seen.reason, "does not read");
	stream = NULL;
}

static void the_end_is_told_once(void **state)
{
	seen.write_in_closed = true;
	assert_int_equal(write(peer, "last", 4), 4);
	close(peer);
	peer = -1;
	for (int i = 0; i < 5; i++)
		turn();
	assert_int_equal(buf_len(&seen.data), 4);
	assert_int_equal(seen.closed, 1);
	assert_string_equal(seen.reason, "closed by peer");
}

static void a_write_into_a_broken_connection_is_told_later(void **state)
{
	static uint8_t data[100000];

	close(peer);
	peer = -1;
	send_bytes(data, sizeof(data));
	assert_int_equal(seen.closed, 0);
	turn();
	turn();
	assert_int_equal(seen.closed, 1);
}

static void close_sends_what_waits_and_says_nothing_more(void **state)
{
	static uint8_t data[100000];
	size_t got = 0;
	char in[4096];

	assert_int_equal(send_bytes(data, sizeof(data)), 0);
	assert_int_equal(write(peer, "unread", 6), 6);
	closed_by_us();
	for (;;) {
		ssize_t n = read(peer, in, sizeof(in));

		if (n == 0)
			break;
		if (n > 0)
			got += (size_t)n;
		turn();
	}
	assert_int_equal(got, sizeof(data));
	assert_int_equal(seen.closed + seen.drained, 0);
	assert_int_equal(buf_len(&seen.data), 0);
}

static void close_does_not_wait_for_ever(void **state)
{
	static uint8_t data[100000];
	uint64_t began = uv_hrtime();

	assert_int_equal(send_bytes(data, sizeof(data)), 0);
	closed_by_us();
	assert_int_equal(uv_run(&loop, UV_RUN_DEFAULT), 0);
	assert_true(uv_hrtime() - began < 3000000000);
}

static void close_from_within_data(void **state)
{
	seen.close_in_data = true;
	assert_int_equal(write(peer, "bye", 3), 3);
	turn();
	turn();
	assert_int_equal(seen.closed, 0);
	stream = NULL;
}

/* --- TLS --- */

static SSL *client_new(void)
{
	SSL *c = SSL_new(client_ctx);

	assert_non_null(c);
	assert_int_equal(SSL_set_fd(c, peer), 1);
	SSL_set_connect_state(c);
	return c;
}

static void client_free(SSL *c)
{
	SSL_free(c);
	ERR_clear_error();
}

static void client_shake(SSL *c)
{
	for (int i = 0; i < 100; i++) {
		if (SSL_do_handshake(c) == 1)
			break;
		turn();
	}
	assert_true(SSL_is_init_finished(c));
	turn();
}

static void tls_after_clear_bytes(void **state)
{
	static uint8_t data[100000], in[100000];
	size_t got = 0;
	char clear[3];
	SSL *c;

	assert_int_equal(send_bytes("ok", 2), 0);
	assert_int_equal(stream->ops->start_tls(stream), 0);
	assert_int_equal(stream->ops->start_tls(stream), -EOPNOTSUPP);
	assert_int_equal(send_bytes("x", 1), -EAGAIN); /* not before the handshake */
	assert_int_equal(read(peer, clear, sizeof(clear)), 2);
	c = client_new();
	client_shake(c);
	assert_int_equal(seen.tls, 1);
	for (size_t i = 0; i < sizeof(data); i++)
		data[i] = (uint8_t)(i * 7);
	assert_int_equal(send_bytes(data, sizeof(data)), 0);
	while (got < sizeof(in)) {
		int n = SSL_read(c, in + got, (int)(sizeof(in) - got));

		if (n > 0)
			got += (size_t)n;
		turn();
	}
	assert_memory_equal(in, data, sizeof(in));
	for (size_t sent = 0; sent < sizeof(data);) {
		int n = SSL_write(c, data + sent, (int)MIN(sizeof(data) - sent, (size_t)5000));

		if (n > 0)
			sent += (size_t)n;
		turn();
	}
	turn();
	assert_int_equal(buf_len(&seen.data), sizeof(data));
	assert_memory_equal(buf_head(&seen.data), data, sizeof(data));
	SSL_shutdown(c);
	turn();
	assert_int_equal(seen.closed, 1);
	assert_string_equal(seen.reason, "closed by peer");
	stream = NULL;
	client_free(c);
}

static void small_chunks_share_records(void **state)
{
	struct chunk *chunks[100];
	char in[200];
	SSL *c;

	assert_int_equal(stream->ops->start_tls(stream), 0);
	c = client_new();
	client_shake(c);
	for (size_t i = 0; i < ELEMENTSOF(chunks); i++)
		chunks[i] = i == 99 ? bytes("", 0) : bytes("a", 1); /* the last one is empty */
	assert_int_equal(stream_write(stream, chunks, ELEMENTSOF(chunks)), 0);
	assert_int_equal(SSL_read(c, in, sizeof(in)), 99);
	for (size_t i = 0; i < ELEMENTSOF(chunks); i++)
		chunk_unref(chunks[i]);
	client_free(c);
}

static void what_is_no_tls_ends(void **state)
{
	assert_int_equal(stream->ops->start_tls(stream), 0);
	assert_int_equal(write(peer, "GET / HTTP/1.1\r\n\r\n", 18), 18);
	turn();
	turn();
	assert_int_equal(seen.closed, 1);
	assert_int_equal(seen.tls, 0);
	assert_true(strncmp(seen.reason, "TLS: ", 5) == 0);
	stream = NULL;
}

static void a_handshake_that_is_broken_off_ends(void **state)
{
	SSL *c;

	assert_int_equal(stream->ops->start_tls(stream), 0);
	c = client_new();
	SSL_do_handshake(c);
	turn();
	close(peer);
	peer = -1;
	turn();
	turn();
	assert_int_equal(seen.closed, 1);
	stream = NULL;
	client_free(c);
}

static void tls_has_to_be_possible(void **state)
{
	struct stream *s;
	int fds[2];

	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, fds), 0);
	assert_int_equal(stream_tcp_new(&loop, fds[0], NULL, &s), 0);
	stream_set_events(s, &events, NULL);
	assert_int_equal(s->ops->start_tls(s), -EOPNOTSUPP);
	stream_close(s);
	close(fds[1]);
}

static void contexts_make(void)
{
	EVP_PKEY *key = EVP_EC_gen("P-256");
	X509 *x = X509_new();

	assert_true(key && x);
	X509_gmtime_adj(X509_getm_notBefore(x), 0);
	X509_gmtime_adj(X509_getm_notAfter(x), 3600);
	X509_set_pubkey(x, key);
	X509_set_issuer_name(x, X509_get_subject_name(x));
	assert_true(X509_sign(x, key, EVP_sha256()) > 0);
	server_ctx = SSL_CTX_new(TLS_server_method());
	client_ctx = SSL_CTX_new(TLS_client_method());
	assert_int_equal(SSL_CTX_use_certificate(server_ctx, x), 1);
	assert_int_equal(SSL_CTX_use_PrivateKey(server_ctx, key), 1);
	X509_free(x);
	EVP_PKEY_free(key);
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {
		T(bytes_pass_both_ways),
		T(what_the_peer_does_not_take_waits_in_order),
		T(a_peer_that_never_reads_ends),
		T(the_end_is_told_once),
		T(a_write_into_a_broken_connection_is_told_later),
		T(close_sends_what_waits_and_says_nothing_more),
		T(close_does_not_wait_for_ever),
		T(close_from_within_data),
		T(tls_after_clear_bytes),
		T(small_chunks_share_records),
		T(what_is_no_tls_ends),
		T(a_handshake_that_is_broken_off_ends),
		T(tls_has_to_be_possible),
	};
	int failed;

	signal(SIGPIPE, SIG_IGN);
	contexts_make();
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	SSL_CTX_free(server_ctx);
	SSL_CTX_free(client_ctx);
	return failed;
}
