/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Watchers (org.stationmaster.Events) and orders to the relay (org.stationmaster.Relay.Serve). */
#pragma once

#include "hostd/role.h"
#include "ipc/varlink.h"

struct host;
struct session;
struct station;
struct job;
struct peer;
struct projection;
struct lesson;
struct view;

enum {
	WATCHERS_MAX = 4096,
	WATCHERS_STANDARD_MAX = 16, /* of one standard user */
	WATCHER_OUT_MAX = 4 * 1024 * 1024,
};

/* The call gets the snapshot, then changes until it ends. token: the caller's, NULL if local.
 * -EDQUOT */
int events_watch(struct host *h, struct varlink_call *call, const struct caller *caller,
		const uint8_t *token);
/* The person signed out: end the watches of this token (32 bytes). */
void events_end_token(struct host *h, const uint8_t *token);

/* The rights of this person have changed ((uid_t)-1: anybody's): the whole picture again. */
void events_send_snapshots(struct host *h, uid_t uid);
/* The account has another role now; of watches with a token. */
void events_set_role(struct host *h, uid_t uid, enum role role);

/* To all who may see it. */
void events_send_session(struct session *s);
void events_send_session_gone(struct session *s, const char *reason);
void events_send_station(struct station *st);
void events_send_station_gone(struct station *st);
void events_send_job(struct job *j);
void events_send_job_gone(struct job *j);
void events_send_projection(struct projection *p);
void events_send_projection_gone(struct host *h, const char *id);
void events_send_lesson(struct lesson *l);
void events_send_lesson_gone(struct lesson *l);
/* The block of everybody has come, changed or gone. */
void events_send_block_all(struct host *h);
/* Takes message. To supervisors, and to the person of the session. */
void events_send_chat(struct session *s, json_t *message);
/* user: whose conversation; empty: all. */
void events_send_chat_cleared(struct host *h, const char *user);
void events_send_chat_enabled(struct host *h, bool enabled);
/* Takes entry, about something that by has done. */
void events_send_audit(struct host *h, const struct caller *by, json_t *entry);
/* Does an operator or administrator watch? */
bool events_have_supervisor(struct host *h);

/* The relay listens here; sends "ready". */
int orders_serve(struct host *h, struct varlink_call *call, struct peer *peer);
bool orders_is_connected(struct host *h);
/* The relay that is there (the last one); NULL: none. */
struct peer *orders_get_peer(struct host *h);
/* Of the scene that the station has now; nobody is told while it is not connected. */
void orders_send_scene(struct station *st);
/* What its panel shows of chat. */
void orders_send_chat(struct station *st);
void orders_send_station_gone(struct station *st);
void orders_send_source_gone(struct session *s);
void orders_send_signed_out(struct host *h, const char *token);
/* fd: the relay's end of the stream; the caller keeps its own copy. */
void orders_send_view(struct view *v, int fd);
void orders_send_view_gone(struct host *h, const char *id, const char *reason);
void orders_send_projection_gone(struct host *h, const char *id);
