/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The run: terminal, connection, calls, error messages.
 *
 * One connection is used for everything a command does; it is made at the first call. Errors leave
 * by one door (ctl_fail): a person gets "stationctl: what happened. What to do." and a script that
 * asked for --json one object with "error" and "reason". Text that came from stationd is cleaned on
 * the way to a terminal, since names and messages are chosen by users.
 */
#include "ctl/ctl.h"

#include <fcntl.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>

#include "base/clock.h"
#include "base/fd.h"
#include "base/str.h"
#include "ctl/text.h"

void ctl_init(struct ctl *c)
{
	struct winsize size;
	const char *columns = getenv("COLUMNS");
	int64_t n;

	*c = (struct ctl){ .socket = CTL_SOCKET,
		.timeout_ms = -1,
		.grace_ms = -1,
		.force_ms = -1,
		.by_ms = -1,
		.expires_ms = -1,
		.limit = -1,
		.until_ms = -1,
		.since_ms = -1,
		.before_ms = -1,
		.deadline = -1 };
	c->out_tty = isatty(STDOUT_FILENO);
	c->err_tty = isatty(STDERR_FILENO);
	if (!c->out_tty)
		return;
	if (columns && str_parse_i64(columns, 20, 10000, &n) == 0)
		c->columns = (unsigned)n;
	else if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col >= 20)
		c->columns = size.ws_col;
	else
		c->columns = 80;
}

void ctl_done(struct ctl *c)
{
	ctl_disconnect(c);
	json_decref(c->stations);
	json_decref(c->rooms);
	json_decref(c->programs);
	json_decref(c->only);
	json_decref(c->except);
	json_decref(c->acts);
	c->stations = c->rooms = c->programs = c->only = c->except = c->acts = NULL;
}

void ctl_init_aside(struct ctl *aside, const struct ctl *c)
{
	*aside = *c;
	aside->conn = NULL;
	aside->lost = 0;
	json_incref(aside->stations);
	json_incref(aside->rooms);
	json_incref(aside->only);
	json_incref(aside->except);
	json_incref(aside->acts);
	json_incref(aside->programs);
}

int64_t ctl_time_left(const struct ctl *c, int64_t fallback_ms)
{
	if (c->deadline < 0)
		return fallback_ms;
	return MAX(c->deadline - clock_mono_ms(), 0);
}

/* --- errors --- */

static int fail_with(const struct ctl *c, int code, const char *error, const char *reason,
		json_t *parameters)
{
	fflush(stdout);
	if (c->json) {
		_cleanup_json_ json_t *j =
				json_pack("{s:s, s:s}", "error", error, "reason", reason);

		if (j && parameters)
			json_object_set(j, "parameters", parameters);
		if (j)
			text_print_json(stderr, j, JSON_COMPACT, c->err_tty);
		return code;
	}
	fprintf(stderr, "%sstationctl:%s %s\n", text_colour(TEXT_RED, c->err_tty),
			text_colour(TEXT_PLAIN, c->err_tty), reason);
	return code;
}

int ctl_fail(const struct ctl *c, int code, const char *error, const char *fmt, ...)
{
	_cleanup_free_ char *reason = NULL;
	va_list ap;

	va_start(ap, fmt);
	if (vasprintf(&reason, fmt, ap) < 0)
		reason = NULL;
	va_end(ap);
	return fail_with(c, code, error, reason ? reason : "Out of memory.", NULL);
}

int ctl_no_memory(const struct ctl *c)
{
	return ctl_fail(c, CTL_PARTLY, "org.stationmaster.ctl.Memory", "Out of memory.");
}

int ctl_usage(const struct ctl *c, const char *fmt, ...)
{
	_cleanup_free_ char *what = NULL, *reason = NULL;
	va_list ap;

	va_start(ap, fmt);
	if (vasprintf(&what, fmt, ap) < 0)
		what = NULL;
	va_end(ap);
	if (what && c->command)
		reason = str_format("%s See: stationctl %s --help", what, c->command);
	else if (what)
		reason = str_format("%s See: stationctl --help", what);
	return fail_with(c, CTL_USAGE, "org.stationmaster.ctl.Usage",
			reason ? reason : "Out of memory.", NULL);
}

int ctl_unreachable(const struct ctl *c, int error)
{
	static const char name[] = "org.stationmaster.Unavailable";

	if (c->lost < 0)
		error = c->lost;
	switch (error) {
	case -ENOENT:
	case -ENOTDIR:
	case -ECONNREFUSED:
		return ctl_fail(c, CTL_UNREACHABLE, name,
				"stationd does not answer at %s (%s). Is it running? Try: systemctl status stationd",
				c->socket,
				error == -ECONNREFUSED ? "nobody listens" : "no such socket");
	case -ETIMEDOUT:
		return ctl_fail(c, CTL_UNREACHABLE, name,
				"stationd at %s did not answer in time. It may be overloaded or hang; see: systemctl status stationd",
				c->socket);
	case -ECONNRESET:
	case -EPIPE:
		return ctl_fail(c, CTL_UNREACHABLE, name,
				"stationd at %s closed the connection. Did it just stop or restart? See: systemctl status stationd",
				c->socket);
	case -EBADMSG:
	case -EMSGSIZE:
		return ctl_fail(c, CTL_UNREACHABLE, name,
				"What listens at %s does not speak Varlink as stationd does. Is --socket right?",
				c->socket);
	case -EACCES:
	case -EPERM:
		return ctl_fail(c, CTL_UNREACHABLE, name,
				"You may not connect to %s. Everybody may where stationd made it; check its permissions.",
				c->socket);
	case -ENAMETOOLONG:
		return ctl_usage(c, "The path of the socket is too long (107 bytes at most): %s.",
				c->socket);
	default:
		return ctl_fail(c, CTL_UNREACHABLE, name,
				"stationd cannot be reached at %s: %s. See: systemctl status stationd",
				c->socket, strerror(-error));
	}
}

int ctl_error_code(const char *error)
{
	static const struct {
		const char *name;
		int code;
	} codes[] = {
		{ "Refused", CTL_REFUSED },
		{ "Denied", CTL_REFUSED },
		{ "NotFound", CTL_NOT_FOUND },
		{ "UnknownUser", CTL_NOT_FOUND },
		{ "MethodNotFound", CTL_NOT_FOUND },
		{ "InterfaceNotFound", CTL_NOT_FOUND },
		{ "InvalidParameter", CTL_USAGE },
		{ "Unavailable", CTL_UNREACHABLE },
	};
	const char *dot = strrchr(error, '.');

	for (size_t i = 0; i < ELEMENTSOF(codes); i++)
		if (streq(codes[i].name, dot ? dot + 1 : error))
			return codes[i].code;
	return CTL_PARTLY;
}

/* "a, b, c" of an array of strings; NULL if there is none. */
static char *names_join(json_t *names)
{
	char *all = NULL;
	json_t *name;
	size_t i;

	json_array_foreach (names, i, name) {
		char *longer = str_format("%s%s%s", all ? all : "", all ? ", " : "",
				json_string_value(name) ? json_string_value(name) : "?");

		free(all);
		all = longer;
		if (!all)
			return NULL;
	}
	return all;
}

/* The sentence for an error that came without one. */
static char *reason_make(const char *method, const char *error, json_t *parameters)
{
	const char *dot = strrchr(error, '.'), *what = dot ? dot + 1 : error;
	const char *parameter = json_string_value(json_object_get(parameters, "parameter"));
	_cleanup_free_ char *names = names_join(json_object_get(parameters, "names"));

	if (streq(what, "InvalidParameter"))
		return str_format("stationd does not accept what was given as \"%s\" of %s.",
				parameter ? parameter : "?", method);
	if (streq(what, "MethodNotFound") || streq(what, "InterfaceNotFound"))
		return str_format(
				"stationd does not know %s. Is it older than this stationctl? Compare: stationctl version",
				method);
	if (streq(what, "NotFound"))
		return str_format("Not found: %s. What there is: stationctl session list",
				names ? names : "nothing of this name");
	if (streq(what, "Refused"))
		return str_format("You may not do this (%s).", method);
	return str_format("%s failed: %s.", method, error);
}

/* "There is no such session. (s99, zoe)" where the sentence does not name them itself. */
static char *names_append(const char *reason, json_t *names)
{
	_cleanup_free_ char *joined = names_join(names);

	if (str_is_empty(joined) || strstr(reason, joined))
		return strdup(reason);
	return str_format("%s (%s)", reason, joined);
}

int ctl_error_reply(const struct ctl *c, const char *method, const char *error, json_t *parameters)
{
	const char *reason = json_string_value(json_object_get(parameters, "reason"));
	const char *output = json_string_value(json_object_get(parameters, "output"));
	_cleanup_free_ char *made = NULL, *clean = NULL;
	int code = ctl_error_code(error);

	if (str_is_empty(reason))
		reason = made = reason_make(method, error, parameters);
	else if (code == CTL_NOT_FOUND)
		reason = made = names_append(reason, json_object_get(parameters, "names"));
	clean = c->json ? strdup(reason ? reason : error) : text_clean(reason ? reason : error);
	fail_with(c, code, error, clean ? clean : "Out of memory.", parameters);
	if (!c->json && !str_is_empty(output)) {
		fputs("It wrote last:\n", stderr);
		text_print_lines(stderr, "    ", output);
	}
	return code;
}

int ctl_bad_reply(const struct ctl *c, const char *method)
{
	return ctl_fail(c, CTL_PARTLY, "org.stationmaster.ctl.BadReply",
			"The answer of stationd to %s is not as documented. Do the versions fit? Compare: stationctl version",
			method);
}

/* --- connection --- */

static void handle_closed(struct varlink *v, int error, void *userdata)
{
	struct ctl *c = userdata;

	(void)v;
	c->lost = error;
}

static const struct varlink_ops conn_ops = { .handle_closed = handle_closed };

int ctl_connect(struct ctl *c)
{
	static const struct varlink_options options = { .in_max = VARLINK_REPLY_MAX,
		.accept_fd = true };
	_cleanup_close_ int fd = -EBADF;
	int r;

	if (c->conn && !c->lost)
		return 0;
	ctl_disconnect(c);
	fd = fd_unix_connect(c->socket);
	/* EAGAIN: its queue is full of others who connect. */
	for (int64_t end = clock_mono_ms() + ctl_time_left(c, CTL_ANSWER_MS);
			fd == -EAGAIN && clock_mono_ms() < end;) {
		poll(NULL, 0, 20);
		fd = fd_unix_connect(c->socket);
	}
	if (fd < 0)
		return fd == -EAGAIN ? -ETIMEDOUT : fd;
	r = varlink_new(fd, &options, &conn_ops, c, &c->conn);
	if (r < 0)
		return r;
	take_fd(&fd);
	return 0;
}

void ctl_disconnect(struct ctl *c)
{
	c->conn = varlink_free(c->conn);
	c->lost = 0;
}

int ctl_call(struct ctl *c, const char *method, json_t *parameters, int64_t answer_ms,
		json_t **ret_reply)
{
	_cleanup_json_ json_t *params = parameters, *reply = NULL;
	_cleanup_free_ char *error = NULL;
	struct varlink_request request = { .method = method };
	int r;

	r = ctl_connect(c);
	if (r < 0)
		return ctl_unreachable(c, r);
	request.parameters = take_ptr(params);
	r = varlink_call_wait(c->conn, &request, (int)ctl_time_left(c, answer_ms), &reply, &error);
	if (r < 0) {
		r = ctl_unreachable(c, r);
		ctl_disconnect(c);
		return r;
	}
	if (r > 0)
		return ctl_error_reply(c, method, error, reply);
	if (ret_reply)
		*ret_reply = take_ptr(reply);
	return CTL_DONE;
}

struct fd_reply {
	bool over;
	char *error;
	json_t *parameters;
	int fd;
};

static void handle_fd_reply(struct varlink *v, const char *error, json_t *parameters,
		bool continues, int fd, void *userdata)
{
	struct fd_reply *reply = userdata;

	(void)v, (void)continues;
	reply->over = true;
	reply->error = error ? strdup(error) : NULL;
	reply->parameters = json_incref(parameters);
	if (fd >= 0)
		reply->fd = fcntl(fd, F_DUPFD_CLOEXEC, 3);
}

int ctl_call_fd(struct ctl *c, const char *method, json_t *parameters, json_t **ret_reply,
		int *ret_fd)
{
	struct varlink_request request = { .method = method, .parameters = parameters };
	struct fd_reply reply = { .fd = -EBADF };
	_cleanup_json_ json_t *got = NULL;
	_cleanup_free_ char *error = NULL;
	_cleanup_close_ int fd = -EBADF;
	int64_t end = clock_mono_ms() + ctl_time_left(c, CTL_ANSWER_MS);
	int r;

	r = ctl_connect(c);
	if (r < 0)
		json_decref(parameters);
	else
		r = varlink_call(c->conn, &request, handle_fd_reply, &reply);
	while (r == 0 && !reply.over)
		r = varlink_pump(c->conn, (int)MAX(end - clock_mono_ms(), 0));
	if (c->conn)
		varlink_forget(c->conn, &reply);
	got = reply.parameters;
	error = reply.error;
	fd = reply.fd;
	if (!got) {
		r = ctl_unreachable(c, c->lost < 0 ? c->lost : r);
		ctl_disconnect(c);
		return r;
	}
	if (error)
		return ctl_error_reply(c, method, error, got);
	if (fd < 0)
		return ctl_bad_reply(c, method);
	*ret_reply = take_ptr(got);
	*ret_fd = take_fd(&fd);
	return CTL_DONE;
}
