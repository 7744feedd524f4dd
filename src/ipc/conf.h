/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Configuration: /etc/stationmaster/stationmaster.conf, then conf.d/<name>.conf in order of names;
 * later settings win. Each program names the settings it knows in a table; a line that is in no
 * table of any program is an error, as is a value that does not fit, and the program does not
 * start.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/cleanup.h"

#define CONF_PATH "/etc/stationmaster/stationmaster.conf"

enum conf_type {
	CONF_STRING,
	CONF_TEXT, /* for people: may go on in lines that begin with a space */
	CONF_CHOICE,
	CONF_AMOUNT, /* of memory: conf_parse_amount() */
	CONF_INT,
	CONF_BOOL,
	CONF_LISTEN,
};

struct conf_setting {
	const char *section;
	const char *key;
	enum conf_type type;
	size_t offset;     /* in the struct: char * (malloc'ed, never NULL), int64_t or bool */
	const char *value; /* default */
	int64_t min, max;  /* CONF_INT; longest CONF_STRING in bytes, CONF_TEXT in characters */
	const char *words; /* CONF_CHOICE: what it may be, separated by spaces; else NULL */
};

/* Every setting there is; struct conf has a member for each. */
struct conf {
	char *system_name;     /* [system] name; empty: host name */
	char *admin_group;     /* [roles] admin-group */
	char *operator_group;  /* [roles] operator-group */
	char *operator_acts;   /* [roles] operator-acts: names of acts, or "all" */
	bool orchestrate;      /* [roles] orchestrate-privileged: administrators act on sessions of
				  operators and administrators */
	char *desktop;         /* [session] desktop; empty: first installed */
	char *wrapper;         /* [session] wrapper */
	int64_t width, height; /* [session] width, height: pixels, of sessions started without a
				  station */
	bool glx;              /* [session] glx */
	int64_t ask_ms;     /* [session] ask-seconds: until SIGTERM, after the desktop was asked */
	int64_t timeout_ms; /* [session] logoff-seconds: until what is left is killed */
	int64_t sessions_max;  /* [session] max */
	int64_t per_user_max;  /* [session] per-user-max: 1: a second log-on moves the session */
	int64_t display_first; /* [session] display-first: lowest X display number used */
	/* [limits] of a session; amounts as text, see conf_parse_amount(); 0: none */
	char *limit_memory, *limit_memory_high;
	int64_t limit_cpu_weight, limit_cpu_quota, limit_tasks;
	int64_t idle_ms;      /* [limits] idle-seconds: until idle_act; 0: never */
	char *idle_act;       /* [limits] idle-act: "suspend", "logoff", "lock" */
	int64_t suspended_ms; /* [limits] suspended-seconds: until it is logged off; 0: never */
	int64_t warn_ms;      /* [limits] warn-seconds: notice before a time-out acts */
	int64_t return_ms; /* [station] return-seconds: a lost station keeps its session so long */
	/* [login] auto-seconds, auto-again-seconds: the greeter is there so long before auto
	 * log-on, after the station has connected and after a session */
	int64_t auto_ms, auto_again_ms;
	char *sign; /* [station] sign: "view", "control", "none": what is told at the station */
	char *clipboard;         /* [station] clipboard: "both", "in", "out", "none" */
	int64_t audit_keep_days; /* [audit] keep-days: entries older than this go; 0: none */
	char *notice_again;      /* [login] notice-again: "always", "once" */
	char *block_message;     /* [block] message: default text; empty: that of the language */
	char *web_listen;        /* [web] listen: address:port, HTTPS; empty: off */
	char *web_clear_listen;  /* [web] clear-listen: HTTP, loopback addresses only; empty: off */
	char *web_origin; /* [web] origin: extra allowed origin (behind a proxy); empty: none */
	char *web_proxy; /* [web] proxy: addresses whose X-Forwarded-For is believed; empty: none */
	char *web_root;  /* [web] root: folder of the pages */
	char *tls_certificate; /* [tls] certificate: PEM; empty: made at first start */
	char *tls_key;         /* [tls] key */
	char *vnc_listen;      /* [vnc] listen: address:port; empty: off */
	char *seats_leave;     /* [seats] leave: cards and connectors that are left alone */
	char *seats_keyboard;  /* [seats] keyboard-layout; empty: that of the system */
	int64_t seats_keep_ms; /* [seats] keep-seconds: so long sessions wait for station-seat */
	int64_t seats_ask_ms;  /* [seats] ask-seconds: so long one asks while others wait; 0: no end
				*/
	char *rdp_listen;      /* [rdp] listen: address:port; empty: off */
};

/*
 * Read path (missing: defaults) and its conf.d. On -EINVAL *ret_error says file, line and reason in
 * a sentence (malloc'ed). Other errors: reading failed.
 */
int conf_load(const char *path, struct conf **ret, char **ret_error);
struct conf *conf_free(struct conf *c);
DEFINE_CLEANUP(struct conf, conf_free);
/* "address:port", "[v6]:port" or ":port" (any address, given as "::"); -EINVAL. host is malloc'ed.
 */
int conf_parse_listen(const char *s, char **ret_host, uint16_t *ret_port);
/*
 * "auto", "none", "25%" of total_kib, or a size with unit K, M, G or T: KiB, 0 for none. -EINVAL
 */
int conf_parse_amount(const char *s, int64_t total_kib, int64_t *ret_kib);
