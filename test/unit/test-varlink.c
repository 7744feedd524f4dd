/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Varlink connections over a socketpair: order, ids, descriptors, limits, and who is told what when
 * a side goes away.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include "base/str.h"
#include "ipc/varlink.h"

struct side {
	struct varlink *v;
	struct varlink_call *held[8];
	size_t n_held;
	bool hold;
	int closed;
	int calls;
};

static void serve(struct varlink *v, struct varlink_call *call, void *userdata)
{
	struct side *s = userdata;

	s->calls++;
	if (streq(call->method, "t.Hold") || s->hold) {
		s->held[s->n_held++] = call;
		return;
	}
	if (streq(call->method, "t.Fd")) {
		int fd = open("/dev/null", O_RDONLY | O_CLOEXEC);

		if (call->more)
			varlink_reply_more_fd(call, NULL, fd);
		varlink_reply_fd(call, NULL, fd);
		close(fd);
	} else if (streq(call->method, "t.Error")) {
		varlink_error_parameter(call, "x");
	} else if (streq(call->method, "t.Count")) {
		for (int i = 0; i < 3; i++)
			varlink_reply_more(call, json_pack("{s:i}", "i", i));
		varlink_reply(call, NULL);
	} else {
		varlink_reply(call, json_incref(call->parameters));
	}
	varlink_call_unref(call);
}

static void closed(struct varlink *v, int error, void *userdata)
{
	((struct side *)userdata)->closed = error;
}

static const struct varlink_ops ops = { .handle_call = serve, .handle_closed = closed };
static const struct varlink_options options = {
	.in_max = VARLINK_MESSAGE_MAX, .accept_id = true, .accept_token = true, .accept_fd = true
};

static struct side server, client;
static int raw = -1;

static int setup(void **state)
{
	int fds[2];

	memset(&server, 0, sizeof(server));
	memset(&client, 0, sizeof(client));
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds), 0);
	assert_int_equal(varlink_new(fds[0], &options, &ops, &server, &server.v), 0);
	assert_int_equal(varlink_new(fds[1], &options, &ops, &client, &client.v), 0);
	return 0;
}

static int teardown(void **state)
{
	for (size_t i = 0; i < server.n_held; i++)
		varlink_call_unref(server.held[i]);
	client.v = varlink_free(client.v);
	server.v = varlink_free(server.v);
	if (raw >= 0)
		close(raw);
	raw = -1;
	return 0;
}

/* Runs both sides until neither has anything to do. */
static void settle(void)
{
	for (;;) {
		struct pollfd p[2] = {
			{ .fd = client.v ? varlink_fd(client.v) : -1,
					.events = client.v ? varlink_wants(client.v) : 0 },
			{ .fd = server.v ? varlink_fd(server.v) : -1,
					.events = server.v ? varlink_wants(server.v) : 0 },
		};

		if (poll(p, 2, 0) <= 0)
			return;
		if (p[0].revents)
			varlink_handle_io(client.v, p[0].revents);
		if (p[1].revents)
			varlink_handle_io(server.v, p[1].revents);
	}
}

static char got[256];
static int got_fd;

static void note(struct varlink *v, const char *error, json_t *parameters, bool continues, int fd,
		void *userdata)
{
	size_t n = strlen(got);

	snprintf(got + n, sizeof(got) - n, "%s%s%s%s ", (const char *)userdata, error ? "!" : "",
			!parameters ? "-" : "", continues ? "+" : "");
	if (fd >= 0 && got_fd < 0)
		got_fd = fcntl(fd, F_DUPFD_CLOEXEC, 3);
}

static void call(const char *method, unsigned flags, const char *name)
{
	struct varlink_request r = { .method = method, .flags = flags };

	assert_int_equal(varlink_call(client.v, &r, note, (void *)name), 0);
}

static void replies_come_in_order_without_ids(void **state)
{
	got[0] = 0;
	call("t.Hold", 0, "a");
	call("t.Echo", 0, "b");
	settle();
	assert_int_equal(server.calls, 1);
	assert_string_equal(got, "");
	varlink_reply(server.held[0], NULL);
	settle();
	assert_int_equal(server.calls, 2);
	assert_string_equal(got, "a b ");
}

static void ids_let_replies_overtake(void **state)
{
	got[0] = 0;
	call("t.Hold", VARLINK_WITH_ID, "a");
	call("t.Echo", VARLINK_WITH_ID, "b");
	settle();
	assert_string_equal(got, "b ");
	varlink_reply(server.held[0], NULL);
	settle();
	assert_string_equal(got, "b a ");
}

static void more_and_errors(void **state)
{
	got[0] = 0;
	call("t.Count", VARLINK_MORE | VARLINK_WITH_ID, "c");
	call("t.Error", VARLINK_WITH_ID, "e");
	settle();
	assert_string_equal(got, "c+ c+ c+ c e! ");
}

static void descriptor_comes_with_its_reply(void **state)
{
	struct stat a, b;

	got[0] = 0;
	got_fd = -1;
	call("t.Echo", VARLINK_WITH_ID, "x");
	call("t.Fd", VARLINK_WITH_ID, "f");
	settle();
	assert_string_equal(got, "x f ");
	assert_int_equal(fstat(got_fd, &a), 0);
	assert_int_equal(stat("/dev/null", &b), 0);
	assert_int_equal(a.st_rdev, b.st_rdev);
	close(got_fd);
	got[0] = 0;
	got_fd = -1;
	call("t.Fd", VARLINK_WITH_ID | VARLINK_MORE, "m");
	call("t.Echo", VARLINK_WITH_ID, "x");
	settle();
	assert_string_equal(got, "m+ m x ");
	assert_true(got_fd >= 0);
	close(got_fd);
}

static void open_calls_end_with_the_connection(void **state)
{
	got[0] = 0;
	call("t.Hold", VARLINK_WITH_ID, "a");
	call("t.Hold", VARLINK_WITH_ID, "b");
	settle();
	server.v = varlink_free(server.v);
	assert_null(server.held[0]->conn);
	varlink_reply(server.held[0], NULL); /* into nothing */
	settle();
	assert_string_equal(got, "a- b- ");
	assert_int_equal(client.closed, -ECONNRESET);
}

static void send_raw(const char *data, size_t len)
{
	int fds[2];

	client.v = varlink_free(client.v);
	server.v = varlink_free(server.v);
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, fds), 0);
	assert_int_equal(varlink_new(fds[0], &options, &ops, &server, &server.v), 0);
	raw = fds[1];
	for (size_t sent = 0; sent < len;) {
		ssize_t n = write(raw, data + sent, len - sent);

		if (n > 0)
			sent += (size_t)n;
		settle();
		if (varlink_is_closed(server.v))
			return;
	}
	settle();
}

static void bad_input_ends_only_its_connection(void **state)
{
	static char big[VARLINK_MESSAGE_MAX + 4096];
	static const char *const bad[] = { "[]", "{\"method\":1}",
		"{\"method\":\"a.B\",\"parameters\":[]}", "{\"method\":\"a.B\",\"method\":\"a.C\"}",
		"{\"parameters\":{}}", "{", "{\"method\":\"a.B\",\"id\":\"x\"}",
		"{\"error\":\"x\",\"fd\":true}" };

	for (size_t i = 0; i < ELEMENTSOF(bad); i++) {
		server.closed = 0;
		send_raw(bad[i], strlen(bad[i]) + 1);
		assert_int_equal(server.closed, -EBADMSG);
		close(raw);
	}
	memset(big, '[', sizeof(big));
	server.closed = 0;
	send_raw(big, 100);
	assert_int_equal(server.closed, 0);
	close(raw);
	send_raw(big, sizeof(big));
	assert_int_equal(server.closed, -EMSGSIZE);
	close(raw);
	memcpy(big, "{\"method\":\"a.B\",\"parameters\":{\"x\":", 34);
	big[100] = 0;
	server.closed = 0;
	send_raw(big, 101); /* nested too deep */
	assert_int_equal(server.closed, -EBADMSG);
}

static void pipelined_call_in_the_buffer_gets_its_turn(void **state)
{
	static const char two[] = "{\"method\":\"t.Hold\"}\0{\"method\":\"t.Echo\"}";
	char in[256] = { 0 };

	send_raw(two, sizeof(two));
	assert_int_equal(server.calls, 1);
	varlink_reply(server.held[0], NULL);
	settle();
	assert_int_equal(server.calls, 2);
	assert_true(read(raw, in, sizeof(in)) > 0);
	assert_string_equal(in, "{\"parameters\":{}}");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(replies_come_in_order_without_ids, setup, teardown),
		cmocka_unit_test_setup_teardown(ids_let_replies_overtake, setup, teardown),
		cmocka_unit_test_setup_teardown(more_and_errors, setup, teardown),
		cmocka_unit_test_setup_teardown(descriptor_comes_with_its_reply, setup, teardown),
		cmocka_unit_test_setup_teardown(
				open_calls_end_with_the_connection, setup, teardown),
		cmocka_unit_test_setup_teardown(
				bad_input_ends_only_its_connection, setup, teardown),
		cmocka_unit_test_setup_teardown(
				pipelined_call_in_the_buffer_gets_its_turn, setup, teardown),
	};

	json_init();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
