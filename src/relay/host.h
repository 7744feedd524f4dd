/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The connection to stationd (relay.sock). It comes back by itself; who uses it learns when it is
 * up, when it is lost, and what stationd orders. The relay decides nothing: calls of people go out
 * with their token.
 */
#pragma once

#include <stdbool.h>
#include <uv.h>

#include "base/list.h"
#include "ipc/varlink.h"

#define HOST_SOCKET "/run/stationmaster/relay.sock"

struct host;

/* Embedded in whoever wants to know. */
struct host_watcher {
	struct list link;
	/* stationd is there and takes calls: tell it everything again. */
	void (*handle_up)(struct host_watcher *w);
	/* Lost; open calls were ended before this. */
	void (*handle_down)(struct host_watcher *w);
	/* An order of org.stationmaster.Relay.Serve other than "ready". */
	void (*handle_order)(struct host_watcher *w, const char *order, json_t *parameters);
};

/* path is kept by reference. Connects at once and whenever it is lost. */
int host_new(uv_loop_t *loop, const char *path, struct host **ret);
/* Open calls are ended (error and parameters NULL). NULL is fine; gives NULL. */
struct host *host_free(struct host *h);
bool host_is_up(const struct host *h);
/* What came with the order that is being told; borrowed, -EBADF: nothing. */
int host_order_fd(const struct host *h);
void host_watch(struct host *h, struct host_watcher *w);
void host_unwatch(struct host_watcher *w);

/* As varlink_call(), with an id always; -ENOTCONN while stationd is away. parameters are taken. */
int host_call(struct host *h, const struct varlink_request *request, varlink_reply_fn fn,
		void *userdata);
/* fn of calls with this userdata is not called any more. */
void host_forget(struct host *h, void *userdata);

/*
 * A call with many replies on a connection of its own, so that it can be given up: stationd ends it
 * when the connection closes. fn as in varlink_call(); free the stream in fn or later.
 */
struct host_stream;
int host_stream_new(struct host *h, const struct varlink_request *request, varlink_reply_fn fn,
		void *userdata, struct host_stream **ret);
/* fn is not called any more. NULL is fine; gives NULL. */
struct host_stream *host_stream_free(struct host_stream *s);
