/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The audit log is append-only; above AUDIT_ROWS_MAX the oldest rows go, so it cannot fill the
 * disk.
 */
#include "hostd/audit.h"

#include "base/clock.h"
#include "base/log.h"
#include "base/str.h"
#include "hostd/events.h"
#include "hostd/host.h"

enum { TRIM_EVERY = 256 };

struct told {
	struct host *host;
	const struct caller *caller;
};

json_t *audit_build_json(struct store_row *row)
{
	return json_pack("{s:I, s:I, s:s, s:s, s:s, s:s, s:s, s:s, s:s}", "number",
			(json_int_t)store_row_int(row, 0), "at_ms",
			(json_int_t)store_row_int(row, 1), "user", store_row_text(row, 2),
			"full_name", store_row_text(row, 3), "role", store_row_text(row, 4),
			"address", store_row_text(row, 5), "method", store_row_text(row, 6),
			"targets", store_row_text(row, 7), "result", store_row_text(row, 8));
}

static int tell(struct store_row *row, void *userdata)
{
	const struct told *t = userdata;

	events_send_audit(t->host, t->caller, audit_build_json(row));
	return 0;
}

void audit_add(struct host *h, const struct caller *caller, const char *method, const char *targets,
		const char *result)
{
	_cleanup_free_ char *text = str_clean(targets, AUDIT_TEXT_MAX);
	static unsigned n;

	log_notice("audit: %s %s: %s user=%s role=%s from=%s", method, text ? text : "", result,
			caller->user, role_to_string(caller->role), caller->from);
	store_exec(h->store,
			"INSERT INTO audit (time_ms, user, uid, full_name, role, address, method, "
			"targets, result) VALUES (?,?,?,?,?,?,?,?,?)",
			"isissssss", clock_real_ms(), caller->user, (int64_t)caller->uid,
			caller->full_name, role_to_string(caller->role), caller->from, method,
			text ? text : "", result);
	store_query(h->store, tell, &(struct told){ h, caller },
			"SELECT " AUDIT_COLUMNS " FROM audit ORDER BY number DESC LIMIT 1", "");
	if (++n % TRIM_EVERY == 0)
		store_exec(h->store,
				"DELETE FROM audit WHERE number <= (SELECT max(number) FROM audit) - ?",
				"i", (int64_t)AUDIT_ROWS_MAX);
}
