/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Grants are kept in memory and in the store, keyed by uid: that is what the kernel tells of a
 * local caller, so a name service that does not answer frees nobody from a bond. A grant that names
 * rooms or acts can only take away from the role, never add to it.
 *
 * An API token that was revoked while something still acts in its name (a projection for everybody)
 * has no rights left.
 */
#include "hostd/rights.h"

#include "base/log.h"
#include "base/str.h"
#include "hostd/apitoken.h"
#include "hostd/events.h"
#include "hostd/host.h"
#include "hostd/station.h"
#include "hostd/view.h"

struct grant *grant_find(struct host *h, uid_t uid)
{
	struct list *l;

	list_for_each (l, &h->grants) {
		struct grant *g = list_entry(l, struct grant, link);

		if (g->uid == uid)
			return g;
	}
	return NULL;
}

void rights_get(struct host *h, const struct caller *c, struct rights *ret)
{
	const struct grant *g = c->role == ROLE_OPERATOR ? grant_find(h, c->uid) : NULL;
	const struct api_token *t = c->token ? api_token_find_number(h, c->token) : NULL;

	*ret = (struct rights){ .role = c->role, .acts = (uint32_t)ACTS_ALL };
	if (c->role == ROLE_OPERATOR)
		ret->acts = g && g->has_acts ? g->acts : h->operator_acts;
	if (g)
		ret->rooms[0] = g->rooms;
	if (!c->token)
		return;
	ret->scoped = true;
	ret->role = t ? MIN(ret->role, t->role) : ROLE_STANDARD;
	ret->acts = t ? ret->acts & t->acts : 0;
	ret->rooms[1] = t ? t->rooms : NULL;
}

static bool rooms_have(const json_t *rooms, const char *room)
{
	json_t *name;
	size_t i;

	if (!rooms)
		return true;
	json_array_foreach ((json_t *)rooms, i, name)
		if (*room && streq(json_string_value(name), room))
			return true;
	return false;
}

static bool has_room(const struct rights *r, const char *room)
{
	return rooms_have(r->rooms[0], room) && rooms_have(r->rooms[1], room);
}

bool rights_judge(struct host *h, const struct caller *c, const struct subject *on, enum act act,
		bool bulk, char **ret_reason)
{
	struct rights r;
	struct deed d;
	enum verdict v;

	rights_get(h, c, &r);
	d = (struct deed){ .act = act,
		.caller = r.role,
		.acts = r.acts,
		.in_rooms = has_room(&r, on->room),
		.scoped = r.scoped,
		.orchestrate = h->conf->orchestrate,
		.target = on->role,
		.own = on->uid == c->uid,
		.bulk = bulk };
	v = role_judge(&d);
	if (ret_reason)
		*ret_reason = v == VERDICT_YES ? NULL : role_refusal(&d, v, on->full_name);
	return v == VERDICT_YES;
}

bool rights_may(struct host *h, const struct caller *c, const struct session *s, enum act act,
		bool bulk, char **ret_reason)
{
	return rights_judge(h, c,
			&(struct subject){ .role = s->person.role,
					.uid = s->person.uid,
					.room = s->room,
					.full_name = s->person.full_name },
			act, bulk, ret_reason);
}

bool rights_may_see(const struct caller *c, const struct session *s)
{
	return rights_may(s->host, c, s, ACT_SEE, false, NULL);
}

bool rights_have_room(struct host *h, const struct caller *c, const char *room)
{
	struct rights r;

	rights_get(h, c, &r);
	return r.role != ROLE_STANDARD && has_room(&r, room);
}

bool rights_may_see_station(const struct caller *c, const struct station *st)
{
	return rights_have_room(st->host, c, st->room);
}

bool rights_may_see_user(struct host *h, const struct caller *c, uid_t uid)
{
	struct list *l;

	if (!rights_are_bound(h, c))
		return true;
	list_for_each (l, &h->sessions) {
		const struct session *s = list_entry(l, struct session, link);

		if (s->person.uid == uid && rights_may_see(c, s))
			return true;
	}
	return false;
}

json_t *rights_build_rooms(struct host *h, const struct caller *c)
{
	struct rights r;
	json_t *rooms, *name;
	size_t i;

	rights_get(h, c, &r);
	if (!r.rooms[0] && !r.rooms[1])
		return NULL;
	rooms = json_array();
	json_array_foreach ((json_t *)(r.rooms[0] ? r.rooms[0] : r.rooms[1]), i, name)
		if (has_room(&r, json_string_value(name)))
			json_array_append(rooms, name);
	return rooms;
}

bool rights_are_bound(struct host *h, const struct caller *c)
{
	struct rights r;

	rights_get(h, c, &r);
	return r.rooms[0] || r.rooms[1];
}

bool rights_have_act(struct host *h, const struct caller *c, enum act act)
{
	struct rights r;

	rights_get(h, c, &r);
	return r.role != ROLE_STANDARD && r.acts & ACT_BIT(act);
}

bool rights_may_stop(struct host *h, const struct caller *c, const struct caller *by)
{
	bool own = c->uid == by->uid;

	return role_may_stop(c->role, own, by->role) && (own || !rights_are_bound(h, c));
}

void rights_handle_change(struct host *h, uid_t uid)
{
	events_send_snapshots(h, uid);
	view_end_forbidden(h);
}

/* --- acts as JSON --- */

json_t *acts_build_json(uint32_t acts)
{
	json_t *names;

	if (acts == (uint32_t)ACTS_ALL)
		return json_null();
	names = json_array();
	for (int act = 0; act < _ACT_MAX; act++)
		if (acts & ACT_BIT(act) && act_to_string((enum act)act))
			json_array_append_new(names, json_string(act_to_string((enum act)act)));
	return names;
}

bool acts_read_json(json_t *names, uint32_t *ret)
{
	uint32_t acts = 0;
	json_t *name;
	enum act act;
	size_t i;

	if (!json_is_array(names)) {
		*ret = (uint32_t)ACTS_ALL;
		return !names || json_is_null(names);
	}
	json_array_foreach (names, i, name) {
		if (!json_is_string(name) || act_parse(json_string_value(name), &act) < 0)
			return false;
		acts |= ACT_BIT(act);
	}
	*ret = acts;
	return true;
}

/* --- grants --- */

static void grant_free(struct grant *g)
{
	list_remove(&g->link);
	json_decref(g->rooms);
	free(g);
}

static int grant_new(struct host *h, const struct grant *order)
{
	struct grant *g = grant_find(h, order->uid);
	unsigned n = 0;
	struct list *l;

	list_for_each (l, &h->grants)
		n++;
	if (!g && n >= GRANTS_MAX)
		return -EDQUOT;
	if (g)
		grant_free(g);
	g = malloc(sizeof(*g));
	if (!g)
		return -ENOMEM;
	*g = *order;
	json_incref(g->rooms);
	list_add_tail(&h->grants, &g->link);
	return 0;
}

int grant_set(struct host *h, const struct grant *order)
{
	_cleanup_free_ char *rooms =
			order->rooms ? json_dumps(order->rooms, JSON_COMPACT) : strdup("");
	_cleanup_json_ json_t *names = order->has_acts ? acts_build_json(order->acts) : NULL;
	_cleanup_free_ char *acts = names ? json_dumps(names, JSON_COMPACT) : strdup("");
	int r;

	if (!rooms || !acts)
		return -ENOMEM;
	r = store_exec(h->store,
			"INSERT OR REPLACE INTO grants (uid, user, full_name, rooms, acts) VALUES "
			"(?,?,?,?,?)",
			"issss", (int64_t)order->uid, order->user, order->full_name, rooms, acts);
	if (r < 0)
		return r;
	r = grant_new(h, order);
	if (r == 0)
		rights_handle_change(h, order->uid);
	return r;
}

int grant_clear(struct host *h, struct grant *g)
{
	uid_t uid = g->uid;
	int r;

	r = store_exec(h->store, "DELETE FROM grants WHERE uid = ?", "i", (int64_t)uid);
	if (r < 0)
		return r;
	grant_free(g);
	rights_handle_change(h, uid);
	return 0;
}

json_t *grant_build_json(const struct grant *g)
{
	return json_pack("{s:s, s:I, s:s, s:o, s:o}", "user", g->user, "uid", (json_int_t)g->uid,
			"full_name", g->full_name, "rooms",
			g->rooms ? json_copy(g->rooms) : json_array(), "acts",
			g->has_acts ? acts_build_json(g->acts) : json_null());
}

static int load_row(struct store_row *row, void *userdata)
{
	const char *rooms = store_row_text(row, 3), *acts = store_row_text(row, 4);
	_cleanup_json_ json_t *names = json_loads(acts, 0, NULL);
	_cleanup_json_ json_t *list = json_loads(rooms, 0, NULL);
	struct grant g = { .uid = (uid_t)store_row_int(row, 0), .has_acts = *acts };
	json_t *room;
	size_t i;

	str_copy(g.user, sizeof(g.user), store_row_text(row, 1));
	str_copy(g.full_name, sizeof(g.full_name), store_row_text(row, 2));
	/* What cannot be read takes everything away: rights fail closed. */
	if (*acts && (!json_is_array(names) || !acts_read_json(names, &g.acts)))
		g.acts = 0;
	if (*rooms)
		g.rooms = json_array();
	json_array_foreach (list, i, room)
		if (json_is_string(room))
			json_array_append(g.rooms, room);
	(void)grant_new(userdata, &g);
	json_decref(g.rooms);
	return 0;
}

int grant_load_all(struct host *h)
{
	return store_query(h->store, load_row, h,
			"SELECT uid, user, full_name, rooms, acts FROM grants ORDER BY user", "");
}

void grant_free_all(struct host *h)
{
	while (!list_is_empty(&h->grants))
		grant_free(list_entry(h->grants.next, struct grant, link));
}
