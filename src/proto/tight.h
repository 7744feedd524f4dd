/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Tight encoding (rfbproto: Tight Encoding) of a piece of a picture, by its content: one colour is
 * a fill, few colours are an indexed palette, text and drawings stay lossless, photographs become
 * JPEG if the client wants it.
 *
 * Each rectangle resets the zlib stream it uses, so its bytes mean the same after any others: they
 * may be sent to any number of clients, in any order, or not at all.
 */
#pragma once

#include "proto/rfb.h"

enum {
	TIGHT_WIDTH_MAX = 2048,
	TIGHT_AREA_MAX = 256 * 1024, /* pixels of one tight_encode(); lengths fit 22 bits */
};

struct tight_encoder;

struct tight_params {
	struct rfb_pixel_format format;
	int quality;  /* JPEG 0..9; -1: lossless */
	int compress; /* 0..9 */
};

/* A piece of a picture: pixels is its first pixel (B G R X), rect where it lies on the screen. */
struct tight_piece {
	const uint8_t *pixels;
	uint32_t stride;
	struct rfb_rect rect;
};

/* Not thread-safe; one for each thread that encodes. */
int tight_encoder_new(struct tight_encoder **ret);
struct tight_encoder *tight_encoder_free(struct tight_encoder *e);
DEFINE_CLEANUP(struct tight_encoder, tight_encoder_free);

/*
 * Append the piece to out as one or more whole rectangles (with their heads) and add their number
 * to *n_rects. The piece is at most TIGHT_WIDTH_MAX wide and TIGHT_AREA_MAX large. -ENOMEM,
 * -EMSGSIZE.
 */
int tight_encode(struct tight_encoder *e, const struct tight_params *params,
		const struct tight_piece *piece, struct buf *out, unsigned *n_rects);

/* Pixels of the last tight_encode() that went as JPEG. */
size_t tight_encoder_lossy(const struct tight_encoder *e);

/* The same as one raw rectangle. */
int tight_encode_raw(const struct rfb_pixel_format *format, const struct tight_piece *piece,
		struct buf *out, unsigned *n_rects);
