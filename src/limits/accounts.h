/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What this system says about its accounts, for order_parse(). */
#pragma once

#include "base/cleanup.h"
#include "limits/order.h"

/* Asks the name service, which may take its time. subuid is malloc'ed. -ENOMEM */
int accounts_read(struct accounts *ret);
void accounts_done(struct accounts *a);
/* UID_MIN of a login.defs(5); 1000 where it says nothing. */
uint32_t accounts_parse_first(const char *login_defs);
