/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A browser station: pages (control sockets, /ws/station) and screens (/ws/station/rfb). The page
 * draws greeter, lock, block, notice, sign and panel itself; the relay gives it the scene, and
 * pixels only while there is a session that is not locked, or a projection. A station may be open
 * in several tabs of one browser: all show the same.
 *
 * The station is there as long as it has a page. A screen waits for a picture before it greets its
 * viewer, because RFB begins with the picture's size; afterwards it stays open from session to
 * projection to block and back.
 */
#include <string.h>

#include "base/log.h"
#include "relay/station-screen.h"
#include "relay/station.h"
#include "relay/viewer-rfb.h"
#include "relay/web-rfb.h"
#include "relay/web-socket.h"

struct browser_station {
	struct station station;
	struct list pages;
	struct list tabs;
	unsigned n_pages, n_tabs;
};

enum { PAGE_CALLS_MAX = 8 }; /* of one page that wait for stationd */
#define TOO_LONG "A message has at most 1000 characters. Shorten it, or write two."

struct page {
	struct list link;
	struct browser_station *station;
	struct web_socket *socket;
	bool greeted;
	json_t *scene, *chat; /* sent last */
	unsigned n_calls;
};

struct tab {
	struct list link;
	struct browser_station *station;
	struct stream *stream; /* until the viewer takes it */
	struct station_screen screen;
};

static struct browser_station *browser_of(struct station *s)
{
	return (struct browser_station *)((char *)s - offsetof(struct browser_station, station));
}

/* --- screens --- */

static struct tab *tab_free(struct tab *t)
{
	list_remove(&t->link);
	t->station->n_tabs--;
	station_screen_done(&t->screen);
	if (t->stream)
		stream_close(t->stream);
	free(t);
	return NULL;
}

static void handle_viewer_ready(struct viewer *v, bool credentials_given, void *userdata)
{
	struct tab *t = userdata;

	(void)credentials_given;
	log_debug("screen of a browser station: %s station=%s", viewer_describe(v),
			t->station->station.id);
}

static void handle_viewer_activity(struct viewer *v, void *userdata)
{
	struct tab *t = userdata;

	(void)v;
	station_screen_note_activity(&t->screen);
}

static void handle_viewer_gone(struct viewer *v, const char *reason, void *userdata)
{
	struct tab *t = userdata;

	(void)v;
	log_debug("screen of a browser station ended: %s station=%s", reason,
			t->station->station.id);
	tab_free(t);
}

static const struct viewer_events viewer_events = {
	.handle_ready = handle_viewer_ready,
	.handle_activity = handle_viewer_activity,
	.handle_gone = handle_viewer_gone,
};

/* Before there is a viewer: a peer that talks first or leaves. */
static void handle_early_data(struct stream *s, const uint8_t *data, size_t len, void *userdata)
{
	(void)s, (void)data, (void)len;
	tab_free(userdata); /* RFB: the server speaks first */
}

static void handle_early_closed(struct stream *s, const char *reason, void *userdata)
{
	struct tab *t = userdata;

	(void)s, (void)reason;
	t->stream = NULL;
	tab_free(t);
}

static void handle_early_drained(struct stream *s, void *userdata)
{
	(void)s, (void)userdata;
}

static const struct stream_events early_events = {
	.handle_data = handle_early_data,
	.handle_drained = handle_early_drained,
	.handle_closed = handle_early_closed,
};

static const struct station_screen_ops screen_ops = { 0 };

/* Whether RFB can begin: what it begins with is there. */
static bool has_first_picture(const struct station *s)
{
	return s->scene.kind != SCENE_SESSION || station_picture(s);
}

static void tab_update(struct tab *t)
{
	struct station *s = &t->station->station;
	struct viewer *v;

	if (!t->screen.viewer) {
		if (!has_first_picture(s))
			return;
		if (viewer_rfb_new(s->stations->relay->loop, t->stream, VIEWER_SECURITY_NONE,
				    &viewer_events, t, &v) < 0) {
			tab_free(t);
			return;
		}
		t->stream = NULL;
		station_screen_take_viewer(&t->screen, v);
	}
	station_screen_update(&t->screen);
}

static bool has_screens(const struct station *s)
{
	if (!s->known)
		return false;
	return s->scene.kind == SCENE_SESSION || s->scene.kind == SCENE_PROJECTION ||
	       (s->scene.kind == SCENE_BLOCK && s->scene.session[0]);
}

static void tabs_update(struct browser_station *b)
{
	struct list *l, *next;

	list_for_each_safe (l, next, &b->tabs) {
		struct tab *t = list_entry(l, struct tab, link);

		if (has_screens(&b->station))
			tab_update(t);
		else
			tab_free(t);
	}
}

/* --- pages --- */

static void page_send(struct page *p, json_t *message)
{
	char *text = json_dumps(message, JSON_COMPACT);

	if (text)
		web_socket_send_text(p->socket, text, strlen(text));
	free(text);
	json_decref(message);
}

/* Takes value; sends it if it is another than last. */
static void page_send_new(struct page *p, const char *key, json_t **last, json_t *value)
{
	if (*last && json_equal(*last, value)) {
		json_decref(value);
		return;
	}
	json_decref(*last);
	*last = value;
	page_send(p, json_pack("{s:O}", key, value));
}

static void page_update(struct page *p)
{
	struct station *s = &p->station->station;

	if (!s->known)
		return;
	if (!p->greeted)
		page_send(p, json_pack("{s:s, s:s}", "station", s->id, "name", s->name));
	p->greeted = true;
	page_send_new(p, "scene", &p->scene, json_incref(s->scene.json));
	page_send_new(p, "chat", &p->chat, chat_build_json(&s->chat));
}

static void page_free(struct page *p)
{
	if (p->n_calls > 0)
		host_forget(p->station->station.stations->relay->host, p);
	list_remove(&p->link);
	json_decref(p->scene);
	json_decref(p->chat);
	free(p);
}

static void browser_free(struct browser_station *b, enum socket_close code)
{
	while (!list_is_empty(&b->tabs))
		tab_free(list_entry(b->tabs.next, struct tab, link));
	while (!list_is_empty(&b->pages)) {
		struct page *p = list_entry(b->pages.next, struct page, link);

		web_socket_leave(p->socket, code);
		page_free(p);
	}
	station_done(&b->station);
	free(b);
}

static void handle_answer(struct varlink *v, const char *error, json_t *parameters, bool continues,
		int fd, void *userdata)
{
	struct page *p = userdata;
	const char *reason = station_refusal(&p->station->station, error, parameters);

	(void)v, (void)continues, (void)fd;
	p->n_calls--;
	if (reason)
		page_send(p, json_pack("{s:s}", "refused", reason));
}

/* One of them is NULL. */
static void page_ask(struct page *p, const char *act, const char *text)
{
	struct station *s = &p->station->station;
	int r = -EBUSY;

	if (p->n_calls < PAGE_CALLS_MAX)
		r = act ? station_act(s, act, handle_answer, p)
			: station_chat(s, text, handle_answer, p);
	if (r > 0)
		p->n_calls++;
	else if (r < 0)
		page_send(p, json_pack("{s:s}", "refused", station_refusal(s, NULL, NULL)));
}

/* {"enrol": null} asks for a PIN, {"enrol": "TICKET"} brings one, {"enrol": false} asks no more. */
static void page_enrol(struct page *p, json_t *what)
{
	struct station *s = &p->station->station;
	int r = -EBUSY;

	if (p->n_calls < PAGE_CALLS_MAX)
		r = station_enrol(
				s, json_string_value(what), json_is_false(what), handle_answer, p);
	if (r > 0)
		p->n_calls++;
	else if (r < 0)
		page_send(p, json_pack("{s:s}", "refused", station_refusal(s, NULL, NULL)));
}

static void handle_page_text(
		struct web_socket *socket, const char *data, size_t len, void *userdata)
{
	_cleanup_json_ json_t *message = NULL;
	json_t *text, *enrol;
	struct page *p = userdata;
	const char *act;

	if (json_parse_object(data, len, &message) < 0) {
		web_socket_close(socket, SOCKET_CLOSE_UNSUPPORTED);
		return;
	}
	text = json_object_get(message, "chat");
	if (text && !json_is_string(text)) {
		web_socket_close(socket, SOCKET_CLOSE_UNSUPPORTED);
		return;
	}
	act = json_string_value(json_object_get(message, "act"));
	if (act)
		page_ask(p, act, NULL);
	if (json_is_true(json_object_get(message, "hold")) && p->n_calls < PAGE_CALLS_MAX &&
			station_hold(&p->station->station, handle_answer, p) > 0)
		p->n_calls++;
	enrol = json_object_get(message, "enrol");
	if (enrol && json_string_length(enrol) <= STR_TOKEN_LEN)
		page_enrol(p, enrol);
	/* Not passed on: it might be more than stationd takes. */
	if (text && str_count_chars(json_string_value(text)) > CHAT_CHARS_MAX)
		page_send(p, json_pack("{s:s}", "refused", TOO_LONG));
	else if (text)
		page_ask(p, NULL, json_string_value(text));
}

static void handle_page_closed(struct web_socket *socket, void *userdata)
{
	struct page *p = userdata;
	struct browser_station *b = p->station;

	(void)socket;
	page_free(p);
	if (--b->n_pages == 0)
		browser_free(b, SOCKET_CLOSE_NORMAL);
}

static const struct socket_handler page_handler = {
	.handle_text = handle_page_text,
	.handle_closed = handle_page_closed,
};

/* --- station --- */

static void handle_changed(struct station *s)
{
	struct browser_station *b = browser_of(s);
	struct list *l;

	tabs_update(b);
	list_for_each (l, &b->pages)
		page_update(list_entry(l, struct page, link));
}

static void handle_gone(struct station *s)
{
	browser_free(browser_of(s), SOCKET_CLOSE_GOING_AWAY);
}

static void handle_cut_text(struct station *s, const char *utf8)
{
	struct browser_station *b = browser_of(s);
	struct list *l;

	list_for_each (l, &b->tabs) {
		struct tab *t = list_entry(l, struct tab, link);

		station_screen_send_cut_text(&t->screen, utf8);
	}
}

static const struct station_ops browser_ops = {
	.kind = "browser",
	.handle_changed = handle_changed,
	.handle_gone = handle_gone,
	.handle_stop = handle_gone,
	.handle_cut_text = handle_cut_text,
};

static struct browser_station *browser_find(struct stations *all, const char *secret)
{
	struct station *s = stations_find(all, secret);

	return s && s->ops == &browser_ops ? browser_of(s) : NULL;
}

static int browser_new(struct stations *all, const char *secret, const char *address,
		struct browser_station **ret)
{
	struct browser_station *b = calloc(1, sizeof(*b));
	int r;

	if (!b)
		return -ENOMEM;
	list_init(&b->pages);
	list_init(&b->tabs);
	r = station_init(&b->station, all, &browser_ops, secret, address);
	if (r < 0) {
		free(b);
		return r;
	}
	station_register(&b->station);
	*ret = b;
	return 0;
}

void stations_open_browser(struct stations *all, struct web_socket *socket, const char *secret)
{
	struct browser_station *b = NULL;
	struct page *p;

	if (!*secret) {
		web_socket_close(socket, SOCKET_CLOSE_SIGN_IN); /* GET /station gives the cookie */
		return;
	}
	b = browser_find(all, secret);
	if (!b && browser_new(all, secret, web_socket_address(socket), &b) < 0) {
		web_socket_close(socket, SOCKET_CLOSE_TOO_MANY);
		return;
	}
	p = b->n_pages < STATION_SOCKETS_MAX ? calloc(1, sizeof(*p)) : NULL;
	if (!p) {
		web_socket_close(socket, SOCKET_CLOSE_TOO_MANY);
		if (b->n_pages == 0)
			browser_free(b, SOCKET_CLOSE_NORMAL);
		return;
	}
	p->station = b;
	p->socket = socket;
	b->n_pages++;
	list_add_tail(&b->pages, &p->link);
	web_socket_set_handler(socket, &page_handler, p);
	page_update(p);
}

void stations_open_rfb(struct stations *all, struct web_socket *socket, const char *secret)
{
	struct browser_station *b = *secret ? browser_find(all, secret) : NULL;
	struct tab *t;

	if (!b || !has_screens(&b->station)) {
		web_socket_close(socket, *secret ? SOCKET_CLOSE_NO_SESSION : SOCKET_CLOSE_SIGN_IN);
		return;
	}
	t = b->n_tabs < STATION_SOCKETS_MAX ? calloc(1, sizeof(*t)) : NULL;
	if (!t) {
		web_socket_close(socket, SOCKET_CLOSE_TOO_MANY);
		return;
	}
	if (web_rfb_new(socket, &t->stream) < 0) {
		web_socket_close(socket, SOCKET_CLOSE_ERROR);
		free(t);
		return;
	}
	stream_set_events(t->stream, &early_events, t);
	t->station = b;
	station_screen_init(&t->screen, &b->station, &screen_ops, false);
	b->n_tabs++;
	list_add_tail(&b->tabs, &t->link);
	tab_update(t);
}
