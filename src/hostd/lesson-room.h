/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Lessons of rooms: who comes into one of their rooms is covered from then on, until the end. */
#pragma once

#include "hostd/lesson.h"

/*
 * The session has come into s->room: lessons of that room cover its person when this returns, also
 * in the store (or when the caller's store_begin() is committed). The web, other stations, programs
 * and messages follow from the loop.
 */
void lesson_room_enter(struct session *s);
/* Names of the rooms that the caller may know of; owned. */
json_t *lesson_room_build_seen(const struct lesson *l, const struct caller *caller);
