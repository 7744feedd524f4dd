/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * One datagram to $NOTIFY_SOCKET, the protocol of sd_notify(3), and the sockets of
 * sd_listen_fds(3). Our own, because they are all that the relay would need libsystemd for.
 */
#include "relay/notify.h"

#include <fcntl.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "base/cleanup.h"
#include "base/str.h"

enum { LISTEN_FDS_START = 3 };

void notify_send(const char *state)
{
	struct sockaddr_un sun = { .sun_family = AF_UNIX };
	const char *path = getenv("NOTIFY_SOCKET");
	_cleanup_close_ int fd = -EBADF;
	size_t n = path ? strlen(path) : 0;

	if (n < 2 || n >= sizeof(sun.sun_path) || (path[0] != '/' && path[0] != '@'))
		return;
	memcpy(sun.sun_path, path, n);
	if (path[0] == '@') /* abstract */
		sun.sun_path[0] = 0;
	fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return;
	(void)sendto(fd, state, strlen(state), MSG_NOSIGNAL, (struct sockaddr *)&sun,
			(socklen_t)(offsetof(struct sockaddr_un, sun_path) + n));
}

/* Names are in the order of the descriptors, with colons between. */
int notify_take_socket(const char *name)
{
	const char *pid = getenv("LISTEN_PID"), *names = getenv("LISTEN_FDNAMES");
	const char *count = getenv("LISTEN_FDS");
	int64_t owner, n;

	if (!pid || !names || !count || str_parse_i64(pid, 1, INT32_MAX, &owner) < 0 ||
			owner != getpid() || str_parse_i64(count, 0, 64, &n) < 0)
		return -ENOENT;
	for (int i = 0; i < n; i++) {
		size_t len = strcspn(names, ":");
		int fd = LISTEN_FDS_START + i;

		if (len == strlen(name) && strncmp(names, name, len) == 0) {
			fcntl(fd, F_SETFD, FD_CLOEXEC);
			fcntl(fd, F_SETFL, O_NONBLOCK);
			return fd;
		}
		names += len + (names[len] == ':');
	}
	return -ENOENT;
}
