/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Clocks and time stamps. */
#pragma once

#include <stdint.h>

/* CLOCK_MONOTONIC, ms. */
int64_t clock_mono_ms(void);
/* CLOCK_REALTIME, ms since 1970-01-01 UTC. */
int64_t clock_real_ms(void);

#define CLOCK_RFC3339_LEN 20
/* "2026-11-22T14:20:00Z" */
void clock_format_rfc3339(int64_t real_s, char ret[static CLOCK_RFC3339_LEN + 1]);
