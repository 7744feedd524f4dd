/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The last bytes that a program of the session wrote to stdout and stderr. */
#pragma once

#include <stddef.h>

#include "session/loop.h"

enum {
	OUTPUT_KEEP_MAX = 8 * 1024,
	OUTPUT_TEXT_MAX = 6000, /* shown to people */
};

struct output {
	struct loop *loop;
	struct watch watch;
	struct timer resume;
	int fd;      /* our end of the pipe */
	size_t n;    /* bytes ever written to data, up to OUTPUT_KEEP_MAX */
	size_t next; /* where the next byte goes */
	char *data;  /* a ring; NULL until the first byte comes */
};

void output_init(struct output *o, struct loop *l);
/* A pipe whose write end (ret_fd) is for the child. */
int output_open(struct output *o, int *ret_fd);
/* What is still in the pipe. */
void output_drain(struct output *o);
/* Closes and frees; the struct may be opened again. */
void output_done(struct output *o);
/* Its last lines, UTF-8, without control characters but newlines; malloc'ed, NULL: no memory. */
char *output_text(const struct output *o);
/* The same for other bytes, for example the end of a log file. */
char *output_clean(const char *data, size_t len);
