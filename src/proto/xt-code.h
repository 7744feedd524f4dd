/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Codes of keys as RFB's extended key event wants them: XT make codes, and for those that begin
 * with 0xe0 the second byte with 0x80 added. Not all of these were ever sent by a keyboard: they
 * are what the protocol's servers understand.
 */
#pragma once

#include <stdint.h>

/* Of a code of evdev (KEY_*); 0: it has none, only its symbol can be sent. */
uint32_t xt_code_of_evdev(uint32_t code);
