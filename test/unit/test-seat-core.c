/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The seat's state machine on made-up screens and devices: who gets which key, and what is told. */
#include <linux/input-event-codes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "base/str.h"
#include "ipc/json.h"
#include "seat/core.h"
#include "seat/keymap.h"

#define CARD "pci-0000:00:04.0"
#define HUB  "pci-0000:00:05.0-usb-0"

static char said[4096]; /* what the core wanted done, one word each */
static struct core core;

static void note(const char *fmt, ...) _printf_(1, 2);

static void note(const char *fmt, ...)
{
	size_t n = strlen(said);
	va_list args;

	va_start(args, fmt);
	vsnprintf(said + n, sizeof(said) - n, fmt, args);
	va_end(args);
}

static void expect(const char *what)
{
	assert_string_equal(said, what);
	said[0] = '\0';
}

static void handle_open(struct core *c, struct station *s)
{
	note("open(%s %dx%d) ", s->place.station, s->width, s->height);
	s->io = s;
}

static void handle_close(struct core *c, struct station *s)
{
	if (s->io)
		note("close(%s) ", s->place.station);
	s->io = NULL;
}

static void handle_send(struct core *c, struct station *s, const struct seat_message *m)
{
	if (m->type == SEAT_KEY)
		note("%s:%u/%x%s ", s->place.station, m->key.code, m->key.keysym,
				m->key.down ? "+" : "-");
	else if (m->type == SEAT_POINTER)
		note("%s:%u,%u/%u ", s->place.station, m->pointer.x, m->pointer.y,
				m->pointer.buttons);
	else
		note("%s:%ux%u ", s->place.station, m->size.width, m->size.height);
}

static void handle_move(struct core *c, struct station *s)
{
}

static void handle_repeat(struct core *c, struct station *s, bool on)
{
	note("repeat(%s %d) ", s->place.station, on);
}

static void handle_repaint(struct core *c)
{
	note("repaint ");
}

static void handle_press(struct core *c, struct device *d, bool keyboard)
{
	note("press(%s %s) ", d->name, keyboard ? "keyboard" : "pointer");
}

static void handle_lights(struct core *c, struct device *d, uint32_t leds)
{
	if (leds)
		note("lights(%s %u) ", d->name, leds);
}

static void set_places(const char *json)
{
	json_t *array = json_loads(json, 0, NULL);
	struct places places;

	assert_non_null(array);
	assert_int_equal(places_parse(array, &places), 0);
	json_decref(array);
	assert_int_equal(core_set_places(&core, &places), 0);
	assert_int_equal(places.n, 0);
}

#define PLACE(station, output, area, hubs, orientation) \
	"{\"station\": \"" station "\", \"output\": \"" CARD "/" output "\", \"area\": \"" area \
	"\", \"hubs\": [" hubs "], \"orientation\": \"" orientation "\", \"secret\": \"s" station \
	"\"}"
#define HUB1 "\"" HUB ":1\""
#define HUB2 "\"" HUB ":2\""

static const struct screen two_screens[] = { { CARD "/A", 1280, 800, (void *)1 },
	{ CARD "/B", 1024, 768, (void *)2 } };

static struct device *add(const char *path, const char *name, bool keyboard, bool pointer)
{
	struct device *d;

	assert_int_equal(core_add_device(&core, path, name, keyboard, pointer, &d), 0);
	return d;
}

static int set_up(void **state)
{
	static const struct core_ops ops = { .open = handle_open,
		.close = handle_close,
		.send = handle_send,
		.move = handle_move,
		.repeat = handle_repeat,
		.repaint = handle_repaint,
		.press = handle_press,
		.lights = handle_lights };
	struct xkb_keymap *keymap;

	assert_int_equal(keymap_load("de", "/dev/null", &keymap), 0);
	core_init(&core, &ops, keymap, NULL);
	*state = keymap;
	said[0] = '\0';
	return 0;
}

static int tear_down(void **state)
{
	core_done(&core);
	xkb_keymap_unref(*state);
	return 0;
}

static void two_stations(void)
{
	core_set_screens(&core, two_screens, 2);
	set_places("[" PLACE("a", "A", "whole", HUB1, "landscape") ", " PLACE(
			"b", "B", "whole", HUB2, "portrait") "]");
	expect("repaint open(a 1280x800) open(b 768x1024) repaint ");
}

static void test_routing(void **state)
{
	struct device *k1, *k2, *p2, *other;

	two_stations();
	k1 = add(HUB ":1.1:1.0", "k1", true, false);
	k2 = add(HUB ":2.1:1.0", "k2", true, false);
	p2 = add(HUB ":2.3:1.0", "p2", false, true);
	other = add(HUB ":10.1:1.0", "other", true, false);
	core_key(&core, k1, KEY_Z, true);
	core_key(&core, k1, KEY_Z, false);
	expect("a:44/79+ repeat(a 1) a:44/79- repeat(a 0) "); /* y: a German keyboard */
	core_key(&core, k2, KEY_A, true);
	expect("b:30/61+ repeat(b 1) ");
	core_position(&core, p2, 0.5, 0.25);
	core_button(&core, p2, BTN_RIGHT, true);
	core_wheel(&core, p2, false, -1);
	expect("b:384,256/0 b:384,256/4 b:384,256/12 b:384,256/4 ");
	core_key(&core, other, KEY_A, true);
	expect("press(other keyboard) ");
	core_key(&core, other, KEY_A, false);
	expect("");
}

static void test_unplugged(void **state)
{
	struct device *k, *p;

	two_stations();
	k = add(HUB ":1.1:1.0", "k", true, false);
	p = add(HUB ":1.2:1.0", "p", false, true);
	core_key(&core, k, KEY_LEFTSHIFT, true);
	core_key(&core, k, KEY_A, true);
	core_button(&core, p, BTN_LEFT, true);
	expect("a:42/ffe1+ a:30/41+ repeat(a 1) a:640,400/1 ");
	core_remove_device(&core, k);
	expect("a:30/41- repeat(a 0) a:42/ffe1- ");
	core_remove_device(&core, p);
	expect("a:640,400/0 ");
	/* Back again: nothing is left of Shift. */
	k = add(HUB ":1.1:1.0", "k", true, false);
	core_key(&core, k, KEY_A, true);
	expect("a:30/61+ repeat(a 1) ");
	core_release(&core);
	expect("a:30/61- repeat(a 0) ");
	core_key(&core, k, KEY_A, false);
	expect("");
}

static void test_same_key_twice(void **state)
{
	struct device *one, *two;

	two_stations();
	one = add(HUB ":1.1:1.0", "one", true, false);
	two = add(HUB ":1.2:1.0", "two", true, false);
	core_key(&core, one, KEY_A, true);
	core_key(&core, two, KEY_A, true);
	core_key(&core, one, KEY_A, false);
	expect("a:30/61+ repeat(a 1) ");
	core_repeat(&core, core_find_station(&core, "a"));
	core_key(&core, two, KEY_A, false);
	expect("a:30/61+ a:30/61- repeat(a 0) ");
}

static void test_mapping(void **state)
{
	struct device *k, *p;

	core_set_screens(&core, two_screens, 1);
	set_places("[" PLACE("a", "A", "whole", "", "landscape") "]");
	k = add(HUB ":1.1:1.0", "k", true, false);
	p = add(HUB ":3.1:1.0", "p", false, true);
	said[0] = '\0';
	core_key(&core, k, KEY_SPACE, true);
	core_key(&core, k, KEY_SPACE, false);
	expect("press(k keyboard) ");
	/* The hub is the station's; its pointer is still to be found. */
	set_places("[" PLACE("a", "A", "whole", HUB1, "landscape") "]");
	expect("");
	core_key(&core, k, KEY_SPACE, true);
	expect("press(k keyboard) a:57/20+ repeat(a 1) ");
	core_motion(&core, p, 3, 0);
	expect("press(p pointer) ");
	set_places("[" PLACE("a", "A", "whole", HUB1 ", \"" HUB ":3\"", "landscape") "]");
	core_motion(&core, p, 3, 0);
	expect("a:643,400/0 ");
	core_key(&core, k, KEY_A, true);
	expect("a:30/61+ repeat(a 1) ");
	/* Its hubs are forgotten: what is held is let go. */
	set_places("[" PLACE("a", "A", "whole", "", "landscape") "]");
	expect("a:30/61- repeat(a 0) a:57/20- ");
}

static void test_split_and_join(void **state)
{
	struct device *k1, *k2;

	core_set_screens(&core, two_screens, 1);
	set_places("[" PLACE("a", "A", "whole", HUB1, "landscape") "]");
	k1 = add(HUB ":1.1:1.0", "k1", true, false);
	k2 = add(HUB ":2.1:1.0", "k2", true, false);
	said[0] = '\0';
	set_places("[" PLACE("a", "A", "left", HUB1, "landscape") ", " PLACE(
			"c", "A", "right", HUB2, "landscape") "]");
	expect("a:640x800 open(c 640x800) repaint ");
	assert_true(rect_is_equal(core_find_station(&core, "c")->spot.rect,
			(struct rect){ 640, 0, 640, 800 }));
	core_key(&core, k1, KEY_A, true);
	core_key(&core, k2, KEY_B, true);
	expect("a:30/61+ repeat(a 1) c:48/62+ repeat(c 1) ");
	set_places("[" PLACE("a", "A", "whole", HUB1, "landscape") "]");
	expect("close(c) a:1280x800 repaint ");
	core_key(&core, k2, KEY_B, false);
	expect("");
}

static void test_screens_come_and_go(void **state)
{
	struct device *k;

	two_stations();
	k = add(HUB ":2.1:1.0", "k", true, false);
	core_set_screens(&core, two_screens, 1);
	expect("close(b) repaint ");
	/* It is known whose the keyboard is, only there is nothing to be seen. */
	assert_ptr_equal(k->station, core_find_station(&core, "b"));
	core_set_screens(&core, two_screens, 2);
	expect("open(b 768x1024) repaint ");
	/* Turned upright: another size, the same link. */
	set_places("[" PLACE("a", "A", "whole", HUB1, "landscape") ", " PLACE(
			"b", "B", "whole", HUB2, "landscape") "]");
	expect("b:1024x768 repaint ");
	/* The same places again change nothing. */
	set_places("[" PLACE("a", "A", "whole", HUB1, "landscape") ", " PLACE(
			"b", "B", "whole", HUB2, "landscape") "]");
	expect("");
	set_places("[]");
	expect("close(a) close(b) repaint ");
}

static void test_locks(void **state)
{
	struct device *k;

	two_stations();
	k = add(HUB ":1.1:1.0", "k", true, false);
	core_key(&core, k, KEY_CAPSLOCK, true);
	core_key(&core, k, KEY_CAPSLOCK, false);
	expect("a:58/ffe5+ lights(k 4) a:58/ffe5- ");
	core_key(&core, k, KEY_A, true);
	core_key(&core, k, KEY_A, false);
	expect("a:30/41+ repeat(a 1) a:30/41- repeat(a 0) ");
	/* The session says that it is off and Num is on. */
	core_leds(&core, core_find_station(&core, "a"), SEAT_LED_NUM);
	core_key(&core, k, KEY_A, true);
	core_key(&core, k, KEY_A, false);
	core_key(&core, k, KEY_KP7, true);
	expect("lights(k 2) a:30/61+ repeat(a 1) a:30/61- repeat(a 0) a:71/ffb7+ repeat(a 1) ");
	/* A keyboard that comes later shows the same. */
	add(HUB ":1.2:1.0", "later", true, false);
	expect("lights(later 2) ");
}

static void test_held_while_connecting(void **state)
{
	struct device *k;

	two_stations();
	k = add(HUB ":1.1:1.0", "k", true, false);
	core_key(&core, k, KEY_LEFTSHIFT, true);
	core_key(&core, k, KEY_A, true);
	said[0] = '\0';
	core_connected(&core, core_find_station(&core, "a"));
	expect("repeat(a 0) a:42/ffe1+ ");
	core_key(&core, k, KEY_A, false);
	core_key(&core, k, KEY_B, true);
	core_key(&core, k, KEY_LEFTSHIFT, false);
	expect("a:48/42+ repeat(a 1) a:42/ffe1- ");
}

static void test_touch_is_turned(void **state)
{
	struct device *t;

	two_stations();
	t = add(HUB ":2.3:1.0", "t", false, true);
	/* b stands upright: the output's right edge is its top. */
	core_touch(&core, t, 0.999, 0, true);
	expect("b:0,1/0 b:0,1/1 ");
	core_touch(&core, t, 0, 0.999, false);
	core_touch_end(&core, t);
	expect("b:767,1023/1 b:767,1023/0 ");
	core_touch_end(&core, t);
	core_touch(&core, t, 0.5, 0.5, false);
	expect("");
}

static void test_touch_on_a_half(void **state)
{
	struct device *t;

	two_stations();
	set_places("[" PLACE("a", "A", "left", HUB1, "landscape") ", " PLACE(
			"c", "A", "right", HUB2, "landscape") "]");
	t = add(HUB ":2.3:1.0", "t", false, true);
	said[0] = '\0';
	core_touch(&core, t, 0.25, 0.5, true);
	expect(""); /* the neighbour's half */
	core_touch(&core, t, 0.75, 0.25, true);
	expect("c:320,200/0 c:320,200/1 ");
	core_touch(&core, t, 0.25, 0.25, false); /* drawn out of it: stays at its edge */
	core_touch_end(&core, t);
	expect("c:0,200/1 c:0,200/0 ");
}

/* What a German keyboard says in a session of any layout is its symbols. */
static void test_german(void **state)
{
	struct device *k;
	static const struct {
		uint32_t code;
		const char *said;
	} keys[] = {
		{ KEY_APOSTROPHE, "a:40/e4+ a:40/e4- " },
		{ KEY_MINUS, "a:12/df+ a:12/df- " },
		{ KEY_EQUAL, "a:13/fe51+ a:13/fe51- " },
		{ KEY_MUTE, "a:113/1008ff12+ a:113/1008ff12- " },
		{ KEY_PLAYPAUSE, "a:164/1008ff14+ a:164/1008ff14- " },
		{ KEY_CALC, "a:140/1008ff1d+ a:140/1008ff1d- " },
	};

	two_stations();
	k = add(HUB ":1.1:1.0", "k", true, false);
	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
		char text[128] = "";

		core_key(&core, k, keys[i].code, true);
		core_key(&core, k, keys[i].code, false);
		/* Which of them repeat is not the matter here. */
		for (char *word = strtok(said, " "); word; word = strtok(NULL, " "))
			if (word[0] == 'a') {
				strcat(text, word);
				strcat(text, " ");
			}
		assert_string_equal(text, keys[i].said);
		said[0] = '\0';
	}
	core_key(&core, k, KEY_RIGHTALT, true);
	core_key(&core, k, KEY_Q, true);
	core_key(&core, k, KEY_Q, false);
	core_key(&core, k, KEY_RIGHTALT, false);
	expect("a:100/fe03+ a:16/40+ repeat(a 1) a:16/40- repeat(a 0) a:100/fe03- ");
}

static void test_fractions_of_wheels(void **state)
{
	struct device *p;

	two_stations();
	p = add(HUB ":1.3:1.0", "p", false, true);
	core_wheel(&core, p, false, 0.5);
	expect("");
	core_wheel(&core, p, false, 0.5);
	expect("a:640,400/16 a:640,400/0 ");
	core_wheel(&core, p, false, 0.75);
	core_wheel(&core, p, false, -0.5);
	expect("");
	core_wheel(&core, p, true, 2);
	expect("a:640,400/64 a:640,400/0 a:640,400/64 a:640,400/0 ");
}

static void test_bad_places(void **state)
{
	static const char *const bad[] = { "{}", "[1]", "[{}]",
		"[" PLACE("a", "A", "middle", "", "landscape") "]",
		"[" PLACE("a", "A", "whole", "", "diagonal") "]",
		"[" PLACE("a", "A", "whole", "1", "landscape") "]",
		"[" PLACE("a-secret-that-is-longer-than-any-secret-may-be", "A", "whole", "",
				"landscape") "]" };
	struct places places;

	for (size_t i = 0; i < ELEMENTSOF(bad); i++) {
		json_t *array = json_loads(bad[i], 0, NULL);

		assert_non_null(array);
		assert_int_equal(places_parse(array, &places), -EBADMSG);
		json_decref(array);
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_routing, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_unplugged, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_same_key_twice, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_mapping, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_split_and_join, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_screens_come_and_go, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_locks, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_held_while_connecting, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_touch_is_turned, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_touch_on_a_half, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_german, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_fractions_of_wheels, set_up, tear_down),
		cmocka_unit_test(test_bad_places),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
