/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What a local station is beside what every station is: a part of an output, its hubs and how it
 * is turned. Local stations stay in the list until they are forgotten; one whose screen has gone
 * keeps its session for the return window.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/str.h"
#include "hostd/role.h"
#include "hostd/seat-map.h"
#include "ipc/json.h"
#include "proto/area.h"
#include "proto/usb-path.h"

struct host;
struct seat;
struct station;

enum {
	SEAT_NAME_MAX = 64,
	SEAT_OUTPUT_MAX = 256,
	STATION_SPLIT_WIDTH_MIN = 1024,
	STATION_SPLIT_HEIGHT_MIN = 768,
};

struct station_local {
	/* Stored. */
	char seat[SEAT_NAME_MAX];
	char output[SEAT_OUTPUT_MAX];
	enum area area;
	enum orientation orientation;
	bool second; /* the half that came by a split; it goes when they are joined */
	char hubs[SEAT_HUBS_MAX][USB_PATH_MAX];
	size_t n_hubs;
	bool wants_pointer;
	bool storage_blocked;
	char secret[STR_TOKEN_LEN + 1];
	/* As the seat says. */
	bool screen, keyboard, pointer;
	int width, height; /* of the output */
	enum seat_mapping mapping;
	unsigned passed; /* see struct seat_station */
};

/* Members of type Station (st->local may be NULL) and Scene. */
void station_local_add_json(const struct station *st, json_t *station);
void station_local_add_scene(const struct station *st, json_t *scene);
/* The type Place of org.stationmaster.Seat. */
json_t *station_local_build_place(const struct station *st);

/* An output that was never seen. In the list in any case; the error is that of the store. -EDQUOT:
 * too many stations, not in the list. */
int station_local_new(struct host *h, const char *seat, const char *output, struct station **ret);
/* Its row of the store, at start; -ENOENT: none. */
int station_local_load(struct station *st);
void station_local_done(struct station *st);
int station_local_save(const struct station *st);
/* Stores next, and takes it if that went well. */
int station_local_change(struct station *st, const struct station_local *next);

/* What people order. Each gives the error of the store; what follows is told to the seat. */
/* The number for who asks after all others; see struct seat_station. */
unsigned station_local_get_turn(const struct host *h);
/* Local stations that are there, by their ids: all of them or none. */
int station_local_map(struct host *h, json_t *ids);
/* To be followed by storage_update(). */
int station_local_block_storage(struct station *st, bool blocked);
int station_local_turn(struct station *st, enum orientation orientation);
/* NULL: it may be done, else why not. */
const char *station_local_refuses_split(const struct station *st, bool left_right);
int station_local_split(struct station *st, bool left_right, struct station **ret_second);
/* The other half; NULL: whole. */
struct station *station_local_find_half(const struct station *st);
/* st: either half; frees the second one, ret is the one that stays. */
int station_local_join(struct station *st, struct station **ret);
/* Frees. */
int station_local_forget(struct station *st);
