/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * API tokens of scripts (org.stationmaster.Tokens). Beside those of people signed in (token.h) and
 * told apart by their prefix, so that neither is taken for the other: one in a cookie opens
 * nothing.
 */
#pragma once

#include <jansson.h>
#include <stdint.h>

#include "base/list.h"
#include "base/str.h"
#include "hostd/hash.h"
#include "hostd/role.h"
#include "hostd/session.h"

struct host;

enum {
	API_TOKENS_MAX = 2000,
	API_TOKENS_PER_USER_MAX = 100,
	API_TOKEN_USE_MS = 60000, /* the last use is written so often */
};

struct api_token {
	struct list link; /* in host, by number */
	int64_t number;
	uint8_t hash[HASH_SIZE];
	char name[PLACE_MAX];
	char full_name[CALLER_NAME_MAX]; /* of the person, without the token's name */
	struct caller caller;            /* as calls see it; its role is the lower one of the
					    token's and of the account's now */
	enum role role;                  /* at most */
	uint32_t acts;
	json_t *rooms;                  /* array of strings; NULL: all */
	int64_t created_ms, expires_ms; /* CLOCK_REALTIME */
	int64_t used_ms, used_stored_ms;
};

struct api_token_order {
	const struct caller *by;
	const char *name;
	enum role role;
	uint32_t acts;
	json_t *rooms;
	int64_t expires_ms;
};

/* ret_secret: prefix and random part. In the store when it returns, or its error; -EDQUOT. */
int api_token_new(struct host *h, const struct api_token_order *order, struct api_token **ret,
		char ret_secret[static STR_API_TOKEN_LEN + 1]);
/* NULL: no such token, expired, or its account is no supervisor any more. from: address of the
 * caller. */
struct api_token *api_token_find(struct host *h, const char *secret, const char *from);
struct api_token *api_token_find_number(struct host *h, int64_t number);
/* Watches and views made with it end. Frees; the error of the store. */
int api_token_revoke(struct host *h, struct api_token *t);
/* Type Token; owned. */
json_t *api_token_build_json(const struct api_token *t);
int api_token_load_all(struct host *h);
void api_token_free_all(struct host *h);
