/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Bytes of a peer on a Varlink connection, three times: as one JSON message read as parameters, as
 * calls to a server that answers in every way there is, and as replies to a client with open calls.
 * What must hold: no crash, and a message that was taken for an object can be written and read
 * again.
 */
#include <poll.h>
#include <string.h>
#include <sys/socket.h>

#include "base/fd.h"
#include "base/str.h"
#include "fuzz.h"
#include "ipc/varlink.h"

enum { INPUT_MAX = 100 * 1024, TURNS_MAX = 10000 };

static void fuzz_json(const uint8_t *data, size_t size)
{
	_cleanup_json_ json_t *j = NULL, *again = NULL;
	_cleanup_free_ char *text = NULL;
	struct args a;

	if (json_parse_object((const char *)data, size, &j) < 0)
		return;
	text = json_dumps(j, JSON_COMPACT);
	FUZZ_CHECK(text);
	FUZZ_CHECK(json_parse_object(text, strlen(text), &again) == 0);
	FUZZ_CHECK(json_equal(j, again));
	args_init(&a, j);
	arg_string(&a, "method", ARG_OPTIONAL, 10);
	arg_int(&a, "id", ARG_OPTIONAL, -5, 5, 0);
	arg_bool(&a, "more", ARG_OPTIONAL, false);
	arg_strings(&a, "names", ARG_OPTIONAL, 3, 10);
	arg_any(&a, "parameters", ARG_REQUIRED);
	args_done(&a);
}

struct server {
	struct varlink_call *held;
	bool freed;
};

static void serve(struct varlink *v, struct varlink_call *call, void *userdata)
{
	struct server *s = userdata;

	FUZZ_CHECK(call->method && json_is_object(call->parameters));
	switch (strlen(call->method) % 5) {
	case 0:
		varlink_reply(call, json_incref(call->parameters));
		break;
	case 1:
		varlink_error_parameter(call, "x");
		break;
	case 2:
		if (call->more)
			varlink_reply_more(call, NULL);
		varlink_reply(call, NULL);
		break;
	case 3: /* answered when nothing else is to be read */
		varlink_call_unref(s->held);
		s->held = call;
		return;
	default:
		s->freed = true;
		varlink_call_unref(call);
		varlink_free(v);
		return;
	}
	varlink_call_unref(call);
}

static void closed(struct varlink *v, int error, void *userdata)
{
	(void)v, (void)userdata;
	FUZZ_CHECK(error < 0);
}

static const struct varlink_ops ops = { .handle_call = serve, .handle_closed = closed };

/* A connection whose peer has sent data and gone. */
static struct varlink *connection_new(const uint8_t *data, size_t size, void *userdata)
{
	static const struct varlink_options options = {
		.in_max = 4096, .accept_token = true, .accept_id = true, .accept_fd = true
	};
	_cleanup_close_ int peer = -EBADF;
	struct varlink *v = NULL;
	int fds[2];

	FUZZ_CHECK(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds) == 0);
	peer = fds[1];
	if (send(peer, data, size, MSG_DONTWAIT | MSG_NOSIGNAL) < 0) {
		close(fds[0]);
		return NULL;
	}
	FUZZ_CHECK(varlink_new(fds[0], &options, &ops, userdata, &v) == 0);
	return v;
}

static void fuzz_server(const uint8_t *data, size_t size)
{
	struct server server = { 0 };
	struct varlink *v = connection_new(data, size, &server);

	for (int i = 0; v && i < TURNS_MAX; i++) {
		if (server.held && varlink_wants(v) == 0) {
			varlink_reply(server.held, NULL);
			server.held = varlink_call_unref(server.held);
		}
		if (varlink_pump(v, 0) < 0 || server.freed)
			break;
	}
	varlink_call_unref(server.held);
	if (!server.freed)
		varlink_free(v);
}

static void ignore_reply(struct varlink *v, const char *error, json_t *parameters, bool continues,
		int fd, void *userdata)
{
	(void)v, (void)error, (void)parameters, (void)continues, (void)fd, (void)userdata;
}

static void fuzz_client(const uint8_t *data, size_t size)
{
	static const unsigned flags[] = { 0, VARLINK_MORE, VARLINK_WITH_ID,
		VARLINK_WITH_ID | VARLINK_MORE };
	struct varlink *v = connection_new(data, size, NULL);

	for (size_t i = 0; v && i < ELEMENTSOF(flags); i++) {
		struct varlink_request request = { .method = "a.B", .flags = flags[i] };

		varlink_call(v, &request, ignore_reply, NULL);
	}
	for (int i = 0; v && !varlink_is_closed(v) && i < TURNS_MAX; i++)
		if (varlink_pump(v, 0) < 0)
			break;
	varlink_free(v);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size > INPUT_MAX)
		return 0;
	fuzz_json(data, size);
	fuzz_server(data, size);
	fuzz_client(data, size);
	return 0;
}
