/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The daemon: start, loop, end.
 *
 * Start: data base, groups, name service, logind; then every running session is asked what it is,
 * and only when all have answered (or FIND_MS have passed) the stored stations and jobs go on and
 * the sockets are served. So a caller that connects right after a crash sees all sessions, and a
 * station that comes back finds its own. Connections wait in the sockets' queues meanwhile.
 *
 * End: SIGTERM ends the loop; sessions are left alone, their helpers keep them.
 */
#include "hostd/host.h"

#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <signal.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <systemd/sd-daemon.h>

#include "base/clock.h"
#include "base/fd.h"
#include "base/log.h"
#include "hostd/accepted.h"
#include "hostd/api.h"
#include "hostd/apitoken.h"
#include "hostd/audit.h"
#include "hostd/block.h"
#include "hostd/choice.h"
#include "hostd/events.h"
#include "hostd/gather.h"
#include "hostd/job.h"
#include "hostd/lesson-run.h"
#include "hostd/lesson.h"
#include "hostd/login.h"
#include "hostd/logind.h"
#include "hostd/names.h"
#include "hostd/projection.h"
#include "hostd/rights.h"
#include "hostd/seat.h"
#include "hostd/server.h"
#include "hostd/session.h"
#include "hostd/standing.h"
#include "hostd/station.h"
#include "hostd/storage.h"
#include "hostd/timeout.h"
#include "hostd/token.h"
#include "hostd/view.h"
#include "hostd/weblimit.h"

enum { FIND_MS = 3000 };

#define COUNTER_PATH HOST_RUN_PATH "/counter"

int host_arm_timer(struct host *h, sd_event_source **source, int64_t delay_ms,
		sd_event_time_handler_t fn, void *userdata)
{
	*source = sd_event_source_disable_unref(*source);
	return sd_event_add_time_relative(h->event, source, CLOCK_MONOTONIC,
			(uint64_t)MAX(delay_ms, (int64_t)0) * 1000, 1000, fn, userdata);
}

int host_arm_clock(struct host *h, sd_event_source **source, int64_t at_ms,
		sd_event_time_handler_t fn, void *userdata)
{
	*source = sd_event_source_disable_unref(*source);
	if (!at_ms)
		return 0;
	return sd_event_add_time(h->event, source, CLOCK_REALTIME, (uint64_t)at_ms * 1000, 1000, fn,
			userdata);
}

/* --- changes --- */

static int handle_flush(sd_event_source *source, void *userdata)
{
	struct host *h = userdata;
	struct list *l;

	sd_event_source_set_enabled(source, SD_EVENT_OFF);
	storage_update(h->storage);
	list_for_each (l, &h->sessions) {
		struct session *s = list_entry(l, struct session, link);

		if (s->dirty)
			timeout_handle_changed(s);
		if (s->dirty)
			events_send_session(s);
		s->dirty = false;
	}
	list_for_each (l, &h->stations) {
		struct station *st = list_entry(l, struct station, link);

		if (st->dirty)
			events_send_station(st);
		st->dirty = false;
	}
	list_for_each (l, &h->jobs) {
		struct job *j = list_entry(l, struct job, link);

		if (j->dirty)
			events_send_job(j);
		j->dirty = false;
	}
	list_for_each (l, &h->projections) {
		struct projection *p = list_entry(l, struct projection, link);

		if (p->dirty)
			events_send_projection(p);
		p->dirty = false;
	}
	list_for_each (l, &h->lessons) {
		struct lesson *lesson = list_entry(l, struct lesson, link);

		if (lesson->dirty)
			events_send_lesson(lesson);
		lesson->dirty = false;
	}
	timeouts_arm(h);
	return 0;
}

void host_touch(struct host *h)
{
	if (h->flush)
		sd_event_source_set_enabled(h->flush, SD_EVENT_ONESHOT);
}

void host_save(struct host *h)
{
	h->save = sd_event_source_disable_unref(h->save);
	store_begin(h->store);
	job_save_all(h);
	station_save_all(h);
	store_commit(h->store);
}

static int handle_save(sd_event_source *source, uint64_t usec, void *userdata)
{
	host_save(userdata);
	return 0;
}

void host_save_soon(struct host *h)
{
	if (!h->save && host_arm_timer(h, &h->save, HOST_SAVE_MS, handle_save, h) < 0)
		host_save(h);
}

/* --- numbers of sessions --- */

/*
 * "TOKEN LAST": which run of the system this is, and the last number given. The file is gone after
 * a restart of the system, and with it all sessions.
 */
static void counter_load(struct host *h)
{
	_cleanup_free_ char *data = NULL;
	unsigned long long last = 0;
	char boot[STR_TOKEN_LEN + 1];

	if (fd_read_file_at(AT_FDCWD, COUNTER_PATH, 256, &data, NULL) == 0 &&
			sscanf(data, "%43s %llu", boot, &last) == 2 &&
			strlen(boot) == STR_TOKEN_LEN) {
		str_copy(h->boot, sizeof(h->boot), boot);
		h->last_session = last;
	}
}

static int counter_save(struct host *h)
{
	char line[128];
	int n = snprintf(line, sizeof(line), "%s %llu\n", h->boot,
			(unsigned long long)h->last_session);

	return fd_write_file(COUNTER_PATH, line, (size_t)n, 0600);
}

int host_take_session_number(struct host *h, uint64_t *ret)
{
	int r;

	h->last_session++;
	r = counter_save(h);
	if (r < 0)
		return r;
	*ret = h->last_session;
	return 0;
}

/* --- groups --- */

static gid_t find_group(const char *name, const char *what)
{
	struct group *g = str_is_empty(name) ? NULL : getgrnam(name);

	if (!g)
		log_warning("there is no group \"%s\": nobody is %s by it", name, what);
	return g ? g->gr_gid : (gid_t)-1;
}

void host_load_groups(struct host *h)
{
	struct passwd *pw;

	h->groups.admin = find_group(h->conf->admin_group, "an administrator");
	h->groups.operator= find_group(h->conf->operator_group, "an operator");
	pw = getpwnam(HOST_RELAY_USER);
	if (!pw)
		log_warning("there is no account \"" HOST_RELAY_USER "\": no relay can connect");
	h->relay_uid = pw ? pw->pw_uid : (uid_t)-1;
	h->relay_gid = pw ? pw->pw_gid : (gid_t)-1;
	pw = getpwnam(HOST_SEAT_USER); /* not everywhere are there local stations */
	h->seat_uid = pw ? pw->pw_uid : (uid_t)-1;
	h->seat_gid = pw ? pw->pw_gid : (gid_t)-1;
	if (h->names)
		names_flush(h->names);
}

/* --- life --- */

static int make_folders(void)
{
	static const struct {
		const char *path;
		mode_t mode;
	} folders[] = { { HOST_RUN_PATH, 0755 }, { HOST_SESSIONS, 0711 }, { HOST_ENDED, 0700 },
		{ HOST_STATE_PATH, 0700 } };

	for (size_t i = 0; i < ELEMENTSOF(folders); i++) {
		if (mkdir(folders[i].path, folders[i].mode) == 0) {
			if (chmod(folders[i].path, folders[i].mode) < 0)
				return -errno;
		} else if (errno != EEXIST) {
			return log_error_errno(-errno, "cannot make %s", folders[i].path);
		}
	}
	return 0;
}

static int open_store(struct host *h)
{
	int r;

	r = store_open(HOST_STATE_PATH "/state.db", &h->store);
	if (r == 0 || r == -ENOMEM)
		return r;
	if (r == -EPROTONOSUPPORT)
		return log_error_errno(r,
				HOST_STATE_PATH "/state.db was made by a newer version of "
						"Stationmaster; install that, or move the "
						"file away");
	log_error_errno(r, "cannot use " HOST_STATE_PATH "/state.db; going on without, so the next "
			   "restart forgets stations, jobs and who is signed in");
	return store_open(NULL, &h->store);
}

static void raise_limits(void)
{
	struct rlimit lim;

	if (getrlimit(RLIMIT_NOFILE, &lim) == 0 && lim.rlim_cur < lim.rlim_max) {
		lim.rlim_cur = MIN(lim.rlim_max, (rlim_t)65536);
		setrlimit(RLIMIT_NOFILE, &lim);
	}
}

static int handle_reload(sd_event_source *source, const struct signalfd_siginfo *si, void *userdata)
{
	struct host *h = userdata;

	sd_notify(false, "RELOADING=1");
	host_load_groups(h);
	standing_ask_now(h);
	desktops_done(&h->desktops);
	desktops_update(&h->desktops);
	log_info("groups were read again");
	sd_notify(false, "READY=1");
	return 0;
}

static int handle_stop(sd_event_source *source, const struct signalfd_siginfo *si, void *userdata)
{
	log_info("ending; sessions run on");
	sd_notify(false, "STOPPING=1");
	return sd_event_exit(sd_event_source_get_event(source), 0);
}

static int add_signals(struct host *h)
{
	int r;

	r = sd_event_add_signal(h->event, NULL, SIGTERM, handle_stop, h);
	if (r >= 0)
		r = sd_event_add_signal(h->event, NULL, SIGINT, handle_stop, h);
	if (r >= 0)
		r = sd_event_add_signal(h->event, NULL, SIGHUP, handle_reload, h);
	return r;
}

static void load_limits(struct host *h)
{
	_cleanup_free_ char *meminfo = NULL;

	if (fd_read_file_at(AT_FDCWD, "/proc/meminfo", 65536, &meminfo, NULL) < 0)
		meminfo = NULL;
	limits_load(h->conf, meminfo, &h->limits);
}

static int host_init_loop(struct host *h)
{
	int r;

	r = sd_event_default(&h->event);
	if (r >= 0)
		r = add_signals(h);
	if (r >= 0)
		r = sd_event_add_defer(h->event, &h->flush, handle_flush, h);
	if (r < 0)
		return r;
	/* After everything else of this turn. */
	sd_event_source_set_priority(h->flush, SD_EVENT_PRIORITY_IDLE);
	sd_event_source_set_enabled(h->flush, SD_EVENT_OFF);
	return 0;
}

int host_new(struct conf *conf, struct logon_notices *notices, struct host **ret)
{
	_cleanup_(host_freep) struct host *h = calloc(1, sizeof(*h));
	int r;

	if (!h) {
		conf_free(conf);
		logon_notices_free(notices);
		return -ENOMEM;
	}
	h->conf = conf;
	h->notices = notices;
	load_limits(h);
	h->started_ms = clock_mono_ms();
	list_init(&h->sessions);
	list_init(&h->stations);
	list_init(&h->seats);
	list_init(&h->jobs);
	list_init(&h->blocks);
	list_init(&h->lessons);
	list_init(&h->lesson_runs);
	list_init(&h->web_limits);
	list_init(&h->web_limited);
	list_init(&h->projections);
	list_init(&h->views);
	list_init(&h->logins);
	list_init(&h->choices);
	list_init(&h->grants);
	list_init(&h->rights_calls);
	list_init(&h->logons);
	list_init(&h->auto_calls);
	list_init(&h->storage_calls);
	list_init(&h->api_tokens);
	list_init(&h->standings);
	list_init(&h->tokens);
	list_init(&h->watchers);
	list_init(&h->orders);
	list_init(&h->gathers);
	list_init(&h->listings);
	list_init(&h->audit_calls);
	apps_init(&h->apps, APPS_PATH);
	desktops_init(&h->desktops, DESKTOPS_PATH);
	str_copy(h->system_name, sizeof(h->system_name), conf->system_name);
	if (!*h->system_name)
		gethostname(h->system_name, sizeof(h->system_name) - 1);
	if (acts_parse_words(conf->operator_acts, &h->operator_acts) < 0)
		return log_error_errno(-EINVAL,
				"operator-acts in section [roles] names an act that does not exist: "
				"\"%s\"; see stationmaster.conf(5)",
				conf->operator_acts);
	raise_limits();
	r = make_folders();
	if (r == 0)
		r = host_init_loop(h);
	if (r == 0)
		r = open_store(h);
	if (r == 0)
		r = names_new(h->event, &h->names);
	if (r < 0)
		return r;
	h->limiter = limiter_new(h);
	h->storage = storage_new(h);
	if (!h->limiter || !h->storage)
		return -ENOMEM;
	host_load_groups(h);
	h->logind = logind_new(h);
	desktops_update(&h->desktops);
	*ret = take_ptr(h);
	return 0;
}

struct host *host_free(struct host *h)
{
	if (!h)
		return NULL;
	if (h->save)
		host_save(h);
	gather_free_all(h);
	lesson_run_free_all(h);
	listings_free_all(h);
	login_free_all(h);
	seat_free_all(h);
	h->server = server_free(h->server);
	while (!list_is_empty(&h->jobs))
		job_free(list_entry(h->jobs.next, struct job, link));
	while (!list_is_empty(&h->views))
		view_free(list_entry(h->views.next, struct view, link));
	while (!list_is_empty(&h->stations))
		station_free(list_entry(h->stations.next, struct station, link));
	while (!list_is_empty(&h->sessions))
		session_free(list_entry(h->sessions.next, struct session, link));
	while (!list_is_empty(&h->projections))
		projection_free(list_entry(h->projections.next, struct projection, link));
	while (!list_is_empty(&h->blocks))
		block_free(list_entry(h->blocks.next, struct block, link));
	while (!list_is_empty(&h->lessons))
		lesson_free(list_entry(h->lessons.next, struct lesson, link));
	while (!list_is_empty(&h->web_limits))
		web_limit_free(list_entry(h->web_limits.next, struct web_limit, link));
	web_limits_forget_people(h);
	standing_free_all(h);
	token_free_all(h);
	api_token_free_all(h);
	grant_free_all(h);
	choice_free_all(h);
	h->limiter = limiter_free(h->limiter);
	api_storage_free_all(h);
	h->storage = storage_free(h->storage);
	api_rights_free_all(h);
	api_logon_free_all(h);
	api_audit_free_all(h);
	logind_free(h->logind);
	names_free(h->names);
	sd_event_source_disable_unref(h->rescan);
	sd_event_source_disable_unref(h->audit_check);
	sd_event_source_disable_unref(h->audit_trim);
	sd_event_source_disable_unref(h->usage);
	sd_event_source_disable_unref(h->timeouts);
	sd_event_source_disable_unref(h->flush);
	sd_event_source_disable_unref(h->block_end);
	sd_event_source_disable_unref(h->lesson_end);
	sd_event_source_disable_unref(h->lesson_entered);
	sd_event_source_disable_unref(h->web_limit_end);
	json_decref(h->block_all_told);
	desktops_done(&h->desktops);
	apps_done(&h->apps);
	store_close(h->store);
	conf_free(h->conf);
	logon_notices_free(h->notices);
	sd_event_unref(h->event);
	free(h);
	return NULL;
}

static int find_sessions(struct host *h)
{
	int64_t until = clock_mono_ms() + FIND_MS;
	int r = 0;

	session_adopt_all(h);
	while (r >= 0 && h->n_adopting > 0 && clock_mono_ms() < until)
		r = sd_event_run(h->event, 100000);
	return r;
}

static int handle_status(sd_event_source *source, uint64_t usec, void *userdata)
{
	struct host *h = userdata;

	sd_notifyf(false, "STATUS=%u sessions, %u stations, relay %s", h->n_sessions, h->n_stations,
			orders_is_connected(h) ? "connected" : "not connected");
	token_drop_expired(h);
	sd_event_source_set_time_relative(source, 30000000);
	sd_event_source_set_enabled(source, SD_EVENT_ONESHOT);
	return 0;
}

/* Logins wait for this at boot (stationd.service): users may have services that start with it. */
static void handle_limits_in_force(const char *reason, void *userdata)
{
	sd_notify(false, "READY=1");
}

int host_run(struct host *h)
{
	sd_event_source *status = NULL;
	int r;

	counter_load(h);
	accepted_load(h);
	if (!*h->boot)
		r = str_random_token(h->boot);
	r = station_load_all(h);
	if (r >= 0)
		r = token_load_all(h);
	if (r >= 0)
		r = api_token_load_all(h);
	if (r >= 0)
		r = grant_load_all(h);
	if (r >= 0)
		r = job_load_all(h);
	if (r >= 0)
		r = block_load_all(h);
	if (r >= 0)
		r = lesson_load_all(h);
	if (r >= 0)
		r = web_limit_load_all(h);
	if (r >= 0)
		r = projection_load_all(h);
	if (r < 0)
		log_warning_errno(r, "the stored state could not be read");
	r = find_sessions(h);
	if (sd_event_get_state(h->event) == SD_EVENT_FINISHED)
		return 0; /* SIGTERM meanwhile */
	if (r < 0)
		return log_error_errno(r, "the event loop failed");
	r = counter_save(h);
	if (r < 0)
		log_warning_errno(r, "cannot write " COUNTER_PATH);
	web_limits_apply(h);
	storage_update(h->storage);
	job_resume_all(h);
	projection_resume_all(h);
	session_take_all_ended(h);
	seats_start(h);
	r = server_new(h, &h->server);
	if (r < 0)
		return r;
	standing_ask_now(h);
	audit_start(h);
	sd_event_set_watchdog(h->event, true);
	host_arm_timer(h, &status, 0, handle_status, h);
	log_info("ready: version " STATIONMASTER_VERSION ", %u sessions found again",
			h->n_sessions);
	if (limiter_wait(h->limiter, handle_limits_in_force, h) < 0)
		sd_notify(false, "READY=1");
	r = sd_event_loop(h->event);
	sd_event_source_disable_unref(status);
	return r;
}
