/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Files of one session below /run/stationmaster. */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#define RUN_DIR      "/run/stationmaster"
#define SESSIONS_DIR RUN_DIR "/sessions"
#define ENDED_DIR    RUN_DIR "/ended"

enum { FOLDER_ID_MAX = 20, COOKIE_SIZE = 16 };

/* "s" and a number. */
bool folder_is_id(const char *id);
/* .../ID/name; malloc'ed. */
char *folder_path(const char *id, const char *name);
/*
 * .../ID (0711) with display/ (0700, the user's) and display/xauthority with a fresh cookie.
 * -EEXIST: there is one already.
 */
int folder_make(const char *id, uid_t uid, gid_t gid, int display,
		uint8_t ret_cookie[static COOKIE_SIZE]);
/* Whatever the user put there: no link is followed. */
void folder_remove(const char *id);
/* .../ended/ID for a stationd that comes back. */
int folder_write_ended(const char *id, bool forced, const char *reason);
/* Remove a tree below dirfd; nothing there is fine. */
int folder_remove_tree(int dirfd, const char *name);
