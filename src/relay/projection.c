/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * One projection per id that stations use, with the picture of its source and a scaled one for each
 * size that somebody has asked for. It is there as long as somebody uses it or sends its screen.
 *
 * When the source's picture goes, users are told first, while all pictures are still there; then
 * the scaled ones go, then their source. A user holds at most one size, the one it asked for last.
 */
#include "relay/projection.h"

#include <assert.h>
#include <string.h>

#include "base/log.h"
#include "base/str.h"
#include "relay/projection-internal.h"
#include "relay/scaled.h"
#include "relay/screen-socket.h"
#include "relay/screen.h"

struct projection_size {
	struct list link;
	struct projection *projection;
	unsigned users;
	size_t pixels;
	struct scaled *scaled;
};

/* --- sizes --- */

static void size_free(struct projection_size *z)
{
	z->projection->pixels -= z->pixels;
	list_remove(&z->link);
	scaled_free(z->scaled);
	free(z);
}

static void size_release(struct projection_size *z)
{
	if (z && --z->users == 0)
		size_free(z);
}

static struct projection_size *size_find(struct projection *p, uint16_t w, uint16_t h)
{
	struct list *l;

	list_for_each (l, &p->sizes) {
		struct projection_size *z = list_entry(l, struct projection_size, link);
		struct picture *picture = scaled_picture(z->scaled);

		if (picture->w == w && picture->h == h)
			return z;
	}
	return NULL;
}

/* With one user more; NULL: not possible. */
static struct projection_size *size_get(struct projection *p, uint16_t w, uint16_t h)
{
	struct projection_size *z = size_find(p, w, h);
	size_t pixels = (size_t)w * h;

	if (!z) {
		if (pixels > PROJECTION_PIXELS_MAX - p->pixels)
			return NULL;
		z = calloc(1, sizeof(*z));
		if (!z)
			return NULL;
		if (scaled_new(p->all->relay->loop, p->picture, w, h, &z->scaled) < 0) {
			free(z);
			return NULL;
		}
		z->projection = p;
		z->pixels = pixels;
		p->pixels += pixels;
		list_add_tail(&p->sizes, &z->link);
	}
	z->users++;
	return z;
}

struct picture *projection_user_scaled(struct projection_user *u, uint16_t w, uint16_t h)
{
	struct projection_size *old = u->size;

	if (!u->projection || !u->projection->picture)
		return NULL;
	/* The new one first: who compares addresses must see that it is another one. */
	u->size = w > 0 && h > 0 ? size_get(u->projection, w, h) : NULL;
	size_release(old);
	return u->size ? scaled_picture(u->size->scaled) : NULL;
}

/* --- the picture --- */

/* They may release in there: p must be trimmed afterwards. */
static void tell(struct projection *p)
{
	struct list *l, *next;

	p->telling = true;
	list_for_each_safe (l, next, &p->users) {
		struct projection_user *u = list_entry(l, struct projection_user, link);

		u->told = true;
		u->handle_projection(u);
	}
	p->telling = false;
}

/* Users let go of all pictures while they are still there. */
static void drop_picture(struct projection *p)
{
	struct list *l;

	if (!p->picture)
		return;
	p->picture = NULL;
	tell(p);
	list_for_each (l, &p->users)
		list_entry(l, struct projection_user, link)->size = NULL;
	while (!list_is_empty(&p->sizes))
		size_free(list_entry(p->sizes.next, struct projection_size, link));
	p->own = scaled_free(p->own);
}

static void set_picture(struct projection *p, struct picture *picture)
{
	uv_loop_t *loop = p->all->relay->loop;

	if (picture == p->picture)
		return;
	drop_picture(p);
	if (!picture)
		return;
	if (!p->screen && scaled_new(loop, picture, 0, 0, &p->own) < 0) {
		log_warning("no memory for a projection projection=%s", p->id);
		return;
	}
	p->picture = picture;
	tell(p);
}

static void handle_source(struct source_user *u)
{
	struct projection *p = list_entry(u, struct projection, source);

	set_picture(p, source_user_picture(u));
	projection_trim(p);
}

static void handle_screen(struct screen *s, void *userdata)
{
	struct projection *p = userdata;

	set_picture(p, screen_picture(s));
	projection_trim(p);
}

static void handle_bad(struct screen *s, const char *reason, void *userdata)
{
	struct projection *p = userdata;

	(void)s;
	if (p->socket)
		screen_socket_refuse(p->socket, reason);
}

static void handle_wanted(struct screen *s, void *userdata)
{
	struct projection *p = userdata;

	(void)s;
	if (p->socket)
		screen_socket_ask(p->socket);
}

static const struct screen_events screen_events = {
	.handle_picture = handle_screen,
	.handle_bad = handle_bad,
	.handle_wanted = handle_wanted,
};

/* --- the table --- */

struct projection *projection_find(struct projections *all, const char *id)
{
	struct list *l;

	list_for_each (l, &all->projections) {
		struct projection *p = list_entry(l, struct projection, link);

		if (streq(p->id, id) && !p->gone)
			return p;
	}
	return NULL;
}

static int open_source(struct projection *p, const char *session)
{
	struct relay *relay = p->all->relay;

	if (*session)
		return sources_use(relay->sources, session, &p->source);
	return screen_new(relay->loop, &screen_events, p, &p->screen);
}

int projection_get(struct projections *all, const char *id, const char *session,
		struct projection **ret)
{
	struct projection *p = projection_find(all, id);
	int r;

	if (p) {
		if (!streq(session, source_user_session(&p->source)))
			return -EINVAL;
		*ret = p;
		return 0;
	}
	if (!*id || strlen(id) > PROJECTION_ID_MAX)
		return -EINVAL;
	if (all->n >= PROJECTIONS_MAX)
		return -EMFILE;
	p = calloc(1, sizeof(*p));
	if (!p)
		return -ENOMEM;
	p->all = all;
	str_copy(p->id, sizeof(p->id), id);
	p->source.handle_source = handle_source;
	list_init(&p->users);
	list_init(&p->sizes);
	r = open_source(p, session);
	if (r < 0) {
		free(p);
		return r;
	}
	list_add_tail(&all->projections, &p->link);
	all->n++;
	*ret = p;
	return 0;
}

static void close_source(struct projection *p)
{
	set_picture(p, NULL);
	sources_release(&p->source);
	p->screen = screen_free(p->screen);
}

void projection_trim(struct projection *p)
{
	if (p->telling || p->socket || !list_is_empty(&p->users))
		return;
	close_source(p);
	list_remove(&p->link);
	p->all->n--;
	free(p);
}

/* --- use --- */

static void handle_tell(uv_timer_t *t)
{
	struct projections *all = t->data;
	struct list *l, *next, *l2, *next2;

	list_for_each_safe (l, next, &all->projections) {
		struct projection *p = list_entry(l, struct projection, link);

		list_for_each_safe (l2, next2, &p->users) {
			struct projection_user *u = list_entry(l2, struct projection_user, link);

			if (u->told || !p->picture)
				continue;
			/* One at a time: it may release, which may be the end of p. */
			u->told = true;
			uv_timer_start(t, handle_tell, 0, 0);
			u->handle_projection(u);
			return;
		}
	}
}

int projections_use(struct projections *all, const char *id, const char *session,
		struct projection_user *u)
{
	struct projection *p;
	int r;

	assert(!u->projection && u->handle_projection);
	r = projection_get(all, id, session, &p);
	if (r < 0)
		return r;
	u->projection = p;
	u->size = NULL;
	u->told = false;
	list_add_tail(&p->users, &u->link);
	uv_timer_start(all->tell, handle_tell, 0, 0);
	if (p->screen)
		screen_set_used(p->screen, true);
	return 0;
}

void projections_release(struct projection_user *u)
{
	struct projection *p = u->projection;

	if (!p)
		return;
	size_release(u->size);
	u->size = NULL;
	u->projection = NULL;
	list_remove(&u->link);
	if (p->screen)
		screen_set_used(p->screen, !list_is_empty(&p->users));
	projection_trim(p);
}

struct picture *projection_user_picture(const struct projection_user *u)
{
	const struct projection *p = u->projection;

	if (!p || !p->picture)
		return NULL;
	return p->own ? scaled_picture(p->own) : p->picture;
}

/* --- stationd --- */

static void handle_order(struct host_watcher *w, const char *order, json_t *parameters)
{
	struct projections *all = list_entry(w, struct projections, watcher);
	const char *id = json_string_value(json_object_get(parameters, "projection"));
	struct projection *p;

	screen_sockets_handle_order(all, order, parameters);
	if (!streq(order, "projection_gone") || !id)
		return;
	p = projection_find(all, id);
	if (!p)
		return;
	/* Stations hear of it by their scenes; until then they show nothing of it. */
	p->gone = true;
	close_source(p);
	if (p->socket)
		screen_socket_end(p->socket, SOCKET_CLOSE_NORMAL);
	else
		projection_trim(p);
}

static void handle_up(struct host_watcher *w)
{
	screen_sockets_handle_up(list_entry(w, struct projections, watcher));
}

/* --- start and end --- */

int projections_new(struct relay *relay, struct projections **ret)
{
	struct projections *all = calloc(1, sizeof(*all));

	if (!all)
		return -ENOMEM;
	all->tell = calloc(1, sizeof(*all->tell));
	if (!all->tell) {
		free(all);
		return -ENOMEM;
	}
	all->relay = relay;
	list_init(&all->projections);
	list_init(&all->sockets);
	uv_timer_init(relay->loop, all->tell);
	all->tell->data = all;
	all->watcher.handle_order = handle_order;
	all->watcher.handle_up = handle_up;
	host_watch(relay->host, &all->watcher);
	*ret = all;
	return 0;
}

static void handle_timer_closed(uv_handle_t *t)
{
	free(t);
}

struct projections *projections_free(struct projections *all)
{
	if (!all)
		return NULL;
	screen_sockets_stop(all);
	assert(list_is_empty(&all->projections));
	host_unwatch(&all->watcher);
	uv_close((uv_handle_t *)all->tell, handle_timer_closed);
	free(all);
	return NULL;
}
