/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Targets: what a command line names, and what became of each session. */
#pragma once

#include "ctl/ctl.h"

/* Splits words into "sessions" and "users" of parameters (or sets "all"); an exit code. */
int target_set_parameters(struct ctl *c, json_t *parameters, int argc, char **argv);
/* True for session ids: "s" and a number. */
bool target_is_session(const char *word);
/* Name of the user that a word means; NULL if it is a session id. */
const char *target_user(const char *word);

/* waiting, asking and ending are not final. */
bool target_is_final(json_t *target);
/* One line: session, user, what happened, why. done: the word for state "done". */
void target_print(const struct ctl *c, json_t *target, const char *done);
/* Exit code of all targets together. */
int target_exit_code(json_t *targets);
/* "3 logged off, 1 refused." after the lines of more than one target. */
void target_print_summary(json_t *targets, const char *done);
