/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Desktop files of sessions (https://specifications.freedesktop.org/desktop-entry-spec): the keys
 * that are needed to start one. Pure: bytes in, strings out.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

enum { DESKTOP_FILE_MAX = 64 * 1024, DESKTOP_VALUE_MAX = 1024 };

struct desktop_file {
	char *name;     /* Name, without a language; cleaned for people */
	char *exec;     /* Exec without field codes (%f, %U, ...) */
	char *try_exec; /* TryExec; NULL: none */
	char *names;    /* DesktopNames, ":"-separated; "" where there are none */
	bool hidden;    /* Hidden or NoDisplay */
};

/*
 * -EBADMSG: not UTF-8, no [Desktop Entry], no Name or no Exec, a value too long; -EFBIG above
 * DESKTOP_FILE_MAX; -ENOMEM. *ret is to be released by desktop_file_done() on success only.
 */
int desktop_file_parse(const char *data, size_t len, struct desktop_file *ret);
void desktop_file_done(struct desktop_file *d);
