/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The list of lessons, its copy in the store, and their end.
 *
 * An end is a time of CLOCK_REALTIME, which goes on while the computer sleeps or is off; the timer
 * is armed for the absolute time, so that a clock that is set ends a lesson neither early nor late
 * by that clock. That a lesson is over is asked for whenever a scene is decided (lesson-rule.c);
 * the timer only shows it, and takes the row away.
 */
#include "hostd/lesson.h"

#include <stdio.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/str.h"
#include "hostd/audit.h"
#include "hostd/events.h"
#include "hostd/host.h"
#include "hostd/lesson-room.h"
#include "hostd/rights.h"
#include "hostd/weblimit.h"

struct lesson *lesson_find(struct host *h, const char *id)
{
	struct list *l;

	list_for_each (l, &h->lessons) {
		struct lesson *lesson = list_entry(l, struct lesson, link);

		if (streq(lesson->id, id))
			return lesson;
	}
	return NULL;
}

char *lesson_get_title(const struct lesson *l)
{
	return *l->name ? str_format("%s", l->name) : str_format("Lesson of %s", l->by.full_name);
}

bool lesson_covers(const struct lesson *l, const struct session *s)
{
	return lesson_rule_covers(&l->rule, s->person.uid, s->person.role, clock_real_ms());
}

struct lesson_of lesson_choose(struct host *h, uid_t uid, enum role role)
{
	struct lesson_choice c = { 0 };
	int64_t now = clock_real_ms();
	struct list *l;

	list_for_each (l, &h->lessons)
		lesson_rule_choose(&c, &list_entry(l, struct lesson, link)->rule, uid, role, now);
	return (struct lesson_of){
		.newest = c.newest ? list_entry(c.newest, struct lesson, rule) : NULL,
		.block = c.block ? list_entry(c.block, struct lesson, rule) : NULL,
		.web = c.web ? list_entry(c.web, struct lesson, rule) : NULL,
	};
}

/* --- the object --- */

void lesson_free(struct lesson *l)
{
	list_remove(&l->link);
	l->host->n_lessons--;
	free(l->rule.uids);
	free(l->name);
	free(l->message);
	json_decref(l->users);
	json_decref(l->rooms);
	json_decref(l->programs);
	web_rule_free(l->web);
	free(l);
}

static int take_uids(struct lesson *l)
{
	size_t n = json_array_size(l->users), i;
	json_t *user;

	uid_t *uids = calloc(MAX(n, (size_t)1), sizeof(*uids));

	if (!uids)
		return -ENOMEM;
	free(l->rule.uids);
	l->rule.uids = uids;
	json_array_foreach (l->users, i, user)
		l->rule.uids[i] = (uid_t)json_integer_value(json_object_get(user, "uid"));
	l->rule.n_uids = n;
	lesson_rule_sort(&l->rule);
	return 0;
}

/* users, rooms and programs are taken. */
static int lesson_new(struct host *h, uint64_t number, const struct lesson_order *order,
		struct lesson **ret)
{
	struct lesson *l = NULL;

	if (h->n_lessons < LESSONS_MAX)
		l = calloc(1, sizeof(*l));
	if (!l) {
		json_decref(order->users);
		json_decref(order->rooms);
		json_decref(order->programs);
		return h->n_lessons < LESSONS_MAX ? -ENOMEM : -EDQUOT;
	}
	list_add_tail(&h->lessons, &l->link);
	h->n_lessons++;
	l->host = h;
	snprintf(l->id, sizeof(l->id), "l%llu", (unsigned long long)number);
	l->by = *order->by;
	l->name = strdup(order->name);
	l->message = strdup(order->message);
	l->users = order->users;
	l->rooms = order->rooms;
	l->programs = order->programs;
	l->rule = (struct lesson_rule){ .number = number,
		.all = order->all,
		.by_uid = order->by->uid,
		.by = order->by->role,
		.ends_ms = order->ends_ms,
		.block = order->block };
	if (!l->name || !l->message || !l->users || !l->rooms || !l->programs || take_uids(l) < 0) {
		lesson_free(l);
		return -ENOMEM;
	}
	*ret = l;
	return 0;
}

static void touch(struct lesson *l)
{
	l->dirty = true;
	host_touch(l->host);
}

int lesson_start(struct host *h, const struct lesson_order *order, struct lesson **ret)
{
	_cleanup_free_ char *users = json_dumps(order->users, JSON_COMPACT),
			    *programs = json_dumps(order->programs, JSON_COMPACT),
			    *rooms = json_dumps(order->rooms, JSON_COMPACT), *sites = NULL;
	_cleanup_json_ json_t *web = lesson_build_web(order->web);
	struct lesson_order copy = *order;
	struct lesson *l;
	int r;

	sites = json_dumps(web, JSON_COMPACT | JSON_ENCODE_ANY);
	if (!users || !programs || !rooms || !sites)
		return -ENOMEM;
	if (order->web && !web_limit_has_room(h, order->web))
		return -ENOSPC;
	copy.users = json_deep_copy(order->users);
	copy.rooms = json_deep_copy(order->rooms);
	copy.programs = json_deep_copy(order->programs);
	r = lesson_new(h, h->last_lesson + 1, &copy, &l);
	if (r < 0)
		return r;
	h->last_lesson++;
	l->since_s = clock_real_ms() / 1000;
	if (order->web) {
		l->rule.web = l->web = web_rule_copy(order->web);
		if (!l->web) {
			lesson_free(l);
			return -ENOMEM;
		}
	}
	store_exec(h->store,
			"INSERT INTO lessons (number, name, by_user, by_uid, by_name, by_role, since_s, "
			"ends_ms, everybody, users, block, message, programs, web, rooms) VALUES "
			"(?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)",
			"ississiiisissss", (int64_t)l->rule.number, l->name, l->by.user,
			(int64_t)l->by.uid, l->by.full_name, role_to_string(l->by.role), l->since_s,
			l->rule.ends_ms, (int64_t)l->rule.all, users, (int64_t)l->rule.block,
			l->message, programs, sites, rooms);
	touch(l);
	*ret = l;
	return 0;
}

static void save(struct lesson *l)
{
	_cleanup_json_ json_t *web = lesson_build_web(l->web);
	_cleanup_free_ char *sites = json_dumps(web, JSON_COMPACT | JSON_ENCODE_ANY);

	store_exec(l->host->store,
			"UPDATE lessons SET name = ?, ends_ms = ?, block = ?, message = ?, web = ? "
			"WHERE number = ?",
			"siissi", l->name, l->rule.ends_ms, (int64_t)l->rule.block, l->message,
			sites ? sites : "null", (int64_t)l->rule.number);
	touch(l);
}

static int replace(char **text, const char *with)
{
	char *copy = strdup(with);

	if (!copy)
		return -ENOMEM;
	free(*text);
	*text = copy;
	return 0;
}

int lesson_change(struct lesson *l, const char *name, const bool *block, const char *message)
{
	int r = name ? replace(&l->name, name) : 0;

	if (r == 0 && message)
		r = replace(&l->message, message);
	if (r == 0 && block)
		l->rule.block = *block;
	save(l);
	return r;
}

void lesson_set_web(struct lesson *l, struct web_rule *rule)
{
	web_rule_free(l->web);
	l->rule.web = l->web = rule;
	save(l);
}

void lesson_set_end(struct lesson *l, int64_t ends_ms)
{
	l->rule.ends_ms = ends_ms;
	save(l);
}

int lesson_add_person(struct lesson *l, const struct person *person)
{
	_cleanup_free_ char *users = NULL;
	size_t n = json_array_size(l->users);
	int r;

	if (n >= LESSON_USERS_MAX)
		return -EDQUOT;
	r = json_array_append_new(l->users,
			json_pack("{s:s, s:s, s:I}", "user", person->user, "full_name",
					person->full_name, "uid", (json_int_t)person->uid));
	users = r < 0 ? NULL : json_dumps(l->users, JSON_COMPACT);
	if (!users || take_uids(l) < 0) {
		if (r == 0)
			json_array_remove(l->users, n);
		return -ENOMEM;
	}
	store_exec(l->host->store, "UPDATE lessons SET users = ? WHERE number = ?", "si", users,
			(int64_t)l->rule.number);
	touch(l);
	return 0;
}

void lesson_end(struct lesson *l)
{
	store_exec(l->host->store, "DELETE FROM lessons WHERE number = ?", "i",
			(int64_t)l->rule.number);
	events_send_lesson_gone(l);
	lesson_free(l);
}

/* --- the end by time --- */

static void end_over(struct host *h)
{
	int64_t now = clock_real_ms();
	struct list *l, *next;

	store_begin(h->store);
	list_for_each_safe (l, next, &h->lessons) {
		struct lesson *lesson = list_entry(l, struct lesson, link);
		_cleanup_free_ char *what = NULL;

		if (lesson->rule.ends_ms > now)
			continue;
		what = str_format("%s %s: time over", lesson->id, lesson->name);
		audit_add(h, &lesson->by, "Lessons.End", what ? what : lesson->id, "ok");
		lesson_end(lesson);
	}
	store_commit(h->store);
}

static int handle_end(sd_event_source *source, uint64_t usec, void *userdata)
{
	struct host *h = userdata;

	(void)source, (void)usec;
	end_over(h);
	lessons_apply(h);
	return 0;
}

static void arm(struct host *h)
{
	int64_t next_ms = 0;
	struct list *l;

	list_for_each (l, &h->lessons) {
		int64_t ends = list_entry(l, struct lesson, link)->rule.ends_ms;

		if (!next_ms || ends < next_ms)
			next_ms = ends;
	}
	if (host_arm_clock(h, &h->lesson_end, next_ms, handle_end, h) < 0)
		log_error("out of memory: lessons do not end by themselves");
}

void lessons_apply(struct host *h)
{
	arm(h);
	web_limits_apply(h); /* and the scenes */
}

/* --- once for each session --- */

static int take_found(struct store_row *row, void *userdata)
{
	*(bool *)userdata = store_row_int(row, 0) > 0;
	return 0;
}

bool lesson_take_session(const struct lesson *l, const struct session *s)
{
	struct store *store = l->host->store;
	bool found = false;

	store_query(store, take_found, &found,
			"SELECT count(*) FROM lesson_sessions WHERE lesson = ? AND boot = ? AND session = ?",
			"iss", (int64_t)l->rule.number, l->host->boot, s->id);
	if (found)
		return false;
	store_exec(store, "INSERT INTO lesson_sessions (lesson, boot, session) VALUES (?,?,?)",
			"iss", (int64_t)l->rule.number, l->host->boot, s->id);
	return true;
}

/* --- presets --- */

json_t *lesson_build_web(const struct web_rule *rule)
{
	return rule ? web_limit_build_list(rule) : json_null();
}

struct web_rule *lesson_parse_web(json_t *web, char **ret_reason)
{
	const char *mode_name = json_string_value(json_object_get(web, "mode"));
	json_t *domains = json_object_get(web, "domains");
	_cleanup_free_ const char **entries = NULL;
	_cleanup_free_ char *reason = NULL;
	struct web_rule *rule = NULL;
	enum web_mode mode;

	if (!mode_name || web_mode_parse(mode_name, &mode) < 0)
		return NULL;
	entries = calloc(json_array_size(domains) + 1, sizeof(*entries));
	for (size_t i = 0; entries && i < json_array_size(domains); i++)
		entries[i] = json_string_value(json_array_get(domains, i));
	if (entries && !ret_reason)
		(void)web_rule_load(mode, entries, json_array_size(domains), &rule);
	else if (entries)
		(void)web_rule_new(mode, entries, json_array_size(domains), &rule, &reason);
	if (!rule && ret_reason)
		*ret_reason = take_ptr(reason);
	return rule;
}

json_t *lesson_build_users(json_t *users)
{
	json_t *out = json_array(), *user;
	size_t i;

	json_array_foreach (users, i, user)
		json_array_append_new(out,
				json_pack("{s:O, s:O}", "user", json_object_get(user, "user"),
						"full_name", json_object_get(user, "full_name")));
	return out;
}

void lesson_presets_add(struct host *h, uid_t uid, const struct lesson_order *order, json_t *named,
		int64_t length_ms)
{
	_cleanup_json_ json_t *preset = json_pack("{s:s, s:b, s:O, s:o, s:I, s:b, s:s, s:O, s:o}",
			"name", order->name, "all", order->all, "rooms", order->rooms, "users",
			lesson_build_users(named), "length_ms", (json_int_t)length_ms, "block",
			order->block, "message", order->message, "programs", order->programs, "web",
			lesson_build_web(order->web));
	_cleanup_free_ char *text = preset ? json_dumps(preset, JSON_COMPACT) : NULL;

	if (!text)
		return;
	store_begin(h->store);
	store_exec(h->store,
			"INSERT OR REPLACE INTO lesson_presets (uid, name, preset, used) VALUES (?, ?, ?, "
			"(SELECT ifnull(max(used), 0) + 1 FROM lesson_presets))",
			"iss", (int64_t)uid, order->name, text);
	store_exec(h->store,
			"DELETE FROM lesson_presets WHERE uid = ? AND name NOT IN (SELECT name FROM "
			"lesson_presets WHERE uid = ? ORDER BY used DESC LIMIT ?)",
			"iii", (int64_t)uid, (int64_t)uid, (int64_t)LESSON_PRESETS_MAX);
	store_commit(h->store);
}

static int take_preset(struct store_row *row, void *userdata)
{
	json_t *preset = json_loads(store_row_text(row, 0), 0, NULL);

	if (preset)
		json_array_append_new(userdata, preset);
	return 0;
}

json_t *lesson_presets_build(struct host *h, uid_t uid)
{
	json_t *presets = json_array();

	store_query(h->store, take_preset, presets,
			"SELECT preset FROM lesson_presets WHERE uid = ? ORDER BY used DESC", "i",
			(int64_t)uid);
	return presets;
}

/* --- JSON --- */

/* Those of a lesson that a caller who is bound to rooms may know of. */
static json_t *find_seen(const struct lesson *l, const struct caller *caller)
{
	json_t *seen = json_array(), *user;
	size_t i;

	json_array_foreach (l->users, i, user) {
		uid_t uid = (uid_t)json_integer_value(json_object_get(user, "uid"));

		if (rights_may_see_user(l->host, caller, uid))
			json_array_append(seen, user);
	}
	return seen;
}

bool lesson_is_visible(const struct lesson *l, const struct caller *caller)
{
	_cleanup_json_ json_t *seen = NULL, *rooms = NULL;

	if (l->rule.all || l->by.uid == caller->uid || !rights_are_bound(l->host, caller))
		return true;
	seen = find_seen(l, caller);
	rooms = lesson_room_build_seen(l, caller);
	return json_array_size(seen) > 0 || json_array_size(rooms) > 0;
}

json_t *lesson_build_json(const struct lesson *l, const struct caller *caller)
{
	/* Whom somebody has named is no secret of the others. */
	_cleanup_json_ json_t *seen =
			l->by.uid == caller->uid ? json_incref(l->users) : find_seen(l, caller);
	char since[CLOCK_RFC3339_LEN + 1];

	clock_format_rfc3339(l->since_s, since);
	return json_pack("{s:s, s:s, s:s, s:s, s:s, s:I, s:b, s:o, s:o, s:b, s:s, s:O, s:o, s:b}",
			"id", l->id, "name", l->name, "by", l->by.user, "by_name", l->by.full_name,
			"since", since, "ends_ms", (json_int_t)l->rule.ends_ms, "all", l->rule.all,
			"rooms", lesson_room_build_seen(l, caller), "users",
			lesson_build_users(seen), "block", l->rule.block, "message", l->message,
			"programs", l->programs, "web", lesson_build_web(l->web), "may",
			rights_may_stop(l->host, caller, &l->by));
}

json_t *lesson_build_station(const struct session *s)
{
	const struct lesson *l =
			s ? lesson_choose(s->host, s->person.uid, s->person.role).newest : NULL;

	if (!l)
		return json_null();
	return json_pack("{s:s, s:s, s:I}", "name", l->name, "by", l->by.full_name, "ends_ms",
			(json_int_t)l->rule.ends_ms);
}

/* --- after a restart --- */

static int load_row(struct store_row *row, void *userdata)
{
	struct host *h = userdata;
	struct caller by = { .uid = (uid_t)store_row_int(row, 3) };
	_cleanup_json_ json_t *web = NULL;
	struct lesson *l;
	int r;

	str_copy(by.user, sizeof(by.user), store_row_text(row, 2));
	str_copy(by.full_name, sizeof(by.full_name), store_row_text(row, 4));
	role_parse(store_row_text(row, 5), &by.role);
	r = lesson_new(h, (uint64_t)store_row_int(row, 0),
			&(struct lesson_order){ .by = &by,
					.name = store_row_text(row, 1),
					.message = store_row_text(row, 11),
					.all = store_row_int(row, 8) != 0,
					.block = store_row_int(row, 10) != 0,
					.users = json_loads(store_row_text(row, 9), 0, NULL),
					.rooms = json_loads(store_row_text(row, 14), 0, NULL),
					.programs = json_loads(store_row_text(row, 12), 0, NULL),
					.ends_ms = store_row_int(row, 7) },
			&l);
	if (r < 0)
		return r;
	l->since_s = store_row_int(row, 6);
	web = json_loads(store_row_text(row, 13), JSON_DECODE_ANY, NULL);
	l->rule.web = l->web = lesson_parse_web(web, NULL);
	return 0;
}

static int take_last(struct store_row *row, void *userdata)
{
	((struct host *)userdata)->last_lesson = (uint64_t)store_row_int(row, 0);
	return 0;
}

int lesson_load_all(struct host *h)
{
	int r;

	r = store_query(h->store, take_last, h,
			"SELECT seq FROM sqlite_sequence WHERE name = 'lessons'", "");
	if (r == 0)
		r = store_query(h->store, load_row, h,
				"SELECT number, name, by_user, by_uid, by_name, by_role, since_s, ends_ms, "
				"everybody, users, block, message, programs, web, rooms FROM lessons ORDER BY number",
				"");
	end_over(h);
	arm(h);
	return r;
}
