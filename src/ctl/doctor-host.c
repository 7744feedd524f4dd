/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the computer brings: settings, groups, desktops, PAM, logind, fonts, disk, clock, cgroups.
 */
#include <dirent.h>
#include <fcntl.h>
#include <ftw.h>
#include <grp.h>
#include <pwd.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <time.h>

#include "base/fd.h"
#include "base/str.h"
#include "ctl/finding.h"
#include "ipc/logon-notice.h"

#define XSESSIONS "/usr/share/xsessions"
#define XVNC      "/usr/bin/Xvnc"

enum { FILE_MAX = 64 * 1024, FONT_FOLDERS = 16 };

void doctor_look_settings(struct doctor *d)
{
	_cleanup_(logon_notices_freep) struct logon_notices *notices = NULL;
	_cleanup_free_ char *error = NULL;
	int r = conf_load(CONF_PATH, &d->conf, &error);

	if (r == 0)
		r = logon_notices_load(CONF_PATH, &notices, &error);
	if (r == 0) {
		finding_add(d, "settings", FINDING_OK, NULL, "The settings can be read.");
		return;
	}
	if (d->conf) {
		finding_add(d, "settings", FINDING_FAULT,
				"Mend or remove the file; man stationmaster.conf, [login], says what it may be. Then: systemctl restart stationd",
				"The log-on notice cannot be shown: %s",
				error ? error : strerror(-r));
		return;
	}
	finding_add(d, "settings", FINDING_FAULT,
			"Mend the line; man stationmaster.conf lists every setting. Then: systemctl restart stationd station-relay",
			"%s", error ? error : strerror(-r));
	/* The rest is looked at with the defaults. */
	if (conf_load("/nonexistent/stationmaster.conf", &d->conf, &error) < 0)
		d->conf = NULL;
}

static void group_look(struct doctor *d, const char *name, const char *who, bool needed)
{
	struct group *g = getgrnam(name);
	_cleanup_free_ char *todo = NULL;

	if (!g) {
		todo = str_format("systemd-sysusers, or: groupadd --system %s", name);
		finding_add(d, "groups", FINDING_FAULT, todo,
				"The group %s of the %s does not exist.", name, who);
	} else if (needed && !g->gr_mem[0]) {
		finding_add(d, "groups", FINDING_WARNING, "sudo stationctl setup",
				"Nobody but root is an administrator: the group %s has no members.",
				name);
	} else {
		finding_add(d, "groups", FINDING_OK, NULL, "The group %s of the %s exists.", name,
				who);
	}
}

static bool is_desktop(const struct dirent *e)
{
	size_t n = strlen(e->d_name);

	return n > 8 && streq(e->d_name + n - 8, ".desktop");
}

bool desktop_is_there(void)
{
	DIR *dir = opendir(XSESSIONS);
	struct dirent *e;
	bool found = false;

	while (dir && !found && (e = readdir(dir)))
		found = is_desktop(e);
	if (dir)
		closedir(dir);
	return found;
}

static void desktops_look(struct doctor *d)
{
	if (!desktop_is_there())
		finding_add(d, "desktop", FINDING_FAULT,
				"apt install xfce4, or another one: openbox, lxqt, mate-desktop-environment",
				"No desktop is installed (" XSESSIONS
				" is empty), so nobody can log in.");
	else
		finding_add(d, "desktop", FINDING_OK, NULL, "A desktop is installed.");
	if (access(XVNC, X_OK) < 0)
		finding_add(d, "display", FINDING_FAULT, "apt install tigervnc-standalone-server",
				"The display server " XVNC
				" is not there, so no session can start.");
	else
		finding_add(d, "display", FINDING_OK, NULL, "The display server is installed.");
}

/* "stationmaster-start" and its sum, as the package brought it; NULL: not known. */
static char *package_sum(const char *path)
{
	static const char *const argv[] = { "dpkg-query", "-W", "-f", "${Conffiles}",
		"stationmaster", NULL };
	_cleanup_free_ char *all = NULL, *key = str_format(" %s ", path);
	const char *at;

	if (!key || output_read(argv, &all) != 0 || !(at = strstr(all, key)))
		return NULL;
	at += strlen(key);
	return strndup(at, strcspn(at, " \n"));
}

static void pam_file_look(struct doctor *d, const char *service)
{
	_cleanup_free_ char *path = str_format("/etc/pam.d/%s", service), *sum = NULL, *now = NULL;

	if (!path)
		return;
	if (access(path, R_OK) < 0) {
		finding_add(d, "pam", FINDING_FAULT,
				"apt install --reinstall -o Dpkg::Options::=--force-confmiss stationmaster",
				"%s is missing (%s), so log-ins are decided by /etc/pam.d/other, which refuses.",
				path, strerror(errno));
		return;
	}
	sum = package_sum(path);
	if (sum) {
		const char *const argv[] = { "md5sum", path, NULL };

		if (output_read(argv, &now) == 0 && strncmp(now, sum, strlen(sum)) != 0) {
			finding_add(d, "pam", FINDING_WARNING,
					"Meant so? Then all is well; packages keep the change. Else compare it with that of the package.",
					"%s was changed.", path);
			return;
		}
	}
	finding_add(d, "pam", FINDING_OK, NULL, "%s is there.", path);
}

static bool file_names(const char *path, const char *word)
{
	_cleanup_free_ char *text = NULL;

	return fd_read_file_at(AT_FDCWD, path, FILE_MAX, &text, NULL) == 0 && strstr(text, word);
}

static void pam_look(struct doctor *d)
{
	pam_file_look(d, "stationmaster");
	pam_file_look(d, "stationmaster-start");
	pam_file_look(d, "stationmaster-dashboard");
	if (access("/run/systemd/system", F_OK) == 0 &&
			!file_names("/etc/pam.d/common-session", "pam_systemd.so") &&
			!file_names("/etc/pam.d/stationmaster", "pam_systemd.so"))
		finding_add(d, "pam", FINDING_WARNING,
				"apt install libpam-systemd, and: pam-auth-update --enable systemd",
				"PAM makes no logind sessions: pam_systemd is not in /etc/pam.d/common-session.");
}

static void logind_look(struct doctor *d)
{
	static const char *const argv[] = { "systemctl", "is-active", "systemd-logind.service",
		NULL };
	_cleanup_free_ char *said = NULL;

	if (access("/run/systemd/system", F_OK) < 0) {
		finding_add(d, "logind", FINDING_WARNING, NULL,
				"This computer does not run systemd: sessions are tracked by process tree.");
		return;
	}
	if (output_read(argv, &said) != 0)
		finding_add(d, "logind", FINDING_FAULT, "systemctl status systemd-logind dbus",
				"systemd-logind does not run (%s): sessions cannot be logind sessions.",
				said && *said ? said : "unknown");
	else
		finding_add(d, "logind", FINDING_OK, NULL, "systemd-logind runs.");
}

static int handle_font(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	const char *dot = strrchr(path, '.');

	(void)st, (void)ftw;
	return type == FTW_F && dot &&
	       (streq(dot, ".ttf") || streq(dot, ".otf") || streq(dot, ".ttc"));
}

static void fonts_look(struct doctor *d)
{
	if (nftw("/usr/share/fonts", handle_font, FONT_FOLDERS, FTW_PHYS) == 1)
		finding_add(d, "fonts", FINDING_OK, NULL, "Fonts are installed.");
	else
		finding_add(d, "fonts", FINDING_FAULT,
				"apt install fonts-dejavu-core fonts-noto-core",
				"There are no fonts: the log-in picture of VNC stations and desktops show boxes.");
}

static void disk_look(struct doctor *d, const char *path)
{
	struct statvfs v;
	uint64_t free_mib, percent, inodes;

	if (statvfs(path, &v) < 0 || v.f_blocks == 0)
		return;
	free_mib = (uint64_t)v.f_bavail * v.f_frsize >> 20;
	percent = (uint64_t)v.f_bavail * 100 / v.f_blocks;
	inodes = v.f_files ? (uint64_t)v.f_favail * 100 / v.f_files : 100;
	if (free_mib < 16 || (v.f_files && v.f_favail < 64))
		finding_add(d, "disk", FINDING_FAULT, "Make room: du -xh / | sort -h | tail",
				"%s is full (%llu MiB left): what people do cannot be stored.",
				path, (unsigned long long)free_mib);
	else if (percent < 5 || inodes < 5)
		finding_add(d, "disk", FINDING_WARNING, "Make room: du -xh / | sort -h | tail",
				"%s is nearly full (%llu MiB left).", path,
				(unsigned long long)free_mib);
	else
		finding_add(d, "disk", FINDING_OK, NULL, "%s has room (%llu MiB).", path,
				(unsigned long long)free_mib);
}

/* Blocks, notices and certificates are measured by the clock: one that went back lets them last. */
static void clock_look(struct doctor *d)
{
	static const char *const files[] = { "/var/lib/stationmaster/state.db",
		"/var/lib/stationmaster", "/var/log/wtmp", "/etc/passwd" };
	time_t now = time(NULL);
	struct stat st;

	for (size_t i = 0; i < ELEMENTSOF(files); i++) {
		if (stat(files[i], &st) < 0 || st.st_mtime <= now + 600)
			continue;
		finding_add(d, "clock", FINDING_FAULT,
				"timedatectl status; set the clock, or: timedatectl set-ntp true",
				"The clock is wrong or went back: %s was written %lld minutes in the future.",
				files[i], (long long)(st.st_mtime - now) / 60);
		return;
	}
	finding_add(d, "clock", FINDING_OK, NULL, "The clock has not gone back.");
}

static void cgroups_look(struct doctor *d)
{
	_cleanup_free_ char *have = NULL;
	static const char *const wanted[] = { "cpu", "memory", "pids" };

	if (fd_read_file_at(AT_FDCWD, "/sys/fs/cgroup/cgroup.controllers", FILE_MAX, &have, NULL) <
			0) {
		finding_add(d, "cgroups", FINDING_WARNING,
				"Boot without systemd.unified_cgroup_hierarchy=0",
				"This system does not use cgroup v2 alone: limits of memory and processor for sessions may not hold.");
		return;
	}
	for (size_t i = 0; i < ELEMENTSOF(wanted); i++) {
		_cleanup_free_ char *todo = str_format("Boot without cgroup_disable=%s", wanted[i]);

		if (!strstr(have, wanted[i])) {
			finding_add(d, "cgroups", FINDING_WARNING, todo,
					"The kernel gives no cgroup controller \"%s\": that limit of sessions does not hold.",
					wanted[i]);
			return;
		}
	}
	finding_add(d, "cgroups", FINDING_OK, NULL, "Processor, memory and tasks can be limited.");
}

void doctor_look_host(struct doctor *d)
{
	static const char *const places[] = { "/", "/home", "/tmp", "/var/lib/stationmaster" };
	dev_t seen[ELEMENTSOF(places)];
	struct stat st;
	size_t n = 0;

	group_look(d, d->conf->admin_group, "administrators", true);
	group_look(d, d->conf->operator_group, "operators", false);
	desktops_look(d);
	pam_look(d);
	logind_look(d);
	fonts_look(d);
	for (size_t i = 0; i < ELEMENTSOF(places); i++) {
		bool known = stat(places[i], &st) < 0;

		for (size_t k = 0; !known && k < n; k++)
			known = seen[k] == st.st_dev;
		if (known)
			continue;
		seen[n++] = st.st_dev;
		disk_look(d, places[i]);
	}
	clock_look(d);
	cgroups_look(d);
}
