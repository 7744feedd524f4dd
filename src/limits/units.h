/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Units of systemd, started and stopped one after the other; each call waits until it is done. */
#pragma once

#include <stdbool.h>

/* Is there a systemd to ask? */
bool units_are_possible(void);
/* -ETIMEDOUT, -EIO: it did not start (the journal says why), or another error. */
int units_start(const char *unit);
int units_stop(const char *unit);
