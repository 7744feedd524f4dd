/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Addresses are compared as text in one form (address_format()), so an IPv4 proxy is the same
 * behind an IPv6 socket. What a proxy passes on is read from its end: each proxy appends the
 * address it was called from.
 */
#include "relay/forwarded.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/str.h"

enum { PROXIES_MAX = 16 };

struct proxies {
	char addresses[PROXIES_MAX][ADDRESS_TEXT_MAX];
	size_t n;
};

/* One word of a list in the form of address_format(); false: it is no numeric address. */
static bool word_read(const char *word, size_t len, char ret[static ADDRESS_TEXT_MAX])
{
	struct sockaddr_storage address;
	char text[ADDRESS_TEXT_MAX];
	socklen_t size;

	if (len == 0 || len >= sizeof(text) || !strchr("0123456789abcdefABCDEF:", word[0]))
		return false;
	memcpy(text, word, len);
	text[len] = 0;
	if (address_parse(text, 1, &address, &size) < 0)
		return false;
	address_format((struct sockaddr *)&address, ret);
	return true;
}

static bool is_known(const struct proxies *p, const char *address)
{
	for (size_t i = 0; i < p->n; i++)
		if (streq(p->addresses[i], address))
			return true;
	return false;
}

int proxies_new(const char *list, struct proxies **ret, char **ret_error)
{
	struct proxies *p = calloc(1, sizeof(*p));

	if (!p)
		return -ENOMEM;
	for (const char *s = list + strspn(list, ", \t"); *s; s += strspn(s, ", \t")) {
		size_t len = strcspn(s, ", \t");

		if (p->n == PROXIES_MAX || !word_read(s, len, p->addresses[p->n])) {
			*ret_error = str_format("[web] proxy takes at most %d numeric addresses, "
						"separated by commas; '%.*s' is none of them",
					PROXIES_MAX, (int)len, s);
			free(p);
			return -EINVAL;
		}
		p->n++;
		s += len;
	}
	*ret = p;
	return 0;
}

struct proxies *proxies_free(struct proxies *p)
{
	free(p);
	return NULL;
}

bool proxies_has(const struct proxies *p, const struct sockaddr *peer)
{
	char address[ADDRESS_TEXT_MAX];

	if (p->n == 0)
		return false;
	address_format(peer, address);
	return is_known(p, address);
}

bool proxies_read_forwarded(
		const struct proxies *p, const char *header, char ret[static ADDRESS_TEXT_MAX])
{
	const char *end = header + strlen(header);

	while (end > header) {
		const char *word;

		while (end > header && strchr(", \t", end[-1]))
			end--;
		for (word = end; word > header && !strchr(", \t", word[-1]);)
			word--;
		if (!word_read(word, (size_t)(end - word), ret))
			return false; /* no proxy writes this: whatever is before it is worth
					 nothing */
		if (!is_known(p, ret))
			return true;
		end = word;
	}
	return false;
}
