/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Encode once. Changed parts of a picture are encoded once for each encoding class (pixel format,
 * encoding, quality, compression) and the bytes are shared by every client of that class: showing a
 * picture to forty viewers costs about what showing it to one does.
 *
 * A client (a viewer) keeps what its peer does not have yet in "pending" and asks for a frame when
 * its peer can take one. All on the loop's thread.
 */
#pragma once

#include <uv.h>

#include "base/chunk.h"
#include "proto/tight.h"
#include "relay/picture.h"

enum encode_kind { ENCODE_RAW, ENCODE_TIGHT, ENCODE_ZRLE };

/* An encoding class. */
struct encode_format {
	enum encode_kind kind;
	struct tight_params params;
};

struct encode_class;
struct encode_frame;

struct encode_client {
	/* The owner sets these before encode_join(). */

	/* pending has grown, or the picture can be locked again. */
	void (*handle_damage)(struct encode_client *c);
	/* The frame is there; n 0: no memory. The chunks are borrowed. */
	void (*handle_frame)(struct encode_client *c, struct chunk *const *chunks, size_t n,
			unsigned n_rects);
	/* The picture has another size; pending is all of it. */
	void (*handle_resized)(struct encode_client *c);
	void (*handle_cursor)(struct encode_client *c);
	void (*handle_leds)(struct encode_client *c);
	/* The picture is going away; the client has left it. */
	void (*handle_gone)(struct encode_client *c);

	/* For the owner to read. */
	pixman_region32_t pending;  /* changed and not asked for; valid while joined */
	struct encode_frame *frame; /* being encoded; NULL: none */
	struct picture *picture;    /* NULL: not joined */
	unsigned n_frames;          /* of this second, while something moves */

	struct encode_class *class;
	struct list link;
};

/* pending becomes the whole picture. -ENOMEM. */
int encode_join(uv_loop_t *loop, struct picture *p, const struct encode_format *format,
		struct encode_client *c);
/* A frame that is being encoded is forgotten; pending goes with it. Fine when not joined. */
void encode_leave(struct encode_client *c);
/*
 * Encode this part of pending, which is taken out of it; the client has no frame open. handle_frame
 * is called from within if it was small or encoded already, else from the loop, with the picture
 * unchanged until then. -ENOMEM: nothing was done.
 */
int encode_start(struct encode_client *c, const pixman_region32_t *region);

/* A piece that is for one client only (under an overlay), at once; *n_rects is added to. */
int encode_piece(const struct encode_format *format, const struct tight_piece *piece,
		struct chunk **ret, unsigned *n_rects);

/* Frees what is kept between frames; when nothing is joined any more (tests). */
void encode_done(void);
