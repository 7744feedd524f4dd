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
 * Credentials whose user name begins with "@" are the station's own: the password is its ticket,
 * and so its secret at stationd. It is the same station then wherever it connects from, and shows
 * its session again when it comes back in time. The newer one takes the place of an older one.
 */
#include "relay/station-vnc.h"

#include <assert.h>
#include <string.h>

#include "base/log.h"
#include "relay/station-greeter.h"
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
	struct station_greeter greeter;
	uv_timer_t deadline; /* of handshake and credentials */
	bool ready;
	bool opened; /* of the ticket: stationd knows the station */
	bool freed;
	enum credentials credentials;
	char *user, *password; /* until the station is known */
};

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

static struct viewer *viewer_of(struct vnc_station *s)
{
	return s->greeter.screen.viewer;
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

struct vnc_station *vnc_station_free(struct vnc_station *s)
{
	if (s->freed)
		return NULL;
	s->freed = true;
	station_greeter_done(&s->greeter);
	credentials_wipe(s);
	station_done(&s->station);
	s->events->handle_gone(s->userdata);
	uv_close((uv_handle_t *)&s->deadline, handle_timer_closed);
	return NULL;
}

/* --- credentials --- */

static struct vnc_station *vnc_of_greeter(struct station_greeter *g)
{
	return list_entry(g, struct vnc_station, greeter);
}

/* X509Plain: the viewer may go on; what is left to say comes in the greeter. */
static void handle_passed(struct station_greeter *g)
{
	struct vnc_station *s = vnc_of_greeter(g);

	if (s->credentials != CREDENTIALS_WAITING)
		return;
	s->credentials = CREDENTIALS_ANSWERED;
	viewer_rfb_accept(viewer_of(s));
}

static bool handle_refused(struct station_greeter *g, const char *text)
{
	struct vnc_station *s = vnc_of_greeter(g);

	if (s->credentials != CREDENTIALS_WAITING)
		return false;
	s->credentials = CREDENTIALS_ANSWERED;
	viewer_refuse(viewer_of(s), text); /* the viewer's end follows */
	return true;
}

static const struct station_greeter_ops greeter_ops = {
	.handle_passed = handle_passed,
	.handle_refused = handle_refused,
};

/* The station is known: try the credentials that came with the connection. */
static void credentials_try(struct vnc_station *s)
{
	int r;

	if (s->credentials != CREDENTIALS_WAITING || !s->user || !s->station.known)
		return;
	r = station_greeter_log_in(&s->greeter, s->user, s->password);
	credentials_wipe(s);
	if (r < 0) {
		s->credentials = CREDENTIALS_ANSWERED;
		viewer_refuse(viewer_of(s), text_of(s, TEXT_NOT_READY));
	}
}

/* --- station --- */

static void handle_changed(struct station *station)
{
	struct vnc_station *s = vnc_of(station);

	if (s->freed)
		return;
	if (station->enrolled && station->known && !s->opened) {
		s->opened = true;
		handle_passed(&s->greeter);
	}
	station_greeter_handle_changed(&s->greeter);
	credentials_try(s);
}

static void handle_station_gone(struct station *station)
{
	vnc_station_free(vnc_of(station));
}

/* There is no such station, or no longer. */
static void handle_ticket_gone(struct station *station)
{
	struct vnc_station *s = vnc_of(station);

	if (!handle_refused(&s->greeter, text_of(s, TEXT_NOT_ENROLLED)))
		vnc_station_free(s);
}

static void handle_cut_text(struct station *station, const char *utf8)
{
	struct vnc_station *s = vnc_of(station);

	station_screen_send_cut_text(&s->greeter.screen, utf8);
}

static const struct station_ops vnc_ops = {
	.kind = "vnc",
	.close_now = true,
	.handle_changed = handle_changed,
	.handle_gone = handle_station_gone,
	.handle_stop = handle_station_gone,
	.handle_cut_text = handle_cut_text,
};

/* One with a ticket may come back. */
static const struct station_ops ticket_ops = {
	.kind = "vnc",
	.handle_changed = handle_changed,
	.handle_gone = handle_ticket_gone,
	.handle_stop = handle_station_gone,
	.handle_cut_text = handle_cut_text,
};

/* The station is who has this ticket. */
static void ticket_take(struct vnc_station *s, const char *ticket)
{
	struct station *other;

	if (strlen(ticket) != STR_TOKEN_LEN) {
		handle_refused(&s->greeter, text_of(s, TEXT_NOT_ENROLLED));
		return;
	}
	other = stations_find(s->station.stations, ticket);
	if (other && other->ops == &ticket_ops)
		vnc_station_free(vnc_of(other));
	str_copy(s->station.secret, sizeof(s->station.secret), ticket);
	s->station.ops = &ticket_ops;
	s->station.enrolled = true;
	station_register(&s->station);
}

/* --- viewer --- */

static void handle_deadline(uv_timer_t *t)
{
	struct vnc_station *s = t->data;

	if (s->credentials == CREDENTIALS_WAITING) {
		s->credentials = CREDENTIALS_ANSWERED;
		uv_timer_start(&s->deadline, handle_deadline, HANDSHAKE_MS, 0);
		viewer_refuse(viewer_of(s), text_of(s, TEXT_TOO_SLOW));
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
	if (user[0] == '@') {
		uv_timer_start(&s->deadline, handle_deadline, CREDENTIALS_MS, 0);
		ticket_take(s, password);
		return;
	}
	s->user = strdup(user);
	s->password = strdup(password);
	if (!s->user || !s->password) {
		credentials_wipe(s);
		s->credentials = CREDENTIALS_ANSWERED;
		viewer_refuse(viewer_of(s), text_of(s, TEXT_NOT_READY));
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
	station_greeter_start(&s->greeter);
}

static void handle_activity(struct viewer *v, void *userdata)
{
	struct vnc_station *s = userdata;

	(void)v;
	station_screen_note_activity(&s->greeter.screen);
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
		r = station_greeter_init(&s->greeter, &s->station, &greeter_ops);
	if (r == 0)
		r = viewer_rfb_new(relay->loop, stream, VIEWER_SECURITY_VENCRYPT, &viewer_events, s,
				&viewer);
	explicit_bzero(secret, sizeof(secret));
	if (r < 0) {
		station_greeter_done(&s->greeter);
		station_done(&s->station);
		free(s);
		return r;
	}
	station_screen_take_viewer(&s->greeter.screen, viewer);
	uv_timer_init(relay->loop, &s->deadline);
	s->deadline.data = s;
	uv_timer_start(&s->deadline, handle_deadline, HANDSHAKE_MS, 0);
	*ret = s;
	return 0;
}
