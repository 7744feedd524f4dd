/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The picture of a screen that somebody sends as JPEG files, one after the other. Only what has
 * changed from one to the next is damage. One file is worked on at a time, and the next is wanted
 * only while somebody watches.
 */
#pragma once

#include <uv.h>

#include "relay/picture.h"

struct screen;

enum {
	SCREEN_FILE_MAX = 4 * 1024 * 1024, /* bytes of a JPEG file */
	SCREEN_WIDTH_MAX = 3840,
	SCREEN_HEIGHT_MAX = 2160,
};

struct screen_events {
	/* screen_picture() is there for the first time. The screen may be freed in here. */
	void (*handle_picture)(struct screen *s, void *userdata);
	/* screen_is_wanted() has become true. */
	void (*handle_wanted)(struct screen *s, void *userdata);
	/* The file was no picture that we take; reason: static text. May be freed in here. */
	void (*handle_bad)(struct screen *s, const char *reason, void *userdata);
};

int screen_new(uv_loop_t *loop, const struct screen_events *events, void *userdata,
		struct screen **ret);
/* NULL is fine; gives NULL. */
struct screen *screen_free(struct screen *s);
/* NULL: nothing was sent yet. It takes no input. */
struct picture *screen_picture(struct screen *s);
/* Somebody would watch if there was a picture. */
void screen_set_used(struct screen *s, bool used);
/* A file would be taken, and somebody watches. */
bool screen_is_wanted(const struct screen *s);
/* A JPEG file; copied. No event from within. -EBUSY: another is worked on; -EMSGSIZE, -ENOMEM. */
int screen_put(struct screen *s, const void *data, size_t len);
/* What is worked on is forgotten: its sender has gone. */
void screen_cancel(struct screen *s);
