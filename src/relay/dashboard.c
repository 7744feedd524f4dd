/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A dashboard is a subscription of Events.Watch in the name of its person, passed on word for word,
 * and a set of tiles. stationd says with each session whether this person may see it ("tile" in
 * may); a tile whose session is not allowed, or not known, waits and costs nothing.
 *
 * A tile in use holds its session's source and subscribes to the thumbnail. Of each tile at most
 * one picture waits to be sent; a newer one takes its place. Tiles with a waiting picture stand in
 * a queue, so that each gets its turn. Text goes first.
 *
 * The list of tiles is a lease: each message replaces it, and with the socket everything is let go.
 * While stationd is away the tiles go on with the rights last told.
 */
#include "relay/dashboard.h"

#include <endian.h>
#include <string.h>

#include "base/chunk.h"
#include "base/list.h"
#include "base/log.h"
#include "base/str.h"
#include "relay/host.h"
#include "relay/relay.h"
#include "relay/sources.h"
#include "relay/thumbnail.h"
#include "relay/web-socket.h"

enum { RETRY_MS = 300 };
enum { FRAME_VERSION = 1, FRAME_HEADER = 17 }; /* docs/ARCHITECTURE.md, thumbnail frame */

struct dashboards {
	struct relay *relay;
	struct host_watcher watcher;
	struct list dashboards;
	unsigned n;
	uv_timer_t *retry; /* of watches that ended although stationd is there */
};

struct dashboard {
	struct list link;
	struct dashboards *all;
	struct web_socket *socket;
	char token[STR_TOKEN_LEN + 1];
	struct host_stream *watch; /* Events.Watch; NULL while stationd is away */
	json_t *allowed;           /* session id -> true */
	struct list tiles;
	struct list waiting; /* tiles with a picture to send */
	enum thumbnail_size size;
};

struct tile {
	struct list link;
	struct list wait_link;
	struct dashboard *dashboard;
	char session[SOURCE_SESSION_MAX + 1];
	bool wanted; /* while the list is replaced */
	struct source_user source;
	struct thumbnail *thumbnail; /* subscribed to */
	struct thumbnail_subscriber subscriber;
	struct chunk *jpeg;       /* waiting */
	enum source_trouble told; /* to the page */
	uint16_t w, h;
	int64_t taken_ms;
};

/* --- tiles --- */

static void handle_thumbnail(struct thumbnail_subscriber *s, struct chunk *jpeg, uint16_t w,
		uint16_t h, int64_t taken_ms)
{
	struct tile *t = (struct tile *)((char *)s - offsetof(struct tile, subscriber));

	if (FRAME_HEADER + strlen(t->session) + jpeg->len > SOCKET_WRITE_MAX)
		return;
	chunk_unref(t->jpeg);
	t->jpeg = chunk_ref(jpeg);
	t->w = w;
	t->h = h;
	t->taken_ms = taken_ms;
	if (list_is_empty(&t->wait_link))
		list_add_tail(&t->dashboard->waiting, &t->wait_link);
	web_socket_want_write(t->dashboard->socket);
}

static void tile_unsubscribe(struct tile *t)
{
	if (t->thumbnail)
		thumbnail_unsubscribe(t->thumbnail, &t->subscriber);
	t->thumbnail = NULL;
}

static void handle_source(struct source_user *u)
{
	struct tile *t = (struct tile *)((char *)u - offsetof(struct tile, source));
	struct thumbnail *now = source_user_thumbnail(u);

	if (now == t->thumbnail)
		return;
	tile_unsubscribe(t);
	t->thumbnail = now;
	t->subscriber.size = t->dashboard->size;
	if (now)
		thumbnail_subscribe(now, &t->subscriber);
}

static void tell_trouble(struct tile *t, enum source_trouble now, int64_t since_ms)
{
	static const char *const alarms[] = { [SOURCE_FINE] = "",
		[SOURCE_LOST] = "lost",
		[SOURCE_STALLED] = "stalled",
		[SOURCE_BLACK] = "black" };
	json_t *message;
	char *text;

	if (now == t->told)
		return;
	t->told = now;
	message = json_pack("{s:s, s:s, s:s, s:I}", "kind", "picture", "session", t->session,
			"alarm", alarms[now], "since_ms", (json_int_t)since_ms);
	text = message ? json_dumps(message, JSON_COMPACT) : NULL;
	if (text)
		web_socket_send_text(t->dashboard->socket, text, strlen(text));
	free(text);
	json_decref(message);
}

static void handle_trouble(struct source_user *u)
{
	struct tile *t = (struct tile *)((char *)u - offsetof(struct tile, source));
	int64_t since_ms;
	enum source_trouble now = source_user_trouble(u, &since_ms);

	tell_trouble(t, now, since_ms);
}

static void tile_stop(struct tile *t)
{
	tile_unsubscribe(t);
	sources_release(&t->source);
	list_remove(&t->wait_link);
	t->jpeg = chunk_unref(t->jpeg);
}

/* In use or not, as the rights are now. */
static void tile_update(struct tile *t)
{
	struct dashboard *d = t->dashboard;
	bool may = json_object_get(d->allowed, t->session) != NULL;

	t->source.token = d->token;
	if (!may) {
		tell_trouble(t, SOURCE_FINE, 0);
		tile_stop(t);
	}
	if (may && !t->source.slot)
		(void)sources_use(d->all->relay->sources, t->session, &t->source);
}

static struct tile *tile_free(struct tile *t)
{
	tile_stop(t);
	list_remove(&t->link);
	free(t);
	return NULL;
}

static struct tile *tile_find(struct dashboard *d, const char *session)
{
	struct list *l;

	list_for_each (l, &d->tiles) {
		struct tile *t = list_entry(l, struct tile, link);

		if (streq(t->session, session))
			return t;
	}
	return NULL;
}

static void tile_add(struct dashboard *d, const char *session)
{
	struct tile *t = tile_find(d, session);

	if (!t) {
		t = calloc(1, sizeof(*t));
		if (!t)
			return;
		t->dashboard = d;
		str_copy(t->session, sizeof(t->session), session);
		t->source.handle_source = handle_source;
		t->source.handle_trouble = handle_trouble;
		t->source.token = d->token;
		t->subscriber.handle_thumbnail = handle_thumbnail;
		list_init(&t->wait_link);
		list_add_tail(&d->tiles, &t->link);
	}
	t->wanted = true;
	tile_update(t);
}

static void tiles_replace(struct dashboard *d, enum thumbnail_size size, json_t *sessions)
{
	struct list *l, *next;
	json_t *item;
	size_t i;

	list_for_each_safe (l, next, &d->tiles) {
		struct tile *t = list_entry(l, struct tile, link);

		t->wanted = false;
		if (size != d->size) {
			tell_trouble(t, SOURCE_FINE, 0);
			tile_stop(t);
		}
	}
	d->size = size;
	json_array_foreach (sessions, i, item)
		tile_add(d, json_string_value(item));
	list_for_each_safe (l, next, &d->tiles) {
		struct tile *t = list_entry(l, struct tile, link);

		if (!t->wanted) {
			tell_trouble(t, SOURCE_FINE, 0); /* what is not looked at is not known */
			tile_free(t);
		}
	}
}

static void handle_text(struct web_socket *socket, const char *data, size_t len, void *userdata)
{
	static const char *const sizes[] = { "small", "medium", "large" };
	_cleanup_json_ json_t *message = NULL;
	struct dashboard *d = userdata;
	struct args outer, inner;
	json_t *tiles, *sessions;
	const char *size;

	if (json_parse_object(data, len, &message) < 0) {
		web_socket_close(socket, SOCKET_CLOSE_UNSUPPORTED);
		return;
	}
	args_init(&outer, message);
	tiles = arg_any(&outer, "tiles", ARG_REQUIRED);
	if (args_bad(&outer) || !json_is_object(tiles))
		return; /* a message of a newer page */
	args_init(&inner, tiles);
	size = arg_string(&inner, "size", ARG_REQUIRED, 16);
	sessions = arg_strings(
			&inner, "sessions", ARG_REQUIRED, DASHBOARD_TILES_MAX, SOURCE_SESSION_MAX);
	for (size_t i = 0; !args_bad(&inner) && i < ELEMENTSOF(sizes); i++)
		if (streq(size, sizes[i])) {
			tiles_replace(d, (enum thumbnail_size)i, sessions);
			return;
		}
	web_socket_close(socket, SOCKET_CLOSE_UNSUPPORTED);
}

/* --- sending pictures --- */

static size_t frame_build(const struct tile *t, uint8_t *to)
{
	size_t n = strlen(t->session);
	uint16_t w = htobe16(t->w), h = htobe16(t->h), zero = 0;
	uint64_t taken = htobe64((uint64_t)t->taken_ms);

	to[0] = FRAME_VERSION;
	to[1] = (uint8_t)t->subscriber.size;
	memcpy(to + 2, &w, 2);
	memcpy(to + 4, &h, 2);
	memcpy(to + 6, &zero, 2);
	memcpy(to + 8, &taken, 8);
	to[16] = (uint8_t)n;
	memcpy(to + FRAME_HEADER, t->session, n);
	memcpy(to + FRAME_HEADER + n, t->jpeg->data, t->jpeg->len);
	return FRAME_HEADER + n + t->jpeg->len;
}

static size_t handle_writable(
		struct web_socket *socket, uint8_t *buffer, size_t size, void *userdata)
{
	struct dashboard *d = userdata;
	struct tile *t;
	size_t n;

	(void)socket, (void)size; /* checked when the picture came */
	if (list_is_empty(&d->waiting))
		return 0;
	t = list_entry(d->waiting.next, struct tile, wait_link);
	list_remove(&t->wait_link);
	n = frame_build(t, buffer);
	t->jpeg = chunk_unref(t->jpeg);
	return n;
}

/* --- events --- */

static void tiles_update(struct dashboard *d, const char *session)
{
	struct list *l, *next;

	list_for_each_safe (l, next, &d->tiles) {
		struct tile *t = list_entry(l, struct tile, link);

		if (!session || streq(t->session, session))
			tile_update(t);
	}
}

static void allow(struct dashboard *d, json_t *session)
{
	const char *id = json_string_value(json_object_get(session, "id"));
	json_t *may = json_object_get(session, "may"), *item;
	bool tile = false;
	size_t i;

	if (!id)
		return;
	json_array_foreach (may, i, item)
		tile = tile || (json_is_string(item) && streq(json_string_value(item), "tile"));
	if (tile)
		json_object_set_new(d->allowed, id, json_true());
	else
		json_object_del(d->allowed, id);
}

/* What an event says about the right to see sessions. */
static void rights_update(struct dashboard *d, json_t *event)
{
	const char *kind = json_string_value(json_object_get(event, "kind"));
	json_t *item;
	size_t i;

	if (!kind)
		return;
	if (streq(kind, "snapshot")) {
		json_object_clear(d->allowed);
		json_array_foreach (json_object_get(event, "sessions"), i, item)
			allow(d, item);
		tiles_update(d, NULL);
	} else if (streq(kind, "session")) {
		item = json_object_get(event, "session");
		allow(d, item);
		if (json_is_string(json_object_get(item, "id")))
			tiles_update(d, json_string_value(json_object_get(item, "id")));
	} else if (streq(kind, "session_gone") && json_is_string(json_object_get(event, "id"))) {
		const char *id = json_string_value(json_object_get(event, "id"));

		json_object_del(d->allowed, id);
		tiles_update(d, id);
	}
}

static void send_unavailable(struct dashboard *d)
{
	static const char text[] = "{\"kind\":\"unavailable\"}";

	web_socket_send_text(d->socket, text, sizeof(text) - 1);
}

static struct dashboard *dashboard_free(struct dashboard *d)
{
	host_stream_free(d->watch);
	while (!list_is_empty(&d->tiles))
		tile_free(list_entry(d->tiles.next, struct tile, link));
	list_remove(&d->link);
	d->all->n--;
	json_decref(d->allowed);
	explicit_bzero(d->token, sizeof(d->token));
	free(d);
	return NULL;
}

static void dashboard_end(struct dashboard *d, enum socket_close code)
{
	web_socket_leave(d->socket, code);
	dashboard_free(d);
}

static void handle_retry(uv_timer_t *t);

static void handle_event(struct varlink *v, const char *error, json_t *parameters, bool continues,
		int fd, void *userdata)
{
	struct dashboard *d = userdata;
	char *text;

	(void)v, (void)fd;
	if (!parameters) {
		/* stationd has gone, or it ended this connection only. */
		d->watch = host_stream_free(d->watch);
		send_unavailable(d);
		uv_timer_start(d->all->retry, handle_retry, RETRY_MS, 0);
		return;
	}
	if (error) {
		const char *dot = strrchr(error, '.');
		bool refused = dot && streq(dot + 1, "Refused");

		log_info("dashboard ended: %s peer=%s", error, web_socket_address(d->socket));
		dashboard_end(d, refused ? SOCKET_CLOSE_NOT_ALLOWED : SOCKET_CLOSE_SIGN_IN);
		return;
	}
	rights_update(d, parameters);
	text = json_dumps(parameters, JSON_COMPACT);
	if (text)
		web_socket_send_text(d->socket, text, strlen(text));
	free(text);
	if (!continues)
		dashboard_end(d, SOCKET_CLOSE_SIGN_IN);
}

static void dashboard_watch(struct dashboard *d)
{
	struct varlink_request request = { .method = "org.stationmaster.Events.Watch",
		.token = d->token };
	struct host *host = d->all->relay->host;

	if (host_stream_new(host, &request, handle_event, d, &d->watch) == 0)
		return;
	if (host_is_up(host))
		dashboard_end(d, SOCKET_CLOSE_UNAVAILABLE); /* the page comes again */
	else
		send_unavailable(d);
}

static void handle_closed(struct web_socket *socket, void *userdata)
{
	(void)socket;
	dashboard_free(userdata);
}

static const struct socket_handler handler = {
	.handle_text = handle_text,
	.handle_writable = handle_writable,
	.handle_closed = handle_closed,
};

void dashboards_open(struct dashboards *all, struct web_socket *socket, const char *token)
{
	struct dashboard *d;

	if (!*token) {
		web_socket_close(socket, SOCKET_CLOSE_SIGN_IN);
		return;
	}
	if (all->n >= DASHBOARDS_MAX) {
		web_socket_close(socket, SOCKET_CLOSE_TOO_MANY);
		return;
	}
	d = calloc(1, sizeof(*d));
	if (d)
		d->allowed = json_object();
	if (!d || !d->allowed) {
		free(d);
		web_socket_close(socket, SOCKET_CLOSE_ERROR);
		return;
	}
	d->all = all;
	d->socket = socket;
	str_copy(d->token, sizeof(d->token), token);
	list_init(&d->tiles);
	list_init(&d->waiting);
	d->size = THUMBNAIL_MEDIUM;
	list_add_tail(&all->dashboards, &d->link);
	all->n++;
	web_socket_set_handler(socket, &handler, d);
	dashboard_watch(d);
}

/* --- stationd --- */

static struct dashboards *all_of_watcher(struct host_watcher *w)
{
	return (struct dashboards *)((char *)w - offsetof(struct dashboards, watcher));
}

static void watch_all(struct dashboards *all)
{
	struct list *l, *next;

	list_for_each_safe (l, next, &all->dashboards) {
		struct dashboard *d = list_entry(l, struct dashboard, link);

		if (!d->watch)
			dashboard_watch(d);
	}
}

static void handle_up(struct host_watcher *w)
{
	watch_all(all_of_watcher(w));
}

static void handle_retry(uv_timer_t *t)
{
	struct dashboards *all = t->data;

	if (host_is_up(all->relay->host))
		watch_all(all);
}

static void handle_timer_closed(uv_handle_t *t)
{
	free(t);
}

static void handle_order(struct host_watcher *w, const char *order, json_t *parameters)
{
	struct dashboards *all = all_of_watcher(w);
	const char *token = json_string_value(json_object_get(parameters, "token"));
	struct list *l, *next;

	if (!streq(order, "signed_out") || !token || strlen(token) != STR_TOKEN_LEN)
		return;
	list_for_each_safe (l, next, &all->dashboards) {
		struct dashboard *d = list_entry(l, struct dashboard, link);

		if (str_eq_secret(d->token, token))
			dashboard_end(d, SOCKET_CLOSE_SIGN_IN);
	}
}

int dashboards_new(struct relay *relay, struct dashboards **ret)
{
	struct dashboards *all = calloc(1, sizeof(*all));

	if (!all)
		return -ENOMEM;
	all->retry = calloc(1, sizeof(*all->retry));
	if (!all->retry) {
		free(all);
		return -ENOMEM;
	}
	uv_timer_init(relay->loop, all->retry);
	all->retry->data = all;
	all->relay = relay;
	list_init(&all->dashboards);
	all->watcher.handle_up = handle_up;
	all->watcher.handle_order = handle_order;
	host_watch(relay->host, &all->watcher);
	*ret = all;
	return 0;
}

struct dashboards *dashboards_free(struct dashboards *all)
{
	if (!all)
		return NULL;
	while (!list_is_empty(&all->dashboards))
		dashboard_end(list_entry(all->dashboards.next, struct dashboard, link),
				SOCKET_CLOSE_GOING_AWAY);
	host_unwatch(&all->watcher);
	uv_close((uv_handle_t *)all->retry, handle_timer_closed);
	free(all);
	return NULL;
}
