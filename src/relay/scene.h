/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a station is to show (type Scene of org.stationmaster.Relay), and what it shows then. */
#pragma once

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "relay/overlay.h"
#include "relay/projection.h"
#include "relay/sources.h"

enum scene_kind {
	SCENE_UNKNOWN, /* stationd has told none that makes sense */
	SCENE_GREETER,
	SCENE_SESSION,
	SCENE_PROJECTION,
	SCENE_LOCK,
	SCENE_BLOCK,
	SCENE_MAPPING,
	_SCENE_KIND_MAX,
};

enum scene_mapping {
	SCENE_MAPPING_NONE,
	SCENE_MAPPING_KEYBOARD, /* any key of the keyboard in front of it */
	SCENE_MAPPING_POINTER,  /* its pointer, or any key */
	SCENE_MAPPING_WAITING,  /* another station is asked first */
	_SCENE_MAPPING_MAX,
};

/* Strings are borrowed from json and never NULL. */
struct scene {
	enum scene_kind kind;
	char session[SOURCE_SESSION_MAX + 1]; /* attached here, whatever is shown; may be empty */
	const char *user, *full_name;
	bool input; /* only with SCENE_SESSION */
	bool has_notice, has_block, has_projection, has_sign, has_lesson, has_web, has_identify;
	enum scene_mapping mapping; /* with SCENE_MAPPING only */
	struct {
		const char *by, *message;
		int64_t ends_ms;
		bool more_time;
		enum notice_kind kind;
	} notice;
	struct {
		bool memory;   /* else tasks */
		int64_t at_ms; /* 0: none was hit */
	} limit;
	struct {
		const char *by, *message;
		int64_t until_ms; /* 0: until taken back */
	} block;
	struct {
		char id[PROJECTION_ID_MAX + 1];
		char session[SOURCE_SESSION_MAX + 1]; /* empty: a screen that a dashboard sends */
		const char *by, *full_name;
		bool window;
	} projection;
	struct {
		const char *by;
		bool controlled, exclusive;
	} sign;
	struct {
		const char *name, *by; /* name: may be empty */
		int64_t ends_ms;
	} lesson;
	struct {
		const char *by;
		bool deny;       /* all but the sites */
		json_t *domains; /* the first ones */
		int64_t more;
	} web;
	struct {
		const char *name, *system;
	} identify;
	const char *auto_name; /* who is logged on here by itself soon; NULL: nobody */
	int64_t auto_ms;       /* when, ms since 1970; in the past: that is under way */
	const char *text;      /* why the last session ended here; may be empty */
	json_t *json;          /* as it came; owned */
};

/*
 * Releases what was in ret. -EBADMSG: not a scene; ret is SCENE_UNKNOWN then, because a station
 * that goes on showing what it did before might show what it must not any more.
 */
int scene_parse(json_t *json, struct scene *ret);
void scene_done(struct scene *s);

/* --- words of it, as sentences; malloc'ed, NULL: nothing to say, or no memory --- */
/* "Maths: until 10:45" */
char *scene_lesson_text(const struct scene *s, const char *language);
/* The lesson's name, or that it is one. */
char *scene_lesson_title(const struct scene *s, const char *language);
/* "Ends in 5 minutes." */
char *scene_lesson_soon(const struct scene *s, const char *language, int64_t now_ms);
/* "Karin Kaya has limited the web. Open: contoso.com, *.edu and 3 more." */
char *scene_web_text(const struct scene *s, const char *language);

/* --- the decision, for any screen of a station --- */
struct scene_facts {
	enum scene_kind kind;
	bool input; /* as the scene says */
	bool window;
	bool has_notice, has_sign, has_identify;
	bool has_picture;    /* of the session of the scene */
	bool has_projection; /* a picture of the projection */
	bool was_shown;      /* the session's picture is what this screen shows now */
	bool login_runs;     /* a log-in is being worked on */
};

enum scene_picture {
	SCENE_PICTURE_WAITING, /* greeter, "waiting for the system" */
	SCENE_PICTURE_LOGIN,   /* greeter, one can log in */
	SCENE_PICTURE_BUSY,    /* greeter, the session is coming */
	SCENE_PICTURE_LAST, /* the last frame stays: the session's picture is away for a moment */
	SCENE_PICTURE_SESSION,
	SCENE_PICTURE_WINDOW,     /* the session with a projection in a window */
	SCENE_PICTURE_COMING,     /* card: the projection is coming */
	SCENE_PICTURE_PROJECTION, /* instead of everything else */
	SCENE_PICTURE_LOCK,       /* greeter, one can unlock */
	SCENE_PICTURE_BLOCK,      /* card */
	SCENE_PICTURE_MAPPING,    /* card: which keyboard and pointer are this screen's */
};

struct scene_shown {
	enum scene_picture picture;
	bool input;        /* keys and pointer pass to what is shown */
	bool notice, sign; /* drawn over it */
	bool identify;     /* drawn over all of that */
	bool panel;        /* may be opened */
	bool chat;         /* messages may be shown: whose they are is at work here */
};

/* A pure function. Input never passes to a picture that is not the scene's. */
struct scene_shown scene_decide(const struct scene_facts *f);
