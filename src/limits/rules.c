/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The rules. Who is limited is told by the uid that a socket was made with: a process can leave its
 * session, its cgroup and its namespaces, but not its uid (and order.c knows the uids that it may
 * hand out). They look at every packet, not at connections, so what was open before is cut too.
 *
 * For a limited uid everything out of the computer and to the computer itself is refused at once
 * (an answer, not silence: programs fail without a time-out), but for
 *   - TCP to ports 80 and 443, wherever it was meant to go: it goes to the filter of that user;
 *   - DNS, wherever it was meant to go: it is answered with the same address for every name, and
 *     nothing of it ever leaves the computer.
 * The way to the filter is open by pairs of uid and port: nobody reaches the filter of others.
 *
 * After a limit has ended programs still remember those answers for a minute or so, so for that
 * long whoever connects to the answered address, and to nothing else, gets to a filter that lets
 * everything pass.
 *
 * The table is replaced in one transaction; there is no moment without rules.
 */
#include "limits/rules.h"

#include <errno.h>
#include <nftables/libnftables.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/str.h"

static void put_range(FILE *f, const struct uid_range *r)
{
	if (r->first == r->last)
		fprintf(f, "%u", r->first);
	else
		fprintf(f, "%u-%u", r->first, r->last);
}

static void put_set(FILE *f, const struct uid_range *ranges, size_t n, bool *first)
{
	for (size_t i = 0; i < n; i++) {
		fputs(*first ? "" : ", ", f);
		put_range(f, &ranges[i]);
		*first = false;
	}
}

static void put_limited(FILE *f, const struct order *o)
{
	bool first = true;

	fputs("\tset limited {\n\t\ttype uid\n\t\tflags interval\n\t\telements = { ", f);
	for (size_t i = 0; i < o->n; i++)
		put_set(f, o->groups[i].ranges, o->groups[i].n_ranges, &first);
	fputs(" }\n\t}\n", f);
}

static void put_released(FILE *f, const struct released *r)
{
	bool first = true;

	fputs("\tset released {\n\t\ttype uid\n\t\tflags interval\n\t\telements = { ", f);
	put_set(f, r->ranges, r->n, &first);
	fputs(" }\n\t}\n", f);
}

/* Elements "uid SEPARATOR port" of all who have a filter. */
static void put_ports_of(FILE *f, const struct uid_range *ranges, size_t n, unsigned slot, int base,
		const char *separator, bool *first)
{
	for (size_t i = 0; i < n; i++) {
		fputs(*first ? "" : ", ", f);
		put_range(f, &ranges[i]);
		fprintf(f, "%s%u", separator, (unsigned)base + slot);
		*first = false;
	}
}

static void put_ports(FILE *f, const struct order *o, const struct released *r, int base,
		const char *separator, bool *first)
{
	for (size_t i = 0; i < o->n; i++)
		put_ports_of(f, o->groups[i].ranges, o->groups[i].n_ranges, o->groups[i].slot, base,
				separator, first);
	/* Who is only released is not kept from anything, but needs to be led. */
	if (streq(separator, " : "))
		put_ports_of(f, r->ranges, r->n, r->slot, base, separator, first);
}

static void put_map(FILE *f, const char *name, const struct order *o, const struct released *r,
		int base)
{
	bool first = true;

	fprintf(f, "\tmap %s {\n\t\ttype uid : inet_service\n\t\tflags interval\n\t\telements = { ",
			name);
	put_ports(f, o, r, base, " : ", &first);
	fputs(" }\n\t}\n", f);
}

static void put_pairs(FILE *f, const struct order *o, const struct released *r)
{
	bool first = true;

	fputs("\tset pairs {\n\t\ttype uid . inet_service\n\t\tflags interval\n\t\telements = { ",
			f);
	put_ports(f, o, r, RULES_TLS_PORT, " . ", &first);
	put_ports(f, o, r, RULES_HTTP_PORT, " . ", &first);
	fputs(" }\n\t}\n", f);
}

static size_t count_ranges(const struct order *o)
{
	size_t n = 0;

	for (size_t i = 0; i < o->n; i++)
		n += o->groups[i].n_ranges;
	return n;
}

static void put_chains(FILE *f, bool limited, bool released)
{
	fputs("\tchain lead {\n"
	      "\t\ttcp dport 443 redirect to :meta skuid map @tls\n"
	      "\t\ttcp dport 80 redirect to :meta skuid map @http\n"
	      "\t}\n"
	      "\tchain names {\n",
			f);
	fprintf(f, "\t\tmeta l4proto { tcp, udp } th dport 53 redirect to :%d\n\t}\n",
			RULES_DNS_PORT);
	fputs("\tchain nat {\n\t\ttype nat hook output priority -105; policy accept;\n", f);
	if (limited)
		fputs("\t\tmeta skuid @limited jump lead\n\t\tmeta skuid @limited jump names\n", f);
	if (released)
		fputs("\t\tmeta skuid @released ip daddr " RULES_ANSWER4 " jump lead\n"
		      "\t\tmeta skuid @released ip6 daddr " RULES_ANSWER6 " jump lead\n",
				f);
	fputs("\t}\n", f);
	if (!limited)
		return;
	fprintf(f,
			"\tchain path {\n"
			"\t\tmeta skuid . tcp dport @pairs accept\n"
			"\t\tmeta l4proto { tcp, udp } th dport %d accept\n"
			"\t}\n"
			"\tchain refuse {\n"
			"\t\tip daddr 127.0.0.1 jump path\n"
			"\t\tip6 daddr ::1 jump path\n"
			"\t\tmeta l4proto tcp reject with tcp reset\n"
			"\t\treject with icmpx admin-prohibited\n"
			"\t}\n"
			"\tchain out {\n"
			"\t\ttype filter hook output priority -5; policy accept;\n"
			"\t\tmeta skuid @limited goto refuse\n"
			"\t}\n",
			RULES_DNS_PORT);
}

char *rules_build(const struct order *o, const struct released *r, const char *table)
{
	bool limited = count_ranges(o) > 0, released = r->n > 0;
	char *text = NULL;
	size_t size;
	FILE *f = open_memstream(&text, &size);

	if (!f)
		return NULL;
	/* Made first, so that there is something to delete. */
	fprintf(f, "table inet %s\ndelete table inet %s\n", table, table);
	if (limited || released) {
		fprintf(f, "table inet %s {\n", table);
		if (limited) {
			put_limited(f, o);
			put_pairs(f, o, r);
		}
		if (released)
			put_released(f, r);
		put_map(f, "tls", o, r, RULES_TLS_PORT);
		put_map(f, "http", o, r, RULES_HTTP_PORT);
		put_chains(f, limited, released);
		fputs("}\n", f);
	}
	if (fclose(f) < 0) {
		free(text);
		return NULL;
	}
	return text;
}

bool rules_are_possible(void)
{
	_cleanup_free_ char *why = NULL;

	return rules_run("list tables inet", &why) == 0;
}

int rules_run(const char *text, char **ret_why)
{
	struct nft_ctx *ctx = nft_ctx_new(NFT_CTX_DEFAULT);
	int r;

	*ret_why = NULL;
	if (!ctx)
		return -ENOMEM;
	nft_ctx_buffer_output(ctx);
	nft_ctx_buffer_error(ctx);
	r = nft_run_cmd_from_buffer(ctx, text) == 0 ? 0 : -EIO;
	if (r < 0)
		*ret_why = str_clean(nft_ctx_get_error_buffer(ctx), 500);
	nft_ctx_free(ctx);
	return r;
}
