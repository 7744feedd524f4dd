/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Each item is the userdata of one call to a worker, so that it can be forgotten there when the
 * time is over; a worker that ends replies with nothing, and its item is done then.
 */
#include "hostd/gather.h"

#include "base/log.h"
#include "base/str.h"
#include "hostd/host.h"
#include "hostd/worker.h"

struct item {
	struct gather *gather;
	size_t index;
	bool open;
};

struct gather {
	struct list link; /* in host->gathers */
	struct host *host;
	struct varlink_call *call;
	struct caller by;
	char *method, *what; /* for the audit */
	struct targets targets;
	struct item *items;
	size_t pending;
	gather_reply_fn handle_reply;
	sd_event_source *timer;
};

static void gather_free(struct gather *g)
{
	for (size_t i = 0; g->items && i < g->targets.n; i++) {
		struct session *s =
				g->items[i].open ? session_find(g->host, g->targets.list[i].session)
						 : NULL;

		if (s && s->worker)
			worker_forget(s->worker, &g->items[i]);
	}
	list_remove(&g->link);
	sd_event_source_disable_unref(g->timer);
	varlink_call_unref(g->call);
	targets_done(&g->targets);
	free(g->method);
	free(g->what);
	free(g->items);
	free(g);
}

static void item_fail(struct target *t, const char *reason)
{
	free(t->reason);
	t->state = TARGET_FAILED;
	t->reason = strdup(reason);
}

static void fail_open(struct gather *g, const char *reason)
{
	for (size_t i = 0; i < g->targets.n; i++)
		if (g->items[i].open)
			item_fail(&g->targets.list[i], reason);
}

static void write_down(struct gather *g)
{
	targets_audit(g->host,
			&(struct targets_order){
					.by = &g->by, .method = g->method, .what = g->what },
			&g->targets);
}

void gather_free_all(struct host *h)
{
	while (!list_is_empty(&h->gathers)) {
		struct gather *g = list_entry(h->gathers.next, struct gather, link);

		fail_open(g, "The daemon was ended before the session answered.");
		write_down(g);
		gather_free(g);
	}
}

static void answer(struct gather *g)
{
	write_down(g);
	varlink_reply(g->call,
			json_pack("{s:o}", "targets",
					targets_build_results(g->targets.list, g->targets.n)));
	gather_free(g);
}

static void handle_reply(struct varlink *v, const char *error, json_t *parameters, bool continues,
		int fd, void *userdata)
{
	struct item *item = userdata;
	struct gather *g = item->gather;
	struct target *t = &g->targets.list[item->index];

	(void)v, (void)continues, (void)fd;
	item->open = false;
	if (!parameters)
		item_fail(t, "The session has just ended.");
	else
		g->handle_reply(t, error, parameters);
	if (--g->pending == 0)
		answer(g);
}

static int handle_timeout(sd_event_source *source, uint64_t usec, void *userdata)
{
	struct gather *g = userdata;

	(void)source, (void)usec;
	fail_open(g, "The session did not answer in time.");
	answer(g);
	return 0;
}

static void ask(struct gather *g, size_t index, const struct gather_order *order)
{
	struct target *t = &g->targets.list[index];
	struct session *s = session_find(g->host, t->session);
	struct item *item = &g->items[index];

	*item = (struct item){ .gather = g, .index = index };
	if (!s || target_is_final(t->state))
		return;
	if (s->opening || s->closing || !s->worker) {
		item_fail(t, s->opening ? "The session is just starting."
					: "The session is just ending.");
		return;
	}
	if (worker_call(s->worker, order->method, json_deep_copy(order->parameters), false,
			    handle_reply, item) < 0) {
		item_fail(t, "The session's helper cannot be reached.");
		return;
	}
	item->open = true;
	g->pending++;
}

bool gather_has_room(const struct list *under_way)
{
	size_t n = 0;
	struct list *l;

	list_for_each (l, under_way)
		n++;
	return n < GATHERS_MAX;
}

void gather_start(struct request *r, struct selection *sel, const struct gather_order *order)
{
	_cleanup_json_ json_t *parameters = order->parameters;
	struct gather *g;

	if (!gather_has_room(&r->host->gathers)) {
		api_failed(r, "Too many orders are under way. Wait a few seconds, then try again.",
				"");
		return;
	}
	g = calloc(1, sizeof(*g));
	if (g) {
		g->items = calloc(MAX(sel->targets.n, (size_t)1), sizeof(*g->items));
		g->method = strdup(api_method_name(r));
		g->what = strdup(order->what);
	}
	if (!g || !g->items || !g->method || !g->what) {
		if (g) {
			free(g->items);
			free(g->method);
			free(g->what);
		}
		free(g);
		api_failed(r, "The system is out of memory.", "");
		return;
	}
	g->host = r->host;
	g->call = varlink_call_ref(r->call);
	g->by = *r->caller;
	g->targets = sel->targets;
	sel->targets = (struct targets){ 0 };
	g->handle_reply = order->handle_reply;
	list_add_tail(&r->host->gathers, &g->link);
	for (size_t i = 0; i < g->targets.n; i++)
		ask(g, i, order);
	if (g->pending == 0)
		answer(g);
	else if (host_arm_timer(g->host, &g->timer, order->timeout_ms, handle_timeout, g) < 0)
		log_error("out of memory");
}
