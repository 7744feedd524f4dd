/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Web rules: from what people type or paste to sorted names, and whether a host is covered.
 *
 * What comes out of here goes into the configuration of the filter, so a name has letters, digits,
 * dots and hyphens only; nothing that means something there can be in it. An address (192.0.2.1)
 * is refused: the filter decides by the name that a program asks for, and one without a name is
 * never let through. A bare word (contoso) is refused too: people mean contoso.com by it, and as a
 * name it would cover nothing. A whole ending is written *.edu.
 */
#include "hostd/webrule.h"

#include <arpa/inet.h>
#include <errno.h>
#include <idn2.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/str.h"

enum { LABEL_MAX = 63, TEXT_MAX = 2000, SHOWN_MAX = 60 /* characters of an entry in a reason */ };

static const char *const modes[] = { [WEB_ALLOW] = "allow", [WEB_DENY] = "deny" };

const char *web_mode_to_string(enum web_mode mode)
{
	return modes[mode];
}

int web_mode_parse(const char *s, enum web_mode *ret)
{
	for (size_t i = 0; s && i < ELEMENTSOF(modes); i++) {
		if (streq(modes[i], s)) {
			*ret = (enum web_mode)i;
			return 0;
		}
	}
	return -EINVAL;
}

/* --- one name --- */

static int refuse(const char *text, const char *why, char **ret_reason)
{
	_cleanup_free_ char *shown = str_clean(text, SHOWN_MAX);

	*ret_reason = str_format("\"%s\" %s", shown ? shown : "", why);
	return -EINVAL;
}

static bool is_address(const char *host)
{
	struct in6_addr a;
	size_t n = strlen(host);

	if (host[0] == '[' || strchr(host, ':'))
		return true;
	/* Also what old programs read as one: 127.1, 0x7f000001. */
	return inet_pton(AF_INET, host, &a) == 1 || strspn(host, "0123456789.") == n ||
	       (strncasecmp(host, "0x", 2) == 0 &&
			       strspn(host + 2, "0123456789abcdefABCDEF.") == n - 2);
}

/* The part of an address of a page that names the host; the text itself if it is none. */
static char *take_host(const char *text)
{
	const char *start = text + strspn(text, " \t\r\n"), *p = strstr(start, "://"), *at;
	size_t n;

	if (p && strcspn(start, "/?#") > (size_t)(p - start))
		start = p + 3;
	else if (strncmp(start, "//", 2) == 0)
		start += 2;
	n = strcspn(start, "/?#\\ \t\r\n");
	at = memrchr(start, '@', n);
	if (at) {
		n -= (size_t)(at + 1 - start);
		start = at + 1;
	}
	/* Words after it are no address any more. */
	if (start[n] && strchr(" \t\r\n", start[n]) && start[n + strspn(start + n, " \t\r\n")])
		return strdup("");
	return strndup(start, n);
}

static bool is_name(const char *s)
{
	size_t len = strlen(s);

	if (len == 0 || len > WEB_DOMAIN_MAX)
		return false;
	while (*s) {
		size_t n = strcspn(s, ".");

		if (n == 0 || n > LABEL_MAX || s[0] == '-' || s[n - 1] == '-' ||
				strspn(s, "abcdefghijklmnopqrstuvwxyz0123456789-_") < n)
			return false;
		s += n;
		if (*s == '.' && !*++s)
			return false;
	}
	return true;
}

/* Lower case, and the ASCII form of international names; NULL: there is none. */
static char *to_ascii(const char *host)
{
	char *ascii = NULL, *copy;
	int r;

	r = idn2_to_ascii_8z(host, &ascii, IDN2_NFC_INPUT | IDN2_NONTRANSITIONAL);
	if (r == IDN2_DISALLOWED)
		r = idn2_to_ascii_8z(host, &ascii, IDN2_NFC_INPUT | IDN2_TRANSITIONAL);
	if (r != IDN2_OK)
		return NULL;
	copy = strdup(ascii);
	idn2_free(ascii);
	for (char *c = copy; c && *c; c++)
		*c = (char)(*c >= 'A' && *c <= 'Z' ? *c + 32 : *c);
	return copy;
}

static void cut_port_and_dot(char *host)
{
	char *colon = strrchr(host, ':');
	size_t n;

	/* Two colons are an IPv6 address. */
	if (colon && colon == strchr(host, ':') &&
			strspn(colon + 1, "0123456789") == strlen(colon + 1))
		*colon = '\0';
	n = strlen(host);
	if (n > 1 && host[n - 1] == '.')
		host[n - 1] = '\0';
}

int web_domain_parse(const char *text, char **ret, char **ret_reason)
{
	_cleanup_free_ char *host = NULL, *ascii = NULL;
	const char *name;
	bool below;

	*ret_reason = NULL;
	if (strlen(text) > TEXT_MAX || !str_is_utf8(text, strlen(text)))
		return refuse(text, "is too long to be the name of a site.", ret_reason);
	host = take_host(text);
	if (!host)
		return -ENOMEM;
	cut_port_and_dot(host);
	below = strncmp(host, "*.", 2) == 0 || host[0] == '.';
	name = below ? strchr(host, '.') + 1 : host;
	if (*name && is_address(name))
		return refuse(text,
				"is an address. Sites are limited by their names; write one like "
				"contoso.com.",
				ret_reason);
	ascii = *name ? to_ascii(name) : NULL;
	if (!ascii || !is_name(ascii))
		return refuse(text, "is not the name of a site. Write one like contoso.com.",
				ret_reason);
	if (is_address(ascii)) /* digits of other scripts */
		return refuse(text, "is an address, not the name of a site.", ret_reason);
	if (!below && !strchr(ascii, '.'))
		return refuse(text,
				"has no ending. Write the whole name of the site, like "
				"contoso.com; for everything below an ending write it like *.edu.",
				ret_reason);
	*ret = take_ptr(ascii);
	return 0;
}

char *web_domain_build(const char *name)
{
	return str_format("%s%s", strchr(name, '.') ? "" : "*.", name);
}

/* --- the rule --- */

struct web_rule *web_rule_free(struct web_rule *r)
{
	if (!r)
		return NULL;
	for (size_t i = 0; i < r->n; i++)
		free(r->domains[i]);
	free(r->domains);
	free(r);
	return NULL;
}

static int compare(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static void sort(struct web_rule *r)
{
	size_t kept = 0;

	if (r->n == 0)
		return;
	qsort(r->domains, r->n, sizeof(*r->domains), compare);
	for (size_t i = 1; i < r->n; i++) {
		if (streq(r->domains[kept], r->domains[i]))
			free(r->domains[i]);
		else
			r->domains[++kept] = r->domains[i];
	}
	r->n = kept + 1;
}

int web_rule_new(enum web_mode mode, const char *const *entries, size_t n, struct web_rule **ret,
		char **ret_reason)
{
	_cleanup_(web_rule_freep) struct web_rule *rule = calloc(1, sizeof(*rule));

	*ret_reason = NULL;
	if (!rule)
		return -ENOMEM;
	rule->mode = mode;
	if (n > WEB_DOMAINS_MAX) {
		*ret_reason = str_format("%zu sites are too many; a list has at most %d.", n,
				WEB_DOMAINS_MAX);
		return -EINVAL;
	}
	rule->domains = calloc(n ? n : 1, sizeof(*rule->domains));
	if (!rule->domains)
		return -ENOMEM;
	for (size_t i = 0; i < n; i++) {
		int r;

		if (entries[i][strspn(entries[i], " \t\r\n")] == '\0')
			continue;
		r = web_domain_parse(entries[i], &rule->domains[rule->n], ret_reason);
		if (r < 0)
			return r;
		rule->n++;
	}
	if (rule->n == 0) {
		*ret_reason = strdup("The list has no site. Write at least one, like contoso.com.");
		return -EINVAL;
	}
	sort(rule);
	*ret = take_ptr(rule);
	return 0;
}

int web_rule_load(enum web_mode mode, const char *const *names, size_t n, struct web_rule **ret)
{
	_cleanup_(web_rule_freep) struct web_rule *rule = calloc(1, sizeof(*rule));

	if (n == 0 || n > WEB_DOMAINS_MAX)
		return -EINVAL;
	if (!rule)
		return -ENOMEM;
	rule->mode = mode;
	rule->domains = calloc(n, sizeof(*rule->domains));
	if (!rule->domains)
		return -ENOMEM;
	for (; rule->n < n; rule->n++) {
		const char *name = names[rule->n];

		if (name && strncmp(name, "*.", 2) == 0)
			name += 2;
		if (!name || !is_name(name) || is_address(name))
			return -EINVAL;
		rule->domains[rule->n] = strdup(name);
		if (!rule->domains[rule->n])
			return -ENOMEM;
	}
	sort(rule);
	*ret = take_ptr(rule);
	return 0;
}

struct web_rule *web_rule_copy(const struct web_rule *r)
{
	struct web_rule *copy = NULL;

	(void)web_rule_load(r->mode, (const char *const *)r->domains, r->n, &copy);
	return copy;
}

bool web_rule_is_equal(const struct web_rule *a, const struct web_rule *b)
{
	if (!a || !b)
		return a == b;
	if (a->mode != b->mode || a->n != b->n)
		return false;
	for (size_t i = 0; i < a->n; i++)
		if (!streq(a->domains[i], b->domains[i]))
			return false;
	return true;
}

bool web_rule_covers(const struct web_rule *r, const char *host)
{
	char name[WEB_DOMAIN_MAX + 2], *p = name;
	size_t n;

	if (!str_copy(name, sizeof(name), host))
		return false;
	n = strlen(name);
	if (n > 0 && name[n - 1] == '.')
		name[n - 1] = '\0';
	for (char *c = name; *c; c++)
		*c = (char)(*c >= 'A' && *c <= 'Z' ? *c + 32 : *c);
	while (p) {
		if (bsearch(&p, r->domains, r->n, sizeof(*r->domains), compare))
			return true;
		p = strchr(p, '.');
		p = p ? p + 1 : NULL;
	}
	return false;
}

bool web_rule_allows(const struct web_rule *r, const char *host)
{
	return *host && web_rule_covers(r, host) == (r->mode == WEB_ALLOW);
}

char *web_rule_join(const struct web_rule *r, const char *separator)
{
	char *text = NULL;
	size_t size;
	FILE *f = open_memstream(&text, &size);

	if (!f)
		return NULL;
	for (size_t i = 0; i < r->n; i++)
		fprintf(f, "%s%s", i ? separator : "", r->domains[i]);
	if (fclose(f) < 0) {
		free(text);
		return NULL;
	}
	return text;
}
