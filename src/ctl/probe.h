/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What one meets who opens the address of this system. */
#pragma once

#include "io/certificate.h"

struct probe {
	int status; /* of GET / */
	struct certificate certificate;
	struct certificate_copy copy;
};

/*
 * Opens listen ("0.0.0.0:8443": on the loopback), shakes hands and asks for /. On -EIO *ret_error
 * is a sentence (malloc'ed). probe_done() on success only.
 */
int probe_https(const char *listen, struct probe *ret, char **ret_error);
void probe_done(struct probe *p);

/* A numeric address and port that reaches listen from this computer. -EINVAL, -ENOMEM. */
int probe_address(const char *listen, char **ret_host, uint16_t *ret_port);
