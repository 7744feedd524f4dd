/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A set of environment variables for a program of the session. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

enum { ENVIRON_MAX = 256 };

struct environ {
	char **vars; /* "NAME=value", ended by NULL once it is not empty */
	size_t n;
};

/* Replaces; value NULL removes. -ENOMEM, -E2BIG above ENVIRON_MAX. */
int environ_set(struct environ *e, const char *name, const char *value);
/* "NAME=value" as it comes from PAM; what is not of this form is left out. */
int environ_put(struct environ *e, const char *assignment);
const char *environ_get(const struct environ *e, const char *name);
/* Only where it is not set yet. */
int environ_default(struct environ *e, const char *name, const char *value);
int environ_copy(const struct environ *from, struct environ *ret);
void environ_done(struct environ *e);
