/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Ownership helpers. A variable marked _cleanup_ is released when it goes out of scope; take_ptr()
 * and take_fd() hand it to somebody else and leave "nothing" behind. Initialise at declaration:
 * NULL for pointers, -EBADF for descriptors.
 */
#pragma once

#include <errno.h>
#include <stdlib.h>
#include <sys/param.h>
#include <unistd.h>

#define _cleanup_(fn)  __attribute__((cleanup(fn)))
#define _printf_(a, b) __attribute__((format(printf, a, b)))
#define _unused_       __attribute__((unused))
#define ELEMENTSOF(a)  (sizeof(a) / sizeof((a)[0]))
#ifndef MIN
#define MIN(a, b) ((a) < (b) ? (a) : (b))
#endif
#ifndef MAX
#define MAX(a, b) ((a) > (b) ? (a) : (b))
#endif
#define CLAMP(v, lo, hi) ((v) < (lo) ? (lo) : (v) > (hi) ? (hi) : (v))

#define take_ptr(p) \
	({ \
		__typeof__(p) *_pp = &(p); \
		__typeof__(p) _v = *_pp; \
		*_pp = NULL; \
		_v; \
	})

static inline int take_fd(int *fd)
{
	int v = *fd;

	*fd = -EBADF;
	return v;
}

/* Close and return -EBADF, so that fd = safe_close(fd) works; keeps errno; negative fds are
 * ignored. */
static inline int safe_close(int fd)
{
	int e = errno;

	if (fd >= 0)
		close(fd);
	errno = e;
	return -EBADF;
}

static inline void closep(int *fd)
{
	*fd = safe_close(*fd);
}

static inline void freep(void *p)
{
	free(*(void **)p);
}

#define _cleanup_close_ _cleanup_(closep)
#define _cleanup_free_  _cleanup_(freep)

/* DEFINE_CLEANUP(struct x, x_free) makes x_freep() for _cleanup_; x_free() must accept NULL. */
#define DEFINE_CLEANUP(type, fn) \
	static inline void fn##p(type **p) \
	{ \
		if (*p) \
			fn(*p); \
	} \
	struct _semicolon_
