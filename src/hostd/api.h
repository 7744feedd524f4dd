/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The API: which methods there are, who may call them, and what handles them. api_methods is the
 * only list; it drives the dispatch, and a test compares it with docs/api/.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "hostd/hash.h"
#include "hostd/role.h"
#include "ipc/varlink.h"

struct host;
struct peer;
struct station;

/* What a caller must be. */
enum right {
	RIGHT_ANYBODY,    /* everybody on api.sock, everybody signed in on relay.sock */
	RIGHT_SUPERVISOR, /* operators and administrators */
	RIGHT_ADMINISTRATOR,
	RIGHT_RELAY,    /* the relay itself: relay.sock only, with or without a token */
	RIGHT_SEAT,     /* station-seat: seat.sock only, and nothing else there */
	RIGHT_PROTOCOL, /* org.varlink.service: always */
};

/* One call on its way to its handler. */
struct request {
	struct host *host;
	struct peer *peer;
	struct varlink_call *call;
	/* Who calls: the peer, or the person of the token. */
	const struct caller *caller;
	bool has_token;
	uint8_t token[HASH_SIZE];
	struct args args;
};

/* Answers request->call, or keeps a reference of it and answers later. */
typedef void (*api_handler_fn)(struct request *request);

struct api_method {
	const char *interface; /* "Sessions": org.stationmaster.Sessions; NULL: org.varlink.service
				*/
	const char *name;
	enum right right;
	api_handler_fn handle;
	bool changes; /* what anybody may call, but not without end */
	bool person;  /* not with an API token */
};

extern const struct api_method api_methods[];
extern const size_t api_n_methods;

/* Takes the reference of call. */
void api_handle_call(struct peer *peer, struct varlink_call *call);

/* Interface descriptions, generated from docs/api/. */
struct api_idl {
	const char *name; /* "org.stationmaster.Sessions" */
	const char *text;
};
extern const struct api_idl api_idl[];
extern const size_t api_n_idl;

/* --- for handlers --- */
/* All parameters were read: false after InvalidParameter was answered. */
bool api_args_done(struct request *r);
/* Errors of the interface that was called. parameters are taken. */
void api_error(struct request *r, const char *name, json_t *parameters);
void api_refused(struct request *r, const char *reason);
void api_not_found(struct request *r, const char *name, const char *reason);
void api_failed(struct request *r, const char *reason, const char *output);
/* The store has not taken it. */
#define API_NOT_STORED "This could not be written to the disk. Free disk space, then try again."
void api_not_stored(struct request *r);
/* The method without the prefix of ours. */
const char *api_method_name(const struct request *r);
void api_audit(struct request *r, const char *targets, const char *result);
/* A message for people, clean and malloc'ed; NULL: InvalidParameter was answered. text may be NULL.
 */
char *api_message(struct request *r, const char *text);
enum { API_MESSAGE_CHARS_MAX = 500 };
/* Parameters rooms and acts of rights; what does not fit becomes the arguments' bad one. Rooms are
 * borrowed; NULL: all. acts: true if they were given. */
json_t *api_read_rooms(struct request *r);
bool api_read_acts(struct request *r, uint32_t *ret);
/* Parameter name or room of a station; one that does not fit becomes the arguments' bad one. */
const char *api_read_place(struct request *r, const char *key);
/* NULL: NotFound was answered. */
struct station *api_find_station(struct request *r, const char *id);
/* Calls that wait for the name service. */
void api_rights_free_all(struct host *h);
void api_audit_free_all(struct host *h);
void api_logon_free_all(struct host *h);
void api_storage_free_all(struct host *h);

void api_service_get_info(struct request *r);
void api_service_get_description(struct request *r);
void api_system_version(struct request *r);
void api_system_who_am_i(struct request *r);
void api_system_status(struct request *r);
void api_sessions_list(struct request *r);
void api_sessions_get(struct request *r);
void api_sessions_start(struct request *r);
void api_sessions_log_off(struct request *r);
void api_sessions_suspend(struct request *r);
void api_sessions_lock(struct request *r);
void api_sessions_unlock(struct request *r);
void api_blocks_list(struct request *r);
void api_blocks_block(struct request *r);
void api_blocks_unblock(struct request *r);
void api_blocks_texts(struct request *r);
void api_lessons_list(struct request *r);
void api_lessons_preview(struct request *r);
void api_lessons_start(struct request *r);
void api_lessons_extend(struct request *r);
void api_lessons_change(struct request *r);
void api_lessons_end(struct request *r);
void api_lessons_presets(struct request *r);
void api_limits_list(struct request *r);
void api_limits_limit(struct request *r);
void api_limits_free(struct request *r);
void api_limits_recent(struct request *r);
void api_projections_list(struct request *r);
void api_projections_start(struct request *r);
void api_projections_stop(struct request *r);
void api_views_list(struct request *r);
void api_views_open(struct request *r);
void api_views_close(struct request *r);
void api_programs_installed(struct request *r);
void api_programs_icon(struct request *r);
void api_programs_recent(struct request *r);
void api_programs_start(struct request *r);
void api_programs_list(struct request *r);
void api_programs_close(struct request *r);
void api_programs_close_by_name(struct request *r);
void api_chat_send(struct request *r);
void api_chat_history(struct request *r);
void api_chat_clear(struct request *r);
void api_chat_hands(struct request *r);
void api_chat_answer(struct request *r);
void api_chat_get(struct request *r);
void api_chat_set(struct request *r);
void api_audit_list(struct request *r);
void api_audit_export(struct request *r);
void api_audit_verify(struct request *r);
void api_rights_list(struct request *r);
void api_rights_set(struct request *r);
void api_rights_clear(struct request *r);
void api_tokens_list(struct request *r);
void api_tokens_create(struct request *r);
void api_tokens_revoke(struct request *r);
void api_jobs_list(struct request *r);
void api_jobs_get(struct request *r);
void api_jobs_wait(struct request *r);
void api_jobs_cancel(struct request *r);
void api_jobs_extend(struct request *r);
void api_stations_list(struct request *r);
void api_stations_get(struct request *r);
void api_stations_set(struct request *r);
void api_stations_rooms(struct request *r);
void api_stations_set_auto_log_on(struct request *r);
void api_stations_log_on(struct request *r);
void api_stations_enrol(struct request *r);
void api_stations_invite(struct request *r);
void api_stations_unenrol(struct request *r);
void api_stations_map(struct request *r);
void api_stations_identify(struct request *r);
void api_stations_split(struct request *r);
void api_stations_join(struct request *r);
void api_stations_forget(struct request *r);
void api_stations_set_storage(struct request *r);
void api_seat_serve(struct request *r);
void api_seat_report(struct request *r);
void api_seat_press(struct request *r);
void api_events_watch(struct request *r);
void api_login_info(struct request *r);
void api_login_start(struct request *r);
void api_login_answer(struct request *r);
void api_login_accept(struct request *r);
void api_login_cancel(struct request *r);
void api_login_sign_out(struct request *r);
void api_relay_serve(struct request *r);
void api_relay_station_open(struct request *r);
void api_relay_station_close(struct request *r);
void api_relay_station_act(struct request *r);
void api_relay_station_chat(struct request *r);
void api_relay_station_hold(struct request *r);
void api_relay_station_enrol(struct request *r);
void api_relay_activity(struct request *r);
void api_relay_open_source(struct request *r);
void api_relay_view_open(struct request *r);
void api_relay_view_close(struct request *r);
void api_relay_screen_open(struct request *r);
void api_relay_screen_close(struct request *r);
