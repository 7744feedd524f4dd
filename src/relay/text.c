/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The relay's own few sentences. What comes from stationd and PAM is shown as it comes; the pages
 * have their own texts.
 */
#include "relay/text.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"

static const struct {
	const char *en;
	const char *de;
} texts[_TEXT_MAX] = {
	[TEXT_WAITING] = { "Waiting for the system …", "Warten auf das System …" },
	[TEXT_SIGNING_IN] = { "Signing in …", "Anmelden …" },
	[TEXT_UNLOCKING] = { "Unlocking …", "Entsperren …" },
	[TEXT_STARTING] = { "Starting your desktop …", "Ihr Desktop wird gestartet …" },
	[TEXT_NOT_READY] = { "The system is not ready. Try again in a moment.",
			"Das System ist nicht bereit. Versuchen Sie es gleich noch einmal." },
	[TEXT_TIMED_OUT] = { "That took too long. Please log in again.",
			"Das hat zu lange gedauert. Bitte melden Sie sich neu an." },
	[TEXT_FAILED] = { "Your desktop could not be started.",
			"Ihr Desktop konnte nicht gestartet werden." },
	[TEXT_TOO_SLOW] = { "The log-in took too long. Connect again.",
			"Die Anmeldung hat zu lange gedauert. Verbinden Sie sich neu." },
	[TEXT_NOT_DONE] = { "That did not work just now. Try again in a moment.",
			"Das ging gerade nicht. Versuchen Sie es gleich noch einmal." },
	[TEXT_AUTO_IN] = { "is logged on here in", "wird hier in" },
	[TEXT_AUTO_KEY] = { "s. Press a key to log in as somebody else.",
			"s angemeldet. Drücken Sie eine Taste, um sich selbst anzumelden." },
	[TEXT_AUTO_NOW] = { "is logged on here now.", "wird hier jetzt angemeldet." },
	[TEXT_NOT_ENROLLED] = { "This ticket is not known here: it has expired, or was taken back.",
			"Diese Eintrittskarte gilt hier nicht: Sie ist abgelaufen oder wurde zurückgenommen." },
};

const char *text_get(const char *language, enum text text)
{
	return streq(language, "de") ? texts[text].de : texts[text].en;
}

const char *text_language(void)
{
	static const char *const names[] = { "LC_ALL", "LC_MESSAGES", "LANG" };

	for (size_t i = 0; i < ELEMENTSOF(names); i++) {
		const char *value = getenv(names[i]);

		if (!str_is_empty(value))
			return strncmp(value, "de", 2) == 0 ? "de" : "en";
	}
	return "en";
}
