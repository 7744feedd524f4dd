/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * One VNC viewer on one stream of RFB: a private Unix socket, the viewer's process, and the bytes
 * between. There is never a TCP port, since on it everybody of this computer could look.
 */
#pragma once

#include "ctl/ctl.h"

enum { VIEWER_PATH_MAX = 108 };

struct viewer {
	int relay_fd;   /* owned; the stream */
	int listen_fd;  /* until the viewer has connected */
	int client_fd;  /* after it */
	int signal_fd;  /* interrupts */
	int process_fd; /* of the program; -EBADF: none was started */
	int pid;
	char folder[VIEWER_PATH_MAX]; /* 0700; "" where there is none */
	char path[VIEWER_PATH_MAX];   /* of the socket in it, 0600 */
};

enum viewer_end {
	VIEWER_CLOSED = 0, /* by who looks: the viewer has closed, or an interrupt */
	VIEWER_GONE,       /* the stream has ended */
	VIEWER_UNUSED,     /* the program has ended and never connected */
	VIEWER_TIMEOUT,    /* --timeout is over */
};

/*
 * The command to run: the given one, or the first viewer that is installed. Reports and gives an
 * exit code where none can run here. Owned.
 */
int viewer_find(struct ctl *c, const char *given, char **ret_command);

/* Makes folder and socket; takes relay_fd. 0 or -errno. */
int viewer_open(struct viewer *v, int relay_fd);
void viewer_close(struct viewer *v);
/* Starts the command with the path of the socket as its last argument. 0 or -errno. */
int viewer_start(struct viewer *v, const char *command);
/* Passes bytes until either side ends; end_ms: clock_mono_ms(), -1: none. -errno, or how it ended.
 */
int viewer_run(struct viewer *v, int64_t end_ms);
