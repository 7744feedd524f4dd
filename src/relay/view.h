/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Views: one person sees the desktop of another at full speed, or controls it
 * (org.stationmaster.Views). A view is a viewer on the session's picture, at a dashboard (/ws/view)
 * or over a stream that stationd hands on for a local caller.
 */
#pragma once

struct relay;
struct views;
struct web_socket;

int views_new(struct relay *relay, struct views **ret);
/* NULL is fine; gives NULL. */
struct views *views_free(struct views *v);
/* /ws/view: token of the cookie; session and mode ("view", "control", "exclusive") as the address
 * said them, not checked yet. */
void views_open(struct views *v, struct web_socket *socket, const char *token, const char *session,
		const char *mode);
