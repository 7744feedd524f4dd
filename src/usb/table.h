/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What stationd orders, and what follows from it for storage at one place. Pure. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "ipc/json.h"
#include "proto/usb-path.h"

enum { HUBS_MAX = 128, STORAGE_USER_MAX = 128 /* bytes, with NUL */ };

struct hub {
	char path[USB_PATH_MAX];
	char user[STORAGE_USER_MAX]; /* "": nobody works there */
	uint32_t uid, gid;           /* of the user */
	bool blocked;
};

struct table {
	struct hub hubs[HUBS_MAX];
	size_t n;
};

/* From the parameters of Set. -EBADMSG, -E2BIG: nothing is written. */
int table_parse(json_t *parameters, struct table *ret);

enum wanted {
	WANT_LEFT,   /* not touched: the computer itself uses it */
	WANT_SYSTEM, /* at no station: authorised, the system's */
	WANT_CLOSED, /* not authorised */
	WANT_OPEN,   /* authorised and mounted for the hub's user */
};

/*
 * What storage with this ID_PATH should be. inputs: the keyboards that are there; where one of them
 * takes a deeper hub away from a station (usb_path_assign()), storage on it stays closed, for the
 * deeper hub is nobody's yet. *ret_hub: the station's hub it is on, or NULL.
 */
enum wanted table_decide(const struct table *t, const char *id_path, bool used,
		const struct usb_input *inputs, size_t n_inputs, const struct hub **ret_hub);

/* Interfaces (class and driver, "" none) that wait for a decision while storage is guarded. */
bool interface_is_storage(unsigned class, const char *driver, bool authorized);
