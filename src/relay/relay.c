/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Start, run, end. Parts are made from the bottom up and released the other way round; the web part
 * ends in two steps, because libuv has to close its handles in between. stationd need not be there:
 * pages are served and stations wait until it is.
 */
#include "relay/relay.h"

#include <malloc.h>
#include <signal.h>
#include <string.h>

#include "base/log.h"
#include "base/str.h"
#include "relay/dashboard.h"
#include "relay/host.h"
#include "relay/notify.h"
#include "relay/projection.h"
#include "relay/rdp.h"
#include "relay/seat-listener.h"
#include "relay/sources.h"
#include "relay/stations.h"
#include "relay/text.h"
#include "relay/tls.h"
#include "relay/view.h"
#include "relay/vnc.h"
#include "relay/web.h"

enum { EXIT_FAILED = 1, EXIT_CONFIG = 2, KEPT_MAX = 1024 * 1024 };

static void relay_stop(struct relay *relay)
{
	vnc_stop(relay->vnc);
	seat_listener_stop(relay->seats);
	rdp_stop(relay->rdp);
	relay->stations = stations_free(relay->stations);
	relay->projections = projections_free(relay->projections);
	relay->views = views_free(relay->views);
	relay->dashboards = dashboards_free(relay->dashboards);
	web_stop(relay->web);
}

struct signals {
	uv_signal_t term;
	uv_signal_t interrupt;
	uv_signal_t hangup;
	struct relay *relay;
};

static void handle_signal(uv_signal_t *h, int signum)
{
	(void)signum;
	uv_stop(h->loop);
}

static void handle_hangup(uv_signal_t *h, int signum)
{
	struct relay *relay = h->data;

	(void)signum;
	if (relay->tls)
		tls_reload(relay->tls);
}

static int relay_open(struct relay *relay, const struct relay_options *options, char **ret_error)
{
	int r;

	r = tls_new(relay->conf, relay->state_dir, &relay->tls, ret_error);
	if (r == 0)
		r = tls_watch(relay->tls, relay->loop);
	if (r == 0)
		r = host_new(relay->loop, options->socket, &relay->host);
	if (r == 0)
		r = sources_new(relay->loop, relay->host, &relay->sources);
	if (r == 0)
		r = projections_new(relay, &relay->projections);
	if (r == 0)
		r = views_new(relay, &relay->views);
	if (r == 0)
		r = stations_new(relay, &relay->stations);
	if (r == 0)
		r = dashboards_new(relay, &relay->dashboards);
	if (r == 0)
		r = web_new(relay, &relay->web, ret_error);
	if (r == 0)
		r = seat_listener_new(relay, options->seats, &relay->seats, ret_error);
	if (r == 0)
		r = vnc_new(relay, &relay->vnc, ret_error);
	if (r == 0)
		r = rdp_new(relay, options->xrdp, &relay->rdp, ret_error);
	return r;
}

static void relay_close(struct relay *relay)
{
	relay_stop(relay);
	tls_unwatch(relay->tls);
	/* Streams flush, libwebsockets closes its sockets; all of it is bounded in time. */
	uv_run(relay->loop, UV_RUN_NOWAIT);
	relay->vnc = vnc_free(relay->vnc);
	relay->seats = seat_listener_free(relay->seats);
	relay->rdp = rdp_free(relay->rdp);
	if (relay->sources)
		relay->sources = sources_free(relay->sources);
	relay->host = host_free(relay->host);
	uv_run(relay->loop, UV_RUN_DEFAULT);
	relay->web = web_free(relay->web);
	uv_run(relay->loop, UV_RUN_DEFAULT);
	relay->tls = tls_free(relay->tls);
}

static int config_load(const struct relay_options *options, struct conf **ret)
{
	const char *path = options->config ? options->config : CONF_PATH;
	_cleanup_free_ char *error = NULL;
	int r;

	r = conf_load(path, ret, &error);
	if (error)
		log_error("%s", error);
	else if (r < 0)
		log_error("cannot read %s: %s", path, strerror(-r));
	return r;
}

static void signals_start(struct signals *s, struct relay *relay)
{
	s->relay = relay;
	uv_signal_init(relay->loop, &s->term);
	uv_signal_init(relay->loop, &s->interrupt);
	uv_signal_start(&s->term, handle_signal, SIGTERM);
	uv_signal_start(&s->interrupt, handle_signal, SIGINT);
	uv_signal_init(relay->loop, &s->hangup);
	s->hangup.data = relay;
	uv_signal_start(&s->hangup, handle_hangup, SIGHUP);
}

static void signals_stop(struct signals *s)
{
	uv_close((uv_handle_t *)&s->term, NULL);
	uv_close((uv_handle_t *)&s->interrupt, NULL);
	uv_close((uv_handle_t *)&s->hangup, NULL);
}

/* Pictures are megabytes: given back when they go, not kept in the heap because one was freed
 * before. */
static void tune_memory(void)
{
	mallopt(M_MMAP_THRESHOLD, KEPT_MAX);
	mallopt(M_TRIM_THRESHOLD, 2 * KEPT_MAX);
}

int relay_run(const struct relay_options *options)
{
	_cleanup_(conf_freep) struct conf *conf = NULL;
	_cleanup_free_ char *error = NULL;
	struct relay relay = { .state_dir = options->state_dir, .language = text_language() };
	struct signals signals;
	uv_loop_t loop;
	int r;

	if (config_load(options, &conf) < 0)
		return EXIT_CONFIG;
	signal(SIGPIPE, SIG_IGN);
	tune_memory();
	r = uv_loop_init(&loop);
	if (r < 0) {
		log_error_errno(r, "cannot make an event loop");
		return EXIT_FAILED;
	}
	relay.loop = &loop;
	relay.conf = conf;
	signals_start(&signals, &relay);
	r = relay_open(&relay, options, &error);
	if (r == 0) {
		notify_send("READY=1");
		uv_run(&loop, UV_RUN_DEFAULT);
		notify_send("STOPPING=1");
	} else if (error) {
		log_error("%s", error);
	} else {
		log_error_errno(r, "cannot start");
	}
	signals_stop(&signals);
	relay_close(&relay);
	uv_loop_close(&loop);
	return r == 0 ? 0 : EXIT_FAILED;
}
