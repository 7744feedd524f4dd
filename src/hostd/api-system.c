/* SPDX-License-Identifier: GPL-3.0-or-later */
/* org.stationmaster.System: the host computer as a whole. */
#include <stdio.h>

#include "base/clock.h"
#include "base/fd.h"
#include "base/str.h"
#include "hostd/api.h"
#include "hostd/events.h"
#include "hostd/host.h"
#include "hostd/logind.h"
#include "hostd/session.h"

#include <fcntl.h>

void api_system_version(struct request *r)
{
	if (api_args_done(r))
		varlink_reply(r->call, json_pack("{s:s}", "version", STATIONMASTER_VERSION));
}

void api_system_who_am_i(struct request *r)
{
	const struct caller *c = r->caller;

	if (api_args_done(r))
		varlink_reply(r->call,
				json_pack("{s:s, s:I, s:s, s:s}", "user", c->user, "uid",
						(json_int_t)c->uid, "full_name", c->full_name,
						"role", role_to_string(c->role)));
}

/* "MemTotal:  24611476 kB" */
static int64_t read_memory(const char *meminfo, const char *key)
{
	const char *p = strstr(meminfo, key);
	long long kib = 0;

	if (p && sscanf(p + strlen(key), ": %lld", &kib) != 1)
		kib = 0;
	return kib;
}

static json_t *build_desktops(struct host *h)
{
	json_t *list = json_array();

	for (size_t i = 0; list && i < h->desktops.n; i++)
		json_array_append_new(list, json_pack("{s:s, s:s}", "id", h->desktops.list[i].id,
							    "name", h->desktops.list[i].name));
	return list;
}

void api_system_status(struct request *r)
{
	_cleanup_free_ char *meminfo = NULL;
	const struct desktop *d;
	struct host *h = r->host;
	double load = 0;

	if (!api_args_done(r))
		return;
	desktops_update(&h->desktops);
	d = desktops_default(&h->desktops, h->conf->desktop);
	if (getloadavg(&load, 1) != 1)
		load = 0;
	if (fd_read_file_at(AT_FDCWD, "/proc/meminfo", 65536, &meminfo, NULL) < 0)
		meminfo = NULL;
	varlink_reply(r->call,
			json_pack("{s:s, s:s, s:b, s:b, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:o, "
				  "s:s}",
					"name", h->system_name, "version", STATIONMASTER_VERSION,
					"logind", logind_is_there(), "relay",
					orders_is_connected(h), "sessions",
					(json_int_t)h->n_sessions, "active",
					(json_int_t)session_count_state(h, true), "suspended",
					(json_int_t)session_count_state(h, false), "stations",
					(json_int_t)h->n_stations, "uptime_s",
					(json_int_t)((clock_mono_ms() - h->started_ms) / 1000),
					"load_percent", (json_int_t)(load * 100),
					"memory_total_kib",
					(json_int_t)(meminfo ? read_memory(meminfo, "MemTotal")
							     : 0),
					"memory_available_kib",
					(json_int_t)(meminfo ? read_memory(meminfo, "MemAvailable")
							     : 0),
					"desktops", build_desktops(h), "default_desktop",
					d ? d->id : ""));
}

void api_login_info(struct request *r)
{
	struct host *h = r->host;
	const struct desktop *d;

	if (!api_args_done(r))
		return;
	desktops_update(&h->desktops);
	d = desktops_default(&h->desktops, h->conf->desktop);
	varlink_reply(r->call,
			json_pack("{s:s, s:o, s:s}", "system", h->system_name, "desktops",
					build_desktops(h), "default_desktop", d ? d->id : ""));
}
