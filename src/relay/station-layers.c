/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Notice, sign, popup and panel of a station without a page, and the input that belongs to them.
 *
 * The panel opens by Ctrl + Alt + Home, which desktops leave alone, and by the pointer resting in
 * the upper right corner. Resting, not pressing: a press there is meant for the button that closes
 * a maximised window, and after one the corner is spent until the pointer has left it.
 *
 * While the panel is open it takes all input; the viewer lets go what was held in the session. What
 * was typed there stays while it is closed, as long as the session is here.
 *
 * A message pops up once, when it can be seen: one that comes while something else is shown waits.
 * What was said before the session came here is no news. Timers run only while a notice counts
 * down, a message is shown or the pointer rests in the corner.
 */
#include <string.h>

#include "base/clock.h"
#include "relay/keysym.h"
#include "relay/overlay-text.h"
#include "relay/overlay.h"
#include "relay/said.h"
#include "relay/station-screen.h"
#include "relay/station.h"
#include "relay/viewer.h"

enum {
	COUNTDOWN_MS = 1000,
	CORNER_SIDE = 2,
	CORNER_MS = 600,
	POPUP_MS = 8000,
	LESSON_SOON_MS = 5 * 60000,
	LIMIT_NEWS_MS = 60000, /* older is none: the station came back, or the relay */
};

struct station_layers {
	struct station_screen *screen;
	struct notice *notice;
	struct sign *sign;
	struct panel *panel;
	struct popup *popup;
	struct identify *identify;
	uint16_t w, h; /* of what they are drawn over */

	/* Of the session that is here; all else is forgotten. */
	char session[SOURCE_SESSION_MAX + 1];
	int64_t limit_told_ms;            /* that one was hit then has been told */
	int64_t lesson_told_ms;           /* that one ends then has been told */
	char *lesson_title, *lesson_text; /* of the popup */
	char *fact_lesson, *fact_web;     /* of the panel; NULL: nothing to say */
	int64_t popup_number, popped,
			read;  /* of messages; popped, read: the last one, -1: unknown */
	char *draft;           /* of a closed panel */
	char *refusal;         /* NULL: nothing was refused */
	bool sending, raising; /* stationd is asked */

	uv_timer_t countdown, corner, popup_end, lesson_soon;
	unsigned n_handles;
	bool control, alt, alt_left; /* the right one may be AltGr, which types */
	bool corner_spent;
	bool takes_press; /* until it is released */
	uint8_t buttons;
};

static const char *language_of(const struct station_layers *l)
{
	return l->screen->station->stations->relay->language;
}

/* --- notice, sign, identify --- */

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
		.asked = scene->notice.more_time,
		.kind = scene->notice.kind };

	if (!c->decided.notice) {
		uv_timer_stop(&l->countdown);
		if (l->notice)
			viewer_set_overlay(c->viewer, VIEWER_LAYER_NOTICE, NULL);
		l->notice = notice_free(l->notice);
		return;
	}
	if (!l->notice && notice_new(&l->notice) < 0)
		return;
	if (notice_draw(l->notice, &text, l->w, l->h, clock_real_ms()))
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
	if (sign_draw(l->sign, &text, l->w, l->h, find_top(l)))
		viewer_set_overlay(c->viewer, VIEWER_LAYER_SIGN, sign_overlay(l->sign));
}

static void identify_update(struct station_layers *l)
{
	const struct station_screen *c = l->screen;
	const struct scene *scene = &c->station->scene;

	if (!c->decided.identify) {
		if (l->identify)
			viewer_set_overlay(c->viewer, VIEWER_LAYER_IDENTIFY, NULL);
		l->identify = identify_free(l->identify);
		return;
	}
	if (!l->identify && identify_new(&l->identify) < 0)
		return;
	if (identify_draw(l->identify, scene->identify.name, scene->identify.system, l->w, l->h))
		viewer_set_overlay(c->viewer, VIEWER_LAYER_IDENTIFY, identify_overlay(l->identify));
}

/* --- panel --- */

static void chat_update(struct station_layers *l);
static void panel_refresh(struct station_layers *l);

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

/* Of supervisors, not yet read here. */
static unsigned count_new(const struct station_layers *l)
{
	const struct chat *chat = &l->screen->station->chat;
	unsigned n = 0;

	for (unsigned i = 0; i < chat->n; i++)
		n += chat->lines[i].supervisor && chat->lines[i].number > l->read;
	return n;
}

static void facts_forget(struct station_layers *l)
{
	free(l->fact_lesson);
	free(l->fact_web);
	l->fact_lesson = l->fact_web = NULL;
}

/* Strings are borrowed from l. */
static struct panel_text panel_words(struct station_layers *l)
{
	const struct station *s = l->screen->station;
	const struct scene *scene = &s->scene;

	facts_forget(l);
	l->fact_lesson = scene_lesson_text(scene, language_of(l));
	l->fact_web = scene_web_text(scene, language_of(l));

	return (struct panel_text){
		.name = *scene->full_name ? scene->full_name : scene->user,
		.station = s->name ? s->name : "",
		.by = scene->has_notice ? scene->notice.by : "",
		.lesson = l->fact_lesson,
		.web = l->fact_web,
		.language = language_of(l),
		.can_leave = can_leave(l),
		.can_ask = can_ask(l),
		.has_chat = can_leave(l) && s->chat.known,
		.chat_enabled = s->chat.enabled,
		.hand = s->chat.hand,
		.sending = l->sending,
		.refusal = l->refusal,
		.lines = s->chat.lines,
		.n_lines = s->chat.n,
		.n_new = count_new(l),
		.chat_version = s->chat.version,
	};
}

static void refusal_set(struct station_layers *l, const char *reason)
{
	free(l->refusal);
	l->refusal = reason ? said_text(language_of(l), reason) : NULL;
}

static void draft_keep(struct station_layers *l)
{
	const char *text = panel_get_draft(l->panel);

	str_wipe_free(l->draft);
	l->draft = *text ? strdup(text) : NULL;
}

static void panel_close(struct station_layers *l)
{
	if (!l->panel)
		return;
	viewer_set_overlay(l->screen->viewer, VIEWER_LAYER_PANEL, NULL);
	draft_keep(l);
	refusal_set(l, NULL);
	l->panel = panel_free(l->panel);
}

static void panel_open(struct station_layers *l)
{
	const struct station_screen *c = l->screen;
	struct panel_text text = panel_words(l);

	panel_close(l);
	uv_timer_stop(&l->corner);
	l->corner_spent = true;
	if (!c->shown || !c->decided.panel || !(text.can_leave || text.can_ask))
		return;
	if (panel_new(&text, l->w, l->h, find_top(l), &l->panel) < 0)
		return;
	if (l->draft)
		panel_set_draft(l->panel, l->draft);
	/* Whoever was just written to wants to answer. */
	if (l->popup)
		panel_show_messages(l->panel);
	viewer_set_overlay(c->viewer, VIEWER_LAYER_PANEL, panel_overlay(l->panel));
	chat_update(l);
	panel_refresh(l);
}

static void panel_refresh(struct station_layers *l)
{
	const struct station_screen *c = l->screen;
	struct panel_text text = panel_words(l);

	if (!l->panel)
		return;
	if (!c->decided.panel || !(text.can_leave || text.can_ask))
		panel_close(l);
	else if (panel_update(l->panel, &text, l->w, l->h, find_top(l)))
		viewer_set_overlay(c->viewer, VIEWER_LAYER_PANEL, panel_overlay(l->panel));
}

/* --- messages --- */

static void popup_close(struct station_layers *l)
{
	uv_timer_stop(&l->popup_end);
	if (l->popup)
		viewer_set_overlay(l->screen->viewer, VIEWER_LAYER_MESSAGE, NULL);
	l->popup = popup_free(l->popup);
}

static void handle_popup_end(uv_timer_t *t)
{
	struct station_layers *l = t->data;

	if (l->popup_number < -1 && l->popup_number == -l->screen->station->scene.lesson.ends_ms)
		l->lesson_told_ms = -l->popup_number;
	else if (l->popup_number < -1)
		l->limit_told_ms = -l->popup_number;
	else
		l->popped = l->popup_number;
	popup_close(l);
	chat_update(l); /* something else may wait to be told */
}

static void popup_show(struct station_layers *l, const struct chat_line *line)
{
	const struct station_screen *c = l->screen;
	struct popup_text text = { .from_name = line->from_name,
		.text = line->text,
		.language = language_of(l),
		.can_answer = line->supervisor && c->station->chat.enabled };

	if (!l->popup) {
		if (popup_new(&l->popup) < 0)
			return;
		l->popup_number = -1;
	}
	if (popup_draw(l->popup, &text, l->w, l->h))
		viewer_set_overlay(c->viewer, VIEWER_LAYER_MESSAGE, popup_overlay(l->popup));
	if (l->popup_number == line->number)
		return;
	l->popup_number = line->number;
	uv_timer_start(&l->popup_end, handle_popup_end, POPUP_MS, 0);
}

/* The last of a supervisor that has not popped up; NULL: none. */
static const struct chat_line *find_news(const struct station_layers *l)
{
	const struct chat *chat = &l->screen->station->chat;

	for (unsigned i = chat->n; i > 0 && chat->lines[i - 1].number > l->popped; i--)
		if (chat->lines[i - 1].supervisor)
			return &chat->lines[i - 1];
	return NULL;
}

/* That a limit of the session was hit, as a message of nobody; its number is the time, below 0. */
static bool find_limit(const struct station_layers *l, struct chat_line *ret)
{
	const struct scene *scene = &l->screen->station->scene;
	bool memory = scene->limit.memory;
	int64_t at_ms = scene->limit.at_ms;

	if (at_ms <= l->limit_told_ms || at_ms < clock_real_ms() - LIMIT_NEWS_MS)
		return false;
	*ret = (struct chat_line){ .number = -at_ms,
		.at_ms = at_ms,
		.from_name = overlay_text_get(
				language_of(l), memory ? TEXT_LIMIT_MEMORY : TEXT_LIMIT_TASKS),
		.text = overlay_text_get(language_of(l),
				memory ? TEXT_LIMIT_MEMORY_HINT : TEXT_LIMIT_TASKS_HINT) };
	return true;
}

static void handle_lesson_soon(uv_timer_t *t)
{
	station_layers_update(t->data);
}

/* That the lesson ends soon, as find_limit(). Comes again when it is time. */
static bool find_lesson(struct station_layers *l, struct chat_line *ret)
{
	const struct scene *scene = &l->screen->station->scene;
	int64_t now = clock_real_ms(), left = scene->has_lesson ? scene->lesson.ends_ms - now : 0;

	uv_timer_stop(&l->lesson_soon);
	if (left > LESSON_SOON_MS)
		uv_timer_start(&l->lesson_soon, handle_lesson_soon,
				(uint64_t)(left - LESSON_SOON_MS), 0);
	if (left <= 0 || left > LESSON_SOON_MS || l->lesson_told_ms == scene->lesson.ends_ms)
		return false;
	if (!l->popup || l->popup_number != -scene->lesson.ends_ms) {
		free(l->lesson_title);
		free(l->lesson_text);
		l->lesson_title = scene_lesson_title(scene, language_of(l));
		l->lesson_text = scene_lesson_soon(scene, language_of(l), now);
	}
	if (!l->lesson_title || !l->lesson_text)
		return false;
	*ret = (struct chat_line){ .number = -scene->lesson.ends_ms,
		.at_ms = now,
		.from_name = l->lesson_title,
		.text = l->lesson_text };
	return true;
}

/* What belongs to a session goes with it. */
static void chat_forget(struct station_layers *l)
{
	struct station *s = l->screen->station;

	if (l->sending || l->raising)
		host_forget(s->stations->relay->host, l);
	l->sending = l->raising = false;
	l->popped = l->read = -1;
	l->limit_told_ms = l->lesson_told_ms = 0;
	popup_close(l);
	panel_close(l);
	refusal_set(l, NULL);
	str_wipe_free(l->draft);
	l->draft = NULL;
	str_copy(l->session, sizeof(l->session), s->scene.session);
}

static void chat_update(struct station_layers *l)
{
	const struct station_screen *c = l->screen;
	const struct chat *chat = &c->station->chat;
	int64_t last = chat->n > 0 ? chat->lines[chat->n - 1].number : 0;
	const struct chat_line *news;
	struct chat_line limit;

	if (chat->known && l->popped < 0)
		l->popped = l->read = last;
	if (chat->known && l->panel && panel_shows_messages(l->panel))
		l->popped = l->read = last;
	news = chat->known && c->shown && c->decided.chat ? find_news(l) : NULL;
	if (news)
		popup_show(l, news);
	else if (c->shown && c->decided.chat && (find_lesson(l, &limit) || find_limit(l, &limit)))
		popup_show(l, &limit);
	else
		popup_close(l);
}

static void handle_sent(struct varlink *v, const char *error, json_t *parameters, bool continues,
		int fd, void *userdata)
{
	struct station_layers *l = userdata;

	(void)v, (void)continues, (void)fd;
	l->sending = false;
	refusal_set(l, station_refusal(l->screen->station, error, parameters));
	if (!l->refusal) {
		str_wipe_free(l->draft);
		l->draft = NULL;
		if (l->panel)
			panel_set_draft(l->panel, "");
	}
	station_layers_update(l);
}

static void handle_raised(struct varlink *v, const char *error, json_t *parameters, bool continues,
		int fd, void *userdata)
{
	struct station_layers *l = userdata;

	(void)v, (void)continues, (void)fd;
	l->raising = false;
	refusal_set(l, station_refusal(l->screen->station, error, parameters));
	station_layers_update(l);
}

static void ask_send(struct station_layers *l)
{
	struct station *s = l->screen->station;
	int r;

	if (l->sending)
		return;
	r = station_chat(s, panel_get_draft(l->panel), handle_sent, l);
	l->sending = r > 0;
	refusal_set(l, r < 0 ? station_refusal(s, NULL, NULL) : NULL);
	station_layers_update(l);
}

static void ask_raise(struct station_layers *l)
{
	struct station *s = l->screen->station;
	int r;

	if (l->raising)
		return;
	r = station_act(s, s->chat.hand ? "hand_down" : "hand_up", handle_raised, l);
	l->raising = r > 0;
	refusal_set(l, r < 0 ? station_refusal(s, NULL, NULL) : NULL);
	station_layers_update(l);
}

/* --- the panel's answers --- */

static void panel_follow(struct station_layers *l, enum panel_answer answer)
{
	static const char *const acts[] = { [PANEL_SUSPEND] = "suspend",
		[PANEL_LOCK] = "lock",
		[PANEL_LOGOFF] = "logoff",
		[PANEL_MORE_TIME] = "more_time" };

	switch (answer) {
	case PANEL_NOTHING:
		break;
	case PANEL_CHANGED:
		viewer_set_overlay(l->screen->viewer, VIEWER_LAYER_PANEL, panel_overlay(l->panel));
		chat_update(l);
		panel_refresh(l);
		break;
	case PANEL_SEND:
		ask_send(l);
		break;
	case PANEL_HAND:
		ask_raise(l);
		break;
	case PANEL_CLOSE:
		panel_close(l);
		break;
	default:
		panel_close(l);
		(void)station_act(l->screen->station, acts[answer], NULL, NULL);
	}
}

void station_layers_update(struct station_layers *l)
{
	const struct station_screen *c = l->screen;

	if (!streq(l->session, c->station->scene.session) ||
			(!c->station->chat.known && l->popped >= 0))
		chat_forget(l);
	if (!c->shown) {
		panel_close(l);
		return; /* the last frame stays as it is */
	}
	viewer_get_layer_size(c->viewer, &l->w, &l->h);
	identify_update(l);
	notice_update(l);
	sign_update(l);
	chat_update(l);
	panel_refresh(l);
}

/* --- input --- */

static void note_modifier(struct station_layers *l, uint32_t keysym, bool down)
{
	if (keysym == KEYSYM_CONTROL_L || keysym == KEYSYM_CONTROL_R)
		l->control = down;
	/* Some viewers send Meta where Shift was pressed before Alt. */
	if (keysym == KEYSYM_ALT_L || keysym == KEYSYM_ALT_R || keysym == KEYSYM_META_L)
		l->alt = down;
	if (keysym == KEYSYM_ALT_L)
		l->alt_left = down;
}

static bool filter_key(void *userdata, uint32_t keysym, uint32_t keycode, bool down)
{
	struct station_layers *l = ((struct station_screen *)userdata)->layers;
	bool opens = l->control && l->alt && (keysym == KEYSYM_HOME || keysym == KEYSYM_KP_HOME);

	(void)keycode;
	note_modifier(l, keysym, down);
	if (l->panel) {
		if (down)
			panel_follow(l, opens ? PANEL_CLOSE
					      : panel_key(l->panel, keysym,
								!l->control && !l->alt_left));
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
	bool inside = x + CORNER_SIDE >= l->w && y < CORNER_SIDE;

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
	uv_timer_init(loop, &l->popup_end);
	uv_timer_init(loop, &l->lesson_soon);
	l->countdown.data = l->corner.data = l->popup_end.data = l->lesson_soon.data = l;
	l->n_handles = 4;
	l->popped = l->read = -1;
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
	if (l->sending || l->raising)
		host_forget(l->screen->station->stations->relay->host, l);
	notice_free(l->notice);
	sign_free(l->sign);
	panel_free(l->panel);
	popup_free(l->popup);
	identify_free(l->identify);
	str_wipe_free(l->draft);
	free(l->refusal);
	free(l->lesson_title);
	free(l->lesson_text);
	facts_forget(l);
	uv_close((uv_handle_t *)&l->countdown, handle_closed);
	uv_close((uv_handle_t *)&l->corner, handle_closed);
	uv_close((uv_handle_t *)&l->popup_end, handle_closed);
	uv_close((uv_handle_t *)&l->lesson_soon, handle_closed);
	return NULL;
}
