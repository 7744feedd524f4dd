/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * station-session: one log-in and then one session. Started by systemd for a connection to
 * session.sock, or by stationd; either way the connection is descriptor 3.
 */
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/stat.h>

#include "base/fd.h"
#include "base/log.h"
#include "base/str.h"
#include "ipc/json.h"
#include "session/clean-up.h"
#include "session/worker.h"

int main(int argc, char **argv)
{
	static const char score[] = "-900";
	_cleanup_close_ int oom = -EBADF;

	if (argc == 2 && streq(argv[1], "--clean-up")) {
		log_init("station-session");
		json_init();
		return clean_up_run();
	}
	if (argc != 1 || fcntl(3, F_GETFD) < 0) {
		fprintf(stderr,
				"%s is started by stationd or systemd with a connection as descriptor "
				"3; to start a session: stationctl session start USER\n",
				argv[0]);
		return 2;
	}
	fcntl(3, F_SETFD, FD_CLOEXEC);
	log_init("station-session");
	json_init();
	signal(SIGPIPE, SIG_IGN);
	umask(022);
	/* Passwords pass through this process: no core files, no debugger of a lesser user. */
	prctl(PR_SET_DUMPABLE, 0);
	/* When memory is short, the session's programs go first. */
	oom = open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC);
	if (oom >= 0 && write(oom, score, sizeof(score) - 1) < 0)
		log_debug("cannot set the OOM score");
	return worker_run(3);
}
