/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Glue between struct varlink and libuv. libuv's readable event becomes POLLIN | POLLHUP is left
 * out: recvmsg(2) tells the end of the connection, and an error comes as a negative status. libuv
 * wants the handle to be closed before the descriptor is; uv_close() takes the descriptor off epoll
 * at once and only the memory waits for the callback.
 */
#include "relay/varlink-uv.h"

#include <poll.h>

struct varlink_uv {
	uv_poll_t poll;
	struct varlink *v;
	short wants;
};

static void handle_poll(uv_poll_t *poll, int status, int events)
{
	struct varlink_uv *u = poll->data;
	short revents = 0;

	if (status < 0)
		revents = POLLERR;
	if (events & UV_READABLE)
		revents |= POLLIN;
	if (events & UV_WRITABLE)
		revents |= POLLOUT;
	varlink_handle_io(u->v, revents);
}

void varlink_uv_update(struct varlink_uv *u)
{
	short wants;
	int events = 0;

	if (!u || uv_is_closing((uv_handle_t *)&u->poll))
		return;
	wants = varlink_wants(u->v);
	if (wants == u->wants)
		return;
	u->wants = wants;
	if (wants & POLLIN)
		events |= UV_READABLE;
	if (wants & POLLOUT)
		events |= UV_WRITABLE;
	if (events)
		uv_poll_start(&u->poll, events, handle_poll);
	else
		uv_poll_stop(&u->poll);
}

int varlink_uv_new(uv_loop_t *loop, struct varlink *v, struct varlink_uv **ret)
{
	struct varlink_uv *u = calloc(1, sizeof(*u));
	int r;

	if (!u)
		return -ENOMEM;
	r = uv_poll_init(loop, &u->poll, varlink_fd(v));
	if (r < 0) {
		free(u);
		return r;
	}
	u->poll.data = u;
	u->v = v;
	varlink_uv_update(u);
	*ret = u;
	return 0;
}

static void handle_closed(uv_handle_t *h)
{
	free(h->data);
}

struct varlink_uv *varlink_uv_free(struct varlink_uv *u)
{
	if (u)
		uv_close((uv_handle_t *)&u->poll, handle_closed);
	return NULL;
}
