/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The mapping of devices to stations. station-seat routes by the same functions of usb-path.h, so
 * what is told here about a station is what its keys do.
 *
 * A screen that nobody sits at would hold up all others: after some time its turn is over, and it
 * has another one after all others had theirs.
 *
 * A station that lost its keyboard keeps its hubs and does not ask again: the keyboard comes back,
 * or a supervisor has the station mapped again.
 */
#include "hostd/seat-map.h"

#include <assert.h>

#include "base/str.h"
#include "proto/usb-path.h"

enum { HUBS_MAX = SEAT_STATIONS_MAX * SEAT_HUBS_MAX };

/* All hubs in a row, and whose each is. */
struct flat {
	const char *hubs[HUBS_MAX];
	size_t owners[HUBS_MAX];
	size_t n;
	struct usb_input inputs[SEAT_DEVICES_MAX];
	size_t n_inputs;
};

const char *seat_mapping_to_string(enum seat_mapping mapping)
{
	static const char *const names[] = {
		[SEAT_MAPPING_DONE] = "done",
		[SEAT_MAPPING_KEYBOARD] = "keyboard",
		[SEAT_MAPPING_POINTER] = "pointer",
		[SEAT_MAPPING_WAITING] = "waiting",
	};

	return names[mapping];
}

static void flatten(const struct seat_device *devices, size_t n_devices,
		const struct seat_station *stations, size_t n_stations, struct flat *ret)
{
	assert(n_devices <= SEAT_DEVICES_MAX && n_stations <= SEAT_STATIONS_MAX);

	ret->n = 0;
	for (size_t i = 0; i < n_stations; i++)
		for (size_t k = 0; k < stations[i].n_hubs && ret->n < HUBS_MAX; k++) {
			ret->hubs[ret->n] = stations[i].hubs[k];
			ret->owners[ret->n++] = i;
		}
	ret->n_inputs = n_devices;
	for (size_t i = 0; i < n_devices; i++)
		ret->inputs[i] = (struct usb_input){ .path = devices[i].path,
			.keyboard = devices[i].keyboard };
}

/* Index of the station; -1: nobody's. */
static int find_owner(const struct flat *f, const char *path)
{
	int hub = usb_path_assign(path, f->inputs, f->n_inputs, f->hubs, f->n);

	return hub < 0 ? -1 : (int)f->owners[hub];
}

static bool is_asking(const struct seat_station *st)
{
	return st->screen && (st->wants_pointer || st->n_hubs == 0);
}

static bool comes_before(const struct seat_station *a, const struct seat_station *b)
{
	if (a->wants_pointer != b->wants_pointer)
		return a->wants_pointer;
	return a->passed < b->passed;
}

static void ask(struct seat_station *stations, size_t n)
{
	struct seat_station *asks = NULL;

	for (size_t i = 0; i < n; i++)
		if (is_asking(&stations[i]) && (!asks || comes_before(&stations[i], asks)))
			asks = &stations[i];
	for (size_t i = 0; i < n; i++) {
		struct seat_station *st = &stations[i];

		if (!is_asking(st))
			st->mapping = SEAT_MAPPING_DONE;
		else if (st != asks)
			st->mapping = SEAT_MAPPING_WAITING;
		else
			st->mapping = st->wants_pointer ? SEAT_MAPPING_POINTER
							: SEAT_MAPPING_KEYBOARD;
	}
}

void seat_map_update(const struct seat_device *devices, size_t n_devices,
		struct seat_station *stations, size_t n_stations)
{
	bool free_pointer = false;
	struct flat f;

	flatten(devices, n_devices, stations, n_stations, &f);
	for (size_t i = 0; i < n_stations; i++)
		stations[i].keyboard = stations[i].pointer = false;
	for (size_t i = 0; i < n_devices; i++) {
		int owner = find_owner(&f, devices[i].path);

		if (owner < 0) {
			free_pointer = free_pointer || devices[i].pointer;
			continue;
		}
		stations[owner].keyboard = stations[owner].keyboard || devices[i].keyboard;
		stations[owner].pointer = stations[owner].pointer || devices[i].pointer;
	}
	for (size_t i = 0; i < n_stations; i++)
		if (stations[i].n_hubs == 0 || stations[i].pointer || !free_pointer)
			stations[i].wants_pointer = false;
	ask(stations, n_stations);
}

size_t seat_map_find_holder(const struct seat_station *stations, size_t n)
{
	size_t holder = n;
	bool waits = false;

	for (size_t i = 0; i < n; i++) {
		waits = waits || stations[i].mapping == SEAT_MAPPING_WAITING;
		if (stations[i].mapping == SEAT_MAPPING_KEYBOARD ||
				stations[i].mapping == SEAT_MAPPING_POINTER)
			holder = i;
	}
	return waits ? holder : n;
}

static const struct seat_device *find_device(
		const struct seat_device *devices, size_t n, const char *path)
{
	for (size_t i = 0; i < n; i++)
		if (streq(devices[i].path, path))
			return &devices[i];
	return NULL;
}

enum seat_press seat_map_press(const struct seat_device *devices, size_t n_devices,
		const struct seat_station *stations, size_t n_stations, const char *path,
		bool keyboard, size_t *ret_station)
{
	const struct seat_device *device = find_device(devices, n_devices, path);
	size_t asks = 0;
	struct flat f;
	int owner;

	while (asks < n_stations && stations[asks].mapping != SEAT_MAPPING_KEYBOARD &&
			stations[asks].mapping != SEAT_MAPPING_POINTER)
		asks++;
	/* It may have been unplugged meanwhile. */
	if (asks == n_stations || !device || (keyboard ? !device->keyboard : !device->pointer))
		return SEAT_PRESS_NOTHING;
	flatten(devices, n_devices, stations, n_stations, &f);
	owner = find_owner(&f, path);
	*ret_station = asks;
	if (stations[asks].mapping == SEAT_MAPPING_KEYBOARD)
		return keyboard && owner < 0 ? SEAT_PRESS_KEYBOARD : SEAT_PRESS_NOTHING;
	if (keyboard)
		return owner == (int)asks ? SEAT_PRESS_SKIP : SEAT_PRESS_NOTHING;
	return owner < 0 && stations[asks].n_hubs < SEAT_HUBS_MAX ? SEAT_PRESS_POINTER
								  : SEAT_PRESS_NOTHING;
}
