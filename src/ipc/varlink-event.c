/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Glue between struct varlink and sd-event: one I/O source per connection. poll() and epoll event
 * bits are the same for the four that are used here.
 */
#include "ipc/varlink-event.h"

#include <poll.h>

_Static_assert(POLLIN == 1 && POLLOUT == 4 && POLLERR == 8 && POLLHUP == 16, "poll is not epoll");

static int handle_event(sd_event_source *source, int fd, uint32_t revents, void *userdata)
{
	(void)source, (void)fd;
	varlink_handle_io(userdata, (short)revents);
	return 0;
}

int varlink_event_add(sd_event *event, struct varlink *v, sd_event_source **source)
{
	return sd_event_add_io(
			event, source, varlink_fd(v), (uint32_t)varlink_wants(v), handle_event, v);
}

void varlink_event_update(struct varlink *v, sd_event_source *source)
{
	if (source)
		sd_event_source_set_io_events(source, (uint32_t)varlink_wants(v));
}

void varlink_event_done(sd_event_source **source)
{
	*source = sd_event_source_disable_unref(*source);
}
