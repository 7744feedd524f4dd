/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Sentences that the relay itself shows at VNC stations, in the language of the system. */
#pragma once

enum text {
	TEXT_WAITING, /* greeter: stationd is away */
	TEXT_SIGNING_IN,
	TEXT_UNLOCKING,
	TEXT_STARTING,  /* logged in, the session is coming */
	TEXT_NOT_READY, /* a log-in could not be tried */
	TEXT_TIMED_OUT, /* the conversation took too long */
	TEXT_FAILED,    /* logged in, but no session */
	TEXT_TOO_SLOW,  /* the viewer's own log-in */
	TEXT_NOT_DONE,  /* what a person asked for; stationd does not say why */
	TEXT_AUTO_IN,   /* between the name of who is logged on by itself, and seconds */
	TEXT_AUTO_KEY,  /* after them */
	TEXT_AUTO_NOW,  /* after the name: that is under way */
	TEXT_NOT_ENROLLED,
	_TEXT_MAX,
};

/* "en" or "de"; anything else is English. */
const char *text_get(const char *language, enum text text);
/* Language of the environment: LC_ALL, LC_MESSAGES, LANG. */
const char *text_language(void);
