/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Files and the name service: which uids users may hand out, where the uids of people begin, and
 * who is a member of a group, as one of several or as the group of the account itself. An account
 * of a directory that does not tell its members is known to stationd while it has a session.
 */
#include "limits/accounts.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>

#include "base/fd.h"
#include "base/str.h"

enum { FILE_MAX = 4 * 1024 * 1024, FIRST_DEFAULT = 1000 };

uint32_t accounts_parse_first(const char *text)
{
	static const char key[] = "UID_MIN";

	for (const char *line = text; *line; line += strcspn(line, "\n"), line += *line == '\n') {
		const char *p = line + strspn(line, " \t");
		char number[16];
		int64_t n;
		size_t len;

		if (strncmp(p, key, strlen(key)) != 0 || !strchr(" \t", p[strlen(key)]))
			continue;
		p += strlen(key);
		p += strspn(p, " \t");
		len = strcspn(p, " \t\n");
		if (len == 0 || len >= sizeof(number))
			continue;
		memcpy(number, p, len);
		number[len] = '\0';
		if (str_parse_i64(number, 1, UINT16_MAX, &n) == 0)
			return (uint32_t)n;
	}
	return FIRST_DEFAULT;
}

static int find_members(
		const char *name, int (*add)(const char *user, uint32_t uid, void *to), void *to)
{
	const struct group *g = getgrnam(name);
	const struct passwd *pw;
	gid_t gid;
	int r = 0;

	if (!g)
		return 0;
	gid = g->gr_gid;
	for (char **m = g->gr_mem; *m && r == 0; m++) {
		pw = getpwnam(*m);
		if (pw && pw->pw_uid > 0)
			r = add(pw->pw_name, pw->pw_uid, to);
	}
	setpwent();
	while (r == 0 && (pw = getpwent()))
		if (pw->pw_gid == gid && pw->pw_uid > 0)
			r = add(pw->pw_name, pw->pw_uid, to);
	endpwent();
	return r;
}

/* "": there is no such file. */
static char *read_text(const char *path)
{
	char *text = NULL;

	return fd_read_file_at(AT_FDCWD, path, FILE_MAX, &text, NULL) < 0 ? strdup("") : text;
}

int accounts_read(struct accounts *ret)
{
	_cleanup_free_ char *defs = read_text("/etc/login.defs");
	char *subuid = read_text("/etc/subuid");

	if (!defs || !subuid) {
		free(subuid);
		return -ENOMEM;
	}
	*ret = (struct accounts){
		.subuid = subuid, .first = accounts_parse_first(defs), .find_members = find_members
	};
	return 0;
}

void accounts_done(struct accounts *a)
{
	free((char *)a->subuid);
}
