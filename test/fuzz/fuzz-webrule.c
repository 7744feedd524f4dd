/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Lists of sites as people write or paste them: one entry a line. What must hold: a name that is
 * taken has only what a name may have (it goes into the filter's configuration), reads as itself
 * again, and is covered by its rule; what is refused has a reason.
 */
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "fuzz.h"
#include "hostd/webrule.h"

static void check_name(const struct web_rule *rule, const char *name)
{
	_cleanup_free_ char *again = NULL, *reason = NULL, *below = str_format("*.%s", name);
	char inside[WEB_DOMAIN_MAX + 8];

	FUZZ_CHECK(strlen(name) <= WEB_DOMAIN_MAX);
	FUZZ_CHECK(strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789-._") == strlen(name));
	FUZZ_CHECK(below && web_domain_parse(below, &again, &reason) == 0 && streq(again, name));
	FUZZ_CHECK(web_rule_covers(rule, name));
	if (strlen(name) + 4 <= WEB_DOMAIN_MAX && str_copy(inside, sizeof(inside), "www.")) {
		strcat(inside, name);
		FUZZ_CHECK(web_rule_covers(rule, inside));
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	_cleanup_free_ char *text = strndup((const char *)data, size), *reason = NULL;
	_cleanup_(web_rule_freep) struct web_rule *rule = NULL;
	const char *entries[WEB_DOMAINS_MAX];
	char *save = NULL;
	size_t n = 0;

	FUZZ_CHECK(text);
	for (char *line = strtok_r(text, "\n", &save); line && n < WEB_DOMAINS_MAX;
			line = strtok_r(NULL, "\n", &save))
		entries[n++] = line;
	if (web_rule_new(WEB_ALLOW, entries, n, &rule, &reason) < 0) {
		FUZZ_CHECK(reason && !rule && str_is_utf8(reason, strlen(reason)));
		return 0;
	}
	FUZZ_CHECK(rule->n > 0 && rule->n <= n && !reason);
	for (size_t i = 0; i < rule->n; i++) {
		FUZZ_CHECK(i == 0 || strcmp(rule->domains[i - 1], rule->domains[i]) < 0);
		check_name(rule, rule->domains[i]);
	}
	return 0;
}
