/* SPDX-License-Identifier: GPL-3.0-or-later */
/* call METHOD [JSON]: the API as it is, for scripts and for looking. */
#include <stdio.h>
#include <string.h>

#include "base/str.h"
#include "ctl/command.h"
#include "ctl/text.h"

struct call_state {
	struct ctl *c;
	const char *method;
	bool over;
	int code;
};

static void handle_reply(struct varlink *v, const char *error, json_t *parameters, bool continues,
		int fd, void *userdata)
{
	struct call_state *s = userdata;

	(void)v, (void)fd;
	if (!parameters)
		return; /* the connection ended */
	if (error)
		s->code = ctl_error_reply(s->c, s->method, error, parameters);
	else
		text_print_json(stdout, parameters, s->c->more ? JSON_COMPACT : JSON_INDENT(2),
				s->c->out_tty);
	fflush(stdout);
	s->over = !continues;
}

static int parameters_read(struct ctl *c, const char *text, json_t **ret)
{
	_cleanup_free_ char *input = NULL;
	size_t len = strlen(text);
	int r;

	if (streq(text, "-")) {
		input = malloc(VARLINK_MESSAGE_MAX);
		if (!input)
			return ctl_no_memory(c);
		len = fread(input, 1, VARLINK_MESSAGE_MAX, stdin);
		if (ferror(stdin))
			return ctl_fail(c, CTL_PARTLY, "org.stationmaster.ctl.Input",
					"Standard input could not be read: %s.", strerror(errno));
		if (len == VARLINK_MESSAGE_MAX)
			return ctl_usage(c, "The parameters are too long: stationd takes %d bytes.",
					VARLINK_MESSAGE_MAX);
		text = input;
	}
	r = json_parse_object(text, len, ret);
	if (r < 0)
		return ctl_usage(c,
				"The parameters are not one JSON object, such as '{\"session\": \"s1\"}'.");
	return CTL_DONE;
}

int call_run(struct ctl *c, int argc, char **argv)
{
	_cleanup_json_ json_t *parameters = NULL;
	struct varlink_request request = { .method = argv[0], .flags = c->more ? VARLINK_MORE : 0 };
	struct call_state state = { .c = c, .method = argv[0] };
	int r;

	if (argc > 1) {
		r = parameters_read(c, argv[1], &parameters);
		if (r)
			return r;
	}
	r = ctl_connect(c);
	if (r < 0)
		return ctl_unreachable(c, r);
	request.parameters = take_ptr(parameters);
	r = varlink_call(c->conn, &request, handle_reply, &state);
	/* A method may take as long as it likes (Jobs.Wait): only --timeout ends the wait. */
	while (r == 0 && !state.over)
		r = varlink_pump(c->conn, (int)ctl_time_left(c, -1));
	if (state.over)
		return state.code;
	varlink_forget(c->conn, &state);
	if (r == -ETIMEDOUT)
		return ctl_fail(c, CTL_PARTLY, "org.stationmaster.ctl.Timeout",
				"The time of --timeout is over and %s has not been answered%s.",
				argv[0], c->more ? " to the end" : "");
	return ctl_unreachable(c, r);
}
