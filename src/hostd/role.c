/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The rules of docs/ARCHITECTURE.md "Roles", in one place. Everything that decides about rights
 * calls one of these functions, so that the matrix can be read and tested without the daemon.
 */
#include "hostd/role.h"

#include <errno.h>
#include <string.h>

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

static enum verdict judge_own(const struct deed *d)
{
	switch (d->act) {
	case ACT_SEE:
	case ACT_TILE:
	case ACT_LOCK:
	case ACT_UNLOCK:
	case ACT_START:
		return VERDICT_YES;
	case ACT_LOGOFF:
	case ACT_SUSPEND:
	case ACT_CLOSE:
		return d->bulk ? VERDICT_OWN_ALONE : VERDICT_YES;
	case ACT_STORAGE:
		if (d->caller == ROLE_STANDARD)
			return VERDICT_STANDARD;
		return d->bulk ? VERDICT_OWN_ALONE : VERDICT_YES;
	case ACT_VIEW:
	case ACT_CONTROL:
	case ACT_PROJECT:
		return d->caller == ROLE_STANDARD ? VERDICT_STANDARD : VERDICT_YES;
	case ACT_BLOCK:
	case ACT_LIMIT:
	case ACT_CHAT:
	case ACT_LOGON:
	case _ACT_MAX:
		break;
	}
	return VERDICT_OWN_NEVER;
}

static enum verdict judge_administrator(const struct deed *d)
{
	if (d->target == ROLE_STANDARD || d->act == ACT_SEE || d->act == ACT_LOGOFF ||
			d->orchestrate)
		return VERDICT_YES;
	return VERDICT_ORCHESTRATE;
}

static enum verdict judge_operator(const struct deed *d)
{
	if (d->act == ACT_SEE)
		return VERDICT_YES;
	if (d->target != ROLE_STANDARD)
		return VERDICT_PRIVILEGED;
	return d->act == ACT_UNLOCK ? VERDICT_UNLOCK : VERDICT_YES;
}

/* What the role allows, before it is bound to rooms and acts. */
static enum verdict judge_role(const struct deed *d)
{
	if (d->own)
		return judge_own(d);
	if (d->act == ACT_LOCK)
		return VERDICT_LOCK;
	switch (d->caller) {
	case ROLE_ADMINISTRATOR:
		return judge_administrator(d);
	case ROLE_OPERATOR:
		return judge_operator(d);
	case ROLE_STANDARD:
		break;
	}
	return VERDICT_STANDARD;
}

enum verdict role_judge(const struct deed *d)
{
	enum verdict v = judge_role(d);

	if (v != VERDICT_YES)
		return v;
	/* Rights of a person bind operators, on others; those of a token bind always. */
	if (!d->scoped && (d->own || d->caller != ROLE_OPERATOR))
		return VERDICT_YES;
	if (!d->in_rooms)
		return VERDICT_ROOM;
	return d->act == ACT_SEE || d->acts & ACT_BIT(d->act) ? VERDICT_YES : VERDICT_ACT;
}

char *role_refusal(const struct deed *d, enum verdict verdict, const char *full_name)
{
	switch (verdict) {
	case VERDICT_LOCK:
		return str_format("Only %s can lock this session. Suspend it, or block it.",
				full_name);
	case VERDICT_UNLOCK:
		return str_format("%s has locked this session; only that person and administrators "
				  "can unlock it.",
				full_name);
	case VERDICT_OWN_NEVER:
		if (d->act == ACT_LIMIT)
			return str_format(
					"This is your own session; your own web is never limited.");
		return str_format("This is your own session or station; it is always left out.");
	case VERDICT_OWN_ALONE:
		return str_format("This is your own session; it is left out when several are "
				  "chosen. Choose it alone.");
	case VERDICT_STANDARD:
		return str_format("This is the session of %s; only operators and administrators "
				  "may do this.",
				full_name);
	case VERDICT_PRIVILEGED:
		return str_format("%s is an %s; only administrators may do this.", full_name,
				role_to_string(d->target));
	case VERDICT_ORCHESTRATE:
		return str_format("%s is an %s; such sessions can only be logged off. The setting "
				  "orchestrate-privileged allows more.",
				full_name, role_to_string(d->target));
	case VERDICT_ROOM:
		return str_format("%s is not in a room that your rights name. Administrators can "
				  "change them.",
				*full_name ? full_name : "This");
	case VERDICT_ACT:
		return str_format(
				"Your rights do not name this act (%s). Administrators can change "
				"them.",
				act_to_string(d->act));
	case VERDICT_YES:
		break;
	}
	return strdup("");
}

static const char *const act_names[_ACT_MAX] = {
	[ACT_TILE] = "tile",
	[ACT_VIEW] = "view",
	[ACT_CONTROL] = "control",
	[ACT_BLOCK] = "block",
	[ACT_LIMIT] = "limit",
	[ACT_PROJECT] = "project",
	[ACT_LOGOFF] = "logoff",
	[ACT_SUSPEND] = "suspend",
	[ACT_LOCK] = "lock",
	[ACT_UNLOCK] = "unlock",
	[ACT_START] = "start",
	[ACT_CLOSE] = "close",
	[ACT_CHAT] = "chat",
	[ACT_LOGON] = "logon",
	[ACT_STORAGE] = "storage",
};

const char *act_to_string(enum act act)
{
	return act_names[act];
}

int act_parse(const char *s, enum act *ret)
{
	for (size_t i = 0; i < _ACT_MAX; i++) {
		if (act_names[i] && streq(act_names[i], s)) {
			*ret = (enum act)i;
			return 0;
		}
	}
	return -EINVAL;
}

int acts_parse_words(const char *s, uint32_t *ret)
{
	uint32_t acts = 0;

	if (streq(s, "all")) {
		*ret = (uint32_t)ACTS_ALL;
		return 0;
	}
	while (*s) {
		size_t n = strcspn(s, " ");
		_cleanup_free_ char *word = strndup(s, n);
		enum act act;

		if (!word)
			return -ENOMEM;
		if (*word && act_parse(word, &act) < 0)
			return -EINVAL;
		if (*word)
			acts |= ACT_BIT(act);
		s += n;
		s += *s == ' ';
	}
	*ret = acts;
	return 0;
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
