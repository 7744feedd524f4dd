/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One seat of logind's: its cards, its devices, its VT, and the stations that are made of them. */
#pragma once

struct seat_options {
	const char *name;         /* "seat0" */
	const char *config;       /* file of settings */
	const char *host_socket;  /* of stationd */
	const char *relay_socket; /* of station-relay */
	const char *vt;           /* "/dev/tty8"; NULL: vt_open() finds one. Only for seat0 */
};

/* Until SIGTERM. 0; -EINVAL: the settings are broken (said); other -errno: could not go on (said).
 */
int seat_run(const struct seat_options *o);
