/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Notice, sign and panel of a station without a page, and the input that belongs to them.
 *
 * The panel opens by Ctrl + Alt + Home, which desktops leave alone, and by the pointer resting in
 * the upper right corner. Resting, not pressing: a press there is meant for the button that closes
 * a maximised window, and after one the corner is spent until the pointer has left it.
 *
 * While the panel is open it takes all input; the viewer lets go what was held in the session.
 * Timers run only while a notice counts down or the pointer rests in the corner.
 */
#include <string.h>

#include "base/clock.h"
#include "relay/keysym.h"
#include "relay/overlay.h"
#include "relay/station-screen.h"
#include "relay/station.h"
#include "relay/viewer.h"

enum {
	COUNTDOWN_MS = 1000,
	CORNER_SIDE = 2,
	CORNER_MS = 600,
};

struct station_layers {
	struct station_screen *screen;
	struct notice *notice;
	struct sign *sign;
	struct panel *panel;
	/* What the panel was made for. */
	uint16_t panel_w, panel_h, panel_top;
	bool panel_leaves, panel_asks;

	uv_timer_t countdown, corner;
	unsigned n_handles;
	bool control, alt;
	bool corner_spent;
	bool takes_press; /* until it is released */
	uint8_t buttons;
};

static const char *language_of(const struct station_layers *l)
{
	return l->screen->station->stations->relay->language;
}

/* --- notice and sign --- */

static void handle_countdown(uv_timer_t *t)
{
	station_layers_update(t->data);
}

static void notice_update(struct station_layers *l)
{
	const struct station_screen *c = l->screen;
	const struct scene *scene = &c->station->scene;
	struct notice_text text = { .by = scene->notice.by,
		.message = scene->notice.message,
		.ends_ms = scene->notice.ends_ms,
		.language = language_of(l),
		.asked = scene->notice.more_time };

	if (!c->decided.notice) {
		uv_timer_stop(&l->countdown);
		if (l->notice)
			viewer_set_overlay(c->viewer, VIEWER_LAYER_NOTICE, NULL);
		l->notice = notice_free(l->notice);
		return;
	}
	if (!l->notice && notice_new(&l->notice) < 0)
		return;
	if (notice_draw(l->notice, &text, c->shown->w, c->shown->h, clock_real_ms()))
		viewer_set_overlay(c->viewer, VIEWER_LAYER_NOTICE, notice_overlay(l->notice));
	if (!uv_is_active((uv_handle_t *)&l->countdown))
		uv_timer_start(&l->countdown, handle_countdown, COUNTDOWN_MS, COUNTDOWN_MS);
}

/* What hangs below the notice begins here. */
static uint16_t find_top(const struct station_layers *l)
{
	return l->notice ? notice_overlay(l->notice)->h : 0;
}

static void sign_update(struct station_layers *l)
{
	const struct station_screen *c = l->screen;
	const struct scene *scene = &c->station->scene;
	struct sign_text text = { .by = scene->sign.by,
		.language = language_of(l),
		.kind = !scene->sign.controlled ? SIGN_VIEWED
			: scene->sign.exclusive ? SIGN_EXCLUSIVE
						: SIGN_CONTROLLED };

	if (!c->decided.sign) {
		if (l->sign)
			viewer_set_overlay(c->viewer, VIEWER_LAYER_SIGN, NULL);
		l->sign = sign_free(l->sign);
		return;
	}
	if (!l->sign && sign_new(&l->sign) < 0)
		return;
	if (sign_draw(l->sign, &text, c->shown->w, c->shown->h, find_top(l)))
		viewer_set_overlay(c->viewer, VIEWER_LAYER_SIGN, sign_overlay(l->sign));
}

/* --- panel --- */

static bool can_leave(const struct station_layers *l)
{
	return l->screen->station->scene.kind == SCENE_SESSION;
}

static bool can_ask(const struct station_layers *l)
{
	const struct scene *scene = &l->screen->station->scene;

	return scene->has_notice && !scene->notice.more_time &&
	       scene->notice.ends_ms > clock_real_ms();
}

static bool panel_is_right(const struct station_layers *l)
{
	return l->panel_w == l->screen->shown->w && l->panel_h == l->screen->shown->h &&
	       l->panel_top == find_top(l) && l->panel_leaves == can_leave(l) &&
	       l->panel_asks == can_ask(l);
}

static void panel_close(struct station_layers *l)
{
	if (!l->panel)
		return;
	viewer_set_overlay(l->screen->viewer, VIEWER_LAYER_PANEL, NULL);
	l->panel = panel_free(l->panel);
}

static void panel_open(struct station_layers *l)
{
	const struct station_screen *c = l->screen;
	const struct scene *scene = &c->station->scene;
	struct panel_text text = { .name = *scene->full_name ? scene->full_name : scene->user,
		.station = c->station->name ? c->station->name : "",
		.by = scene->has_notice ? scene->notice.by : "",
		.language = language_of(l),
		.can_leave = can_leave(l),
		.can_ask = can_ask(l) };

	panel_close(l);
	uv_timer_stop(&l->corner);
	l->corner_spent = true;
	if (!c->shown || !c->decided.panel || !(text.can_leave || text.can_ask))
		return;
	l->panel_w = c->shown->w;
	l->panel_h = c->shown->h;
	l->panel_top = find_top(l);
	l->panel_leaves = text.can_leave;
	l->panel_asks = text.can_ask;
	if (panel_new(&text, l->panel_w, l->panel_h, l->panel_top, &l->panel) == 0)
		viewer_set_overlay(c->viewer, VIEWER_LAYER_PANEL, panel_overlay(l->panel));
}

static void panel_follow(struct station_layers *l, enum panel_answer answer)
{
	static const char *const acts[] = { [PANEL_SUSPEND] = "suspend",
		[PANEL_LOCK] = "lock",
		[PANEL_LOGOFF] = "logoff",
		[PANEL_MORE_TIME] = "more_time" };

	if (answer == PANEL_CHANGED)
		viewer_set_overlay(l->screen->viewer, VIEWER_LAYER_PANEL, panel_overlay(l->panel));
	if (answer == PANEL_CHANGED || answer == PANEL_NOTHING)
		return;
	panel_close(l);
	if (answer != PANEL_CLOSE)
		(void)station_act(l->screen->station, acts[answer], NULL, NULL);
}

void station_layers_update(struct station_layers *l)
{
	const struct station_screen *c = l->screen;

	if (!c->shown) {
		panel_close(l);
		return; /* the last frame stays as it is */
	}
	notice_update(l);
	sign_update(l);
	if (l->panel && !c->decided.panel)
		panel_close(l);
	else if (l->panel && !panel_is_right(l))
		panel_open(l);
}

/* --- input --- */

static void note_modifier(struct station_layers *l, uint32_t keysym, bool down)
{
	if (keysym == KEYSYM_CONTROL_L || keysym == KEYSYM_CONTROL_R)
		l->control = down;
	/* Some viewers send Meta where Shift was pressed before Alt. */
	if (keysym == KEYSYM_ALT_L || keysym == KEYSYM_ALT_R || keysym == KEYSYM_META_L)
		l->alt = down;
}

static bool filter_key(void *userdata, uint32_t keysym, uint32_t keycode, bool down)
{
	struct station_layers *l = ((struct station_screen *)userdata)->layers;
	bool opens = l->control && l->alt && (keysym == KEYSYM_HOME || keysym == KEYSYM_KP_HOME);

	(void)keycode;
	note_modifier(l, keysym, down);
	if (l->panel) {
		if (down)
			panel_follow(l, opens ? PANEL_CLOSE : panel_key(l->panel, keysym));
		return true;
	}
	if (!down || !opens)
		return false;
	panel_open(l);
	return l->panel != NULL;
}

static void handle_corner(uv_timer_t *t)
{
	panel_open(t->data);
}

static void watch_corner(struct station_layers *l, uint8_t buttons, uint16_t x, uint16_t y)
{
	bool inside = x + CORNER_SIDE >= l->screen->shown->w && y < CORNER_SIDE;

	if (!inside)
		l->corner_spent = false;
	else if (buttons != 0)
		l->corner_spent = true;
	if (!inside || l->corner_spent)
		uv_timer_stop(&l->corner);
	else if (!uv_is_active((uv_handle_t *)&l->corner))
		uv_timer_start(&l->corner, handle_corner, CORNER_MS, 0);
}

static bool filter_pointer(void *userdata, uint8_t buttons, uint16_t x, uint16_t y)
{
	struct station_screen *c = userdata;
	struct station_layers *l = c->layers;
	bool pressed = (buttons & 1) && !(l->buttons & 1);

	l->buttons = buttons;
	if (!c->shown)
		return false;
	watch_corner(l, buttons, x, y);
	if (l->panel) {
		panel_follow(l, panel_pointer(l->panel, buttons, x, y));
		/* The press that closes it is not one for the session below. */
		l->takes_press = buttons != 0;
		return true;
	}
	if (l->takes_press) {
		l->takes_press = buttons != 0;
		return true;
	}
	if (pressed && l->notice && can_ask(l) && notice_is_button(l->notice, x, y)) {
		l->takes_press = true;
		(void)station_act(c->station, "more_time", NULL, NULL);
		return true;
	}
	return false;
}

const struct viewer_filter station_layers_filter = {
	.key = filter_key,
	.pointer = filter_pointer,
	.cut_text = station_screen_filter_cut_text,
	.resize = station_screen_filter_resize,
};

/* --- life --- */

int station_layers_new(struct station_screen *c, struct station_layers **ret)
{
	struct station_layers *l = calloc(1, sizeof(*l));
	uv_loop_t *loop = c->station->stations->relay->loop;

	if (!l)
		return -ENOMEM;
	l->screen = c;
	uv_timer_init(loop, &l->countdown);
	uv_timer_init(loop, &l->corner);
	l->countdown.data = l->corner.data = l;
	l->n_handles = 2;
	*ret = l;
	return 0;
}

static void handle_closed(uv_handle_t *h)
{
	struct station_layers *l = h->data;

	if (--l->n_handles == 0)
		free(l);
}

struct station_layers *station_layers_free(struct station_layers *l)
{
	if (!l)
		return NULL;
	notice_free(l->notice);
	sign_free(l->sign);
	panel_free(l->panel);
	uv_close((uv_handle_t *)&l->countdown, handle_closed);
	uv_close((uv_handle_t *)&l->corner, handle_closed);
	return NULL;
}
