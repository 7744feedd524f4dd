/* SPDX-License-Identifier: GPL-3.0-or-later */
/* SHA-256 of a secret: what is kept of tokens, so that a stolen data base opens nothing. */
#pragma once

#include <stdint.h>

enum { HASH_SIZE = 32 };

/* -EIO: the library failed */
int hash_secret(const char *secret, uint8_t ret[static HASH_SIZE]);
