/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The first packets of an RDP client, from its connection request to its Client Info: who it says
 * it is, and what it logs in with ([MS-RDPBCGR] 1.3.1.1). What follows is xrdp's matter.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	RDP_PACKET_MAX = 16 * 1024, /* of those that are read here */
	RDP_NEGOTIATION_LEN = 19,
	RDP_NAME_MAX = 15 * 3, /* bytes of UTF-8 */
	RDP_TEXT_MAX = 256 * 3,
	RDP_PASSWORD_LEN = 8, /* of rdp_info_build(): what VncAuth looks at */
};

enum { /* [MS-RDPBCGR] 2.2.1.1.1, 2.2.1.2.2 */
	RDP_PROTOCOL_CLASSIC = 0,
	RDP_PROTOCOL_TLS = 1,
	RDP_FAILURE_TLS_REQUIRED = 1,
};

struct rdp_client {
	char name[RDP_NAME_MAX + 1]; /* of the computer; valid UTF-8, may be empty */
	uint16_t width, height;      /* asked for */
};

struct rdp_info {
	bool wants_log_in; /* user and password are meant to be used (INFO_AUTOLOGON) */
	char user[RDP_TEXT_MAX + 1];
	char password[RDP_TEXT_MAX + 1]; /* wipe it */
	size_t texts, rest; /* where the texts begin in the packet, and where what follows them does
			     */
};

/* Length of the packet (TPKT, RFC 1006) that begins here, of which len bytes are there; 0: too few
 * to tell. -EPROTO: no packet, or too long. */
int rdp_packet_measure(const uint8_t *data, size_t len);

/* X.224 Connection Request; ret_protocols: bits of what the client offers. -EPROTO. */
int rdp_request_parse(const uint8_t *data, size_t len, uint32_t *ret_protocols);
void rdp_request_build(uint8_t ret[static RDP_NEGOTIATION_LEN], uint32_t protocols);
/* X.224 Connection Confirm with the protocol that was chosen, or with the reason against. */
void rdp_confirm_build(uint8_t ret[static RDP_NEGOTIATION_LEN], uint32_t protocol);
void rdp_refusal_build(uint8_t ret[static RDP_NEGOTIATION_LEN], uint32_t failure);
bool rdp_is_confirm(const uint8_t *data, size_t len);

/* MCS Connect Initial with the client's core data. -EPROTO. */
int rdp_client_parse(const uint8_t *data, size_t len, struct rdp_client *ret);

/* A packet after that: 1 Client Info, 0 one of those that come before it, -EPROTO. */
int rdp_info_parse(const uint8_t *data, size_t len, struct rdp_info *ret);
/*
 * The same Client Info with another user and password, to log in without a question; domain, shell
 * and folder are empty. ret: len + 256 bytes. Gives its length.
 */
size_t rdp_info_build(const uint8_t *data, size_t len, const struct rdp_info *info,
		const char *password, uint8_t *ret);
