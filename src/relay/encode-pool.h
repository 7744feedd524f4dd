/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Jobs of the encoder on libuv's worker pool, and the contexts they work with. */
#pragma once

#include "relay/encode.h"

struct encode_context;

struct encode_job {
	uv_work_t work;
	struct list link; /* waiting for a worker */
	struct encode_format format;
	struct tight_piece piece;
	void (*handle_done)(struct encode_job *j); /* frees the job */
	struct encode_context *context;

	/* The result; data NULL: failed. */
	struct chunk *chunk;
	unsigned n_rects;
	bool is_lossy;
};

/* At most a handful run at once, the others wait in order. */
void encode_pool_submit(uv_loop_t *loop, struct encode_job *j);
/* True: it had not begun and never will; the caller frees it. */
bool encode_pool_cancel(struct encode_job *j);
/* At once, on this thread. */
int encode_pool_run(struct encode_job *j);
void encode_pool_done(void);
