/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What a projection shows to stations: the picture of its source (a session, or a screen that a
 * dashboard sends), as it is, letter-boxed to the size of a screen, or in a window over another
 * picture. One source and one picture of each size, however many stations show it, so that it is
 * encoded once.
 */
#pragma once

#include <uv.h>

#include "base/list.h"
#include "relay/picture.h"

struct relay;
struct projections;
struct projection;
struct projection_size;

enum { PROJECTION_ID_MAX = 24 }; /* length */

/* Embedded in whoever shows a projection. Zeroed: shows none. */
struct projection_user {
	struct list link;
	struct projection *projection;
	struct projection_size *size;
	bool told;
	/*
	 * projection_user_picture() has changed. When it became NULL, let go now of the old one and
	 * of all that was scaled or composed from it: they are freed when this returns.
	 */
	void (*handle_projection)(struct projection_user *u);
};

int projections_new(struct relay *relay, struct projections **ret);
/* Every user must have released. NULL is fine; gives NULL. */
struct projections *projections_free(struct projections *p);

/*
 * session: source; empty: the screen that a dashboard sends for this id. handle_projection is not
 * called from within. -EINVAL, -ENOMEM, -EMFILE.
 */
int projections_use(struct projections *p, const char *id, const char *session,
		struct projection_user *u);
/* Let go of its pictures before. Using nothing is fine. */
void projections_release(struct projection_user *u);
/* In its own size, with the pointer of whoever works there drawn in, once it shows something; else
 * NULL. It takes no input. */
struct picture *projection_user_picture(const struct projection_user *u);

/*
 * The same letter-boxed to this size: shared by all users of the projection that ask for it. It
 * follows the source, also when that changes its size. NULL: no picture yet, or no memory. Valid
 * until handle_projection says so, or until no user of the projection has asked for this size in
 * its own last call of this function.
 */
struct picture *projection_user_scaled(struct projection_user *u, uint16_t w, uint16_t h);

/*
 * A window over a station's own session: base in its size, the projection in a frame at its lower
 * right corner (a press on the frame moves it on to the next corner; it covers at most a quarter of
 * the screen). Input passes to base but for what the frame takes. Watch the window's picture
 * instead of base; it follows the size of base. Both must stay until window_free(). -EINVAL: they
 * are one.
 */
struct window;
int window_new(uv_loop_t *loop, struct picture *base, struct picture *inset, struct window **ret);
struct window *window_free(struct window *w);
struct picture *window_picture(struct window *w);

/* --- for the web part --- */
struct web_socket;
/* /ws/project: a dashboard sends the pictures of projection id. token: of the cookie. */
void projections_open_screen(struct projections *p, struct web_socket *socket, const char *token,
		const char *id);
