/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * From lists to scenes. A scene is derived anew whenever somebody asks; what was told last is kept
 * only to be compared (station->scene, session->told), so a station cannot go on showing what no
 * longer holds because somebody forgot to say so: scenes_refresh() puts everything right.
 */
#include "hostd/station-scene.h"

#include "base/clock.h"
#include "base/str.h"
#include "hostd/block.h"
#include "hostd/events.h"
#include "hostd/host.h"
#include "hostd/job.h"
#include "hostd/session.h"
#include "hostd/station.h"

/* The facts, and the objects they were taken from. */
struct gathered {
	struct scene_facts facts;
	const struct block *user, *station, *all;
	struct scene_block user_facts, station_facts, all_facts;
};

static const struct scene_block *take_block(
		const struct block *b, const struct session *s, struct scene_block *facts)
{
	if (!b)
		return NULL;
	*facts = block_get_facts(b, s);
	return facts;
}

static struct scene gather(const struct station *st, struct gathered *g)
{
	const struct session *s = st->session;
	struct host *h = st->host;

	g->facts = (struct scene_facts){ .session = s != NULL, .now_ms = clock_real_ms() };
	g->user = s ? block_find_uid(h, s->person.uid) : NULL;
	g->station = block_find(h, BLOCK_STATION, st->id);
	g->all = block_find(h, BLOCK_ALL, "");
	g->facts.user = take_block(g->user, s, &g->user_facts);
	g->facts.station = take_block(g->station, s, &g->station_facts);
	g->facts.all = take_block(g->all, s, &g->all_facts);
	if (s) {
		g->facts.role = s->person.role;
		g->facts.locked = s->locked;
	}
	return scene_decide(&g->facts);
}

enum scene_kind station_get_scene_kind(const struct station *st)
{
	struct gathered g;

	return gather(st, &g).kind;
}

bool station_is_blocked(const struct station *st)
{
	const struct block *b = block_find(st->host, BLOCK_STATION, st->id);
	struct scene_block facts;

	return scene_block_holds(take_block(b, st->session, &facts), false, st->session != NULL,
			st->session ? st->session->person.role : ROLE_STANDARD, clock_real_ms());
}

/* --- JSON --- */

static json_t *build_notice(const struct session *s)
{
	if (!s || !s->notice)
		return json_null();
	return json_pack("{s:s, s:s, s:I, s:s, s:b}", "job", s->notice->id, "by",
			s->notice->by.full_name, "ends_ms", (json_int_t)s->notice->ends_ms,
			"message", s->notice->message, "more_time", 0);
}

static json_t *build_block(const struct scene *scene, const struct gathered *g)
{
	const struct block *b = scene->block == g->facts.user      ? g->user
				: scene->block == g->facts.station ? g->station
								   : g->all;

	if (!scene->block)
		return json_null();
	return json_pack("{s:s, s:s, s:I}", "by", b->by.full_name, "message", block_get_message(b),
			"until_ms", (json_int_t)b->until_ms);
}

static json_t *build_scene(
		const struct station *st, const struct scene *scene, const struct gathered *g)
{
	const struct session *s = st->session;

	return json_pack("{s:s, s:s, s:s, s:s, s:b, s:o, s:o, s:n, s:n, s:s}", "kind",
			scene_kind_to_string(scene->kind), "session", s ? s->id : "", "user",
			s ? s->person.user : "", "full_name", s ? s->person.full_name : "", "input",
			scene->input, "notice", build_notice(s), "block", build_block(scene, g),
			"projection", "sign", "text", scene->kind == SCENE_GREETER ? st->text : "");
}

/* true: it is another one than before. */
static bool update_scene(struct station *st)
{
	struct gathered g;
	struct scene scene = gather(st, &g);
	json_t *built = build_scene(st, &scene, &g);

	if (json_equal(st->scene, built)) {
		json_decref(built);
		return false;
	}
	json_decref(st->scene);
	st->scene = built;
	return true;
}

json_t *station_build_scene(struct station *st)
{
	update_scene(st);
	return json_incref(st->scene);
}

/* --- sessions --- */

void session_get_flags(struct session *s, struct session_flags *ret)
{
	struct list *l;

	*ret = (struct session_flags){
		.blocked = block_holds_person(s), .controlled_by = "", .scene = "none"
	};
	list_for_each (l, &s->stations) {
		const struct station *st = list_entry(l, struct station, shown);

		ret->blocked = ret->blocked || station_is_blocked(st);
		ret->scene = scene_kind_to_string(station_get_scene_kind(st));
	}
}

static void tell_session(struct session *s)
{
	struct session_flags f;
	json_t *told;

	session_get_flags(s, &f);
	told = json_pack("[b, b, b, b, b, s, s]", f.blocked, f.projected, f.projecting, f.viewed,
			f.controlled, f.controlled_by, f.scene);
	if (json_equal(s->told, told)) {
		json_decref(told);
		return;
	}
	json_decref(s->told);
	s->told = told;
	session_touch(s);
}

/* --- telling --- */

void station_refresh(struct station *st)
{
	if (!update_scene(st))
		return;
	orders_send_scene(st);
	station_touch(st);
	if (st->session)
		tell_session(st->session);
}

void session_refresh(struct session *s)
{
	struct list *l;

	list_for_each (l, &s->stations)
		station_refresh(list_entry(l, struct station, shown));
	tell_session(s);
}

void scenes_refresh(struct host *h)
{
	struct list *l;

	/* Stations first: what people see comes before what is said about it. */
	list_for_each (l, &h->stations)
		station_refresh(list_entry(l, struct station, link));
	list_for_each (l, &h->sessions)
		tell_session(list_entry(l, struct session, link));
}
