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
#include "hostd/lesson.h"
#include "hostd/projection.h"
#include "hostd/session.h"
#include "hostd/station.h"
#include "hostd/view.h"
#include "hostd/weblimit.h"

/* The facts, and the objects they were taken from. */
struct gathered {
	struct scene_facts facts;
	const struct block *user, *station, *all;
	const struct lesson *lesson;
	struct scene_block user_facts, station_facts, all_facts, lesson_facts;
	const struct projection *projections[PROJECTIONS_MAX];
	struct scene_projection projection_facts[PROJECTIONS_MAX];
	size_t n_projections;
	struct view_flags view;
};

static const struct scene_block *take_block(
		const struct block *b, const struct session *s, struct scene_block *facts)
{
	if (!b)
		return NULL;
	*facts = block_get_facts(b, s);
	return facts;
}

static void gather_lesson(const struct session *s, struct gathered *g)
{
	g->lesson = s ? lesson_choose(s->host, s->person.uid, s->person.role).block : NULL;
	if (!g->lesson)
		return;
	g->lesson_facts = (struct scene_block){ .until_ms = g->lesson->rule.ends_ms,
		.by = g->lesson->by.role };
	g->facts.lesson = &g->lesson_facts;
}

static void gather_projections(const struct station *st, struct gathered *g)
{
	struct list *l;

	list_for_each (l, &st->host->projections) {
		const struct projection *p = list_entry(l, struct projection, link);

		if (!projection_reaches(p, st))
			continue;
		g->projections[g->n_projections] = p;
		g->projection_facts[g->n_projections++] = (struct scene_projection){
			.number = p->number,
			.window = p->window,
			.is_source = st->session && streq(st->session->id, p->session)
		};
	}
	g->facts.projections = g->projection_facts;
	g->facts.n_projections = g->n_projections;
}

static struct scene gather(const struct station *st, struct gathered *g)
{
	const struct session *s = st->session;
	struct host *h = st->host;

	g->facts = (struct scene_facts){ .session = s != NULL, .now_ms = clock_real_ms() };
	g->facts.mapping = st->local && st->local->mapping != SEAT_MAPPING_DONE;
	g->n_projections = 0;
	g->view = (struct view_flags){ 0 };
	g->user = s ? block_find_uid(h, s->person.uid) : NULL;
	g->station = block_find(h, BLOCK_STATION, st->id);
	g->all = block_find(h, BLOCK_ALL, "");
	g->facts.user = take_block(g->user, s, &g->user_facts);
	g->facts.station = take_block(g->station, s, &g->station_facts);
	g->facts.all = take_block(g->all, s, &g->all_facts);
	gather_lesson(s, g);
	gather_projections(st, g);
	if (s) {
		view_get_flags(s, &g->view);
		g->facts.role = s->person.role;
		g->facts.locked = s->locked;
		g->facts.exclusive = g->view.exclusive;
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
	return json_pack("{s:s, s:s, s:s, s:s, s:I, s:s, s:b}", "job", s->notice->id, "by",
			s->notice->by.full_name, "act", job_act_to_string(s->notice->act), "cause",
			job_cause_to_string(s->notice->cause), "ends_ms", (json_int_t)s->notice_ms,
			"message", s->notice->message, "more_time", s->notice_more);
}

static json_t *build_block(const struct scene *scene, const struct gathered *g)
{
	const struct block *b = scene->block == g->facts.user      ? g->user
				: scene->block == g->facts.station ? g->station
								   : g->all;

	if (!scene->block)
		return json_null();
	if (scene->block == g->facts.lesson)
		return json_pack("{s:s, s:s, s:I}", "by", g->lesson->by.full_name, "message",
				*g->lesson->message ? g->lesson->message
						    : g->lesson->host->conf->block_message,
				"until_ms", (json_int_t)g->lesson->rule.ends_ms);
	return json_pack("{s:s, s:s, s:I}", "by", b->by.full_name, "message", block_get_message(b),
			"until_ms", (json_int_t)b->until_ms);
}

static const struct projection *shown_projection(
		const struct scene *scene, const struct gathered *g)
{
	return scene->projection ? g->projections[scene->projection - g->projection_facts] : NULL;
}

static json_t *build_projection(const struct projection *p)
{
	if (!p)
		return json_null();
	return json_pack("{s:s, s:s, s:s, s:s, s:b}", "id", p->id, "session", p->session, "by",
			p->by.full_name, "full_name", p->full_name, "window", p->window);
}

static json_t *build_sign(const struct view_flags *f)
{
	if (!f->sign)
		return json_null();
	return json_pack("{s:s, s:s, s:b}", "kind",
			f->sign->mode == VIEW_SEE ? "viewed" : "controlled", "by",
			f->sign->by.full_name, "exclusive", f->exclusive);
}

static json_t *build_scene(
		const struct station *st, const struct scene *scene, const struct gathered *g)
{
	const struct session *s = st->session;
	json_t *out;

	out = json_pack("{s:s, s:s, s:s, s:s, s:b, s:o, s:o, s:o, s:o, s:o, s:o, s:s, s:I, s:s, s:o, s:s, s:b}",
			"kind", scene_kind_to_string(scene->kind), "session", s ? s->id : "",
			"user", s ? s->person.user : "", "full_name", s ? s->person.full_name : "",
			"input", scene->input, "notice", build_notice(s), "block",
			build_block(scene, g), "projection",
			build_projection(shown_projection(scene, g)), "sign", build_sign(&g->view),
			"lesson", lesson_build_station(s), "web", web_limit_build_station(s),
			"limit_hit", limit_kind_to_string(s ? s->limit.hit : LIMIT_NONE),
			"limit_hit_ms", (json_int_t)(s ? s->limit.hit_ms : 0), "text",
			scene->kind == SCENE_GREETER ? st->text : "", "auto",
			station_auto_build_scene(st), "pin", st->enrol.pin, "enrolled",
			st->enrol.enrolled);
	if (out)
		station_local_add_scene(st, out);
	return out;
}

/* true: it is another one than before. */
static bool update_scene(struct station *st)
{
	struct gathered g;
	struct scene scene = gather(st, &g);
	const struct projection *p = shown_projection(&scene, &g);
	json_t *built = build_scene(st, &scene, &g);

	if (json_equal(st->scene, built)) {
		json_decref(built);
		return false;
	}
	json_decref(st->scene);
	st->scene = built;
	if (st->projection != (p ? p->number : 0)) {
		projection_touch(st->host, st->projection);
		st->projection = p ? p->number : 0;
		projection_touch(st->host, st->projection);
	}
	return true;
}

json_t *station_build_scene(struct station *st)
{
	station_auto_update(st);
	update_scene(st);
	return json_incref(st->scene);
}

/* --- sessions --- */

void session_get_flags(struct session *s, struct session_flags *ret)
{
	struct view_flags view;
	struct list *l;

	view_get_flags(s, &view);
	*ret = (struct session_flags){
		.blocked = block_holds_person(s) ||
			   lesson_choose(s->host, s->person.uid, s->person.role).block,
		.limited = web_limit_holds(s),
		.projected = projection_reaches_session(s),
		.projecting = projection_has_source(s->host, s, false),
		.viewed = view.viewed,
		.controlled = view.controlled,
		.controlled_by = view.controller ? view.controller->by.full_name : "",
		.scene = "none"
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
	told = json_pack("[b, b, b, b, b, b, s, s]", f.blocked, f.limited, f.projected,
			f.projecting, f.viewed, f.controlled, f.controlled_by, f.scene);
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
	bool blocked = station_is_blocked(st);

	station_auto_update(st);
	if (update_scene(st))
		orders_send_scene(st);
	else if (st->blocked_told == blocked)
		return;
	st->blocked_told = blocked;
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
