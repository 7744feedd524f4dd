/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Connection to the relay. A new BUFFER waits for its first FRAME, so that the picture before stays
 * until then. Positions of the pointer are joined while the relay does not keep up; keys and
 * buttons never are.
 */
#include "seat/link.h"

#include <assert.h>
#include <errno.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "base/fd.h"
#include "base/str.h"

enum {
	QUEUE_MAX = 256,
	QUEUED_SIZE = 64, /* the longest message to the relay fits */
	TURNS_MAX = 8,    /* packets read at a time */
};

struct queued {
	size_t len;
	bool is_pointer;
	uint32_t buttons;
	uint8_t data[QUEUED_SIZE];
};

struct link {
	int fd;
	sd_event_source *source;
	const struct link_ops *ops;
	void *userdata;
	struct picture *picture; /* that is shown */
	struct picture *next;    /* that waits for its first frame */
	struct queued *queue;
	size_t first, n;
	bool is_closed;
};

static void fail(struct link *l, int error)
{
	if (l->is_closed)
		return;
	l->is_closed = true;
	sd_event_source_set_enabled(l->source, SD_EVENT_OFF);
	l->ops->closed(l, error, l->userdata);
}

/* --- to the relay --- */

static struct queued build(const struct seat_message *m)
{
	struct queued q = { .is_pointer = m->type == SEAT_POINTER };
	uint8_t data[SEAT_MESSAGE_MAX];

	q.buttons = q.is_pointer ? m->pointer.buttons : 0;
	q.len = seat_message_build(data, m);
	assert(q.len <= sizeof(q.data));
	memcpy(q.data, data, q.len);
	return q;
}

static int send_now(struct link *l, const struct queued *q)
{
	if (send(l->fd, q->data, q->len, MSG_NOSIGNAL | MSG_DONTWAIT) < 0)
		return errno == EWOULDBLOCK ? -EAGAIN : -errno;
	return 0;
}

static int enqueue(struct link *l, const struct queued *q)
{
	struct queued *last = &l->queue[(l->first + l->n + QUEUE_MAX - 1) % QUEUE_MAX];

	if (l->n > 0 && q->is_pointer && last->is_pointer && q->buttons == last->buttons) {
		*last = *q;
		return 0;
	}
	if (l->n == QUEUE_MAX)
		return -ENOBUFS;
	l->queue[(l->first + l->n++) % QUEUE_MAX] = *q;
	sd_event_source_set_io_events(l->source, EPOLLIN | EPOLLOUT);
	return 0;
}

void link_send(struct link *l, const struct seat_message *m)
{
	struct queued q;
	int r;

	if (l->is_closed)
		return;
	q = build(m);
	r = l->n > 0 ? -EAGAIN : send_now(l, &q);
	if (r == -EAGAIN)
		r = enqueue(l, &q);
	if (r < 0)
		fail(l, r);
}

static int drain(struct link *l)
{
	int r = 0;

	while (l->n > 0 && r == 0) {
		r = send_now(l, &l->queue[l->first]);
		if (r == 0) {
			l->first = (l->first + 1) % QUEUE_MAX;
			l->n--;
		}
	}
	if (l->n == 0)
		sd_event_source_set_io_events(l->source, EPOLLIN);
	return r == -EAGAIN ? 0 : r;
}

/* --- from the relay --- */

static int handle_frame(struct link *l, const struct seat_message *m)
{
	struct seat_message done = { .type = SEAT_DONE };
	struct picture *shown = l->next ? l->next : l->picture;

	if (!shown || !seat_frame_fits(m, shown->width, shown->height))
		return -EBADMSG;
	if (l->next) {
		picture_free(l->picture);
		l->picture = take_ptr(l->next);
		l->ops->picture(l, l->userdata);
	}
	l->ops->frame(l, m, l->userdata);
	done.done.serial = m->frame.serial;
	link_send(l, &done);
	return 0;
}

static int handle_message(struct link *l, const struct seat_message *m, int fd)
{
	struct picture *p;
	int r;

	switch (m->type) {
	case SEAT_BUFFER:
		if (fd < 0)
			return -EBADMSG;
		r = picture_new(fd, m, &p);
		if (r < 0)
			return r;
		picture_free(l->next);
		l->next = p;
		return 0;
	case SEAT_FRAME:
		return handle_frame(l, m);
	case SEAT_LEDS:
		l->ops->leds(l, m->leds.bits, l->userdata);
		return 0;
	default:
		return -EBADMSG;
	}
}

/* One descriptor at most; more are closed. */
static int take_descriptor(struct msghdr *h)
{
	int fd = -EBADF;

	for (struct cmsghdr *c = CMSG_FIRSTHDR(h); c; c = CMSG_NXTHDR(h, c)) {
		size_t n;

		if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_RIGHTS)
			continue;
		n = (c->cmsg_len - CMSG_LEN(0)) / sizeof(int);
		for (size_t i = 0; i < n; i++) {
			int got;

			memcpy(&got, CMSG_DATA(c) + i * sizeof(int), sizeof(int));
			if (fd < 0)
				fd = got;
			else
				safe_close(got);
		}
	}
	return fd;
}

static int receive(struct link *l)
{
	uint8_t data[SEAT_MESSAGE_MAX];
	union {
		struct cmsghdr align;
		char data[CMSG_SPACE(4 * sizeof(int))];
	} control;
	struct iovec iov = { .iov_base = data, .iov_len = sizeof(data) };
	struct msghdr h = { .msg_iov = &iov,
		.msg_iovlen = 1,
		.msg_control = &control,
		.msg_controllen = sizeof(control) };
	_cleanup_close_ int fd = -EBADF;
	struct seat_message m;
	ssize_t n;
	int r;

	n = recvmsg(l->fd, &h, MSG_CMSG_CLOEXEC | MSG_DONTWAIT);
	if (n < 0)
		return errno == EINTR || errno == EWOULDBLOCK ? -EAGAIN : -errno;
	fd = take_descriptor(&h);
	if (n == 0)
		return -ECONNRESET;
	if (h.msg_flags & (MSG_TRUNC | MSG_CTRUNC))
		return -EBADMSG;
	r = seat_message_parse(data, (size_t)n, SEAT_SENDER_RELAY, &m);
	return r < 0 ? r : handle_message(l, &m, fd);
}

static int handle_io(sd_event_source *source, int fd, uint32_t revents, void *userdata)
{
	struct link *l = userdata;
	int r = 0;

	(void)source, (void)fd;
	if (revents & EPOLLOUT)
		r = drain(l);
	for (int i = 0; i < TURNS_MAX && r == 0 && !l->is_closed; i++)
		r = receive(l);
	if (r < 0 && r != -EAGAIN)
		fail(l, r);
	return 0;
}

/* --- life --- */

static int link_connect(const struct link_options *o)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	_cleanup_close_ int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	struct ucred cred;
	int r;

	if (fd < 0)
		return -errno;
	if (!str_copy(address.sun_path, sizeof(address.sun_path), o->path))
		return -ENAMETOOLONG;
	if (connect(fd, (struct sockaddr *)&address, sizeof(address)) < 0)
		return -errno;
	r = fd_peer_cred(fd, &cred);
	if (r < 0)
		return r;
	/* Everything typed goes there. */
	if (cred.uid != 0 && cred.uid != o->relay_uid && cred.uid != geteuid())
		return -EPERM;
	return take_fd(&fd);
}

static int say_hello(struct link *l, const struct link_options *o)
{
	struct seat_message hello = { .type = SEAT_HELLO };
	struct queued q;
	int r;

	hello.hello.version = SEAT_VERSION;
	hello.hello.width = (uint32_t)o->width;
	hello.hello.height = (uint32_t)o->height;
	str_copy(hello.hello.secret, sizeof(hello.hello.secret), o->secret);
	q = build(&hello);
	r = send_now(l, &q);
	explicit_bzero(&hello, sizeof(hello));
	explicit_bzero(&q, sizeof(q));
	return r;
}

int link_open(const struct link_options *o, const struct link_ops *ops, void *userdata,
		struct link **ret)
{
	struct link *l = calloc(1, sizeof(*l));
	int r;

	if (!l)
		return -ENOMEM;
	l->fd = -EBADF;
	l->ops = ops;
	l->userdata = userdata;
	l->queue = calloc(QUEUE_MAX, sizeof(*l->queue));
	r = l->queue ? link_connect(o) : -ENOMEM;
	if (r >= 0) {
		l->fd = r;
		r = sd_event_add_io(o->event, &l->source, l->fd, EPOLLIN, handle_io, l);
	}
	if (r >= 0)
		r = say_hello(l, o);
	if (r < 0) {
		link_close(l);
		return r;
	}
	*ret = l;
	return 0;
}

struct link *link_close(struct link *l)
{
	if (!l)
		return NULL;
	sd_event_source_disable_unref(l->source);
	safe_close(l->fd);
	picture_free(l->picture);
	picture_free(l->next);
	free(l->queue);
	free(l);
	return NULL;
}

const struct picture *link_get_picture(const struct link *l)
{
	return l->picture;
}

struct picture *link_take_picture(struct link *l)
{
	return take_ptr(l->picture);
}
