/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The audit log is append-only. Rows beyond AUDIT_ROWS_MAX and those older than [audit] keep-days
 * go, so it can neither fill the disk nor keep what people did for ever; a few at a time, so that
 * nobody waits. The journal has number and hash of each row: what is checked against it cannot be
 * forged in the data base alone.
 */
#include "hostd/audit.h"

#include "base/clock.h"
#include "base/log.h"
#include "base/str.h"
#include "hostd/events.h"
#include "hostd/host.h"

#define DAY_MS (24LL * 3600 * 1000)

enum { TRIM_EVERY = 256, TRIM_MS = 3600 * 1000 };

struct told {
	struct host *host;
	const struct caller *caller;
};

json_t *audit_build_json(struct store_row *row)
{
	const uint8_t *hash = store_row_bytes(row, 10);
	char hex[AUDIT_HEX_LEN + 1] = "";
	struct audit_row a;

	audit_row_read(row, &a);
	if (hash)
		audit_format_hex(hash, hex);
	return json_pack("{s:I, s:I, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s}", "number",
			(json_int_t)a.number, "at_ms", (json_int_t)a.time_ms, "user", a.user,
			"full_name", a.full_name, "role", a.role, "address", a.address, "method",
			a.method, "targets", a.targets, "result", a.result, "hash", hex);
}

static int tell(struct store_row *row, void *userdata)
{
	const struct told *t = userdata;

	events_send_audit(t->host, t->caller, audit_build_json(row));
	return 0;
}

static int handle_trim(sd_event_source *source, uint64_t usec, void *userdata)
{
	struct host *h = userdata;
	int64_t days = h->conf->audit_keep_days, removed = 0;
	int r;

	r = audit_chain_trim(h->store, AUDIT_ROWS_MAX,
			days > 0 ? clock_real_ms() - days * DAY_MS : INT64_MIN, &removed);
	if (r < 0)
		log_warning_errno(r,
				"old entries of the audit log cannot be removed; \"stationctl audit "
				"verify\" says more");
	if (removed > 0)
		log_notice("audit: entries up to number %lld were removed, being too old or too "
			   "many",
				(long long)removed);
	host_arm_timer(h, &h->audit_trim, removed > 0 ? 1 : TRIM_MS, handle_trim, h);
	return 0;
}

void audit_start(struct host *h)
{
	host_arm_timer(h, &h->audit_trim, 0, handle_trim, h);
}

void audit_add(struct host *h, const struct caller *caller, const char *method, const char *targets,
		const char *result)
{
	_cleanup_free_ char *text = str_clean(targets, AUDIT_TEXT_MAX);
	struct audit_row row = {
		.time_ms = clock_real_ms(),
		.uid = (int64_t)caller->uid,
		.user = caller->user,
		.full_name = caller->full_name,
		.role = role_to_string(caller->role),
		.address = caller->from,
		.method = method,
		.targets = text ? text : "",
		.result = result,
	};
	char hex[AUDIT_HEX_LEN + 1] = "not-stored";
	uint8_t hash[HASH_SIZE];
	static unsigned n;
	int r;

	r = audit_chain_append(h->store, &row, hash);
	if (r == 0)
		audit_format_hex(hash, hex);
	log_notice("audit: %s %s: %s user=%s role=%s from=%s number=%lld hash=%s", method,
			row.targets, result, caller->user, row.role, caller->from,
			(long long)row.number, hex);
	if (r < 0)
		return;
	store_query(h->store, tell, &(struct told){ h, caller },
			"SELECT " AUDIT_COLUMNS " FROM audit WHERE number = ?", "i", row.number);
	if (++n % TRIM_EVERY == 0)
		audit_start(h);
}
