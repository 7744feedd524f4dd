/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Varlink connections on an sd-event loop. */
#pragma once

#include <systemd/sd-event.h>

#include "ipc/varlink.h"

/*
 * Put a connection on the loop. Call varlink_event_update() from handle_wants; the source is
 * dropped by varlink_event_done(), which must come before varlink_free(). source must be NULL at
 * first.
 */
int varlink_event_add(sd_event *event, struct varlink *v, sd_event_source **source);
void varlink_event_update(struct varlink *v, sd_event_source *source);
void varlink_event_done(sd_event_source **source);
