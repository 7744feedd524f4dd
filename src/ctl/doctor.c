/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * doctor: looks at this computer and at the service, and says of each thing whether it is well, why
 * not, and what to do. It changes nothing and decides nothing. It has no way of its own to know
 * about sessions: stationd is asked (System.Status), the rest is read from the system, as far as
 * the caller may.
 */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/str.h"
#include "ctl/command.h"
#include "ctl/finding.h"
#include "ctl/text.h"

#define STATUS "org.stationmaster.System.Status"

static const struct {
	const char *word;
	const char *shown;
	enum text_colour colour;
} levels[] = {
	[FINDING_OK] = { "ok", "ok     ", TEXT_GREEN },
	[FINDING_WARNING] = { "warning", "warning", TEXT_YELLOW },
	[FINDING_FAULT] = { "fault", "FAULT  ", TEXT_RED },
};

static void finding_print(
		const struct ctl *c, enum finding_level level, const char *text, const char *todo)
{
	_cleanup_free_ char *clean = text_clean(text);

	printf("%s%s%s  %s\n", text_colour(levels[level].colour, c->out_tty), levels[level].shown,
			text_colour(TEXT_PLAIN, c->out_tty), clean ? clean : "Out of memory.");
	if (todo)
		text_print_lines(stdout, "         -> ", todo);
	fflush(stdout);
}

void finding_add(struct doctor *d, const char *check, enum finding_level level, const char *todo,
		const char *fmt, ...)
{
	_cleanup_free_ char *text = NULL;
	va_list ap;

	va_start(ap, fmt);
	if (vasprintf(&text, fmt, ap) < 0)
		text = NULL;
	va_end(ap);
	d->faults += level == FINDING_FAULT;
	d->warnings += level == FINDING_WARNING;
	json_array_append_new(
			d->findings, json_pack("{s:s, s:s, s:s, s:s?}", "check", check, "level",
						     levels[level].word, "text",
						     text ? text : "Out of memory.", "todo", todo));
	if (!d->quiet)
		finding_print(d->c, level, text ? text : "Out of memory.", todo);
}

int doctor_init(struct doctor *d, struct ctl *c)
{
	*d = (struct doctor){ .c = c, .findings = json_array(), .quiet = c->json };
	return d->findings ? 0 : -ENOMEM;
}

void doctor_done(struct doctor *d)
{
	conf_free(d->conf);
	json_decref(d->status);
	json_decref(d->findings);
	d->conf = NULL;
	d->status = d->findings = NULL;
}

/* Without a message of its own: what is wrong with stationd is a finding. */
static void status_ask(struct doctor *d)
{
	struct varlink_request request = { .method = STATUS };
	_cleanup_free_ char *error = NULL;
	json_t *reply = NULL;

	if (ctl_connect(d->c) < 0) {
		finding_add(d, "stationd", FINDING_FAULT, "systemctl status stationd",
				"stationd does not answer at %s.", d->c->socket);
		return;
	}
	if (varlink_call_wait(d->c->conn, &request, (int)ctl_time_left(d->c, CTL_ANSWER_MS), &reply,
			    &error) == 0) {
		d->status = reply;
		finding_add(d, "stationd", FINDING_OK, NULL, "stationd answers, version %s.",
				json_string_value(json_object_get(reply, "version")));
		return;
	}
	json_decref(reply);
	if (error && strstr(error, "Refused"))
		finding_add(d, "stationd", FINDING_WARNING, "sudo stationctl doctor",
				"stationd answers, but tells only operators and administrators more.");
	else
		finding_add(d, "stationd", FINDING_FAULT, "systemctl status stationd",
				"stationd did not answer as it should%s%s.", error ? ": " : "",
				error ? error : "");
}

void doctor_look(struct doctor *d)
{
	doctor_look_settings(d);
	if (!d->conf)
		return;
	doctor_look_host(d);
	status_ask(d);
	doctor_look_web(d);
	doctor_look_service(d);
	doctor_look_network(d);
}

int doctor_run(struct ctl *c, int argc, char **argv)
{
	struct doctor d;
	int code;

	(void)argc, (void)argv;
	if (doctor_init(&d, c) < 0)
		return ctl_no_memory(c);
	doctor_look(&d);
	code = d.faults > 0 ? CTL_PARTLY : CTL_DONE;
	if (c->json) {
		_cleanup_json_ json_t *all = json_pack("{s:i, s:i, s:O}", "faults", d.faults,
				"warnings", d.warnings, "findings", d.findings);

		text_print_json(stdout, all, JSON_INDENT(2), c->out_tty);
	} else {
		printf("\n%u faults, %u warnings\n", d.faults, d.warnings);
	}
	doctor_done(&d);
	return code;
}
