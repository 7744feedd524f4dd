/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The keyboards' layout. */
#pragma once

#include <xkbcommon/xkbcommon.h>

#define KEYBOARD_FILE "/etc/default/keyboard"

/* Names for xkbcommon; strings owned, never NULL. */
struct keymap_names {
	char *model, *layout, *variant, *options;
};

/* "de", "de(nodeadkeys)", "de,us(intl)"; -EINVAL: not like that. */
int keymap_parse(const char *words, struct keymap_names *ret);
/* Text of /etc/default/keyboard (keyboard(5)); what it does not say is empty. */
int keymap_parse_file(const char *text, struct keymap_names *ret);
void keymap_names_done(struct keymap_names *n);

/*
 * By the setting; where that is empty, by the file; where there is none, or what it says is not
 * known, "us". -ENOENT: there are no layouts at all (xkb-data is missing).
 */
int keymap_load(const char *setting, const char *file, struct xkb_keymap **ret);
