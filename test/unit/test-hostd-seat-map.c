/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Who has which devices, who asks for what, and what a press means: on made-up devices. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/cleanup.h"
#include "hostd/seat-map.h"

#define PC "pci-0000:00:04.0-usb-0"

/* Two hubs with keyboard and pointer, a third with a keyboard alone, a pointer in the computer. */
static const struct seat_device devices[] = {
	{ PC ":1.1:1.0", .keyboard = true },
	{ PC ":1.2:1.0", .pointer = true },
	{ PC ":2.1:1.0", .keyboard = true },
	{ PC ":2.2:1.0", .pointer = true },
	{ PC ":3.1:1.0", .keyboard = true },
	{ PC ":4:1.0", .pointer = true },
};
enum { N_DEVICES = ELEMENTSOF(devices) };

static const char *const hub1[] = { PC ":1" };
static const char *const hub2[] = { PC ":2" };
static const char *const hub3[] = { PC ":3" };
static const char *const hub3_and_computer[] = { PC ":3", PC };

static void update(struct seat_station *stations, size_t n)
{
	seat_map_update(devices, N_DEVICES, stations, n);
}

static enum seat_press press(const struct seat_station *stations, size_t n, const char *path,
		bool keyboard, size_t *ret)
{
	return seat_map_press(devices, N_DEVICES, stations, n, path, keyboard, ret);
}

static void one_asks_and_the_others_wait(void **state)
{
	struct seat_station st[] = { { .screen = true }, { .screen = false }, { .screen = true },
		{ .hubs = hub2, .n_hubs = 1, .screen = true } };

	update(st, 4);
	assert_int_equal(st[0].mapping, SEAT_MAPPING_KEYBOARD);
	assert_int_equal(st[1].mapping, SEAT_MAPPING_DONE); /* nobody sees it */
	assert_int_equal(st[2].mapping, SEAT_MAPPING_WAITING);
	assert_int_equal(st[3].mapping, SEAT_MAPPING_DONE);
	assert_true(st[3].keyboard && st[3].pointer);
	assert_false(st[0].keyboard || st[0].pointer || st[2].keyboard);
	/* Its screen gone, the next one asks. */
	st[0].screen = false;
	update(st, 4);
	assert_int_equal(st[2].mapping, SEAT_MAPPING_KEYBOARD);
}

static void whose_turn_is_long_ago_asks_next(void **state)
{
	struct seat_station st[] = { { .screen = true }, { .screen = true },
		{ .hubs = hub2, .n_hubs = 1, .screen = true }, { .screen = true } };
	static const size_t order[] = { 0, 1, 3, 0, 1, 3, 0 };
	size_t which = 9;

	for (unsigned i = 0; i < ELEMENTSOF(order); i++) {
		update(st, 4);
		assert_int_equal(seat_map_find_holder(st, 4), order[i]);
		assert_int_equal(st[order[i]].mapping, SEAT_MAPPING_KEYBOARD);
		/* A key is for who asks now, whoever asked before. */
		assert_int_equal(press(st, 4, PC ":1.1:1.0", true, &which), SEAT_PRESS_KEYBOARD);
		assert_int_equal(which, order[i]);
		st[order[i]].passed = i + 1;
	}
	/* What was begun is not interrupted, however long its turn is ago. */
	st[0].hubs = hub3;
	st[0].n_hubs = 1;
	st[0].wants_pointer = true;
	update(st, 4);
	assert_int_equal(seat_map_find_holder(st, 4), 0);
	assert_int_equal(st[0].mapping, SEAT_MAPPING_POINTER);
	/* Nobody waits for the last one. */
	st[0].wants_pointer = st[1].screen = false;
	update(st, 4);
	assert_int_equal(st[3].mapping, SEAT_MAPPING_KEYBOARD);
	assert_int_equal(seat_map_find_holder(st, 4), 4);
}

static void two_keys_at_once_are_two_stations(void **state)
{
	struct seat_station st[] = { { .screen = true }, { .screen = true } };
	size_t which = 9;

	/* Both were pressed before anybody saw the other's card: the first one maps the first. */
	update(st, 2);
	assert_int_equal(press(st, 2, PC ":2.1:1.0", true, &which), SEAT_PRESS_KEYBOARD);
	assert_int_equal(which, 0);
	st[0].hubs = hub2;
	st[0].n_hubs = 1;
	st[0].wants_pointer = true;
	update(st, 2);
	assert_int_equal(press(st, 2, PC ":1.1:1.0", true, &which), SEAT_PRESS_KEYBOARD);
	assert_int_equal(which, 1);
}

/* One plug, two interfaces: "keyboard" and its media keys, which some call a keyboard, too. */
static void a_keyboard_of_two_interfaces_is_one(void **state)
{
	static const struct seat_device twins[] = {
		{ PC ":1.1:1.0", .keyboard = true },
		{ PC ":1.1:1.1", .keyboard = true },
		{ PC ":1.2:1.0", .pointer = true },
	};
	struct seat_station st[] = { { .screen = true }, { .screen = true } };
	size_t which = 9;

	seat_map_update(twins, 3, st, 2);
	assert_int_equal(seat_map_press(twins, 3, st, 2, PC ":1.1:1.0", true, &which),
			SEAT_PRESS_KEYBOARD);
	st[which].hubs = hub1;
	st[which].n_hubs = 1;
	st[which].wants_pointer = true;
	seat_map_update(twins, 3, st, 2);
	/* Its other half tells of the same key, and is nobody else's. */
	assert_int_equal(seat_map_press(twins, 3, st, 2, PC ":1.1:1.1", true, &which),
			SEAT_PRESS_NOTHING);
	assert_true(st[0].keyboard && st[0].pointer);
	assert_int_equal(st[1].mapping, SEAT_MAPPING_KEYBOARD);
}

static void a_key_maps_the_hub_of_its_keyboard(void **state)
{
	struct seat_station st[] = { { .screen = true },
		{ .hubs = hub2, .n_hubs = 1, .screen = true } };
	size_t which = 9;

	update(st, 2);
	assert_int_equal(press(st, 2, PC ":1.1:1.0", true, &which), SEAT_PRESS_KEYBOARD);
	assert_int_equal(which, 0);
	/* Not the keyboard of somebody else, no pointer, nothing that is not there or is none. */
	assert_int_equal(press(st, 2, PC ":2.1:1.0", true, &which), SEAT_PRESS_NOTHING);
	assert_int_equal(press(st, 2, PC ":1.2:1.0", false, &which), SEAT_PRESS_NOTHING);
	assert_int_equal(press(st, 2, PC ":1.2:1.0", true, &which), SEAT_PRESS_NOTHING);
	assert_int_equal(press(st, 2, PC ":9:1.0", true, &which), SEAT_PRESS_NOTHING);
	st[0].hubs = hub1;
	st[0].n_hubs = 1;
	st[0].wants_pointer = true;
	update(st, 2);
	assert_int_equal(st[0].mapping, SEAT_MAPPING_DONE); /* its hub has a pointer */
	assert_false(st[0].wants_pointer);
	assert_int_equal(press(st, 2, PC ":3.1:1.0", true, &which), SEAT_PRESS_NOTHING);
}

static void a_station_without_pointer_asks_for_one(void **state)
{
	struct seat_station st[] = { { .screen = true },
		{ .hubs = hub3, .n_hubs = 1, .screen = true, .wants_pointer = true },
		{ .hubs = hub2, .n_hubs = 1, .screen = true } };
	size_t which = 9;

	update(st, 3);
	/* What was begun comes before the lower id. */
	assert_int_equal(st[1].mapping, SEAT_MAPPING_POINTER);
	assert_int_equal(st[0].mapping, SEAT_MAPPING_WAITING);
	assert_int_equal(press(st, 3, PC ":4:1.0", false, &which), SEAT_PRESS_POINTER);
	assert_int_equal(which, 1);
	assert_int_equal(press(st, 3, PC ":2.2:1.0", false, &which), SEAT_PRESS_NOTHING);
	/* Only its own keyboard skips. */
	assert_int_equal(press(st, 3, PC ":1.1:1.0", true, &which), SEAT_PRESS_NOTHING);
	assert_int_equal(press(st, 3, PC ":2.1:1.0", true, &which), SEAT_PRESS_NOTHING);
	assert_int_equal(press(st, 3, PC ":3.1:1.0", true, &which), SEAT_PRESS_SKIP);
	st[1].hubs = hub3_and_computer;
	st[1].n_hubs = 2;
	update(st, 3);
	assert_true(st[1].pointer);
	assert_false(st[1].wants_pointer);
	assert_int_equal(st[1].mapping, SEAT_MAPPING_DONE);
	assert_int_equal(st[0].mapping, SEAT_MAPPING_KEYBOARD);
}

static void nobody_asks_for_a_pointer_that_is_not_there(void **state)
{
	struct seat_station st[] = {
		{ .hubs = hub3, .n_hubs = 1, .screen = true, .wants_pointer = true },
	};

	seat_map_update(devices + 4, 1, st, 1);
	assert_int_equal(st[0].mapping, SEAT_MAPPING_DONE);
	assert_false(st[0].wants_pointer);
	assert_true(st[0].keyboard);
	assert_false(st[0].pointer);
}

static void what_was_pulled_is_missing_and_asks_for_nothing(void **state)
{
	struct seat_station st[] = { { .hubs = hub1, .n_hubs = 1, .screen = true } };

	seat_map_update(NULL, 0, st, 1);
	assert_false(st[0].keyboard || st[0].pointer);
	assert_int_equal(st[0].mapping, SEAT_MAPPING_DONE);
	update(st, 1);
	assert_true(st[0].keyboard && st[0].pointer);
}

static void a_hub_with_a_keyboard_takes_its_devices_away(void **state)
{
	static const struct seat_device below[] = {
		{ PC ":1.1:1.0", .keyboard = true },
		{ PC ":1.4.1:1.0", .keyboard = true },
		{ PC ":1.4.2:1.0", .pointer = true },
	};
	struct seat_station st[] = { { .hubs = hub1, .n_hubs = 1, .screen = true },
		{ .screen = true } };
	size_t which = 9;

	seat_map_update(below, 3, st, 2);
	assert_true(st[0].keyboard);
	assert_false(st[0].pointer);
	assert_int_equal(st[1].mapping, SEAT_MAPPING_KEYBOARD);
	assert_int_equal(seat_map_press(below, 3, st, 2, PC ":1.4.1:1.0", true, &which),
			SEAT_PRESS_KEYBOARD);
	assert_int_equal(which, 1);
}

static void the_last_hub_is_enough(void **state)
{
	static const char *hubs[SEAT_HUBS_MAX];
	struct seat_station st[] = {
		{ .hubs = hubs, .n_hubs = SEAT_HUBS_MAX, .screen = true, .wants_pointer = true }
	};
	size_t which = 9;

	for (size_t i = 0; i < SEAT_HUBS_MAX; i++)
		hubs[i] = PC ":3";
	update(st, 1);
	assert_int_equal(st[0].mapping, SEAT_MAPPING_POINTER);
	assert_int_equal(press(st, 1, PC ":4:1.0", false, &which), SEAT_PRESS_NOTHING);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_asks_and_the_others_wait),
		cmocka_unit_test(whose_turn_is_long_ago_asks_next),
		cmocka_unit_test(two_keys_at_once_are_two_stations),
		cmocka_unit_test(a_keyboard_of_two_interfaces_is_one),
		cmocka_unit_test(a_key_maps_the_hub_of_its_keyboard),
		cmocka_unit_test(a_station_without_pointer_asks_for_one),
		cmocka_unit_test(nobody_asks_for_a_pointer_that_is_not_there),
		cmocka_unit_test(what_was_pulled_is_missing_and_asks_for_nothing),
		cmocka_unit_test(a_hub_with_a_keyboard_takes_its_devices_away),
		cmocka_unit_test(the_last_hub_is_enough),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
