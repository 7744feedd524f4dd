/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What we run: units, the files they need, and whether stationd and the relay found each other. */
#include <fcntl.h>
#include <glob.h>
#include <grp.h>
#include <pwd.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/fd.h"
#include "base/str.h"
#include "ctl/finding.h"

static char *property(char *all, const char *name)
{
	_cleanup_free_ char *key = str_format("%s=", name);
	char *at = key ? strstr(all, key) : NULL;

	return at ? strndup(at + strlen(key), strcspn(at + strlen(key), "\n")) : strdup("");
}

/* The last words of a unit, for a finding. */
static char *last_words(const char *unit)
{
	const char *const argv[] = { "journalctl", "-u", unit, "-n", "5", "-o", "cat", "--no-pager",
		"-q", NULL };
	_cleanup_free_ char *said = NULL;

	if (output_read(argv, &said) != 0 || str_is_empty(said))
		return str_format("journalctl -u %s says why (as root).", unit);
	return str_format("journalctl -u %s said last:\n%s", unit, said);
}

static void unit_look(struct doctor *d, const char *unit)
{
	const char *const argv[] = { "systemctl", "show", "-p",
		"LoadState,ActiveState,SubState,UnitFileState", unit, NULL };
	_cleanup_free_ char *all = NULL, *load = NULL, *active = NULL, *file = NULL, *todo = NULL;

	if (output_read(argv, &all) != 0)
		return;
	load = property(all, "LoadState");
	active = property(all, "ActiveState");
	file = property(all, "UnitFileState");
	if (!load || !active || !file)
		return;
	if (streq(load, "not-found")) {
		finding_add(d, "units", FINDING_FAULT, "apt install --reinstall stationmaster",
				"The unit %s is not installed.", unit);
	} else if (streq(load, "masked")) {
		todo = str_format("systemctl unmask %s && systemctl enable --now %s", unit, unit);
		finding_add(d, "units", FINDING_FAULT, todo, "The unit %s is masked.", unit);
	} else if (!streq(active, "active")) {
		todo = streq(active, "inactive") ? str_format("systemctl enable --now %s", unit)
						 : last_words(unit);
		finding_add(d, "units", FINDING_FAULT, todo, "The unit %s is %s.", unit, active);
	} else if (streq(file, "disabled")) {
		todo = str_format("systemctl enable %s", unit);
		finding_add(d, "units", FINDING_WARNING, todo,
				"The unit %s runs, but will not be started at the next boot.",
				unit);
	} else {
		finding_add(d, "units", FINDING_OK, NULL, "%s runs.", unit);
	}
}

static const struct place {
	const char *path;
	mode_t type, mode;
	const char *user, *group;
} places[] = {
	{ "/run/stationmaster", S_IFDIR, 0755, "root", "root" },
	{ "/run/stationmaster/api.sock", S_IFSOCK, 0666, "root", "root" },
	{ "/run/stationmaster/relay.sock", S_IFSOCK, 0660, "root", "station-relay" },
	{ "/run/stationmaster/seat.sock", S_IFSOCK, 0660, "root", "station-seat" },
	{ "/run/stationmaster/session.sock", S_IFSOCK, 0600, "root", "root" },
	{ "/run/stationmaster/limits.sock", S_IFSOCK, 0600, "root", "root" },
	{ "/run/stationmaster/sessions", S_IFDIR, 0711, "root", "root" },
	{ "/run/stationmaster/ended", S_IFDIR, 0700, "root", "root" },
	{ "/var/lib/stationmaster", S_IFDIR, 0700, "root", "root" },
	{ "/var/lib/station-relay", S_IFDIR, 0700, "station-relay", "station-relay" },
	{ "/tmp/.X11-unix", S_IFDIR, 01777, "root", "root" },
};

/* What is wrong with it, in words; NULL: nothing, or it cannot be seen. */
static char *place_check(const struct place *p)
{
	struct passwd *user = getpwnam(p->user);
	struct group *group;
	uid_t uid = user ? user->pw_uid : (uid_t)-1;
	struct stat st;

	group = getgrnam(p->group);
	if (!user || !group)
		return str_format("it belongs to %s:%s, which does not exist", p->user, p->group);
	if (lstat(p->path, &st) < 0)
		return errno == ENOENT ? str_format("it is missing") : NULL;
	if ((st.st_mode & S_IFMT) != p->type)
		return str_format("it is something else than it should be");
	if (st.st_uid != uid || st.st_gid != group->gr_gid)
		return str_format("it belongs to %u:%u instead of %s:%s", st.st_uid, st.st_gid,
				p->user, p->group);
	if ((st.st_mode & 07777) != p->mode)
		return str_format("its mode is %04o instead of %04o", st.st_mode & 07777, p->mode);
	return NULL;
}

static void places_look(struct doctor *d)
{
	unsigned bad = 0;

	for (size_t i = 0; i < ELEMENTSOF(places); i++) {
		_cleanup_free_ char *wrong = place_check(&places[i]), *todo = NULL;

		if (!wrong)
			continue;
		bad++;
		todo = strstr(wrong, "missing")
				       ? str_format("systemd-tmpfiles --create stationmaster.conf && systemctl restart stationd.socket stationd-relay.socket stationd-seat.socket stationd station-relay")
				       : str_format("chown %s:%s %s && chmod %04o %s",
							 places[i].user, places[i].group,
							 places[i].path, places[i].mode,
							 places[i].path);
		finding_add(d, "files", FINDING_FAULT, todo, "%s: %s.", places[i].path, wrong);
	}
	if (bad == 0)
		finding_add(d, "files", FINDING_OK, NULL,
				"Folders and sockets belong to whom they should.");
}

/* --- local stations --- */

/* The seat that logind gave a card to: "seat0" unless udev says another. */
static char *card_seat(const char *card)
{
	_cleanup_free_ char *path = str_format("%s/dev", card), *dev = NULL, *data = NULL,
			    *seat = NULL;
	_cleanup_free_ char *udev = NULL;

	if (path && fd_read_file_at(AT_FDCWD, path, 64, &dev, NULL) == 0) {
		dev[strcspn(dev, "\n")] = 0;
		udev = str_format("/run/udev/data/c%s", dev);
	}
	if (udev && fd_read_file_at(AT_FDCWD, udev, 65536, &data, NULL) == 0)
		seat = property(data, "E:ID_SEAT");
	return str_is_empty(seat) ? strdup("seat0") : take_ptr(seat);
}

static void seat_look(struct doctor *d, const char *card, const char *seat)
{
	_cleanup_free_ char *unit = str_format("station-seat@%s.service", seat), *all = NULL,
			    *load = NULL, *active = NULL, *file = NULL, *todo = NULL;
	const char *const argv[] = { "systemctl", "show", "-p",
		"LoadState,ActiveState,UnitFileState", unit, NULL };

	if (!unit || output_read(argv, &all) != 0)
		return;
	load = property(all, "LoadState");
	active = property(all, "ActiveState");
	file = property(all, "UnitFileState");
	if (!load || !active || !file || !streq(load, "loaded")) {
		finding_add(d, "seats", FINDING_OK, NULL,
				"The screens of %s are left to the console: stationmaster-seat is not "
				"installed.",
				card);
	} else if (!streq(active, "active") && streq(file, "enabled")) {
		todo = last_words(unit);
		finding_add(d, "seats", FINDING_FAULT, todo,
				"The unit %s is %s, so the local stations of %s show nothing.",
				unit, active, card);
	} else if (!streq(file, "enabled")) {
		todo = str_format("systemctl enable --now %s, or leave the screens to the console",
				unit);
		finding_add(d, "seats", FINDING_WARNING, todo,
				streq(active, "active")
						? "The unit %s runs, but will not be started at the next boot (%s)."
						: "The unit %s is not enabled: the screens of %s are no stations.",
				unit, card);
	} else {
		finding_add(d, "seats", FINDING_OK, NULL, "%s drives %s.", unit, card);
	}
}

static void seats_look(struct doctor *d)
{
	glob_t found = { 0 };

	if (glob("/sys/class/drm/card*", GLOB_NOSORT, NULL, &found) == 0)
		for (size_t i = 0; i < found.gl_pathc; i++) {
			const char *card = strrchr(found.gl_pathv[i], '/') + 1;
			_cleanup_free_ char *seat = NULL;

			if (strchr(card, '-')) /* a connector */
				continue;
			seat = card_seat(found.gl_pathv[i]);
			if (seat)
				seat_look(d, card, seat);
		}
	globfree(&found);
}

/* Comes with stationmaster-seat, and is started by stationd. */
static void storage_look(struct doctor *d)
{
	const char *const argv[] = { "systemctl", "show", "-p",
		"LoadState,ActiveState,UnitFileState", "station-usb.socket", NULL };
	_cleanup_free_ char *all = NULL, *load = NULL, *active = NULL, *todo = NULL;

	if (output_read(argv, &all) != 0)
		return;
	load = property(all, "LoadState");
	active = property(all, "ActiveState");
	if (!load || !active)
		return;
	if (!streq(load, "loaded")) {
		finding_add(d, "storage", FINDING_OK, NULL,
				"Storage on USB is left to the system: stationmaster-seat is not installed.");
	} else if (!streq(active, "active")) {
		todo = streq(active, "inactive")
				       ? strdup("systemctl enable --now station-usb.socket")
				       : last_words("station-usb.socket");
		finding_add(d, "storage", FINDING_FAULT, todo,
				"The unit station-usb.socket is %s: storage on USB at local stations is not "
				"guarded.",
				active);
	} else {
		finding_add(d, "storage", FINDING_OK, NULL,
				"Storage on USB at local stations is guarded (station-usb).");
	}
}

void doctor_look_service(struct doctor *d)
{
	static const char *const units[] = { "stationd.socket", "stationd-relay.socket",
		"stationd-seat.socket", "station-session.socket", "station-limits.socket",
		"stationd.service", "station-relay.service" };

	if (access("/run/systemd/system", F_OK) == 0)
		for (size_t i = 0; i < ELEMENTSOF(units); i++)
			unit_look(d, units[i]);
	if (access("/run/systemd/system", F_OK) == 0)
		seats_look(d);
	if (access("/run/systemd/system", F_OK) == 0)
		storage_look(d);
	places_look(d);
	if (!d->status)
		return;
	if (json_is_true(json_object_get(d->status, "relay")))
		finding_add(d, "relay", FINDING_OK, NULL, "The relay is connected with stationd.");
	else
		finding_add(d, "relay", FINDING_FAULT, "systemctl restart station-relay",
				"The relay is not connected with stationd: nobody can log in or watch.");
}
