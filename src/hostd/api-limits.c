/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * org.stationmaster.Limits. The order: could it be enforced here at all (station-limits is asked),
 * who is meant (choice.c), the rows, the disk, the rules, the answer. So what was acknowledged is
 * stored and in force; what is stored and could not be put into force is told as failed, and tried
 * again for as long as it holds.
 */
#include "base/clock.h"
#include "base/log.h"
#include "base/str.h"
#include "hostd/api.h"
#include "hostd/choice.h"
#include "hostd/host.h"
#include "hostd/rights.h"
#include "hostd/weblimit.h"

static const int64_t until_ms_max = 1000ll * 3600 * 24 * 3660;

/* A call of Limit or Free. */
struct limit_call {
	struct choice choice;  /* first */
	struct web_rule *rule; /* NULL: Free */
	int64_t until_ms;
};

void api_limits_list(struct request *r)
{
	json_t *limits;
	struct list *l;

	if (!api_args_done(r))
		return;
	limits = json_array();
	list_for_each (l, &r->host->web_limits) {
		const struct web_limit *b = list_entry(l, struct web_limit, link);

		if (b->kind == WEB_LIMIT_ALL || rights_may_see_user(r->host, r->caller, b->uid))
			json_array_append_new(limits, web_limit_build_json(b));
	}
	varlink_reply(r->call, json_pack("{s:o}", "limits", limits));
}

void api_limits_recent(struct request *r)
{
	if (api_args_done(r))
		varlink_reply(r->call,
				json_pack("{s:o}", "lists",
						web_limit_lists_build(r->host, r->caller->uid)));
}

/* --- both --- */

static void forget(struct choice *c)
{
	struct limit_call *call = (struct limit_call *)c;

	limiter_forget(c->request.host->limiter, call);
	web_rule_free(call->rule);
}

static struct limit_call *call_new(struct request *r)
{
	struct limit_call *call = calloc(1, sizeof(*call));

	if (!call) {
		api_error(r, "Limit", json_pack("{s:s}", "reason", "The system is out of memory."));
		return NULL;
	}
	call->choice.act = ACT_LIMIT;
	call->choice.of_people = true;
	call->choice.forget = forget;
	list_init(&call->choice.link);
	return call;
}

static void answer(struct limit_call *call)
{
	struct choice *c = &call->choice;

	varlink_reply(c->request.call, json_pack("{s:o}", "targets", choice_build_json(c)));
	choice_free(&call->choice);
}

/* What is to hold holds, or not: then each says why. */
static void handle_held(const char *reason, void *userdata)
{
	struct limit_call *call = userdata;

	if (reason)
		choice_fail(&call->choice, reason);
	answer(call);
}

/* Stored: put it into force, then answer. */
static void finish(struct limit_call *call)
{
	struct host *h = call->choice.request.host;

	web_limits_apply(h);
	if (limiter_wait(h->limiter, handle_held, call) < 0) {
		log_error("out of memory");
		answer(call);
	}
}

static void answer_limit(struct limit_call *call, int error)
{
	const char *reason =
			error == -EDQUOT   ? "There are too many limits already."
			: error == -ENOSPC ? "There are too many different lists of sites at the "
					     "same time. Use one that is in force already, or free "
					     "somebody first."
					   : "The system is out of memory.";

	api_error(&call->choice.request, "Limit", json_pack("{s:s}", "reason", reason));
	choice_free(&call->choice);
}

/* --- Limit --- */

static int limit_each(struct limit_call *call)
{
	struct choice *c = &call->choice;
	struct host *h = c->request.host;
	struct web_limit_order order = {
		.by = &c->caller, .rule = call->rule, .until_ms = call->until_ms
	};
	int r = 0;

	if (c->all)
		return web_limit_add_all(h, &order);
	for (size_t i = 0; i < c->n && r == 0; i++) {
		const struct chosen *t = &c->list[i];

		if (t->state == CHOICE_DONE)
			r = web_limit_add_user(h, &order,
					&(struct web_limit_person){ .user = t->user,
							.full_name = t->full_name,
							.uid = t->uid,
							.role = t->role });
	}
	return r;
}

static void do_limit(struct choice *c)
{
	struct limit_call *call = (struct limit_call *)c;
	struct host *h = c->request.host;
	int r;

	store_begin(h->store);
	r = limit_each(call);
	web_limit_lists_add(h, c->caller.uid, call->rule);
	choice_audit(c, web_mode_to_string(call->rule->mode));
	if (store_commit(h->store) < 0)
		choice_fail_unstored(c);
	if (r < 0) {
		web_limits_apply(h);
		answer_limit(call, r);
		return;
	}
	finish(call);
}

static void handle_checked(const char *reason, void *userdata)
{
	struct limit_call *call = userdata;

	if (!reason) {
		list_remove(&call->choice.link);
		choice_resolve(&call->choice, do_limit);
		return;
	}
	api_failed(&call->choice.request, reason, "");
	choice_free(&call->choice);
}

/* false: an error was answered. */
static bool read_rule(
		struct request *r, struct limit_call *call, const char *mode_name, json_t *domains)
{
	_cleanup_free_ const char **entries = calloc(WEB_DOMAINS_MAX + 1, sizeof(*entries));
	_cleanup_free_ char *reason = NULL;
	enum web_mode mode;
	size_t n = json_array_size(domains);

	if (web_mode_parse(mode_name, &mode) < 0) {
		varlink_error_parameter(r->call, "mode");
		return false;
	}
	for (size_t i = 0; entries && i < n; i++)
		entries[i] = json_string_value(json_array_get(domains, i));
	if (entries && web_rule_new(mode, entries, n, &call->rule, &reason) == 0)
		return true;
	api_error(r, "BadSite",
			json_pack("{s:s}", "reason",
					reason ? reason : "The system is out of memory."));
	return false;
}

void api_limits_limit(struct request *r)
{
	struct limit_call *call = call_new(r);
	const char *mode;
	json_t *domains;

	if (!call)
		return;
	mode = arg_string(&r->args, "mode", ARG_REQUIRED, 16);
	domains = arg_strings(&r->args, "domains", ARG_REQUIRED, WEB_DOMAINS_MAX + 1, 2000);
	call->until_ms = arg_int(&r->args, "until_ms", ARG_OPTIONAL, clock_real_ms() + 1,
			clock_real_ms() + until_ms_max, 0);
	if (!choice_read(&call->choice, r) || !read_rule(r, call, mode, domains)) {
		choice_free(&call->choice);
		return;
	}
	list_add_tail(&r->host->choices, &call->choice.link); /* it waits */
	if (limiter_check(r->host->limiter, handle_checked, call) < 0)
		answer_limit(call, -ENOMEM);
}

/* --- Free --- */

static void free_one(struct choice *c, struct chosen *t)
{
	struct host *h = c->request.host;
	struct web_limit *b;

	if (!c->all && t->role == ROLE_STANDARD && web_limit_find(h, WEB_LIMIT_ALL, "")) {
		choice_refuse(t,
				"The web is limited for everybody; nobody can be let out alone. Free "
				"the web of everybody first.");
		return;
	}
	b = web_limit_find(h, WEB_LIMIT_USER, t->user);
	if (b)
		web_limit_remove(b);
}

static void do_free(struct choice *c)
{
	struct host *h = c->request.host;
	struct web_limit *all = c->all ? web_limit_find(h, WEB_LIMIT_ALL, "") : NULL;

	store_begin(h->store);
	if (all)
		web_limit_remove(all);
	for (size_t i = 0; i < c->n; i++)
		if (c->list[i].state == CHOICE_DONE)
			free_one(c, &c->list[i]);
	choice_audit(c, "");
	if (store_commit(h->store) < 0)
		choice_fail_unstored(c);
	finish((struct limit_call *)c);
}

static int add_all_limited(struct choice *c)
{
	struct list *l;
	int r = 0;

	list_for_each (l, &c->request.host->web_limits) {
		struct web_limit *b = list_entry(l, struct web_limit, link);

		if (b->kind == WEB_LIMIT_USER && r == 0)
			r = choice_add_user(c, b->name);
	}
	return r;
}

void api_limits_free(struct request *r)
{
	struct limit_call *call = call_new(r);
	int k = 0;

	if (!call)
		return;
	call->choice.of_limits = true;
	if (!choice_read(&call->choice, r)) {
		choice_free(&call->choice);
		return;
	}
	if (call->choice.all)
		k = add_all_limited(&call->choice);
	if (k < 0)
		answer_limit(call, k);
	else
		choice_resolve(&call->choice, do_free);
}
