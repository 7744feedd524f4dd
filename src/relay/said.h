/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the system says (stationd, station-session, PAM), in the language of a VNC station. */
#pragma once

#include <stddef.h>

/* en: may have fields, as in "{name} has ended your session."; de: the same ones. */
struct said_pair {
	const char *en, *de;
};

/* Generated from the table of the pages (web/src/messages/system.de.ts). */
extern const struct said_pair said_de[];
extern const size_t said_n_de;

/*
 * Each line of text for itself; what is not known stays as it is. language: "de" or another one,
 * which is English. Fresh memory; NULL: there is none.
 */
char *said_text(const char *language, const char *text);
