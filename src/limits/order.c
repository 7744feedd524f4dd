/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Reading an order. A user stands for more than one uid: newuidmap(1) lets everybody put processes
 * into a user namespace under the uids that /etc/subuid gives them, and such a process is on the
 * computer's own network if it likes. So those uids are limited with the user.
 *
 * A uid belongs to one group at most; of two the first has it.
 */
#include "limits/order.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"

enum { UID_LAST = UINT32_MAX - 1, SUBUID_LINE_MAX = 512 };

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

static int add_range(struct group *g, uint32_t first, uint32_t last)
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

/* Leaves out of b what a has: two entries of /etc/subuid may overlap, and a uid has one filter. */
static int subtract(const struct group *a, struct group *b)
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
static int add_subuid_line(struct group *g, const char *line, const char *user, uint32_t uid)
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

static int add_user(struct group *g, const char *subuid, const char *user, uint32_t uid)
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

static int parse_users(struct group *g, json_t *users, const char *subuid)
{
	json_t *user;
	size_t i;
	int r = 0;

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
		r = add_user(g, subuid, name, (uint32_t)uid);
		if (r < 0)
			return r;
	}
	g->n_ranges = ranges_join(g->ranges, g->n_ranges);
	return 0;
}

static int parse_group(struct group *g, json_t *object, const char *subuid)
{
	const char *mode;
	struct args a;
	json_t *users;

	args_init(&a, object);
	mode = arg_string(&a, "mode", ARG_REQUIRED, 16);
	g->by = arg_string(&a, "by", ARG_REQUIRED, 1024);
	g->domains = arg_strings(&a, "domains", ARG_REQUIRED, ORDER_DOMAINS_MAX, 253);
	users = arg_any(&a, "users", ARG_REQUIRED);
	if (!json_is_object(object) || args_done(&a) || !json_is_array(users) ||
			!domains_are_clean(g->domains) ||
			(!streq(mode, "allow") && !streq(mode, "deny")))
		return -EBADMSG;
	g->deny = streq(mode, "deny");
	g->rule = json_pack("{s:s, s:s, s:O}", "mode", mode, "by", g->by, "domains", g->domains);
	if (!g->rule)
		return -ENOMEM;
	g->by = json_string_value(json_object_get(g->rule, "by"));
	return parse_users(g, users, subuid);
}

int order_parse(json_t *parameters, const char *subuid, struct order **ret)
{
	_cleanup_(order_freep) struct order *o = calloc(1, sizeof(*o));
	struct args a;
	json_t *groups;

	if (!o)
		return -ENOMEM;
	args_init(&a, parameters);
	groups = arg_any(&a, "groups", ARG_REQUIRED);
	if (args_done(&a) || !json_is_array(groups))
		return -EBADMSG;
	if (json_array_size(groups) > ORDER_GROUPS_MAX)
		return -E2BIG;
	for (; o->n < json_array_size(groups); o->n++) {
		int r = parse_group(&o->groups[o->n], json_array_get(groups, o->n), subuid);

		if (r < 0) {
			o->n++; /* to be freed */
			return r;
		}
		for (size_t i = 0; i < o->n && r == 0; i++)
			r = subtract(&o->groups[i], &o->groups[o->n]);
		if (r < 0) {
			o->n++;
			return r;
		}
	}
	*ret = take_ptr(o);
	return 0;
}

struct order *order_free(struct order *o)
{
	for (size_t i = 0; o && i < o->n; i++) {
		json_decref(o->groups[i].rule);
		free(o->groups[i].ranges);
	}
	free(o);
	return NULL;
}
