/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Desktop files of sessions and programs
 * (https://specifications.freedesktop.org/desktop-entry-spec): the keys that are needed to show and
 * start one. Pure: bytes in, strings out.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

enum { DESKTOP_FILE_MAX = 64 * 1024, DESKTOP_VALUE_MAX = 1024 };

struct desktop_file {
	char *name;       /* Name, in the language if there; cleaned for people */
	char *comment;    /* Comment, the same; "" where there is none */
	char *exec;       /* Exec without field codes (%f, %U, ...) */
	char *try_exec;   /* TryExec; NULL: none */
	char *names;      /* DesktopNames, ":"-separated; "" where there are none */
	char *icon;       /* Icon: a name or a path; "" where there is none */
	char *categories; /* Categories, ";"-separated; "" where there are none */
	char *only_in;    /* OnlyShowIn, ";"-separated; "" where there are none */
	bool hidden;      /* Hidden or NoDisplay */
	bool terminal;    /* Terminal: it needs one around it */
	bool is_program;  /* Type is Application, or there is none */
	bool has_local_name, has_local_comment;
};

/*
 * -EBADMSG: not UTF-8, no [Desktop Entry], no Name or no Exec, a value too long; -EFBIG above
 * DESKTOP_FILE_MAX; -ENOMEM. language: "de" takes Name[de] and Comment[de]; NULL: none. *ret is to
 * be released by desktop_file_done() on success only.
 */
int desktop_file_parse(
		const char *data, size_t len, const char *language, struct desktop_file *ret);
void desktop_file_done(struct desktop_file *d);
