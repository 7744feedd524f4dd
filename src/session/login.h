/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The first part of a helper's life: Begin, and Answer until PAM has had enough. */
#pragma once

#include "ipc/varlink.h"
#include "session/account.h"
#include "session/auth.h"

enum login_purpose { LOGIN_STATION, LOGIN_DASHBOARD, LOGIN_START };

/* Where the calls of the only connection go while PAM runs. */
struct login {
	struct varlink *conn;
	struct varlink_call *call;     /* to be answered next */
	struct varlink_call *incoming; /* has come while waiting for it */
	json_t *messages;
	enum login_purpose purpose;
};

/* From handle_call of the connection, while login_run() runs; takes call. */
void login_handle_call(struct login *l, struct varlink_call *call);
/*
 * Wait for Begin and run it to its end. 0: done was answered, auth and account are for a session to
 * be opened, *ret_address is the station's; 1: nothing more to do (refused, dashboard); -ETIMEDOUT,
 * -ECONNRESET.
 */
int login_run(struct login *l, struct varlink *conn, struct auth *auth, struct account *account,
		char **ret_address);
