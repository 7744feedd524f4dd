/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The list of blocks, its copy in the store, and the end of a block by time.
 *
 * One row for each user, each station, and one for everybody; a second order on the same one
 * changes its text and time. A station's row remembers the user whose block brought it along, and
 * goes with that; a row that somebody ordered for the station itself stays as it is when a user's
 * block comes by. Rows hold until they are taken back or their time is over, whatever is restarted
 * meanwhile, so nothing here depends on a session or station that is there.
 *
 * Ends are timed with CLOCK_REALTIME, which goes on while the computer sleeps or is switched off.
 */
#include "hostd/block.h"

#include <stdio.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/str.h"
#include "hostd/events.h"
#include "hostd/host.h"
#include "hostd/rights.h"
#include "hostd/session.h"
#include "hostd/station-scene.h"
#include "hostd/station.h"

static const char *const kind_names[] = {
	[BLOCK_USER] = "user",
	[BLOCK_STATION] = "station",
	[BLOCK_ALL] = "all",
};

struct block *block_find(struct host *h, enum block_kind kind, const char *name)
{
	struct list *l;

	list_for_each (l, &h->blocks) {
		struct block *b = list_entry(l, struct block, link);

		if (b->kind == kind && streq(b->name, name))
			return b;
	}
	return NULL;
}

struct block *block_find_uid(struct host *h, uid_t uid)
{
	struct list *l;

	list_for_each (l, &h->blocks) {
		struct block *b = list_entry(l, struct block, link);

		if (b->kind == BLOCK_USER && b->uid == uid)
			return b;
	}
	return NULL;
}

struct scene_block block_get_facts(const struct block *b, const struct session *s)
{
	return (struct scene_block){
		.until_ms = b->until_ms, .by = b->by.role, .own = s && s->person.uid == b->by.uid
	};
}

static bool holds(const struct block *b, const struct session *s)
{
	struct scene_block facts;

	if (!b)
		return false;
	facts = block_get_facts(b, s);
	return scene_block_holds(
			&facts, b->kind == BLOCK_ALL, true, s->person.role, clock_real_ms());
}

bool block_holds_person(struct session *s)
{
	return holds(block_find_uid(s->host, s->person.uid), s) ||
	       holds(block_find(s->host, BLOCK_ALL, ""), s);
}

const char *block_get_message(const struct block *b)
{
	return *b->message ? b->message : b->host->conf->block_message;
}

/* --- the object --- */

void block_free(struct block *b)
{
	if (!b)
		return;
	list_remove(&b->link);
	b->host->n_blocks--;
	free(b->message);
	free(b);
}

static int block_new(struct host *h, enum block_kind kind, const char *name, struct block **ret)
{
	struct block *b;

	if (h->n_blocks >= BLOCKS_MAX)
		return -EDQUOT;
	b = calloc(1, sizeof(*b));
	if (!b)
		return -ENOMEM;
	b->host = h;
	b->kind = kind;
	b->uid = BLOCK_NOBODY;
	str_copy(b->name, sizeof(b->name), name);
	list_add_tail(&h->blocks, &b->link);
	h->n_blocks++;
	*ret = b;
	return 0;
}

static void save(const struct block *b)
{
	store_exec(b->host->store,
			"INSERT OR REPLACE INTO blocks (kind, name, full_name, uid, role, address, "
			"by_user, by_uid, by_name, by_role, since_s, until_ms, message) VALUES "
			"(?,?,?,?,?,?,?,?,?,?,?,?,?)",
			"sssisssissiis", kind_names[b->kind], b->name, b->full_name,
			b->uid == BLOCK_NOBODY ? (int64_t)-1 : (int64_t)b->uid,
			role_to_string(b->role), b->address, b->by.user, (int64_t)b->by.uid,
			b->by.full_name, role_to_string(b->by.role), b->since_s, b->until_ms,
			b->message);
}

/* The row of this name, new or old, with the text and time of the order; not saved yet. */
static int block_order(struct host *h, const struct block_order *order, enum block_kind kind,
		const char *name, struct block **ret)
{
	struct block *b = block_find(h, kind, name);
	char *message = strdup(order->message);
	int r = message ? 0 : -ENOMEM;

	if (r == 0 && !b)
		r = block_new(h, kind, name, &b);
	if (r < 0) {
		free(message);
		return r;
	}
	free(b->message);
	b->message = message;
	b->by = *order->by;
	b->since_s = clock_real_ms() / 1000;
	b->until_ms = order->until_ms;
	*ret = b;
	return 0;
}

static int station_order(struct host *h, const struct block_order *order, const struct station *st,
		uid_t brought_by)
{
	struct block *b;
	int r;

	r = block_order(h, order, BLOCK_STATION, st->id, &b);
	if (r < 0)
		return r;
	b->uid = brought_by;
	b->role = st->session ? st->session->person.role : ROLE_STANDARD;
	str_copy(b->full_name, sizeof(b->full_name), st->name);
	str_copy(b->address, sizeof(b->address), st->address);
	save(b);
	return 0;
}

int block_add_station(struct host *h, const struct block_order *order, const struct station *st)
{
	return station_order(h, order, st, BLOCK_NOBODY);
}

static int bring_stations(struct host *h, const struct block_order *order, uid_t uid, bool only_new)
{
	struct list *l;
	int r = 0;

	list_for_each (l, &h->stations) {
		struct station *st = list_entry(l, struct station, link);
		const struct block *b = block_find(h, BLOCK_STATION, st->id);

		if (!st->session || st->session->person.uid != uid || r < 0)
			continue;
		if (!b || (!only_new && b->uid != BLOCK_NOBODY))
			r = station_order(h, order, st, uid);
	}
	return r;
}

int block_add_user(
		struct host *h, const struct block_order *order, const struct block_person *person)
{
	struct block *b;
	int r;

	r = block_order(h, order, BLOCK_USER, person->user, &b);
	if (r < 0)
		return r;
	b->uid = person->uid;
	b->role = person->role;
	str_copy(b->full_name, sizeof(b->full_name), person->full_name);
	save(b);
	return bring_stations(h, order, person->uid, false);
}

int block_add_all(struct host *h, const struct block_order *order)
{
	struct block *b;
	struct list *l;
	int r;

	r = block_order(h, order, BLOCK_ALL, "", &b);
	if (r < 0)
		return r;
	save(b);
	/* Whoever ends the own session is still in front of the message. */
	list_for_each (l, &h->sessions) {
		struct session *s = list_entry(l, struct session, link);

		if (holds(b, s) && r == 0)
			r = bring_stations(h, order, s->person.uid, true);
	}
	return r;
}

void block_remove(struct block *b)
{
	store_exec(b->host->store, "DELETE FROM blocks WHERE kind = ? AND name = ?", "ss",
			kind_names[b->kind], b->name);
	block_free(b);
}

void block_remove_brought(struct host *h, uid_t uid)
{
	struct list *l, *next;

	list_for_each_safe (l, next, &h->blocks) {
		struct block *b = list_entry(l, struct block, link);

		if (b->kind == BLOCK_STATION && b->uid == uid)
			block_remove(b);
	}
}

/* --- the end by time --- */

static void drop_expired(struct host *h)
{
	int64_t now = clock_real_ms();
	struct list *l, *next;

	store_begin(h->store);
	list_for_each_safe (l, next, &h->blocks) {
		struct block *b = list_entry(l, struct block, link);

		if (!b->until_ms || b->until_ms > now)
			continue;
		log_info("block over kind=%s name=%s by=%s", kind_names[b->kind], b->name,
				b->by.user);
		block_remove(b);
	}
	store_commit(h->store);
}

static int handle_end(sd_event_source *source, uint64_t usec, void *userdata)
{
	struct host *h = userdata;

	drop_expired(h);
	blocks_apply(h);
	return 0;
}

static void arm(struct host *h)
{
	int64_t next_ms = 0;
	struct list *l;

	list_for_each (l, &h->blocks) {
		int64_t until = list_entry(l, struct block, link)->until_ms;

		if (until && (!next_ms || until < next_ms))
			next_ms = until;
	}
	if (host_arm_clock(h, &h->block_end, next_ms, handle_end, h) < 0)
		log_error("out of memory: blocks do not end by themselves");
}

static bool all_has_changed(struct host *h)
{
	json_t *now = block_all_build_json(h);

	if (json_equal(h->block_all_told, now)) {
		json_decref(now);
		return false;
	}
	json_decref(h->block_all_told);
	h->block_all_told = now;
	return true;
}

void blocks_apply(struct host *h)
{
	arm(h);
	scenes_refresh(h);
	if (all_has_changed(h))
		events_send_block_all(h);
}

/* --- stations that come and go --- */

const char *block_find_kept_station(struct host *h, enum station_kind kind, const char *address)
{
	const char *head = station_kind_to_string(kind);
	size_t n = strlen(head);
	struct list *l;

	list_for_each (l, &h->blocks) {
		const struct block *b = list_entry(l, struct block, link);

		if (b->kind == BLOCK_STATION && strncmp(b->name, head, n) == 0 &&
				b->name[n] == '-' && streq(b->address, address) &&
				!station_find(h, b->name))
			return b->name;
	}
	return NULL;
}

void block_handle_station(struct station *st)
{
	struct block *b = block_find(st->host, BLOCK_STATION, st->id);

	if (!b || (streq(b->address, st->address) && streq(b->full_name, st->name)))
		return;
	str_copy(b->address, sizeof(b->address), st->address);
	str_copy(b->full_name, sizeof(b->full_name), st->name);
	save(b);
}

/* --- texts --- */

void block_texts_add(struct host *h, uid_t uid, const char *text)
{
	if (!*text)
		return;
	store_begin(h->store);
	store_exec(h->store,
			"INSERT OR REPLACE INTO block_texts (uid, text, used) VALUES (?, ?, "
			"(SELECT ifnull(max(used), 0) + 1 FROM block_texts))",
			"is", (int64_t)uid, text);
	store_exec(h->store,
			"DELETE FROM block_texts WHERE uid = ? AND text NOT IN (SELECT text FROM "
			"block_texts WHERE uid = ? ORDER BY used DESC LIMIT ?)",
			"iii", (int64_t)uid, (int64_t)uid, (int64_t)BLOCK_TEXTS_MAX);
	store_commit(h->store);
}

static int take_text(struct store_row *row, void *userdata)
{
	json_array_append_new(userdata, json_string(store_row_text(row, 0)));
	return 0;
}

json_t *block_texts_build(struct host *h, uid_t uid)
{
	json_t *texts = json_array();

	store_query(h->store, take_text, texts,
			"SELECT text FROM block_texts WHERE uid = ? ORDER BY used DESC", "i",
			(int64_t)uid);
	return texts;
}

/* --- JSON --- */

bool block_is_visible(const struct block *b, const struct caller *caller)
{
	_cleanup_free_ char *room = NULL;

	if (b->kind == BLOCK_ALL || !rights_are_bound(b->host, caller))
		return true;
	if (b->kind == BLOCK_STATION) {
		room = station_find_room(b->host, b->name);
		return room && rights_have_room(b->host, caller, room);
	}
	return rights_may_see_user(b->host, caller, b->uid);
}

json_t *block_build_json(const struct block *b)
{
	char since[CLOCK_RFC3339_LEN + 1];

	clock_format_rfc3339(b->since_s, since);
	return json_pack("{s:s, s:s, s:s, s:s, s:s, s:I, s:s}", "kind", kind_names[b->kind], "name",
			b->name, "full_name", b->full_name, "by", b->by.full_name, "since", since,
			"until_ms", (json_int_t)b->until_ms, "message", block_get_message(b));
}

json_t *block_all_build_json(struct host *h)
{
	const struct block *b = block_find(h, BLOCK_ALL, "");

	return b ? block_build_json(b) : json_null();
}

/* --- after a restart --- */

static bool kind_parse(const char *s, enum block_kind *ret)
{
	for (size_t i = 0; i < ELEMENTSOF(kind_names); i++) {
		if (streq(kind_names[i], s)) {
			*ret = (enum block_kind)i;
			return true;
		}
	}
	return false;
}

static int load_row(struct store_row *row, void *userdata)
{
	struct host *h = userdata;
	enum block_kind kind;
	struct block *b;
	int r;

	if (!kind_parse(store_row_text(row, 0), &kind))
		return 0;
	r = block_new(h, kind, store_row_text(row, 1), &b);
	if (r < 0)
		return r;
	str_copy(b->full_name, sizeof(b->full_name), store_row_text(row, 2));
	b->uid = (uid_t)store_row_int(row, 3); /* -1 is BLOCK_NOBODY */
	role_parse(store_row_text(row, 4), &b->role);
	str_copy(b->address, sizeof(b->address), store_row_text(row, 5));
	str_copy(b->by.user, sizeof(b->by.user), store_row_text(row, 6));
	b->by.uid = (uid_t)store_row_int(row, 7);
	str_copy(b->by.full_name, sizeof(b->by.full_name), store_row_text(row, 8));
	role_parse(store_row_text(row, 9), &b->by.role);
	b->since_s = store_row_int(row, 10);
	b->until_ms = store_row_int(row, 11);
	b->message = strdup(store_row_text(row, 12));
	if (!b->message) {
		block_free(b);
		return -ENOMEM;
	}
	return 0;
}

int block_load_all(struct host *h)
{
	int r;

	r = store_query(h->store, load_row, h,
			"SELECT kind, name, full_name, uid, role, address, by_user, by_uid, by_name, "
			"by_role, since_s, until_ms, message FROM blocks ORDER BY since_s",
			"");
	drop_expired(h);
	h->block_all_told = block_all_build_json(h);
	arm(h);
	return r;
}
