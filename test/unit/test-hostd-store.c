/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The data base: schema, transactions, damaged and newer files. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <fcntl.h>
#include <glob.h>
#include <sqlite3.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/fd.h"
#include "base/log.h"
#include "base/str.h"
#include "hostd/store.h"

static char folder[64];
static char path[128];

static int setup(void **state)
{
	str_copy(folder, sizeof(folder), "/tmp/test-store-XXXXXX");
	assert_non_null(mkdtemp(folder));
	snprintf(path, sizeof(path), "%s/state.db", folder);
	return 0;
}

static int teardown(void **state)
{
	char pattern[128];
	glob_t g;

	snprintf(pattern, sizeof(pattern), "%s/*", folder);
	if (glob(pattern, 0, NULL, &g) == 0) {
		for (size_t i = 0; i < g.gl_pathc; i++)
			unlink(g.gl_pathv[i]);
		globfree(&g);
	}
	return rmdir(folder);
}

static int count_rows(struct store_row *row, void *userdata)
{
	*(int *)userdata += 1;
	return 0;
}

static int count(struct store *s)
{
	int n = 0;

	assert_int_equal(store_query(s, count_rows, &n, "SELECT name FROM counters", ""), 0);
	return n;
}

static int add(struct store *s, const char *name, int64_t value)
{
	return store_exec(s, "INSERT INTO counters (name, value) VALUES (?, ?)", "si", name, value);
}

static void what_is_written_is_there_again(void **state)
{
	struct store *s = NULL;
	struct stat st;

	assert_int_equal(store_open(path, &s), 0);
	assert_int_equal(add(s, "a", 1), 0);
	s = store_close(s);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	assert_int_equal(store_open(path, &s), 0);
	assert_int_equal(count(s), 1);
	store_close(s);
}

static void a_transaction_is_all_or_nothing(void **state)
{
	struct store *s = NULL;

	assert_int_equal(store_open(NULL, &s), 0);
	store_begin(s);
	store_begin(s);
	assert_int_equal(add(s, "a", 1), 0);
	assert_int_equal(store_commit(s), 0);
	assert_int_equal(add(s, "b", 2), 0);
	assert_int_equal(store_commit(s), 0);
	assert_int_equal(count(s), 2);
	store_begin(s);
	assert_int_equal(add(s, "c", 3), 0);
	assert_int_equal(add(s, "a", 9), -EEXIST);
	assert_int_equal(store_commit(s), -EEXIST);
	assert_int_equal(count(s), 2);
	assert_int_equal(add(s, "d", 4), 0);
	assert_int_equal(count(s), 3);
	store_close(s);
}

static int stop_at_first(struct store_row *row, void *userdata)
{
	return -ECANCELED;
}

static int read_bytes(struct store_row *row, void *userdata)
{
	assert_null(store_row_bytes(row, 0)); /* not 32 bytes */
	assert_string_equal(store_row_text(row, 0), "a");
	assert_int_equal(store_row_int(row, 1), INT64_MIN);
	return 0;
}

static void queries(void **state)
{
	struct store *s = NULL;

	assert_int_equal(store_open(NULL, &s), 0);
	assert_int_equal(add(s, "a", INT64_MIN), 0);
	assert_int_equal(store_query(s, read_bytes, NULL, "SELECT name, value FROM counters", ""),
			0);
	assert_int_equal(store_query(s, stop_at_first, NULL, "SELECT * FROM counters", ""),
			-ECANCELED);
	assert_true(store_query(s, NULL, NULL, "SELECT nonsense FROM nowhere", "") < 0);
	store_close(s);
}

static void a_damaged_file_is_moved_aside(void **state)
{
	char text[4096], pattern[256];
	struct store *s = NULL;
	glob_t g;

	memset(text, 'x', sizeof(text));
	assert_int_equal(fd_write_file(path, text, sizeof(text), 0600), 0);
	assert_int_equal(store_open(path, &s), 0);
	assert_int_equal(add(s, "a", 1), 0);
	store_close(s);
	snprintf(pattern, sizeof(pattern), "%s.broken-*", path);
	assert_int_equal(glob(pattern, 0, NULL, &g), 0);
	assert_int_equal(g.gl_pathc, 1);
	globfree(&g);
}

static int read_target(struct store_row *row, void *userdata)
{
	int64_t *ends = userdata;

	ends[store_row_int(row, 0)] = store_row_int(row, 1);
	assert_int_equal(store_row_int(row, 2), 0);
	return 0;
}

/* What version 1 wrote; not to be changed any more. */
static const char version_1[] =
		"CREATE TABLE tokens (hash BLOB PRIMARY KEY, user TEXT NOT NULL, uid INTEGER NOT NULL, "
		"full_name TEXT NOT NULL, role TEXT NOT NULL, address TEXT NOT NULL, expires_ms INTEGER "
		"NOT NULL) WITHOUT ROWID;"
		"CREATE TABLE stations (id TEXT PRIMARY KEY, kind TEXT NOT NULL, number INTEGER NOT NULL, "
		"secret BLOB NOT NULL UNIQUE, name TEXT NOT NULL, address TEXT NOT NULL, since_s INTEGER "
		"NOT NULL, used_s INTEGER NOT NULL, boot TEXT NOT NULL, session TEXT NOT NULL) WITHOUT "
		"ROWID;"
		"CREATE TABLE jobs (number INTEGER PRIMARY KEY, boot TEXT NOT NULL, user TEXT NOT NULL, "
		"uid INTEGER NOT NULL, full_name TEXT NOT NULL, role TEXT NOT NULL, since_s INTEGER NOT "
		"NULL, ends_ms INTEGER NOT NULL, message TEXT NOT NULL, ask_ms INTEGER NOT NULL, "
		"timeout_ms INTEGER NOT NULL, finished_ms INTEGER NOT NULL);"
		"CREATE TABLE targets (job INTEGER NOT NULL REFERENCES jobs(number) ON DELETE CASCADE, "
		"place INTEGER NOT NULL, session TEXT NOT NULL, user TEXT NOT NULL, full_name TEXT NOT "
		"NULL, state TEXT NOT NULL, reason TEXT NOT NULL, PRIMARY KEY (job, place)) WITHOUT "
		"ROWID;"
		"CREATE TABLE audit (number INTEGER PRIMARY KEY AUTOINCREMENT, time_ms INTEGER NOT NULL, "
		"user TEXT NOT NULL, uid INTEGER NOT NULL, role TEXT NOT NULL, address TEXT NOT NULL, "
		"method TEXT NOT NULL, targets TEXT NOT NULL, result TEXT NOT NULL);"
		"CREATE TABLE counters (name TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID;"
		"INSERT INTO counters VALUES ('job', 7);"
		"INSERT INTO jobs VALUES (1, 'b', 'u', 1, 'U', 'operator', 1, 5000, '', 1, 1, 0);"
		"INSERT INTO targets VALUES (1, 0, 's1', 'a', 'A', 'waiting', '');"
		"INSERT INTO targets VALUES (1, 1, 's2', 'b', 'B', 'refused', 'x');"
		"PRAGMA user_version = 1;";

/* What the file knew is still there, and what is new is filled in. */
static void an_older_file_is_brought_up_to_date(void **state)
{
	int64_t ends[2] = { -1, -1 };
	struct store *s = NULL;
	sqlite3 *db = NULL;

	assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
	assert_int_equal(sqlite3_exec(db, version_1, NULL, NULL, NULL), SQLITE_OK);
	sqlite3_close(db);
	assert_int_equal(store_open(path, &s), 0);
	assert_int_equal(count(s), 1);
	assert_int_equal(store_query(s, read_target, ends,
					 "SELECT place, ends_ms, more_time FROM targets", ""),
			0);
	assert_int_equal(ends[0], 5000);
	assert_int_equal(ends[1], 0);
	assert_int_equal(
			store_query(s, NULL, NULL,
					"SELECT * FROM blocks, block_texts, projections, locks, hands, "
					"web_limits, web_lists",
					""),
			0);
	assert_int_equal(store_query(s, NULL, NULL,
					 "SELECT * FROM lessons, lesson_sessions, lesson_presets",
					 ""),
			0);
	/* What rights, tokens, lessons and limits are kept in takes rows, and gives them back. */
	assert_int_equal(
			store_exec(s, "INSERT INTO grants VALUES (5, 'otto', 'Otto', '[\"A\"]', '')",
					""),
			0);
	assert_int_equal(
			store_exec(s,
					"INSERT INTO api_tokens (hash, name, uid, user, full_name, role, acts, "
					"rooms, created_ms, expires_ms, used_ms, used_from) VALUES (x'01', "
					"'wall', 5, 'otto', 'Otto', 'operator', '', '', 1, 2, 0, '')",
					""),
			0);
	assert_int_equal(
			store_exec(s,
					"INSERT INTO lessons (name, by_user, by_uid, by_name, by_role, since_s, "
					"ends_ms, everybody, users, block, message, programs, web, "
					"rooms) VALUES ('Maths', 'otto', 5, 'Otto', 'operator', 1, 2, 1, '[]', 0, '', "
					"'[]', 'null', '[]')",
					""),
			0);
	assert_int_equal(store_exec(s, "INSERT INTO lesson_sessions VALUES (1, 'b', 's1')", ""), 0);
	assert_int_equal(
			store_exec(s,
					"INSERT INTO web_limits VALUES ('user', 'anna', 'Anna', 1, 'standard', "
					"'otto', 5, 'Otto', 'operator', 1, 0, 'allow', 'contoso.com')",
					""),
			0);
	s = store_close(s);
	assert_int_equal(store_open(path, &s), 0);
	ends[0] = 0;
	assert_int_equal(
			store_query(s, read_target, ends,
					"SELECT 0, count(*), 0 FROM grants, api_tokens, lessons, "
					"lesson_sessions, web_limits WHERE grants.rooms = '[\"A\"]'",
					""),
			0);
	assert_int_equal(ends[0], 1);
	/* With a lesson goes what was noted of its sessions. */
	assert_int_equal(store_exec(s, "DELETE FROM lessons", ""), 0);
	ends[0] = -1;
	assert_int_equal(store_query(s, read_target, ends,
					 "SELECT 0, count(*), 0 FROM lesson_sessions", ""),
			0);
	assert_int_equal(ends[0], 0);
	store_close(s);
}

/* Text of a file of this folder; malloc'ed. */
static char *read_fixture(const char *name)
{
	_cleanup_free_ char *file = str_format(UNIT_DIR "/%s", name), *data = NULL;
	size_t len = 0;
	char *text;

	assert_int_equal(fd_read_file_at(AT_FDCWD, file, 1 << 20, &data, &len), 0);
	text = strndup(data, len);
	assert_non_null(text);
	return text;
}

static sqlite3_stmt *prepare(sqlite3 *db, const char *sql)
{
	sqlite3_stmt *stmt = NULL;

	assert_int_equal(sqlite3_prepare_v2(db, sql, -1, &stmt, NULL), SQLITE_OK);
	return stmt;
}

/* Every value of these columns, a row a line; malloc'ed. */
static char *dump_rows(sqlite3 *db, const char *table, const char *columns)
{
	_cleanup_free_ char *sql =
			str_format("SELECT json_array(%s) FROM %s ORDER BY 1", columns, table);
	sqlite3_stmt *stmt = prepare(db, sql);
	char *all = strdup("");

	while (sqlite3_step(stmt) == SQLITE_ROW) {
		_cleanup_free_ char *before = all;

		all = str_format("%s%s\n", before, (const char *)sqlite3_column_text(stmt, 0));
	}
	sqlite3_finalize(stmt);
	return all;
}

enum { OLD_TABLES_MAX = 32 };

struct old_table {
	char *name, *columns, *rows;
};

static unsigned read_old_tables(sqlite3 *db, struct old_table *ret)
{
	sqlite3_stmt *stmt = prepare(db,
			"SELECT m.name, group_concat(CASE c.type WHEN 'BLOB' THEN 'hex(' || c.name || ')' "
			"ELSE c.name END) FROM sqlite_master m, pragma_table_info(m.name) c WHERE "
			"m.type = 'table' AND m.name NOT LIKE 'sqlite%' GROUP BY m.name");
	unsigned n = 0;

	while (sqlite3_step(stmt) == SQLITE_ROW) {
		struct old_table *t = &ret[n++];

		assert_true(n < OLD_TABLES_MAX);
		t->name = strdup((const char *)sqlite3_column_text(stmt, 0));
		t->columns = strdup((const char *)sqlite3_column_text(stmt, 1));
		t->rows = dump_rows(db, t->name, t->columns);
	}
	sqlite3_finalize(stmt);
	return n;
}

static int64_t ask(sqlite3 *db, const char *sql)
{
	sqlite3_stmt *stmt = prepare(db, sql);
	int64_t value;

	assert_int_equal(sqlite3_step(stmt), SQLITE_ROW);
	value = sqlite3_column_int64(stmt, 0);
	sqlite3_finalize(stmt);
	return value;
}

/* The last schema before this one, written by the code that had it: each row of each table is the
 * same afterwards, and the columns that are new say what was so before. */
static void a_file_of_schema_3_keeps_every_row(void **state)
{
	_cleanup_free_ char *sql = read_fixture("store-schema-3.sql");
	struct old_table tables[OLD_TABLES_MAX] = { { 0 } };
	struct store *s = NULL;
	sqlite3 *db = NULL;
	unsigned n;

	assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
	assert_int_equal(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK);
	n = read_old_tables(db, tables);
	assert_int_equal(n, 12);
	sqlite3_close(db);
	assert_int_equal(store_open(path, &s), 0);
	store_close(s);

	assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
	assert_int_equal(ask(db, "PRAGMA user_version"), STORE_SCHEMA);
	for (unsigned i = 0; i < n; i++) {
		_cleanup_free_ char *now = dump_rows(db, tables[i].name, tables[i].columns);

		assert_true(*tables[i].rows); /* each has some */
		assert_string_equal(now, tables[i].rows);
		free(tables[i].name);
		free(tables[i].columns);
		free(tables[i].rows);
	}
	assert_int_equal(ask(db, "SELECT count(*) FROM stations WHERE named = 0 AND room = ''"), 2);
	assert_int_equal(
			ask(db, "SELECT count(*) FROM jobs WHERE act = 'logoff' AND cause = 'order'"),
			1);
	assert_int_equal(ask(db, "SELECT count(*) FROM projections WHERE by_token = 0"), 1);
	assert_int_equal(ask(db, "SELECT count(*) FROM chat WHERE role = ''"), 2);
	assert_int_equal(ask(db, "SELECT count(DISTINCT hash) FROM audit WHERE length(hash) = 32"),
			4);
	assert_int_equal(ask(db, "SELECT count(*) FROM lessons"), 0);
	sqlite3_close(db);
}

static void a_newer_file_is_left_alone(void **state)
{
	struct store *s = NULL;

	assert_int_equal(store_open(path, &s), 0);
	assert_int_equal(store_exec(s, "PRAGMA user_version = 99", ""), 0);
	s = store_close(s);
	assert_int_equal(store_open(path, &s), -EPROTONOSUPPORT);
	assert_int_equal(access(path, F_OK), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(what_is_written_is_there_again, setup, teardown),
		cmocka_unit_test(a_transaction_is_all_or_nothing),
		cmocka_unit_test(queries),
		cmocka_unit_test_setup_teardown(a_damaged_file_is_moved_aside, setup, teardown),
		cmocka_unit_test_setup_teardown(
				an_older_file_is_brought_up_to_date, setup, teardown),
		cmocka_unit_test_setup_teardown(
				a_file_of_schema_3_keeps_every_row, setup, teardown),
		cmocka_unit_test_setup_teardown(a_newer_file_is_left_alone, setup, teardown),
	};

	log_init("test-hostd-store");
	return cmocka_run_group_tests(tests, NULL, NULL);
}
