/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The list of views, and the rule for two who want the same session: anybody may look, several may
 * control it together, but exclusively only one person, while nobody else controls it.
 *
 * Views are not stored. After a restart of stationd the relay opens those of dashboards again; one
 * of a local caller ends with the relay's connection.
 */
#include "hostd/view.h"

#include <stdio.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/str.h"
#include "hostd/audit.h"
#include "hostd/events.h"
#include "hostd/host.h"
#include "hostd/rights.h"
#include "hostd/station-scene.h"

static const char *const mode_names[] = {
	[VIEW_SEE] = "view",
	[VIEW_CONTROL] = "control",
	[VIEW_EXCLUSIVE] = "exclusive",
};

bool view_mode_parse(const char *s, enum view_mode *ret)
{
	for (size_t i = 0; i < ELEMENTSOF(mode_names); i++) {
		if (streq(mode_names[i], s)) {
			*ret = (enum view_mode)i;
			return true;
		}
	}
	return false;
}

struct view *view_find(struct host *h, const char *id)
{
	struct list *l;

	list_for_each (l, &h->views) {
		struct view *v = list_entry(l, struct view, link);

		if (streq(v->id, id))
			return v;
	}
	return NULL;
}

void view_get_flags(const struct session *s, struct view_flags *ret)
{
	bool tell_view = streq(s->host->conf->sign, "view");
	bool tell_control = tell_view || streq(s->host->conf->sign, "control");
	const struct view *viewer = NULL, *controller = NULL;
	struct list *l;

	*ret = (struct view_flags){ 0 };
	list_for_each (l, &s->host->views) {
		const struct view *v = list_entry(l, struct view, link);

		if (v->session != s)
			continue;
		ret->viewed = true;
		ret->exclusive = ret->exclusive || v->mode == VIEW_EXCLUSIVE;
		if (v->mode != VIEW_SEE && !ret->controller)
			ret->controller = v;
		if (v->by.uid == s->person.uid)
			continue; /* nobody needs to be told of themselves */
		if (v->mode != VIEW_SEE && !controller)
			controller = v;
		viewer = viewer ? viewer : v;
	}
	ret->controlled = ret->controller != NULL;
	if (tell_control && controller)
		ret->sign = controller;
	else if (tell_view)
		ret->sign = viewer;
}

/* " 2 h 0 min 5 s", " 12 min 3 s", " 9 s" */
static char *duration_text(int64_t ms)
{
	long long s = ms / 1000;

	if (s < 60)
		return str_format(" %lld s", s);
	if (s < 3600)
		return str_format(" %lld min %lld s", s / 60, s % 60);
	return str_format(" %lld h %lld min %lld s", s / 3600, s / 60 % 60, s % 60);
}

/* took_ms < 0: it begins. */
static void view_audit(const struct view *v, const char *method, int64_t took_ms)
{
	_cleanup_free_ char *took = took_ms < 0 ? strdup("") : duration_text(took_ms);
	_cleanup_free_ char *text = str_format("%s %s(%s) %s%s", v->id, v->session->id,
			v->session->person.user, mode_names[v->mode], took ? took : "");

	audit_add(v->host, &v->by, method, text ? text : v->id, "ok");
}

void view_free(struct view *v)
{
	if (!v)
		return;
	list_remove(&v->link);
	v->host->n_views--;
	free(v);
}

static const struct view *find_rival(const struct view_order *order)
{
	struct list *l;

	list_for_each (l, &order->session->host->views) {
		const struct view *v = list_entry(l, struct view, link);

		if (v->session != order->session || v->by.uid == order->by->uid)
			continue;
		if ((v->mode == VIEW_EXCLUSIVE && order->mode != VIEW_SEE) ||
				(v->mode != VIEW_SEE && order->mode == VIEW_EXCLUSIVE))
			return v;
	}
	return NULL;
}

static unsigned count_own(struct host *h, uid_t uid)
{
	struct list *l;
	unsigned n = 0;

	list_for_each (l, &h->views)
		n += list_entry(l, struct view, link)->by.uid == uid;
	return n;
}

int view_open(struct host *h, const struct view_order *order, struct view **ret,
		const struct view **ret_rival)
{
	const struct view *rival = find_rival(order);
	struct view *v;

	if (rival) {
		*ret_rival = rival;
		return -EBUSY;
	}
	if (h->n_views >= VIEWS_MAX || count_own(h, order->by->uid) >= VIEWS_PER_USER_MAX)
		return -EDQUOT;
	v = calloc(1, sizeof(*v));
	if (!v)
		return -ENOMEM;
	v->host = h;
	snprintf(v->id, sizeof(v->id), "v%llu", (unsigned long long)++h->last_view);
	v->session = order->session;
	v->mode = order->mode;
	v->by = *order->by;
	v->peer = order->peer;
	v->since_s = clock_real_ms() / 1000;
	v->since_mono_ms = clock_mono_ms();
	v->has_token = order->token != NULL;
	if (order->token)
		memcpy(v->token, order->token, HASH_SIZE);
	list_add_tail(&h->views, &v->link);
	h->n_views++;
	view_audit(v, "Views.Open", -1);
	session_refresh(v->session);
	*ret = v;
	return 0;
}

void view_close(struct view *v, const char *reason)
{
	struct session *s = v->session;

	view_audit(v, "Views.Close", clock_mono_ms() - v->since_mono_ms);
	if (reason)
		orders_send_view_gone(v->host, v->id, reason);
	view_free(v);
	session_refresh(s);
}

void view_handle_session_end(struct session *s)
{
	struct list *l, *next;

	list_for_each_safe (l, next, &s->host->views) {
		struct view *v = list_entry(l, struct view, link);

		if (v->session == s)
			view_close(v, "The session has ended.");
	}
}

void view_end_token(struct host *h, const uint8_t *token)
{
	struct list *l, *next;

	list_for_each_safe (l, next, &h->views) {
		struct view *v = list_entry(l, struct view, link);

		if (v->has_token && memcmp(v->token, token, HASH_SIZE) == 0)
			view_close(v, "You have signed out.");
	}
}

void view_end_forbidden(struct host *h)
{
	struct list *l, *next;

	list_for_each_safe (l, next, &h->views) {
		struct view *v = list_entry(l, struct view, link);
		_cleanup_free_ char *reason = NULL;

		if (!rights_may(h, &v->by, v->session, v->mode == VIEW_SEE ? ACT_VIEW : ACT_CONTROL,
				    false, &reason))
			view_close(v, reason ? reason : "");
	}
}

void view_set_role(struct host *h, uid_t uid, enum role role)
{
	struct list *l;

	list_for_each (l, &h->views) {
		struct view *v = list_entry(l, struct view, link);

		if (v->by.uid == uid && v->has_token)
			v->by.role = role;
	}
}

void view_peer_gone(struct host *h, struct peer *peer)
{
	struct list *l, *next;

	list_for_each_safe (l, next, &h->views) {
		struct view *v = list_entry(l, struct view, link);

		if (v->peer == peer)
			view_close(v, NULL);
	}
}

json_t *view_build_json(const struct view *v)
{
	char since[CLOCK_RFC3339_LEN + 1];

	clock_format_rfc3339(v->since_s, since);
	return json_pack("{s:s, s:s, s:s, s:s, s:s, s:s}", "id", v->id, "session", v->session->id,
			"mode", mode_names[v->mode], "by", v->by.user, "by_name", v->by.full_name,
			"since", since);
}
