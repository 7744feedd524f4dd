/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What outlives a restart: one SQLite data base (schema in store.c). The modules that own the
 * objects (token, station, job, block, ...) say their SQL themselves, through these functions.
 *
 * The daemon's memory is the truth, the store its copy: a write that fails (full disk) is logged
 * and reported to the caller, who goes on without it.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/cleanup.h"

struct store;
struct store_row;

enum { STORE_SCHEMA = 4 };

/*
 * Open or make the data base. One that cannot be read is moved aside (path.broken-TIME) and a new
 * one made; one of a newer schema is -EPROTONOSUPPORT and left alone. path NULL: in memory only.
 */
int store_open(const char *path, struct store **ret);
struct store *store_close(struct store *s);
DEFINE_CLEANUP(struct store, store_close);

/*
 * One statement. types says what follows: 's' const char *, 'i' int64_t, 'b' 32 bytes (const
 * uint8_t *). -EIO, -ENOSPC, -EROFS, ...; logged here, once per kind of failure until a write works
 * again.
 */
int store_exec(struct store *s, const char *sql, const char *types, ...);
/* fn is called for each row; < 0 from it ends the query and is returned. */
int store_query(struct store *s, int (*fn)(struct store_row *row, void *userdata), void *userdata,
		const char *sql, const char *types, ...);
int64_t store_row_int(struct store_row *row, int column);
/* Never NULL; valid until fn returns. */
const char *store_row_text(struct store_row *row, int column);
/* NULL unless there are exactly 32 bytes. */
const uint8_t *store_row_bytes(struct store_row *row, int column);

/* Several statements as one write; they nest. commit gives the error of the write. */
void store_begin(struct store *s);
int store_commit(struct store *s);
