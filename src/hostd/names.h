/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Names of local callers, and accounts by their name. The name service may hang (a directory server
 * that is away), so it is asked on a thread of its own; whoever waits too long goes on without.
 */
#pragma once

#include <sys/types.h>
#include <systemd/sd-event.h>

#include "base/cleanup.h"
#include "hostd/role.h"

struct names;

enum { NAMES_WAIT_MS = 2000, NAMES_QUEUE_MAX = 256, NAMES_CACHE_MAX = 256, NAMES_KEEP_MS = 60000 };

/* user and full_name are clean and never empty ("#1000" where there is no account or no answer). */
typedef void (*names_fn)(const char *user, const char *full_name, void *userdata);

int names_new(sd_event *event, struct names **ret);
struct names *names_free(struct names *n);
DEFINE_CLEANUP(struct names, names_free);
/* Calls fn now (known) or from the loop, within NAMES_WAIT_MS. -ENOMEM: fn is not called. */
int names_find(struct names *n, uid_t uid, names_fn fn, void *userdata);

struct names_account {
	bool found;
	bool no_answer; /* not found because the name service does not answer */
	uid_t uid;
	enum role role;
	char user[CALLER_USER_MAX]; /* clean */
	char full_name[CALLER_NAME_MAX];
};
typedef void (*names_account_fn)(const struct names_account *account, void *userdata);
/* Calls fn from the loop, within NAMES_WAIT_MS; role: by these groups. -ENOMEM, -EBUSY: fn is not
 * called. */
int names_find_account(struct names *n, const char *user, const struct role_groups *groups,
		names_account_fn fn, void *userdata);
/* Do not call for this userdata any more. */
void names_forget(struct names *n, void *userdata);
/* Ask again for everybody: accounts may have changed. */
void names_flush(struct names *n);
