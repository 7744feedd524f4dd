/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Addresses without the name service: everything here is numeric, so nothing blocks. IPv4 peers
 * that come in over an IPv6 listener ("::ffff:192.0.2.1") are the same people as over IPv4, so they
 * are shown and counted as IPv4.
 */
#include "io/address.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <string.h>

#include "base/str.h"

void address_format(const struct sockaddr *sa, char ret[static ADDRESS_TEXT_MAX])
{
	const struct sockaddr_in6 *in6 = (const struct sockaddr_in6 *)sa;
	const struct sockaddr_in *in = (const struct sockaddr_in *)sa;
	const char *text = NULL;

	if (sa->sa_family == AF_INET)
		text = inet_ntop(AF_INET, &in->sin_addr, ret, ADDRESS_TEXT_MAX);
	else if (sa->sa_family == AF_INET6 && IN6_IS_ADDR_V4MAPPED(&in6->sin6_addr))
		text = inet_ntop(AF_INET, in6->sin6_addr.s6_addr + 12, ret, ADDRESS_TEXT_MAX);
	else if (sa->sa_family == AF_INET6)
		text = inet_ntop(AF_INET6, &in6->sin6_addr, ret, ADDRESS_TEXT_MAX);
	if (!text)
		str_copy(ret, ADDRESS_TEXT_MAX, sa->sa_family == AF_UNIX ? "local" : "unknown");
}

void address_format_peer(int fd, char ret[static ADDRESS_TEXT_MAX])
{
	struct sockaddr_storage ss = { 0 };
	socklen_t len = sizeof(ss);

	if (getpeername(fd, (struct sockaddr *)&ss, &len) < 0)
		ss.ss_family = AF_UNSPEC;
	address_format((struct sockaddr *)&ss, ret);
}

uint64_t address_key(const struct sockaddr *sa)
{
	const struct sockaddr_in6 *in6 = (const struct sockaddr_in6 *)sa;
	const struct sockaddr_in *in = (const struct sockaddr_in *)sa;
	uint64_t key = 0;

	if (sa->sa_family == AF_INET)
		memcpy((char *)&key + 4, &in->sin_addr, 4);
	else if (sa->sa_family == AF_INET6 && IN6_IS_ADDR_V4MAPPED(&in6->sin6_addr))
		memcpy((char *)&key + 4, in6->sin6_addr.s6_addr + 12, 4);
	else if (sa->sa_family == AF_INET6)
		memcpy(&key, in6->sin6_addr.s6_addr, 8);
	return key;
}

int address_parse(const char *host, uint16_t port, struct sockaddr_storage *ret, socklen_t *ret_len)
{
	struct sockaddr_in6 *in6 = (struct sockaddr_in6 *)ret;
	struct sockaddr_in *in = (struct sockaddr_in *)ret;

	memset(ret, 0, sizeof(*ret));
	if (streq(host, "localhost"))
		host = "127.0.0.1";
	if (inet_pton(AF_INET, host, &in->sin_addr) == 1) {
		in->sin_family = AF_INET;
		in->sin_port = htons(port);
		*ret_len = sizeof(*in);
		return 0;
	}
	memset(ret, 0, sizeof(*ret));
	if (inet_pton(AF_INET6, host, &in6->sin6_addr) == 1) {
		in6->sin6_family = AF_INET6;
		in6->sin6_port = htons(port);
		*ret_len = sizeof(*in6);
		return 0;
	}
	return -EINVAL;
}

bool address_is_loopback(const struct sockaddr *sa)
{
	const struct sockaddr_in6 *in6 = (const struct sockaddr_in6 *)sa;
	const struct sockaddr_in *in = (const struct sockaddr_in *)sa;

	if (sa->sa_family == AF_INET)
		return ntohl(in->sin_addr.s_addr) >> 24 == 127;
	if (sa->sa_family != AF_INET6)
		return false;
	if (IN6_IS_ADDR_V4MAPPED(&in6->sin6_addr))
		return in6->sin6_addr.s6_addr[12] == 127;
	return IN6_IS_ADDR_LOOPBACK(&in6->sin6_addr);
}
