/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A screen: the only place that gives a station's viewer its picture.
 *
 * Whoever changes a fact calls station_screen_update(); it asks scene_decide() and switches. Order
 * matters: the new picture is set before what the old one lived in (card, greeter) is let go. Where
 * the right picture cannot be had, the viewer is ended rather than left with what it shows: the
 * last frame may be that of a session that is not to be seen any more.
 *
 * Cards and projections are made in the size that the viewer has, so that a block does not resize
 * anybody's window. A session comes to a screen of this computer in whatever size it has, and is
 * asked for the screen's. Browsers scale by themselves and lay their page over a card: theirs is
 * always the same size, one picture for all of them.
 */
#include "relay/station-screen.h"

#include <limits.h>
#include <string.h>

#include "base/log.h"
#include "relay/station.h"
#include "relay/viewer.h"

enum { CARD_WIDTH = 1280, CARD_HEIGHT = 720 };

/* --- the picture shown --- */

static struct station_screen *screen_of(struct picture_watcher *w)
{
	return (struct station_screen *)((char *)w - offsetof(struct station_screen, watcher));
}

static void handle_damage(struct picture_watcher *w, const pixman_region32_t *damage)
{
	(void)w, (void)damage; /* is the viewer's */
}

static void handle_resized(struct picture_watcher *w)
{
	struct station_screen *c = screen_of(w);

	if (c->layers)
		station_layers_update(c->layers);
}

static void handle_gone(struct picture_watcher *w)
{
	screen_of(w)->shown = NULL;
}

static void show(struct station_screen *c, struct picture *p, bool input)
{
	if (p != c->shown) {
		c->size_asked |= c->keeps_size || viewer_is_screen(c->viewer);
		if (c->shown)
			picture_unwatch(c->shown, &c->watcher);
		c->shown = p;
		if (p)
			picture_watch(p, &c->watcher);
	}
	viewer_set_picture(c->viewer, p, input);
}

/* --- cards and projections --- */

static void card_words(
		const struct station_screen *c, enum scene_picture picture, struct card_text *t)
{
	const struct scene *scene = &c->station->scene;
	const struct relay *relay = c->station->stations->relay;

	*t = (struct card_text){
		.kind = CARD_BUSY, .message = "", .by = "", .language = relay->language
	};
	if (picture == SCENE_PICTURE_BLOCK) {
		t->kind = CARD_BLOCK;
		t->by = scene->block.by;
		t->until_ms = scene->block.until_ms;
		t->message = *scene->block.message ? scene->block.message
						   : relay->conf->block_message;
	} else if (picture == SCENE_PICTURE_COMING) {
		t->kind = CARD_PROJECTION;
		t->by = scene->projection.by;
		t->message = scene->projection.session[0] ? scene->projection.full_name : "";
	} else if (picture == SCENE_PICTURE_MAPPING) {
		t->kind = scene->mapping == SCENE_MAPPING_KEYBOARD  ? CARD_MAP_KEYBOARD
			  : scene->mapping == SCENE_MAPPING_POINTER ? CARD_MAP_POINTER
								    : CARD_MAP_WAITING;
		t->message = c->station->name ? c->station->name : "";
	}
}

/* The size of what is made for this screen. */
static void find_size(const struct station_screen *c, uint16_t *ret_w, uint16_t *ret_h)
{
	struct picture *p = station_picture(c->station);

	*ret_w = CARD_WIDTH;
	*ret_h = CARD_HEIGHT;
	if (!c->layers)
		return;
	viewer_get_size(c->viewer, ret_w, ret_h);
	if (*ret_w == 0 || *ret_h == 0) {
		*ret_w = p ? p->w : CARD_WIDTH;
		*ret_h = p ? p->h : CARD_HEIGHT;
	}
	*ret_w = MAX(*ret_w, (uint16_t)CARD_WIDTH_MIN);
	*ret_h = MAX(*ret_h, (uint16_t)CARD_HEIGHT_MIN);
}

/* A reference in *ret, which may be the card that is shown already. */
static struct picture *find_card(
		struct station_screen *c, enum scene_picture picture, struct card **ret)
{
	struct cards *all = &c->station->stations->cards;
	uint64_t n = all->n_drawn;
	struct card_text text;
	uint16_t w, h;

	card_words(c, picture, &text);
	find_size(c, &w, &h);
	if (cards_get(all, &text, w, h, ret) < 0)
		return NULL;
	if (all->n_drawn != n)
		log_debug("card drawn size=%ux%u", w, h);
	return card_picture(*ret);
}

static struct picture *find_projection(struct station_screen *c)
{
	if (!c->layers)
		return station_projection(c->station);
	/* A window that becomes another size meanwhile keeps what it has. */
	if (c->state != SCENE_PICTURE_PROJECTION || viewer_is_screen(c->viewer))
		find_size(c, &c->w, &c->h);
	return projection_user_scaled(&c->station->projection, c->w, c->h);
}

/* NULL: none can be had. */
static struct picture *find_picture(
		struct station_screen *c, enum scene_picture picture, struct card **card)
{
	switch (picture) {
	case SCENE_PICTURE_SESSION:
		return station_picture(c->station);
	case SCENE_PICTURE_WINDOW:
		return window_picture(c->station->window);
	case SCENE_PICTURE_PROJECTION:
		return find_projection(c);
	case SCENE_PICTURE_BLOCK:
	case SCENE_PICTURE_COMING:
	case SCENE_PICTURE_MAPPING:
		return find_card(c, picture, card);
	default:
		return c->ops->handle_greeter ? c->ops->handle_greeter(c, picture)
					      : find_card(c, picture, card);
	}
}

/* --- the decision --- */

static struct scene_shown decide(const struct station_screen *c)
{
	struct station *s = c->station;
	const struct scene_facts facts = {
		.kind = s->known ? s->scene.kind : SCENE_UNKNOWN,
		.input = s->scene.input,
		.window = s->scene.projection.window,
		.has_notice = s->scene.has_notice,
		.has_sign = s->scene.has_sign,
		.has_identify = s->scene.has_identify,
		.has_picture = station_picture(s) != NULL,
		.has_projection = s->scene.projection.window ? s->window != NULL
							     : station_projection(s) != NULL,
		.was_shown = c->shown_session[0] && streq(c->shown_session, s->scene.session),
		.login_runs = c->login_runs,
	};

	return scene_decide(&facts);
}

/* A window that became another size meanwhile gets the session's in its size. */
static void catch_up(struct station_screen *c)
{
	const struct picture_input *in = c->shown->input;
	uint16_t w, h;

	if (!c->size_asked || !in || !in->resize)
		return;
	c->size_asked = false;
	viewer_get_client_size(c->viewer, &w, &h);
	if (w > 0 && h > 0 && (w != c->shown->w || h != c->shown->h))
		in->resize(c->shown->input_userdata, w, h);
}

void station_screen_update(struct station_screen *c)
{
	struct scene_shown d = decide(c);
	struct card *card = NULL, *old = c->card;
	struct picture *p;

	if (d.picture == SCENE_PICTURE_LAST) {
		p = NULL;
	} else {
		p = find_picture(c, d.picture, &card);
		if (!p && d.picture == SCENE_PICTURE_PROJECTION) {
			d.picture = SCENE_PICTURE_COMING;
			p = find_card(c, d.picture, &card);
		}
		if (!p) {
			log_warning("out of memory for a screen station=%s",
					c->station->id ? c->station->id : "?");
			viewer_refuse(c->viewer, "no memory");
			return;
		}
	}
	c->state = d.picture;
	c->decided = d;
	show(c, p, d.input);
	c->card = card;
	card_unref(old);
	if (d.picture == SCENE_PICTURE_SESSION || d.picture == SCENE_PICTURE_WINDOW)
		str_copy(c->shown_session, sizeof(c->shown_session), c->station->scene.session);
	else if (d.picture != SCENE_PICTURE_LAST)
		c->shown_session[0] = '\0';
	if (station_screen_is_session(c) && c->shown)
		catch_up(c);
	if (c->layers)
		station_layers_update(c->layers);
}

/* --- clipboard --- */

static bool clipboard_allows(const struct station_screen *c, const char *direction)
{
	const char *policy = c->station->stations->relay->conf->clipboard;

	return streq(policy, "both") || streq(policy, direction);
}

bool station_screen_is_session(const struct station_screen *c)
{
	return c->decided.input &&
	       (c->state == SCENE_PICTURE_SESSION || c->state == SCENE_PICTURE_WINDOW);
}

void station_screen_note_activity(struct station_screen *c)
{
	if (station_screen_is_session(c))
		station_note_activity(c->station);
}

void station_screen_send_cut_text(struct station_screen *c, const char *utf8)
{
	if (c->viewer && station_screen_is_session(c) && clipboard_allows(c, "out"))
		viewer_send_cut_text(c->viewer, utf8);
}

bool station_screen_filter_cut_text(void *screen)
{
	return !clipboard_allows(screen, "in");
}

bool station_screen_filter_resize(void *screen)
{
	struct station_screen *c = screen;

	c->size_asked |= !station_screen_is_session(c);
	return false;
}

static const struct viewer_filter page_filter = {
	.cut_text = station_screen_filter_cut_text,
	.resize = station_screen_filter_resize,
};

/* --- life --- */

int station_screen_init(struct station_screen *c, struct station *station,
		const struct station_screen_ops *ops, bool with_layers)
{
	*c = (struct station_screen){
		.station = station, .ops = ops, .state = SCENE_PICTURE_WAITING
	};
	c->watcher.handle_damage = handle_damage;
	c->watcher.handle_resized = handle_resized;
	c->watcher.handle_gone = handle_gone;
	c->watcher.interval_ms = INT_MAX; /* wants nothing */
	return with_layers ? station_layers_new(c, &c->layers) : 0;
}

void station_screen_take_viewer(struct station_screen *c, struct viewer *viewer)
{
	c->viewer = viewer;
	viewer_set_filter(viewer, c->layers ? &station_layers_filter : &page_filter, c);
}

void station_screen_done(struct station_screen *c)
{
	c->viewer = viewer_free(c->viewer);
	if (c->shown)
		picture_unwatch(c->shown, &c->watcher);
	c->shown = NULL;
	c->card = card_unref(c->card);
	c->layers = station_layers_free(c->layers);
}
