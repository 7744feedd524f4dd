/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What limits of the web need: nothing of it is needed by anything else, so these are warnings. */
#include <unistd.h>

#include "base/str.h"
#include "ctl/finding.h"

static bool program_look(struct doctor *d, const char *check, const char *path, const char *todo,
		const char *what)
{
	if (access(path, X_OK) == 0)
		return true;
	finding_add(d, check, FINDING_WARNING, todo,
			"%s is not installed: the web of nobody can be limited.", what);
	return false;
}

/* Does the kernel have what the rules need? Only root may ask. */
static void kernel_look(struct doctor *d)
{
	const char *const argv[] = { "nft", "list", "tables", "inet", NULL };
	_cleanup_free_ char *said = NULL;

	if (geteuid() != 0)
		finding_add(d, "nftables", FINDING_OK, NULL, "nftables is installed.");
	else if (output_read(argv, &said) == 0)
		finding_add(d, "nftables", FINDING_OK, NULL,
				"The packet filter (nftables) answers.");
	else
		finding_add(d, "nftables", FINDING_WARNING,
				"Use a kernel with nftables (every Debian kernel has it); in a container it needs CAP_NET_ADMIN",
				"The packet filter (nftables) does not answer: the web of nobody can be limited.");
}

void doctor_look_web(struct doctor *d)
{
	bool filter, names;

	if (program_look(d, "nftables", "/usr/sbin/nft", "apt install nftables", "nftables"))
		kernel_look(d);
	filter = program_look(d, "web-filter", "/usr/sbin/haproxy", "apt install haproxy",
			"The filter of the web (HAProxy)");
	names = program_look(d, "web-filter", "/usr/sbin/dnsmasq", "apt install dnsmasq-base",
			"The resolver of the filter (dnsmasq)");
	if (filter && names)
		finding_add(d, "web-filter", FINDING_OK, NULL,
				"The filter of the web and its resolver are installed.");
}
