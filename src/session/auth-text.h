/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a PAM result means for the person who logs in. Pure. */
#pragma once

#include <stdbool.h>

enum auth_step {
	AUTH_START,       /* pam_start */
	AUTH_PROOF,       /* pam_authenticate */
	AUTH_ACCOUNT,     /* pam_acct_mgmt */
	AUTH_PASSWORD,    /* pam_chauthtok */
	AUTH_CREDENTIALS, /* pam_setcred */
	AUTH_SESSION,     /* pam_open_session */
};

/*
 * A sentence or two: what happened and what to do. code is a PAM_* value, not PAM_SUCCESS. Before
 * the password was found right, nothing in the text tells whether the account exists.
 */
const char *auth_text(enum auth_step step, int code);
/* The result speaks of this person's secret, not of the system: nothing more may be told. */
bool auth_is_wrong_secret(enum auth_step step, int code);
