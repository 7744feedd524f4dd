/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Who has accepted which text of the log-on notice, where each has to be accepted once only. */
#pragma once

#include <stdbool.h>

#include "hostd/worker.h"
#include "ipc/logon-notice.h"

struct host;

/* The SHA-256 of a text, in hexadecimal. */
enum { ACCEPTED_HASH_LEN = 64 };

/* Forgets what was accepted of texts that are not there any more. */
void accepted_load(struct host *h);
/* What this person has to accept now, for a reader of this language; NULL: nothing. */
const struct logon_notice *accepted_find_missing(
		struct host *h, const struct person *p, const char *language);
/* Stores it, where it counts for later. */
int accepted_add(struct host *h, const struct person *p, const struct logon_notice *notice);
/* Names the text for the audit. */
void accepted_hash(const struct logon_notice *notice, char ret[static ACCEPTED_HASH_LEN + 1]);
