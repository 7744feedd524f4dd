/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * /sys/bus/usb, as the owner of its files: no capability is needed. Notes in /run say for whom an
 * interface was let in, so that the next process knows; the rules of the block devices look for
 * those of the system (free/). Order: the note first, then the device; on the way back the device
 * first.
 *
 * The guard is noted before controllers are told, and forgotten after they were told otherwise, so
 * there is no moment in which interfaces wait and no rule knows why.
 */
#include "usb/gate.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/fd.h"
#include "base/log.h"
#include "base/str.h"

#define BUS   "/sys/bus/usb"
#define GUARD GATE_FOLDER "/guard"
#define RULES "62-stationmaster-usb.rules"

struct path {
	char text[256];
};

static struct path path_of(const char *folder, const char *name, const char *file)
{
	struct path p;
	int n = snprintf(p.text, sizeof(p.text), "%s/%s%s", folder, name, file);

	if (n < 0 || (size_t)n >= sizeof(p.text))
		*p.text = '\0'; /* nothing is there */
	return p;
}

static struct path device_file(const char *name, const char *file)
{
	return path_of(BUS "/devices", name, file);
}

static int write_file(const char *path, const char *text)
{
	_cleanup_close_ int fd = open(path, O_WRONLY | O_CLOEXEC);

	if (fd < 0)
		return -errno;
	return write(fd, text, strlen(text)) < 0 ? -errno : 0;
}

/* -1: it cannot be read. */
static int read_digit(const char *path)
{
	_cleanup_free_ char *text = NULL;

	if (fd_read_file_at(AT_FDCWD, path, 4096, &text, NULL) < 0 || *text < '0' || *text > '9')
		return -1;
	return *text - '0';
}

/* Calls fn with every name in a folder; a folder that is not there is empty. */
static int each(const char *folder, int (*fn)(const char *name))
{
	DIR *dir = opendir(folder);
	int r = 0;

	for (struct dirent *e; dir && (e = readdir(dir));) {
		int k = *e->d_name == '.' ? 0 : fn(e->d_name);

		r = k < 0 ? k : r;
	}
	if (dir)
		closedir(dir);
	return r;
}

/* --- guard --- */

const char *gate_find_missing(void)
{
	static const char *const folders[] = { "/etc/udev/rules.d", "/run/udev/rules.d",
		"/usr/local/lib/udev/rules.d", "/usr/lib/udev/rules.d", "/lib/udev/rules.d" };
	struct stat st;

	if (access(BUS "/devices/usb1", F_OK) == 0 &&
			access(BUS "/devices/usb1/interface_authorized_default", F_OK) < 0)
		return "The kernel of this system cannot keep storage on USB away (no interface "
		       "authorisation).";
	/* The first one counts; a link to /dev/null is none. */
	for (size_t i = 0; i < ELEMENTSOF(folders); i++)
		if (stat(path_of(folders[i], RULES, "").text, &st) == 0) {
			if (S_ISREG(st.st_mode) && st.st_size > 0)
				return NULL;
			break;
		}
	return "The rules of udev that keep storage on USB away are missing (" RULES
	       "): install the package stationmaster-seat again.";
}

bool gate_is_guarded(void)
{
	return access(GUARD, F_OK) == 0;
}

static int tell(const char *name, const char *value)
{
	struct path p = device_file(name, "/interface_authorized_default");

	if (strncmp(name, "usb", 3) != 0 || access(p.text, F_OK) < 0)
		return 0;
	return write_file(p.text, value);
}

static int make_wait(const char *name)
{
	return tell(name, "0");
}

static int make_free(const char *name)
{
	return tell(name, "1");
}

int gate_guard(void)
{
	int r;

	if (gate_is_guarded())
		return each(BUS "/devices", make_wait);
	mkdir(GATE_FOLDER, 0755); /* systemd has made it */
	r = fd_write_file(GUARD, "", 0, 0644);
	return r < 0 ? r : each(BUS "/devices", make_wait);
}

static int let_waiting(const char *name)
{
	if (!strchr(name, ':') || read_digit(device_file(name, "/authorized").text) != 0)
		return 0;
	return gate_let(name);
}

static int forget(const char *name)
{
	unlink(path_of(GATE_FOLDER "/free", name, "").text);
	unlink(path_of(GATE_FOLDER "/private", name, "").text);
	return 0;
}

int gate_release(void)
{
	int r;

	if (!gate_is_guarded())
		return 0;
	r = each(BUS "/devices", make_free);
	each(GATE_FOLDER "/private", forget);
	unlink(GUARD);
	if (r == 0)
		r = each(BUS "/devices", let_waiting);
	each(GATE_FOLDER "/free", forget);
	return r;
}

/* --- interfaces --- */

int gate_let(const char *interface)
{
	char name[INTERFACE_MAX];
	int r;

	if (!str_copy(name, sizeof(name), interface))
		return -ENAMETOOLONG;
	r = write_file(device_file(name, "/authorized").text, "1");
	if (r < 0)
		return r;
	r = write_file(BUS "/drivers_probe", name);
	return r == -ENODEV || r == -EINVAL ? 0 : r; /* no driver for it: as the kernel leaves it */
}

static int note(const char *kind, const char *interface, const char *text)
{
	char folder[64];

	snprintf(folder, sizeof(folder), GATE_FOLDER "/%s", kind);
	if (mkdir(folder, 0755) < 0 && errno != EEXIST)
		return -errno;
	return fd_write_file(path_of(folder, interface, "").text, text, strlen(text), 0644);
}

int gate_note_system(const char *interface)
{
	unlink(path_of(GATE_FOLDER "/private", interface, "").text);
	return note("free", interface, "");
}

int gate_open(const char *interface, const char *owner)
{
	int r;

	forget(interface);
	r = *owner ? note("private", interface, owner) : gate_note_system(interface);
	return r < 0 ? r : gate_let(interface);
}

int gate_close(const char *interface)
{
	struct path p = device_file(interface, "/authorized");
	int r = write_file(p.text, "0");

	if (r < 0 && access(p.text, F_OK) == 0)
		return r;
	forget(interface);
	return 0;
}

bool gate_get_owner(const char *interface, char ret[static OWNER_MAX])
{
	_cleanup_free_ char *text = NULL;

	*ret = '\0';
	if (access(path_of(GATE_FOLDER "/free", interface, "").text, F_OK) == 0)
		return true;
	return fd_read_file_at(AT_FDCWD, path_of(GATE_FOLDER "/private", interface, "").text,
			       OWNER_MAX - 1, &text, NULL) == 0 &&
	       str_copy(ret, OWNER_MAX, text);
}

static int forget_gone(const char *name)
{
	return access(device_file(name, "").text, F_OK) < 0 ? forget(name) : 0;
}

void gate_sweep(void)
{
	each(GATE_FOLDER "/free", forget_gone);
	each(GATE_FOLDER "/private", forget_gone);
}
