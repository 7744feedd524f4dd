/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A screen of this computer. stationd knows it by the secret that station-seat has from it; one
 * that stationd does not know is ended, and the seat comes again with what it is told then.
 *
 * The connection is not the station: it ends when either process does, and the session waits for
 * the next one.
 */
#include "relay/station-local.h"

#include <errno.h>
#include <string.h>

#include "base/log.h"
#include "relay/station-greeter.h"
#include "relay/station.h"
#include "relay/viewer-local.h"

struct local_station {
	struct station station;
	struct station_greeter greeter;
	const struct local_station_events *events;
	void *userdata;
};

static struct local_station *local_of(struct station *s)
{
	return list_entry(s, struct local_station, station);
}

static void local_free(struct local_station *s)
{
	station_greeter_done(&s->greeter);
	station_done(&s->station);
	s->events->handle_gone(s->userdata);
	free(s);
}

/* --- station --- */

static void handle_changed(struct station *station)
{
	station_greeter_handle_changed(&local_of(station)->greeter);
}

static void handle_station_gone(struct station *station)
{
	local_free(local_of(station));
}

static void handle_cut_text(struct station *station, const char *utf8)
{
	station_screen_send_cut_text(&local_of(station)->greeter.screen, utf8);
}

static const struct station_ops local_ops = {
	.kind = "local",
	.handle_changed = handle_changed,
	.handle_gone = handle_station_gone,
	.handle_stop = handle_station_gone,
	.handle_cut_text = handle_cut_text,
};

/* --- viewer --- */

static void handle_activity(struct viewer *v, void *userdata)
{
	struct local_station *s = userdata;

	(void)v;
	station_screen_note_activity(&s->greeter.screen);
}

static void handle_resized(struct viewer *v, void *userdata)
{
	struct local_station *s = userdata;

	log_debug("local station: %s station=%s", viewer_describe(v),
			s->station.id ? s->station.id : "?");
	station_greeter_show(&s->greeter);
}

static void handle_viewer_gone(struct viewer *v, const char *reason, void *userdata)
{
	struct local_station *s = userdata;

	(void)v;
	log_info("local station disconnected: %s station=%s", reason,
			s->station.id ? s->station.id : "?");
	local_free(s);
}

static const struct viewer_events viewer_events = {
	.handle_activity = handle_activity,
	.handle_gone = handle_viewer_gone,
	.handle_resized = handle_resized,
};

int local_station_new(struct relay *relay, int fd, const struct seat_message *hello,
		const struct local_station_events *events, void *userdata)
{
	struct station *old;
	struct local_station *s;
	struct viewer *viewer;
	int r;

	if (strlen(hello->hello.secret) != STR_TOKEN_LEN)
		return -EBADMSG;
	old = stations_find(relay->stations, hello->hello.secret);
	if (old && old->ops != &local_ops)
		return -EBADMSG;
	s = calloc(1, sizeof(*s));
	if (!s)
		return -ENOMEM;
	s->events = events;
	s->userdata = userdata;
	r = station_init(&s->station, relay->stations, &local_ops, hello->hello.secret, "");
	if (r == 0)
		r = station_greeter_init(&s->greeter, &s->station, NULL);
	if (r == 0)
		r = viewer_local_new(relay->loop, fd, (uint16_t)hello->hello.width,
				(uint16_t)hello->hello.height, &viewer_events, s, &viewer);
	if (r < 0) {
		station_greeter_done(&s->greeter);
		station_done(&s->station);
		free(s);
		return r;
	}
	if (old)
		local_free(local_of(old));
	station_screen_take_viewer(&s->greeter.screen, viewer);
	station_register(&s->station);
	station_greeter_start(&s->greeter);
	return 0;
}
