/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A screen with a greeter: what stations share that have no page of their own (VNC, RDP, local).
 */
#pragma once

#include <uv.h>

#include "relay/login.h"
#include "relay/station-screen.h"

struct station_greeter;

/* Each may be NULL. */
struct station_greeter_ops {
	/* A log-in that began with station_greeter_log_in() has something to show: questions, a
	 * notice, the session. */
	void (*handle_passed)(struct station_greeter *s);
	/* Why one was refused; true: it was said, the greeter need not. */
	bool (*handle_refused)(struct station_greeter *s, const char *text);
};

/* Embedded. All but screen is private. */
struct station_greeter {
	struct station_screen screen;
	const struct station_greeter_ops *ops;
	bool ready; /* there is a viewer that takes pictures */
	struct login *login;
	enum scene_kind login_kind; /* where it began */
	json_t *prompts;            /* asked before the viewer was ready; else NULL */
	char *prompt_messages;
	char *notice; /* has to be accepted, and is not shown yet; else NULL */
	struct greeter *greeter;
	bool greeter_asks; /* the greeter shows prompts or a notice: do not replace them */
	/* What the greeter shows. */
	bool greeter_known;
	enum scene_kind greeter_kind;
	enum scene_picture greeter_state;
	bool info_asked;
	json_t *info;         /* Login.Info */
	char *failure;        /* shown with the log-in, until the scene is another */
	enum scene_kind kind; /* of the scene that was shown last */
	bool auto_told;       /* auto log-on was told of */
	uv_timer_t *tick;     /* counts its seconds down; NULL: none was needed yet */
	bool held;            /* it was put off here, which the scene does not say yet */
};

/* Of a zeroed struct. -ENOMEM. */
int station_greeter_init(struct station_greeter *s, struct station *station,
		const struct station_greeter_ops *ops);
/* The screen's viewer takes pictures from now on. */
void station_greeter_start(struct station_greeter *s);
/* Of the station: handle_changed. */
void station_greeter_handle_changed(struct station_greeter *s);
/* A fact of the screen has changed. Nothing before station_greeter_start(). */
void station_greeter_show(struct station_greeter *s);
/* Log somebody in with credentials that came with the connection; both are borrowed. -ENOTCONN: the
 * station is not known to stationd. */
int station_greeter_log_in(struct station_greeter *s, const char *user, const char *password);
/* Frees the viewer. Before station_done(). Fine without station_greeter_init(). */
void station_greeter_done(struct station_greeter *s);
