/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The lock of a session: set by its user, kept over a restart of stationd, gone with the session.
 * Written before it is told, because a station that comes back after a crash must not show what
 * was locked.
 */
#include "base/log.h"
#include "hostd/host.h"
#include "hostd/session.h"
#include "hostd/station-scene.h"

void session_lock(struct session *s)
{
	if (s->locked)
		return;
	s->locked = true;
	store_exec(s->host->store, "INSERT OR REPLACE INTO locks (session, boot) VALUES (?, ?)",
			"ss", s->id, s->host->boot);
	log_info("locked session=%s user=%s", s->id, s->person.user);
	session_touch(s);
	session_refresh(s);
}

void session_clear_lock(struct session *s)
{
	if (!s->locked)
		return;
	s->locked = false;
	session_forget_lock(s);
	log_info("unlocked session=%s user=%s", s->id, s->person.user);
	session_touch(s);
}

void session_unlock(struct session *s)
{
	session_clear_lock(s);
	session_refresh(s);
}

void session_forget_lock(struct session *s)
{
	store_exec(s->host->store, "DELETE FROM locks WHERE session = ?", "s", s->id);
}

static int take_lock(struct store_row *row, void *userdata)
{
	((struct session *)userdata)->locked = true;
	return 0;
}

void session_load_lock(struct session *s)
{
	store_query(s->host->store, take_lock, s,
			"SELECT session FROM locks WHERE session = ? AND boot = ?", "ss", s->id,
			s->host->boot);
}
