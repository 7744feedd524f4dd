/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A token is 256 random bits, given once and kept as its SHA-256. The name is that of the
 * moment of the log-in; the role follows the account (standing.c). The list is in order of age, and
 * so of expiry. A token is looked for by its hash, so the time the search takes tells nothing about
 * the secret.
 */
#include "hostd/token.h"

#include "base/clock.h"
#include "base/log.h"
#include "hostd/events.h"
#include "hostd/host.h"
#include "hostd/standing.h"
#include "hostd/view.h"

static void token_drop(struct host *h, struct token *t)
{
	store_exec(h->store, "DELETE FROM tokens WHERE hash = ?", "b", t->hash);
	events_end_token(h, t->hash);
	view_end_token(h, t->hash);
	list_remove(&t->link);
	h->n_tokens--;
	explicit_bzero(t, sizeof(*t));
	free(t);
}

void token_end(struct host *h, struct token *t)
{
	token_drop(h, t);
}

void token_set_role(struct host *h, struct token *t, enum role role)
{
	t->caller.role = role;
	store_exec(h->store, "UPDATE tokens SET role = ? WHERE hash = ?", "sb",
			role_to_string(role), t->hash);
}

void token_drop_expired(struct host *h)
{
	int64_t now = clock_real_ms();
	struct list *l, *next;

	list_for_each_safe (l, next, &h->tokens) {
		struct token *t = list_entry(l, struct token, link);

		if (t->expires_ms <= now)
			token_drop(h, t);
	}
}

/* Room for one more, of this person and in all. */
static void make_room(struct host *h, uid_t uid)
{
	struct token *oldest = NULL;
	struct list *l;
	unsigned n = 0;

	token_drop_expired(h);
	list_for_each (l, &h->tokens) {
		struct token *t = list_entry(l, struct token, link);

		if (t->caller.uid != uid)
			continue;
		oldest = oldest ? oldest : t;
		n++;
	}
	if (n >= TOKENS_PER_USER_MAX)
		token_drop(h, oldest);
	else if (h->n_tokens >= TOKENS_MAX)
		token_drop(h, list_entry(h->tokens.next, struct token, link));
}

int token_new(struct host *h, const struct caller *caller, char ret[static STR_TOKEN_LEN + 1])
{
	struct token *t;
	int r;

	make_room(h, caller->uid);
	r = str_random_token(ret);
	if (r < 0)
		return r;
	t = calloc(1, sizeof(*t));
	if (!t)
		return -ENOMEM;
	r = hash_secret(ret, t->hash);
	if (r < 0) {
		free(t);
		return r;
	}
	t->caller = *caller;
	t->expires_ms = clock_real_ms() + TOKEN_LIFE_MS;
	list_add_tail(&h->tokens, &t->link);
	h->n_tokens++;
	standing_start(h);
	store_exec(h->store,
			"INSERT OR REPLACE INTO tokens (hash, user, uid, full_name, role, address, "
			"expires_ms) VALUES (?,?,?,?,?,?,?)",
			"bsisssi", t->hash, caller->user, (int64_t)caller->uid, caller->full_name,
			role_to_string(caller->role), caller->from, t->expires_ms);
	return 0;
}

struct token *token_find(struct host *h, const char *secret)
{
	uint8_t hash[HASH_SIZE];
	struct list *l;

	if (strlen(secret) != STR_TOKEN_LEN || hash_secret(secret, hash) < 0)
		return NULL;
	list_for_each (l, &h->tokens) {
		struct token *t = list_entry(l, struct token, link);

		if (memcmp(t->hash, hash, HASH_SIZE) != 0)
			continue;
		if (t->expires_ms > clock_real_ms())
			return t;
		token_drop(h, t);
		return NULL;
	}
	return NULL;
}

static int load_row(struct store_row *row, void *userdata)
{
	const uint8_t *hash = store_row_bytes(row, 0);
	struct host *h = userdata;
	struct token *t;

	if (!hash || h->n_tokens >= TOKENS_MAX)
		return 0;
	t = calloc(1, sizeof(*t));
	if (!t)
		return -ENOMEM;
	memcpy(t->hash, hash, HASH_SIZE);
	str_copy(t->caller.user, sizeof(t->caller.user), store_row_text(row, 1));
	t->caller.uid = (uid_t)store_row_int(row, 2);
	str_copy(t->caller.full_name, sizeof(t->caller.full_name), store_row_text(row, 3));
	if (role_parse(store_row_text(row, 4), &t->caller.role) < 0)
		t->caller.role = ROLE_STANDARD;
	str_copy(t->caller.from, sizeof(t->caller.from), store_row_text(row, 5));
	t->expires_ms = store_row_int(row, 6);
	list_add_tail(&h->tokens, &t->link);
	h->n_tokens++;
	return 0;
}

int token_load_all(struct host *h)
{
	store_exec(h->store, "DELETE FROM tokens WHERE expires_ms <= ?", "i", clock_real_ms());
	return store_query(h->store, load_row, h,
			"SELECT hash, user, uid, full_name, role, address, expires_ms FROM tokens "
			"ORDER BY expires_ms",
			"");
}

void token_free_all(struct host *h)
{
	while (!list_is_empty(&h->tokens)) {
		struct token *t = list_entry(h->tokens.next, struct token, link);

		list_remove(&t->link);
		free(t);
	}
	h->n_tokens = 0;
}
