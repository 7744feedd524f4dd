/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Names and rooms that supervisors give to stations, and the room of a session, which is that of
 * the station that shows it or showed it last. Rights are bound to rooms, so both are in the store
 * before anybody is told: a restart must not move a session out of somebody's sight, nor into it.
 */
#include "hostd/station.h"

#include "base/clock.h"
#include "base/log.h"
#include "base/str.h"
#include "hostd/host.h"
#include "hostd/lesson-room.h"
#include "hostd/view.h"

bool station_place_is_valid(const char *text)
{
	_cleanup_free_ char *clean = str_clean(text, PLACE_CHARS_MAX);

	return clean && streq(clean, text) && text[0] != ' ' &&
	       (!*text || text[strlen(text) - 1] != ' ');
}

void station_place_session(struct session *s, const char *room)
{
	struct store *store = s->host->store;

	if (streq(s->room, room))
		return;
	str_copy(s->room, sizeof(s->room), room);
	store_begin(store);
	store_exec(store,
			"INSERT OR REPLACE INTO session_rooms (session, boot, room) VALUES (?,?,?)",
			"sss", s->id, s->host->boot, s->room);
	lesson_room_enter(s);
	store_commit(store);
	s->moved = true;
	session_touch(s);
	view_end_forbidden(s->host);
}

void station_tell_room(struct station *st)
{
	if (st->session)
		station_place_session(st->session, st->room);
}

static int take_room(struct store_row *row, void *userdata)
{
	struct session *s = userdata;

	str_copy(s->room, sizeof(s->room), store_row_text(row, 0));
	return 0;
}

void station_load_room(struct session *s)
{
	store_query(s->host->store, take_room, s,
			"SELECT room FROM session_rooms WHERE session = ? AND boot = ?", "ss",
			s->id, s->host->boot);
}

void station_forget_room(struct session *s)
{
	if (*s->room)
		store_exec(s->host->store, "DELETE FROM session_rooms WHERE session = ?", "s",
				s->id);
}

struct stored {
	struct host *host;
	const char *name, *room; /* new ones; NULL: as they are */
	json_t *json;            /* NULL: not found */
};

/* A station that is away, as the store knows it. */
static int build_stored(struct store_row *row, void *userdata)
{
	char since[CLOCK_RFC3339_LEN + 1];
	struct stored *k = userdata;
	const char *name = k->name ? k->name : store_row_text(row, 1);

	clock_format_rfc3339(store_row_int(row, 5), since);
	k->json = json_pack("{s:s, s:s, s:s, s:s, s:s, s:b, s:s, s:s, s:b, s:s}", "id",
			store_row_text(row, 0), "name", *name ? name : store_row_text(row, 0),
			"room", k->room ? k->room : store_row_text(row, 2), "kind",
			store_row_text(row, 3), "address", store_row_text(row, 4), "connected", 0,
			"scene", "greeter", "session", "", "blocked", 0, "since", since);
	if (k->json) {
		station_auto_add_json(k->host, store_row_text(row, 0), k->json);
		station_local_add_json(NULL, k->json);
	}
	return 0;
}

static void take_place(struct station *st, const char *name, const char *room)
{
	char *copy = name ? strdup(*name ? name : st->id) : NULL;

	if (copy) {
		free(st->name);
		st->name = copy;
		st->named = *name != 0;
	}
	if (room) {
		st->moved = st->moved || !streq(st->room, room);
		str_copy(st->room, sizeof(st->room), room);
	}
	station_tell_room(st);
	station_touch(st);
}

int station_set_place(
		struct host *h, const char *id, const char *name, const char *room, json_t **ret)
{
	struct station *st = station_find(h, id);
	struct stored k = { .host = h, .name = name, .room = room };
	int r;

	store_begin(h->store);
	if (st && st->unsaved)
		station_save(st); /* new ones have no row yet */
	store_query(h->store, build_stored, &k,
			"SELECT id, name, room, kind, address, since_s FROM stations WHERE id = ?",
			"s", id);
	if (name)
		store_exec(h->store, "UPDATE stations SET name = ?, named = ? WHERE id = ?", "sis",
				*name ? name : id, (int64_t)(*name != 0), id);
	if (room)
		store_exec(h->store, "UPDATE stations SET room = ? WHERE id = ?", "ss", room, id);
	r = store_commit(h->store);
	if (st && r == 0) {
		json_decref(k.json);
		take_place(st, name, room);
		k.json = station_build_json(st, NULL);
	}
	if (r == 0 && !k.json)
		r = -ENOENT;
	if (r < 0)
		json_decref(k.json);
	else
		*ret = k.json;
	return r;
}

static int copy_room(struct store_row *row, void *userdata)
{
	char **room = userdata;

	free(*room);
	*room = strdup(store_row_text(row, 0));
	return 0;
}

char *station_find_room(struct host *h, const char *id)
{
	struct station *st = station_find(h, id);
	char *room = NULL;

	if (st)
		return strdup(st->room);
	store_query(h->store, copy_room, &room, "SELECT room FROM stations WHERE id = ?", "s", id);
	return room;
}

static int add_room(struct store_row *row, void *userdata)
{
	json_array_append_new(userdata, json_string(store_row_text(row, 0)));
	return 0;
}

void station_add_rooms(struct host *h, json_t *rooms)
{
	host_save(h);
	store_query(h->store, add_room, rooms,
			"SELECT DISTINCT room FROM stations WHERE room <> '' ORDER BY room", "");
}
