/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Account facts. Asked once per log-in, after PAM (which may have changed the name), in this
 * process and never in stationd: a name service may be a slow or unreachable server.
 */
#include "session/account.h"

#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <string.h>

#include "base/str.h"

enum { GROUPS_MAX = 65536, ENTRY_MAX = 1024 * 1024, FULL_NAME_MAX = 100 };

/* The whole role of a person comes from two Unix groups; uid 0 is an administrator. */
static enum role role_find(uid_t uid, const gid_t *groups, size_t n, const char *admin_group,
		const char *operator_group)
{
	const char *names[] = { operator_group, admin_group };
	const enum role roles[] = { ROLE_OPERATOR, ROLE_ADMINISTRATOR };
	enum role role = uid == 0 ? ROLE_ADMINISTRATOR : ROLE_STANDARD;

	for (size_t k = 0; k < ELEMENTSOF(names); k++) {
		struct group *g = str_is_empty(names[k]) ? NULL : getgrnam(names[k]);

		for (size_t i = 0; g && i < n; i++)
			if (groups[i] == g->gr_gid)
				role = MAX(role, roles[k]);
	}
	return role;
}

int account_groups(const struct account *a, gid_t **ret, size_t *ret_n)
{
	_cleanup_free_ gid_t *groups = NULL;
	int n = 32;

	for (;;) {
		int room = n;
		gid_t *bigger = reallocarray(groups, (size_t)n, sizeof(gid_t));

		if (!bigger)
			return -ENOMEM;
		groups = bigger;
		if (getgrouplist(a->user, a->gid, groups, &n) >= 0)
			break;
		n = MAX(n, room * 2);
		if (n > GROUPS_MAX)
			return -E2BIG;
	}
	*ret = take_ptr(groups);
	*ret_n = (size_t)n;
	return 0;
}

static int account_fill(const struct passwd *pw, struct account *ret)
{
	_cleanup_free_ char *gecos = strdup(pw->pw_gecos ? pw->pw_gecos : "");
	struct account a = { .uid = pw->pw_uid, .gid = pw->pw_gid };

	if (gecos)
		gecos[strcspn(gecos, ",")] = 0;
	a.user = strdup(pw->pw_name);
	a.full_name = gecos ? str_clean(gecos, FULL_NAME_MAX) : NULL;
	if (a.full_name && !*a.full_name) {
		free(a.full_name);
		a.full_name = str_clean(pw->pw_name, FULL_NAME_MAX);
	}
	a.home = strdup(str_is_empty(pw->pw_dir) ? "/" : pw->pw_dir);
	a.shell = strdup(str_is_empty(pw->pw_shell) ? "/bin/sh" : pw->pw_shell);
	if (!a.user || !a.full_name || !a.home || !a.shell) {
		account_done(&a);
		return -ENOMEM;
	}
	*ret = a;
	return 0;
}

int account_find(const char *user, const char *admin_group, const char *operator_group,
		struct account *ret)
{
	_cleanup_free_ char *buf = NULL;
	_cleanup_free_ gid_t *groups = NULL;
	struct passwd pw, *found = NULL;
	struct account a;
	size_t n;
	int r;

	for (size_t size = 4096; size <= ENTRY_MAX; size *= 4) {
		free(buf);
		buf = malloc(size);
		if (!buf)
			return -ENOMEM;
		r = getpwnam_r(user, &pw, buf, size, &found);
		if (r != ERANGE)
			break;
	}
	if (!found)
		return r == 0 || r == ENOENT || r == ESRCH ? -ENOENT : -EIO;
	r = account_fill(&pw, &a);
	if (r < 0)
		return r;
	r = account_groups(&a, &groups, &n);
	if (r < 0) {
		account_done(&a);
		return r;
	}
	a.role = role_find(a.uid, groups, n, admin_group, operator_group);
	*ret = a;
	return 0;
}

void account_done(struct account *a)
{
	free(a->user);
	free(a->full_name);
	free(a->home);
	free(a->shell);
	*a = (struct account){ 0 };
}

json_t *account_build_person(const struct account *a)
{
	static const char *const roles[] = { "standard", "operator", "administrator" };

	return json_pack("{s:s, s:I, s:I, s:s, s:s}", "user", a->user, "uid", (json_int_t)a->uid,
			"gid", (json_int_t)a->gid, "full_name", a->full_name, "role",
			roles[a->role]);
}
