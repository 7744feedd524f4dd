/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * One call is under way at a time; what is set meanwhile is sent after it, the last only. A call
 * that failed and a connection that ended are tried again, so station-limits may be restarted at
 * any time: it does nothing by itself, and what it did before stays in force.
 *
 * Where nothing is limited and nothing was, station-limits is not started at all (FOLDER is there
 * once it has run since the computer started). Where nothing is limited any more the connection is
 * given up, and station-limits ends by itself.
 */
#include "hostd/limiter.h"

#include <unistd.h>

#include "base/fd.h"
#include "base/list.h"
#include "base/log.h"
#include "base/str.h"
#include "hostd/host.h"
#include "ipc/varlink-event.h"

#define FOLDER    "/run/station-limits"
#define INTERFACE "org.stationmaster.Limiter."
#define UNREACHABLE \
	"The part that limits the web (station-limits) cannot be reached; " \
	"systemctl status station-limits says more."

enum { RETRY_MS = 300, RETRY_FAILED_MS = 5000 };

struct waiter {
	struct list link;
	struct limiter *limiter;
	limiter_fn fn;
	void *userdata;
	bool check; /* answered by a call of its own */
	uint64_t version;
	const char *reason; /* for handle_due() */
	sd_event_source *timer;
};

struct limiter {
	struct host *host;
	struct varlink *conn;
	sd_event_source *source, *retry;
	json_t *groups;
	uint64_t version, sent, held; /* of groups; 0: nothing was set */
	bool calling;
	struct list waiters;
};

/* --- who waits --- */

static void waiter_free(struct waiter *w)
{
	list_remove(&w->link);
	sd_event_source_disable_unref(w->timer);
	free(w);
}

static void waiter_end(struct waiter *w, const char *reason)
{
	limiter_fn fn = w->fn;
	void *userdata = w->userdata;

	waiter_free(w);
	fn(reason, userdata);
}

static int handle_due(sd_event_source *source, uint64_t usec, void *userdata)
{
	struct waiter *w = userdata;

	waiter_end(w, w->reason);
	return 0;
}

static int waiter_new(struct limiter *l, limiter_fn fn, void *userdata, struct waiter **ret)
{
	struct waiter *w = calloc(1, sizeof(*w));
	int r;

	if (!w)
		return -ENOMEM;
	w->limiter = l;
	w->fn = fn;
	w->userdata = userdata;
	w->version = l->version;
	list_add_tail(&l->waiters, &w->link);
	w->reason = UNREACHABLE;
	r = host_arm_timer(l->host, &w->timer, LIMITER_WAIT_MS, handle_due, w);
	if (r < 0) {
		waiter_free(w);
		return r;
	}
	*ret = w;
	return 0;
}

/* From the loop, but soon. */
static void waiter_end_soon(struct waiter *w, const char *reason)
{
	w->reason = reason;
	if (host_arm_timer(w->limiter->host, &w->timer, 0, handle_due, w) < 0)
		log_error("out of memory");
}

/* Ends those who wait for what has been answered; each may bring others to wait. */
static void end_waiters(struct limiter *l, uint64_t version, const char *reason)
{
	struct list *p;
again:
	list_for_each (p, &l->waiters) {
		struct waiter *w = list_entry(p, struct waiter, link);

		if (w->check || w->version > version)
			continue;
		waiter_end(w, reason);
		goto again;
	}
}

/* --- the connection --- */

static void push(struct limiter *l);

static int handle_retry(sd_event_source *source, uint64_t usec, void *userdata)
{
	push(userdata);
	return 0;
}

static void retry(struct limiter *l, int64_t delay_ms)
{
	if (host_arm_timer(l->host, &l->retry, delay_ms, handle_retry, l) < 0)
		log_error("out of memory: limits of the web are not told again");
}

static void disconnect(struct limiter *l)
{
	varlink_event_done(&l->source);
	l->conn = varlink_free(l->conn);
	l->calling = false;
}

static void handle_closed(struct varlink *v, int error, void *userdata)
{
	struct limiter *l = userdata;
	bool needed = json_array_size(l->groups) > 0 || l->held < l->version;

	/* varlink_free() tells open calls that they got no answer; they see calling unset. */
	disconnect(l);
	l->held = MIN(l->held, l->version - 1);
	if (needed)
		retry(l, RETRY_MS);
	else
		l->held = l->version;
}

static void handle_wants(struct varlink *v, void *userdata)
{
	struct limiter *l = userdata;

	varlink_event_update(v, l->source);
}

static const struct varlink_ops ops = { .handle_closed = handle_closed,
	.handle_wants = handle_wants };

static int connect_now(struct limiter *l)
{
	static const struct varlink_options options = { .in_max = 64 * 1024 };
	_cleanup_close_ int fd = -EBADF;
	int r;

	if (l->conn)
		return 0;
	fd = fd_unix_connect(LIMITER_SOCKET);
	if (fd < 0)
		return fd;
	r = varlink_new(fd, &options, &ops, l, &l->conn);
	if (r < 0)
		return r;
	take_fd(&fd);
	r = varlink_event_add(l->host->event, l->conn, &l->source);
	if (r < 0)
		disconnect(l);
	return r;
}

static void handle_set(struct varlink *v, const char *error, json_t *parameters, bool continues,
		int fd, void *userdata)
{
	struct limiter *l = userdata;
	const char *reason;

	if (!parameters)
		return; /* the end of the connection: handle_closed() */
	l->calling = false;
	if (error) {
		reason = json_string_value(json_object_get(parameters, "reason"));
		log_error("limits of the web are not in force: %s", reason ? reason : error);
		end_waiters(l, l->sent, reason ? reason : error);
		retry(l, l->sent < l->version ? 0 : RETRY_FAILED_MS);
		return;
	}
	l->held = l->sent;
	end_waiters(l, l->held, NULL);
	if (l->held < l->version)
		push(l);
	else if (json_array_size(l->groups) == 0)
		retry(l, 0); /* closes it, not from inside its own callback */
}

static void push(struct limiter *l)
{
	struct varlink_request request = { .method = INTERFACE "Set" };

	l->retry = sd_event_source_disable_unref(l->retry);
	if (l->calling)
		return;
	if (l->held == l->version) {
		if (json_array_size(l->groups) == 0)
			disconnect(l);
		return;
	}
	if (connect_now(l) < 0) {
		retry(l, RETRY_FAILED_MS);
		return;
	}
	request.parameters = json_pack("{s:O}", "groups", l->groups);
	l->sent = l->version;
	if (varlink_call(l->conn, &request, handle_set, l) < 0)
		retry(l, RETRY_FAILED_MS);
	else
		l->calling = true;
}

/* --- for others --- */

struct limiter *limiter_new(struct host *h)
{
	struct limiter *l = calloc(1, sizeof(*l));

	if (!l)
		return NULL;
	l->host = h;
	l->groups = json_array();
	list_init(&l->waiters);
	/* What an earlier stationd ordered may be in force still. */
	l->version = access(FOLDER, F_OK) == 0 ? 1 : 0;
	return l;
}

struct limiter *limiter_free(struct limiter *l)
{
	if (!l)
		return NULL;
	while (!list_is_empty(&l->waiters))
		waiter_free(list_entry(l->waiters.next, struct waiter, link));
	sd_event_source_disable_unref(l->retry);
	disconnect(l);
	json_decref(l->groups);
	free(l);
	return NULL;
}

void limiter_set(struct limiter *l, json_t *groups)
{
	if (json_equal(l->groups, groups)) {
		json_decref(groups);
	} else {
		json_decref(l->groups);
		l->groups = groups;
		l->version++;
	}
	if (l->held < l->version)
		push(l);
}

int limiter_wait(struct limiter *l, limiter_fn fn, void *userdata)
{
	struct waiter *w;
	int r;

	r = waiter_new(l, fn, userdata, &w);
	if (r < 0)
		return r;
	if (l->held == l->version)
		waiter_end_soon(w, NULL);
	else if (!l->calling)
		push(l); /* do not let people wait for the next try */
	return 0;
}

static void handle_check(struct varlink *v, const char *error, json_t *parameters, bool continues,
		int fd, void *userdata)
{
	struct limiter *l = userdata;
	const char *reason = NULL;
	struct list *p;

	if (!parameters)
		return;
	if (error) {
		reason = json_string_value(json_object_get(parameters, "reason"));
		reason = reason ? reason : error;
	}
	if (!l->retry && l->held == l->version)
		retry(l, LIMITER_WAIT_MS); /* nobody may need it after all */
	/* Replies come in the order of the calls: this one is for who waits longest. */
	list_for_each (p, &l->waiters) {
		struct waiter *w = list_entry(p, struct waiter, link);

		if (w->check) {
			waiter_end(w, reason);
			return;
		}
	}
}

int limiter_check(struct limiter *l, limiter_fn fn, void *userdata)
{
	struct varlink_request request = { .method = INTERFACE "Check" };
	struct waiter *w;
	int r;

	r = waiter_new(l, fn, userdata, &w);
	if (r < 0)
		return r;
	w->check = true;
	if (connect_now(l) < 0 || varlink_call(l->conn, &request, handle_check, l) < 0)
		waiter_end_soon(w, UNREACHABLE);
	return 0;
}

void limiter_forget(struct limiter *l, void *userdata)
{
	struct list *p, *next;

	list_for_each_safe (p, next, &l->waiters) {
		struct waiter *w = list_entry(p, struct waiter, link);

		if (w->userdata == userdata)
			waiter_free(w);
	}
}
