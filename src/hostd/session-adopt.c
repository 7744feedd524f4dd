/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Finding running sessions again after a restart of stationd: every folder of
 * /run/stationmaster/sessions has a control socket on which its helper tells what it keeps. All are
 * asked at once; host_run() waits for the answers (n_adopting) for a bounded time before it opens
 * the sockets, and those that answer later appear then. Folders without an answer are looked at
 * again, soon and then about once a minute: a helper may just be opening its session, or be
 * stopped.
 */
#include <dirent.h>
#include <stdio.h>

#include "base/fd.h"
#include "base/log.h"
#include "base/str.h"
#include "hostd/chat.h"
#include "hostd/host.h"
#include "hostd/job.h"
#include "hostd/lesson-run.h"
#include "hostd/session.h"
#include "hostd/station.h"

enum { ROUNDS_MAX = 7, /* 64 s between them */ DESCRIBE_TIMEOUT_MS = 10000 };

/* One helper that was asked. */
struct adoption {
	struct host *host;
	char id[SESSION_ID_MAX];
	uint64_t number;
	struct worker *worker;
	sd_event_source *timer;
	bool first_round;
};

static void adoption_free(struct adoption *a)
{
	if (a->first_round)
		a->host->n_adopting--;
	sd_event_source_disable_unref(a->timer);
	worker_free(a->worker);
	free(a);
}

static void adopt(struct adoption *a, json_t *facts)
{
	struct host *h = a->host;
	struct person person = { 0 };
	struct session *s = NULL;
	int r;

	if (session_find(h, a->id))
		return;
	r = person_parse(json_object_get(facts, "person"), &person);
	if (r == 0)
		r = session_new(h, a->number, &person, &s);
	person_done(&person);
	if (r == 0)
		r = session_take_facts(s, facts);
	if (r < 0) {
		log_error_errno(r, "the helper of a running session says nothing useful session=%s",
				a->id);
		session_free(s);
		return;
	}
	s->worker = take_ptr(a->worker);
	h->last_session = MAX(h->last_session, a->number);
	log_info("found again session=%s user=%s display=:%d", s->id, s->person.user, s->display);
	session_load_lock(s);
	station_load_room(s);
	hand_load(s);
	session_start_watch(s);
	station_handle_adopted(h, s);
	job_handle_adopted(s);
	lesson_handle_session(s);
}

static void handle_describe(struct varlink *v, const char *error, json_t *parameters,
		bool continues, int fd, void *userdata)
{
	struct adoption *a = userdata;

	if (!parameters)
		return; /* handle_lost() comes */
	if (!error)
		adopt(a, json_object_get(parameters, "facts"));
	adoption_free(a);
}

static void handle_lost(struct worker *w, void *userdata)
{
	adoption_free(userdata);
}

static int handle_timeout(sd_event_source *source, uint64_t usec, void *userdata)
{
	struct adoption *a = userdata;

	log_warning("the helper of a running session does not answer session=%s", a->id);
	adoption_free(a);
	return 0;
}

static void adopt_one(struct host *h, const char *id, uint64_t number, bool first_round)
{
	struct worker *w = NULL;
	struct adoption *a;

	h->last_session = MAX(h->last_session, number);
	if (session_find(h, id) || worker_connect(h, id, &w) < 0)
		return;
	a = calloc(1, sizeof(*a));
	if (!a) {
		worker_free(w);
		return;
	}
	a->host = h;
	a->number = number;
	a->worker = w;
	a->first_round = first_round;
	if (first_round)
		h->n_adopting++;
	str_copy(a->id, sizeof(a->id), id);
	worker_set_owner(w, handle_lost, a);
	host_arm_timer(h, &a->timer, DESCRIBE_TIMEOUT_MS, handle_timeout, a);
	if (worker_call(w, "Describe", NULL, false, handle_describe, a) < 0)
		adoption_free(a);
}

static void scan(struct host *h, bool first_round)
{
	struct dirent *e;
	DIR *d;

	d = opendir(HOST_SESSIONS);
	if (!d)
		return;
	while ((e = readdir(d))) {
		char id[SESSION_ID_MAX];
		int64_t n;

		if (e->d_name[0] != 's' || str_parse_i64(e->d_name + 1, 1, INT64_MAX, &n) < 0)
			continue;
		snprintf(id, sizeof(id), "s%lld", (long long)n);
		if (streq(id, e->d_name))
			adopt_one(h, id, (uint64_t)n, first_round);
	}
	closedir(d);
}

/* {"forced": bool, "reason": string} */
static void take_ended(struct host *h, int dirfd, const char *id)
{
	_cleanup_free_ char *data = NULL, *text = NULL;
	_cleanup_json_ json_t *note = NULL;
	const char *reason;
	size_t len;

	if (fd_read_file_at(dirfd, id, 65536, &data, &len) == 0 &&
			json_parse_object(data, len, &note) == 0) {
		reason = json_string_value(json_object_get(note, "reason"));
		text = str_clean(reason && !streq(reason, SESSION_USER_LOGGED_OFF) ? reason : "",
				SESSION_MESSAGE_MAX);
		station_handle_missed_end(h, id, text ? text : "");
	}
	unlinkat(dirfd, id, 0);
}

void session_take_all_ended(struct host *h)
{
	struct dirent *e;
	DIR *d;

	d = opendir(HOST_ENDED);
	if (!d)
		return;
	while ((e = readdir(d)))
		if (e->d_name[0] != '.' && !session_find(h, e->d_name) &&
				!session_is_running(e->d_name))
			take_ended(h, dirfd(d), e->d_name);
	closedir(d);
}

static int handle_rescan(sd_event_source *source, uint64_t usec, void *userdata)
{
	struct host *h = userdata;

	scan(h, false);
	/* What a helper's unit wrote after we had seen that the helper was killed. */
	if (h->n_adopting == 0)
		session_take_all_ended(h);
	h->rescan_round = MIN(h->rescan_round + 1, (unsigned)ROUNDS_MAX);
	host_arm_timer(h, &h->rescan, 500ll << h->rescan_round, handle_rescan, h);
	return 0;
}

void session_adopt_all(struct host *h)
{
	store_exec(h->store, "DELETE FROM locks WHERE boot <> ?", "s", h->boot);
	store_exec(h->store, "DELETE FROM session_rooms WHERE boot <> ?", "s", h->boot);
	store_exec(h->store, "DELETE FROM hands WHERE boot <> ?", "s", h->boot);
	scan(h, true);
	host_arm_timer(h, &h->rescan, 500, handle_rescan, h);
}
