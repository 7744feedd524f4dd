/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What one viewer of a station shows: the pictures, layers and input that scene_decide() says, for
 * browser and VNC stations alike. A screen with layers draws notice, sign and panel itself (a VNC
 * viewer has no page that would).
 */
#pragma once

#include <uv.h>

#include "relay/card.h"
#include "relay/scene.h"

struct station;
struct viewer;
struct station_screen;
struct station_layers;

struct station_screen_ops {
	/*
	 * The station's own picture to log in, wait or unlock, until it is asked again; NULL: there
	 * is none. A station without this shows cards in its place.
	 */
	struct picture *(*handle_greeter)(struct station_screen *c, enum scene_picture picture);
};

/* Embedded; zeroed: done. */
struct station_screen {
	struct station *station;
	struct viewer *viewer; /* owned; NULL: not yet */
	const struct station_screen_ops *ops;
	bool login_runs; /* by the owner, before station_screen_update() */
	enum scene_picture state;
	struct picture_watcher watcher; /* of what is shown */
	struct picture *shown;          /* NULL: nothing, or the last frame */
	char shown_session[SOURCE_SESSION_MAX + 1];
	uint16_t w, h;     /* of the projection shown */
	bool keeps_size;   /* by the owner: each picture that is shown is asked to have the client's
			      size */
	bool size_asked;   /* by the viewer, while it could not be had */
	struct card *card; /* that is shown */
	struct station_layers *layers; /* NULL: draws none */
	struct scene_shown decided;
};

/* with_layers: draws them. -ENOMEM, only with layers. */
int station_screen_init(struct station_screen *c, struct station *station,
		const struct station_screen_ops *ops, bool with_layers);
/* Takes the viewer. */
void station_screen_take_viewer(struct station_screen *c, struct viewer *viewer);
/* Frees the viewer. */
void station_screen_done(struct station_screen *c);
/* Something has changed, and there is a viewer: show what is right now. Ends the viewer (from the
 * loop) where there is no memory for it. */
void station_screen_update(struct station_screen *c);
/* What is used here is the session. */
bool station_screen_is_session(const struct station_screen *c);
/* Keys or pointer were used here. */
void station_screen_note_activity(struct station_screen *c);
/* The clipboard of the session has changed. */
void station_screen_send_cut_text(struct station_screen *c, const char *utf8);

/* Of a filter: whether what was copied at the viewer stays there. */
bool station_screen_filter_cut_text(void *screen);
/* Of a filter: notes a size that is asked for while something else is shown. */
bool station_screen_filter_resize(void *screen);

/* --- station-layers.c, for station-screen.c; userdata of the filter is the screen --- */
extern const struct viewer_filter station_layers_filter;
int station_layers_new(struct station_screen *c, struct station_layers **ret);
/* The viewer is gone. NULL is fine; gives NULL. */
struct station_layers *station_layers_free(struct station_layers *l);
/* After the picture was set, or has another size. */
void station_layers_update(struct station_layers *l);
