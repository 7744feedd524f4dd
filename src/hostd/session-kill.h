/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Ending a session whose helper does not do it. */
#pragma once

struct session;

/* SIGKILL to all that belongs to it: the logind session's processes, the helper and everything it
 * started. Returns at once; the end is seen by the helper's connection. */
void session_kill(struct session *s);
