/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Which session is meant: ids and names of users become sessions, as stationd lists them. */
#pragma once

#include "ctl/ctl.h"

/* Each gives an exit code and has reported what went wrong. Results are owned. */

/* The only session of a user. */
int find_by_user(struct ctl *c, const char *user, json_t **ret_session);
/* The id of one session, named by its id or by its user. */
int find_id(struct ctl *c, const char *word, char **ret_id);
/* An array with the ids of all that are named; users count with all of their sessions. */
int find_ids(struct ctl *c, int argc, char **argv, json_t **ret_ids);
/* The caller's own session: the one on this display, or the only one. */
int find_own(struct ctl *c, char **ret_id);
