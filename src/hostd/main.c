/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * stationd: options, configuration, loop. Exit codes: 0 ended by SIGTERM, 1 could not start or go
 * on, 2 wrong options or a broken configuration (systemd does not restart it then).
 */
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <sys/stat.h>

#include "base/log.h"
#include "hostd/host.h"

static void usage(FILE *f)
{
	fputs("Usage: stationd [OPTION]...\n"
	      "The session manager of Stationmaster; started by systemd (stationd.service).\n\n"
	      "  --config PATH   read this instead of " CONF_PATH " (and conf.d beside it)\n"
	      "  --version       print the version\n"
	      "  --help          print this\n",
			f);
}

/* 0: go on; else 1 + the exit code. */
static int read_options(int argc, char *argv[], const char **ret_config)
{
	static const struct option options[] = { { "config", required_argument, NULL, 'c' },
		{ "version", no_argument, NULL, 'v' }, { "help", no_argument, NULL, 'h' }, { 0 } };
	int c;

	while ((c = getopt_long(argc, argv, "h", options, NULL)) >= 0) {
		switch (c) {
		case 'c':
			*ret_config = optarg;
			break;
		case 'v':
			puts("stationd " STATIONMASTER_VERSION);
			return 1;
		case 'h':
			usage(stdout);
			return 1;
		default:
			usage(stderr);
			return 3;
		}
	}
	if (optind < argc) {
		usage(stderr);
		return 3;
	}
	return 0;
}

/* Before any thread: all threads must leave these to the loop. */
static void block_signals(void)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGHUP);
	sigprocmask(SIG_BLOCK, &set, NULL);
	signal(SIGPIPE, SIG_IGN);
	signal(SIGCHLD, SIG_IGN); /* helpers started directly leave no zombies */
}

int main(int argc, char *argv[])
{
	_cleanup_(host_freep) struct host *h = NULL;
	_cleanup_free_ char *error = NULL;
	const char *config = CONF_PATH;
	struct logon_notices *notices = NULL;
	struct conf *conf = NULL;
	int r;

	r = read_options(argc, argv, &config);
	if (r > 0)
		return r - 1;
	log_init("stationd");
	json_init();
	umask(022);
	block_signals();
	r = conf_load(config, &conf, &error);
	if (r < 0) {
		log_error("%s. stationd does not start with a broken configuration.",
				error ? error : strerror(-r));
		return 2;
	}
	r = logon_notices_load(config, &notices, &error);
	if (r < 0) {
		log_error("%s. stationd does not start with a log-on notice that it cannot show.",
				error ? error : strerror(-r));
		conf_free(conf);
		return 2;
	}
	r = host_new(conf, notices, &h);
	if (r >= 0)
		r = host_run(h);
	return r < 0 ? 1 : 0;
}
