/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Which station has which devices, what is missing, and who asks for what: f(stations, devices).
 * Pure: no state, no I/O; test/unit/test-hostd-seat-map.c goes through it on made-up devices.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

enum {
	SEAT_DEVICES_MAX = 128,
	SEAT_STATIONS_MAX = 128, /* of one seat */
	SEAT_HUBS_MAX = 8,       /* of one station */
};

enum seat_mapping {
	SEAT_MAPPING_DONE,
	SEAT_MAPPING_KEYBOARD,
	SEAT_MAPPING_POINTER,
	SEAT_MAPPING_WAITING
};

struct seat_device {
	const char *path; /* ID_PATH */
	bool keyboard, pointer;
};

/* A station of the seat; the array is in order of ids. */
struct seat_station {
	const char *const *hubs;
	size_t n_hubs;
	bool screen; /* its output is connected */
	/* It got its keyboard and has not been given up asking for its pointer; cleared where that
	 * is over. */
	bool wants_pointer;
	unsigned passed; /* number of the turn that it came behind; the lowest one asks */
	/* Answers. */
	bool keyboard, pointer;
	enum seat_mapping mapping;
};

/* Fills in the answers. Of all that have no hubs or want a pointer one asks, the others wait: what
 * was begun comes first, then whose turn is the longest ago, then the lowest id. */
void seat_map_update(const struct seat_device *devices, size_t n_devices,
		struct seat_station *stations, size_t n_stations);

enum seat_press {
	SEAT_PRESS_NOTHING,
	SEAT_PRESS_KEYBOARD, /* the device's hub is the station's now, and it may want a pointer */
	SEAT_PRESS_POINTER,  /* the device's hub is one more of the station's */
	SEAT_PRESS_SKIP,     /* it does not want a pointer any more */
};

/* What a use of this device means, after seat_map_update(); ret_station: for whom. */
enum seat_press seat_map_press(const struct seat_device *devices, size_t n_devices,
		const struct seat_station *stations, size_t n_stations, const char *path,
		bool keyboard, size_t *ret_station);

/* Who asks while another one waits, so that its turn has to end; n_stations: nobody. */
size_t seat_map_find_holder(const struct seat_station *stations, size_t n_stations);

const char *seat_mapping_to_string(enum seat_mapping mapping);
