/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A room is a way into a lesson, not its border: whoever comes into one while the lesson runs is
 * added to its people, and stays one of them. Were the place asked for each time, who changes the
 * station would be out of the lesson. So all the rest (what holds, for whom, until when) is the
 * same as for people who were named, and a restart finds them in the row of the lesson.
 *
 * Somebody comes into a room in the middle of a log-in or of a change of stations. Only that they
 * are covered is settled there, so that the first picture and the first program have it; what
 * concerns others too (the filter of the web, all scenes, programs) is done from the loop.
 */
#include "hostd/lesson-room.h"

#include "base/clock.h"
#include "base/log.h"
#include "base/str.h"
#include "hostd/host.h"
#include "hostd/lesson-run.h"
#include "hostd/rights.h"

static bool has_room(const struct lesson *l, const char *room)
{
	json_t *name;
	size_t i;

	json_array_foreach (l->rooms, i, name)
		if (*room && streq(json_string_value(name), room))
			return true;
	return false;
}

json_t *lesson_room_build_seen(const struct lesson *l, const struct caller *caller)
{
	json_t *seen = json_array(), *name;
	size_t i;

	json_array_foreach (l->rooms, i, name)
		if (l->by.uid == caller->uid ||
				rights_have_room(l->host, caller, json_string_value(name)))
			json_array_append(seen, name);
	return seen;
}

static int handle_entered(sd_event_source *source, uint64_t usec, void *userdata)
{
	struct host *h = userdata;
	struct list *l;

	(void)source, (void)usec;
	lessons_apply(h);
	list_for_each (l, &h->sessions) {
		struct session *s = list_entry(l, struct session, link);

		if (s->entered)
			lesson_handle_session(s);
		s->entered = false;
	}
	return 0;
}

/* The lesson is about the person: all sessions are. */
static void note_sessions(struct host *h, uid_t uid)
{
	struct list *l;

	list_for_each (l, &h->sessions) {
		struct session *s = list_entry(l, struct session, link);

		s->entered = s->entered || s->person.uid == uid;
	}
}

void lesson_room_enter(struct session *s)
{
	struct host *h = s->host;
	bool added = false;
	struct list *i;

	if (s->person.role != ROLE_STANDARD)
		return;
	list_for_each (i, &h->lessons) {
		struct lesson *l = list_entry(i, struct lesson, link);

		if (!has_room(l, s->room) || l->by.uid == s->person.uid || lesson_covers(l, s) ||
				l->rule.ends_ms <= clock_real_ms())
			continue;
		if (lesson_add_person(l, &s->person) < 0) {
			log_error("too many people, or out of memory: not in the lesson lesson=%s user=%s",
					l->id, s->person.user);
			continue;
		}
		log_info("came into the lesson lesson=%s user=%s room=%s", l->id, s->person.user,
				s->room);
		added = true;
	}
	if (!added)
		return;
	note_sessions(h, s->person.uid);
	if (host_arm_timer(h, &h->lesson_entered, 0, handle_entered, h) < 0)
		log_error("out of memory: a lesson is not told to user=%s", s->person.user);
}
