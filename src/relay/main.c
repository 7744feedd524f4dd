/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * station-relay: frames, scenes, thumbnails and the web pages, as a user without rights. This file
 * is its command line; everything else is in the core library.
 */
#include <getopt.h>
#include <stdio.h>

#include "base/log.h"
#include "ipc/json.h"
#include "relay/host.h"
#include "relay/rdp.h"
#include "relay/relay.h"

static const char help[] =
		"Usage: station-relay [OPTION...]\n"
		"Shows desktops of Stationmaster to browsers and VNC viewers.\n\n"
		"  --config=FILE  instead of " CONF_PATH "\n"
		"  --socket=PATH  of stationd, instead of " HOST_SOCKET "\n"
		"  --seats=PATH   listen there for local stations, not at the socket of systemd\n"
		"  --xrdp=PATH    socket of xrdp, instead of " RDP_XRDP_SOCKET "\n"
		"  --state=DIR    keeps the certificate; default $STATE_DIRECTORY\n"
		"  --help, --version\n";

int main(int argc, char **argv)
{
	static const struct option options[] = {
		{ "config", required_argument, NULL, 'c' },
		{ "socket", required_argument, NULL, 's' },
		{ "state", required_argument, NULL, 'd' },
		{ "seats", required_argument, NULL, 'l' },
		{ "xrdp", required_argument, NULL, 'x' },
		{ "help", no_argument, NULL, 'h' },
		{ "version", no_argument, NULL, 'v' },
		{ 0 },
	};
	struct relay_options o = { .socket = HOST_SOCKET,
		.xrdp = RDP_XRDP_SOCKET,
		.state_dir = getenv("STATE_DIRECTORY") };
	int c;

	while ((c = getopt_long(argc, argv, "", options, NULL)) != -1) {
		switch (c) {
		case 'c':
			o.config = optarg;
			break;
		case 's':
			o.socket = optarg;
			break;
		case 'l':
			o.seats = optarg;
			break;
		case 'd':
			o.state_dir = optarg;
			break;
		case 'x':
			o.xrdp = optarg;
			break;
		case 'h':
			fputs(help, stdout);
			return 0;
		case 'v':
			puts("station-relay " STATIONMASTER_VERSION);
			return 0;
		default:
			fputs("Try station-relay --help.\n", stderr);
			return 2;
		}
	}
	if (optind < argc) {
		fprintf(stderr, "station-relay takes no argument '%s'. Try station-relay --help.\n",
				argv[optind]);
		return 2;
	}
	log_init("station-relay");
	json_init();
	return relay_run(&o);
}
