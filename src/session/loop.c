/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The loop of station-session. There are at most a few dozen descriptors and a handful of timers,
 * so both are plain lists, and nothing is allocated: the helper's memory is paid once per session.
 *
 * A round works on a copy of the list of watches (an array on the stack). A callback may stop any
 * watch; it is then unlinked, and the round skips what is no longer linked.
 */
#include "session/loop.h"

#include <assert.h>
#include <errno.h>
#include <limits.h>
#include <poll.h>

#include "base/cleanup.h"
#include "base/clock.h"

void loop_init(struct loop *l)
{
	*l = (struct loop){ 0 };
	list_init(&l->watches);
	list_init(&l->timers);
}

void watch_init(struct watch *w)
{
	*w = (struct watch){ .fd = -EBADF };
	list_init(&w->link);
}

int watch_start(struct loop *l, struct watch *w, int fd, short events, watch_fn fn, void *userdata)
{
	assert(list_is_empty(&w->link));
	if (l->n_watches >= LOOP_WATCHES_MAX)
		return -EBUSY;
	w->loop = l;
	w->fd = fd;
	w->events = events;
	w->fn = fn;
	w->userdata = userdata;
	list_add_tail(&l->watches, &w->link);
	l->n_watches++;
	return 0;
}

void watch_stop(struct watch *w)
{
	if (list_is_empty(&w->link))
		return;
	list_remove(&w->link);
	w->loop->n_watches--;
}

void timer_init(struct timer *t, timer_fn fn, void *userdata)
{
	*t = (struct timer){ .fn = fn, .userdata = userdata };
	list_init(&t->link);
}

void timer_start(struct loop *l, struct timer *t, int64_t in_ms)
{
	t->due = clock_mono_ms() + in_ms;
	list_remove(&t->link);
	list_add_tail(&l->timers, &t->link);
}

void timer_stop(struct timer *t)
{
	list_remove(&t->link);
}

bool timer_is_running(const struct timer *t)
{
	return !list_is_empty(&t->link);
}

/* Milliseconds for poll(2): until the next timer, -1 without one. */
static int loop_timeout(struct loop *l)
{
	int64_t due = INT64_MAX, left;
	struct list *p;

	list_for_each (p, &l->timers)
		due = MIN(due, list_entry(p, struct timer, link)->due);
	if (due == INT64_MAX)
		return -1;
	left = due - clock_mono_ms();
	return (int)CLAMP(left, 0, INT_MAX);
}

static void loop_run_timers(struct loop *l)
{
	int64_t now = clock_mono_ms();
	struct list *p;
again:
	list_for_each (p, &l->timers) {
		struct timer *t = list_entry(p, struct timer, link);

		if (t->due > now)
			continue;
		list_remove(&t->link);
		t->fn(t->userdata);
		goto again; /* the callback may have changed the list */
	}
}

int loop_run(struct loop *l)
{
	while (!l->quit) {
		struct pollfd fds[LOOP_WATCHES_MAX];
		struct watch *watches[LOOP_WATCHES_MAX];
		nfds_t n = 0;
		struct list *p;
		int r;

		list_for_each (p, &l->watches) {
			struct watch *w = list_entry(p, struct watch, link);

			if (w->events < 0)
				continue;
			fds[n] = (struct pollfd){ .fd = w->fd, .events = w->events };
			watches[n++] = w;
		}
		r = poll(fds, n, loop_timeout(l));
		if (r < 0 && errno != EINTR)
			return -errno;
		for (nfds_t i = 0; r > 0 && i < n && !l->quit; i++) {
			struct watch *w = NULL;

			if (!fds[i].revents)
				continue;
			/* Is it still there? Its memory may be gone, so only compare addresses. */
			list_for_each (p, &l->watches)
				if (list_entry(p, struct watch, link) == watches[i])
					w = watches[i];
			if (w && w->fd == fds[i].fd)
				w->fn(w->userdata, fds[i].revents);
		}
		if (!l->quit)
			loop_run_timers(l);
	}
	return 0;
}
