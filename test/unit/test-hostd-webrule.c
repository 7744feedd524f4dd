/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Web rules: what people write, what is refused with which words, and what a site covers. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <stdlib.h>

#include "base/str.h"
#include "hostd/webrule.h"

static void sites_as_people_write_them(void **state)
{
	static const char *const rows[][2] = {
		{ "contoso.com", "contoso.com" },
		{ "  Contoso.COM \n", "contoso.com" },
		{ "*.contoso.com", "contoso.com" },
		{ ".contoso.com", "contoso.com" },
		{ "contoso.com.", "contoso.com" },
		{ "https://www.contoso.com/x?y=z#w", "www.contoso.com" },
		{ "http://user:secret@contoso.com:8080/", "contoso.com" },
		{ "//contoso.com/x", "contoso.com" },
		{ "contoso.com/path", "contoso.com" },
		{ "contoso.com/?next=http://other.example/", "contoso.com" },
		{ "contoso.com:443", "contoso.com" },
		{ "Müller.example", "xn--mller-kva.example" },
		{ "stra\xc3\x9f"
		  "e.example",
				"xn--strae-oqa.example" },
		{ "xn--mller-kva.example", "xn--mller-kva.example" },
		{ "*.edu", "edu" },
		{ "a_b.contoso.com", "a_b.contoso.com" },
		{ "1und1.de", "1und1.de" },
	};

	for (size_t i = 0; i < ELEMENTSOF(rows); i++) {
		_cleanup_free_ char *name = NULL, *reason = NULL;

		assert_int_equal(web_domain_parse(rows[i][0], &name, &reason), 0);
		assert_string_equal(name, rows[i][1]);
		assert_null(reason);
	}
}

static void what_is_no_site(void **state)
{
	static const char *const rows[][2] = {
		{ "contoso", "no ending" },
		{ "192.0.2.1", "is an address" },
		{ "https://192.0.2.1/x", "is an address" },
		{ "127.1", "is an address" },
		{ "0x7f.1", "is an address" },
		{ "[2001:db8::1]", "is an address" },
		{ "2001:db8::1", "is an address" },
		{ "https://[2001:db8::1]:443/", "is an address" },
		{ "two words", "is not the name" },
		{ "con toso.com", "is not the name" },
		{ "a..b", "is not the name" },
		{ "-a.example", "is not the name" },
		{ "a-.example", "is not the name" },
		{ "*.", "is not the name" },
		{ "*", "is not the name" },
		{ "a*.example", "is not the name" },
		{ "\"; bind :80", "is not the name" },
		{ "a.example\nbind", "is not the name" },
		{ "a'b.example", "is not the name" },
		{ "https://", "is not the name" },
		{ "\xff.example", "too long" },
	};

	for (size_t i = 0; i < ELEMENTSOF(rows); i++) {
		_cleanup_free_ char *name = NULL, *reason = NULL;

		assert_int_equal(web_domain_parse(rows[i][0], &name, &reason), -EINVAL);
		assert_null(name);
		assert_non_null(reason);
		if (!strstr(reason, rows[i][1]))
			fail_msg("%s: %s", rows[i][0], reason);
	}
}

static void long_names(void **state)
{
	_cleanup_free_ char *name = NULL, *reason = NULL;
	char text[300] = "";

	memset(text, 'a', 63);
	strcpy(text + 63, ".example");
	assert_int_equal(web_domain_parse(text, &name, &reason), 0);
	memset(text, 'a', 64);
	strcpy(text + 64, ".example");
	assert_int_equal(web_domain_parse(text, &name, &reason), -EINVAL);
	free(take_ptr(reason));
	memset(text, 0, sizeof(text));
	for (int i = 0; i < 127; i++)
		strcpy(text + 2 * i, "a.");
	text[253] = '\0'; /* a.a. ... .a: as long as a name may be */
	free(take_ptr(name));
	assert_int_equal(web_domain_parse(text, &name, &reason), 0);
	strcpy(text + 253, "b");
	free(take_ptr(name));
	assert_int_equal(web_domain_parse(text, &name, &reason), -EINVAL);
}

static struct web_rule *rule(enum web_mode mode, const char *a, const char *b)
{
	const char *entries[] = { a, b };
	_cleanup_free_ char *reason = NULL;
	struct web_rule *r = NULL;

	assert_int_equal(web_rule_new(mode, entries, 2, &r, &reason), 0);
	return r;
}

static void what_a_site_covers(void **state)
{
	static const struct {
		const char *host;
		bool covered;
	} rows[] = { { "contoso.com", true }, { "CONTOSO.com.", true }, { "www.contoso.com", true },
		{ "a.b.contoso.com", true }, { "notcontoso.com", false },
		{ "contoso.com.evil.example", false }, { "contoso.co", false }, { "com", false },
		{ "other.example", true }, { "example", false }, { "", false }, { ".", false },
		{ "contoso.com..", false } };
	_cleanup_(web_rule_freep) struct web_rule *allow =
			rule(WEB_ALLOW, "other.example", "contoso.com");
	_cleanup_(web_rule_freep) struct web_rule *deny =
			rule(WEB_DENY, "contoso.com", "other.example");

	for (size_t i = 0; i < ELEMENTSOF(rows); i++) {
		assert_int_equal(web_rule_covers(allow, rows[i].host), rows[i].covered);
		assert_int_equal(web_rule_allows(allow, rows[i].host), rows[i].covered);
		assert_int_equal(web_rule_allows(deny, rows[i].host),
				*rows[i].host && !rows[i].covered);
	}
}

static void rules(void **state)
{
	_cleanup_(web_rule_freep) struct web_rule *a = rule(WEB_ALLOW, "b.example", "a.example");
	_cleanup_(web_rule_freep) struct web_rule *same =
			rule(WEB_ALLOW, "A.example", "*.b.example");
	_cleanup_(web_rule_freep) struct web_rule *other = rule(WEB_DENY, "b.example", "a.example");
	_cleanup_(web_rule_freep) struct web_rule *one = rule(WEB_ALLOW, " ", "a.example");
	_cleanup_(web_rule_freep) struct web_rule *twice =
			rule(WEB_ALLOW, "a.example", "a.example");
	_cleanup_free_ char *text = web_rule_join(a, ", "), *reason = NULL;
	const char *empty[] = { "", " \n" };
	const char *bad[] = { "a.example", "bad one" };
	const char **many = calloc(WEB_DOMAINS_MAX + 1, sizeof(*many));
	struct web_rule *none = NULL;

	assert_string_equal(text, "a.example, b.example");
	assert_true(web_rule_is_equal(a, same) && web_rule_is_equal(NULL, NULL));
	assert_false(web_rule_is_equal(a, other) || web_rule_is_equal(a, one) ||
			web_rule_is_equal(a, NULL));
	assert_true(web_rule_is_equal(one, twice));
	assert_int_equal(web_rule_new(WEB_ALLOW, empty, 2, &none, &reason), -EINVAL);
	assert_non_null(strstr(reason, "no site"));
	free(take_ptr(reason));
	assert_int_equal(web_rule_new(WEB_ALLOW, bad, 2, &none, &reason), -EINVAL);
	assert_non_null(strstr(reason, "bad one"));
	free(take_ptr(reason));
	for (size_t i = 0; i <= WEB_DOMAINS_MAX; i++)
		many[i] = "a.example";
	assert_int_equal(web_rule_new(WEB_ALLOW, many, WEB_DOMAINS_MAX + 1, &none, &reason),
			-EINVAL);
	assert_non_null(strstr(reason, "too many"));
	assert_null(none);
	free(many);
}

/* A whole ending has no dot in a rule; people have to write it *.edu. */
static void kept_rules_are_read_again(void **state)
{
	const char *written[] = { "*.edu", "contoso.com" }, *bad[] = { "contoso.com", "192.0.2.1" };
	struct web_rule *rule = NULL, *copy, *loaded = NULL, *none = NULL;
	char *reason = NULL;

	assert_int_equal(web_rule_new(WEB_ALLOW, written, 2, &rule, &reason), 0);
	copy = web_rule_copy(rule);
	assert_true(web_rule_is_equal(rule, copy) && copy != rule);
	assert_int_equal(web_rule_load(WEB_ALLOW, (const char *const *)rule->domains, rule->n,
					 &loaded),
			0);
	for (size_t i = 0; i < loaded->n; i++) {
		_cleanup_free_ char *shown = web_domain_build(loaded->domains[i]);

		assert_string_equal(shown, i == 0 ? "contoso.com" : "*.edu");
	}
	assert_true(web_rule_allows(loaded, "mit.edu") && !web_rule_allows(loaded, "mit.org"));
	assert_int_equal(web_rule_load(WEB_ALLOW, bad, 2, &none), -EINVAL);
	assert_int_equal(web_rule_load(WEB_ALLOW, bad, 0, &none), -EINVAL);
	assert_null(none);
	web_rule_free(rule);
	web_rule_free(copy);
	web_rule_free(loaded);
}

static void modes(void **state)
{
	enum web_mode m;

	assert_int_equal(web_mode_parse("allow", &m), 0);
	assert_int_equal(m, WEB_ALLOW);
	assert_int_equal(web_mode_parse(web_mode_to_string(WEB_DENY), &m), 0);
	assert_int_equal(m, WEB_DENY);
	assert_int_equal(web_mode_parse("Allow", &m), -EINVAL);
	assert_int_equal(web_mode_parse(NULL, &m), -EINVAL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sites_as_people_write_them),
		cmocka_unit_test(what_is_no_site),
		cmocka_unit_test(long_names),
		cmocka_unit_test(what_a_site_covers),
		cmocka_unit_test(rules),
		cmocka_unit_test(kept_rules_are_read_again),
		cmocka_unit_test(modes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
