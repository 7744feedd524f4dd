/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The files of data/kiosk, which are in the program. */
#pragma once

#include <stddef.h>

/* In text, @HOST@ and @PORT@ stand for where the station is. */
struct kiosk_template {
	const char *name, *text;
};
extern const struct kiosk_template kiosk_templates[];
extern const size_t kiosk_n_templates;
