/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Windows of a session, as its helper station-windows (src/windows) tells them. The helper runs
 * while somebody watches or an answer is waited for, and not a moment longer.
 */
#pragma once

#include <jansson.h>
#include <stdbool.h>
#include <sys/types.h>

#include "base/buf.h"
#include "session/loop.h"

struct session;

enum {
	WINDOWS_ASKS_MAX = 64,
	WINDOWS_LISTS_MAX = 16,
	WINDOWS_LINE_MAX = 256 * 1024,
	WINDOWS_ANSWER_MS = 3000, /* a helper that does not answer so long is ended */
	WINDOWS_LINGER_MS = 2000, /* it may be wanted again */
};

typedef void (*windows_asked_fn)(unsigned n, void *userdata);

struct windows_ask {
	windows_asked_fn fn; /* NULL: who asked has gone */
	void *userdata;
	pid_t pid;
};

/* list NULL: it cannot be had. */
typedef void (*windows_list_fn)(json_t *list, void *userdata);

struct windows_wait {
	windows_list_fn fn;
	void *userdata;
};

struct windows {
	struct session *session;
	pid_t pid; /* 0: the helper does not run */
	int in, out;
	struct watch watch;
	struct timer answer_timer, linger_timer;
	struct buf buf;
	bool watched; /* somebody wants changes */
	json_t *list; /* as last told; NULL: not known */
	struct windows_ask asks[WINDOWS_ASKS_MAX];
	unsigned n_asks;
	struct windows_wait lists[WINDOWS_LISTS_MAX]; /* who waits for the first list */
	unsigned n_lists;
	/* The list was told, or cannot be had (NULL). */
	void (*handle_list)(json_t *list, void *userdata);
	void *userdata;
};

void windows_init(struct windows *w, struct session *s);
void windows_done(struct windows *w);
/* handle_list follows, unless list is known already, and on each change while watched. -errno: the
 * helper could not be started. */
int windows_watch(struct windows *w);
void windows_unwatch(struct windows *w);
/* Tell the list once, perhaps from within. */
void windows_list(struct windows *w, windows_list_fn fn, void *userdata);
/*
 * Ask the windows of a process to close. fn is told how many were asked (0 also where that cannot
 * be found out), perhaps from within.
 */
void windows_close(struct windows *w, pid_t pid, windows_asked_fn fn, void *userdata);
/* No function is called for userdata any more. */
void windows_forget(struct windows *w, void *userdata);
/* A child has ended. */
void windows_handle_exit(struct windows *w, pid_t pid);
