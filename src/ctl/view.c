/* SPDX-License-Identifier: GPL-3.0-or-later */
/* session view, session control, view list, view end. */
#include <stdio.h>
#include <string.h>

#include "base/str.h"
#include "ctl/command.h"
#include "ctl/find.h"
#include "ctl/list.h"
#include "ctl/viewer.h"

#define OPEN  "org.stationmaster.Views.Open"
#define CLOSE "org.stationmaster.Views.Close"
#define LIST  "org.stationmaster.Views.List"

#define ERROR_VIEWER "org.stationmaster.ctl.Viewer"

static void print_opened(const struct ctl *c, json_t *about, const char *path)
{
	if (c->json)
		text_print_json(stdout, about, JSON_COMPACT, c->out_tty);
	else if (c->print_socket)
		puts(path);
	fflush(stdout);
}

static int report_end(struct ctl *c, int end, const char *session, const char *command)
{
	switch (end) {
	case VIEWER_CLOSED:
	case VIEWER_TIMEOUT:
		return CTL_DONE;
	case VIEWER_GONE:
		return ctl_fail(c, CTL_PARTLY, "org.stationmaster.ctl.Ended",
				"The view of %s was ended from the other side: the session is over, somebody ended the view, or the relay was restarted. See: stationctl session show %s",
				session, session);
	case VIEWER_UNUSED:
		return ctl_fail(c, CTL_PARTLY, ERROR_VIEWER,
				"The viewer (%s) ended before it connected. It must take the path of a Unix socket for an address, as TigerVNC's and gvncviewer do. Another one: --viewer; more on this one stands above.",
				command);
	default:
		return ctl_fail(c, CTL_PARTLY, ERROR_VIEWER, "The viewer cannot be served: %s.",
				strerror(-end));
	}
}

/* The stream is there: show it until somebody has enough. Takes fd. */
static int show(struct ctl *c, int fd, const char *command, json_t *about)
{
	const char *session = json_string_value(json_object_get(about, "session"));
	struct viewer v;
	int r;

	r = viewer_open(&v, fd);
	if (r == 0) {
		json_object_set_new(about, "socket", json_string(v.path));
		print_opened(c, about, v.path);
		if (command)
			r = viewer_start(&v, command);
		if (r < 0)
			ctl_fail(c, CTL_PARTLY, ERROR_VIEWER, "%s cannot be started: %s.", command,
					strerror(-r));
		else
			r = report_end(c, viewer_run(&v, c->deadline), session, command);
	} else {
		ctl_fail(c, CTL_PARTLY, ERROR_VIEWER,
				"No socket can be made for the viewer in XDG_RUNTIME_DIR or /tmp: %s.",
				strerror(-r));
	}
	viewer_close(&v);
	return r < 0 ? CTL_PARTLY : r;
}

static int view_run(struct ctl *c, const char *word, const char *mode)
{
	_cleanup_json_ json_t *reply = NULL, *about = NULL;
	_cleanup_free_ char *session = NULL, *command = NULL, *view = NULL;
	_cleanup_close_ int fd = -EBADF;
	int r = CTL_DONE;

	/* First of all: a view that nobody can look at would still show its sign at the station. */
	if (!c->print_socket)
		r = viewer_find(c, c->viewer, &command);
	if (r == CTL_DONE)
		r = find_id(c, word, &session);
	if (r)
		return r;
	r = ctl_call_fd(c, OPEN, json_pack("{s:s, s:s}", "session", session, "mode", mode), &reply,
			&fd);
	if (r)
		return r;
	view = text_member(reply, "view");
	about = json_pack("{s:s?, s:s, s:s, s:s?}", "view", view, "session", session, "mode", mode,
			"viewer", command);
	/* The stream is all that is needed; stationd may be restarted meanwhile. */
	ctl_disconnect(c);
	return about ? show(c, take_fd(&fd), command, about) : ctl_no_memory(c);
}

int session_view_run(struct ctl *c, int argc, char **argv)
{
	(void)argc;
	return view_run(c, argv[0], "view");
}

int session_control_run(struct ctl *c, int argc, char **argv)
{
	(void)argc;
	return view_run(c, argv[0], c->exclusive ? "exclusive" : "control");
}

static void row_add(struct table *t, json_t *view)
{
	_cleanup_free_ char *since = text_member(view, "since");

	table_add_consume(t, text_member(view, "id"));
	table_add_consume(t, text_member(view, "session"));
	table_add_consume(t, text_member(view, "mode"));
	table_add_consume(t, text_member(view, "by_name"));
	table_add_consume(t, since ? text_since(since) : NULL);
}

int view_list_run(struct ctl *c, int argc, char **argv)
{
	static const struct column columns[] = {
		{ "VIEW" },
		{ "SESSION" },
		{ "MODE" },
		{ "BY", .cut = true },
		{ "SINCE", .right = true },
	};
	static const struct list_info list = { LIST, "views", "Nobody views or controls a session.",
		columns, ELEMENTSOF(columns), row_add };

	(void)argc, (void)argv;
	return list_run(c, &list);
}

int view_end_run(struct ctl *c, int argc, char **argv)
{
	_cleanup_json_ json_t *about = json_pack("{s:s}", "view", argv[0]);
	_cleanup_free_ char *clean = text_clean(argv[0]);
	int r;

	(void)argc;
	r = ctl_call(c, CLOSE, json_pack("{s:s}", "view", argv[0]), CTL_ANSWER_MS, NULL);
	if (r)
		return r;
	if (c->json)
		text_print_json(stdout, about, JSON_INDENT(2), c->out_tty);
	else
		printf("View %s has ended.\n", clean);
	return CTL_DONE;
}
