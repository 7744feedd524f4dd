/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What a station shows: scene = f(station, session, desired state). Pure: no state, no I/O, no
 * clock; test/unit/test-hostd-scene.c goes through every combination.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "hostd/role.h"

enum scene_kind {
	SCENE_GREETER,
	SCENE_SESSION,
	SCENE_PROJECTION,
	SCENE_LOCK,
	SCENE_BLOCK,
	SCENE_MAPPING
};

/* A block that names this user, this station, or everybody. */
struct scene_block {
	int64_t until_ms; /* CLOCK_REALTIME; 0: until taken back */
	enum role by;     /* role of who ordered it */
	bool own;         /* who ordered it is the user of the session */
};

/* A projection that names this station or the user of its session. */
struct scene_projection {
	uint64_t number; /* the newest has the highest */
	bool window;
	bool is_source; /* it shows this station's own session */
};

struct scene_facts {
	bool mapping;   /* the station asks or waits for its keyboard or pointer */
	bool session;   /* one is attached here */
	enum role role; /* of its user */
	bool locked;
	bool exclusive;                                 /* somebody controls it exclusively */
	const struct scene_block *user, *station, *all; /* NULL: none */
	const struct scene_block *lesson; /* of one that covers the person; NULL: none */
	const struct scene_projection *projections;
	size_t n_projections;
	int64_t now_ms; /* CLOCK_REALTIME */
};

struct scene {
	enum scene_kind kind;
	bool input;                      /* keys and pointer may pass to the session */
	const struct scene_block *block; /* the one that is shown; SCENE_BLOCK only */
	/* The one that is shown: SCENE_PROJECTION, or a window in SCENE_SESSION. */
	const struct scene_projection *projection;
};

struct scene scene_decide(const struct scene_facts *facts);
const char *scene_kind_to_string(enum scene_kind kind);

/*
 * Is this block in force for somebody with this role, or (session false) for a station that shows
 * none? An operator's block reaches standard users only, nobody's block themselves. everybody: it
 * is one of all, which reaches sessions of standard users only.
 */
bool scene_block_holds(const struct scene_block *block, bool everybody, bool session,
		enum role role, int64_t now_ms);
