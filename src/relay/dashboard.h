/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Dashboards: the events of stationd and thumbnails, each over one WebSocket. */
#pragma once

struct relay;
struct dashboards;
struct web_socket;

enum {
	DASHBOARDS_MAX = 500, /* each holds a connection to stationd */
	DASHBOARD_TILES_MAX = 1000,
};

int dashboards_new(struct relay *relay, struct dashboards **ret);
struct dashboards *dashboards_free(struct dashboards *d);
/* token: of the cookie, "" = none. */
void dashboards_open(struct dashboards *d, struct web_socket *socket, const char *token);
