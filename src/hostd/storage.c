/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * One Set is under way at a time; what changes meanwhile is sent after it, the last only. A Set
 * that failed and a connection that ended are tried again: station-usb may be restarted at any
 * time, and what it did before stays.
 *
 * When another person comes to a hub it is nobody's first (build_step()), and the next Set is sent
 * when that is done: what the one before had mounted is gone before the next one has anything.
 *
 * After a restart of stationd sessions are found one by one. A local station that waits for its
 * session would be told as nobody's, and its user's storage be taken away under open files; so
 * nothing is told for that long (HOLD_MS at most). station-usb goes on with what it knows.
 *
 * Where no station has a hub, and none had one since the computer started (FOLDER), station-usb is
 * not started.
 */
#include "hostd/storage.h"

#include <unistd.h>

#include "base/clock.h"
#include "base/fd.h"
#include "base/list.h"
#include "base/log.h"
#include "base/str.h"
#include "hostd/host.h"
#include "hostd/rights.h"
#include "hostd/station.h"
#include "ipc/varlink-event.h"

#define FOLDER    "/run/station-usb"
#define INTERFACE "org.stationmaster.Storage."
#define UNREACHABLE \
	"What guards storage on USB (station-usb) cannot be reached. Is the package stationmaster-seat " \
	"installed? \"systemctl status station-usb.socket station-usb\" says more."
#define SLOW \
	"Storage is not away yet: it may still be written out. \"systemctl status station-usb\" says " \
	"more."

enum {
	RETRY_MS = 300,
	RETRY_FAILED_MS = 5000,
	HOLD_MS = 5000, /* after the start */
	IN_MAX = 1024 * 1024,
};

struct waiter {
	struct list link;
	storage_fn fn;
	void *userdata;
	uint64_t version;
	sd_event_source *timer;
};

struct storage {
	struct host *host;
	struct varlink *conn;
	sd_event_source *source, *retry, *hold;
	json_t *hubs;                 /* what is to hold */
	json_t *told;                 /* what was told last; NULL: nothing yet */
	uint64_t version, sent, held; /* of hubs; 0: nothing was set */
	bool calling, lost;           /* lost: has been logged */
	json_t *disks;                /* array of Disk, cleaned */
	char *missing;                /* why storage cannot be guarded here; NULL: it can */
	struct list waiters;
};

/* --- who waits --- */

static void waiter_free(struct waiter *w)
{
	list_remove(&w->link);
	sd_event_source_disable_unref(w->timer);
	free(w);
}

static void waiter_end(struct waiter *w, const char *reason, bool unguarded)
{
	storage_fn fn = w->fn;
	void *userdata = w->userdata;

	waiter_free(w);
	fn(reason, unguarded, userdata);
}

/* Each may bring others to wait. */
static void end_waiters(struct storage *s, uint64_t version, const char *reason, bool unguarded)
{
	struct list *p;
again:
	list_for_each (p, &s->waiters) {
		struct waiter *w = list_entry(p, struct waiter, link);

		if (w->version > version)
			continue;
		waiter_end(w, reason, unguarded);
		goto again;
	}
}

static int handle_slow(sd_event_source *source, uint64_t usec, void *userdata)
{
	waiter_end(userdata, SLOW, false);
	return 0;
}

static int handle_held(sd_event_source *source, uint64_t usec, void *userdata)
{
	waiter_end(userdata, NULL, false);
	return 0;
}

/* --- what is to hold --- */

static json_t *build_hub(const struct station *st, const char *path)
{
	const struct person *p = st->session ? &st->session->person : NULL;

	return json_pack("{s:s, s:s?, s:I, s:I, s:b}", "path", path, "user", p ? p->user : NULL,
			"uid", p ? (json_int_t)p->uid : (json_int_t)-1, "gid",
			p ? (json_int_t)p->gid : (json_int_t)-1, "blocked",
			st->local->storage_blocked);
}

static json_t *find_hub(json_t *hubs, const char *path)
{
	json_t *hub;
	size_t i;

	json_array_foreach (hubs, i, hub)
		if (streq(json_string_value(json_object_get(hub, "path")), path))
			return hub;
	return NULL;
}

static void add_hubs(const struct station *st, json_t *hubs)
{
	for (size_t i = 0; i < st->local->n_hubs; i++) {
		const char *path = st->local->hubs[i];

		if (streq(path, "builtin") || find_hub(hubs, path))
			continue;
		if (json_array_size(hubs) >= STORAGE_HUBS_MAX)
			log_error("too many hubs: storage there is not guarded station=%s", st->id);
		else
			json_array_append_new(hubs, build_hub(st, path));
	}
}

static json_t *build_hubs(struct host *h)
{
	json_t *hubs = json_array();
	struct list *l;

	list_for_each (l, &h->stations) {
		const struct station *st = list_entry(l, struct station, link);

		if (st->local)
			add_hubs(st, hubs);
	}
	return hubs;
}

static bool changes_person(json_t *before, json_t *after)
{
	json_t *a = json_object_get(before, "uid"), *b = json_object_get(after, "uid");

	return json_integer_value(a) >= 0 && json_integer_value(b) >= 0 && !json_equal(a, b);
}

/* What to tell next on the way to what is to hold; owned. */
static json_t *build_step(const struct storage *s)
{
	json_t *step = json_deep_copy(s->hubs), *hub;
	size_t i;

	json_array_foreach (step, i, hub) {
		json_t *before = find_hub(s->told, json_string_value(json_object_get(hub, "path")));

		if (!before || !changes_person(before, hub))
			continue;
		json_object_set_new(hub, "user", json_null());
		json_object_set_new(hub, "uid", json_integer(-1));
		json_object_set_new(hub, "gid", json_integer(-1));
	}
	return step;
}

/* --- what is plugged in --- */

static bool is_state(const char *state)
{
	return streq(state, "closed") || streq(state, "opening") || streq(state, "open") ||
	       streq(state, "failed");
}

/* Names come from what people plug in. NULL: not a Disk. */
static json_t *clean_disk(json_t *disk)
{
	const char *hub, *name, *state, *reason;
	_cleanup_free_ char *clean = NULL, *why = NULL;

	if (json_unpack(disk, "{s:s, s:s, s:s, s:s}", "hub", &hub, "name", &name, "state", &state,
			    "reason", &reason) < 0 ||
			!is_state(state))
		return NULL;
	clean = str_clean(name, STORAGE_NAME_CHARS);
	why = str_clean(reason, STORAGE_REASON_CHARS);
	return json_pack("{s:s, s:s, s:s, s:s}", "hub", hub, "name", clean ? clean : "", "state",
			state, "reason", why ? why : "");
}

static json_t *find_disks(const struct storage *s, const struct station *st)
{
	json_t *disks = json_array(), *disk;
	size_t i;

	json_array_foreach (s->disks, i, disk) {
		const char *hub = json_string_value(json_object_get(disk, "hub"));

		for (size_t k = 0; k < st->local->n_hubs; k++)
			if (streq(st->local->hubs[k], hub))
				json_array_append(disks, disk);
	}
	return disks;
}

json_t *storage_build_json(const struct station *st)
{
	json_t *disks = st && st->local ? find_disks(st->host->storage, st) : json_array();
	json_t *out = json_array(), *disk;
	size_t i;

	json_array_foreach (disks, i, disk)
		json_array_append_new(out,
				json_pack("{s:O, s:O, s:O}", "name", json_object_get(disk, "name"),
						"state", json_object_get(disk, "state"), "reason",
						json_object_get(disk, "reason")));
	json_decref(disks);
	return out;
}

/* Takes disks. */
static void set_disks(struct storage *s, json_t *disks)
{
	_cleanup_json_ json_t *before = s->disks;
	struct list *l;

	s->disks = disks;
	list_for_each (l, &s->host->stations) {
		struct station *st = list_entry(l, struct station, link);
		_cleanup_json_ json_t *now = NULL, *then = NULL;

		if (!st->local)
			continue;
		now = find_disks(s, st);
		then = find_disks(&(struct storage){ .disks = before }, st);
		if (!json_equal(now, then))
			station_touch(st);
	}
}

static void handle_watch(struct varlink *v, const char *error, json_t *parameters, bool continues,
		int fd, void *userdata)
{
	struct storage *s = userdata;
	json_t *disks, *disk, *clean, *list;
	const char *missing;
	size_t i;

	if (!parameters || error)
		return;
	list = json_object_get(parameters, "disks");
	missing = json_string_value(json_object_get(parameters, "missing"));
	disks = json_array();
	json_array_foreach (list, i, disk) {
		clean = i < STORAGE_DISKS_MAX ? clean_disk(disk) : NULL;
		if (clean)
			json_array_append_new(disks, clean);
	}
	if (!str_is_empty(missing) && !s->missing)
		log_error("storage on USB cannot be guarded here: %s", missing);
	free(s->missing);
	s->missing = str_is_empty(missing) ? NULL : str_clean(missing, STORAGE_REASON_CHARS);
	set_disks(s, disks);
}

/* --- the connection --- */

static void push(struct storage *s);

static int handle_retry(sd_event_source *source, uint64_t usec, void *userdata)
{
	push(userdata);
	return 0;
}

static void retry(struct storage *s, int64_t delay_ms)
{
	if (host_arm_timer(s->host, &s->retry, delay_ms, handle_retry, s) < 0)
		log_error("out of memory: storage on USB is not told again");
}

static void disconnect(struct storage *s)
{
	varlink_event_done(&s->source);
	s->conn = varlink_free(s->conn);
	s->calling = false;
}

static bool is_needed(const struct storage *s)
{
	return json_array_size(s->hubs) > 0 || s->held < s->version;
}

static void handle_closed(struct varlink *v, int error, void *userdata)
{
	struct storage *s = userdata;
	bool needed = is_needed(s);

	/* Open calls are told that they got no answer; they see calling unset. */
	disconnect(s);
	s->held = needed ? MIN(s->held, s->version - 1) : s->version;
	if (needed)
		retry(s, RETRY_MS);
}

static void handle_wants(struct varlink *v, void *userdata)
{
	struct storage *s = userdata;

	varlink_event_update(v, s->source);
}

static const struct varlink_ops ops = { .handle_closed = handle_closed,
	.handle_wants = handle_wants };

static int connect_now(struct storage *s)
{
	static const struct varlink_options options = { .in_max = IN_MAX };
	struct varlink_request watch = { .method = INTERFACE "Watch",
		.flags = VARLINK_MORE | VARLINK_WITH_ID };
	_cleanup_close_ int fd = -EBADF;
	int r;

	if (s->conn)
		return 0;
	fd = fd_unix_connect(STORAGE_SOCKET);
	if (fd < 0)
		return fd;
	r = varlink_new(fd, &options, &ops, s, &s->conn);
	if (r < 0)
		return r;
	take_fd(&fd);
	r = varlink_event_add(s->host->event, s->conn, &s->source);
	if (r >= 0)
		r = varlink_call(s->conn, &watch, handle_watch, s);
	if (r < 0)
		disconnect(s);
	return r;
}

/* Nobody says what is plugged in, and what is to hold may not hold. */
static void handle_unreachable(struct storage *s, int error)
{
	if (!s->lost)
		log_warning_errno(error,
				"station-usb cannot be reached: storage on USB is not guarded");
	s->lost = true;
	set_disks(s, json_array());
	retry(s, RETRY_FAILED_MS);
	end_waiters(s, s->version, UNREACHABLE, true);
}

static void handle_set(struct varlink *v, const char *error, json_t *parameters, bool continues,
		int fd, void *userdata)
{
	struct storage *s = userdata;
	const char *reason;

	if (!parameters)
		return; /* the end of the connection: handle_closed() */
	s->calling = false;
	s->lost = false;
	if (error) {
		reason = json_string_value(json_object_get(parameters, "reason"));
		log_error("storage on USB is not as ordered: %s", reason ? reason : error);
		retry(s, s->sent < s->version ? 0 : RETRY_FAILED_MS);
		end_waiters(s, s->sent, reason ? reason : error, false);
		return;
	}
	if (!json_equal(s->told, s->hubs)) {
		push(s); /* that was a step only, or something has changed */
		return;
	}
	s->held = s->sent = s->version;
	if (json_array_size(s->hubs) == 0)
		retry(s, 0); /* closes it, not from inside its own callback */
	end_waiters(s, s->held, s->missing, s->missing != NULL);
}

static void push(struct storage *s)
{
	struct varlink_request request = { .method = INTERFACE "Set", .flags = VARLINK_WITH_ID };
	json_t *step;
	int r;

	s->retry = sd_event_source_disable_unref(s->retry);
	if (s->calling || s->hold)
		return;
	if (s->held == s->version) {
		if (json_array_size(s->hubs) == 0)
			disconnect(s);
		return;
	}
	r = connect_now(s);
	if (r < 0) {
		handle_unreachable(s, r);
		return;
	}
	step = build_step(s);
	json_decref(s->told);
	s->told = step;
	request.parameters = json_pack("{s:O}", "hubs", s->told);
	s->sent = s->version;
	if (varlink_call(s->conn, &request, handle_set, s) < 0)
		retry(s, RETRY_FAILED_MS);
	else
		s->calling = true;
}

/* --- for others --- */

static int handle_hold(sd_event_source *source, uint64_t usec, void *userdata)
{
	storage_update(userdata);
	return 0;
}

/* Local stations whose sessions have not been found again yet. */
static bool has_awaited(struct host *h)
{
	struct list *l;

	list_for_each (l, &h->stations) {
		const struct station *st = list_entry(l, struct station, link);

		if (st->local && *st->awaited && !st->session)
			return true;
	}
	return false;
}

static void update_hold(struct storage *s)
{
	int64_t left_ms = s->host->started_ms + HOLD_MS - clock_mono_ms();

	if (left_ms <= 0 || !has_awaited(s->host))
		s->hold = sd_event_source_disable_unref(s->hold);
	else if (!s->hold && host_arm_timer(s->host, &s->hold, left_ms, handle_hold, s) < 0)
		log_error("out of memory");
}

struct storage *storage_new(struct host *h)
{
	struct storage *s = calloc(1, sizeof(*s));

	if (!s)
		return NULL;
	s->host = h;
	s->hubs = json_array();
	s->disks = json_array();
	list_init(&s->waiters);
	/* What an earlier stationd ordered may be in force still. */
	s->version = access(FOLDER, F_OK) == 0 ? 1 : 0;
	return s;
}

struct storage *storage_free(struct storage *s)
{
	if (!s)
		return NULL;
	while (!list_is_empty(&s->waiters))
		waiter_free(list_entry(s->waiters.next, struct waiter, link));
	sd_event_source_disable_unref(s->retry);
	sd_event_source_disable_unref(s->hold);
	disconnect(s);
	json_decref(s->hubs);
	json_decref(s->told);
	json_decref(s->disks);
	free(s->missing);
	free(s);
	return NULL;
}

void storage_update(struct storage *s)
{
	json_t *hubs = build_hubs(s->host);
	bool changed = !json_equal(s->hubs, hubs);

	update_hold(s);
	if (!changed) {
		json_decref(hubs);
	} else {
		json_decref(s->hubs);
		s->hubs = hubs;
		s->version++;
	}
	if (s->held < s->version && (changed || !s->retry))
		push(s);
}

int storage_wait(struct storage *s, storage_fn fn, void *userdata)
{
	struct waiter *w = calloc(1, sizeof(*w));
	bool held;
	int r;

	if (!w)
		return -ENOMEM;
	storage_update(s);
	if (s->missing && s->held == s->version)
		s->held--; /* asks again: it may have been put right */
	held = s->held == s->version;
	w->fn = fn;
	w->userdata = userdata;
	w->version = s->version;
	list_add_tail(&s->waiters, &w->link);
	r = host_arm_timer(s->host, &w->timer, held ? 0 : STORAGE_WAIT_MS,
			held ? handle_held : handle_slow, w);
	if (r < 0) {
		waiter_free(w);
		return r;
	}
	if (!held && !s->calling)
		retry(s, 0); /* do not let people wait for the next try */
	return 0;
}

void storage_forget(struct storage *s, void *userdata)
{
	struct list *p, *next;

	list_for_each_safe (p, next, &s->waiters) {
		struct waiter *w = list_entry(p, struct waiter, link);

		if (w->userdata == userdata)
			waiter_free(w);
	}
}

bool storage_may(const struct caller *c, const struct station *st, bool bulk, char **ret_reason)
{
	const struct person *p = st->session ? &st->session->person : NULL;

	return rights_judge(st->host, c,
			&(struct subject){ .role = p ? p->role : ROLE_STANDARD,
					.uid = p ? p->uid : (uid_t)-1,
					.room = st->room,
					.full_name = p ? p->full_name : st->name },
			ACT_STORAGE, bulk, ret_reason);
}
