/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * views API STREAM: a stationd that knows Views.Open and nothing else, because a test in JavaScript
 * cannot pass descriptors. The descriptor is a connection to the Unix socket STREAM, where the test
 * plays the relay. Each call is a line on standard output. Session s9 does not exist; s8 is
 * controlled by Bob; s7 gets a reply without a descriptor.
 */
#include <poll.h>
#include <stdio.h>
#include <string.h>

#include "base/fd.h"
#include "base/str.h"
#include "ipc/varlink.h"

#define VIEWS "org.stationmaster.Views."

static const char *stream_path;

static void view_open(struct varlink_call *call)
{
	const char *session = json_string_value(json_object_get(call->parameters, "session"));
	_cleanup_close_ int fd = -EBADF;

	if (!session || streq(session, "s9")) {
		varlink_error(call, VIEWS "NotFound",
				json_pack("{s:[s], s:s}", "names", session ? session : "", "reason",
						"There is no such session."));
	} else if (streq(session, "s8")) {
		varlink_error(call, VIEWS "Busy",
				json_pack("{s:s, s:s}", "by", "Bob", "reason",
						"Bob controls this session."));
	} else if (streq(session, "s7")) {
		varlink_reply(call, json_pack("{s:s}", "view", "v1"));
	} else {
		fd = fd_unix_connect(stream_path);
		if (fd < 0)
			varlink_error(call, VIEWS "Failed",
					json_pack("{s:s, s:s}", "reason", strerror(-fd), "output",
							""));
		else
			varlink_reply_fd(call, json_pack("{s:s}", "view", "v1"), fd);
	}
}

static void handle_call(struct varlink *v, struct varlink_call *call, void *userdata)
{
	json_dumpf(call->message, stdout, JSON_COMPACT);
	puts("");
	if (streq(call->method, VIEWS "Open"))
		view_open(call);
	else
		varlink_error(call, VARLINK_METHOD_NOT_FOUND,
				json_pack("{s:s}", "method", call->method));
	varlink_call_unref(call);
}

int main(int argc, char **argv)
{
	static const struct varlink_options options = { .in_max = VARLINK_MESSAGE_MAX };
	static const struct varlink_ops ops = { .handle_call = handle_call };
	_cleanup_close_ int listen_fd = -EBADF;

	if (argc != 3)
		return 2;
	json_init();
	setvbuf(stdout, NULL, _IOLBF, 0);
	stream_path = argv[2];
	listen_fd = fd_unix_listen(argv[1], 0600);
	if (listen_fd < 0)
		return 1;
	puts("ready");
	for (;;) {
		struct pollfd p = { listen_fd, POLLIN, 0 };
		struct varlink *v;
		int fd;

		poll(&p, 1, -1);
		fd = accept4(listen_fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
		if (fd < 0 || varlink_new(fd, &options, &ops, NULL, &v) < 0)
			continue;
		while (varlink_pump(v, -1) == 0)
			;
		varlink_free(v);
	}
}
