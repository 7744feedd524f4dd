/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Folders that storage is mounted at: /run/media/USER/LABEL. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

/* A place that nothing is mounted at; only this user can enter the folder it is in. ret_where is
 * malloc'ed. -EEXIST: all names like it are taken. */
int folder_make(const char *user, uint32_t uid, const char *label, char **ret_where);
/* The place, and its folder when nothing else is in it; keeps what is in use. */
void folder_remove(const char *where);
/* Could folder_make() have made it? */
bool folder_is_ours(const char *where);
