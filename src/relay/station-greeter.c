/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The greeter of a station whose screen the relay draws: log-in, lock and the card that waits, and
 * the conversations behind them. What is on the screen is up to station-screen.c.
 *
 * The greeter is made when it is first needed and dropped while something else is shown, so that
 * twenty stations hold no twenty unseen pictures. Whoever changes state calls
 * station_greeter_show().
 *
 * Calls into the viewer may end it (handle_gone) only from its own input, never from within
 * station_screen_update() and the like, so *this stays valid through it.
 */
#include "relay/station-greeter.h"

#include <string.h>

#include "base/clock.h"
#include "relay/said.h"
#include "relay/station.h"
#include "relay/text.h"
#include "relay/viewer.h"

static struct station *station_of(const struct station_greeter *s)
{
	return s->screen.station;
}

static struct relay *relay_of(const struct station_greeter *s)
{
	return station_of(s)->stations->relay;
}

static const char *text_of(const struct station_greeter *s, enum text text)
{
	return text_get(relay_of(s)->language, text);
}

static void greeter_drop(struct station_greeter *s)
{
	s->greeter = greeter_free(s->greeter);
	s->greeter_asks = s->greeter_known = false;
}

/* There is something for the person to see. */
static void tell_passed(struct station_greeter *s)
{
	if (s->ops && s->ops->handle_passed)
		s->ops->handle_passed(s);
}

/* --- greeter --- */

static void handle_prompts(struct login *l, json_t *prompts, const char *messages, void *userdata);
static void handle_login_notice(struct login *l, const char *text, void *userdata);
static void handle_login_failed(struct login *l, const char *text, void *userdata);
static void handle_login_done(struct login *l, const char *messages, void *userdata);

static const struct login_events login_events = {
	.handle_prompts = handle_prompts,
	.handle_notice = handle_login_notice,
	.handle_failed = handle_login_failed,
	.handle_done = handle_login_done,
};

/* user and password are borrowed. */
static int login_begin(struct station_greeter *s, const char *user, const char *password,
		const char *desktop)
{
	struct login_request request = { .station = station_of(s)->id,
		.unlocks = station_of(s)->scene.kind == SCENE_LOCK,
		.user = user,
		.password = password,
		.desktop = desktop,
		.address = station_of(s)->address,
		.language = relay_of(s)->language };

	if (!station_of(s)->known)
		return -ENOTCONN;
	viewer_get_client_size(s->screen.viewer, &request.width, &request.height);
	s->login = login_free(s->login);
	s->login_kind = station_of(s)->scene.kind;
	return login_start(relay_of(s)->host, &request, &login_events, s, &s->login);
}

static void failure_set(struct station_greeter *s, const char *text)
{
	free(s->failure);
	s->failure = text ? strdup(text) : NULL;
}

static void handle_greeter_login(struct greeter *g, const char *user, char *password,
		const char *desktop, void *userdata)
{
	struct station_greeter *s = userdata;

	(void)g;
	failure_set(s, NULL);
	if (login_begin(s, user, password, desktop) < 0)
		failure_set(s, text_of(s, TEXT_NOT_READY));
	s->greeter_known = false;
	station_greeter_show(s);
}

static void handle_greeter_unlock(struct greeter *g, char *password, void *userdata)
{
	struct station_greeter *s = userdata;

	handle_greeter_login(g, station_of(s)->scene.user, password, NULL, userdata);
}

static void handle_greeter_switch(struct greeter *g, void *userdata)
{
	struct station_greeter *s = userdata;

	(void)g;
	(void)station_act(station_of(s), "suspend", NULL, NULL);
}

static void handle_greeter_answers(
		struct greeter *g, char *const *answers, size_t n, void *userdata)
{
	struct station_greeter *s = userdata;

	(void)g;
	s->greeter_asks = false;
	s->greeter_known = false;
	if (s->login)
		login_answer(s->login, answers, n);
	station_greeter_show(s);
}

static void handle_greeter_accept(struct greeter *g, void *userdata)
{
	struct station_greeter *s = userdata;

	(void)g;
	s->greeter_asks = false;
	s->greeter_known = false;
	if (s->login)
		login_accept(s->login);
	station_greeter_show(s);
}

static void handle_greeter_cancel(struct greeter *g, void *userdata)
{
	struct station_greeter *s = userdata;

	(void)g;
	s->login = login_free(s->login);
	failure_set(s, NULL);
	s->greeter_asks = false;
	s->greeter_known = false;
	station_greeter_show(s);
}

static bool auto_is_shown(const struct station_greeter *s)
{
	return station_of(s)->scene.kind == SCENE_GREETER && station_of(s)->scene.auto_name &&
	       !s->held && !s->login;
}

/* Who presses a key wants to log in; the key itself was for that and not for the field. */
static bool handle_greeter_use(struct greeter *g, void *userdata)
{
	struct station_greeter *s = userdata;

	(void)g;
	if (!auto_is_shown(s))
		return false;
	s->held = true;
	(void)station_hold(station_of(s), NULL, NULL);
	s->greeter_known = false;
	station_greeter_show(s);
	return true;
}

static const struct greeter_events greeter_events = {
	.handle_use = handle_greeter_use,
	.handle_login = handle_greeter_login,
	.handle_answers = handle_greeter_answers,
	.handle_unlock = handle_greeter_unlock,
	.handle_switch = handle_greeter_switch,
	.handle_accept = handle_greeter_accept,
	.handle_cancel = handle_greeter_cancel,
};

static void greeter_fill_desktops(struct station_greeter *s)
{
	json_t *list = json_object_get(s->info, "desktops"), *item;
	const char *preferred = json_string_value(json_object_get(s->info, "default_desktop"));
	struct greeter_desktop desktops[64];
	size_t i, n = 0;

	json_array_foreach (list, i, item) {
		const char *id = json_string_value(json_object_get(item, "id"));
		const char *name = json_string_value(json_object_get(item, "name"));

		if (id && name && n < ELEMENTSOF(desktops))
			desktops[n++] = (struct greeter_desktop){ .id = id, .name = name };
	}
	if (s->greeter && n > 0)
		greeter_set_desktops(s->greeter, desktops, n, preferred ? preferred : "");
}

static void handle_info(struct varlink *v, const char *error, json_t *parameters, bool continues,
		int fd, void *userdata)
{
	struct station_greeter *s =
			(struct station_greeter *)((char *)userdata -
						   offsetof(struct station_greeter, info));

	(void)v, (void)continues, (void)fd;
	s->info_asked = false;
	if (error || !parameters)
		return;
	json_decref(s->info);
	s->info = json_incref(parameters);
	greeter_fill_desktops(s);
}

/* Asked anew with each greeter: a desktop may have been installed meanwhile. */
static void info_ask(struct station_greeter *s)
{
	struct varlink_request request = { .method = "org.stationmaster.Login.Info" };

	if (s->info_asked)
		return;
	s->info_asked = true;
	if (host_call(relay_of(s)->host, &request, handle_info, &s->info) < 0)
		s->info_asked = false;
}

/* In the size that the viewer has: no window changes because somebody locked the session. */
static void greeter_fit(struct station_greeter *s)
{
	struct picture *p = greeter_picture(s->greeter);
	uint16_t w, h;

	viewer_get_size(s->screen.viewer, &w, &h);
	if (w > 0 && h > 0)
		p->input->resize(p->input_userdata, w, h);
}

static int greeter_need(struct station_greeter *s)
{
	char host[256] = "Stationmaster";
	const char *name = relay_of(s)->conf->system_name;
	int r;

	if (s->greeter)
		return 0;
	if (str_is_empty(name) && gethostname(host, sizeof(host) - 1) == 0)
		name = host;
	r = greeter_new(name, relay_of(s)->language, &greeter_events, s, &s->greeter);
	if (r < 0)
		return r;
	greeter_fit(s);
	greeter_fill_desktops(s);
	info_ask(s);
	return 0;
}

static void greeter_ask(struct station_greeter *s, json_t *prompts, const char *messages)
{
	struct greeter_prompt list[LOGIN_PROMPTS_MAX];
	char *texts[LOGIN_PROMPTS_MAX];
	size_t i, n = 0;
	json_t *item;

	json_array_foreach (prompts, i, item) {
		const char *text = json_string_value(json_object_get(item, "text"));

		if (n == LOGIN_PROMPTS_MAX)
			break;
		texts[n] = said_text(relay_of(s)->language, text ? text : "");
		list[n] = (struct greeter_prompt){ .text = texts[n] ? texts[n] : "",
			.echo = json_is_true(json_object_get(item, "echo")) };
		n++;
	}
	greeter_show_prompts(s->greeter, list, n, messages);
	while (n > 0)
		free(texts[--n]);
	s->greeter_asks = true;
}

/* --- the screen --- */

static enum text busy_text(const struct station_greeter *s)
{
	switch (station_of(s)->scene.kind) {
	case SCENE_SESSION:
		return TEXT_STARTING;
	case SCENE_LOCK:
		return TEXT_UNLOCKING;
	default:
		return TEXT_SIGNING_IN;
	}
}

/* Whole ones that are left; at least one as long as any time is. */
static int64_t auto_seconds(const struct station_greeter *s)
{
	int64_t left = station_of(s)->scene.auto_ms - clock_real_ms();

	return left > 0 ? (left + 999) / 1000 : 0;
}

static void handle_tick(uv_timer_t *t);

/* Only while there is something to count: else nothing wakes up. */
static void tick_follow(struct station_greeter *s)
{
	int64_t left = station_of(s)->scene.auto_ms - clock_real_ms();

	if (!auto_is_shown(s) || left <= 0) {
		if (s->tick)
			uv_timer_stop(s->tick);
		return;
	}
	if (!s->tick) {
		s->tick = calloc(1, sizeof(*s->tick));
		if (!s->tick)
			return; /* it says the first number until it is over */
		uv_timer_init(relay_of(s)->loop, s->tick);
		s->tick->data = s;
	}
	uv_timer_start(s->tick, handle_tick, (uint64_t)((left - 1) % 1000 + 1), 0);
}

static void handle_tick(uv_timer_t *t)
{
	struct station_greeter *s = t->data;

	if (!auto_is_shown(s))
		return; /* somebody may be typing */
	s->greeter_known = false;
	station_greeter_show(s);
	tick_follow(s);
}

/* text: what else there is to say, or NULL. Owned. */
static char *auto_text(const struct station_greeter *s, const char *text)
{
	const char *name = station_of(s)->scene.auto_name, *before = text ? text : "";
	const char *line = str_is_empty(text) ? "" : "\n";
	int64_t seconds = auto_seconds(s);

	if (seconds == 0)
		return str_format("%s%s%s %s", before, line, name, text_of(s, TEXT_AUTO_NOW));
	return str_format("%s%s%s %s %lld %s", before, line, name, text_of(s, TEXT_AUTO_IN),
			(long long)seconds, text_of(s, TEXT_AUTO_KEY));
}

static void greeter_show(struct station_greeter *s, enum scene_picture picture)
{
	const struct scene *scene = &station_of(s)->scene;
	_cleanup_free_ char *text = NULL;

	if (s->prompts) {
		greeter_ask(s, s->prompts, s->prompt_messages ? s->prompt_messages : "");
		json_decref(s->prompts);
		s->prompts = NULL;
		return;
	}
	if (s->notice) {
		_cleanup_free_ char *notice = take_ptr(s->notice);

		greeter_show_notice(s->greeter, notice);
		s->greeter_asks = true;
		return;
	}
	if (s->greeter_asks && picture == SCENE_PICTURE_BUSY)
		return;
	s->greeter_asks = false;
	switch (picture) {
	case SCENE_PICTURE_WAITING:
		greeter_show_busy(s->greeter, text_of(s, TEXT_WAITING));
		break;
	case SCENE_PICTURE_BUSY:
		greeter_show_busy(s->greeter, text_of(s, busy_text(s)));
		break;
	case SCENE_PICTURE_LOCK:
		greeter_show_unlock(s->greeter, *scene->full_name ? scene->full_name : scene->user,
				s->failure, s->failure != NULL);
		break;
	default:
		text = said_text(relay_of(s)->language, s->failure ? s->failure : scene->text);
		if (auto_is_shown(s)) {
			char *both = auto_text(s, text);

			free(text);
			text = both;
		}
		greeter_show_login(
				s->greeter, str_is_empty(text) ? NULL : text, s->failure != NULL);
	}
}

static struct picture *handle_greeter(struct station_screen *c, enum scene_picture picture)
{
	struct station_greeter *s = list_entry(c, struct station_greeter, screen);
	enum scene_kind kind = station_of(s)->scene.kind;

	if (greeter_need(s) < 0)
		return NULL;
	if (!s->greeter_known || s->greeter_state != picture || s->greeter_kind != kind ||
			s->prompts || s->notice)
		greeter_show(s, picture);
	s->greeter_known = true;
	s->greeter_state = picture;
	s->greeter_kind = kind;
	return greeter_picture(s->greeter);
}

static const struct station_screen_ops screen_ops = { .handle_greeter = handle_greeter };

void station_greeter_show(struct station_greeter *s)
{
	if (!s->ready)
		return;
	s->screen.login_runs = s->login != NULL;
	station_screen_update(&s->screen);
	if (s->greeter && s->screen.shown != greeter_picture(s->greeter))
		greeter_drop(s);
}

/* --- log-in --- */

static void handle_prompts(struct login *l, json_t *prompts, const char *messages, void *userdata)
{
	struct station_greeter *s = userdata;

	(void)l;
	json_decref(s->prompts);
	free(s->prompt_messages);
	s->prompts = json_incref(prompts);
	s->prompt_messages = strdup(messages);
	tell_passed(s);
	station_greeter_show(s);
}

static void handle_login_notice(struct login *l, const char *text, void *userdata)
{
	struct station_greeter *s = userdata;

	(void)l;
	free(s->notice);
	s->notice = strdup(text);
	if (!s->notice) {
		handle_login_failed(l, text_of(s, TEXT_NOT_READY), userdata);
		return;
	}
	tell_passed(s);
	station_greeter_show(s);
}

static void handle_login_failed(struct login *l, const char *text, void *userdata)
{
	struct station_greeter *s = userdata;

	(void)l;
	free(take_ptr(s->notice));
	s->greeter_asks = false;
	if (s->ops && s->ops->handle_refused && s->ops->handle_refused(s, text)) {
		s->login = login_free(s->login);
		return;
	}
	failure_set(s, text);
	s->login = login_free(s->login);
	s->greeter_known = false;
	station_greeter_show(s);
}

static void handle_login_done(struct login *l, const char *messages, void *userdata)
{
	struct station_greeter *s = userdata;

	(void)l, (void)messages;
	s->greeter_asks = false;
	/* s->login stays until the scene comes: the greeter says "busy" until then. */
	tell_passed(s);
	station_greeter_show(s);
}

int station_greeter_log_in(struct station_greeter *s, const char *user, const char *password)
{
	return login_begin(s, user, password, NULL);
}

/* --- life --- */

int station_greeter_init(struct station_greeter *s, struct station *station,
		const struct station_greeter_ops *ops)
{
	s->ops = ops;
	return station_screen_init(&s->screen, station, &screen_ops, true);
}

void station_greeter_start(struct station_greeter *s)
{
	s->ready = true;
	station_greeter_show(s);
}

void station_greeter_handle_changed(struct station_greeter *s)
{
	enum scene_kind kind = station_of(s)->scene.kind;

	/* A log-in ends with its scene, which may come before its answer. */
	if (s->login && kind != s->login_kind) {
		tell_passed(s);
		s->login = login_free(s->login);
	}
	if (kind != s->kind)
		failure_set(s, NULL);
	s->kind = kind;
	if (!station_of(s)->scene.auto_name)
		s->held = false;
	/* Held since before there was anything to put off. */
	if (auto_is_shown(s) && s->screen.viewer && viewer_is_shift_held(s->screen.viewer)) {
		s->held = true;
		(void)station_hold(station_of(s), NULL, NULL);
	}
	/* What was typed meanwhile stays. */
	if (auto_is_shown(s) != s->auto_told) {
		s->auto_told = auto_is_shown(s);
		s->greeter_known = s->greeter_known && !s->auto_told;
	}
	station_greeter_show(s);
	tick_follow(s);
}

static void handle_tick_closed(uv_handle_t *h)
{
	free(h);
}

void station_greeter_done(struct station_greeter *s)
{
	if (!s->screen.station)
		return;
	s->ready = false;
	if (s->tick)
		uv_close((uv_handle_t *)s->tick, handle_tick_closed);
	s->tick = NULL;
	s->login = login_free(s->login);
	if (s->info_asked)
		host_forget(relay_of(s)->host, &s->info);
	station_screen_done(&s->screen);
	greeter_drop(s);
	json_decref(s->prompts);
	json_decref(s->info);
	free(s->prompt_messages);
	free(s->notice);
	free(s->failure);
}
