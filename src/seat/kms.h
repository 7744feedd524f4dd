/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * One graphics card: its connected connectors, each with a mode, a CRTC and one buffer that is
 * drawn into by the processor. Needs no other rights than the device's. Nothing of it is thread
 * safe, nothing of it waits but for the card.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <xf86drmMode.h>

#include "base/cleanup.h"
#include "base/list.h"
#include "proto/area.h"
#include "seat/choice.h"

enum { OUTPUT_ID_MAX = 160, DAMAGE_MAX = 96 /* rectangles; more are joined */ };

/* A connected connector with a picture. */
struct output {
	struct list link; /* of the card */
	struct card *card;
	char id[OUTPUT_ID_MAX]; /* ID_PATH of the card "/" name */
	char name[32];          /* "HDMI-A-1" */
	char monitor[MONITOR_NAME_MAX];
	uint32_t connector_id;
	int crtc; /* index in the card */
	drmModeModeInfo mode;
	int width, height;
	/* The buffer: B G R X, rows of stride bytes, zero at first. */
	uint8_t *pixels;
	size_t stride;
	size_t size;
	uint32_t handle, fb;
	drmModeClip damage[DAMAGE_MAX];
	size_t n_damage;
};

struct card {
	struct list link; /* of who owns it */
	int fd;
	char *name; /* "card0" */
	char *id;   /* ID_PATH */
	uint32_t crtcs[CRTCS_MAX];
	size_t n_crtcs;
	struct list outputs;
	const char *leave; /* borrowed */
	bool is_lit;       /* the outputs' buffers are on their screens */
	bool has_no_dirty;
	size_t n_dark; /* connectors that found no CRTC, as told last */
};

/*
 * Opens a card and becomes its master. -EBUSY: another program drives it; -EOPNOTSUPP: it has no
 * screens (a card that only computes).
 */
int card_open(const char *node, const char *name, const char *id, const char *leave,
		struct card **ret);
/* Puts the screens out. NULL is fine; gives NULL. */
struct card *card_close(struct card *c);
DEFINE_CLEANUP(struct card, card_close);

/*
 * Looks for monitors. Outputs that are still there with the same size keep their buffers;
 * *ret_changed: the list, or a size, is another one. Must be master.
 */
int card_probe(struct card *c, bool *ret_changed);
/* Put every output's buffer onto its screen: after card_probe(), and when the card is ours again.
 */
int card_light(struct card *c);
/* Another program may be master from now on (a switch to another VT). */
void card_drop(struct card *c);
/* Master again; -EACCES, -EBUSY: not yet. card_probe() and card_light() are to follow. */
int card_retake(struct card *c);

/* These pixels of the buffer have changed. */
void output_add_damage(struct output *o, struct rect r);
/* Tell the card what has changed since the last time. */
void card_flush(struct card *c);
