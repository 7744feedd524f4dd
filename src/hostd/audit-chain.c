/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Numbers count up without a gap (AUTOINCREMENT, and a write that fails takes its number back), so
 * a missing row shows twice: in the numbers and in the hash. The chain proves nothing by itself
 * against somebody who may write the data base and computes all hashes anew, or cuts the end off;
 * that is what a hash kept elsewhere is for (the journal has each).
 *
 * The anchor takes the place of rows that were removed because of their age: number and hash of the
 * last one. Numbers and hashes go on from it even when no row is left.
 */
#include "hostd/audit-chain.h"

#include <endian.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/str.h"

enum { TEXTS = 7 };

void audit_row_read(struct store_row *row, struct audit_row *ret)
{
	*ret = (struct audit_row){
		.number = store_row_int(row, 0),
		.time_ms = store_row_int(row, 1),
		.user = store_row_text(row, 2),
		.full_name = store_row_text(row, 3),
		.role = store_row_text(row, 4),
		.address = store_row_text(row, 5),
		.method = store_row_text(row, 6),
		.targets = store_row_text(row, 7),
		.result = store_row_text(row, 8),
		.uid = store_row_int(row, 9),
	};
}

void audit_format_hex(const uint8_t hash[static HASH_SIZE], char ret[static AUDIT_HEX_LEN + 1])
{
	for (size_t i = 0; i < HASH_SIZE; i++)
		snprintf(ret + 2 * i, 3, "%02x", hash[i]);
}

bool audit_parse_head(const char *s, char ret[static AUDIT_HEX_LEN + 1])
{
	size_t n = strlen(s);

	if (n < AUDIT_HEAD_MIN || n > AUDIT_HEX_LEN || strspn(s, "0123456789abcdefABCDEF") != n)
		return false;
	for (size_t i = 0; i <= n; i++)
		ret[i] = (char)(s[i] >= 'A' && s[i] <= 'F' ? s[i] - 'A' + 'a' : s[i]);
	return true;
}

static uint8_t *put_u64(uint8_t *p, int64_t value)
{
	uint64_t big = htobe64((uint64_t)value);

	return (uint8_t *)memcpy(p, &big, sizeof(big)) + sizeof(big);
}

static int row_hash(const uint8_t before[static HASH_SIZE], const struct audit_row *row,
		uint8_t ret[static HASH_SIZE])
{
	const char *texts[TEXTS] = { row->user, row->full_name, row->role, row->address,
		row->method, row->targets, row->result };
	_cleanup_free_ uint8_t *bytes = NULL;
	size_t size = HASH_SIZE + 3 * sizeof(uint64_t);
	unsigned n = 0;
	uint8_t *p;

	for (size_t i = 0; i < TEXTS; i++)
		size += sizeof(uint32_t) + strlen(texts[i]);
	bytes = malloc(size);
	if (!bytes)
		return -ENOMEM;
	p = (uint8_t *)memcpy(bytes, before, HASH_SIZE) + HASH_SIZE;
	p = put_u64(p, row->number);
	p = put_u64(p, row->time_ms);
	p = put_u64(p, row->uid);
	for (size_t i = 0; i < TEXTS; i++) {
		size_t len = strlen(texts[i]);
		uint32_t big = htobe32((uint32_t)len);

		p = (uint8_t *)memcpy(p, &big, sizeof(big)) + sizeof(big);
		p = (uint8_t *)memcpy(p, texts[i], len) + len;
	}
	if (!EVP_Digest(bytes, size, ret, &n, EVP_sha256(), NULL) || n != HASH_SIZE)
		return -EIO;
	return 0;
}

/* A place in the chain. */
struct link {
	int64_t number;
	uint8_t hash[HASH_SIZE];
	bool bad; /* there is no hash */
};

static int read_link(struct store_row *row, void *userdata)
{
	struct link *l = userdata;
	const uint8_t *hash = store_row_bytes(row, 1);

	l->number = store_row_int(row, 0);
	l->bad = !hash;
	if (hash)
		memcpy(l->hash, hash, HASH_SIZE);
	else
		memset(l->hash, 0, HASH_SIZE);
	return 0;
}

static int read_int(struct store_row *row, void *userdata)
{
	*(int64_t *)userdata = store_row_int(row, 0);
	return 0;
}

static int read_anchor(struct store *s, struct link *ret)
{
	*ret = (struct link){ 0 };
	return store_query(s, read_link, ret, "SELECT number, hash FROM audit_anchor", "");
}

static int anchor_set(struct store *s, int64_t number, const uint8_t hash[static HASH_SIZE])
{
	return store_exec(s,
			"INSERT OR REPLACE INTO audit_anchor (id, number, hash) VALUES (1, ?, ?)",
			"ib", number, hash);
}

/* The number that was given last, also if its row is gone. */
static int read_newest(struct store *s, int64_t *ret)
{
	*ret = 0;
	return store_query(s, read_int, ret, "SELECT seq FROM sqlite_sequence WHERE name = 'audit'",
			"");
}

static const char *text_or_empty(const char *s)
{
	return str_is_utf8(s, strlen(s)) ? s : "";
}

static int row_insert(struct store *s, const struct audit_row *row, const uint8_t *hash)
{
	return store_exec(s,
			"INSERT INTO audit (number, time_ms, user, uid, full_name, role, address, "
			"method, targets, result, hash) VALUES (?,?,?,?,?,?,?,?,?,?,?)",
			"iisissssssb", row->number, row->time_ms, row->user, row->uid,
			row->full_name, row->role, row->address, row->method, row->targets,
			row->result, hash);
}

int audit_chain_append(struct store *s, struct audit_row *row, uint8_t ret[static HASH_SIZE])
{
	const char **texts[TEXTS] = { &row->user, &row->full_name, &row->role, &row->address,
		&row->method, &row->targets, &row->result };
	uint8_t hash[HASH_SIZE];
	struct link end;
	int64_t newest;
	int r, k;

	for (size_t i = 0; i < TEXTS; i++)
		*texts[i] = text_or_empty(*texts[i]);
	store_begin(s);
	r = read_anchor(s, &end);
	if (r == 0)
		r = store_query(s, read_link, &end,
				"SELECT number, hash FROM audit ORDER BY number DESC LIMIT 1", "");
	if (r == 0)
		r = read_newest(s, &newest);
	if (r == 0) {
		row->number = (newest > end.number ? newest : end.number) + 1;
		r = row_hash(end.hash, row, hash);
	}
	if (r == 0)
		r = row_insert(s, row, hash);
	k = store_commit(s);
	if (r == 0)
		r = k;
	if (r == 0)
		memcpy(ret, hash, HASH_SIZE);
	return r;
}

/* --- migration --- */

struct migration {
	struct store *store;
	uint8_t hash[HASH_SIZE];
};

static int chain_row(struct store_row *stored, void *userdata)
{
	struct migration *m = userdata;
	struct audit_row row;
	int r;

	audit_row_read(stored, &row);
	r = row_hash(m->hash, &row, m->hash);
	if (r < 0)
		return r;
	return store_exec(m->store, "UPDATE audit SET hash = ? WHERE number = ?", "bi", m->hash,
			row.number);
}

int audit_chain_migrate(struct store *s)
{
	struct migration m = { .store = s };
	int64_t first = 0;
	int r;

	r = store_query(s, read_int, &first, "SELECT min(number) FROM audit", "");
	/* Versions without a chain removed old rows too. */
	if (r == 0 && first > 1)
		r = anchor_set(s, first - 1, m.hash);
	if (r == 0)
		r = store_query(s, chain_row, &m,
				"SELECT " AUDIT_COLUMNS " FROM audit ORDER BY number", "");
	return r;
}

/* --- removing what is old --- */

/* Number of the last row that is to go; 0: none. */
static int find_cut(struct store *s, int64_t rows_max, int64_t oldest_ms, int64_t *ret)
{
	int64_t first = 0, last = 0, young = 0, cut;
	int r;

	r = store_query(s, read_int, &first, "SELECT min(number) FROM audit", "");
	if (r == 0)
		r = store_query(s, read_int, &last, "SELECT max(number) FROM audit", "");
	/* +time_ms: not by its index, since the first one in order of numbers is near. */
	if (r == 0)
		r = store_query(s, read_int, &young,
				"SELECT number FROM audit WHERE +time_ms >= ? ORDER BY number LIMIT 1",
				"i", oldest_ms);
	if (r < 0)
		return r;
	cut = young > 0 ? young - 1 : last;
	if (cut < last - rows_max)
		cut = last - rows_max;
	if (cut > first + AUDIT_TRIM_MAX - 1)
		cut = first + AUDIT_TRIM_MAX - 1;
	*ret = first > 0 && cut >= first ? cut : 0;
	return 0;
}

int audit_chain_trim(struct store *s, int64_t rows_max, int64_t oldest_ms, int64_t *ret)
{
	struct link end = { 0 };
	int64_t cut = 0;
	int r;

	r = find_cut(s, rows_max, oldest_ms, &cut);
	if (r == 0 && cut > 0)
		r = store_query(s, read_link, &end,
				"SELECT number, hash FROM audit WHERE number <= ? "
				"ORDER BY number DESC LIMIT 1",
				"i", cut);
	if (r < 0)
		return r;
	if (end.bad)
		return -EBADMSG; /* without its hash nothing could go on from it */
	if (end.number > 0) {
		store_begin(s);
		anchor_set(s, end.number, end.hash);
		store_exec(s, "DELETE FROM audit WHERE number <= ?", "i", end.number);
		r = store_commit(s);
	}
	if (r == 0)
		*ret = end.number;
	return r;
}

/* --- checking --- */

static void broken(struct audit_check *c, int64_t at, char *reason)
{
	if (c->reason) {
		free(reason);
		return;
	}
	c->broken_at = at;
	c->reason = reason;
	if (!reason)
		c->error = -ENOMEM;
	c->done = true;
}

static void missing(struct audit_check *c, int64_t from, int64_t to)
{
	if (from == to)
		broken(c, from, str_format("Entry %lld is missing.", (long long)from));
	else
		broken(c, from,
				str_format("Entries %lld to %lld are missing.", (long long)from,
						(long long)to));
}

static void look_for_wanted(struct audit_check *c)
{
	char hex[AUDIT_HEX_LEN + 1];

	if (c->found || !*c->wanted)
		return;
	audit_format_hex(c->hash, hex);
	c->found = strncmp(hex, c->wanted, strlen(c->wanted)) == 0;
}

/* Where the kept rows begin; it moves when rows are removed while the check goes on. */
static int go_to_anchor(struct audit_check *c)
{
	struct link anchor;
	int r;

	r = read_anchor(c->store, &anchor);
	if (r < 0 || anchor.number <= c->number)
		return r;
	if (anchor.bad)
		broken(c, anchor.number,
				str_format("The hash of entry %lld, the last one removed because of its "
					   "age, is lost.",
						(long long)anchor.number));
	c->number = anchor.number;
	memcpy(c->hash, anchor.hash, HASH_SIZE);
	look_for_wanted(c);
	return 0;
}

static int check_row(struct store_row *stored, void *userdata)
{
	struct audit_check *c = userdata;
	const uint8_t *stored_hash = store_row_bytes(stored, 10);
	uint8_t hash[HASH_SIZE];
	struct audit_row row;

	audit_row_read(stored, &row);
	if (row.number != c->number + 1) {
		missing(c, c->number + 1, row.number - 1);
		return 1;
	}
	c->error = row_hash(c->hash, &row, hash);
	if (c->error < 0)
		return c->error;
	if (!stored_hash || memcmp(hash, stored_hash, HASH_SIZE) != 0) {
		broken(c, row.number,
				str_format("Entry %lld does not fit to the one before: it was changed, "
					   "put there, or what stood there was removed.",
						(long long)row.number));
		return 1;
	}
	c->number = row.number;
	memcpy(c->hash, hash, HASH_SIZE);
	c->entries++;
	look_for_wanted(c);
	return clock_mono_ms() >= c->end;
}

void audit_check_init(struct audit_check *c, struct store *s, const char *wanted)
{
	*c = (struct audit_check){ .store = s };
	str_copy(c->wanted, sizeof(c->wanted), wanted ? wanted : "");
	c->error = go_to_anchor(c);
	if (c->error == 0)
		c->error = store_query(s, read_int, &c->first, "SELECT min(number) FROM audit", "");
	if (c->error == 0)
		c->error = store_query(s, read_int, &c->last, "SELECT max(number) FROM audit", "");
	if (c->error == 0)
		c->error = read_newest(s, &c->newest);
	c->done = c->done || c->error < 0;
}

void audit_check_done(struct audit_check *c)
{
	free(c->reason);
	c->reason = NULL;
}

/* The rows that are there fit. */
static void check_end(struct audit_check *c)
{
	c->done = true;
	if (c->number < c->newest)
		missing(c, c->number + 1, c->newest);
	else if (*c->wanted && !c->found)
		broken(c, 0,
				str_format("No entry has the hash %s: entries newer than %lld were "
					   "removed, or the log is another one. Or that entry is older "
					   "than the oldest that is kept.",
						c->wanted, (long long)c->number));
}

bool audit_check_step(struct audit_check *c, int64_t budget_ms)
{
	int r;

	if (c->done)
		return false;
	c->end = clock_mono_ms() + budget_ms;
	r = go_to_anchor(c);
	if (r == 0 && !c->done)
		r = store_query(c->store, check_row, c,
				"SELECT " AUDIT_COLUMNS
				" FROM audit WHERE number > ? AND number <= ? ORDER BY number",
				"ii", c->number, c->last);
	if (r < 0) {
		c->error = r;
		c->done = true;
	} else if (r == 0 && !c->done) {
		check_end(c);
	}
	return !c->done;
}
