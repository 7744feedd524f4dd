/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a helper that was killed leaves behind: marked by it while it lives, removed by its unit. */
#pragma once

/* Leaves the mark in the session's folder; logind: id of the session there, may be empty. */
int clean_up_mark(const char *id, const char *logind, const char *display);
/*
 * As ExecStopPost of the unit: ends and removes the session whose mark has this unit's
 * INVOCATION_ID, and leaves a note for stationd. Exit status of the program.
 */
int clean_up_run(void);
