/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Command lines of desktop files. Pure. */
#pragma once

enum { EXEC_ARGS_MAX = 64 };

/*
 * Split by the quoting rules of the Desktop Entry specification ("The Exec key"): arguments are
 * separated by blanks; in double quotes, a backslash stands before ", `, $ and \. There is no
 * shell. *ret is ended by NULL, to be freed by exec_line_free(). -EINVAL: no argument, a quote is
 * not closed, a quote within an argument; -E2BIG above EXEC_ARGS_MAX; -ENOMEM.
 */
int exec_line_split(const char *line, char ***ret);
char **exec_line_free(char **argv);
static inline void exec_line_freep(char ***argv)
{
	exec_line_free(*argv);
}
