/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The chain of the audit log: what breaks it is found, and what is allowed does not break it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <sqlite3.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "base/str.h"
#include "hostd/audit-chain.h"

enum { ROWS = 1000, BASE_MS = 1000000 };

struct room {
	struct store *store;
	uint8_t head[HASH_SIZE];
	int64_t later_ms;
};

static void add(struct room *t, int n)
{
	for (int i = 0; i < n; i++) {
		struct audit_row row = { .time_ms = BASE_MS + t->later_ms,
			.uid = 5004,
			.user = "otto",
			.full_name = "Ötto",
			.role = "operator",
			.address = "local",
			.method = "Sessions.LogOff",
			.targets = "s1(anna)",
			.result = "ok" };

		assert_int_equal(audit_chain_append(t->store, &row, t->head), 0);
	}
}

static int setup(void **state)
{
	struct room *t = calloc(1, sizeof(*t));

	assert_non_null(t);
	assert_int_equal(store_open(NULL, &t->store), 0);
	add(t, ROWS);
	*state = t;
	return 0;
}

static int teardown(void **state)
{
	struct room *t = *state;

	store_close(t->store);
	free(t);
	return 0;
}

static void change(struct room *t, const char *sql)
{
	assert_int_equal(store_exec(t->store, sql, ""), 0);
}

/* The whole walk; done with audit_check_done(). */
static struct audit_check check(struct room *t, const char *head)
{
	struct audit_check c;

	audit_check_init(&c, t->store, head);
	while (audit_check_step(&c, 1000))
		;
	assert_int_equal(c.error, 0);
	assert_true(c.done);
	return c;
}

static void assert_broken(struct room *t, const char *head, int64_t at, const char *why)
{
	struct audit_check c = check(t, head);

	assert_non_null(c.reason);
	assert_non_null(strstr(c.reason, why));
	assert_int_equal(c.broken_at, at);
	audit_check_done(&c);
}

static void assert_whole(struct room *t, const char *head, int64_t first, int64_t last)
{
	struct audit_check c = check(t, head);

	if (c.reason)
		fail_msg("%s", c.reason);
	assert_int_equal(c.first, first);
	assert_int_equal(c.last, last);
	assert_int_equal(c.entries, first > 0 ? last - first + 1 : 0);
	assert_memory_equal(c.hash, t->head, HASH_SIZE);
	audit_check_done(&c);
}

static void head_hex(struct room *t, char ret[static AUDIT_HEX_LEN + 1])
{
	audit_format_hex(t->head, ret);
}

static void a_log_is_whole(void **state)
{
	char first[AUDIT_HEX_LEN + 1];
	struct room *t = *state;

	assert_whole(t, NULL, 1, ROWS);
	head_hex(t, first);
	assert_whole(t, first, 1, ROWS);
	add(t, 5);
	assert_whole(t, first, 1, ROWS + 5);
	first[AUDIT_HEAD_MIN] = 0;
	assert_whole(t, first, 1, ROWS + 5);
}

static void an_empty_log_is_whole(void **state)
{
	struct room t = { 0 };

	assert_int_equal(store_open(NULL, &t.store), 0);
	assert_whole(&t, NULL, 0, 0);
	store_close(t.store);
}

/* SHA-256 as docs/api says, computed by something else. */
static void the_bytes_are_those_of_the_contract(void **state)
{
	struct room t = { 0 };
	char hex[AUDIT_HEX_LEN + 1];

	assert_int_equal(store_open(NULL, &t.store), 0);
	add(&t, 1);
	head_hex(&t, hex);
	assert_string_equal(
			hex, "9a5e251ef7a47d15b7049c777a275b39275c79f464086836e7a3a497690d3065");
	store_close(t.store);
}

static void what_was_changed_is_found(void **state)
{
	static const char *const sets[] = { "time_ms = time_ms + 1", "user = 'ada'", "uid = 0",
		"full_name = ''", "role = 'administrator'", "address = '10.0.0.1'",
		"method = 'Sessions.Lock'", "targets = ''", "result = 'refused'",
		/* The same bytes, moved from one field to the next. */
		"user = 'ott', full_name = 'oÖtto'", "hash = NULL", "hash = zeroblob(32)",
		"hash = (SELECT hash FROM audit WHERE number = 499)" };
	struct room *t = *state;

	for (size_t i = 0; i < ELEMENTSOF(sets); i++) {
		_cleanup_free_ char *sql =
				str_format("UPDATE audit SET %s WHERE number = 500", sets[i]);

		change(t, "CREATE TEMP TABLE kept AS SELECT * FROM audit WHERE number = 500");
		change(t, sql);
		assert_broken(t, NULL, 500, "Entry 500 does not fit");
		change(t, "DELETE FROM audit WHERE number = 500");
		change(t, "INSERT INTO audit SELECT * FROM kept");
		change(t, "DROP TABLE kept");
		assert_whole(t, NULL, 1, ROWS);
	}
}

static void what_was_removed_is_found(void **state)
{
	struct room *t = *state;

	change(t, "DELETE FROM audit WHERE number = 300");
	assert_broken(t, NULL, 300, "Entry 300 is missing.");
	/* Numbers closed up: then the hash tells. */
	change(t, "UPDATE audit SET number = number - 1 WHERE number = 301");
	assert_broken(t, NULL, 300, "Entry 300 does not fit");
	change(t, "DELETE FROM audit WHERE number < 6");
	assert_broken(t, NULL, 1, "Entries 1 to 5 are missing.");
}

static void what_was_swapped_is_found(void **state)
{
	struct room *t = *state;

	change(t, "UPDATE audit SET number = 5000 WHERE number = 700");
	change(t, "UPDATE audit SET number = 700 WHERE number = 701");
	change(t, "UPDATE audit SET number = 701 WHERE number = 5000");
	assert_broken(t, NULL, 700, "Entry 700 does not fit");
}

static void a_cut_end_is_found(void **state)
{
	char head[AUDIT_HEX_LEN + 1];
	struct room *t = *state;

	head_hex(t, head);
	change(t, "DELETE FROM audit WHERE number > 990");
	assert_broken(t, NULL, 991, "Entries 991 to 1000 are missing.");
	/* The counter set back, too: only who knows a hash sees it, also behind new entries. */
	change(t, "UPDATE sqlite_sequence SET seq = 990 WHERE name = 'audit'");
	assert_broken(t, head, 0, "No entry has the hash");
	t->later_ms = 1;
	add(t, 20);
	assert_whole(t, NULL, 1, 1010);
	assert_broken(t, head, 0, "No entry has the hash");
	/* All of it. */
	change(t, "DELETE FROM audit");
	assert_broken(t, NULL, 1, "Entries 1 to 1010 are missing.");
}

static void new_entries_do_not_hide_a_cut_end(void **state)
{
	struct room *t = *state;

	change(t, "DELETE FROM audit WHERE number > 990");
	add(t, 3);
	assert_broken(t, NULL, 991, "Entries 991 to 1000 are missing.");
}

static void what_is_too_old_or_too_many_goes(void **state)
{
	char head[AUDIT_HEX_LEN + 1];
	struct room *t = *state;
	int64_t removed = -1;

	head_hex(t, head);
	assert_int_equal(audit_chain_trim(t->store, ROWS, BASE_MS, &removed), 0);
	assert_int_equal(removed, 0);
	assert_int_equal(audit_chain_trim(t->store, 900, INT64_MIN, &removed), 0);
	assert_int_equal(removed, 100);
	assert_whole(t, head, 101, ROWS);
	add(t, 10);
	assert_int_equal(audit_chain_trim(t->store, 2000, BASE_MS + 1, &removed), 0);
	assert_int_equal(removed, 1010);
	assert_whole(t, NULL, 0, 0);
	/* It goes on after the last one that is gone. */
	add(t, 1);
	assert_whole(t, NULL, 1011, 1011);
	change(t, "DELETE FROM audit_anchor");
	assert_broken(t, NULL, 1, "Entries 1 to 1010 are missing.");
}

static void age_takes_nothing_from_the_middle(void **state)
{
	struct room t = { 0 };
	int64_t removed = -1;

	assert_int_equal(store_open(NULL, &t.store), 0);
	for (int i = 1; i <= 10; i++) {
		/* The clock was wrong at entry 5. */
		struct audit_row row = { .time_ms = i == 5 ? 1 : i * 100,
			.user = "",
			.full_name = "",
			.role = "",
			.address = "",
			.method = "",
			.targets = "",
			.result = "" };

		assert_int_equal(audit_chain_append(t.store, &row, t.head), 0);
	}
	assert_int_equal(audit_chain_trim(t.store, 100, 300, &removed), 0);
	assert_int_equal(removed, 2);
	assert_whole(&t, NULL, 3, 10);
	assert_int_equal(audit_chain_trim(t.store, 100, 600, &removed), 0);
	assert_int_equal(removed, 5);
	assert_whole(&t, NULL, 6, 10);
	store_close(t.store);
}

/* A few at a time, and a check that is under way goes on from what is left. */
static void a_check_outlives_removing(void **state)
{
	struct room *t = *state;
	struct audit_check c;
	int64_t removed;
	int steps = 0;

	audit_check_init(&c, t->store, NULL);
	assert_true(audit_check_step(&c, 0));
	assert_int_equal(c.number, 1);
	assert_int_equal(audit_chain_trim(t->store, 500, INT64_MIN, &removed), 0);
	add(t, 1);
	while (audit_check_step(&c, 0))
		steps++;
	assert_null(c.reason);
	assert_int_equal(c.number, ROWS);
	assert_int_equal(steps, 500);
	audit_check_done(&c);
	add(t, AUDIT_TRIM_MAX);
	assert_int_equal(audit_chain_trim(t->store, 1, INT64_MIN, &removed), 0);
	assert_int_equal(removed, 500 + AUDIT_TRIM_MAX);
	assert_whole(t, NULL, removed + 1, ROWS + 1 + AUDIT_TRIM_MAX);
}

static void a_write_that_fails_leaves_no_hole(void **state)
{
	struct audit_row row = { .user = "",
		.full_name = "",
		.role = "",
		.address = "",
		.method = "",
		.targets = "\xff",
		.result = "" };
	struct room *t = *state;
	uint8_t hash[HASH_SIZE];

	change(t, "CREATE TRIGGER full BEFORE INSERT ON audit BEGIN SELECT RAISE(FAIL, 'x'); END");
	assert_int_equal(audit_chain_append(t->store, &row, hash), -EEXIST);
	change(t, "DROP TRIGGER full");
	assert_whole(t, NULL, 1, ROWS);
	/* What is not UTF-8 is read back as nothing, so nothing is what counts. */
	assert_int_equal(audit_chain_append(t->store, &row, t->head), 0);
	assert_whole(t, NULL, 1, ROWS + 1);
}

/* What version 3 wrote of the log; not to be changed any more. */
static const char version_3[] =
		"CREATE TABLE audit (number INTEGER PRIMARY KEY AUTOINCREMENT, time_ms INTEGER NOT NULL, "
		"user TEXT NOT NULL, uid INTEGER NOT NULL, role TEXT NOT NULL, address TEXT NOT NULL, "
		"method TEXT NOT NULL, targets TEXT NOT NULL, result TEXT NOT NULL, full_name TEXT NOT "
		"NULL DEFAULT '');"
		"CREATE INDEX audit_by_time ON audit(time_ms);"
		"CREATE TABLE tokens (hash BLOB PRIMARY KEY);"
		"CREATE TABLE counters (name TEXT PRIMARY KEY);"
		"CREATE TABLE targets (job INTEGER);"
		"CREATE TABLE stations (id TEXT PRIMARY KEY, secret BLOB);"
		"CREATE TABLE jobs (number INTEGER PRIMARY KEY);"
		"CREATE TABLE blocks (kind TEXT); CREATE TABLE block_texts (uid INTEGER);"
		"CREATE TABLE projections (number INTEGER); CREATE TABLE locks (session TEXT);"
		"CREATE TABLE chat (uid INTEGER);"
		"WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 50) "
		"INSERT INTO audit SELECT i, i * 10, 'otto', 5004, 'operator', 'local', 'Views.Open', "
		"'v' || i, 'ok', 'Otto' FROM n;"
		"DELETE FROM audit WHERE number < 11;"
		"PRAGMA user_version = 3;";

static void an_older_log_is_chained(void **state)
{
	char folder[] = "/tmp/test-audit-XXXXXX", path[64];
	struct room t = { 0 };
	struct audit_check c;
	sqlite3 *db = NULL;

	assert_non_null(mkdtemp(folder));
	snprintf(path, sizeof(path), "%s/state.db", folder);
	assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
	assert_int_equal(sqlite3_exec(db, version_3, NULL, NULL, NULL), SQLITE_OK);
	sqlite3_close(db);
	assert_int_equal(store_open(path, &t.store), 0);
	c = check(&t, NULL);
	assert_null(c.reason);
	assert_int_equal(c.first, 11);
	assert_int_equal(c.entries, 40);
	audit_check_done(&c);
	add(&t, 2);
	assert_whole(&t, NULL, 11, 52);
	change(&t, "UPDATE audit SET targets = 'v99' WHERE number = 20");
	assert_broken(&t, NULL, 20, "Entry 20");
	store_close(t.store);
	unlink(path);
	rmdir(folder);
}

static void heads(void **state)
{
	char head[AUDIT_HEX_LEN + 1];

	assert_true(audit_parse_head("0123456789ABCDEF", head));
	assert_string_equal(head, "0123456789abcdef");
	assert_false(audit_parse_head("0123456789abcde", head));
	assert_false(audit_parse_head("0123456789abcdeg", head));
	assert_false(audit_parse_head("", head));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_log_is_whole, setup, teardown),
		cmocka_unit_test(an_empty_log_is_whole),
		cmocka_unit_test(the_bytes_are_those_of_the_contract),
		cmocka_unit_test_setup_teardown(what_was_changed_is_found, setup, teardown),
		cmocka_unit_test_setup_teardown(what_was_removed_is_found, setup, teardown),
		cmocka_unit_test_setup_teardown(what_was_swapped_is_found, setup, teardown),
		cmocka_unit_test_setup_teardown(a_cut_end_is_found, setup, teardown),
		cmocka_unit_test_setup_teardown(new_entries_do_not_hide_a_cut_end, setup, teardown),
		cmocka_unit_test_setup_teardown(what_is_too_old_or_too_many_goes, setup, teardown),
		cmocka_unit_test(age_takes_nothing_from_the_middle),
		cmocka_unit_test_setup_teardown(a_check_outlives_removing, setup, teardown),
		cmocka_unit_test_setup_teardown(a_write_that_fails_leaves_no_hole, setup, teardown),
		cmocka_unit_test(an_older_log_is_chained),
		cmocka_unit_test(heads),
	};

	log_init("test-hostd-audit");
	return cmocka_run_group_tests(tests, NULL, NULL);
}
