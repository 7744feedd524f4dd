/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Names and options that are made of what a stick says of itself. Pure. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/cleanup.h"

enum { LABEL_MAX = 33 /* with NUL */, UNIT_MAX = 256 };

/* A name for a folder: letters, digits, ".", "_", "-", no "." at the start; "storage" if nothing is
 * left. */
void words_folder(const char *label, char ret[static LABEL_MAX]);
/* Name of the unit that mounts at an absolute path without "." and ".." parts; -ENAMETOOLONG. */
int words_unit(const char *where, char ret[static UNIT_MAX]);
/* The kernel's name of a file system that udev has found; NULL: it is not read here. */
const char *words_type(const char *fs);
/* Mount options so that it is this user's. NULL: no memory. */
char *words_options(const char *fs, uint32_t uid, uint32_t gid);

struct mount {
	dev_t number;
	char *where;
	char *source; /* of btrfs, which has numbers of its own; else NULL */
};

struct mounts {
	struct mount *items;
	size_t n;
};

/* From the text of /proc/self/mountinfo (changed by it); lines that make no sense are left out.
 * -ENOMEM */
int mounts_parse(char *text, struct mounts *ret);
void mounts_done(struct mounts *m);
