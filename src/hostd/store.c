/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * SQLite behind a narrow face. WAL with synchronous=FULL: what was answered to a caller is on the
 * disk. The data base belongs to this process alone (locking_mode=EXCLUSIVE also keeps the WAL
 * index in our memory, so there is no shared memory file).
 *
 * Schema changes: raise STORE_SCHEMA and append to migrations[]; each entry leads from its index to
 * the next version and runs in one transaction with the version's change and with migrate[].
 */
#include "hostd/store.h"

#include <assert.h>
#include <sqlite3.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/str.h"
#include "hostd/audit-chain.h"

struct store {
	sqlite3 *db;
	unsigned depth; /* of store_begin() */
	bool failed;    /* the open transaction had an error */
	int error;
	int logged; /* last failure that was logged */
};

struct store_row {
	sqlite3_stmt *stmt;
};

static const char *const migrations[STORE_SCHEMA] = {
	/* 0 -> 1 */
	"CREATE TABLE tokens ("
	" hash BLOB PRIMARY KEY, user TEXT NOT NULL, uid INTEGER NOT NULL, full_name TEXT NOT NULL,"
	" role TEXT NOT NULL, address TEXT NOT NULL, expires_ms INTEGER NOT NULL) WITHOUT ROWID;"
	/* secret: SHA-256 of it. boot, session: what was attached, and in which run of the system.
	 */
	"CREATE TABLE stations ("
	" id TEXT PRIMARY KEY, kind TEXT NOT NULL, number INTEGER NOT NULL, secret BLOB NOT NULL UNIQUE,"
	" name TEXT NOT NULL, address TEXT NOT NULL, since_s INTEGER NOT NULL,"
	" used_s INTEGER NOT NULL, boot TEXT NOT NULL, session TEXT NOT NULL) WITHOUT ROWID;"
	"CREATE TABLE jobs ("
	" number INTEGER PRIMARY KEY, boot TEXT NOT NULL, user TEXT NOT NULL, uid INTEGER NOT NULL,"
	" full_name TEXT NOT NULL, role TEXT NOT NULL, since_s INTEGER NOT NULL,"
	" ends_ms INTEGER NOT NULL, message TEXT NOT NULL, ask_ms INTEGER NOT NULL,"
	" timeout_ms INTEGER NOT NULL, finished_ms INTEGER NOT NULL);"
	"CREATE TABLE targets ("
	" job INTEGER NOT NULL REFERENCES jobs(number) ON DELETE CASCADE, place INTEGER NOT NULL,"
	" session TEXT NOT NULL, user TEXT NOT NULL, full_name TEXT NOT NULL, state TEXT NOT NULL,"
	" reason TEXT NOT NULL, PRIMARY KEY (job, place)) WITHOUT ROWID;"
	"CREATE TABLE audit ("
	" number INTEGER PRIMARY KEY AUTOINCREMENT, time_ms INTEGER NOT NULL, user TEXT NOT NULL,"
	" uid INTEGER NOT NULL, role TEXT NOT NULL, address TEXT NOT NULL, method TEXT NOT NULL,"
	" targets TEXT NOT NULL, result TEXT NOT NULL);"
	"CREATE INDEX audit_by_time ON audit(time_ms);"
	"CREATE TABLE counters (name TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID;",
	/*
	 * 1 -> 2. blocks.uid, role: of the user; of a station: of the user whose block brought it
	 * along, -1: none. block_texts: the last messages of each person.
	 */
	"CREATE TABLE blocks ("
	" kind TEXT NOT NULL, name TEXT NOT NULL, full_name TEXT NOT NULL, uid INTEGER NOT NULL,"
	" role TEXT NOT NULL, address TEXT NOT NULL, by_user TEXT NOT NULL, by_uid INTEGER NOT NULL,"
	" by_name TEXT NOT NULL, by_role TEXT NOT NULL, since_s INTEGER NOT NULL,"
	" until_ms INTEGER NOT NULL, message TEXT NOT NULL, PRIMARY KEY (kind, name)) WITHOUT ROWID;"
	"CREATE TABLE block_texts ("
	" uid INTEGER NOT NULL, text TEXT NOT NULL, used INTEGER NOT NULL,"
	" PRIMARY KEY (uid, text)) WITHOUT ROWID;"
	/* session: empty for a screen. targets: JSON. */
	"CREATE TABLE projections ("
	" number INTEGER PRIMARY KEY, boot TEXT NOT NULL, session TEXT NOT NULL, user TEXT NOT NULL,"
	" full_name TEXT NOT NULL, by_user TEXT NOT NULL, by_uid INTEGER NOT NULL,"
	" by_name TEXT NOT NULL, by_role TEXT NOT NULL, since_s INTEGER NOT NULL,"
	" everybody INTEGER NOT NULL, window INTEGER NOT NULL, targets TEXT NOT NULL);"
	"CREATE TABLE locks (session TEXT PRIMARY KEY, boot TEXT NOT NULL) WITHOUT ROWID;"
	"ALTER TABLE targets ADD COLUMN ends_ms INTEGER NOT NULL DEFAULT 0;"
	"ALTER TABLE targets ADD COLUMN more_time INTEGER NOT NULL DEFAULT 0;"
	"UPDATE targets SET ends_ms = (SELECT ends_ms FROM jobs WHERE number = job)"
	" WHERE state NOT IN ('refused', 'failed');",
	/* 2 -> 3. chat.user: whose conversation. program_recent: what each person started last. */
	"CREATE TABLE chat ("
	" number INTEGER PRIMARY KEY AUTOINCREMENT, at_ms INTEGER NOT NULL, by_user TEXT NOT NULL,"
	" by_name TEXT NOT NULL, user TEXT NOT NULL, user_name TEXT NOT NULL,"
	" supervisor INTEGER NOT NULL, text TEXT NOT NULL);"
	"CREATE INDEX chat_by_user ON chat(user);"
	"CREATE TABLE program_recent ("
	" uid INTEGER NOT NULL, program TEXT NOT NULL, open TEXT NOT NULL, used INTEGER NOT NULL,"
	" PRIMARY KEY (uid, program, open)) WITHOUT ROWID;"
	"ALTER TABLE audit ADD COLUMN full_name TEXT NOT NULL DEFAULT '';",
	/* 3 -> 4. stations.named: a supervisor gave the name. session_rooms: where each was shown
	 * last. hands: sessions whose user has raised the hand.
	 */
	"ALTER TABLE stations ADD COLUMN named INTEGER NOT NULL DEFAULT 0;"
	"ALTER TABLE stations ADD COLUMN room TEXT NOT NULL DEFAULT '';"
	/* grants, api_tokens: acts, rooms: JSON arrays; empty: all. */
	"CREATE TABLE grants (uid INTEGER PRIMARY KEY, user TEXT NOT NULL, full_name TEXT NOT NULL,"
	" rooms TEXT NOT NULL, acts TEXT NOT NULL);"
	"CREATE TABLE api_tokens ("
	" number INTEGER PRIMARY KEY AUTOINCREMENT, hash BLOB NOT NULL UNIQUE, name TEXT NOT NULL,"
	" uid INTEGER NOT NULL, user TEXT NOT NULL, full_name TEXT NOT NULL, role TEXT NOT NULL,"
	" acts TEXT NOT NULL, rooms TEXT NOT NULL, created_ms INTEGER NOT NULL,"
	" expires_ms INTEGER NOT NULL, used_ms INTEGER NOT NULL, used_from TEXT NOT NULL);"
	/* chat.role: of the person at the station; empty: not known. */
	"ALTER TABLE chat ADD COLUMN role TEXT NOT NULL DEFAULT '';"
	"ALTER TABLE projections ADD COLUMN by_token INTEGER NOT NULL DEFAULT 0;"
	"CREATE TABLE session_rooms (session TEXT PRIMARY KEY, boot TEXT NOT NULL, room TEXT NOT NULL)"
	" WITHOUT ROWID;"
	"CREATE TABLE hands ("
	" session TEXT PRIMARY KEY, boot TEXT NOT NULL, at_ms INTEGER NOT NULL) WITHOUT ROWID;"
	"ALTER TABLE jobs ADD COLUMN act TEXT NOT NULL DEFAULT 'logoff';"
	"ALTER TABLE jobs ADD COLUMN cause TEXT NOT NULL DEFAULT 'order';"
	/*
	 * lessons.users, programs, web, rooms: JSON. lesson_sessions: which have got programs and
	 * message; sessions count in a boot.
	 */
	"CREATE TABLE lessons ("
	" number INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT NOT NULL, by_user TEXT NOT NULL,"
	" by_uid INTEGER NOT NULL, by_name TEXT NOT NULL, by_role TEXT NOT NULL,"
	" since_s INTEGER NOT NULL, ends_ms INTEGER NOT NULL, everybody INTEGER NOT NULL,"
	" users TEXT NOT NULL, block INTEGER NOT NULL, message TEXT NOT NULL,"
	" programs TEXT NOT NULL, web TEXT NOT NULL, rooms TEXT NOT NULL);"
	"CREATE TABLE lesson_sessions ("
	" lesson INTEGER NOT NULL REFERENCES lessons(number) ON DELETE CASCADE, boot TEXT NOT NULL,"
	" session TEXT NOT NULL, PRIMARY KEY (lesson, boot, session)) WITHOUT ROWID;"
	"CREATE TABLE lesson_presets ("
	" uid INTEGER NOT NULL, name TEXT NOT NULL, preset TEXT NOT NULL, used INTEGER NOT NULL,"
	" PRIMARY KEY (uid, name)) WITHOUT ROWID;"
	/* web_limits.domains: one a line. web_lists: the last ones of each person. */
	"CREATE TABLE web_limits ("
	" kind TEXT NOT NULL, name TEXT NOT NULL, full_name TEXT NOT NULL, uid INTEGER NOT NULL,"
	" role TEXT NOT NULL, by_user TEXT NOT NULL, by_uid INTEGER NOT NULL, by_name TEXT NOT NULL,"
	" by_role TEXT NOT NULL, since_s INTEGER NOT NULL, until_ms INTEGER NOT NULL,"
	" mode TEXT NOT NULL, domains TEXT NOT NULL, PRIMARY KEY (kind, name)) WITHOUT ROWID;"
	"CREATE TABLE web_lists ("
	" uid INTEGER NOT NULL, mode TEXT NOT NULL, domains TEXT NOT NULL, used INTEGER NOT NULL,"
	" PRIMARY KEY (uid, mode, domains)) WITHOUT ROWID;"
	/* accepted: hash: SHA-256 of a text of the log-on notice. */
	"CREATE TABLE accepted ("
	" uid INTEGER NOT NULL, user TEXT NOT NULL, hash BLOB NOT NULL, at_ms INTEGER NOT NULL,"
	" PRIMARY KEY (uid, user, hash)) WITHOUT ROWID;"
	/*
	 * enrolments: stations whose identity is fixed. auto_logons: who is logged on there.
	 * invitations: hash of the ticket of a station that has not come yet.
	 */
	"CREATE TABLE enrolments ("
	" station TEXT PRIMARY KEY, since_s INTEGER NOT NULL, by_name TEXT NOT NULL) WITHOUT ROWID;"
	"CREATE TABLE auto_logons ("
	" station TEXT PRIMARY KEY, user TEXT NOT NULL, full_name TEXT NOT NULL, desktop TEXT NOT NULL,"
	" privileged INTEGER NOT NULL, by_name TEXT NOT NULL, since_s INTEGER NOT NULL) WITHOUT ROWID;"
	"CREATE TABLE invitations ("
	" hash BLOB PRIMARY KEY, kind TEXT NOT NULL, name TEXT NOT NULL, room TEXT NOT NULL,"
	" expires_ms INTEGER NOT NULL, by_name TEXT NOT NULL) WITHOUT ROWID;"
	/* Local stations: hubs: JSON. secret: the seat has to be told (station-local.c). */
	"CREATE TABLE local_stations ("
	" station TEXT PRIMARY KEY, seat TEXT NOT NULL, output TEXT NOT NULL, area TEXT NOT NULL,"
	" orientation TEXT NOT NULL, second INTEGER NOT NULL, hubs TEXT NOT NULL,"
	" wants_pointer INTEGER NOT NULL, secret TEXT NOT NULL,"
	" storage_blocked INTEGER NOT NULL DEFAULT 0) WITHOUT ROWID;"
	/* audit_anchor: of the last row that was removed because of its age. */
	"ALTER TABLE audit ADD COLUMN hash BLOB;"
	"CREATE TABLE audit_anchor ("
	" id INTEGER PRIMARY KEY CHECK (id = 1), number INTEGER NOT NULL, hash BLOB NOT NULL);",
};

/* What SQL alone cannot do, after the statements and in their transaction. */
static int (*const migrate[STORE_SCHEMA])(struct store *) = { [3] = audit_chain_migrate };

static int error_from_sqlite(int code)
{
	switch (code & 0xff) {
	case SQLITE_OK:
	case SQLITE_DONE:
	case SQLITE_ROW:
		return 0;
	case SQLITE_FULL:
		return -ENOSPC;
	case SQLITE_NOMEM:
		return -ENOMEM;
	case SQLITE_READONLY:
		return -EROFS;
	case SQLITE_PERM:
	case SQLITE_AUTH:
		return -EACCES;
	case SQLITE_CANTOPEN:
		return -ENOENT;
	case SQLITE_BUSY:
	case SQLITE_LOCKED:
		return -EBUSY;
	case SQLITE_CORRUPT:
	case SQLITE_NOTADB:
		return -EBADMSG;
	case SQLITE_CONSTRAINT:
		return -EEXIST;
	default:
		return -EIO;
	}
}

static int store_fail(struct store *s, int code, const char *what)
{
	int r = error_from_sqlite(code);

	if (s->depth > 0 && !s->failed) {
		s->failed = true;
		s->error = r;
	}
	if (s->logged != r) {
		log_error("state data base: %s: %s. What happens from now on is forgotten at the "
			  "next restart; free disk space or check /var/lib/stationmaster.",
				what, sqlite3_errmsg(s->db));
		s->logged = r;
	}
	return r;
}

static int exec_plain(struct store *s, const char *sql)
{
	return error_from_sqlite(sqlite3_exec(s->db, sql, NULL, NULL, NULL));
}

static int version_read(struct store *s, int *ret)
{
	sqlite3_stmt *stmt = NULL;
	int code;

	code = sqlite3_prepare_v2(s->db, "PRAGMA user_version", -1, &stmt, NULL);
	if (code == SQLITE_OK)
		code = sqlite3_step(stmt);
	if (code == SQLITE_ROW)
		*ret = sqlite3_column_int(stmt, 0);
	sqlite3_finalize(stmt);
	return error_from_sqlite(code);
}

static int schema_update(struct store *s)
{
	int version = 0, r;

	r = version_read(s, &version);
	if (r < 0)
		return r;
	if (version > STORE_SCHEMA)
		return -EPROTONOSUPPORT;
	for (; version < STORE_SCHEMA; version++) {
		_cleanup_free_ char *sql = str_format("BEGIN IMMEDIATE;%sPRAGMA user_version=%d",
				migrations[version], version + 1);

		if (!sql)
			return -ENOMEM;
		r = exec_plain(s, sql);
		if (r == 0 && migrate[version])
			r = migrate[version](s);
		if (r == 0)
			r = exec_plain(s, "COMMIT");
		if (r < 0) {
			exec_plain(s, "ROLLBACK");
			return r;
		}
	}
	return 0;
}

static int open_once(const char *path, struct store **ret)
{
	_cleanup_(store_closep) struct store *s = calloc(1, sizeof(*s));
	int code, r;

	if (!s)
		return -ENOMEM;
	code = sqlite3_open_v2(path ? path : ":memory:", &s->db,
			SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX |
					SQLITE_OPEN_NOFOLLOW | SQLITE_OPEN_EXRESCODE,
			NULL);
	r = error_from_sqlite(code);
	if (r < 0)
		return r;
	if (path && chmod(path, 0600) < 0)
		return -errno;
	sqlite3_busy_timeout(s->db, 2000);
	/* cache_size: KiB. The default, four times that, is filled by the audit within days. */
	r = exec_plain(s, "PRAGMA cache_size=-512;"
			  "PRAGMA locking_mode=EXCLUSIVE; PRAGMA journal_mode=WAL;"
			  "PRAGMA synchronous=FULL; PRAGMA foreign_keys=ON;"
			  "PRAGMA secure_delete=ON; PRAGMA trusted_schema=OFF;");
	if (r == 0)
		r = schema_update(s);
	/* Reads a page of every table: a damaged file is found now and not at the first log-off. */
	if (r == 0 && path)
		r = exec_plain(s,
				"SELECT count(*) FROM tokens, counters; SELECT max(number) FROM jobs;"
				"SELECT max(number) FROM audit; SELECT count(*) FROM stations;"
				"SELECT count(*) FROM targets, blocks, block_texts, projections, locks, hands;");
	if (r < 0)
		return r;
	*ret = take_ptr(s);
	return 0;
}

static int move_aside(const char *path)
{
	static const char *const suffixes[] = { "-wal", "-shm" };
	_cleanup_free_ char *to =
			str_format("%s.broken-%lld", path, (long long)(clock_real_ms() / 1000));

	if (!to)
		return -ENOMEM;
	if (rename(path, to) < 0)
		return -errno;
	for (size_t i = 0; i < ELEMENTSOF(suffixes); i++) {
		_cleanup_free_ char *f = str_format("%s%s", path, suffixes[i]);

		if (f)
			unlink(f);
	}
	log_error("%s is damaged; it was moved to %s and a new one was made. Dashboards have to "
		  "sign in again; running sessions are not touched.",
			path, to);
	return 0;
}

int store_open(const char *path, struct store **ret)
{
	int r;

	r = open_once(path, ret);
	if (r == -EBADMSG && path) {
		r = move_aside(path);
		if (r == 0)
			r = open_once(path, ret);
	}
	return r;
}

struct store *store_close(struct store *s)
{
	if (!s)
		return NULL;
	sqlite3_close_v2(s->db);
	free(s);
	return NULL;
}

static int statement_prepare(
		struct store *s, const char *sql, const char *types, va_list ap, sqlite3_stmt **ret)
{
	int code;

	code = sqlite3_prepare_v2(s->db, sql, -1, ret, NULL);
	for (int i = 1; code == SQLITE_OK && *types; types++, i++) {
		if (*types == 's')
			code = sqlite3_bind_text(
					*ret, i, va_arg(ap, const char *), -1, SQLITE_TRANSIENT);
		else if (*types == 'i')
			code = sqlite3_bind_int64(*ret, i, va_arg(ap, int64_t));
		else if (*types == 'b')
			code = sqlite3_bind_blob(
					*ret, i, va_arg(ap, const uint8_t *), 32, SQLITE_TRANSIENT);
		else
			assert(!"unknown type of parameter");
	}
	return code;
}

int store_exec(struct store *s, const char *sql, const char *types, ...)
{
	sqlite3_stmt *stmt = NULL;
	va_list ap;
	int code;

	va_start(ap, types);
	code = statement_prepare(s, sql, types, ap, &stmt);
	va_end(ap);
	while (code == SQLITE_OK || code == SQLITE_ROW)
		code = sqlite3_step(stmt);
	if (code != SQLITE_DONE)
		code = store_fail(s, code, "writing failed");
	else if (s->depth == 0)
		s->logged = 0;
	sqlite3_finalize(stmt);
	return code == SQLITE_DONE ? 0 : code;
}

int store_query(struct store *s, int (*fn)(struct store_row *row, void *userdata), void *userdata,
		const char *sql, const char *types, ...)
{
	struct store_row row = { 0 };
	int code, r = 0;
	va_list ap;

	va_start(ap, types);
	code = statement_prepare(s, sql, types, ap, &row.stmt);
	va_end(ap);
	while (r == 0 && (code == SQLITE_OK || code == SQLITE_ROW)) {
		code = sqlite3_step(row.stmt);
		if (code == SQLITE_ROW && fn)
			r = fn(&row, userdata);
	}
	if (r == 0 && code != SQLITE_DONE)
		r = store_fail(s, code, "reading failed");
	sqlite3_finalize(row.stmt);
	return r;
}

int64_t store_row_int(struct store_row *row, int column)
{
	return sqlite3_column_int64(row->stmt, column);
}

const char *store_row_text(struct store_row *row, int column)
{
	const char *s = (const char *)sqlite3_column_text(row->stmt, column);

	return s && str_is_utf8(s, strlen(s)) ? s : "";
}

const uint8_t *store_row_bytes(struct store_row *row, int column)
{
	const uint8_t *p = sqlite3_column_blob(row->stmt, column);

	return p && sqlite3_column_bytes(row->stmt, column) == 32 ? p : NULL;
}

void store_begin(struct store *s)
{
	if (s->depth++ == 0) {
		s->failed = false;
		s->error = 0;
		store_exec(s, "BEGIN IMMEDIATE", "");
	}
}

int store_commit(struct store *s)
{
	int r;

	assert(s->depth > 0);
	if (s->depth > 1) {
		s->depth--;
		return s->failed ? s->error : 0;
	}
	r = s->failed ? s->error : store_exec(s, "COMMIT", "");
	s->depth = 0;
	if (r < 0)
		exec_plain(s, "ROLLBACK"); /* nothing to roll back is fine too */
	else
		s->logged = 0;
	return r;
}
