/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A picture that shows another one letter-boxed to a size of its own, with the other's pointer
 * drawn in. Whoever watches it makes it watch the other one; while nobody does it costs its memory
 * only.
 */
#pragma once

#include <uv.h>

#include "relay/picture.h"

struct scaled;

/* 0 x 0: always the size of the source. -ERANGE: not sizes of a picture (relay/picture.h); -ENOMEM.
 */
int scaled_new(uv_loop_t *loop, struct picture *source, uint16_t w, uint16_t h,
		struct scaled **ret);
/* Before the source goes; NULL is fine; gives NULL. */
struct scaled *scaled_free(struct scaled *s);
/* The other's pointer is not drawn in from now on; before anybody watches. */
void scaled_hide_pointer(struct scaled *s);
/* It takes no input. */
struct picture *scaled_picture(struct scaled *s);
