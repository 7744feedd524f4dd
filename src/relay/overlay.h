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

struct notice_text {
	const char *by;       /* full name */
	const char *message;  /* of that person; may be empty */
	int64_t ends_ms;      /* ms since 1970 */
	const char *language; /* "en", "de" */
};

int notice_new(struct notice **ret);
struct notice *notice_free(struct notice *n);
/* Draw for a screen of this size at this time; false if the picture is the same as last time.
 * Borrowed overlay. */
bool notice_draw(struct notice *n, const struct notice_text *text, uint16_t screen_w,
		uint16_t screen_h, int64_t now_ms);
struct overlay *notice_overlay(struct notice *n);

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
	/* Escape: back to the start. */
	void (*handle_cancel)(struct greeter *g, void *userdata);
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
/* Further PAM prompts (n <= 8) with messages. */
void greeter_show_prompts(struct greeter *g, const struct greeter_prompt *prompts, size_t n,
		const char *messages);
/* "Signing in ..."; fields are not editable. */
void greeter_show_busy(struct greeter *g, const char *text);
