/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Who did what to whom: one row in the store and one line in the journal for each. */
#pragma once

#include "hostd/role.h"

struct host;

enum { AUDIT_ROWS_MAX = 200000, AUDIT_TEXT_MAX = 4096 };

/* method: "Sessions.LogOff"; targets: sessions, users, stations; result: "ok", "refused", ... */
void audit_add(struct host *h, const struct caller *caller, const char *method, const char *targets,
		const char *result);
