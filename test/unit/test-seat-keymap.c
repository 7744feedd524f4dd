/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Which keyboard layout: settings, the system's file, and what is wrong with both. */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/str.h"
#include "seat/keymap.h"

static void test_setting(void **state)
{
	static const struct {
		const char *words, *layout, *variant;
	} table[] = {
		{ "de", "de", "" },
		{ "de(nodeadkeys)", "de", "nodeadkeys" },
		{ "us,de(neo),fr", "us,de,fr", ",neo," },
	};
	static const char *const bad[] = { "", ",", "de,", "de(", "de()", "de(x", "de(x)y",
		"de nodeadkeys", "../../etc/passwd", "de(../x)" };
	struct keymap_names n;

	for (size_t i = 0; i < ELEMENTSOF(table); i++) {
		assert_int_equal(keymap_parse(table[i].words, &n), 0);
		assert_string_equal(n.layout, table[i].layout);
		assert_string_equal(n.variant, table[i].variant);
		assert_string_equal(n.model, "");
		keymap_names_done(&n);
	}
	for (size_t i = 0; i < ELEMENTSOF(bad); i++)
		assert_int_equal(keymap_parse(bad[i], &n), -EINVAL);
}

static void test_file(void **state)
{
	struct keymap_names n;

	assert_int_equal(
			keymap_parse_file(
					"# KEYBOARD\n\nXKBMODEL=\"pc105\"\nXKBLAYOUT=de\n"
					"XKBVARIANT='nodeadkeys' \n XKBOPTIONS=\"\"\nBACKSPACE=guess",
					&n),
			0);
	assert_string_equal(n.model, "pc105");
	assert_string_equal(n.layout, "de");
	assert_string_equal(n.variant, "nodeadkeys");
	assert_string_equal(n.options, "");
	keymap_names_done(&n);
	assert_int_equal(keymap_parse_file("", &n), 0);
	assert_string_equal(n.layout, "");
	keymap_names_done(&n);
}

/* The symbol of the key right of T. */
static xkb_keysym_t symbol(const char *setting, const char *file)
{
	struct xkb_keymap *keymap;
	struct xkb_state *s;
	xkb_keysym_t sym;

	assert_int_equal(keymap_load(setting, file, &keymap), 0);
	s = xkb_state_new(keymap);
	sym = xkb_state_key_get_one_sym(s, 21 + 8);
	xkb_state_unref(s);
	xkb_keymap_unref(keymap);
	return sym;
}

static void test_load(void **state)
{
	char path[] = "/tmp/test-seat-keymap-XXXXXX";
	int fd = mkstemp(path);

	assert_return_code(fd, errno);
	assert_int_equal(write(fd, "XKBLAYOUT=\"de\"\n", 15), 15);
	assert_int_equal(symbol("us", path), XKB_KEY_y);
	assert_int_equal(symbol("", path), XKB_KEY_z);
	assert_int_equal(symbol("de", "/nowhere"), XKB_KEY_z);
	assert_int_equal(symbol("", "/nowhere"), XKB_KEY_y);
	assert_int_equal(symbol("there-is-no-such-layout", path), XKB_KEY_y);
	assert_int_equal(symbol("de(", path), XKB_KEY_y);
	close(fd);
	unlink(path);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_setting),
		cmocka_unit_test(test_file),
		cmocka_unit_test(test_load),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
