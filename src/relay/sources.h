/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * One source per session that somebody wants, shared by stations and thumbnails. It is opened on
 * demand, opened again when it is lost, and closed when nobody has wanted it for a few seconds.
 */
#pragma once

#include <uv.h>

#include "base/list.h"

struct sources;
struct source_slot;
struct host;
struct picture;
struct thumbnail;

enum { SOURCE_SESSION_MAX = 32 }; /* length of a session's id */

/* Embedded in whoever wants a session's pixels. Zeroed: wants none. */
struct source_user {
	struct list link;
	struct source_slot *slot;
	/* Of the person in whose name the source is wanted, borrowed while it is used; NULL: a
	 * station. */
	const char *token;
	/*
	 * source_user_picture() and source_user_thumbnail() have changed. When they become NULL,
	 * let go of the old ones now: they are freed when this returns.
	 */
	void (*handle_source)(struct source_user *u);
	/* The session's clipboard has changed; UTF-8. May be NULL. */
	void (*handle_cut_text)(struct source_user *u, const char *utf8);
	/* source_user_trouble() has perhaps changed. May be NULL. */
	void (*handle_trouble)(struct source_user *u);
};

enum source_trouble {
	SOURCE_FINE,
	SOURCE_LOST,    /* the display server cannot be reached */
	SOURCE_STALLED, /* it gives no sign of life */
	SOURCE_BLACK,   /* nothing can be seen in the thumbnail, for long */
};

int sources_new(uv_loop_t *loop, struct host *host, struct sources **ret);
/* Every user must have released. NULL is fine; gives NULL. */
struct sources *sources_free(struct sources *s);

/* handle_source is not called from within. -EINVAL: no id of a session; -ENOMEM; -EMFILE. */
int sources_use(struct sources *s, const char *session, struct source_user *u);
/* Let go of picture and thumbnail before. Using nothing is fine. */
void sources_release(struct source_user *u);
/* The picture, once it shows something; else NULL. */
struct picture *source_user_picture(const struct source_user *u);
struct thumbnail *source_user_thumbnail(const struct source_user *u);
const char *source_user_session(const struct source_user *u);
/* Is there something wrong with the picture, and since when (ms since 1970)? */
enum source_trouble source_user_trouble(const struct source_user *u, int64_t *ret_since_ms);
