/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The daemon object: one per process. It holds the lists of all that stationd knows and lives as
 * long as the loop. Everything runs on the loop's thread.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <systemd/sd-event.h>

#include "base/list.h"
#include "base/str.h"
#include "hostd/apps.h"
#include "hostd/attempts.h"
#include "hostd/desktops.h"
#include "hostd/limit.h"
#include "hostd/rate.h"
#include "hostd/role.h"
#include "hostd/store.h"
#include "ipc/conf.h"
#include "ipc/json.h"
#include "ipc/logon-notice.h"
#include "ipc/varlink.h"

#define HOST_RUN_PATH    "/run/stationmaster"
#define HOST_STATE_PATH  "/var/lib/stationmaster"
#define HOST_SESSIONS    HOST_RUN_PATH "/sessions"
#define HOST_ENDED       HOST_RUN_PATH "/ended"
#define HOST_WORKER_SOCK HOST_RUN_PATH "/session.sock"
#define HOST_RELAY_USER  "station-relay"
#define HOST_SEAT_USER   "station-seat"

enum { HOST_SAVE_MS = 250 };

struct limiter;
struct logind;
struct names;
struct server;
struct storage;

struct host {
	sd_event *event;
	struct conf *conf;
	struct logon_notices *notices;
	struct limits limits; /* of each session */
	struct store *store;
	struct logind *logind; /* NULL: there is none */
	struct names *names;
	struct server *server;
	struct role_groups groups;
	uid_t relay_uid; /* (uid_t)-1: no such account */
	gid_t relay_gid;
	uid_t seat_uid;
	gid_t seat_gid;
	struct desktops desktops;
	struct apps apps;
	struct attempts attempts;
	struct rate rate;
	struct list sessions; /* in order of numbers */
	unsigned n_sessions;
	struct list stations;
	unsigned n_stations;
	struct list seats; /* that drive local stations */
	unsigned n_seats;
	struct list jobs; /* in order of numbers */
	unsigned n_jobs;
	struct list blocks;
	unsigned n_blocks;
	json_t *block_all_told; /* to watchers */
	sd_event_source *block_end;
	struct list lessons; /* oldest first */
	unsigned n_lessons;
	sd_event_source *lesson_end;
	sd_event_source *lesson_entered; /* somebody is in a lesson now, because of a room */
	struct list lesson_runs;         /* programs of lessons that are just being started */
	struct list web_limits;
	unsigned n_web_limits;
	struct list web_limited; /* people with rules (weblimit.c) */
	sd_event_source *web_limit_end;
	struct limiter *limiter;
	struct storage *storage;
	struct list storage_calls; /* of SetStorage, that wait for station-usb */
	struct list projections;   /* oldest first */
	unsigned n_projections;
	struct list views; /* oldest first */
	unsigned n_views;
	struct list logins;
	unsigned n_logins;
	struct list logons;     /* orders of Stations.LogOn */
	struct list auto_calls; /* of SetAutoLogOn, that wait for the name service */
	struct list grants;
	struct list rights_calls; /* that wait for the name service */
	uint32_t operator_acts;   /* of operators without a grant */
	struct list api_tokens;
	struct list standings; /* accounts with tokens */
	sd_event_source *standing;
	struct list tokens;
	unsigned n_tokens;
	struct list watchers;
	struct list orders;        /* Serve calls of the relay */
	struct list choices;       /* calls that wait for the name service */
	struct list gathers;       /* calls that wait for several helpers */
	struct list listings;      /* of programs */
	sd_event_source *usage;    /* asks sessions what they use; NULL: nobody watches */
	sd_event_source *timeouts; /* until the next idle or suspended one */
	sd_event_source *flush;    /* sends what has changed, once per turn of the loop */
	sd_event_source *save;     /* writes what has changed and nobody was told yet, soon */
	struct list audit_calls;   /* that wait for the chain to be checked */
	sd_event_source *audit_check;
	sd_event_source *audit_trim;
	sd_event_source *rescan; /* for sessions that were not found at start */
	unsigned rescan_round;
	unsigned n_adopting;          /* running sessions that have not said yet what they are */
	char boot[STR_TOKEN_LEN + 1]; /* this run of the system; session numbers count in it */
	uint64_t last_session;
	uint64_t last_job;
	uint64_t last_projection;
	uint64_t last_lesson; /* ever */
	uint64_t last_view;   /* since stationd started */
	int64_t started_ms;   /* CLOCK_MONOTONIC */
	char system_name[256];
};

/* Takes conf and notices. What is needed before sockets are opened: store, names, logind, desktops,
 * groups. */
int host_new(struct conf *conf, struct logon_notices *notices, struct host **ret);
struct host *host_free(struct host *h);
DEFINE_CLEANUP(struct host, host_free);
/* Look up the groups of roles and the relay's account again (blocks: start and SIGHUP only). */
void host_load_groups(struct host *h);
/* Find running sessions again, load what was stored, open the sockets, then run until SIGTERM. */
int host_run(struct host *h);

/* The number of a new session; never given twice until the system restarts. */
int host_take_session_number(struct host *h, uint64_t *ret);
/* Something in a list has its dirty flag set: send it to watchers at the end of this turn. */
void host_touch(struct host *h);

/* Something has its unsaved flag set: write it within HOST_SAVE_MS. */
void host_save_soon(struct host *h);
/* Write it now: before somebody is told that it is done. */
void host_save(struct host *h);

/* One-shot timer: (re)arms *source. */
int host_arm_timer(struct host *h, sd_event_source **source, int64_t delay_ms,
		sd_event_time_handler_t fn, void *userdata);
/* The same for a time of CLOCK_REALTIME, which a clock that is set moves along; 0: none, disarmed.
 */
int host_arm_clock(struct host *h, sd_event_source **source, int64_t at_ms,
		sd_event_time_handler_t fn, void *userdata);
