/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * audit export, verify: the log for an archive, and whether it is whole. What people look at is
 * "activity". The export goes page by page, so that a log of any length needs little memory.
 */
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/str.h"
#include "ctl/command.h"
#include "ctl/text.h"

#define AUDIT "org.stationmaster.Audit."

enum { PAGE = 500 };

static const char *const keys[] = { "number", "time", "user", "full_name", "role", "address",
	"method", "targets", "result", "hash" };

/* RFC 4180. What a spreadsheet would take for a formula gets an apostrophe before it. */
static void cell_print(const char *text)
{
	putchar('"');
	if (*text && strchr("=+-@\t\r", *text))
		putchar('\'');
	for (; *text; text++) {
		if (*text == '"')
			putchar('"');
		putchar(*text);
	}
	putchar('"');
}

static void row_print(json_t *entry)
{
	for (size_t i = 0; i < ELEMENTSOF(keys); i++) {
		char time[CLOCK_RFC3339_LEN + 1];
		const char *text = json_string_value(json_object_get(entry, keys[i]));

		if (i > 0)
			putchar(',');
		if (i == 0) {
			printf("%lld", (long long)json_integer_value(
						       json_object_get(entry, "number")));
		} else if (i == 1) {
			clock_format_rfc3339(
					json_integer_value(json_object_get(entry, "at_ms")) / 1000,
					time);
			cell_print(time);
		} else {
			cell_print(text ? text : "");
		}
	}
	fputs("\r\n", stdout);
}

static void head_print(struct ctl *c)
{
	if (c->json) {
		puts("[");
		return;
	}
	for (size_t i = 0; i < ELEMENTSOF(keys); i++)
		printf("%s%s", i > 0 ? "," : "", keys[i]);
	fputs("\r\n", stdout);
}

static void entry_print(struct ctl *c, json_t *entry, bool first)
{
	_cleanup_free_ char *text = NULL;

	if (!c->json) {
		row_print(entry);
		return;
	}
	text = json_dumps(entry, JSON_COMPACT);
	if (text)
		printf("%s%s", first ? "" : ",\n", text);
}

static int page_get(struct ctl *c, json_int_t after, json_t **ret_entries)
{
	_cleanup_json_ json_t *reply = NULL;
	json_t *parameters = json_pack("{s:I, s:i}", "after", after, "limit", PAGE), *entries;
	int r;

	if (c->since_ms >= 0)
		json_object_set_new(parameters, "from_ms", json_integer(c->since_ms));
	if (c->before_ms >= 0)
		json_object_set_new(parameters, "to_ms", json_integer(c->before_ms));
	r = ctl_call(c, AUDIT "Export", parameters, CTL_ANSWER_MS, &reply);
	if (r)
		return r;
	entries = json_object_get(reply, "entries");
	if (!json_is_array(entries))
		return ctl_bad_reply(c, AUDIT "Export");
	*ret_entries = json_incref(entries);
	return CTL_DONE;
}

int audit_export_run(struct ctl *c, int argc, char **argv)
{
	json_int_t after = 0;
	bool first = true;
	size_t n = PAGE;

	(void)argc, (void)argv;
	if (c->csv && c->json)
		return ctl_usage(c, "--csv and --json do not go together.");
	while (n == PAGE) {
		_cleanup_json_ json_t *entries = NULL;
		json_t *entry;
		size_t i;
		int r;

		r = page_get(c, after, &entries);
		if (r)
			return r;
		if (after == 0)
			head_print(c);
		json_array_foreach (entries, i, entry) {
			entry_print(c, entry, first);
			first = false;
			after = json_integer_value(json_object_get(entry, "number"));
		}
		n = json_array_size(entries);
	}
	if (c->json)
		fputs(first ? "]\n" : "\n]\n", stdout);
	if (fflush(stdout) != 0)
		return ctl_fail(c, CTL_PARTLY, "org.stationmaster.ctl.Output",
				"Cannot write: %m. The export is not complete.");
	return CTL_DONE;
}

static void broken_print(json_t *reply)
{
	_cleanup_free_ char *reason = text_member(reply, "reason"),
			    *head = text_member(reply, "head");
	json_int_t at = json_integer_value(json_object_get(reply, "broken_at"));

	printf("The audit log is NOT whole. %s\n", reason ? reason : "");
	if (at > 1)
		printf("What stands before entry %lld fits; do not rely on what comes from there on.\n",
				(long long)at);
	printf("Somebody with the rights of root has changed the data base, or a disk is damaged. Keep "
	       "a copy of /var/lib/stationmaster/state.db as it is, and compare with the journal, which "
	       "has every entry and its hash: journalctl -u stationd --grep '^audit:'\n");
	if (!str_is_empty(head))
		printf("Hash of the last entry that fits: %s\n", head);
}

int audit_verify_run(struct ctl *c, int argc, char **argv)
{
	json_t *parameters = json_object(), *ok;
	_cleanup_json_ json_t *reply = NULL;
	_cleanup_free_ char *head = NULL;
	int r;

	(void)argc, (void)argv;
	if (c->head)
		json_object_set_new(parameters, "head", json_string(c->head));
	r = ctl_call(c, AUDIT "Verify", parameters, CTL_START_MS, &reply);
	if (r)
		return r;
	ok = json_object_get(reply, "ok");
	if (!json_is_boolean(ok))
		return ctl_bad_reply(c, AUDIT "Verify");
	head = text_member(reply, "head");
	if (c->json)
		text_print_json(stdout, reply, JSON_INDENT(2), c->out_tty);
	else if (!json_is_true(ok))
		broken_print(reply);
	else if (json_integer_value(json_object_get(reply, "entries")) == 0)
		puts("The audit log is empty.");
	else
		printf("The audit log is whole: %lld entries, number %lld to %lld.\nHash of the newest: %s\n",
				(long long)json_integer_value(json_object_get(reply, "entries")),
				(long long)json_integer_value(json_object_get(reply, "first")),
				(long long)json_integer_value(json_object_get(reply, "last")),
				head ? head : "");
	return json_is_true(ok) ? CTL_DONE : CTL_PARTLY;
}
