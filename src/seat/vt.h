/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The virtual terminal of seat0, in graphics mode and without keyboard, as long as the seat holds
 * it. Other seats have none.
 */
#pragma once

#include <stdbool.h>
#include <systemd/sd-event.h>

struct vt;

struct vt_ops {
	/* Somebody switches to another VT: give everything up; it happens when this returns. */
	void (*release)(void *userdata);
	/* It is ours again. */
	void (*acquire)(void *userdata);
};

/*
 * tty: "/dev/tty8"; NULL: standard input where that is a VT, else the first one that is free. The
 * VT is switched to. -ENOTTY: no VT; -EPERM: it is not ours to take.
 */
int vt_open(sd_event *event, const char *tty, const struct vt_ops *ops, void *userdata,
		struct vt **ret);
/* As it was before; NULL is fine; gives NULL. */
struct vt *vt_close(struct vt *v);
bool vt_is_active(const struct vt *v);

/* A VT that its program left behind becomes an ordinary one. */
int vt_reset(const char *tty);
