/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What is left when a helper was killed: systemd runs this after the end of its unit
 * (ExecStopPost). The helper has left a mark in its session's folder, with the id that systemd gave
 * this run of the unit; a helper that ended properly has removed the folder, and nothing is found
 * here. stationd, if it is there, does the same from its side: all of this may be done twice.
 */
#include "session/clean-up.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <systemd/sd-bus.h>

#include "base/fd.h"
#include "base/log.h"
#include "base/str.h"
#include "ipc/json.h"
#include "session/folder.h"
#include "session/utmp.h"

enum { MARK_MAX = 4096 };

#define MARK "helper"
/* For the person at the station, as stationd says it. */
#define REASON "Your session ended because of a fault of the system."

static const char *get_invocation(void)
{
	const char *id = getenv("INVOCATION_ID");

	return id ? id : "";
}

int clean_up_mark(const char *id, const char *logind, const char *display)
{
	_cleanup_json_ json_t *object =
			json_pack("{s:s, s:s, s:s, s:i}", "invocation", get_invocation(), "logind",
					logind, "display", display, "pid", (int)getpid());
	_cleanup_free_ char *path = folder_path(id, MARK);
	_cleanup_free_ char *text = object ? json_dumps(object, JSON_COMPACT) : NULL;

	return path && text ? fd_write_file(path, text, strlen(text), 0600) : -ENOMEM;
}

static void kill_session(const char *logind)
{
	_cleanup_(sd_bus_flush_close_unrefp) sd_bus *bus = NULL;
	_cleanup_(sd_bus_error_free) sd_bus_error error = SD_BUS_ERROR_NULL;
	int r;

	if (!*logind)
		return; /* its processes were in this unit's group, and systemd has killed them */
	r = sd_bus_open_system(&bus);
	if (r >= 0)
		r = sd_bus_call_method(bus, "org.freedesktop.login1", "/org/freedesktop/login1",
				"org.freedesktop.login1.Manager", "KillSession", &error, NULL,
				"ssi", logind, "all", 9);
	if (r < 0)
		log_info("nothing was left to kill logind=%s: %s", logind,
				error.message ? error.message : strerror(-r));
}

static void remove_display(const char *display)
{
	char path[64];

	if (display[0] != ':' || strlen(display) > 8)
		return;
	snprintf(path, sizeof(path), "/tmp/.X%s-lock", display + 1);
	unlink(path);
	snprintf(path, sizeof(path), "/tmp/.X11-unix/X%s", display + 1);
	unlink(path);
}

static void clean_up(const char *id, json_t *mark)
{
	const char *logind = json_string_value(json_object_get(mark, "logind"));
	const char *display = json_string_value(json_object_get(mark, "display"));
	pid_t pid = (pid_t)json_integer_value(json_object_get(mark, "pid"));
	int r;

	log_warning("the helper of a session ended without ending it session=%s", id);
	r = folder_write_ended(id, true, REASON);
	if (r < 0)
		log_warning_errno(r, "cannot write " ENDED_DIR "/%s", id);
	kill_session(logind ? logind : "");
	remove_display(display ? display : "");
	utmp_logout(display ? display : "", pid);
	folder_remove(id);
}

int clean_up_run(void)
{
	struct dirent *e;
	DIR *d;

	if (!*get_invocation())
		return 2;
	d = opendir(SESSIONS_DIR);
	while (d && (e = readdir(d))) {
		_cleanup_free_ char *path = folder_path(e->d_name, MARK), *text = NULL;
		_cleanup_json_ json_t *mark = NULL;
		const char *invocation;
		size_t len;

		if (!folder_is_id(e->d_name) || !path ||
				fd_read_file_at(AT_FDCWD, path, MARK_MAX, &text, &len) < 0 ||
				json_parse_object(text, len, &mark) < 0)
			continue;
		invocation = json_string_value(json_object_get(mark, "invocation"));
		if (invocation && streq(invocation, get_invocation()))
			clean_up(e->d_name, mark);
	}
	if (d)
		closedir(d);
	return 0;
}
