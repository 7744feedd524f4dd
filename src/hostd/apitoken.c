/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The list is short and searched by hash, so the time it takes tells nothing about a secret.
 * Numbers are never given twice (AUTOINCREMENT): what a revoked token has begun cannot fall to
 * another one. The last use is written at most once a minute; a busy script must not keep the disk
 * busy.
 */
#include "hostd/apitoken.h"

#include <stdio.h>

#include "base/clock.h"
#include "base/log.h"
#include "hostd/events.h"
#include "hostd/host.h"
#include "hostd/rights.h"
#include "hostd/standing.h"
#include "hostd/view.h"

static void api_token_free(struct api_token *t)
{
	list_remove(&t->link);
	json_decref(t->rooms);
	explicit_bzero(t, sizeof(*t));
	free(t);
}

/* How the audit and people at stations name it. */
static void name_caller(struct api_token *t)
{
	_cleanup_free_ char *both = str_format("%s (token %s)", t->full_name, t->name);

	str_copy(t->caller.full_name, sizeof(t->caller.full_name), both ? both : t->full_name);
	t->caller.token = t->number;
}

static int take_number(struct store_row *row, void *userdata)
{
	*(int64_t *)userdata = store_row_int(row, 0);
	return 0;
}

static int store_new(struct host *h, struct api_token *t)
{
	_cleanup_free_ char *rooms = t->rooms ? json_dumps(t->rooms, JSON_COMPACT) : strdup("");
	_cleanup_json_ json_t *names = acts_build_json(t->acts);
	_cleanup_free_ char *acts =
			json_is_array(names) ? json_dumps(names, JSON_COMPACT) : strdup("");
	if (!rooms || !acts)
		return -ENOMEM;
	store_begin(h->store);
	store_exec(h->store,
			"INSERT INTO api_tokens (hash, name, uid, user, full_name, role, acts, rooms, "
			"created_ms, expires_ms, used_ms, used_from) VALUES (?,?,?,?,?,?,?,?,?,?,0,'')",
			"bsisssssii", t->hash, t->name, (int64_t)t->caller.uid, t->caller.user,
			t->full_name, role_to_string(t->role), acts, rooms, t->created_ms,
			t->expires_ms);
	store_query(h->store, take_number, &t->number,
			"SELECT number FROM api_tokens WHERE hash = ?", "b", t->hash);
	return store_commit(h->store);
}

static void drop_expired(struct host *h)
{
	struct list *l, *next;

	list_for_each_safe (l, next, &h->api_tokens) {
		struct api_token *t = list_entry(l, struct api_token, link);

		if (t->expires_ms <= clock_real_ms())
			(void)api_token_revoke(h, t);
	}
}

static bool has_room(struct host *h, uid_t uid)
{
	unsigned n = 0, own = 0;
	struct list *l;

	list_for_each (l, &h->api_tokens) {
		n++;
		own += list_entry(l, struct api_token, link)->caller.uid == uid;
	}
	return n < API_TOKENS_MAX && own < API_TOKENS_PER_USER_MAX;
}

int api_token_new(struct host *h, const struct api_token_order *order, struct api_token **ret,
		char ret_secret[static STR_API_TOKEN_LEN + 1])
{
	char random[STR_TOKEN_LEN + 1];
	struct api_token *t;
	int r;

	drop_expired(h);
	if (!has_room(h, order->by->uid))
		return -EDQUOT;
	r = str_random_token(random);
	if (r < 0)
		return r;
	snprintf(ret_secret, STR_API_TOKEN_LEN + 1, "%s%s", STR_API_TOKEN_PREFIX, random);
	explicit_bzero(random, sizeof(random));
	t = calloc(1, sizeof(*t));
	if (!t)
		return -ENOMEM;
	list_init(&t->link);
	t->caller = *order->by;
	t->role = order->role;
	t->acts = order->acts;
	t->rooms = json_incref(order->rooms);
	t->created_ms = clock_real_ms();
	t->expires_ms = order->expires_ms;
	str_copy(t->name, sizeof(t->name), order->name);
	str_copy(t->full_name, sizeof(t->full_name), order->by->full_name);
	r = hash_secret(ret_secret, t->hash);
	if (r == 0)
		r = store_new(h, t);
	if (r < 0) {
		api_token_free(t);
		return r;
	}
	t->caller.role = MIN(t->caller.role, t->role);
	name_caller(t);
	list_add_tail(&h->api_tokens, &t->link);
	standing_start(h);
	*ret = t;
	return 0;
}

static void note_use(struct host *h, struct api_token *t, const char *from)
{
	t->used_ms = clock_real_ms();
	if (t->used_ms - t->used_stored_ms < API_TOKEN_USE_MS && streq(t->caller.from, from))
		return;
	t->used_stored_ms = t->used_ms;
	str_copy(t->caller.from, sizeof(t->caller.from), from);
	store_exec(h->store, "UPDATE api_tokens SET used_ms = ?, used_from = ? WHERE number = ?",
			"isi", t->used_ms, from, t->number);
}

struct api_token *api_token_find(struct host *h, const char *secret, const char *from)
{
	uint8_t hash[HASH_SIZE];
	struct list *l;

	if (strlen(secret) != STR_API_TOKEN_LEN || hash_secret(secret, hash) < 0)
		return NULL;
	list_for_each (l, &h->api_tokens) {
		struct api_token *t = list_entry(l, struct api_token, link);

		if (memcmp(t->hash, hash, HASH_SIZE) != 0)
			continue;
		if (t->expires_ms <= clock_real_ms() || t->caller.role == ROLE_STANDARD)
			return NULL;
		note_use(h, t, from);
		return t;
	}
	return NULL;
}

struct api_token *api_token_find_number(struct host *h, int64_t number)
{
	struct list *l;

	list_for_each (l, &h->api_tokens) {
		struct api_token *t = list_entry(l, struct api_token, link);

		if (t->number == number)
			return t->expires_ms > clock_real_ms() ? t : NULL;
	}
	return NULL;
}

int api_token_revoke(struct host *h, struct api_token *t)
{
	int r;

	r = store_exec(h->store, "DELETE FROM api_tokens WHERE number = ?", "i", t->number);
	if (r < 0)
		return r;
	events_end_token(h, t->hash);
	view_end_token(h, t->hash);
	api_token_free(t);
	return 0;
}

json_t *api_token_build_json(const struct api_token *t)
{
	char id[32];

	snprintf(id, sizeof(id), "k%lld", (long long)t->number);
	return json_pack("{s:s, s:s, s:s, s:s, s:s, s:o, s:o, s:I, s:I, s:I, s:s}", "id", id,
			"name", t->name, "user", t->caller.user, "full_name", t->full_name, "role",
			role_to_string(t->role), "rooms",
			t->rooms ? json_copy(t->rooms) : json_array(), "acts",
			acts_build_json(t->acts), "created_ms", (json_int_t)t->created_ms,
			"expires_ms", (json_int_t)t->expires_ms, "used_ms", (json_int_t)t->used_ms,
			"used_from", t->used_ms ? t->caller.from : "");
}

static int load_row(struct store_row *row, void *userdata)
{
	const char *acts = store_row_text(row, 7), *rooms = store_row_text(row, 8);
	_cleanup_json_ json_t *names = json_loads(acts, 0, NULL);
	const uint8_t *hash = store_row_bytes(row, 1);
	struct host *h = userdata;
	struct api_token *t;

	if (!hash)
		return 0;
	t = calloc(1, sizeof(*t));
	if (!t)
		return -ENOMEM;
	memcpy(t->hash, hash, HASH_SIZE);
	t->number = store_row_int(row, 0);
	str_copy(t->name, sizeof(t->name), store_row_text(row, 2));
	t->caller.uid = (uid_t)store_row_int(row, 3);
	str_copy(t->caller.user, sizeof(t->caller.user), store_row_text(row, 4));
	str_copy(t->full_name, sizeof(t->full_name), store_row_text(row, 5));
	if (role_parse(store_row_text(row, 6), &t->role) < 0)
		t->role = ROLE_STANDARD;
	/* What cannot be read takes everything away. */
	t->acts = *acts ? 0 : (uint32_t)ACTS_ALL;
	if (json_is_array(names) && !acts_read_json(names, &t->acts))
		t->acts = 0;
	if (*rooms)
		t->rooms = json_loads(rooms, 0, NULL);
	if (*rooms && !json_is_array(t->rooms)) {
		json_decref(t->rooms);
		t->rooms = json_array();
	}
	t->created_ms = store_row_int(row, 9);
	t->expires_ms = store_row_int(row, 10);
	t->used_ms = t->used_stored_ms = store_row_int(row, 11);
	str_copy(t->caller.from, sizeof(t->caller.from), store_row_text(row, 12));
	/* Until the name service has said what the account is now. */
	t->caller.role = t->role;
	name_caller(t);
	list_add_tail(&h->api_tokens, &t->link);
	return 0;
}

int api_token_load_all(struct host *h)
{
	store_exec(h->store, "DELETE FROM api_tokens WHERE expires_ms <= ?", "i", clock_real_ms());
	return store_query(h->store, load_row, h,
			"SELECT number, hash, name, uid, user, full_name, role, acts, rooms, created_ms, "
			"expires_ms, used_ms, used_from FROM api_tokens ORDER BY number",
			"");
}

void api_token_free_all(struct host *h)
{
	while (!list_is_empty(&h->api_tokens))
		api_token_free(list_entry(h->api_tokens.next, struct api_token, link));
}
