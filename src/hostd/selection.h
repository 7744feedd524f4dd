/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Which sessions a call means: ids, users (all sessions of each), or all, and who may be touched.
 */
#pragma once

#include "hostd/api.h"
#include "hostd/job.h"
#include "hostd/session.h"

enum { SELECTION_NAMES_MAX = 5000 };

struct selection {
	json_t *sessions; /* borrowed from the call */
	json_t *users;
	bool all;
	json_t *unknown; /* names that nothing was found for */
	struct targets targets;
	bool failed; /* no memory, too many */
};

bool request_is_own(const struct request *r, const struct session *s);
/* Is it in lists? A supervisor may name what is not in them, and is told why it is refused. */
bool request_may_see(const struct request *r, const struct session *s);
bool request_may_name(const struct request *r, const struct session *s);

/* false: InvalidParameter was answered. To be called after all other parameters were read. */
bool selection_read(struct request *r, struct selection *sel);
/* Who may not be touched is refused, with the reason. false: an error was answered. */
bool selection_resolve(struct request *r, struct selection *sel, enum act act);
void selection_add(struct selection *sel, const struct session *s);
/* Who has ordered what; what goes before the targets, may be empty. */
struct targets_order {
	const struct caller *by;
	const char *method; /* without the prefix */
	const char *what;
};
/* One row in the audit log: what has become of each, as far as it is known. */
void targets_audit(struct host *h, const struct targets_order *order, const struct targets *t);
void selection_audit(struct request *r, const struct selection *sel, const char *what);
void selection_done(struct selection *sel);
