/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * An RDP client's first packets. What must hold: names and credentials are UTF-8 within their size;
 * what is built for xrdp is one packet that says what we put into it.
 */
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/str.h"
#include "fuzz.h"
#include "proto/rdp.h"

static void check_info(const uint8_t *data, size_t len)
{
	_cleanup_free_ uint8_t *changed = malloc(len + 256);
	struct rdp_info info;
	size_t n;

	FUZZ_CHECK(changed);
	if (rdp_info_parse(data, len, &info) != 1)
		return;
	FUZZ_CHECK(str_is_utf8(info.user, strlen(info.user)));
	FUZZ_CHECK(str_is_utf8(info.password, strlen(info.password)));
	n = rdp_info_build(data, len, &info, "abcdefgh", changed);
	FUZZ_CHECK(n <= len + 256 && rdp_packet_measure(changed, n) == (int)n);
	FUZZ_CHECK(rdp_info_parse(changed, n, &info) == 1);
	FUZZ_CHECK(info.wants_log_in && streq(info.user, "station"));
	FUZZ_CHECK(streq(info.password, "abcdefgh"));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	_cleanup_free_ uint8_t *copy = malloc(size + 1);
	struct rdp_client client;
	uint32_t protocols;
	int n;

	FUZZ_CHECK(copy);
	memcpy(copy, data, size);
	n = rdp_packet_measure(copy, size);
	FUZZ_CHECK(n <= RDP_PACKET_MAX);
	/* The length that the packet says may be another one than there is. */
	(void)rdp_request_parse(copy, size, &protocols);
	(void)rdp_is_confirm(copy, size);
	if (rdp_client_parse(copy, size, &client) == 0)
		FUZZ_CHECK(str_is_utf8(client.name, strlen(client.name)));
	check_info(copy, size);
	return 0;
}
