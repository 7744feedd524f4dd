/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Certificate and key of HTTPS and VNC; made at the first start where none is configured. */
#pragma once

#include <openssl/ssl.h>

#include "ipc/conf.h"

struct tls;

/*
 * state_dir: where a certificate of our own is kept (NULL: it must be configured). On error
 * *ret_error is a sentence (malloc'ed).
 */
int tls_new(const struct conf *conf, const char *state_dir, struct tls **ret, char **ret_error);
struct tls *tls_free(struct tls *t);
const char *tls_certificate_path(const struct tls *t);
const char *tls_key_path(const struct tls *t);
/* Server context: TLS 1.2 and newer. Borrowed. */
SSL_CTX *tls_context(const struct tls *t);
