/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * From an order to filters and rules.
 *
 * A filter never changes: each rule has a slot, which is a folder with the configuration, two ports
 * and a unit station-filter@SLOT. A new rule takes a free slot; when the packets' rules have
 * changed over, slots that nobody needs any more are stopped. So connections of those whose rule
 * stays go on, and those whose rule has changed are cut.
 *
 * Order of things: filters up, rules changed in one step, filters down. While a filter does not
 * start its users have no web at all; the other way round they would have all of it.
 *
 * rule.json in the folder of a slot tells the next station-limits what the filter there is for.
 */
#include "limits/limits.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fd.h"
#include "base/log.h"
#include "base/str.h"
#include "limits/filter.h"
#include "limits/units.h"

#define FOLDER "/run/station-limits"

enum { RULE_FILE_MAX = 1024 * 1024 };

struct slot_path {
	char text[64];
};

static struct slot_path slot_folder(unsigned slot)
{
	struct slot_path p;

	snprintf(p.text, sizeof(p.text), FOLDER "/%02u", slot);
	return p;
}

static struct slot_path slot_file(unsigned slot, const char *name)
{
	struct slot_path p;

	snprintf(p.text, sizeof(p.text), FOLDER "/%02u/%s", slot, name);
	return p;
}

static struct slot_path slot_unit(unsigned slot, const char *suffix)
{
	struct slot_path p;

	snprintf(p.text, sizeof(p.text), "station-filter@%02u.%s", slot, suffix);
	return p;
}

/* --- slots --- */

/* NULL: the slot is free. Owned. */
static json_t *slot_read(unsigned slot)
{
	_cleanup_free_ char *data = NULL;
	json_t *rule = NULL;
	size_t len;

	if (fd_read_file_at(AT_FDCWD, slot_file(slot, "rule.json").text, RULE_FILE_MAX, &data,
			    &len) < 0 ||
			json_parse_object(data, len, &rule) < 0)
		return NULL;
	return rule;
}

static int write_text(unsigned slot, const char *name, const char *text)
{
	return text ? fd_write_file(slot_file(slot, name).text, text, strlen(text), 0644) : -ENOMEM;
}

static int slot_write(unsigned slot, const struct limit_group *g)
{
	struct slot_path folder = slot_folder(slot);
	_cleanup_free_ char *config = filter_build_config(g, folder.text),
			    *english = filter_build_page(g, FILTER_ENGLISH),
			    *german = filter_build_page(g, FILTER_GERMAN),
			    *rule = json_dumps(g->rule, JSON_COMPACT);
	int r;

	if (mkdir(folder.text, 0755) < 0 && errno != EEXIST)
		return -errno;
	r = write_text(slot, "filter.cfg", config);
	if (r == 0)
		r = write_text(slot, "en.html", english);
	if (r == 0)
		r = write_text(slot, "de.html", german);
	if (r == 0)
		r = write_text(slot, "rule.json", rule);
	return r;
}

static void slot_clear(unsigned slot)
{
	static const char *const files[] = { "rule.json", "filter.cfg", "en.html", "de.html" };
	int r;

	r = units_stop(slot_unit(slot, "socket").text);
	if (r == 0)
		r = units_stop(slot_unit(slot, "service").text);
	if (r < 0)
		log_warning_errno(r, "the filter %u does not stop", slot);
	for (size_t i = 0; i < ELEMENTSOF(files); i++)
		unlink(slot_file(slot, files[i]).text);
	rmdir(slot_folder(slot).text);
}

/* The sockets are there when this returns; the program behind them may take a moment longer. */
static int slot_start(unsigned slot)
{
	int r;

	r = units_start(slot_unit(slot, "socket").text);
	if (r < 0)
		return log_error_errno(r, "the sockets of filter %u do not start", slot);
	r = units_start(slot_unit(slot, "service").text);
	if (r < 0)
		return log_error_errno(r, "the filter %u does not start", slot);
	return 0;
}

/* One for this rule, running or new. */
static int slot_take(struct limit_group *g, bool used[static SLOTS_MAX])
{
	unsigned free_slot = SLOTS_MAX;
	int r;

	for (unsigned i = 0; i < SLOTS_MAX; i++) {
		_cleanup_json_ json_t *rule = slot_read(i);

		if (rule && !used[i] && json_equal(rule, g->rule)) {
			used[i] = true;
			g->slot = i;
			return slot_start(i); /* it runs, or it is tried again */
		}
		if (!rule && !used[i] && free_slot == SLOTS_MAX)
			free_slot = i;
	}
	if (free_slot == SLOTS_MAX)
		return -ENOSPC;
	used[free_slot] = true;
	g->slot = free_slot;
	r = slot_write(free_slot, g);
	return r < 0 ? log_error_errno(r, "cannot write to " FOLDER) : slot_start(free_slot);
}

/* --- those who were let go --- */

static void released_done(struct released *r)
{
	free(r->ranges);
	*r = (struct released){ 0 };
}

/* Joined ranges: is nobody new among them? */
static bool ranges_are_within(
		const struct uid_range *ranges, size_t n, const struct released *known)
{
	for (size_t i = 0; i < n; i++) {
		bool found = false;

		for (size_t k = 0; k < known->n && !found; k++)
			found = known->ranges[k].first <= ranges[i].first &&
				ranges[i].last <= known->ranges[k].last;
		if (!found)
			return false;
	}
	return true;
}

static size_t count_ranges(const struct order *o)
{
	size_t n = 0;

	for (size_t i = 0; o && i < o->n; i++)
		n += o->groups[i].n_ranges;
	return n;
}

/* Those of before, and those whom the new order has no more. */
static int released_collect(struct limits *l, const struct order *now, struct released *ret)
{
	struct limit_group all = { .ranges = calloc(l->released.n + count_ranges(l->order) + 1,
						   sizeof(*all.ranges)) };
	int r = 0;

	if (!all.ranges)
		return -ENOMEM;
	for (size_t i = 0; i < l->released.n; i++)
		all.ranges[all.n_ranges++] = l->released.ranges[i];
	for (size_t i = 0; l->order && i < l->order->n; i++)
		for (size_t k = 0; k < l->order->groups[i].n_ranges; k++)
			all.ranges[all.n_ranges++] = l->order->groups[i].ranges[k];
	all.n_ranges = ranges_join(all.ranges, all.n_ranges);
	for (size_t i = 0; i < now->n && r == 0; i++)
		r = group_leave_out(&now->groups[i], &all);
	if (r < 0) {
		free(all.ranges);
		return r;
	}
	if (all.n_ranges > 0 && !ranges_are_within(all.ranges, all.n_ranges, &l->released))
		l->released_until_ms = clock_mono_ms() + RELEASED_MS;
	*ret = (struct released){ .ranges = all.ranges, .n = all.n_ranges };
	return 0;
}

/* A filter that lets everything pass. */
static int released_start(struct released *r, bool used[static SLOTS_MAX])
{
	struct limit_group open = { .deny = true };
	int k;

	if (r->n == 0)
		return 0;
	open.rule = json_pack("{s:s, s:s, s:[]}", "mode", "deny", "by", "", "domains");
	if (!open.rule)
		return -ENOMEM;
	open.domains = json_object_get(open.rule, "domains");
	open.by = "";
	k = slot_take(&open, used);
	r->slot = open.slot;
	json_decref(open.rule);
	return k;
}

/* --- orders --- */

static int set_rules(struct limits *l, const struct order *o, const struct released *released,
		char **ret_reason)
{
	_cleanup_free_ char *text = rules_build(o, released, l->table), *why = NULL;
	int r = text ? rules_run(text, &why) : -ENOMEM;

	if (r == 0)
		return 0;
	log_error("the rules of the packet filter were refused: %s", why ? why : strerror(-r));
	free(*ret_reason);
	*ret_reason = str_format(
			"The packet filter of this system (nftables) refused the rules: %s",
			why ? why : strerror(-r));
	return r;
}

static void keep_order(struct limits *l, struct order *o, struct released *released)
{
	order_free(l->order);
	l->order = o;
	released_done(&l->released);
	l->released = *released;
	*released = (struct released){ 0 };
}

static int start_filters(struct order *o, struct released *released, bool used[static SLOTS_MAX])
{
	int r = 0;

	for (size_t i = 0; i < o->n; i++) {
		int k = slot_take(&o->groups[i], used);

		if (k == -ENOSPC)
			o->groups[i].slot = SLOTS_MAX; /* no filter there: closed */
		r = k < 0 ? k : r;
	}
	/* Without it nothing is open that should not be. */
	if (released_start(released, used) < 0)
		released_done(released);
	return r;
}

int limits_set(struct limits *l, struct order *order, char **ret_reason)
{
	_cleanup_(order_freep) struct order *o = order;
	bool used[SLOTS_MAX] = { false };
	struct released released;
	int r, k;

	*ret_reason = NULL;
	r = released_collect(l, o, &released);
	if (r < 0)
		return r;
	r = start_filters(o, &released, used);
	if (r < 0)
		*ret_reason = str_format(
				"The filter of the web did not start, so nothing of the web "
				"can be reached: %s. The journal of the units "
				"station-filter@* says more.",
				strerror(-r));
	/* Clients of a filter that stops hear of it only while the rules lead its answers back. */
	k = set_rules(l, o, &released, ret_reason);
	if (k < 0) {
		released_done(&released);
		return k;
	}
	keep_order(l, take_ptr(o), &released);
	for (unsigned i = 0; i < SLOTS_MAX; i++)
		if (!used[i] && access(slot_folder(i).text, F_OK) == 0)
			slot_clear(i);
	return r;
}

int limits_get_timeout(const struct limits *l)
{
	if (l->released.n == 0)
		return -1;
	return (int)CLAMP(l->released_until_ms - clock_mono_ms(), (int64_t)0, (int64_t)RELEASED_MS);
}

void limits_settle(struct limits *l)
{
	struct order *o;
	_cleanup_free_ char *reason = NULL;

	if (limits_get_timeout(l) != 0 || !l->order)
		return;
	o = l->order;
	l->order = NULL;
	released_done(&l->released);
	if (limits_set(l, o, &reason) < 0)
		log_error("%s", reason ? reason : "out of memory");
}

bool limits_are_idle(const struct limits *l)
{
	return l->released.n == 0 && count_ranges(l->order) == 0;
}

void limits_done(struct limits *l)
{
	l->order = order_free(l->order);
	released_done(&l->released);
}
