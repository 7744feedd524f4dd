/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Brings storage into the state that the table wants. */
#pragma once

#include <libudev.h>

#include "usb/devices.h"
#include "usb/table.h"

/* What cannot be read from the computer: since when an interface is let in, what failed there. */
struct memory {
	char interface[INTERFACE_MAX];
	int64_t since_ms; /* CLOCK_MONOTONIC */
	char *reason;     /* NULL: nothing failed */
	bool seen;
};

struct storage {
	struct udev *udev;
	struct table table;
	bool has_table;
	struct memory memory[STICKS_MAX];
	size_t n_memory;
	int64_t again_ms; /* CLOCK_MONOTONIC; -1: only events change something */
	json_t *disks;    /* owned: as Watch tells them */
};

/*
 * Reads what is there, closes what has to be closed, opens and mounts the rest; s->disks is new
 * then. Nothing is done without a table. -EIO: something is not closed that has to be;
 * *ret_reason (malloc'ed, may be NULL) says what.
 */
int storage_converge(struct storage *s, char **ret_reason);
/* Takes the table; storage is guarded from now on, or no longer if it is empty. */
int storage_set(struct storage *s, const struct table *t, char **ret_reason);
/* A disk has told something: what failed there may work now. interface may be NULL. */
void storage_forget(struct storage *s, const char *interface);
/* Milliseconds until storage_converge() has something to do without an event; -1: nothing. */
int storage_get_timeout(const struct storage *s);
void storage_done(struct storage *s);
