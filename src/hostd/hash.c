/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The secrets are 256 random bits, so one round without salt is enough: there is nothing to guess.
 */
#include "hostd/hash.h"

#include <openssl/evp.h>
#include <string.h>

#include "base/cleanup.h"

int hash_secret(const char *secret, uint8_t ret[static HASH_SIZE])
{
	unsigned n = 0;

	if (!EVP_Digest(secret, strlen(secret), ret, &n, EVP_sha256(), NULL) || n != HASH_SIZE)
		return -EIO;
	return 0;
}
