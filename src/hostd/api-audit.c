/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * org.stationmaster.Audit: reading of what audit.c writes. A check of the chain goes on in idle
 * time, CHECK_STEP_MS at a time; several are done one after another.
 */
#include "base/list.h"
#include "base/log.h"
#include "base/str.h"
#include "hostd/api.h"
#include "hostd/audit.h"
#include "hostd/events.h"
#include "hostd/host.h"
#include "hostd/rights.h"

enum { LIMIT_MAX = 500, LIMIT = 100, TEXT_MAX = 200, CHECK_STEP_MS = 10 };

struct audit_call {
	struct list link; /* in host */
	struct varlink_call *call;
	struct audit_check check;
	char wanted[AUDIT_HEX_LEN + 1];
	bool begun;
};

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

void api_audit_export(struct request *r)
{
	int64_t after = arg_int(&r->args, "after", ARG_OPTIONAL, 0, INT64_MAX, 0);
	int64_t from = arg_int(&r->args, "from_ms", ARG_OPTIONAL, 0, INT64_MAX, 0);
	int64_t to = arg_int(&r->args, "to_ms", ARG_OPTIONAL, 0, INT64_MAX, INT64_MAX);
	int64_t limit = arg_int(&r->args, "limit", ARG_OPTIONAL, 1, LIMIT_MAX, LIMIT);
	json_t *entries;
	int k;

	if (!api_args_done(r))
		return;
	entries = json_array();
	k = store_query(r->host->store, add_entry, entries,
			"SELECT " AUDIT_COLUMNS
			" FROM audit WHERE number > ? AND time_ms >= ? AND time_ms < ? "
			"ORDER BY number LIMIT ?",
			"iiii", after, from, to, limit);
	if (k < 0) {
		json_decref(entries);
		api_failed(r, "The audit log cannot be read; the journal of stationd says why.",
				"");
		return;
	}
	varlink_reply(r->call, json_pack("{s:o}", "entries", entries));
}

/* --- checking --- */

static void audit_call_free(struct audit_call *a)
{
	list_remove(&a->link);
	varlink_call_unref(a->call);
	audit_check_done(&a->check);
	free(a);
}

void api_audit_free_all(struct host *h)
{
	while (!list_is_empty(&h->audit_calls))
		audit_call_free(list_entry(h->audit_calls.next, struct audit_call, link));
}

static void audit_call_answer(struct audit_call *a)
{
	const struct audit_check *c = &a->check;
	char hex[AUDIT_HEX_LEN + 1] = "";

	if (c->error < 0) {
		varlink_error(a->call, "org.stationmaster.Audit.Failed",
				json_pack("{s:s, s:s}", "reason",
						"The audit log cannot be read; the journal of "
						"stationd says why.",
						"output", ""));
		return;
	}
	if (c->number > 0)
		audit_format_hex(c->hash, hex);
	if (c->reason)
		log_warning("audit: the chain is broken: %s", c->reason);
	varlink_reply(a->call,
			json_pack("{s:I, s:I, s:I, s:s, s:b, s:I, s:s}", "entries",
					(json_int_t)c->entries, "first", (json_int_t)c->first,
					"last", (json_int_t)c->last, "head", hex, "ok", !c->reason,
					"broken_at", (json_int_t)c->broken_at, "reason",
					c->reason ? c->reason : ""));
}

static int handle_check(sd_event_source *source, void *userdata)
{
	struct host *h = userdata;
	struct audit_call *a;

	if (list_is_empty(&h->audit_calls)) {
		sd_event_source_set_enabled(source, SD_EVENT_OFF);
		return 0;
	}
	a = list_entry(h->audit_calls.next, struct audit_call, link);
	if (!a->begun)
		audit_check_init(&a->check, h->store, a->wanted);
	a->begun = true;
	if (!a->call->conn) {
		audit_call_free(a);
	} else if (!audit_check_step(&a->check, CHECK_STEP_MS)) {
		audit_call_answer(a);
		audit_call_free(a);
	}
	return 0;
}

static int check_soon(struct host *h)
{
	int r;

	if (!h->audit_check) {
		r = sd_event_add_defer(h->event, &h->audit_check, handle_check, h);
		if (r < 0)
			return r;
		sd_event_source_set_priority(h->audit_check, SD_EVENT_PRIORITY_IDLE);
	}
	return sd_event_source_set_enabled(h->audit_check, SD_EVENT_ON);
}

void api_audit_verify(struct request *r)
{
	const char *head = arg_string(&r->args, "head", ARG_OPTIONAL, AUDIT_HEX_LEN);
	char wanted[AUDIT_HEX_LEN + 1] = "";
	struct audit_call *a;

	if (head && !audit_parse_head(head, wanted) && !r->args.bad)
		r->args.bad = "head";
	if (!api_args_done(r))
		return;
	a = calloc(1, sizeof(*a));
	if (!a || check_soon(r->host) < 0) {
		free(a);
		api_failed(r, "There is not enough memory.", "");
		return;
	}
	str_copy(a->wanted, sizeof(a->wanted), wanted);
	a->call = varlink_call_ref(r->call);
	list_add_tail(&r->host->audit_calls, &a->link);
}
