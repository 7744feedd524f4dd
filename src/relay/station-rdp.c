/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * An RDP client. To us it is a viewer of RFB, which xrdp's VNC module opens for it; who it is was
 * found out before (rdp.c, rdp-pixels.c).
 *
 * User and password that the client was given are used as if somebody had typed them in the
 * greeter, which also says what is wrong with them: the module has no way to ask for others. A user
 * name that begins with "@" comes with the station's ticket, as at VNC stations: then the client is
 * that station, wherever it connects from and whatever it calls itself. The newer one takes the
 * place of an older one.
 */
#include "relay/station-rdp.h"

#include <string.h>

#include "base/log.h"
#include "relay/rdp.h"
#include "relay/relay.h"
#include "relay/station-greeter.h"
#include "relay/station.h"
#include "relay/viewer-rfb.h"

struct rdp_station {
	struct station station;
	uint64_t guest; /* 0: not yet */
	struct station_greeter greeter;
	char *user, *password; /* until the station is known */
	bool ready;
	uv_timer_t *deadline; /* of the handshake; NULL: done */
};

enum { HANDSHAKE_MS = 30 * 1000 };

static struct rdp_station *rdp_of(struct station *s)
{
	return list_entry(s, struct rdp_station, station);
}

static void credentials_wipe(struct rdp_station *s)
{
	str_wipe_free(s->password);
	free(s->user);
	s->password = s->user = NULL;
}

static void handle_timer_closed(uv_handle_t *t)
{
	free(t);
}

static void deadline_stop(struct rdp_station *s)
{
	if (s->deadline)
		uv_close((uv_handle_t *)take_ptr(s->deadline), handle_timer_closed);
}

static void rdp_station_free(struct rdp_station *s)
{
	deadline_stop(s);
	station_greeter_done(&s->greeter);
	credentials_wipe(s);
	if (s->station.stations)
		rdp_end_guest(s->station.stations->relay->rdp, s->guest);
	station_done(&s->station);
	free(s);
}

/* Where something else than the greeter is shown there is nobody to log in. */
static void credentials_type(struct rdp_station *s)
{
	if (!s->user || !s->ready || !s->station.known)
		return;
	if (s->station.scene.kind == SCENE_GREETER) {
		(void)station_greeter_log_in(&s->greeter, s->user, s->password);
		station_greeter_show(&s->greeter);
	}
	credentials_wipe(s);
}

/* --- station --- */

static void handle_changed(struct station *station)
{
	struct rdp_station *s = rdp_of(station);

	station_greeter_handle_changed(&s->greeter);
	credentials_type(s);
}

static void handle_gone(struct station *station)
{
	rdp_station_free(rdp_of(station));
}

static void handle_cut_text(struct station *station, const char *utf8)
{
	station_screen_send_cut_text(&rdp_of(station)->greeter.screen, utf8);
}

static const struct station_ops rdp_ops = {
	.kind = "rdp",
	.close_now = true,
	.handle_changed = handle_changed,
	.handle_gone = handle_gone,
	.handle_stop = handle_gone,
	.handle_cut_text = handle_cut_text,
};

/* One with a ticket may come back, and is not there without a good one. */
static const struct station_ops ticket_ops = {
	.kind = "rdp",
	.handle_changed = handle_changed,
	.handle_gone = handle_gone,
	.handle_stop = handle_gone,
	.handle_cut_text = handle_cut_text,
};

/* --- viewer --- */

static void handle_deadline(uv_timer_t *t)
{
	rdp_station_free(t->data);
}

static void handle_ready(struct viewer *v, bool credentials_given, void *userdata)
{
	struct rdp_station *s = userdata;

	(void)credentials_given;
	s->ready = true;
	deadline_stop(s);
	log_debug("RDP client shows pictures: %s", viewer_describe(v));
	station_register(&s->station);
	station_greeter_start(&s->greeter);
}

static void handle_activity(struct viewer *v, void *userdata)
{
	struct rdp_station *s = userdata;

	(void)v;
	station_screen_note_activity(&s->greeter.screen);
}

static void handle_viewer_gone(struct viewer *v, const char *reason, void *userdata)
{
	struct rdp_station *s = userdata;

	(void)v;
	log_info("RDP client left: %s peer=%s", reason, s->station.address);
	rdp_station_free(s);
}

static const struct viewer_events viewer_events = {
	.handle_ready = handle_ready,
	.handle_activity = handle_activity,
	.handle_gone = handle_viewer_gone,
};

static bool has_ticket(const struct rdp_station_client *client)
{
	return client->user && client->user[0] == '@' && strlen(client->password) == STR_TOKEN_LEN;
}

static int ticket_take(
		struct rdp_station *s, struct relay *relay, const struct rdp_station_client *client)
{
	struct station *other = stations_find(relay->stations, client->password);

	if (other && other->ops == &ticket_ops)
		rdp_station_free(rdp_of(other));
	s->station.enrolled = true;
	return station_init(&s->station, relay->stations, &ticket_ops, client->password,
			client->address);
}

static int person_take(
		struct rdp_station *s, struct relay *relay, const struct rdp_station_client *client)
{
	if (client->user) {
		s->user = strdup(client->user);
		s->password = strdup(client->password);
		if (!s->user || !s->password)
			return -ENOMEM;
	}
	str_copy(s->station.proposed, sizeof(s->station.proposed), client->name);
	s->station.weak = true;
	return station_init(
			&s->station, relay->stations, &rdp_ops, client->secret, client->address);
}

/* The parts, from the bottom up; on an error rdp_station_free() takes those that are there. */
static int parts_make(struct rdp_station *s, struct relay *relay, struct stream *stream,
		const struct rdp_station_client *client)
{
	struct viewer *viewer;
	int r;

	s->deadline = calloc(1, sizeof(*s->deadline));
	if (!s->deadline)
		return -ENOMEM;
	uv_timer_init(relay->loop, s->deadline);
	s->deadline->data = s;
	r = has_ticket(client) ? ticket_take(s, relay, client) : person_take(s, relay, client);
	if (r == 0)
		r = station_greeter_init(&s->greeter, &s->station, NULL);
	if (r == 0)
		r = viewer_rfb_new(relay->loop, stream, VIEWER_SECURITY_DONE, &viewer_events, s,
				&viewer);
	if (r < 0)
		return r;
	station_screen_take_viewer(&s->greeter.screen, viewer);
	/* The module asks for it only where the first picture has another one. */
	s->greeter.screen.keeps_size = true;
	viewer_rfb_set_client_size(viewer, client->width, client->height);
	uv_timer_start(s->deadline, handle_deadline, HANDSHAKE_MS, 0);
	return 0;
}

int rdp_station_new(
		struct relay *relay, struct stream *stream, const struct rdp_station_client *client)
{
	struct rdp_station *s = calloc(1, sizeof(*s));
	int r;

	if (!s)
		return -ENOMEM;
	r = parts_make(s, relay, stream, client);
	if (r < 0)
		rdp_station_free(s);
	else
		s->guest = client->guest;
	return r;
}
