/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The Exec key of a desktop file as an argument vector. Field codes (%f, %U) were removed by
 * whoever read the file. Nothing is expanded: a desktop file is data, not a shell script.
 */
#include "session/exec-line.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"

static const char blanks[] = " \t\n";

/* One argument at *p into dst (room for the rest of the line); *p moves behind it. */
static int take_argument(const char **p, char *dst)
{
	const char *s = *p;
	size_t n = 0;

	if (*s != '"') {
		while (*s && !strchr(blanks, *s)) {
			if (*s == '"')
				return -EINVAL;
			dst[n++] = *s++;
		}
	} else {
		for (s++; *s != '"'; s++) {
			if (*s == '\\' && s[1] && strchr("\"`$\\", s[1]))
				s++;
			if (!*s)
				return -EINVAL;
			dst[n++] = *s;
		}
		s++;
		if (*s && !strchr(blanks, *s))
			return -EINVAL;
	}
	dst[n] = 0;
	*p = s;
	return 0;
}

char **exec_line_free(char **argv)
{
	for (char **a = argv; a && *a; a++)
		free(*a);
	free(argv);
	return NULL;
}

int exec_line_split(const char *line, char ***ret)
{
	_cleanup_(exec_line_freep) char **argv = calloc(EXEC_ARGS_MAX + 1, sizeof(char *));
	_cleanup_free_ char *word = malloc(strlen(line) + 1);
	size_t n = 0;

	if (!argv || !word)
		return -ENOMEM;
	for (const char *p = line + strspn(line, blanks); *p; p += strspn(p, blanks)) {
		int r = take_argument(&p, word);

		if (r < 0)
			return r;
		if (n >= EXEC_ARGS_MAX)
			return -E2BIG;
		argv[n] = strdup(word);
		if (!argv[n++])
			return -ENOMEM;
	}
	if (n == 0 || !*argv[0])
		return -EINVAL;
	*ret = take_ptr(argv);
	return 0;
}
