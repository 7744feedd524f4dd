/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What starting a lesson and changing one share: reading and judging what is asked for. */
#pragma once

#include "hostd/api.h"
#include "hostd/webrule.h"

/* The error for a negative number of lesson.h. */
void lessons_answer_limit(struct request *r, int error);
/* malloc'ed; NULL: an error was answered. */
char *lessons_clean_name(struct request *r, const char *text);
/* *ret stays NULL where no site is named. false: an error was answered. */
bool lessons_read_web(struct request *r, json_t *web, struct web_rule **ret);
/* A lesson is no way around the rights of whoever starts or changes it. false: answered. */
bool lessons_acts_are_allowed(struct request *r, bool block, bool web, bool programs, bool message);
