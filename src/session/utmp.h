/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The entry that who(1) shows. Without a utmp file nothing happens. */
#pragma once

#include <sys/types.h>

void utmp_login(const char *display, const char *user, const char *host, pid_t pid);
void utmp_logout(const char *display, pid_t pid);
