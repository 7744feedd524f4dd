/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The account of a person, as the name service tells it. */
#pragma once

#include <jansson.h>
#include <sys/types.h>

#include "base/cleanup.h"

enum role { ROLE_STANDARD, ROLE_OPERATOR, ROLE_ADMINISTRATOR };

struct account {
	char *user;
	char *full_name;
	char *home;
	char *shell;
	uid_t uid;
	gid_t gid;
	enum role role;
};

/* -ENOENT: no such account; -EIO: the name service fails; -ENOMEM. ret only on success. */
int account_find(const char *user, const char *admin_group, const char *operator_group,
		struct account *ret);
void account_done(struct account *a);
/* Supplementary groups by the name service; malloc'ed. */
int account_groups(const struct account *a, gid_t **ret, size_t *ret_n);
/* The type Person of the Worker interface; NULL: no memory. */
json_t *account_build_person(const struct account *a);
