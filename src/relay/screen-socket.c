/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Dashboards that send a screen. A socket is nobody until stationd has said that this person sends
 * this projection (ScreenOpen); until then what it sends is thrown away. Then it takes the place of
 * one that the projection had before, which may be the same dashboard whose connection broke.
 *
 * Each picture is asked for; what comes without being asked for is thrown away.
 *
 * stationd counts one sender for each projection: it is told ScreenClose with the last socket only,
 * and again ScreenOpen of all that are there when it comes back.
 */
#include "relay/screen-socket.h"

#include <string.h>

#include "base/log.h"
#include "base/str.h"
#include "relay/projection-internal.h"
#include "relay/screen.h"

enum { SOCKETS_MAX = 64 };

struct screen_socket {
	struct list link;
	struct projections *all;
	struct web_socket *socket;
	char token[STR_TOKEN_LEN + 1];
	char id[PROJECTION_ID_MAX + 1];
	bool opening;                  /* ScreenOpen is under way */
	bool opened;                   /* stationd counts it */
	struct projection *projection; /* NULL: not let in yet */
	bool asked;
};

static bool others_send(struct screen_socket *c)
{
	struct list *l;

	list_for_each (l, &c->all->sockets) {
		struct screen_socket *o = list_entry(l, struct screen_socket, link);

		if (o != c && (o->opening || o->opened) && streq(o->id, c->id))
			return true;
	}
	return false;
}

static void tell_close(struct screen_socket *c)
{
	struct varlink_request request = { .method = "org.stationmaster.Relay.ScreenClose" };

	if ((!c->opening && !c->opened) || others_send(c))
		return;
	if (c->projection && c->projection->gone)
		return;
	request.parameters = json_pack("{s:s}", "projection", c->id);
	(void)host_call(c->all->relay->host, &request, NULL, NULL);
}

static void socket_free(struct screen_socket *c)
{
	struct projection *p = c->projection;

	if (c->opening)
		host_forget(c->all->relay->host, c);
	tell_close(c);
	list_remove(&c->link);
	c->all->n_sockets--;
	if (p) {
		p->socket = NULL;
		if (p->screen)
			screen_cancel(p->screen);
		projection_trim(p);
	}
	explicit_bzero(c->token, sizeof(c->token));
	free(c);
}

void screen_socket_end(struct screen_socket *c, enum socket_close code)
{
	web_socket_leave(c->socket, code);
	socket_free(c);
}

void screen_socket_refuse(struct screen_socket *c, const char *reason)
{
	log_notice("a screen was sent that cannot be shown: %s projection=%s peer=%s", reason,
			c->id, web_socket_address(c->socket));
	web_socket_close_reason(c->socket, SOCKET_CLOSE_UNSUPPORTED, reason);
	screen_socket_end(c, SOCKET_CLOSE_UNSUPPORTED);
}

void screen_socket_ask(struct screen_socket *c)
{
	static const char next[] = "{\"next\":true}";

	if (c->asked)
		return;
	c->asked = true;
	web_socket_send_text(c->socket, next, sizeof(next) - 1);
}

/* --- from the socket --- */

static void handle_message(
		struct web_socket *socket, const uint8_t *data, size_t len, void *userdata)
{
	struct screen_socket *c = userdata;
	int r;

	(void)socket;
	if (!c->asked)
		return;
	c->asked = false;
	r = screen_put(c->projection->screen, data, len);
	if (r < 0)
		screen_socket_refuse(c, strerror(-r));
}

static void handle_closed(struct web_socket *socket, void *userdata)
{
	(void)socket;
	socket_free(userdata);
}

static const struct socket_handler handler = {
	.handle_message = handle_message,
	.message_max = SCREEN_FILE_MAX,
	.handle_closed = handle_closed,
};

/* --- stationd --- */

static void let_in(struct screen_socket *c)
{
	struct projection *p = NULL;

	if (projection_get(c->all, c->id, "", &p) < 0) {
		screen_socket_end(c, SOCKET_CLOSE_ERROR);
		return;
	}
	c->projection = p;
	if (p->socket) {
		struct screen_socket *old = p->socket;

		old->projection = NULL;
		old->opened = false;
		screen_cancel(p->screen);
		screen_socket_end(old, SOCKET_CLOSE_NORMAL);
	}
	p->socket = c;
	log_info("a screen is sent projection=%s peer=%s", c->id, web_socket_address(c->socket));
	if (screen_is_wanted(p->screen))
		screen_socket_ask(c);
}

static void handle_opened(struct varlink *v, const char *error, json_t *parameters, bool continues,
		int fd, void *userdata)
{
	struct screen_socket *c = userdata;

	(void)v, (void)continues, (void)fd;
	c->opening = false;
	c->opened = !error && parameters;
	if (error) {
		log_info("a screen was refused: %s projection=%s peer=%s", error, c->id,
				web_socket_address(c->socket));
		screen_socket_end(c, web_socket_code_of(error));
	} else if (!parameters && !c->projection) {
		screen_socket_end(c, SOCKET_CLOSE_UNAVAILABLE);
	} else if (parameters && !c->projection) {
		let_in(c);
	}
}

static void open_screen(struct screen_socket *c)
{
	struct varlink_request request = { .method = "org.stationmaster.Relay.ScreenOpen",
		.token = c->token };

	if (c->opening)
		return;
	request.parameters = json_pack("{s:s}", "projection", c->id);
	c->opening = true;
	if (host_call(c->all->relay->host, &request, handle_opened, c) < 0) {
		c->opening = false;
		screen_socket_end(c, SOCKET_CLOSE_UNAVAILABLE);
	}
}

void screen_sockets_handle_up(struct projections *all)
{
	struct list *l, *next;

	list_for_each_safe (l, next, &all->sockets)
		open_screen(list_entry(l, struct screen_socket, link));
}

void screen_sockets_handle_order(struct projections *all, const char *order, json_t *parameters)
{
	const char *token = json_string_value(json_object_get(parameters, "token"));
	struct list *l, *next;

	if (!streq(order, "signed_out") || !token || strlen(token) != STR_TOKEN_LEN)
		return;
	list_for_each_safe (l, next, &all->sockets) {
		struct screen_socket *c = list_entry(l, struct screen_socket, link);

		if (str_eq_secret(c->token, token))
			screen_socket_end(c, SOCKET_CLOSE_SIGN_IN);
	}
}

void screen_sockets_stop(struct projections *all)
{
	while (!list_is_empty(&all->sockets))
		screen_socket_end(list_entry(all->sockets.next, struct screen_socket, link),
				SOCKET_CLOSE_GOING_AWAY);
}

void projections_open_screen(struct projections *all, struct web_socket *socket, const char *token,
		const char *id)
{
	struct screen_socket *c;

	if (!*token) {
		web_socket_close(socket, SOCKET_CLOSE_SIGN_IN);
		return;
	}
	if (!*id || strlen(id) > PROJECTION_ID_MAX) {
		web_socket_close(socket, SOCKET_CLOSE_NO_SESSION);
		return;
	}
	if (!host_is_up(all->relay->host)) {
		web_socket_close(socket, SOCKET_CLOSE_UNAVAILABLE);
		return;
	}
	c = all->n_sockets < SOCKETS_MAX ? calloc(1, sizeof(*c)) : NULL;
	if (!c) {
		web_socket_close(socket, SOCKET_CLOSE_TOO_MANY);
		return;
	}
	c->all = all;
	c->socket = socket;
	str_copy(c->token, sizeof(c->token), token);
	str_copy(c->id, sizeof(c->id), id);
	list_add_tail(&all->sockets, &c->link);
	all->n_sockets++;
	web_socket_set_handler(socket, &handler, c);
	open_screen(c);
}
