/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What is shown where, as stationd says it (type Place of org.stationmaster.Seat). */
#pragma once

#include <jansson.h>
#include <stddef.h>

#include "base/cleanup.h"
#include "proto/area.h"
#include "proto/seat.h"

enum { PLACES_MAX = 128, HUBS_MAX = 16 };

struct place {
	char *station;
	char *output; /* id */
	enum area area;
	enum orientation orientation;
	char **hubs;
	size_t n_hubs;
	char secret[SEAT_SECRET_LEN + 1];
};

struct places {
	struct place *items;
	size_t n;
};

/* -EBADMSG: not an array of places. */
int places_parse(json_t *array, struct places *ret);
void place_done(struct place *p);
void places_done(struct places *p);
