/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Auto log-on. No secret is kept: the session is opened through the PAM service that checks the
 * account only, so what is stored here tells nobody how to log on as that person.
 *
 * It counts down while the greeter is what the station shows, and never otherwise: blocks,
 * projections, a session, a lost connection and somebody at the greeter stop it. What did not work
 * is told at the greeter and tried again after AUTO_RETRY_MS.
 */
#include "hostd/station-auto.h"

#include "base/clock.h"
#include "base/log.h"
#include "base/str.h"
#include "hostd/enrol.h"
#include "hostd/host.h"
#include "hostd/login.h"
#include "hostd/session.h"
#include "hostd/station-scene.h"
#include "hostd/station.h"

static int take_row(struct store_row *row, void *userdata)
{
	struct station_auto *a = userdata;

	str_copy(a->user, sizeof(a->user), store_row_text(row, 0));
	str_copy(a->full_name, sizeof(a->full_name), store_row_text(row, 1));
	str_copy(a->desktop, sizeof(a->desktop), store_row_text(row, 2));
	a->privileged = store_row_int(row, 3) != 0;
	return 0;
}

static void load(struct host *h, const char *id, struct station_auto *ret)
{
	ret->user[0] = 0;
	store_query(h->store, take_row, ret,
			"SELECT user, full_name, desktop, privileged FROM auto_logons WHERE station = ?",
			"s", id);
}

void station_auto_load(struct station *st)
{
	load(st->host, st->id, &st->automatic);
}

static void disarm(struct station_auto *a)
{
	a->at_ms = 0;
	a->timer = sd_event_source_disable_unref(a->timer);
}

void station_auto_done(struct station *st)
{
	disarm(&st->automatic);
}

void station_auto_stop(struct station *st)
{
	struct station_auto *a = &st->automatic;

	disarm(a);
	a->held = a->again = false;
	a->failure[0] = 0;
}

/* --- the log-in --- */

static void handle_end(struct host *h, const char *station, struct session *s, const char *reason,
		void *userdata)
{
	struct station *st = station_find(h, station);
	_cleanup_free_ char *text = NULL;
	struct station_auto *a;

	if (!st)
		return;
	a = &st->automatic;
	a->running = false;
	a->at_ms = 0;
	if (s || st->session)
		return;
	str_copy(a->failure, sizeof(a->failure), reason);
	log_notice("auto log-on did not work: %s station=%s user=%s", reason, st->id, a->user);
	text = str_format("Auto log-on of %s did not work.\n%s", a->user, reason);
	station_detach(st, text ? text : reason);
}

static void start(struct station *st)
{
	struct station_auto *a = &st->automatic;
	struct login_request request = { .purpose = LOGIN_AUTO,
		.station = st->id,
		.user = a->user,
		.desktop = *a->desktop ? a->desktop : NULL,
		.address = st->address,
		.done = handle_end,
		.privileged = a->privileged };

	a->running = true;
	login_start(st->host, NULL, NULL, &request);
}

/* --- the countdown --- */

static int handle_timer(sd_event_source *source, uint64_t usec, void *userdata)
{
	struct station *st = userdata;
	struct station_auto *a = &st->automatic;

	a->timer = sd_event_source_disable_unref(a->timer);
	if (!a->held && !login_is_at(st->host, st->id)) {
		start(st);
		return 0;
	}
	/* Whoever was at the greeter has gone, or is just being logged on. */
	a->held = false;
	a->again = true;
	a->at_ms = 0;
	station_refresh(st);
	return 0;
}

static bool can_run(const struct station *st)
{
	/* Which sessions there are is not known at once after a restart. */
	return *st->automatic.user && st->enrol.enrolled && st->peer && !st->session &&
	       !(*st->awaited && st->host->n_adopting > 0) &&
	       station_get_scene_kind(st) == SCENE_GREETER;
}

static void arm(struct station *st, int64_t delay)
{
	if (host_arm_timer(st->host, &st->automatic.timer, delay, handle_timer, st) < 0)
		log_error("out of memory");
}

void station_auto_update(struct station *st)
{
	struct station_auto *a = &st->automatic;
	int64_t delay;

	if (a->running)
		return;
	if (!can_run(st)) {
		disarm(a);
		a->held = false;
		return;
	}
	if (a->held || a->at_ms)
		return;
	delay = *a->failure ? MAX(st->host->conf->auto_again_ms, (int64_t)AUTO_RETRY_MS)
		: a->again  ? st->host->conf->auto_again_ms
			    : st->host->conf->auto_ms;
	a->at_ms = clock_real_ms() + delay;
	arm(st, delay);
}

void station_auto_hold(struct station *st)
{
	struct station_auto *a = &st->automatic;

	if (a->running || !can_run(st))
		return;
	a->held = true;
	a->at_ms = 0;
	arm(st, AUTO_HOLD_MS);
	station_refresh(st);
}

void station_auto_note_session(struct station *st)
{
	st->automatic.again = true;
	st->automatic.failure[0] = 0;
}

/* --- told to others --- */

json_t *station_auto_build_scene(const struct station *st)
{
	const struct station_auto *a = &st->automatic;

	if (!a->at_ms)
		return json_null();
	return json_pack("{s:s, s:s, s:I}", "user", a->user, "full_name", a->full_name, "at_ms",
			(json_int_t)a->at_ms);
}

void station_auto_add_json(struct host *h, const char *id, json_t *station)
{
	const struct station *st = station_find(h, id);
	struct station_auto stored = { 0 };
	const struct station_auto *a = st ? &st->automatic : &stored;
	bool enrolled = st ? st->enrol.enrolled : enrol_is_enrolled(h, id);

	if (!st)
		load(h, id, &stored);
	json_object_set_new(station, "auto_user", json_string(a->user));
	json_object_set_new(station, "auto_failure", json_string(a->failure));
	json_object_set_new(station, "enrolment",
			json_string(enrolled                   ? "enrolled"
					: st && *st->enrol.pin ? "asked"
							       : "none"));
}

/* --- orders --- */

static int store_order(struct host *h, const char *id, const struct auto_order *o)
{
	if (!*o->user)
		return store_exec(h->store, "DELETE FROM auto_logons WHERE station = ?", "s", id);
	return store_exec(h->store,
			"INSERT OR REPLACE INTO auto_logons (station, user, full_name, desktop, "
			"privileged, by_name, since_s) VALUES (?,?,?,?,?,?,?)",
			"ssssisi", id, o->user, o->full_name, o->desktop, (int64_t)o->privileged,
			o->by->full_name, clock_real_ms() / 1000);
}

int station_auto_set(struct host *h, const char *id, const struct auto_order *order)
{
	struct station *st = station_find(h, id);
	int r;

	r = store_order(h, id, order);
	if (r < 0 || !st)
		return r;
	disarm(&st->automatic);
	st->automatic.failure[0] = 0;
	st->automatic.held = false;
	station_auto_load(st);
	station_touch(st);
	station_refresh(st);
	return 0;
}
