/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A poll(2) loop of one thread: descriptors and one-shot timers. Watches and timers are embedded in
 * their owner's struct; start and stop may be called from any callback, also for the one that runs.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/list.h"

enum { LOOP_WATCHES_MAX = 64 };

struct loop {
	struct list watches;
	struct list timers;
	unsigned n_watches;
	bool quit;
};

typedef void (*watch_fn)(void *userdata, short revents);
typedef void (*timer_fn)(void *userdata);

struct watch {
	struct list link;
	struct loop *loop;
	int fd;
	short events; /* may be changed at any time; 0: only POLLHUP and POLLERR; < 0: nothing */
	watch_fn fn;
	void *userdata;
};

struct timer {
	struct list link;
	int64_t due; /* clock_mono_ms() */
	timer_fn fn;
	void *userdata;
};

void loop_init(struct loop *l);
/* Until l->quit; -errno if poll(2) fails. */
int loop_run(struct loop *l);

/* w->link must be initialised (watch_init); -EBUSY above LOOP_WATCHES_MAX. */
void watch_init(struct watch *w);
int watch_start(struct loop *l, struct watch *w, int fd, short events, watch_fn fn, void *userdata);
/* Also if it was never started. Does not close fd. */
void watch_stop(struct watch *w);

void timer_init(struct timer *t, timer_fn fn, void *userdata);
/* Again: moves it. */
void timer_start(struct loop *l, struct timer *t, int64_t in_ms);
void timer_stop(struct timer *t);
bool timer_is_running(const struct timer *t);
