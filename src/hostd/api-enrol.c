/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Enrolment: org.stationmaster.Stations for supervisors, org.stationmaster.Relay for who stands in
 * front of the station. An enrolled station keeps a room, and rooms are what rights are bound to,
 * so who is bound to rooms enrols none.
 */
#include "base/clock.h"
#include "base/str.h"
#include "hostd/api.h"
#include "hostd/host.h"
#include "hostd/rights.h"
#include "hostd/station.h"

/* false: answered. */
static bool may_enrol(struct request *r, const char *what)
{
	if (!rights_are_bound(r->host, r->caller))
		return true;
	api_audit(r, what, "refused");
	api_refused(r, "Your rights are bound to rooms: you can enrol no stations.");
	return false;
}

/* false: answered. */
static bool check_pin(struct request *r, struct station *st, const char *pin)
{
	unsigned left = 0;

	switch (enrol_check_pin(st, pin, &left)) {
	case 0:
		return true;
	case -EACCES:
		api_audit(r, st->id, "wrong PIN");
		api_error(r, "WrongPin",
				json_pack("{s:i, s:s}", "left", (int)left, "reason",
						left > 0 ? "This is not the PIN that the station shows."
							 : "This was not the PIN either. The station "
							   "has to ask again; it shows another one "
							   "then."));
		return false;
	default:
		api_refused(r, "This station does not ask for enrolment. Choose \"Enrol this station\" "
			       "at its greeter.");
		return false;
	}
}

void api_stations_enrol(struct request *r)
{
	const char *id = arg_string(&r->args, "station", ARG_REQUIRED, 64);
	const char *pin = arg_string(&r->args, "pin", ARG_REQUIRED, 16);
	const char *name = api_read_place(r, "name"), *room = api_read_place(r, "room");
	json_t *station = NULL;
	struct station *st;
	int k;

	if (!api_args_done(r) || !may_enrol(r, id))
		return;
	st = api_find_station(r, id);
	if (!st || !check_pin(r, st, pin))
		return;
	store_begin(r->host->store);
	(void)enrol_accept(st, r->caller->full_name);
	(void)station_set_place(r->host, id, name, room, &station);
	k = store_commit(r->host->store);
	json_decref(station);
	if (k < 0) {
		api_not_stored(r);
		return;
	}
	api_audit(r, id, "ok");
	varlink_reply(r->call, json_pack("{s:o}", "station", station_build_json(st, r->caller)));
}

void api_stations_invite(struct request *r)
{
	const char *kind = arg_string(&r->args, "kind", ARG_REQUIRED, 16);
	struct invitation order = { .name = api_read_place(r, "name"),
		.room = api_read_place(r, "room") };
	int64_t lasts = arg_int(&r->args, "lasts_ms", ARG_OPTIONAL, TICKET_LIFE_MIN_MS,
			TICKET_LIFE_MAX_MS, TICKET_LIFE_MS);
	_cleanup_free_ char *what = NULL;
	char ticket[STR_TOKEN_LEN + 1];
	int k;

	if (!api_args_done(r))
		return;
	if (!streq(kind, "browser") && !streq(kind, "vnc") && !streq(kind, "rdp")) {
		varlink_error_parameter(r->call, "kind");
		return;
	}
	if (!may_enrol(r, kind))
		return;
	order.kind = kind;
	order.by_name = r->caller->full_name;
	order.expires_ms = clock_real_ms() + lasts;
	k = enrol_invite(r->host, &order, ticket);
	if (k == -EDQUOT) {
		api_refused(r, "There are too many tickets that were not used yet.");
	} else if (k < 0) {
		api_not_stored(r);
	} else {
		what = str_format("%s%s%s%s%s", kind, order.name ? " name=" : "",
				order.name ? order.name : "", order.room ? " room=" : "",
				order.room ? order.room : "");
		api_audit(r, what ? what : kind, "ok");
		varlink_reply(r->call, json_pack("{s:s, s:I}", "ticket", ticket, "expires_ms",
						       (json_int_t)order.expires_ms));
	}
	explicit_bzero(ticket, sizeof(ticket));
}

void api_stations_unenrol(struct request *r)
{
	const char *id = arg_string(&r->args, "station", ARG_REQUIRED, 64);
	int k;

	if (!api_args_done(r) || !may_enrol(r, id))
		return;
	k = enrol_revoke(r->host, id);
	if (k == -ENOENT) {
		api_not_found(r, id, "There is no such station, or it is not enrolled.");
		return;
	}
	if (k < 0) {
		api_not_stored(r);
		return;
	}
	api_audit(r, id, "ok");
	varlink_reply(r->call, NULL);
}

/* --- in front of the station --- */

void api_relay_station_hold(struct request *r)
{
	const char *id = arg_string(&r->args, "station", ARG_REQUIRED, 64);
	struct station *st;

	if (!api_args_done(r))
		return;
	st = api_find_station(r, id);
	if (!st)
		return;
	station_auto_hold(st);
	varlink_reply(r->call, NULL);
}

static void bring_ticket(struct request *r, struct station *st, const char *ticket)
{
	int k = st->enrol.enrolled ? -EALREADY : enrol_take_ticket(st, ticket);

	if (k == -ENOENT)
		api_refused(r, "This ticket was used already, has expired, or never was one. Ask for a new "
			       "one, or enrol this station with a PIN.");
	else if (k < 0 && k != -EALREADY)
		api_not_stored(r);
	else
		varlink_reply(r->call, NULL);
}

void api_relay_station_enrol(struct request *r)
{
	const char *id = arg_string(&r->args, "station", ARG_REQUIRED, 64);
	const char *ticket = arg_string(&r->args, "ticket", ARG_OPTIONAL, STR_TOKEN_LEN);
	bool cancel = arg_bool(&r->args, "cancel", ARG_OPTIONAL, false);
	struct station *st;
	int k;

	if (!api_args_done(r))
		return;
	st = api_find_station(r, id);
	if (!st)
		return;
	/* The name of its computer would be enough to be it. */
	if (st->kind == STATION_RDP && !st->enrol.enrolled) {
		api_refused(r, "An RDP client is enrolled by the ticket that it logs in with.");
		return;
	}
	if (ticket) {
		bring_ticket(r, st, ticket);
		return;
	}
	if (cancel) {
		enrol_cancel(st);
		varlink_reply(r->call, NULL);
		return;
	}
	k = enrol_ask(st);
	if (k == -EBUSY)
		api_refused(r, "Too many stations ask for enrolment just now. Try again in a few minutes.");
	else if (k < 0 && k != -EALREADY)
		api_failed(r, "The system has no memory or random numbers left.", "");
	else
		varlink_reply(r->call, NULL);
}
