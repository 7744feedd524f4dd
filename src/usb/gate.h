/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What the kernel lets in. Guarded: interfaces of USB wait until they are authorised; udev's rules
 * (data/udev) let in at once what is no storage.
 */
#pragma once

#include <stdbool.h>

#define GATE_FOLDER "/run/station-usb"

enum { INTERFACE_MAX = 64, OWNER_MAX = 192 };

/* Why storage cannot be guarded here, a sentence; NULL: it can. */
const char *gate_find_missing(void);
bool gate_is_guarded(void);
int gate_guard(void);
/* As if we had never been here: everything that waits is let in. */
int gate_release(void);

/*
 * Let an interface ("1-1.4:1.0") in for an owner: "" is the system, else "UID USER". What was noted
 * of it is told by gate_get_owner().
 */
int gate_open(const char *interface, const char *owner);
/* No driver has it any more when this returns 0. */
int gate_close(const char *interface);
/* Lets in what is no storage. */
int gate_let(const char *interface);
/* Notes the system as owner without touching it. */
int gate_note_system(const char *interface);
/* false: nobody was noted. */
bool gate_get_owner(const char *interface, char ret[static OWNER_MAX]);
/* Forgets notes of interfaces that are gone. */
void gate_sweep(void);
