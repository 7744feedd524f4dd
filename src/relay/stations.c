/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Stations and stationd: opening, closing, orders, reports of activity.
 *
 * StationOpen is a call object of its own (station_call), because the station may end before the
 * answer: then the answer is followed by StationClose at once. While stationd is away, stations
 * keep id and scene; when it is back each is told again by its secret, and the answer is the scene
 * from then on.
 */
#include "relay/stations.h"

#include <assert.h>
#include <string.h>

#include "base/log.h"
#include "relay/station.h"
#include "relay/text.h"

enum { ACTIVITY_MS = 5000 };

#define RELAY "org.stationmaster.Relay."

struct station_call {
	struct station_call *next; /* of struct stations */
	struct stations *all;
	struct station *station; /* NULL: it has ended */
	bool now;
};

static void station_open(struct station *s);

/* --- pictures --- */

struct picture *station_picture(const struct station *s)
{
	return s->is_source_leaving ? NULL : source_user_picture(&s->source);
}

struct picture *station_projection(const struct station *s)
{
	return s->is_projection_leaving ? NULL : projection_user_picture(&s->projection);
}

/* The window goes with either of its pictures; who shows it lets go of it first. */
static void station_refresh(struct station *s)
{
	struct picture *base = station_picture(s), *inset = station_projection(s);
	bool wanted = s->scene.kind == SCENE_SESSION && s->scene.projection.window && base && inset;
	struct window *old = NULL;

	if (s->window && (!wanted || base != s->window_base || inset != s->window_inset))
		old = take_ptr(s->window);
	if (wanted && !s->window) {
		s->window_base = base;
		s->window_inset = inset;
		if (window_new(s->stations->relay->loop, base, inset, &s->window) < 0)
			log_warning("no memory for a window station=%s", s->id);
	}
	s->ops->handle_changed(s);
	window_free(old);
}

static void handle_source(struct source_user *u)
{
	station_refresh(list_entry(u, struct station, source));
}

static void handle_source_cut_text(struct source_user *u, const char *utf8)
{
	struct station *s = list_entry(u, struct station, source);

	s->ops->handle_cut_text(s, utf8);
}

static void handle_projection(struct projection_user *u)
{
	station_refresh(list_entry(u, struct station, projection));
}

/* --- scene --- */

/* The source is kept while something else is shown, so that the session is there at once after. */
static void follow_source(struct station *s, enum scene_kind before)
{
	int r;

	/* The wait for the next try is cut short by who comes new. */
	bool again = s->scene.kind == SCENE_SESSION && before != SCENE_SESSION &&
		     !station_picture(s);

	if (s->source.slot &&
			(again || !streq(source_user_session(&s->source), s->scene.session))) {
		s->is_source_leaving = true;
		station_refresh(s);
		sources_release(&s->source);
		s->is_source_leaving = false;
	}
	if (!s->scene.session[0] || s->source.slot)
		return;
	r = sources_use(s->stations->relay->sources, s->scene.session, &s->source);
	if (r < 0)
		log_warning("no source for the session: %s station=%s session=%s", strerror(-r),
				s->id, s->scene.session);
}

static void follow_projection(struct station *s)
{
	const char *id = s->scene.has_projection ? s->scene.projection.id : "";
	int r;

	if (s->projection_id[0] && !streq(s->projection_id, id)) {
		s->is_projection_leaving = true;
		station_refresh(s);
		projections_release(&s->projection);
		s->is_projection_leaving = false;
		s->projection_id[0] = '\0';
	}
	if (!*id || s->projection_id[0])
		return;
	r = projections_use(s->stations->relay->projections, id, s->scene.projection.session,
			&s->projection);
	if (r < 0)
		log_warning("no projection: %s station=%s projection=%s", strerror(-r), s->id, id);
	else
		str_copy(s->projection_id, sizeof(s->projection_id), id);
}

static void chat_take(struct station *s, json_t *json)
{
	if (chat_parse(json, &s->chat) < 0)
		log_warning("stationd sent a chat that is none, none is shown station=%s", s->id);
}

/* chat NULL: the one before stays as long as the session does. */
static void station_set_scene(struct station *s, json_t *json, json_t *chat)
{
	enum scene_kind before = s->scene.kind;
	char session[SOURCE_SESSION_MAX + 1];

	str_copy(session, sizeof(session), s->scene.session);
	if (scene_parse(json, &s->scene) < 0)
		log_warning("stationd sent a scene that is none, nothing is shown station=%s",
				s->id ? s->id : "?");
	if (!streq(session, s->scene.session))
		chat_done(&s->chat);
	if (chat && s->scene.session[0])
		chat_take(s, chat);
	s->known = true;
	follow_source(s, before);
	follow_projection(s);
	station_refresh(s);
}

/* Where nobody works there is nobody to write to. */
static void station_set_chat(struct station *s, json_t *json)
{
	if (!s->known || !s->scene.session[0])
		return;
	chat_take(s, json);
	s->ops->handle_changed(s);
}

/* --- StationOpen, StationClose --- */

static void call_free(struct station_call *c)
{
	struct station_call **p;

	for (p = &c->all->calls; *p != c; p = &(*p)->next)
		;
	*p = c->next;
	if (c->station)
		c->station->call = NULL;
	free(c);
}

static void close_tell(struct stations *all, const char *id, bool now)
{
	struct varlink_request request = { .method = RELAY "StationClose",
		.parameters = json_pack("{s:s, s:b}", "station", id, "now", now) };

	/* If stationd is away it will not hear of this station again when it comes back. */
	(void)host_call(all->relay->host, &request, NULL, NULL);
}

static void handle_opened(struct varlink *v, const char *error, json_t *parameters, bool continues,
		int fd, void *userdata)
{
	struct station_call *c = userdata;
	struct station *s = c->station;
	const char *id, *name;
	bool was_known;

	(void)v, (void)continues, (void)fd;
	id = json_string_value(json_object_get(parameters, "station"));
	name = json_string_value(json_object_get(parameters, "name"));
	if (!s && !error && id)
		close_tell(c->all, id, c->now);
	call_free(c);
	if (!s || !parameters)
		return; /* stationd went away: told again when it is back */
	if (error || !id) {
		log_warning("stationd refused a station: %s peer=%s", error ? error : "no id",
				s->address);
		s->ops->handle_gone(s);
		return;
	}
	was_known = s->known;
	free(s->id);
	free(s->name);
	s->id = strdup(id);
	s->name = strdup(str_is_empty(name) ? id : name);
	if (!s->id || !s->name) {
		s->ops->handle_gone(s);
		return;
	}
	if (!was_known)
		log_info("station opened station=%s kind=%s peer=%s", s->id, s->ops->kind,
				s->address);
	station_set_scene(s, json_object_get(parameters, "scene"),
			json_object_get(parameters, "chat"));
}

static void station_open(struct station *s)
{
	struct varlink_request request = { .method = RELAY "StationOpen" };
	struct stations *all = s->stations;
	struct station_call *c;

	if (!s->registered || s->call || !host_is_up(all->relay->host))
		return;
	c = calloc(1, sizeof(*c));
	if (!c)
		return;
	c->all = all;
	c->station = s;
	c->next = all->calls;
	all->calls = c;
	s->call = c;
	request.parameters = json_pack("{s:s, s:s, s:s}", "kind", s->ops->kind, "secret", s->secret,
			"address", s->address);
	if (s->enrolled)
		json_object_set_new(request.parameters, "enrolled", json_true());
	if (*s->proposed)
		json_object_set_new(request.parameters, "name", json_string(s->proposed));
	if (s->weak && !s->known)
		json_object_set_new(request.parameters, "stranger", json_true());
	if (host_call(all->relay->host, &request, handle_opened, c) < 0)
		call_free(c);
}

static unsigned stations_count(struct stations *all, const char *address)
{
	struct list *l;
	unsigned n = 0;

	list_for_each (l, &all->stations)
		n += streq(list_entry(l, struct station, link)->address, address);
	return n;
}

int station_init(struct station *s, struct stations *all, const struct station_ops *ops,
		const char *secret, const char *address)
{
	if (all->n >= STATIONS_MAX || stations_count(all, address) >= STATIONS_PER_ADDRESS_MAX)
		return -EMFILE;
	s->stations = all;
	s->ops = ops;
	str_copy(s->secret, sizeof(s->secret), secret);
	str_copy(s->address, sizeof(s->address), address);
	s->source.handle_source = handle_source;
	s->source.handle_cut_text = handle_source_cut_text;
	s->projection.handle_projection = handle_projection;
	scene_done(&s->scene);
	list_add_tail(&all->stations, &s->link);
	all->n++;
	return 0;
}

void station_register(struct station *s)
{
	if (s->registered)
		return;
	s->registered = true;
	station_open(s);
}

void station_done(struct station *s)
{
	struct stations *all = s->stations;

	if (!all)
		return;
	if (s->call) {
		s->call->station = NULL;
		s->call->now = s->ops->close_now;
	} else if (s->known) {
		close_tell(all, s->id, s->ops->close_now);
	}
	if (s->known)
		log_info("station closed station=%s peer=%s", s->id, s->address);
	s->window = window_free(s->window);
	projections_release(&s->projection);
	sources_release(&s->source);
	list_remove(&s->link);
	all->n--;
	scene_done(&s->scene);
	chat_done(&s->chat);
	free(s->id);
	free(s->name);
	explicit_bzero(s->secret, sizeof(s->secret));
	s->stations = NULL;
}

/* --- what the person there asks for --- */

/* stationd decides; this spares it what makes no sense. */
static bool act_has_place(const struct station *s, const char *act)
{
	if (streq(act, "more_time"))
		return s->scene.has_notice && s->scene.session[0];
	if (streq(act, "suspend") && s->scene.kind == SCENE_LOCK)
		return true;
	return s->scene.kind == SCENE_SESSION &&
	       (streq(act, "suspend") || streq(act, "lock") || streq(act, "logoff") ||
			       streq(act, "hand_up") || streq(act, "hand_down"));
}

int station_act(struct station *s, const char *act, varlink_reply_fn fn, void *userdata)
{
	struct varlink_request request = { .method = RELAY "StationAct" };
	int r;

	if (!s->known || !act_has_place(s, act))
		return 0;
	request.parameters = json_pack("{s:s, s:s}", "station", s->id, "act", act);
	r = host_call(s->stations->relay->host, &request, fn, userdata);
	if (r < 0)
		log_notice("stationd does not answer; %s was not done station=%s", act, s->id);
	return r < 0 ? r : 1;
}

int station_chat(struct station *s, const char *text, varlink_reply_fn fn, void *userdata)
{
	struct varlink_request request = { .method = RELAY "StationChat" };
	int r;

	if (!s->known)
		return 0;
	request.parameters = json_pack("{s:s, s:s}", "station", s->id, "text", text);
	r = host_call(s->stations->relay->host, &request, fn, userdata);
	return r < 0 ? r : 1;
}

int station_hold(struct station *s, varlink_reply_fn fn, void *userdata)
{
	struct varlink_request request = { .method = RELAY "StationHold" };
	int r;

	if (!s->known || !s->scene.auto_name)
		return 0;
	request.parameters = json_pack("{s:s}", "station", s->id);
	r = host_call(s->stations->relay->host, &request, fn, userdata);
	return r < 0 ? r : 1;
}

int station_enrol(struct station *s, const char *ticket, bool cancel, varlink_reply_fn fn,
		void *userdata)
{
	struct varlink_request request = { .method = RELAY "StationEnrol" };
	int r;

	if (!s->known)
		return 0;
	request.parameters = json_pack(
			"{s:s, s:s?, s:b}", "station", s->id, "ticket", ticket, "cancel", cancel);
	r = host_call(s->stations->relay->host, &request, fn, userdata);
	return r < 0 ? r : 1;
}

const char *station_refusal(const struct station *s, const char *error, json_t *parameters)
{
	const char *reason = json_string_value(json_object_get(parameters, "reason"));

	if (!error && parameters)
		return NULL;
	return str_is_empty(reason) ? text_get(s->stations->relay->language, TEXT_NOT_DONE)
				    : reason;
}

/* --- activity --- */

static void activity_send(struct stations *all)
{
	struct varlink_request request = { .method = RELAY "Activity" };

	request.parameters = json_pack("{s:o}", "sessions", all->activity);
	all->activity = NULL;
	(void)host_call(all->relay->host, &request, NULL, NULL);
}

/* Runs only while there is input: the report after which none came was the last. */
static void handle_activity_timer(uv_timer_t *t)
{
	struct stations *all = t->data;

	if (!all->activity)
		return;
	activity_send(all);
	uv_timer_start(t, handle_activity_timer, ACTIVITY_MS, 0);
}

void station_note_activity(struct station *s)
{
	struct stations *all = s->stations;
	json_t *item;
	size_t i;

	if (!s->known || s->scene.kind != SCENE_SESSION)
		return;
	if (!all->activity)
		all->activity = json_array();
	json_array_foreach (all->activity, i, item)
		if (streq(json_string_value(item), s->scene.session))
			return;
	json_array_append_new(all->activity, json_string(s->scene.session));
	if (!uv_is_active((uv_handle_t *)all->activity_timer))
		handle_activity_timer(all->activity_timer);
}

/* --- all of them --- */

struct station *stations_find(struct stations *all, const char *secret)
{
	struct list *l;

	list_for_each (l, &all->stations) {
		struct station *s = list_entry(l, struct station, link);

		if (str_eq_secret(s->secret, secret))
			return s;
	}
	return NULL;
}

const char *stations_find_id(struct stations *all, const char *secret)
{
	struct station *s = stations_find(all, secret);

	return s && s->known ? s->id : NULL;
}

static struct stations *stations_of_watcher(struct host_watcher *w)
{
	return (struct stations *)((char *)w - offsetof(struct stations, watcher));
}

static void handle_up(struct host_watcher *w)
{
	struct stations *all = stations_of_watcher(w);
	struct list *l;

	list_for_each (l, &all->stations)
		station_open(list_entry(l, struct station, link));
}

static void handle_order(struct host_watcher *w, const char *order, json_t *parameters)
{
	struct stations *all = stations_of_watcher(w);
	const char *id = json_string_value(json_object_get(parameters, "station"));
	struct list *l;

	if (!id)
		return;
	list_for_each (l, &all->stations) {
		struct station *s = list_entry(l, struct station, link);

		if (!s->id || !streq(s->id, id))
			continue;
		if (streq(order, "scene"))
			station_set_scene(s, json_object_get(parameters, "scene"), NULL);
		else if (streq(order, "chat"))
			station_set_chat(s, json_object_get(parameters, "chat"));
		else if (streq(order, "station_gone"))
			s->ops->handle_gone(s);
		return;
	}
}

int stations_new(struct relay *relay, struct stations **ret)
{
	struct stations *all = calloc(1, sizeof(*all));

	if (!all)
		return -ENOMEM;
	all->activity_timer = calloc(1, sizeof(*all->activity_timer));
	if (!all->activity_timer) {
		free(all);
		return -ENOMEM;
	}
	all->relay = relay;
	list_init(&all->stations);
	cards_init(&all->cards);
	uv_timer_init(relay->loop, all->activity_timer);
	all->activity_timer->data = all;
	all->watcher.handle_up = handle_up;
	all->watcher.handle_order = handle_order;
	host_watch(relay->host, &all->watcher);
	*ret = all;
	return 0;
}

static void handle_timer_closed(uv_handle_t *t)
{
	free(t);
}

struct stations *stations_free(struct stations *all)
{
	if (!all)
		return NULL;
	while (!list_is_empty(&all->stations)) {
		struct station *s = list_entry(all->stations.next, struct station, link);

		s->ops->handle_stop(s);
	}
	while (all->calls) {
		host_forget(all->relay->host, all->calls);
		call_free(all->calls);
	}
	host_unwatch(&all->watcher);
	json_decref(all->activity);
	uv_close((uv_handle_t *)all->activity_timer, handle_timer_closed);
	free(all);
	return NULL;
}
