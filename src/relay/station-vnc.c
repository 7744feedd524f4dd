/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A VNC viewer. Its life:
 *
 *   handshake -> (X509Plain) credentials -> ready -> what its scene says -> gone
 *
 * It becomes a station at stationd when it is ready, or with its credentials, for which a station
 * is needed to log in at. Credentials wait until stationd has answered; the log-in's result is
 * RFB's security result. Further questions of PAM are asked in the greeter.
 *
 * What is on the screen is up to station-screen.c. This is the greeter, which also is the lock and
 * the card that waits, and the conversations behind it. It is made when it is first needed and
 * dropped while something else is shown, so that twenty stations hold no twenty unseen pictures.
 * Whoever changes state calls show().
 *
 * Calls into the viewer may end it (handle_gone) only from its own input, never from within
 * station_screen_update() and the like, so *this stays valid through show().
 */
#include "relay/station-vnc.h"

#include <assert.h>
#include <string.h>

#include "base/log.h"
#include "relay/login.h"
#include "relay/overlay.h"
#include "relay/said.h"
#include "relay/station-screen.h"
#include "relay/station.h"
#include "relay/text.h"
#include "relay/viewer-rfb.h"

enum {
	HANDSHAKE_MS = 30 * 1000,
	CREDENTIALS_MS = 120 * 1000, /* PAM may ask a slow server */
};

enum credentials { CREDENTIALS_NONE, CREDENTIALS_WAITING, CREDENTIALS_ANSWERED };

struct vnc_station {
	struct station station;
	const struct vnc_station_events *events;
	void *userdata;
	struct station_screen screen;
	uv_timer_t deadline; /* of handshake and credentials */
	bool ready;
	bool freed;
	enum credentials credentials;
	char *user, *password; /* until the station is known */
	struct login *login;
	enum scene_kind login_kind; /* where it began */
	json_t *prompts;            /* asked before the viewer was ready; else NULL */
	char *prompt_messages;
	char *notice; /* has to be accepted, and is not shown yet; else NULL */
	struct greeter *greeter;
	bool greeter_asks; /* the greeter shows prompts or a notice: do not replace them */
	/* What the greeter shows. */
	bool greeter_known;
	enum scene_kind greeter_kind;
	enum scene_picture greeter_state;
	bool info_asked;
	json_t *info;         /* Login.Info */
	char *failure;        /* shown with the log-in, until the scene is another */
	enum scene_kind kind; /* of the scene that was shown last */
};

static void show(struct vnc_station *s);
static void credentials_accept(struct vnc_station *s);

static struct vnc_station *vnc_of(struct station *s)
{
	return (struct vnc_station *)((char *)s - offsetof(struct vnc_station, station));
}

static struct relay *relay_of(struct vnc_station *s)
{
	return s->station.stations->relay;
}

static const char *text_of(struct vnc_station *s, enum text text)
{
	return text_get(relay_of(s)->language, text);
}

static void handle_timer_closed(uv_handle_t *t)
{
	free(t->data);
}

static void credentials_wipe(struct vnc_station *s)
{
	str_wipe_free(s->password);
	free(s->user);
	s->password = s->user = NULL;
}

static void greeter_drop(struct vnc_station *s)
{
	s->greeter = greeter_free(s->greeter);
	s->greeter_asks = s->greeter_known = false;
}

struct vnc_station *vnc_station_free(struct vnc_station *s)
{
	if (s->freed)
		return NULL;
	s->freed = true;
	s->login = login_free(s->login);
	if (s->info_asked)
		host_forget(relay_of(s)->host, &s->info);
	station_screen_done(&s->screen);
	greeter_drop(s);
	credentials_wipe(s);
	json_decref(s->prompts);
	json_decref(s->info);
	free(s->prompt_messages);
	free(s->notice);
	free(s->failure);
	station_done(&s->station);
	s->events->handle_gone(s->userdata);
	uv_close((uv_handle_t *)&s->deadline, handle_timer_closed);
	return NULL;
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
static int login_begin(
		struct vnc_station *s, const char *user, const char *password, const char *desktop)
{
	struct login_request request = { .station = s->station.id,
		.unlocks = s->station.scene.kind == SCENE_LOCK,
		.user = user,
		.password = password,
		.desktop = desktop,
		.address = s->station.address,
		.language = relay_of(s)->language };

	if (!s->station.known)
		return -ENOTCONN;
	viewer_get_client_size(s->screen.viewer, &request.width, &request.height);
	s->login = login_free(s->login);
	s->login_kind = s->station.scene.kind;
	return login_start(relay_of(s)->host, &request, &login_events, s, &s->login);
}

static void failure_set(struct vnc_station *s, const char *text)
{
	free(s->failure);
	s->failure = text ? strdup(text) : NULL;
}

static void handle_greeter_login(struct greeter *g, const char *user, char *password,
		const char *desktop, void *userdata)
{
	struct vnc_station *s = userdata;

	(void)g;
	failure_set(s, NULL);
	if (login_begin(s, user, password, desktop) < 0)
		failure_set(s, text_of(s, TEXT_NOT_READY));
	s->greeter_known = false;
	show(s);
}

static void handle_greeter_unlock(struct greeter *g, char *password, void *userdata)
{
	struct vnc_station *s = userdata;

	handle_greeter_login(g, s->station.scene.user, password, NULL, userdata);
}

static void handle_greeter_switch(struct greeter *g, void *userdata)
{
	struct vnc_station *s = userdata;

	(void)g;
	(void)station_act(&s->station, "suspend", NULL, NULL);
}

static void handle_greeter_answers(
		struct greeter *g, char *const *answers, size_t n, void *userdata)
{
	struct vnc_station *s = userdata;

	(void)g;
	s->greeter_asks = false;
	s->greeter_known = false;
	if (s->login)
		login_answer(s->login, answers, n);
	show(s);
}

static void handle_greeter_accept(struct greeter *g, void *userdata)
{
	struct vnc_station *s = userdata;

	(void)g;
	s->greeter_asks = false;
	s->greeter_known = false;
	if (s->login)
		login_accept(s->login);
	show(s);
}

static void handle_greeter_cancel(struct greeter *g, void *userdata)
{
	struct vnc_station *s = userdata;

	(void)g;
	s->login = login_free(s->login);
	failure_set(s, NULL);
	s->greeter_asks = false;
	s->greeter_known = false;
	show(s);
}

static const struct greeter_events greeter_events = {
	.handle_login = handle_greeter_login,
	.handle_answers = handle_greeter_answers,
	.handle_unlock = handle_greeter_unlock,
	.handle_switch = handle_greeter_switch,
	.handle_accept = handle_greeter_accept,
	.handle_cancel = handle_greeter_cancel,
};

static void greeter_fill_desktops(struct vnc_station *s)
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
	struct vnc_station *s = (struct vnc_station *)((char *)userdata -
						       offsetof(struct vnc_station, info));

	(void)v, (void)continues, (void)fd;
	s->info_asked = false;
	if (error || !parameters)
		return;
	json_decref(s->info);
	s->info = json_incref(parameters);
	greeter_fill_desktops(s);
}

/* Asked anew with each greeter: a desktop may have been installed meanwhile. */
static void info_ask(struct vnc_station *s)
{
	struct varlink_request request = { .method = "org.stationmaster.Login.Info" };

	if (s->info_asked)
		return;
	s->info_asked = true;
	if (host_call(relay_of(s)->host, &request, handle_info, &s->info) < 0)
		s->info_asked = false;
}

/* In the size that the viewer has: no window changes because somebody locked the session. */
static void greeter_fit(struct vnc_station *s)
{
	struct picture *p = greeter_picture(s->greeter);
	uint16_t w, h;

	viewer_get_size(s->screen.viewer, &w, &h);
	if (w > 0 && h > 0)
		p->input->resize(p->input_userdata, w, h);
}

static int greeter_need(struct vnc_station *s)
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

static void greeter_ask(struct vnc_station *s, json_t *prompts, const char *messages)
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

static enum text busy_text(const struct vnc_station *s)
{
	switch (s->station.scene.kind) {
	case SCENE_SESSION:
		return TEXT_STARTING;
	case SCENE_LOCK:
		return TEXT_UNLOCKING;
	default:
		return TEXT_SIGNING_IN;
	}
}

static void greeter_show(struct vnc_station *s, enum scene_picture picture)
{
	const struct scene *scene = &s->station.scene;
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
		greeter_show_login(
				s->greeter, str_is_empty(text) ? NULL : text, s->failure != NULL);
	}
}

static struct vnc_station *vnc_of_screen(struct station_screen *c)
{
	return list_entry(c, struct vnc_station, screen);
}

static struct picture *handle_greeter(struct station_screen *c, enum scene_picture picture)
{
	struct vnc_station *s = vnc_of_screen(c);
	enum scene_kind kind = s->station.scene.kind;

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

static void show(struct vnc_station *s)
{
	if (!s->ready || s->freed)
		return;
	s->screen.login_runs = s->login != NULL;
	station_screen_update(&s->screen);
	if (s->greeter && s->screen.shown != greeter_picture(s->greeter))
		greeter_drop(s);
}

/* --- log-in --- */

/* X509Plain: the viewer may go on; what is left to say comes in the greeter. */
static void credentials_accept(struct vnc_station *s)
{
	if (s->credentials != CREDENTIALS_WAITING)
		return;
	s->credentials = CREDENTIALS_ANSWERED;
	viewer_rfb_accept(s->screen.viewer);
}

static void handle_prompts(struct login *l, json_t *prompts, const char *messages, void *userdata)
{
	struct vnc_station *s = userdata;

	(void)l;
	json_decref(s->prompts);
	free(s->prompt_messages);
	s->prompts = json_incref(prompts);
	s->prompt_messages = strdup(messages);
	credentials_accept(s);
	show(s);
}

static void handle_login_notice(struct login *l, const char *text, void *userdata)
{
	struct vnc_station *s = userdata;

	(void)l;
	free(s->notice);
	s->notice = strdup(text);
	if (!s->notice) {
		handle_login_failed(l, text_of(s, TEXT_NOT_READY), userdata);
		return;
	}
	credentials_accept(s);
	show(s);
}

static void handle_login_failed(struct login *l, const char *text, void *userdata)
{
	struct vnc_station *s = userdata;

	(void)l;
	free(take_ptr(s->notice));
	s->greeter_asks = false;
	if (s->credentials == CREDENTIALS_WAITING) {
		s->credentials = CREDENTIALS_ANSWERED;
		viewer_refuse(s->screen.viewer, text); /* the viewer's end follows */
		s->login = login_free(s->login);
		return;
	}
	failure_set(s, text);
	s->login = login_free(s->login);
	s->greeter_known = false;
	show(s);
}

static void handle_login_done(struct login *l, const char *messages, void *userdata)
{
	struct vnc_station *s = userdata;

	(void)l, (void)messages;
	s->greeter_asks = false;
	/* s->login stays until the scene comes: the greeter says "busy" until then. */
	credentials_accept(s);
	show(s);
}

/* The station is known: try the credentials that came with the connection. */
static void credentials_try(struct vnc_station *s)
{
	int r;

	if (s->credentials != CREDENTIALS_WAITING || !s->user || !s->station.known)
		return;
	r = login_begin(s, s->user, s->password, NULL);
	credentials_wipe(s);
	if (r < 0) {
		s->credentials = CREDENTIALS_ANSWERED;
		viewer_refuse(s->screen.viewer, text_of(s, TEXT_NOT_READY));
	}
}

/* --- station --- */

static void handle_changed(struct station *station)
{
	struct vnc_station *s = vnc_of(station);

	if (s->freed)
		return;
	/* A log-in ends with its scene, which may come before its answer. */
	if (s->login && station->scene.kind != s->login_kind) {
		credentials_accept(s);
		s->login = login_free(s->login);
	}
	if (station->scene.kind != s->kind)
		failure_set(s, NULL);
	s->kind = station->scene.kind;
	credentials_try(s);
	show(s);
}

static void handle_station_gone(struct station *station)
{
	vnc_station_free(vnc_of(station));
}

static void handle_cut_text(struct station *station, const char *utf8)
{
	struct vnc_station *s = vnc_of(station);

	station_screen_send_cut_text(&s->screen, utf8);
}

static const struct station_ops vnc_ops = {
	.kind = "vnc",
	.close_now = true,
	.handle_changed = handle_changed,
	.handle_gone = handle_station_gone,
	.handle_stop = handle_station_gone,
	.handle_cut_text = handle_cut_text,
};

/* --- viewer --- */

static void handle_deadline(uv_timer_t *t)
{
	struct vnc_station *s = t->data;

	if (s->credentials == CREDENTIALS_WAITING) {
		s->credentials = CREDENTIALS_ANSWERED;
		uv_timer_start(&s->deadline, handle_deadline, HANDSHAKE_MS, 0);
		viewer_refuse(s->screen.viewer, text_of(s, TEXT_TOO_SLOW));
		return;
	}
	log_info("VNC viewer did not finish its handshake in time peer=%s", s->station.address);
	vnc_station_free(s);
}

static void handle_credentials(struct viewer *v, const char *user, char *password, void *userdata)
{
	struct vnc_station *s = userdata;

	(void)v;
	s->credentials = CREDENTIALS_WAITING;
	s->user = strdup(user);
	s->password = strdup(password);
	if (!s->user || !s->password) {
		credentials_wipe(s);
		s->credentials = CREDENTIALS_ANSWERED;
		viewer_refuse(s->screen.viewer, text_of(s, TEXT_NOT_READY));
		return;
	}
	uv_timer_start(&s->deadline, handle_deadline, CREDENTIALS_MS, 0);
	station_register(&s->station);
	credentials_try(s);
}

static void handle_ready(struct viewer *v, bool credentials_given, void *userdata)
{
	struct vnc_station *s = userdata;

	(void)credentials_given;
	s->ready = true;
	uv_timer_stop(&s->deadline);
	s->events->handle_established(s->userdata);
	log_info("VNC viewer connected: %s peer=%s", viewer_describe(v), s->station.address);
	station_register(&s->station);
	show(s);
}

static void handle_activity(struct viewer *v, void *userdata)
{
	struct vnc_station *s = userdata;

	(void)v;
	if (station_screen_is_session(&s->screen))
		station_note_activity(&s->station);
}

static void handle_viewer_gone(struct viewer *v, const char *reason, void *userdata)
{
	struct vnc_station *s = userdata;

	(void)v;
	if (s->ready)
		log_info("VNC viewer left: %s peer=%s", reason, s->station.address);
	else
		log_debug("VNC connection ended: %s peer=%s", reason, s->station.address);
	vnc_station_free(s);
}

static const struct viewer_events viewer_events = {
	.handle_credentials = handle_credentials,
	.handle_ready = handle_ready,
	.handle_activity = handle_activity,
	.handle_gone = handle_viewer_gone,
};

int vnc_station_new(struct relay *relay, struct stream *stream,
		const struct vnc_station_events *events, void *userdata, struct vnc_station **ret)
{
	char secret[STR_TOKEN_LEN + 1], address[ADDRESS_TEXT_MAX];
	struct vnc_station *s;
	struct viewer *viewer;
	int r;

	r = str_random_token(secret);
	if (r < 0)
		return r;
	s = calloc(1, sizeof(*s));
	if (!s)
		return -ENOMEM;
	str_copy(address, sizeof(address), stream->peer);
	s->events = events;
	s->userdata = userdata;
	r = station_init(&s->station, relay->stations, &vnc_ops, secret, address);
	if (r == 0)
		r = station_screen_init(&s->screen, &s->station, &screen_ops, true);
	if (r == 0)
		r = viewer_rfb_new(relay->loop, stream, VIEWER_SECURITY_VENCRYPT, &viewer_events, s,
				&viewer);
	explicit_bzero(secret, sizeof(secret));
	if (r < 0) {
		station_screen_done(&s->screen);
		station_done(&s->station);
		free(s);
		return r;
	}
	station_screen_take_viewer(&s->screen, viewer);
	uv_timer_init(relay->loop, &s->deadline);
	s->deadline.data = s;
	uv_timer_start(&s->deadline, handle_deadline, HANDSHAKE_MS, 0);
	*ret = s;
	return 0;
}
