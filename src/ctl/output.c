/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Small commands of the system whose words are needed: systemctl, journalctl, dpkg-query. No shell.
 */
#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/str.h"
#include "ctl/finding.h"

enum { OUTPUT_MAX = 64 * 1024 };

static int output_start(const char *const *argv, int to, pid_t *ret)
{
	static char *const env[] = { (char *)"PATH=/usr/sbin:/usr/bin:/sbin:/bin",
		(char *)"LC_ALL=C.UTF-8", (char *)"SYSTEMD_COLORS=0",
		(char *)"SYSTEMD_PAGER=", NULL };
	static const char *const folders[] = { "/usr/bin", "/usr/sbin", "/bin", "/sbin" };
	posix_spawn_file_actions_t actions;
	int r = ENOENT;

	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
	posix_spawn_file_actions_adddup2(&actions, to, STDOUT_FILENO);
	posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
	for (size_t i = 0; i < ELEMENTSOF(folders) && r == ENOENT; i++) {
		_cleanup_free_ char *path = str_format("%s/%s", folders[i], argv[0]);

		r = path ? posix_spawn(ret, path, &actions, NULL, (char *const *)argv, env)
			 : ENOMEM;
	}
	posix_spawn_file_actions_destroy(&actions);
	return -r;
}

int output_read(const char *const *argv, char **ret)
{
	_cleanup_free_ char *all = calloc(1, OUTPUT_MAX + 1);
	_cleanup_close_ int from = -EBADF;
	int fds[2], status, r;
	size_t n = 0;
	ssize_t got;
	pid_t pid;

	if (!all)
		return -ENOMEM;
	if (pipe2(fds, O_CLOEXEC) < 0)
		return -errno;
	from = fds[0];
	r = output_start(argv, fds[1], &pid);
	close(fds[1]);
	if (r < 0)
		return r;
	while (n < OUTPUT_MAX && (got = read(from, all + n, OUTPUT_MAX - n)) > 0)
		n += (size_t)got;
	from = safe_close(from); /* who writes more is ended by SIGPIPE */
	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return -errno;
	while (n > 0 && all[n - 1] == '\n')
		all[--n] = 0;
	*ret = take_ptr(all);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -EPIPE;
}
