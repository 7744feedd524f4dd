/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * org.varlink.service (https://varlink.org/Service): what this service is and what its interfaces
 * look like. The descriptions are the files of docs/api/, embedded when the program is built. Each
 * socket shows what is served there.
 */
#include "base/str.h"
#include "hostd/api.h"
#include "hostd/server.h"

static bool is_served(const char *interface, const struct peer *peer)
{
	if (peer->seat || streq(interface, "org.stationmaster.Seat"))
		return peer->seat && streq(interface, "org.stationmaster.Seat");
	if (streq(interface, "org.stationmaster.Login") ||
			streq(interface, "org.stationmaster.Relay"))
		return peer->relay;
	return true;
}

void api_service_get_info(struct request *r)
{
	json_t *interfaces;

	if (!api_args_done(r))
		return;
	interfaces = json_array();
	for (size_t i = 0; i < api_n_idl; i++)
		if (is_served(api_idl[i].name, r->peer))
			json_array_append_new(interfaces, json_string(api_idl[i].name));
	varlink_reply(r->call,
			json_pack("{s:s, s:s, s:s, s:s, s:o}", "vendor", "Stationmaster", "product",
					"stationd", "version", STATIONMASTER_VERSION, "url",
					"https://varlink.org/Service", "interfaces", interfaces));
}

void api_service_get_description(struct request *r)
{
	const char *name = arg_string(&r->args, "interface", ARG_REQUIRED, 256);

	if (!api_args_done(r))
		return;
	for (size_t i = 0; i < api_n_idl; i++) {
		if (streq(api_idl[i].name, name) && is_served(name, r->peer)) {
			varlink_reply(r->call, json_pack("{s:s}", "description", api_idl[i].text));
			return;
		}
	}
	varlink_error(r->call, "org.varlink.service.InterfaceNotFound",
			json_pack("{s:s}", "interface", name));
}
