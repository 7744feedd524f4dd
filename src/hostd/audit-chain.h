/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The rows of the audit log as a chain: the hash of each covers its content and the hash of the row
 * before. Works on the store alone. What the bytes are: docs/api/org.stationmaster.Audit.varlink,
 * type Entry.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "hostd/hash.h"
#include "hostd/store.h"

/* What audit_row_read() reads; hash is column 10. */
#define AUDIT_COLUMNS \
	"number, time_ms, user, full_name, role, address, method, targets, result, uid, hash"

enum {
	AUDIT_HEX_LEN = 2 * HASH_SIZE,
	AUDIT_HEAD_MIN = 16, /* digits that name an entry well enough */
	AUDIT_TRIM_MAX = 2000,
};

struct audit_row {
	int64_t number, time_ms, uid;
	const char *user, *full_name, *role, *address, *method, *targets, *result;
};

/* Texts live as long as row. */
void audit_row_read(struct store_row *row, struct audit_row *ret);
void audit_format_hex(const uint8_t hash[static HASH_SIZE], char ret[static AUDIT_HEX_LEN + 1]);
/* At least AUDIT_HEAD_MIN hexadecimal digits of either case; ret in lower case. */
bool audit_parse_head(const char *s, char ret[static AUDIT_HEX_LEN + 1]);

/* Sets row->number. Texts that are not UTF-8 become empty. */
int audit_chain_append(struct store *s, struct audit_row *row, uint8_t ret[static HASH_SIZE]);
/* Rows without hashes, of an older version, in the caller's transaction. */
int audit_chain_migrate(struct store *s);
/*
 * Removes the oldest rows: those beyond rows_max, and those before the first one that is not older
 * than oldest_ms; at most AUDIT_TRIM_MAX of them. The last one's hash stays as the anchor of the
 * chain. *ret: number of the last one removed; 0: nothing to do.
 */
int audit_chain_trim(struct store *s, int64_t rows_max, int64_t oldest_ms, int64_t *ret);

/* A walk along the chain, in steps. */
struct audit_check {
	struct store *store;
	char wanted[AUDIT_HEX_LEN + 1]; /* part of a hash that has to occur; "": none */
	bool found;
	bool done;
	int64_t number; /* of the last row that fits */
	uint8_t hash[HASH_SIZE];
	int64_t end;    /* this step's, CLOCK_MONOTONIC ms */
	int64_t last;   /* newest row when it began */
	int64_t newest; /* the last number that was ever given */
	int64_t entries, first;
	int64_t broken_at;
	char *reason; /* NULL: nothing is wrong */
	int error;
};

void audit_check_init(struct audit_check *c, struct store *s, const char *wanted);
void audit_check_done(struct audit_check *c);
/* Goes on for budget_ms, at least one row. True: there is more to do. */
bool audit_check_step(struct audit_check *c, int64_t budget_ms);
