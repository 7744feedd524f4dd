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

struct group {
	json_t *rule;    /* owned: {"mode", "domains", "by"}; what makes a filter a different one */
	bool deny;       /* all but the domains */
	json_t *domains; /* of rule */
	const char *by;  /* of rule */
	struct uid_range *ranges;
	size_t n_ranges;
	unsigned slot; /* which filter */
};

struct order {
	struct group groups[ORDER_GROUPS_MAX];
	size_t n;
};

/*
 * From the parameters of Set. subuid: content of /etc/subuid, "" without one. -EBADMSG, -E2BIG (too
 * many groups or users), -ENOMEM
 */
int order_parse(json_t *parameters, const char *subuid, struct order **ret);
struct order *order_free(struct order *o);
DEFINE_CLEANUP(struct order, order_free);

/* Sorts and joins what overlaps or touches. */
size_t ranges_join(struct uid_range *ranges, size_t n);
/* Does one of them hold this uid? */
bool ranges_have(const struct uid_range *ranges, size_t n, uint32_t uid);
