/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Certificate and key of HTTPS and VNC; made at the first start where none is configured. */
#pragma once

#include <openssl/ssl.h>
#include <stdbool.h>
#include <uv.h>

#include "ipc/conf.h"

struct tls;

/*
 * state_dir: where a certificate of our own is kept (NULL: it must be configured). On error
 * *ret_error is a sentence (malloc'ed).
 */
int tls_new(const struct conf *conf, const char *state_dir, struct tls **ret, char **ret_error);
struct tls *tls_free(struct tls *t);
/* From now on new files are taken by themselves, and an own certificate is renewed in time. */
int tls_watch(struct tls *t, uv_loop_t *loop);
void tls_unwatch(struct tls *t);
/*
 * Look at the files now. What is of no use is said in the log, and the certificate before stays in
 * use. Connections that are open go on.
 */
void tls_reload(struct tls *t);
const char *tls_certificate_path(const struct tls *t);
const char *tls_key_path(const struct tls *t);
/* Server context: TLS 1.2 and newer. Borrowed, until the loop turns: another one may follow. */
SSL_CTX *tls_context(const struct tls *t);
/* Protocols, ciphers, and for each handshake the certificate that is in use then. */
void tls_adopt_context(struct tls *t, SSL_CTX *context);
/* Made by us, or by nobody whom browsers know: they must be able to go on all the same. */
bool tls_is_self_signed(const struct tls *t);
