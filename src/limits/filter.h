/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The filter of one group: a HAProxy of its own (station-filter@.service). Here is what it reads:
 * its configuration, and the pages for who asks for a site that is closed. Pure.
 */
#pragma once

#include "limits/order.h"

/* Path of the folder with the pages. malloc'ed; NULL: no memory. */
char *filter_build_config(const struct limit_group *g, const char *folder);

enum filter_language { FILTER_ENGLISH, FILTER_GERMAN };
/* The page of a site that is closed; with a variable of HAProxy for the name of the site. */
char *filter_build_page(const struct limit_group *g, enum filter_language language);
