/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * RDP clients, by way of xrdp. The relay speaks TLS with the client, reads its first packets and
 * passes the rest on to xrdp; xrdp's pictures come back to it as RFB: rdp-pixels.c.
 */
#pragma once

#include <stdint.h>

#include "base/list.h"
#include "io/peers.h"
#include "proto/rdp.h"

/* Where xrdp listens, in a folder that is its unit's. */
#define RDP_XRDP_SOCKET "/run/station-rdp/xrdp.sock"
/* Name of the socket, of systemd, on which xrdp's pictures are asked for. */
#define RDP_PIXELS_SOCKET "rdp-pixels"

struct rdp;
struct rdp_pixels;
struct relay;
struct stream;

enum { RDP_CHALLENGE_LEN = 16 };

/* Nothing to listen on, or no socket from systemd: 0 and *ret NULL. A port that is in use is tried
 * again and again. On error *ret_error is a sentence (malloc'ed). */
int rdp_new(struct relay *relay, const char *xrdp_socket, struct rdp **ret, char **ret_error);
/* No new connections; those that are open end. */
void rdp_stop(struct rdp *rdp);
/* Its stations must have gone. NULL is fine; gives NULL. */
struct rdp *rdp_free(struct rdp *rdp);

/* --- between rdp.c and rdp-pixels.c --- */

/* What is known of a client whose pictures are asked for. */
struct rdp_guest {
	uint64_t id;                         /* of its connection; never 0 */
	char password[RDP_PASSWORD_LEN + 1]; /* with which xrdp asks for them, once */
	char address[64];
	struct rdp_client client;
	char *user, *log_in_password; /* NULL: none were given */
};

/* Whose password answers the challenge? Forgotten then: a password is good once. NULL: nobody's.
 * The guest is the caller's: rdp_guest_free(). */
struct rdp_guest *rdp_take_guest(struct rdp *rdp, const uint8_t challenge[RDP_CHALLENGE_LEN],
		const uint8_t response[RDP_CHALLENGE_LEN]);
struct rdp_guest *rdp_guest_free(struct rdp_guest *g);
/* Its station has gone, or could not be made: the client's connection ends. It may have ended
 * already. */
void rdp_end_guest(struct rdp *rdp, uint64_t id);

/* fd: listening, taken. */
int rdp_pixels_new(struct relay *relay, struct rdp *rdp, int fd, struct rdp_pixels **ret);
struct rdp_pixels *rdp_pixels_free(struct rdp_pixels *p);
/* Does the password answer the challenge (VncAuth, RFC 6143 7.2.2)? */
bool rdp_answers(const char *password, const uint8_t challenge[RDP_CHALLENGE_LEN],
		const uint8_t response[RDP_CHALLENGE_LEN]);
