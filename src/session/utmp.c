/* SPDX-License-Identifier: GPL-3.0-or-later */
/* utmp(5). The line and id are the display's name, as display managers do it. */
#include "session/utmp.h"

#include <string.h>
#include <sys/time.h>
#include <utmpx.h>

#include "base/cleanup.h"

/* The fields of utmpx need no NUL at the end. */
static void put(char *field, size_t size, const char *s)
{
	memcpy(field, s, MIN(strlen(s), size));
}

static void write_entry(
		short type, const char *display, const char *user, const char *host, pid_t pid)
{
	struct utmpx entry = { .ut_type = type, .ut_pid = pid };
	struct timeval now;

	gettimeofday(&now, NULL);
	entry.ut_tv.tv_sec = (int32_t)now.tv_sec;
	entry.ut_tv.tv_usec = (int32_t)now.tv_usec;
	put(entry.ut_line, sizeof(entry.ut_line), display);
	put(entry.ut_id, sizeof(entry.ut_id), display);
	put(entry.ut_user, sizeof(entry.ut_user), user);
	put(entry.ut_host, sizeof(entry.ut_host), host);
	setutxent();
	pututxline(&entry);
	endutxent();
}

void utmp_login(const char *display, const char *user, const char *host, pid_t pid)
{
	write_entry(USER_PROCESS, display, user, host, pid);
}

void utmp_logout(const char *display, pid_t pid)
{
	write_entry(DEAD_PROCESS, display, "", "", pid);
}
