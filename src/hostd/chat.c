/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A conversation belongs to the person at the station, by account name: all supervisors share it,
 * and it goes on at another station and in the next session. Numbers count up and are never used
 * twice.
 */
#include "hostd/chat.h"

#include "base/clock.h"
#include "base/list.h"
#include "base/str.h"
#include "hostd/events.h"
#include "hostd/host.h"
#include "hostd/session.h"
#include "hostd/station.h"

/* --- messages --- */

#define COLUMNS "number, at_ms, by_user, by_name, user, user_name, supervisor, text"

static json_t *build_message(struct store_row *row)
{
	return json_pack("{s:I, s:I, s:s, s:s, s:s, s:s, s:b, s:s}", "number",
			(json_int_t)store_row_int(row, 0), "at_ms",
			(json_int_t)store_row_int(row, 1), "from", store_row_text(row, 2),
			"from_name", store_row_text(row, 3), "user", store_row_text(row, 4),
			"user_name", store_row_text(row, 5), "supervisor",
			store_row_int(row, 6) != 0, "text", store_row_text(row, 7));
}

static int add_message(struct store_row *row, void *userdata)
{
	json_array_append_new(userdata, build_message(row));
	return 0;
}

json_t *chat_history(struct host *h, const char *user)
{
	json_t *list = json_array();

	store_query(h->store, add_message, list,
			"SELECT " COLUMNS " FROM chat WHERE (?1 = '' OR user = ?1) AND at_ms > ?2 "
			"ORDER BY number",
			"si", user ? user : "", clock_real_ms() - CHAT_KEEP_MS);
	return list;
}

void chat_clear(struct host *h, const char *user)
{
	store_exec(h->store, "DELETE FROM chat WHERE ?1 = '' OR user = ?1", "s", user ? user : "");
	events_send_chat_cleared(h, user ? user : "");
}

static void tell_stations(struct session *s)
{
	struct list *l;

	list_for_each (l, &s->stations)
		orders_send_chat(list_entry(l, struct station, shown));
}

static int message_add(struct session *s, const char *by_user, const char *by_name, bool supervisor,
		const char *text)
{
	struct host *h = s->host;
	_cleanup_json_ json_t *list = json_array();
	int r;

	store_begin(h->store);
	store_exec(h->store,
			"INSERT INTO chat (at_ms, by_user, by_name, user, user_name, supervisor, text) "
			"VALUES (?,?,?,?,?,?,?)",
			"issssis", clock_real_ms(), by_user, by_name, s->person.user,
			s->person.full_name, (int64_t)supervisor, text);
	store_exec(h->store,
			"DELETE FROM chat WHERE number <= (SELECT max(number) FROM chat) - ? OR at_ms < ?",
			"ii", (int64_t)CHAT_MESSAGES_MAX, clock_real_ms() - CHAT_KEEP_MS);
	r = store_commit(h->store);
	if (r < 0)
		return r;
	store_query(h->store, add_message, list,
			"SELECT " COLUMNS " FROM chat ORDER BY number DESC LIMIT 1", "");
	events_send_chat(s, json_array_get(list, 0));
	tell_stations(s);
	return 0;
}

int chat_send(struct host *h, const struct caller *from, struct session *to, const char *text)
{
	(void)h;
	return message_add(to, from->user, from->full_name, true, text);
}

int chat_write(struct session *s, const char *text)
{
	if (!chat_is_enabled(s->host))
		return -EACCES;
	return message_add(s, s->person.user, s->person.full_name, false, text);
}

/* --- switched on or off --- */

static int take_number(struct store_row *row, void *userdata)
{
	*(int64_t *)userdata = store_row_int(row, 0);
	return 0;
}

bool chat_is_enabled(struct host *h)
{
	int64_t off = 0;

	store_query(h->store, take_number, &off,
			"SELECT value FROM counters WHERE name = 'chat_off'", "");
	return off == 0;
}

int chat_enable(struct host *h, bool enabled)
{
	struct list *l;
	int r;

	r = store_exec(h->store,
			"INSERT OR REPLACE INTO counters (name, value) VALUES ('chat_off', ?)", "i",
			(int64_t)!enabled);
	list_for_each (l, &h->sessions) {
		struct session *s = list_entry(l, struct session, link);

		if (!enabled)
			(void)hand_set(s, false);
		tell_stations(s);
	}
	events_send_chat_enabled(h, enabled);
	return r;
}

/* --- hands --- */

int hand_set(struct session *s, bool up)
{
	if (up && !chat_is_enabled(s->host))
		return -EACCES;
	if (up == (s->hand_ms != 0))
		return 0;
	s->hand_ms = up ? clock_real_ms() : 0;
	session_touch(s);
	tell_stations(s);
	return 0;
}

json_t *hand_build_json(const struct session *s)
{
	return json_pack("{s:s, s:s, s:s, s:I}", "user", s->person.user, "full_name",
			s->person.full_name, "session", s->id, "at_ms", (json_int_t)s->hand_ms);
}

/* --- for stations --- */

json_t *chat_build_station(const struct station *st)
{
	struct session *s = st->session;
	json_t *list = json_array(), *shown = json_array();
	size_t n;

	if (s)
		store_query(s->host->store, add_message, list,
				"SELECT " COLUMNS " FROM (SELECT " COLUMNS
				" FROM chat WHERE user = ? AND at_ms > ? ORDER BY number DESC LIMIT ?) "
				"ORDER BY number",
				"sii", s->person.user, clock_real_ms() - CHAT_KEEP_MS,
				(int64_t)CHAT_SHOWN_MAX);
	/* Only what the panel needs: pages of pupils learn no account names of others. */
	n = json_array_size(list);
	for (size_t i = 0; i < n; i++) {
		json_t *m = json_array_get(list, i);

		json_array_append_new(shown,
				json_pack("{s:O, s:O, s:O, s:O, s:O}", "number",
						json_object_get(m, "number"), "at_ms",
						json_object_get(m, "at_ms"), "from_name",
						json_object_get(m, "from_name"), "supervisor",
						json_object_get(m, "supervisor"), "text",
						json_object_get(m, "text")));
	}
	json_decref(list);
	return json_pack("{s:b, s:b, s:o}", "enabled", chat_is_enabled(st->host), "hand",
			s && s->hand_ms != 0, "messages", shown);
}
