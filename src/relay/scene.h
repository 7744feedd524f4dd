/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a station is to show (type Scene of org.stationmaster.Relay), and what it shows then. */
#pragma once

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "relay/sources.h"

enum scene_kind { SCENE_GREETER, SCENE_SESSION };

struct scene {
	enum scene_kind kind;
	char session[SOURCE_SESSION_MAX + 1]; /* empty: greeter */
	bool has_notice;
	int64_t ends_ms; /* of the notice */
	/* Borrowed from json. */
	const char *by;
	const char *message;
	const char *text; /* why the last session ended here; may be empty */
	json_t *json;     /* as it came; owned */
};

/* On error ret is as before; else what was in it is released. -EBADMSG: not a scene. */
int scene_parse(json_t *json, struct scene *ret);
void scene_done(struct scene *s);

/* --- the decision, for a station with a screen of its own (VNC) --- */
struct scene_facts {
	bool known; /* stationd has told the scene */
	enum scene_kind kind;
	bool has_notice;
	bool has_picture; /* of the session of the scene */
	bool was_shown;   /* its picture was on this screen last */
	bool login_runs;  /* a log-in is being worked on */
};

enum scene_picture {
	SCENE_PICTURE_WAITING, /* greeter, "waiting for the system" */
	SCENE_PICTURE_LOGIN,   /* greeter, one can log in */
	SCENE_PICTURE_BUSY,    /* greeter, the session is coming */
	SCENE_PICTURE_LAST, /* the last frame stays: the session's picture is away for a moment */
	SCENE_PICTURE_SESSION,
};

struct scene_shown {
	enum scene_picture picture;
	bool input;  /* keys and pointer pass to what is shown */
	bool notice; /* the notice is drawn over it */
};

/* A pure function. Input never passes to a picture that is not the scene's. */
struct scene_shown scene_decide(const struct scene_facts *f);
