/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Varlink connections on a libuv loop. */
#pragma once

#include <uv.h>

#include "ipc/varlink.h"

struct varlink_uv;

/* Polls fd of v for what v wants; v stays the caller's. */
int varlink_uv_new(uv_loop_t *loop, struct varlink *v, struct varlink_uv **ret);
/* Call from handle_wants. */
void varlink_uv_update(struct varlink_uv *u);
/* Before varlink_free(), or from handle_closed: the descriptor must still be open. NULL is fine. */
struct varlink_uv *varlink_uv_free(struct varlink_uv *u);
