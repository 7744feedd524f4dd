/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The desktops that can be started: *.desktop of one folder whose TryExec is there. The list is
 * read again when the folder has changed.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <time.h>

#define DESKTOPS_PATH "/usr/share/xsessions"

enum { DESKTOPS_MAX = 64 };

struct desktop {
	char *id; /* file name without ".desktop" */
	char *name;
	char *exec;
	char *names;
};

struct desktops {
	const char *path;
	struct timespec changed;
	struct desktop list[DESKTOPS_MAX]; /* in order of ids */
	size_t n;
};

void desktops_init(struct desktops *d, const char *path);
void desktops_done(struct desktops *d);
/* Look at the folder again if it has changed; a folder that is not there is an empty one. */
void desktops_update(struct desktops *d);
/* NULL: not installed. */
const struct desktop *desktops_find(const struct desktops *d, const char *id);
/* fn for each *.desktop of a folder, in order of names. */
void desktops_list(
		int dirfd, void (*fn)(void *userdata, int dirfd, const char *file), void *userdata);
/* A path, or a name in the usual folders. */
bool desktop_program_is_there(const char *program);
/* The program that Exec names, if it is not there: malloc'ed; NULL: all is well. */
char *desktop_missing_program(const struct desktop *d);
/* The configured one if it is installed, else the first one; NULL: none is installed. */
const struct desktop *desktops_default(const struct desktops *d, const char *configured);
