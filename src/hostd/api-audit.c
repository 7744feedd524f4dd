/* SPDX-License-Identifier: GPL-3.0-or-later */
/* org.stationmaster.Audit: reading of what audit.c writes. */
#include "base/str.h"
#include "hostd/api.h"
#include "hostd/audit.h"
#include "hostd/events.h"
#include "hostd/host.h"
#include "hostd/rights.h"

enum { LIMIT_MAX = 500, LIMIT = 100, TEXT_MAX = 200 };

static int add_entry(struct store_row *row, void *userdata)
{
	json_array_append_new(userdata, audit_build_json(row));
	return 0;
}

/* What stands for itself in LIKE is escaped. */
static char *build_pattern(const char *text)
{
	char *out = malloc(strlen(text) * 2 + 3), *w = out;

	if (!out)
		return NULL;
	*w++ = '%';
	for (; *text; text++) {
		if (strchr("%_\\", *text))
			*w++ = '\\';
		*w++ = *text;
	}
	*w++ = '%';
	*w = 0;
	return out;
}

void api_audit_list(struct request *r)
{
	int64_t before = arg_int(&r->args, "before", ARG_OPTIONAL, 1, INT64_MAX, INT64_MAX);
	int64_t limit = arg_int(&r->args, "limit", ARG_OPTIONAL, 1, LIMIT_MAX, LIMIT);
	const char *text = arg_string(&r->args, "text", ARG_OPTIONAL, TEXT_MAX);
	_cleanup_free_ char *pattern = NULL;
	json_t *entries;

	if (!api_args_done(r))
		return;
	pattern = build_pattern(text ? text : "");
	entries = json_array();
	if (pattern && entries)
		store_query(r->host->store, add_entry, entries,
				"SELECT " AUDIT_COLUMNS
				" FROM audit WHERE number < ?1 AND (?2 OR uid = ?3 "
				"OR (?6 AND role = 'operator')) AND (user LIKE ?4 ESCAPE '\\' OR full_name LIKE ?4 "
				"ESCAPE '\\' OR method LIKE ?4 ESCAPE '\\' OR targets LIKE ?4 ESCAPE '\\') "
				"ORDER BY number DESC LIMIT ?5",
				"iiisii", before, (int64_t)(r->caller->role == ROLE_ADMINISTRATOR),
				(int64_t)r->caller->uid, pattern, limit,
				(int64_t)!rights_are_bound(r->host, r->caller));
	varlink_reply(r->call, json_pack("{s:o}", "entries", entries));
}
