/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A text is known by its hash, so another word in it is another text and is asked for again. The
 * name stands beside the number of the account, because numbers of deleted accounts are given
 * anew. What is stored answers one question only, whether to ask; who accepted what and when is in
 * the audit.
 */
#include "hostd/accepted.h"

#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/str.h"
#include "hostd/hash.h"
#include "hostd/host.h"

static bool counts_once(const struct host *h)
{
	return streq(h->conf->notice_again, "once");
}

struct known {
	const struct logon_notices *notices;
	uint8_t gone[LOGON_NOTICES_MAX][HASH_SIZE];
	size_t n;
};

static int handle_stored(struct store_row *row, void *userdata)
{
	const uint8_t *hash = store_row_bytes(row, 0);
	struct known *k = userdata;
	uint8_t now[HASH_SIZE];

	if (!hash || k->n == LOGON_NOTICES_MAX)
		return 0;
	for (size_t i = 0; i < k->notices->n; i++)
		if (hash_secret(k->notices->list[i].text, now) == 0 &&
				memcmp(now, hash, HASH_SIZE) == 0)
			return 0;
	memcpy(k->gone[k->n++], hash, HASH_SIZE);
	return 0;
}

void accepted_load(struct host *h)
{
	struct known k = { .notices = h->notices };

	store_query(h->store, handle_stored, &k, "SELECT DISTINCT hash FROM accepted", "");
	for (size_t i = 0; i < k.n; i++)
		store_exec(h->store, "DELETE FROM accepted WHERE hash = ?", "b", k.gone[i]);
}

static int handle_found(struct store_row *row, void *userdata)
{
	(void)row;
	*(bool *)userdata = true;
	return 0;
}

const struct logon_notice *accepted_find_missing(
		struct host *h, const struct person *p, const char *language)
{
	const struct logon_notice *notice = logon_notices_find(h->notices, language);
	uint8_t hash[HASH_SIZE];
	bool found = false;

	if (!notice || !counts_once(h) || hash_secret(notice->text, hash) < 0)
		return notice;
	store_query(h->store, handle_found, &found,
			"SELECT 1 FROM accepted WHERE uid = ? AND user = ? AND hash = ?", "isb",
			(int64_t)p->uid, p->user, hash);
	return found ? NULL : notice;
}

int accepted_add(struct host *h, const struct person *p, const struct logon_notice *notice)
{
	uint8_t hash[HASH_SIZE];
	int r;

	if (!counts_once(h))
		return 0;
	r = hash_secret(notice->text, hash);
	if (r < 0)
		return r;
	return store_exec(h->store,
			"INSERT OR REPLACE INTO accepted (uid, user, hash, at_ms) VALUES (?, ?, ?, ?)",
			"isbi", (int64_t)p->uid, p->user, hash, clock_real_ms());
}

void accepted_hash(const struct logon_notice *notice, char ret[static ACCEPTED_HASH_LEN + 1])
{
	uint8_t hash[HASH_SIZE] = { 0 };

	(void)hash_secret(notice->text, hash);
	for (size_t i = 0; i < HASH_SIZE; i++)
		snprintf(ret + 2 * i, 3, "%02x", hash[i]);
}
