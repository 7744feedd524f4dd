/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Reading an order. A user stands for more than one uid: newuidmap(1) lets everybody put processes
 * into a user namespace under the uids that /etc/subuid gives them, and such a process is on the
 * computer's own network if it likes. So those uids are limited with the user.
 *
 * A uid belongs to one group at most; of two the first has it. "All but" some is every uid of
 * people that no group names: whoever knows the password of another account needs no session to be
 * that account (su), so those without a session are limited with the others.
 */
#include "limits/order.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"

/* systemd gives uids 61184..65519 to services as they come (DynamicUser=), above them is nobody. */
enum {
	UID_LAST = UINT32_MAX - 1,
	UID_SERVICES_FIRST = 61184,
	UID_SERVICES_LAST = 65535,
	SUBUID_LINE_MAX = 512
};

static void group_done(struct limit_group *g)
{
	json_decref(g->rule);
	free(g->ranges);
	*g = (struct limit_group){ 0 };
}

/* --- ranges --- */

static int compare(const void *a, const void *b)
{
	const struct uid_range *x = a, *y = b;

	return x->first < y->first ? -1 : x->first > y->first;
}

size_t ranges_join(struct uid_range *ranges, size_t n)
{
	size_t kept = 0;

	if (n == 0)
		return 0;
	qsort(ranges, n, sizeof(*ranges), compare);
	for (size_t i = 1; i < n; i++) {
		struct uid_range *last = &ranges[kept];

		if (ranges[i].first <= last->last || ranges[i].first - last->last == 1)
			last->last = MAX(last->last, ranges[i].last);
		else
			ranges[++kept] = ranges[i];
	}
	return kept + 1;
}

bool ranges_have(const struct uid_range *ranges, size_t n, uint32_t uid)
{
	for (size_t i = 0; i < n; i++)
		if (ranges[i].first <= uid && uid <= ranges[i].last)
			return true;
	return false;
}

static int add_range(struct limit_group *g, uint32_t first, uint32_t last)
{
	if (g->n_ranges >= ORDER_RANGES_MAX)
		return -E2BIG;
	if ((g->n_ranges & (g->n_ranges - 1)) == 0) { /* grows at powers of two */
		struct uid_range *more = reallocarray(
				g->ranges, g->n_ranges ? g->n_ranges * 2 : 1, sizeof(*more));

		if (!more)
			return -ENOMEM;
		g->ranges = more;
	}
	g->ranges[g->n_ranges++] = (struct uid_range){ first, last };
	return 0;
}

/* Two entries of /etc/subuid may overlap, and a uid has one filter. */
int group_leave_out(const struct limit_group *a, struct limit_group *b)
{
	struct uid_range *old = b->ranges;
	size_t n = b->n_ranges, i = 0;
	int r = 0;

	b->ranges = NULL;
	b->n_ranges = 0;
	for (size_t k = 0; k < n && r == 0; k++) {
		uint64_t from = old[k].first;

		while (i < a->n_ranges && a->ranges[i].last < from)
			i++;
		for (size_t j = i; j < a->n_ranges && a->ranges[j].first <= old[k].last && r == 0;
				j++) {
			if (a->ranges[j].first > from)
				r = add_range(b, (uint32_t)from, a->ranges[j].first - 1);
			from = (uint64_t)a->ranges[j].last + 1;
		}
		if (r == 0 && from <= old[k].last)
			r = add_range(b, (uint32_t)from, old[k].last);
	}
	free(old);
	return r;
}

/* "anna:100000:65536" or "1000:100000:65536" */
static int add_subuid_line(struct limit_group *g, const char *line, const char *user, uint32_t uid)
{
	char copy[SUBUID_LINE_MAX], *save = NULL;
	const char *who, *first, *count;
	int64_t from, n, id;

	if (!str_copy(copy, sizeof(copy), line))
		return 0;
	who = strtok_r(copy, ":", &save);
	first = strtok_r(NULL, ":", &save);
	count = strtok_r(NULL, ":", &save);
	if (!who || !first || !count || str_parse_i64(first, 1, UID_LAST, &from) < 0 ||
			str_parse_i64(count, 1, UID_LAST, &n) < 0)
		return 0;
	if (!streq(who, user) && (str_parse_i64(who, 0, UID_LAST, &id) < 0 || id != uid))
		return 0;
	return add_range(g, (uint32_t)from, (uint32_t)MIN(from + n - 1, (int64_t)UID_LAST));
}

static int add_user(struct limit_group *g, const char *subuid, const char *user, uint32_t uid)
{
	int r = add_range(g, uid, uid);

	while (*subuid && r == 0) {
		char line[SUBUID_LINE_MAX];
		size_t n = strcspn(subuid, "\n");

		if (n < sizeof(line)) {
			memcpy(line, subuid, n);
			line[n] = '\0';
			r = add_subuid_line(g, line, user, uid);
		}
		subuid += n + (subuid[n] == '\n');
	}
	return r;
}

/* --- groups --- */

static bool domains_are_clean(json_t *domains)
{
	json_t *name;
	size_t i;

	json_array_foreach (domains, i, name) {
		const char *s = json_string_value(name);

		if (!*s || *s == '.' || *s == '-' ||
				s[strspn(s, "abcdefghijklmnopqrstuvwxyz0123456789-._")])
			return false;
	}
	return true;
}

static int parse_users(struct limit_group *g, json_t *users, const struct accounts *accounts)
{
	json_t *user;
	size_t i;
	int r = 0;

	if (!json_is_array(users))
		return -EBADMSG;
	if (json_array_size(users) > ORDER_USERS_MAX)
		return -E2BIG;
	json_array_foreach (users, i, user) {
		const char *name;
		struct args a;
		int64_t uid;

		args_init(&a, user);
		name = arg_string(&a, "name", ARG_REQUIRED, 256);
		/* Nobody is root's limit, and a daemon of the system is no person. */
		uid = arg_int(&a, "uid", ARG_REQUIRED, 1, UID_LAST, 0);
		if (!json_is_object(user) || args_done(&a))
			return -EBADMSG;
		r = add_user(g, accounts->subuid, name, (uint32_t)uid);
		if (r < 0)
			return r;
	}
	g->n_ranges = ranges_join(g->ranges, g->n_ranges);
	return 0;
}

static int parse_group(struct limit_group *g, json_t *object, const struct accounts *accounts,
		json_t **ret_all_but)
{
	const char *mode;
	struct args a;
	json_t *users;

	args_init(&a, object);
	mode = arg_string(&a, "mode", ARG_REQUIRED, 16);
	g->by = arg_string(&a, "by", ARG_REQUIRED, 1024);
	g->domains = arg_strings(&a, "domains", ARG_REQUIRED, ORDER_DOMAINS_MAX, 253);
	users = arg_any(&a, "users", ARG_REQUIRED);
	*ret_all_but = arg_any(&a, "all_but", 0);
	if (!json_is_object(object) || args_done(&a) || !domains_are_clean(g->domains) ||
			(!streq(mode, "allow") && !streq(mode, "deny")))
		return -EBADMSG;
	g->deny = streq(mode, "deny");
	g->rule = json_pack("{s:s, s:s, s:O}", "mode", mode, "by", g->by, "domains", g->domains);
	if (!g->rule)
		return -ENOMEM;
	g->by = json_string_value(json_object_get(g->rule, "by"));
	return parse_users(g, users, accounts);
}

struct members {
	struct limit_group *group;
	const char *subuid;
};

static int add_member(const char *user, uint32_t uid, void *to)
{
	struct members *m = to;

	return add_user(m->group, m->subuid, user, uid);
}

static int parse_accounts(struct limit_group *g, json_t *object, const struct accounts *accounts)
{
	struct members members = { g, accounts->subuid };
	json_t *users, *names, *name;
	struct args a;
	size_t i;
	int r;

	args_init(&a, object);
	users = arg_any(&a, "users", ARG_REQUIRED);
	names = arg_strings(&a, "groups", ARG_REQUIRED, ORDER_GROUPS_MAX, 256);
	if (!json_is_object(object) || args_done(&a))
		return -EBADMSG;
	r = parse_users(g, users, accounts);
	json_array_foreach (names, i, name)
		if (r == 0)
			r = accounts->find_members(json_string_value(name), add_member, &members);
	g->n_ranges = ranges_join(g->ranges, g->n_ranges);
	return r;
}

/* Adds to groups[k] every uid of people that is neither spared nor in a group. */
static int add_all_but(struct order *o, size_t k, struct limit_group *spared, uint32_t first)
{
	_cleanup_(group_done) struct limit_group all = { 0 };
	int r = 0;

	if (first < UID_SERVICES_FIRST)
		r = add_range(&all, MAX(first, 1), UID_SERVICES_FIRST - 1);
	if (r == 0)
		r = add_range(&all, UID_SERVICES_LAST + 1, UID_LAST);
	if (r == 0)
		r = group_leave_out(spared, &all);
	for (size_t i = 0; i < o->n && r == 0; i++)
		r = group_leave_out(&o->groups[i], &all);
	for (size_t i = 0; i < all.n_ranges && r == 0; i++)
		r = add_range(&o->groups[k], all.ranges[i].first, all.ranges[i].last);
	o->groups[k].n_ranges = ranges_join(o->groups[k].ranges, o->groups[k].n_ranges);
	return r;
}

static int parse_all_but(
		struct order *o, size_t k, json_t *all_but, const struct accounts *accounts)
{
	_cleanup_(group_done) struct limit_group spared = { 0 };
	int r = parse_accounts(&spared, all_but, accounts);

	return r < 0 ? r : add_all_but(o, k, &spared, accounts->first);
}

static int parse_groups(struct order *o, json_t *groups, const struct accounts *accounts)
{
	json_t *all_but = NULL, *of_this;
	size_t open = 0;

	while (o->n < json_array_size(groups)) {
		struct limit_group *g = &o->groups[o->n];
		int r = parse_group(g, json_array_get(groups, o->n), accounts, &of_this);

		for (size_t i = 0; i < o->n && r == 0; i++)
			r = group_leave_out(&o->groups[i], g);
		o->n++; /* to be freed, whatever came of it */
		if (r < 0)
			return r;
		if (!of_this)
			continue;
		if (all_but)
			return -EBADMSG;
		all_but = of_this;
		open = o->n - 1;
	}
	return all_but ? parse_all_but(o, open, all_but, accounts) : 0;
}

int order_parse(json_t *parameters, const struct accounts *accounts, struct order **ret)
{
	_cleanup_(order_freep) struct order *o = calloc(1, sizeof(*o));
	struct args a;
	json_t *groups;
	int r;

	if (!o)
		return -ENOMEM;
	args_init(&a, parameters);
	groups = arg_any(&a, "groups", ARG_REQUIRED);
	if (args_done(&a) || !json_is_array(groups))
		return -EBADMSG;
	if (json_array_size(groups) > ORDER_GROUPS_MAX)
		return -E2BIG;
	r = parse_groups(o, groups, accounts);
	if (r == 0)
		*ret = take_ptr(o);
	return r;
}

struct order *order_free(struct order *o)
{
	for (size_t i = 0; o && i < o->n; i++)
		group_done(&o->groups[i]);
	free(o);
	return NULL;
}
