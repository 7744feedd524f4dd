/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One key of each kind, and that no two keys look the same to a session. */
#include <linux/input-event-codes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/cleanup.h"
#include "proto/xt-code.h"

static void test_codes(void **state)
{
	static const struct {
		uint32_t evdev, xt;
	} rows[] = {
		{ KEY_A, 0x1e },
		{ KEY_F10, 0x44 },
		{ KEY_KPDOT, 0x53 },
		/* ISO, Brazil, Japan, Korea */
		{ KEY_102ND, 0x56 },
		{ KEY_RO, 0x73 },
		{ KEY_KPCOMMA, 0x7e },
		{ KEY_YEN, 0x7d },
		{ KEY_HENKAN, 0x79 },
		{ KEY_MUHENKAN, 0x7b },
		{ KEY_KATAKANAHIRAGANA, 0x70 },
		{ KEY_ZENKAKUHANKAKU, 0x76 },
		{ KEY_HANGEUL, 0x72 },
		{ KEY_HANJA, 0x71 },
		/* behind 0xe0 */
		{ KEY_RIGHTALT, 0xb8 },
		{ KEY_UP, 0xc8 },
		{ KEY_LEFTMETA, 0xdb },
		/* media, browser, applications */
		{ KEY_MUTE, 0xa0 },
		{ KEY_VOLUMEUP, 0xb0 },
		{ KEY_PLAYPAUSE, 0xa2 },
		{ KEY_NEXTSONG, 0x99 },
		{ KEY_PREVIOUSSONG, 0x90 },
		{ KEY_STOPCD, 0xa4 },
		{ KEY_HOMEPAGE, 0xb2 },
		{ KEY_BACK, 0xea },
		{ KEY_MAIL, 0xec },
		{ KEY_CALC, 0xa1 },
		{ KEY_F13, 0x5d },
		/* X has no code for these. */
		{ KEY_UNKNOWN, 0 },
		{ KEY_OK, 0 },
		{ KEY_MAX, 0 },
		{ UINT32_MAX, 0 },
	};

	for (size_t i = 0; i < ELEMENTSOF(rows); i++)
		assert_int_equal(xt_code_of_evdev(rows[i].evdev), rows[i].xt);
}

static void test_each_is_another(void **state)
{
	uint32_t owner[256] = { 0 };

	for (uint32_t code = 1; code <= KEY_MAX; code++) {
		uint32_t xt = xt_code_of_evdev(code);

		assert_true(xt < ELEMENTSOF(owner));
		if (xt == 0)
			continue;
		assert_int_equal(owner[xt], 0);
		owner[xt] = code;
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_codes),
		cmocka_unit_test(test_each_is_another),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
