/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Who did what to whom: one row in the store and one line in the journal for each. */
#pragma once

#include <jansson.h>

#include "hostd/role.h"

struct host;
struct store_row;

/* What audit_build_json() reads. */
#define AUDIT_COLUMNS \
	"number, time_ms, user, full_name, role, address, method, targets, result, uid"

enum { AUDIT_ROWS_MAX = 200000, AUDIT_TEXT_MAX = 4096 };

/* method: "Sessions.LogOff"; targets: sessions, users, stations; result: "ok", "refused", ... */
void audit_add(struct host *h, const struct caller *caller, const char *method, const char *targets,
		const char *result);
/* Type Entry of org.stationmaster.Audit; owned. */
json_t *audit_build_json(struct store_row *row);
