/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Stations as people name them. */
#pragma once

#include "ctl/ctl.h"

/* All that may be seen (owned); an exit code. */
int stations_list(struct ctl *c, json_t **ret);
/* The id of the one with this id or this name; else name. Borrowed from either. */
const char *stations_find_id(json_t *stations, const char *name);
/* The ids of all that are named (owned array of strings); an exit code. */
int stations_resolve(struct ctl *c, int argc, char **argv, json_t **ret);
/* Ids of named ones, those of --room, or all that may be seen with --all (owned); an exit code. */
int stations_choose(struct ctl *c, int argc, char **argv, json_t **ret);
/* Prints a reply with "results"; done: what became of those that it was done to. An exit code. */
int stations_report(struct ctl *c, const char *method, json_t *reply, const char *done);
/* Prints a reply with "station"; an exit code. */
int station_print(struct ctl *c, const char *method, json_t *reply);
/* --name and --room as members of parameters. */
void station_add_place(const struct ctl *c, json_t *parameters);
