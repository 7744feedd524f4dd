/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The graphics cards of the seat, as udev tells of them; they come, go, and get other monitors. */
#pragma once

#include <libudev.h>
#include <stdbool.h>
#include <systemd/sd-event.h>

#include "seat/kms.h"

struct cards;

struct cards_ops {
	/* Other outputs, or other sizes; all are on their screens, black where they are new. */
	void (*changed)(void *userdata);
};

struct cards_options {
	sd_event *event;
	struct udev *udev;
	const char *seat;
	const char *leave;
};

int cards_new(const struct cards_options *o, const struct cards_ops *ops, void *userdata,
		struct cards **ret);
struct cards *cards_free(struct cards *c);

/* All struct card, by link. */
struct list *cards_get_list(struct cards *c);
/* Another VT is about to be active. */
void cards_suspend(struct cards *c);
/* Ours again: looked at anew and lit; changed() follows in any case. */
void cards_resume(struct cards *c);
/* Set every mode again: the computer has slept. */
void cards_light(struct cards *c);
void cards_flush(struct cards *c);
