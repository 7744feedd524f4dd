/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a lesson does once to each session: programs are started, the message is sent. */
#pragma once

#include "hostd/choice.h"
#include "hostd/lesson.h"

/*
 * All sessions that the lesson covers and that run. To be called within a transaction of the store;
 * messages are shown when it is committed, by lesson_run_start(), which starts the programs too.
 * choice (may be NULL): those it names learn what went wrong; done is called with it when every
 * program runs or has failed, at once or from the loop.
 */
struct lesson_run;
int lesson_run_new(
		struct lesson *l, struct choice *choice, choice_fn done, struct lesson_run **ret);
/* Takes the run. */
void lesson_run_start(struct lesson_run *run);
void lesson_run_free_all(struct host *h);

/* Send the lesson's message to all who are covered, again. As lesson_run_new(); an array for
 * lesson_messages_tell(), which takes it. */
json_t *lesson_messages_send(struct lesson *l);
void lesson_messages_tell(struct host *h, json_t *messages);

/* A session has been opened or found again: it gets what it has not got yet. */
void lesson_handle_session(struct session *s);
