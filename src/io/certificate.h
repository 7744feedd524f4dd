/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a certificate in a PEM file says, and whether it can be used. */
#pragma once

#include <openssl/x509.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/cleanup.h"

enum { CERTIFICATE_FINGERPRINT_LEN = 32 * 3 - 1 };

struct certificate {
	char *names; /* hosts it is for, as in "school.example, 192.0.2.1"; "" where there are none
		      */
	char fingerprint[CERTIFICATE_FINGERPRINT_LEN + 1]; /* SHA-256, as browsers show it */
	int64_t from_s, until_s;                           /* since 1970 */
	bool self_signed;
};

/* What a client needs that is to trust one certificate whatever authorities say. */
struct certificate_copy {
	char *pem;
	char pin[48]; /* base64 of the SHA-256 of its public key, as browsers pin it */
};

/*
 * The first certificate of the file; key_path: its key must belong to it (NULL: not looked at). On
 * -EINVAL *ret_error is a sentence (malloc'ed). certificate_done() on success only.
 */
int certificate_read(
		const char *path, const char *key_path, struct certificate *ret, char **ret_error);
/* The same of one that a peer showed. -ENOMEM, -EINVAL. */
int certificate_of(X509 *x, struct certificate *ret);
void certificate_done(struct certificate *c);

/* ret->pem is to be freed. -EIO, -ENOMEM. */
int certificate_take_copy(X509 *x, struct certificate_copy *ret);
