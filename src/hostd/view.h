/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Views: one person sees the desktop of another at full size, or controls it. stationd decides who
 * may and knows who does; the pictures go through the relay. A view lasts as long as its session,
 * its token and the relay's connection.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/list.h"
#include "hostd/hash.h"
#include "hostd/role.h"
#include "hostd/session.h"

struct host;
struct peer;

enum { VIEWS_MAX = 2000, VIEWS_PER_USER_MAX = 100 };

enum view_mode { VIEW_SEE, VIEW_CONTROL, VIEW_EXCLUSIVE };

struct view {
	struct list link; /* in host, oldest first */
	struct host *host;
	char id[SESSION_ID_MAX];
	struct session *session;
	enum view_mode mode;
	struct caller by;
	bool has_token;
	uint8_t token[HASH_SIZE];
	struct peer *peer; /* the relay that shows it */
	int64_t since_s;
	int64_t since_mono_ms; /* CLOCK_MONOTONIC */
};

struct view_order {
	struct session *session;
	enum view_mode mode;
	const struct caller *by;
	const uint8_t *token; /* NULL: a local caller */
	struct peer *peer;
};

/* -EBUSY: *ret_rival is in the way; -EDQUOT: too many; -ENOMEM. */
int view_open(struct host *h, const struct view_order *order, struct view **ret,
		const struct view **ret_rival);
/* reason: told to whoever looks; NULL: the relay knows. Frees. */
void view_close(struct view *v, const char *reason);
struct view *view_find(struct host *h, const char *id);

void view_handle_session_end(struct session *s);
void view_end_token(struct host *h, const uint8_t *token);
/* Views that the rights of who looks do not allow any more. */
void view_end_forbidden(struct host *h);
/* The account has another role now; of views with a token. */
void view_set_role(struct host *h, uid_t uid, enum role role);
void view_peer_gone(struct host *h, struct peer *peer);

/* How a session is looked at. */
struct view_flags {
	bool viewed, controlled, exclusive;
	const struct view *controller; /* the first one; NULL: none */
	const struct view *sign;       /* what the station is to be told; NULL: nothing */
};
void view_get_flags(const struct session *s, struct view_flags *ret);

/* "view", "control", "exclusive". false: none of them. */
bool view_mode_parse(const char *s, enum view_mode *ret);
json_t *view_build_json(const struct view *v);
void view_free(struct view *v);
