/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The display server of a session: Xvnc on private Unix sockets only. */
#pragma once

#include "session/child.h"
#include "session/output.h"

enum { DISPLAY_READY_MS = 30000, DISPLAY_NUMBER_MAX = 65535 };

struct display_options {
	const char *id;
	int number;
	int width, height;
	bool glx;
	const struct identity *identity;
	const char *user, *shell;
};

struct display {
	struct loop *loop;
	struct output output;
	struct watch ready_watch;
	struct timer ready_timer;
	int number;
	int ready_fd;
	pid_t pid; /* 0: does not run */
	bool locked;
	bool ready;
	char *rfb_path;
	/* 0: ready; -EADDRINUSE: the number is taken; other -errno: see output. Called once. */
	void (*handle_ready)(void *userdata, int error);
	void *userdata;
};

void display_init(struct display *d, struct loop *l,
		void (*handle_ready)(void *userdata, int error), void *userdata);
/* -EADDRINUSE: the number is taken; -ENOENT: Xvnc is not installed. The folder must be there. */
int display_start(struct display *d, const struct display_options *o);
/* The process ended (status as of wait(2)): calls handle_ready if that was before it was ready. */
void display_handle_exit(struct display *d, int status);
/* A connection to the RFB socket, from nobody but our process: -EPERM. */
int display_connect(const struct display *d);
/* The same to its X socket. */
int display_connect_x(const struct display *d);
/* Takes away lock and sockets, closes; the process must be gone. */
void display_done(struct display *d);
