/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One PAM transaction, from pam_start() to pam_end(). */
#pragma once

#include <security/pam_appl.h>
#include <stdint.h>

#include "session/auth-text.h"
#include "session/environ.h"

enum {
	AUTH_PROMPTS_MAX = 16,
	AUTH_TEXT_MAX = 500, /* characters of a prompt or message */
	AUTH_ANSWER_MAX = PAM_MAX_RESP_SIZE - 1,
	AUTH_FAIL_MS = 2000, /* a refusal never comes sooner after the last answer */
};

struct auth_prompt {
	const char *text;
	bool echo;
};

/* What PAM says goes to whoever talks to the person. */
struct auth_talk {
	/* Sets answers[i], malloc'ed, for each prompt. -errno: the person is gone. */
	int (*ask)(void *userdata, const struct auth_prompt *prompts, unsigned n, char **answers);
	/* Keep a message for the next reply. */
	void (*tell)(void *userdata, const char *text, bool error);
	void *userdata;
};

struct auth {
	pam_handle_t *handle;
	struct auth_talk talk;
	struct pam_conv conv;
	int64_t answered_ms; /* when the person last did something */
	unsigned fail_us;    /* delay that the modules wish */
	enum auth_step step; /* of the last call */
	int code;            /* its PAM result */
	bool credentials, session;
};

/*
 * All give 0, or -EACCES and step + code say why (auth_text()). address: of the station, may be
 * empty. auth must stay where it is.
 */
int auth_start(struct auth *a, const char *service, const char *user, const char *address,
		const struct auth_talk *talk);
/* Takes AUTH_FAIL_MS at least when it fails. */
int auth_prove(struct auth *a);
/* Account check. change: an expired password is changed in the conversation; else it is let pass.
 */
int auth_check(struct auth *a, bool change);
/* Name of the account, which PAM may have changed; NULL: none. Valid until auth_end(). */
const char *auth_user(struct auth *a);
/* Credentials and session; tty is the display's name (":12"). */
int auth_open(struct auth *a, const char *tty, const struct environ *vars);
/* Adds what PAM has set. -ENOMEM, ... */
int auth_environ(struct auth *a, struct environ *e);
/* Undo auth_open(); nothing happens if it was not done. */
void auth_close(struct auth *a);
/* auth_close() and pam_end(). */
void auth_end(struct auth *a);
