/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * station-seat: screens, keyboards and pointers of one seat. Exit codes: 0 ended by SIGTERM, 1
 * could not start or go on, 2 wrong options or a broken configuration (systemd does not restart it
 * then).
 */
#include <errno.h>
#include <getopt.h>
#include <stdio.h>

#include "base/log.h"
#include "ipc/conf.h"
#include "ipc/json.h"
#include "seat/host.h"
#include "seat/seat.h"
#include "seat/vt.h"

static const char help[] =
		"Usage: station-seat [OPTION...] [SEAT]\n"
		"Makes stations of the screens, keyboards and pointers of a seat (seat0).\n\n"
		"  --config=FILE        instead of " CONF_PATH "\n"
		"  --socket=PATH        of stationd, instead of " HOST_SOCKET "\n"
		"  --relay-socket=PATH  of station-relay, instead of " SEAT_SOCKET_PATH "\n"
		"  --vt=TTY             virtual terminal; default: standard input, or a free one\n"
		"  --reset-vt=TTY       make a virtual terminal that was left behind an ordinary\n"
		"                       one, and end\n"
		"  --help, --version\n";

static int reset(const char *tty)
{
	int r = vt_reset(tty);

	if (r < 0)
		log_error_errno(r, "cannot reset %s", tty);
	return r < 0 ? 1 : 0;
}

int main(int argc, char **argv)
{
	static const struct option options[] = {
		{ "config", required_argument, NULL, 'c' },
		{ "socket", required_argument, NULL, 's' },
		{ "relay-socket", required_argument, NULL, 'r' },
		{ "vt", required_argument, NULL, 't' },
		{ "reset-vt", required_argument, NULL, 'R' },
		{ "help", no_argument, NULL, 'h' },
		{ "version", no_argument, NULL, 'v' },
		{ 0 },
	};
	struct seat_options o = { .name = "seat0",
		.config = CONF_PATH,
		.host_socket = HOST_SOCKET,
		.relay_socket = SEAT_SOCKET_PATH };
	int c, r;

	log_init("station-seat");
	json_init();
	while ((c = getopt_long(argc, argv, "", options, NULL)) != -1) {
		switch (c) {
		case 'c':
			o.config = optarg;
			break;
		case 's':
			o.host_socket = optarg;
			break;
		case 'r':
			o.relay_socket = optarg;
			break;
		case 't':
			o.vt = optarg;
			break;
		case 'R':
			return reset(optarg);
		case 'h':
			fputs(help, stdout);
			return 0;
		case 'v':
			puts("station-seat " STATIONMASTER_VERSION);
			return 0;
		default:
			fputs("Try station-seat --help.\n", stderr);
			return 2;
		}
	}
	if (optind + 1 < argc) {
		fprintf(stderr, "station-seat serves one seat. Try station-seat --help.\n");
		return 2;
	}
	if (optind < argc)
		o.name = argv[optind];
	r = seat_run(&o);
	return r == -EINVAL ? 2 : r < 0 ? 1 : 0;
}
