/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * "program" and "open" of org.stationmaster.Programs.Start as a command line for the helpers of
 * sessions. No shell is involved.
 */
#pragma once

#include "ipc/json.h"

struct host;

enum { COMMAND_OPEN_CHARS_MAX = 2000, COMMAND_PROGRAM_MAX = 256 };

/* A copy of text (may be NULL) when nothing had to be dropped from it; NULL: it cannot be used. */
char *command_clean_open(const char *text);

/*
 * Parameters of Worker.Run, owned. program, open: empty or NULL = not given. -ENOENT: the program
 * is not installed; -EINVAL: this cannot be opened by a program; -ENODATA: neither was given;
 * -EOPNOTSUPP: nothing here opens documents; -ENOMEM.
 */
int command_find(struct host *h, const char *program, const char *open, json_t **ret);
/* The error of command_find() as a sentence. */
const char *command_explain(int error);
