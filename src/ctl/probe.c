/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * One HTTPS request to the relay of this computer. The certificate is shown, not checked: whether
 * browsers trust it is for the person who reads its fingerprint.
 */
#include "ctl/probe.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>

#include "base/str.h"
#include "ipc/conf.h"

enum { PROBE_S = 10 };

static void context_freep(SSL_CTX **c)
{
	SSL_CTX_free(*c);
}

static void ssl_freep(SSL **s)
{
	SSL_free(*s);
}

int probe_address(const char *listen, char **ret_host, uint16_t *ret_port)
{
	_cleanup_free_ char *host = NULL;
	int r;

	r = conf_parse_listen(listen, &host, ret_port);
	if (r < 0)
		return r;
	if (streq(host, "0.0.0.0") || streq(host, "::")) {
		bool v4 = host[0] == '0';

		free(host);
		host = strdup(v4 ? "127.0.0.1" : "::1");
	}
	if (!host)
		return -ENOMEM;
	*ret_host = take_ptr(host);
	return 0;
}

static int socket_open(const char *host, uint16_t port)
{
	struct sockaddr_in6 v6 = { .sin6_family = AF_INET6, .sin6_port = htons(port) };
	struct sockaddr_in v4 = { .sin_family = AF_INET, .sin_port = htons(port) };
	struct timeval patience = { .tv_sec = PROBE_S };
	_cleanup_close_ int fd = -EBADF;
	bool is_v6 = inet_pton(AF_INET6, host, &v6.sin6_addr) == 1;

	if (!is_v6 && inet_pton(AF_INET, host, &v4.sin_addr) != 1)
		return -EINVAL;
	fd = socket(is_v6 ? AF_INET6 : AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -errno;
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
	setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience));
	if (connect(fd, is_v6 ? (struct sockaddr *)&v6 : (struct sockaddr *)&v4,
			    is_v6 ? sizeof(v6) : sizeof(v4)) < 0)
		return errno == EINPROGRESS ? -ETIMEDOUT : -errno;
	return take_fd(&fd);
}

static const char *tls_reason(void)
{
	const char *text = ERR_reason_error_string(ERR_peek_error());

	return text ? text : "no answer";
}

static int request(SSL *ssl, struct probe *ret, char **ret_error)
{
	static const char get[] = "GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
	X509 *x = SSL_get0_peer_certificate(ssl);
	char head[64] = "";
	int n;

	if (SSL_write(ssl, get, sizeof(get) - 1) <= 0 ||
			(n = SSL_read(ssl, head, sizeof(head) - 1)) <= 0 ||
			sscanf(head, "HTTP/1.1 %d", &ret->status) != 1) {
		*ret_error = str_format("what answers there does not speak HTTP");
		return -EIO;
	}
	if (!x || certificate_of(x, &ret->certificate) < 0 ||
			certificate_take_copy(x, &ret->copy) < 0) {
		certificate_done(&ret->certificate);
		*ret_error = str_format("it shows no certificate that can be read");
		return -EIO;
	}
	return 0;
}

int probe_https(const char *listen, struct probe *ret, char **ret_error)
{
	_cleanup_(context_freep) SSL_CTX *context = NULL;
	_cleanup_(ssl_freep) SSL *ssl = NULL;
	_cleanup_free_ char *host = NULL;
	_cleanup_close_ int fd = -EBADF;
	uint16_t port;

	*ret_error = NULL;
	*ret = (struct probe){ 0 };
	if (probe_address(listen, &host, &port) < 0)
		return -EINVAL;
	fd = socket_open(host, port);
	if (fd < 0) {
		*ret_error = str_format(
				"nobody answers at %s port %u (%s)", host, port, strerror(-fd));
		return -EIO;
	}
	context = SSL_CTX_new(TLS_client_method());
	ssl = context ? SSL_new(context) : NULL;
	if (!ssl || !SSL_set_fd(ssl, fd))
		return -ENOMEM;
	ERR_clear_error();
	if (SSL_connect(ssl) != 1) {
		*ret_error = str_format("no TLS with %s port %u: %s", host, port, tls_reason());
		return -EIO;
	}
	return request(ssl, ret, ret_error);
}

void probe_done(struct probe *p)
{
	certificate_done(&p->certificate);
	free(p->copy.pem);
}
