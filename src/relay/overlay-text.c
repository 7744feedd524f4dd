/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Tables of words; the same words as the browser station's. */
#include "relay/overlay-text.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "base/str.h"

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
	[TEXT_READ_FIRST] = "Please read this first",
	[TEXT_READ_LEAD] = "Only those who accept it can log in here.",
	[TEXT_READ_KEYS] =
			"Only those who accept it can log in here. There is more: the arrow keys and "
			"the wheel scroll, Tab goes to the buttons.",
	[TEXT_ACCEPT] = "Accept and log in",
	[TEXT_REFUSE] = "Refuse",
	[TEXT_NOTICE] = "%s will log you off in",
	[TEXT_NOTICE_NOW] = "%s is logging you off",
	[TEXT_IDLE_LOGOFF] = "You will be logged off in",
	[TEXT_IDLE_LOGOFF_NOW] = "You are being logged off",
	[TEXT_IDLE_SUSPEND] = "Your session will be suspended in",
	[TEXT_IDLE_SUSPEND_NOW] = "Your session is being suspended",
	[TEXT_IDLE_LOCK] = "Your session will be locked in",
	[TEXT_IDLE_LOCK_NOW] = "Your session is being locked",
	[TEXT_IDLE_KEEP] = "Nobody seems to be here. Press any key to go on.",
	[TEXT_LESSON] = "Lesson",
	[TEXT_LESSON_UNTIL] = "until %s",
	[TEXT_LESSON_SOON] = "Ends in %s minutes.",
	[TEXT_LESSON_SOON_ONE] = "Ends in one minute.",
	[TEXT_WEB_OPEN] = "%s has limited the web. These sites are open:",
	[TEXT_WEB_CLOSED] = "%s has limited the web. These sites are closed:",
	[TEXT_WEB_MORE] = "and %s more",
	[TEXT_LIMIT_MEMORY] = "Out of memory",
	[TEXT_LIMIT_MEMORY_HINT] = "Your session used all the memory it may have, so a program was "
				   "ended. Close what you do not need.",
	[TEXT_LIMIT_TASKS] = "Too many programs",
	[TEXT_LIMIT_TASKS_HINT] = "Your session runs as many programs as it may, so one could not "
				  "start. Close what you do not need.",
	[TEXT_SAVE] = "Save your work now.",
	[TEXT_MORE_TIME] = "I need more time",
	[TEXT_ASKED] = "You have asked for more time.",
	[TEXT_LOCKED] = "This session is locked.",
	[TEXT_UNLOCK] = "Unlock",
	[TEXT_SWITCH] = "Switch user",
	[TEXT_PANEL_KEY] = "Ctrl + Alt + Home opens the station panel",
	[TEXT_VIEWED] = "%s is viewing your screen",
	[TEXT_CONTROLLED] = "%s controls your screen",
	[TEXT_EXCLUSIVE] = "%s controls your screen; keyboard and mouse here are off",
	[TEXT_SUSPEND] = "Suspend",
	[TEXT_SUSPEND_HINT] = "Programs run on. Log in anywhere to go on working.",
	[TEXT_LOCK] = "Lock",
	[TEXT_LOCK_HINT] = "Your password opens it again.",
	[TEXT_LOG_OFF] = "Log off",
	[TEXT_LOG_OFF_HINT] = "All programs are closed.",
	[TEXT_LOG_OFF_ASK] = "Log off?",
	[TEXT_LOG_OFF_LOST] = "All programs are closed. Unsaved work is lost.",
	[TEXT_MORE_TIME_HINT] = "%s is asked.",
	[TEXT_HAND_UP] = "Raise hand",
	[TEXT_HAND_UP_HINT] = "A supervisor sees that you need help.",
	[TEXT_HAND_DOWN] = "Lower hand",
	[TEXT_HAND_DOWN_HINT] = "Your hand is up. A supervisor sees it.",
	[TEXT_HAND_OFF] = "Raising hands is switched off just now.",
	[TEXT_MESSAGES] = "Messages",
	[TEXT_MESSAGES_HINT] = "Between you and the supervisors.",
	[TEXT_MESSAGES_NEW] = "%s new messages",
	[TEXT_MESSAGES_NEW_ONE] = "1 new message",
	[TEXT_MESSAGES_NONE] = "No messages yet.",
	[TEXT_MESSAGES_OFF] = "Writing messages is switched off just now.",
	[TEXT_MESSAGE_YOU] = "You",
	[TEXT_MESSAGE_WRITE] = "Write a message …",
	[TEXT_MESSAGE_SEND] = "Send",
	[TEXT_MESSAGE_ANSWER] = "Ctrl + Alt + Home to answer",
	[TEXT_CANCEL] = "Cancel",
	[TEXT_CLOSE] = "Close",
	[TEXT_BLOCKED] = "Your screen is blocked for the moment.",
	[TEXT_BLOCKED_BY] = "Blocked by %s",
	[TEXT_BLOCKED_UNTIL] = "until %s",
	[TEXT_BLOCKED_KEPT] = "Your programs run on; nothing is lost.",
	[TEXT_PROJECTED] = "%s is showing you a screen",
	[TEXT_PROJECTED_SCREEN] = "Screen of %s",
	[TEXT_COMING] = "The picture is coming …",
	[TEXT_MAP_KEYBOARD] = "Press any key on the keyboard in front of this screen.",
	[TEXT_MAP_POINTER] = "Move the mouse in front of this screen.",
	[TEXT_MAP_SKIP] = "Any key: go on without a mouse.",
	[TEXT_MAP_WAITING] = "This screen is next; another one is asked first.",
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
	[TEXT_READ_FIRST] = "Bitte lesen Sie das zuerst",
	[TEXT_READ_LEAD] = "Nur wer zustimmt, kann sich hier anmelden.",
	[TEXT_READ_KEYS] = "Nur wer zustimmt, kann sich hier anmelden. Es geht weiter: Pfeiltasten "
			   "und Mausrad blättern, Tab führt zu den Knöpfen.",
	[TEXT_ACCEPT] = "Zustimmen und anmelden",
	[TEXT_REFUSE] = "Ablehnen",
	[TEXT_NOTICE] = "%s meldet Sie ab in",
	[TEXT_NOTICE_NOW] = "%s meldet Sie jetzt ab",
	[TEXT_IDLE_LOGOFF] = "Sie werden abgemeldet in",
	[TEXT_IDLE_LOGOFF_NOW] = "Sie werden jetzt abgemeldet",
	[TEXT_IDLE_SUSPEND] = "Ihre Sitzung wird angehalten in",
	[TEXT_IDLE_SUSPEND_NOW] = "Ihre Sitzung wird jetzt angehalten",
	[TEXT_IDLE_LOCK] = "Ihr Sperrbildschirm geht an in",
	[TEXT_IDLE_LOCK_NOW] = "Ihr Sperrbildschirm geht jetzt an",
	[TEXT_IDLE_KEEP] = "Es scheint niemand hier zu sein. Drücken Sie eine Taste, um "
			   "weiterzuarbeiten.",
	[TEXT_LESSON] = "Stunde",
	[TEXT_LESSON_UNTIL] = "bis %s",
	[TEXT_LESSON_SOON] = "Endet in %s Minuten.",
	[TEXT_LESSON_SOON_ONE] = "Endet in einer Minute.",
	[TEXT_WEB_OPEN] = "%s hat das Web begrenzt. Diese Seiten sind offen:",
	[TEXT_WEB_CLOSED] = "%s hat das Web begrenzt. Diese Seiten sind gesperrt:",
	[TEXT_WEB_MORE] = "und %s weitere",
	[TEXT_LIMIT_MEMORY] = "Kein Speicher mehr",
	[TEXT_LIMIT_MEMORY_HINT] =
			"Ihre Sitzung hat allen Speicher verbraucht, den sie haben darf; "
			"ein Programm wurde beendet. Schließen Sie, was Sie nicht "
			"brauchen.",
	[TEXT_LIMIT_TASKS] = "Zu viele Programme",
	[TEXT_LIMIT_TASKS_HINT] = "In Ihrer Sitzung laufen so viele Programme, wie es sein dürfen; "
				  "eines konnte nicht starten. Schließen Sie, was Sie nicht "
				  "brauchen.",
	[TEXT_SAVE] = "Speichern Sie jetzt Ihre Arbeit.",
	[TEXT_MORE_TIME] = "Ich brauche mehr Zeit",
	[TEXT_ASKED] = "Sie haben um mehr Zeit gebeten.",
	[TEXT_LOCKED] = "Der Sperrbildschirm ist an.",
	[TEXT_UNLOCK] = "Entsperren",
	[TEXT_SWITCH] = "Benutzer wechseln",
	[TEXT_PANEL_KEY] = "Strg + Alt + Pos1 öffnet das Bedienfeld der Station",
	[TEXT_VIEWED] = "%s sieht Ihren Bildschirm",
	[TEXT_CONTROLLED] = "%s steuert Ihren Bildschirm",
	[TEXT_EXCLUSIVE] = "%s steuert Ihren Bildschirm; Tastatur und Maus hier sind aus",
	[TEXT_SUSPEND] = "Sitzung anhalten",
	[TEXT_SUSPEND_HINT] = "Programme laufen weiter. Melden Sie sich irgendwo an, um "
			      "weiterzuarbeiten.",
	[TEXT_LOCK] = "Sperrbildschirm",
	[TEXT_LOCK_HINT] = "Ihr Passwort öffnet die Sitzung wieder.",
	[TEXT_LOG_OFF] = "Abmelden",
	[TEXT_LOG_OFF_HINT] = "Alle Programme werden geschlossen.",
	[TEXT_LOG_OFF_ASK] = "Abmelden?",
	[TEXT_LOG_OFF_LOST] = "Alle Programme werden geschlossen. Nicht gespeicherte Arbeit "
			      "geht verloren.",
	[TEXT_MORE_TIME_HINT] = "%s wird gefragt.",
	[TEXT_HAND_UP] = "Hand heben",
	[TEXT_HAND_UP_HINT] = "Die Aufsicht sieht, dass Sie sich melden.",
	[TEXT_HAND_DOWN] = "Hand senken",
	[TEXT_HAND_DOWN_HINT] = "Ihre Hand ist oben. Die Aufsicht sieht es.",
	[TEXT_HAND_OFF] = "Handheben ist gerade ausgeschaltet.",
	[TEXT_MESSAGES] = "Nachrichten",
	[TEXT_MESSAGES_HINT] = "Zwischen Ihnen und der Aufsicht.",
	[TEXT_MESSAGES_NEW] = "%s neue Nachrichten",
	[TEXT_MESSAGES_NEW_ONE] = "1 neue Nachricht",
	[TEXT_MESSAGES_NONE] = "Noch keine Nachrichten.",
	[TEXT_MESSAGES_OFF] = "Nachrichten schreiben ist gerade ausgeschaltet.",
	[TEXT_MESSAGE_YOU] = "Sie",
	[TEXT_MESSAGE_WRITE] = "Nachricht schreiben …",
	[TEXT_MESSAGE_SEND] = "Senden",
	[TEXT_MESSAGE_ANSWER] = "Strg + Alt + Pos1 zum Antworten",
	[TEXT_CANCEL] = "Abbrechen",
	[TEXT_CLOSE] = "Schließen",
	[TEXT_BLOCKED] = "Ihr Bildschirm ist im Moment gesperrt.",
	[TEXT_BLOCKED_BY] = "Blockiert von %s",
	[TEXT_BLOCKED_UNTIL] = "bis %s",
	[TEXT_BLOCKED_KEPT] = "Ihre Programme laufen weiter; nichts geht verloren.",
	[TEXT_PROJECTED] = "%s zeigt Ihnen einen Bildschirm",
	[TEXT_PROJECTED_SCREEN] = "Bildschirm von %s",
	[TEXT_COMING] = "Das Bild kommt …",
	[TEXT_MAP_KEYBOARD] = "Drücken Sie eine Taste auf der Tastatur vor diesem Bildschirm.",
	[TEXT_MAP_POINTER] = "Bewegen Sie die Maus vor diesem Bildschirm.",
	[TEXT_MAP_SKIP] = "Beliebige Taste: ohne Maus weiter.",
	[TEXT_MAP_WAITING] =
			"Dieser Bildschirm ist als Nächster dran; erst wird ein anderer gefragt.",
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

char *overlay_text_clean(const char *s, size_t max_chars)
{
	_cleanup_free_ char *text = strdup("");

	while (text && *s && max_chars > 0) {
		size_t len = strcspn(s, "\n");
		_cleanup_free_ char *line = strndup(s, len);
		_cleanup_free_ char *clean = line ? str_clean(line, max_chars) : NULL;
		bool more = s[len] == '\n' && s[len + 1];
		char *longer;

		if (!clean)
			return NULL;
		max_chars -= MIN(str_count_chars(clean) + 1, max_chars);
		longer = str_format("%s%s%s", text, clean, more ? "\n" : "");
		free(text);
		text = longer;
		s += len + (s[len] == '\n');
	}
	return take_ptr(text);
}

void overlay_text_time(char *dst, size_t size, int64_t ms, const char *language)
{
	static const char *const months[] = { "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul",
		"Aug", "Sep", "Oct", "Nov", "Dec" };
	time_t at = (time_t)(ms / 1000), now = (time_t)(clock_real_ms() / 1000);
	bool in_german = strncmp(language, "de", 2) == 0;
	struct tm t, n;

	dst[0] = '\0';
	if (ms <= 0 || !localtime_r(&at, &t) || !localtime_r(&now, &n))
		return;
	if (t.tm_year == n.tm_year && t.tm_yday == n.tm_yday)
		snprintf(dst, size, "%02d:%02d%s", t.tm_hour, t.tm_min, in_german ? " Uhr" : "");
	else if (in_german)
		snprintf(dst, size, "%d.%d., %02d:%02d Uhr", t.tm_mday, t.tm_mon + 1, t.tm_hour,
				t.tm_min);
	else
		snprintf(dst, size, "%d %s, %02d:%02d", t.tm_mday, months[t.tm_mon], t.tm_hour,
				t.tm_min);
}
