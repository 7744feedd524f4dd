/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Sentences of the system in German: exact ones, such with names, several lines, unknown ones. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "relay/said.h"

static void check(const char *language, const char *text, const char *wanted)
{
	_cleanup_free_ char *got = said_text(language, text);

	assert_non_null(got);
	assert_string_equal(got, wanted);
}

static void sentences(void **state)
{
	check("de", "This station is blocked.", "Diese Station ist gesperrt.");
	check("de_AT", "Password: ", "Passwort");
	check("en", "This station is blocked.", "This station is blocked.");
	check("fr", "This station is blocked.", "This station is blocked.");
	check("de", "", "");
	check("de", "Nobody has translated this – 本. ", "Nobody has translated this – 本. ");
	check("de", "{name}", "{name}");
}

static void fields(void **state)
{
	check("de", "Karin Kaya has ended your session.", "Karin Kaya hat Ihre Sitzung beendet.");
	check("de", "%s%n {name} has ended your session.", "%s%n {name} hat Ihre Sitzung beendet.");
	check("de", " has ended your session.", " has ended your session.");
	check("de", "The desktop \"kde\" is not installed (no /a/b.desktop, or its program is missing).",
			"Der Desktop „kde“ ist nicht installiert (/a/b.desktop gibt es nicht, oder das "
			"Programm dazu fehlt).");
	check("de", "The account is locked due to 5 failed logins.",
			"Das Konto ist nach 5 Fehlversuchen gesperrt.");
}

static void lines(void **state)
{
	check("de", "The session did not start.\nxterm: cannot open display\n",
			"Die Sitzung ist nicht gestartet.\nxterm: cannot open display\n");
}

/* Each template is found by itself, and nothing of it is lost on the way. */
static void all(void **state)
{
	assert_true(said_n_de > 50);
	for (size_t i = 0; i < said_n_de; i++)
		check("de", said_de[i].en, said_de[i].de);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sentences),
		cmocka_unit_test(fields),
		cmocka_unit_test(lines),
		cmocka_unit_test(all),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
