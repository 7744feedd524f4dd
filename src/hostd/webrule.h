/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Web rules: which sites somebody may reach while the web is limited. A site stands for itself and
 * all below it: contoso.com covers www.contoso.com, not notcontoso.com. Pure: no state, no I/O.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/cleanup.h"

enum { WEB_DOMAINS_MAX = 500, WEB_DOMAIN_MAX = 253 /* bytes */ };

/* WEB_ALLOW: these sites and no others; WEB_DENY: all but these. */
enum web_mode { WEB_ALLOW, WEB_DENY };

struct web_rule {
	enum web_mode mode;
	/* Names in lower case, international ones in their ASCII form (xn--), sorted, each once. */
	size_t n;
	char **domains;
};

const char *web_mode_to_string(enum web_mode mode);
/* -EINVAL */
int web_mode_parse(const char *s, enum web_mode *ret);

/*
 * One site as people write it: contoso.com, *.contoso.com, Müller.example, or the address of a page
 * (https://www.contoso.com/x: its host counts). -EINVAL: no name of a site; *ret_reason says why, a
 * sentence (malloc'ed, may be NULL without memory). -ENOMEM
 */
int web_domain_parse(const char *text, char **ret, char **ret_reason);
/* A name of a rule as people write it and web_domain_parse() takes it: "contoso.com", "*.edu".
 * malloc'ed, NULL: no memory. */
char *web_domain_build(const char *name);
/* -EINVAL as above, also for none and for more than WEB_DOMAINS_MAX. Empty entries are left out. */
int web_rule_new(enum web_mode mode, const char *const *entries, size_t n, struct web_rule **ret,
		char **ret_reason);
/* Names as they stand in a rule (a whole ending is one, too), or as web_domain_build() gives them.
 * -EINVAL: one is none. -ENOMEM */
int web_rule_load(enum web_mode mode, const char *const *names, size_t n, struct web_rule **ret);
/* NULL: no memory. */
struct web_rule *web_rule_copy(const struct web_rule *r);
struct web_rule *web_rule_free(struct web_rule *r);
DEFINE_CLEANUP(struct web_rule, web_rule_free);

bool web_rule_is_equal(const struct web_rule *a, const struct web_rule *b);
/* Is this host, in ASCII, one of the sites or below one? */
bool web_rule_covers(const struct web_rule *r, const char *host);
/* May it be reached? */
bool web_rule_allows(const struct web_rule *r, const char *host);
/* Separated by the given text; malloc'ed, NULL: no memory. */
char *web_rule_join(const struct web_rule *r, const char *separator);
