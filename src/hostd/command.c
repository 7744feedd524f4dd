/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What is to run is a command line made here, of the system's menu or of what a caller wrote; it is
 * split by station-session, as the user.
 */
#include "hostd/command.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "base/str.h"
#include "hostd/host.h"

char *command_clean_open(const char *text)
{
	char *clean = str_clean(text ? text : "", COMMAND_OPEN_CHARS_MAX + 1);

	/* What is audited is what runs: nothing may have been dropped. */
	if (clean && (str_count_chars(clean) > COMMAND_OPEN_CHARS_MAX ||
				     !streq(clean, text ? text : ""))) {
		free(clean);
		return NULL;
	}
	return clean;
}

static bool is_address(const char *s)
{
	return strncmp(s, "http://", 7) == 0 || strncmp(s, "https://", 8) == 0;
}

/* Everybody may get there and run it: what is in folders of people is nothing that an answer may
 * tell of. */
static bool is_public_program(const char *name)
{
	_cleanup_free_ char *path = realpath(name, NULL);
	struct stat st;

	if (!path || stat(path, &st) < 0 || !S_ISREG(st.st_mode) || !(st.st_mode & S_IXOTH))
		return false;
	for (char *slash = strrchr(path, '/'); slash && slash != path; slash = strrchr(path, '/')) {
		*slash = 0;
		if (stat(path, &st) < 0 || !(st.st_mode & S_IXOTH))
			return false;
	}
	return true;
}

/* An absolute path that is not a program's: something to open. A path with a blank is one as a
 * whole. */
static bool is_document(const char *s)
{
	_cleanup_free_ char *first = strndup(s, strcspn(s, " \t"));

	return s[0] == '/' && first && !is_public_program(first);
}

/* What opens things with the user's own default. */
static const char *find_opener(bool address)
{
	if (desktop_program_is_there("xdg-open"))
		return "xdg-open";
	if (desktop_program_is_there("exo-open"))
		return "exo-open";
	return address ? "x-www-browser" : NULL;
}

static int find_by_program(struct host *h, const char *program, const char *open, const char **ret)
{
	const struct app *app;

	apps_update(&h->apps, h->apps.language);
	app = apps_find(&h->apps, program);
	if (!app)
		return -ENOENT;
	if (!str_is_empty(open) && open[0] != '/' && !is_address(open))
		return -EINVAL;
	*ret = app->exec;
	return 0;
}

int command_find(struct host *h, const char *program, const char *open, json_t **ret)
{
	const char *exec = open, *argument = NULL;
	json_t *parameters;
	int r;

	if (!str_is_empty(program)) {
		r = find_by_program(h, program, open, &exec);
		if (r < 0)
			return r;
		argument = str_is_empty(open) ? NULL : open;
	} else if (str_is_empty(open)) {
		return -ENODATA;
	} else if (is_address(open) || is_document(open)) {
		exec = find_opener(is_address(open));
		if (!exec)
			return -EOPNOTSUPP;
		argument = open;
	}
	parameters = argument ? json_pack("{s:s, s:[s]}", "exec", exec, "arguments", argument)
			      : json_pack("{s:s}", "exec", exec);
	if (!parameters)
		return -ENOMEM;
	*ret = parameters;
	return 0;
}

const char *command_explain(int error)
{
	switch (error) {
	case -ENOENT:
		return "This program is not installed.";
	case -EINVAL:
		return "A program opens an address (http, https) or an absolute path.";
	case -ENODATA:
		return "Neither a program nor something to open was given.";
	case -EOPNOTSUPP:
		return "Nothing here opens documents; install xdg-utils.";
	default:
		return "The system is out of memory.";
	}
}
