/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Words with the service manager (sd_notify(3), sd_listen_fds(3)), without libsystemd. */
#pragma once

/* "READY=1", "STOPPING=1"; nothing happens where nobody asked to be told. */
void notify_send(const char *state);
/* The listening socket of this name that we were started with (CLOEXEC, NONBLOCK); -ENOENT. */
int notify_take_socket(const char *name);
