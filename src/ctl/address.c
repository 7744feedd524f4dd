/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * "system address": what to type into a browser, and how the certificate is told from a false one.
 * The fingerprint is that of the certificate which the relay shows right now.
 */
#include "ctl/address.h"

#include <arpa/inet.h>
#include <ifaddrs.h>
#include <limits.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>

#include "base/str.h"
#include "ctl/command.h"
#include "ctl/probe.h"
#include "ctl/text.h"

enum { ADDRESSES_MAX = 4 };

/* One form of an address, for http or for VNC. */
static void host_add(
		json_t *list, const char *before, const char *host, uint16_t port, const char *path)
{
	bool v6 = strchr(host, ':');
	_cleanup_free_ char *s = str_format(
			"%s%s%s%s:%u%s", before, v6 ? "[" : "", host, v6 ? "]" : "", port, path);

	if (s)
		json_array_append_new(list, json_string(s));
}

/* Addresses of the network interfaces that are up, but loopback and link-local ones. */
static void interfaces_add(json_t *list, const char *before, uint16_t port, const char *path)
{
	struct ifaddrs *all = NULL;
	unsigned n = 0;

	if (getifaddrs(&all) < 0)
		return;
	for (struct ifaddrs *i = all; i && n < ADDRESSES_MAX; i = i->ifa_next) {
		char host[INET_ADDRSTRLEN];

		if (!i->ifa_addr || i->ifa_addr->sa_family != AF_INET ||
				(i->ifa_flags & IFF_LOOPBACK) || !(i->ifa_flags & IFF_UP))
			continue;
		inet_ntop(AF_INET, &((struct sockaddr_in *)i->ifa_addr)->sin_addr, host,
				sizeof(host));
		host_add(list, before, host, port, path);
		n++;
	}
	freeifaddrs(all);
}

static json_t *addresses(const char *listen, const char *before, const char *path)
{
	json_t *list = json_array();
	_cleanup_free_ char *host = NULL;
	char name[HOST_NAME_MAX + 1] = "localhost";
	uint16_t port;

	if (!list || str_is_empty(listen) || conf_parse_listen(listen, &host, &port) < 0)
		return list;
	if (!streq(host, "0.0.0.0") && !streq(host, "::")) {
		host_add(list, before, host, port, path);
		return list;
	}
	gethostname(name, sizeof(name) - 1);
	host_add(list, before, name, port, path);
	interfaces_add(list, before, port, path);
	return list;
}

json_t *address_list(const struct conf *conf)
{
	_cleanup_free_ char *error = NULL;
	struct probe p;
	json_t *list = json_pack("{s:o, s:o, s:o, s:o, s:n}", "dashboard",
			addresses(conf->web_listen, "https://", "/"), "station",
			addresses(conf->web_listen, "https://", "/station"), "vnc",
			addresses(conf->vnc_listen, "", ""), "rdp",
			addresses(conf->rdp_listen, "", ""), "fingerprint");

	if (list && !str_is_empty(conf->web_listen) &&
			probe_https(conf->web_listen, &p, &error) == 0) {
		json_object_set_new(list, "fingerprint", json_string(p.certificate.fingerprint));
		probe_done(&p);
	}
	return list;
}

void address_print(json_t *list)
{
	static const struct {
		const char *key, *title;
	} lines[] = { { "dashboard", "Dashboard" }, { "station", "Browser station" },
		{ "vnc", "VNC viewers" }, { "rdp", "RDP clients" } };
	const char *fingerprint = json_string_value(json_object_get(list, "fingerprint"));
	json_t *item;
	size_t k;

	for (size_t i = 0; i < ELEMENTSOF(lines); i++)
		json_array_foreach (json_object_get(list, lines[i].key), k, item)
			text_print_field(stdout, k ? "" : lines[i].title, json_string_value(item));
	text_print_field(stdout, "Certificate",
			fingerprint ? fingerprint
				    : "nobody answers there yet: sudo stationctl doctor");
}

int system_address_run(struct ctl *c, int argc, char **argv)
{
	_cleanup_(conf_freep) struct conf *conf = NULL;
	_cleanup_free_ char *error = NULL;
	_cleanup_json_ json_t *list = NULL;
	int r;

	(void)argc, (void)argv;
	r = conf_load(CONF_PATH, &conf, &error);
	if (r < 0)
		return ctl_fail(c, CTL_PARTLY, "org.stationmaster.ctl.Settings",
				"The settings cannot be read: %s.", error ? error : strerror(-r));
	list = address_list(conf);
	if (!list)
		return ctl_no_memory(c);
	if (c->json)
		text_print_json(stdout, list, JSON_INDENT(2), c->out_tty);
	else
		address_print(list);
	return CTL_DONE;
}
