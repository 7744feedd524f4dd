/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The hands of a stationd without its head: listens on a socket and lets a test decide what each
 * call is answered. In C because descriptors have to be passed. fake-stationd SOCKET; JSON lines:
 *
 *   out {"event":"open"|"close","conn":1}
 *       {"event":"call","call":3,"conn":1,"method":"...","parameters":{},"token":"..."|null,"from":"..."|null,"more":true}
 *       {"event":"gone","call":3}    its connection ended before the last reply
 *   in  {"reply":3,"parameters":{},"error":"...","more":true,"connect":"/path"}
 *       {"drop":true}                end every connection
 *
 * connect: a socket connected to this path goes with the reply, also with one of several.
 */
#include <assert.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "base/fd.h"
#include "base/str.h"
#include "ipc/varlink.h"

enum { CONNS = 512, CALLS = 64 * 1024 };

struct conn {
	struct varlink *v;
	int number;
	bool closed;
};

static struct conn conns[CONNS];
static struct varlink_call *calls[CALLS];
static int last_conn, last_call;

/* Takes j. */
static void tell(json_t *j)
{
	char *text = json_dumps(j, JSON_COMPACT);

	assert(text);
	printf("%s\n", text);
	fflush(stdout);
	free(text);
	json_decref(j);
}

static void handle_gone(struct varlink_call *call)
{
	tell(json_pack("{s:s, s:i}", "event", "gone", "call", (int)(intptr_t)call->userdata));
}

static void handle_call(struct varlink *v, struct varlink_call *call, void *userdata)
{
	struct conn *c = userdata;
	int n = ++last_call;

	(void)v;
	assert(!calls[n % CALLS] || calls[n % CALLS]->answered || !calls[n % CALLS]->conn);
	varlink_call_unref(calls[n % CALLS]);
	calls[n % CALLS] = call;
	call->userdata = (void *)(intptr_t)n;
	call->handle_gone = handle_gone;
	tell(json_pack("{s:s, s:i, s:i, s:s, s:O, s:s?, s:s?, s:b}", "event", "call", "call", n,
			"conn", c->number, "method", call->method, "parameters", call->parameters,
			"token", call->token, "from", call->from, "more", call->more));
}

static void handle_closed(struct varlink *v, int error, void *userdata)
{
	struct conn *c = userdata;

	(void)v, (void)error;
	c->closed = true;
}

static void reply(json_t *order)
{
	int n = (int)json_integer_value(json_object_get(order, "reply"));
	const char *error = json_string_value(json_object_get(order, "error"));
	const char *path = json_string_value(json_object_get(order, "connect"));
	json_t *parameters = json_incref(json_object_get(order, "parameters"));
	struct varlink_call *call = calls[n % CALLS];

	assert(call && (int)(intptr_t)call->userdata == n);
	if (path) {
		_cleanup_close_ int fd = fd_unix_connect(path);

		assert(fd >= 0);
		if (json_is_true(json_object_get(order, "more")))
			varlink_reply_more_fd(call, parameters, fd);
		else
			varlink_reply_fd(call, parameters, fd);
	} else if (error) {
		varlink_error(call, error, parameters);
	} else if (json_is_true(json_object_get(order, "more"))) {
		varlink_reply_more(call, parameters);
	} else {
		varlink_reply(call, parameters);
	}
}

static void conn_close(struct conn *c)
{
	c->v = varlink_free(c->v);
	tell(json_pack("{s:s, s:i}", "event", "close", "conn", c->number));
}

static void handle_order(const char *line, size_t len)
{
	_cleanup_json_ json_t *order = NULL;

	assert(json_parse_object(line, len, &order) == 0);
	if (json_object_get(order, "reply"))
		reply(order);
	if (json_object_get(order, "drop"))
		for (size_t i = 0; i < CONNS; i++)
			if (conns[i].v)
				conn_close(&conns[i]);
}

static void conn_open(int listener)
{
	static const struct varlink_options options = {
		.in_max = VARLINK_MESSAGE_MAX, .accept_id = true, .accept_token = true
	};
	static const struct varlink_ops ops = { .handle_call = handle_call,
		.handle_closed = handle_closed };
	int fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);

	assert(fd >= 0);
	for (size_t i = 0; i < CONNS; i++) {
		if (conns[i].v)
			continue;
		conns[i] = (struct conn){ .number = ++last_conn };
		assert(varlink_new(fd, &options, &ops, &conns[i], &conns[i].v) == 0);
		tell(json_pack("{s:s, s:i}", "event", "open", "conn", conns[i].number));
		return;
	}
	assert(!"too many connections");
}

/* false: the test has ended. */
static bool read_orders(struct buf *in)
{
	uint8_t *p, *end;
	ssize_t n;

	assert(buf_reserve(in, 65536, &p) == 0);
	n = read(STDIN_FILENO, p, 65536);
	if (n <= 0)
		return false;
	buf_commit(in, (size_t)n);
	while ((end = memchr(buf_head(in), '\n', buf_len(in)))) {
		size_t len = (size_t)(end - buf_head(in));

		handle_order((char *)buf_head(in), len);
		buf_consume(in, len + 1, false);
	}
	return true;
}

int main(int argc, char **argv)
{
	struct buf in;
	int listener;

	assert(argc == 2);
	json_init();
	buf_init(&in, 16 * 1024 * 1024);
	listener = fd_unix_listen(argv[1], 0600);
	assert(listener >= 0);
	for (;;) {
		struct pollfd p[CONNS + 2] = { { .fd = STDIN_FILENO, .events = POLLIN },
			{ .fd = listener, .events = POLLIN } };

		for (size_t i = 0; i < CONNS; i++)
			p[i + 2] = (struct pollfd){ .fd = conns[i].v ? varlink_fd(conns[i].v) : -1,
				.events = conns[i].v ? varlink_wants(conns[i].v) : 0 };
		assert(poll(p, CONNS + 2, -1) > 0);
		if (p[0].revents && !read_orders(&in))
			break;
		if (p[1].revents)
			conn_open(listener);
		for (size_t i = 0; i < CONNS; i++) {
			if (conns[i].v && p[i + 2].revents && p[i + 2].fd == varlink_fd(conns[i].v))
				varlink_handle_io(conns[i].v, p[i + 2].revents);
			if (conns[i].v && conns[i].closed)
				conn_close(&conns[i]);
		}
	}
	for (size_t i = 0; i < CONNS; i++)
		varlink_free(conns[i].v);
	for (size_t i = 0; i < CALLS; i++)
		varlink_call_unref(calls[i]);
	buf_done(&in);
	close(listener);
	unlink(argv[1]);
	return 0;
}
