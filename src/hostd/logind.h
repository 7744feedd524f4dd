/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Client of systemd-logind: notices sessions that were ended from outside. */
#pragma once

#include <stdbool.h>

struct host;
struct logind;

/* Is there a logind on this system? */
bool logind_is_there(void);
/* Connects (and again when the bus went away); NULL where there is no logind. */
struct logind *logind_new(struct host *h);
struct logind *logind_free(struct logind *l);
/* SIGKILL to all processes of the session; l may be NULL. Does not wait. */
void logind_kill_session(struct logind *l, const char *id);
