/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * One PAM conversation of a person at a VNC station, over org.stationmaster.Login. (Browser
 * stations carry theirs by POST /api.)
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ipc/json.h"

struct host;
struct login;

enum { LOGIN_PROMPTS_MAX = 8 };

struct login_events {
	/* Answer with login_answer(); prompts: array of {text, echo}, 1..LOGIN_PROMPTS_MAX;
	 * messages: lines of text, may be empty. */
	void (*handle_prompts)(
			struct login *l, json_t *prompts, const char *messages, void *userdata);
	/* The person is known and has to read this first: login_accept(), or free it. */
	void (*handle_notice)(struct login *l, const char *text, void *userdata);
	/* Over; free it. text: a sentence for the person. */
	void (*handle_failed)(struct login *l, const char *text, void *userdata);
	/* Let in; free it. The station's scene changes by order of stationd. */
	void (*handle_done)(struct login *l, const char *messages, void *userdata);
};

struct login_request {
	bool unlocks; /* the session that the station shows; else it logs in */
	const char *station;
	const char *user;
	const char *password;   /* answers the first hidden prompt; copied, the copy is wiped */
	const char *desktop;    /* NULL or empty: default */
	uint16_t width, height; /* 0: not known */
	const char *address;
	const char *language;
};

/* No event comes from within. -ENOTCONN: stationd is away; -ENOMEM. */
int login_start(struct host *host, const struct login_request *request,
		const struct login_events *events, void *userdata, struct login **ret);
/* As many as there were prompts. May give handle_failed from within. */
void login_answer(struct login *l, char *const *answers, size_t n);
/* The notice was accepted. May give handle_failed from within. */
void login_accept(struct login *l);
/* Gives up a conversation that is open. NULL is fine; gives NULL. */
struct login *login_free(struct login *l);
