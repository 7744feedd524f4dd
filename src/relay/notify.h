/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Words to the service manager (sd_notify(3)), without libsystemd. */
#pragma once

/* "READY=1", "STOPPING=1"; nothing happens where nobody asked to be told. */
void notify_send(const char *state);
