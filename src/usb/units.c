/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Mounts over D-Bus: systemd mounts, so this program needs no right to. A new connection for each,
 * as they are rare. A mount that does not come is given up after JOB_MS.
 */
#include "usb/units.h"

#include <errno.h>
#include <string.h>
#include <systemd/sd-bus.h>

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

static int add_string(sd_bus_message *m, const char *name, const char *value)
{
	return sd_bus_message_append(m, "(sv)", name, "s", value);
}

static int fill_mount(sd_bus_message *m, const struct mount_order *o)
{
	int r = sd_bus_message_append(m, "ss", o->unit, "replace");

	if (r >= 0)
		r = sd_bus_message_open_container(m, 'a', "(sv)");
	if (r >= 0)
		r = add_string(m, "Description", "Stationmaster storage of a station");
	if (r >= 0)
		r = add_string(m, "What", o->what);
	if (r >= 0)
		r = add_string(m, "Where", o->where);
	if (r >= 0)
		r = add_string(m, "Type", o->type);
	if (r >= 0)
		r = add_string(m, "Options", o->options);
	if (r >= 0)
		r = add_string(m, "CollectMode", "inactive-or-failed");
	if (r >= 0) /* a program that has a file open keeps nobody's stick */
		r = sd_bus_message_append(m, "(sv)", "LazyUnmount", "b", 1);
	if (r >= 0)
		r = sd_bus_message_close_container(m);
	return r < 0 ? r : sd_bus_message_append(m, "a(sa(sv))", 0);
}

static int run(sd_bus *bus, sd_bus_message *m, struct job *j)
{
	_cleanup_(sd_bus_message_unrefp) sd_bus_message *reply = NULL;
	const char *path;
	int r;

	r = sd_bus_call_method(bus, SYSTEMD, "Subscribe", NULL, NULL, "");
	if (r >= 0)
		r = sd_bus_match_signal(bus, NULL, SYSTEMD, "JobRemoved", handle_removed, j);
	if (r >= 0)
		r = sd_bus_call(bus, m, 0, NULL, &reply);
	if (r >= 0)
		r = sd_bus_message_read(reply, "o", &path);
	if (r < 0)
		return r;
	j->path = strdup(path);
	return j->path ? wait_for(bus, j) : -ENOMEM;
}

static int order(const struct mount_order *mount, const char *unmount)
{
	_cleanup_(sd_bus_flush_close_unrefp) sd_bus *bus = NULL;
	_cleanup_(sd_bus_message_unrefp) sd_bus_message *m = NULL;
	struct job j = { 0 };
	int r;

	r = sd_bus_open_system(&bus);
	if (r >= 0)
		r = sd_bus_message_new_method_call(
				bus, &m, SYSTEMD, mount ? "StartTransientUnit" : "StopUnit");
	if (r >= 0)
		r = mount ? fill_mount(m, mount)
			  : sd_bus_message_append(m, "ss", unmount, "replace");
	if (r >= 0)
		r = run(bus, m, &j);
	free(j.path);
	return r < 0 ? r : 0;
}

int units_mount(const struct mount_order *o)
{
	return order(o, NULL);
}

int units_unmount(const char *unit)
{
	return order(NULL, unit);
}
