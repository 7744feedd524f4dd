/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Texts that a person has to accept before a session is shown: notice.d/<language>.txt beside the
 * configuration file, one per language, UTF-8.
 */
#pragma once

#include <stddef.h>

#include "base/cleanup.h"

enum {
	LOGON_NOTICES_MAX = 64,
	LOGON_NOTICE_CHARS_MAX = 20000,
	LOGON_NOTICE_BYTES_MAX = 64 * 1024,
	LOGON_NOTICE_LANGUAGE_MAX = 16, /* bytes */
};

struct logon_notice {
	char language[LOGON_NOTICE_LANGUAGE_MAX]; /* "de", "de-AT": the name of the file */
	char *text; /* no empty lines at its ends, lines end with "\n"; never empty */
};

struct logon_notices {
	struct logon_notice *list; /* in order of languages */
	size_t n;
};

/*
 * Reads the folder beside conf_path; no folder, and a folder without texts, is no notice. -EINVAL:
 * *ret_error says file and reason in a sentence (malloc'ed); a text that cannot be shown is an
 * error, because without it people would log in who have accepted nothing.
 */
int logon_notices_load(const char *conf_path, struct logon_notices **ret, char **ret_error);
struct logon_notices *logon_notices_free(struct logon_notices *n);
DEFINE_CLEANUP(struct logon_notices, logon_notices_free);
/* For a reader of this language ("de", "de-AT", "de_AT.UTF-8"; NULL: not known): the same, the same
 * without a country, English, the first. NULL: there is no notice. */
const struct logon_notice *logon_notices_find(const struct logon_notices *n, const char *language);
