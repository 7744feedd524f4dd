/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The rules of docs/ARCHITECTURE.md "Roles", in one place. Everything that decides about rights
 * calls one of these functions, so that the matrix can be read and tested without the daemon.
 */
#include "hostd/role.h"

#include "base/str.h"

static const char *const names[] = {
	[ROLE_STANDARD] = "standard",
	[ROLE_OPERATOR] = "operator",
	[ROLE_ADMINISTRATOR] = "administrator",
};

const char *role_to_string(enum role role)
{
	return names[role];
}

int role_parse(const char *s, enum role *ret)
{
	for (size_t i = 0; s && i < ELEMENTSOF(names); i++) {
		if (streq(names[i], s)) {
			*ret = (enum role)i;
			return 0;
		}
	}
	return -EINVAL;
}

static bool has_group(gid_t wanted, gid_t gid, const gid_t *list, size_t n)
{
	if (wanted == (gid_t)-1)
		return false;
	if (gid == wanted)
		return true;
	for (size_t i = 0; i < n; i++)
		if (list[i] == wanted)
			return true;
	return false;
}

enum role role_of_peer(
		const struct role_groups *groups, uid_t uid, gid_t gid, const gid_t *list, size_t n)
{
	if (uid == 0 || has_group(groups->admin, gid, list, n))
		return ROLE_ADMINISTRATOR;
	if (has_group(groups->operator, gid, list, n))
		return ROLE_OPERATOR;
	return ROLE_STANDARD;
}

static bool may_on_own(enum role caller, enum act act, bool bulk)
{
	switch (act) {
	case ACT_SEE:
	case ACT_TILE:
	case ACT_LOCK:
	case ACT_UNLOCK:
	case ACT_START:
		return true;
	case ACT_LOGOFF:
	case ACT_SUSPEND:
	case ACT_CLOSE:
		return !bulk;
	case ACT_VIEW:
	case ACT_CONTROL:
	case ACT_PROJECT:
		return caller != ROLE_STANDARD;
	case ACT_BLOCK:
	case ACT_LIMIT:
	case ACT_CHAT:
	case _ACT_MAX:
		return false;
	}
	return false;
}

bool role_may(enum role caller, enum role target, bool own, enum act act, bool bulk)
{
	if (own)
		return may_on_own(caller, act, bulk);
	if (act == ACT_LOCK)
		return false;
	switch (caller) {
	case ROLE_ADMINISTRATOR:
		return true;
	case ROLE_OPERATOR:
		return act == ACT_SEE || (target == ROLE_STANDARD && act != ACT_UNLOCK);
	case ROLE_STANDARD:
		return false;
	}
	return false;
}

char *role_refusal(enum role target, bool own, enum act act, const char *full_name)
{
	if (act == ACT_LOCK)
		return str_format("Only %s can lock this session. Suspend it, or block it.",
				full_name);
	if (act == ACT_UNLOCK)
		return str_format("%s has locked this session; only that person and administrators "
				  "can unlock it.",
				full_name);
	if (own && act == ACT_BLOCK)
		return str_format("This is your own session or station; it is always left out.");
	if (own && act == ACT_LIMIT)
		return str_format("This is your own session; your own web is never limited.");
	if (own)
		return str_format("This is your own session; it is left out when several are "
				  "chosen. Choose it alone.");
	if (target == ROLE_STANDARD)
		return str_format("This is the session of %s; only operators and administrators "
				  "may do this.",
				full_name);
	return str_format("%s is an %s; only administrators may do this.", full_name,
			role_to_string(target));
}

bool role_may_see_job(enum role caller, bool own, enum role by)
{
	return own || caller == ROLE_ADMINISTRATOR ||
	       (caller == ROLE_OPERATOR && by == ROLE_OPERATOR);
}

bool role_may_stop(enum role caller, bool own, enum role by)
{
	return role_may_see_job(caller, own, by);
}
