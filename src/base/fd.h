/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Files and Unix sockets. Every descriptor made here is CLOEXEC; sockets are NONBLOCK too. */
#pragma once

#include <stddef.h>
#include <sys/socket.h>
#include <sys/types.h>

#include "base/cleanup.h"

/*
 * A whole file into fresh memory, ended by a NUL that is not counted. -EFBIG above max bytes.
 * ret_len may be NULL. dirfd as in openat(2).
 */
int fd_read_file_at(int dirfd, const char *path, size_t max, char **ret, size_t *ret_len);
/* Write all, poll()ing where it would block; no time-out: for files and pipes that somebody reads.
 */
int fd_write_all(int fd, const void *data, size_t len);
/* Replace a file by a new one with this content: temporary file, fsync, rename. */
int fd_write_file(const char *path, const char *data, size_t len, mode_t mode);

/* Stream sockets in the file system; path must fit sun_path (-ENAMETOOLONG). */
int fd_unix_connect(const char *path);
/* Removes a socket that is there, binds with the mode and listens. */
int fd_unix_listen(const char *path, mode_t mode);
/* Credentials of the peer (at connect(2) or listen(2)). */
int fd_peer_cred(int fd, struct ucred *ret);
/* Supplementary groups of the peer; ret is malloc'ed. */
int fd_peer_groups(int fd, gid_t **ret, size_t *ret_n);
