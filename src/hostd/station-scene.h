/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Scenes of the daemon's stations: gathers what scene_decide() asks for, and tells the relay and
 * the watchers when the answer has become another one. Whoever changes something that a scene
 * follows from calls one of the refresh functions; what stays the same is not sent again.
 */
#pragma once

#include <stdbool.h>

#include "hostd/scene.h"
#include "ipc/json.h"

struct host;
struct session;
struct station;

/* The type Scene of org.stationmaster.Relay, as it is now; the relay is taken to know it. */
json_t *station_build_scene(struct station *st);
enum scene_kind station_get_scene_kind(const struct station *st);
/* A block of the station itself is in force. */
bool station_is_blocked(const struct station *st);

/* What watchers are told about a session beside what it is itself. */
struct session_flags {
	bool blocked, limited, projected, projecting, viewed, controlled;
	const char *controlled_by; /* never NULL */
	const char *scene;         /* "none" while no station shows it */
};
void session_get_flags(struct session *s, struct session_flags *ret);

void station_refresh(struct station *st);
/* The session and its stations. */
void session_refresh(struct session *s);
void scenes_refresh(struct host *h);
