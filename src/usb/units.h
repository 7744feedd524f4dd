/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Mounts as transient units of systemd; each call waits until it is done. */
#pragma once

struct mount_order {
	const char *unit;
	const char *what, *where;
	const char *type, *options;
};

/* -ETIMEDOUT, -EIO: it was not mounted (the journal says why), or another error. */
int units_mount(const struct mount_order *o);
/* Takes the mount away, also from programs that have files open. */
int units_unmount(const char *unit);
