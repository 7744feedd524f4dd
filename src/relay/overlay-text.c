/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Tables of words; the same words as the browser station's. */
#include "relay/overlay-text.h"

#include <stdio.h>
#include <string.h>

static const char *const english[_TEXT_MAX] = {
	[TEXT_LEAD] = "Log in with your own account.",
	[TEXT_USER] = "User name",
	[TEXT_PASSWORD] = "Password",
	[TEXT_DESKTOP] = "Desktop",
	[TEXT_LOG_IN] = "Log in",
	[TEXT_CONTINUE] = "Continue",
	[TEXT_BACK] = "Back",
	[TEXT_USER_MISSING] = "Type your user name.",
	[TEXT_CAPS_LOCK] = "Caps Lock is on",
	[TEXT_BUSY] = "One moment …",
	[TEXT_NOTICE] = "%s will log you off in",
	[TEXT_NOTICE_NOW] = "%s is logging you off",
	[TEXT_SAVE] = "Save your work now.",
};

static const char *const german[_TEXT_MAX] = {
	[TEXT_LEAD] = "Melden Sie sich mit Ihrem eigenen Konto an.",
	[TEXT_USER] = "Benutzername",
	[TEXT_PASSWORD] = "Passwort",
	[TEXT_DESKTOP] = "Desktop",
	[TEXT_LOG_IN] = "Anmelden",
	[TEXT_CONTINUE] = "Weiter",
	[TEXT_BACK] = "Zurück",
	[TEXT_USER_MISSING] = "Geben Sie Ihren Benutzernamen ein.",
	[TEXT_CAPS_LOCK] = "Feststelltaste ist an",
	[TEXT_BUSY] = "Einen Moment …",
	[TEXT_NOTICE] = "%s meldet Sie ab in",
	[TEXT_NOTICE_NOW] = "%s meldet Sie jetzt ab",
	[TEXT_SAVE] = "Speichern Sie jetzt Ihre Arbeit.",
};

const char *overlay_text_get(const char *language, enum overlay_text text)
{
	if (language && strncmp(language, "de", 2) == 0)
		return german[text];
	return english[text];
}

void overlay_text_fill(char *dst, size_t size, const char *text, const char *value)
{
	const char *place = strstr(text, "%s");

	if (!place)
		snprintf(dst, size, "%s", text);
	else
		snprintf(dst, size, "%.*s%s%s", (int)(place - text), text, value, place + 2);
}
