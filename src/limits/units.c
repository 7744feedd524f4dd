/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Jobs of systemd over D-Bus. A new connection for each: orders are rare, and a connection that is
 * kept would have to be looked after over restarts of the bus. Nobody else waits for this process,
 * so waiting here is simple and right; a unit that does not come up is given up after JOB_MS.
 */
#include "limits/units.h"

#include <errno.h>
#include <string.h>
#include <systemd/sd-bus.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/str.h"

enum { JOB_MS = 8000 };

#define SYSTEMD \
	"org.freedesktop.systemd1", "/org/freedesktop/systemd1", "org.freedesktop.systemd1.Manager"

struct job {
	char *path;
	bool over;
	bool done; /* with success */
};

bool units_are_possible(void)
{
	return access("/run/systemd/system", F_OK) == 0;
}

static int handle_removed(sd_bus_message *m, void *userdata, sd_bus_error *error)
{
	const char *path, *unit, *result;
	struct job *j = userdata;
	uint32_t id;

	if (sd_bus_message_read(m, "uoss", &id, &path, &unit, &result) < 0 || !j->path ||
			!streq(path, j->path))
		return 0;
	j->over = true;
	j->done = streq(result, "done");
	return 0;
}

/* Signals that come before the reply wait in the connection, so none is missed. */
static int wait_for(sd_bus *bus, struct job *j)
{
	int64_t until = clock_mono_ms() + JOB_MS;

	while (!j->over) {
		int64_t left = until - clock_mono_ms();
		int r;

		if (left <= 0)
			return -ETIMEDOUT;
		r = sd_bus_process(bus, NULL);
		if (r == 0)
			r = sd_bus_wait(bus, (uint64_t)left * 1000);
		if (r < 0 && r != -EINTR)
			return r;
	}
	return j->done ? 0 : -EIO;
}

static int run(sd_bus *bus, const char *method, const char *unit, struct job *j)
{
	_cleanup_(sd_bus_message_unrefp) sd_bus_message *reply = NULL;
	const char *path;
	int r;

	r = sd_bus_call_method(bus, SYSTEMD, "Subscribe", NULL, NULL, "");
	if (r >= 0)
		r = sd_bus_match_signal(bus, NULL, SYSTEMD, "JobRemoved", handle_removed, j);
	if (r >= 0)
		r = sd_bus_call_method(bus, SYSTEMD, method, NULL, &reply, "ss", unit, "replace");
	if (r >= 0)
		r = sd_bus_message_read(reply, "o", &path);
	if (r < 0)
		return r;
	j->path = strdup(path);
	return j->path ? wait_for(bus, j) : -ENOMEM;
}

static int order(const char *method, const char *unit)
{
	sd_bus *bus = NULL;
	struct job j = { 0 };
	int r;

	r = sd_bus_open_system(&bus);
	if (r >= 0)
		r = run(bus, method, unit, &j);
	sd_bus_flush_close_unref(bus);
	free(j.path);
	return r < 0 ? r : 0;
}

int units_start(const char *unit)
{
	return order("StartUnit", unit);
}

int units_stop(const char *unit)
{
	return order("StopUnit", unit);
}
