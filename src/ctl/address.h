/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Under which addresses this computer is reached. */
#pragma once

#include <stdint.h>

#include "ctl/ctl.h"
#include "ipc/conf.h"

/* {"dashboard": [URL], "station": [URL], "vnc": [ADDRESS], "rdp": [ADDRESS], "fingerprint": ?TEXT};
 * NULL: no memory.
 */
json_t *address_list(const struct conf *conf);
void address_print(json_t *list);
