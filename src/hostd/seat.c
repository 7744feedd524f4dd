/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Seats and their stations. One function puts everything right, seat_update(): from the stations of
 * the seat and from what it told last follows what each station has and asks for (seat-map.c), and
 * from that scenes, watchers and places. Whoever changes either calls it; what stays the same is
 * not told again.
 *
 * Devices and outputs of different seats never mix: logind gives each to one.
 */
#include "hostd/seat.h"

#include <stdlib.h>

#include "base/log.h"
#include "hostd/host.h"
#include "hostd/station-scene.h"
#include "hostd/station.h"

struct seat {
	struct list link; /* in host */
	struct host *host;
	char name[SEAT_NAME_MAX];
	struct varlink_call *serve; /* NULL: nobody */
	struct seat_report report;
	bool reported; /* else nothing is known yet: stations are taken to be as they were */
	json_t *told;  /* places */
	sd_event_source *grace;
	/* Whose turn it is to ask while others wait; empty: nobody's. */
	char asks[STATION_ID_MAX];
	enum seat_mapping asks_for;
	sd_event_source *turn;
};

/* Stations of a seat in order of ids. */
struct members {
	struct station *stations[SEAT_STATIONS_MAX];
	struct seat_station facts[SEAT_STATIONS_MAX];
	const char *hubs[SEAT_STATIONS_MAX][SEAT_HUBS_MAX];
	size_t n;
};

bool seat_is_name(const char *name)
{
	size_t n = strlen(name);

	if (n < 5 || n >= SEAT_NAME_MAX || strncmp(name, "seat", 4) != 0)
		return false;
	return strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_") ==
	       n;
}

static struct seat *find_seat(struct host *h, const char *name)
{
	struct list *l;

	list_for_each (l, &h->seats) {
		struct seat *s = list_entry(l, struct seat, link);

		if (streq(s->name, name))
			return s;
	}
	return NULL;
}

static int get_seat(struct host *h, const char *name, struct seat **ret)
{
	struct seat *s = find_seat(h, name);

	if (!s) {
		if (h->n_seats >= SEATS_MAX)
			return -EDQUOT;
		s = calloc(1, sizeof(*s));
		if (!s)
			return -ENOMEM;
		s->host = h;
		str_copy(s->name, sizeof(s->name), name);
		list_add_tail(&h->seats, &s->link);
		h->n_seats++;
	}
	*ret = s;
	return 0;
}

static void drop_serve(struct seat *s)
{
	if (!s->serve)
		return;
	s->serve->handle_gone = NULL;
	s->serve->userdata = NULL;
	s->serve = varlink_call_unref(s->serve);
}

bool seat_is_served(struct host *h, const char *name)
{
	const struct seat *s = find_seat(h, name);

	return s && s->serve;
}

/* Its stations keep what they show for another time now. */
static void tell_stations(struct seat *s)
{
	struct list *l;

	list_for_each (l, &s->host->stations) {
		struct station *st = list_entry(l, struct station, link);

		if (st->local && streq(st->local->seat, s->name))
			station_handle_seat(st);
	}
}

void seat_free_all(struct host *h)
{
	struct list *l, *next;

	list_for_each_safe (l, next, &h->seats) {
		struct seat *s = list_entry(l, struct seat, link);

		drop_serve(s);
		list_remove(&s->link);
		sd_event_source_disable_unref(s->grace);
		sd_event_source_disable_unref(s->turn);
		json_decref(s->told);
		json_decref(s->report.json);
		free(s);
	}
	h->n_seats = 0;
}

/* --- what follows --- */

static const struct seat_output *find_output(const struct seat *s, const char *id)
{
	for (size_t i = 0; i < s->report.n_outputs; i++)
		if (streq(s->report.outputs[i].id, id))
			return &s->report.outputs[i];
	return NULL;
}

static int compare_numbers(const void *a, const void *b)
{
	const struct station *const *x = a, *const *y = b;
	long long n = atoll(strrchr((*x)->id, '-') + 1), m = atoll(strrchr((*y)->id, '-') + 1);

	return (n > m) - (n < m);
}

static void gather_members(const struct seat *s, struct members *ret)
{
	struct list *l;

	ret->n = 0;
	list_for_each (l, &s->host->stations) {
		struct station *st = list_entry(l, struct station, link);

		if (st->local && streq(st->local->seat, s->name) && ret->n < SEAT_STATIONS_MAX)
			ret->stations[ret->n++] = st;
	}
	qsort(ret->stations, ret->n, sizeof(ret->stations[0]), compare_numbers);
	for (size_t i = 0; i < ret->n; i++) {
		const struct station_local *local = ret->stations[i]->local;

		for (size_t k = 0; k < local->n_hubs; k++)
			ret->hubs[i][k] = local->hubs[k];
		ret->facts[i] = (struct seat_station){ .hubs = ret->hubs[i],
			.n_hubs = local->n_hubs,
			.screen = find_output(s, local->output) != NULL,
			.wants_pointer = local->wants_pointer,
			.passed = local->passed };
	}
	seat_map_update(s->report.devices, s->report.n_devices, ret->facts, ret->n);
}

/* What the seat says now, and who asks, is taken over; watchers are told what has changed. */
static void take_facts(const struct seat *s, struct station *st, const struct seat_station *facts)
{
	struct station_local *local = st->local, before = *local;
	const struct seat_output *output = find_output(s, local->output);

	local->screen = output != NULL;
	local->width = output ? output->width : 0;
	local->height = output ? output->height : 0;
	local->keyboard = facts->keyboard;
	local->pointer = facts->pointer;
	local->mapping = facts->mapping;
	if (local->wants_pointer != facts->wants_pointer) {
		local->wants_pointer = facts->wants_pointer;
		/* Not worth an error: at worst it asks once more. */
		station_local_save(st);
	}
	if (before.screen != local->screen || before.width != local->width ||
			before.height != local->height || before.keyboard != local->keyboard ||
			before.pointer != local->pointer || before.mapping != local->mapping) {
		station_touch(st);
		if (before.screen != local->screen)
			log_info("screen %s station=%s", local->screen ? "back" : "missing",
					st->id);
	}
	station_refresh(st);
}

static void tell_places(struct seat *s, const struct members *m)
{
	json_t *places;

	if (!s->serve)
		return;
	places = json_array();
	for (size_t i = 0; i < m->n; i++)
		json_array_append_new(places, station_local_build_place(m->stations[i]));
	if (s->told && json_equal(s->told, places)) {
		json_decref(places);
		return;
	}
	json_decref(s->told);
	s->told = places;
	varlink_reply_more(s->serve, json_pack("{s:O}", "places", places));
}

static int handle_turn(sd_event_source *source, uint64_t usec, void *userdata);

static void end_turn(struct seat *s)
{
	s->asks[0] = '\0';
	s->turn = sd_event_source_disable_unref(s->turn);
}

/* Who asks goes on asking when devices come and go; another question begins anew. */
static void follow_turn(struct seat *s, const struct members *m)
{
	size_t i = seat_map_find_holder(m->facts, m->n);
	int64_t ms = s->host->conf->seats_ask_ms;

	if (!s->reported || i == m->n || ms == 0) {
		end_turn(s);
		return;
	}
	if (streq(s->asks, m->stations[i]->id) && s->asks_for == m->facts[i].mapping)
		return;
	end_turn(s);
	str_copy(s->asks, sizeof(s->asks), m->stations[i]->id);
	s->asks_for = m->facts[i].mapping;
	if (host_arm_timer(s->host, &s->turn, ms, handle_turn, s) < 0)
		log_error("out of memory");
}

static void seat_update(struct seat *s)
{
	struct members m;

	gather_members(s, &m);
	/* Places first: what people see comes before what is said about it. */
	tell_places(s, &m);
	for (size_t i = 0; s->reported && i < m.n; i++)
		take_facts(s, m.stations[i], &m.facts[i]);
	follow_turn(s, &m);
}

static int handle_turn(sd_event_source *source, uint64_t usec, void *userdata)
{
	struct seat *s = userdata;
	struct station *st = station_find(s->host, s->asks);
	struct station_local next;

	end_turn(s);
	if (!st || !st->local)
		return 0;
	log_info("nobody answers, the next one asks station=%s", st->id);
	st->local->passed = station_local_get_turn(s->host);
	if (st->local->wants_pointer) {
		/* Whoever sits there can work with the keyboard. */
		next = *st->local;
		next.wants_pointer = false;
		station_local_change(st, &next);
	}
	seat_update(s);
	return 0;
}

void seats_update(struct host *h)
{
	struct list *l;

	list_for_each (l, &h->seats)
		seat_update(list_entry(l, struct seat, link));
}

/* --- what the seat tells --- */

static int handle_grace(sd_event_source *source, uint64_t usec, void *userdata)
{
	struct seat *s = userdata;

	log_warning("nothing drives the screens of %s: station-seat@%s has ended", s->name,
			s->name);
	s->grace = sd_event_source_disable_unref(s->grace);
	s->report.n_outputs = s->report.n_devices = 0;
	s->reported = true;
	seat_update(s);
	return 0;
}

static void start_grace(struct seat *s)
{
	if (host_arm_timer(s->host, &s->grace, SEAT_GRACE_MS, handle_grace, s) < 0)
		log_error("out of memory");
}

/* The call lives as long as the connection. */
static void handle_gone(struct varlink_call *call)
{
	struct seat *s = call->userdata;

	drop_serve(s);
	tell_stations(s);
	start_grace(s);
}

void seats_start(struct host *h)
{
	struct list *l;
	struct seat *s;

	list_for_each (l, &h->stations) {
		struct station *st = list_entry(l, struct station, link);

		if (st->local && get_seat(h, st->local->seat, &s) == 0)
			start_grace(s);
	}
}

int seat_serve(struct host *h, const char *name, struct varlink_call *call)
{
	struct varlink_call *older;
	struct members m;
	struct seat *s;
	int r;

	r = get_seat(h, name, &s);
	if (r < 0)
		return r;
	if (s->serve) {
		older = varlink_call_ref(s->serve);
		drop_serve(s);
		varlink_error(older, "org.stationmaster.Seat.Refused",
				json_pack("{s:s}", "reason",
						"Another station-seat serves this seat now."));
		varlink_call_unref(older);
	}
	s->serve = varlink_call_ref(call);
	call->userdata = s;
	call->handle_gone = handle_gone;
	s->grace = sd_event_source_disable_unref(s->grace);
	tell_stations(s);
	json_decref(s->told);
	s->told = NULL;
	gather_members(s, &m);
	tell_places(s, &m);
	return 0;
}

/* The station of this output moves along if logind has given the card to another seat. */
static bool adopt_output(struct seat *s, const char *output)
{
	bool known = false;
	struct list *l;

	list_for_each (l, &s->host->stations) {
		struct station *st = list_entry(l, struct station, link);
		struct station_local next;

		if (!st->local || !streq(st->local->output, output))
			continue;
		known = true;
		if (streq(st->local->seat, s->name))
			continue;
		next = *st->local;
		str_copy(next.seat, sizeof(next.seat), s->name);
		next.n_hubs = 0;
		station_local_change(st, &next);
	}
	return known;
}

int seat_report(struct host *h, const char *name, const struct seat_report *report)
{
	struct station *st;
	struct seat *s;
	int r, k = 0;

	r = get_seat(h, name, &s);
	if (r < 0)
		return r;
	json_decref(s->report.json);
	s->report = *report;
	json_incref(s->report.json);
	s->reported = true;
	for (size_t i = 0; i < report->n_outputs; i++)
		if (!adopt_output(s, report->outputs[i].id)) {
			r = station_local_new(h, name, report->outputs[i].id, &st);
			k = r < 0 ? r : k;
		}
	seat_update(s);
	return k;
}

static int handle_press(struct station *st, enum seat_press press, const char *device)
{
	struct station_local next = *st->local;
	int r;

	if (press == SEAT_PRESS_SKIP) {
		next.wants_pointer = false;
		return station_local_change(st, &next);
	}
	r = usb_path_hub(device, next.hubs[next.n_hubs], USB_PATH_MAX);
	if (r < 0)
		return 0; /* no such path can be a device's */
	next.n_hubs++;
	next.wants_pointer = press == SEAT_PRESS_KEYBOARD;
	r = station_local_change(st, &next);
	if (r == 0)
		log_info("mapped station=%s %s=%s", st->id,
				press == SEAT_PRESS_KEYBOARD ? "keyboard" : "pointer", device);
	return r;
}

int seat_press(struct host *h, const char *name, const char *device, bool keyboard)
{
	struct seat *s = find_seat(h, name);
	enum seat_press press;
	struct members m;
	size_t which;
	int r;

	if (!s)
		return 0;
	gather_members(s, &m);
	press = seat_map_press(s->report.devices, s->report.n_devices, m.facts, m.n, device,
			keyboard, &which);
	if (press == SEAT_PRESS_NOTHING)
		return 0;
	r = handle_press(m.stations[which], press, device);
	seat_update(s);
	return r;
}
