/* SPDX-License-Identifier: GPL-3.0-or-later */
/* station enrol, unenrol. */
#include <stdio.h>

#include "base/str.h"
#include "ctl/command.h"
#include "ctl/stations.h"
#include "ctl/text.h"

#define ENROL   "org.stationmaster.Stations.Enrol"
#define UNENROL "org.stationmaster.Stations.Unenrol"

void station_add_place(const struct ctl *c, json_t *parameters)
{
	if (c->name)
		json_object_set_new(parameters, "name", json_string(c->name));
	if (c->rooms)
		json_object_set(parameters, "room", json_array_get(c->rooms, 0));
}

int station_enrol_run(struct ctl *c, int argc, char **argv)
{
	_cleanup_json_ json_t *reply = NULL, *parameters = json_pack("{s:s, s:s}", "station",
							     argv[0], "pin", argv[1]);
	int r;

	(void)argc;
	station_add_place(c, parameters);
	r = ctl_call(c, ENROL, take_ptr(parameters), CTL_ANSWER_MS, &reply);
	return r ? r : station_print(c, ENROL, reply);
}

int station_unenrol_run(struct ctl *c, int argc, char **argv)
{
	_cleanup_json_ json_t *about = json_pack("{s:s}", "station", argv[0]);
	_cleanup_free_ char *station = text_clean(argv[0]);
	int r;

	(void)argc;
	r = ctl_call(c, UNENROL, json_incref(about), CTL_ANSWER_MS, NULL);
	if (r)
		return r;
	if (c->json)
		text_print_json(stdout, about, JSON_INDENT(2), c->out_tty);
	else
		printf("%s is a stranger now.\n", station);
	return CTL_DONE;
}
