/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Fork, become the user, exec. The order in the child matters: the control group and the OOM score
 * need root; limits are set before the uid changes (RLIMIT_NPROC counts from then on); groups
 * before uid; after setresuid() it is checked that there is no way back. The parent is
 * single-threaded, so the child may use the C library between fork and exec.
 *
 * Children keep descriptors 0-3 at most: everything else, above all the PAM and API connections of
 * this process, is closed by number, not by trust in CLOEXEC.
 */
#include "session/child.h"

#include <fcntl.h>
#include <grp.h>
#include <signal.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "base/fd.h"
#include "base/str.h"

#define BUS "DBUS_SESSION_BUS_ADDRESS"

enum { ENVIRON_TEXT_MAX = 128 * 1024 };

static void become_user(const struct child_options *o)
{
	const struct identity *id = o->identity;
	sigset_t none;
	int fd;

	/* Outside of the session's group it could not be ended with the session. */
	if (o->cgroup && cgroup_join(o->cgroup, 0) < 0)
		_exit(126);
	fd = open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC);
	if (fd >= 0) {
		if (write(fd, "0", 1) < 0)
			(void)0; /* as root it cannot fail in a way that matters here */
		close(fd);
	}
	for (int i = 0; i < RLIM_NLIMITS; i++)
		setrlimit(i, &id->limits[i]);
	setpriority(PRIO_PROCESS, 0, id->nice);
	setsid();
	if (setgroups(id->n_groups, id->groups) < 0 || setresgid(id->gid, id->gid, id->gid) < 0 ||
			setresuid(id->uid, id->uid, id->uid) < 0)
		_exit(126);
	if (id->uid != 0 && setuid(0) == 0)
		_exit(126);
	prctl(PR_SET_PDEATHSIG, 0);
	for (int s = 1; s < NSIG; s++)
		signal(s, SIG_DFL);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	umask(id->umask);
}

/* stdin, stdout, stderr and descriptor 3; the rest is closed. */
static void arrange_fds(int out, int keep, int *report)
{
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);

	/* First out of the way of 0-3. */
	if (out >= 0)
		out = fcntl(out, F_DUPFD_CLOEXEC, 10);
	if (keep >= 0)
		keep = fcntl(keep, F_DUPFD_CLOEXEC, 10);
	if (*report > 0)
		*report = fcntl(*report, F_DUPFD_CLOEXEC, 10);
	if (null < 0)
		_exit(126);
	null = fcntl(null, F_DUPFD_CLOEXEC, 10);
	dup2(null, 0);
	dup2(out >= 0 ? out : null, 1);
	dup2(out >= 0 ? out : null, 2);
	if (keep >= 0)
		dup2(keep, 3);
	if (*report > 0)
		*report = dup3(*report, 4, O_CLOEXEC);
	if (keep < 0)
		close(3);
	close_range(*report == 4 ? 5 : 4, ~0U, 0);
}

static void say(const char *what, const char *name, int error)
{
	fprintf(stderr, "%s %s: %s\n", what, name, strerror(error));
	fflush(stderr);
}

static void read_environ(pid_t pid, struct environ *ret)
{
	_cleanup_free_ char *text = NULL;
	size_t len = 0;
	char path[64];

	snprintf(path, sizeof(path), "/proc/%d/environ", (int)pid);
	if (fd_read_file_at(AT_FDCWD, path, ENVIRON_TEXT_MAX, &text, &len) < 0)
		return;
	for (size_t i = 0; i < len; i += strlen(text + i) + 1)
		(void)environ_put(ret, text + i);
}

/* The environment of o->like or, where that only runs another with a bus of its own
 * (dbus-run-session), of that one. */
static void read_environ_like(const struct child_options *o, struct environ *ret)
{
	_cleanup_free_ char *text = NULL;
	char path[96], *save = NULL;

	if (o->like <= 0)
		return;
	read_environ(o->like, ret);
	snprintf(path, sizeof(path), "/proc/%d/task/%d/children", (int)o->like, (int)o->like);
	if (environ_get(ret, BUS) || fd_read_file_at(AT_FDCWD, path, 64 * 1024, &text, NULL) < 0)
		return;
	for (char *w = strtok_r(text, " \n", &save); w; w = strtok_r(NULL, " \n", &save)) {
		struct environ e = { 0 };

		read_environ((pid_t)strtol(w, NULL, 10), &e);
		if (environ_get(&e, BUS)) {
			environ_done(ret);
			*ret = e;
			return;
		}
		environ_done(&e);
	}
}

/* Read as the user, and below what o says; but start-up files may have set a better path and bus.
 */
static void build_environ(const struct child_options *o, struct environ *ret)
{
	read_environ_like(o, ret);
	for (size_t i = 0; i < o->environ->n; i++) {
		const char *var = o->environ->vars[i];

		if ((strncmp(var, "PATH=", 5) == 0 && environ_get(ret, "PATH")) ||
				(strncmp(var, BUS "=", sizeof(BUS)) == 0 && environ_get(ret, BUS)))
			continue;
		if (environ_put(ret, var) < 0)
			_exit(126);
	}
}

static _Noreturn void run_program(const struct child_options *o)
{
	struct environ e = { 0 };
	int report = o->report, error;

	become_user(o);
	arrange_fds(o->out, o->keep, &report);
	build_environ(o, &e);
	if (chdir(o->identity->home) < 0) {
		say("Cannot enter the home folder", o->identity->home, errno);
		if (chdir("/") < 0)
			_exit(126);
	}
	/* execvpe() would search in the PATH of this process. */
	if (setenv("PATH", environ_get(&e, "PATH"), 1) == 0)
		execvpe(o->argv[0], o->argv, e.vars);
	error = errno;
	say("Cannot start", o->argv[0], error);
	if (report > 0 && write(report, &error, sizeof(error)) < 0)
		_exit(126);
	_exit(127);
}

pid_t child_start(const struct child_options *o)
{
	pid_t pid = fork();

	if (pid == 0)
		run_program(o);
	return pid < 0 ? -errno : pid;
}

pid_t child_call(const struct child_options *o, int (*fn)(void *userdata), void *userdata)
{
	pid_t pid = fork();

	if (pid == 0) {
		int report = 0;

		become_user(o);
		arrange_fds(o->out, -EBADF, &report);
		if (chdir(o->identity->home) < 0 && chdir("/") < 0)
			_exit(126);
		_exit(fn(userdata));
	}
	return pid < 0 ? -errno : pid;
}

char *child_describe_status(int status)
{
	if (WIFSIGNALED(status))
		return str_format("signal %d, %s", WTERMSIG(status), strsignal(WTERMSIG(status)));
	return str_format("exit status %d", WEXITSTATUS(status));
}
