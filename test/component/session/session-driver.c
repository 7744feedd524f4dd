/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Plays stationd towards one station-session, for tests: lines on stdin become calls of
 * org.stationmaster.Worker, replies become lines on stdout.
 *
 *   session-driver PROGRAM          start PROGRAM with one end of a socket pair as descriptor 3
 *   session-driver --connect PATH   connect: session.sock of systemd, or control.sock of a session
 *
 *   > {"id": 1, "method": "Begin", "parameters": {...}, "more": false}
 *   < {"id": 1, "error": null, "parameters": {...}, "continues": false}
 *
 * A descriptor that comes with a reply must be an RFB socket: "rfb" holds the server's greeting.
 * {"closed": true} is the last line; "status" is how a started PROGRAM exited.
 */
#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include "base/fd.h"
#include "base/str.h"
#include "ipc/varlink.h"

static void print(json_t *object)
{
	json_dumpf(object, stdout, JSON_COMPACT);
	putchar('\n');
	fflush(stdout);
	json_decref(object);
}

static json_t *read_greeting(int fd)
{
	struct pollfd pfd = { .fd = fd, .events = POLLIN };
	char text[13] = "";

	if (poll(&pfd, 1, 5000) <= 0 || read(fd, text, 12) != 12)
		return json_string("no greeting");
	return json_string(text);
}

static void handle_reply(struct varlink *v, const char *error, json_t *parameters, bool continues,
		int fd, void *userdata)
{
	json_t *object;

	(void)v;
	if (!parameters)
		return; /* the connection ended first */
	object = json_pack("{s:I, s:s?, s:O, s:b}", "id", (json_int_t)(intptr_t)userdata, "error",
			error, "parameters", parameters, "continues", continues);
	if (fd >= 0)
		json_object_set_new(object, "rfb", read_greeting(fd));
	print(object);
}

static void handle_closed(struct varlink *v, int error, void *userdata)
{
	(void)v, (void)error, (void)userdata;
}

static int handle_line(struct varlink *v, char *line)
{
	_cleanup_json_ json_t *object = json_loads(line, 0, NULL);
	_cleanup_free_ char *method = NULL;
	json_t *parameters = json_object_get(object, "parameters");
	intptr_t id = (intptr_t)json_integer_value(json_object_get(object, "id"));

	method = str_format("org.stationmaster.Worker.%s",
			json_string_value(json_object_get(object, "method")));
	return varlink_call(v,
			&(struct varlink_request){ .method = method,
					.parameters = json_incref(parameters),
					.flags = VARLINK_WITH_ID |
						 (json_is_true(json_object_get(object, "more"))
										 ? VARLINK_MORE
										 : 0) },
			handle_reply, (void *)id);
}

static int start(char *program, pid_t *ret_pid)
{
	char *argv[] = { program, NULL }, *env[] = { (char *)"PATH=/usr/bin:/bin", NULL };
	posix_spawn_file_actions_t actions;
	int fds[2], theirs, r;

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds) < 0)
		return -errno;
	theirs = fcntl(fds[1], F_DUPFD_CLOEXEC, 10); /* not 3, so that dup2() clears CLOEXEC */
	close(fds[1]);
	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDWR, 0);
	posix_spawn_file_actions_adddup2(&actions, 2, 1);
	posix_spawn_file_actions_adddup2(&actions, theirs, 3);
	r = posix_spawn(ret_pid, program, &actions, NULL, argv, env);
	posix_spawn_file_actions_destroy(&actions);
	close(theirs);
	return r ? -r : fds[0];
}

static void run(struct varlink *v)
{
	char line[65536];
	size_t len = 0;
	bool input = true;

	while (!varlink_is_closed(v)) {
		struct pollfd pfds[] = { { .fd = varlink_fd(v), .events = varlink_wants(v) },
			{ .fd = input ? 0 : -1, .events = POLLIN } };

		if (poll(pfds, 2, -1) < 0)
			break;
		if (pfds[1].revents) {
			ssize_t n = read(0, line + len, sizeof(line) - len - 1);
			char *nl;

			if (n <= 0)
				break; /* the test closes: so does "stationd" */
			len += (size_t)n;
			line[len] = 0;
			while ((nl = strchr(line, '\n'))) {
				*nl = 0;
				handle_line(v, line);
				len -= (size_t)(nl + 1 - line);
				memmove(line, nl + 1, len + 1);
			}
		}
		if (pfds[0].revents)
			varlink_handle_io(v, pfds[0].revents);
	}
}

int main(int argc, char **argv)
{
	static const struct varlink_options options = { .in_max = VARLINK_REPLY_MAX,
		.accept_fd = true };
	static const struct varlink_ops ops = { .handle_closed = handle_closed };
	struct varlink *v;
	json_t *last = json_pack("{s:b}", "closed", 1);
	int fd, status = 0;
	pid_t pid = 0;

	if (argc == 3 && streq(argv[1], "--connect"))
		fd = fd_unix_connect(argv[2]);
	else
		fd = argc == 2 ? start(argv[1], &pid) : -EINVAL;
	if (fd < 0 || varlink_new(fd, &options, &ops, NULL, &v) < 0) {
		fprintf(stderr, "session-driver: %s\n", strerror(-fd));
		return 1;
	}
	run(v);
	varlink_free(v);
	if (pid > 0 && waitpid(pid, &status, 0) == pid)
		json_object_set_new(last, "status", json_integer(status));
	print(last);
	return 0;
}
