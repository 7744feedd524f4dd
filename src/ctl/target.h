/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Targets: what a command line names, and what became of each session. */
#pragma once

#include "ctl/ctl.h"

/* Splits words into "sessions" and "users" of parameters (or sets "all"); an exit code. */
int target_set_names(struct ctl *c, json_t *parameters, int argc, char **argv);
/* The same, with the sessions that are in the rooms of --room now. */
int target_set_parameters(struct ctl *c, json_t *parameters, int argc, char **argv);
/* "anna s3 --station browser-2", to be typed again. Fresh memory. */
char *target_words(const struct ctl *c, int argc, char **argv);
/* True for session ids: "s" and a number. */
bool target_is_session(const char *word);
/* Name of the user that a word means; NULL if it is a session id. */
const char *target_user(const char *word);

/* Calls a method that answers with "targets"; an exit code, as ctl_call(). */
int target_call(struct ctl *c, const char *method, json_t *parameters, int64_t answer_ms,
		json_t **ret_reply);
/* Shows such a reply, as lines or as JSON, and gives the exit code of all targets together. empty:
 * what is said where there are none; may be NULL. */
int target_report(struct ctl *c, json_t *reply, const char *done, const char *empty);
/* Targets of a reply that are in this state. */
size_t target_count(json_t *reply, const char *state);

/* What is in force for a session: "hand,blocked,controlled". Fresh memory. */
char *target_flags(json_t *session);
/* The users of a job who ask for more time: "anna, ben". Fresh memory. */
char *target_asking(json_t *job);

/* waiting, asking and ending are not final. */
bool target_is_final(json_t *target);
/* One line: session, user, what happened, why. done: the word for state "done". */
void target_print(const struct ctl *c, json_t *target, const char *done);
/* Exit code of all targets together. */
int target_exit_code(json_t *targets);
/* "3 logged off, 1 refused." after the lines of more than one target. */
void target_print_summary(json_t *targets, const char *done);
