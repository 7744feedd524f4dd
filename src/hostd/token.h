/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Tokens of people signed in to the dashboard: memory and store hold hashes only. */
#pragma once

#include <stdint.h>

#include "base/list.h"
#include "base/str.h"
#include "hostd/hash.h"
#include "hostd/role.h"

struct host;

enum {
	TOKEN_LIFE_MS = 12 * 3600 * 1000,
	TOKENS_MAX = 5000,        /* in all; the oldest goes */
	TOKENS_PER_USER_MAX = 20, /* of one person; the oldest goes */
};

struct token {
	struct list link; /* in host, oldest first */
	uint8_t hash[HASH_SIZE];
	struct caller caller;
	int64_t expires_ms; /* CLOCK_REALTIME */
};

/* A new token for this person. */
int token_new(struct host *h, const struct caller *caller, char ret[static STR_TOKEN_LEN + 1]);
/* NULL: not a token, or expired. */
struct token *token_find(struct host *h, const char *secret);
/* Void from now on; watches made with it end. Frees. */
void token_end(struct host *h, struct token *t);
/* The account has another role now. */
void token_set_role(struct host *h, struct token *t, enum role role);
/* End what has expired, and the watches made with it. */
void token_drop_expired(struct host *h);
int token_load_all(struct host *h);
void token_free_all(struct host *h);
