/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The station hub's rules, as tables. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/cleanup.h"
#include "proto/usb-path.h"

#define A "pci-0000:00:04.0"
#define B "pci-0000:00:05.0"

static void test_hub(void **state)
{
	static const struct {
		const char *path, *hub;
	} table[] = {
		{ A "-usb-0:2.1:1.0", A "-usb-0:2" },
		{ A "-usb-0:2.1", A "-usb-0:2" },
		{ A "-usb-0:2.1.13:1.1", A "-usb-0:2.1" },
		{ A "-usb-0:2:1.0", A "-usb-0" },
		{ A "-usb-0:12:1.0", A "-usb-0" },
		{ A "-usb-0:2.3:1.0-scsi-0:0:0:0", A "-usb-0:2" },
		{ "platform-xhci-hcd.0.auto-usb-0:1.4:1.0", "platform-xhci-hcd.0.auto-usb-0:1" },
		{ "platform-my-usb-hc-usb-0:1.4:1.0", "platform-my-usb-hc-usb-0:1" },
		{ "platform-i8042-serio-0", "builtin" },
		{ "acpi-LNXPWRBN:00", "builtin" },
		{ "", "builtin" },
		{ A "-usb-", "builtin" },
		{ A "-usb-x:1.2:1.0", "builtin" },
		{ A "-usb-0:1..2:1.0", "builtin" },
		{ A "-usb-0:99999:1.0", "builtin" },
		{ A "-usb-0:1.1.1.1.1.1.1.1.1:1.0", "builtin" },
	};
	char hub[USB_PATH_MAX];

	for (size_t i = 0; i < ELEMENTSOF(table); i++) {
		assert_int_equal(usb_path_hub(table[i].path, hub, sizeof(hub)), 0);
		assert_string_equal(hub, table[i].hub);
	}
}

static void test_hub_too_long(void **state)
{
	char hub[8] = "before", path[600];

	assert_int_equal(usb_path_hub("isa", hub, 7), -ENAMETOOLONG);
	assert_string_equal(hub, "before");
	assert_int_equal(usb_path_hub("isa", hub, 8), 0);
	memset(path, 'a', sizeof(path));
	memcpy(path + 500, "-usb-0:1.2:1.0", sizeof("-usb-0:1.2:1.0"));
	assert_int_equal(usb_path_hub(path, hub, sizeof(hub)), -ENAMETOOLONG);
}

static void test_below(void **state)
{
	static const struct {
		const char *hub, *path;
		bool below;
	} table[] = {
		{ A "-usb-0:2", A "-usb-0:2.1:1.0", true },
		{ A "-usb-0:2", A "-usb-0:2.4.1:1.0", true },
		{ A "-usb-0:2", A "-usb-0:2:1.0", false }, /* the hub itself */
		{ A "-usb-0:2", A "-usb-0:3.1:1.0", false },
		{ A "-usb-0:1", A "-usb-0:10.1:1.0", false },
		{ A "-usb-0:1", A "-usb-0:10:1.0", false },
		{ A "-usb-0:1.1", A "-usb-0:1.10.1:1.0", false },
		{ A "-usb-0:10", A "-usb-0:1.1:1.0", false },
		{ A "-usb-0:2", B "-usb-0:2.1:1.0", false },
		{ A "-usb-0", A "-usb-0:2:1.0", true },
		{ A "-usb-0", A "-usb-0:2.1:1.0", false },
		{ A "-usb-0", B "-usb-0:2:1.0", false },
		{ "builtin", "platform-i8042-serio-0", true },
		{ "builtin", A "-usb-0:2.1:1.0", false },
		{ A "-usb-0", "platform-i8042-serio-0", false },
		{ "", A "-usb-0:2.1:1.0", false },
		{ "", "", false },
	};

	for (size_t i = 0; i < ELEMENTSOF(table); i++)
		if (usb_path_is_below(table[i].hub, table[i].path) != table[i].below)
			fail_msg("%s below %s", table[i].path, table[i].hub);
}

static void test_assign(void **state)
{
	static const struct usb_input inputs[] = {
		{ A "-usb-0:1.1:1.0", true },    /* keyboard of the first station */
		{ A "-usb-0:1.2:1.0", false },   /* its pointer */
		{ A "-usb-0:1.3.1:1.0", false }, /* on a hub without keyboard below it */
		{ A "-usb-0:1.4.1:1.0", true },  /* a hub with a keyboard below it */
		{ A "-usb-0:1.4.2:1.0", false },
		{ A "-usb-0:1.4.3.1:1.0", false }, /* and deeper */
		{ A "-usb-0:10.1:1.0", true },
		{ A "-usb-0:3:1.0", true }, /* directly in the computer */
		{ B "-usb-0:1.2:1.0", false },
		{ "platform-i8042-serio-0", true },
	};
	static const char *const first[] = { A "-usb-0:1" };
	static const int of_first[] = { 0, 0, 0, -1, -1, -1, -1, -1, -1, -1 };
	static const char *const many[] = { A "-usb-0:1", A "-usb-0:1.4", A "-usb-0", "builtin" };
	static const int of_many[] = { 0, 0, 0, 1, 1, 1, -1, 2, -1, 3 };

	for (size_t i = 0; i < ELEMENTSOF(inputs); i++) {
		assert_int_equal(usb_path_assign(inputs[i].path, inputs, ELEMENTSOF(inputs), first,
						 ELEMENTSOF(first)),
				of_first[i]);
		assert_int_equal(usb_path_assign(inputs[i].path, inputs, ELEMENTSOF(inputs), many,
						 ELEMENTSOF(many)),
				of_many[i]);
		assert_int_equal(usb_path_assign(inputs[i].path, inputs, ELEMENTSOF(inputs), NULL,
						 0),
				-1);
	}
	/* Without its keyboard a hub below a station's is part of that station. */
	assert_int_equal(usb_path_assign(inputs[4].path, NULL, 0, first, 1), 0);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_hub),
		cmocka_unit_test(test_hub_too_long),
		cmocka_unit_test(test_below),
		cmocka_unit_test(test_assign),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
