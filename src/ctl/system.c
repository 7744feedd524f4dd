/* SPDX-License-Identifier: GPL-3.0-or-later */
/* system status, system whoami, version. */
#include <stdio.h>

#include "base/str.h"
#include "ctl/command.h"
#include "ctl/text.h"

#define STATUS  "org.stationmaster.System.Status"
#define WHOAMI  "org.stationmaster.System.WhoAmI"
#define VERSION "org.stationmaster.System.Version"

static long long number(json_t *object, const char *key)
{
	return (long long)json_integer_value(json_object_get(object, key));
}

/* Prints a field and frees the text. */
static void field_consume(const char *name, char *value)
{
	text_print_field(stdout, name, value);
	free(value);
}

static void status_print(json_t *s)
{
	_cleanup_free_ char *fallback = text_member(s, "default_desktop");
	json_t *desktop;
	size_t i;

	field_consume("System", text_member(s, "name"));
	field_consume("Version", text_member(s, "version"));
	field_consume("Sessions",
			str_format("%lld (%lld active, %lld suspended)", number(s, "sessions"),
					number(s, "active"), number(s, "suspended")));
	field_consume("Stations", text_member(s, "stations"));
	text_print_field(stdout, "Relay",
			json_is_true(json_object_get(s, "relay"))
					? "connected"
					: "not connected: nobody can log in or watch; systemctl status station-relay");
	text_print_field(stdout, "logind",
			json_is_true(json_object_get(s, "logind"))
					? "used"
					: "not there: sessions are tracked by process tree");
	field_consume("Running for", text_duration(number(s, "uptime_s") * 1000));
	field_consume("Load", str_format("%lld.%02lld", number(s, "load_percent") / 100,
					      number(s, "load_percent") % 100));
	field_consume("Memory", str_format("%lld MiB of %lld MiB available",
						number(s, "memory_available_kib") / 1024,
						number(s, "memory_total_kib") / 1024));
	json_array_foreach (json_object_get(s, "desktops"), i, desktop) {
		_cleanup_free_ char *id = text_member(desktop, "id"),
				    *name = text_member(desktop, "name");

		field_consume(i ? "" : "Desktops",
				str_format("%s (%s)%s", id, name,
						fallback && id && streq(id, fallback) ? ", default"
										      : ""));
	}
	if (json_array_size(json_object_get(s, "desktops")) == 0)
		text_print_field(stdout, "Desktops",
				"none: nobody can log in; install one, for example: apt install xfce4");
}

int system_status_run(struct ctl *c, int argc, char **argv)
{
	_cleanup_json_ json_t *reply = NULL;
	int r;

	(void)argc, (void)argv;
	r = ctl_call(c, STATUS, NULL, CTL_ANSWER_MS, &reply);
	if (r)
		return r;
	if (c->json)
		text_print_json(stdout, reply, JSON_INDENT(2), c->out_tty);
	else
		status_print(reply);
	return CTL_DONE;
}

int system_whoami_run(struct ctl *c, int argc, char **argv)
{
	_cleanup_json_ json_t *reply = NULL;
	int r;

	(void)argc, (void)argv;
	r = ctl_call(c, WHOAMI, NULL, CTL_ANSWER_MS, &reply);
	if (r)
		return r;
	if (c->json) {
		text_print_json(stdout, reply, JSON_INDENT(2), c->out_tty);
		return CTL_DONE;
	}
	field_consume("User", text_member(reply, "user"));
	field_consume("Name", text_member(reply, "full_name"));
	field_consume("Uid", text_member(reply, "uid"));
	field_consume("Role", text_member(reply, "role"));
	return CTL_DONE;
}

int version_run(struct ctl *c, int argc, char **argv)
{
	_cleanup_json_ json_t *reply = NULL;
	_cleanup_free_ char *version = NULL, *clean = NULL;
	int r;

	(void)argc, (void)argv;
	if (!c->json)
		puts("stationctl " STATIONMASTER_VERSION);
	r = ctl_call(c, VERSION, NULL, CTL_ANSWER_MS, &reply);
	version = text_member(reply, "version");
	clean = version ? text_clean(version) : NULL;
	if (c->json) {
		_cleanup_json_ json_t *j = json_pack("{s:s, s:s?}", "stationctl",
				STATIONMASTER_VERSION, "stationd", r ? NULL : version);

		text_print_json(stdout, j, JSON_INDENT(2), c->out_tty);
	} else if (r == CTL_DONE) {
		printf("stationd %s\n", clean ? clean : "?");
	}
	return r;
}
