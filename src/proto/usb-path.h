/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Where a device is plugged in, by udev's ID_PATH, and which station's hub it belongs to. A path of
 * USB is the controller, then the ports from the computer to the device, then the interface:
 * "pci-0000:00:04.0-usb-0:2.1:1.0" is port 1 of the hub in port 2 of its controller. Paths are
 * compared port by port: "usb-0:1" is no beginning of "usb-0:10".
 *
 * A hub is written as "pci-0000:00:04.0-usb-0:2" (the device's path without its last port and its
 * interface), a controller's own ports as "pci-0000:00:04.0-usb-0". What is not USB (PS/2, the
 * keyboard of a portable computer) is on the hub "builtin".
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#define USB_PATH_BUILTIN "builtin"

enum { USB_PATH_MAX = 256 /* bytes of a hub, with its NUL */ };

/* The hub that a device is plugged into. -ENAMETOOLONG, and nothing written. */
int usb_path_hub(const char *id_path, char *ret, size_t size);

/*
 * Is the device on this hub, or on a hub that is on it? The controller's own ports have only what
 * is plugged in directly, "builtin" has all that is not USB.
 */
bool usb_path_is_below(const char *hub, const char *id_path);

/* A device that is there. */
struct usb_input {
	const char *path; /* ID_PATH */
	bool keyboard;
};

/*
 * Which of the stations' hubs has this device: an index into hubs, or -1 if nobody's. Of the hubs
 * on the way from the device to the computer, the first one that is a station's or that has a
 * keyboard plugged into it decides; so a hub with a keyboard that is put onto a station's hub takes
 * its devices away from that station.
 */
int usb_path_assign(const char *id_path, const struct usb_input *inputs, size_t n_inputs,
		const char *const *hubs, size_t n_hubs);
