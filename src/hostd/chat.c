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

struct history {
	json_t *list;
	chat_may_fn may;
	void *userdata;
};

static int add_allowed(struct store_row *row, void *userdata)
{
	const struct history *history = userdata;
	/* Written before roles were noted: told to as few as may be. */
	enum role role = ROLE_ADMINISTRATOR;

	(void)role_parse(store_row_text(row, 8), &role);
	if (history->may(store_row_text(row, 4), role, history->userdata))
		json_array_append_new(history->list, build_message(row));
	return 0;
}

json_t *chat_history(struct host *h, const char *user, chat_may_fn may, void *userdata)
{
	json_t *list = json_array();

	store_query(h->store, add_allowed,
			&(struct history){ .list = list, .may = may, .userdata = userdata },
			"SELECT " COLUMNS
			", role FROM chat WHERE (?1 = '' OR user = ?1) AND at_ms > ?2 "
			"ORDER BY number",
			"si", user ? user : "", clock_real_ms() - CHAT_KEEP_MS);
	return list;
}

static void tell_stations(struct session *s)
{
	struct list *l;

	list_for_each (l, &s->stations)
		orders_send_chat(list_entry(l, struct station, shown));
}

/* All sessions of a person show the same conversation. user NULL: everybody. */
static void tell_person(struct host *h, const char *user)
{
	struct list *l;

	list_for_each (l, &h->sessions) {
		struct session *s = list_entry(l, struct session, link);

		if (!user || streq(s->person.user, user))
			tell_stations(s);
	}
}

void chat_clear(struct host *h, const char *user)
{
	store_exec(h->store, "DELETE FROM chat WHERE ?1 = '' OR user = ?1", "s", user ? user : "");
	tell_person(h, user);
	events_send_chat_cleared(h, user ? user : "");
}

static int message_add(struct session *s, const struct caller *by, bool supervisor,
		const char *text, json_t **ret_message)
{
	struct host *h = s->host;
	_cleanup_json_ json_t *list = json_array();
	int r;

	r = store_exec(h->store,
			"INSERT INTO chat (at_ms, by_user, by_name, user, user_name, supervisor, text, "
			"role) VALUES (?,?,?,?,?,?,?,?)",
			"issssiss", clock_real_ms(), by->user, by->full_name, s->person.user,
			s->person.full_name, (int64_t)supervisor, text,
			role_to_string(s->person.role));
	if (r < 0)
		return r;
	store_exec(h->store,
			"DELETE FROM chat WHERE number <= (SELECT max(number) FROM chat) - ? OR at_ms < ?",
			"ii", (int64_t)CHAT_MESSAGES_MAX, clock_real_ms() - CHAT_KEEP_MS);
	store_query(h->store, add_message, list,
			"SELECT " COLUMNS " FROM chat ORDER BY number DESC LIMIT 1", "");
	*ret_message = json_incref(json_array_get(list, 0));
	return *ret_message ? 0 : -EIO;
}

int chat_send(const struct caller *from, struct session *to, const char *text, json_t **ret_message)
{
	return message_add(to, from, true, text, ret_message);
}

void chat_tell(struct session *s, json_t *message)
{
	events_send_chat(s, message);
	tell_person(s->host, s->person.user);
}

int chat_write(struct session *s, const char *text)
{
	_cleanup_json_ json_t *message = NULL;
	struct caller by = { 0 };
	int r, k;

	if (!chat_is_enabled(s->host))
		return -EACCES;
	str_copy(by.user, sizeof(by.user), s->person.user);
	str_copy(by.full_name, sizeof(by.full_name), s->person.full_name);
	store_begin(s->host->store);
	k = message_add(s, &by, false, text, &message);
	r = store_commit(s->host->store);
	if (r == 0 && k == 0)
		chat_tell(s, take_ptr(message));
	return r < 0 ? r : k;
}

/* --- hands --- */

static void hand_lowered(struct session *s)
{
	if (!s->hand_ms)
		return;
	s->hand_ms = 0;
	session_touch(s);
}

int hand_set(struct session *s, bool up)
{
	struct store *store = s->host->store;
	int64_t now = clock_real_ms();
	int r = 0;

	if (up && !chat_is_enabled(s->host))
		return -EACCES;
	if (up == (s->hand_ms != 0))
		return 0;
	if (up)
		r = store_exec(store,
				"INSERT OR REPLACE INTO hands (session, boot, at_ms) VALUES (?,?,?)",
				"ssi", s->id, s->host->boot, now);
	else
		hand_forget(s);
	if (r < 0)
		return r;
	if (up)
		s->hand_ms = now;
	else
		hand_lowered(s);
	session_touch(s);
	tell_stations(s);
	return 0;
}

void hand_forget(struct session *s)
{
	store_exec(s->host->store, "DELETE FROM hands WHERE session = ?", "s", s->id);
}

static int take_hand(struct store_row *row, void *userdata)
{
	((struct session *)userdata)->hand_ms = store_row_int(row, 0);
	return 0;
}

void hand_load(struct session *s)
{
	store_query(s->host->store, take_hand, s,
			"SELECT at_ms FROM hands WHERE session = ? AND boot = ?", "ss", s->id,
			s->host->boot);
}

json_t *hand_build_json(const struct session *s)
{
	return json_pack("{s:s, s:s, s:s, s:I}", "user", s->person.user, "full_name",
			s->person.full_name, "session", s->id, "at_ms", (json_int_t)s->hand_ms);
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

	store_begin(h->store);
	store_exec(h->store, "INSERT OR REPLACE INTO counters (name, value) VALUES ('chat_off', ?)",
			"i", (int64_t)!enabled);
	if (!enabled)
		store_exec(h->store, "DELETE FROM hands", "");
	r = store_commit(h->store);
	if (r < 0)
		return r;
	list_for_each (l, &h->sessions) {
		struct session *s = list_entry(l, struct session, link);

		if (!enabled)
			hand_lowered(s);
		tell_stations(s);
	}
	events_send_chat_enabled(h, enabled);
	return 0;
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
