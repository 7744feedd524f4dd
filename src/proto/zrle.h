/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * ZRLE (RFC 6143 7.7.6) of a piece of a picture, for viewers that know no Tight.
 *
 * The zlib stream of a connection cannot be reset. So each rectangle is a run of whole deflate
 * blocks that refer to nothing before them and end on a byte: such runs may follow one another in
 * any order, and be shared by any number of connections. Only the header of the stream is missing;
 * the first rectangle of a connection gets it by zrle_begin() (docs/decisions/0006).
 */
#pragma once

#include "proto/tight.h"

struct zrle_encoder;

/* Not thread-safe; one for each thread that encodes. */
int zrle_encoder_new(struct zrle_encoder **ret);
struct zrle_encoder *zrle_encoder_free(struct zrle_encoder *e);
DEFINE_CLEANUP(struct zrle_encoder, zrle_encoder_free);

/*
 * Append the piece to out as one whole rectangle with its head, and count it in *n_rects. Lossless:
 * of params, quality means nothing. Limits as for tight_encode(). -ENOMEM, -EMSGSIZE.
 */
int zrle_encode(struct zrle_encoder *e, const struct tight_params *params,
		const struct tight_piece *piece, struct buf *out, unsigned *n_rects);

enum { ZRLE_BEGIN_LEN = 2 };

/*
 * Copy rect (n bytes that begin with a rectangle of zrle_encode()) to out, n + ZRLE_BEGIN_LEN
 * bytes, as the first one of a connection.
 */
void zrle_begin(uint8_t *out, const uint8_t *rect, size_t n);
