/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Programs of the system's menu: *.desktop of one folder that are shown and whose program is there.
 * Read again when the folder has changed or another language is asked for.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <time.h>

#define APPS_PATH "/usr/share/applications"

enum { APPS_MAX = 1000, APPS_LANGUAGE_MAX = 8, APPS_ICON_MAX = 32 * 1024 };

struct app {
	char *id; /* file name without ".desktop" */
	char *name;
	char *comment;
	char *categories; /* ";"-separated */
	char *exec;       /* without field codes; with a terminal around it if it needs one */
	char *icon;       /* path; NULL: none */
};

struct apps {
	const char *path;
	char language[APPS_LANGUAGE_MAX];
	struct timespec changed;
	struct app *list; /* in order of names */
	size_t n;
};

void apps_init(struct apps *a, const char *path);
void apps_done(struct apps *a);
/* language: two letters, or empty. */
void apps_update(struct apps *a, const char *language);
/* NULL: not installed. Valid until apps_update(). */
const struct app *apps_find(const struct apps *a, const char *id);
