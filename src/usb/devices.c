/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What udev and the kernel say now. A device that goes away while it is read is left out: an event
 * of it follows, and everything is read again.
 */
#include "usb/devices.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/fd.h"
#include "base/str.h"
#include "usb/table.h"

enum { TEXT_MAX = 8 * 1024 * 1024 };

DEFINE_CLEANUP(struct udev_device, udev_device_unref);
DEFINE_CLEANUP(struct udev_enumerate, udev_enumerate_unref);

static const char *text_of(const char *s)
{
	return s ? s : "";
}

/* --- what uses a volume --- */

bool mount_is_of_people(const struct mount *m)
{
	return strncmp(m->where, "/run/media/", 11) == 0 || strncmp(m->where, "/media/", 7) == 0;
}

static bool is_mounted_by_system(const struct mounts *m, const struct volume *v)
{
	for (size_t i = 0; i < m->n; i++) {
		const struct mount *one = &m->items[i];

		if ((one->number == v->number || (one->source && streq(one->source, v->node))) &&
				!mount_is_of_people(one))
			return true;
	}
	return false;
}

static bool is_swap(const char *swaps, const char *node)
{
	size_t n = strlen(node);

	for (const char *s = strstr(swaps, node); s; s = strstr(s + 1, node))
		if ((s == swaps || s[-1] == '\n') && (s[n] == ' ' || s[n] == '\t'))
			return true;
	return false;
}

/* A volume of LVM, a RAID, an opened crypto container is on it. */
static bool has_holder(struct udev_device *d)
{
	_cleanup_free_ char *path = str_format("%s/holders", udev_device_get_syspath(d));
	DIR *dir = path ? opendir(path) : NULL;
	bool found = false;

	for (struct dirent *e; dir && !found && (e = readdir(dir));)
		found = *e->d_name != '.';
	if (dir)
		closedir(dir);
	return found;
}

/* --- volumes --- */

static void read_volume(struct udev_device *d, struct stick *s, const struct mounts *mounts,
		const char *swaps)
{
	const char *type = udev_device_get_devtype(d),
		   *size = udev_device_get_sysattr_value(d, "size");
	struct volume *v = &s->volumes[s->n_volumes];

	if (s->n_volumes == VOLUMES_MAX || !udev_device_get_devnode(d))
		return;
	*v = (struct volume){ .number = udev_device_get_devnum(d),
		.ready = udev_device_get_is_initialized(d) > 0,
		.whole = !type || streq(type, "disk"),
		.has_medium = size && !streq(size, "0") };
	if (!str_copy(v->node, sizeof(v->node), udev_device_get_devnode(d)))
		return;
	str_copy(v->fs, sizeof(v->fs), text_of(udev_device_get_property_value(d, "ID_FS_TYPE")));
	str_copy(v->label, sizeof(v->label),
			text_of(udev_device_get_property_value(d, "ID_FS_LABEL")));
	s->n_volumes++;
	s->used = s->used || is_mounted_by_system(mounts, v) || is_swap(swaps, v->node) ||
		  has_holder(d);
}

static int read_volumes(struct udev *udev, struct udev_device *interface, struct stick *s,
		const struct mounts *mounts, const char *swaps)
{
	_cleanup_(udev_enumerate_unrefp) struct udev_enumerate *e = udev_enumerate_new(udev);
	struct udev_list_entry *entry;

	if (!e || udev_enumerate_add_match_subsystem(e, "block") < 0 ||
			udev_enumerate_add_match_parent(e, interface) < 0 ||
			udev_enumerate_scan_devices(e) < 0)
		return -ENOMEM;
	udev_list_entry_foreach(entry, udev_enumerate_get_list_entry(e))
	{
		_cleanup_(udev_device_unrefp) struct udev_device *d =
				udev_device_new_from_syspath(udev, udev_list_entry_get_name(entry));

		if (d)
			read_volume(d, s, mounts, swaps);
	}
	return 0;
}

/* --- interfaces --- */

static void name_stick(struct udev_device *interface, struct stick *s)
{
	struct udev_device *d = udev_device_get_parent(interface); /* not owned */
	const char *maker = d ? udev_device_get_sysattr_value(d, "manufacturer") : NULL,
		   *model = d ? udev_device_get_sysattr_value(d, "product") : NULL;
	_cleanup_free_ char *both = str_format("%s %s", text_of(maker), text_of(model)),
			    *clean = both ? str_clean(both, NAME_MAX_CHARS) : NULL;
	const char *from = clean ? clean + strspn(clean, " ") : "";

	str_copy(s->name, sizeof(s->name), *from ? from : "USB");
}

static int read_interface(
		struct udev *udev, struct udev_device *d, struct devices *all, const char *swaps)
{
	const char *name = udev_device_get_sysname(d),
		   *path = udev_device_get_property_value(d, "ID_PATH"),
		   *class = udev_device_get_sysattr_value(d, "bInterfaceClass"),
		   *authorized = udev_device_get_sysattr_value(d, "authorized"),
		   *driver = text_of(udev_device_get_driver(d));
	struct stick *s = &all->sticks[all->n_sticks];
	bool is_let = authorized && !streq(authorized, "0");

	if (!class || !authorized)
		return 0;
	if (!interface_is_storage((unsigned)strtoul(class, NULL, 16), driver, is_let)) {
		if (!is_let && all->n_waiting < ELEMENTSOF(all->waiting) &&
				str_copy(all->waiting[all->n_waiting], INTERFACE_MAX, name))
			all->n_waiting++;
		return 0;
	}
	/* Without a path udev has not seen it yet; its event comes. */
	if (!path || all->n_sticks == STICKS_MAX)
		return 0;
	*s = (struct stick){ .authorized = is_let };
	if (!str_copy(s->interface, sizeof(s->interface), name) ||
			!str_copy(s->path, sizeof(s->path), path))
		return 0;
	all->n_sticks++;
	name_stick(d, s);
	return read_volumes(udev, d, s, &all->mounts, swaps);
}

static int scan_interfaces(struct udev *udev, struct devices *all, const char *swaps)
{
	_cleanup_(udev_enumerate_unrefp) struct udev_enumerate *e = udev_enumerate_new(udev);
	struct udev_list_entry *entry;

	if (!e || udev_enumerate_add_match_subsystem(e, "usb") < 0 ||
			udev_enumerate_add_match_sysname(e, "*:*") < 0 ||
			udev_enumerate_scan_devices(e) < 0)
		return -ENOMEM;
	udev_list_entry_foreach(entry, udev_enumerate_get_list_entry(e))
	{
		_cleanup_(udev_device_unrefp) struct udev_device *d =
				udev_device_new_from_syspath(udev, udev_list_entry_get_name(entry));
		const char *type = d ? udev_device_get_devtype(d) : NULL;

		if (type && streq(type, "usb_interface")) {
			int r = read_interface(udev, d, all, swaps);

			if (r < 0)
				return r;
		}
	}
	return 0;
}

/* --- keyboards --- */

static int scan_keyboards(struct udev *udev, struct devices *all)
{
	_cleanup_(udev_enumerate_unrefp) struct udev_enumerate *e = udev_enumerate_new(udev);
	struct udev_list_entry *entry;

	if (!e || udev_enumerate_add_match_subsystem(e, "input") < 0 ||
			udev_enumerate_add_match_sysname(e, "event*") < 0 ||
			udev_enumerate_add_match_property(e, "ID_INPUT_KEYBOARD", "1") < 0 ||
			udev_enumerate_scan_devices(e) < 0)
		return -ENOMEM;
	udev_list_entry_foreach(entry, udev_enumerate_get_list_entry(e))
	{
		_cleanup_(udev_device_unrefp) struct udev_device *d =
				udev_device_new_from_syspath(udev, udev_list_entry_get_name(entry));
		const char *path = d ? udev_device_get_property_value(d, "ID_PATH") : NULL;

		if (!path || all->n_keyboards == KEYBOARDS_MAX)
			continue;
		all->keyboards[all->n_keyboards].path = strdup(path);
		all->keyboards[all->n_keyboards].keyboard = true;
		if (!all->keyboards[all->n_keyboards].path)
			return -ENOMEM;
		all->n_keyboards++;
	}
	return 0;
}

/* --- all --- */

static int scan(struct udev *udev, struct devices *d)
{
	_cleanup_free_ char *mountinfo = NULL, *swaps = NULL;
	int r;

	d->sticks = calloc(STICKS_MAX, sizeof(*d->sticks));
	if (!d->sticks)
		return -ENOMEM;
	r = fd_read_file_at(AT_FDCWD, "/proc/self/mountinfo", TEXT_MAX, &mountinfo, NULL);
	if (r == 0)
		r = mounts_parse(mountinfo, &d->mounts);
	if (r == 0 && fd_read_file_at(AT_FDCWD, "/proc/swaps", TEXT_MAX, &swaps, NULL) < 0)
		swaps = strdup("");
	if (r == 0)
		r = swaps ? scan_keyboards(udev, d) : -ENOMEM;
	return r < 0 ? r : scan_interfaces(udev, d, swaps);
}

int devices_scan(struct udev *udev, struct devices *ret)
{
	struct devices d = { 0 };
	int r = scan(udev, &d);

	if (r < 0)
		devices_done(&d);
	else
		*ret = d;
	return r;
}

void devices_done(struct devices *d)
{
	for (size_t i = 0; i < d->n_keyboards; i++)
		free((char *)d->keyboards[i].path);
	mounts_done(&d->mounts);
	free(d->sticks);
	d->sticks = NULL;
	d->n_sticks = d->n_keyboards = 0;
}
