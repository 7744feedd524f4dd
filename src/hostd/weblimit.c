/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The list of limits, its copy in the store, their end by time, and the people they concern.
 *
 * The rules go by uid. "Everybody" is every uid of people, with or without a session: pupils who
 * know each other's passwords become each other without one. Spared are the members of the groups
 * of roles, and who has a role of a session that station-limits cannot find by a group. Somebody
 * with a limit of their own is limited without a session too (ssh, cron).
 *
 * What has to hold is worked out anew from everything that is known (web_limits_apply()) and told
 * to station-limits as a whole, so nothing is undone by steps: when the last limit is gone an empty
 * list is told, and all rules are gone.
 */
#include "hostd/weblimit.h"

#include <stdio.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/str.h"
#include "hostd/host.h"
#include "hostd/lesson.h"
#include "hostd/session.h"
#include "hostd/station-scene.h"

static const char *const kind_names[] = { [WEB_LIMIT_USER] = "user", [WEB_LIMIT_ALL] = "all" };

/* Somebody whose uid has rules now. */
struct web_limited {
	struct list link; /* in host */
	uid_t uid;
	enum role role;
	char user[CALLER_USER_MAX];
};

struct web_limit *web_limit_find(struct host *h, enum web_limit_kind kind, const char *name)
{
	struct list *l;

	list_for_each (l, &h->web_limits) {
		struct web_limit *b = list_entry(l, struct web_limit, link);

		if (b->kind == kind && streq(b->name, name))
			return b;
	}
	return NULL;
}

static struct web_limit *find_uid(struct host *h, uid_t uid)
{
	struct list *l;

	list_for_each (l, &h->web_limits) {
		struct web_limit *b = list_entry(l, struct web_limit, link);

		if (b->kind == WEB_LIMIT_USER && b->uid == uid)
			return b;
	}
	return NULL;
}

struct web_limit_effect web_limit_decide(struct host *h, uid_t uid, enum role role)
{
	const struct web_limit *b = find_uid(h, uid);
	const struct lesson *l = lesson_choose(h, uid, role).web;

	if (!b && role == ROLE_STANDARD)
		b = web_limit_find(h, WEB_LIMIT_ALL, "");
	if (!b && l)
		return (struct web_limit_effect){
			.rule = l->web, .by = l->by.full_name, .until_ms = l->rule.ends_ms
		};
	if (!b)
		return (struct web_limit_effect){ .by = "" };
	return (struct web_limit_effect){
		.rule = b->rule, .by = b->by.full_name, .until_ms = b->until_ms
	};
}

bool web_limit_holds(const struct session *s)
{
	return web_limit_decide(s->host, s->person.uid, s->person.role).rule;
}

/* --- the object --- */

void web_limit_free(struct web_limit *b)
{
	if (!b)
		return;
	list_remove(&b->link);
	b->host->n_web_limits--;
	web_rule_free(b->rule);
	free(b);
}

static int web_limit_new(
		struct host *h, enum web_limit_kind kind, const char *name, struct web_limit **ret)
{
	struct web_limit *b;

	if (h->n_web_limits >= WEB_LIMITS_MAX)
		return -EDQUOT;
	b = calloc(1, sizeof(*b));
	if (!b)
		return -ENOMEM;
	b->host = h;
	b->kind = kind;
	b->uid = (uid_t)-1;
	str_copy(b->name, sizeof(b->name), name);
	list_add_tail(&h->web_limits, &b->link);
	h->n_web_limits++;
	*ret = b;
	return 0;
}

static void save(const struct web_limit *b)
{
	_cleanup_free_ char *domains = web_rule_join(b->rule, "\n");

	store_exec(b->host->store,
			"INSERT OR REPLACE INTO web_limits (kind, name, full_name, uid, role, by_user, "
			"by_uid, by_name, by_role, since_s, until_ms, mode, domains) VALUES "
			"(?,?,?,?,?,?,?,?,?,?,?,?,?)",
			"sssississiiss", kind_names[b->kind], b->name, b->full_name,
			b->uid == (uid_t)-1 ? (int64_t)-1 : (int64_t)b->uid,
			role_to_string(b->role), b->by.user, (int64_t)b->by.uid, b->by.full_name,
			role_to_string(b->by.role), b->since_s, b->until_ms,
			web_mode_to_string(b->rule->mode), domains ? domains : "");
}

/* Different rules, each once. */
struct rules {
	const struct web_rule *list[WEB_LIMIT_RULES_MAX];
	size_t n;
};

static void rules_add(struct rules *rules, const struct web_rule *rule)
{
	for (size_t i = 0; i < rules->n; i++)
		if (web_rule_is_equal(rules->list[i], rule))
			return;
	if (rules->n < ELEMENTSOF(rules->list))
		rules->list[rules->n++] = rule;
}

/* Each list needs a filter of its own. */
bool web_limit_has_room(struct host *h, const struct web_rule *rule)
{
	struct rules rules = { .n = 0 };
	struct list *l;

	list_for_each (l, &h->web_limits)
		rules_add(&rules, list_entry(l, struct web_limit, link)->rule);
	list_for_each (l, &h->lessons)
		if (list_entry(l, struct lesson, link)->web)
			rules_add(&rules, list_entry(l, struct lesson, link)->web);
	for (size_t i = 0; i < rules.n; i++)
		if (web_rule_is_equal(rules.list[i], rule))
			return true;
	return rules.n < ELEMENTSOF(rules.list);
}

/* The row of this name, new or old, with what is ordered; not saved yet. */
static int web_limit_order(struct host *h, const struct web_limit_order *order,
		enum web_limit_kind kind, const char *name, struct web_limit **ret)
{
	struct web_limit *b = web_limit_find(h, kind, name);
	struct web_rule *rule;
	int r = 0;

	if (!web_limit_has_room(h, order->rule))
		return -ENOSPC;
	rule = web_rule_copy(order->rule);
	if (!rule)
		return -ENOMEM;
	if (!b)
		r = web_limit_new(h, kind, name, &b);
	if (r < 0) {
		web_rule_free(rule);
		return r;
	}
	web_rule_free(b->rule);
	b->rule = rule;
	b->by = *order->by;
	b->since_s = clock_real_ms() / 1000;
	b->until_ms = order->until_ms;
	*ret = b;
	return 0;
}

int web_limit_add_user(struct host *h, const struct web_limit_order *order,
		const struct web_limit_person *person)
{
	struct web_limit *b;
	int r;

	r = web_limit_order(h, order, WEB_LIMIT_USER, person->user, &b);
	if (r < 0)
		return r;
	b->uid = person->uid;
	b->role = person->role;
	str_copy(b->full_name, sizeof(b->full_name), person->full_name);
	save(b);
	return 0;
}

int web_limit_add_all(struct host *h, const struct web_limit_order *order)
{
	struct web_limit *b;
	int r;

	r = web_limit_order(h, order, WEB_LIMIT_ALL, "", &b);
	if (r == 0)
		save(b);
	return r;
}

void web_limit_remove(struct web_limit *b)
{
	store_exec(b->host->store, "DELETE FROM web_limits WHERE kind = ? AND name = ?", "ss",
			kind_names[b->kind], b->name);
	web_limit_free(b);
}

/* --- the end by time --- */

static void drop_expired(struct host *h)
{
	int64_t now = clock_real_ms();
	struct list *l, *next;

	store_begin(h->store);
	list_for_each_safe (l, next, &h->web_limits) {
		struct web_limit *b = list_entry(l, struct web_limit, link);

		if (!b->until_ms || b->until_ms > now)
			continue;
		log_info("limit over kind=%s name=%s by=%s", kind_names[b->kind], b->name,
				b->by.user);
		web_limit_remove(b);
	}
	store_commit(h->store);
}

static int handle_end(sd_event_source *source, uint64_t usec, void *userdata)
{
	struct host *h = userdata;

	drop_expired(h);
	web_limits_apply(h);
	return 0;
}

static void arm(struct host *h)
{
	int64_t next_ms = 0;
	struct list *l;

	list_for_each (l, &h->web_limits) {
		int64_t until = list_entry(l, struct web_limit, link)->until_ms;

		if (until && (!next_ms || until < next_ms))
			next_ms = until;
	}
	if (host_arm_clock(h, &h->web_limit_end, next_ms, handle_end, h) < 0)
		log_error("out of memory: limits do not end by themselves");
}

/* --- people --- */

static void person_free(struct web_limited *p)
{
	list_remove(&p->link);
	free(p);
}

void web_limits_forget_people(struct host *h)
{
	while (!list_is_empty(&h->web_limited))
		person_free(list_entry(h->web_limited.next, struct web_limited, link));
}

static void person_add(struct host *h, uid_t uid, enum role role, const char *user)
{
	struct web_limited *p;
	struct list *l;

	list_for_each (l, &h->web_limited)
		if (list_entry(l, struct web_limited, link)->uid == uid)
			return;
	p = calloc(1, sizeof(*p));
	if (!p) {
		log_error("out of memory: somebody is not limited user=%s", user);
		return;
	}
	p->uid = uid;
	p->role = role;
	str_copy(p->user, sizeof(p->user), user);
	list_add_tail(&h->web_limited, &p->link);
}

/* Everybody who has to be limited; who has not any more is forgotten. */
static void collect_people(struct host *h)
{
	struct list *l, *next;

	list_for_each (l, &h->sessions) {
		const struct session *s = list_entry(l, struct session, link);

		if (web_limit_holds(s))
			person_add(h, s->person.uid, s->person.role, s->person.user);
	}
	list_for_each (l, &h->web_limits) {
		const struct web_limit *b = list_entry(l, struct web_limit, link);

		if (b->kind == WEB_LIMIT_USER)
			person_add(h, b->uid, b->role, b->name);
	}
	list_for_each_safe (l, next, &h->web_limited) {
		struct web_limited *p = list_entry(l, struct web_limited, link);

		if (p->uid == 0 || !web_limit_decide(h, p->uid, p->role).rule)
			person_free(p);
	}
}

/* For station-limits: as they stand in a rule. */
static json_t *build_names(const struct web_rule *rule)
{
	json_t *domains = json_array();

	for (size_t i = 0; i < rule->n; i++)
		json_array_append_new(domains, json_string(rule->domains[i]));
	return domains;
}

struct effects {
	struct web_limit_effect list[2 * WEB_LIMIT_RULES_MAX];
	size_t n;
};

/* The group of this effect; NULL: no memory, or more than there are filters. */
static json_t *find_group(json_t *groups, struct effects *known, const struct web_limit_effect *e)
{
	json_t *group;

	for (size_t i = 0; i < known->n; i++)
		if (web_rule_is_equal(known->list[i].rule, e->rule) &&
				streq(known->list[i].by, e->by))
			return json_array_get(groups, i);
	/* The page names one of those who ordered this list; it need not be the right one. */
	for (size_t i = 0; known->n >= WEB_LIMIT_RULES_MAX && i < known->n; i++)
		if (web_rule_is_equal(known->list[i].rule, e->rule))
			return json_array_get(groups, i);
	if (known->n >= ELEMENTSOF(known->list))
		return NULL;
	group = json_pack("{s:s, s:o, s:s, s:[]}", "mode", web_mode_to_string(e->rule->mode),
			"domains", build_names(e->rule), "by", e->by, "users");
	if (!group || json_array_append_new(groups, group) < 0)
		return NULL;
	known->list[known->n++] = *e;
	return group;
}

static json_t *build_user(const char *name, uid_t uid)
{
	return json_pack("{s:s, s:I}", "name", name, "uid", (json_int_t)uid);
}

/* Who is not meant by "everybody". */
static json_t *build_spared(struct host *h)
{
	json_t *users = json_array(), *groups = json_array();
	struct list *l;

	list_for_each (l, &h->sessions) {
		const struct session *s = list_entry(l, struct session, link);

		if (s->person.role != ROLE_STANDARD && s->person.uid != 0)
			json_array_append_new(users, build_user(s->person.user, s->person.uid));
	}
	if (!str_is_empty(h->conf->admin_group))
		json_array_append_new(groups, json_string(h->conf->admin_group));
	if (!str_is_empty(h->conf->operator_group))
		json_array_append_new(groups, json_string(h->conf->operator_group));
	return json_pack("{s:o, s:o}", "users", users, "groups", groups);
}

/* What holds for a standard user of whom nothing else is known holds for all of them. */
static void add_everybody(struct host *h, json_t *groups, struct effects *known)
{
	struct web_limit_effect e = web_limit_decide(h, (uid_t)-1, ROLE_STANDARD);
	json_t *group = e.rule ? find_group(groups, known, &e) : NULL;

	if (group)
		json_object_set_new(group, "all_but", build_spared(h));
	else if (e.rule)
		log_error("too many different lists: those without a session are not limited");
}

static json_t *build_groups(struct host *h)
{
	json_t *groups = json_array();
	struct effects known = { .n = 0 };
	struct list *l;

	list_for_each (l, &h->web_limited) {
		const struct web_limited *p = list_entry(l, struct web_limited, link);
		struct web_limit_effect e = web_limit_decide(h, p->uid, p->role);
		json_t *group = find_group(groups, &known, &e);

		if (group)
			json_array_append_new(json_object_get(group, "users"),
					build_user(p->user, p->uid));
		else
			log_error("too many different lists: somebody is not limited user=%s",
					p->user);
	}
	add_everybody(h, groups, &known);
	return groups;
}

void web_limits_apply(struct host *h)
{
	arm(h);
	collect_people(h);
	limiter_set(h->limiter, build_groups(h));
	scenes_refresh(h);
}

/* --- lists used before --- */

void web_limit_lists_add(struct host *h, uid_t uid, const struct web_rule *rule)
{
	_cleanup_free_ char *domains = web_rule_join(rule, "\n");

	if (!domains)
		return;
	store_begin(h->store);
	store_exec(h->store,
			"INSERT OR REPLACE INTO web_lists (uid, mode, domains, used) VALUES (?, ?, ?, "
			"(SELECT ifnull(max(used), 0) + 1 FROM web_lists))",
			"iss", (int64_t)uid, web_mode_to_string(rule->mode), domains);
	store_exec(h->store,
			"DELETE FROM web_lists WHERE uid = ? AND used NOT IN (SELECT used FROM "
			"web_lists WHERE uid = ? ORDER BY used DESC LIMIT ?)",
			"iii", (int64_t)uid, (int64_t)uid, (int64_t)WEB_LIMIT_LISTS_MAX);
	store_commit(h->store);
}

/* Names as stored, one a line. NULL: none that is one. */
static struct web_rule *rule_load(const char *mode, const char *text)
{
	_cleanup_free_ char *copy = strdup(text);
	_cleanup_free_ const char **names = calloc(WEB_DOMAINS_MAX, sizeof(*names));
	struct web_rule *rule = NULL;
	char *save_at = NULL;
	enum web_mode m;
	size_t n = 0;

	if (!copy || !names || web_mode_parse(mode, &m) < 0)
		return NULL;
	for (char *line = strtok_r(copy, "\n", &save_at); line && n < WEB_DOMAINS_MAX;
			line = strtok_r(NULL, "\n", &save_at))
		names[n++] = line;
	if (web_rule_load(m, names, n, &rule) < 0)
		log_warning("a stored list of sites cannot be used");
	return rule;
}

static int take_list(struct store_row *row, void *userdata)
{
	struct web_rule *rule = rule_load(store_row_text(row, 0), store_row_text(row, 1));

	if (rule)
		json_array_append_new(userdata, web_limit_build_list(rule));
	web_rule_free(rule);
	return 0;
}

json_t *web_limit_lists_build(struct host *h, uid_t uid)
{
	json_t *lists = json_array();

	store_query(h->store, take_list, lists,
			"SELECT mode, domains FROM web_lists WHERE uid = ? ORDER BY used DESC", "i",
			(int64_t)uid);
	return lists;
}

/* --- JSON --- */

static json_t *build_domains(const struct web_rule *rule)
{
	json_t *domains = json_array();

	for (size_t i = 0; i < rule->n; i++) {
		_cleanup_free_ char *name = web_domain_build(rule->domains[i]);

		json_array_append_new(domains, json_string(name ? name : rule->domains[i]));
	}
	return domains;
}

json_t *web_limit_build_list(const struct web_rule *rule)
{
	return json_pack("{s:s, s:o}", "mode", web_mode_to_string(rule->mode), "domains",
			build_domains(rule));
}

json_t *web_limit_build_json(const struct web_limit *b)
{
	char since[CLOCK_RFC3339_LEN + 1];

	clock_format_rfc3339(b->since_s, since);
	return json_pack("{s:s, s:s, s:s, s:s, s:s, s:I, s:s, s:o}", "kind", kind_names[b->kind],
			"name", b->name, "full_name", b->full_name, "by", b->by.full_name, "since",
			since, "until_ms", (json_int_t)b->until_ms, "mode",
			web_mode_to_string(b->rule->mode), "domains", build_domains(b->rule));
}

json_t *web_limit_build_station(const struct session *s)
{
	struct web_limit_effect e;
	json_t *domains;
	size_t n;

	if (!s)
		return json_null();
	e = web_limit_decide(s->host, s->person.uid, s->person.role);
	if (!e.rule)
		return json_null();
	domains = build_domains(e.rule);
	n = json_array_size(domains);
	while (json_array_size(domains) > WEB_LIMIT_SHOWN_MAX)
		json_array_remove(domains, json_array_size(domains) - 1);
	return json_pack("{s:s, s:s, s:o, s:I, s:I}", "by", e.by, "mode",
			web_mode_to_string(e.rule->mode), "domains", domains, "more",
			(json_int_t)(n - MIN(n, (size_t)WEB_LIMIT_SHOWN_MAX)), "until_ms",
			(json_int_t)e.until_ms);
}

/* --- after a restart --- */

static int load_row(struct store_row *row, void *userdata)
{
	struct web_rule *rule = rule_load(store_row_text(row, 11), store_row_text(row, 12));
	bool all = streq(store_row_text(row, 0), "all");
	struct host *h = userdata;
	struct web_limit *b;
	int r;

	if (!rule)
		return 0;
	r = web_limit_new(h, all ? WEB_LIMIT_ALL : WEB_LIMIT_USER, store_row_text(row, 1), &b);
	if (r < 0) {
		web_rule_free(rule);
		return r;
	}
	b->rule = rule;
	str_copy(b->full_name, sizeof(b->full_name), store_row_text(row, 2));
	b->uid = (uid_t)store_row_int(row, 3);
	role_parse(store_row_text(row, 4), &b->role);
	str_copy(b->by.user, sizeof(b->by.user), store_row_text(row, 5));
	b->by.uid = (uid_t)store_row_int(row, 6);
	str_copy(b->by.full_name, sizeof(b->by.full_name), store_row_text(row, 7));
	role_parse(store_row_text(row, 8), &b->by.role);
	b->since_s = store_row_int(row, 9);
	b->until_ms = store_row_int(row, 10);
	return 0;
}

int web_limit_load_all(struct host *h)
{
	int r;

	r = store_query(h->store, load_row, h,
			"SELECT kind, name, full_name, uid, role, by_user, by_uid, by_name, by_role, "
			"since_s, until_ms, mode, domains FROM web_limits ORDER BY since_s",
			"");
	drop_expired(h);
	return r;
}
