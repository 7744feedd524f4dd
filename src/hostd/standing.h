/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What accounts with tokens are now. A token says who somebody is; what that person may do is for
 * the groups of the account to say, and they change: who leaves one loses its rights within
 * STANDING_MS + NAMES_WAIT_MS, signed in or not.
 */
#pragma once

struct host;

enum { STANDING_MS = 4000, STANDINGS_MAX = 128 };

/* There may be tokens: begin to ask, if nothing is under way. */
void standing_start(struct host *h);
/* Ask at once: groups or accounts have changed. */
void standing_ask_now(struct host *h);
void standing_free_all(struct host *h);
