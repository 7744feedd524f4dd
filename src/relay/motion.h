/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What moves in a picture: which cells of it have changed many times a second for a while (a film),
 * which of those were sent blurred, and which have come to rest since. No clock of its own.
 */
#pragma once

#include <pixman.h>
#include <stdbool.h>
#include <stdint.h>

struct motion;

int motion_new(uint16_t w, uint16_t h, struct motion **ret);
struct motion *motion_free(struct motion *m);
/* Forgets everything. -ENOMEM: nothing moves from now on. */
int motion_resize(struct motion *m, uint16_t w, uint16_t h);
/* Changed now; damage lies within the picture. True: something of it moves. */
bool motion_note(struct motion *m, const pixman_region32_t *damage, int64_t now_ms);
/* Parts of region that move, and that rest after having been blurred; both initialised. */
void motion_split(const struct motion *m, const pixman_region32_t *region,
		pixman_region32_t *ret_moving, pixman_region32_t *ret_rested);
/* This was sent blurred. */
void motion_blurred(struct motion *m, int x, int y, unsigned w, unsigned h);
/* Adds to rested (initialised) what has come to rest since the last call and was blurred. True:
 * something still moves, ask again. */
bool motion_rest(struct motion *m, int64_t now_ms, pixman_region32_t *rested);
