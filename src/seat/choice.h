/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What is decided about a card's connectors, without asking the card anything. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <xf86drmMode.h>

enum { CONNECTORS_MAX = 32, CRTCS_MAX = 32, MONITOR_NAME_MAX = 64 };

/*
 * A CRTC (index, -1: none left) for each connector. possible: bits of the CRTCs it could have;
 * keep: the one it has, or -1. Whoever has one keeps one, and keeps its own where that takes none
 * from others.
 */
void choice_assign_crtcs(const uint32_t *possible, const int *keep, size_t n, int *ret);

/*
 * Index of the mode to use: what the administrator ordered (video= of the kernel), what the monitor
 * prefers, what is shown now (may be NULL), else the largest that is no larger than Full HD. -1: no
 * mode. The first of the list can be absurd.
 */
int choice_find_mode(const drmModeModeInfo *modes, size_t n, const drmModeModeInfo *now);

/* Model of a monitor by its EDID, as the monitor names itself; empty: it does not say. */
void choice_read_edid(const uint8_t *edid, size_t len, char ret[static MONITOR_NAME_MAX]);

/*
 * Is this left alone by [seats] leave? Words are cards ("card1" or their ID_PATH) and connectors
 * ("HDMI-A-2", or with the card's ID_PATH and "/" before). connector NULL: the card as a whole.
 */
bool choice_is_left(
		const char *leave, const char *card, const char *id_path, const char *connector);
