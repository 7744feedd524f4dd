/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * One table for each step of PAM, looked up by result; the first row of a step that names
 * PAM_DEFAULT is for every other result. An unknown user and a wrong password are one row: whoever
 * reads the greeter must not learn which accounts exist. An expired or closed account is told only
 * by pam_acct_mgmt, which runs after the password was right.
 */
#include "session/auth-text.h"

#include <security/pam_appl.h>
#include <stddef.h>

#include "base/cleanup.h"

#define PAM_DEFAULT (-1)

static const char wrong[] = "The user name or password is not right.";
static const char many[] =
		"There were too many failed attempts. Wait a few minutes and try again, or "
		"ask an administrator.";
static const char away[] =
		"The user accounts cannot be reached at the moment. Try again in a minute; "
		"if it goes on, tell an administrator.";
static const char broken[] =
		"The log-in service of this computer does not work. Tell an administrator; "
		"the system log says what is wrong.";
static const char incomplete[] = "The log-in was not completed. Start again.";

static const struct row {
	enum auth_step step;
	int code;
	const char *text;
} rows[] = {
	{ AUTH_PROOF, PAM_AUTH_ERR, wrong },
	{ AUTH_PROOF, PAM_USER_UNKNOWN, wrong },
	{ AUTH_PROOF, PAM_PERM_DENIED, wrong },
	{ AUTH_PROOF, PAM_CRED_INSUFFICIENT, wrong },
	{ AUTH_PROOF, PAM_ACCT_EXPIRED, wrong },
	{ AUTH_PROOF, PAM_NEW_AUTHTOK_REQD, wrong },
	{ AUTH_PROOF, PAM_AUTHTOK_EXPIRED, wrong },
	{ AUTH_PROOF, PAM_MAXTRIES, many },
	{ AUTH_PROOF, PAM_AUTHINFO_UNAVAIL, away },
	{ AUTH_PROOF, PAM_CONV_ERR, incomplete },
	{ AUTH_ACCOUNT, PAM_USER_UNKNOWN, wrong },
	{ AUTH_ACCOUNT, PAM_ACCT_EXPIRED,
			"This account has expired. Ask an administrator to renew it." },
	{ AUTH_ACCOUNT, PAM_AUTHTOK_EXPIRED,
			"The password of this account expired too long ago to be changed here. Ask an "
			"administrator to set a new one." },
	{ AUTH_ACCOUNT, PAM_NEW_AUTHTOK_REQD,
			"The password of this account has expired. Log in at a station to change it." },
	{ AUTH_ACCOUNT, PAM_PERM_DENIED,
			"This account may not log in here or not at this time. Ask an administrator." },
	{ AUTH_ACCOUNT, PAM_AUTH_ERR,
			"This account may not log in at the moment. Try again later or ask an "
			"administrator." },
	{ AUTH_ACCOUNT, PAM_MAXTRIES, many },
	{ AUTH_ACCOUNT, PAM_AUTHINFO_UNAVAIL, away },
	{ AUTH_ACCOUNT, PAM_CONV_ERR, incomplete },
	{ AUTH_PASSWORD, PAM_CONV_ERR, incomplete },
	{ AUTH_PASSWORD, PAM_AUTHTOK_RECOVERY_ERR,
			"The password has expired and was not changed: the present password was not "
			"typed right. Log in again." },
	{ AUTH_PASSWORD, PAM_AUTHTOK_ERR,
			"The password has expired and was not changed: the new one was not accepted. Log "
			"in again and choose another, longer one." },
	{ AUTH_PASSWORD, PAM_MAXTRIES,
			"The password has expired and was not changed: the new one was not accepted. Log "
			"in again and choose another, longer one." },
	{ AUTH_PASSWORD, PAM_AUTHTOK_LOCK_BUSY,
			"The password has expired and cannot be changed right now. Log in again in a "
			"minute." },
	{ AUTH_PASSWORD, PAM_TRY_AGAIN,
			"The password has expired and cannot be changed right now. Log in again in a "
			"minute." },
	{ AUTH_PASSWORD, PAM_AUTHTOK_DISABLE_AGING,
			"The password has expired and cannot be changed here. Ask an administrator." },
	{ AUTH_PASSWORD, PAM_PERM_DENIED,
			"The password has expired and cannot be changed here. Ask an administrator." },
	{ AUTH_CREDENTIALS, PAM_CRED_UNAVAIL, away },
	{ AUTH_SESSION, PAM_PERM_DENIED,
			"This account has reached a limit of this computer (too many log-ins). End "
			"another session first, or ask an administrator." },
	{ AUTH_SESSION, PAM_DEFAULT,
			"The session could not be opened. Tell an administrator; the system log says what "
			"is wrong." },
};

const char *auth_text(enum auth_step step, int code)
{
	for (size_t i = 0; i < ELEMENTSOF(rows); i++)
		if (rows[i].step == step && (rows[i].code == code || rows[i].code == PAM_DEFAULT))
			return rows[i].text;
	return broken;
}

bool auth_is_wrong_secret(enum auth_step step, int code)
{
	return auth_text(step, code) == wrong;
}
