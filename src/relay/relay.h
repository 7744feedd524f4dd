/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The whole relay: what its parts share. */
#pragma once

#include <uv.h>

#include "ipc/conf.h"

struct host;
struct web;
struct tls;
struct dashboards;
struct sources;
struct stations;
struct projections;
struct views;
struct seat_listener;
struct vnc;
struct rdp;

struct relay {
	uv_loop_t *loop;
	const struct conf *conf;
	const char *state_dir; /* for the certificate made by ourselves */
	const char *language;  /* of what the relay draws: "en", "de" */
	struct host *host;
	struct tls *tls;
	struct sources *sources;
	struct stations *stations;
	struct projections *projections;
	struct views *views;
	struct dashboards *dashboards;
	struct web *web;
	struct vnc *vnc;
	struct seat_listener *seats;
	struct rdp *rdp; /* NULL: off */
};

struct relay_options {
	const char *config;    /* NULL: CONF_PATH */
	const char *socket;    /* of stationd */
	const char *seats;     /* NULL: the service manager's socket */
	const char *xrdp;      /* its socket */
	const char *state_dir; /* NULL: a certificate must be configured */
};

/* Runs until SIGTERM or SIGINT. The exit status: 0, 1 failed, 2 broken configuration. */
int relay_run(const struct relay_options *options);
