/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The audit log is append-only; above AUDIT_ROWS_MAX the oldest rows go, so it cannot fill the
 * disk.
 */
#include "hostd/audit.h"

#include "base/clock.h"
#include "base/log.h"
#include "base/str.h"
#include "hostd/host.h"

enum { TRIM_EVERY = 256 };

void audit_add(struct host *h, const struct caller *caller, const char *method, const char *targets,
		const char *result)
{
	_cleanup_free_ char *text = str_clean(targets, AUDIT_TEXT_MAX);
	static unsigned n;

	log_notice("audit: %s %s: %s user=%s role=%s from=%s", method, text ? text : "", result,
			caller->user, role_to_string(caller->role), caller->from);
	store_exec(h->store,
			"INSERT INTO audit (time_ms, user, uid, role, address, method, targets, result) "
			"VALUES (?,?,?,?,?,?,?,?)",
			"isisssss", clock_real_ms(), caller->user, (int64_t)caller->uid,
			role_to_string(caller->role), caller->from, method, text ? text : "",
			result);
	if (++n % TRIM_EVERY == 0)
		store_exec(h->store,
				"DELETE FROM audit WHERE number <= (SELECT max(number) FROM audit) - ?",
				"i", (int64_t)AUDIT_ROWS_MAX);
}
