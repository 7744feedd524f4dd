/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * org.stationmaster.Blocks. The order: who is meant (choice.c), the rows, the stations, the disk,
 * the answer. The stations come before the disk, so that a slow one delays nobody's block; the
 * answer comes after it, so that what was acknowledged holds.
 */
#include <stdio.h>

#include "base/clock.h"
#include "base/str.h"
#include "hostd/api.h"
#include "hostd/block.h"
#include "hostd/choice.h"
#include "hostd/host.h"
#include "hostd/lesson.h"
#include "hostd/server.h"

static const int64_t until_ms_max = 1000ll * 3600 * 24 * 3660;

/* A call of Block or Unblock. */
struct block_call {
	struct choice choice; /* first */
	char message[API_MESSAGE_CHARS_MAX * 4 + 1];
	int64_t until_ms;
};

void api_blocks_list(struct request *r)
{
	json_t *blocks;
	struct list *l;

	if (!api_args_done(r))
		return;
	blocks = json_array();
	list_for_each (l, &r->host->blocks) {
		struct block *b = list_entry(l, struct block, link);

		if (block_is_visible(b, r->caller))
			json_array_append_new(blocks, block_build_json(b));
	}
	varlink_reply(r->call, json_pack("{s:o}", "blocks", blocks));
}

void api_blocks_texts(struct request *r)
{
	if (api_args_done(r))
		varlink_reply(r->call,
				json_pack("{s:o, s:s}", "texts",
						block_texts_build(r->host, r->caller->uid),
						"default_text", r->host->conf->block_message));
}

static void answer_failed(struct choice *c, int error)
{
	api_error(&c->request, "Limit",
			json_pack("{s:s}", "reason",
					error == -EDQUOT ? "There are too many blocks already."
							 : "The system is out of memory."));
}

/* --- Block --- */

static int block_one(struct host *h, const struct block_order *order, const struct chosen *t)
{
	if (t->is_station)
		return block_add_station(h, order, station_find(h, t->station));
	return block_add_user(h, order,
			&(struct block_person){ .user = t->user,
					.full_name = t->full_name,
					.uid = t->uid,
					.role = t->role });
}

static void do_block(struct choice *c)
{
	struct block_call *call = (struct block_call *)c;
	struct host *h = c->request.host;
	struct block_order order = {
		.by = &c->caller, .message = call->message, .until_ms = call->until_ms
	};
	int r = 0;

	store_begin(h->store);
	if (c->all)
		r = block_add_all(h, &order);
	for (size_t i = 0; !c->all && i < c->n && r == 0; i++) {
		/* The station may have gone while accounts were looked up. */
		if (c->list[i].state == CHOICE_DONE &&
				(!c->list[i].is_station || station_find(h, c->list[i].station)))
			r = block_one(h, &order, &c->list[i]);
	}
	block_texts_add(h, c->caller.uid, call->message);
	choice_audit(c, "");
	blocks_apply(h);
	if (store_commit(h->store) < 0)
		choice_fail_unstored(c);
	if (r < 0)
		answer_failed(c, r);
	else
		varlink_reply(c->request.call, json_pack("{s:o}", "targets", choice_build_json(c)));
	choice_free(c);
}

void api_blocks_block(struct request *r)
{
	struct block_call *call = calloc(1, sizeof(*call));
	_cleanup_free_ char *message = NULL;
	const char *text;

	if (!call) {
		api_error(r, "Limit", json_pack("{s:s}", "reason", "The system is out of memory."));
		return;
	}
	text = arg_string(&r->args, "message", ARG_OPTIONAL, API_MESSAGE_CHARS_MAX * 4);
	call->until_ms = arg_int(&r->args, "until_ms", ARG_OPTIONAL, clock_real_ms() + 1,
			clock_real_ms() + until_ms_max, 0);
	if (!choice_read(&call->choice, r)) {
		choice_free(&call->choice);
		return;
	}
	message = api_message(r, text);
	if (!message) {
		choice_free(&call->choice);
		return;
	}
	str_copy(call->message, sizeof(call->message), message);
	choice_resolve(&call->choice, do_block);
}

/* --- Unblock --- */

static void remove_named(struct host *h, enum block_kind kind, const char *name)
{
	struct block *b = block_find(h, kind, name);

	if (b)
		block_remove(b);
}

/* What this person is blocked by at the stations that show a session of that person. */
static void remove_at_stations(struct host *h, uid_t uid)
{
	struct list *l;

	list_for_each (l, &h->stations) {
		struct station *st = list_entry(l, struct station, link);

		if (st->session && st->session->person.uid == uid)
			remove_named(h, BLOCK_STATION, st->id);
	}
}

/* Taken back is what was ordered by hand; a lesson goes on blocking. */
static void refuse_for_lesson(struct choice *c, struct chosen *t)
{
	const struct lesson *l =
			t->is_station && !*t->session
					? NULL
					: lesson_choose(c->request.host, t->uid, t->role).block;
	_cleanup_free_ char *title = l ? lesson_get_title(l) : NULL, *reason = NULL;

	if (!l)
		return;
	reason = str_format(
			"The lesson \"%s\" blocks, too, and goes on. Switch its block off, or end "
			"the lesson.",
			title ? title : l->id);
	choice_refuse(t, reason ? reason : "");
}

static void unblock_one(struct choice *c, struct chosen *t)
{
	struct host *h = c->request.host;

	if (!c->all && t->role == ROLE_STANDARD && t->uid != BLOCK_NOBODY &&
			block_find(h, BLOCK_ALL, "")) {
		choice_refuse(t, "Everybody is blocked; nobody can be let out alone. Take back the "
				 "block of everybody first.");
		return;
	}
	if (t->is_station) {
		remove_named(h, BLOCK_STATION, t->station);
		refuse_for_lesson(c, t);
		return;
	}
	remove_named(h, BLOCK_USER, t->user);
	block_remove_brought(h, t->uid);
	/* Who names a session means that it can be used again. */
	if (*t->session)
		remove_at_stations(h, t->uid);
	refuse_for_lesson(c, t);
}

static int add_all_blocked(struct choice *c)
{
	struct list *l;
	int r = 0;

	list_for_each (l, &c->request.host->blocks) {
		struct block *b = list_entry(l, struct block, link);

		if (!block_is_visible(b, &c->caller))
			continue;
		if (b->kind == BLOCK_USER && r == 0)
			r = choice_add_user(c, b->name);
		else if (b->kind == BLOCK_STATION && r == 0)
			r = choice_add_station(c, b->name);
	}
	list_for_each (l, &c->request.host->sessions) {
		struct session *s = list_entry(l, struct session, link);

		if (r == 0 && lesson_choose(s->host, s->person.uid, s->person.role).block)
			r = choice_add_session(c, s);
	}
	return r;
}

static void do_unblock(struct choice *c)
{
	struct host *h = c->request.host;

	store_begin(h->store);
	if (c->all)
		remove_named(h, BLOCK_ALL, "");
	for (size_t i = 0; i < c->n; i++)
		if (c->list[i].state == CHOICE_DONE)
			unblock_one(c, &c->list[i]);
	choice_audit(c, "");
	blocks_apply(h);
	if (store_commit(h->store) < 0)
		choice_fail_unstored(c);
	varlink_reply(c->request.call, json_pack("{s:o}", "targets", choice_build_json(c)));
	choice_free(c);
}

void api_blocks_unblock(struct request *r)
{
	struct choice *c = calloc(1, sizeof(*c));
	int k = 0;

	if (!c) {
		api_error(r, "Limit", json_pack("{s:s}", "reason", "The system is out of memory."));
		return;
	}
	c->of_blocks = true;
	if (!choice_read(c, r)) {
		choice_free(c);
		return;
	}
	if (c->all)
		k = add_all_blocked(c);
	if (k < 0) {
		answer_failed(c, k);
		choice_free(c);
		return;
	}
	choice_resolve(c, do_unblock);
}
