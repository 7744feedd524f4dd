/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Storage that is plugged in, and what uses it: read afresh each time, nothing is kept. */
#pragma once

#include <libudev.h>
#include <stdbool.h>
#include <sys/types.h>

#include "proto/usb-path.h"
#include "usb/gate.h"
#include "usb/words.h"

enum { STICKS_MAX = 256, VOLUMES_MAX = 32, KEYBOARDS_MAX = 256, NAME_MAX_CHARS = 60 };

/* A disk or a part of one. */
struct volume {
	char node[64]; /* "/dev/sdb1" */
	dev_t number;
	char fs[32]; /* udev's name; "": none */
	char label[256];
	bool ready; /* udev is done with it */
	bool whole; /* the disk itself */
	bool has_medium;
};

struct stick {
	char interface[INTERFACE_MAX];
	char path[USB_PATH_MAX]; /* ID_PATH */
	char name[256];          /* maker and model, clean */
	bool authorized;
	bool used; /* by the computer itself */
	struct volume volumes[VOLUMES_MAX];
	size_t n_volumes;
};

struct devices {
	struct stick *sticks;
	size_t n_sticks;
	struct usb_input keyboards[KEYBOARDS_MAX]; /* their paths are owned */
	size_t n_keyboards;
	struct mounts mounts;
	/* Waits though it is no storage: the rule was not there. */
	char waiting[16][INTERFACE_MAX];
	size_t n_waiting;
};

int devices_scan(struct udev *udev, struct devices *ret);
void devices_done(struct devices *d);
/* A mount at a place where storage of people is, not one of the computer's own. */
bool mount_is_of_people(const struct mount *m);
