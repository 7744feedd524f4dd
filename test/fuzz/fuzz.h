/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The entry of every fuzz target, with libFuzzer's name. Gives 0; a wrong result is an abort(). */
#pragma once

#include <stddef.h>
#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* assert() that no build option takes away. */
#define FUZZ_CHECK(condition) \
	do { \
		if (!(condition)) \
			__builtin_trap(); \
	} while (0)
