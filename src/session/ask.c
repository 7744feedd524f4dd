/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * One table: session manager, and the command that asks it to log off without a question to the
 * user. The manager is found by the name of its process among the session's own, not by what the
 * desktop file calls itself, and its D-Bus address is taken from its own environment: a wrapper
 * script may have started a bus that this process does not know. Both are read from what the user
 * controls and used only in a process that runs as that user.
 *
 * Desktops that are not here (openbox, icewm, twm, ...) take SIGTERM as their way.
 */
#include "session/ask.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <sys/stat.h>

#include "base/fd.h"
#include "base/str.h"

enum { ENVIRON_SIZE_MAX = 256 * 1024 };

#define DBUS_SEND "/usr/bin/dbus-send"

struct ask_way {
	const char *process; /* as in /proc/PID/comm: at most 15 characters */
	const char *argv[8]; /* for DBUS_SEND; or a program of its own; none: SIGTERM */
};

#define GNOME_WAY \
	{ \
		DBUS_SEND, "--dest=org.gnome.SessionManager", "/org/gnome/SessionManager", \
				"org.gnome.SessionManager.Logout", "uint32:1" \
	}

static const struct ask_way ways[] = {
	{ "xfce4-session",
			{ DBUS_SEND, "--dest=org.xfce.SessionManager", "/org/xfce/SessionManager",
					"org.xfce.Session.Manager.Logout", "boolean:false",
					"boolean:false" } },
	{ "gnome-session-b", GNOME_WAY },
	{ "mate-session", GNOME_WAY },
	{ "cinnamon-sessio", GNOME_WAY },
	{ "ksmserver", { DBUS_SEND, "--dest=org.kde.Shutdown", "/Shutdown",
				       "org.kde.Shutdown.logout" } },
	{ "lxqt-session", { "/usr/bin/lxqt-leave", "--logout" } },
	{ "lxsession", { NULL } },
};

static const struct ask_way *way_find(const char *process)
{
	for (size_t i = 0; i < ELEMENTSOF(ways); i++)
		if (streq(ways[i].process, process))
			return &ways[i];
	return NULL;
}

struct ask ask_find(const pid_t *pids, size_t n, uid_t uid)
{
	for (size_t i = 0; i < n; i++) {
		_cleanup_free_ char *comm = NULL;
		const struct ask_way *way;
		struct stat st;
		char path[64];

		snprintf(path, sizeof(path), "/proc/%d/comm", (int)pids[i]);
		if (fd_read_file_at(AT_FDCWD, path, 64, &comm, NULL) < 0)
			continue;
		comm[strcspn(comm, "\n")] = 0;
		way = way_find(comm);
		if (way && stat(path, &st) == 0 && st.st_uid == uid)
			return (struct ask){ .way = way, .manager = pids[i] };
	}
	return (struct ask){ 0 };
}

struct asking {
	const struct ask *ask;
	const struct environ *environ;
	int timeout_ms;
};

/* What the manager's own environment says about where to reach it. */
static void take_address(struct environ *env, pid_t manager)
{
	static const char *const names[] = { "DBUS_SESSION_BUS_ADDRESS=", "SESSION_MANAGER=" };
	_cleanup_free_ char *data = NULL;
	char path[64];
	size_t len;

	snprintf(path, sizeof(path), "/proc/%d/environ", (int)manager);
	if (fd_read_file_at(AT_FDCWD, path, ENVIRON_SIZE_MAX, &data, &len) < 0)
		return;
	for (const char *p = data; p < data + len; p += strlen(p) + 1)
		for (size_t i = 0; i < ELEMENTSOF(names); i++)
			if (strncmp(p, names[i], strlen(names[i])) == 0)
				environ_put(env, p);
}

/* In the child, as the user. */
static int run(void *userdata)
{
	const struct asking *a = userdata;
	const struct ask_way *way = a->ask->way;
	struct environ env = { 0 };
	const char *argv[16];
	char timeout[40];
	size_t n = 0;

	if (environ_copy(a->environ, &env) < 0)
		return 126;
	take_address(&env, a->ask->manager);
	argv[n++] = way->argv[0];
	if (streq(way->argv[0], DBUS_SEND)) {
		snprintf(timeout, sizeof(timeout), "--reply-timeout=%d", a->timeout_ms);
		argv[n++] = "--session";
		argv[n++] = "--type=method_call";
		argv[n++] = "--print-reply";
		argv[n++] = timeout;
	}
	for (size_t i = 1; i < ELEMENTSOF(way->argv) && way->argv[i]; i++)
		argv[n++] = way->argv[i];
	argv[n] = NULL;
	execve(argv[0], (char *const *)argv, env.vars);
	return 127;
}

pid_t ask_start(const struct ask *a, const struct child_options *o, int timeout_ms)
{
	struct asking asking = { a, o->environ, MAX(timeout_ms, 1) };

	if (!a->way->argv[0])
		return 0;
	return child_call(o, run, &asking);
}
