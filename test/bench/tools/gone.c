/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * gone: when has everything of some users ended?
 *
 *   gone UID...
 *
 * Prints "ready", then, for each user as it comes, "MS UID processes" when no process of theirs is
 * left, and "MS UID session" when logind has no session of theirs; MS is CLOCK_MONOTONIC. It looks
 * every 4 ms, in the same way whoever ends the sessions. The user's service manager (user@UID) does
 * not count: logind keeps it for 10 s after the last session, however that has ended.
 */
#include <ctype.h>
#include <dirent.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define USERS_MAX 1000

static struct user {
	unsigned uid;
	bool has_process, has_session;
	bool processes_gone, session_gone;
} users[USERS_MAX];
static size_t n_users;

static double now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

static struct user *user_find(unsigned uid)
{
	for (size_t i = 0; i < n_users; i++)
		if (users[i].uid == uid)
			return &users[i];
	return NULL;
}

/* Processes of the service manager are below user@UID.service. */
static bool is_of_manager(const char *pid)
{
	char path[64], text[4096];
	size_t n;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%.16s/cgroup", pid);
	f = fopen(path, "re");
	n = f ? fread(text, 1, sizeof(text) - 1, f) : 0;
	text[n] = 0;
	if (f)
		fclose(f);
	return strstr(text, "/user@") != NULL;
}

/* Ended and only not yet waited for: holds nothing any more, and its parent is not the user's. */
static bool is_zombie(const char *pid)
{
	char path[64], text[512];
	const char *end;
	size_t n;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%.16s/stat", pid);
	f = fopen(path, "re");
	n = f ? fread(text, 1, sizeof(text) - 1, f) : 0;
	text[n] = 0;
	if (f)
		fclose(f);
	end = strrchr(text, ')');
	return !end || end[2] == 'Z' || end[2] == 'X';
}

static void look_at_processes(void)
{
	DIR *d = opendir("/proc");
	struct dirent *entry;

	while (d && (entry = readdir(d)) != NULL) {
		struct user *u;
		struct stat st;

		if (!isdigit((unsigned char)entry->d_name[0]) ||
				fstatat(dirfd(d), entry->d_name, &st, 0) < 0)
			continue;
		u = user_find(st.st_uid);
		if (u && !u->has_process && !is_zombie(entry->d_name) &&
				!is_of_manager(entry->d_name))
			u->has_process = true;
	}
	if (d)
		closedir(d);
}

/* logind's own files: a session that is closing is still one. */
static void look_at_sessions(void)
{
	DIR *d = opendir("/run/systemd/sessions");
	struct dirent *entry;

	while (d && (entry = readdir(d)) != NULL) {
		char path[512], line[256];
		unsigned uid;
		FILE *f;

		if (entry->d_name[0] == '.' || strchr(entry->d_name, '.'))
			continue;
		snprintf(path, sizeof(path), "/run/systemd/sessions/%s", entry->d_name);
		f = fopen(path, "re");
		while (f && fgets(line, sizeof(line), f)) {
			if (sscanf(line, "UID=%u", &uid) == 1 && user_find(uid))
				user_find(uid)->has_session = true;
		}
		if (f)
			fclose(f);
	}
	if (d)
		closedir(d);
}

/* True: everything is gone. */
static bool look(void)
{
	bool all = true;
	double t;

	for (size_t i = 0; i < n_users; i++)
		users[i].has_process = users[i].has_session = false;
	look_at_processes();
	look_at_sessions();
	t = now_ms();
	for (size_t i = 0; i < n_users; i++) {
		struct user *u = &users[i];

		if (!u->has_process && !u->processes_gone)
			printf("%.3f %u processes\n", t, u->uid);
		if (!u->has_session && !u->session_gone)
			printf("%.3f %u session\n", t, u->uid);
		u->processes_gone |= !u->has_process;
		u->session_gone |= !u->has_session;
		all &= u->processes_gone && u->session_gone;
	}
	fflush(stdout);
	return all;
}

int main(int argc, char **argv)
{
	double end = now_ms() + 200e3;

	for (int i = 1; i < argc && n_users < USERS_MAX; i++)
		users[n_users++].uid = (unsigned)atoi(argv[i]);
	printf("ready\n");
	fflush(stdout);
	while (!look()) {
		if (now_ms() > end) {
			fprintf(stderr, "gone: not within 200 s\n");
			return 1;
		}
		usleep(4000);
	}
	return 0;
}
