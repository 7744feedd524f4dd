/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What stationd orders: which users reach which sites. Read from its call, checked as if it came
 * from somebody else, since it goes into rules and configurations.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/cleanup.h"
#include "ipc/json.h"

enum {
	ORDER_GROUPS_MAX = 32,
	ORDER_USERS_MAX = 20000,
	ORDER_DOMAINS_MAX = 500,
	ORDER_RANGES_MAX = 4 * ORDER_USERS_MAX,
};

/* Uids first..last: the user's own, and those that the user may hand out to processes in a user
 * namespace (/etc/subuid), which nobody else stands behind. */
struct uid_range {
	uint32_t first, last;
};

struct limit_group {
	json_t *rule;    /* owned: {"mode", "domains", "by"}; what makes a filter a different one */
	bool deny;       /* all but the domains */
	json_t *domains; /* of rule */
	const char *by;  /* of rule */
	struct uid_range *ranges;
	size_t n_ranges;
	unsigned slot; /* which filter */
};

struct order {
	struct limit_group groups[ORDER_GROUPS_MAX];
	size_t n;
};

/* What the system says about its accounts. */
struct accounts {
	const char *subuid; /* content of /etc/subuid, "" without one */
	uint32_t first;     /* uids of people begin here */
	/* Calls add for each member of a group of accounts; nobody where there is none. */
	int (*find_members)(const char *group, int (*add)(const char *user, uint32_t uid, void *to),
			void *to);
};

/* From the parameters of Set. -EBADMSG, -E2BIG (too many groups or users), -ENOMEM */
int order_parse(json_t *parameters, const struct accounts *accounts, struct order **ret);
struct order *order_free(struct order *o);
DEFINE_CLEANUP(struct order, order_free);

/* Leaves out of b what a has; both are sorted and joined. -ENOMEM, -E2BIG */
int group_leave_out(const struct limit_group *a, struct limit_group *b);
/* Sorts and joins what overlaps or touches. */
size_t ranges_join(struct uid_range *ranges, size_t n);
/* Does one of them hold this uid? */
bool ranges_have(const struct uid_range *ranges, size_t n, uint32_t uid);
