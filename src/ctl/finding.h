/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What doctor and setup find out about this computer. */
#pragma once

#include "ctl/ctl.h"
#include "ipc/conf.h"

enum finding_level { FINDING_OK, FINDING_WARNING, FINDING_FAULT };

struct doctor {
	struct ctl *c;
	struct conf *conf; /* defaults where the files cannot be read */
	json_t *status;    /* of System.Status; NULL: stationd does not answer, or not us */
	json_t *findings;  /* objects: check, level, text, todo */
	unsigned faults, warnings;
	bool quiet; /* collect only */
};

/*
 * One finding. check: its name for scripts; todo: what to do, NULL where there is nothing. Printed
 * at once, unless JSON was asked for.
 */
void finding_add(struct doctor *d, const char *check, enum finding_level level, const char *todo,
		const char *fmt, ...) _printf_(5, 6);

/* Looks at everything; d is as doctor_init() made it. */
int doctor_init(struct doctor *d, struct ctl *c);
void doctor_done(struct doctor *d);
void doctor_look(struct doctor *d);

/* doctor-host.c: what the computer brings. */
void doctor_look_settings(struct doctor *d);
void doctor_look_host(struct doctor *d);
/* doctor-web.c: what limits of the web need. */
void doctor_look_web(struct doctor *d);
/* doctor-service.c: what we run on it. */
void doctor_look_service(struct doctor *d);
/* doctor-network.c: ports, certificate, HTTPS. */
void doctor_look_network(struct doctor *d);

/*
 * What a command writes to its output, at most 64 KiB; argv[0] is looked for in the system's own
 * folders only. The exit code, or -errno.
 */
int output_read(const char *const *argv, char **ret);
/* Paths of certificate and key that the settings name, or those of our own. -ENOMEM. */
int certificate_paths(const struct conf *conf, char **ret_certificate, char **ret_key);
/* Why the relay cannot read the file, in words; NULL: it can, or that cannot be told. */
char *relay_reads(const char *path);
/* ok if a desktop is installed. */
bool desktop_is_there(void);
