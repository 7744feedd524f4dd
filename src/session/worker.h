/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The interface org.stationmaster.Worker (docs/api): one log-in, then one session. */
#pragma once

enum {
	WORKER_IDLE_MS = 120000, /* nobody answers a prompt */
	WORKER_OPEN_MS = 900000, /* nobody opens what was authenticated: a notice is being read */
	WORKER_FLUSH_MS = 2000,  /* for the last replies */
	WORKER_PEERS_MAX = 8,
	WORKER_CALLS_MAX = 32, /* waiting LogOff, Watch and Windows calls */
	WORKER_ARGS_MAX = 64,  /* of a program that is started */
};

/* Serve the connection fd until there is nothing left to do; the exit status of the process. */
int worker_run(int fd);
