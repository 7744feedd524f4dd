/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A picture is a framebuffer that changes: what a source receives, or what the relay draws itself
 * (greeter, notice). Viewers and thumbnails watch pictures; they never see who makes them.
 *
 * Pixels are 32 bit, little endian B G R X (X undefined), top-down. They may be read by the worker
 * pool only while the picture is locked; its owner does not write while locked (a source leaves its
 * socket unread, so the display server is slowed, not copied).
 */
#pragma once

#include <pixman.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/list.h"

enum {
	PICTURE_SIDE_MAX = 16384,
	PICTURE_PIXELS_MAX = 33 * 1024 * 1024, /* 7680 x 4320 fits: 133 MB */
	PICTURE_CURSOR_MAX = 512,              /* side */
	PICTURE_BOXES_MAX = 512,               /* of a region that others make grow */
};

struct picture;

struct picture_watcher {
	struct list link;
	/* damage was changed (picture coordinates). New size: the whole picture. Called on the
	 * loop. */
	void (*handle_damage)(struct picture_watcher *w, const pixman_region32_t *damage);
	void (*handle_resized)(struct picture_watcher *w);
	/* The pointer's shape has changed; may be NULL. */
	void (*handle_cursor)(struct picture_watcher *w);
	/* The pointer has moved; may be NULL. */
	void (*handle_pointer)(struct picture_watcher *w);
	/* leds has changed; may be NULL. */
	void (*handle_leds)(struct picture_watcher *w);
	/* picture_can_lock() is true again; may be NULL. */
	void (*handle_lockable)(struct picture_watcher *w);
	/* The picture is going away; the watcher must let go. */
	void (*handle_gone)(struct picture_watcher *w);
	/*
	 * Wanted updates: 0 = as fast as they come, else the least time between two in ms (a
	 * thumbnail: 1000). The source asks its display server at the fastest rate that somebody
	 * wants.
	 */
	unsigned interval_ms;
};

struct cursor {
	uint16_t w, h, hot_x, hot_y;
	uint32_t *argb; /* w * h, straight alpha, 0xAARRGGBB */
};

/* Input from a viewer to the owner of the picture. */
struct picture_input {
	void (*key)(void *userdata, uint32_t keysym, uint32_t keycode,
			bool down); /* keycode: XT, 0 unknown */
	void (*pointer)(void *userdata, uint8_t buttons, uint16_t x, uint16_t y);
	void (*cut_text)(void *userdata, const char *utf8);
	/* Ask for another size; the answer is handle_resized (or nothing). */
	void (*resize)(void *userdata, uint16_t w, uint16_t h);
};

/* What the owner of a picture is told; each may be NULL. */
struct picture_owner {
	/* A watcher came or went or changed interval_ms. */
	void (*handle_watchers)(void *userdata);
	/* The last lock was released: the owner's turn to write. It calls picture_turn_done(). */
	void (*handle_unlocked)(void *userdata);
};

struct encode_hub;

struct picture {
	uint16_t w, h;
	uint32_t stride; /* bytes */
	uint8_t *pixels;
	struct picture_store *store; /* memory of pixels; outlives the picture while locked */
	struct list watchers;
	struct list locks;      /* jobs of the pool that read it now */
	int64_t locked_ms;      /* since when */
	bool is_turn;           /* of the owner */
	struct encode_hub *hub; /* what encodes it for viewers; relay/encode.c */
	struct cursor cursor;
	int leds;         /* lock lights: 1 Scroll, 2 Num, 4 Caps; -1: not known */
	bool has_pointer; /* somebody has used the pointer; then where it is */
	uint16_t pointer_x, pointer_y;
	const struct picture_owner *owner;
	void *owner_userdata;
	const struct picture_input *input; /* NULL: takes none */
	void *input_userdata;
	uint64_t serial; /* grows with each damage */
	bool blank;      /* nothing was drawn yet in this size */
};

static inline bool picture_is_locked(const struct picture *p)
{
	return !list_is_empty(&p->locks);
}

/* For owners. */
int picture_init(struct picture *p, uint16_t w, uint16_t h);
void picture_done(struct picture *p); /* tells the watchers */
/* Contents are lost; not while locked. On error nothing has changed. */
int picture_resize(struct picture *p, uint16_t w, uint16_t h);
/* The owner's turn begins now, to be written to from the pool; false: locked, handle_unlocked will
 * come. */
bool picture_turn_begin(struct picture *p);
/* After handle_unlocked, at once or later: what there was to write is written. */
void picture_turn_done(struct picture *p);
/* Pixels have changed; the region is cut to the picture. */
void picture_damage(struct picture *p, const pixman_region32_t *damage);
/* Takes argb (malloc'ed) on success; 0 x 0: no pointer is shown. */
int picture_set_cursor(struct picture *p, const struct cursor *c);
void picture_set_leds(struct picture *p, int leds);
/* Where the pointer was put last; RFB draws it into no picture. */
void picture_set_pointer(struct picture *p, uint16_t x, uint16_t y);

/* A region of more than PICTURE_BOXES_MAX boxes becomes its extents: neither peer makes us walk
 * long lists. */
void picture_region_limit(pixman_region32_t *region);

/* For watchers. */
void picture_watch(struct picture *p, struct picture_watcher *w);
void picture_unwatch(struct picture *p, struct picture_watcher *w);
/* interval_ms of a watcher was changed. */
void picture_watchers_changed(struct picture *p);
/* Least interval_ms of all watchers; -1: nobody watches. */
int picture_get_interval(const struct picture *p);

/*
 * A lock lets a job of the pool read the pixels. The job keeps its own copy of the geometry and of
 * the pixels' address; they stay valid until picture_unlock() even if the picture goes away.
 */
struct picture_lock {
	struct picture *picture; /* NULL: it went away */
	struct picture_store *store;
	struct list link;
	const uint8_t *pixels;
	uint32_t stride;
	uint16_t w, h;
};

void picture_lock(struct picture *p, struct picture_lock *ret);
/*
 * Whether a new job may begin. Jobs of the same moment share one locked period; after a short while
 * no more may join it, and then it is the owner's turn, so that viewers who ask for whole frames
 * all the time cannot stop the picture. False: wait for handle_lockable.
 */
bool picture_can_lock(const struct picture *p);
void picture_unlock(struct picture_lock *l);
