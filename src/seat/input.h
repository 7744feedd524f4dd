/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The seat's input devices, by libinput, each grabbed: nobody else reads what is typed. */
#pragma once

#include <libudev.h>
#include <stdbool.h>
#include <systemd/sd-event.h>

#include "seat/core.h"

struct input;

struct input_ops {
	/* Devices came or went. Not called while suspended. */
	void (*changed)(void *userdata);
};

/* seat as logind names it. Events go into the core, and so do devices. */
int input_new(sd_event *event, struct udev *udev, const char *seat, struct core *core,
		const struct input_ops *ops, void *userdata, struct input **ret);
struct input *input_free(struct input *i);

/* Gives the devices up, and takes them again; between, the core goes on knowing them. */
void input_suspend(struct input *i);
void input_resume(struct input *i);
/* Lights of a keyboard; d is of this input. */
void input_set_lights(struct device *d, uint32_t leds);
