/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Network addresses as text and as keys of limits. */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>

enum { ADDRESS_TEXT_MAX = 64 };

/* Numeric address without port; an IPv4 peer of an IPv6 socket is written as IPv4; "local" for a
 * Unix socket. */
void address_format(const struct sockaddr *sa, char ret[static ADDRESS_TEXT_MAX]);
/* The peer of a connected socket; "unknown" if it has gone already. */
void address_format_peer(int fd, char ret[static ADDRESS_TEXT_MAX]);
/* What one owner of addresses cannot change: the whole IPv4 address, the /64 of IPv6. */
uint64_t address_key(const struct sockaddr *sa);
/*
 * Numeric host ("127.0.0.1", "::1"; "localhost" is 127.0.0.1) and port; -EINVAL where it is a name.
 */
int address_parse(
		const char *host, uint16_t port, struct sockaddr_storage *ret, socklen_t *ret_len);
bool address_is_loopback(const struct sockaddr *sa);
