/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Whom to believe about the address of a browser: reverse proxies that the settings name. */
#pragma once

#include <stdbool.h>
#include <sys/socket.h>

#include "io/address.h"

struct proxies;

/* "192.0.2.1, 2001:db8::1", or "" for none. -EINVAL: *ret_error is a sentence (malloc'ed). */
int proxies_new(const char *list, struct proxies **ret, char **ret_error);
struct proxies *proxies_free(struct proxies *p);
bool proxies_has(const struct proxies *p, const struct sockaddr *peer);
/*
 * The last address of an X-Forwarded-For header that is none of the proxies: everything before it
 * the browser can have made up. False: there is none.
 */
bool proxies_read_forwarded(
		const struct proxies *p, const char *header, char ret[static ADDRESS_TEXT_MAX]);
