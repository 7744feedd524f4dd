/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A local viewer's life, its connection and its input.
 *
 * The size is the seat's: a picture of this size is copied as it is, any other one is looked at
 * through a letter-box (relay/scaled), and input is mapped back. A picture may take another size
 * while it tells its watchers so; what is looked at changes afterwards, from the loop.
 *
 * The end always takes the same way: viewer_local_fail() notes a reason and closes the socket, and
 * the kick timer reports it from the loop.
 */
#include "relay/viewer-local.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/str.h"
#include "proto/xt-code.h"
#include "relay/viewer-local-internal.h"

enum { PACKETS_TURN_MAX = 64 /* then the others have their turn */ };

static void handle_kick(uv_timer_t *t);

static void drop(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -EBADF;
}

static void kick(struct viewer_local *v)
{
	uv_timer_start(&v->kick, handle_kick, 0, 0);
}

void viewer_local_fail(struct viewer_local *v, const char *reason)
{
	if (v->base.failed)
		return;
	str_copy(v->reason, sizeof(v->reason), reason);
	v->base.failed = true;
	viewer_release_input(&v->base);
	uv_poll_stop(&v->poll);
	kick(v);
}

/* --- the picture --- */

struct picture *viewer_local_seen(struct viewer_local *v)
{
	return v->scaled ? scaled_picture(v->scaled) : v->watched;
}

static void watch_damage(struct picture_watcher *w, const pixman_region32_t *damage)
{
	struct viewer_local *v = list_entry(w, struct viewer_local, watcher);

	if (v->scaled)
		return; /* is scaled's */
	pixman_region32_union(&v->pending, &v->pending, (pixman_region32_t *)damage);
	picture_region_limit(&v->pending);
	viewer_local_send(v);
}

static void watch_resized(struct picture_watcher *w)
{
	struct viewer_local *v = list_entry(w, struct viewer_local, watcher);

	v->attach_due = true;
	kick(v);
}

static void watch_cursor(struct picture_watcher *w)
{
	struct viewer_local *v = list_entry(w, struct viewer_local, watcher);

	v->cursor_due = true;
	viewer_local_send(v);
}

static void watch_leds(struct picture_watcher *w)
{
	viewer_local_send(list_entry(w, struct viewer_local, watcher));
}

static void watch_lockable(struct picture_watcher *w)
{
	viewer_local_send(list_entry(w, struct viewer_local, watcher));
}

static void watch_gone(struct picture_watcher *w)
{
	struct viewer_local *v = list_entry(w, struct viewer_local, watcher);

	v->watched = NULL;
	v->scaled = scaled_free(v->scaled);
	viewer_forget_picture(&v->base);
}

static void scaled_damage(struct picture_watcher *w, const pixman_region32_t *damage)
{
	struct viewer_local *v = list_entry(w, struct viewer_local, scaled_watcher);

	pixman_region32_union(&v->pending, &v->pending, (pixman_region32_t *)damage);
	picture_region_limit(&v->pending);
	viewer_local_send(v);
}

static void scaled_ignore(struct picture_watcher *w)
{
	(void)w; /* it has our size, and goes with us */
}

static void scaled_lockable(struct picture_watcher *w)
{
	viewer_local_send(list_entry(w, struct viewer_local, scaled_watcher));
}

static void detach(struct viewer_local *v)
{
	if (v->watched)
		picture_unwatch(v->watched, &v->watcher);
	v->watched = NULL;
	v->scaled = scaled_free(v->scaled);
	v->attach_due = false;
}

/* Look at the picture, through a letter-box where it has another size. */
static void attach(struct viewer_local *v)
{
	struct picture *p = v->base.picture;

	v->cursor_due = true;
	pixman_region32_union_rect(&v->pending, &v->pending, 0, 0, v->w, v->h);
	v->watcher.interval_ms = 0;
	if (p->w != v->w || p->h != v->h) {
		if (scaled_new(v->loop, p, v->w, v->h, &v->scaled) < 0) {
			v->base.picture = NULL;
			viewer_local_fail(v, "no memory");
			return;
		}
		scaled_hide_pointer(v->scaled); /* the seat draws it */
		letterbox_init(&v->letterbox, p->w, p->h, v->w, v->h);
		v->watcher.interval_ms = INT_MAX; /* wants nothing */
	}
	v->watched = p;
	picture_watch(p, &v->watcher);
	if (v->scaled)
		picture_watch(scaled_picture(v->scaled), &v->scaled_watcher);
	viewer_local_send(v);
}

static void handle_kick(uv_timer_t *t)
{
	struct viewer_local *v = t->data;

	if (v->base.failed) {
		if (!v->reported) {
			v->reported = true;
			v->base.events->handle_gone(&v->base, v->reason, v->base.userdata);
		}
		return;
	}
	if (v->attach_due && v->base.picture) {
		detach(v);
		attach(v);
	}
}

/* --- packets --- */

static void handle_poll(uv_poll_t *p, int status, int events);

/* False: it waits for room, or the connection has failed. */
static bool flush(struct viewer_local *v)
{
	union {
		struct cmsghdr head;
		uint8_t data[CMSG_SPACE(sizeof(int))];
	} control = { 0 };
	struct iovec iov = { v->out, v->out_len };
	struct msghdr msg = { .msg_iov = &iov, .msg_iovlen = 1 };
	ssize_t n;

	if (v->out_fd >= 0) {
		msg.msg_control = &control;
		msg.msg_controllen = sizeof(control);
		control.head.cmsg_level = SOL_SOCKET;
		control.head.cmsg_type = SCM_RIGHTS;
		control.head.cmsg_len = CMSG_LEN(sizeof(int));
		memcpy(CMSG_DATA(&control.head), &v->out_fd, sizeof(int));
	}
	do
		n = sendmsg(v->fd, &msg, MSG_NOSIGNAL | MSG_DONTWAIT);
	while (n < 0 && errno == EINTR);
	if (n < 0 && (errno == EAGAIN || errno == ENOBUFS)) {
		uv_poll_start(&v->poll, UV_READABLE | UV_WRITABLE, handle_poll);
		return false;
	}
	if (n < 0)
		viewer_local_fail(v, strerror(errno));
	v->out_len = 0;
	drop(&v->out_fd);
	return n >= 0;
}

bool viewer_local_write(struct viewer_local *v, const struct seat_message *m, int fd)
{
	v->out_len = seat_message_build(v->out, m);
	v->out_fd = fd;
	flush(v);
	return !v->base.failed;
}

static void local_map(struct viewer *base, uint16_t *x, uint16_t *y)
{
	struct viewer_local *v = viewer_local_of(base);
	const struct picture *p = base->picture;
	const pixman_box32_t *b = &v->letterbox.box;

	if (v->scaled) {
		*x = (uint16_t)CLAMP(((int)*x - b->x1) * (int)p->w / (b->x2 - b->x1), 0, p->w - 1);
		*y = (uint16_t)CLAMP(((int)*y - b->y1) * (int)p->h / (b->y2 - b->y1), 0, p->h - 1);
	} else {
		*x = MIN(*x, (uint16_t)(p->w - 1));
		*y = MIN(*y, (uint16_t)(p->h - 1));
	}
}

static void handle_pointer(struct viewer_local *v, const struct seat_message *m)
{
	uint16_t x = (uint16_t)MIN(m->pointer.x, v->w - 1u);
	uint16_t y = (uint16_t)MIN(m->pointer.y, v->h - 1u);

	viewer_note_activity(&v->base);
	if (v->base.picture)
		viewer_input_pointer(&v->base, (uint8_t)m->pointer.buttons, x, y);
}

static void handle_size(struct viewer_local *v, uint16_t w, uint16_t h)
{
	if (w == v->w && h == v->h)
		return;
	viewer_release_input(&v->base); /* places mean nothing any more */
	v->w = w;
	v->h = h;
	viewer_local_begin(v);
	if (v->base.picture) {
		detach(v);
		attach(v);
	}
	if (v->base.failed)
		return;
	viewer_input_resize(&v->base, w, h);
	if (v->base.events->handle_resized)
		v->base.events->handle_resized(&v->base, v->base.userdata);
}

static void dispatch(struct viewer_local *v, const struct seat_message *m)
{
	switch (m->type) {
	case SEAT_SIZE:
		handle_size(v, (uint16_t)m->size.width, (uint16_t)m->size.height);
		break;
	case SEAT_KEY:
		viewer_input_key(&v->base, m->key.keysym, xt_code_of_evdev(m->key.code),
				m->key.down);
		break;
	case SEAT_POINTER:
		handle_pointer(v, m);
		break;
	case SEAT_DONE:
		viewer_local_handle_done(v, m->done.serial);
		break;
	default:
		viewer_local_fail(v, "a second greeting");
	}
}

static void read_packets(struct viewer_local *v)
{
	uint8_t data[SEAT_MESSAGE_MAX];
	struct seat_message m;
	ssize_t n;

	for (unsigned i = 0; i < PACKETS_TURN_MAX && !v->base.failed; i++) {
		n = recv(v->fd, data, sizeof(data), MSG_TRUNC | MSG_DONTWAIT);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && errno == EAGAIN)
			break;
		if (n <= 0) {
			viewer_local_fail(v, n < 0 ? strerror(errno) : "the seat has left");
		} else if ((size_t)n > sizeof(data) ||
				seat_message_parse(data, (size_t)n, SEAT_SENDER_SEAT, &m) < 0) {
			viewer_local_fail(v, "the seat sent a bad packet");
		} else {
			dispatch(v, &m);
			/* Keys may have been those of a password. */
			if (m.type == SEAT_KEY)
				explicit_bzero(&m, sizeof(m));
		}
	}
	explicit_bzero(data, sizeof(data));
}

static void handle_poll(uv_poll_t *p, int status, int events)
{
	struct viewer_local *v = p->data;

	if (status < 0) {
		viewer_local_fail(v, uv_strerror(status));
		return;
	}
	if (events & UV_WRITABLE) {
		uv_poll_start(&v->poll, UV_READABLE, handle_poll);
		if (v->out_len > 0 && !flush(v))
			events &= UV_READABLE;
		else
			viewer_local_send(v);
	}
	if (events & UV_READABLE && !v->base.failed)
		read_packets(v);
}

/* --- what viewer.c asks for --- */

static void local_refuse(struct viewer *base, const char *reason)
{
	viewer_local_fail(viewer_local_of(base), reason);
}

static void local_handle_picture(struct viewer *base)
{
	struct viewer_local *v = viewer_local_of(base);

	detach(v);
	if (base->picture)
		attach(v);
}

static void local_damage(struct viewer *base, const struct rfb_rect *r)
{
	pixman_region32_t *pending = &viewer_local_of(base)->pending;

	pixman_region32_union_rect(pending, pending, r->x, r->y, r->w, r->h);
}

static void local_send(struct viewer *base)
{
	viewer_local_send(viewer_local_of(base));
}

static const char *local_describe(struct viewer *base)
{
	struct viewer_local *v = viewer_local_of(base);

	snprintf(v->description, sizeof(v->description), "screen, %u x %u", v->w, v->h);
	return v->description;
}

static void local_get_size(struct viewer *base, uint16_t *ret_w, uint16_t *ret_h)
{
	*ret_w = viewer_local_of(base)->w;
	*ret_h = viewer_local_of(base)->h;
}

static void handle_closed(uv_handle_t *h)
{
	struct viewer_local *v = h->data;

	if (--v->n_handles > 0)
		return;
	drop(&v->fd);
	free(v);
}

static void local_free(struct viewer *base)
{
	struct viewer_local *v = viewer_local_of(base);

	viewer_release_input(base);
	base->failed = v->reported = true;
	detach(v);
	base->picture = NULL;
	viewer_local_frame_done(v);
	drop(&v->out_fd);
	uv_poll_stop(&v->poll);
	shutdown(v->fd, SHUT_RDWR); /* libuv closes its handle later */
	uv_close((uv_handle_t *)&v->poll, handle_closed);
	uv_close((uv_handle_t *)&v->kick, handle_closed);
}

static const struct viewer_ops local_ops = {
	.is_screen = true,
	.free = local_free,
	.refuse = local_refuse,
	.handle_picture = local_handle_picture,
	.damage = local_damage,
	.send = local_send,
	.describe = local_describe,
	.get_client_size = local_get_size,
	.get_size = local_get_size,
	.get_layer_size = local_get_size,
	.map = local_map,
};

int viewer_local_new(uv_loop_t *loop, int fd, uint16_t w, uint16_t h,
		const struct viewer_events *events, void *userdata, struct viewer **ret)
{
	struct viewer_local *v = calloc(1, sizeof(*v));
	int r;

	if (!v)
		return -ENOMEM;
	r = uv_poll_init(loop, &v->poll, fd);
	if (r < 0) {
		free(v);
		return r;
	}
	uv_timer_init(loop, &v->kick);
	v->poll.data = v->kick.data = v;
	v->n_handles = 2;
	v->base.ops = &local_ops;
	v->base.events = events;
	v->base.userdata = userdata;
	v->loop = loop;
	v->fd = fd;
	v->out_fd = -EBADF;
	v->w = w;
	v->h = h;
	v->leds = -1;
	v->buffer_due = true;
	pixman_region32_init(&v->pending);
	v->watcher = (struct picture_watcher){
		.handle_damage = watch_damage,
		.handle_resized = watch_resized,
		.handle_cursor = watch_cursor,
		.handle_leds = watch_leds,
		.handle_lockable = watch_lockable,
		.handle_gone = watch_gone,
	};
	v->scaled_watcher = (struct picture_watcher){
		.handle_damage = scaled_damage,
		.handle_resized = scaled_ignore,
		.handle_lockable = scaled_lockable,
		.handle_gone = scaled_ignore,
	};
	list_init(&v->watcher.link);
	list_init(&v->scaled_watcher.link);
	uv_poll_start(&v->poll, UV_READABLE, handle_poll);
	*ret = &v->base;
	return 0;
}
