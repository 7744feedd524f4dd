/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * D-Bus connection to logind: the signal SessionRemoved and the call KillSession. Everything is
 * asynchronous. When the bus goes away (restart of dbus) it is connected again after a moment;
 * sessions whose end was missed meanwhile are noticed by their helpers.
 */
#include "hostd/logind.h"

#include <systemd/sd-bus.h>

#include "base/log.h"
#include "base/str.h"
#include "hostd/host.h"
#include "hostd/session.h"

enum { RETRY_MS = 2000 };

struct logind {
	struct host *host;
	sd_bus *bus;
	sd_event_source *retry;
};

bool logind_is_there(void)
{
	return access("/run/systemd/seats", F_OK) == 0;
}

static int handle_removed(sd_bus_message *m, void *userdata, sd_bus_error *error)
{
	struct logind *l = userdata;
	const char *id;
	struct list *k;

	if (sd_bus_message_read(m, "s", &id) < 0)
		return 0;
	list_for_each (k, &l->host->sessions) {
		struct session *s = list_entry(k, struct session, link);

		if (streq(s->logind, id)) {
			session_handle_removed(s);
			break;
		}
	}
	return 0;
}

static int handle_retry(sd_event_source *source, uint64_t usec, void *userdata);

static void bus_close(struct logind *l)
{
	if (!l->bus)
		return;
	sd_bus_detach_event(l->bus);
	l->bus = sd_bus_close_unref(l->bus);
}

static int handle_disconnected(sd_bus_message *m, void *userdata, sd_bus_error *error)
{
	struct logind *l = userdata;

	log_warning("the connection to logind ended; trying again");
	host_arm_timer(l->host, &l->retry, RETRY_MS, handle_retry, l);
	return 0;
}

static int bus_open(struct logind *l)
{
	int r;

	r = sd_bus_open_system(&l->bus);
	if (r < 0)
		return r;
	r = sd_bus_attach_event(l->bus, l->host->event, SD_EVENT_PRIORITY_NORMAL);
	if (r >= 0)
		r = sd_bus_match_signal_async(l->bus, NULL, "org.freedesktop.login1",
				"/org/freedesktop/login1", "org.freedesktop.login1.Manager",
				"SessionRemoved", handle_removed, NULL, l);
	if (r >= 0)
		r = sd_bus_match_signal_async(l->bus, NULL, "org.freedesktop.DBus.Local", NULL,
				"org.freedesktop.DBus.Local", "Disconnected", handle_disconnected,
				NULL, l);
	return r;
}

static int handle_retry(sd_event_source *source, uint64_t usec, void *userdata)
{
	struct logind *l = userdata;

	bus_close(l);
	if (bus_open(l) < 0) {
		bus_close(l);
		host_arm_timer(l->host, &l->retry, RETRY_MS, handle_retry, l);
	}
	return 0;
}

struct logind *logind_new(struct host *h)
{
	struct logind *l;
	int r;

	if (!logind_is_there())
		return NULL;
	l = calloc(1, sizeof(*l));
	if (!l)
		return NULL;
	l->host = h;
	r = bus_open(l);
	if (r < 0) {
		log_warning_errno(r, "cannot reach logind on the system bus; trying again");
		bus_close(l);
		host_arm_timer(h, &l->retry, RETRY_MS, handle_retry, l);
	}
	return l;
}

struct logind *logind_free(struct logind *l)
{
	if (!l)
		return NULL;
	sd_event_source_disable_unref(l->retry);
	bus_close(l);
	free(l);
	return NULL;
}

void logind_kill_session(struct logind *l, const char *id)
{
	int r;

	if (!l || !l->bus)
		return;
	r = sd_bus_call_method_async(l->bus, NULL, "org.freedesktop.login1",
			"/org/freedesktop/login1", "org.freedesktop.login1.Manager", "KillSession",
			NULL, NULL, "ssi", id, "all", 9);
	if (r < 0)
		log_warning_errno(r, "cannot ask logind to kill logind=%s", id);
}
