/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Storage on USB at local stations: what is to hold is derived from the stations (their hubs, who
 * works there, what is blocked) and told to station-usb, again and again until it has said that it
 * holds; what is plugged in comes from there.
 */
#pragma once

#include "base/cleanup.h"
#include "hostd/role.h"
#include "ipc/json.h"

#define STORAGE_SOCKET "/run/stationmaster/usb.sock"

enum {
	STORAGE_WAIT_MS = 20000, /* a slow stick is written out meanwhile */
	STORAGE_HUBS_MAX = 128,
	STORAGE_DISKS_MAX = 512,
	STORAGE_NAME_CHARS = 60,
	STORAGE_REASON_CHARS = 300,
};

struct host;
struct station;
struct storage;

struct storage *storage_new(struct host *h);
struct storage *storage_free(struct storage *s);
DEFINE_CLEANUP(struct storage, storage_free);

/* Something about stations has changed, or may have. */
void storage_update(struct storage *s);

/*
 * fn is called once, from the loop, when what the stations say now holds (reason NULL), or does
 * not, with a sentence that says why; unguarded: station-usb could do nothing at all. -ENOMEM: it
 * is not called.
 */
typedef void (*storage_fn)(const char *reason, bool unguarded, void *userdata);
int storage_wait(struct storage *s, storage_fn fn, void *userdata);
/* Do not call for this userdata any more. */
void storage_forget(struct storage *s, void *userdata);

/* Array of Storage: what is plugged in at this station (NULL: one that is away); owned. */
json_t *storage_build_json(const struct station *st);
/* May the caller block storage there, or no longer? ret_reason: as in rights_judge(). */
bool storage_may(const struct caller *c, const struct station *st, bool bulk, char **ret_reason);
