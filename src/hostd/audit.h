/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Who did what to whom: one row in the store and one line in the journal for each. */
#pragma once

#include <jansson.h>

#include "hostd/audit-chain.h"
#include "hostd/role.h"

struct host;
struct store_row;

enum { AUDIT_ROWS_MAX = 200000, AUDIT_TEXT_MAX = 4096 };

/* method: "Sessions.LogOff"; targets: sessions, users, stations; result: "ok", "refused", ... */
void audit_add(struct host *h, const struct caller *caller, const char *method, const char *targets,
		const char *result);
/* Begins to remove old rows, now and then. */
void audit_start(struct host *h);
/* Type Entry of org.stationmaster.Audit, of AUDIT_COLUMNS; owned. */
json_t *audit_build_json(struct store_row *row);
