/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Thumbnails of a picture: scaled and JPEG-encoded at most once per (picture, size, change) and at
 * most once a second, only while somebody subscribes; the same bytes go to all subscribers.
 */
#pragma once

#include <uv.h>

#include "base/chunk.h"
#include "relay/picture.h"

enum thumbnail_size { THUMBNAIL_SMALL, THUMBNAIL_MEDIUM, THUMBNAIL_LARGE, _THUMBNAIL_SIZE_MAX };

/* Boxes 160x90, 320x180, 480x270; the picture's aspect is kept inside. */

enum { THUMBNAIL_BLACK_MS = 10000 };

struct thumbnail;

struct thumbnail_subscriber {
	struct list link;
	enum thumbnail_size size;
	/* jpeg: reference it to keep it. taken_ms: ms since 1970. */
	void (*handle_thumbnail)(struct thumbnail_subscriber *s, struct chunk *jpeg, uint16_t w,
			uint16_t h, int64_t taken_ms);
};

/* Watches the picture while it has subscribers. handle_demand is called when that begins or ends.
 */
int thumbnail_new(uv_loop_t *loop, struct picture *p, void (*handle_demand)(void *userdata),
		void *userdata, struct thumbnail **ret);
/* handle_black(userdata): thumbnail_get_black() has changed. */
void thumbnail_watch_black(struct thumbnail *t, void (*handle_black)(void *userdata));
/* Since when (ms since 1970) the picture is black, if it has been for THUMBNAIL_BLACK_MS; else 0.
 */
int64_t thumbnail_get_black(const struct thumbnail *t);
struct thumbnail *thumbnail_free(struct thumbnail *t);
/* The current picture is sent soon, then each change. Subscribers unsubscribe before
 * thumbnail_free(). */
void thumbnail_subscribe(struct thumbnail *t, struct thumbnail_subscriber *s);
void thumbnail_unsubscribe(struct thumbnail *t, struct thumbnail_subscriber *s);
