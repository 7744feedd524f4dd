/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The packet filter's rules of an order: text for nftables, and putting it into force. */
#pragma once

#include "limits/order.h"

/* Ports on 127.0.0.1 and ::1; data/systemd/station-filter@.socket and station-answers.service have
 * the same. */
enum {
	RULES_TLS_PORT = 20100,  /* and the number of the slot */
	RULES_HTTP_PORT = 20200, /* and the number of the slot */
	RULES_DNS_PORT = 854,
};

/* What every name is answered with, from the networks that are for benchmarks only (RFC 2544, RFC
 * 5180): whoever connects there is redirected to the filter, which finds the real address. */
#define RULES_ANSWER4 "198.18.0.1"
#define RULES_ANSWER6 "2001:2::1"

/* Users whose web was limited until a moment ago. */
struct released {
	struct uid_range *ranges;
	size_t n;
	unsigned slot; /* a filter that lets everything pass */
};

/*
 * The whole table, to replace what is there in one step. Nobody in the order and nobody released:
 * the text that removes it. malloc'ed; NULL: no memory.
 */
char *rules_build(const struct order *o, const struct released *released, const char *table);
/* Does this system have nftables? */
bool rules_are_possible(void);
/* -EIO: refused; *ret_why (malloc'ed): what nftables said. */
int rules_run(const char *text, char **ret_why);
