/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Client of one station-session: the process that runs one PAM conversation and then keeps one
 * session (docs/api/org.stationmaster.Worker.varlink). Used by a login first, by a session later.
 */
#pragma once

#include <systemd/sd-event.h>

#include "hostd/role.h"
#include "ipc/varlink.h"

struct host;
struct worker;

/* The connection has ended and cannot be had again. The worker is still to be freed. */
typedef void (*worker_lost_fn)(struct worker *w, void *userdata);

/* The account of a session. */
struct person {
	char *user;
	uid_t uid;
	gid_t gid;
	char *full_name;
	enum role role;
};
void person_done(struct person *p);
/* From the type Person; strings are cleaned. -EBADMSG */
int person_parse(json_t *object, struct person *ret);

/* A new helper: by systemd through session.sock, else started here. */
int worker_start(struct host *h, struct worker **ret);
/* The helper of a running session. -ECONNREFUSED, -ENOENT: it is gone. */
int worker_connect(struct host *h, const char *session_id, struct worker **ret);
/* Open calls are forgotten: their fn is not called. The helper of a session goes on without us; one
 * that has no session yet ends. */
struct worker *worker_free(struct worker *w);
DEFINE_CLEANUP(struct worker, worker_free);

void worker_set_owner(struct worker *w, worker_lost_fn fn, void *userdata);
/* Calls org.stationmaster.Worker.<method>; parameters are taken always. fn as in varlink_call(). */
int worker_call(struct worker *w, const char *method, json_t *parameters, bool more,
		varlink_reply_fn fn, void *userdata);
/* fn of calls with this userdata is not called any more. */
void worker_forget(struct worker *w, void *userdata);
/* Process of the helper of a running session, a pidfd; -ESRCH, ... */
int worker_open_process(const char *session_id, pid_t *ret_pid);
