/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What the relay draws itself with cairo and pango: an overlay over a session's picture (notice
 * with countdown), and the greeter, a whole picture with input. Any script, scaled to the screen's
 * size, usable by keyboard alone.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "relay/picture.h"

/* A surface placed on a screen; premultiplied ARGB, straight from cairo. */
struct overlay {
	uint16_t x, y, w, h;
	uint32_t stride;
	const uint8_t *argb;
};

/* --- notice: "Karin Kaya ends this session in 0:59. Save your work." --- */
struct notice;

/* Who ordered it is told of an order only; the others are time-outs that any key takes back. */
enum notice_kind { NOTICE_ORDER, NOTICE_IDLE_LOGOFF, NOTICE_IDLE_SUSPEND, NOTICE_IDLE_LOCK };

struct notice_text {
	const char *by;       /* full name */
	const char *message;  /* of that person; may be empty */
	int64_t ends_ms;      /* ms since 1970 */
	const char *language; /* "en", "de" */
	bool asked;           /* for more time; else there is a button for it */
	enum notice_kind kind;
};

int notice_new(struct notice **ret);
struct notice *notice_free(struct notice *n);
/* Draw for a screen of this size at this time; false if the picture is the same as last time.
 * Borrowed overlay. */
bool notice_draw(struct notice *n, const struct notice_text *text, uint16_t screen_w,
		uint16_t screen_h, int64_t now_ms);
struct overlay *notice_overlay(struct notice *n);
/* Whether a point of the screen lies on the button. */
bool notice_is_button(const struct notice *n, int x, int y);

/* --- sign: "Karin Kaya is viewing your screen" --- */
struct sign;

enum sign_kind { SIGN_VIEWED, SIGN_CONTROLLED, SIGN_EXCLUSIVE };

struct sign_text {
	enum sign_kind kind;
	const char *by; /* full name */
	const char *language;
};

int sign_new(struct sign **ret);
/* NULL is fine; gives NULL. */
struct sign *sign_free(struct sign *s);
/* As notice_draw(); it hangs from the line top, which is the lower edge of the notice if there is
 * one. */
bool sign_draw(struct sign *s, const struct sign_text *text, uint16_t screen_w, uint16_t screen_h,
		uint16_t top);
struct overlay *sign_overlay(struct sign *s);

/* --- identify: which station of which system this screen is, over everything --- */
struct identify;

int identify_new(struct identify **ret);
/* NULL is fine; gives NULL. */
struct identify *identify_free(struct identify *i);
/* As notice_draw(); in the middle. */
bool identify_draw(struct identify *i, const char *name, const char *system, uint16_t screen_w,
		uint16_t screen_h);
struct overlay *identify_overlay(struct identify *i);

/* --- messages between the person at a station and the supervisors --- */
struct chat_line {
	int64_t number; /* counts up */
	int64_t at_ms;  /* ms since 1970 */
	const char *from_name, *text;
	bool supervisor; /* written by one; else by the person here */
};

/* --- popup: a supervisor has written --- */
struct popup;

struct popup_text {
	const char *from_name, *text;
	const char *language;
	bool can_answer; /* says how */
};

int popup_new(struct popup **ret);
/* NULL is fine; gives NULL. */
struct popup *popup_free(struct popup *p);
/* As notice_draw(); in the lower right corner, above what desktops have there. */
bool popup_draw(struct popup *p, const struct popup_text *text, uint16_t screen_w,
		uint16_t screen_h);
struct overlay *popup_overlay(struct popup *p);

/* --- panel of a station that has no page: raise the hand, write, suspend, lock, log off --- */
struct panel;

struct panel_text {
	const char *name;         /* whose session */
	const char *station;      /* name of the station */
	const char *by;           /* who is asked for more time */
	const char *lesson, *web; /* sentences about them; NULL: nothing to say */
	const char *language;
	bool can_leave; /* suspend, lock and log off */
	bool can_ask;   /* for more time */

	bool has_chat; /* else nothing of the rest is shown */
	bool chat_enabled, hand;
	bool sending;        /* what was typed is under way */
	const char *refusal; /* why the hand or the message was not taken; NULL: nothing was refused
			      */
	const struct chat_line *lines;
	unsigned n_lines, n_new;
	uint64_t chat_version; /* another one: the lines may be others */
};

enum panel_answer {
	PANEL_NOTHING,
	PANEL_CHANGED, /* drawn again */
	PANEL_CLOSE,
	PANEL_SUSPEND,
	PANEL_LOCK,
	PANEL_LOGOFF, /* after asking once more */
	PANEL_MORE_TIME,
	PANEL_HAND, /* raise it, or lower it */
	PANEL_SEND, /* what panel_get_draft() gives */
};

/* Open, for a screen of this size, at its right edge from the line top on. */
int panel_new(const struct panel_text *text, uint16_t screen_w, uint16_t screen_h, uint16_t top,
		struct panel **ret);
/* NULL is fine; gives NULL. */
struct panel *panel_free(struct panel *p);
/* Where the person is in it stays as it is. false: nothing has changed. */
bool panel_update(struct panel *p, const struct panel_text *text, uint16_t screen_w,
		uint16_t screen_h, uint16_t top);
struct overlay *panel_overlay(struct panel *p);
/* A key was pressed. types: without Control and Alt, it may type a character. */
enum panel_answer panel_key(struct panel *p, uint32_t keysym, bool types);
/* The pointer is there; a press outside closes. */
enum panel_answer panel_pointer(struct panel *p, uint8_t buttons, int x, int y);
/* Go to the messages; does nothing without a chat. */
void panel_show_messages(struct panel *p);
bool panel_shows_messages(const struct panel *p);
/* What was typed and not yet sent. */
const char *panel_get_draft(const struct panel *p);
void panel_set_draft(struct panel *p, const char *text);

/* --- greeter --- */
struct greeter;

struct greeter_prompt {
	const char *text;
	bool echo;
};

struct greeter_desktop {
	const char *id;
	const char *name;
};

struct greeter_events {
	/* User name, password and desktop were entered. Strings are wiped after the call. */
	void (*handle_login)(struct greeter *g, const char *user, char *password,
			const char *desktop, void *userdata);
	/* All prompts were answered. */
	void (*handle_answers)(struct greeter *g, char *const *answers, size_t n, void *userdata);
	/* The password of whoever locked it was entered; wiped after the call. */
	void (*handle_unlock)(struct greeter *g, char *password, void *userdata);
	/* At the lock: somebody else wants to log in. */
	void (*handle_switch)(struct greeter *g, void *userdata);
	/* What had to be read was accepted. */
	void (*handle_accept)(struct greeter *g, void *userdata);
	/* Escape: back to the start; what had to be read was refused. */
	void (*handle_cancel)(struct greeter *g, void *userdata);
	/* A key or a button is pressed; true: it does nothing but this. May be NULL. */
	bool (*handle_use)(struct greeter *g, void *userdata);
};

int greeter_new(const char *system_name, const char *language, const struct greeter_events *events,
		void *userdata, struct greeter **ret);
struct greeter *greeter_free(struct greeter *g);
struct picture *greeter_picture(struct greeter *g);
void greeter_set_desktops(struct greeter *g, const struct greeter_desktop *desktops, size_t n,
		const char *preferred);
/* User and password fields, empty, with a text above (error or why the last session ended); NULL:
 * none. */
void greeter_show_login(struct greeter *g, const char *text, bool is_error);
/* The password of full_name only, with a text above; NULL: none. */
void greeter_show_unlock(struct greeter *g, const char *full_name, const char *text, bool is_error);
/* Further PAM prompts (n <= 8) with messages. */
void greeter_show_prompts(struct greeter *g, const struct greeter_prompt *prompts, size_t n,
		const char *messages);
/* What has to be accepted, text of many lines; scrolls where it does not fit. */
void greeter_show_notice(struct greeter *g, const char *text);
/* "Signing in ..."; fields are not editable. */
void greeter_show_busy(struct greeter *g, const char *text);
