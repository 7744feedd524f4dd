/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The precedence of docs/ARCHITECTURE.md: mapping > block > projection > lock > session > greeter.
 * All that a station shows, and whether a key reaches a session, follows from this one function;
 * nothing else in the daemon decides about it.
 */
#include "hostd/scene.h"

static const char *const names[] = {
	[SCENE_GREETER] = "greeter",
	[SCENE_SESSION] = "session",
	[SCENE_PROJECTION] = "projection",
	[SCENE_LOCK] = "lock",
	[SCENE_BLOCK] = "block",
	[SCENE_MAPPING] = "mapping",
};

const char *scene_kind_to_string(enum scene_kind kind)
{
	return names[kind];
}

bool scene_block_holds(const struct scene_block *block, bool everybody, bool session,
		enum role role, int64_t now_ms)
{
	if (!block || (block->until_ms && block->until_ms <= now_ms))
		return false;
	if (!session)
		return !everybody;
	if (block->own)
		return false;
	return role == ROLE_STANDARD || (!everybody && block->by == ROLE_ADMINISTRATOR);
}

static const struct scene_block *choose_block(const struct scene_facts *f)
{
	if (f->session && scene_block_holds(f->user, false, true, f->role, f->now_ms))
		return f->user;
	if (scene_block_holds(f->station, false, f->session, f->role, f->now_ms))
		return f->station;
	if (scene_block_holds(f->all, true, f->session, f->role, f->now_ms))
		return f->all;
	if (f->session && scene_block_holds(f->lesson, false, true, f->role, f->now_ms))
		return f->lesson;
	return NULL;
}

/* A station never shows a picture of itself: that one is left out and the next one counts. */
static const struct scene_projection *choose_projection(const struct scene_facts *f)
{
	const struct scene_projection *newest = NULL;

	for (size_t i = 0; i < f->n_projections; i++)
		if (!f->projections[i].is_source &&
				(!newest || f->projections[i].number > newest->number))
			newest = &f->projections[i];
	return newest;
}

struct scene scene_decide(const struct scene_facts *f)
{
	const struct scene_block *block = choose_block(f);
	const struct scene_projection *projection = choose_projection(f);

	if (f->mapping)
		return (struct scene){ .kind = SCENE_MAPPING };
	if (block)
		return (struct scene){ .kind = SCENE_BLOCK, .block = block };
	if (projection && !projection->window)
		return (struct scene){ .kind = SCENE_PROJECTION, .projection = projection };
	if (!f->session)
		return (struct scene){ .kind = SCENE_GREETER };
	if (f->locked)
		return (struct scene){ .kind = SCENE_LOCK };
	return (struct scene){
		.kind = SCENE_SESSION, .input = !f->exclusive, .projection = projection
	};
}
